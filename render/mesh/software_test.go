package mesh_test

import (
	"image"
	"math"

	"tabletop/assets"
	"tabletop/render/draw"
	"tabletop/render/mesh"
)

// card draws triangles as a graphics card does: a pixel belongs to a triangle if its middle does, attributes are
// interpolated, the nearest pixel of the atlas is taken, and every blend is rounded to 8 bits.
type card struct {
	dst   *image.RGBA
	atlas []byte
	width int
}

// render draws a list through a mesh.
func render(m *mesh.Mesh, l *draw.List, p assets.Palette, width, height int, scale float32) *image.RGBA {
	m.Build(l, float32(width), float32(height), scale)
	w, h := m.Atlas().Size()
	c := card{
		dst:   image.NewRGBA(image.Rect(0, 0, int(float32(width)*scale+0.5), int(float32(height)*scale+0.5))),
		atlas: m.Atlas().Pixels(image.Rect(0, 0, w, h)),
		width: w,
	}
	ground := p[draw.Background]
	for i := 0; i < len(c.dst.Pix); i += 4 {
		copy(c.dst.Pix[i:], []byte{ground.R, ground.G, ground.B, 255})
	}
	for i := 0; i < len(m.Indices); i += 3 {
		c.triangle(&m.Vertices[m.Indices[i]], &m.Vertices[m.Indices[i+1]], &m.Vertices[m.Indices[i+2]])
	}
	return c.dst
}

// edge returns twice the signed area of a, b and (x, y).
func edge(a, b *mesh.Vertex, x, y float64) float64 {
	return (float64(b.DstX)-float64(a.DstX))*(y-float64(a.DstY)) - (float64(b.DstY)-float64(a.DstY))*(x-float64(a.DstX))
}

// owns reports whether a pixel on the edge from a to b belongs to the triangle: the upper and left ones do.
func owns(a, b *mesh.Vertex) bool {
	return b.DstY < a.DstY || (b.DstY == a.DstY && b.DstX > a.DstX)
}

// triangle draws one triangle.
func (c *card) triangle(p, q, r *mesh.Vertex) {
	area := edge(p, q, float64(r.DstX), float64(r.DstY))
	if area < 0 {
		q, r, area = r, q, -area
	}
	if area == 0 {
		return
	}
	low := func(a, b, c float32) int { return int(math.Floor(float64(min(a, b, c)))) }
	high := func(a, b, c float32) int { return int(math.Ceil(float64(max(a, b, c)))) }
	box := image.Rect(low(p.DstX, q.DstX, r.DstX), low(p.DstY, q.DstY, r.DstY),
		high(p.DstX, q.DstX, r.DstX), high(p.DstY, q.DstY, r.DstY)).Intersect(c.dst.Rect)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Min.X; x < box.Max.X; x++ {
			mx, my := float64(x)+0.5, float64(y)+0.5
			u, v, w := edge(q, r, mx, my), edge(r, p, mx, my), edge(p, q, mx, my)
			if u < 0 || v < 0 || w < 0 ||
				(u == 0 && !owns(q, r)) || (v == 0 && !owns(r, p)) || (w == 0 && !owns(p, q)) {
				continue
			}
			c.pixel(x, y, p, q, r, u/area, v/area, w/area)
		}
	}
}

// pixel blends one pixel; u, v and w weigh the three vertices.
func (c *card) pixel(x, y int, p, q, r *mesh.Vertex, u, v, w float64) {
	mix := func(a, b, c float32) float64 { return u*float64(a) + v*float64(b) + w*float64(c) }
	sx, sy := int(mix(p.SrcX, q.SrcX, r.SrcX)), int(mix(p.SrcY, q.SrcY, r.SrcY))
	texel := c.atlas[4*(sy*c.width+sx):][:4]
	alpha := mix(p.ColorA, q.ColorA, r.ColorA) * float64(texel[3]) / 255
	ink := [3]float64{
		mix(p.ColorR, q.ColorR, r.ColorR) * float64(texel[0]) / 255,
		mix(p.ColorG, q.ColorG, r.ColorG) * float64(texel[1]) / 255,
		mix(p.ColorB, q.ColorB, r.ColorB) * float64(texel[2]) / 255,
	}
	at := c.dst.Pix[c.dst.PixOffset(x, y):][:4]
	for i, v := range ink {
		at[i] = uint8(min(v*255+float64(at[i])*(1-alpha)+0.5, 255))
	}
}
