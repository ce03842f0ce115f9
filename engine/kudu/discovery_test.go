package kudu

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
)

func TestAFirstStartWaitsForEveryMaster(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Discover = true })
	c := r.masters[2]
	require.True(t, c.process.Crash(trace.NoEvent))
	r.until(5_000_000)
	for _, m := range r.masters[:2] {
		require.Nil(t, m.raft, "%s must not start without the uuid of %s", m.name, c.name)
	}
	require.True(t, r.b.HasCell(r.masters[0].id, r.masters[0].group, trace.Disk, "uuid/C", unknown))
	c.process.Restart(trace.NoEvent)
	r.until(10_000_000)
	require.NotNil(t, r.leader())
	require.True(t, r.b.HasCell(r.masters[0].id, r.masters[0].group, trace.Disk, "uuid/C", "C"))
}

func TestAFirstStartEndsWhenAMasterIsNeverMet(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Discover = true })
	require.True(t, r.masters[2].process.Crash(trace.NoEvent))
	r.until(31_000_000)
	for _, m := range r.masters[:2] {
		require.Equal(t, trace.Crashed, m.process.State())
	}
}

func TestAKnownGroupStartsWithoutAll(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Discover = true })
	r.until(3_000_000)
	for _, m := range r.masters {
		m.process.Crash(trace.NoEvent)
	}
	for _, m := range r.masters[:2] {
		m.process.Restart(trace.NoEvent)
	}
	r.until(12_000_000)
	require.NotNil(t, r.leader(), "who has met the others once does not ask again (KUDU-526)")
}

// A leader's update meets a master that still asks who the others are: it is refused, and sent again later.
func TestALeaderDoesNotGiveUpOnAMasterThatStartsLate(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Discover = true })
	r.until(3_000_000)
	leader := r.leader()
	i := slices.Index(r.masters, leader)
	late, other := r.masters[(i+1)%3], r.masters[(i+2)%3]
	late.process.Crash(trace.NoEvent)
	late.met = false // as if the others had been quicker
	r.network.Link(other.id, late.id).Cut = true
	late.process.Restart(trace.NoEvent)
	r.until(6_000_000)
	require.Nil(t, late.raft)
	r.network.Heal()
	r.until(20_000_000)
	require.Equal(t, "OK", r.done("create-table", "t"))
	require.Len(t, late.rows.Tables, 1)
}
