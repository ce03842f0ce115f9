package view

import (
	"slices"
	"strconv"
	"strings"

	"tabletop/engine/trace"
	"tabletop/render/draw"
)

// lookAhead bounds how many events behind the cursor a frame may search for a task's next try.
const lookAhead = 20_000

// task is what a master wants of a tablet server, as one of the cells in its memory tells: "alter schema 44d2", "try 6: no
// leader known".
type task struct {
	what   string
	try    int
	why    string
	source trace.EventID
}

// noLeader is why a try stays at the master whose memory or rows do not say who leads the tablet.
const noLeader = "no leader known"

// readTask reads the cell of a task.
func readTask(key, text string) (task, bool) {
	what, ok := strings.CutPrefix(key, "task/")
	number, why, told := strings.Cut(strings.TrimPrefix(text, "try "), ": ")
	try, err := strconv.Atoi(number)
	return task{what: what, try: try, why: why}, ok && told && err == nil
}

// kept reports whether the last try never left the master, for it knew nobody to send it to.
func (k task) kept() bool {
	return k.why == noLeader || k.why == "no server to spare" || strings.HasSuffix(k.why, " is not registered")
}

// tablet returns the name of the tablet that a task is about: the first word of hexadecimal digits.
func (k task) tablet() string {
	for word := range strings.SplitSeq(k.what, " ") {
		if len(word) >= tabletName && strings.Trim(word, "0123456789abcdef") == "" {
			return word
		}
	}
	return ""
}

// question is what the master asks itself.
func (k task) question(short bool) string {
	switch {
	case k.why == noLeader && short:
		return "Who leads " + k.tablet() + "?"
	case k.why == noLeader:
		return "Who leads tablet " + k.tablet() + "?"
	case k.why == "no server to spare":
		return "Where to put " + k.tablet() + "?"
	}
	return "Where is " + strings.TrimSuffix(k.why, " is not registered") + "?"
}

// readTasks finds the tasks in a master's memory, and which of those that never left it was tried last.
func (n *node) readTasks() {
	n.retry = -1
	for i := range n.state.Cells {
		c := &n.state.Cells[i]
		if c.Shelf != trace.Memory || c.Group != n.scene.group {
			continue
		}
		key := n.scene.trace.Text(c.Key)
		if !strings.HasPrefix(key, "task/") {
			continue
		}
		k, ok := readTask(key, n.scene.trace.Text(c.Text))
		if k.source = c.Source; !ok {
			continue
		}
		n.tasks = append(n.tasks, k)
		if last := len(n.tasks) - 1; k.kept() && (n.retry < 0 || n.tasks[n.retry].source < k.source) {
			n.retry = last
		}
	}
}

// retrying returns the task that a master tries again and again without sending it, false for none.
func (n *node) retrying() (task, bool) {
	if n.retry < 0 || n.process == trace.Crashed || n.strange() {
		return task{}, false
	}
	return n.tasks[n.retry], true
}

// questioned reports whether a master's task is about a tablet.
func (s *scene) questioned(tablet string) bool {
	return slices.ContainsFunc(s.nodes[:s.masters], func(n node) bool {
		return n.process != trace.Crashed && slices.ContainsFunc(n.tasks, func(k task) bool { return k.tablet() == tablet })
	})
}

// told reports whether words about a task's tries stand between two masters in a row.
func (s *scene) told(from, to Place) bool {
	if !s.layout.cards() || from.At.Y != to.At.Y {
		return false
	}
	for _, p := range []Place{from, to} {
		if n := s.member(p.Node); n != nil {
			if _, ok := n.retrying(); ok {
				return true
			}
		}
	}
	return false
}

// next returns when a task is tried again, false if that lies too far ahead: a try leaves a note.
func (n *node) next(k task) (trace.Time, bool) {
	t, from := n.scene.trace, n.scene.model.Cursor.Event()+1
	for e := from; int(e) < min(len(t.Events), int(from)+lookAhead); e++ {
		if ev := &t.Events[e]; ev.Kind == trace.Note && ev.Node == n.place.Node && strings.HasPrefix(t.Text(ev.Text), k.what+", try ") {
			return ev.At, true
		}
	}
	return 0, false
}

// Measures of the arrow that leaves a master's rim and returns to it.
const (
	retryReach = 52 // how far its handles pull it from the centre, beyond the rim
	retryWide  = 41 // from the rim to where it turns
	retryGap   = 8  // to the words beside it
	retryRoom  = 84 // the least for words
	pipPitch   = 8
	pipLeast   = 4
	pipGap     = 2.5
	pipHeight  = 9
)

// circles draws the arrow of a task that never leaves the master, with a pip and words for its tries where there is room.
func (n *node) circles(p *pen) {
	k, ok := n.retrying()
	if !ok {
		return
	}
	side, room := n.aside(p)
	n.loop(p, side)
	above, below := n.retryWords(k, room)
	if len(above) == 0 {
		return
	}
	top := round(n.place.At.Y - lineHeight*float32(len(above)+len(below)+1)/2)
	if n.scene.layout.Phone { // the link to the neighbour goes through the middle
		top = n.place.At.Y - 2*lineHeight - 8
	}
	beside := n.place.Radius + retryWide + retryGap
	set := func(line []word) {
		left := n.place.At.X + beside
		if side < 0 {
			left = n.place.At.X - beside - lineWidth(line)
		}
		p.label(round(left), top, line)
		top += lineHeight
	}
	for _, line := range above {
		set(line)
	}
	n.pips(p, k, draw.Point{X: round(n.place.At.X + side*beside), Y: top + 3}, side, room)
	top += lineHeight
	for _, line := range below {
		set(line)
	}
}

// aside returns the side of a master on which there is more room for its arrow, and how much is left for words.
func (n *node) aside(p *pen) (side, room float32) {
	at := n.place.At
	right, left := p.size.X-edge-at.X, at.X-edge
	for _, pl := range n.scene.layout.Places {
		if abs(pl.At.Y-at.Y) > n.place.Radius {
			continue
		}
		rim := pl.Radius + plateOutset
		if pl.Radius == 0 {
			rim = pillWidth/2 + plateOutset
		}
		switch d := pl.At.X - at.X; {
		case d > 0:
			right = min(right, d-rim)
		case d < 0:
			left = min(left, -d-rim)
		}
	}
	used := n.place.Radius + retryWide + retryGap
	if right >= left || right-used >= retryRoom {
		return 1, right - used - 6
	}
	return -1, left - used - 6
}

// loop draws the arrow: a curve that leaves the rim above its middle and comes back below.
func (n *node) loop(p *pen, side float32) {
	const pieces = 16
	at, r := n.place.At, n.place.Radius
	scale := r / radius
	if n.place.Node == n.scene.model.Selected { // outside of the focus ring
		r += focusGap + 2
	}
	from, to := at.Add(side*r, -13*scale), at.Add(side*(r+7), 15*scale)
	reach := side * (n.place.Radius + retryReach)
	a, b := at.Add(reach, -36*scale), at.Add(reach, 36*scale)
	var room [pieces + 1]draw.Point
	for i := range room {
		t := float32(i) / pieces
		u := 1 - t
		room[i] = draw.Point{X: u*u*u*from.X + 3*u*u*t*a.X + 3*u*t*t*b.X + t*t*t*to.X,
			Y: u*u*u*from.Y + 3*u*u*t*a.Y + 3*u*t*t*b.Y + t*t*t*to.Y}
	}
	color := draw.Solid(draw.Muted)
	if n.known {
		color = draw.Solid(draw.Term(n.term))
	}
	p.l.Polyline(draw.Style{Stroke: draw.Solid(draw.NodeLine), Width: strokeArc + casing, Round: true}, room[:]...)
	p.l.Polyline(draw.Style{Stroke: color, Width: strokeArc, Round: true}, room[:]...)
	tip := at.Add(side*(r+1), 13*scale)
	p.l.Polygon(draw.Style{Fill: color, Stroke: draw.Solid(draw.NodeLine), Width: 1},
		tip, tip.Add(side*11, -2.5), tip.Add(side*7, 8))
	p.take(draw.Box(min(at.X, at.X+side*(r+retryWide)), at.Y-30*scale, r+retryWide, 60*scale))
}

// retryWords says how often a task was tried and when it will be again, in lines of a width above and below the pips;
// nothing where that is too narrow.
func (n *node) retryWords(k task, room float32) (above, below [][]word) {
	if room < retryRoom {
		return nil, nil
	}
	count := say(draw.SansSemi, draw.Text, "Try "+strconv.Itoa(k.try))
	if n.scene.layout.Phone {
		return [][]word{{count}}, nil
	}
	count.gap = 4
	muted := func(text string) word { return say(draw.SansMedium, draw.Muted, text) }
	where := muted("never left " + n.id)
	above = [][]word{{count, where}}
	if lineWidth(above[0]) > room {
		above = [][]word{{count}, {where}}
	}
	if at, ok := n.next(k); ok {
		below = append(below, []word{muted("next in " + Duration(max(0, at-n.scene.model.At)))})
	}
	if more := n.kept() - 1; more > 0 {
		below = append(below, []word{muted(counted(more, "task") + " more")})
	}
	for _, line := range slices.Concat(above, below) {
		if lineWidth(line) > room {
			return nil, nil
		}
	}
	return above, below
}

// kept counts the tasks that do not leave a master.
func (n *node) kept() int {
	count := 0
	for _, k := range n.tasks {
		if k.kept() {
			count++
		}
	}
	return count
}

// pips draws one pip per try, away from the arrow, closer where they are many; beyond that the number alone tells.
func (n *node) pips(p *pen, k task, at draw.Point, side, room float32) {
	pitch := min(pipPitch, room/float32(k.try))
	if pitch < pipLeast {
		return
	}
	span := float32(k.try)*pitch - pipGap
	if side < 0 {
		at.X -= span
	}
	s := draw.Style{Fill: draw.Solid(draw.Term(n.term)), Stroke: draw.Solid(draw.NodeLine), Width: 1}
	for i := range k.try {
		p.l.Rect(draw.Box(at.X+float32(i)*pitch, at.Y, pitch-pipGap, pipHeight), 1, s)
	}
	p.take(draw.Box(at.X, at.Y, span, pipHeight))
}
