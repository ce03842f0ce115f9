package trace

import (
	"slices"
	"sort"
)

// Trace is a finished, immutable run or import. Cursors read it; any number may do so at once.
type Trace struct {
	Header  Header
	Events  []Event
	nodes   []Node   // NodeID n is nodes[n-1]
	groups  []string // GroupID g is groups[g-1]
	strings []string
	changes []Change
	keys    []keyframe
	ends    []EventID // for a send: its Arrive, Drop or Receive, whichever came first, else NoEvent
}

// Nodes returns the nodes in the order of their ids; NodeID n stands at n-1.
func (t *Trace) Nodes() []Node { return t.nodes }

// Node returns what is constant about a node.
func (t *Trace) Node(n NodeID) Node { return t.nodes[n-1] }

// Lookup returns the first node with the given ID, or 0. Ids are unique within a cluster only.
func (t *Trace) Lookup(id string) NodeID {
	return NodeID(1 + slices.IndexFunc(t.nodes, func(n Node) bool { return n.ID == id }))
}

// Groups returns the names of the raft groups; GroupID g stands at g-1.
func (t *Trace) Groups() []string { return t.groups }

// Group returns a raft group's name, empty for 0.
func (t *Trace) Group(g GroupID) string {
	if g == 0 {
		return ""
	}
	return t.groups[g-1]
}

// Text returns an interned string.
func (t *Trace) Text(id StringID) string { return t.strings[id] }

// Changes returns what an event changed, in order.
func (t *Trace) Changes(e EventID) []Change {
	from := sort.Search(len(t.changes), func(i int) bool { return t.changes[i].Event >= e })
	to := from
	for to < len(t.changes) && t.changes[to].Event == e {
		to++
	}
	return t.changes[from:to]
}

// Arrival returns the event in which a sent message reached its receiver's socket or was lost, or was read where nothing
// tells of its arrival, as in a log. It is NoEvent if none of that happened before the trace ends.
func (t *Trace) Arrival(send EventID) EventID { return t.ends[send] }

// At returns the last event that is not later than the given time, NoEvent if there is none.
func (t *Trace) At(at Time) EventID {
	return EventID(sort.Search(len(t.Events), func(i int) bool { return t.Events[i].At > at })) - 1
}

// End returns the time of the last event.
func (t *Trace) End() Time {
	if len(t.Events) == 0 {
		return 0
	}
	return t.Events[len(t.Events)-1].At
}
