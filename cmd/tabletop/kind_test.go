package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/replay"
)

// put writes a file of a test.
func put(t *testing.T, dir, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, content, 0o644))
	return filepath.ToSlash(path)
}

// kinds makes a file of each kind. Their names say nothing.
func kinds(t *testing.T) (dir string, file map[string]string) {
	t.Helper()
	dir = t.TempDir()
	recorded := filepath.Join("..", "..", "scenes", "recorded")
	ticket, err := os.ReadFile(filepath.Join(recorded, "kudu-3266-log", "ticket.log"))
	require.NoError(t, err)
	scene, err := os.ReadFile(filepath.Join("..", "..", "scenes", "kudu-3266.scene"))
	require.NoError(t, err)
	trace := filepath.Join(dir, "a")
	status, _, stderr := call("run", "kudu-3266", "--trace", trace)
	require.Equal(t, exitOK, status, stderr)
	text, err := os.ReadFile(trace)
	require.NoError(t, err)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err = z.Write(text)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	history := `{"op":"client","client":"c","what":"create T","begin":"2026-11-21T05:04:17Z","time":"2026-11-21T05:04:18Z","ok":true}
{"op":"client","client":"c","what":"open T","begin":"2026-11-21T05:04:19Z","time":"2026-11-21T05:04:20Z","ok":false,"error":"T does not exist"}
`
	lines := strings.SplitAfter(string(text), "\n")
	lines[299] = "{\"at\":\"soon\"}\n"
	return dir, map[string]string{
		"trace": filepath.ToSlash(trace), "packed": put(t, dir, "b", packed.Bytes()), "log": put(t, dir, "c", ticket),
		"scene": put(t, dir, "d", append(scene, ticket...)), "history": put(t, dir, "e", []byte(history)),
		"cut": put(t, dir, "f", text[:len(text)/2]), "broken": put(t, dir, "g", []byte(strings.Join(lines, ""))),
		"notes": put(t, dir, "h", []byte("nothing\n")),
	}
}

// Run and replay tell what a file is by what is in it, and each names the other for what is not its own.
func TestRunAndReplayTellFilesApart(t *testing.T) {
	dir, file := kinds(t)
	for _, c := range []struct {
		does, what string
		status     int
		says       string
	}{
		{"run", "trace", exitOK, ""},
		{"run", "scene", exitOK, ""},
		{"run", "log", exitFail, "is no scene but a log (kudu-glog): tabletop replay " + file["log"]},
		{"run", "history", exitFail, "is no scene but a client history: tabletop replay"},
		{"run", "packed", exitFail, "is no scene but a packed trace: tabletop replay"},
		{"run", "broken", exitFail, file["broken"] + ":300: expected an event: at holds a string, a whole number is expected"},
		{"run", "cut", exitFail, file["cut"] + ":"},
		{"hunt", "log", exitFail, "tabletop replay"},
		{"hunt", "trace", exitUsage, "is a trace: a scene is expected"},
		{"replay", "trace", exitOK, ""},
		{"replay", "packed", exitOK, ""},
		{"replay", "log", exitOK, ""},
		{"replay", "history", exitOK, ""},
		{"replay", "scene", exitFail, "is a scene: tabletop run " + file["scene"]},
		{"replay", "broken", exitFail, file["broken"] + ":300: expected an event"},
		{"replay", "cut", exitFail, file["cut"] + ":"},
		{"replay", "notes", exitFail, "no dialect knows its lines"},
	} {
		t.Run(c.does+" "+c.what, func(t *testing.T) {
			status, _, stderr := call(c.does, file[c.what])
			require.Equal(t, c.status, status, stderr)
			require.Contains(t, stderr, c.says)
			require.Equal(t, c.says != "", strings.Count(stderr, "\n") == 1, stderr)
			require.LessOrEqual(t, strings.Count(stderr, file[c.what]), 2, stderr)
		})
	}
	status, _, stderr := call("replay", "kudu-3266")
	require.Equal(t, exitFail, status)
	require.Contains(t, stderr, "is a scene: tabletop run kudu-3266")
	status, _, stderr = call("replay", dir)
	require.Equal(t, exitOK, status)
	require.Contains(t, stderr, "is a trace: one is read at a time, and none beside logs")
}

// A run that was written down is reported as logs are.
func TestReplayOfARun(t *testing.T) {
	_, file := kinds(t)
	report := func(args ...string) (r replay.Report) {
		status, stdout, stderr := call(append([]string{"replay", "--json"}, args...)...)
		require.Equal(t, exitOK, status, stderr)
		require.NoError(t, json.Unmarshal([]byte(stdout), &r))
		require.NotContains(t, stdout, "0001-01-01")
		return r
	}
	_, stdout, _ := call("run", "kudu-3266", "--json")
	var run struct {
		Findings  []any
		TraceHash string `json:"trace_hash"`
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &run))
	r := report(file["trace"])
	require.Equal(t, run.TraceHash, r.TraceHash)
	require.Len(t, r.Findings, len(run.Findings))
	require.Equal(t, "trace", r.Files[0].Dialect)
	require.Equal(t, []string{"A", "B", "C"}, r.Files[0].Nodes)
	require.Equal(t, 1, r.Clusters)
	require.Len(t, r.Leaders, 2)
	require.Len(t, r.Operations, 5)
	require.False(t, *r.Linearizable)
	require.Equal(t, "0000-01-01T00:00:03.603447000Z", r.Pauses[0].From)
	require.Equal(t, "0000-01-01T00:00:09.603447000Z", *r.Pauses[0].To)
	require.Zero(t, *r.Pauses[0].ToBoundUS)
	for _, f := range r.Findings {
		for _, ref := range f.Refs {
			require.Equal(t, file["trace"], ref.File)
		}
	}

	late := report(file["trace"], "--since", "0000-01-01T00:00:05Z")
	require.Len(t, late.Leaders, 2)
	require.Equal(t, r.Leaders, late.Leaders, "both lead when it begins")
	require.Equal(t, r.Pauses, late.Pauses, "one of them is paused when it begins")
	require.Less(t, late.Events, r.Events)

	part := filepath.Join(t.TempDir(), "part")
	report(file["trace"], "--since", "0000-01-01T00:00:05Z", "--trace", part)
	again := report(part)
	require.Equal(t, "0000-01-01T00:00:05.000000000Z", again.Leaders[0].From, "the part begins with what was known before")
	require.False(t, again.Leaders[0].FromKnown)
	require.Equal(t, r.Leaders[0].To, again.Leaders[0].To)
	require.False(t, again.Pauses[0].FromKnown)
	require.Equal(t, r.Pauses[0].To, again.Pauses[0].To)
	require.Equal(t, late.TraceHash, again.TraceHash)
}
