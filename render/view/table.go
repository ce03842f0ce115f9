package view

import (
	"fmt"
	"strconv"
	"strings"

	"tabletop/engine/trace"
)

// Row is one node in the table that screen readers get in place of the stage.
type Row struct {
	Node                                    trace.NodeID
	Name, Process, Role, Term, Memory, Disk string
	Belief                                  string // in the first person, without quotation marks
	Unread                                  int
}

// Rows returns the table of the nodes on the stage, masters first.
func (m *Model) Rows(layout Layout) []Row {
	s := m.scene(layout)
	var rows []Row
	for i := range s.nodes {
		n := &s.nodes[i]
		r := Row{Node: n.place.Node, Name: n.id, Belief: n.belief()}
		if n.strange() {
			rows = append(rows, Row{Node: n.place.Node, Name: n.id, Process: "unknown"})
			continue
		}
		r.Process = s.model.unborn()
		if n.born {
			r.Process = n.process.String()
		}
		if n.group != nil && n.group.Role.Known() {
			r.Role = n.role.String()
			if n.stale {
				r.Role = "stale leader"
			}
		} else if n.place.tabletServer() {
			r.Role, r.Memory = n.counted(), n.reports()
		}
		if n.known {
			r.Term = strconv.FormatUint(uint64(n.term), 10)
		}
		if known, of, ok := n.rebuilt(); ok && known < of {
			r.Memory = fmt.Sprintf("rebuilt %d of %d", known, of)
		} else if names, _ := n.tables(); len(names) > 0 {
			r.Memory = strings.Join(names, " ")
		} else if !n.place.tabletServer() {
			r.Memory = n.memoryWords()[1].text
		}
		if term, log := n.diskWords(); term != "" {
			r.Disk = "term " + term
			if log != "" {
				r.Disk += ", log " + log
			}
		}
		r.Unread = len(n.pile)
		rows = append(rows, r)
	}
	for i := range s.clients {
		c := &s.clients[i]
		process := trace.Process(m.Cursor.Node(c.place.Node).Process.V)
		r := Row{Node: c.place.Node, Name: c.name, Process: process.String(), Belief: c.says()}
		if c.strange() {
			r = Row{Node: c.place.Node, Name: c.name, Process: "unknown"}
		}
		rows = append(rows, r)
	}
	return rows
}

// Sentences returns what the stage shows as one sentence per node, open operation and message.
func (m *Model) Sentences(layout Layout) []string {
	s := m.scene(layout)
	var out []string
	for i := range s.nodes {
		out = append(out, s.nodes[i].sentence())
	}
	for i := range s.clients {
		if t := s.clients[i].sentence(); t != "" && !s.clients[i].strange() {
			out = append(out, t)
		}
	}
	for i := range s.moving {
		v := &s.moving[i]
		text := v.text
		if v.form == sheet && v.count == 0 {
			text = "heartbeat with an empty report"
		}
		if text == "" {
			text = v.event.Kind.String()
		}
		t := text + " from " + s.name(v.event.Node) + " to " + s.name(v.event.Peer)
		if v.held {
			t += " has just arrived"
		} else {
			t += " is under way"
		}
		if v.event.Term != 0 {
			t += ", term " + strconv.FormatUint(uint64(v.event.Term), 10)
		}
		if v.stale {
			t += ", older than its receiver's term"
		}
		out = append(out, t+".")
	}
	return out
}

func (n *node) sentence() string {
	switch {
	case n.strange():
		return n.id + " is not known to " + n.scene.name(n.scene.model.Selected) + " from here."
	case !n.born:
		return n.id + ": " + n.scene.model.unborn() + "."
	}
	t := n.id
	span := Duration(max(0, n.scene.model.At-n.since))
	switch {
	case n.process == trace.Crashed:
		return t + " crashed " + span + " ago; its memory is empty."
	case n.process == trace.Paused:
		t += " has been paused for " + span
	}
	switch b := n.belief(); {
	case b != "" && n.process == trace.Paused:
		t += " and says: " + quoted(b)
	case b != "":
		t += " says: " + quoted(b)
	case n.process == trace.Paused:
		t += "."
	case n.counted() != "":
		t += " runs: " + n.counted() + "."
		if reports := n.reports(); reports != "" {
			t = strings.TrimSuffix(t, ".") + "; " + reports + "."
		}
	default:
		t += " runs."
	}
	if known, of, ok := n.rebuilt(); ok && known < of {
		t += " It has heard of " + strconv.Itoa(known) + " of " + counted(of, "tablet") + " since it leads."
	}
	t += n.tries()
	if n.stale {
		t += " Its term is stale: another node knows term " + strconv.FormatUint(uint64(n.scene.high), 10) + "."
	}
	if len(n.pile) == 1 {
		t += " 1 message is unread."
	} else if len(n.pile) > 1 {
		t += " " + strconv.Itoa(len(n.pile)) + " messages are unread."
	}
	return t
}

// tries says in words what a master tries again and again, empty for nothing.
func (n *node) tries() string {
	k, ok := n.retrying()
	if !ok {
		return ""
	}
	t := " Its task to " + k.what + " was tried " + counted(k.try, "time") + " and never left it: " + k.why
	if at, ok := n.next(k); ok {
		t += "; next try in " + Duration(max(0, at-n.scene.model.At))
	}
	return t + "."
}

func (c *client) sentence() string {
	if c.invoke == trace.NoEvent {
		return ""
	}
	s := c.scene
	if c.answer == trace.NoEvent {
		return c.name + " waits for: " + s.text(c.invoke) + "."
	}
	t := c.name + " asked: " + s.text(c.invoke) + ", and was told: " + s.text(c.answer) + "."
	if s.model.Illegal[c.answer] {
		t += " That answer is illegal."
	}
	return t
}
