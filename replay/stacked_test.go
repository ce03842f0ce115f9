package replay_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The logs of a ring in one stream, one behind the other, are those of its nodes, wherever a region ends.
func TestStackedLogsOfCassandra(t *testing.T) {
	logs, all := ring(t), ""
	for _, node := range slices.Sorted(maps.Keys(logs)) {
		all += logs[node]
	}
	want := reported(t, logs)
	require.NotEmpty(t, want.Pauses)
	for _, size := range []int{0, 977, 20_000} {
		o := options()
		o.RegionSize = size
		got := read(t, []captured{{"all.log", []byte(all)}}, o).Report
		require.Equal(t, want.TraceHash, got.TraceHash, "regions of %d bytes", size)
		require.Equal(t, counted(want), counted(got))
		require.Empty(t, got.Limits)
	}
}

// Merged by time, with nothing that tells who wrote a line, they are nobody's, and the report says so.
func TestLinesThatAreNobodys(t *testing.T) {
	r := reported(t, map[string]string{"all.log": stream(ring(t), "%.0s")})
	require.Len(t, r.Limits, 1)
	require.Regexp(t, `^all\.log: of \d+ statements \d+ are left out: no line shows which node made them$`, r.Limits[0])
	require.Empty(t, reported(t, map[string]string{"all.log": stream(ring(t), "%s | ")}).Limits)
	two := strings.Repeat(gossiped(0, "GossipStage:1", "Gossiper.java", "InetAddress /127.0.0.1:7000 is now UP"), 2)
	require.Empty(t, reported(t, map[string]string{"a.log": cassandraNode(0), "tool.log": two}).Limits)
}
