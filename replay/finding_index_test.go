package replay

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tabletop/replay/text"
)

// What the trees find is what a look at each place finds.
func TestPeaks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		heights := rapid.SliceOfN(rapid.Uint64Range(0, 9), 0, 40).Draw(t, "heights")
		nodes := rapid.SliceOfN(rapid.IntRange(0, 2), len(heights), len(heights)).Draw(t, "nodes")
		p := newPeaks(len(heights), func(i int) (uint64, int) { return heights[i], nodes[i] })
		from, above, but := rapid.IntRange(0, 40).Draw(t, "from"), rapid.Uint64Range(0, 9).Draw(t, "above"), rapid.IntRange(none, 2).Draw(t, "but")
		want := -1
		for i := len(heights) - 1; i >= from; i-- {
			if heights[i] > above && nodes[i] != but {
				want = i
			}
		}
		require.Equal(t, want, p.first(from, above, but))
		lo := rapid.IntRange(0, len(heights)).Draw(t, "lo")
		hi := rapid.IntRange(lo, len(heights)).Draw(t, "hi")
		highest := uint64(0)
		for _, h := range heights[lo:hi] {
			highest = max(highest, h)
		}
		require.Equal(t, highest, p.highest(lo, hi))
	})
}

func TestSpans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []text.Gap
		for range rapid.IntRange(0, 20).Draw(t, "n") {
			from := rapid.Int64Range(0, 50).Draw(t, "from")
			all = append(all, text.Gap{From: from, To: from + rapid.Int64Range(0, 20).Draw(t, "length")})
		}
		s := newSpans(all)
		at, end := rapid.Int64Range(-1, 60).Draw(t, "at"), rapid.Int64Range(-1, 60).Draw(t, "end")
		want := slices.IndexFunc(all, func(g text.Gap) bool { return g.From <= at && g.To > end }) // they are sorted now
		got, ok := s.open(at, end)
		require.Equal(t, want >= 0, ok)
		if ok {
			require.Equal(t, want, got)
		}
	})
}
