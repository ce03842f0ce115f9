package mesh

import (
	"math"

	"tabletop/render/draw"
)

// line is a straight cut: what satisfies x·X + y·Y ≥ c stays.
type line struct{ x, y, c float32 }

// lift takes the triangles since a mark out of the mesh, so that they can be cut and put back.
func (m *Mesh) lift(vertices, indices int) {
	m.cutVertices = append(m.cutVertices[:0], m.Vertices[vertices:]...)
	m.cutIndices = m.cutIndices[:0]
	for _, i := range m.Indices[indices:] {
		m.cutIndices = append(m.cutIndices, i-uint32(vertices))
	}
	m.Vertices, m.Indices = m.Vertices[:vertices], m.Indices[:indices]
}

// clip cuts the triangles since a mark to what can be seen.
func (m *Mesh) clip(vertices, indices int) {
	m.lift(vertices, indices)
	edges := [4]line{
		{1, 0, m.limit.Min.X}, {-1, 0, -m.limit.Max.X},
		{0, 1, m.limit.Min.Y}, {0, -1, -m.limit.Max.Y},
	}
	for i := 0; i+2 < len(m.cutIndices); i += 3 {
		polygon := m.triangle(i)
		for side, edge := range edges {
			polygon = cut(polygon, m.polygons[(side+1)%2][:0], edge)
		}
		m.fan(polygon)
	}
}

// hatch keeps of the triangles since a mark what lies on the hatching. A triangle is cut along the outer edges of every
// line that crosses it; the atlas has what lies between.
func (m *Mesh) hatch(vertices, indices int) {
	const diagonal = math.Sqrt2 / 2
	m.lift(vertices, indices)
	pitch := float32(draw.HatchPitch) * m.scale
	cross, far := m.atlas.profile(draw.HatchWidth * m.scale / 2)
	for i := 0; i+2 < len(m.cutIndices); i += 3 {
		low, high := float32(math.MaxFloat32), float32(-math.MaxFloat32)
		for _, index := range m.cutIndices[i : i+3] {
			v := &m.cutVertices[index]
			across := (v.DstX + v.DstY) * diagonal
			low, high = min(low, across), max(high, across)
		}
		for middle := floor((low+far)/pitch) * pitch; middle-far < high; middle += pitch {
			if middle+far <= low {
				continue
			}
			polygon := m.triangle(i)
			if low < middle-far {
				polygon = cut(polygon, m.polygons[1][:0], line{diagonal, diagonal, middle - far})
			}
			if high > middle+far {
				polygon = cut(polygon, m.polygons[2][:0], line{-diagonal, -diagonal, -middle - far})
			}
			for k := range polygon {
				off := (polygon[k].DstX+polygon[k].DstY)*diagonal - middle
				polygon[k].SrcX, polygon[k].SrcY = float32(cross.x)+1, float32(cross.y)+(off+far)*fine
			}
			m.fan(polygon)
		}
	}
}

// triangle copies a lifted triangle to be cut.
func (m *Mesh) triangle(i int) []Vertex {
	return append(m.polygons[0][:0],
		m.cutVertices[m.cutIndices[i]], m.cutVertices[m.cutIndices[i+1]], m.cutVertices[m.cutIndices[i+2]])
}

// fan puts a convex polygon back into the mesh.
func (m *Mesh) fan(polygon []Vertex) {
	if len(polygon) < 3 {
		return
	}
	first := uint32(len(m.Vertices))
	m.Vertices = append(m.Vertices, polygon...)
	for i := 2; i < len(polygon); i++ {
		m.Indices = append(m.Indices, first, first+uint32(i-1), first+uint32(i))
	}
}

// cut appends to out the part of a convex polygon that lies on one side of a line.
func cut(polygon, out []Vertex, l line) []Vertex {
	if len(polygon) == 0 {
		return out
	}
	a := &polygon[len(polygon)-1]
	sideA := a.DstX*l.x + a.DstY*l.y - l.c
	for i := range polygon {
		b := &polygon[i]
		sideB := b.DstX*l.x + b.DstY*l.y - l.c
		if (sideA < 0) != (sideB < 0) {
			out = append(out, between(a, b, sideA/(sideA-sideB)))
		}
		if sideB >= 0 {
			out = append(out, *b)
		}
		a, sideA = b, sideB
	}
	return out
}

// between returns the vertex at a part of the way from a to b.
func between(a, b *Vertex, t float32) Vertex {
	mix := func(x, y float32) float32 { return x + (y-x)*t }
	return Vertex{
		DstX: mix(a.DstX, b.DstX), DstY: mix(a.DstY, b.DstY), SrcX: mix(a.SrcX, b.SrcX), SrcY: mix(a.SrcY, b.SrcY),
		ColorR: mix(a.ColorR, b.ColorR), ColorG: mix(a.ColorG, b.ColorG),
		ColorB: mix(a.ColorB, b.ColorB), ColorA: mix(a.ColorA, b.ColorA),
	}
}
