package replay_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabletop/replay"
)

// withoutNode returns captured files but those of a node, which has a directory of its own.
func withoutNode(all []captured, node string) []captured {
	return slices.DeleteFunc(slices.Clone(all), func(c captured) bool {
		return strings.HasPrefix(c.name, node+"/")
	})
}

// reignsOf returns when a node led the masters' group.
func reignsOf(r replay.Report, node string) (all []replay.LeaderReport) {
	for _, l := range r.Leaders {
		if named(r, l.Node) == node && l.Group == strings.Repeat("0", 32) {
			all = append(all, l)
		}
	}
	return all
}

// The reigns of a master whose log is missing are told by the others: within the times that its own log shows, and marked
// as not exact.
func TestReignsOfMissingMasters(t *testing.T) {
	for _, path := range []string{"captures/kudu/run1-3266", "captures/kudu/run2-ddl", "captures/kudu/run3-verbose"} {
		all := capturedBelow(t, shared(t, path))
		whole := read(t, all, options()).Report
		for _, node := range []string{"m1", "m2", "m3"} {
			own := reignsOf(whole, node)
			told := reignsOf(read(t, withoutNode(all, node), options()).Report, node)
			require.Len(t, told, len(own), "%s without %s", path, node)
			for _, l := range told {
				requireWithin(t, l, own)
			}
		}
	}
}

// requireWithin says that a reign as told by others lies within one of those that the node's own log shows.
func requireWithin(t *testing.T, told replay.LeaderReport, own []replay.LeaderReport) {
	t.Helper()
	i := slices.IndexFunc(own, func(o replay.LeaderReport) bool { return o.Term == told.Term })
	require.GreaterOrEqual(t, i, 0, "%s never led term %d", told.Node, told.Term)
	require.False(t, told.FromKnown)
	require.False(t, told.ToKnown)
	const slack = 200 * time.Millisecond // what was sent before a cut may be refused when its sender has stepped down
	require.GreaterOrEqual(t, when(t, told.From), when(t, own[i].From).Add(-slack))
	if own[i].ToKnown {
		require.NotNil(t, told.To)
		require.LessOrEqual(t, when(t, *told.To), when(t, *own[i].To).Add(slack))
	}
}
