package mesh

import (
	"image"
	"math"

	"golang.org/x/image/vector"

	"tabletop/render/draw"
	"tabletop/render/draw/glyph"
)

// The measures of the atlas in pixels. It grows downwards, so that places in it stay where they are.
const (
	atlasWidth     = 1024
	atlasHeight    = 256
	atlasMaxHeight = 4096
)

// The middle of the white patch in the upper left corner, which plain shapes are cut from.
const (
	whiteSize = 4
	whiteX    = whiteSize / 2
	whiteY    = whiteSize / 2
)

// Small rounded shapes are kept whole, at 16 places within a pixel, if their measures are whole in quarters of a pixel.
const (
	maxBaked = 192 // device pixels of the longer side
	steps    = 4
)

// fine is how many rows of a profile stand for one device pixel.
const fine = 16

// place is where a bitmap stands in the atlas and how its corner lies from its origin.
type place struct{ x, y, w, h, dx, dy int16 }

// baked names the bitmap of a rectangle with rounded corners, or of its outline if it has a width: all in quarters of a
// pixel.
type baked struct{ w, h, radius, width, x, y uint16 }

// key packs the measures, because a map of numbers is the faster one.
func (b baked) key() uint64 {
	return uint64(b.w)<<48 | uint64(b.h)<<36 | uint64(b.radius)<<24 | uint64(b.width)<<4 | uint64(b.x)<<2 | uint64(b.y)
}

// shelf is a row of the atlas; bitmaps of about its height stand in it from left to right.
type shelf struct{ y, height, used int }

// Atlas is the picture that a mesh takes glyphs and discs from: white, premultiplied, RGBA.
type Atlas struct {
	pix     []byte
	height  int
	shelves []shelf
	bottom  int
	dirty   image.Rectangle
	full    bool

	set      *glyph.Set
	glyphs   map[glyph.Key]place
	shapes   map[uint64]place
	profiles map[int]place
	cover    vector.Rasterizer
	points   []draw.Point
	packed   []byte
}

// newAtlas returns an atlas that holds the white patch.
func newAtlas() *Atlas {
	a := &Atlas{height: atlasHeight}
	a.reset()
	return a
}

// reset empties the atlas; it keeps its size.
func (a *Atlas) reset() {
	a.set = glyph.NewSet()
	a.glyphs, a.shapes, a.profiles = map[glyph.Key]place{}, map[uint64]place{}, map[int]place{}
	a.pix = make([]byte, 4*atlasWidth*a.height)
	a.shelves, a.bottom, a.full = a.shelves[:0], whiteSize+1, false
	for y := range whiteSize {
		for x := range 4 * whiteSize {
			a.pix[4*atlasWidth*y+x] = 255
		}
	}
	a.dirty = image.Rect(0, 0, atlasWidth, a.height)
}

// Size returns the size of the atlas in pixels. When it has changed, everything in it is dirty.
func (a *Atlas) Size() (width, height int) { return atlasWidth, a.height }

// Dirty returns the part of the atlas that changed since the last call of Clean.
func (a *Atlas) Dirty() image.Rectangle { return a.dirty }

// Clean says that the changes have been taken over.
func (a *Atlas) Clean() { a.dirty = image.Rectangle{} }

// Pixels returns a part of the atlas, row by row, 4 bytes to a pixel. They are valid until the next call.
func (a *Atlas) Pixels(r image.Rectangle) []byte {
	a.packed = a.packed[:0]
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := 4 * atlasWidth * y
		a.packed = append(a.packed, a.pix[row+4*r.Min.X:row+4*r.Max.X]...)
	}
	return a.packed
}

// glyph returns the place of a glyph and makes its bitmap if this is the first time.
func (a *Atlas) glyph(k glyph.Key) place {
	if p, ok := a.glyphs[k]; ok {
		return p
	}
	p := place{}
	if bitmap := a.set.Bitmap(k); bitmap != nil {
		p = a.put(bitmap)
	}
	if !a.full {
		a.glyphs[k] = p
	}
	return p
}

// put copies a bitmap into the atlas. If there is no room the atlas is full and the place is empty.
func (a *Atlas) put(bitmap *image.Alpha) place {
	w, h := bitmap.Rect.Dx(), bitmap.Rect.Dy()
	x, y, ok := a.room(w+1, h+1)
	if !ok {
		a.full = true
		return place{}
	}
	for row := range h {
		from := bitmap.Pix[row*bitmap.Stride:][:w]
		to := a.pix[4*(atlasWidth*(y+row)+x):][: 4*w : 4*w]
		for i, v := range from {
			to[4*i], to[4*i+1], to[4*i+2], to[4*i+3] = v, v, v, v
		}
	}
	a.dirty = a.dirty.Union(image.Rect(x, y, x+w, y+h))
	return place{int16(x), int16(y), int16(w), int16(h), int16(bitmap.Rect.Min.X), int16(bitmap.Rect.Min.Y)}
}

// room finds a free rectangle: in the first shelf of about the right height, or in a new one below.
func (a *Atlas) room(w, h int) (x, y int, ok bool) {
	for i := range a.shelves {
		s := &a.shelves[i]
		if s.height >= h && s.height <= h+h/4+2 && s.used+w <= atlasWidth {
			s.used += w
			return s.used - w, s.y, true
		}
	}
	height := (h + 3) &^ 3
	if w > atlasWidth || !a.grow(a.bottom+height) {
		return 0, 0, false
	}
	a.shelves = append(a.shelves, shelf{a.bottom, height, w})
	a.bottom += height
	return 0, a.bottom - height, true
}

// grow makes the atlas at least so high, if it may be.
func (a *Atlas) grow(height int) bool {
	if height > atlasMaxHeight {
		return false
	}
	if height <= a.height {
		return true
	}
	for a.height < height {
		a.height *= 2
	}
	pix := make([]byte, 4*atlasWidth*a.height)
	copy(pix, a.pix)
	a.pix, a.dirty = pix, image.Rect(0, 0, atlasWidth, a.height)
	return true
}

// floor rounds down.
func floor(v float32) float32 { return float32(math.Floor(float64(v))) }
