package scenes

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"tabletop/engine/trace"
)

// lookout finds the first event that a condition asks for. It looks at each event once, however often it is asked: a
// stop asks behind every event.
type lookout map[sought]*sighting

// sought is a condition with the nodes that its roles stand for now.
type sought struct {
	condition
	node, peer trace.NodeID
	group      trace.GroupID // of the masters; messages are of any
}

type sighting struct {
	next, at trace.EventID
}

// first returns the first of the events that is sought and not before a time, NoEvent if there is none yet.
func (l lookout) first(s sought, events []trace.Event, text func(trace.StringID) string, since trace.Time) trace.EventID {
	s.not = false
	seen, ok := l[s]
	if !ok {
		from := sort.Search(len(events), func(i int) bool { return events[i].At >= since })
		seen = &sighting{next: trace.EventID(from), at: trace.NoEvent}
		l[s] = seen
	}
	for ; seen.at == trace.NoEvent && int(seen.next) < len(events); seen.next++ {
		if s.is(events[seen.next], text) {
			seen.at = seen.next
		}
	}
	return seen.at
}

func (s sought) is(e trace.Event, text func(trace.StringID) string) bool {
	if e.Node != s.node || s.peer != 0 && e.Peer != s.peer {
		return false
	}
	switch s.kind {
	case "elected":
		return e.Kind == trace.Elected && e.Group == s.group
	case "steps-down":
		return e.Kind == trace.StepDown && e.Group == s.group
	case "sent":
		return e.Kind.IsSend() && strings.HasPrefix(text(e.Text), s.op)
	case "received":
		return e.Kind == trace.Receive && strings.HasPrefix(text(e.Text), s.op)
	}
	return false
}

// reads reports whether a node's cell reads as the condition says, and the event that made it so, NoEvent where it is
// absent as wanted.
func (c condition) reads(n *trace.NodeState, text func(trace.StringID) string) (trace.EventID, bool) {
	cells := c.cells(n, text)
	if c.want == absent {
		return trace.NoEvent, len(cells) == 0
	}
	i := slices.IndexFunc(cells, func(cell trace.Cell) bool { return matches(c.want, text(cell.Text)) })
	if i < 0 {
		return trace.NoEvent, false
	}
	return cells[i].Source, true
}

// cells returns the node's cells that the condition speaks of.
func (c condition) cells(n *trace.NodeState, text func(trace.StringID) string) (found []trace.Cell) {
	for _, cell := range n.Cells {
		if (c.shelf == "" || cell.Shelf.String() == c.shelf) && matches(c.key, text(cell.Key)) {
			found = append(found, cell)
		}
	}
	return found
}

func (c condition) insteadOfCell(name string, n *trace.NodeState, text func(trace.StringID) string) string {
	cells := c.cells(n, text)
	if len(cells) == 0 {
		return fmt.Sprintf("%s has no %s", name, c.key)
	}
	return fmt.Sprintf("%s has %s: %s", name, text(cells[0].Key), text(cells[0].Text))
}

// matches reports whether a text is a pattern, in which * stands for any characters.
func matches(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok || len(parts) == 1 {
		return ok && rest == ""
	}
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, last)
}
