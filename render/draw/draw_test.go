package draw_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/render/draw"
)

func TestTermsRepeatAfterSix(t *testing.T) {
	require.Equal(t, draw.Term(4), draw.Term(10))
	require.Equal(t, draw.PausedTerm(5), draw.PausedTerm(11))
	require.NotEqual(t, draw.Term(5), draw.PausedTerm(0))
	require.Less(t, draw.PausedTerm(5), draw.Tokens)
	require.Equal(t, draw.White, draw.TermInk(5))
	require.Equal(t, draw.Ink, draw.TermInk(6))
}

func TestResetKeepsMemory(t *testing.T) {
	var l draw.List
	fill := func() {
		l.Reset()
		l.Polyline(draw.Style{}, draw.Point{}, draw.Point{X: 1})
		l.Circle(draw.Point{}, 3, draw.Style{})
	}
	fill()
	require.Zero(t, testing.AllocsPerRun(10, fill))
	require.Len(t, l.Ops, 2)
	require.Equal(t, 2, l.Ops[0].Count)
}

func TestRoundOutlineKeepsItsDistance(t *testing.T) {
	for _, radius := range []float32{1, 8, 40, 300} {
		at := draw.Point{X: 7, Y: -3}
		points := draw.AppendRound(nil, draw.Ring(at, radius), radius, draw.Corner(radius))
		require.Len(t, points, 4*draw.Corner(radius))
		for i, p := range points {
			far := math.Hypot(float64(p.X-at.X), float64(p.Y-at.Y))
			require.InDelta(t, float64(radius), far, 0.002*float64(radius))
			next := points[(i+1)%len(points)]
			middle := math.Hypot(float64((p.X+next.X)/2-at.X), float64((p.Y+next.Y)/2-at.Y))
			require.InDelta(t, float64(radius), middle, 0.1, "the chord leaves the circle")
		}
	}
	square := draw.AppendRound(nil, draw.Box(1, 2, 3, 4), 0, draw.Corner(0))
	require.Equal(t, []draw.Point{{X: 4, Y: 2}, {X: 4, Y: 6}, {X: 1, Y: 6}, {X: 1, Y: 2}}, square)
}

func TestArcRunsClockwiseFromTheTop(t *testing.T) {
	points := draw.AppendArc(nil, draw.Point{X: 10, Y: 10}, 5, 0, 0.25)
	first, last := points[0], points[len(points)-1]
	require.InDelta(t, 10, first.X, 1e-4)
	require.InDelta(t, 5, first.Y, 1e-4)
	require.InDelta(t, 15, last.X, 1e-4)
	require.InDelta(t, 10, last.Y, 1e-4)
}

// pieces cuts a path and returns the dashes.
func pieces(t *testing.T, path []draw.Point, closed bool, d draw.Dash) [][]draw.Point {
	t.Helper()
	points, ends, ok := draw.AppendDashes(nil, nil, path, closed, d)
	require.True(t, ok)
	var out [][]draw.Point
	first := 0
	for _, end := range ends {
		out = append(out, points[first:end])
		first = end
	}
	require.Len(t, points, first, "every point belongs to a dash")
	return out
}

func TestDashes(t *testing.T) {
	line := []draw.Point{{X: 0}, {X: 10}}
	require.Equal(t, [][]draw.Point{{{X: 0}, {X: 3}}, {{X: 5}, {X: 8}}}, pieces(t, line, false, draw.Dash{On: 3, Off: 2}))

	bend := []draw.Point{{X: 0}, {X: 4}, {X: 4, Y: 4}}
	require.Equal(t, [][]draw.Point{{{X: 0}, {X: 4}, {X: 4, Y: 2}}, {{X: 4, Y: 3}, {X: 4, Y: 4}}},
		pieces(t, bend, false, draw.Dash{On: 6, Off: 1}), "a dash goes around a corner")

	square := []draw.Point{{}, {X: 4}, {X: 4, Y: 4}, {Y: 4}}
	require.Equal(t, [][]draw.Point{{{}, {X: 4}}, {{X: 4, Y: 4}, {Y: 4}}},
		pieces(t, square, true, draw.Dash{On: 4, Off: 4}), "a dash that ends at a corner does not go around it")
}

func TestStrokesThatStaySolid(t *testing.T) {
	line := []draw.Point{{X: 0}, {X: 1e6}}
	for _, d := range []draw.Dash{{}, {On: 3}, {Off: 3}, {On: 1, Off: 1}} { // the last one would be half a million dashes
		points, ends, ok := draw.AppendDashes(nil, nil, line, false, d)
		require.False(t, ok)
		require.Empty(t, points)
		require.Empty(t, ends)
	}
}

func TestDotsLieWholeInTheirShape(t *testing.T) {
	box := draw.Box(3, 10, 23, 16)
	outline := draw.AppendRound(nil, box, 0, 1)
	all := draw.Box(0, 0, 100, 100)
	dots := draw.AppendDots(nil, outline, all, 1)
	require.Len(t, dots, 3*4)
	for _, p := range dots {
		require.True(t, box.Grow(-draw.DotRadius+0.01).Contains(p), "%v", p)
		require.InDelta(t, 0.5, math.Mod(float64(p.X)/draw.DotPitch, 1), 1e-4, "columns stand on the grid of the picture")
	}
	require.Len(t, draw.AppendDots(nil, outline, draw.Box(0, 0, 10, 100), 1), 3, "those outside the area are left out")
	bar := draw.AppendRound(nil, draw.Box(0, 10, 50, 3), 0, 1)
	require.Len(t, draw.AppendDots(nil, bar, all, 1), 10, "a thin bar has one row")
	lane := draw.AppendRound(nil, draw.Box(-1e8, 10, 2e8, 16), 0, 1)
	require.LessOrEqual(t, len(draw.AppendDots(nil, lane, all, 1)), 3*22, "only what can be seen is laid out")
}

// Ribs must span the stroke: their ends lie half its width from the path, or further where it bends.
func TestRibs(t *testing.T) {
	const half = 3
	path := []draw.Point{{X: 0, Y: 0}, {X: 30, Y: 0}, {X: 30, Y: 30}}
	ribs := draw.AppendRibs(nil, path, false, half, false)
	require.Equal(t, draw.Point{X: 0, Y: -half}, ribs[0].LeftEnd(half), "the left of the way to the right is up")
	require.Equal(t, draw.Point{X: 0, Y: half}, ribs[0].RightEnd(half))
	for _, r := range ribs[1 : len(ribs)-1] {
		left, right := r.LeftEnd(half), r.RightEnd(half)
		require.InDelta(t, half, math.Hypot(float64(left.X-30), float64(left.Y)), 1e-3, "the outer end turns")
		require.InDelta(t, 27, right.X, 1e-3, "the inner end waits")
		require.InDelta(t, 3, right.Y, 1e-3)
	}
	closed := draw.AppendRibs(nil, path, true, half, false)
	require.Equal(t, closed[0], closed[len(closed)-1])
	round := draw.AppendRibs(nil, path[:2], false, half, true)
	require.InDelta(t, -half, round[0].LeftEnd(half).X, 1e-3, "a round end reaches out")
	require.InDelta(t, 30+half, round[len(round)-1].RightEnd(half).X, 1e-3)
	require.Empty(t, draw.AppendRibs(nil, path[:1], false, half, true))
}

func TestRectangles(t *testing.T) {
	a := draw.Box(0, 0, 10, 10)
	require.Equal(t, draw.Box(5, 5, 5, 5), a.Intersect(draw.Box(5, 5, 10, 10)))
	require.True(t, a.Intersect(draw.Box(20, 20, 1, 1)).Empty())
	require.Equal(t, draw.Box(-1, -1, 12, 12), a.Grow(1))
	require.Equal(t, draw.Box(2, 4, 6, 8), draw.Bounds([]draw.Point{{X: 8, Y: 4}, {X: 2, Y: 12}, {X: 3, Y: 5}}))
	require.True(t, a.Contains(draw.Point{}) && !a.Contains(draw.Point{X: 10}))
	turned := draw.Op{Kind: draw.RectOp, Rect: draw.Rect{Min: draw.Point{X: 10, Y: 10}}, Radius: 99}
	r, radius := turned.Frame(2)
	require.Equal(t, draw.Box(0, 0, 20, 20), r)
	require.EqualValues(t, 10, radius)
}
