package replay

import "tabletop/engine/trace"

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
}

func (m *importing) leaders(done *Import) []LeaderReport {
	s := &sitting{importing: m, trace: done.Trace, all: []LeaderReport{}, open: map[seat]int{}}
	for i := range done.Trace.Events {
		for _, c := range done.Trace.Changes(trace.EventID(i)) {
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
	case c.Field != trace.FieldRole:
	case c.Forget: // killed: the last line is the one before
		s.end(at, int64(e.At)-1, false)
	case trace.Role(c.Value) != trace.Leader:
		s.end(at, int64(e.At), true)
	case i < 0:
		n := s.trace.Node(c.Node)
		s.all = append(s.all, LeaderReport{Cluster: n.Cluster, Group: s.trace.Group(c.Group), Node: n.ID, Term: uint64(e.Term),
			From: stampText(s.origin + int64(e.At)), FromKnown: e.Kind == trace.Elected})
		s.open[at] = len(s.all)
	}
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
		last := stampText(s.corrected(node, s.cast.players[node].last))
		heirs := latest[throne{reign.Cluster, reign.Group}]
		if heirs[0].node != reign.Node && heirs[0].from > last || heirs[1].node != "" && heirs[1].node != reign.Node && heirs[1].from > last {
			reign.To, reign.ToKnown = &last, false
		}
	}
}
