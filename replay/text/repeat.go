package text

import "slices"

// memory is what a log has said that holds until something else is said. A master under load dumps the state of its group
// a hundred times in a second: only what is new in it is worth a place in memory.
type memory struct {
	// standing leads to the last statement of each kind, latest to the last of all of that kind: most often that is the one.
	standing map[place]int
	latest   [Kinds]standing
	era      int // how often standing was emptied
	// told is who was named together by lines about other nodes. They serve to know who there is. lately are some of them,
	// each where its names lead to: a map takes ten times as long, and a tenth of all lines may ask.
	told          map[relation]bool
	lately        [2048]relation
	nodes, groups admitted
}

const (
	// MaxNames is how many nodes and how many groups of one file a brief sink takes notice of: far more than are told apart
	// later. A million of them, which take no more than a file of 150 MB, would take a gigabyte.
	MaxNames = 100_000
	// maxTold is how many relations are remembered. What is told once more behind that is kept once more.
	maxTold = 1 << 17
)

func newMemory() *memory {
	return &memory{standing: map[place]int{}, told: map[relation]bool{}, nodes: admitted{names: map[string]bool{}},
		groups: admitted{names: map[string]bool{SysCatalog: true}}}
}

// admitted are the first names that were met.
type admitted struct {
	names map[string]bool
	last  string
}

// admits reports whether a name is one of the first MaxNames.
func (a *admitted) admits(name string) bool {
	switch {
	case name == a.last:
		return true
	case !a.names[name] && len(a.names) >= MaxNames:
		return false
	}
	a.names[name], a.last = true, name
	return true
}

// admits reports whether a statement is about nodes and groups of which notice is taken.
func (m *memory) admits(st *Statement) bool {
	return m.nodes.admits(st.Node) && (st.Peer == "" || m.nodes.admits(st.Peer)) && m.groups.admits(st.Group)
}

// place is what a standing statement is about.
type place struct {
	kind        Kind
	writer      uint64 // of lines that do not name their node
	node, group string
}

// standing is where the last statement about a place is, in an era.
type standing struct {
	place
	at, era int
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
		m.era++
		return false
	}
	if st.Told {
		return m.knows(relation{st.Node, st.Peer, st.Group}) && st.Kind == LeaderIs
	}
	p := place{kind: st.Kind, node: st.Node, group: st.Group}
	if st.Node == "" {
		p.writer = st.Writer
	}
	if i := m.standingAt(p); i >= 0 && before[i].says(st) {
		return true
	}
	m.standing[p] = len(before)
	m.latest[p.kind] = standing{p, len(before), m.era}
	return false
}

// standingAt returns where the last statement about a place is, -1 if there is none.
func (m *memory) standingAt(p place) int {
	if s := &m.latest[p.kind]; s.era == m.era && s.place == p {
		return s.at
	}
	i, ok := m.standing[p]
	if !ok {
		return -1
	}
	m.latest[p.kind] = standing{p, i, m.era}
	return i
}

// knows reports whether a relation was told before, and remembers it.
func (m *memory) knows(r relation) bool {
	place := &m.lately[(lead(r.node)^3*lead(r.peer)^5*lead(r.group))*0x9e3779b97f4a7c15>>53]
	if *place == r {
		return r != relation{} || m.told[r]
	}
	*place = r
	known := m.told[r]
	if !known {
		if len(m.told) >= maxTold {
			clear(m.told)
		}
		m.told[r] = true
	}
	return known
}

// lead returns the first eight bytes of a string.
func lead(s string) uint64 {
	if len(s) < 8 {
		return uint64(len(s))
	}
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
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
