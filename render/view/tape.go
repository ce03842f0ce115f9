package view

import (
	"strconv"

	"tabletop/engine/trace"
	"tabletop/render/draw"
)

// Tape is what the bar above the transport shows of a whole trace. It is made once per trace.
type Tape struct {
	terms []span
	marks []mark
	stops []trace.Time
	end   trace.Time
}

// span is a part of the bar with one highest elected term.
type span struct {
	from trace.Time
	term uint32 // 0 before the first election
}

// mark is a fault, an election or a finding below the bar.
type mark struct {
	at   trace.Time
	kind trace.Kind // Pause, Crash, Elected; Return for a finding
	text string
}

// Heights of the tape, from its top.
const (
	TapeHeight    = 64
	tapeNumbers   = 21 // baseline
	tapeBar       = 28
	tapeBarHeight = 8
	tapeMarks     = 52 // baseline
	tapePhoneBar  = 16
	tapeGap       = 2 // between two terms
)

// NewTape reads the marks of a trace and one raft group. Stops and findings are events in ascending order.
func NewTape(t *trace.Trace, group trace.GroupID, stops, findings []trace.EventID) *Tape {
	tape := &Tape{end: t.End(), terms: []span{{}}}
	if group == 0 {
		group = 1
	}
	name := func(n trace.NodeID) string {
		if n == 0 || int(n) > len(t.Nodes()) {
			return ""
		}
		return t.Node(n).Name
	}
	next := 0
	for i, e := range t.Events {
		for next < len(findings) && findings[next] <= trace.EventID(i) {
			tape.marks = append(tape.marks, mark{e.At, trace.Return, "illegal"})
			next++
		}
		switch {
		case e.Kind == trace.Elected && e.Group == group && e.Term > tape.terms[len(tape.terms)-1].term:
			tape.terms = append(tape.terms, span{e.At, e.Term})
			tape.marks = append(tape.marks, mark{e.At, e.Kind, "t" + strconv.FormatUint(uint64(e.Term), 10)})
		case e.Kind == trace.Pause || e.Kind == trace.Crash:
			tape.marks = append(tape.marks, mark{e.At, e.Kind, name(e.Node)})
		}
	}
	for _, s := range stops {
		if s >= 0 && int(s) < len(t.Events) {
			tape.stops = append(tape.stops, t.Events[s].At)
		}
	}
	return tape
}

// StopTimes returns the times of the stops, for NewAxis.
func (t *Tape) StopTimes() []trace.Time { return t.stops }

// End returns the last time of the tape.
func (t *Tape) End() trace.Time { return t.end }

// Draw draws the tape 64 px high (40 on a phone: the bar and the handle alone) with its cursor at an instant. The
// current stop is counted from 1; 0 is before the first.
func (t *Tape) Draw(l *draw.List, a Axis, top float32, at trace.Time, stop int, phone bool) {
	p := &pen{l: l, size: draw.Point{X: float32(a.Right()) + 2*margin, Y: top + TapeHeight}}
	bar := top + tapeBar
	if phone {
		bar = top + tapePhoneBar
	}
	t.bar(p, a, bar)
	x := round(float32(a.X(at)))
	handle, ring := float32(7), float32(3)
	if phone {
		handle = 10
	} else {
		t.numbers(p, a, top+tapeNumbers, stop)
		t.below(p, a, top+tapeMarks, x)
		l.Rect(draw.Box(x-1, bar-3, 2, 29), 0, draw.Style{Fill: draw.Solid(draw.Text)})
	}
	l.Circle(draw.Point{X: x, Y: bar + tapeBarHeight/2}, handle, draw.Style{Fill: draw.Solid(draw.Text),
		Stroke: draw.Solid(draw.Background), Width: ring})
}

func (t *Tape) bar(p *pen, a Axis, top float32) {
	for i, s := range t.terms {
		from, to := a.X(s.from), a.Right()
		if i+1 < len(t.terms) {
			to = a.X(t.terms[i+1].from) - tapeGap
		}
		if to <= from {
			continue
		}
		style := draw.Style{Fill: draw.Solid(draw.Rule)}
		if s.term != 0 {
			style = draw.Style{Fill: draw.Solid(draw.Term(s.term)), Stroke: draw.Solid(draw.NodeLine), Width: 1}
		}
		p.l.Rect(draw.Box(float32(from), top, float32(to-from), tapeBarHeight), 0, style)
	}
}

// numbers writes the stops' numbers; where there is no room the current one stays and its neighbours go.
func (t *Tape) numbers(p *pen, a Axis, base float32, current int) {
	write := func(n int) {
		text := strconv.Itoa(n)
		s := draw.TextStyle{Font: draw.MonoMedium, Size: sizeSmall, Align: draw.Center, Color: draw.Solid(draw.Muted)}
		if n == current {
			s.Font, s.Color = draw.MonoBold, draw.Solid(draw.Text)
		}
		x := float32(a.X(t.stops[n-1]))
		area := draw.Box(x-width(s.Font, s.Size, text)/2-2, base-12, width(s.Font, s.Size, text)+4, 14)
		if p.taken.covers(area) {
			return
		}
		p.take(area)
		p.l.Text(draw.Point{X: round(x), Y: base}, text, s)
	}
	if current >= 1 && current <= len(t.stops) {
		write(current)
	}
	for n := 1; n <= len(t.stops); n++ {
		if n != current {
			write(n)
		}
	}
}

// below draws findings, faults and elections, in this order where there is no room for all.
func (t *Tape) below(p *pen, a Axis, base, cursor float32) {
	for _, kind := range []trace.Kind{trace.Return, trace.Crash, trace.Pause, trace.Elected} {
		for _, m := range t.marks {
			if m.kind == kind {
				x := round(float32(a.X(m.at)))
				if abs(x-cursor) < 8 { // beside the line of the cursor, not under it
					x = cursor + 9
				}
				t.mark(p, x, base, m)
			}
		}
	}
}

func (t *Tape) mark(p *pen, x, base float32, m mark) {
	s := draw.TextStyle{Font: draw.SansMedium, Size: sizeSmall, Color: draw.Solid(draw.Muted)}
	if m.kind == trace.Return {
		s.Font, s.Color = draw.SansSemi, draw.Solid(draw.Text)
	}
	const glyphHalf, textGap = 6, 10
	full := draw.Box(x-glyphHalf, base-11, textGap+glyphHalf+width(s.Font, s.Size, m.text)+2, 14)
	sign := draw.Box(x-glyphHalf, base-11, 2*glyphHalf, 14)
	if p.taken.covers(sign) {
		return
	}
	words := !p.taken.covers(full)
	at := draw.Point{X: x, Y: base - 4.5}
	switch m.kind {
	case trace.Pause:
		p.l.Rect(draw.Box(at.X-3.6, at.Y-4.5, 2.2, 9), 0, draw.Style{Fill: draw.Solid(draw.Muted)})
		p.l.Rect(draw.Box(at.X+1.4, at.Y-4.5, 2.2, 9), 0, draw.Style{Fill: draw.Solid(draw.Muted)})
	case trace.Elected:
		p.l.Polygon(draw.Style{Fill: draw.Solid(draw.Muted)}, diamond(at, 5.5)...)
	default:
		p.cross(at, 3.5, 2, draw.AlarmGlyph)
	}
	if !words {
		p.take(sign)
		return
	}
	p.take(full)
	if m.text != "" {
		p.l.Text(draw.Point{X: at.X + textGap, Y: base}, m.text, s)
	}
}
