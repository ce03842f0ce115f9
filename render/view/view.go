// Package view turns an instant of a trace into a display list: masters, clients and messages on the stage, the marks
// of the tape, the space-time lanes, and the same content as text for screen readers. It also says what lies under a
// point.
//
// It never changes a trace, keeps no state between frames, reads no clock and knows no renderer: equal arguments give
// equal lists.
//
//	layout := view.NewLayout(draw.Point{X: 860, Y: 396}, t, 0)
//	m := view.Model{Cursor: p.Cursor(), At: p.At(), Group: 1}
//	m.Stage(&list, layout)
//	m.Lanes(&list, view.NewLanes(t, 1, stops), draw.Box(0, 444, 1280, 172), view.Zoom{})
//	target := m.Hit(layout, draw.Point{X: 340, Y: 248})
package view

import (
	"tabletop/engine/trace"
	"tabletop/render/draw"
	"tabletop/render/player"
)

// Mode says whose view is drawn.
type Mode uint8

// The modes. Belief shows what the selected node believes and nothing it cannot know.
const (
	Omniscient Mode = iota
	Belief
)

// Model is what the stage is drawn from. Its zero value with a Cursor is complete.
type Model struct {
	Cursor *trace.Cursor
	// At is the trace time shown; it may lie between the cursor's event and the next one.
	At trace.Time
	// Group is the raft group whose roles and terms are drawn; 0 means the first.
	Group trace.GroupID
	// Selected is the node with the focus ring, 0 for none.
	Selected trace.NodeID
	Mode     Mode
	// Hint stands muted behind the name of the mode, as "hold V to see what A believes".
	Hint string
	// Flights are messages to be shown longer than they were under way.
	Flights []player.Flight
	// Illegal holds the Return events of answers that a checker found illegal.
	Illegal map[trace.EventID]bool
	// Marks is what somebody beside the logs says happened, in the order of time.
	Marks []HistoryMark
	// Asked says that the viewer is to guess what comes: the lanes keep it to themselves.
	Asked bool
	// Wall says that the trace is of logs, and that the lanes tell the time of the day: Begins is when it began, in microseconds
	// since 1970 UTC.
	Wall   bool
	Begins int64
	// ReducedMotion puts every message in the middle of its way.
	ReducedMotion bool
	// kept is memory for the next frame. A model and its copies are therefore used one at a time.
	kept *kept
}

// kept is what a frame leaves to the next one: room, nothing that would be read.
type kept struct {
	scene scene
	pen   pen
}

// unborn is what is said of a node without a process: logs do not tell what was before their first line.
func (m *Model) unborn() string {
	if m.Wall {
		return "nothing known yet"
	}
	return "not started"
}

// memory returns the room that earlier frames made.
func (m *Model) memory() *kept {
	if m.kept == nil {
		m.kept = &kept{}
	}
	return m.kept
}

// lens reports whether only what the selected node believes is drawn.
func (m *Model) lens() bool { return m.Mode == Belief && m.Selected != 0 }

// Stage draws the stage into a list.
func (m *Model) Stage(l *draw.List, layout Layout) {
	s, p := m.scene(layout), &m.memory().pen
	p.reset(l, layout.Size)
	s.links(p)
	s.trails(p)
	s.cards(p)
	s.heads(p)
	for i := range s.nodes[:s.masters] {
		s.nodes[i].silhouette(p)
	}
	for i := range s.nodes[:s.masters] {
		s.nodes[i].circles(p)
	}
	for i := range s.clients {
		s.clients[i].pill(p)
	}
	s.obstacles(p)
	s.title(p)
	for i := range s.clients {
		s.clients[i].words(p)
	}
	for i := range s.nodes {
		s.nodes[i].words(p)
	}
	s.legend(p)
	s.heading(p)
	s.messageLabels(p)
}
