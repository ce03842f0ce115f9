package replay

import (
	"math"

	"tabletop/engine/trace"
)

// seat is a node's place in a raft group.
type seat struct {
	node  trace.NodeID
	group trace.GroupID
}

// sitting reads off a trace who believed to lead, when.
type sitting struct {
	trace *trace.Trace
	all   []LeaderReport
	open  map[seat]int // 1 + the place in all
	terms map[seat]uint64
}

func leaders(t *trace.Trace) []LeaderReport {
	s := &sitting{trace: t, all: []LeaderReport{}, open: map[seat]int{}, terms: map[seat]uint64{}}
	for i := range t.Events {
		changes := t.Changes(trace.EventID(i))
		for _, c := range changes {
			if c.Field == trace.FieldTerm {
				s.terms[seat{c.Node, c.Group}] = c.Value
			}
		}
		for _, c := range changes {
			s.change(&t.Events[i], c)
		}
	}
	return s.all
}

func (s *sitting) change(e *trace.Event, c trace.Change) {
	at := seat{c.Node, c.Group}
	i := s.open[at] - 1
	switch {
	case c.Field == trace.FieldTerm && i >= 0 && s.all[i].Term == 0:
		s.all[i].Term = c.Value
	case c.Field == trace.FieldTerm && i >= 0 && e.Kind == trace.Elected && e.Node == c.Node && c.Value > s.all[i].Term:
		s.end(at, e.At, false) // elected anew: no line says when the last reign ended
		s.begin(e, c)
	case c.Field != trace.FieldRole:
	case c.Forget && e.Prov == trace.Simulated: // killed, and when is known
		s.end(at, e.At, true)
	case c.Forget: // killed: the last line is the one before
		s.end(at, e.At-1, false)
	case trace.Role(c.Value) != trace.Leader:
		s.end(at, e.At, true)
	case i < 0:
		s.begin(e, c)
	}
}

func (s *sitting) begin(e *trace.Event, c trace.Change) {
	n, at := s.trace.Node(c.Node), seat{c.Node, c.Group}
	s.all = append(s.all, LeaderReport{Cluster: n.Cluster, Group: s.trace.Group(c.Group), Node: n.ID, Term: s.term(e, c),
		From: wall(s.trace, e.At), FromKnown: e.Kind == trace.Elected})
	s.open[at] = len(s.all)
}

// term returns the term of a reign that begins, which may be too high for its event.
func (s *sitting) term(e *trace.Event, role trace.Change) uint64 {
	if e.Term < math.MaxUint32 {
		return uint64(e.Term)
	}
	return max(uint64(e.Term), s.terms[seat{role.Node, role.Group}])
}

func (s *sitting) end(at seat, when trace.Time, known bool) {
	i := s.open[at] - 1
	if i < 0 {
		return
	}
	text := wall(s.trace, when)
	s.all[i].To, s.all[i].ToKnown = &text, known
	delete(s.open, at)
}
