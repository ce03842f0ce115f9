package kudu

import (
	"encoding/json"
	"fmt"
	"slices"

	"tabletop/engine/catalog"
	"tabletop/engine/netsim"
	"tabletop/engine/proc"
	"tabletop/engine/raftnode"
	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// tabletDisk is what a tablet server keeps of a replica through a crash.
type tabletDisk struct {
	tablet    string
	group     trace.GroupID
	table     catalog.Table // name, schema and version, as last altered
	raft      *raftnode.Disk
	rows      map[int64]bool
	tombstone bool // the data are gone; the term and the vote stay
	elections *sim.Stream
	phases    *sim.Stream
}

// replica is a member of a tablet's raft group in a running server, and the host of its raft node.
type replica struct {
	*tabletDisk
	server  *TabletServer
	slot    uint64
	born    uint64         // calls up to this number were a predecessor's
	raft    *raftnode.Node // nil until it has been opened
	leader  trace.NodeID   // last one known, and its term
	term    uint64
	config  uint64 // index of the last configuration known
	leading bool
	failed  []string // members that are silent for too long, to a leader
	waiting []proposal
	applied uint64
}

// proposal is a request whose entry is in the log and not yet committed.
type proposal struct {
	index, term uint64
	from        *netsim.Message
}

// entry is what a log entry of a tablet does: it writes rows, or alters the table's name and schema.
type entry struct {
	Rows  []int64        `json:"rows,omitempty"`
	Alter *catalog.Table `json:"alter,omitempty"`
}

// open starts the raft node: the tablet has been bootstrapped.
func (r *replica) open(cause trace.EventID) {
	o := r.server.options
	r.raft = raftnode.Start(r.tabletDisk.raft, raftnode.Options{ID: r.server.id, Group: r.group, Heartbeat: o.Heartbeat,
		UpdateTimeout: o.UpdateTimeout, PreVote: o.PreVote, CheckQuorum: o.CheckQuorum, Etcd: o.Etcd,
		Random: r.elections, Phases: r.phases, Record: r.server.record}, r, cause)
	r.config = r.raft.Members().Index
	r.dirty()
}

// dirty has the masters told of the replica with the next heartbeats. It is called where Kudu's MarkTabletDirty is: a
// tablet has been opened, a leader has become known, a peer's health has changed, a follower has replicated a round of
// consensus alone, a schema has been altered.
func (r *replica) dirty() { r.server.mark(r.tablet, r.raft.Cause()) }

// report is what a tablet report tells of the replica.
func (r *replica) report() catalog.Replica {
	out := catalog.Replica{Tablet: r.tablet, State: catalog.ReplicaRunning, Version: r.table.Version}
	switch {
	case r.tombstone:
		out.State = catalog.ReplicaTombstoned
		return out
	case r.raft == nil:
		out.State = catalog.ReplicaStarting
		return out
	}
	c := r.raft.Config()
	out.Consensus = catalog.Consensus{Term: c.Term, Leader: r.server.uuid(c.Leader), Index: c.Index}
	for _, v := range c.Voters {
		out.Consensus.Voters = append(out.Consensus.Voters, r.server.uuid(v))
	}
	for _, v := range c.NonVoters {
		out.Consensus.NonVoters = append(out.Consensus.NonVoters, r.server.uuid(v))
	}
	out.Pending, out.Failed = r.raft.Pending(), slices.Clone(r.failed)
	return out
}

// propose replicates an entry; the request is answered when it is applied.
func (r *replica) propose(in *netsim.Message, e entry, at trace.EventID) {
	data, err := json.Marshal(e)
	if err != nil {
		panic("kudu: " + err.Error()) // a struct of strings and numbers
	}
	r.raft.Because(at)
	index, ok := r.raft.Propose(data)
	switch {
	case !ok && r.raft.Role() == trace.Leader: // it is handing over
		r.server.refuse(in, catalog.ServiceUnavailable, at)
	case !ok:
		r.server.refuse(in, catalog.NotTheLeader, at)
	default:
		r.await(in, index, at)
	}
}

// await answers a request when its entry is applied, which it is already in a group of one.
func (r *replica) await(in *netsim.Message, index uint64, at trace.EventID) {
	if index <= max(r.applied, r.config) {
		r.server.done(in, "", at)
		return
	}
	r.waiting = append(r.waiting, proposal{index, r.raft.Term(), in})
}

// Now, Call, Arm, Disarm, Apply, Changed and ReadReady make the replica its raft node's host.

// Now returns the virtual time.
func (r *replica) Now() trace.Time { return r.server.process.Now() }

// Call makes a consensus RPC. A leader looks at a peer's health whenever it has something to send to it.
func (r *replica) Call(to trace.NodeID, q raftnode.Request, timeout trace.Time) uint64 {
	r.examine(to)
	kind, name, term, index := q.Describe()
	return r.server.call(&netsim.Message{To: to, Group: r.group, Kind: kind, Name: name, Term: term, Index: index, Body: q},
		0, timeout, r.raft.Cause())
}

// examine notes that a peer's health has changed in its leader's eyes.
func (r *replica) examine(peer trace.NodeID) {
	if !r.leading {
		return
	}
	silent := r.raft.HealthOf(raftnode.NewMember(peer, 0), r.server.silence()) >= raftnode.Failed
	name := r.server.uuid(peer)
	i := slices.Index(r.failed, name)
	switch {
	case silent && i < 0:
		r.failed = append(r.failed, name)
	case !silent && i >= 0:
		r.failed = slices.Delete(r.failed, i, i+1)
	default:
		return
	}
	r.dirty()
}

// Arm sets a raft timer.
func (r *replica) Arm(t raftnode.Timer, at trace.Time) { r.server.process.Arm(r.timer(t), at) }

// Disarm stops a raft timer.
func (r *replica) Disarm(t raftnode.Timer) { r.server.process.Disarm(r.timer(t)) }

func (r *replica) timer(t raftnode.Timer) proc.Timer {
	return proc.Timer{Kind: replicaTimers + uint8(t.Kind), Arg: r.slot<<peerBits | uint64(t.Peer)}
}

// Changed notes a leader that has become known, and another configuration. That a leader is lost is not told to anybody.
func (r *replica) Changed() {
	if leads := r.raft.Role() == trace.Leader; leads != r.leading {
		r.leading, r.failed = leads, nil
	}
	leader, term, config := r.raft.Leader(), r.raft.Term(), r.raft.Members().Index
	known := leader != 0 && (leader != r.leader || term != r.term)
	if !known && config == r.config {
		return
	}
	if known {
		r.leader, r.term = leader, term
	}
	if config != r.config {
		r.config = config
		r.settle(config, term)
	}
	r.dirty()
}

// Apply applies a committed entry and answers who waits for it.
func (r *replica) Apply(e raftnode.Entry) {
	r.applied = e.Index
	if len(e.Data) > 0 {
		r.change(e.Data)
	} else if !r.leading {
		r.dirty()
	}
	r.settle(e.Index, e.Term)
}

// settle answers who waits for an entry that is applied. A proposal in whose place another leader's was committed is
// aborted.
func (r *replica) settle(index, term uint64) {
	for len(r.waiting) > 0 && r.waiting[0].index <= index {
		p := r.waiting[0]
		r.waiting = slices.Delete(r.waiting, 0, 1)
		if p.index == index && p.term == term {
			r.server.done(p.from, "", r.raft.Cause())
		} else {
			r.server.refuse(p.from, catalog.NotTheLeader, r.raft.Cause())
		}
	}
}

// change carries an entry out. An alter to a version that the replica has, or that is older, is skipped.
func (r *replica) change(data []byte) {
	var e entry
	if err := json.Unmarshal(data, &e); err != nil {
		panic("kudu: log entry of a tablet: " + err.Error())
	}
	for _, key := range e.Rows {
		r.rows[key] = true
	}
	if e.Alter != nil && e.Alter.Version > r.table.Version {
		r.table = *e.Alter
		r.dirty()
	}
	r.show()
}

// ReadReady is never called: replicas read without asking.
func (r *replica) ReadReady(uint64) {}

// show writes down what is on disk.
func (r *replica) show() {
	s := r.server
	if s.record.Outline() {
		return
	}
	text := fmt.Sprintf("v%d, %d rows", r.table.Version, len(r.rows))
	switch {
	case r.tombstone:
		text = "tombstone"
	case len(r.rows) == 1:
		text = fmt.Sprintf("v%d, 1 row", r.table.Version)
	}
	s.record.SetCell(s.id, r.group, trace.Disk, "replica/"+s.tablets.of(r.tablet), text)
}

// vanish removes what the trace shows of the replica's memory, and with the disk what it shows of that.
func (r *replica) vanish(disk bool) {
	record, id := r.server.record, r.server.id
	for _, c := range slices.Clone(record.Node(id).Cells) {
		if c.Group == r.group && (disk || c.Shelf == trace.Memory) {
			record.RemoveCell(id, r.group, c.Shelf, record.Text(c.Key))
		}
	}
	fields := []trace.Field{trace.FieldRole, trace.FieldLeader, trace.FieldCommit, trace.FieldApplied, trace.FieldTimer}
	if disk {
		fields = append(fields, trace.FieldTerm, trace.FieldVote)
	}
	for _, f := range fields {
		record.ForgetField(id, r.group, f)
	}
}
