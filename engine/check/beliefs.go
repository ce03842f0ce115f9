package check

import (
	"fmt"
	"slices"

	"tabletop/engine/trace"
)

// beliefs follows what the nodes believed and finds where two led at once, where one led on although a later leader was
// there, and what a node must never take back: its term and its vote.
func beliefs(t *trace.Trace, clocks Clocks, atWork AtWork) []Finding {
	s := &believing{
		trace: t, clocks: clocks, atWork: atWork, groups: map[believer]*belief{}, crews: map[place]*crew{}, process: map[trace.NodeID]trace.Process{},
	}
	for i := range t.Events {
		s.event(trace.EventID(i))
	}
	end := trace.EventID(len(t.Events) - 1)
	for _, p := range s.order {
		c := s.crews[p]
		if len(c.leaders) > 1 {
			s.closeDual(p, c, end, true)
		}
		for _, n := range c.leaders {
			if b := s.groups[believer{n, p.group}]; b.stale != trace.NoEvent {
				s.closeStale(p, n, b, end, true)
			}
		}
	}
	return s.found
}

type believer struct {
	node  trace.NodeID
	group trace.GroupID
}

// belief is what one node believes in one group. Zero terms and votes are unknown.
type belief struct {
	leads          bool
	term           uint64
	vote, voteTerm uint64        // the last vote, and its term
	stale          trace.EventID // where it began to lead although a later leader was there
	successor      trace.NodeID
	led            uint64 // the term it led, for the text
	leaving        bool   // it has stepped down: the term that comes is another's, and the role follows
}

// crew is everybody who believes to lead one group of a cluster.
type crew struct {
	leaders []trace.NodeID // who believes to lead now, in the order in which they began
	dual    trace.EventID  // where the second one came
	all     []trace.NodeID // who took part since then
	top     uint64         // the highest term that had a leader
	topNode trace.NodeID
}

type believing struct {
	trace   *trace.Trace
	clocks  Clocks
	atWork  AtWork
	groups  map[believer]*belief
	crews   map[place]*crew
	order   []place // of the crews, so that nothing depends on the order of a map
	process map[trace.NodeID]trace.Process
	found   []Finding
}

func (s *believing) event(id trace.EventID) {
	var touched []believer
	if e := s.trace.Events[id]; e.Kind == trace.StepDown {
		if b := s.groups[believer{e.Node, e.Group}]; b != nil {
			b.leaving = true
		}
	}
	for _, c := range s.trace.Changes(id) {
		if c.Field == trace.FieldProcess {
			s.process[c.Node] = trace.Process(c.Value)
			if c.Forget {
				delete(s.process, c.Node)
			}
			touched = s.allOf(touched, c.Node)
			continue
		}
		k := believer{c.Node, c.Group}
		b := s.groups[k]
		if b == nil {
			b = &belief{stale: trace.NoEvent}
			s.groups[k] = b
		}
		s.change(id, k, b, c)
		if !slices.Contains(touched, k) {
			touched = append(touched, k)
		}
	}
	for _, k := range touched {
		s.settle(id, k)
	}
}

// allOf adds every group in which a node leads: those are the ones that its pause or crash matters to.
func (s *believing) allOf(touched []believer, n trace.NodeID) []believer {
	for _, p := range s.order {
		if slices.Contains(s.crews[p].leaders, n) {
			touched = append(touched, believer{n, p.group})
		}
	}
	return touched
}

func (s *believing) change(id trace.EventID, k believer, b *belief, c trace.Change) {
	v := c.Value
	if c.Forget {
		v = 0
	}
	switch c.Field {
	case trace.FieldRole:
		b.leads, b.leaving = !c.Forget && trace.Role(v) == trace.Leader, false
	case trace.FieldTerm:
		if v < b.term && !c.Forget && !s.excused(id) {
			s.found = append(s.found, s.place(k).finding(s.trace, TermRegression,
				fmt.Sprintf("%s went back from term %d to term %d", nodeName(s.trace, k.node), b.term, v), id))
		}
		b.term = v
	case trace.FieldVote:
		term := s.termAfter(id, k, b)
		if c.Forget && s.trace.Events[id].Kind == trace.Wipe {
			b.vote = 0 // who comes back on an empty disk is another voter
		}
		if v == 0 {
			break // a vote that is forgotten, even in a crash, was given all the same
		}
		if b.vote != 0 && v != b.vote && term != 0 && b.voteTerm == term {
			s.found = append(s.found, s.place(k).finding(s.trace, DoubleVote,
				fmt.Sprintf("%s voted for %s and for %s in term %d", nodeName(s.trace, k.node),
					nodeName(s.trace, trace.NodeID(b.vote)), nodeName(s.trace, trace.NodeID(v)), term), id))
		}
		b.vote, b.voteTerm = v, term
	}
}

// excused reports whether a lower term may be the fault of the telling: a captured log may report a restart before it
// reports the term on disk, and a hand may have set anything. A simulated restart finds its term on its disk.
func (s *believing) excused(id trace.EventID) bool {
	e := s.trace.Events[id]
	return e.Kind == trace.Command || e.Prov != trace.Simulated && (e.Kind == trace.Start || e.Kind == trace.Crash)
}

// termAfter returns the node's term behind an event, for the events that change the vote before the term.
func (s *believing) termAfter(id trace.EventID, k believer, b *belief) uint64 {
	term := b.term
	for _, c := range s.trace.Changes(id) {
		if c.Node == k.node && c.Group == k.group && c.Field == trace.FieldTerm && !c.Forget {
			term = c.Value
		}
	}
	return term
}

func (s *believing) place(k believer) place { return placeOf(s.trace, k.node, k.group) }

// settle compares a node with the others of its group behind an event.
func (s *believing) settle(id trace.EventID, k believer) {
	b := s.groups[k]
	p := s.place(k)
	c := s.crews[p]
	if c == nil {
		c = &crew{}
		s.crews[p] = c
		s.order = append(s.order, p)
	}
	leads := b.leads && s.process[k.node] != trace.Crashed
	at := slices.Index(c.leaders, k.node)
	switch {
	case leads && at < 0:
		c.leaders = append(c.leaders, k.node)
		switch len(c.leaders) {
		case 1:
		case 2:
			c.dual, c.all = id, slices.Clone(c.leaders)
		default:
			if !slices.Contains(c.all, k.node) {
				c.all = append(c.all, k.node)
			}
		}
	case !leads && at >= 0:
		if len(c.leaders) == 2 {
			s.closeDual(p, c, id, false)
		}
		c.leaders = slices.Delete(c.leaders, at, at+1)
		if b.stale != trace.NoEvent {
			s.closeStale(p, k.node, b, id, false)
		}
	}
	if leads && b.led < b.term && !b.leaving {
		b.led = b.term
	}
	if leads && b.term > c.top {
		c.top, c.topNode = b.term, k.node
	}
	s.staleness(id, p, c)
}

func (s *believing) staleness(id trace.EventID, p place, c *crew) {
	for _, n := range c.leaders {
		b := s.groups[believer{n, p.group}]
		stale := b.term != 0 && b.term < c.top && s.process[n] == trace.Running
		switch {
		case stale && b.stale == trace.NoEvent:
			b.stale, b.successor = id, c.topNode
		case !stale && b.stale != trace.NoEvent:
			s.closeStale(p, n, b, id, false)
		}
	}
}

func (s *believing) closeDual(p place, c *crew, id trace.EventID, open bool) {
	from, to := s.trace.Events[c.dual].At, s.trace.Events[id].At
	if from == to {
		return
	}
	l := s.lasted(c.dual, id, open)
	f := p.finding(s.trace, DualLeader, "", c.dual, id)
	f.Nodes = slices.Clone(c.all)
	f.Text = fmt.Sprintf("%s %s themselves leader%s at once %s (%s)%s", namesOf(s.trace, c.all), l.verb("believed", "may have believed"),
		OfGroup(f.Group), l, s.terms(p, c), l.proviso())
	s.found = append(s.found, f)
}

func (s *believing) terms(p place, c *crew) string {
	text := ""
	for i, n := range c.all {
		if i > 0 {
			text += ", "
		}
		text += nodeName(s.trace, n) + " in " + termName(s.groups[believer{n, p.group}].led)
	}
	return text
}

// closeStale tells of each part of the time in which a node led on although it had a successor for which it is known that
// it ran: while it was stopped it could mislead nobody.
func (s *believing) closeStale(p place, n trace.NodeID, b *belief, id trace.EventID, open bool) {
	whole := Span{s.trace.Events[b.stale].At, s.trace.Events[id].At}
	for _, part := range s.atWork(n, whole.From, whole.To) {
		if part.From >= part.To {
			continue
		}
		l := s.lasted(b.stale, id, open)
		if part != whole {
			l.by, l.least = part.To-part.From, true
		}
		if part.From > whole.From { // by the node's own clock from its beginning to its end
			l.off, l.known = 0, true
		}
		f := p.finding(s.trace, StaleLeader, s.staleText(p, n, b, l), b.stale, id)
		f.Nodes, f.From, f.To = []trace.NodeID{n}, part.From, part.To
		s.found = append(s.found, f)
	}
	b.stale = trace.NoEvent
}

func (s *believing) staleText(p place, n trace.NodeID, b *belief, l lasted) string {
	who, successor := nodeName(s.trace, n), s.groups[believer{b.successor, p.group}]
	led := termName(b.led) + OfGroup(s.trace.Group(p.group))
	although := fmt.Sprintf("although %s had become leader of %s", nodeName(s.trace, b.successor), termName(successor.led))
	if e := s.trace.Events[b.stale]; e.Kind == trace.Resume && e.Prov == trace.Inferred && (l.instant() || l.doubtful()) {
		how := "it gave up in its first line"
		if l.doubtful() {
			how = "for how long their clocks do not tell"
		}
		return fmt.Sprintf("%s woke and believed itself leader of %s %s; %s", who, led, although, how)
	}
	return fmt.Sprintf("%s %s awake and believed itself leader of %s %s %s%s", who, l.verb("was", "may have been"), led, l,
		although, l.proviso())
}

func termName(term uint64) string {
	if term == 0 {
		return "an unknown term"
	}
	return fmt.Sprintf("term %d", term)
}
