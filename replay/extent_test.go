package replay_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
	"tabletop/replay"
)

// A window shows what has been judged over all: nothing in it is another than without it.
func TestSinceAndUntil(t *testing.T) {
	var log bytes.Buffer
	for i := range 10 {
		log.WriteString(leads(int64(i)*1e6, masters, uuid(i%2), uint64(i+1)))
	}
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).UnixMicro()
	whole := read(t, []captured{{"x.log", log.Bytes()}}, options())
	for _, c := range []struct {
		what         string
		since, until int64
		terms        []uint64 // of the leaders; each leads for two seconds
		events       int
		notes        int // what is known from before
	}{
		{"in the middle", 3_500_000, 6_500_000, []uint64{3, 4, 5, 6, 7}, 5, 2},
		{"to an end", 0, 1_000_000, []uint64{1, 2}, 2, 0},
		{"from a beginning", 8_000_001, 0, []uint64{8, 9, 10}, 3, 2},
		{"between two events", 3_100_000, 3_200_000, []uint64{3, 4}, 2, 2},
		{"behind the end", 1e12, 2e12, nil, 0, 0},
		{"all", -1e6, 20e6, []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 10, 0},
	} {
		t.Run(c.what, func(t *testing.T) {
			o := options()
			if c.since != 0 {
				since := noon + c.since
				o.Since = &since
			}
			if c.until != 0 {
				until := noon + c.until
				o.Until = &until
			}
			m := read(t, []captured{{"x.log", log.Bytes()}}, o)
			var terms []uint64
			for _, l := range m.Report.Leaders {
				terms = append(terms, l.Term)
				require.Contains(t, whole.Report.Leaders, l)
			}
			require.Equal(t, c.terms, terms)
			for _, f := range m.Report.Findings {
				f.Refs = nil // of lines in the window
				require.True(t, f.From <= f.To)
			}
			require.Equal(t, c.events, m.Report.Events)
			require.Equal(t, trace.Hash(m.Trace), m.Report.TraceHash)
			notes := 0
			for i := range m.Trace.Events {
				if _, ok := m.Ref(trace.EventID(i)); !ok {
					notes++
					require.Equal(t, trace.Inferred, m.Trace.Events[i].Prov)
				}
			}
			require.Equal(t, c.notes, notes)
			require.Equal(t, len(m.Trace.Events) == 0, len(m.Report.Limits) == 1)
		})
	}
}

// A window that begins and ends in the middle of a reign, a pause and a finding makes none of them shorter.
func TestAWindowCutsNothing(t *testing.T) {
	whole := read(t, capturedBelow(t, "../scenes/recorded/kudu-3266-recorded"), options())
	require.NotEmpty(t, whole.Report.Pauses)
	for _, p := range whole.Report.Pauses {
		from, to := when(t, p.From), when(t, *p.To)
		middle := from.Add(to.Sub(from) / 2)
		o := options()
		since, until := middle.UnixMicro(), middle.UnixMicro()+1
		o.Since, o.Until = &since, &until
		m := read(t, capturedBelow(t, "../scenes/recorded/kudu-3266-recorded"), o)
		require.Contains(t, m.Report.Pauses, p)
		for _, q := range m.Report.Pauses {
			require.Contains(t, whole.Report.Pauses, q)
		}
		for _, l := range m.Report.Leaders {
			require.Contains(t, whole.Report.Leaders, l)
		}
		for _, f := range m.Report.Findings {
			require.Contains(t, whole.Report.Findings, f)
		}
		require.NotEmpty(t, m.Report.Leaders)
		c := m.Trace.Cursor()
		c.SeekTime(0)
		n := m.Trace.Lookup(p.Node)
		process, known := c.Node(n).Process.Get()
		require.True(t, known)
		require.EqualValues(t, trace.Paused, process)
	}
}

// A trace that is read back tells what the import told, but for what a trace does not hold.
func TestRetell(t *testing.T) {
	for _, path := range []string{"captures/kudu/run1-3266", "captures/kudu/run2-ddl", "captures/kudu/run3-verbose", "captures/kudu/run4-migrate",
		"captures/etcd/run1", "captures/etcd/run3-debug", "captures/cassandra/run1-lwt", "captures/cassandra-dse-3node",
		"captures/etcd-3.5-leader-transfer", "seeds/kudu-3266.txt"} {
		t.Run(path, func(t *testing.T) {
			m := importAll(t, path, nil)
			var file bytes.Buffer
			require.NoError(t, trace.Write(&file, m.Trace))
			want, got := m.Report, read(t, []captured{{"t.ndjson", file.Bytes()}}, options()).Report
			require.Equal(t, want.TraceHash, got.TraceHash)
			require.Equal(t, want.Events, got.Events)
			require.Equal(t, want.Clusters, got.Clusters)
			require.Equal(t, want.Leaders, got.Leaders)
			require.Equal(t, want.Restarts, got.Restarts)
			require.Equal(t, want.Operations, got.Operations)
			require.Equal(t, want.Linearizable, got.Linearizable)
			requireSame(t, want, got)
		})
	}
}

// requireSame compares what loses something on its way.
func requireSame(t *testing.T, want, got replay.Report) {
	t.Helper()
	require.Len(t, got.Nodes, len(want.Nodes))
	for i, n := range want.Nodes {
		n.Address, n.FormerIDs, n.OffsetUS, n.DriftPPM, n.BoundUS, n.Pairs = "", []string{}, nil, nil, nil, 0
		require.Equal(t, n, got.Nodes[i])
	}
	require.Len(t, got.Pauses, len(want.Pauses))
	for i, p := range want.Pauses {
		require.Equal(t, replay.PauseReport{Node: p.Node, From: p.From, To: p.To, FromKnown: true, Evidence: "silence"}, got.Pauses[i])
	}
	require.Len(t, got.Elections, len(want.Elections))
	for i, e := range want.Elections {
		g := got.Elections[i]
		if e.Won != nil && *e.Won { // the trace has what follows: the role, or the election behind a pre-election
			e.Decided, g.Decided = nil, nil
			if e.Kind == "pre" && g.Won == nil {
				g.Won = e.Won
			}
		}
		require.Equal(t, e, g)
	}
}
