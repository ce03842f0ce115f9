package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabletop/engine/raftnode"
	"tabletop/render/draw"
	"tabletop/render/view"
	"tabletop/scenes"
)

// TestBenchPrintsFigures looks at shapes only: what a figure is depends on the machine and on what else runs there.
func TestBenchPrintsFigures(t *testing.T) {
	t.Setenv("PATH", "") // without node and lnav their figures are skipped
	status, stdout, stderr := call("bench", "--tiny", "--json")
	require.Equal(t, exitOK, status, stderr)
	var all []map[string]any
	require.NoError(t, json.Unmarshal([]byte(stdout), &all))
	names := map[string]bool{}
	for _, f := range all {
		name, _ := f["name"].(string)
		assert.False(t, names[name], "%s comes twice", name)
		names[name] = true
		for _, key := range []string{"name", "value", "unit", "ratio", "of", "budget", "ok", "what"} {
			assert.Contains(t, f, key, name)
		}
		assert.Equal(t, f["budget"] != nil, f["ok"] != nil, name)
		assert.Equal(t, f["ratio"] != nil, f["of"] != "", name)
		if skipped := map[string]string{"node": "node", "import-lnav": "lnav"}[name]; skipped != "" {
			assert.Nil(t, f["value"])
			assert.Contains(t, f["skipped"], skipped)
			continue
		}
		assert.Positive(t, f["value"], name)
	}
	for _, r := range benchRows() {
		some := false
		for name := range names {
			some = some || strings.HasPrefix(name, r.name)
		}
		assert.True(t, some, "%s gives no figure", r.name)
	}
}

func TestBenchOfSomeRows(t *testing.T) {
	status, stdout, stderr := call("bench", "seek", "--tiny", "hunt")
	require.Equal(t, exitOK, status, stderr)
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	require.Len(t, lines, 7)
	assert.Regexp(t, `^hunt +[\d,.]+ runs/s  ≥ 2,000 . +[\d.]+ × one core +runs of kudu-3266`, lines[0])
	assert.Regexp(t, `^seek-memory +[\d,.]+ B/event  ≤ 150 `, lines[6])
	assert.Contains(t, stderr, "bench: seek:")

	status, stdout, _ = call("bench", "--list")
	assert.Equal(t, exitOK, status)
	assert.Equal(t, len(benchRows()), strings.Count(stdout, "\n"))

	for args, says := range map[string]string{"bench none": "hunt, engine, catalog, frame, seek, import, node", "bench --all": "--json"} {
		status, stdout, stderr := call(strings.Fields(args)...)
		assert.Equal(t, exitUsage, status, args)
		assert.Empty(t, stdout, args)
		assert.Contains(t, stderr, says)
		assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	}
}

// A second of a cluster with many tablets is thousands of events, and each may take only so much more than raft alone
// takes for a message. Both are measured in turns, by processor time, so that what else runs on the machine slows both.
func TestBenchEventsOfManyTabletsCostLittleMoreThanRaftsMessages(t *testing.T) {
	m, err := measureCatalog(10, 6)
	require.NoError(t, err)
	require.Greater(t, m.events, 5000.0)
	assert.Less(t, m.ratio(), 2.2)
	assert.Less(t, m.bytes, 150.0)
}

// The bare loop must step as many messages as the runs that it is compared with.
func TestBenchBareRaftDoesTheWorkOfARun(t *testing.T) {
	sc, err := scenes.Find(benchScene)
	require.NoError(t, err)
	work, err := raftWork(sc, 40)
	require.NoError(t, err)
	wanted, stepped := 0, 0
	for _, w := range work {
		require.GreaterOrEqual(t, w.Elections, 2)
		require.Equal(t, 2, w.Proposals)
		require.Greater(t, w.Messages, 60)
		wanted += w.Messages
		stepped += raftnode.Bare(w)
	}
	assert.InEpsilon(t, wanted, stepped, 0.02)
	assert.Equal(t, raftnode.Bare(work[0]), raftnode.Bare(work[0]), "the loop draws nothing from the system")
}

func TestBenchFramesShowAllTheirMessages(t *testing.T) {
	for _, n := range []int{300, 1000} {
		tr, layout, now := crowdedTrace(n)
		m := view.Model{Cursor: tr.Cursor(), At: now}
		m.Cursor.SeekTime(now)
		require.Len(t, m.Cursor.Flights(), n)
		for _, f := range m.Cursor.Flights() {
			require.EqualValues(t, -1, f.Arrive)
		}
		var list draw.List
		m.Stage(&list, layout)
		require.Greater(t, len(list.Ops), 2*n, "each has a trail and a head")
	}
}

func TestBenchReadable(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.0012: "0.0012", 0.8: "0.80", 16: "16.0", 999: "999", 1000: "1,000",
		2_345_678: "2,345,678"} {
		assert.Equal(t, want, readable(v))
	}
}
