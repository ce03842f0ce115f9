package view

import (
	"slices"
	"sort"
	"strconv"
	"strings"

	"tabletop/engine/trace"
	"tabletop/render/draw"
)

// Lanes is what the space-time lanes show of a whole trace: for every node what it was from when to when, the messages
// by how soon they may be left out, and the operations of the clients. It is made once per trace; a frame looks up only
// what is in sight.
type Lanes struct {
	trace *trace.Trace
	group trace.GroupID
	whole Axis // the tape's scale, from 0 to 1
	rows  []lane
	// Sends in the order of time. Heartbeats and what only acknowledges them are thinned first; messages older than
	// their receiver's term never.
	calls, beats, stale []trace.EventID
	// The reports of tablet servers that share a row: those that told a master something, and those that were empty.
	carrying, empty []trace.EventID
	servers         int   // the row that they share, -1 for none
	clients         int   // how many rows are clients'; they come first
	asked           int   // how many clients there are
	place           []int // the row of each node, -1 for none
}

// lane is one node's row, or one of many clients that are never at work at once; its node is then 0.
type lane struct {
	node      trace.NodeID
	client    bool
	name      string
	intervals []Interval
	ops       []operation // by call
	open      int         // the first of ops that was never answered, len(ops) for none
	crew      []server    // who share the row
	tries     []attempt
	lost      map[trace.Time]string // what a crash took from a leader's memory
}

// operation is what a lane keeps of a client's operation; end is NoEvent while it is open.
type operation struct {
	call, done  trace.Time
	invoke, end trace.EventID
}

// Interval is a time in which nothing of what a lane shows of its node changed. It ends where the next one begins.
type Interval struct {
	From                         trace.Time
	Process                      trace.Process
	Role                         trace.Role
	Term                         uint32
	HasProcess, HasRole, HasTerm bool
	GuessedProcess, GuessedRole  bool // from an event that was inferred
	Stale                        bool // it runs and leads, and another node of its cluster knows a higher term
}

// NewLanes reads a trace in one pass. Stops are those of the tape, whose scale the lanes share.
func NewLanes(t *trace.Trace, group trace.GroupID, stops []trace.Time) *Lanes {
	l := &Lanes{trace: t, group: group, whole: NewAxis(t.End(), stops, 0, 1)}
	b := laneBuilder{lanes: l, now: make([]Interval, len(t.Nodes())), intervals: make([][]Interval, len(t.Nodes())),
		high: map[int]uint32{}, rebuilt: map[trace.NodeID]string{}}
	ops := trace.Operations(t)
	l.seat(ops)
	for i := range t.Events {
		b.read(trace.EventID(i))
	}
	slices.Sort(l.stale)
	l.stale = slices.Compact(l.stale)
	for i, row := range l.place {
		if row >= 0 && l.rows[row].node != 0 {
			l.rows[row].intervals = b.intervals[i]
		}
	}
	if l.servers >= 0 {
		for i := range l.rows[l.servers].crew {
			s := &l.rows[l.servers].crew[i]
			s.intervals = b.intervals[s.node-1]
		}
	}
	for _, o := range ops {
		if i := l.row(o.Client); i >= 0 {
			r := &l.rows[i]
			if r.ops = append(r.ops, operation{o.Call, o.Return, o.Invoke, o.End}); !o.Open() && r.open == len(r.ops)-1 {
				r.open++
			}
		}
	}
	return l
}

// laneBuilder follows the nodes through the trace.
type laneBuilder struct {
	lanes     *Lanes
	now       []Interval
	intervals [][]Interval
	high      map[int]uint32 // the highest term known in each cluster
	rebuilt   map[trace.NodeID]string
}

func (b *laneBuilder) read(id trace.EventID) {
	e := &b.lanes.trace.Events[id]
	if e.Kind.IsSend() && !b.report(id, e) {
		if b.light(e) {
			b.lanes.beats = append(b.lanes.beats, id)
		} else {
			b.lanes.calls = append(b.lanes.calls, id)
		}
	}
	cluster, terms := 0, false
	for _, c := range b.lanes.trace.Changes(id) {
		b.remember(c, e)
		if c.Field == trace.FieldProcess && trace.Process(c.Value) == trace.Crashed {
			b.lose(c.Node, e.At)
		}
		if c.Field == trace.FieldProcess || c.Group == b.lanes.group && (c.Field == trace.FieldRole || c.Field == trace.FieldTerm) {
			b.change(c, e.Prov == trace.Inferred)
			b.note(c.Node, e.At)
			if c.Field == trace.FieldTerm {
				cluster, terms = b.lanes.trace.Node(c.Node).Cluster, true
			}
		}
	}
	if terms {
		b.outdate(cluster, e.At)
	}
	if (e.Kind == trace.Arrive || e.Kind == trace.Receive) && e.Cause >= 0 && e.Node != 0 {
		if sent := b.lanes.trace.Events[e.Cause]; sent.Term != 0 && b.now[e.Node-1].HasTerm && sent.Term < b.now[e.Node-1].Term {
			b.lanes.stale = append(b.lanes.stale, e.Cause)
		}
	}
}

// light reports whether a message is a heartbeat or acknowledges one.
func (b *laneBuilder) light(e *trace.Event) bool {
	events := b.lanes.trace.Events
	if e.Kind != trace.Answer || e.Cause < 0 {
		return e.Kind == trace.Heartbeat
	}
	read := &events[e.Cause]
	return read.Kind == trace.Heartbeat || read.Cause >= 0 && events[read.Cause].Kind == trace.Heartbeat
}

func (b *laneBuilder) change(c trace.Change, guessed bool) {
	n := &b.now[c.Node-1]
	switch c.Field {
	case trace.FieldProcess:
		n.Process, n.HasProcess, n.GuessedProcess = trace.Process(c.Value), !c.Forget, guessed && !c.Forget
	case trace.FieldRole:
		n.Role, n.HasRole, n.GuessedRole = trace.Role(c.Value), !c.Forget, guessed && !c.Forget
	case trace.FieldTerm:
		n.Term, n.HasTerm = uint32(c.Value), !c.Forget
	}
	if c.Forget { // what is forgotten leaves no trace, so that equal states are equal
		switch c.Field {
		case trace.FieldProcess:
			n.Process = 0
		case trace.FieldRole:
			n.Role = 0
		default:
			n.Term = 0
		}
	}
	cluster := b.lanes.trace.Node(c.Node).Cluster
	n.Stale = n.leads() && n.Term < b.high[cluster]
}

// outdate finds the highest term known in a cluster and with it the leaders that a newer term has overtaken.
func (b *laneBuilder) outdate(cluster int, at trace.Time) {
	nodes, high := b.lanes.trace.Nodes(), uint32(0)
	for i, n := range nodes {
		if n.Cluster == cluster && b.now[i].HasTerm {
			high = max(high, b.now[i].Term)
		}
	}
	if high == b.high[cluster] {
		return
	}
	b.high[cluster] = high
	for i, n := range nodes {
		if n.Cluster == cluster && b.now[i].leads() {
			b.now[i].Stale = b.now[i].Term < high
			b.note(trace.NodeID(i+1), at)
		}
	}
}

// note begins a new interval if the state differs from that of the last one.
func (b *laneBuilder) note(node trace.NodeID, at trace.Time) {
	list := b.intervals[node-1]
	if n := len(list); n > 0 && list[n-1].From == at {
		list = list[:n-1]
	}
	next := b.now[node-1]
	if n := len(list); n > 0 {
		next.From = list[n-1].From
		if next == list[n-1] {
			b.intervals[node-1] = list
			return
		}
	}
	next.From = at
	b.intervals[node-1] = append(list, next)
}

// leads reports whether a node runs as a leader of a known term.
func (v Interval) leads() bool {
	return v.HasRole && v.Role == trace.Leader && v.HasTerm && !(v.HasProcess && v.Process != trace.Running)
}

// At returns what a lane shows of a node at an instant, false where nothing is known yet.
func (l *Lanes) At(node trace.NodeID, when trace.Time) (Interval, bool) {
	row := l.row(node)
	if row < 0 || l.rows[row].node != node {
		return Interval{}, false
	}
	list := l.rows[row].intervals
	i := at(list, when)
	if i < 0 {
		return Interval{}, false
	}
	return list[i], true
}

// Rows returns how many lanes there are.
func (l *Lanes) Rows() int { return len(l.rows) }

// Whole returns the scale of the whole run, from 0 to 1.
func (l *Lanes) Whole() Axis { return l.whole }

// at returns the interval in which an instant lies, -1 before the first.
func at(list []Interval, when trace.Time) int {
	return sort.Search(len(list), func(i int) bool { return list[i].From > when }) - 1
}

// row returns the lane of a node, -1 for none.
func (l *Lanes) row(n trace.NodeID) int {
	if n == 0 || int(n) > len(l.place) {
		return -1
	}
	return l.place[n-1]
}

// sent returns how many of the sends happened before an instant.
func (l *Lanes) sent(list []trace.EventID, at trace.Time) int {
	return sort.Search(len(list), func(i int) bool { return l.trace.Events[list[i]].At >= at })
}

// Name returns the node whose name in the lanes of an area lies under a point, 0 for none.
func (l *Lanes) Name(area draw.Rect, at draw.Point) trace.NodeID {
	f := laneFrame{Lanes: l, area: area}
	f.narrow, f.pitch = l.pitches(area)
	for i, r := range l.rows {
		if draw.Box(area.Min.X, f.top(i), laneLeft, f.top(i+1)-f.top(i)).Contains(at) {
			return r.node
		}
	}
	return 0
}

// mostSentence bounds how much of one node is told.
const mostSentence = 12

// Sentences says in words what the lanes show, one sentence per node.
func (l *Lanes) Sentences() []string {
	var out []string
	for i := range l.rows {
		r := &l.rows[i]
		var parts []string
		more := 0
		tell := func(words string) {
			if len(parts) < mostSentence {
				parts = append(parts, words)
			} else {
				more++
			}
		}
		for _, o := range r.ops {
			words, result := l.told(o)
			words += " from " + seconds(o.call, 3)
			if o.end == trace.NoEvent {
				words += " s, never answered"
			} else {
				words += " to " + seconds(o.done, 3) + " s: " + result
			}
			tell(words)
		}
		for _, v := range r.intervals {
			if words := v.words(); words != "" && !r.client {
				tell("from " + seconds(v.From, 3) + " s " + words)
			}
		}
		if r.crew != nil {
			for _, words := range l.tell(r) {
				tell(words)
			}
		}
		for _, words := range l.tellTries(r) {
			tell(words)
		}
		if more > 0 {
			parts = append(parts, strconv.Itoa(more)+" more")
		}
		if len(parts) > 0 {
			out = append(out, r.name+": "+strings.Join(parts, "; ")+".")
		}
	}
	return out
}

// told returns an operation and its result, empty while it is open, as the client put them.
func (l *Lanes) told(o operation) (op, result string) {
	op = trace.ParseOperation(l.trace.Text(l.trace.Events[o.invoke].Text)).Op
	if o.end != trace.NoEvent {
		result = l.trace.Text(l.trace.Events[o.end].Text)
	}
	return op, result
}

// words says what a node is in an interval, empty where nothing is known.
func (v Interval) words() string {
	words := ""
	if v.HasRole {
		words = v.Role.String()
	}
	if v.Stale {
		words = "stale " + words
	}
	if v.HasTerm && words != "" {
		words += " of term " + strconv.FormatUint(uint64(v.Term), 10)
	}
	if v.GuessedRole && words != "" {
		words += " (inferred)"
	}
	if v.HasProcess && v.Process != trace.Running {
		words = strings.TrimSuffix(v.Process.String()+", "+words, ", ")
	}
	return words
}
