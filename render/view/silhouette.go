package view

import (
	"math"
	"strconv"

	"tabletop/engine/trace"
	"tabletop/render/draw"
)

// silhouette draws a node without its words, on a plate that hides the links behind it.
func (n *node) silhouette(p *pen) {
	at, r := n.place.At, n.place.Radius
	shape := n.role
	if n.strange() {
		n.stranger(p)
		return
	}
	n.plate(p, r+plateOutset)
	if n.place.Node == n.scene.model.Selected {
		p.l.Circle(at, r+focusGap, draw.Style{Fill: draw.Solid(draw.Background), Stroke: draw.Solid(draw.Text),
			Width: strokeArc})
	}
	switch {
	case !n.born:
		p.l.Circle(at, r-fillInset, draw.Style{Stroke: draw.Solid(draw.Rule), Width: 2})
		n.letter(p, draw.Muted, 8)
		return
	case n.process == trace.Crashed:
		n.crashed(p)
		return
	case shape == trace.Leader:
		n.leader(p)
	case shape == trace.Candidate:
		n.candidate(p)
	default:
		n.follower(p)
	}
	if n.process == trace.Paused {
		n.badge(p)
	}
}

// fill returns how the node's silhouette is filled: its term, hatched while paused.
func (n *node) fill() draw.Style {
	s := draw.Style{Fill: draw.Solid(draw.Term(n.term)), Stroke: draw.Solid(draw.NodeLine), Width: 2}
	if !n.known {
		s.Fill = draw.Solid(draw.Raise)
	}
	if n.process == trace.Paused {
		if n.known {
			s.Fill = draw.Solid(draw.PausedTerm(n.term))
		}
		s.Hatch = draw.Fade(draw.Muted, 0.55)
	}
	return s
}

func (n *node) ink() draw.Token {
	if n.process == trace.Paused || !n.known {
		return draw.Text
	}
	return draw.TermInk(n.term)
}

// second reports whether the term's colour is used for the second time, which an inner ring shows.
func (n *node) second() bool { return n.known && n.term/6%2 == 1 }

func (n *node) innerStyle() draw.Style {
	return draw.Style{Stroke: draw.Fade(n.ink(), 0.7), Width: 1.25}
}

func hexagon(at draw.Point, r float32) []draw.Point {
	const half = 0.8660254 // of the width
	return []draw.Point{at.Add(0, -r), at.Add(half*r, -r/2), at.Add(half*r, r/2), at.Add(0, r), at.Add(-half*r, r/2),
		at.Add(-half*r, -r/2)}
}

func diamond(at draw.Point, r float32) []draw.Point {
	return []draw.Point{at.Add(0, -r), at.Add(r, 0), at.Add(0, r), at.Add(-r, 0)}
}

func (n *node) plate(p *pen, r float32) {
	bg := draw.Style{Fill: draw.Solid(draw.Background)}
	switch {
	case n.leads():
		p.l.Polygon(bg, hexagon(n.place.At, r)...)
	case n.role == trace.Candidate && n.process != trace.Crashed:
		p.l.Polygon(bg, diamond(n.place.At, r+plateOutset)...)
	default:
		p.l.Circle(n.place.At, r, bg)
	}
}

func (n *node) leader(p *pen) {
	at, r := n.place.At, n.place.Radius
	body := r - fillInset
	if n.stale {
		n.torn(p)
	} else {
		n.ring(p, hexagon(at, r-ringInset))
		p.l.Polygon(n.fill(), hexagon(at, body)...)
		if n.second() {
			p.l.Polygon(n.innerStyle(), hexagon(at, body-5)...)
		}
	}
	p.crown(at.Add(0, -17*r/radius), 0.9*r/radius, n.ink())
	n.letter(p, n.ink(), 8)
	n.termWord(p, 23)
}

// ring outlines a leader in its term's colour, a paused one in grey; the light theme draws every ring in ink.
func (n *node) ring(p *pen, points []draw.Point) {
	s := draw.Style{Stroke: draw.Solid(draw.Term(n.term)), Width: strokeLeader}
	if n.process == trace.Paused {
		s = n.pausedRing()
	}
	for range 2 {
		if n.stale {
			p.l.Polyline(s, points...)
		} else {
			p.l.Polygon(s, points...)
		}
		s.Stroke = draw.Solid(draw.NodeLine)
	}
}

// torn draws a leader whose term has passed: cut along a zig-zag at 60 % of the right half, its ring open there.
func (n *node) torn(p *pen) {
	at, r := n.place.At, n.place.Radius
	const half, slope, teeth = 0.8660254, 0.5773503, 6
	rim := r - ringInset
	x := 0.42 * half * rim
	n.ring(p, []draw.Point{at.Add(x, -rim+slope*x), at.Add(0, -rim), at.Add(-half*rim, -rim/2), at.Add(-half*rim, rim/2),
		at.Add(0, rim), at.Add(x, rim-slope*x)})
	body := r - fillInset
	cut, tooth := 0.6*half*body, body/10
	top := -body + slope*cut
	points := []draw.Point{at.Add(0, -body), at.Add(cut, top)}
	for i := 1; i < 2*teeth; i++ {
		dx := cut - tooth
		if i%2 == 0 {
			dx = cut + tooth
		}
		points = append(points, at.Add(dx, top*(1-float32(i)/teeth)))
	}
	points = append(points, at.Add(cut, -top), at.Add(0, body), at.Add(-half*body, body/2), at.Add(-half*body, -body/2))
	p.l.Polygon(n.fill(), points...)
	if n.second() {
		b, inner := body-5, cut-tooth-4
		p.l.Polyline(n.innerStyle(), at.Add(inner, -b+slope*inner), at.Add(0, -b), at.Add(-half*b, -b/2),
			at.Add(-half*b, b/2), at.Add(0, b), at.Add(inner, b-slope*inner))
	}
}

// pausedRing outlines a paused node, in dashes where no line tells of the pause.
func (n *node) pausedRing() draw.Style {
	s := draw.Style{Stroke: draw.Solid(draw.Muted), Width: strokeArc}
	if n.guessed && n.process == trace.Paused {
		s.Dash = draw.Dash{On: 5, Off: 3}
	}
	return s
}

// follower draws a follower, a learner or a pre-candidate with its timer.
func (n *node) follower(p *pen) {
	at, r := n.place.At, n.place.Radius
	body, rim := r-fillInset, r-ringInset
	muted := n.pausedRing()
	track := draw.Style{Stroke: draw.Solid(draw.Rule), Width: strokeArc}
	switch {
	case n.role == trace.PreCandidate:
		period := 2 * math.Pi * rim / round(2*math.Pi*rim/12) // so that the last dash meets the first
		p.l.Circle(at, rim, draw.Style{Stroke: draw.Solid(draw.Text), Width: strokeArc,
			Dash: draw.Dash{On: 0.6 * period, Off: 0.4 * period}})
	case n.process == trace.Paused && n.timer < 0:
		p.l.Circle(at, rim, muted)
	case n.role == trace.Learner:
		body *= 0.75
	default:
		if n.process == trace.Paused {
			track.Stroke = draw.Fade(draw.Muted, 0.35)
		}
		p.l.Circle(at, rim, track)
		if n.timer > 0 {
			p.l.Arc(at, rim, 1-n.timer, 1, muted)
		}
	}
	p.l.Circle(at, body, n.fill())
	if n.second() {
		p.l.Circle(at, body-5, n.innerStyle())
	}
	if n.role == trace.PreCandidate {
		n.letter(p, n.ink(), 8)
		n.termWord(p, 23)
		p.l.Text(at.Add(0, -12*r/radius), "?", draw.TextStyle{Font: draw.SansBold, Size: sizeLabel, Align: draw.Center,
			Color: draw.Solid(n.ink())})
		return
	}
	n.letter(p, n.ink(), 3)
	n.termWord(p, 18)
	if leader, ok := n.believed(); ok && leader != n.place.Node {
		n.dart(p, leader)
	}
}

// dart points to the leader a follower believes in.
func (n *node) dart(p *pen, leader trace.NodeID) {
	to, ok := n.scene.layout.place(leader)
	if !ok {
		return
	}
	d := direction(n.place.At, to.At)
	reach := n.place.Radius + dartDistance
	if n.place.Node == n.scene.model.Selected {
		reach += 6
	}
	at := n.place.At.Add(d.X*reach, d.Y*reach)
	p.l.Polygon(draw.Style{Fill: draw.Solid(draw.Muted)}, turned(at, d, []draw.Point{{X: -5, Y: -6}, {X: 7}, {X: -5, Y: 6},
		{X: -2}})...)
}

func (n *node) candidate(p *pen) {
	at, r := n.place.At, n.place.Radius
	body := r + 1
	p.l.Polygon(n.fill(), diamond(at, body)...)
	if n.process == trace.Paused {
		p.l.Polygon(n.pausedRing(), diamond(at, body+4)...)
	}
	if n.second() {
		p.l.Polygon(n.innerStyle(), diamond(at, body-6)...)
	}
	n.letter(p, n.ink(), 8)
	n.termWord(p, 23)
	votes := n.votes()
	pitch := min(10, 32/float32(max(1, len(votes)-1))) * r / radius
	x := -pitch * float32(len(votes)-1) / 2
	for _, v := range votes {
		n.pip(p, at.Add(x, -18*r/radius), min(3, 0.38*pitch), v)
		x += pitch
	}
}

func (n *node) pip(p *pen, at draw.Point, r float32, v vote) {
	ink := draw.Solid(n.ink())
	switch v {
	case voteHeld:
		p.l.Circle(at, r, draw.Style{Fill: ink})
	case voteRefused:
		p.cross(at, 2.2, 1.6, n.ink())
	case voteGranted:
		p.l.Circle(at, r-0.6, draw.Style{Stroke: ink, Width: 1.2})
		p.l.Circle(at, 1.2, draw.Style{Fill: ink})
	default:
		p.l.Circle(at, r-0.6, draw.Style{Stroke: ink, Width: 1.2})
	}
}

func (n *node) crashed(p *pen) {
	at, r := n.place.At, n.place.Radius
	s := draw.Style{Stroke: draw.Solid(draw.Hair), Width: 2, Dash: draw.Dash{On: 5, Off: 4}}
	if n.role == trace.Leader {
		p.l.Polygon(s, hexagon(at, r-ringInset)...)
	} else {
		p.l.Circle(at, r-ringInset, s)
	}
	n.letter(p, draw.Muted, 4)
	p.cross(at.Add(0, 18*r/radius), 5.5, 2.6, draw.Alarm)
}

// stranger draws a node as another one believes it to be: an outline, with a crown if that one follows it.
func (n *node) stranger(p *pen) {
	at, r := n.place.At, n.place.Radius
	s := draw.Style{Fill: draw.Solid(draw.Background), Stroke: draw.Solid(draw.Hair), Width: 2}
	for i := range n.scene.nodes {
		by := &n.scene.nodes[i]
		if by.place.Node != n.scene.model.Selected {
			continue
		}
		if leader, ok := by.believed(); ok && leader == n.place.Node && by.known {
			s.Stroke, s.Width = draw.Solid(draw.Term(by.term)), strokeArc
			p.l.Polygon(s, hexagon(at, r-ringInset)...)
			p.crown(at.Add(0, -17*r/radius), 0.9*r/radius, draw.Text)
			n.letter(p, draw.Text, 8)
			return
		}
	}
	p.l.Circle(at, r-fillInset, s)
	n.letter(p, draw.Muted, 8)
}

// badge marks a paused node.
func (n *node) badge(p *pen) {
	r := n.place.Radius
	at := n.place.At.Add(0.8*r, -0.66*r)
	size := float32(11)
	if n.scene.layout.Phone {
		size = 9.3
	}
	p.l.Circle(at, size+2, draw.Style{Fill: draw.Solid(draw.Background)})
	p.l.Circle(at, size, draw.Style{Fill: draw.Solid(draw.Muted)})
	p.pause(at, draw.Background)
}

// pause draws the ‖ sign.
func (p *pen) pause(at draw.Point, color draw.Token) {
	for _, x := range []float32{-3, 3} {
		p.l.Rect(draw.Box(at.X+x-1.3, at.Y-4.5, 2.6, 9), 0, draw.Style{Fill: draw.Solid(color)})
	}
}

func (p *pen) crown(at draw.Point, scale float32, color draw.Token) {
	shape := []draw.Point{{X: -8, Y: 5}, {X: -8, Y: -4}, {X: -3.6, Y: -0.4}, {Y: -6}, {X: 3.6, Y: -0.4}, {X: 8, Y: -4},
		{X: 8, Y: 5}}
	for i, q := range shape {
		shape[i] = at.Add(q.X*scale, q.Y*scale)
	}
	p.l.Polygon(draw.Style{Fill: draw.Solid(color)}, shape...)
}

// letter writes the node's id, its baseline the given distance below the centre of a node of full size.
func (n *node) letter(p *pen, color draw.Token, below float32) {
	text, size := n.id, float32(sizeLetter)
	switch runes := len([]rune(text)); {
	case runes > 4:
		text, size = clip(text, 5), sizeLabel
	case runes > 2:
		size = sizePill
	case n.place.Radius < radius:
		size = sizeLetterPhone
	case runes == 2:
		size = sizeLetters
	}
	p.l.Text(n.place.At.Add(0, below*n.place.Radius/radius), text, draw.TextStyle{Font: draw.SansBold, Size: size,
		Align: draw.Center, Color: draw.Solid(color)})
}

func (n *node) termWord(p *pen, below float32) {
	if !n.known {
		return
	}
	size := float32(sizeLabel)
	if n.place.Radius < radius {
		size = sizeSmall
	}
	text := "t" + strconv.FormatUint(uint64(n.term), 10)
	x := float32(0)
	if n.stale && len(text) > 2 {
		x = -4 // clear of the teeth
	}
	p.l.Text(n.place.At.Add(x, below*n.place.Radius/radius), text,
		draw.TextStyle{Font: draw.MonoSemi, Size: size, Align: draw.Center, Color: draw.Solid(n.ink())})
}

// clip shortens text to a number of runes, the last of them an ellipsis.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	cut, runes := 0, 0
	for i := range text {
		switch runes {
		case most - 1:
			cut = i
		case most:
			return text[:cut] + "…"
		}
		runes++
	}
	return text
}

// direction returns the unit vector from a to b.
func direction(a, b draw.Point) draw.Point {
	d := distance(a, b)
	if d == 0 {
		return draw.Point{X: 1}
	}
	return draw.Point{X: (b.X - a.X) / d, Y: (b.Y - a.Y) / d}
}

// turned moves a shape that points to the right to a place and direction.
func turned(at, d draw.Point, shape []draw.Point) []draw.Point {
	for i, q := range shape {
		shape[i] = at.Add(q.X*d.X-q.Y*d.Y, q.X*d.Y+q.Y*d.X)
	}
	return shape
}
