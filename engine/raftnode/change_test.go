package raftnode

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	pb "go.etcd.io/raft/v3/raftpb"
	"pgregory.net/rapid"

	"tabletop/engine/trace"
)

// changing returns a group of four with another node beside it, and a function that begins a change. Of the three that a
// removal leaves one may crash.
func changing(t *testing.T, kind ChangeKind) (g *group, begin func(l *member)) {
	g = foundGroup(t, Options{PreVote: true}, "A", "B", "C", "D")
	other := g.add(g.node("E"))
	other.start()
	g.run(3_000_000)
	who := other.member()
	if kind == Remove {
		who = g.others(g.leader())[0].member()
	}
	return g, func(l *member) {
		_, err := l.node.ProposeChange(Change{Kind: kind, Member: who, Promote: true}, 0)
		require.NoError(t, err)
	}
}

// Whatever step of a change its leader crashes at, one configuration is left: the members of it all know it, and whoever
// is not in it does not stand in the way. What the leader had on the wire arrives or is lost.
func TestALeaderCrashesAtEachStepOfAChange(t *testing.T) {
	for _, kind := range []ChangeKind{AddNonVoter, Remove} {
		outcomes := map[string]bool{}
		for _, loses := range []bool{false, true} {
			for step, more := 0, true; more; step++ {
				g, begin := changing(t, kind)
				old := g.leader()
				begin(old)
				until := g.now + 2_000_000
				for range step {
					more = g.step(until)
				}
				old.crash()
				if loses {
					g.queue = nil
				}
				g.run(g.now + 10_000_000)
				require.NotEqual(t, old, g.leader())
				require.True(t, proposed(g.leader().node, "x"))
				g.run(g.now + 2_000_000)
				old.start()
				g.run(g.now + 10_000_000)
				outcomes[g.settled()] = true
				require.Empty(t, g.violations(), "step %d", step)
			}
		}
		require.Len(t, outcomes, 2, "the change is lost or made, and both are seen: %v", outcomes)
	}
}

// settled checks that the members of the leader's configuration agree on it and on what was applied, and returns it.
func (g *group) settled() string {
	l := g.leader()
	config := l.node.Config()
	for _, id := range slices.Concat(config.Voters, config.NonVoters) {
		m := g.nodes[id]
		require.Equal(g.t, config, m.node.Config())
		require.Equal(g.t, l.disk.applied, m.disk.applied)
		require.Equal(g.t, l.applied, m.applied)
	}
	return fmt.Sprint(config.Voters, config.NonVoters)
}

// Random changes, crashes, silence, and lost or copied disks of whoever is not a member break no rule of raft, and the group comes to
// rest.
func TestRandomChangesAreSafe(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		g := newGroup(r, rapid.SampledFrom([]Options{{PreVote: true}, {}, {PreVote: true, CheckQuorum: true},
			{PreVote: true, CheckQuorum: true, Etcd: true}, {PreVote: true, Reads: ReadClockLease}}).Draw(r, "profile"))
		for _, name := range []string{"D", "E"} {
			g.add(g.node(name)).start()
		}
		g.run(10_000_000)
		for range rapid.IntRange(1, 40).Draw(r, "actions") {
			g.disturb(r)
			for range rapid.IntRange(0, 60).Draw(r, "steps") {
				g.step(g.now + 1_000_000)
			}
		}
		for _, m := range g.members() {
			m.frozen = false
			if m.node == nil {
				m.start()
			}
		}
		g.run(g.now + 90_000_000)
		require.True(r, proposed(g.leader().node, "last"))
		g.run(g.now + 5_000_000)
		g.settled()
		require.Empty(r, g.violations())
	})
}

func (g *group) disturb(r *rapid.T) {
	m := g.nodes[trace.NodeID(rapid.IntRange(1, len(g.nodes)).Draw(r, "node"))]
	l := g.leading()
	switch action := rapid.SampledFrom([]string{"add", "remove", "propose", "crash", "start", "freeze", "wipe", "copy", "campaign", "run"}).
		Draw(r, "action"); {
	case action == "run":
		g.run(g.now + 2_000_000)
	case action == "freeze":
		m.frozen = !m.frozen
	case action == "start" && m.node == nil:
		m.start()
	case action == "crash" && m.node != nil:
		m.crash()
	case action == "campaign" && m.node != nil:
		m.node.Campaign()
	case action == "wipe" && !g.mayBelong(m):
		m.wipe()
		m.start()
	case action == "copy" && !g.mayBelong(m):
		if m.node != nil {
			m.crash()
		}
		m.copy(g.nodes[trace.NodeID(rapid.IntRange(1, len(g.nodes)).Draw(r, "of"))])
		m.start()
	case l == nil:
	case action == "propose":
		l.node.Propose(fmt.Append(nil, g.calls))
	case action == "add":
		_, _ = l.node.ProposeChange(Change{Kind: AddNonVoter, Member: m.member(), Promote: true}, AnyConfig)
	case action == "remove":
		_, _ = l.node.ProposeChange(Change{Kind: Remove, Member: m.member()}, AnyConfig)
	}
}

func (m *member) member() Member { return NewMember(m.id, m.options.Generation) }

// mayBelong reports whether a node's member is one in anybody's eyes, or is about to become one.
func (g *group) mayBelong(m *member) bool {
	return slices.ContainsFunc(g.members(), func(o *member) bool {
		return o.disk.members.Has(m.member()) || findPending(o.disk).Member == m.member()
	})
}

// A copy takes the place of a log, not of a vote: the member that copies is who it was.
func TestACopyKeepsTheVoteOfItsMember(t *testing.T) {
	for _, c := range []struct{ own, term, vote uint64 }{{4, 5, 0}, {5, 5, 2}, {6, 6, 2}} {
		from, own := NewDisk([]Member{1, 2, 3}), NewDisk([]Member{1, 2, 3})
		require.NoError(t, from.SetHardState(&pb.HardState{Term: new(uint64(5)), Vote: new(uint64(1))}))
		require.NoError(t, own.SetHardState(&pb.HardState{Term: new(c.own), Vote: new(uint64(2))}))
		term, vote, _ := from.Copy(own).hard()
		require.Equal(t, []uint64{c.term, c.vote}, []uint64{term, vote})
	}
	from := NewDisk([]Member{1})
	require.NoError(t, from.SetHardState(&pb.HardState{Term: new(uint64(5)), Vote: new(uint64(1))}))
	term, vote, _ := from.Copy(nil).hard()
	require.Equal(t, []uint64{5, 0}, []uint64{term, vote})
}

// A non-voter has no say: it is asked for no vote, stands for no election, and does not count for a lease.
func TestANonVoterHasNoSay(t *testing.T) {
	g := foundGroup(t, Options{PreVote: true, Reads: ReadClockLease}, "A", "B")
	c := g.add(g.node("C"))
	c.start()
	g.run(3_000_000)
	l := g.leader()
	_, err := l.node.ProposeChange(Change{Kind: AddNonVoter, Member: c.member()}, 0)
	require.NoError(t, err)
	g.run(6_000_000)
	require.Equal(t, trace.Learner, c.node.Role())
	role, _ := g.record.Node(c.id).Groups[0].Role.Get()
	require.EqualValues(t, trace.Learner, role)
	c.node.Campaign()
	require.Equal(t, trace.Learner, c.node.Role())
	other := g.others(l)[0]
	other.frozen = true
	g.run(8_000_000)
	require.False(t, l.node.leased(), "the non-voter alone vouches for the leader")
	require.ErrorIs(t, l.node.Transfer(c.id), NotVoter)
	l.frozen, other.frozen = true, false
	asked := false
	other.node.host = forger{other, func(to trace.NodeID, _ *pb.Message) { asked = asked || to == c.id }}
	g.run(12_000_000)
	require.Equal(t, trace.PreCandidate, other.node.Role())
	require.False(t, asked)
}

// A leader that is handing over, or has committed nothing in its term, changes nothing.
func TestChangesWaitForTheLeadersOwnTerm(t *testing.T) {
	g := newGroup(t, Options{PreVote: true})
	d := g.node("D")
	for g.leading() == nil {
		g.step(10_000_000)
	}
	l := g.leader()
	_, err := l.node.ProposeChange(Change{Kind: AddNonVoter, Member: Member(d)}, AnyConfig)
	require.ErrorIs(t, err, NoneCommitted)
	g.run(3_000_000)
	l.onApply = func(Entry) {
		_, err = l.node.ProposeChange(Change{Kind: AddNonVoter, Member: Member(d)}, AnyConfig)
		require.ErrorIs(t, err, ChangePending, "an entry is being applied")
	}
	require.True(t, proposed(l.node, "x"))
	g.run(4_000_000)
	l.onApply = nil
	to := g.others(l)[0]
	to.frozen = true
	require.NoError(t, l.node.Transfer(to.id))
	_, err = l.node.ProposeChange(Change{Kind: AddNonVoter, Member: Member(d)}, AnyConfig)
	require.ErrorIs(t, err, HandingOver)
}

// A call that was meant for the member before is refused, which is as good as no answer, and no vote.
func TestACallForTheMemberBeforeIsRefused(t *testing.T) {
	g := newGroup(t, Options{PreVote: true})
	g.run(3_000_000)
	l := g.leader()
	gone := g.others(l)[0]
	gone.wipe()
	gone.start()
	r := Request{&pb.Message{Type: pb.MsgVote.Enum(), From: new(uint64(l.id)), To: new(uint64(gone.id)), Term: new(uint64(9))}}
	answer, ok := gone.node.Handle(l.id, r)
	require.True(t, ok)
	kind, name, _ := answer.Describe(r)
	require.Equal(t, trace.Refusal, kind)
	require.Equal(t, "wrong uuid", name)
	require.Zero(t, gone.node.Term())
	l.crash()
	g.run(20_000_000)
	require.Nil(t, g.leading(), "one of three voters is left")
	require.Empty(t, g.violations())
}
