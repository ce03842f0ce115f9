package view

import (
	"strconv"

	"tabletop/engine/trace"
	"tabletop/render/draw"
)

// laneFrame is one picture of the lanes.
type laneFrame struct {
	*Lanes
	model               *Model
	pen                 *pen
	area                draw.Rect
	zoom                Zoom
	axis                Axis
	left, right, bottom float32 // of the lanes behind their names
	cursor              float32
	pitch, narrow       float32 // the height of a row, and of a client's
}

// Lanes draws the space-time lanes of the model's trace into an area of the canvas.
func (m *Model) Lanes(list *draw.List, l *Lanes, area draw.Rect, z Zoom) {
	f := laneFrame{Lanes: l, model: m, area: area, zoom: z, axis: l.Axis(area, z), left: area.Min.X + laneLeft,
		right: area.Max.X - margin, pen: &pen{l: list, size: area.Max}}
	f.narrow, f.pitch = l.pitches(area)
	f.bottom = min(area.Max.Y, f.top(len(l.rows)))
	f.cursor = round(float32(f.axis.X(m.At)))
	list.Clip(area)
	f.windows()
	f.scale()
	f.names()
	list.Unclip()
	list.Clip(draw.Rect{Min: draw.Point{X: f.left, Y: area.Min.Y + laneAxis}, Max: draw.Point{X: f.right, Y: area.Max.Y}})
	for i := f.clients; i < len(l.rows); i++ {
		f.bars(i)
	}
	if !m.lens() {
		f.messages()
	}
	f.reports()
	for i := f.clients; i < len(l.rows); i++ {
		f.labels(i)
	}
	for i := f.clients; i < len(l.rows); i++ {
		f.notches(i)
	}
	f.marks()
	f.veil()
	for i := f.clients; i < len(l.rows); i++ {
		f.tried(i)
	}
	for i := range f.clients {
		f.client(i)
	}
	if m.Asked {
		f.hide()
	}
	list.Unclip()
	f.line()
}

// pitches returns the heights of rows, a client's first: a little higher than the others' as long as there is room for
// all. Many clients share what the nodes leave, with one name.
func (l *Lanes) pitches(area draw.Rect) (client, other float32) {
	high, others := area.Max.Y-area.Min.Y-laneAxis-laneRest, float32(len(l.rows)-l.clients)
	other = min(laneMost, high/max(1, others+laneClient*float32(l.clients)))
	if other >= laneLeast || l.clients == 0 {
		return laneClient * other, other
	}
	other = min(laneMost, 0.65*high/max(1, others))
	return (high - other*others) / float32(l.clients), other
}

// Height returns how high the lanes want to be.
func (l *Lanes) Height() float32 {
	const enough = 4 // clients that want a row of their own
	return ceil(laneAxis + laneRest + laneMost*(float32(len(l.rows)-l.clients)+laneClient*float32(min(enough, l.clients))))
}

// top returns where a row begins.
func (f *laneFrame) top(row int) float32 {
	clients := min(row, f.clients)
	return f.area.Min.Y + laneAxis + f.narrow*float32(clients) + f.pitch*float32(row-clients)
}

// middle returns where the bar of a row lies; a client's has its words above it.
func (f *laneFrame) middle(row int) float32 {
	top, next := f.top(row), f.top(row+1)
	if f.rows[row].client && f.narrow >= 30 {
		return round(top + (next-top)*0.72)
	}
	return round((top + next) / 2)
}

// roomy reports whether a row has room for words above its bar.
func (f *laneFrame) roomy() bool { return f.pitch >= 30 }

// thick returns how high a leader's bar is.
func (f *laneFrame) thick() float32 { return min(10, f.pitch-4) }

// thin returns how high a client's bar is.
func (f *laneFrame) thin() float32 { return max(1.5, min(10, f.narrow-4, 0.6*f.narrow)) }

// hidden reports whether the lens of another node is on.
func (f *laneFrame) hidden(row int) bool {
	return f.model.lens() && f.rows[row].node != f.model.Selected
}

// x returns the place of an instant, at the edge where it is out of sight.
func (f *laneFrame) x(at trace.Time) float32 {
	return float32(max(float64(f.left)-laneOut, min(f.axis.X(at), float64(f.right)+laneOut)))
}

// laneOut is how far beyond the edge shapes reach that are cut there.
const laneOut = 24

// names writes the name of each row and marks the selected one.
func (f *laneFrame) names() {
	last := float32(-nameLeast) // the row named last
	for i := range f.rows {
		top, next := f.top(i), f.top(i+1)
		if i < f.clients && (f.narrow < laneLeast || f.asked > f.clients) {
			if i == 0 {
				f.pen.l.Text(draw.Point{X: f.area.Min.X + laneNames, Y: baseline(top, f.top(f.clients)-top, sizeSmall)},
					strconv.Itoa(f.asked)+" clients", draw.TextStyle{Font: draw.SansSemi, Size: sizeSmall, Color: draw.Solid(draw.Text)})
			}
			continue
		}
		if i > 0 && next-top >= nameLeast {
			f.pen.l.Rect(draw.Box(f.area.Min.X+laneNames, round(top), f.right-f.area.Min.X-laneNames, 1), 0,
				draw.Style{Fill: draw.Fade(draw.Rule, 0.6)})
		}
		s := draw.TextStyle{Font: draw.SansSemi, Size: sizeBubble, Color: draw.Solid(draw.Text)}
		if top < last+nameLeast && i >= f.clients {
			continue // the names of some tell where the others are
		}
		last = top
		if f.pitch < 18 {
			s.Size = sizeSmall
		}
		if f.hidden(i) {
			s.Color = draw.Solid(draw.Muted)
		}
		if f.rows[i].node == f.model.Selected && f.model.Selected != 0 {
			f.pen.l.Rect(draw.Box(f.area.Min.X+12, round(top)+4, 4, next-top-8), 0, draw.Style{Fill: draw.Solid(draw.Text)})
		}
		name := f.rows[i].name
		for runes := 12; width(s.Font, s.Size, name) > laneLeft-laneNames-8 && runes > 1; runes-- {
			name = clip(name, runes)
		}
		f.pen.l.Text(draw.Point{X: f.area.Min.X + laneNames, Y: baseline(top, next-top, s.Size)}, name, s)
	}
}

// windows lays the times with a stale leader behind all lanes.
func (f *laneFrame) windows() {
	if f.model.lens() {
		return
	}
	for i := range f.rows {
		f.visible(i, func(v Interval, from, to float32, _ trace.Time) {
			if v.Stale && to-from >= 1 {
				from, to = max(from, f.left), min(to, f.right)
				f.pen.l.Rect(draw.Box(from, f.area.Min.Y+laneAxis, to-from, f.bottom-f.area.Min.Y-laneAxis), 0,
					draw.Style{Fill: draw.Solid(draw.Panel)})
			}
		})
	}
}

// visible calls for the intervals of a row that can be seen, with their places and lengths. Of those that share a pixel
// only the first counts, so that the work is bounded by the width.
func (f *laneFrame) visible(row int, each func(v Interval, from, to float32, span trace.Time)) {
	f.within(f.rows[row].intervals, each)
}

// within does the same for any intervals.
func (f *laneFrame) within(list []Interval, each func(v Interval, from, to float32, span trace.Time)) {
	for i := max(0, at(list, f.axis.Time(float64(f.left)))); i < len(list); {
		v, end := list[i], f.trace.End()
		if i+1 < len(list) {
			end = list[i+1].From
		}
		from, to := f.x(v.From), f.x(end)
		if from > f.right {
			return
		}
		if f.model.lens() { // a process cannot know of its pause
			v.HasProcess = v.HasProcess && v.Process != trace.Paused
		}
		each(v, from, to, end-v.From)
		i++
		if to-from < 1 && i < len(list) {
			i = max(i, at(list, f.axis.Time(float64(from)+1)))
		}
	}
}

// color returns the colour of a node's term, muted where it is not known.
func (v Interval) color() draw.Token {
	if !v.HasTerm {
		return draw.Muted
	}
	return draw.Term(v.Term)
}

// bars draws what a node was.
func (f *laneFrame) bars(row int) {
	if f.hidden(row) {
		return
	}
	y := f.middle(row)
	f.visible(row, func(v Interval, from, to float32, _ trace.Time) {
		switch {
		case v.HasProcess && v.Process == trace.Crashed:
			f.pen.cross(draw.Point{X: from, Y: y}, 5, 2.4, draw.AlarmGlyph)
		case v.HasProcess && v.Process == trace.Paused:
			f.paused(v, from, to, y)
		case !v.HasRole && v.HasProcess && !f.rows[row].client:
			f.pen.l.Rect(draw.Box(from, y-0.75, max(to-from, 1), 1.5), 0, draw.Style{Fill: draw.Solid(draw.Muted)})
		case !v.HasRole:
		case v.Role == trace.Leader:
			f.leader(v, from, to, y)
		case v.Role == trace.Candidate:
			f.candidate(v, from, to, y)
		default:
			f.follower(v, from, to, y)
		}
	})
}

// bar draws a rectangle that may begin and end out of sight; inferred ones are dotted with a dashed outline.
func (f *laneFrame) bar(from, to, y, height float32, s draw.Style, guessed bool) {
	if guessed {
		ink := s.Fill
		if s.Hatch.Opacity == 0 {
			s.Dots, s.Fill = ink, draw.Color{}
		}
		s.Stroke, s.Width, s.Dash = ink, 1, draw.Dash{On: 3, Off: 2}
		if s.Hatch.Opacity != 0 {
			s.Stroke = draw.Solid(draw.Muted)
		}
	}
	box := draw.Box(from, y-height/2, max(to-from, 1), height)
	f.pen.l.Rect(box, 0, s)
	if guessed { // pale colours need it on a white ground
		f.pen.l.Rect(box, 0, draw.Style{Stroke: draw.Solid(draw.NodeLine), Width: 1, Dash: s.Dash})
	}
}

func (f *laneFrame) paused(v Interval, from, to, y float32) {
	s := draw.Style{Fill: draw.Solid(draw.Panel), Hatch: draw.Fade(draw.Muted, 0.55), Stroke: draw.Solid(draw.Hair), Width: 1}
	if v.HasRole && v.HasTerm {
		s.Fill = draw.Solid(draw.PausedTerm(v.Term))
	}
	f.bar(from, to, y, min(16, f.pitch-2), s, v.GuessedProcess)
}

func (f *laneFrame) leader(v Interval, from, to, y float32) {
	s := draw.Style{Fill: draw.Solid(v.color()), Stroke: draw.Solid(draw.NodeLine), Width: 2}
	switch {
	case v.GuessedRole:
		f.bar(from, to, y, f.thick(), s, true)
	case v.Stale:
		f.pen.l.Polygon(s, ragged(from, to, y)...)
	default:
		f.bar(from, to, y, f.thick(), s, false)
	}
	if v.HasTerm && v.Term/6%2 == 1 && !v.GuessedRole {
		f.pen.l.Rect(draw.Box(from, y-1, max(to-from, 1), 1.25), 0, draw.Style{Fill: draw.Fade(draw.Ink, 0.7)})
	}
}

// ragged returns a bar whose lower edge is torn.
func ragged(from, to, y float32) []draw.Point {
	const tooth, depth = 8, 5
	points := []draw.Point{{X: from, Y: y - 5}, {X: to, Y: y - 5}, {X: to, Y: y + 2}}
	for x := to - tooth/2; x > from; x -= tooth {
		points = append(points, draw.Point{X: x, Y: y + 2 + depth})
		if x-tooth/2 > from {
			points = append(points, draw.Point{X: x - tooth/2, Y: y + 2})
		}
	}
	return append(points, draw.Point{X: from, Y: y + 2})
}

// follower draws the thin line of a follower or the dashed one of a pre-candidate.
func (f *laneFrame) follower(v Interval, from, to, y float32) {
	s := draw.Style{Stroke: draw.Solid(v.color()), Width: 3}
	switch {
	case v.Role == trace.PreCandidate:
		s.Dash = draw.Dash{On: 7, Off: 4}
	case v.GuessedRole:
		s.Dash = draw.Dash{On: 2.5, Off: 2.5}
	default:
		f.bar(from, to, y, 3+casing, draw.Style{Fill: draw.Solid(draw.NodeLine)}, false)
		f.bar(from, to, y, 3, draw.Style{Fill: s.Stroke}, false)
		return
	}
	for _, line := range []draw.Style{{Stroke: draw.Solid(draw.NodeLine), Width: s.Width + casing, Dash: s.Dash}, s} {
		f.pen.l.Polyline(line, draw.Point{X: from, Y: y}, draw.Point{X: max(to, from+1), Y: y})
	}
}

func (f *laneFrame) candidate(v Interval, from, to, y float32) {
	const step, height = 6, 5
	points := []draw.Point{{X: from, Y: y}}
	side := float32(height)
	for x := from + step/2; x < to; x += step {
		points = append(points, draw.Point{X: x, Y: y - side})
		side = -side
	}
	if len(points) == 1 { // too short for a tooth
		points = []draw.Point{{X: from, Y: y + height}, {X: from, Y: y - height}}
	} else {
		points = append(points, draw.Point{X: to, Y: y})
	}
	s := draw.Style{Stroke: draw.Solid(v.color()), Width: 2.5, Round: true}
	if v.GuessedRole {
		s.Dash = draw.Dash{On: 2.5, Off: 2.5}
	}
	f.pen.l.Polyline(draw.Style{Stroke: draw.Solid(draw.NodeLine), Width: 2.5 + casing}, points...)
	f.pen.l.Polyline(s, points...)
}

// veil dims what lies in the future.
func (f *laneFrame) veil() { f.cover(draw.Fade(draw.Background, 0.42)) }

// hide covers what lies in the future.
func (f *laneFrame) hide() { f.cover(draw.Solid(draw.Background)) }

func (f *laneFrame) cover(paint draw.Color) {
	if from := max(f.cursor, f.left); from < f.right {
		f.pen.l.Rect(draw.Box(from, f.area.Min.Y+laneAxis, f.right-from, f.bottom-f.area.Min.Y-laneAxis), 0, draw.Style{Fill: paint})
	}
}

// line draws the cursor through all lanes.
func (f *laneFrame) line() {
	if f.cursor >= f.left-1 && f.cursor <= f.right+1 {
		f.pen.l.Rect(draw.Box(f.cursor-1, f.area.Min.Y+21, 2, f.bottom-f.area.Min.Y-21), 0,
			draw.Style{Fill: draw.Solid(draw.Text)})
	}
}
