package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/scenes"
)

// What the captions of a recorded scene claim is in its logs, and each variant ends as it says.
func TestRecordedScenesAreAsDocumented(t *testing.T) {
	played := 0
	for _, sc := range scenes.Catalogue() {
		if sc.Kind != scenes.Recorded {
			continue
		}
		for _, v := range sc.Variants {
			run, imported, err := playRecorded(sc, v.ID)
			require.NoError(t, err)
			require.True(t, run.AsDocumented, "%s %s: %s", sc.ID, v.ID, run.Outcome)
			for _, stop := range run.Stops {
				require.Truef(t, stop.Occurred, "%s: %s", stop.Caption, stop.Instead)
				require.NotContains(t, stop.Caption, "–", "every placeholder is filled")
			}
			for _, f := range imported.Report.Findings {
				require.NotEmpty(t, f.Refs, "%s points at no line", f.Text)
			}
			played++
		}
	}
	require.Equal(t, 3, played)
}

// The stale windows of the ticket: 33 ms, and at least 68.7 ms.
func TestTheTicketsWindows(t *testing.T) {
	_, imported, err := playRecorded(recordedScene(t, "kudu-3266-log"), "")
	require.NoError(t, err)
	var windows []int64
	for _, f := range imported.Findings {
		if f.Kind == check.StaleLeader {
			windows = append(windows, int64(f.To-f.From))
		}
	}
	require.Len(t, windows, 2)
	require.InDelta(t, 68_722, windows[0], 2)
	require.InDelta(t, 33_224, windows[1], 2)
	lines := imported.Report.Lines
	require.Equal(t, []int{29, 2, 1}, []int{lines.Matched, lines.Duplicates, lines.Truncated})
	require.Equal(t, 2, imported.Report.Clusters)
}

// Twelve of sixteen clients were told that an acknowledged table does not exist.
func TestTheRecordedClients(t *testing.T) {
	run, imported, err := playRecorded(recordedScene(t, "kudu-3266-recorded"), "")
	require.NoError(t, err)
	require.Equal(t, check.Anomaly, run.Outcome)
	require.False(t, *imported.Report.Linearizable)
	wrong := 0
	for _, f := range imported.Report.Findings {
		if f.Kind == check.NotFoundAfterCreate {
			wrong++
		}
	}
	require.Equal(t, 12, wrong)
	require.Len(t, imported.Report.Operations, 17)
}

// A caption that says that somebody steps down stands where he does: the leader of before is one until that event.
func TestARecordedStepDownIsShownWhereItIs(t *testing.T) {
	for _, c := range []struct{ scene, variant, node string }{{"kudu-3266-recorded", "", "m1"}, {"kudu-3266-log", "first", "A"}} {
		run, _, err := playRecorded(recordedScene(t, c.scene), c.variant)
		require.NoError(t, err)
		i := slices.IndexFunc(run.Stops, func(s scenes.Stop) bool { return strings.Contains(s.Caption, "steps down") })
		e := run.Trace.Events[run.Stops[i].Event]
		require.Equal(t, trace.StepDown, e.Kind)
		require.Equal(t, c.node, run.Trace.Node(e.Node).Name)
		at := run.Trace.Cursor()
		at.Seek(run.Stops[i].Event - 1)
		require.Equal(t, uint64(trace.Leader), at.Node(e.Node).In(e.Group).Role.V)
	}
}

func recordedScene(t *testing.T, id string) *scenes.Scene {
	t.Helper()
	sc, err := scenes.Find(id)
	require.NoError(t, err)
	return sc
}

func TestReplayTellsWhatItCouldNotRead(t *testing.T) {
	dir := t.TempDir()
	good, err := os.ReadFile(filepath.Join("..", "..", "scenes", "recorded", "kudu-3266-log", "ticket.log"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "good.log"), good, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("nothing that a log would say\n"), 0o644))

	status, stdout, stderr := call("replay", dir, "--json")
	require.Equal(t, exitOK, status)
	require.Contains(t, stderr, "notes.txt: no dialect knows its lines")
	var report struct {
		Files []struct{ Path, Dialect, Error string }
		Nodes []struct{ ID string }
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &report))
	require.Len(t, report.Files, 2)
	require.Equal(t, "kudu-glog", report.Files[0].Dialect)
	require.Equal(t, "unknown", report.Files[1].Dialect)
	require.Len(t, report.Nodes, 6)

	status, stdout, stderr = call("replay", filepath.Join(dir, "notes.txt"), "--json")
	require.Equal(t, exitFail, status)
	require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	require.Contains(t, stderr, "notes.txt: no dialect knows its lines")
	require.True(t, json.Valid([]byte(stdout)), "the report comes all the same")

	for _, c := range [][]string{{"replay"}, {"replay", dir, "--year", "soon"}, {"replay", dir, "--zone", "local"},
		{"replay", dir, "--since", "yesterday"}, {"replay", dir, "--since", "2026-01-02", "--until", "2026-01-01"}} {
		status, _, stderr = call(c...)
		require.Equal(t, exitUsage, status, stderr)
	}
	status, _, stderr = call("replay", filepath.Join(dir, "good.log"), "--trace", filepath.Join(dir, ".", "good.log"))
	require.Equal(t, exitUsage, status, "a file that is read is not written")
	require.Contains(t, stderr, "another name is expected")
	status, _, stderr = call("replay", filepath.Join(dir, "absent.log"))
	require.Equal(t, exitFail, status)
	require.Contains(t, stderr, "absent.log")
}

// A file is read once, by whatever names it is given.
func TestAFileOfTwoNames(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	line := `{"op":"client","client":"c","what":"open t","begin":"2026-11-21T12:00:00Z","time":"2026-11-21T12:00:01Z","ok":true}` + "\n"
	require.NoError(t, os.WriteFile("h.ndjson", []byte(line), 0o600))
	require.NoError(t, os.Symlink("h.ndjson", "link.ndjson"))
	files, unread, err := collect([]string{"h.ndjson", "./h.ndjson", filepath.Join(dir, "h.ndjson"), "link.ndjson", "."}, nil)
	defer closeAll(files)
	require.NoError(t, err)
	require.Empty(t, unread)
	require.Len(t, files, 1)
}
