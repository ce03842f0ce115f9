package view

import (
	"maps"
	"slices"
	"sort"

	"tabletop/engine/trace"
	"tabletop/render/draw"
)

// labels prints the terms beside their colours and says what is not a mere role.
func (f *laneFrame) labels(row int) {
	if f.hidden(row) || f.pitch < lineHeight {
		return
	}
	y, last := f.middle(row), uint32(0)
	edge := f.left
	f.visible(row, func(v Interval, from, to float32, span trace.Time) {
		from, to = max(from, edge), min(to, f.right)
		crashed := v.HasProcess && v.Process == trace.Crashed
		if crashed {
			words := "crashed"
			if lost := f.rows[row].lost[v.From]; lost != "" {
				words += ", " + lost + " lost"
			}
			f.remark(draw.Point{X: from + 12, Y: y}, to, words)
			last = 0
			return
		}
		if v.HasRole && v.HasTerm && v.Term != 0 && v.Term != last && to-from >= lineHeight {
			if t := tagOf(v.Term); to-from >= t.width()+10 {
				f.pen.tag(from, y-lineHeight/2, t)
				last, edge = v.Term, from+t.width()+4
				from = edge
			}
		}
		switch {
		case v.HasProcess && v.Process == trace.Paused:
			words := "paused " + Duration(span)
			if v.GuessedProcess {
				words += ", inferred"
			}
			f.plaque(from, to, y, words)
		case v.Stale:
			f.dimension(from, to, y, span)
		}
	})
}

func laneStyle(color draw.Token) draw.TextStyle {
	return draw.TextStyle{Font: draw.SansMedium, Size: sizeSmall, Color: draw.Solid(color)}
}

// remark writes muted words where they end before the given place.
func (f *laneFrame) remark(at draw.Point, to float32, words string) {
	s := laneStyle(draw.Muted)
	if span := width(s.Font, s.Size, words); at.X+span <= to {
		f.pen.l.Rect(draw.Box(at.X-2, at.Y-7.5, span+4, 15), 0, draw.Style{Fill: draw.Solid(draw.Background)})
		f.pen.l.Text(draw.Point{X: at.X, Y: at.Y + 4}, words, s)
	}
}

// beside returns where the middle of words should stand in a bar: in its own, but not on the cursor's line.
func (f *laneFrame) beside(from, to, span float32) float32 {
	const gap = 8
	middle := (from + to) / 2
	if abs(middle-f.cursor) < span/2+gap {
		for _, m := range []float32{f.cursor - span/2 - gap, f.cursor + span/2 + gap} {
			if m-span/2 >= from && m+span/2 <= to {
				return round(m)
			}
		}
	}
	return round(middle)
}

// plaque writes words into the middle of a bar, on a ground of their own.
func (f *laneFrame) plaque(from, to, y float32, words string) {
	s := laneStyle(draw.Text)
	s.Font, s.Align = draw.SansSemi, draw.Center
	span := width(s.Font, s.Size, words) + 16
	if to-from < span+16 {
		return
	}
	middle := f.beside(from, to, span)
	f.pen.l.Rect(draw.Box(middle-span/2, y-7.5, span, 15), 0, draw.Style{Fill: draw.Solid(draw.Background)})
	f.pen.l.Text(draw.Point{X: middle, Y: y + 4}, words, s)
}

// dimension writes how long a stale leader ran above its bar, between two arrows.
func (f *laneFrame) dimension(from, to, y float32, span trace.Time) {
	words, s := "stale "+Duration(span), laneStyle(draw.Text)
	s.Font, s.Align = draw.SansSemi, draw.Center
	w := width(s.Font, s.Size, words) + 12
	if to-from < w+24 || !f.roomy() {
		return
	}
	y -= 11
	middle, line := f.beside(from, to, w), draw.Style{Stroke: draw.Solid(draw.Muted), Width: 1}
	for _, side := range []float32{-1, 1} {
		tip := (from+to)/2 + side*(to-from)/2
		f.pen.l.Polyline(line, draw.Point{X: middle + side*w/2, Y: y}, draw.Point{X: tip, Y: y})
		f.pen.l.Polyline(line, draw.Point{X: tip - side*5, Y: y - 3}, draw.Point{X: tip, Y: y}, draw.Point{X: tip - side*5, Y: y + 3})
	}
	f.pen.l.Rect(draw.Box(middle-w/2, y-7, w, 14), 0, draw.Style{Fill: draw.Solid(draw.Panel)})
	f.pen.l.Text(draw.Point{X: round(middle), Y: y + 4}, words, s)
}

// client draws the operations of a client, its verdict and its pauses.
func (f *laneFrame) client(row int) {
	if f.hidden(row) {
		return
	}
	y := f.middle(row)
	f.visible(row, func(v Interval, from, to float32, _ trace.Time) {
		switch {
		case v.HasProcess && v.Process == trace.Paused:
			f.bar(from, to, y, max(1, min(16, f.narrow-2)), draw.Style{Fill: draw.Solid(draw.Panel), Hatch: draw.Fade(draw.Muted, 0.55),
				Stroke: draw.Solid(draw.Hair), Width: 1}, v.GuessedProcess)
		case v.HasProcess && v.Process == trace.Crashed:
			f.pen.cross(draw.Point{X: from, Y: y}, 5, 2.4, draw.AlarmGlyph)
		}
	})
	f.verdict(row, y)
	ops, open := f.rows[row].ops, f.rows[row].open
	first := f.firstOp(ops)
	if open < len(ops) && f.x(ops[open].call) <= f.right {
		f.unanswered(f.x(ops[open].call), y)
	}
	for i := first; i < len(ops) && f.x(ops[i].call) <= f.right; {
		from := f.x(ops[i].call)
		to := f.operation(ops[i], from, y)
		i++
		if to-from < 1 && from >= f.left { // of the others in this pixel only the last can reach out of it
			next := f.axis.Time(float64(from) + 1)
			i += max(0, sort.Search(len(ops)-i, func(j int) bool { return ops[i+j].call >= next })-1)
		}
	}
	wrong := f.wrong(row)
	for _, o := range wrong { // once more: nothing may cover them
		f.operation(o, f.x(o.call), y)
	}
	if f.narrow < 30 {
		return
	}
	f.pen.take(draw.Box(f.cursor-2, y-22, 4, 15)) // words do not stand on the cursor's line
	for _, o := range wrong {
		f.opWords(o, y)
	}
	for _, o := range ops[first:min(len(ops), first+mostWords)] {
		if !f.model.Illegal[o.end] {
			f.opWords(o, y)
		}
	}
}

// mostWords bounds for how many operations of a client a frame looks for room.
const mostWords = 100

// wrong returns the operations of a client whose answers contradict earlier ones.
func (f *laneFrame) wrong(row int) []operation {
	var found []operation
	for _, end := range slices.Sorted(maps.Keys(f.model.Illegal)) { // in order: equal arguments give equal lists
		e := &f.trace.Events[end]
		if f.row(e.Node) == row && e.Cause >= 0 {
			found = append(found, operation{f.trace.Events[e.Cause].At, e.At, e.Cause, end})
		}
	}
	return found
}

// firstOp returns the first operation that may be in sight; of those that overlap, a few are looked back for.
func (f *laneFrame) firstOp(ops []operation) int {
	at := f.axis.Time(float64(f.left))
	i := sort.Search(len(ops), func(i int) bool { return ops[i].call >= at })
	return max(0, i-8)
}

// unanswered draws what begins with the first operation without an answer and never ends.
func (f *laneFrame) unanswered(from, y float32) {
	f.pen.l.Rect(draw.Box(from, y-f.thin()/2, f.right+laneOut-from, f.thin()), 0,
		draw.Style{Stroke: draw.Solid(draw.Muted), Width: strokeChip, Dash: draw.Dash{On: 5, Off: 4}})
}

// operation draws a bar from call to return, or only the call, and returns where it ends.
func (f *laneFrame) operation(o operation, from, y float32) float32 {
	if o.end == trace.NoEvent {
		f.pen.l.Rect(draw.Box(from, y-f.thin()/2, strokeChip, f.thin()), 0, draw.Style{Fill: draw.Solid(draw.Muted)})
		return from
	}
	s, to := draw.Style{Fill: draw.Solid(draw.Muted)}, f.x(o.done)
	if f.model.Illegal[o.end] {
		s.Fill = draw.Solid(draw.Alarm)
	}
	f.pen.l.Rect(draw.Box(from, y-f.thin()/2, max(2, to-from-1), f.thin()), 0, s)
	return to
}

// opWords writes an operation and, once it is known, what became of it above its bar, where there is room.
func (f *laneFrame) opWords(o operation, y float32) {
	from, to := max(f.x(o.call), f.left), f.right
	if o.end != trace.NoEvent {
		to = f.x(o.done)
	}
	if to < f.left || from >= f.right {
		return
	}
	s := laneStyle(draw.Text)
	words, result := f.told(o)
	words = clip(words, 24)
	done := o.end != trace.NoEvent && o.done <= f.model.At
	switch {
	case done && result == "OK":
		words += " ✓"
	case done:
		words += ": " + clip(result, 16)
	default:
		s.Color = draw.Solid(draw.Muted)
	}
	wrong := done && f.model.Illegal[o.end]
	if wrong {
		s.Font = draw.SansSemi
	}
	span := width(s.Font, s.Size, words)
	for _, left := range []float32{from, to - span - 9, (from + to - span) / 2} {
		left = max(f.left, min(left, f.right-span))
		if !f.label(left, y, words, s) {
			continue
		}
		if after := max(to, left+span) + 12; wrong && f.label(after+14, y, "Illegal from here", s) {
			f.pen.cross(draw.Point{X: after + 5, Y: y - 14}, 3.5, 2, draw.AlarmGlyph)
		}
		return
	}
}

// label writes words above a bar if nothing stands there.
func (f *laneFrame) label(left, y float32, words string, s draw.TextStyle) bool {
	box := draw.Box(left-5, y-22, width(s.Font, s.Size, words)+10, 15)
	if box.Max.X > f.right+6 || !f.pen.free(box) {
		return false
	}
	f.pen.take(box)
	f.pen.l.Text(draw.Point{X: round(left), Y: y - 10}, words, s)
	return true
}

// verdict draws the line that ties the operations of one client together: one as long as every answer was legal, two after one
// that was not.
func (f *laneFrame) verdict(row int, y float32) {
	r := &f.rows[row]
	if len(r.ops) == 0 {
		return
	}
	if f.narrow < 8 || r.node == 0 { // the bars alone tell it
		return
	}
	first, wrong := f.x(r.ops[0].call), f.right
	for e := range f.model.Illegal {
		if f.row(f.trace.Events[e].Node) == row {
			wrong = min(wrong, f.x(f.trace.Events[e].At))
		}
	}
	f.pen.l.Rect(draw.Box(first, y-1, max(0, wrong-first), 2), 0, draw.Style{Fill: draw.Solid(draw.Rule)})
	for _, by := range []float32{-3, 1} {
		f.pen.l.Rect(draw.Box(wrong, y+by, max(0, f.right-wrong), 2), 0, draw.Style{Fill: draw.Solid(draw.Alarm)})
	}
}
