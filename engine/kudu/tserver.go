package kudu

import (
	"cmp"
	"errors"
	"slices"
	"strconv"

	"tabletop/engine/catalog"
	"tabletop/engine/netsim"
	"tabletop/engine/proc"
	"tabletop/engine/raftnode"
	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// TabletServer hosts replicas of tablets, does what masters order and tells them what it has.
type TabletServer struct {
	endpoint
	id      trace.NodeID
	name    string
	options Options
	kernel  *sim.Kernel
	roster  *roster
	masters []trace.NodeID // as the roster was at the start
	servers directory
	tablets tabletNames
	opening *sim.Stream

	// Kept through a crash.
	disks    []*tabletDisk // in the order of creation
	instance uint64        // starts so far

	// Lost in a crash.
	replicas []*replica // by slot; nil where one was deleted
	byTablet map[string]*replica
	byGroup  map[trace.GroupID]*replica
	beats    []*beat
	copying  map[string]uint64 // calls that fetch tablets
	deleted  map[string]bool   // tablets that are not to be fetched any more
	cause    trace.EventID     // the event being handled
}

// The timers of a tablet server. A raft timer's Arg is the replica's slot and the peer, so that those of two replicas
// never meet; that of openTimer a slot, that of beatTimer a heartbeat thread.
const (
	replicaTimers = ownTimers + iota*8
	openTimer
	beatTimer
)

const peerBits = 32

func newTabletServer(id trace.NodeID, o Options, env environment) *TabletServer {
	name := env.record.Info(id).ID
	s := &TabletServer{id: id, name: name, options: o, kernel: env.kernel, roster: env.roster, servers: env.servers,
		tablets: env.tablets, opening: env.kernel.Stream("open " + name)}
	s.endpoint = newEndpoint(proc.New(env.kernel, env.network, env.record, id, o.process()), env.record, s)
	return s
}

// Start brings the server up: it opens its tablets and tells the masters of itself.
func (s *TabletServer) Start(cause trace.EventID) {
	s.cause = cause
	s.instance++
	s.masters = slices.Clone(s.roster.masters)
	s.byTablet, s.byGroup = map[string]*replica{}, map[trace.GroupID]*replica{}
	s.copying, s.deleted = map[string]uint64{}, map[string]bool{}
	if s.options.Behaviour.HeartbeatAll {
		for i, m := range s.masters {
			s.beats = append(s.beats, newBeat(s, i, m))
		}
	} else {
		s.beats = []*beat{newBeat(s, 0, 0)}
	}
	for _, m := range s.masters {
		s.record.SetCell(s.id, 0, trace.Memory, "master/"+s.record.Info(m).ID, "unknown")
	}
	for _, d := range s.disks {
		s.host(d)
	}
	for _, b := range s.beats {
		b.begin(cause)
	}
}

// Crash drops all memory.
func (s *TabletServer) Crash() {
	s.forget()
	s.replicas, s.byTablet, s.byGroup, s.beats, s.copying, s.deleted = nil, nil, nil, nil, nil, nil
}

// host begins to open a replica that is on disk.
func (s *TabletServer) host(d *tabletDisk) {
	r := &replica{tabletDisk: d, server: s, slot: uint64(len(s.replicas)), born: s.number}
	s.replicas = append(s.replicas, r)
	s.byTablet[d.tablet], s.byGroup[d.group] = r, r
	r.show()
	if !d.tombstone {
		s.process.Arm(proc.Timer{Kind: openTimer, Arg: r.slot}, s.process.Now()+s.options.Machine.Service.Draw(s.opening))
	}
}

// Receive handles a message.
func (s *TabletServer) Receive(in *netsim.Message, at trace.EventID) {
	s.cause = at
	if s.receive(in, at) {
		return
	}
	switch body := in.Body.(type) {
	case raftnode.Request:
		s.consensus(in, body, at)
	case catalog.Task:
		s.task(in, body, at)
	case writeRows:
		if r := s.running(in, body.tablet, at); r != nil {
			r.propose(in, entry{Rows: body.keys}, at)
		}
	case scanRows:
		s.scan(in, body, at)
	case startCopy:
		s.fetch(in, body, at)
	case fetchTablet:
		s.copyOut(in, body, at)
	}
}

// Fire handles a timer. One of a replica that was deleted meanwhile is of no account.
func (s *TabletServer) Fire(t proc.Timer) {
	s.cause = trace.NoEvent
	switch {
	case t.Kind < ownTimers:
		s.fire(t)
	case t.Kind == beatTimer:
		s.beats[t.Arg].begin(s.beats[t.Arg].cause)
	case t.Kind == openTimer:
		if r := s.replicas[t.Arg]; r != nil && !r.tombstone {
			r.open(s.record.EmitText(trace.Event{At: s.process.Now(), Kind: trace.Ready, Node: s.id, Group: r.group,
				Cause: trace.NoEvent}, "tablet "+s.tablets.of(r.tablet)+" opened"))
		}
	default:
		if r := s.replicas[t.Arg>>peerBits]; r != nil && r.raft != nil {
			r.raft.Fire(raftnode.Timer{Kind: raftnode.TimerKind(t.Kind - replicaTimers), Peer: raftnode.Member(t.Arg & (1<<peerBits - 1))})
		}
	}
}

func (s *TabletServer) answered(in *netsim.Message, at trace.EventID) {
	s.fetched(in.Call)
	if c, ok := in.Body.(tabletCopy); ok {
		s.copied(c.disk)
		return
	}
	if in.Group == 0 {
		if b := s.beating(in.Call); b != nil {
			b.answered(in, at)
		}
		return
	}
	r := s.calling(in.Group, in.Call)
	if r == nil {
		return
	}
	r.raft.Because(at)
	if a, ok := in.Body.(raftnode.Answer); ok {
		r.raft.Answered(in.Call, in.From, a)
		r.examine(in.From)
		return
	}
	r.raft.Failed(in.Call, in.From, false)
	if in.Body.(reply).status == catalog.NotFound {
		r.offer(in.From, at)
	}
}

func (s *TabletServer) failed(c call, timedOut bool) {
	s.fetched(c.request.Call)
	if c.request.Group == 0 {
		if b := s.beating(c.request.Call); b != nil {
			b.failed(c, timedOut, s.cause)
		}
		return
	}
	if r := s.calling(c.request.Group, c.request.Call); r != nil {
		r.raft.Because(s.cause)
		r.raft.Failed(c.request.Call, c.request.To, timedOut)
	}
}

// calling returns the replica that made a call, nil when it is no more.
func (s *TabletServer) calling(g trace.GroupID, call uint64) *replica {
	if r := s.byGroup[g]; r != nil && r.raft != nil && call > r.born {
		return r
	}
	return nil
}

func (s *TabletServer) beating(call uint64) *beat {
	for _, b := range s.beats {
		if b.owns(call) {
			return b
		}
	}
	return nil
}

// mark makes a tablet dirty in every heartbeat thread.
func (s *TabletServer) mark(tablet string, cause trace.EventID) {
	for _, b := range s.beats {
		b.mark(tablet, cause)
	}
}

// live counts the replicas that hold data.
func (s *TabletServer) live() (n int) {
	for _, d := range s.disks {
		if !d.tombstone {
			n++
		}
	}
	return n
}

// silence is how long a member may be silent before its leader holds it to have failed
// (follower_unavailable_considered_failed_sec).
func (s *TabletServer) silence() trace.Time { return cmp.Or(s.options.ConsideredFailed, 300_000_000) }

// uuid returns a server's permanent uuid, which is its name here; none of no server.
func (s *TabletServer) uuid(id trace.NodeID) string {
	if id == 0 {
		return ""
	}
	return s.record.Info(id).ID
}

// consensus handles an RPC of another member of a tablet's group. The caller of a group that is not here is told so: its
// call has failed.
func (s *TabletServer) consensus(in *netsim.Message, q raftnode.Request, at trace.EventID) {
	r := s.byGroup[in.Group]
	if r == nil || r.raft == nil {
		status := catalog.NotFound
		if r != nil && !r.tombstone {
			status = catalog.TabletNotRunning
		}
		s.refuse(in, status, at)
		return
	}
	r.raft.Because(at)
	if answer, ok := r.raft.Handle(in.From, q); ok {
		kind, name, term := answer.Describe(q)
		s.reply(in, kind, name, term, answer, at)
	}
}

// running returns a tablet's replica, or refuses the request because there is none that could serve.
func (s *TabletServer) running(in *netsim.Message, tablet string, at trace.EventID) *replica {
	r := s.byTablet[tablet]
	switch {
	case r == nil || r.tombstone:
		s.refuse(in, catalog.NotFound, at)
	case r.raft == nil:
		s.refuse(in, catalog.TabletNotRunning, at)
	default:
		return r
	}
	return nil
}

// scan counts the rows of a replica that leads, without asking the others.
func (s *TabletServer) scan(in *netsim.Message, q scanRows, at trace.EventID) {
	r := s.running(in, q.tablet, at)
	switch {
	case r == nil:
	case !r.leading:
		s.refuse(in, catalog.NotTheLeader, at)
	default:
		s.done(in, strconv.Itoa(len(r.rows)), at)
	}
}

// task does what a master orders.
func (s *TabletServer) task(in *netsim.Message, t catalog.Task, at trace.EventID) {
	switch t.Kind {
	case catalog.CreateReplica:
		s.create(in, t, at)
	case catalog.DeleteReplica:
		s.remove(in, t, at)
	case catalog.AlterReplica:
		s.alter(in, t, at)
	case catalog.AddReplica, catalog.EvictReplica:
		s.reconfigure(in, t, at)
	}
}

// create makes a replica. It is opened after the answer.
func (s *TabletServer) create(in *netsim.Message, t catalog.Task, at trace.EventID) {
	if s.byTablet[t.Tablet] != nil {
		s.refuse(in, catalog.AlreadyPresent, at)
		return
	}
	voters := make([]trace.NodeID, 0, len(t.Consensus.Voters))
	for _, v := range t.Consensus.Voters {
		id, ok := s.servers[v]
		if !ok {
			s.refuse(in, catalog.InvalidArgument, at)
			return
		}
		voters = append(voters, id)
	}
	s.keep(&tabletDisk{tablet: t.Tablet, group: s.record.Group(t.Tablet), table: t.Table, raft: raftnode.NewDisk(voters),
		rows: map[int64]bool{}})
	s.done(in, "", at)
}

// keep puts a new replica on disk and begins to open it.
func (s *TabletServer) keep(d *tabletDisk) {
	d.elections = s.kernel.Stream("elections " + s.name + " " + d.tablet)
	d.phases = s.kernel.Stream("heartbeats " + s.name + " " + d.tablet)
	s.disks = append(s.disks, d)
	s.host(d)
}

// drop lets go of a replica and its disk.
func (s *TabletServer) drop(r *replica) {
	s.replicas[r.slot] = nil
	delete(s.byTablet, r.tablet)
	delete(s.byGroup, r.group)
	s.disks = slices.DeleteFunc(s.disks, func(d *tabletDisk) bool { return d == r.tabletDisk })
}

// remove deletes a replica, or leaves a tombstone of it, which is opened never again. Who waits for its entries learns
// that it is gone. A replica whose configuration is later than what the master went by may be a member again.
func (s *TabletServer) remove(in *netsim.Message, t catalog.Task, at trace.EventID) {
	r := s.byTablet[t.Tablet]
	switch {
	case s.copying[t.Tablet] > 0: // not there yet: the master asks again
		s.refuse(in, catalog.ServiceUnavailable, at)
		return
	case r == nil:
		s.refuse(in, catalog.NotFound, at)
		return
	case t.Tombstone && r.raft != nil && r.raft.Members().Index > t.Consensus.Index:
		s.refuse(in, catalog.ConfigChanged, at)
		return
	}
	for _, p := range r.waiting {
		s.refuse(p.from, catalog.NotFound, at)
	}
	if !t.Tombstone { // whoever has a replica here later has another log
		s.record.Emit(trace.Event{At: s.process.Now(), Kind: trace.Wipe, Node: s.id, Group: r.group, Cause: at})
	}
	r.vanish(!t.Tombstone)
	s.drop(r)
	if t.Tombstone {
		r.tombstone, r.rows = true, nil
		s.disks = append(s.disks, r.tabletDisk)
		s.host(r.tabletDisk)
	} else {
		s.deleted[r.tablet] = true
	}
	s.done(in, "", at)
}

// reconfigure has a tablet's leader add a member, which is promoted when it has caught up, or evict one. The answer waits
// for the commit of that alone.
func (s *TabletServer) reconfigure(in *netsim.Message, t catalog.Task, at trace.EventID) {
	r := s.running(in, t.Tablet, at)
	if r == nil {
		return
	}
	id, ok := s.servers[t.Member]
	if !ok {
		s.refuse(in, catalog.InvalidArgument, at)
		return
	}
	change := raftnode.Change{Kind: raftnode.AddNonVoter, Member: raftnode.NewMember(id, 0), Promote: true}
	if t.Kind == catalog.EvictReplica {
		change.Kind, change.Promote = raftnode.Remove, false
	}
	r.raft.Because(at)
	index, err := r.raft.ProposeChange(change, t.Consensus.Index)
	switch {
	case err == nil:
		r.await(in, index, at)
	case errors.Is(err, raftnode.NotLeading):
		s.refuse(in, catalog.NotTheLeader, at)
	case errors.Is(err, raftnode.OtherConfig):
		s.refuse(in, catalog.ConfigChanged, at)
	case errors.Is(err, raftnode.ChangePending), errors.Is(err, raftnode.NoneCommitted), errors.Is(err, raftnode.HandingOver):
		s.refuse(in, catalog.ServiceUnavailable, at)
	default:
		s.refuse(in, catalog.InvalidArgument, at)
	}
}

// alter replicates a new schema in the tablet's group, unless the replica has it.
func (s *TabletServer) alter(in *netsim.Message, t catalog.Task, at trace.EventID) {
	r := s.running(in, t.Tablet, at)
	switch {
	case r == nil:
	case r.table.Version == t.Table.Version && r.table.Schema.Equal(t.Table.Schema):
		s.done(in, "", at)
	case r.table.Version >= t.Table.Version:
		s.refuse(in, catalog.SchemaOutdated, at)
	default:
		r.propose(in, entry{Alter: &catalog.Table{ID: t.Table.ID, Name: t.Table.Name, Schema: t.Table.Schema,
			Version: t.Table.Version}}, at)
	}
}

func (s *TabletServer) done(in *netsim.Message, text string, cause trace.EventID) {
	s.reply(in, trace.Answer, "OK", 0, reply{status: catalog.OK, text: text}, cause)
}

func (s *TabletServer) refuse(in *netsim.Message, status catalog.Status, cause trace.EventID) {
	s.reply(in, trace.Refusal, status.String(), 0, reply{status: status}, cause)
}
