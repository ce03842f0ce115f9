package replay_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/replay"
)

// Paging through the lines from the beginning to the end gives every header of every file once, in the order of time.
func TestEveryLineIsShownOnce(t *testing.T) {
	dir := filepath.Join("..", "scenes", "recorded", "kudu-3266-recorded")
	m, err := replay.Read(files(t, dir, nil), options())
	require.NoError(t, err)
	seen := map[string]bool{}
	last := int64(0)
	for at := m.Origin - 60_000_000; ; {
		page := m.Lines(replay.Around{At: at, After: 7})
		if len(page) == 0 {
			break
		}
		for _, l := range page {
			require.GreaterOrEqual(t, l.At, last)
			last = l.At
			seen[l.File+":"+l.Text] = true
			require.NotEmpty(t, l.Node, l.Text)
			b, err := os.ReadFile(filepath.Join(dir, l.File))
			require.NoError(t, err)
			head, _, _ := strings.Cut(l.Text, "\n")
			require.Equal(t, strings.Split(string(b), "\n")[l.Number-1], head)
		}
		at = last
	}
	lines := 0
	for _, f := range m.Report.Files {
		if f.Dialect == "kudu-glog" {
			lines += f.Matched
		}
	}
	require.Len(t, seen, lines)
}

func TestLinesThatMatch(t *testing.T) {
	m, err := replay.Read(files(t, filepath.Join("..", "scenes", "recorded", "kudu-3266-log"), nil), options())
	require.NoError(t, err)
	found := m.Lines(replay.Around{At: m.Origin, After: 100, Match: "STEPPING DOWN", Cluster: 1})
	require.Len(t, found, 1)
	require.Contains(t, found[0].Text, "Stepping down as leader of term 4")
	require.Len(t, m.Lines(replay.Around{At: m.Origin + 3_000_000, Before: 3, Cluster: 0}), 3)
}
