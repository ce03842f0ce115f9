package view

import (
	"slices"

	"tabletop/engine/trace"
	"tabletop/render/draw"
)

const (
	messagePixels = 4    // a message for every so many pixels at most
	toldApart     = 7    // from one upright line of a report to the next
	messageSearch = 4096 // how far from the cursor messages of the selected node are looked for
	messageBack   = 64   // how many sends before the left edge may still arrive behind it
)

// messages draws the messages: all of them where they fit, else without heartbeats, else those near the cursor. Of the
// old ones, which are never thinned, and of those under way at the cursor nothing is left out.
func (f *laneFrame) messages() {
	room := max(0, int((f.right-f.left)/messagePixels))
	calls, beats := f.inSight(f.calls), f.inSight(f.beats)
	switch {
	case len(calls)+len(beats) <= room:
		f.each(beats, true)
		f.each(calls, false)
	case len(calls) <= room:
		f.each(f.near(beats, room-len(calls)), true)
		f.each(calls, false)
	default:
		f.each(f.near(calls, room), false)
	}
	flights := f.model.Cursor.Flights()
	for _, v := range flights[:min(room, len(flights))] {
		if f.trace.Events[v.Send].At < f.axis.Time(float64(f.left)) {
			f.message(v.Send)
		}
	}
	f.old(f.inSight(f.stale))
}

// inSight returns the sends of a list that may be seen.
func (f *laneFrame) inSight(list []trace.EventID) []trace.EventID {
	from := f.sent(list, f.axis.Time(float64(f.left)))
	to := f.sent(list, f.axis.Time(float64(f.right))+1)
	return list[max(0, from-messageBack):to]
}

// near returns so many sends around the cursor, those of the selected node if there is one.
func (f *laneFrame) near(list []trace.EventID, room int) []trace.EventID {
	at := f.sent(list, f.model.At)
	low, high := max(0, at-messageSearch), min(len(list), at+messageSearch)
	if f.model.Selected == 0 {
		low, high = max(0, at-room/2), min(len(list), at+room/2)
		return list[low:high]
	}
	var own []trace.EventID
	for _, send := range list[low:high] {
		if e := &f.trace.Events[send]; e.Node == f.model.Selected || e.Peer == f.model.Selected {
			own = append(own, send)
		}
	}
	at, _ = slices.BinarySearch(own, list[min(at, len(list)-1)])
	return own[max(0, at-room/2):min(len(own), at+room/2)]
}

// each draws messages but the old ones, which are drawn apart.
func (f *laneFrame) each(list []trace.EventID, beats bool) {
	next := map[trace.NodeID]trace.Time{} // when the next report to a master can be told from the last
	for _, send := range list {
		if _, old := slices.BinarySearch(f.stale, send); old {
			continue
		}
		if f.steep(send, beats) { // but a report tells to which master it went
			e := &f.trace.Events[send]
			if _, told := slices.BinarySearch(f.carrying, send); !told || e.At < next[e.Peer] {
				continue
			}
			next[e.Peer] = f.axis.Time(f.axis.X(e.At) + toldApart)
		}
		f.message(send)
	}
}

// old draws messages that were older than their receiver's term; of very many in one pixel only a few, which fill it.
func (f *laneFrame) old(list []trace.EventID) {
	const most = 8
	for i, same := 0, 0; i < len(list); same++ {
		f.message(list[i])
		next := f.axis.Time(f.axis.X(f.trace.Events[list[i]].At) + 1)
		i++
		if i < len(list) && f.trace.Events[list[i]].At >= next {
			same = -1
		} else if same >= most {
			i, same = max(i, f.sent(list, next)), -1
		}
	}
}

// message draws one message from its sender's lane to its receiver's.
func (f *laneFrame) message(send trace.EventID) {
	e := &f.trace.Events[send]
	from, to := f.row(e.Node), f.row(e.Peer)
	if from < 0 || to < 0 || from == to {
		return
	}
	end, lost := f.trace.End(), false
	arrival := f.trace.Arrival(send)
	if arrival != trace.NoEvent {
		end, lost = f.trace.Events[arrival].At, f.trace.Events[arrival].Kind == trace.Drop
	}
	const rim = 5 // half a leader's bar
	y0, y1 := f.middle(from), f.middle(to)
	side := float32(rim)
	if y1 < y0 {
		side = -rim
	}
	a, b := [2]float64{f.axis.X(e.At), float64(y0 + side)}, [2]float64{f.axis.X(end), float64(y1 - side)}
	if lost || arrival == trace.NoEvent { // it never came: the way ends between the lanes
		b[1] = (a[1] + b[1]) / 2
	}
	if b[0] < float64(f.left) || a[0] > float64(f.right) {
		return
	}
	p0, p1 := f.cut(a, b), f.cut(b, a)
	f.pen.stroke(e, p0, p1)
	if e.Kind == trace.Refusal && a[0] >= float64(f.left) {
		f.pen.l.Circle(draw.Point{X: p0.X, Y: y0}, 4.5, draw.Style{Fill: draw.Solid(draw.Background),
			Stroke: draw.Solid(termColor(e)), Width: strokeLink})
	}
	if lost && b[0] <= float64(f.right) {
		f.pen.cross(p1, 3.5, 2, draw.Muted)
	}
}

// stroke draws the way of a message: answers and what was inferred are dashed.
func (p *pen) stroke(e *trace.Event, from, to draw.Point) {
	s := draw.Style{Stroke: draw.Solid(termColor(e)), Width: strokeLink}
	if e.Term == 0 {
		s.Width = strokeChip
	}
	if e.Kind == trace.Answer || e.Kind == trace.Refusal || e.Prov == trace.Inferred {
		s.Dash = draw.Dash{On: 4, Off: 3}
	} else if e.Term != 0 {
		p.l.Polyline(draw.Style{Stroke: draw.Solid(draw.NodeLine), Width: strokeLink + casing}, from, to)
	}
	p.l.Polyline(s, from, to)
}

// termColor returns the colour of the term that a message carries.
func termColor(e *trace.Event) draw.Token {
	if e.Term == 0 {
		return draw.Muted
	}
	return draw.Term(e.Term)
}

// steep reports whether a message without a word about terms, or a heartbeat, would be drawn as an upright line, which
// tells nothing but that there was one.
func (f *laneFrame) steep(send trace.EventID, beat bool) bool {
	const least = 3
	e, arrival := &f.trace.Events[send], f.trace.Arrival(send)
	if arrival == trace.NoEvent || !beat && e.Term != 0 && e.Kind != trace.Answer {
		return false
	}
	return f.axis.X(f.trace.Events[arrival].At)-f.axis.X(e.At) < least
}

// cut returns the end a of a line, moved along it to the edge if it lies far out of sight: a dash of a million pixels
// would cost what it is long.
func (f *laneFrame) cut(a, b [2]float64) draw.Point {
	x := max(float64(f.left)-laneOut, min(a[0], float64(f.right)+laneOut))
	y := a[1]
	if x != a[0] && a[0] != b[0] {
		y += (b[1] - a[1]) * (x - a[0]) / (b[0] - a[0])
	}
	return draw.Point{X: float32(x), Y: float32(y)}
}
