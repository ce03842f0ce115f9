package trace

import (
	"slices"
	"sort"
)

// Cursor is a place in a trace and the state there. It reads the trace and never changes it.
type Cursor struct {
	trace  *Trace
	live   state
	owned  []bool
	event  EventID
	change int // first change behind the position
}

// Cursor returns a new cursor, standing before the first event.
func (t *Trace) Cursor() *Cursor {
	c := &Cursor{trace: t}
	c.load(c.start())
	return c
}

// Trace returns the trace the cursor reads.
func (c *Cursor) Trace() *Trace { return c.trace }

// Event returns the event the cursor stands behind, NoEvent before the first.
func (c *Cursor) Event() EventID { return c.event }

// Node returns a node's state at the cursor. It is valid until the next Seek and must not be changed.
func (c *Cursor) Node(n NodeID) *NodeState { return c.live.nodes[n-1] }

// Flights returns the messages that were sent and neither read nor lost, in the order of sending. It is valid until the
// next Seek.
func (c *Cursor) Flights() []Flight { return c.live.flights }

// Seek moves behind an event, or before the first with NoEvent. Places outside the trace are moved to its nearest end.
func (c *Cursor) Seek(to EventID) {
	to = max(NoEvent, min(to, EventID(len(c.trace.Events)-1)))
	keys := c.trace.keys
	near := sort.Search(len(keys), func(i int) bool { return keys[i].event > to }) - 1
	switch {
	case to < c.event && near < 0:
		c.load(c.start())
	case to < c.event || near >= 0 && keys[near].event > c.event:
		c.load(keys[near])
	}
	for c.event < to {
		c.step()
	}
}

// SeekTime moves behind the last event that is not later than the given time.
func (c *Cursor) SeekTime(at Time) { c.Seek(c.trace.At(at)) }

func (c *Cursor) start() keyframe { return keyframe{event: NoEvent} }

func (c *Cursor) load(k keyframe) {
	c.live.nodes = append(c.live.nodes[:0], k.nodes...)
	for len(c.live.nodes) < len(c.trace.nodes) { // nodes that joined later
		c.live.nodes = append(c.live.nodes, &NodeState{Process: unknown()})
	}
	c.live.flights = append(c.live.flights[:0], k.flights...)
	c.owned = slices.Grow(c.owned[:0], len(c.live.nodes))[:len(c.live.nodes)]
	clear(c.owned)
	c.event, c.change = k.event, k.change
}

func (c *Cursor) step() {
	c.event++
	c.live.observe(c.event, c.trace.Events[c.event])
	for c.change < len(c.trace.changes) && c.trace.changes[c.change].Event == c.event {
		ch := c.trace.changes[c.change]
		if i := ch.Node - 1; !c.owned[i] {
			c.live.nodes[i], c.owned[i] = c.live.nodes[i].clone(), true
		}
		c.live.nodes[ch.Node-1].apply(ch)
		c.change++
	}
}
