package view

import (
	"strings"

	"tabletop/engine/trace"
	"tabletop/render/draw"
)

// label is what the labels of a batch of messages have in common: it is written once.
type label struct {
	from trace.NodeID
	text string
	term uint32 // 0 for none
}

// mostMisses is how many labels of one rank may find no room before no more are tried: the stage is full.
const mostMisses = 16

// messageLabels names the messages where there is room; the same words from the same node are written once. Old terms
// come first, then what the selected node sends and is sent, then answers that refuse and what clients send and are sent;
// heartbeats give way.
func (s *scene) messageLabels(p *pen) {
	for i := range s.moving {
		v := &s.moving[i]
		w, h := float32(heartbeatRadius), float32(heartbeatRadius)
		if v.form == sheet {
			w, h = reportWidth/2, reportHeight/2
			v.number(p)
		}
		p.take(draw.Box(v.at.X-w, v.at.Y-h, 2*w, 2*h))
	}
	for _, w := range s.ways {
		for i := 1; i < len(w); i++ {
			p.lines = append(p.lines, segment{w[i-1], w[i]})
		}
	}
	for rank := range ranks {
		misses := 0
		for i := range s.moving {
			v := &s.moving[i]
			if v.rank(s.model.Selected) != rank {
				continue
			}
			l, ok := v.label()
			if !ok || s.written[l] {
				continue
			}
			if s.written[l] = v.placeLabel(p, l); s.written[l] {
				continue
			}
			if misses++; misses == mostMisses {
				break
			}
		}
	}
}

// ranks is how many ranks there are.
const ranks = 5

func (v *moving) rank(selected trace.NodeID) int {
	switch {
	case v.stale:
		return 0
	case selected != 0 && v.form != dot && (v.event.Node == selected || v.event.Peer == selected):
		return 1
	case v.form == refusal || v.lane:
		return 2
	case v.form == dot || v.form == sheet && v.count == 0:
		return 4
	}
	return 3
}

// label returns what is to be said of a message, false for nothing.
func (v *moving) label() (label, bool) {
	text := "heartbeat"
	if v.form != dot || v.text != "" && len(v.text) <= 12 {
		text = clip(v.text, 24)
	}
	if text == "" || v.form == answer && strings.EqualFold(text, "ok") {
		return label{}, false // that an answer is positive can be seen
	}
	l := label{from: v.event.Node, text: text, term: v.event.Term}
	if v.form == sheet && v.count == 0 { // of all that are empty one is enough
		l.from, l.text = 0, "report 0 tablets"
	}
	if v.lane {
		l.term = 0
	}
	return l, true
}

// words appends a label's words.
func (v *moving) words(words []word, l label) []word {
	w := say(draw.SansMedium, draw.Text, l.text)
	switch {
	case v.form == arrow:
		w.font = draw.MonoMedium
	case v.lane:
		w.font = draw.SansSemi
	}
	w.gap = tagGap
	if l.term == 0 {
		return append(words, w)
	}
	return append(words, w, tagOf(l.term))
}

// placeLabel tries places around the head, those of a client's message around the middle of its way.
func (v *moving) placeLabel(p *pen, l label) bool {
	var wordRoom [2]word
	var spotRoom [20]draw.Point
	words := v.words(wordRoom[:0], l)
	span := lineWidth(words)
	spots := v.spots(spotRoom[:0], span)
	best, found := draw.Point{}, false
	for _, at := range spots {
		at = draw.Point{X: round(at.X), Y: round(at.Y)}
		area := draw.Box(at.X-4, at.Y, span+8, lineHeight)
		if !p.free(area) {
			continue
		}
		crossed := p.crossed(area)
		if !crossed || !found { // at worst on a line
			best, found = at, true
		}
		if !crossed {
			break
		}
	}
	if found {
		p.label(best.X, best.Y, words)
	}
	return found
}

// spots appends where the upper left corner of a message's label may stand, the best first.
func (v *moving) spots(out []draw.Point, span float32) []draw.Point {
	d := direction(v.way[0], end(v.way))
	anchor := v.at
	tops := []float32{-30, 12, -48, 30}
	if v.lane {
		anchor, _ = v.way.at(v.way.length() / 2)
		tops = []float32{-24, -42}
		if v.form == answer || v.form == refusal {
			tops = []float32{10, 28}
		}
	}
	if v.lane && abs(d.Y) > 0.8 { // outside of the two lanes
		side := float32(-14) - span
		if v.form == answer || v.form == refusal {
			side = 14
		}
		return append(out, anchor.Add(side, -lineHeight/2), anchor.Add(side, -lineHeight*1.5), anchor.Add(side, lineHeight/2))
	}
	shifts := []float32{-0.5, -0.75, -0.25, -1, 0}
	if abs(d.Y) > 0.4 { // beside a steep way
		shifts = []float32{-1.1, 0.1, -1.3, 0.3}
	}
	for _, top := range tops {
		for _, shift := range shifts {
			out = append(out, anchor.Add(shift*span, top))
		}
	}
	return out
}
