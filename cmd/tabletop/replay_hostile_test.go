package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/replay/source"
)

// replayed is what tests read of `replay --json`.
type replayed struct {
	Files []struct {
		Path, Dialect, Error string
		Errors               []string
	}
	Nodes []struct{ ID string }
}

func replayFiles(t *testing.T, want int, args ...string) (r replayed, stderr string) {
	t.Helper()
	status, stdout, stderr := call(append([]string{"replay", "--json"}, args...)...)
	require.Equal(t, want, status, stderr)
	require.NoError(t, json.Unmarshal([]byte(stdout), &r), "the report comes all the same")
	return r, stderr
}

// What cannot be read is listed and named, and does not keep the rest from being read.
func TestReplayOfFilesThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	ticket, err := os.ReadFile(filepath.Join("..", "..", "scenes", "recorded", "kudu-3266-log", "ticket.log"))
	require.NoError(t, err)
	good := filepath.Join(dir, "good.log")
	require.NoError(t, os.WriteFile(good, ticket, 0o644))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "none"), 0o755))
	empty := filepath.Join(dir, "none", "empty.log")
	require.NoError(t, os.WriteFile(empty, nil, 0o644))

	r, stderr := replayFiles(t, exitOK, good, filepath.Join(dir, "absent.log"))
	require.Len(t, r.Files, 2)
	require.Len(t, r.Nodes, 6)
	require.Contains(t, stderr, "absent.log")

	r, stderr = replayFiles(t, exitFail, filepath.Join(dir, "none"))
	require.Equal(t, "unknown", r.Files[0].Dialect)
	require.Contains(t, stderr, "empty.log: it is empty")

	r, _ = replayFiles(t, exitFail, os.DevNull)
	require.Contains(t, r.Files[0].Error, "no regular file")

	r, _ = replayFiles(t, exitOK, good, dir+"/./good.log", dir+"/none/../good.log")
	require.Len(t, r.Files, 1, "a file that is named twice is one")

	if err := os.Symlink(dir, filepath.Join(dir, "none", "loop")); err == nil {
		r, _ = replayFiles(t, exitOK, dir)
		require.Len(t, r.Files, 3, "links to folders are not followed")
		require.Contains(t, r.Files[2].Error, "is a link to a folder")
		r, _ = replayFiles(t, exitOK, filepath.Join(dir, "none", "loop"))
		require.Equal(t, filepath.ToSlash(filepath.Join(dir, "none", "loop", "good.log")), r.Files[0].Path, "but for one that is named")
	}
}

// Each line of a history that does not parse is named, and the verdict says that they are missing from it.
func TestLinesOfAHistoryThatCannotBeRead(t *testing.T) {
	const good = `{"op":"client","client":"c","node":"m1","what":"create t","begin":"2026-11-21T05:04:17Z","time":"2026-11-21T05:04:18Z","ok":true}` + "\n"
	file := filepath.Join(t.TempDir(), "clients.ndjson")
	backwards := strings.Replace(good, "05:04:18Z", "05:04:16.5Z", 1)
	require.NoError(t, os.WriteFile(file, []byte(good+backwards+"this is not json\n"+good+strings.Repeat("nor this\n", 20)), 0o644))
	r, stderr := replayFiles(t, exitOK, file)
	require.Len(t, r.Files[0].Errors, 22)
	require.Equal(t, r.Files[0].Errors[0]+"; and 21 more lines", r.Files[0].Error)
	require.Contains(t, stderr, "clients.ndjson:2: an operation that returns 500ms before it is called: expected")
	require.Contains(t, stderr, "clients.ndjson:3: ")
	require.Contains(t, stderr, "clients.ndjson:22: ")
	require.NotContains(t, stderr, "clients.ndjson:23: ")
	require.Contains(t, stderr, "and 2 lines more of ")
	_, stdout, _ := call("replay", file)
	require.Contains(t, stdout, "1 operation of clients, linearizable: yes, without 22 lines that could not be read")

	require.NoError(t, os.WriteFile(file, []byte(good), 0o644))
	_, stdout, stderr = call("replay", file)
	require.Empty(t, stderr)
	require.NotContains(t, stdout, "could not be read")
}

// zeros has no end.
type zeros struct{ read int }

func (z *zeros) Read(b []byte) (int, error) {
	clear(b)
	z.read += len(b)
	return len(b), nil
}

// A stream can be read again, one without an end or a line is let go, and a long one is not kept in memory.
func TestSpool(t *testing.T) {
	endless := &zeros{}
	f, err := spool(endless)
	require.NoError(t, err)
	require.Less(t, endless.read, 4<<20)
	require.Positive(t, f.Size)

	line := strings.Repeat("x", 99) + "\n"
	for _, n := range []int{1, 20_000, 700_000} { // 100 B, 2 MB, 70 MB
		long := strings.NewReader(strings.Repeat(line, n))
		f, err := spool(long)
		require.NoError(t, err)
		require.Equal(t, int64(100*n), f.Size)
		b := make([]byte, 100)
		_, err = f.ReadAt(b, f.Size-100)
		require.NoError(t, err)
		require.Equal(t, line, string(b))
		_, held := f.ReaderAt.(*bytes.Reader)
		require.Equal(t, n < 700_000, held)
		closeAll([]source.File{f})
	}
}

// How far an import is shows on a terminal alone.
func TestMeterIsForTerminals(t *testing.T) {
	var out bytes.Buffer
	m := newMeter(&out, false)
	m.last = m.last.Add(-1e10)
	m.show(1, 2)
	m.done()
	require.Empty(t, out.String())
}
