package replay_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Cassandra's system.log holds some of the lines of debug.log, and stamps of a millisecond leave their order open: it is that
// of the file which has more of them, however both are called and rotated.
func TestCopiesInRotatedLogs(t *testing.T) {
	logs := ring(t)
	want := reported(t, logs)
	rotated := func(dir, name, log string, pieces int) (all []captured) {
		lines := slices.Collect(strings.Lines(log))
		for i := range pieces {
			part := lines[i*len(lines)/pieces : (i+1)*len(lines)/pieces]
			file := fmt.Sprintf("%s/%s.%d", dir, name, pieces-1-i)
			if i == pieces-1 {
				file = dir + "/" + name
			}
			all = append(all, captured{file, []byte(strings.Join(part, ""))})
		}
		return all
	}
	for _, names := range [][2]string{{"debug.log", "system.log"}, {"b.log", "a.log"}} {
		for pieces := 1; pieces <= 6; pieces++ {
			var all []captured
			for _, node := range slices.Sorted(maps.Keys(logs)) {
				var some strings.Builder
				for i, line := range slices.Collect(strings.Lines(logs[node])) {
					if i%3 != 1 {
						some.WriteString(line)
					}
				}
				all = append(all, rotated(node, names[0], logs[node], pieces)...)
				all = append(all, rotated(node, names[1], some.String(), pieces)...)
			}
			require.Equal(t, want.TraceHash, read(t, all, options()).Report.TraceHash, "%v in %d pieces", names, pieces)
		}
	}
}
