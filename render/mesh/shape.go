package mesh

import (
	"math"

	"tabletop/render/draw"
)

// form is a shape in device pixels: a rectangle with rounded corners, or just the bounds of a path.
type form struct {
	draw.Rect
	radius float32
	framed bool // it is the rectangle
	closed bool
}

// form returns the shape of an operation.
func (m *Mesh) form(op *draw.Op) form {
	switch op.Kind {
	case draw.RectOp, draw.CircleOp:
		r, radius := op.Frame(m.scale)
		return form{r, radius, true, true}
	case draw.ArcOp:
		return form{Rect: draw.Ring(op.At, op.Radius).Scale(m.scale)}
	}
	bounds := draw.Bounds(m.list.Points[op.First : op.First+op.Count]).Scale(m.scale)
	return form{Rect: bounds, closed: op.Kind == draw.PolygonOp}
}

// shape appends a fill, its marks and its outline.
func (m *Mesh) shape(op *draw.Op) {
	style := &op.Style
	half := style.Width * m.scale / 2
	f := m.form(op)
	seen := f.Grow(half + 1)
	if !touches(seen, m.limit) {
		return
	}
	cut := m.cuts(seen)
	vertices, indices := len(m.Vertices), len(m.Indices)
	if f.closed && m.dip(style.Fill) {
		if p, x, y, ok := m.atlas.round(f.Rect, f.radius, 0); ok {
			m.stamp(p, x, y)
		} else {
			m.fill(op, &f)
		}
	}
	if f.closed && m.dip(style.Hatch) {
		from, first := len(m.Vertices), len(m.Indices)
		m.fill(op, &f)
		if !within(seen, m.limit) {
			m.clip(from, first)
		}
		m.hatch(from, first)
	}
	if f.closed && m.dip(style.Dots) {
		m.outline, _ = m.list.AppendOutline(m.outline[:0], op, m.scale)
		m.dotted()
	}
	if half > 0 && m.dip(style.Stroke) {
		m.stroke(op, &f, half)
	}
	if cut {
		m.clip(vertices, indices)
	}
}

// fill appends the inside of a shape with its fringe.
func (m *Mesh) fill(op *draw.Op, f *form) {
	if f.framed {
		m.round(f.Rect, f.radius)
		return
	}
	m.outline, _ = m.list.AppendOutline(m.outline[:0], op, m.scale)
	m.polygon()
}

// round appends the inside of a rectangle with rounded corners.
func (m *Mesh) round(r draw.Rect, radius float32) {
	w, h := r.Max.X-r.Min.X, r.Max.Y-r.Min.Y
	if w <= 0 || h <= 0 {
		return
	}
	if radius == 0 && r == pixels(r) {
		m.quad(m.vertex(r.Min, 1), m.vertex(draw.Point{X: r.Max.X, Y: r.Min.Y}, 1),
			m.vertex(r.Max, 1), m.vertex(draw.Point{X: r.Min.X, Y: r.Max.Y}, 1))
		return
	}
	// What is thinner than a pixel covers as much as it is wide.
	peak := min(1, w) * min(1, h)
	dx, dy := min(w, 1)/2, min(h, 1)/2
	if w < 1 {
		dx = w - 0.5
	}
	if h < 1 {
		dy = h - 0.5
	}
	inside := draw.Rect{Min: r.Min.Add(dx, dy), Max: r.Max.Add(-dx, -dy)}
	outside := float32(0)
	if radius > 0 {
		outside = radius + 0.5
	}
	corner := draw.Corner(outside)
	m.inner = draw.AppendRound(m.inner[:0], inside, radius-0.5, corner)
	m.outer = draw.AppendRound(m.outer[:0], r.Grow(0.5), outside, corner)
	first := m.loop(m.inner, peak)
	for i := 2; i < len(m.inner); i++ {
		m.Indices = append(m.Indices, first, first+uint32(i-1), first+uint32(i))
	}
	m.tie(first, m.loop(m.outer, 0), len(m.inner))
}

// loop appends the vertices of a closed outline and returns the first.
func (m *Mesh) loop(points []draw.Point, alpha float32) uint32 {
	first, vs := m.room(len(points))
	ink := [4]float32{m.ink[0] * alpha, m.ink[1] * alpha, m.ink[2] * alpha, m.ink[3] * alpha}
	for i, p := range points {
		vs[i].set(p.X, p.Y, m.src.X, m.src.Y, &ink)
	}
	return first
}

// tie fills the band between two closed outlines of n vertices each.
func (m *Mesh) tie(a, b uint32, n int) {
	last := uint32(n - 1)
	for i := range uint32(n) {
		m.quad(a+last, b+last, b+i, a+i)
		last = i
	}
}

// dotted appends the dots within the outline.
func (m *Mesh) dotted() {
	if len(m.outline) < 3 {
		return
	}
	m.dots = draw.AppendDots(m.dots[:0], m.outline, m.limit, m.scale)
	radius := draw.DotRadius * m.scale
	for _, at := range m.dots {
		if p, x, y, ok := m.atlas.round(draw.Ring(at, radius), radius, 0); ok {
			m.stamp(p, x, y)
		} else {
			m.round(draw.Ring(at, radius), radius)
		}
	}
}

// stroke appends the outline of a shape.
func (m *Mesh) stroke(op *draw.Op, f *form, half float32) {
	style := &op.Style
	dash := draw.Dash{On: style.Dash.On * m.scale, Off: style.Dash.Off * m.scale}
	if f.framed && (dash.On <= 0 || dash.Off <= 0) {
		m.frame(f.Rect, f.radius, half)
		return
	}
	closed, cut := false, false
	m.outline, closed = m.list.AppendOutline(m.outline[:0], op, m.scale)
	if dash.On > 0 {
		m.dashes, m.ends, cut = draw.AppendDashes(m.dashes[:0], m.ends[:0], m.outline, closed, dash)
	}
	if !cut {
		m.line(m.outline, closed, half, style.Round)
		return
	}
	first := 0
	for _, end := range m.ends {
		m.line(m.dashes[first:end], false, half, style.Round)
		first = end
	}
}

// frame appends the outline of a rectangle or circle; square corners stay square.
func (m *Mesh) frame(r draw.Rect, radius, half float32) {
	if p, x, y, ok := m.atlas.round(r, radius, 2*half); ok {
		m.stamp(p, x, y)
		return
	}
	cross, far := m.atlas.profile(half)
	bend := func(d float32) float32 {
		if radius == 0 {
			return 0
		}
		return radius + d
	}
	if min(r.Max.X-r.Min.X, r.Max.Y-r.Min.Y) <= 2*far {
		m.round(r.Grow(half), bend(half)) // nothing is left open
		return
	}
	corner := draw.Corner(bend(far))
	m.inner = draw.AppendRound(m.inner[:0], r.Grow(-far), bend(-far), corner)
	m.outer = draw.AppendRound(m.outer[:0], r.Grow(far), bend(far), corner)
	white := m.src
	m.src = draw.Point{X: float32(cross.x) + 1, Y: float32(cross.y)}
	first := m.loop(m.inner, 1)
	m.src.Y += float32(cross.h)
	m.tie(first, m.loop(m.outer, 1), len(m.inner))
	m.src = white
}

// line appends a stroke along a path; the atlas has what lies between the ends of a rib.
func (m *Mesh) line(path []draw.Point, closed bool, half float32, round bool) {
	if len(path) < 2 {
		return
	}
	if len(path) == 2 && !round {
		m.straight(path[0], path[1], half)
		return
	}
	m.ribs = draw.AppendRibs(m.ribs[:0], path, closed, half, round)
	cross, far := m.atlas.profile(half)
	n := len(m.ribs)
	for i := range m.ribs {
		rib := &m.ribs[i]
		if closed || round || (i > 0 && i < n-1) {
			m.rib(rib, cross, far, 1)
			if i > 0 {
				m.span()
			}
			continue
		}
		// A square end fades out along the stroke.
		toward := m.ribs[max(i-1, 0)].At
		if i == 0 {
			toward = m.ribs[1].At
		}
		dx, dy := toward.X-rib.At.X, toward.Y-rib.At.Y
		long := max(root(dx*dx+dy*dy), 1e-6)
		dx, dy, short := dx/long/2, dy/long/2, min(1, long)
		out, in := *rib, *rib
		out.At, in.At = rib.At.Add(-dx, -dy), rib.At.Add(dx*short, dy*short)
		if i == 0 {
			m.rib(&out, cross, far, 0)
			m.rib(&in, cross, far, short)
		} else {
			m.rib(&in, cross, far, short)
			m.span()
			m.rib(&out, cross, far, 0)
		}
		m.span()
	}
}

// straight appends a stroke from a to b with square ends; most strokes are such.
func (m *Mesh) straight(a, b draw.Point, half float32) {
	left, long := leftOf(a, b)
	if long == 0 {
		return
	}
	cross, far := m.atlas.profile(half)
	u, top, bottom := float32(cross.x)+1, float32(cross.y), float32(cross.y)+float32(cross.h)
	x, y := left.X*far, left.Y*far
	dx, dy := -left.Y/2, left.X/2 // half a pixel on the way
	ink, clear := m.ink, [4]float32{}
	if long < 1 {
		dx, dy = dx*long, dy*long
		ink = [4]float32{ink[0] * long, ink[1] * long, ink[2] * long, ink[3] * long}
	}
	n, vs := m.room(8)
	vs[0].set(a.X-dx+x, a.Y-dy+y, u, top, &clear)
	vs[1].set(a.X-dx-x, a.Y-dy-y, u, bottom, &clear)
	vs[2].set(a.X+dx+x, a.Y+dy+y, u, top, &ink)
	vs[3].set(a.X+dx-x, a.Y+dy-y, u, bottom, &ink)
	vs[4].set(b.X-dx+x, b.Y-dy+y, u, top, &ink)
	vs[5].set(b.X-dx-x, b.Y-dy-y, u, bottom, &ink)
	vs[6].set(b.X+dx+x, b.Y+dy+y, u, top, &clear)
	vs[7].set(b.X+dx-x, b.Y+dy-y, u, bottom, &clear)
	m.Indices = append(m.Indices, n, n+1, n+3, n, n+3, n+2, n+2, n+3, n+5, n+2, n+5, n+4, n+4, n+5, n+7, n+4, n+7, n+6)
}

// rib appends a cross-section: its ends and its middle, around which the joins and round ends turn.
func (m *Mesh) rib(r *draw.Rib, cross place, far, alpha float32) {
	u, top, long := float32(cross.x)+1, float32(cross.y), float32(cross.h)
	ink := [4]float32{m.ink[0] * alpha, m.ink[1] * alpha, m.ink[2] * alpha, m.ink[3] * alpha}
	_, vs := m.room(3)
	vs[0].set(r.At.X+r.Left.X*far, r.At.Y+r.Left.Y*far, u, top, &ink)
	vs[1].set(r.At.X, r.At.Y, u, top+long/2, &ink)
	vs[2].set(r.At.X+r.Right.X*far, r.At.Y+r.Right.Y*far, u, top+long, &ink)
}

// span ties the last two cross-sections together.
func (m *Mesh) span() {
	n := uint32(len(m.Vertices))
	m.quad(n-6, n-5, n-2, n-3)
	m.quad(n-5, n-4, n-1, n-2)
}

// root returns the square root.
func root(v float32) float32 { return float32(math.Sqrt(float64(v))) }
