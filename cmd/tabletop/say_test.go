package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/replay"
)

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"plain – µ ± ✓ é": "plain – µ ± ✓ é",
		"a\x1b[31mb\n\tc": `a\x1b[31mb\n\tc`,
		"\u202egol.exe":   `\u202egol.exe`,
		"\u009b31m":       `\u009b31m`,
		"\xff\xfe \ufffd": `\xff\xfe ` + "\ufffd",
	} {
		require.Equal(t, want, visible(text))
	}
}

// hostile is a name that clears a terminal and begins a line of its own.
const hostile = "\x1b[2J\nLeaders"

// Others' texts, names of files and nodes and what clients were told, do not act on the terminal.
func TestReplayPrintsWhatATerminalWouldActOn(t *testing.T) {
	dir := t.TempDir()
	line := func(clock, words string) string {
		return "I20261121 " + clock + " 1 raft_consensus.cc:1] T 00000000000000000000000000000000 P 11111111111111111111111111111111 [term 1 FOLLOWER]: " + words + "\n"
	}
	log := line("05:00:00.000000", "Starting leader election (detected failure of leader 22222222222222222222222222222222)")
	if err := os.WriteFile(filepath.Join(dir, hostile+".log"), []byte(log), 0o644); err != nil {
		t.Skip("the file system has no such names")
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, hostile), []byte("nothing\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "members.json"),
		[]byte(`{"members":{"11111111111111111111111111111111":"\u001b[2J\nLeaders"}}`), 0o644))
	status, stdout, stderr := call("replay", dir)
	require.Equal(t, exitOK, status)
	require.Contains(t, stdout, `\x1b[2J\nLeaders  11111111111111111111111111111111`)
	require.Contains(t, stderr, `\x1b[2J\nLeaders: no dialect`)
	require.NotContains(t, stdout+stderr, "\x1b")
	require.NotContains(t, stdout, "\nLeaders  ")

	status, _, stderr = call("replay", filepath.Join(dir, hostile))
	require.Equal(t, exitFail, status)
	require.Contains(t, stderr, `\x1b[2J\nLeaders: no dialect`)
	require.NotContains(t, stderr, "\x1b")

	status, stdout, _ = call("replay", dir, "--json")
	require.Equal(t, exitOK, status)
	require.Contains(t, stdout, `\u001b[2J\nLeaders`, "JSON is exact")
}

// What is alike is printed twenty times and then counted.
func TestReplayCountsWhatIsAlike(t *testing.T) {
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	for i := range 500 {
		m, err := w.Create(fmt.Sprintf("%03d.txt", i))
		require.NoError(t, err)
		_, err = m.Write([]byte("nothing\n"))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	path := filepath.Join(t.TempDir(), "x.zip")
	require.NoError(t, os.WriteFile(path, packed.Bytes(), 0o644))
	status, _, stderr := call("replay", path)
	require.Equal(t, exitFail, status)
	require.Equal(t, mostAlike+2, strings.Count(stderr, "\n"), stderr)
	require.Contains(t, stderr, "and 480 files more: no dialect knows its lines")

	var r replay.Report
	for i := range 100 {
		r.Findings = append(r.Findings, replay.FindingReport{Kind: []string{"late-line", "slow-disk"}[i%5/4], Text: "one"})
	}
	var out bytes.Buffer
	writeFindings(&out, r)
	require.Equal(t, mostAlike, strings.Count(out.String(), "late-line: "))
	require.Equal(t, mostAlike, strings.Count(out.String(), "slow-disk: "))
	require.Contains(t, out.String(), "  and 60 more late-line; --json has all\n")
	require.NotContains(t, out.String(), "more slow-disk")

	out.Reset()
	nodesAndLeaders(&out, replay.Report{Leaders: make([]replay.LeaderReport, 50)})
	require.Contains(t, out.String(), "\n  and 30 more leaders; --json has all\n")
}

func TestPausesAndRestartsStandByTime(t *testing.T) {
	var out bytes.Buffer
	stillAndAnew(&out, replay.Report{
		Pauses:   []replay.PauseReport{{Node: "a", From: "2026-11-21T05:00:01.000000000Z"}, {Node: "a", From: "2026-11-21T05:00:03.000000000Z"}},
		Restarts: []replay.RestartReport{{Node: "b", At: "2026-11-21T05:00:02.000000000Z"}},
	})
	require.Equal(t, "\nPauses and restarts\n"+
		"  2026-11-21 05:00:01.000000  a was paused already, until the end\n"+
		"  2026-11-21 05:00:02.000000  b started anew\n"+
		"  2026-11-21 05:00:03.000000  a was paused already, until the end\n", out.String())
}

// The summary of a trace says that it lacks what only lines show, and a folder that cannot be read is no file.
func TestReplaySaysWhatItLacks(t *testing.T) {
	ticket, file := "../../scenes/recorded/kudu-3266-log/ticket.log", filepath.Join(t.TempDir(), "t.ndjson")
	status, stdout, stderr := call("replay", ticket, filepath.Join(t.TempDir(), "absent"), "--trace", file)
	require.Equal(t, exitOK, status, stderr)
	require.Contains(t, stdout, "1 file, ")
	require.Contains(t, stdout, "; 1 more could not be read\n")
	require.NotContains(t, stdout, "a trace has no log lines")
	status, stdout, stderr = call("replay", file)
	require.Equal(t, exitOK, status, stderr)
	require.Contains(t, stdout, "a trace has no log lines")
}
