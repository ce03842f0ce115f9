// Package draw is the display list: what to paint, in which order, in colour tokens and CSS pixels.
//
// It never paints, measures text or knows what a node is. Backends (raster, mesh) read the list; package view writes it.
//
//	var l draw.List
//	l.Circle(draw.Point{X: 340, Y: 288}, 33, draw.Style{Fill: draw.Solid(draw.Term(4))})
//	l.Text(draw.Point{X: 340, Y: 296}, "A", draw.TextStyle{Font: draw.SansBold, Size: 22, Align: draw.Center, Color: draw.Solid(draw.Ink)})
package draw

// Point is a place in CSS pixels, y downwards.
type Point struct{ X, Y float32 }

// Add returns p moved by (x, y).
func (p Point) Add(x, y float32) Point { return Point{p.X + x, p.Y + y} }

// Rect is an axis-parallel rectangle.
type Rect struct{ Min, Max Point }

// Box returns the rectangle at (x, y) with the given width and height.
func Box(x, y, w, h float32) Rect { return Rect{Point{x, y}, Point{x + w, y + h}} }

// Contains reports whether p lies in r, the upper and left edge included.
func (r Rect) Contains(p Point) bool {
	return p.X >= r.Min.X && p.X < r.Max.X && p.Y >= r.Min.Y && p.Y < r.Max.Y
}

// Token names a colour; a palette (dark or light) gives it a value.
type Token uint8

// The tokens of the visual reference. The six term colours and their paused fills follow in blocks.
const (
	None Token = iota
	Background
	Panel
	Raise
	Rule
	Hair
	Text
	Muted
	Ink
	Alarm
	AlarmGlyph
	NodeLine // the outline around every term fill; transparent in the dark palette
	White
	term0
	paused0 = term0 + 6
	Tokens  = paused0 + 6 // how many there are
)

// Term returns the token of a term's colour.
func Term(t uint32) Token { return term0 + Token(t%6) }

// PausedTerm returns the token of a term's colour in a paused node.
func PausedTerm(t uint32) Token { return paused0 + Token(t%6) }

// TermInk returns the token for words on a term's colour.
func TermInk(t uint32) Token {
	if t%6 == 5 {
		return White
	}
	return Ink
}

// Color is a token with an opacity from 0 to 255. The zero value paints nothing.
type Color struct {
	Token   Token
	Opacity uint8
}

// Solid returns an opaque colour.
func Solid(t Token) Color { return Color{t, 255} }

// Fade returns a token with an opacity from 0 to 1.
func Fade(t Token, opacity float32) Color { return Color{t, uint8(opacity*255 + 0.5)} }

// Dash is the rhythm of a stroke: On pixels drawn, Off pixels left out. The zero value is a solid stroke.
type Dash struct{ On, Off float32 }

// Style says how a shape is filled and outlined. Hatch lays 45° lines over the fill (pitch 7, width 2), Dots lays dots
// over it (pitch 5): the marks of what was paused and of what was inferred. Strokes lie centred on the outline; their
// joins are round, but for the corners of a rectangle. Round ends open strokes and dashes in half circles.
type Style struct {
	Fill   Color
	Stroke Color
	Width  float32
	Dash   Dash
	Hatch  Color
	Dots   Color
	Round  bool
}

// Font is one of the embedded faces.
type Font uint8

// The faces: Inter in four weights and JetBrains Mono in three.
const (
	Sans Font = iota
	SansMedium
	SansSemi
	SansBold
	MonoMedium
	MonoSemi
	MonoBold
	Fonts // how many there are
)

// Align says which point of a text stands at its position. The vertical position is always the baseline.
type Align uint8

// The alignments.
const (
	Left Align = iota
	Center
	Right
)

// TextStyle says how a run of text is set. Size is in CSS pixels, at least 12.
type TextStyle struct {
	Font  Font
	Size  float32
	Align Align
	Color Color
}

// Kind is the kind of an operation.
type Kind uint8

// The kinds of operation. The points of Polygon and Polyline stand in List.Points.
const (
	RectOp     Kind = iota // Rect, Radius
	CircleOp               // At, Radius
	ArcOp                  // At, Radius, From, To: an open stroke, clockwise from the top, in turns
	PolygonOp              // First, Count
	PolylineOp             // First, Count; stroked only
	TextOp                 // At, String
	ClipOp                 // Rect: what follows is cut to it, until the next UnclipOp
	UnclipOp
)

// Op is one operation.
type Op struct {
	Kind   Kind
	Style  Style
	Text   TextStyle
	Rect   Rect
	At     Point
	Radius float32
	From   float32
	To     float32
	First  int
	Count  int
	String string
}

// List is a display list. The zero value is empty and ready to use; Reset keeps its memory.
//
// Its methods are called from hundreds of places and are not inlined: each copy of an operation's fields would cost a
// reader of the page a hundred bytes to load.
type List struct {
	Ops    []Op
	Points []Point
}

// Reset empties the list.
func (l *List) Reset() { l.Ops, l.Points = l.Ops[:0], l.Points[:0] }

// Rect paints a rectangle with rounded corners.
//
//go:noinline
func (l *List) Rect(r Rect, radius float32, s Style) {
	l.Ops = append(l.Ops, Op{Kind: RectOp, Rect: r, Radius: radius, Style: s})
}

// Circle paints a disc or ring.
//
//go:noinline
func (l *List) Circle(at Point, radius float32, s Style) {
	l.Ops = append(l.Ops, Op{Kind: CircleOp, At: at, Radius: radius, Style: s})
}

// Arc strokes a part of a circle, clockwise; from and to are turns counted from the top.
//
//go:noinline
func (l *List) Arc(at Point, radius, from, to float32, s Style) {
	l.Ops = append(l.Ops, Op{Kind: ArcOp, At: at, Radius: radius, From: from, To: to, Style: s})
}

// Polygon paints a closed shape; it may be concave but must not cross itself.
//
//go:noinline
func (l *List) Polygon(s Style, points ...Point) {
	l.Ops = append(l.Ops, Op{Kind: PolygonOp, First: len(l.Points), Count: len(points), Style: s})
	l.Points = append(l.Points, points...)
}

// Polyline strokes an open line with round joins.
//
//go:noinline
func (l *List) Polyline(s Style, points ...Point) {
	l.Ops = append(l.Ops, Op{Kind: PolylineOp, First: len(l.Points), Count: len(points), Style: s})
	l.Points = append(l.Points, points...)
}

// Text sets one line of text; at is on the baseline.
//
//go:noinline
func (l *List) Text(at Point, text string, s TextStyle) {
	l.Ops = append(l.Ops, Op{Kind: TextOp, At: at, String: text, Text: s})
}

// Clip cuts what follows to a rectangle. Clips do not nest.
func (l *List) Clip(r Rect) { l.Ops = append(l.Ops, Op{Kind: ClipOp, Rect: r}) }

// Unclip ends the clip.
func (l *List) Unclip() { l.Ops = append(l.Ops, Op{Kind: UnclipOp}) }
