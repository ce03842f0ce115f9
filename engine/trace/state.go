package trace

import "slices"

// Value is one observable field of a node. Its source is the event that set it, and with it the field's provenance and
// age.
type Value struct {
	V      uint64
	Source EventID
}

func unknown() Value { return Value{Source: NoEvent} }

// Known reports whether any event has set the value.
func (v Value) Known() bool { return v.Source != NoEvent }

// Get returns the value and whether it is known.
func (v Value) Get() (uint64, bool) { return v.V, v.Source != NoEvent }

// Process is the state of an operating-system process.
type Process uint8

// The process states. A paused process (SIGSTOP) keeps its memory; a crashed one keeps its disk only.
const (
	Running Process = iota
	Paused
	Crashed
)

// String returns the process state's name.
func (p Process) String() string { return name(processNames(), uint64(p)) }

func processNames() []string { return []string{"running", "paused", "crashed"} }

// Role is what a node believes to be in a raft group.
type Role uint8

// The roles.
const (
	Follower Role = iota
	Learner
	PreCandidate
	Candidate
	Leader
)

// String returns the role's name.
func (r Role) String() string { return name(roleNames(), uint64(r)) }

func roleNames() []string {
	return []string{"follower", "learner", "pre-candidate", "candidate", "leader"}
}

// Shelf says what a cell survives: disk survives a crash, memory survives a pause only.
type Shelf uint8

// The shelves.
const (
	Disk Shelf = iota
	Memory
)

// String returns the shelf's name.
func (s Shelf) String() string { return name(shelfNames(), uint64(s)) }

func shelfNames() []string { return []string{"disk", "memory"} }

// Field names a Value of a NodeState.
type Field uint8

// The fields. FieldTimer holds the Time at which the election timer runs out, 0 while it is stopped; FieldVote and
// FieldLeader hold a NodeID, 0 for none. A changed cell has FieldCell, a removed one FieldCellGone.
const (
	FieldProcess Field = iota
	FieldRole
	FieldTerm
	FieldVote
	FieldLeader
	FieldCommit
	FieldApplied
	FieldTimer
	FieldCell
	FieldCellGone
	fields
)

func fieldNames() []string {
	return []string{"process", "role", "term", "vote", "leader", "commit", "applied", "timer", "cell", "cell-gone"}
}

// String returns the field's name in the NDJSON form.
func (f Field) String() string { return name(fieldNames(), uint64(f)) }

// name returns a value's name, also where a producer wrote a value that has none.
func name(names []string, i uint64) string {
	if i >= uint64(len(names)) {
		return "unknown"
	}
	return names[i]
}

// NodeState is what can be observed of one node after an event. It must not be changed by readers.
type NodeState struct {
	Process Value
	Groups  []GroupState // by ascending Group
	Cells   []Cell       // by ascending group, shelf and key
}

// GroupState is what a node believes in one raft group.
type GroupState struct {
	Group GroupID
	Role, Term, Vote, Leader, Commit,
	Applied, Timer Value
}

// Cell is one named value on a node's disk or in its memory.
type Cell struct {
	Source EventID
	Key    StringID
	Text   StringID
	Group  GroupID
	Shelf  Shelf
}

// In returns the node's state in a group, or nil when the trace knows of none.
func (n *NodeState) In(g GroupID) *GroupState {
	i, ok := n.group(g)
	if !ok {
		return nil
	}
	return &n.Groups[i]
}

func (n *NodeState) group(g GroupID) (int, bool) {
	lo, hi := 0, len(n.Groups)
	for lo < hi {
		if mid := (lo + hi) / 2; n.Groups[mid].Group < g {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < len(n.Groups) && n.Groups[lo].Group == g
}

func (n *NodeState) cell(g GroupID, s Shelf, key StringID) (int, bool) {
	sought := Cell{Group: g, Shelf: s, Key: key}
	want := sought.place()
	lo, hi := 0, len(n.Cells)
	for lo < hi {
		if mid := (lo + hi) / 2; n.Cells[mid].place() < want {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < len(n.Cells) && n.Cells[lo].place() == want
}

// place orders a node's cells: by group, shelf and key.
func (c *Cell) place() uint64 { return uint64(c.Group)<<40 | uint64(c.Shelf)<<32 | uint64(c.Key) }

// weight counts the values a keyframe would have to hold for this node.
func (n *NodeState) weight() int { return 1 + 7*len(n.Groups) + len(n.Cells) }

func (n *NodeState) clone() *NodeState {
	return &NodeState{Process: n.Process, Groups: slices.Clone(n.Groups), Cells: slices.Clone(n.Cells)}
}

func (g *GroupState) value(f Field) *Value {
	switch f {
	case FieldRole:
		return &g.Role
	case FieldTerm:
		return &g.Term
	case FieldVote:
		return &g.Vote
	case FieldLeader:
		return &g.Leader
	case FieldCommit:
		return &g.Commit
	case FieldApplied:
		return &g.Applied
	case FieldTimer:
		return &g.Timer
	}
	panic("trace: " + f.String() + " is not a field of a raft group")
}

// Change is one effect of an event on one node.
type Change struct {
	Value uint64 // for cells the StringID of the text
	Event EventID
	Key   StringID
	Node  NodeID
	Group GroupID
	Field Field
	Shelf Shelf
	// Forget marks a value that is no longer known, as the role of a crashed node.
	Forget bool
}

func (n *NodeState) apply(c Change) {
	v := Value{V: c.Value, Source: c.Event}
	if c.Forget {
		v = unknown()
	}
	switch c.Field {
	case FieldProcess:
		n.Process = v
	case FieldCell:
		cell := Cell{Group: c.Group, Shelf: c.Shelf, Key: c.Key, Text: StringID(c.Value), Source: c.Event}
		if i, ok := n.cell(c.Group, c.Shelf, c.Key); ok {
			n.Cells[i] = cell
		} else {
			n.Cells = slices.Insert(n.Cells, i, cell)
		}
	case FieldCellGone:
		if i, ok := n.cell(c.Group, c.Shelf, c.Key); ok {
			n.Cells = slices.Delete(n.Cells, i, i+1)
		}
	default:
		i, ok := n.group(c.Group)
		if !ok {
			n.Groups = slices.Insert(n.Groups, i, GroupState{Group: c.Group, Role: unknown(), Term: unknown(), Vote: unknown(),
				Leader: unknown(), Commit: unknown(), Applied: unknown(), Timer: unknown()})
		}
		*n.Groups[i].value(c.Field) = v
	}
}

// Flight is a message that was sent and neither read nor lost. Arrive is NoEvent while it is on the wire.
type Flight struct {
	Send, Arrive EventID
}

// state is what keyframes hold and what builder and cursor keep at their position.
type state struct {
	nodes   []*NodeState
	flights []Flight
}

// observe keeps track of the messages under way. It relies on Cause of Arrive, Receive and Drop being the send.
func (s *state) observe(id EventID, e Event) {
	if e.Kind.IsSend() {
		s.flights = append(s.flights, Flight{Send: id, Arrive: NoEvent})
		return
	}
	if e.Kind != Arrive && e.Kind != Receive && e.Kind != Drop {
		return
	}
	i, ok := s.flight(e.Cause)
	switch {
	case !ok: // a duplicate of a message that is read or lost already, or one whose sending was not recorded
	case e.Kind == Arrive:
		s.flights[i].Arrive = id
	default:
		s.flights = slices.Delete(s.flights, i, i+1)
	}
}

func (s *state) flight(send EventID) (int, bool) {
	lo, hi := 0, len(s.flights)
	for lo < hi {
		if mid := (lo + hi) / 2; s.flights[mid].Send < send {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < len(s.flights) && s.flights[lo].Send == send
}

type keyframe struct {
	state
	event  EventID // the state is that after this event
	change int     // first change behind it
}
