package trace

import (
	"fmt"
	"slices"
	"strings"
)

// The limits of a trace. An importer must check them itself: going beyond one panics in the Builder.
const (
	MaxNodes  = 1<<16 - 1
	MaxGroups = 1<<16 - 1
	MaxEvents = 1<<31 - 1
)

// Builder makes a Trace event by event.
type Builder struct {
	trace    *Trace
	interned map[string]StringID
	groups   map[string]GroupID
	live     state
	owned    []bool // live.nodes[i] is not shared with a keyframe
	since    int    // events and changes behind the last keyframe
	weight   int    // of all nodes' states
	outline  bool
}

// NewBuilder returns a builder for an empty trace.
func NewBuilder(h Header) *Builder {
	return &Builder{
		trace:    &Trace{Header: h, strings: []string{""}},
		interned: map[string]StringID{"": 0},
		groups:   map[string]GroupID{},
	}
}

// NewOutline returns a builder that keeps an outline only: processes, elections and operations with the roles and terms
// they lead to, but no messages, log entries, timers or cells, and nothing to seek by. It is for runs by the thousand;
// what is left out has the id NoEvent.
func NewOutline(h Header) *Builder {
	b := NewBuilder(h)
	b.outline = true
	return b
}

// Outline reports whether the builder keeps an outline only, so that its producer need not word the rest.
func (b *Builder) Outline() bool { return b.outline }

func (k Kind) outlined() bool {
	return !k.IsSend() && k != Arrive && k != Receive && k != Drop && k != Vote && k != VoteDenied &&
		(k < Append || k > Apply)
}

func (f Field) outlined() bool { return f <= FieldLeader }

// AddNode adds a node; ids must be unique within their cluster.
func (b *Builder) AddNode(n Node) NodeID {
	if len(b.trace.nodes) == MaxNodes {
		panic("trace: too many nodes")
	}
	n.ID, n.Name = valid(n.ID), valid(n.Name)
	if n.Name == "" {
		n.Name = n.ID
	}
	b.trace.nodes = append(b.trace.nodes, n)
	b.live.nodes = append(b.live.nodes, &NodeState{Process: unknown()})
	b.owned = append(b.owned, true)
	b.weight++
	return NodeID(len(b.trace.nodes))
}

// Group interns a raft group's name.
func (b *Builder) Group(name string) GroupID {
	name = valid(name)
	if id, ok := b.groups[name]; ok {
		return id
	}
	if len(b.trace.groups) == MaxGroups {
		panic("trace: too many raft groups")
	}
	b.trace.groups = append(b.trace.groups, name)
	b.groups[name] = GroupID(len(b.trace.groups))
	return b.groups[name]
}

// valid replaces what is not UTF-8: log bytes may hold anything, JSON may not.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// Intern returns the id of a string.
func (b *Builder) Intern(s string) StringID {
	if id, ok := b.interned[s]; ok {
		return id
	}
	if v := valid(s); v != s {
		return b.Intern(v)
	}
	id := StringID(len(b.trace.strings))
	b.trace.strings = append(b.trace.strings, s)
	b.interned[s] = id
	return id
}

// Len returns the number of events so far.
func (b *Builder) Len() int { return len(b.trace.Events) }

// Emit appends an event. Its time must not be earlier than that of the event before it. Cause 0 is the first event; an
// event without one says NoEvent. The first event has no cause whatever it says. An event that cannot be panics: input
// from outside is checked with Check first.
func (b *Builder) Emit(e Event) EventID {
	if b.outline && !e.Kind.outlined() {
		return NoEvent
	}
	t := b.trace
	id := EventID(len(t.Events))
	if id == 0 {
		e.Cause = NoEvent
	}
	if err := b.Check(e); err != nil {
		panic("trace: " + err.Error())
	}
	b.keyframe()
	t.Events = append(room(t.Events), e)
	if b.outline {
		return id
	}
	t.ends = append(room(t.ends), NoEvent)
	if (e.Kind == Arrive || e.Kind == Drop || e.Kind == Receive) && e.Cause >= 0 && t.Events[e.Cause].Kind.IsSend() &&
		t.ends[e.Cause] == NoEvent {
		t.ends[e.Cause] = id
	}
	b.live.observe(id, e)
	b.since++
	return id
}

// room makes room for one more at the end of a column. A long one grows by half: append alone would have it grow by a
// quarter, and copy each event five times.
func room[T any](column []T) []T {
	if n := len(column); n == cap(column) && n > 1<<10 {
		return slices.Grow(column, n/2)
	}
	return column
}

// EmitText appends an event with the given text.
func (b *Builder) EmitText(e Event, text string) EventID {
	if b.outline && !e.Kind.outlined() {
		return NoEvent
	}
	e.Text = b.Intern(text)
	return b.Emit(e)
}

// Check tells why an event cannot come next, nil when it can.
func (b *Builder) Check(e Event) error {
	t, n := b.trace, len(b.trace.Events)
	switch {
	case n == MaxEvents:
		return fmt.Errorf("event %d is beyond the limit of a trace", n)
	case n > 0 && t.Events[n-1].At > e.At:
		return fmt.Errorf("event %d at %d is earlier than the one before it at %d", n, e.At, t.Events[n-1].At)
	case e.Cause < NoEvent || e.Cause >= EventID(n) && n > 0:
		return fmt.Errorf("event %d has the cause %d, which is not before it", n, e.Cause)
	case int(e.Node) > len(t.nodes) || int(e.Peer) > len(t.nodes):
		return fmt.Errorf("event %d is of nodes %d and %d, the trace has %d", n, e.Node, e.Peer, len(t.nodes))
	case int(e.Group) > len(t.groups):
		return fmt.Errorf("event %d is of group %d, the trace has %d", n, e.Group, len(t.groups))
	case int(e.Text) >= len(t.strings):
		return fmt.Errorf("event %d has string %d, the trace has %d", n, e.Text, len(t.strings))
	case e.Kind >= kinds || e.Prov >= provenances:
		return fmt.Errorf("event %d has kind %d and provenance %d, which do not exist", n, e.Kind, e.Prov)
	}
	return nil
}

// SetField records a new value of a group's field, caused by the last event. An equal known value is no change.
func (b *Builder) SetField(n NodeID, g GroupID, f Field, value uint64) {
	if b.outline && !f.outlined() {
		return
	}
	if have := b.live.nodes[n-1].In(g); have != nil {
		if v, ok := have.value(f).Get(); ok && v == value {
			return
		}
	}
	b.change(Change{Node: n, Group: g, Field: f, Value: value})
}

// ForgetField records that a group's field is no longer known.
func (b *Builder) ForgetField(n NodeID, g GroupID, f Field) {
	if have := b.live.nodes[n-1].In(g); have != nil && have.value(f).Known() {
		b.change(Change{Node: n, Group: g, Field: f, Forget: true})
	}
}

// SetProcess records a new process state, caused by the last event.
func (b *Builder) SetProcess(n NodeID, p Process) {
	b.change(Change{Node: n, Field: FieldProcess, Value: uint64(p)})
}

// SetCell records a cell's text, caused by the last event. Writing the same text again refreshes its age.
func (b *Builder) SetCell(n NodeID, g GroupID, s Shelf, key, text string) {
	if !b.outline {
		b.Refresh(n, g, s, b.Intern(key), b.Intern(text))
	}
}

// HasCell reports whether a cell has the given text now.
func (b *Builder) HasCell(n NodeID, g GroupID, s Shelf, key, text string) bool {
	if b.outline {
		return true
	}
	have := b.live.nodes[n-1]
	i, ok := have.cell(g, s, b.Intern(key))
	return ok && b.trace.strings[have.Cells[i].Text] == text
}

// Refresh sets a cell of which key and text are interned, for those that are written over and over.
func (b *Builder) Refresh(n NodeID, g GroupID, s Shelf, key, text StringID) {
	if !b.outline {
		b.change(Change{Node: n, Group: g, Field: FieldCell, Shelf: s, Key: key, Value: uint64(text)})
	}
}

// RemoveCell removes a cell.
func (b *Builder) RemoveCell(n NodeID, g GroupID, s Shelf, key string) {
	k := b.Intern(key)
	if _, ok := b.live.nodes[n-1].cell(g, s, k); ok {
		b.change(Change{Node: n, Group: g, Field: FieldCellGone, Shelf: s, Key: k})
	}
}

// LoseMemory records what a crash takes: every memory cell, and of each group all but what the system keeps on disk,
// its term and its vote.
func (b *Builder) LoseMemory(n NodeID) {
	had := b.live.nodes[n-1].clone()
	for _, c := range had.Cells {
		if c.Shelf == Memory {
			b.change(Change{Node: n, Group: c.Group, Field: FieldCellGone, Shelf: Memory, Key: c.Key})
		}
	}
	for _, g := range had.Groups {
		for _, f := range []Field{FieldRole, FieldLeader, FieldCommit, FieldApplied, FieldTimer} {
			b.ForgetField(n, g.Group, f)
		}
	}
}

// LoseDisk records what an empty disk has lost, behind what the crash before it took.
func (b *Builder) LoseDisk(n NodeID) {
	had := b.live.nodes[n-1].clone()
	for _, c := range had.Cells {
		b.change(Change{Node: n, Group: c.Group, Field: FieldCellGone, Shelf: c.Shelf, Key: c.Key})
	}
	for _, g := range had.Groups {
		b.ForgetField(n, g.Group, FieldTerm)
		b.ForgetField(n, g.Group, FieldVote)
	}
}

// Node returns a node's state as of the last event.
func (b *Builder) Node(n NodeID) *NodeState { return b.live.nodes[n-1] }

// Nodes returns the nodes so far; NodeID n stands at n-1.
func (b *Builder) Nodes() []Node { return b.trace.nodes }

// Events returns the events so far, to be read only.
func (b *Builder) Events() []Event { return b.trace.Events }

// Text returns an interned string.
func (b *Builder) Text(id StringID) string { return b.trace.strings[id] }

// Info returns what is constant about a node.
func (b *Builder) Info(n NodeID) Node { return b.trace.nodes[n-1] }

// Trace returns what was built so far. The builder may go on; the trace returned does not see it.
func (b *Builder) Trace() *Trace {
	t := *b.trace
	t.Events = slices.Clip(t.Events)
	t.nodes = slices.Clip(t.nodes)
	t.groups = slices.Clip(t.groups)
	t.strings = slices.Clip(t.strings)
	t.changes = slices.Clip(t.changes)
	t.keys = slices.Clip(t.keys)
	t.ends = slices.Clone(t.ends) // the one column that later events write back into
	return &t
}

func (b *Builder) change(c Change) {
	c.Event = EventID(len(b.trace.Events) - 1)
	if c.Event < 0 {
		panic("trace: a change needs an event before it")
	}
	if f, v := c.Field, c.Value; f == FieldRole && v > uint64(Leader) || f == FieldProcess && v > uint64(Crashed) ||
		(f == FieldVote || f == FieldLeader) && v > uint64(len(b.trace.nodes)) {
		panic(fmt.Sprintf("trace: %d is no %s", v, f))
	}
	i := c.Node - 1
	if !b.owned[i] {
		b.live.nodes[i], b.owned[i] = b.live.nodes[i].clone(), true
	}
	b.weight -= b.live.nodes[i].weight()
	b.live.nodes[i].apply(c)
	b.weight += b.live.nodes[i].weight()
	if b.outline {
		return
	}
	b.trace.changes = append(room(b.trace.changes), c)
	b.since++
}

// keyframe stores the live state when replaying the deltas since the last one would cost more than the state itself.
// It runs before an event is appended, when all changes of the one before it are known.
func (b *Builder) keyframe() {
	const least = 256
	if b.since < least {
		return
	}
	if b.since < b.weight+len(b.live.flights) {
		return
	}
	b.trace.keys = append(b.trace.keys, keyframe{
		state:  state{nodes: slices.Clone(b.live.nodes), flights: slices.Clone(b.live.flights)},
		event:  EventID(len(b.trace.Events) - 1),
		change: len(b.trace.changes),
	})
	clear(b.owned)
	b.since = 0
}
