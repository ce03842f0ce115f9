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
	*importing
	trace *trace.Trace
	all   []LeaderReport
	open  map[seat]int // 1 + the place in all
	terms map[seat]uint64
}

func (m *importing) leaders(done *Import) []LeaderReport {
	s := &sitting{importing: m, trace: done.Trace, all: []LeaderReport{}, open: map[seat]int{}, terms: map[seat]uint64{}}
	for i := range done.Trace.Events {
		changes := done.Trace.Changes(trace.EventID(i))
		for _, c := range changes {
			if c.Field == trace.FieldTerm {
				s.terms[seat{c.Node, c.Group}] = c.Value
			}
		}
		for _, c := range changes {
			s.change(&done.Trace.Events[i], c)
		}
	}
	s.silenced()
	return s.all
}

func (s *sitting) change(e *trace.Event, c trace.Change) {
	at := seat{c.Node, c.Group}
	i := s.open[at] - 1
	switch {
	case c.Field == trace.FieldTerm && i >= 0 && s.all[i].Term == 0:
		s.all[i].Term = c.Value
	case c.Field == trace.FieldTerm && i >= 0 && e.Kind == trace.Elected && e.Node == c.Node && c.Value > s.all[i].Term:
		s.end(at, int64(e.At), false) // elected anew: no line says when the last reign ended
		s.begin(e, c)
	case c.Field != trace.FieldRole:
	case c.Forget: // killed: the last line is the one before
		s.end(at, int64(e.At)-1, false)
	case trace.Role(c.Value) != trace.Leader:
		s.end(at, int64(e.At), true)
	case i < 0:
		s.begin(e, c)
	}
}

func (s *sitting) begin(e *trace.Event, c trace.Change) {
	n, at := s.trace.Node(c.Node), seat{c.Node, c.Group}
	s.all = append(s.all, LeaderReport{Cluster: n.Cluster, Group: s.trace.Group(c.Group), Node: n.ID, Term: s.term(e, c),
		From: stampText(s.origin + int64(e.At)), FromKnown: e.Kind == trace.Elected})
	s.open[at] = len(s.all)
}

// term returns the term of a reign that begins, which may be too high for its event.
func (s *sitting) term(e *trace.Event, role trace.Change) uint64 {
	if e.Term < math.MaxUint32 {
		return uint64(e.Term)
	}
	return max(uint64(e.Term), s.terms[seat{role.Node, role.Group}])
}

func (s *sitting) end(at seat, when int64, known bool) {
	i := s.open[at] - 1
	if i < 0 {
		return
	}
	text := stampText(s.origin + when)
	s.all[i].To, s.all[i].ToKnown = &text, known
	delete(s.open, at)
}

// silenced ends the reigns that no line ends if another node led after their last line: they were killed or cut off.
func (s *sitting) silenced() {
	type throne struct {
		cluster int
		group   string
	}
	type heir struct{ node, from string }
	latest := map[throne][2]heir{} // the last two to begin, of different nodes
	for _, l := range s.all {
		t := throne{l.Cluster, l.Group}
		h, last := heir{l.Node, l.From}, latest[t]
		if last[0].node != l.Node {
			last[1] = last[0]
		}
		last[0] = h
		latest[t] = last
	}
	for at, i := range s.open {
		reign := &s.all[i-1]
		node := int(at.node) - 1
		if !s.cast.players[node].spoken {
			continue
		}
		last := stampText(s.corrected(node, s.cast.players[node].last))
		heirs := latest[throne{reign.Cluster, reign.Group}]
		if heirs[0].node != reign.Node && heirs[0].from > last || heirs[1].node != "" && heirs[1].node != reign.Node && heirs[1].from > last {
			reign.To, reign.ToKnown = &last, false
		}
	}
}
