package view

import (
	"slices"

	"tabletop/engine/trace"
)

// ownRows is how many clients have a row each. A history that does not name its clients has one for every operation.
const ownRows = 8

// mostRows bounds the rows that clients share; beyond it operations lie on one another.
const mostRows = 48

// seat gives every node its row: clients first, then masters, members and tablet servers.
func (l *Lanes) seat(ops []trace.Operation) {
	nodes := l.trace.Nodes()
	l.place = slices.Repeat([]int{-1}, len(nodes))
	for _, n := range nodes {
		if n.Kind == trace.Client {
			l.asked++
		}
	}
	if l.asked > ownRows {
		l.share(ops)
	} else {
		l.own(trace.Client)
	}
	l.clients = len(l.rows)
	l.own(trace.Master)
	l.own(trace.Member)
	l.serverRow()
}

// own gives each node of a kind a row.
func (l *Lanes) own(kind trace.NodeKind) {
	for i, n := range l.trace.Nodes() {
		if n.Kind != kind {
			continue
		}
		row := lane{node: trace.NodeID(i + 1), client: kind == trace.Client, name: n.Name}
		if row.client {
			row.name = clientName(n.Name)
		}
		l.place[i] = len(l.rows)
		l.rows = append(l.rows, row)
	}
}

// share gives clients the first row that is free from their first call to their last return, as meetings are given rooms.
// Operations that nobody answered keep no row: theirs is a line that others may lie on.
func (l *Lanes) share(ops []trace.Operation) {
	until := map[trace.NodeID]trace.Time{}
	for _, o := range ops {
		until[o.Client] = max(until[o.Client], o.Call, o.Return)
	}
	var free []trace.Time // of each row
	for _, o := range ops {
		if o.Client == 0 || l.row(o.Client) >= 0 {
			continue
		}
		row := slices.IndexFunc(free, func(at trace.Time) bool { return at < o.Call })
		switch {
		case row >= 0:
		case len(free) < mostRows:
			row = len(free)
			free = append(free, 0)
			l.rows = append(l.rows, lane{client: true, node: o.Client, name: clientName(l.trace.Node(o.Client).Name)})
		default:
			row = slices.Index(free, slices.Min(free))
		}
		l.place[o.Client-1], free[row] = row, max(free[row], until[o.Client])
		if l.rows[row].node != o.Client {
			l.rows[row].node, l.rows[row].name = 0, "clients"
		}
	}
}
