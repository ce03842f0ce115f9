package raster

import (
	"image"
	imagedraw "image/draw"
	"math"

	"tabletop/render/draw"
)

// shape paints a fill, its marks and its outline.
func (p *Painter) shape(l *draw.List, op *draw.Op) {
	style, closed := &op.Style, false
	p.outline, closed = l.AppendOutline(p.outline[:0], op, p.scale)
	if closed && len(p.outline) > 2 {
		p.fill(style)
	}
	if style.Width <= 0 || len(p.outline) < 2 || !p.visible(style.Stroke) {
		return
	}
	dash := draw.Dash{On: style.Dash.On * p.scale, Off: style.Dash.Off * p.scale}
	half := style.Width * p.scale / 2
	cut := false
	p.dashes, p.ends, cut = draw.AppendDashes(p.dashes[:0], p.ends[:0], p.outline, closed, dash)
	switch {
	case cut:
		first := 0
		for _, end := range p.ends {
			p.line(p.dashes[first:end], false, half, style)
			first = end
		}
	case op.Kind == draw.RectOp || op.Kind == draw.CircleOp:
		p.frame(op, half)
	default:
		p.line(p.outline, closed, half, style)
	}
}

// fill paints what lies within the outline.
func (p *Painter) fill(style *draw.Style) {
	fill, hatch := p.visible(style.Fill), p.visible(style.Hatch)
	if (fill || hatch) && p.begin(draw.Bounds(p.outline)) {
		p.loop(p.outline, false)
		p.cut()
		if fill {
			p.blend(&p.mask, image.Point{}, p.mask.Rect, style.Fill)
		}
		if hatch {
			p.hatch()
			p.blend(&p.mask, image.Point{}, p.mask.Rect, style.Hatch)
		}
	}
	if !p.visible(style.Dots) {
		return
	}
	r := p.clip
	area := draw.Box(float32(r.Min.X), float32(r.Min.Y), float32(r.Dx()), float32(r.Dy()))
	p.dots = draw.AppendDots(p.dots[:0], p.outline, area, p.scale)
	radius := draw.DotRadius * p.scale
	for _, at := range p.dots {
		if box := draw.Ring(at, radius); p.begin(box) {
			p.ribbed = draw.AppendRound(p.ribbed[:0], box, radius, draw.Corner(radius))
			p.loop(p.ribbed, false)
			p.cut()
			p.blend(&p.mask, image.Point{}, p.mask.Rect, style.Dots)
		}
	}
}

// frame strokes a rectangle or circle; square corners stay square.
func (p *Painter) frame(op *draw.Op, half float32) {
	r, radius := op.Frame(p.scale)
	if !p.begin(r.Grow(half)) {
		return
	}
	outer := radius + half
	if radius == 0 {
		outer = 0
	}
	p.ribbed = draw.AppendRound(p.ribbed[:0], r.Grow(half), outer, draw.Corner(outer))
	p.loop(p.ribbed, false)
	if inner := r.Grow(-half); !inner.Empty() {
		p.ribbed = draw.AppendRound(p.ribbed[:0], inner, radius-half, draw.Corner(outer))
		p.loop(p.ribbed, true)
	}
	p.cut()
	p.blend(&p.mask, image.Point{}, p.mask.Rect, op.Style.Stroke)
}

// line strokes a path with round joins.
func (p *Painter) line(path []draw.Point, closed bool, half float32, style *draw.Style) {
	if len(path) < 2 || !p.begin(draw.Bounds(path).Grow(half)) {
		return
	}
	p.ribs = draw.AppendRibs(p.ribs[:0], path, closed, half, style.Round)
	p.ribbed = p.ribbed[:0]
	for _, rib := range p.ribs {
		p.ribbed = append(p.ribbed, rib.LeftEnd(half))
	}
	if closed {
		p.loop(p.ribbed, false)
		p.ribbed = p.ribbed[:0]
	}
	for i := range p.ribs {
		p.ribbed = append(p.ribbed, p.ribs[len(p.ribs)-1-i].RightEnd(half))
	}
	p.loop(p.ribbed, false)
	p.cut()
	p.blend(&p.mask, image.Point{}, p.mask.Rect, style.Stroke)
}

// begin starts the coverage of a shape that lies in box; it reports false if none of it can be seen.
func (p *Painter) begin(box draw.Rect) bool {
	const far = 1 << 20
	clamp := func(v float32) float64 { return float64(min(max(v, -far), far)) }
	area := image.Rect(
		int(math.Floor(clamp(box.Min.X))), int(math.Floor(clamp(box.Min.Y))),
		int(math.Ceil(clamp(box.Max.X))), int(math.Ceil(clamp(box.Max.Y))),
	).Intersect(p.clip)
	if area.Empty() {
		return false
	}
	p.mask.Rect, p.mask.Stride = area, area.Dx()
	p.cover.Reset(area.Dx(), area.Dy())
	p.cover.DrawOp = imagedraw.Src
	return true
}

// loop adds a closed outline to the coverage; backwards, it is taken away from one that it lies in.
func (p *Painter) loop(points []draw.Point, backwards bool) {
	dx, dy := float32(p.mask.Rect.Min.X), float32(p.mask.Rect.Min.Y)
	for i := range points {
		at := points[i]
		if backwards {
			at = points[len(points)-1-i]
		}
		if i == 0 {
			p.cover.MoveTo(at.X-dx, at.Y-dy)
		} else {
			p.cover.LineTo(at.X-dx, at.Y-dy)
		}
	}
	p.cover.ClosePath()
}

// cut turns the coverage into the mask.
func (p *Painter) cut() {
	n := p.mask.Rect.Dx() * p.mask.Rect.Dy()
	if cap(p.mask.Pix) < n {
		p.mask.Pix = make([]uint8, n)
	}
	p.mask.Pix = p.mask.Pix[:n]
	p.cover.Draw(&p.mask, p.mask.Rect, image.Opaque, image.Point{})
}

// hatch leaves of the mask what lies on the hatching: lines from lower left to upper right, on one grid for the whole
// picture. A line's edge is as soft as that of a stroke.
func (p *Painter) hatch() {
	pitch, half := float64(draw.HatchPitch*p.scale), float64(draw.HatchWidth*p.scale/2)
	for y := p.mask.Rect.Min.Y; y < p.mask.Rect.Max.Y; y++ {
		row := p.mask.Pix[(y-p.mask.Rect.Min.Y)*p.mask.Stride:][:p.mask.Stride]
		for x := range row {
			if row[x] == 0 {
				continue
			}
			across := (float64(x+p.mask.Rect.Min.X+y) + 1) / math.Sqrt2
			off := math.Abs(across - math.Round(across/pitch)*pitch)
			covered := min(max(half+0.5-off, 0), 1)
			row[x] = uint8(float64(row[x])*covered + 0.5)
		}
	}
}
