package view

import (
	"sort"
	"strconv"
	"strings"

	"tabletop/engine/trace"
	"tabletop/render/draw"
)

// server is one of the tablet servers that share a row.
type server struct {
	node      trace.NodeID
	name      string
	intervals []Interval
}

// attempt is a try of a master's task that never left it.
type attempt struct {
	at   trace.Time
	task trace.StringID
}

// serverRow gives all tablet servers one row where there are masters: the lanes tell what is reported to them. Alone they
// have a row each.
func (l *Lanes) serverRow() {
	l.servers = -1
	masters, servers := 0, []server(nil)
	for i, n := range l.trace.Nodes() {
		switch n.Kind {
		case trace.Master:
			masters++
		case trace.TabletServer:
			servers = append(servers, server{node: trace.NodeID(i + 1), name: n.Name})
		}
	}
	if masters == 0 {
		l.own(trace.TabletServer)
		return
	}
	if len(servers) == 0 {
		return
	}
	l.servers = len(l.rows)
	for _, s := range servers {
		l.place[s.node-1] = l.servers
	}
	l.rows = append(l.rows, lane{name: "Servers", crew: servers})
}

// report sorts the message of a tablet server to a master, and what only acknowledges one; false for other messages.
func (b *laneBuilder) report(id trace.EventID, e *trace.Event) bool {
	l := b.lanes
	if l.servers < 0 {
		return false
	}
	if l.reported(e) {
		if e.Kind == trace.Heartbeat {
			l.empty = append(l.empty, id)
			return true
		}
		l.carrying = append(l.carrying, id)
		return false // its way is drawn, too
	}
	if e.Kind != trace.Answer || e.Cause < 0 {
		return false
	}
	read := &l.trace.Events[e.Cause]
	return read.Cause >= 0 && l.reported(&l.trace.Events[read.Cause])
}

// reported reports whether a message is the report of a tablet server.
func (l *Lanes) reported(e *trace.Event) bool {
	nodes := l.trace.Nodes()
	return e.Kind.IsSend() && e.Node != 0 && e.Peer != 0 && reported(e.Kind, l.trace.Text(e.Text), nodes[e.Node-1].Kind, nodes[e.Peer-1].Kind)
}

// remember notes the tries of tasks that stay at their master, and what a leader had been told when it crashed.
func (b *laneBuilder) remember(c trace.Change, e *trace.Event) {
	t, row := b.lanes.trace, b.lanes.row(c.Node)
	if row < 0 || c.Shelf != trace.Memory || c.Field != trace.FieldCell {
		return
	}
	switch key, text := t.Text(c.Key), t.Text(trace.StringID(c.Value)); {
	case key == "rebuilt":
		b.rebuilt[c.Node] = text
	case strings.HasPrefix(key, "task/"):
		if k, ok := readTask(key, text); ok && k.kept() {
			b.lanes.rows[row].tries = append(b.lanes.rows[row].tries, attempt{e.At, c.Key})
		}
	}
}

// lose notes what a crash took from a leader's memory.
func (b *laneBuilder) lose(node trace.NodeID, at trace.Time) {
	known, _, _ := strings.Cut(b.rebuilt[node], " ")
	if row := b.lanes.row(node); row >= 0 && known != "" && known != "0" && b.now[node-1].Role == trace.Leader {
		if b.lanes.rows[row].lost == nil {
			b.lanes.rows[row].lost = map[trace.Time]string{}
		}
		b.lanes.rows[row].lost[at] = strings.TrimSuffix(b.rebuilt[node], " tablets")
	}
	delete(b.rebuilt, node)
}

const (
	sheetWidth, sheetHeight = 11, 10
	sheetPitch              = 15 // from one empty report to the next
	toldPitch               = 4  // and from one that is not
	notchPitch              = 3
)

// reports draws a parallelogram for each report, hollow when it was empty. Of those that would lie on one another only the
// first is drawn; empty ones give way.
func (f *laneFrame) reports() {
	if f.servers < 0 || f.hidden(f.servers) {
		return
	}
	y := f.middle(f.servers)
	f.sparse(f.empty, sheetPitch, func(x float32) { f.sheet(x, y, draw.Background, draw.Muted) })
	f.sparse(f.carrying, toldPitch, func(x float32) { f.sheet(x, y, draw.Text, draw.Background) })
	for i := range f.rows[f.servers].crew {
		f.fate(&f.rows[f.servers].crew[i], y)
	}
}

// sparse calls for the sends in sight, but not for those that are closer to the last than a pitch.
func (f *laneFrame) sparse(list []trace.EventID, pitch float64, each func(x float32)) {
	for i := f.sent(list, f.axis.Time(float64(f.left))); i < len(list); {
		x := f.axis.X(f.trace.Events[list[i]].At)
		if x > float64(f.right) {
			return
		}
		each(float32(x))
		i = max(i+1, f.sent(list, f.axis.Time(x+pitch)))
	}
}

func (f *laneFrame) sheet(x, y float32, fill, line draw.Token) {
	const slant = 4
	w, h := float32(sheetWidth)/2, min(sheetHeight, f.pitch-6)/2
	f.pen.l.Polygon(draw.Style{Fill: draw.Solid(fill), Stroke: draw.Solid(line), Width: 1.25}, draw.Point{X: x - w + slant, Y: y - h},
		draw.Point{X: x + w, Y: y - h}, draw.Point{X: x + w - slant, Y: y + h}, draw.Point{X: x - w, Y: y + h})
}

// fate draws the crashes and pauses of one server over the reports of all.
func (f *laneFrame) fate(s *server, y float32) {
	f.within(s.intervals, func(v Interval, from, to float32, span trace.Time) {
		switch {
		case v.HasProcess && v.Process == trace.Crashed:
			f.pen.l.Circle(draw.Point{X: from, Y: y}, 8, draw.Style{Fill: draw.Solid(draw.Background)})
			f.pen.cross(draw.Point{X: from, Y: y}, 5, 2.4, draw.AlarmGlyph)
			f.named(from+10, y, s.name)
		case v.HasProcess && v.Process == trace.Paused:
			f.bar(from, to, y, sheetHeight, draw.Style{Fill: draw.Solid(draw.Panel), Hatch: draw.Fade(draw.Muted, 0.55), Stroke: draw.Solid(draw.Hair),
				Width: 1}, v.GuessedProcess)
			f.named(from+5, y, s.name)
		}
	})
}

// named writes a server's name on a ground of its own.
func (f *laneFrame) named(x, y float32, name string) {
	s := laneStyle(draw.Text)
	box := draw.Box(x-3, y-7.5, width(s.Font, s.Size, name)+6, 15)
	if box.Min.X < f.left || box.Max.X > f.right || f.pitch < lineHeight || !f.pen.free(box) {
		return
	}
	f.pen.take(box)
	f.pen.l.Rect(box, 2, draw.Style{Fill: draw.Solid(draw.Background)})
	f.pen.l.Text(draw.Point{X: round(x), Y: y + 4}, name, s)
}

// notches cuts the tries that never left a master into its bar, and says how many there have been.
func (f *laneFrame) notches(row int) {
	tries := f.rows[row].tries
	if f.hidden(row) || len(tries) == 0 {
		return
	}
	y, high := f.middle(row), f.thick()
	at := func(x float64) int {
		t := f.axis.Time(x)
		return sort.Search(len(tries), func(i int) bool { return tries[i].at >= t })
	}
	for i := at(float64(f.left)); i < len(tries); {
		x := f.axis.X(tries[i].at)
		if x > float64(f.right) {
			break
		}
		f.pen.l.Rect(draw.Box(float32(x)-1, y-high/2, 2, high), 0, draw.Style{Fill: draw.Solid(draw.Ink)})
		i = max(i+1, at(x+notchPitch))
	}
}

// tried writes below a master's bar how often each task has been tried up to now.
func (f *laneFrame) tried(row int) {
	const least, most = 26, 20 // the height that words need, and how many tasks are looked at
	tries := f.rows[row].tries
	if f.hidden(row) || f.pitch < least {
		return
	}
	tries = tries[:sort.Search(len(tries), func(i int) bool { return tries[i].at > f.model.At })]
	var tasks []attempt // each at its first try
	count := map[trace.StringID]int{}
	for _, a := range tries {
		if count[a.task] == 0 {
			tasks = append(tasks, a)
		}
		count[a.task]++
	}
	y, s := f.middle(row), laneStyle(draw.Text)
	for _, a := range tasks[:min(len(tasks), most)] {
		x, words := f.x(a.at), tryWords(count[a.task], f.rows[row].name)
		span := width(s.Font, s.Size, words)
		if x >= f.left && x < f.cursor && x+span > f.cursor-6 { // they do not stand on the cursor's line
			x = max(f.left, f.cursor-6-span)
		}
		box := draw.Box(x-2, y+6, span+4, 15)
		if x >= f.left && box.Max.X <= f.right && f.pen.free(box) {
			f.pen.take(box)
			f.pen.l.Rect(box, 0, draw.Style{Fill: draw.Solid(draw.Background)})
			f.pen.l.Text(draw.Point{X: round(x), Y: y + 18}, words, s)
		}
	}
}

func tryWords(n int, master string) string {
	if n == 1 {
		return "1 try never left " + master
	}
	return strconv.Itoa(n) + " tries never left " + master
}

// tell says in words what a row of servers shows.
func (l *Lanes) tell(r *lane) []string {
	parts := []string{counted(len(l.empty)+len(l.carrying), "report") + " to masters, " + strconv.Itoa(len(l.empty)) + " of them empty"}
	for _, s := range r.crew {
		for _, v := range s.intervals {
			if v.HasProcess && v.Process != trace.Running {
				parts = append(parts, "from "+seconds(v.From, 3)+" s "+s.name+" "+v.Process.String())
			}
		}
	}
	return parts
}

// tellTries says in words which tasks never left a master.
func (l *Lanes) tellTries(r *lane) []string {
	var parts []string
	count := map[trace.StringID]int{}
	for _, a := range r.tries {
		count[a.task]++
	}
	for _, a := range r.tries {
		if n := count[a.task]; n > 0 {
			what := strings.TrimPrefix(l.trace.Text(a.task), "task/")
			parts = append(parts, "from "+seconds(a.at, 3)+" s "+tryWords(n, r.name)+": "+what)
			count[a.task] = 0
		}
	}
	return parts
}
