// Package raster paints a display list into an image in plain Go: the golden pictures, the exports, and the judge of the
// mesh that the graphics card draws. It also writes the list as SVG.
//
// It never opens a window, starts no goroutine and keeps nothing of a list it has painted.
//
//	picture := raster.Render(&list, assets.Dark(), 1280, 720, 2)
//	err := png.Encode(w, picture)
package raster

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/vector"

	"tabletop/assets"
	"tabletop/render/draw"
	"tabletop/render/draw/glyph"
)

// Render paints a list of width × height CSS pixels on the palette's background; scale is device pixels per CSS pixel.
func Render(l *draw.List, p assets.Palette, width, height int, scale float32) *image.RGBA {
	return New(p).Render(l, width, height, scale)
}

// Painter paints many lists with one palette and keeps the glyphs between them.
type Painter struct {
	palette assets.Palette
	set     *glyph.Set
	glyphs  map[glyph.Key]*image.Alpha

	// Of the picture being painted.
	dst   *image.RGBA
	clip  image.Rectangle
	scale float32

	// Memory for one shape.
	cover   vector.Rasterizer
	mask    image.Alpha
	outline []draw.Point
	dashes  []draw.Point
	ends    []int
	ribs    []draw.Rib
	dots    []draw.Point
	ribbed  []draw.Point
}

// New returns a painter for a palette.
func New(p assets.Palette) *Painter {
	return &Painter{palette: p, set: glyph.NewSet(), glyphs: map[glyph.Key]*image.Alpha{}}
}

// Render paints a list of width × height CSS pixels on the palette's background; scale is device pixels per CSS pixel.
func (p *Painter) Render(l *draw.List, width, height int, scale float32) *image.RGBA {
	w := int(math.Round(float64(float32(width) * scale)))
	h := int(math.Round(float64(float32(height) * scale)))
	p.dst = image.NewRGBA(image.Rect(0, 0, max(w, 0), max(h, 0)))
	p.clip, p.scale = p.dst.Rect, scale
	ground := p.palette[draw.Background]
	for i := 0; i < len(p.dst.Pix); i += 4 {
		p.dst.Pix[i], p.dst.Pix[i+1], p.dst.Pix[i+2], p.dst.Pix[i+3] = ground.R, ground.G, ground.B, 255
	}
	for i := range l.Ops {
		p.paint(l, &l.Ops[i])
	}
	picture := p.dst
	p.dst = nil
	return picture
}

// paint paints one operation.
func (p *Painter) paint(l *draw.List, op *draw.Op) {
	switch op.Kind {
	case draw.ClipOp:
		p.clip = pixels(op.Rect.Scale(p.scale)).Intersect(p.dst.Rect)
	case draw.UnclipOp:
		p.clip = p.dst.Rect
	case draw.TextOp:
		p.text(op)
	default:
		p.shape(l, op)
	}
}

// pixels rounds a rectangle to whole pixels.
func pixels(r draw.Rect) image.Rectangle {
	round := func(v float32) int { return int(math.Floor(float64(min(max(v, -1e6), 1e6)) + 0.5)) }
	return image.Rect(round(r.Min.X), round(r.Min.Y), round(r.Max.X), round(r.Max.Y))
}

// visible reports whether a colour paints anything.
func (p *Painter) visible(c draw.Color) bool { return c.Opacity != 0 && p.palette[c.Token].A != 0 }

// text paints one line of text.
func (p *Painter) text(op *draw.Op) {
	if !p.visible(op.Text.Color) {
		return
	}
	line := glyph.Start(op.At, op.Text, op.String, p.scale)
	for _, r := range op.String {
		key, x, y := line.Next(r)
		bitmap, ok := p.glyphs[key]
		if !ok {
			bitmap = copied(p.set.Bitmap(key))
			p.glyphs[key] = bitmap
		}
		if bitmap != nil {
			at := image.Pt(x, y)
			p.blend(bitmap, at, bitmap.Rect.Add(at), op.Text.Color)
		}
	}
}

// copied returns a bitmap that stays valid.
func copied(bitmap *image.Alpha) *image.Alpha {
	if bitmap == nil {
		return nil
	}
	own := image.NewAlpha(bitmap.Rect)
	for y := range bitmap.Rect.Dy() {
		copy(own.Pix[y*own.Stride:][:own.Stride], bitmap.Pix[y*bitmap.Stride:])
	}
	return own
}

// blend lays a colour over the picture wherever mask covers it; at is where the mask's origin goes.
func (p *Painter) blend(mask *image.Alpha, at image.Point, area image.Rectangle, c draw.Color) {
	ink := p.palette[c.Token]
	area = area.Intersect(p.clip)
	for y := area.Min.Y; y < area.Max.Y; y++ {
		covers := mask.Pix[mask.PixOffset(area.Min.X-at.X, y-at.Y):]
		row := p.dst.Pix[p.dst.PixOffset(area.Min.X, y):]
		for x := range area.Dx() {
			if covers[x] != 0 {
				over(row[4*x:4*x+4:4*x+4], ink, uint32(covers[x])*uint32(c.Opacity))
			}
		}
	}
}

// over lays a colour over an opaque pixel; alpha counts to 255².
func over(pixel []uint8, ink color.RGBA, alpha uint32) {
	const one = 255 * 255
	mix := func(under, on uint8) uint8 {
		return uint8((uint32(under)*(one-alpha) + uint32(on)*alpha + one/2) / one)
	}
	pixel[0], pixel[1], pixel[2] = mix(pixel[0], ink.R), mix(pixel[1], ink.G), mix(pixel[2], ink.B)
}
