// Package mesh turns a display list into the vertices and indices of one draw call, and keeps the atlas of glyphs and
// discs that they take their pixels from.
//
// It never talks to a graphics card and starts no goroutine; once the atlas holds what is drawn, building a frame
// allocates nothing. Edges are soft because every shape has a fringe one device pixel wide in which it fades out;
// colours are premultiplied. A test draws meshes in software and compares them with package raster.
//
//	m := mesh.New(assets.Dark())
//	m.Build(&list, 1280, 720, scale)
//	if r := m.Atlas().Dirty(); !r.Empty() {
//		upload(r, m.Atlas().Pixels(r))
//	}
//	drawTriangles(m.Vertices, m.Indices)
package mesh

import (
	"slices"

	"tabletop/assets"
	"tabletop/render/draw"
	"tabletop/render/draw/glyph"
)

// Vertex has the layout of ebiten.Vertex: a place on the screen, a place in the atlas, both in pixels, and a
// premultiplied colour from 0 to 1.
type Vertex struct {
	DstX, DstY, SrcX, SrcY             float32
	ColorR, ColorG, ColorB, ColorA     float32
	Custom0, Custom1, Custom2, Custom3 float32
}

// Mesh is the triangles of the latest frame. Its memory is used again for the next one.
type Mesh struct {
	Vertices []Vertex
	Indices  []uint32

	atlas  *Atlas
	colors [draw.Tokens][3]float32
	shown  [draw.Tokens]bool

	list   *draw.List
	scale  float32
	screen draw.Rect
	limit  draw.Rect  // what can be seen: the screen, or the clip within it
	ink    [4]float32 // of the shape being built, premultiplied
	src    draw.Point // where in the atlas its vertices point

	// Memory for one shape.
	outline, inner, outer, dots, dashes []draw.Point
	ends                                []int
	ribs                                []draw.Rib
	ring                                []uint32
	cutVertices                         []Vertex
	cutIndices                          []uint32
	polygons                            [3][16]Vertex
}

// New returns a mesh for a palette.
func New(p assets.Palette) *Mesh {
	m := &Mesh{atlas: newAtlas()}
	m.SetPalette(p)
	return m
}

// SetPalette changes the colours of the frames to come.
func (m *Mesh) SetPalette(p assets.Palette) {
	for i, c := range p {
		m.colors[i] = [3]float32{float32(c.R) / 255, float32(c.G) / 255, float32(c.B) / 255}
		m.shown[i] = c.A != 0
	}
}

// Atlas returns the picture that the vertices refer to. It changes only in Build.
func (m *Mesh) Atlas() *Atlas { return m.atlas }

// Build replaces the triangles by those of a list on a screen of width × height CSS pixels; scale is device pixels per
// CSS pixel. Each operation that cannot be seen costs a comparison only.
func (m *Mesh) Build(l *draw.List, width, height, scale float32) {
	if m.scale != scale {
		m.scale = scale
		m.atlas.reset()
	}
	m.screen = pixels(draw.Box(0, 0, width*scale, height*scale))
	m.build(l)
	if m.atlas.full {
		m.atlas.reset() // drops what earlier frames needed; what this one needs goes in again
		m.build(l)
		m.atlas.full = false
	}
}

// build makes the triangles once; places of glyphs stay valid while the atlas grows.
func (m *Mesh) build(l *draw.List) {
	m.Vertices, m.Indices = m.Vertices[:0], m.Indices[:0]
	m.list, m.limit, m.src = l, m.screen, draw.Point{X: whiteX, Y: whiteY}
	for i := range l.Ops {
		op := &l.Ops[i]
		switch op.Kind {
		case draw.ClipOp:
			m.limit = pixels(op.Rect.Scale(m.scale)).Intersect(m.screen)
		case draw.UnclipOp:
			m.limit = m.screen
		case draw.TextOp:
			m.text(op)
		default:
			m.shape(op)
		}
	}
	m.list = nil
}

// pixels rounds a rectangle to whole pixels.
func pixels(r draw.Rect) draw.Rect {
	return draw.Rect{
		Min: draw.Point{X: floor(r.Min.X + 0.5), Y: floor(r.Min.Y + 0.5)},
		Max: draw.Point{X: floor(r.Max.X + 0.5), Y: floor(r.Max.Y + 0.5)},
	}
}

// dip takes a colour for the vertices to come and reports whether it paints anything.
func (m *Mesh) dip(c draw.Color) bool {
	if c.Opacity == 0 || !m.shown[c.Token] {
		return false
	}
	rgb, a := m.colors[c.Token], float32(c.Opacity)/255
	m.ink = [4]float32{rgb[0] * a, rgb[1] * a, rgb[2] * a, a}
	return true
}

// vertex appends a vertex and returns its index.
func (m *Mesh) vertex(p draw.Point, alpha float32) uint32 {
	n, vs := m.room(1)
	ink := [4]float32{m.ink[0] * alpha, m.ink[1] * alpha, m.ink[2] * alpha, m.ink[3] * alpha}
	vs[0].set(p.X, p.Y, m.src.X, m.src.Y, &ink)
	return n
}

// quad appends two triangles.
func (m *Mesh) quad(a, b, c, d uint32) {
	m.Indices = append(m.Indices, a, b, c, a, c, d)
}

// room appends n vertices to be set and returns the first. They are set in place: this is where the time goes.
func (m *Mesh) room(n int) (uint32, []Vertex) {
	first := len(m.Vertices)
	if first+n > cap(m.Vertices) {
		m.Vertices = slices.Grow(m.Vertices, n)
	}
	m.Vertices = m.Vertices[:first+n]
	return uint32(first), m.Vertices[first : first+n]
}

// set gives a vertex its place, its place in the atlas, and ink.
func (v *Vertex) set(x, y, u, w float32, ink *[4]float32) {
	v.DstX, v.DstY, v.SrcX, v.SrcY = x, y, u, w
	v.ColorR, v.ColorG, v.ColorB, v.ColorA = ink[0], ink[1], ink[2], ink[3]
}

// stamp appends a rectangle of the atlas with its origin at (x, y).
func (m *Mesh) stamp(p place, x, y float32) {
	if p.w == 0 {
		return
	}
	x, y = x+float32(p.dx), y+float32(p.dy)
	w, h, u, v := float32(p.w), float32(p.h), float32(p.x), float32(p.y)
	n, vs := m.room(4)
	vs[0].set(x, y, u, v, &m.ink)
	vs[1].set(x+w, y, u+w, v, &m.ink)
	vs[2].set(x+w, y+h, u+w, v+h, &m.ink)
	vs[3].set(x, y+h, u, v+h, &m.ink)
	m.quad(n, n+1, n+2, n+3)
}

// text appends the glyphs of one line.
func (m *Mesh) text(op *draw.Op) {
	if op.String == "" || !m.dip(op.Text.Color) {
		return
	}
	at := draw.Point{X: op.At.X * m.scale, Y: op.At.Y * m.scale}
	size := op.Text.Size * m.scale
	if at.Y+size < m.limit.Min.Y || at.Y-2*size > m.limit.Max.Y {
		return
	}
	line := glyph.Start(op.At, op.Text, op.String, m.scale)
	for _, r := range op.String {
		key, x, y := line.Next(r)
		if float32(x)-2*size > m.limit.Max.X {
			return
		}
		p := m.atlas.glyph(key)
		box := draw.Box(float32(x)+float32(p.dx), float32(y)+float32(p.dy), float32(p.w), float32(p.h))
		if p.w == 0 || !touches(box, m.limit) {
			continue
		}
		vertices, indices := len(m.Vertices), len(m.Indices)
		m.stamp(p, float32(x), float32(y))
		if m.cuts(box) {
			m.clip(vertices, indices)
		}
	}
}

// touches reports whether two rectangles share a point.
func touches(a, b draw.Rect) bool {
	return a.Min.X < b.Max.X && a.Max.X > b.Min.X && a.Min.Y < b.Max.Y && a.Max.Y > b.Min.Y
}

// cuts reports whether a shape must be cut here; what reaches beyond the screen, the graphics card cuts.
func (m *Mesh) cuts(box draw.Rect) bool { return m.limit != m.screen && !within(box, m.limit) }

// within reports whether a lies in b.
func within(a, b draw.Rect) bool {
	return a.Min.X >= b.Min.X && a.Max.X <= b.Max.X && a.Min.Y >= b.Min.Y && a.Max.Y <= b.Max.Y
}
