package trace

import "slices"

// excerpt copies some of a trace's events to another trace, whose time 0 is the first of them.
type excerpt struct {
	of    *Trace
	to    *Builder
	nodes []NodeID  // what each node is there, 0 for one that is left out
	place []EventID // where each event is there
	was   []EventID // for each event there the one it was, NoEvent for one that was none
	begin Time
}

func (t *Trace) excerpt(keep func(Node) bool) *excerpt {
	x := &excerpt{of: t, to: NewBuilder(t.Header), nodes: make([]NodeID, len(t.nodes)+1), place: make([]EventID, len(t.Events))}
	for i := range x.place {
		x.place[i] = NoEvent
	}
	for i, n := range t.nodes {
		if keep(n) {
			x.nodes[i+1] = x.to.AddNode(n)
		}
	}
	for _, g := range t.groups {
		x.to.Group(g)
	}
	return x
}

// starts sets what will be time 0.
func (x *excerpt) starts(at Time) {
	x.begin = at
	x.to.trace.Header.Origin.At = x.of.Header.Origin.At + int64(at)
}

// event copies an event with its changes. A cause that is left out is none.
func (x *excerpt) event(id EventID) {
	e := x.of.Events[id]
	if len(x.was) == 0 {
		x.starts(e.At)
	}
	e.At -= x.begin
	e.Node, e.Peer = x.nodes[e.Node], x.nodes[e.Peer]
	if e.Cause != NoEvent {
		e.Cause = x.place[e.Cause]
	}
	e.Text = x.to.Intern(x.of.Text(e.Text))
	x.place[id] = x.to.Emit(e)
	x.was = append(x.was, id)
	for _, c := range x.of.Changes(id) {
		x.change(c)
	}
}

// change copies a change; strings and nodes have other numbers there.
func (x *excerpt) change(c Change) {
	if x.nodes[c.Node] == 0 {
		return
	}
	c.Node, c.Key = x.nodes[c.Node], x.to.Intern(x.of.Text(c.Key))
	switch c.Field {
	case FieldCell:
		c.Value = uint64(x.to.Intern(x.of.Text(StringID(c.Value))))
	case FieldVote, FieldLeader:
		c.Value = uint64(x.nodes[c.Value])
	case FieldTimer:
		if c.Value > 0 {
			c.Value = uint64(max(1, Time(c.Value)-x.begin))
		}
	}
	x.to.change(c)
}

// known tells at a time what is known of every node behind an event, by an inferred note for each.
func (x *excerpt) known(at Time, behind EventID) {
	x.starts(at)
	cursor := x.of.Cursor()
	cursor.Seek(behind)
	for i := range x.of.nodes {
		n := NodeID(i + 1)
		state := cursor.Node(n)
		if !state.Process.Known() && len(state.Groups)+len(state.Cells) == 0 {
			continue
		}
		x.to.EmitText(Event{Kind: Note, Node: x.nodes[n], Cause: NoEvent, Prov: Inferred}, "as it was before")
		x.was = append(x.was, NoEvent)
		if v, ok := state.Process.Get(); ok {
			x.change(Change{Node: n, Field: FieldProcess, Value: v})
		}
		for _, g := range state.Groups {
			for f := FieldRole; f <= FieldTimer; f++ {
				if v, ok := g.value(f).Get(); ok {
					x.change(Change{Node: n, Group: g.Group, Field: f, Value: v})
				}
			}
		}
		for _, c := range state.Cells {
			x.change(Change{Node: n, Group: c.Group, Field: FieldCell, Shelf: c.Shelf, Key: c.Key, Value: uint64(c.Text)})
		}
	}
}

func (x *excerpt) done() (*Trace, []EventID) { return x.to.Trace(), slices.Clip(x.was) }

// Between returns the part of a trace from one time to another, and for each of its events the one it was. It begins with
// what is known from before, in events that were none: NoEvent.
func (t *Trace) Between(from, to Time) (*Trace, []EventID) {
	x := t.excerpt(func(Node) bool { return true })
	first, last := t.At(from-1)+1, t.At(to)
	if first > 0 && from <= t.End() {
		x.known(from, first-1)
	}
	for id := first; id <= last; id++ {
		x.event(id)
	}
	return x.done()
}
