package text

import "slices"

// memory is what a log has said that holds until something else is said. A master under load dumps the state of its group
// a hundred times in a second: only what is new in it is worth a place in memory.
type memory struct {
	// standing leads to the last statement of each kind.
	standing map[place]int
	// told is who was named together by lines about other nodes. They serve to know who there is.
	told map[relation]bool
}

// place is what a standing statement is about.
type place struct {
	kind        Kind
	writer      uint64 // of lines that do not name their node
	node, group string
}

// relation is what is known of two nodes when one has told of the other.
type relation struct{ node, peer, group string }

// repeats reports whether a statement tells nothing that the statements before it do not tell, and remembers it if it does.
// Anything that may change what a node believes makes it worth saying again.
func (m *memory) repeats(st *Statement, before []Statement) bool {
	switch {
	case st.Kind == LeaderIs, st.Kind == Members, st.Kind == RoleIs && !st.Now:
	case st.passing():
		return false
	default:
		clear(m.standing)
		return false
	}
	if m.standing == nil {
		m.standing, m.told = map[place]int{}, map[relation]bool{}
	}
	if st.Told {
		r := relation{st.Node, st.Peer, st.Group}
		known := m.told[r]
		if !known {
			m.told[r] = true
		}
		return known && st.Kind == LeaderIs
	}
	p := place{kind: st.Kind, node: st.Node, group: st.Group}
	if st.Node == "" {
		p.writer = st.Writer
	}
	if i, ok := m.standing[p]; ok && before[i].says(st) {
		return true
	}
	m.standing[p] = len(before)
	return false
}

// passing reports whether a statement changes nothing that a node believes about its group.
func (st *Statement) passing() bool {
	switch st.Kind {
	case Note, Named, Unreachable, PeerSilent, Late, Stuck, SlowDisk, Slow, Catalog, AckLate, FileDate, Connects, Accepts, Boot, Alias:
		return true
	}
	return st.Told
}

// says reports whether two standing statements about the same node and group say the same.
func (st *Statement) says(o *Statement) bool {
	return st.Term == o.Term && st.Role == o.Role && st.Index == o.Index && st.Peer == o.Peer && st.Pre == o.Pre &&
		st.PeerAddress == o.PeerAddress && st.Text == o.Text && slices.Equal(st.Yes, o.Yes) && slices.Equal(st.No, o.No)
}
