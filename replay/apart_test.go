package replay_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabletop/replay"
	"tabletop/replay/kudu/glogtext"
)

// texts returns the findings of a kind.
func texts(r replay.Report, kind string) (all []string) {
	for _, f := range r.Findings {
		if f.Kind == kind {
			all = append(all, f.Text)
		}
	}
	return all
}

// How long something lasted is told with no more than is known: a node that woke may have been awake before its first line;
// clocks between which no message went, or few, say nothing to the millisecond.
func TestTextsSayNoMoreThanTheClocksTell(t *testing.T) {
	ticket := read(t, capturedBelow(t, "../scenes/recorded/kudu-3266-log"), options()).Report
	require.Equal(t, []string{
		"6fb was awake and believed itself leader of term 2 for at least 68.7 ms although cba had become leader of term 3, if their clocks agree",
		"A was awake and believed itself leader of term 4 for at least 33.2 ms although B had become leader of term 6",
	}, texts(ticket, "stale-leader"))
	require.Equal(t, []string{
		"6fb and cba believed themselves leader at once for 1.95 s (6fb in term 2, cba in term 3), if their clocks agree",
		"A and B believed themselves leader at once for at least 900 ms (A in term 4, B in term 6), if their clocks agree",
	}, texts(ticket, "dual-leader"))

	recorded := read(t, capturedBelow(t, "../scenes/recorded/kudu-3266-recorded"), options()).Report
	for _, text := range texts(recorded, "stale-leader") {
		require.True(t, strings.Contains(text, " for at least ") || strings.Contains(text, "in its first line") ||
			strings.Contains(text, "for how long their clocks do not tell"), text)
	}
	for _, text := range texts(recorded, "not-found-after-create") { // by one client's clock
		require.NotContains(t, text, "about")
	}
}

// Behind the last message between two clocks they go on drifting, and how far is known the less the longer it is ago. What
// is told stays true.
func TestBoundsGrowBehindTheLastMessage(t *testing.T) {
	o := glogtext.Options{Seed: 1, Bytes: 1 << 20, Elections: 10, Files: 3, Clocks: wrong()}
	c, files := generated(t, o)
	before := 0.0
	for _, hours := range []int64{0, 1, 24, 240} {
		at := time.UnixMicro(c.End + hours*3600e6).UTC()
		line := strings.Replace(becomes(0, c.IDs[0], 99), "20261121 12:00:00", at.Format("20060102 15:04:05"), 1)
		with := options()
		from := at.Add(-time.Minute).UnixMicro()
		with.Since = &from // the reference may be late itself
		m, err := replay.Read(append(files, captured{"later.log", []byte(line)}.file()), with)
		require.NoError(t, err)
		found := map[string]replay.NodeReport{}
		for _, n := range m.Report.Nodes {
			found[n.ID] = n
		}
		since := float64(m.Origin-c.Begin) / 1e6
		planted := func(i int) float64 { return float64(o.Clocks[i].OffsetUS) + o.Clocks[i].DriftPPM*since }
		a, sum := found[c.IDs[0]], 0.0
		for i := 1; i < glogtext.Masters; i++ {
			b := found[c.IDs[i]]
			bound := *a.BoundUS + *b.BoundUS
			require.InDelta(t, planted(i)-planted(0), *b.OffsetUS-*a.OffsetUS, bound, "%d hours", hours)
			sum += bound
		}
		require.Greater(t, sum, before)
		before = sum
	}
}
