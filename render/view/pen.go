package view

import (
	"math"
	"strconv"

	"tabletop/assets"
	"tabletop/render/draw"
)

// pen writes to a display list and remembers where words stand.
type pen struct {
	l     *draw.List
	size  draw.Point
	taken grid
	lines []segment // that words should not cross
}

// reset takes up another list and keeps the memory of the last one's words.
func (p *pen) reset(l *draw.List, size draw.Point) {
	p.l, p.size, p.lines = l, size, p.lines[:0]
	p.taken.reset()
}

type segment struct{ a, b draw.Point }

// crossed reports whether a rectangle is crossed by one of the lines.
func (p *pen) crossed(r draw.Rect) bool {
	for _, s := range p.lines {
		if s.crosses(r) {
			return true
		}
	}
	return false
}

// crosses clips the segment to the rectangle, side by side.
func (s segment) crosses(r draw.Rect) bool {
	from, to := float32(0), float32(1)
	clip := func(start, delta, low, high float32) bool {
		if delta == 0 {
			return start >= low && start <= high
		}
		enter, leave := (low-start)/delta, (high-start)/delta
		from, to = max(from, min(enter, leave)), min(to, max(enter, leave))
		return from <= to
	}
	return clip(s.a.X, s.b.X-s.a.X, r.Min.X, r.Max.X) && clip(s.a.Y, s.b.Y-s.a.Y, r.Min.Y, r.Max.Y)
}

func (p *pen) take(r draw.Rect) { p.taken.add(r) }

// free reports whether a rectangle lies on the canvas and on no words or nodes.
func (p *pen) free(r draw.Rect) bool {
	if r.Min.X < edge/2 || r.Min.Y < edge/2 || r.Max.X > p.size.X-edge/2 || r.Max.Y > p.size.Y-edge/2 {
		return false
	}
	return !p.taken.covers(r)
}

// word is a piece of a line: text, a term tag or a glyph, with the gap before the next piece.
type word struct {
	text  string
	font  draw.Font
	size  float32
	color draw.Token
	tag   bool
	term  uint32
	glyph glyph
	gap   float32
}

type glyph uint8

const (
	noGlyph glyph = iota
	trayGlyph
	lockGlyph
	crossGlyph
	knownGlyph // a value that was told
	hollowGlyph
	leaderGlyph   // tablets that lead
	followerGlyph // and that do not
	sheetGlyph    // tablets to report
)

func say(font draw.Font, color draw.Token, text string) word {
	return word{text: text, font: font, size: sizeLabel, color: color, gap: wordGap}
}

func tagOf(term uint32) word {
	return word{text: "t" + strconv.FormatUint(uint64(term), 10), font: draw.MonoSemi, size: sizeSmall, tag: true,
		term: term, color: draw.TermInk(term), gap: tagGap}
}

func width(font draw.Font, size float32, text string) float32 {
	return assets.Width(int(font), size, text)
}

func (w word) width() float32 {
	switch {
	case w.glyph == trayGlyph:
		return 14
	case w.glyph == lockGlyph:
		return 12
	case w.glyph == crossGlyph:
		return 9
	case w.glyph == knownGlyph || w.glyph == hollowGlyph || w.glyph == leaderGlyph || w.glyph == followerGlyph:
		return squareSize
	case w.glyph == sheetGlyph:
		return sheetWidth
	case w.tag:
		return width(w.font, w.size, w.text) + 2*tagPadding
	}
	return width(w.font, w.size, w.text)
}

func lineWidth(words []word) float32 {
	sum := float32(0)
	for i, w := range words {
		sum += w.width()
		if i < len(words)-1 {
			sum += w.gap
		}
	}
	return sum
}

// baseline returns where text of a size stands in a line box, as browsers place it, on a whole pixel.
func baseline(top, height, size float32) float32 {
	const ascent, content = 0.969, 1.21 // of Inter; JetBrains Mono lands on the same pixel
	return float32(math.Round(float64(top + (height-content*size)/2 + ascent*size)))
}

// line sets words from left to right in a line box of lineHeight.
func (p *pen) line(left, top float32, words []word) {
	x := left
	for _, w := range words {
		switch {
		case w.glyph != noGlyph:
			p.glyph(draw.Point{X: x, Y: top + lineHeight/2}, w.glyph)
		case w.tag:
			p.tag(x, top, w)
		default:
			p.l.Text(draw.Point{X: x, Y: baseline(top, lineHeight, w.size)}, w.text,
				draw.TextStyle{Font: w.font, Size: w.size, Color: draw.Solid(w.color)})
		}
		x += w.width() + w.gap
	}
}

func (p *pen) tag(x, top float32, w word) {
	box := draw.Box(x, top+0.5, w.width(), tagHeight)
	p.l.Rect(box, tagRadius, draw.Style{Fill: draw.Solid(draw.Term(w.term)), Stroke: draw.Solid(draw.NodeLine), Width: 1})
	p.l.Text(draw.Point{X: (box.Min.X + box.Max.X) / 2, Y: baseline(top, lineHeight, w.size)}, w.text,
		draw.TextStyle{Font: w.font, Size: w.size, Align: draw.Center, Color: draw.Solid(w.color)})
}

// glyph draws a sign whose left edge and middle are given.
func (p *pen) glyph(at draw.Point, g glyph) {
	muted := draw.Solid(draw.Muted)
	switch g {
	case trayGlyph:
		o := at.Add(0, -6)
		p.l.Polyline(draw.Style{Stroke: muted, Width: 1.6}, o.Add(1.5, 2), o.Add(1.5, 10.5), o.Add(12.5, 10.5),
			o.Add(12.5, 2))
		p.l.Rect(draw.Box(o.X+4, o.Y+4, 2.6, 4), 0, draw.Style{Fill: muted})
		p.l.Rect(draw.Box(o.X+7.6, o.Y+4, 2.6, 4), 0, draw.Style{Fill: muted})
	case lockGlyph:
		o := at.Add(0, -6.5)
		p.l.Rect(draw.Box(o.X+1.5, o.Y+5.5, 9, 6.5), 1.2, draw.Style{Fill: muted})
		p.l.Polyline(draw.Style{Stroke: muted, Width: 1.5}, o.Add(3.5, 5.5), o.Add(3.5, 3.8))
		p.l.Arc(o.Add(6, 3.8), 2.5, 0.75, 1.25, draw.Style{Stroke: muted, Width: 1.5})
		p.l.Polyline(draw.Style{Stroke: muted, Width: 1.5}, o.Add(8.5, 3.8), o.Add(8.5, 5.5))
	case crossGlyph:
		p.cross(at.Add(4.5, 0), 3.5, 2, draw.AlarmGlyph)
	case knownGlyph:
		p.l.Rect(draw.Box(at.X, at.Y-squareSize/2, squareSize, squareSize), 2, draw.Style{Fill: draw.Solid(draw.Text)})
	case leaderGlyph:
		p.l.Polygon(draw.Style{Fill: muted}, hexagon(at.Add(squareSize/2, 0), squareSize/2+0.5)...)
	case followerGlyph:
		p.l.Circle(at.Add(squareSize/2, 0), squareSize/2-1, draw.Style{Stroke: muted, Width: 1.5})
	case sheetGlyph:
		p.l.Polygon(draw.Style{Fill: draw.Solid(draw.Text)}, at.Add(4, -4.5), at.Add(sheetWidth, -4.5), at.Add(sheetWidth-4, 4.5), at.Add(0, 4.5))
	case hollowGlyph:
		p.l.Rect(inset(draw.Box(at.X, at.Y-squareSize/2, squareSize, squareSize), 0.5), 2, draw.Style{Stroke: draw.Solid(draw.Hair), Width: 1})
	}
}

// cross draws an ✗.
func (p *pen) cross(at draw.Point, half, stroke float32, color draw.Token) {
	s := draw.Style{Stroke: draw.Solid(color), Width: stroke}
	p.l.Polyline(s, at.Add(-half, -half), at.Add(half, half))
	p.l.Polyline(s, at.Add(half, -half), at.Add(-half, half))
}

// inset returns a rectangle whose stroke of the given width ends at the edge of r, as CSS borders do.
func inset(r draw.Rect, by float32) draw.Rect {
	return draw.Rect{Min: r.Min.Add(by, by), Max: r.Max.Add(-by, -by)}
}

// bubble draws words in quotation marks.
func (p *pen) bubble(left, top float32, text string) {
	box := draw.Box(left, top, bubbleWidth(text), bubbleHeight)
	p.l.Rect(inset(box, strokeRule/2.0), bubbleRadius, draw.Style{Fill: draw.Solid(draw.Panel),
		Stroke: draw.Solid(draw.Rule), Width: strokeRule})
	p.l.Text(draw.Point{X: left + bubblePadding + 1, Y: baseline(top+4, lineHeight, sizeBubble)}, quoted(text),
		draw.TextStyle{Font: draw.SansMedium, Size: sizeBubble, Color: draw.Solid(draw.Text)})
	p.take(box)
}

func quoted(text string) string { return "“" + text + "”" }

func bubbleWidth(text string) float32 {
	return ceil(width(draw.SansMedium, sizeBubble, quoted(text)) + 2*bubblePadding + 2)
}

// chip draws words in a frame; an alarm has a double one.
func (p *pen) chip(left, top float32, words []word, alarm bool) {
	box := draw.Box(left, top, chipWidth(words), chipHeight)
	if alarm {
		frame := draw.Style{Stroke: draw.Solid(draw.Alarm), Width: 1, Fill: draw.Solid(draw.Background)}
		p.l.Rect(inset(box, 0.5), chipRadius, frame)
		p.l.Rect(inset(box, 2.5), chipRadius-2, frame)
	} else {
		p.l.Rect(inset(box, strokeChip/2), chipRadius, draw.Style{Fill: draw.Solid(draw.Background),
			Stroke: draw.Solid(draw.Hair), Width: strokeChip})
	}
	p.line(left+chipPadding+strokeChip, top+3, words)
	p.take(box)
}

func chipWidth(words []word) float32 { return ceil(lineWidth(words) + 2*chipPadding + 2*strokeChip) }

// label sets free words and takes their place.
func (p *pen) label(left, top float32, words []word) {
	p.line(left, top, words)
	p.take(draw.Box(left, top, lineWidth(words), lineHeight))
}

// within moves a span of a width so that it lies on the canvas.
func (p *pen) within(left, span float32) float32 {
	return round(max(edge, min(left, p.size.X-edge-span)))
}

func ceil(x float32) float32  { return float32(math.Ceil(float64(x))) }
func round(x float32) float32 { return float32(math.Round(float64(x))) }
