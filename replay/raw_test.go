package replay_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
	"tabletop/replay"
)

// recording returns the recorded scene's files, m2's clock wrong by an offset.
func recording(t *testing.T, offset time.Duration) (all []captured) {
	t.Helper()
	for _, c := range capturedBelow(t, filepath.Join("..", "scenes", "recorded", "kudu-3266-recorded")) {
		if c.name == "m2.log" {
			c.data = planted(t, c.data, false, plant{offset: offset}, time.Time{})
		}
		all = append(all, c)
	}
	return all
}

// Clocks that are left alone are judged all the same, and every event then stands at its line's own stamp.
func TestClocksLeftAsTheyStand(t *testing.T) {
	const wrong = 3 * time.Second
	raw := options()
	raw.RawClocks = true
	left, corrected := read(t, recording(t, wrong), raw), read(t, recording(t, wrong), options())
	require.True(t, left.Report.RawClocks)
	require.False(t, corrected.Report.RawClocks)
	require.Equal(t, corrected.Report.Nodes, left.Report.Nodes, "offsets and bounds")
	require.Len(t, left.Report.Elections, len(corrected.Report.Elections))
	m2 := at(t, left, "m2").Sub(at(t, corrected, "m2"))
	others := at(t, left, "m1").Sub(at(t, corrected, "m1"))
	require.InDelta(t, wrong.Seconds(), (m2 - others).Seconds(), 0.02, "m2's lines stand where its clock had them")
}

// at returns when a node's first event is.
func at(t *testing.T, m *replay.Import, name string) time.Time {
	t.Helper()
	for i := range m.Trace.Events {
		if e := m.Trace.Events[i]; e.Node != 0 && m.Trace.Node(e.Node).Name == name && e.Prov == trace.Logged {
			return time.UnixMicro(m.Origin + int64(e.At))
		}
	}
	t.Fatalf("%s has no event", name)
	return time.Time{}
}

// What a client history says beside its operations is handed out, and changes nothing.
func TestMarksOfAClientHistory(t *testing.T) {
	with := recording(t, 0)
	m := read(t, with, options())
	marks := m.Marks()
	require.Len(t, marks, 2)
	require.Equal(t, []string{"pause", "resume"}, []string{marks[0].Text, marks[1].Text})
	for _, k := range marks {
		name := ""
		for _, n := range m.Report.Nodes {
			if n.ID == k.Node {
				name = n.Name
			}
		}
		require.Equal(t, "m1", name)
		require.Positive(t, k.Line)
	}
	var without []captured
	for _, c := range with {
		if c.name == "clients.ndjson" {
			c.data = withoutLines(c.data, `"op": "pause"`, `"op": "resume"`)
		}
		without = append(without, c)
	}
	plain := read(t, without, options())
	require.Empty(t, plain.Marks())
	require.Equal(t, plain.Report.TraceHash, m.Report.TraceHash)
}

// withoutLines leaves out the lines with one of some texts.
func withoutLines(b []byte, texts ...string) (kept []byte) {
	for line := range bytes.Lines(b) {
		if !slices.ContainsFunc(texts, func(x string) bool { return bytes.Contains(line, []byte(x)) }) {
			kept = append(kept, line...)
		}
	}
	return kept
}
