package raster

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"math"
	"strconv"

	"tabletop/assets"
	"tabletop/render/draw"
)

// SVG writes a list of width × height CSS pixels as a picture of lines and text. It names the fonts and does not embed
// them; where they are missing the reader's own take their place.
func SVG(w io.Writer, l *draw.List, p assets.Palette, width, height int) error {
	s := svg{list: l, palette: p, screen: draw.Box(0, 0, float32(width), float32(height))}
	s.printf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n",
		width, height, width, height)
	s.patterns()
	s.printf("<rect width=\"100%%\" height=\"100%%\" fill=\"%s\"/>\n", assets.Hex(p[draw.Background]))
	for i := range l.Ops {
		s.op(&l.Ops[i])
	}
	s.unclip()
	s.printf("</svg>\n")
	if _, err := w.Write(s.out.Bytes()); err != nil {
		return fmt.Errorf("write SVG: %w", err)
	}
	return nil
}

// svg is a picture that is being written.
type svg struct {
	out     bytes.Buffer
	list    *draw.List
	palette assets.Palette
	screen  draw.Rect
	clips   int
	clipped bool
	points  []draw.Point
	dots    []draw.Point
}

func (s *svg) printf(format string, args ...any) { fmt.Fprintf(&s.out, format, args...) }

// number writes a length with at most three decimals.
func number(v float32) string {
	return strconv.FormatFloat(math.Round(float64(v)*1000)/1000, 'f', -1, 64)
}

// visible reports whether a colour paints anything.
func (s *svg) visible(c draw.Color) bool { return c.Opacity != 0 && s.palette[c.Token].A != 0 }

// paint returns the attributes that give a fill or stroke its colour.
func (s *svg) paint(attribute string, c draw.Color) string {
	if !s.visible(c) {
		return ""
	}
	text := fmt.Sprintf(" %s=\"%s\"", attribute, assets.Hex(s.palette[c.Token]))
	if c.Opacity != 255 {
		text += fmt.Sprintf(" %s-opacity=\"%s\"", attribute, number(float32(c.Opacity)/255))
	}
	return text
}

// patterns defines a hatching for each colour that the list hatches with.
func (s *svg) patterns() {
	var seen [draw.Tokens]bool
	for i := range s.list.Ops {
		c := s.list.Ops[i].Style.Hatch
		if seen[c.Token] || !s.visible(c) {
			continue
		}
		seen[c.Token] = true
		s.printf("<pattern id=\"hatch%d\" width=\"%[2]d\" height=\"%[2]d\" patternUnits=\"userSpaceOnUse\" "+
			"patternTransform=\"rotate(45)\"><path d=\"M0 0V%[2]dM%[2]d 0V%[2]d\" stroke=\"%[3]s\" "+
			"stroke-width=\"%[4]d\"/></pattern>\n",
			c.Token, draw.HatchPitch, assets.Hex(s.palette[c.Token]), draw.HatchWidth)
	}
}

// op writes one operation.
func (s *svg) op(op *draw.Op) {
	switch op.Kind {
	case draw.ClipOp:
		s.unclip()
		s.clips++
		s.printf("<clipPath id=\"clip%d\"><rect%s/></clipPath>\n<g clip-path=\"url(#clip%d)\">\n",
			s.clips, box(op.Rect), s.clips)
		s.clipped = true
	case draw.UnclipOp:
		s.unclip()
	case draw.TextOp:
		s.text(op)
	default:
		s.shape(op)
	}
}

// unclip ends a clip if there is one.
func (s *svg) unclip() {
	if s.clipped {
		s.printf("</g>\n")
		s.clipped = false
	}
}

// text writes a line of text.
func (s *svg) text(op *draw.Op) {
	if !s.visible(op.Text.Color) || op.String == "" {
		return
	}
	face, anchor := int(op.Text.Font), [...]string{"start", "middle", "end"}[op.Text.Align]
	generic := "system-ui,sans-serif"
	if op.Text.Font >= draw.MonoMedium {
		generic = "ui-monospace,monospace"
	}
	s.printf("<text x=\"%s\" y=\"%s\" text-anchor=\"%s\"%s", number(op.At.X), number(op.At.Y), anchor,
		s.paint("fill", op.Text.Color))
	s.printf(" font-family=\"%s,%s\" font-weight=\"%d\" font-size=\"%s\" xml:space=\"preserve\">",
		assets.Family(face), generic, assets.Weight(face), number(op.Text.Size))
	s.printf("%s</text>\n", html.EscapeString(op.String))
}

// shape writes a fill, its marks and its outline.
func (s *svg) shape(op *draw.Op) {
	style, outline := &op.Style, s.outline(op)
	line := ""
	if style.Width > 0 && s.visible(style.Stroke) {
		line = s.stroke(op)
	}
	closed := op.Kind == draw.RectOp || op.Kind == draw.CircleOp || op.Kind == draw.PolygonOp
	if !closed {
		if line != "" {
			s.printf("<%s fill=\"none\"%s/>\n", outline, line)
		}
		return
	}
	hatched, dotted := s.visible(style.Hatch), s.visible(style.Dots)
	fill := s.paint("fill", style.Fill)
	if fill == "" {
		fill = " fill=\"none\""
	}
	if !hatched && !dotted {
		s.printf("<%s%s%s/>\n", outline, fill, line)
		return
	}
	s.printf("<%s%s/>\n", outline, fill)
	if hatched {
		s.printf("<%s fill=\"url(#hatch%d)\" fill-opacity=\"%s\"/>\n",
			outline, style.Hatch.Token, number(float32(style.Hatch.Opacity)/255))
	}
	if dotted {
		s.dotted(op)
	}
	if line != "" {
		s.printf("<%s fill=\"none\"%s/>\n", outline, line)
	}
}

// stroke returns the attributes of a stroke.
func (s *svg) stroke(op *draw.Op) string {
	style := &op.Style
	text := s.paint("stroke", style.Stroke) + " stroke-width=\"" + number(style.Width) + "\""
	if op.Kind != draw.RectOp && op.Kind != draw.CircleOp {
		text += " stroke-linejoin=\"round\""
	}
	if style.Round {
		text += " stroke-linecap=\"round\""
	}
	if style.Dash.On > 0 && style.Dash.Off > 0 {
		text += fmt.Sprintf(" stroke-dasharray=\"%s %s\"", number(style.Dash.On), number(style.Dash.Off))
	}
	return text
}

// outline returns the name and geometry of the element for a shape.
func (s *svg) outline(op *draw.Op) string {
	switch op.Kind {
	case draw.RectOp:
		text := "rect" + box(op.Rect)
		if op.Radius > 0 {
			text += " rx=\"" + number(op.Radius) + "\""
		}
		return text
	case draw.CircleOp:
		return fmt.Sprintf("circle cx=\"%s\" cy=\"%s\" r=\"%s\"", number(op.At.X), number(op.At.Y), number(op.Radius))
	case draw.ArcOp:
		return arc(op)
	}
	text := "polyline points=\""
	if op.Kind == draw.PolygonOp {
		text = "polygon points=\""
	}
	for i, p := range s.list.Points[op.First : op.First+op.Count] {
		if i > 0 {
			text += " "
		}
		text += number(p.X) + "," + number(p.Y)
	}
	return text + "\""
}

// arc returns the element of an arc; a whole turn is two halves, for one arc cannot end where it began.
func arc(op *draw.Op) string {
	from, to := min(op.From, op.To), max(op.From, op.To)
	to = min(to, from+1)
	place := func(turn float32) string {
		sin, cos := math.Sincos(float64(turn) * 2 * math.Pi)
		return number(op.At.X+op.Radius*float32(sin)) + " " + number(op.At.Y-op.Radius*float32(cos))
	}
	r := number(op.Radius)
	return fmt.Sprintf("path d=\"M%sA%s %s 0 0 1 %sA%s %s 0 0 1 %s\"",
		place(from), r, r, place((from+to)/2), r, r, place(to))
}

// box returns the attributes of a rectangle.
func box(r draw.Rect) string {
	return fmt.Sprintf(" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"", number(min(r.Min.X, r.Max.X)),
		number(min(r.Min.Y, r.Max.Y)), number(abs(r.Max.X-r.Min.X)), number(abs(r.Max.Y-r.Min.Y)))
}

func abs(v float32) float32 { return max(v, -v) }

// dotted writes the dots in a shape.
func (s *svg) dotted(op *draw.Op) {
	s.points, _ = s.list.AppendOutline(s.points[:0], op, 1)
	if len(s.points) < 3 {
		return
	}
	s.dots = draw.AppendDots(s.dots[:0], s.points, s.screen, 1)
	s.printf("<g%s>", s.paint("fill", op.Style.Dots))
	for _, at := range s.dots {
		s.printf("<circle cx=\"%s\" cy=\"%s\" r=\"%s\"/>", number(at.X), number(at.Y), number(draw.DotRadius))
	}
	s.printf("</g>\n")
}
