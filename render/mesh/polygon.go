package mesh

import (
	"slices"

	"tabletop/render/draw"
)

// sharpest is how much further than the edges, at most, the tip of a corner moves when a polygon grows or shrinks.
const sharpest = 4

// polygon appends the inside of m.outline, in four steps:
//
//  1. make it run clockwise on the page, so that the inside lies to the right;
//  2. move every corner half a pixel in and half a pixel out;
//  3. cut the inner polygon into triangles;
//  4. let the band between the two fade out.
func (m *Mesh) polygon() {
	n := len(m.outline)
	if n < 3 {
		return
	}
	if signedArea(m.outline) < 0 {
		slices.Reverse(m.outline)
	}
	m.inner, m.outer = m.inner[:0], m.outer[:0]
	convex := true
	a, back := leftOf(m.outline[n-1], m.outline[0])
	for i, p := range m.outline {
		after := m.outline[0]
		if i+1 < n {
			after = m.outline[i+1]
		}
		b, ahead := leftOf(p, after)
		if a.X*b.Y-a.Y*b.X < -1e-4 {
			convex = false
		}
		grow := 1 + a.X*b.X + a.Y*b.Y
		if grow < 2.0/(sharpest*sharpest) {
			grow = 2.0 / (sharpest * sharpest)
		}
		dx, dy := (a.X+b.X)/grow/2, (a.Y+b.Y)/grow/2
		m.outer = append(m.outer, p.Add(dx, dy))
		if reach, long := min(back, ahead)/2, root(dx*dx+dy*dy); long > reach {
			dx, dy = dx/long*reach, dy/long*reach
		}
		m.inner = append(m.inner, p.Add(-dx, -dy))
		a, back = b, ahead
	}
	peak := float32(1)
	if signedArea(m.inner) <= 0 {
		copy(m.inner, m.outline) // too thin to have a core
		peak = 0.5
	}
	first := m.loop(m.inner, peak)
	if convex {
		for i := 2; i < n; i++ {
			m.Indices = append(m.Indices, first, first+uint32(i-1), first+uint32(i))
		}
	} else {
		m.ears(first)
	}
	m.tie(first, m.loop(m.outer, 0), n)
}

// ears cuts the polygon m.inner into triangles: it takes away one corner after the other whose triangle holds no other
// corner. Going on where the last ear was cut keeps long zig-zags cheap.
func (m *Mesh) ears(first uint32) {
	m.ring = m.ring[:0]
	for i := range m.inner {
		m.ring = append(m.ring, uint32(i))
	}
	at, tried := 0, 0
	for len(m.ring) > 3 {
		n := len(m.ring)
		at %= n
		a, b, c := m.ring[(at+n-1)%n], m.ring[at], m.ring[(at+1)%n]
		// When no ear is left the polygon crosses itself; any corner is as good as another then.
		if tried < n && !m.isEar(a, b, c) {
			at, tried = at+1, tried+1
			continue
		}
		m.Indices = append(m.Indices, first+a, first+b, first+c)
		m.ring = append(m.ring[:at], m.ring[at+1:]...)
		tried = 0
	}
	m.Indices = append(m.Indices, first+m.ring[0], first+m.ring[1], first+m.ring[2])
}

// isEar reports whether the corner b bends outwards and no other corner lies in the triangle of a, b and c.
func (m *Mesh) isEar(a, b, c uint32) bool {
	p, q, r := m.inner[a], m.inner[b], m.inner[c]
	if cross(p, q, r) <= 0 {
		return false
	}
	for _, i := range m.ring {
		if i == a || i == b || i == c {
			continue
		}
		s := m.inner[i]
		if cross(p, q, s) >= 0 && cross(q, r, s) >= 0 && cross(r, p, s) >= 0 {
			return false
		}
	}
	return true
}

// signedArea returns twice the area of a polygon; it is positive if the polygon runs clockwise on the page.
func signedArea(points []draw.Point) float32 {
	sum := float32(0)
	a := points[len(points)-1]
	for _, b := range points {
		sum += a.X*b.Y - a.Y*b.X
		a = b
	}
	return sum
}

// cross returns twice the signed area of a triangle.
func cross(a, b, c draw.Point) float32 { return (b.X-a.X)*(c.Y-a.Y) - (b.Y-a.Y)*(c.X-a.X) }

// leftOf returns the unit vector to the left of the way from a to b, and how long that is.
func leftOf(a, b draw.Point) (draw.Point, float32) {
	long := root((b.X-a.X)*(b.X-a.X) + (b.Y-a.Y)*(b.Y-a.Y))
	if long == 0 {
		return draw.Point{Y: -1}, 0
	}
	return draw.Point{X: (b.Y - a.Y) / long, Y: (a.X - b.X) / long}, long
}
