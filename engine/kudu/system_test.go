package kudu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/catalog"
	"tabletop/engine/proc"
	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// keySchema is the schema of the tickets' tests.
var keySchema = catalog.Schema{{Name: "key", Type: "INT32", Key: true}}

type rig struct {
	*System
	t testing.TB
	k *sim.Kernel
	b *trace.Builder
}

func newRig(t *testing.T, change func(*Options)) rig {
	return startRig(t, 5, change)
}

func startRig(t testing.TB, seed uint64, change func(*Options)) rig {
	r := rig{t: t, k: sim.New(seed), b: trace.NewBuilder(trace.Header{})}
	o := Options{Masters: []string{"A", "B", "C"}, Clients: []string{"client"}, Machine: proc.Idle(), Heartbeat: 500_000,
		UpdateTimeout: 2_000_000, PreVote: true}
	if change != nil {
		change(&o)
	}
	r.System = New(r.k, r.b, o)
	r.Start()
	return r
}

func (r rig) until(at trace.Time) {
	for {
		next, ok := r.k.Next()
		if !ok || next > at {
			r.k.Advance(at)
			return
		}
		r.k.Step()
	}
}

func (r rig) leader() *Master {
	for _, m := range r.masters {
		if m.process.State() == trace.Running && m.raft.Role() == trace.Leader {
			return m
		}
	}
	require.Fail(r.t, "nobody leads")
	return nil
}

func (r rig) ask(text string, body any) {
	require.True(r.t, r.clients[0].begin(order{text: text, body: body, fresh: true}, trace.NoEvent))
}

func (r rig) last() trace.Operation {
	ops := trace.Operations(r.b.Trace())
	return ops[len(ops)-1]
}

// The four checks are local: a frozen leader that wakes passes them all.
func TestAStaleLeaderPassesTheLeaderCheck(t *testing.T) {
	r := newRig(t, nil)
	r.until(3_000_000)
	old := r.leader()
	require.Equal(t, catalog.OK, old.check())
	for _, m := range r.masters {
		if m != old {
			require.Equal(t, catalog.NotTheLeader, m.check())
		}
	}
	old.process.Pause(trace.NoEvent)
	r.until(9_000_000)
	require.NotEqual(t, old, r.leader())
	old.process.Resume(trace.NoEvent)
	require.Equal(t, catalog.OK, old.check(), "leader of its term, and ready in it")
}

// An elected master is no leader for its clients before it has loaded the catalog.
func TestANewLeaderIsNotReadyBeforeItHasLoaded(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Machine = proc.SlowBuild() })
	seen := false
	for r.k.Now() < 3_000_000 {
		r.k.Step()
		for _, m := range r.masters {
			if m.raft.Role() == trace.Leader && m.readyTerm == 0 {
				seen = true
				require.Equal(t, catalog.NotTheLeader, m.check())
			}
		}
	}
	require.True(t, seen)
	require.Equal(t, catalog.OK, r.leader().check())
}

// With a leader the client does not wait for a frozen master; without one each round lasts until the negotiation with
// it has timed out after 3 s.
func TestDiscoveryWaitsForAFrozenMasterOnlyWithoutALeader(t *testing.T) {
	r := newRig(t, nil)
	r.until(3_000_000)
	old := r.leader()
	old.process.Pause(trace.NoEvent)
	r.until(3_010_000)
	r.ask("open t", openTable{"t"})
	r.until(12_000_000)
	slow := r.last()
	require.Equal(t, "NotFound", slow.Result)
	require.Greater(t, slow.Return-slow.Call, trace.Time(3_000_000))
	r.ask("open t", openTable{"t"})
	r.until(13_000_000)
	quick := r.last()
	require.Equal(t, "NotFound", quick.Result)
	require.Less(t, quick.Return-quick.Call, trace.Time(50_000))
}

// The kernel of a frozen process accepts connections; the calls wait for a negotiation that never ends.
func TestNothingButNegotiationsReachesAFrozenMasterOverANewConnection(t *testing.T) {
	r := newRig(t, nil)
	r.until(3_000_000)
	old := r.leader()
	old.process.Pause(trace.NoEvent)
	from := r.b.Len()
	r.ask("open t", openTable{"t"})
	r.until(9_000_000)
	for _, e := range r.b.Events()[from:] {
		if e.Kind == trace.Arrive && e.Node == old.id && r.b.Info(e.Peer).Kind == trace.Client {
			require.Equal(t, "negotiate", r.b.Text(e.Text))
		}
	}
}

func TestAFrozenVoterIsUndecidedUntilItsCallHasTimedOutTwice(t *testing.T) {
	r := newRig(t, nil)
	r.until(3_000_000)
	leader := r.leader()
	var awake *Master
	for _, m := range r.masters {
		if m != leader {
			m.process.Pause(trace.NoEvent)
			awake = m
		}
	}
	leader.process.Crash(trace.NoEvent)
	awake.process.Resume(trace.NoEvent)
	from := r.b.Len()
	r.until(14_000_000)
	var asked, lost, again trace.Time
	for _, e := range r.b.Events()[from:] {
		switch {
		case e.Kind == trace.PreCampaign && asked == 0:
			asked = e.At
		case e.Kind == trace.PreCampaign && again == 0:
			again = e.At
		case e.Kind == trace.ElectionLost && lost == 0:
			lost = e.At
		}
	}
	require.GreaterOrEqual(t, lost-asked, trace.Time(3_000_000))
	require.LessOrEqual(t, lost-asked, trace.Time(4_600_000))
	require.GreaterOrEqual(t, again-lost, trace.Time(1_500_000), "the detector starts anew when the election is decided")
}

// A leader that is handing over drops proposals. The client must not be told that a table exists which does not.
func TestACreateDuringATransferIsRefusedAndTriedAgain(t *testing.T) {
	r := newRig(t, nil)
	r.until(3_000_000)
	leader := r.leader()
	for _, m := range r.masters {
		if m != leader {
			m.process.Pause(trace.NoEvent)
			leader.raft.Transfer(m.id)
			break
		}
	}
	r.ask("create t", createTable{CreateTable: catalog.CreateTable{Name: "t", Schema: keySchema}})
	r.until(3_200_000)
	require.True(t, r.last().Open(), r.last().Result)
	r.until(12_000_000)
	require.Equal(t, "OK", r.last().Result)
	require.Greater(t, r.last().Attempts, 1)
}
