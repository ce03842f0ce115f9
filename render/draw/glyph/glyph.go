// Package glyph turns text of the display list into placed glyph bitmaps, so that every backend sets the same pixels.
//
// It never draws, keeps no bitmaps and measures nothing itself: widths come from package assets. Glyphs are not hinted,
// their baseline is rounded to a whole pixel and their left edge to a quarter of one.
//
//	line := glyph.Start(op.At, op.Text, op.String, scale)
//	for _, r := range op.String {
//		key, x, y := line.Next(r)
//		bitmap := set.Bitmap(key) // goes to (x, y) + bitmap.Rect.Min
//	}
package glyph

import (
	"image"
	"math"

	"github.com/golang/freetype/truetype"
	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"

	"tabletop/assets"
	"tabletop/render/draw"
)

// subpixels is at how many places within a pixel a glyph may begin.
const subpixels = 4

// Key names one bitmap: Size is in 64ths of a device pixel, Sub counts quarters of a pixel to the right.
type Key struct {
	Rune rune
	Size uint16
	Face uint8
	Sub  uint8
}

// Line is a line of text while it is being set.
type Line struct {
	x       float32
	advance float32 // device pixels in an em
	y       int
	size    uint16
	face    uint8
}

// Start places a line of text; the result hands out its glyphs in order.
func Start(at draw.Point, style draw.TextStyle, text string, scale float32) Line {
	size := style.Size * scale
	x := at.X * scale
	switch style.Align {
	case draw.Center:
		x -= assets.Width(int(style.Font), size, text) / 2
	case draw.Right:
		x -= assets.Width(int(style.Font), size, text)
	}
	return Line{
		x:       x,
		advance: size,
		y:       int(math.Floor(float64(at.Y*scale) + 0.5)),
		size:    uint16(min(max(size*64+0.5, 64), 65535)),
		face:    uint8(style.Font),
	}
}

// Next returns the bitmap for the next rune and the whole pixel on the baseline where it goes, and moves on.
func (l *Line) Next(r rune) (Key, int, int) {
	place := int(math.Floor(float64(l.x)*subpixels + 0.5))
	key := Key{Rune: r, Size: l.size, Face: l.face, Sub: uint8(place & (subpixels - 1))}
	l.x += assets.Advance(int(l.face), r) * l.advance
	return key, place >> 2, l.y
}

// Set makes bitmaps from the embedded fonts.
type Set struct {
	fonts [assets.Faces]*truetype.Font
	faces map[sized]font.Face
}

// sized is a face at a size in 64ths of a pixel.
type sized struct {
	face int
	size uint16
}

// NewSet returns a set; it reads a font when the first glyph of it is asked for.
func NewSet() *Set { return &Set{faces: map[sized]font.Face{}} }

// Bitmap returns the coverage of a glyph. Its rectangle is relative to the pen; it is valid until the next call and nil
// for a blank.
func (s *Set) Bitmap(k Key) *image.Alpha {
	face, _ := assets.FaceFor(int(k.Face), k.Rune)
	dot := fixed.Point26_6{X: fixed.Int26_6(int(k.Sub) * 64 / subpixels)}
	box, mask, at, _, ok := s.open(sized{face, k.Size}).Glyph(dot, k.Rune)
	if !ok || box.Empty() {
		return nil
	}
	alpha, ok := mask.(*image.Alpha)
	if !ok {
		panic("glyph: the rasteriser did not return an alpha mask")
	}
	return &image.Alpha{Pix: alpha.Pix[alpha.PixOffset(at.X, at.Y):], Stride: alpha.Stride, Rect: box}
}

// open returns a face at a size.
func (s *Set) open(k sized) font.Face {
	if face, ok := s.faces[k]; ok {
		return face
	}
	if s.fonts[k.face] == nil {
		parsed, err := truetype.Parse(assets.Font(k.face))
		if err != nil {
			panic("glyph: " + assets.FontFile(k.face) + ": " + err.Error()) // an embedded file
		}
		s.fonts[k.face] = parsed
	}
	face := truetype.NewFace(s.fonts[k.face], &truetype.Options{
		Size: float64(k.size) / 64, DPI: 72, Hinting: font.HintingNone,
		SubPixelsX: subpixels, SubPixelsY: 1, GlyphCacheEntries: 1,
	})
	s.faces[k] = face
	return face
}
