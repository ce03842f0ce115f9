package drawtest

import "tabletop/render/draw"

// The size of one cell of Sheet and of the sheet.
const (
	Cell        = 48
	SheetWidth  = 6 * Cell
	SheetHeight = 4 * Cell
)

// Sheet draws every operation and style once, each in a cell of its own.
func Sheet(l *draw.List) {
	fill, line := draw.Solid(draw.Term(0)), draw.Solid(draw.Text)
	star := []draw.Point{
		{X: 24, Y: 4}, {X: 29, Y: 19}, {X: 44, Y: 24}, {X: 29, Y: 29},
		{X: 24, Y: 44}, {X: 19, Y: 29}, {X: 4, Y: 24}, {X: 19, Y: 19},
	}
	bend := []draw.Point{{X: 6, Y: 40}, {X: 14, Y: 8}, {X: 24, Y: 38}, {X: 42, Y: 10}}
	dash := draw.Dash{On: 5, Off: 4}
	styles := []draw.Style{
		{Fill: fill},
		{Stroke: line, Width: 2},
		{Stroke: line, Width: 1.5, Dash: dash},
		{Fill: draw.Fade(draw.Term(1), 0.5), Stroke: draw.Fade(draw.Text, 0.6), Width: 4},
		{Fill: draw.Solid(draw.PausedTerm(2)), Hatch: draw.Fade(draw.Muted, 0.55)},
		{Dots: draw.Solid(draw.Term(4)), Stroke: line, Width: 1.25, Dash: draw.Dash{On: 3, Off: 2}},
	}
	for i, s := range styles {
		x := float32(i * Cell)
		switch i % 3 {
		case 0:
			l.Rect(draw.Box(x+4.5, 8.25, 39, 31), 6, s)
		case 1:
			l.Circle(draw.Point{X: x + 24, Y: 24}, 17.5, s)
		default:
			l.Rect(draw.Box(x+6, 10, 36, 28), 0, s)
		}
		moved := make([]draw.Point, 0, len(star))
		for _, p := range star {
			moved = append(moved, p.Add(x, Cell))
		}
		l.Polygon(s, moved...)
	}
	for i, s := range []draw.Style{
		{Stroke: line, Width: 1}, {Stroke: line, Width: 2, Round: true}, {Stroke: fill, Width: 6},
		{Stroke: fill, Width: 5, Round: true}, {Stroke: line, Width: 2, Dash: dash},
		{Stroke: line, Width: 3, Dash: draw.Dash{On: 1, Off: 6}, Round: true},
	} {
		at := draw.Point{X: float32(i * Cell), Y: 2 * Cell}
		if i%2 == 0 {
			moved := make([]draw.Point, 0, len(bend))
			for _, p := range bend {
				moved = append(moved, p.Add(at.X, at.Y))
			}
			l.Polyline(s, moved...)
		} else {
			l.Arc(at.Add(24, 24), 16, 0.1*float32(i), 0.8+0.1*float32(i), s)
		}
	}
	texts(l)
}

// texts draws the bottom row of the sheet: faces, alignments and a clip.
func texts(l *draw.List) {
	for font := range draw.Fonts {
		l.Text(draw.Point{X: 4 + 22*float32(font), Y: 3*Cell + 20}, "Rg1",
			draw.TextStyle{Font: font, Size: 12, Color: draw.Solid(draw.Text)})
	}
	for align := range draw.Right + 1 {
		l.Text(draw.Point{X: 80, Y: 3*Cell + 34 + 6*float32(align)}, "“→✗✓”",
			draw.TextStyle{Font: draw.SansMedium, Size: 13, Align: align, Color: draw.Solid(draw.Muted)})
	}
	l.Clip(draw.Box(200, 3*Cell+8, 60, 24))
	l.Circle(draw.Point{X: 204, Y: 3*Cell + 20}, 20,
		draw.Style{Fill: draw.Solid(draw.Term(3)), Hatch: draw.Solid(draw.Ink)})
	l.Text(draw.Point{X: 210, Y: 3*Cell + 27}, "clipped",
		draw.TextStyle{Font: draw.SansBold, Size: 22, Color: draw.Solid(draw.Text)})
	l.Unclip()
	l.Circle(draw.Point{X: 275, Y: 3*Cell + 20}, 4, draw.Style{Fill: draw.Solid(draw.Alarm)})
}
