package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// call runs the command as a shell would.
func call(args ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = Main(args, strings.NewReader(""), &out, &err)
	return status, out.String(), err.String()
}

func TestWrongUsage(t *testing.T) {
	for _, test := range []struct {
		args string
		says []string // parts of the one line on standard error
	}{
		{"nonsense", []string{`"nonsense"`, "serve", "scenes", "run", "bundle"}},
		{"--nonsense", []string{"--nonsense", "--addr", "--open", "--scenes"}},
		{"serve extra", []string{`"extra"`}},
		{"serve --addr 8080", []string{"--addr", "host:port"}},
		{"serve --addr 127.0.0.1:port", []string{"number"}},
		{"scenes extra", []string{`"extra"`}},
		{"scenes --all", []string{"--all", "--json"}},
		{"run", []string{"kudu-3266"}},
		{"run kudu-3266 kudu-3266", []string{"one scene"}},
		{"run no-such-scene", []string{"no-such-scene", "kudu-3266"}},
		{"run kudu-3266 --variant none", []string{"none", "read-index"}},
		{"run kudu-3266 --set none=1", []string{"none", "machine"}},
		{"run kudu-3266 --set machine=none", []string{"none", "slow-build", "idle"}},
		{"run kudu-3266 --set pause=long", []string{"long"}},
		{"run kudu-3266 --set machine", []string{"KEY=VALUE"}},
		{"run kudu-3266 --seed many", []string{"many"}},
		{"run --seed", []string{"seed"}},
		{"run kudu-3266 --nonsense", []string{"--nonsense", "--seed", "--set", "--json"}},
		{"bundle", []string{"--out"}},
	} {
		t.Run(test.args, func(t *testing.T) {
			status, stdout, stderr := call(strings.Fields(test.args)...)
			assert.Equal(t, exitUsage, status)
			assert.Empty(t, stdout)
			assert.Equal(t, 1, strings.Count(stderr, "\n"), "one line: %s", stderr)
			for _, part := range test.says {
				assert.Contains(t, stderr, part)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	for _, args := range []string{"help", "--help", "run --help"} {
		status, stdout, stderr := call(strings.Fields(args)...)
		assert.Equal(t, exitOK, status, args)
		assert.Contains(t, stdout, "tabletop run", args)
		assert.Empty(t, stderr, args)
	}
}

func TestUnreadableFiles(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.scene")
	require.NoError(t, os.WriteFile(broken, []byte("-- scene --\nid x\nnonsense here\n"), 0o600))
	cut := filepath.Join(t.TempDir(), "cut.ndjson")
	require.NoError(t, os.WriteFile(cut, []byte("{\"nonsense\":\n"), 0o600))
	for file, says := range map[string]string{
		"no/such/file.scene": "no/such/file.scene",
		broken:               "broken.scene:",
		cut:                  "cut.ndjson",
		t.TempDir():          "directory",
	} {
		status, stdout, stderr := call("run", file)
		assert.Equal(t, exitFail, status, file)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, says)
		assert.Equal(t, 1, strings.Count(stderr, "\n"), "one line: %s", stderr)
	}
}

func TestScenes(t *testing.T) {
	status, stdout, _ := call("scenes")
	assert.Equal(t, exitOK, status)
	assert.Contains(t, stdout, "kudu-3266")
	status, stdout, _ = call("scenes", "--json")
	assert.Equal(t, exitOK, status)
	type scene struct {
		ID             string
		DefaultVariant string         `json:"default_variant"`
		Settings       map[string]any `json:"settings"`
		Steps          int
	}
	var list []scene
	require.NoError(t, json.Unmarshal([]byte(stdout), &list))
	at := slices.IndexFunc(list, func(s scene) bool { return s.ID == "kudu-3266" })
	require.GreaterOrEqual(t, at, 0)
	assert.Positive(t, list[at].Steps)
	assert.Contains(t, list[at].Settings, "machine")
}

// TestRunAndReadBack runs a scene with flags before and behind it, writes its trace and judges the file again.
func TestRunAndReadBack(t *testing.T) {
	file := filepath.Join(t.TempDir(), "trace.ndjson")
	status, stdout, stderr := call("run", "--seed", "1", "kudu-3266", "--set", "machine=idle", "--variant", "read-index",
		"--json", "--trace", file)
	assert.Contains(t, []int{exitOK, exitFail}, status)
	assert.Empty(t, stderr)
	type report struct {
		Scene, Variant, Verdict, Outcome string
		Settings                         map[string]string
		TraceHash                        string `json:"trace_hash"`
		Events                           int
		Operations                       []any
	}
	var first, again report
	require.NoError(t, json.Unmarshal([]byte(stdout), &first))
	assert.Equal(t, "read-index", first.Variant)
	assert.Equal(t, "idle", first.Settings["machine"])
	assert.Equal(t, first.Verdict == "deviates", status == exitFail)

	status, stdout, stderr = call("run", file, "--json")
	assert.Equal(t, exitOK, status, stderr)
	require.NoError(t, json.Unmarshal([]byte(stdout), &again))
	assert.Equal(t, first.TraceHash, again.TraceHash)
	assert.Equal(t, first.Events, again.Events)
	assert.Equal(t, first.Outcome, again.Outcome)
	assert.Equal(t, first.Operations, again.Operations)

	status, stdout, _ = call("run", file)
	assert.Equal(t, exitOK, status)
	assert.Contains(t, stdout, first.TraceHash)
	status, _, stderr = call("run", file, "--seed", "3")
	assert.Equal(t, exitUsage, status, stderr)
}

// TestRunFile runs a copy of a scene from a file: it must be the very same run.
func TestRunFile(t *testing.T) {
	source, err := os.ReadFile("../../scenes/kudu-3266.scene")
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "mine.scene")
	require.NoError(t, os.WriteFile(file, source, 0o600))
	one, fromCatalogue, _ := call("run", "kudu-3266")
	two, fromFile, _ := call("run", file)
	assert.Equal(t, one, two)
	assert.Equal(t, fromCatalogue, fromFile)
	assert.Contains(t, fromFile, "Operations")
}

func TestOutsideACheckout(t *testing.T) {
	t.Chdir(t.TempDir())
	status, stdout, stderr := call("bundle", "--out", t.TempDir())
	assert.Equal(t, exitFail, status)
	assert.Empty(t, stdout)
	assert.Contains(t, stderr, "checkout")
	assert.Equal(t, 1, strings.Count(stderr, "\n"))
}
