// Package raftnode runs one member of one raft group: go.etcd.io/raft's RawNode with its storage, its Ready loop, Kudu's
// election timing and vote withholding, its rules for changes of the configuration, and the read modes.
//
// It never sends a byte, sets a timer or reads a clock by itself: all of that is its Host's. It is the only package that
// imports raft, and the only one that swaps crypto/rand.Reader, from which raft draws its election timeout.
//
//	disk := raftnode.NewDisk([]trace.NodeID{a, b, c})
//	n := raftnode.Start(disk, raftnode.Options{ID: a, Heartbeat: 500_000, PreVote: true}, host)
//	answer, ok := n.Handle(b, request) // an RPC of a peer
//	n.Fire(raftnode.Timer{Kind: raftnode.ElectionTimer})
package raftnode

import (
	"encoding/binary"
	"fmt"
	"slices"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// Host is the process a Node lives in.
type Host interface {
	Now() trace.Time
	// Call makes an RPC and returns its number, under which Answered or Failed ends it.
	Call(to trace.NodeID, r Request, timeout trace.Time) uint64
	Arm(t Timer, at trace.Time)
	Disarm(t Timer)
	// Apply hands over a committed entry, in order, each once; not those that change the configuration.
	Apply(e Entry)
	// Changed tells of a new role or term, of another leader that is known, or none, or of another configuration.
	Changed()
	// ReadReady answers a Read: what it asked for may now be read locally.
	ReadReady(read uint64)
}

// Entry is a committed log entry. Data is empty for the NO_OP a leader appends at the start of its term.
type Entry struct {
	Data        []byte
	Index, Term uint64
}

// Request is the body of an RPC between members.
type Request struct{ Message *pb.Message }

// Answer is the body of its answer. It has no message when the voter withholds its vote because its leader is alive: such
// an answer carries no term (facts: Kudu's LEADER_IS_ALIVE).
type Answer struct {
	Message *pb.Message
	// Stranger is true when the call was for a member that lived on the node before: Kudu's WRONG_SERVER_UUID.
	Stranger bool
}

// Timer names a timer of a node.
type Timer struct {
	Kind TimerKind
	Peer Member
}

// TimerKind says what a timer is for.
type TimerKind uint8

// The timers: failure detection, a leader's heartbeats to one peer, and raft's own clock.
const (
	ElectionTimer TimerKind = iota
	HeartbeatTimer
	TickTimer
)

// Options are a member's constants.
type Options struct {
	ID trace.NodeID
	// Generation counts the disks that the node had before this one, each of which made it another member.
	Generation uint16
	Group      trace.GroupID
	Heartbeat  trace.Time // H; the minimum election timeout E is 3 H
	// UpdateTimeout bounds a leader's call to a peer (Kudu's consensus_rpc_timeout_ms, 30 s).
	UpdateTimeout trace.Time
	PreVote       bool
	CheckQuorum   bool
	// Etcd leaves elections and heartbeats to raft's own timers, a tick being a heartbeat and E ten of them, and lets a
	// leader have many updates under way. Without it the profile is Kudu's.
	Etcd   bool
	Reads  ReadMode
	Random *sim.Stream // elections
	Phases *sim.Stream // heartbeats
	Record *trace.Builder
}

// ReadMode says what a leader makes sure of before it reads locally.
type ReadMode uint8

// The read modes: nothing, as Kudu; that a quorum confirms its leadership now; or that a quorum has confirmed it within
// nine tenths of E by the process's clock, which goes on through a pause, and else that it does so now.
const (
	ReadLocal ReadMode = iota
	ReadIndex
	ReadClockLease
)

// The profile of Kudu 1.17: a failure is detected after three missed heartbeats
// (leader_failure_max_missed_heartbeat_periods), back-off grows by half with every failed election up to 20 s
// (leader_failure_exp_backoff_max_delta_ms). Raft's clock ticks ten times a heartbeat.
const (
	missed            = 3
	maxBackoff        = 20_000_000
	ticksPerHeartbeat = 10
	electionTicks     = missed * ticksPerHeartbeat
	forever           = trace.Time(1) << 62
)

// Node is one member, from start to crash.
type Node struct {
	Options
	host    Host
	disk    *Disk
	raft    *raft.RawNode
	me      Member
	votes   bool    // it is a voter
	peers   []*peer // the other members
	parting []*peer // removed ones that still owe this leader an answer
	pending pendingChange

	cause    trace.EventID // the event being handled
	role     trace.Role
	term     uint64
	vote     uint64
	leader   uint64
	last     uint64 // last log index, as recorded
	tail     uint64 // last log index, as raft has it
	commit   uint64
	withhold trace.Time // no vote before this time
	heard    trace.Time // last accepted update
	hearsay  hearsay    // what is recorded of it
	// detecting is false for a leader and for a candidate whose election is undecided.
	detecting bool
	failed    int        // elections lost since a leader was accepted
	drawn     trace.Time // vote RPC timeout of the present election
	offered   bool       // this leader began a transfer in its term
	asked     []voteCall
	reads     []raft.ReadState // confirmed, waiting for their index to be applied

	advancing bool        // in the Ready loop: what the host proposes there, the loop takes with its next turn
	caller    Member      // whose request is being handled
	answer    *pb.Message // raft's answer to it
	nodded    *pb.Message // the last answer to a heartbeat, given again while it says the same
}

// peer is what a leader keeps for each other member. One update is outstanding at a time: heartbeats are left out
// meanwhile and entries wait.
type peer struct {
	id          Member
	votes       bool
	promotes    bool // a non-voter to be promoted
	call        uint64
	outstanding bool
	sent        trace.Time  // of the outstanding or last update
	acked       trace.Time  // when the last update that was answered had been sent
	heard       trace.Time  // when it last answered, or the leader first looked
	exchanges   int         // how often it has answered this leader
	match       uint64      // its log is known to agree with the leader's at least up to here
	idle        bool        // since match was measured, raft has had nothing to send to it
	received    uint64      // match as of its last answer, where that matters
	next        uint64      // the entry it needs next, where that matters
	lost        bool        // the log has lost that entry
	last        *pb.Message // the last heartbeat, sent again while it says the same
	held        []*pb.Message
}

type voteCall struct {
	call    uint64
	message *pb.Message
	again   bool
}

// Start brings a member up on its disk.
func Start(disk *Disk, o Options, h Host, cause trace.EventID) *Node {
	n := &Node{Options: o, host: h, disk: disk, cause: cause, me: NewMember(o.ID, o.Generation)}
	n.votes = disk.members.Votes(n.me)
	n.regroup()
	n.enter()
	defer leave()
	var err error
	n.raft, err = raft.NewRawNode(&raft.Config{
		ID: uint64(n.me), ElectionTick: n.electionTick(), HeartbeatTick: n.heartbeatTick(), Storage: disk,
		Applied: disk.applied, MaxSizePerMsg: 1 << 20, MaxInflightMsgs: n.inflight(), PreVote: o.PreVote, CheckQuorum: o.CheckQuorum,
		DisableProposalForwarding: true, StepDownOnRemoval: true, Logger: silent{},
	})
	if err != nil {
		panic("raftnode: raft refuses its configuration: " + err.Error())
	}
	n.withhold = -forever
	n.drawn = n.timeout() // for an election that a transfer starts
	n.term, n.vote, n.commit = disk.hard()
	n.role = n.roleOf(raft.StateFollower)
	n.record(trace.FieldRole, uint64(n.role))
	n.record(trace.FieldTerm, n.term)
	n.record(trace.FieldVote, uint64(nodeOf(n.vote)))
	n.record(trace.FieldLeader, 0)
	n.record(trace.FieldCommit, n.commit)
	n.record(trace.FieldApplied, disk.applied)
	n.last, _ = disk.lastEntry()
	n.tail = n.last
	n.pending = findPending(disk)
	n.recordCopy()
	n.recordDisk()
	if disk.members.Index > 0 || n.pending.index > 0 {
		n.recordConfig()
	}
	n.recordBelief()
	n.abstain()
	if n.Etcd {
		n.armTick()
		return n
	}
	if n.term == 0 {
		n.armElection(n.Random.Between(0, o.Heartbeat-1))
	} else {
		n.armElection(n.Random.Around(n.timeout()))
	}
	return n
}

// abstain keeps a restarted voter from voting for E where leases count on that: whom it had promised its silence, and
// until when, was in memory.
func (n *Node) abstain() {
	if n.Reads == ReadClockLease && n.term > 0 {
		n.withhold = n.host.Now() + n.timeout()
	}
}

// Role returns what the node believes to be.
func (n *Node) Role() trace.Role { return n.role }

// Term returns the node's term.
func (n *Node) Term() uint64 { return n.term }

// Leader returns whom the node believes to lead, 0 for nobody.
func (n *Node) Leader() trace.NodeID { return nodeOf(n.leader) }

// etcdTicks is E in ticks in the etcd profile: etcd's default is an election timeout of ten heartbeats.
const etcdTicks = 10

// timeout is the minimum election timeout E.
func (n *Node) timeout() trace.Time {
	if n.Etcd {
		return etcdTicks * n.Heartbeat
	}
	return missed * n.Heartbeat
}

func (n *Node) electionTick() int {
	if n.Etcd {
		return etcdTicks
	}
	return electionTicks
}

func (n *Node) heartbeatTick() int {
	if n.Etcd {
		return 1
	}
	return ticksPerHeartbeat
}

// inflight is how many updates a leader may have under way to a peer.
func (n *Node) inflight() int {
	if n.Etcd {
		return 256
	}
	return 1
}

// Because says which event the following calls are effects of.
func (n *Node) Because(e trace.EventID) { n.cause = e }

// Cause returns the event that is being handled.
func (n *Node) Cause() trace.EventID { return n.cause }

// Applied returns the index of the last entry that was applied.
func (n *Node) Applied() uint64 { return n.disk.applied }

// Propose appends data to the group's log and returns the entry's index; its term is the node's. It reports false when
// the node cannot: it does not lead, or is handing over. In a group of one the entry is applied before Propose returns.
func (n *Node) Propose(data []byte) (index uint64, ok bool) {
	n.enter()
	err := n.raft.Propose(data)
	leave()
	if err != nil {
		n.advance()
		return 0, false
	}
	n.tail++
	index = n.tail
	n.advance()
	return index, true
}

// Read asks to read locally. ReadReady answers: at once for local reads, after a quorum has confirmed the leader for
// ReadIndex, never when leadership is lost before.
func (n *Node) Read(read uint64) {
	if n.Reads == ReadLocal || n.Reads == ReadClockLease && n.leased() {
		n.host.ReadReady(read)
		return
	}
	n.enter()
	n.raft.ReadIndex(binary.BigEndian.AppendUint64(nil, read))
	leave()
	n.advance()
}

// leased reports whether a quorum heard from this leader so recently that none of it can have voted for another since:
// every voter withholds its vote for E after an update, counted from no earlier than its sending. An etcd voter does so
// under check-quorum only. A leader that has offered its place to another has given the promises away.
func (n *Node) leased() bool {
	if n.offered || n.Etcd && !n.CheckQuorum {
		return false
	}
	recent := 1 // itself
	for _, p := range n.peers {
		if p.votes && n.host.Now()-p.acked < n.timeout()*9/10 {
			recent++
		}
	}
	return n.role == trace.Leader && recent > len(n.disk.members.Voters)/2
}

// Transfer hands leadership to the voter on a node without an interval in which nobody leads.
func (n *Node) Transfer(to trace.NodeID) error {
	i := slices.IndexFunc(n.peers, func(p *peer) bool { return p.votes && p.id.Node() == to })
	if i < 0 {
		return fmt.Errorf("transfer to %s: %w", n.Record.Info(to).ID, NotVoter)
	}
	n.offered = true
	n.enter()
	n.raft.TransferLeader(uint64(n.peers[i].id))
	leave()
	n.armTick()
	n.advance()
	return nil
}

// Campaign starts an election now, as when the failure detector fires. The detector is a one-shot timer: it starts anew
// when the election is decided, which a frozen voter can put off for as long as the vote calls to it last.
func (n *Node) Campaign() {
	if n.role == trace.Leader || !n.votes {
		return
	}
	if left := n.withhold - n.host.Now(); left > 0 && n.Reads == ReadClockLease {
		n.armElection(left) // its own vote is promised too
		return
	}
	if !n.Etcd {
		n.drawn = n.backoff()
		n.disarmElection()
	}
	n.asked = nil
	n.enter()
	err := n.raft.Campaign()
	leave()
	if err != nil {
		panic("raftnode: campaign: " + err.Error())
	}
	n.advance()
}

// Fire handles a timer.
func (n *Node) Fire(t Timer) {
	n.cause = trace.NoEvent
	switch t.Kind {
	case ElectionTimer:
		n.detecting = false
		n.cause = n.emit(trace.Event{Kind: trace.Timer, Text: n.Record.Intern("election timer"), Peer: n.Leader()})
		n.Campaign()
	case HeartbeatTimer:
		if p := n.peer(t.Peer); p != nil {
			n.heartbeat(p)
		}
	case TickTimer:
		n.tick()
	}
}

// tick moves raft's own clock, for check-quorum, its in-lease test and the end of a transfer that fails; without them
// the clock stands still. Raft must not campaign by itself: its timeout is always drawn at its largest, 2E-1 ticks, and a
// follower is ticked at most E after its last leader contact.
func (n *Node) tick() {
	if !n.Etcd && n.role != trace.Leader && n.host.Now()-n.heard >= n.timeout() {
		return
	}
	n.enter()
	n.raft.Tick()
	leave()
	n.armTick()
	n.advance()
}

func (n *Node) armTick() {
	if n.Etcd {
		n.host.Arm(Timer{Kind: TickTimer}, n.host.Now()+n.Heartbeat)
		return
	}
	if n.CheckQuorum || n.raft.BasicStatus().LeadTransferee != 0 {
		n.host.Arm(Timer{Kind: TickTimer}, n.host.Now()+n.Heartbeat/ticksPerHeartbeat)
	}
}

// peer returns what is kept of a member, nil when it is not a peer.
func (n *Node) peer(id Member) *peer {
	for _, p := range n.peers {
		if p.id == id {
			return p
		}
	}
	return nil
}
