package kudu

import (
	"slices"
	"strconv"

	"tabletop/engine/catalog"
	"tabletop/engine/netsim"
	"tabletop/engine/proc"
	"tabletop/engine/raftnode"
	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// Master is one master: a member of the sys catalog's raft group, the catalog in memory, and the RPCs it answers.
type Master struct {
	endpoint
	id        trace.NodeID
	group     trace.GroupID
	name      string
	options   Options
	peers     []trace.NodeID
	random    masterRandom
	names     tabletNames
	addresses directory
	roster    *roster
	given     []trace.NodeID       // the masters that it is started with; none: those that it knows from the first start on
	decoder   catalog.Decoder      // of all masters
	shelved   [2]map[string]string // cells of tables by shelf and id

	// Kept through a crash.
	disk *raftnode.Disk
	rows catalog.Rows

	met        bool   // the other masters, at the first start
	blank      bool   // that start ended before there was a configuration to write
	generation uint16 // of the disk

	unmet   []trace.NodeID // whose uuids a first start still waits for
	joining *joining       // by itself

	// Lost in a crash.
	raft      *raftnode.Node
	image     *catalog.Image // as loaded when it last became leader
	readyTerm uint64         // last term for which loading finished
	loading   uint64         // term being loaded for, 0 for none
	writing   []writing
	reads     []pendingRead
	requests  uint64 // numbers reads and writes
	doomed    string // why the process ends when it has done what it is at
	servers   []*descriptor
	replicas  map[string]catalog.Consensus // by tablet, as reported: 0.7 finds tablets' leaders here alone
	tasks     []*task
	changes   []changing
	listings  []*listing
	// failsTasks has every task fail for good (catalog_manager_fail_ts_rpcs, a flag for tests that is set at run time).
	failsTasks bool
}

type masterRandom struct{ elections, phases, load, ids, places *sim.Stream }

// pendingRead is a request that is answered from the image and waits for a quorum to confirm the leader.
type pendingRead struct {
	from   *netsim.Message
	read   uint64
	answer func(at trace.EventID)
}

// The timers of a master. A raft timer's Arg is its peer.
const (
	raftTimers = ownTimers + iota*8
	loadTimer
	catchUpTimer
	backgroundTimer
	taskTimer
	discoveryTimer
	meetTimer
	joinTimer
)

func newMaster(id trace.NodeID, peers []trace.NodeID, o Options, env environment) *Master {
	name := env.record.Info(id).ID
	m := &Master{id: id, group: env.group, name: name, options: o, peers: peers, names: env.tablets, addresses: env.servers, roster: env.roster, decoder: env.writes,
		shelved: [2]map[string]string{{}, {}},
		disk:    raftnode.NewDisk(peers),
		random: masterRandom{env.kernel.Stream("elections " + name), env.kernel.Stream("heartbeats " + name),
			env.kernel.Stream("load " + name), env.kernel.Stream("ids " + name),
			env.kernel.Stream("places " + name)}}
	p := proc.New(env.kernel, env.network, env.record, id, o.process())
	m.endpoint = newEndpoint(p, env.record, m)
	return m
}

// Start brings the master up on its disk.
func (m *Master) Start(cause trace.EventID) {
	m.shelve(trace.Disk, catalog.Write{Tables: m.rows.Tables, Tablets: m.rows.Tablets, Cluster: m.rows.Cluster})
	switch {
	case m.mistaken():
		m.settle()
		return
	case m.joinsByItself(), m.options.Discover && !m.met:
		m.discover(cause)
		return
	}
	m.join(cause)
	if m.options.Acquainted && !m.met {
		m.meet(cause)
	}
	m.met = true
}

// Crash drops all memory.
func (m *Master) Crash() {
	m.forget()
	m.raft, m.image, m.readyTerm, m.loading, m.writing, m.reads = nil, nil, 0, 0, nil, nil
	m.servers, m.replicas, m.tasks, m.changes, m.unmet, m.doomed = nil, nil, nil, nil, nil, ""
	m.listings, m.failsTasks, m.joining = nil, false, nil
}

// Receive handles a message.
func (m *Master) Receive(in *netsim.Message, at trace.EventID) {
	m.because(at)
	if m.receive(in, at) {
		return
	}
	if _, asks := in.Body.(nodeInstance); m.raft == nil && !asks {
		m.refuse(in, catalog.NotInitialized, at)
		return
	}
	switch body := in.Body.(type) {
	case raftnode.Request:
		if answer, ok := m.raft.Handle(in.From, body); ok {
			kind, name, term := answer.Describe(body)
			m.reply(in, kind, name, term, answer, at)
		}
	case nodeInstance:
		m.reply(in, trace.Answer, m.name, 0, instance{m.name, m.member()}, at)
	case clusterConfig:
		m.reply(in, trace.Answer, m.role(), 0, configAnswer{m.raft.Config()}, at)
	case fetchCatalog:
		m.catalogOut(in, at)
	case connectToMaster:
		m.connect(in, at)
	case listMasters:
		m.listMasters(in, at)
	case registration:
		m.reply(in, trace.Answer, m.role(), 0, reply{text: m.role()}, at)
	case tsHeartbeat:
		m.heartbeat(in, body, at)
	default:
		m.serve(in, at)
	}
	m.settle()
}

// because says which event the following calls into raft are effects of.
func (m *Master) because(e trace.EventID) {
	if m.raft != nil {
		m.raft.Because(e)
	}
}

// settle does what waited for the end of a call into raft: the next write of the catalog, or the process's own end.
func (m *Master) settle() {
	if m.doomed == "" {
		m.changed()
		m.propose()
	}
	if m.doomed != "" {
		m.process.Crash(m.emit(trace.Note, m.doomed))
	}
}

// Fire handles a timer.
func (m *Master) Fire(t proc.Timer) {
	m.because(trace.NoEvent)
	switch {
	case t.Kind < ownTimers:
		m.fire(t)
	case t.Kind == discoveryTimer:
		m.undiscovered()
	case t.Kind == meetTimer:
		m.askInstance(trace.NodeID(t.Arg), trace.NoEvent)
	case t.Kind == joinTimer:
		m.attempt()
	case t.Kind == loadTimer:
		m.loaded()
	case t.Kind == catchUpTimer:
		m.doomed = "elected, and its term's first entry is not committed after 30 s"
	case t.Kind == backgroundTimer:
		m.background()
	case t.Kind == taskTimer:
		m.retry(t.Arg)
	default:
		m.raft.Fire(raftnode.Timer{Kind: raftnode.TimerKind(t.Kind - raftTimers), Peer: raftnode.Member(t.Arg)})
	}
	m.settle()
}

func (m *Master) answered(in *netsim.Message, at trace.EventID) {
	m.because(at)
	switch answer := in.Body.(type) {
	case instance:
		m.discovered(in.From, answer, at)
		m.identified(in.Call, answer, at)
	case raftnode.Answer:
		m.raft.Answered(in.Call, in.From, answer)
	case configAnswer, catalogCopy:
		m.joinAnswered(in, at)
	case reply:
		if in.Group == m.group { // a peer that does not take part yet: it knows no consensus to answer with
			m.raft.Failed(in.Call, in.From, false)
		} else {
			m.joinAnswered(in, at)
			m.taskAnswered(in.Call, answer, at)
			m.listed(in.Call, answer.text, at)
		}
	}
	m.settle()
}

func (m *Master) failed(c call, timedOut bool) {
	switch c.request.Body.(type) {
	case raftnode.Request:
		m.raft.Failed(c.request.Call, c.request.To, timedOut)
	case catalog.Task:
		m.taskFailed(c.request.Call)
	case clusterConfig, addMaster, fetchCatalog:
		m.joinFailed(c.request.Call)
	case registration:
		m.listed(c.request.Call, unknown, c.cause)
	case nodeInstance:
		m.unidentified(c.request.Call, c.cause)
		if m.raft == nil {
			m.process.Arm(proc.Timer{Kind: meetTimer, Arg: uint64(c.request.To)}, m.Now()+discoveryPause)
		}
	}
	m.settle()
}

// Now, Call, Arm, Disarm, Apply, Changed and ReadReady make the master its raft node's host.

// Now returns the virtual time.
func (m *Master) Now() trace.Time { return m.process.Now() }

// Call makes a consensus RPC.
func (m *Master) Call(to trace.NodeID, r raftnode.Request, timeout trace.Time) uint64 {
	kind, name, term, index := r.Describe()
	return m.call(&netsim.Message{To: to, Group: m.group, Kind: kind, Name: name, Term: term, Index: index, Body: r}, 0,
		timeout, m.raft.Cause())
}

// Arm sets a raft timer.
func (m *Master) Arm(t raftnode.Timer, at trace.Time) { m.process.Arm(raftTimer(t), at) }

// Disarm stops a raft timer.
func (m *Master) Disarm(t raftnode.Timer) { m.process.Disarm(raftTimer(t)) }

func raftTimer(t raftnode.Timer) proc.Timer {
	return proc.Timer{Kind: raftTimers + uint8(t.Kind), Arg: uint64(t.Peer)}
}

// Changed answers what a lost leadership leaves unconfirmed, and bounds how long a new one may take to catch up
// (master_failover_catchup_timeout_ms): a master that leads and cannot commit ends itself.
func (m *Master) Changed() {
	if m.raft == nil {
		return
	}
	if m.raft.Role() == trace.Leader {
		if m.options.whole() && m.readyTerm != m.raft.Term() {
			m.process.Arm(proc.Timer{Kind: catchUpTimer}, m.Now()+catchUpLimit)
		}
		return
	}
	if m.options.whole() {
		m.process.Disarm(proc.Timer{Kind: catchUpTimer})
	}
	for _, r := range m.reads {
		m.refuse(r.from, catalog.NotTheLeader, m.raft.Cause())
	}
	m.reads = nil
	m.abandon()
}

// load begins to read the catalog into memory: "Loading table and tablet metadata into memory".
func (m *Master) load() {
	m.loading = m.raft.Term()
	m.emit(trace.Load, "load the catalog")
	d := m.options.Machine.Service.Draw(m.random.load)
	m.process.Arm(proc.Timer{Kind: loadTimer}, m.Now()+d)
}

// loaded begins to serve. What was known of tablets only from reports, and what was under way, is gone; the tablet
// servers that have registered are not.
func (m *Master) loaded() {
	term := m.loading
	m.loading = 0
	if m.raft.Role() != trace.Leader || m.raft.Term() != term {
		return
	}
	m.abort(func(*task) bool { return true })
	before := m.image
	m.image, m.replicas = catalog.Load(m.rows), map[string]catalog.Consensus{}
	m.readyTerm = term
	m.emit(trace.Ready, "ready to serve")
	m.reshelve(before)
	m.record.SetCell(m.id, m.group, trace.Memory, "ready", "t"+strconv.FormatUint(term, 10))
	if m.options.whole() {
		m.process.Disarm(proc.Timer{Kind: catchUpTimer})
		m.remember()
		m.background()
	}
}

// check is the test that every leader RPC makes (ScopedLeaderSharedLock): all of it is local, so that the stale leader
// of KUDU-3266, leader of an old term and ready in it, passes.
func (m *Master) check() catalog.Status {
	switch {
	case m.raft == nil: // not initialized
		return catalog.NotTheLeader
	case m.raft.Leader() == 0: // no consensus state to go by
		return catalog.NotTheLeader
	case m.raft.Leader() != m.id:
		return catalog.NotTheLeader
	case m.readyTerm != m.raft.Term():
		return catalog.NotTheLeader // "Leader not yet ready to serve requests"
	}
	return catalog.OK
}

func (m *Master) emit(k trace.Kind, text string) trace.EventID {
	e := trace.Event{At: m.Now(), Kind: k, Node: m.id, Group: m.group, Cause: trace.NoEvent}
	if m.raft != nil {
		e.Term, e.Cause = uint32(m.raft.Term()), m.raft.Cause()
	}
	return m.record.EmitText(e, text)
}

// read has a request answered from the image: at once, or when it is confirmed that this master leads.
func (m *Master) read(in *netsim.Message, answer func(at trace.EventID)) {
	m.requests++
	m.reads = append(m.reads, pendingRead{in, m.requests, answer})
	m.raft.Read(m.requests)
}

// ReadReady answers a read that may now be answered from memory.
func (m *Master) ReadReady(read uint64) {
	i := slices.IndexFunc(m.reads, func(r pendingRead) bool { return r.read == read })
	if i < 0 {
		return
	}
	answer := m.reads[i].answer
	m.reads = slices.Delete(m.reads, i, i+1)
	answer(m.raft.Cause())
}
