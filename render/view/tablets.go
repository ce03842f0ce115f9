package view

import (
	"slices"
	"strconv"
	"strings"

	"tabletop/engine/trace"
	"tabletop/render/draw"
)

// Measures of the tablets on a card.
const (
	leads, follows = 21, 15 // the widths of a hexagon and of a ring
	tabletPitch    = 29     // from one to the next
	tabletLeast    = 24     // of tablets without names
	tabletLine     = 42     // from the card's upper edge to their middle
	tabletNames    = 57     // and to their names
	tabletAsked    = 15     // radius of the hexagon around the tablet in question
	tabletName     = 4      // as much of a group's name as logs are told by
)

// replica is one tablet of a server.
type replica struct {
	name  string
	role  trace.Role
	known bool // the role is
	term  trace.Value
}

// replicas returns the tablets that a server has by their names: those on its disk, else, for logs tell of no disk, those
// in whose groups it has a role.
func (n *node) replicas() []replica {
	s := n.scene
	s.replicas = s.replicas[:0]
	for i := range n.state.Cells {
		c := &n.state.Cells[i]
		if name, ok := strings.CutPrefix(s.trace.Text(c.Key), "replica/"); ok && c.Shelf == trace.Disk {
			s.replicas = append(s.replicas, n.replica(name, n.state.In(c.Group)))
		}
	}
	if len(s.replicas) == 0 {
		for i := range n.state.Groups {
			if g := &n.state.Groups[i]; g.Group != s.group && g.Role.Known() {
				name := s.trace.Group(g.Group)
				s.replicas = append(s.replicas, n.replica(name[:min(len(name), tabletName)], g))
			}
		}
	}
	slices.SortFunc(s.replicas, func(a, b replica) int { return strings.Compare(a.name, b.name) })
	return s.replicas
}

// replica returns a tablet with what its server believes in its group, nil for nothing.
func (n *node) replica(name string, g *trace.GroupState) replica {
	r := replica{name: name}
	if g != nil && n.process != trace.Crashed {
		role, ok := g.Role.Get()
		r.role, r.known, r.term = trace.Role(role), ok, g.Term
	}
	return r
}

// tablets draws a server's tablets into its card, with their names where these have room, or says how many there are.
func (n *node) tablets(p *pen, area draw.Rect) {
	all, room := n.replicas(), area.Max.X-area.Min.X-2*cardPadding
	widest := float32(leads)
	for _, r := range all {
		widest = max(widest, width(draw.MonoSemi, sizeSmall, r.name))
	}
	pitch, named := max(tabletPitch, widest+6), true
	if fits := float32(len(all)-1)*pitch + widest; fits > room {
		pitch, widest, named = tabletLeast, leads, false
	}
	if float32(len(all)-1)*pitch+widest > room {
		p.line(area.Min.X+cardPadding, area.Min.Y+tabletLine-4, fitting([]word{say(draw.SansMedium, draw.Text, n.counted())}, room))
		return
	}
	at := area.Min.Add(cardPadding+widest/2, tabletLine)
	for _, r := range all {
		n.tablet(p, at, r)
		if named || n.scene.questioned(r.name) {
			n.tabletName(p, draw.Point{X: at.X, Y: baseline(area.Min.Y+tabletNames, lineHeight, sizeSmall)}, r)
		}
		at.X = round(at.X + pitch)
	}
}

// tablet draws one replica: a hexagon for a leader, a ring for a follower, in the tablet's own term.
func (n *node) tablet(p *pen, at draw.Point, r replica) {
	fill, ink := draw.Hair, draw.Text
	if term, ok := r.term.Get(); ok {
		fill, ink = draw.Term(uint32(term)), draw.TermInk(uint32(term))
		if n.process == trace.Paused {
			fill, ink = draw.PausedTerm(uint32(term)), draw.Text
		}
	}
	switch {
	case !r.known: // on disk alone
		p.l.Circle(at, follows/2, draw.Style{Stroke: draw.Solid(draw.Hair), Width: 2, Dash: draw.Dash{On: 3, Off: 2}})
	case r.role == trace.Leader:
		if n.scene.questioned(r.name) {
			p.l.Polygon(draw.Style{Fill: draw.Solid(draw.Background), Stroke: draw.Solid(draw.Text), Width: 2.5}, hexagon(at, tabletAsked)...)
		}
		p.l.Polygon(draw.Style{Fill: draw.Solid(fill), Stroke: draw.Solid(draw.NodeLine), Width: 1.5}, hexagon(at, leads/2.0+0.5)...)
		p.crown(at.Add(0, 0.4), 0.55, ink)
	default:
		ring := draw.Style{Stroke: draw.Solid(fill), Width: 2.5}
		if r.role == trace.Candidate || r.role == trace.PreCandidate {
			ring.Dash = draw.Dash{On: 3, Off: 2}
		}
		p.l.Circle(at, follows/2, draw.Style{Stroke: draw.Solid(draw.NodeLine), Width: ring.Width + casing})
		p.l.Circle(at, follows/2, ring)
	}
}

// tabletName writes a tablet's name, bold where its leader is.
func (n *node) tabletName(p *pen, at draw.Point, r replica) {
	s := draw.TextStyle{Font: draw.MonoMedium, Size: sizeSmall, Align: draw.Center, Color: draw.Solid(draw.Muted)}
	if r.known && r.role == trace.Leader {
		s.Font, s.Color = draw.MonoBold, draw.Solid(draw.Text)
	}
	p.l.Text(at, r.name, s)
}

// counted says how many tablets a server has and how many it leads, empty for none.
func (n *node) counted() string {
	all, led := n.replicated()
	switch {
	case !n.place.tabletServer() || all == 0:
		return ""
	case led > 0:
		return "leads " + strconv.Itoa(led) + " of " + strconv.Itoa(all)
	}
	return counted(all, "tablet")
}

// replicated counts the raft groups in which a server has a role, and those that it leads.
func (n *node) replicated() (all, led int) {
	for i := range n.state.Groups {
		if role, ok := n.state.Groups[i].Role.Get(); ok {
			all++
			if trace.Role(role) == trace.Leader {
				led++
			}
		}
	}
	return all, led
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// idle is what a server says whose every change was acknowledged.
const idle = "nothing new to report"

// reports says what a server has to tell the masters. Logs do not tell it: empty.
func (n *node) reports() string {
	to, most, known := n.dirty()
	switch {
	case !known:
		return ""
	case most == 0 && len(n.state.Groups) == 0:
		return "no tablets"
	case most == 0:
		return idle
	case to != "":
		return "reports " + counted(most, "tablet") + " to " + to
	}
	return "reports " + counted(most, "tablet")
}

// dirty reads what a server keeps for each master: how many tablets changed since a report was acknowledged, the most for any
// master, and to which it has to tell something if that is one of several; false where nothing tells.
func (n *node) dirty() (to string, most int, known bool) {
	masters := 0
	for i := range n.state.Cells {
		c := &n.state.Cells[i]
		if c.Group != 0 { // they come first
			break
		}
		master, ok := strings.CutPrefix(n.scene.trace.Text(c.Key), "dirty")
		if !ok || c.Shelf != trace.Memory {
			continue
		}
		known = true
		if count := tabletsIn(n.scene.trace.Text(c.Text)); count > 0 {
			masters, most, to = masters+1, max(most, count), strings.TrimPrefix(master, "/")
		}
	}
	if masters > 1 {
		to = ""
	}
	return to, most, known
}

// tabletsIn counts the tablets that a dirty list names or, when they are many, gives the number of.
func tabletsIn(list string) int {
	if list == "nothing" || list == "" {
		return 0
	}
	if number, ok := strings.CutSuffix(list, " tablets"); ok {
		n, _ := strconv.Atoi(number)
		return n
	}
	return strings.Count(list, " ") + 1
}
