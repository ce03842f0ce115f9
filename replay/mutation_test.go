package replay_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tabletop/replay"
	"tabletop/replay/source"
)

// mutated is a log with some lines dropped, doubled, moved, cut, joined, or changed in a byte.
func mutated(t *rapid.T, b []byte) []byte {
	lines := bytes.SplitAfter(b, []byte("\n"))
	for range rapid.IntRange(0, 12).Draw(t, "changes") {
		i := rapid.IntRange(0, len(lines)-1).Draw(t, "line")
		line := slices.Clone(lines[i])
		switch rapid.IntRange(0, 5).Draw(t, "what") {
		case 0:
			line = nil
		case 1:
			line = append(line, line...)
		case 2:
			j := rapid.IntRange(0, len(lines)-1).Draw(t, "other")
			lines[i], lines[j] = lines[j], lines[i]
			continue
		case 3:
			line = line[:rapid.IntRange(0, len(line)).Draw(t, "cut")]
		case 4:
			line = bytes.TrimSuffix(line, []byte("\n"))
		default:
			if len(line) > 0 {
				digits := []byte("0123456789 :.-\x00\xff{}\"")
				line[rapid.IntRange(0, len(line)-1).Draw(t, "at")] = digits[rapid.IntRange(0, len(digits)-1).Draw(t, "byte")]
			}
		}
		lines[i] = line
	}
	return slices.Concat(lines...)
}

// Whatever a log holds, an import ends, its report is JSON, and the order of the files does not matter.
func TestImportsOfMutatedLogs(t *testing.T) {
	var sets [][]captured
	for _, id := range []string{"kudu-3266-log", "kudu-3266-recorded"} {
		sets = append(sets, capturedBelow(t, filepath.Join("..", "scenes", "recorded", id)))
	}
	for _, path := range []string{"etcd/run3-debug", "cassandra/run2-trace"} {
		if all, err := filepath.Glob(filepath.Join("..", "..", "shared", "captures", path, "groundtruth.ndjson")); err == nil && len(all) > 0 {
			set := capturedBelow(t, filepath.Dir(all[0]))
			for i := range set {
				set[i].data = set[i].data[:min(len(set[i].data), 60_000)]
			}
			sets = append(sets, set)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		set := slices.Clone(sets[rapid.IntRange(0, len(sets)-1).Draw(t, "set")])
		var files, reversed []source.File
		for i := range set {
			set[i].data = mutated(t, set[i].data)
			files = append(files, set[i].file())
		}
		reversed = slices.Clone(files)
		slices.Reverse(reversed)
		o := options()
		o.RegionSize = 1 << rapid.IntRange(12, 20).Draw(t, "region")
		a, errA := replay.Read(files, options())
		b, errB := replay.Read(reversed, o)
		require.Equal(t, errA, errB)
		one, err := json.Marshal(a.Report)
		require.NoError(t, err)
		two, err := json.Marshal(b.Report)
		require.NoError(t, err)
		require.JSONEq(t, string(one), string(two))
	})
}
