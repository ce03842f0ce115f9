package replay

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tabletop/replay/text"
)

// The sieve only spares work: lines are counted as if each of them had gone into a map.
func TestDuplicatesAreCountedAsByAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var logs []*log
		want := 0
		type line struct {
			key  uint64
			node string
		}
		seen := map[line]int{}
		for i := range rapid.IntRange(1, 4).Draw(t, "logs") {
			l := &log{sink: text.NewSink(), ids: []string{rapid.SampledFrom([]string{"a", "b"}).Draw(t, "node")}}
			l.sink.Exact = rapid.Bool().Draw(t, "exact")
			l.sink.Keys = rapid.SliceOf(rapid.Custom(func(t *rapid.T) uint64 {
				return rapid.Uint64Range(0, 40).Draw(t, "key") * 0x9e3779b97f4a7c15
			})).Draw(t, "keys")
			logs = append(logs, l)
			for _, k := range l.sink.Keys {
				at := line{k, l.ids[0]}
				if was, ok := seen[at]; !ok {
					seen[at] = i
				} else if was != i || l.sink.Exact {
					want++
				}
			}
		}
		for i, l := range logs { // alone, it is only looked at if its stamps tell lines apart
			if !l.sink.Exact && (len(logs) == 1 || alone(logs, i)) {
				t.Skip("alone, a log whose stamps do not tell lines apart is not looked at")
			}
		}
		require.Equal(t, want, duplicateLines(logs, &cast{index: map[string]int{"a": 0, "b": 1}}))
	})
}

// alone reports whether no other log of its node has lines.
func alone(logs []*log, i int) bool {
	for j, l := range logs {
		if j != i && l.ids[0] == logs[i].ids[0] && len(l.sink.Keys) > 0 {
			return false
		}
	}
	return true
}
