package raftnode

import (
	"testing"

	"github.com/stretchr/testify/require"
	pb "go.etcd.io/raft/v3/raftpb"

	"tabletop/engine/trace"
)

func TestAClockLeaseRunsOutDuringAPause(t *testing.T) {
	g := newGroup(t, Options{PreVote: true, Reads: ReadClockLease})
	g.run(3_000_000)
	l := g.leader()
	l.node.Read(1)
	require.Equal(t, []uint64{1}, l.reads, "a quorum has just been heard")
	for _, m := range g.others(l) {
		m.frozen = true
	}
	g.run(3_000_000 + 1_350_000)
	l.node.Read(2)
	require.Equal(t, []uint64{1}, l.reads, "nine tenths of E later nobody vouches for it")
}

// A lease rests on promises of silence. Whatever a voter does meanwhile, nobody else may lead while a lease holds.
func TestNobodyElseLeadsWhileALeaseHolds(t *testing.T) {
	for _, c := range []struct {
		what string
		act  func(g *group, old, promised, other *member)
		// elected says whether the act makes somebody else lead, who then must have cost the old leader its lease.
		elected bool
	}{
		{"the voter restarts and is asked for its vote", func(g *group, _, promised, other *member) {
			restart(promised)
			other.node.Campaign()
		}, false},
		{"the voter stands itself", func(_ *group, _, promised, _ *member) { promised.node.Campaign() }, false},
		{"the leader hands over", func(g *group, old, promised, _ *member) {
			old.frozen = false
			require.NoError(g.t, old.node.Transfer(promised.id))
			g.queue[0]() // the voter hears of it, and the leader nothing more
			g.queue = g.queue[1:]
			old.frozen = true
		}, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			g := newGroup(t, Options{PreVote: true, Reads: ReadClockLease})
			g.run(3_000_000)
			old := g.leader()
			promised, other := g.others(old)[0], g.others(old)[1]
			other.frozen = true // hears nothing for E, and withholds no vote then
			g.run(4_600_000)
			other.frozen, old.frozen = false, true
			c.act(g, old, promised, other)
			g.run(g.now)
			elected := promised.node.Role() == trace.Leader || other.node.Role() == trace.Leader
			require.Equal(t, c.elected, elected)
			old.node.Read(1)
			require.Equal(t, c.elected, len(old.reads) == 0, "the lease holds if nobody else leads")
		})
	}
}

// A lease counts from the sending of an update: how long its answer took proves nothing of the voter since.
func TestALeaseCountsFromTheSending(t *testing.T) {
	g := newGroup(t, Options{PreVote: true, Reads: ReadClockLease})
	g.run(3_000_000)
	l := g.leader()
	for _, p := range l.node.peers {
		p.outstanding, p.call, p.sent, p.acked = true, 7, 3_000_000, -forever
	}
	voter := g.others(l)[0].id
	g.now = 4_300_000
	l.node.Answered(7, voter, Answer{Message: &pb.Message{Type: pb.MsgAppResp.Enum(), From: new(uint64(voter)), To: new(uint64(l.id)),
		Term: new(l.node.Term()), Index: new(uint64(1))}})
	require.True(t, l.node.leased(), "1.3 s after the sending")
	g.now = 4_360_000
	require.False(t, l.node.leased(), "nine tenths of E after the sending, though 60 ms after the answer")
}

// Under etcd's timers a voter keeps its promise too, where leases rest on it.
func TestAPromisedVoterDoesNotStandUnderEtcdsTimers(t *testing.T) {
	g := newGroup(t, Options{PreVote: true, CheckQuorum: true, Etcd: true, Reads: ReadClockLease})
	g.run(20_000_000)
	l := g.leader()
	for _, m := range g.others(l) {
		term := m.node.Term()
		m.node.Campaign()
		g.run(g.now)
		require.Equal(t, term, m.node.Term())
		require.Equal(t, trace.Follower, m.node.Role())
	}
	require.Equal(t, l, g.leader())
}

// restart brings a member up again on its disk.
func restart(m *member) {
	m.timers, m.changes, m.applied = map[Timer]trace.Time{}, nil, nil
	m.node = Start(m.disk, m.node.Options, m, trace.NoEvent)
}
