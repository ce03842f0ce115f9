package draw

import "math"

// Rib is one cross-section of a stroke. Its ends stand at At + half·Left and At + half·Right for every half width, so
// that one row of ribs serves the edge of a stroke and its soft fringe. Left is the left side in walking direction on a
// page with y downwards.
type Rib struct{ At, Left, Right Point }

// LeftEnd returns the left end of a rib at half the width of a stroke.
func (r Rib) LeftEnd(half float32) Point { return r.At.Add(r.Left.X*half, r.Left.Y*half) }

// RightEnd returns the right end of a rib at half the width of a stroke.
func (r Rib) RightEnd(half float32) Point { return r.At.Add(r.Right.X*half, r.Right.Y*half) }

// AppendRibs appends the cross-sections of a stroke along a path, with round joins. Where the path turns, the outer end
// walks around the corner and the inner end waits at the inner edge, so that no area is covered twice. The ribs of a
// closed path end where they began. Round ends an open path in half circles.
func AppendRibs(ribs []Rib, path []Point, closed bool, half float32, round bool) []Rib {
	n := len(path)
	if n < 2 {
		return ribs
	}
	first := len(ribs)
	if !closed {
		ribs = appendEnd(ribs, path[0], normal(path[0], path[1]), half, round, false)
	}
	for i := range n {
		if !closed && (i == 0 || i == n-1) {
			continue
		}
		ribs = appendJoin(ribs, path[(i+n-1)%n], path[i], path[(i+1)%n], half)
	}
	if closed {
		return append(ribs, ribs[first])
	}
	return appendEnd(ribs, path[n-1], normal(path[n-2], path[n-1]), half, round, true)
}

// appendEnd appends one end of an open stroke; n is the left normal there.
func appendEnd(ribs []Rib, at, n Point, half float32, round, last bool) []Rib {
	flat := Rib{at, n, Point{-n.X, -n.Y}}
	if !round {
		return append(ribs, flat)
	}
	along := Point{-n.Y, n.X} // the walking direction
	if !last {
		along = Point{n.Y, -n.X}
	}
	steps := quarter(half)
	for i := range steps + 1 {
		k := i
		if last {
			k = steps - i
		}
		sin, cos := math.Sincos(math.Pi / 2 * float64(steps-k) / float64(steps))
		s, c := float32(sin), float32(cos)
		ribs = append(ribs, Rib{
			at,
			Point{n.X*c + along.X*s, n.Y*c + along.Y*s},
			Point{-n.X*c + along.X*s, -n.Y*c + along.Y*s},
		})
	}
	return ribs
}

// appendJoin appends the ribs of the corner at b.
func appendJoin(ribs []Rib, a, b, c Point, half float32) []Rib {
	m, n := normal(a, b), normal(b, c)
	turn := float64(m.X*n.Y - m.Y*n.X) // > 0: to the right on a page with y downwards
	angle := math.Atan2(turn, float64(m.X*n.X+m.Y*n.Y))
	if math.Abs(angle) < 1e-4 {
		return append(ribs, Rib{b, n, Point{-n.X, -n.Y}})
	}
	// The inner end: where the inner edges cross, but no further than the shorter neighbour reaches.
	stretch := 1 / math.Max(math.Cos(angle/2), 1e-3)
	if reach := float64(min(distance(a, b), distance(b, c))); half > 0 {
		stretch = math.Min(stretch, math.Hypot(1, reach/float64(half)))
	}
	sum := Point{m.X + n.X, m.Y + n.Y}
	long := float32(math.Hypot(float64(sum.X), float64(sum.Y)))
	if long < 1e-6 {
		sum, long = m, 1
	}
	inner := Point{sum.X / long * float32(stretch), sum.Y / long * float32(stretch)}
	steps := max(int(math.Ceil(math.Abs(angle)/(math.Pi/2)*float64(quarter(half)))), 1)
	for i := range steps + 1 {
		sin, cos := math.Sincos(angle * float64(i) / float64(steps))
		s, co := float32(sin), float32(cos)
		turned := Point{m.X*co - m.Y*s, m.X*s + m.Y*co}
		if angle > 0 {
			ribs = append(ribs, Rib{b, turned, Point{-inner.X, -inner.Y}})
		} else {
			ribs = append(ribs, Rib{b, inner, Point{-turned.X, -turned.Y}})
		}
	}
	return ribs
}

// normal returns the unit vector to the left of the way from a to b.
func normal(a, b Point) Point {
	long := distance(a, b)
	if long == 0 {
		return Point{0, -1}
	}
	return Point{(b.Y - a.Y) / long, (a.X - b.X) / long}
}
