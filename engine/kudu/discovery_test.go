package kudu

import (
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
