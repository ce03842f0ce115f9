package view

import (
	"slices"
	"strconv"
	"strings"

	"tabletop/engine/trace"
	"tabletop/render/draw"
)

// lookBack bounds how many events before the cursor a frame may search for open operations, votes and last roles.
const lookBack = 50_000

// scene is what one frame shows, read from the cursor once.
type scene struct {
	model   *Model
	layout  Layout
	trace   *trace.Trace
	group   trace.GroupID
	nodes   []node
	clients []client
	moving  []moving
	low     uint32 // the range of terms any node knows
	high    uint32
	masters int     // how many of the nodes are; tablet servers follow
	ways    []way   // of the messages, each once
	routes  []int32 // where the way of each route stands in ways, counted from 1
	// farthest holds for each way which message has gone farthest, -1 for none but those of old terms.
	farthest []int32
	lengths  []float32      // of the ways
	written  map[label]bool // the labels that have found room
	// replicas is room for the tablets of one server.
	replicas []replica
}

// node is one master or tablet server as it is drawn.
type node struct {
	scene   *scene
	place   Place
	id      string
	state   *trace.NodeState
	group   *trace.GroupState // nil when nothing is known
	process trace.Process
	since   trace.Time // of the process state
	guessed bool       // no line tells of it
	role    trace.Role
	born    bool // anything is known
	term    uint32
	known   bool // the term is
	stale   bool
	timer   float32 // what is left of the election timer, 0 to 1; negative when stopped
	pile    []trace.EventID
	tasks   []task // of a master
	retry   int    // which of them never leaves it, -1 for none
}

func (m *Model) scene(layout Layout) *scene {
	s := &m.memory().scene
	s.reset()
	s.model, s.layout, s.trace, s.group = m, layout, m.Cursor.Trace(), m.Group
	s.routes = slices.Grow(s.routes[:0], layout.routes())[:layout.routes()]
	clear(s.routes)
	if s.group == 0 && len(s.trace.Groups()) > 0 {
		s.group = 1
	}
	for _, p := range layout.Places {
		if p.Kind == trace.Client {
			s.clients = append(s.clients, s.client(p))
		} else {
			s.nodes = append(s.nodes, s.node(p))
			if !p.tabletServer() {
				s.masters++
			}
		}
	}
	s.terms()
	s.flights()
	return s
}

// reset empties a scene and keeps its memory.
func (s *scene) reset() {
	clear(s.written)
	*s = scene{nodes: s.nodes[:0], clients: s.clients[:0], moving: s.moving[:0], ways: s.ways[:0],
		routes: s.routes, written: s.written, replicas: s.replicas, farthest: s.farthest[:0], lengths: s.lengths[:0]}
	if s.written == nil {
		s.written = map[label]bool{}
	}
}

func (s *scene) node(p Place) node {
	c := s.model.Cursor
	n := node{scene: s, place: p, id: s.trace.Node(p.Node).Name, state: c.Node(p.Node), timer: -1, retry: -1}
	n.group = n.state.In(s.group)
	n.process = trace.Process(n.state.Process.V)
	if n.state.Process.Known() {
		n.since, n.born = s.timeOf(n.state.Process.Source), true
		n.guessed = s.trace.Events[n.state.Process.Source].Prov == trace.Inferred
	}
	if n.group != nil {
		n.born = n.born || n.group.Role.Known()
		n.role = trace.Role(n.group.Role.V)
		term, ok := n.group.Term.Get()
		n.term, n.known = uint32(term), ok
		n.timer = n.timerLeft()
	}
	if n.process == trace.Paused && s.model.lens() { // which a process cannot know of itself
		n.process = trace.Running
	}
	if !p.tabletServer() {
		n.readTasks()
	}
	if n.process == trace.Crashed {
		n.role = s.roleBefore(p.Node, n.state.Process.Source)
	}
	return n
}

// timerLeft returns the part of the election timer that is left; a paused node's timer stands still.
func (n *node) timerLeft() float32 {
	deadline, ok := n.group.Timer.Get()
	if !ok || deadline == 0 {
		return -1
	}
	now := n.scene.model.At
	if n.process == trace.Paused {
		now = min(now, n.since)
	}
	armed := n.scene.timeOf(n.group.Timer.Source)
	if trace.Time(deadline) <= armed {
		return 0
	}
	left := float64(trace.Time(deadline)-now) / float64(trace.Time(deadline)-armed)
	return float32(max(0, min(left, 1)))
}

// roleBefore returns the last role a node had before it crashed: its silhouette stays.
func (s *scene) roleBefore(id trace.NodeID, crash trace.EventID) trace.Role {
	for e := crash - 1; e >= max(0, crash-lookBack); e-- {
		if s.trace.Events[e].Node != id {
			continue
		}
		switch s.trace.Events[e].Kind {
		case trace.Elected:
			return trace.Leader
		case trace.StepDown, trace.Start, trace.ElectionLost, trace.Crash:
			return trace.Follower
		}
	}
	return trace.Follower
}

// terms finds the range of known terms and with it the stale leaders.
func (s *scene) terms() {
	for _, n := range s.nodes {
		if !n.known || n.term == 0 {
			continue
		}
		if s.low == 0 || n.term < s.low {
			s.low = n.term
		}
		s.high = max(s.high, n.term)
	}
	for i := range s.nodes {
		n := &s.nodes[i]
		n.stale = n.leads() && n.term < s.high && !s.model.lens()
	}
}

func (n *node) leads() bool {
	return n.born && n.role == trace.Leader && n.process != trace.Crashed
}

// believed returns the leader a node believes in.
func (n *node) believed() (trace.NodeID, bool) {
	if n.group == nil {
		return 0, false
	}
	v, ok := n.group.Leader.Get()
	return trace.NodeID(v), ok && v != 0 && int(v) <= len(n.scene.trace.Nodes())
}

// strange reports whether the lens of another node is on, which cannot know this one.
func (n *node) strange() bool {
	m := n.scene.model
	return m.lens() && n.place.Node != m.Selected
}

func (s *scene) timeOf(e trace.EventID) trace.Time {
	if e == trace.NoEvent {
		return 0
	}
	return s.trace.Events[e].At
}

func (s *scene) name(id trace.NodeID) string {
	if id == 0 || int(id) > len(s.trace.Nodes()) {
		return ""
	}
	return s.trace.Node(id).Name
}

// cell returns a cell's text.
func (n *node) cell(shelf trace.Shelf, key string) (string, bool) {
	for _, c := range n.state.Cells {
		if c.Shelf == shelf && n.scene.trace.Text(c.Key) == key {
			return n.scene.trace.Text(c.Text), true
		}
	}
	return "", false
}

// tables returns the names of the tables in memory and which of them was written last, -1 for none.
func (n *node) tables() (names []string, newest int) {
	newest = -1
	last := trace.NoEvent
	type table struct {
		name   string
		source trace.EventID
	}
	var all []table
	for _, c := range n.state.Cells {
		name, ok := strings.CutPrefix(n.scene.trace.Text(c.Key), "table/")
		if ok && c.Shelf == trace.Memory {
			all = append(all, table{name, c.Source})
		}
	}
	slices.SortFunc(all, func(a, b table) int { return strings.Compare(a.name, b.name) })
	for i, t := range all {
		names = append(names, t.name)
		if t.source >= last { // of tables written at once the last name counts as the newest
			newest, last = i, t.source
		}
	}
	return names, newest
}

// diskWords returns what the disk shelf says in short: term and last log index.
func (n *node) diskWords() (term, log string) {
	term, ok := n.cell(trace.Disk, "term")
	if !ok && n.known {
		term = strconv.FormatUint(uint64(n.term), 10)
	}
	log, _ = n.cell(trace.Disk, "log")
	if i := strings.LastIndexByte(log, '.'); i >= 0 {
		log = log[i+1:]
	}
	return term, log
}

// member returns a master or a tablet server on the stage, nil for other nodes.
func (s *scene) member(id trace.NodeID) *node {
	if int(id) >= len(s.layout.index) {
		return nil
	}
	if i := s.layout.index[id]; i > 0 && i <= len(s.nodes) {
		return &s.nodes[i-1]
	}
	return nil
}

// links draws the idle links between the masters, unless they are so many that the links would be all there is to see, or
// stand in a row.
func (s *scene) links(p *pen) {
	if s.masters > ringMost || s.layout.cards() {
		return
	}
	for i := range s.masters {
		for j := range i {
			p.l.Polyline(draw.Style{Stroke: draw.Solid(draw.Rule), Width: strokeLink},
				s.nodes[j].place.At, s.nodes[i].place.At)
			p.lines = append(p.lines, segment{s.nodes[j].place.At, s.nodes[i].place.At})
		}
	}
}

// obstacles keeps words off nodes and messages.
func (s *scene) obstacles(p *pen) {
	for _, pl := range s.layout.Places {
		if pl.Radius == 0 {
			p.take(s.layout.area(pl))
			continue
		}
		r := pl.Radius + plateOutset
		p.take(draw.Box(pl.At.X-r, pl.At.Y-r, 2*r, 2*r))
	}
}

// title draws the name of the mode.
func (s *scene) title(p *pen) {
	if s.layout.Phone {
		return
	}
	words := []word{say(draw.SansSemi, draw.Text, "Omniscient view")}
	if s.model.lens() {
		words[0].text = "What " + s.name(s.model.Selected) + " believes"
	}
	if s.layout.crowd > 0 {
		words = append(words, say(draw.SansMedium, draw.Muted, strconv.Itoa(s.layout.crowd)+" clients: see the lanes"))
	}
	if s.layout.more > 0 {
		words = append(words, say(draw.SansMedium, draw.Muted, strconv.Itoa(s.layout.more)+" more nodes: see the lanes"))
	}
	if s.model.Hint != "" {
		words = append(words, say(draw.SansMedium, draw.Muted, s.model.Hint))
	}
	p.label(stageInset, titleTop, words)
}

// heading names the cards.
func (s *scene) heading(p *pen) {
	words := []word{say(draw.SansMedium, draw.Muted, "Tablet servers")}
	top := s.layout.floor - lineHeight - 12
	if s.masters > 0 && s.masters < len(s.nodes) && p.free(draw.Box(stageInset, top, lineWidth(words), lineHeight)) {
		p.label(stageInset, top, words)
	}
}

// legend draws the terms alive, where there is room.
func (s *scene) legend(p *pen) {
	if s.layout.Phone || s.low == 0 || s.model.lens() {
		return
	}
	const most = 6
	words := []word{say(draw.SansMedium, draw.Muted, "Terms")}
	for t := max(s.low, s.high-min(s.high, most-1)); t <= s.high; t++ {
		w := tagOf(t)
		w.gap = wordGap
		words = append(words, w)
	}
	span := lineWidth(words)
	if left := p.size.X - margin - span; p.free(draw.Box(left, titleTop, span, lineHeight)) {
		p.label(left, titleTop, words)
	}
}

// belief returns what a node says of itself, empty when it says nothing. It never says what the node cannot know.
func (n *node) belief() string {
	if !n.born || n.process == trace.Crashed || n.group == nil || !n.group.Role.Known() {
		return ""
	}
	term := strconv.FormatUint(uint64(n.term), 10)
	short := n.scene.layout.short
	if k, ok := n.retrying(); ok {
		return k.question(n.scene.layout.Phone)
	}
	switch n.role {
	case trace.Leader:
		return "I lead term " + term + "."
	case trace.Candidate:
		if short {
			return "Vote for me."
		}
		return "I ask for votes in term " + term + "."
	case trace.PreCandidate:
		if short {
			return "Could I win?"
		}
		return "Could I win term " + strconv.FormatUint(uint64(n.term)+1, 10) + "?"
	}
	leader, ok := n.believed()
	switch {
	case n.group == nil || !n.group.Leader.Known():
		return "" // nobody told
	case !ok:
		return "I know no leader."
	case short:
		return "I follow " + n.scene.name(leader) + "."
	}
	return "I follow " + n.scene.name(leader) + " in term " + term + "."
}
