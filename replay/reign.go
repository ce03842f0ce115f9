package replay

import (
	"cmp"
	"slices"

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
	order []seat       // the open ones, oldest first, so that nothing depends on the order of a map
}

func (m *importing) leaders(done *Import) []LeaderReport {
	s := &sitting{importing: m, trace: done.Trace, all: []LeaderReport{}, open: map[seat]int{}}
	for i := range done.Trace.Events {
		for _, c := range done.Trace.Changes(trace.EventID(i)) {
			s.change(&done.Trace.Events[i], c)
		}
	}
	for _, o := range s.order {
		s.silenced(o)
	}
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
		s.order = append(s.order, at)
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
	s.order = slices.DeleteFunc(s.order, func(o seat) bool { return o == at })
}

// silenced ends a reign that no line ends if another node led after this one's last line: it was killed or cut off.
func (s *sitting) silenced(at seat) {
	i := s.open[at] - 1
	reign := &s.all[i]
	node := int(at.node) - 1
	last := stampText(s.corrected(node, s.cast.players[node].last))
	if slices.ContainsFunc(s.all, func(o LeaderReport) bool {
		return o.Cluster == reign.Cluster && o.Group == reign.Group && o.Node != reign.Node && cmp.Compare(o.From, last) > 0
	}) {
		reign.To, reign.ToKnown = &last, false
	}
}
