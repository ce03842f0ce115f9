package view

import (
	"math"
	"sort"
	"strings"

	"tabletop/engine/trace"
	"tabletop/render/draw"
)

// moving is a message between two rims.
type moving struct {
	send   trace.EventID
	event  trace.Event
	text   string
	at     draw.Point // the head
	toward draw.Point // its direction
	way    way
	route  int32   // the number of the way
	gone   float32 // the length of the way behind the head
	done   float32 // part of the way, 0 to 1
	stale  bool    // its term is older than its receiver's
	form   form
	lane   bool // to or from a client
	count  int  // of tablets in a report, -1 where the trace does not tell
	held   bool // it has just arrived
}

// form is the shape of a message's head.
type form uint8

const (
	dot      form = iota // heartbeat
	sheet                // a tablet server's report
	box                  // log entries and other requests
	triangle             // a call for a vote
	hollow               // a call for a pre-vote
	arrow                // a client's request
	answer
	refusal
)

// way is a path of straight pieces.
type way []draw.Point

// mostCorners is how many points a way has at most, its ends included.
const mostCorners = 4

func (w way) length() float32 {
	sum := float32(0)
	for i := 1; i < len(w); i++ {
		sum += distance(w[i-1], w[i])
	}
	return sum
}

// upTo appends the path's beginning of a length to out; its last point is where it ends.
func (w way) upTo(out []draw.Point, length float32) way {
	out = append(out, w[0])
	for i := 1; i < len(w); i++ {
		d := distance(w[i-1], w[i])
		if d >= length {
			dir := direction(w[i-1], w[i])
			return append(out, w[i-1].Add(dir.X*length, dir.Y*length))
		}
		length -= d
		out = append(out, w[i])
	}
	return out
}

func distance(a, b draw.Point) float32 {
	x, y := float64(b.X-a.X), float64(b.Y-a.Y)
	return float32(math.Sqrt(x*x + y*y)) // places on a canvas: math.Hypot, which minds overflow, takes longer
}

// lingering returns the progress of a message that is shown longer than it was under way, negative for others.
func (s *scene) lingering(send trace.EventID) float32 {
	for _, f := range s.model.Flights {
		if f.Send == send && f.Progress < 1 {
			return f.Progress
		}
	}
	return -1
}

// progress returns how much of its way a message has behind it in trace time.
func (s *scene) progress(send trace.EventID) float32 {
	from, to := s.trace.Events[send].At, s.trace.End()
	if end := s.trace.Arrival(send); end != trace.NoEvent {
		to = s.trace.Events[end].At
	}
	if to <= from {
		return 1
	}
	return max(0, min(float32(float64(s.model.At-from)/float64(to-from)), 1))
}

// flights finds the messages under way and piles up those that wait to be read. A belief lens shows none: no node knows
// them.
func (s *scene) flights() {
	if s.model.lens() {
		return
	}
	for _, f := range s.model.Cursor.Flights() {
		if f.Arrive != trace.NoEvent {
			if n := s.member(s.trace.Events[f.Send].Peer); n != nil && s.lingering(f.Send) < 0 {
				n.pile = append(n.pile, f.Send)
			}
			continue
		}
		done := s.progress(f.Send)
		if shown := s.lingering(f.Send); shown >= 0 {
			done = min(done, shown)
		}
		s.fly(f.Send, done)
	}
	if send, ok := s.delivered(); ok && s.lingering(send) < 0 {
		if n := len(s.moving); s.fly(send, 1) {
			s.moving[n].held = true
		}
	}
	for _, f := range s.model.Flights {
		if f.Progress < 1 && f.Send <= s.model.Cursor.Event() && !s.wired(f.Send) {
			s.fly(f.Send, f.Progress)
		}
	}
}

// delivered returns the answer that a client is given at the very instant shown: a step ends when it has arrived, and
// what was said would else be gone before it could be read.
func (s *scene) delivered() (trace.EventID, bool) {
	now := s.model.Cursor.Event()
	if now == trace.NoEvent || s.model.At != s.timeOf(now) {
		return 0, false
	}
	last := s.trace.Events[now]
	if last.Kind != trace.Return && last.Kind != trace.Receive {
		return 0, false
	}
	for e := now; e >= 0 && s.timeOf(e) == last.At; e-- {
		ev := s.trace.Events[e]
		if ev.Kind != trace.Receive || ev.Node != last.Node || ev.Cause < 0 {
			continue
		}
		place, ok := s.layout.place(ev.Node)
		kind := s.trace.Events[ev.Cause].Kind
		return ev.Cause, ok && place.Kind == trace.Client && (kind == trace.Answer || kind == trace.Refusal)
	}
	return 0, false
}

// wired reports whether a message is still on the wire at the cursor.
func (s *scene) wired(send trace.EventID) bool {
	flights := s.model.Cursor.Flights() // in the order of sending
	i := sort.Search(len(flights), func(i int) bool { return flights[i].Send >= send })
	return i < len(flights) && flights[i].Send == send && flights[i].Arrive == trace.NoEvent
}

// fly adds a message and reports whether both its ends are on the stage.
func (s *scene) fly(send trace.EventID, done float32) bool {
	e := s.trace.Events[send]
	from, ok := s.layout.place(e.Node)
	to, known := s.layout.place(e.Peer)
	if !ok || !known || e.Node == e.Peer {
		return false
	}
	if s.model.ReducedMotion && done < 1 {
		done = 0.5
	}
	v := moving{send: send, event: e, text: s.trace.Text(e.Text), done: done}
	v.lane = from.Kind == trace.Client || to.Kind == trace.Client
	v.form = formOf(e.Kind, v.text, from.Kind == trace.Client)
	if reported(e.Kind, v.text, from.Kind, to.Kind) {
		v.form, v.count = sheet, s.carried(e, v.text)
	}
	v.route = s.route(from, to, e.Kind)
	v.way = s.ways[v.route]
	total := s.lengths[v.route]
	head := min(v.headLength(), total)
	v.gone = head + (total-2*head)*v.done
	v.at, v.toward = v.way.at(v.gone)
	n := s.member(e.Peer)
	v.stale = n != nil && n.known && e.Term != 0 && e.Term < n.term
	s.moving = append(s.moving, v)
	if far := s.farthest[v.route]; !v.stale && (far < 0 || s.moving[far].gone < v.gone) {
		s.farthest[v.route] = int32(len(s.moving) - 1)
	}
	return true
}

func end(w way) draw.Point { return w[len(w)-1] }

// at returns the point at a length and the direction in which the path comes there.
func (w way) at(length float32) (at, d draw.Point) {
	if len(w) == 2 { // nearly all are straight
		d = direction(w[0], w[1])
		return w[0].Add(d.X*length, d.Y*length), d
	}
	var room [mostCorners]draw.Point
	gone := w.upTo(room[:0], length)
	at = end(gone)
	if len(gone) < 2 || gone[len(gone)-2] == at {
		return at, direction(w[0], w[1])
	}
	return at, direction(gone[len(gone)-2], at)
}

func formOf(kind trace.Kind, text string, client bool) form {
	switch {
	case kind == trace.Heartbeat:
		return dot
	case kind == trace.Answer:
		return answer
	case kind == trace.Refusal:
		return refusal
	case client:
		return arrow
	}
	switch lower := strings.ToLower(text); {
	case !strings.Contains(lower, "vote"):
		return box
	case strings.Contains(lower, "pre"):
		return hollow
	}
	return triangle
}

// headLength is half the head along its way.
func (v *moving) headLength() float32 {
	switch v.form {
	case answer, refusal, sheet:
		return answerWidth/2 + 2
	case arrow:
		return 5
	}
	return heartbeatRadius + 1
}

// routes is how many routes there are: from every place to every place, there and back.
func (l *Layout) routes() int { return 2 * len(l.Places) * len(l.Places) }

// route returns the number of the way of a message between two rims.
func (s *scene) route(from, to Place, kind trace.Kind) int32 {
	l, answer := &s.layout, kind == trace.Answer || kind == trace.Refusal
	route := 2 * ((l.index[from.Node]-1)*len(l.Places) + l.index[to.Node] - 1)
	if answer {
		route++
	}
	if s.routes[route] == 0 {
		s.ways, s.farthest = append(s.ways, s.lay(from, to, answer)), append(s.farthest, -1)
		s.lengths = append(s.lengths, s.ways[len(s.ways)-1].length())
		s.routes[route] = int32(len(s.ways))
	}
	return s.routes[route] - 1
}

// lay returns the path between two rims. A client's requests and answers run beside each other, and a way that would
// lead through a third node bends around it.
func (s *scene) lay(from, to Place, answer bool) way {
	points := way{from.At, to.At}
	switch {
	case from.Kind == trace.Client || to.Kind == trace.Client:
		points = s.bend(points, from, to)
	case s.layout.inWay(from, to) || s.told(from, to):
		points = s.layout.over(from, to)
	}
	first, last := direction(points[0], points[1]), direction(points[len(points)-1], points[len(points)-2])
	points[0] = s.rim(from, first)
	points[len(points)-1] = s.rim(to, last)
	if from.Kind != trace.Client && to.Kind != trace.Client && !answer {
		return points
	}
	// The side is that of the client's outward way, so that the lanes of both directions differ.
	d := direction(points[0], points[len(points)-1])
	side := float32(laneOffset)
	if to.Kind == trace.Client || from.Kind != trace.Client {
		side = -side
	}
	if to.Kind == trace.Client {
		d = draw.Point{X: -d.X, Y: -d.Y}
	}
	for i := range points {
		points[i] = points[i].Add(d.Y*side, -d.X*side)
	}
	return points
}

// bend leads a path around the masters in its way: above them, or beside them if it is steep.
func (s *scene) bend(points way, from, to Place) way {
	a, b := points[0], points[1]
	d := direction(a, b)
	for _, pl := range s.layout.Places {
		if pl.Node == from.Node || pl.Node == to.Node || pl.Radius == 0 {
			continue
		}
		along := (pl.At.X-a.X)*d.X + (pl.At.Y-a.Y)*d.Y
		off := (pl.At.X-a.X)*d.Y - (pl.At.Y-a.Y)*d.X
		clear := pl.Radius + plateOutset + laneOffset
		if along <= 0 || along >= distance(a, b) || off > clear || off < -clear {
			continue
		}
		if abs(d.Y) > abs(d.X) {
			side := clear
			if off*d.Y > 0 { // the master stands at the right of the path
				side = -side
			}
			return way{a, pl.At.Add(side, 0), b}
		}
		return way{a, pl.At.Add(0, -clear-6), b}
	}
	return points
}

// rim returns where a path in a direction leaves a node.
func (s *scene) rim(p Place, d draw.Point) draw.Point {
	if p.Radius != 0 {
		return p.At.Add(d.X*(p.Radius+1), d.Y*(p.Radius+1))
	}
	area := s.layout.area(p)
	w, h := area.Max.X-area.Min.X, area.Max.Y-area.Min.Y
	reach := float32(1e6)
	if d.X != 0 {
		reach = min(reach, w/2/abs(d.X))
	}
	if d.Y != 0 {
		reach = min(reach, h/2/abs(d.Y))
	}
	return p.At.Add(d.X*reach, d.Y*reach)
}

func abs(x float32) float32 { return max(x, -x) }

// trails draws what the messages have behind them, but for those of old terms. Of messages one behind the other only the
// first has a trail of its own: the others' would lie on it.
func (s *scene) trails(p *pen) {
	for i := range s.moving {
		v := &s.moving[i]
		far := int(s.farthest[v.route])
		if !v.stale && (far == i || s.moving[far].event.Term != v.event.Term) {
			v.trail(p)
		}
	}
}

// heads draws the messages and, because nothing may hide these, those of old terms with their trails last.
func (s *scene) heads(p *pen) {
	for i := range s.moving {
		if v := &s.moving[i]; !v.stale {
			v.head(p)
		}
	}
	for i := range s.moving {
		if v := &s.moving[i]; v.stale {
			v.trail(p)
			v.head(p)
		}
	}
}

func (v *moving) color() draw.Token {
	if v.event.Term == 0 {
		return draw.Muted
	}
	return draw.Term(v.event.Term)
}

func (v *moving) trail(p *pen) {
	var room [mostCorners]draw.Point
	trail := v.way.upTo(room[:0], v.gone)
	opacity, stroke := float32(0.7), float32(strokeLink)
	if v.lane {
		opacity = 1
	}
	if v.event.Term == 0 {
		stroke = strokeChip
	} else {
		p.l.Polyline(draw.Style{Stroke: draw.Fade(draw.NodeLine, opacity), Width: stroke + casing}, trail...)
	}
	p.l.Polyline(draw.Style{Stroke: draw.Fade(v.color(), opacity), Width: stroke}, trail...)
}

func (v *moving) head(p *pen) {
	d := v.toward
	fill := draw.Style{Fill: draw.Solid(v.color()), Stroke: draw.Solid(draw.NodeLine), Width: 2}
	if v.event.Term == 0 {
		fill.Stroke = draw.Color{}
	}
	r := float32(heartbeatRadius)
	if v.form == dot && !v.stale {
		r = heartbeatSmall
	}
	switch v.form {
	case dot, box, triangle, hollow:
		tail := min(3.5*r, distance(v.way[0], v.at))
		p.l.Polygon(draw.Style{Fill: draw.Fade(v.color(), 0.55)},
			turned(v.at, d, []draw.Point{{Y: -0.8 * r}, {X: -tail}, {Y: 0.8 * r}})...)
	}
	switch v.form {
	case sheet:
		v.report(p)
	case dot:
		p.l.Circle(v.at, r, fill)
	case box:
		p.l.Polygon(fill, turned(v.at, d, []draw.Point{{X: -7, Y: -7}, {X: 7, Y: -7}, {X: 7, Y: 7}, {X: -7, Y: 7}})...)
	case triangle:
		p.l.Polygon(fill, turned(v.at, d, []draw.Point{{X: -7, Y: -8}, {X: 9}, {X: -7, Y: 8}})...)
	case hollow:
		p.l.Polygon(draw.Style{Fill: draw.Solid(draw.Background), Stroke: draw.Solid(v.color()), Width: 2},
			turned(v.at, d, []draw.Point{{X: -7, Y: -8}, {X: 9}, {X: -7, Y: 8}})...)
	case arrow:
		p.l.Polygon(draw.Style{Fill: draw.Solid(v.color())}, turned(v.at, d, []draw.Point{{X: 5}, {X: -4, Y: -4.5},
			{X: -4, Y: 4.5}})...)
	case answer, refusal:
		v.capsule(p, d)
	}
}

// capsule draws an answer: hollow, with an ✗ if it refuses.
func (v *moving) capsule(p *pen, d draw.Point) {
	w, h := float32(answerWidth), float32(answerHeight)
	if abs(d.Y) > abs(d.X) {
		w, h = h, w
	}
	if !v.lane {
		w, h = min(w, 20), min(h, 20) // small ones between masters
		if w > h {
			h = 12
		} else {
			w = 12
		}
	}
	area := draw.Box(v.at.X-w/2, v.at.Y-h/2, w, h)
	s := draw.Style{Fill: draw.Solid(draw.Background), Stroke: draw.Solid(v.color()), Width: 2}
	p.l.Rect(area, min(w, h)/2, s)
	if v.event.Term != 0 {
		p.l.Rect(area, min(w, h)/2, draw.Style{Stroke: draw.Solid(draw.NodeLine), Width: 2})
	}
	if v.form == refusal {
		half := float32(3.5)
		if !v.lane {
			half = 2.5
		}
		p.cross(v.at, half, 2.4, draw.Alarm)
	}
}
