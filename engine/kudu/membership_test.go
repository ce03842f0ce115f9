package kudu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// do carries out a verb as a script does, and lets some time pass.
func (r rig) do(verb string, args ...string) {
	resolve := func(name string) (trace.NodeID, error) {
		if name == "leader" {
			return r.leader().id, nil
		}
		for i, n := range r.b.Nodes() {
			if n.ID == name {
				return trace.NodeID(i + 1), nil
			}
		}
		require.Fail(r.t, "unknown node", name)
		return 0, nil
	}
	for _, v := range r.Verbs(sim.Resolver(resolve)) {
		if v.Name == verb {
			require.NoError(r.t, v.Do(args, trace.NoEvent), "%s %v", verb, args)
			r.until(r.k.Now() + 8_000_000)
			return
		}
	}
	require.Fail(r.t, "unknown verb", verb)
}

func (r rig) named(name string) *Master {
	for _, m := range r.masters {
		if m.name == name {
			return m
		}
	}
	require.Fail(r.t, "unknown master", name)
	return nil
}

func TestOneMasterBecomesThree(t *testing.T) {
	r := newRig(t, func(o *Options) {
		o.Masters, o.Joining, o.ConsideredFailed = []string{"A"}, []string{"B", "C"}, 300_000_000
	})
	r.until(3_000_000)
	r.do("create-table", "first")
	for _, name := range []string{"B", "C"} {
		require.True(t, r.named(name).process.Restart(trace.NoEvent))
		r.do("add-master", name)
		require.Equal(t, "OK", r.last().Result)
		require.Len(t, r.named(name).rows.Tables, 1, "caught up from the log")
	}
	require.Len(t, r.named("A").raft.Config().Voters, 3)
	r.do("add-master", "C")
	require.Equal(t, "AlreadyPresent", r.last().Result)
	r.named("A").process.Crash(trace.NoEvent)
	r.until(r.k.Now() + 10_000_000)
	r.do("open-table", "first")
	require.Equal(t, "OK", r.last().Result)
}

func TestADeadMasterIsReplacedAtItsAddress(t *testing.T) {
	for _, log := range []string{"kept", "dropped"} {
		t.Run(log, func(t *testing.T) {
			r := newRig(t, func(o *Options) { o.ConsideredFailed = 4_000_000 })
			r.until(3_000_000)
			r.do("create-table", "first")
			lost := r.masters[0]
			if lost == r.leader() {
				lost = r.masters[1]
			}
			lost.process.Crash(trace.NoEvent)
			r.do("wipe", lost.name)
			r.do("remove-master", lost.name)
			require.Equal(t, "OK", r.last().Result)
			r.do("remove-master", lost.name)
			require.Equal(t, "NotFound", r.last().Result)
			if log == "dropped" {
				for _, m := range r.masters {
					if m != lost {
						r.do("collect-log", m.name)
					}
				}
			}
			lost.process.Restart(trace.NoEvent)
			r.do("add-master", lost.name)
			if log == "dropped" {
				require.Equal(t, "FAILED_UNRECOVERABLE", r.last().Result)
				require.Empty(t, lost.rows.Tables)
				lost.process.Crash(trace.NoEvent)
				r.do("copy-catalog", lost.name, "leader")
				lost.process.Restart(trace.NoEvent)
				r.until(r.k.Now() + 8_000_000)
			} else {
				require.Equal(t, "OK", r.last().Result)
			}
			require.Len(t, lost.rows.Tables, 1)
			require.Len(t, r.leader().raft.Config().Voters, 3)
			require.NotZero(t, lost.member().Generation())
		})
	}
}

func TestALeaderIsNotRemoved(t *testing.T) {
	r := newRig(t, nil)
	r.until(3_000_000)
	r.do("remove-master", "leader")
	require.Equal(t, "InvalidArgument", r.last().Result)
	require.Len(t, r.leader().raft.Config().Voters, 3)
}

func TestAConfigurationIsRewrittenByHand(t *testing.T) { // KUDU-1474
	r := newRig(t, func(o *Options) {
		o.Masters, o.Joining, o.ConsideredFailed = []string{"A"}, []string{"B", "C"}, 300_000_000
	})
	r.until(3_000_000)
	r.do("create-table", "test")
	r.named("A").process.Crash(trace.NoEvent)
	r.do("rewrite-config", "A", "A", "B", "C")
	r.do("copy-catalog", "B", "A")
	r.do("copy-catalog", "C", "A")
	for _, m := range r.masters {
		require.True(t, m.process.Restart(trace.NoEvent))
	}
	r.until(r.k.Now() + 8_000_000)
	require.Len(t, r.leader().raft.Config().Voters, 3)
	r.do("open-table", "test")
	require.Equal(t, "OK", r.last().Result)
}
