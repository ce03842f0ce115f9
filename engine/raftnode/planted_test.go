package raftnode

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	"tabletop/engine/check"
	"tabletop/engine/trace"
)

// The tests in this file break raft on purpose, by disks that lie and messages that are forged, and show that the trace
// of such a run gives it away. Nothing in the product knows of them: they reach for what a test of this package can.

// restart crashes a member and starts it on its disk, after the disk has been tampered with.
func (m *member) restart(tamper func(*Disk)) {
	tamper(m.disk)
	o := m.node.Options
	m.timers = map[Timer]trace.Time{}
	at := m.g.record.Emit(trace.Event{At: m.g.now, Kind: trace.Start, Node: m.id, Cause: trace.NoEvent})
	m.node = Start(m.disk, o, m, at)
}

// hardState has the disk remember another term, vote and commit index than it was given.
func hardState(change func(*pb.HardState)) func(*Disk) {
	return func(d *Disk) {
		old, _, _ := d.MemoryStorage.InitialState()
		h := &pb.HardState{Term: old.Term, Vote: old.Vote, Commit: old.Commit}
		change(h)
		_ = d.SetHardState(h)
	}
}

// loseTail has the disk lose its last entry, as one does that reports writes as flushed and has not.
func loseTail(d *Disk) {
	last, _ := d.lastEntry()
	kept, _ := d.Entries(1, last, 1<<30)
	old, _, _ := d.MemoryStorage.InitialState()
	d.MemoryStorage = raft.NewMemoryStorage()
	_ = d.Append(kept)
	_ = d.SetHardState(&pb.HardState{Term: old.Term, Vote: old.Vote, Commit: new(min(old.GetCommit(), last-1))})
	d.applied = min(d.applied, last-1)
}

// forger is a host that changes a member's calls on their way.
type forger struct {
	*member
	forge func(to trace.NodeID, m *pb.Message)
}

func (f forger) Call(to trace.NodeID, r Request, timeout trace.Time) uint64 {
	m := copied(r.Message)
	f.forge(to, m)
	return f.member.Call(to, Request{m}, timeout)
}

// copied copies a message: the sender's raft keeps its entries, and so do other receivers.
func copied(m *pb.Message) *pb.Message {
	c := &pb.Message{Type: m.Type, To: m.To, From: m.From, Term: m.Term, LogTerm: m.LogTerm, Index: m.Index,
		Commit: m.Commit, Reject: m.Reject, RejectHint: m.RejectHint, Context: m.Context}
	for _, e := range m.Entries {
		c.Entries = append(c.Entries, &pb.Entry{Type: e.Type, Term: e.Term, Index: e.Index, Data: e.Data})
	}
	return c
}

// deliver lets the next messages of the queue pass.
func (g *group) deliver(n int) {
	for range n {
		f := g.queue[0]
		g.queue = g.queue[1:]
		f()
	}
}

func (g *group) violations() []string {
	var kinds []string
	for _, f := range check.Invariants(g.record.Trace()) {
		kinds = append(kinds, f.Kind)
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// candidates has A and B stand for term 1 at once. What is under way then: A asks B, A asks C, B asks A, B asks C.
func candidates(t *testing.T) (g *group, a, b, c *member) {
	g = newGroup(t, Options{})
	a, b, c = g.nodes[1], g.nodes[2], g.nodes[3]
	a.node.Campaign()
	b.node.Campaign()
	require.Len(t, g.queue, 4)
	return g, a, b, c
}

func TestTwoCandidatesOfOneTermAreNoViolation(t *testing.T) {
	g, _, _, c := candidates(t)
	g.deliver(2)
	c.restart(func(*Disk) {})
	g.run(5_000_000)
	require.Empty(t, g.violations())
	g.leader().node.Propose([]byte("x"))
	g.run(6_000_000)
	require.Empty(t, g.violations())
}

func TestPlantedVoteThatIsNotPersisted(t *testing.T) {
	g, a, b, c := candidates(t)
	g.deliver(2)
	require.EqualValues(t, a.id, c.node.vote)
	c.restart(hardState(func(h *pb.HardState) { h.Vote = nil }))
	g.deliver(len(g.queue))
	require.Contains(t, g.violations(), check.DoubleVote)
	for a.node.role != trace.Leader || b.node.role != trace.Leader {
		require.NotEmpty(t, g.queue)
		g.deliver(1)
	}
	require.Equal(t, []string{check.DoubleVote, check.ElectionSafety}, g.violations())
}

func TestPlantedTermThatIsNotPersisted(t *testing.T) {
	g := newGroup(t, Options{PreVote: true})
	g.run(3_000_000)
	m := g.others(g.leader())[0]
	m.restart(hardState(func(h *pb.HardState) { h.Term, h.Vote = new(uint64(0)), nil }))
	require.Equal(t, []string{check.TermRegression}, g.violations())
}

// The voter takes the second candidate for the first: it votes twice, and its own state does not tell.
func TestPlantedSecondVoteInOneTerm(t *testing.T) {
	g, a, b, c := candidates(t)
	g.deliver(2)
	asked := g.calls // B's call to C was the last one made
	r := Request{&pb.Message{Type: pb.MsgVote.Enum(), From: new(uint64(a.id)), To: new(uint64(c.id)),
		Term: new(uint64(1))}}
	answer, ok := c.node.Handle(a.id, r)
	require.True(t, ok)
	require.False(t, answer.Message.GetReject())
	forged := copied(answer.Message)
	forged.To = new(uint64(b.id))
	b.node.Answered(asked, c.id, Answer{Message: forged})
	for a.node.role != trace.Leader {
		require.NotEmpty(t, g.queue)
		g.deliver(1)
	}
	require.Equal(t, []string{check.ElectionSafety}, g.violations())
	a.node.Propose([]byte("x"))
	b.node.Propose([]byte("y"))
	require.Equal(t, []string{check.ElectionSafety, check.LogMatching}, g.violations(), "two leaders, two logs")
}

// committed returns a group whose leader and one follower have committed an entry that the other follower has not, and
// whose leader is gone.
func committed(t *testing.T) (g *group, has, lacks *member) {
	g = newGroup(t, Options{PreVote: true})
	g.run(3_000_000)
	l := g.leader()
	has, lacks = g.others(l)[0], g.others(l)[1]
	lacks.frozen = true
	require.True(t, proposed(l.node, "x"))
	g.run(4_000_000)
	require.EqualValues(t, 2, l.node.commit)
	l.frozen = true
	lacks.frozen = false
	return g, has, lacks
}

// The candidate claims a longer log than it has, so that the voter's comparison is void.
func TestPlantedLeaderWithoutACommittedEntry(t *testing.T) {
	g, _, lacks := committed(t)
	lacks.node.host = forger{lacks, func(_ trace.NodeID, m *pb.Message) {
		if m.GetType() == pb.MsgVote || m.GetType() == pb.MsgPreVote {
			m.Index, m.LogTerm = new(uint64(99)), new(m.GetTerm())
		}
	}}
	g.now = 8_000_000
	lacks.node.Campaign()
	for lacks.node.role != trace.Leader {
		require.NotEmpty(t, g.queue)
		g.deliver(1)
	}
	require.Equal(t, []string{check.LeaderCompleteness}, g.violations())
}

func TestWithoutAForgeryTheVoterRefusesIt(t *testing.T) {
	g, has, lacks := committed(t)
	g.now = 8_000_000
	lacks.node.Campaign()
	g.run(16_000_000)
	require.Equal(t, has, g.leader())
	require.Empty(t, g.violations())
}

func TestPlantedCommittedEntryThatADiskHasLost(t *testing.T) {
	g, has, lacks := committed(t)
	has.restart(loseTail)
	g.run(20_000_000)
	require.Contains(t, []*member{has, lacks}, g.leader())
	require.Contains(t, g.violations(), check.StateMachineSafety, "another entry is committed in its place")
}

// uncommitted returns a group whose follower has two entries on disk of whose commit it has not heard, and copies of
// them. The leader's own host is back: the commit is on its way.
func uncommitted(t *testing.T) (g *group, follower *member, entries []*pb.Entry) {
	g = newGroup(t, Options{PreVote: true})
	g.run(3_000_000)
	l := g.leader()
	follower = g.others(l)[0]
	l.node.host = forger{l, func(to trace.NodeID, m *pb.Message) {
		if to == follower.id {
			m.Commit = new(uint64(1))
		}
	}}
	require.True(t, proposed(l.node, "x"))
	require.True(t, proposed(l.node, "y"))
	g.run(3_100_000)
	l.node.host = l
	require.EqualValues(t, 3, l.node.commit)
	require.EqualValues(t, 1, follower.disk.applied)
	stored, err := follower.disk.Entries(2, 4, 1<<30)
	require.NoError(t, err)
	return g, follower, copied(&pb.Message{Entries: stored}).Entries
}

func TestPlantedEntryThatIsAppliedDifferently(t *testing.T) {
	g, m, entries := uncommitted(t)
	entries[1].Data = []byte("z")
	require.NoError(t, m.disk.Append(entries))
	g.run(5_000_000)
	require.Equal(t, []string{check.StateMachineSafety}, g.violations())
}

func TestPlantedEntriesThatAreAppliedInAnotherOrder(t *testing.T) {
	g, m, entries := uncommitted(t)
	entries[0].Data, entries[1].Data = entries[1].Data, entries[0].Data
	require.NoError(t, m.disk.Append(entries))
	g.run(5_000_000)
	require.Equal(t, []string{check.StateMachineSafety}, g.violations())
}

func TestPlantedEntryThatIsReplicatedDifferently(t *testing.T) {
	g := newGroup(t, Options{PreVote: true})
	g.run(3_000_000)
	l := g.leader()
	l.node.host = forger{l, func(to trace.NodeID, m *pb.Message) {
		if to == g.others(l)[0].id && len(m.Entries) > 0 {
			m.Entries[0].Data = []byte("z")
		}
	}}
	require.True(t, proposed(l.node, "x"))
	g.run(5_000_000)
	require.Equal(t, []string{check.LogMatching, check.StateMachineSafety}, g.violations())
}
