package mesh

import (
	"image"
	imagedraw "image/draw"
	"slices"

	"tabletop/render/draw"
)

// quarters returns a length in quarters of a pixel and whether it is a whole number of them.
func quarters(length float32) (uint16, bool) {
	n := floor(length*steps + 0.5)
	off := length*steps - n
	return uint16(n), n >= 0 && n < 1024 && off > -0.01 && off < 0.01
}

// round returns the bitmap of a small rectangle with rounded corners, or of its outline if width is not 0, and the pixel
// for its origin, which is the rectangle's corner. It reports false if the shape is not one to be kept.
func (a *Atlas) round(r draw.Rect, radius, width float32) (p place, x, y float32, ok bool) {
	if radius <= 0 || r.Max.X-r.Min.X > maxBaked || r.Max.Y-r.Min.Y > maxBaked {
		return place{}, 0, 0, false
	}
	w, ok1 := quarters(r.Max.X - r.Min.X)
	h, ok2 := quarters(r.Max.Y - r.Min.Y)
	bend, ok3 := quarters(radius)
	line, ok4 := quarters(width)
	if !ok1 || !ok2 || !ok3 || !ok4 || width >= min(r.Max.X-r.Min.X, r.Max.Y-r.Min.Y) {
		return place{}, 0, 0, false
	}
	column, row := floor(r.Min.X*steps+0.5), floor(r.Min.Y*steps+0.5)
	x, y = floor(column/steps), floor(row/steps)
	k := baked{w, h, bend, line, uint16(column - x*steps), uint16(row - y*steps)}
	key := k.key()
	if p, ok := a.shapes[key]; ok {
		return p, x, y, true
	}
	p = a.bake(k)
	if !a.full {
		a.shapes[key] = p
	}
	return p, x, y, true
}

// bake draws a rounded shape.
func (a *Atlas) bake(k baked) place {
	size := func(quarters uint16) float32 { return float32(quarters) / steps }
	half := size(k.width) / 2
	low := int(floor(-half))
	wide, high := int(size(k.w)+half)+2-low, int(size(k.h)+half)+2-low
	a.cover.Reset(wide, high)
	a.cover.DrawOp = imagedraw.Src
	box := draw.Box(size(k.x)-float32(low), size(k.y)-float32(low), size(k.w), size(k.h))
	a.loop(box.Grow(half), size(k.radius)+half, false)
	if k.width != 0 {
		a.loop(box.Grow(-half), size(k.radius)-half, true)
	}
	mask := image.NewAlpha(image.Rect(0, 0, wide, high))
	a.cover.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	mask.Rect = mask.Rect.Add(image.Pt(low, low))
	return a.put(mask)
}

// loop adds a rounded rectangle to the coverage, or takes one away.
func (a *Atlas) loop(r draw.Rect, radius float32, away bool) {
	a.points = draw.AppendRound(a.points[:0], r, radius, draw.Corner(radius))
	if away {
		slices.Reverse(a.points)
	}
	for i, p := range a.points {
		if i == 0 {
			a.cover.MoveTo(p.X, p.Y)
		} else {
			a.cover.LineTo(p.X, p.Y)
		}
	}
	a.cover.ClosePath()
}

// profile returns the cross-section of a stroke as a column of the atlas, from one end of its soft edge to the other,
// and half the length of that: an edge fades over one device pixel, and what is thinner never covers a whole one.
func (a *Atlas) profile(half float32) (p place, far float32) {
	sixteenths := max(int(floor(half*fine+0.5)), 1)
	half = float32(sixteenths) / fine
	far = half + 0.5
	if p, ok := a.profiles[sixteenths]; ok {
		return p, far
	}
	rows := 2*sixteenths + fine
	bitmap := image.NewAlpha(image.Rect(0, 0, 2, rows))
	for y := range rows {
		off := (float32(y)+0.5)/fine - far
		covered := min(max(far-max(off, -off), 0), 1, 2*half)
		bitmap.Pix[2*y], bitmap.Pix[2*y+1] = uint8(covered*255+0.5), uint8(covered*255+0.5)
	}
	p = a.put(bitmap)
	if !a.full {
		a.profiles[sixteenths] = p
	}
	return p, far
}
