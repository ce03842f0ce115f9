package view

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tabletop/render/draw"
)

// TestGridAgreesWithScan compares the grid with a look at every box, on and off the canvas and for boxes without area.
func TestGridAgreesWithScan(t *testing.T) {
	box := rapid.Custom(func(t *rapid.T) draw.Rect {
		place := rapid.OneOf(rapid.Float32Range(-300, 2500), rapid.Map(rapid.IntRange(-5, 80), func(i int) float32 {
			return float32(i * cellHeight) // on the edges of cells
		}), rapid.Float32Range(-1e5, 1e5))
		side := rapid.OneOf(rapid.Float32Range(0, 200), rapid.Just[float32](cellWidth), rapid.Just[float32](5000))
		return draw.Box(place.Draw(t, "x"), place.Draw(t, "y"), side.Draw(t, "w"), side.Draw(t, "h"))
	})
	var g grid
	rapid.Check(t, func(t *rapid.T) {
		g.reset()
		taken := rapid.SliceOf(box).Draw(t, "taken")
		for _, r := range taken {
			g.add(r)
		}
		for _, r := range append(taken, rapid.SliceOfN(box, 1, 20).Draw(t, "asked")...) {
			scan := slices.ContainsFunc(taken, func(other draw.Rect) bool { return overlap(r, other) })
			require.Equal(t, scan, g.covers(r), "%v", r)
		}
	})
}
