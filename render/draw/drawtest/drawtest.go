// Package drawtest holds display lists for the tests of the backends: a stage as the product draws it, a crowd of
// messages, and a sheet with every operation and style.
//
// It is for tests and benchmarks only; the product never imports it.
//
//	var l draw.List
//	drawtest.Stage(&l)
package drawtest

import (
	"math"

	"tabletop/render/draw"
)

// The size that Stage and Crowd fill.
const (
	Width  = 860
	Height = 640
)

// Stage draws a stale leader, a paused one and a follower, with a lane of each below.
func Stage(l *draw.List) {
	links(l)
	leader(l, draw.Point{X: 340, Y: 288})
	paused(l, draw.Point{X: 520, Y: 176})
	follower(l, draw.Point{X: 700, Y: 288})
	client(l)
	words(l)
	lanes(l)
}

// links draws the links between the nodes and two messages in flight.
func links(l *draw.List) {
	a, b, c := draw.Point{X: 340, Y: 288}, draw.Point{X: 520, Y: 176}, draw.Point{X: 700, Y: 288}
	rule := draw.Style{Stroke: draw.Solid(draw.Rule), Width: 2}
	l.Polyline(rule, a, b)
	l.Polyline(rule, b, c)
	l.Polyline(rule, a, c)
	Message(l, draw.Point{X: 378, Y: 288}, draw.Point{X: 508.8, Y: 288}, 8, 4)
	Message(l, draw.Point{X: 377, Y: 265}, draw.Point{X: 425.5, Y: 234.8}, 6, 4)
	l.Polyline(draw.Style{Stroke: draw.Fade(draw.Term(0), 0.4), Width: 2, Dash: draw.Dash{On: 5, Off: 4}},
		draw.Point{X: 560, Y: 210}, draw.Point{X: 640, Y: 250}, draw.Point{X: 650, Y: 240})
}

// Message draws a message that flew from one point to another: trail, tail and head.
func Message(l *draw.List, from, to draw.Point, r float32, term uint32) {
	color := draw.Term(term)
	l.Polyline(draw.Style{Stroke: draw.Fade(color, 0.7), Width: 2}, from, to)
	dx, dy := float64(to.X-from.X), float64(to.Y-from.Y)
	long := math.Hypot(dx, dy)
	if long > 0 {
		x, y := float32(dx/long), float32(dy/long)
		l.Polygon(draw.Style{Fill: draw.Fade(color, 0.55)},
			to.Add(y*r*0.8, -x*r*0.8), to.Add(-x*r*2.5, -y*r*2.5), to.Add(-y*r*0.8, x*r*0.8))
	}
	l.Circle(to, r, draw.Style{Fill: draw.Solid(color)})
}

// hexagon returns a hexagon that stands on a corner.
func hexagon(at draw.Point, r float32) []draw.Point {
	x, y := r*float32(math.Sqrt(3)/2), r/2
	return []draw.Point{
		at.Add(0, -r), at.Add(x, -y), at.Add(x, y), at.Add(0, r), at.Add(-x, y), at.Add(-x, -y),
	}
}

// crown draws the crown above a leader's letter.
func crown(l *draw.List, at draw.Point, c draw.Color) {
	l.Polygon(draw.Style{Fill: c}, at.Add(-7.2, 4.5), at.Add(-7.2, -3.6), at.Add(-3.2, -0.4), at.Add(0, -5.4),
		at.Add(3.2, -0.4), at.Add(7.2, -3.6), at.Add(7.2, 4.5))
}

// letter draws the letter and the term of a node.
func letter(l *draw.List, at draw.Point, name, term string, c draw.Color, drop float32) {
	l.Text(at.Add(0, drop), name, draw.TextStyle{Font: draw.SansBold, Size: 22, Align: draw.Center, Color: c})
	l.Text(at.Add(0, drop+15), term, draw.TextStyle{Font: draw.MonoSemi, Size: 13, Align: draw.Center, Color: c})
}

// leader draws the stale leader: its right half torn, its ring open.
func leader(l *draw.List, at draw.Point) {
	yellow := draw.Solid(draw.Term(4))
	l.Polygon(draw.Style{Fill: draw.Solid(draw.Background)}, hexagon(at, 44)...)
	l.Polyline(draw.Style{Stroke: yellow, Width: 4}, at.Add(13.8, -30), at.Add(0, -38), at.Add(-32.9, -19),
		at.Add(-32.9, 19), at.Add(0, 38), at.Add(13.8, 30))
	points := []draw.Point{at.Add(0, -33), at.Add(17.1, -23.1)}
	for i := range 11 {
		points = append(points, at.Add(13.8+6.6*float32(i%2), -19.2+3.84*float32(i)))
	}
	points = append(points, at.Add(17.1, 23.1), at.Add(0, 33), at.Add(-28.6, 16.5), at.Add(-28.6, -16.5))
	l.Polygon(draw.Style{Fill: yellow}, points...)
	crown(l, at.Add(0, -17), draw.Solid(draw.Ink))
	letter(l, at, "A", "t4", draw.Solid(draw.Ink), 8)
}

// paused draws the paused leader: hatched, with its badge.
func paused(l *draw.List, at draw.Point) {
	text := draw.Solid(draw.Text)
	l.Polygon(draw.Style{Fill: draw.Solid(draw.Background)}, hexagon(at, 44)...)
	l.Polygon(draw.Style{Stroke: draw.Solid(draw.Muted), Width: 3}, hexagon(at, 38)...)
	l.Polygon(draw.Style{Fill: draw.Solid(draw.PausedTerm(0)), Hatch: draw.Fade(draw.Muted, 0.55)}, hexagon(at, 33)...)
	l.Polygon(draw.Style{Stroke: draw.Fade(draw.Text, 0.7), Width: 1.25}, hexagon(at, 28)...)
	crown(l, at.Add(0, -17), text)
	letter(l, at, "B", "t6", text, 8)
	badge := at.Add(32, -26.4)
	l.Circle(badge, 13, draw.Style{Fill: draw.Solid(draw.Background)})
	l.Circle(badge, 11, draw.Style{Fill: draw.Solid(draw.Muted)})
	for _, x := range []float32{-3, 3} {
		l.Polyline(draw.Style{Stroke: draw.Solid(draw.Background), Width: 2.6}, badge.Add(x, -4.5), badge.Add(x, 4.5))
	}
}

// follower draws a follower with its timer.
func follower(l *draw.List, at draw.Point) {
	l.Circle(at, 44, draw.Style{Fill: draw.Solid(draw.Background)})
	l.Circle(at, 38, draw.Style{Stroke: draw.Solid(draw.Rule), Width: 3})
	l.Arc(at, 38, 0.38, 1, draw.Style{Stroke: draw.Solid(draw.Muted), Width: 3, Round: true})
	l.Circle(at, 33, draw.Style{Fill: draw.Solid(draw.Term(0)), Stroke: draw.Solid(draw.NodeLine), Width: 2})
	l.Circle(at, 28, draw.Style{Stroke: draw.Fade(draw.Ink, 0.7), Width: 1.25})
	letter(l, at, "C", "t6", draw.Solid(draw.Ink), 3)
	dart := at.Add(-42.5, -26.4)
	l.Polygon(draw.Style{Fill: draw.Solid(draw.Muted)},
		dart.Add(7.4, -2.5), dart.Add(-6, -3.7), dart.Add(1, 7.7), dart.Add(1.7, 1))
}

// client draws the client and the answer it got.
func client(l *draw.List) {
	l.Rect(draw.Box(32, 268, 128, 40), 20,
		draw.Style{Fill: draw.Solid(draw.Panel), Stroke: draw.Solid(draw.Hair), Width: 1.5})
	l.Text(draw.Point{X: 96, Y: 293}, "Client",
		draw.TextStyle{Font: draw.SansSemi, Size: 15, Align: draw.Center, Color: draw.Solid(draw.Text)})
	l.Rect(draw.Box(162, 287, 34, 18), 9,
		draw.Style{Fill: draw.Solid(draw.Background), Stroke: draw.Solid(draw.Term(4)), Width: 2})
	cross := draw.Style{Stroke: draw.Solid(draw.AlarmGlyph), Width: 2, Round: true}
	l.Polyline(cross, draw.Point{X: 175.5, Y: 292.5}, draw.Point{X: 182.5, Y: 299.5})
	l.Polyline(cross, draw.Point{X: 182.5, Y: 292.5}, draw.Point{X: 175.5, Y: 299.5})
	for i := range 3 {
		l.Rect(draw.Box(450, 165+8*float32(i), 22, 5), 1, draw.Style{Fill: draw.Solid(draw.Muted)})
	}
}

// words draws bubbles, a chip and shelf rows.
func words(l *draw.List) {
	white := draw.Solid(draw.Text)
	l.Text(draw.Point{X: 32, Y: 72}, "Omniscient view", draw.TextStyle{Font: draw.SansSemi, Size: 13, Color: white})
	l.Text(draw.Point{X: 144, Y: 72}, "hold V to see what A believes",
		draw.TextStyle{Font: draw.Sans, Size: 13, Color: draw.Solid(draw.Muted)})
	l.Rect(draw.Box(210, 340, 121, 26), 8,
		draw.Style{Fill: draw.Solid(draw.Panel), Stroke: draw.Solid(draw.Rule), Width: 1})
	l.Text(draw.Point{X: 270.5, Y: 357.5}, "“I lead term 4.”",
		draw.TextStyle{Font: draw.SansMedium, Size: 14, Align: draw.Center, Color: white})
	l.Rect(draw.Box(293.75, 376.75, 93, 21), 4,
		draw.Style{Stroke: draw.Solid(draw.Muted), Width: 1.5, Dash: draw.Dash{On: 4, Off: 3}})
	l.Text(draw.Point{X: 350, Y: 392}, "table-0",
		draw.TextStyle{Font: draw.MonoMedium, Size: 13, Align: draw.Center, Color: white})
	l.Rect(draw.Box(264, 403, 152, 20), 4, draw.Style{Stroke: draw.Solid(draw.Muted), Width: 2})
	l.Text(draw.Point{X: 407, Y: 418}, "term 4 log 3513",
		draw.TextStyle{Font: draw.MonoBold, Size: 13, Align: draw.Right, Color: white})
	l.Rect(draw.Box(493, 260, 26, 17), 3, draw.Style{Fill: draw.Solid(draw.Term(5))})
	l.Text(draw.Point{X: 506, Y: 273}, "t5",
		draw.TextStyle{Font: draw.MonoBold, Size: 12, Align: draw.Center, Color: draw.Solid(draw.White)})
}

// lanes draws a paused bar, a torn one, a zig-zag and an inferred stretch, cut to the lanes.
func lanes(l *draw.List) {
	l.Clip(draw.Box(24, 484, 812, 140))
	l.Rect(draw.Box(0, 484, 860, 172), 0, draw.Style{Fill: draw.Solid(draw.Background)})
	for i := range 4 {
		y := 484 + 36*float32(i)
		l.Rect(draw.Box(24, y, 812, 1), 0, draw.Style{Fill: draw.Solid(draw.Rule)})
	}
	l.Rect(draw.Box(-40, 496, 361.3, 16), 0, draw.Style{Fill: draw.Solid(draw.PausedTerm(4)),
		Hatch: draw.Fade(draw.Muted, 0.55), Stroke: draw.Solid(draw.Muted), Width: 1})
	torn := []draw.Point{{X: 340, Y: 533}}
	for i := range 81 {
		torn = append(torn, draw.Point{X: 340 + 5*float32(i), Y: 543 - 4*float32(i%2)})
	}
	l.Polygon(draw.Style{Fill: draw.Solid(draw.Term(4))}, append(torn, draw.Point{X: 740, Y: 533})...)
	zigzag := make([]draw.Point, 0, 24)
	for i := range 24 {
		zigzag = append(zigzag, draw.Point{X: 60 + 6*float32(i), Y: 570 + 8*float32(i%2)})
	}
	l.Polyline(draw.Style{Stroke: draw.Solid(draw.Term(5)), Width: 2.5}, zigzag...)
	l.Rect(draw.Box(240, 565, 220, 16), 0, draw.Style{Dots: draw.Solid(draw.Term(0)),
		Stroke: draw.Solid(draw.Muted), Width: 1.25, Dash: draw.Dash{On: 3, Off: 2}})
	l.Polyline(draw.Style{Stroke: draw.Solid(draw.Term(0)), Width: 3}, draw.Point{X: 470, Y: 573}, draw.Point{X: 900, Y: 573})
	l.Polyline(draw.Style{Stroke: draw.Fade(draw.Term(0), 0.6), Width: 2, Dash: draw.Dash{On: 5, Off: 4}},
		draw.Point{X: 600, Y: 640}, draw.Point{X: 756.4, Y: 582})
	l.Text(draw.Point{X: 170, Y: 508},
		"paused 6.463 s, clipped at both ends of the lane, so that glyphs are cut as well as bars are, and so on",
		draw.TextStyle{Font: draw.SansSemi, Size: 13, Color: draw.Solid(draw.Text)})
	l.Unclip()
	l.Text(draw.Point{X: 24, Y: 500}, "A", draw.TextStyle{Font: draw.SansSemi, Size: 14, Color: draw.Solid(draw.Text)})
}

// Crowd draws a ring of masters, a row of servers and n messages between them; phase moves the messages on.
func Crowd(l *draw.List, n int, phase float32) {
	l.Reset()
	for i := range 20 {
		x, y := 30+200*float32(i%4), 360+52*float32(i/4)
		l.Rect(draw.Box(x, y, 190, 46), 10,
			draw.Style{Fill: draw.Solid(draw.Panel), Stroke: draw.Solid(draw.Rule), Width: 1})
		l.Text(draw.Point{X: x + 12, Y: y + 20}, "ts-"+string(rune('a'+i)),
			draw.TextStyle{Font: draw.SansSemi, Size: 14, Color: draw.Solid(draw.Text)})
		for t := range 8 {
			l.Circle(draw.Point{X: x + 14 + 20*float32(t), Y: y + 34}, 7.5,
				draw.Style{Stroke: draw.Solid(draw.Term(uint32(t))), Width: 2})
		}
	}
	for i := range 5 {
		sin, cos := math.Sincos(float64(i) / 5 * 2 * math.Pi)
		at := draw.Point{X: 430 + 150*float32(sin), Y: 180 - 150*float32(cos)}
		if i == 1 {
			paused(l, at)
		} else {
			follower(l, at)
		}
	}
	for i := range n {
		sin, cos := math.Sincos(float64(i) * 2.399963)
		far := 60 + float32(i%40)*6
		way := phase + float32(i%97)/97
		way -= float32(int(way))
		from := draw.Point{X: 430, Y: 300}
		to := from.Add(float32(cos)*far*(0.2+way), float32(sin)*far*(0.2+way))
		Message(l, from.Add(float32(cos)*20, float32(sin)*20), to, 6, uint32(i))
		if i%4 == 0 {
			l.Rect(draw.Box(to.X-11, to.Y-24, 22, 15), 3, draw.Style{Fill: draw.Solid(draw.Term(uint32(i)))})
			l.Text(to.Add(0, -12), "t6", draw.TextStyle{Font: draw.MonoBold, Size: 12, Align: draw.Center,
				Color: draw.Solid(draw.TermInk(uint32(i)))})
		}
	}
}
