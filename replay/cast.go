package replay

import (
	"cmp"
	"slices"
	"strings"

	"tabletop/engine/trace"
	"tabletop/replay/text"
)

// sysCatalog is the raft group of Kudu's masters: who takes part in it is a master.
const sysCatalog = "00000000000000000000000000000000"

// player is a node as the logs tell of it. A file is not a node: one may hold several, and several may hold one.
type player struct {
	id      string
	former  []string
	name    string
	address string
	kind    trace.NodeKind
	cluster int
	// first and last bound the stamps of its own lines; silences are where none of its files has a line.
	first, last int64
	spoken      bool // it has lines of its own
	silences    []text.Gap
	rank        int // of its id among all, by which equal times are ordered
	lives       []life
	activities  []text.Activity
	spans       []text.Gap // from the first to the last line of a file or thread without a silence, by their beginning
}

// life is one process of a node, from its first line to its last.
type life struct {
	from, to int64
	started  bool // the log shows its start
	stopped  bool // and its orderly end
}

// cast is everybody who takes part, and who wrote which line.
type cast struct {
	players []player
	index   map[string]int // by id, former ones too
	parent  []int          // of a union-find over players: those of one cluster
}

// casting is the making of a cast.
type casting struct {
	*cast
	logs     []*log
	single   []string // the one node of each log, empty if there is none or more than one
	writers  []map[uint64]string
	holders  map[string][]string // address to the ids that were reached there, in the order of time
	selfMade map[string]bool
}

// newCast finds the nodes in what the logs state. Identity comes from content alone: from the lines that name their own
// node, from the threads that wrote such lines, and from copies of such lines.
func newCast(logs []*log) (found *cast, owner func(log int, st *text.Statement) string) {
	c := &casting{cast: &cast{index: map[string]int{}}, logs: logs, single: make([]string, len(logs)),
		writers: make([]map[uint64]string, len(logs)), holders: map[string][]string{}, selfMade: map[string]bool{}}
	for i := range logs {
		c.attribute(i)
	}
	c.copies()
	c.addresses()
	c.everybody()
	c.join()
	c.members()
	c.christen()
	c.clients()
	c.rank()
	return c.cast, c.owner
}

// attribute finds whose lines a log holds.
func (c *casting) attribute(i int) {
	c.writers[i] = map[uint64]string{}
	var own []string
	for k := range c.logs[i].statements {
		st := &c.logs[i].statements[k]
		if st.Node == "" || st.Told {
			continue
		}
		if !slices.Contains(own, st.Node) {
			own = append(own, st.Node)
		}
		if _, ok := c.writers[i][st.Writer]; !ok {
			c.writers[i][st.Writer] = st.Node
		}
	}
	if len(own) == 1 {
		c.single[i] = own[0]
	}
	c.logs[i].ids = own
}

// copies gives a log that names nobody the node of the log of which it holds copies, as the WARNING file does of the
// INFO file.
func (c *casting) copies() {
	for i, l := range c.logs {
		if len(l.ids) > 0 || l.sink == nil || len(l.sink.Keys) == 0 {
			continue
		}
		keys := map[uint64]bool{}
		for _, k := range l.sink.Keys {
			keys[k] = true
		}
		for j, other := range c.logs {
			if j != i && c.single[j] != "" && slices.ContainsFunc(other.sink.Keys, func(k uint64) bool { return keys[k] }) {
				c.single[i] = c.single[j]
				l.ids = []string{c.single[j]}
				break
			}
		}
	}
}

// owner returns the node that wrote a statement's line, empty when nothing tells.
func (c *casting) owner(log int, st *text.Statement) string {
	switch {
	case st.Told:
		return ""
	case st.Node != "":
		return st.Node
	case c.single[log] != "":
		return c.single[log]
	}
	return c.writers[log][st.Writer]
}

// addresses finds nodes that were reached at the same address one after the other: one node that came back with another
// identity, as a Kudu master that lost its disks.
func (c *casting) addresses() {
	type held struct {
		address, id string
		at          int64
	}
	var all []held
	for i, l := range c.logs {
		for k := range l.statements {
			st := &l.statements[k]
			if st.Kind != text.Named || st.Told || !strings.Contains(st.Text, ":") {
				continue
			}
			if id := c.owner(i, st); id != "" {
				all = append(all, held{st.Text, id, st.At})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b held) int { return cmp.Compare(a.at, b.at) })
	for _, h := range all {
		ids := c.holders[h.address]
		if i := slices.Index(ids, h.id); i >= 0 {
			ids = slices.Delete(ids, i, i+1)
		}
		c.holders[h.address] = append(ids, h.id)
	}
}

// player returns the place of the node with an id, which it makes if need be.
func (c *casting) player(id string) int {
	if i, ok := c.index[id]; ok {
		return i
	}
	i := len(c.players)
	c.players = append(c.players, player{id: id, kind: trace.Member})
	c.parent = append(c.parent, i)
	c.index[id] = i
	for address, ids := range c.sortedHolders() {
		if slices.Contains(ids, id) {
			p := &c.players[i]
			p.id, p.address = ids[len(ids)-1], address
			for _, other := range ids {
				c.index[other] = i
				if other != p.id {
					p.former = append(p.former, other)
				}
			}
			break
		}
	}
	return i
}

// sortedHolders goes through the addresses in their order.
func (c *casting) sortedHolders() func(yield func(string, []string) bool) {
	return func(yield func(string, []string) bool) {
		var all []string
		for a := range c.holders {
			all = append(all, a)
		}
		slices.Sort(all)
		for _, a := range all {
			if !yield(a, c.holders[a]) {
				return
			}
		}
	}
}

// everybody makes a player of each node that speaks or is spoken of, and gives each its lines' times.
func (c *casting) everybody() {
	for i, l := range c.logs {
		for k := range l.statements {
			st := &l.statements[k]
			if id := c.owner(i, st); id != "" {
				c.player(id)
			}
			if st.Told && st.Node != "" {
				c.player(st.Node)
			}
			for _, id := range mentioned(st) {
				c.player(id)
			}
		}
	}
	for i, l := range c.logs {
		if l.sink == nil {
			continue
		}
		if id := c.single[i]; id != "" {
			c.lines(c.player(id), l, l.sink.All)
			continue
		}
		for _, w := range l.sink.WriterIDs() {
			if id := c.writers[i][w]; id != "" {
				c.lines(c.player(id), l, *l.sink.Writers[w])
			}
		}
	}
	for i := range c.players {
		c.players[i].settle()
	}
}

func (c *casting) lines(i int, l *log, a text.Activity) {
	p := &c.players[i]
	a = l.dated(a)
	if !p.spoken {
		p.first, p.last, p.spoken = a.First, a.Last, true
	}
	p.first, p.last = min(p.first, a.First), max(p.last, a.Last)
	p.activities = append(p.activities, a)
}

// settle joins what the node's files and threads tell of when it wrote.
func (p *player) settle() {
	for _, a := range p.activities {
		from := a.First
		for _, g := range a.Gaps {
			p.spans = append(p.spans, text.Gap{From: from, To: g.From})
			from = g.To
		}
		p.spans = append(p.spans, text.Gap{From: from, To: a.Last})
	}
	p.activities = nil
	slices.SortFunc(p.spans, func(a, b text.Gap) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	end := int64(0)
	for i, s := range p.spans {
		if i > 0 && s.From-end >= text.MinGap {
			p.silences = append(p.silences, text.Gap{From: end, To: s.From})
		}
		if i == 0 || s.To > end {
			end = s.To
		}
	}
}

// lastLineBefore returns the stamp of the last line before a process started: that of its predecessor.
func (p *player) lastLineBefore(start int64) int64 {
	last := p.first
	for _, s := range p.spans {
		if s.From >= start {
			break
		}
		last = max(last, min(s.To, start-1))
	}
	return last
}

// mentioned returns the other nodes that a statement speaks of.
func mentioned(st *text.Statement) []string {
	var all []string
	if st.Peer != "" {
		all = append(all, st.Peer)
	}
	return append(append(all, st.Yes...), st.No...)
}

// join makes clusters: nodes joined by a shared configuration, a vote or any other mention. Clusters are numbered by
// the time of their first line, nodes are put into their final order.
func (c *casting) join() {
	for i, l := range c.logs {
		for k := range l.statements {
			st := &l.statements[k]
			id := c.owner(i, st)
			if id == "" {
				id = st.Node
			}
			if id == "" {
				continue
			}
			if st.Group == sysCatalog {
				c.players[c.index[id]].kind = trace.Master
			}
			for _, other := range mentioned(st) {
				c.unite(c.index[id], c.index[other])
				if st.Group == sysCatalog {
					c.players[c.index[other]].kind = trace.Master
				}
			}
		}
		if l.dialect != nil && l.dialect.ID() == "kudu-glog" {
			c.servers(l)
		}
	}
	c.number()
}

// servers makes tablet servers of those in a Kudu log that are no masters.
func (c *casting) servers(l *log) {
	for k := range l.statements {
		for _, id := range append(mentioned(&l.statements[k]), l.statements[k].Node) {
			if i, ok := c.index[id]; ok && id != "" && c.players[i].kind == trace.Member {
				c.players[i].kind = trace.TabletServer
			}
		}
	}
}

func (c *cast) root(i int) int {
	for c.parent[i] != i {
		c.parent[i] = c.parent[c.parent[i]]
		i = c.parent[i]
	}
	return i
}

func (c *cast) unite(a, b int) { c.parent[c.root(a)] = c.root(b) }

// number numbers the clusters by the first line of any of their nodes, and sorts the players: by cluster, masters before
// servers, then by address where all have one, else by id.
func (c *cast) number() {
	first := map[int]int64{}
	for i, p := range c.players {
		if at, ok := first[c.root(i)]; p.spoken && (!ok || p.first < at) {
			first[c.root(i)] = p.first
		}
	}
	var roots []int
	for i := range c.players {
		if c.root(i) == i {
			roots = append(roots, i)
		}
	}
	slices.SortStableFunc(roots, func(a, b int) int {
		_, okA := first[a]
		_, okB := first[b]
		if okA != okB { // a cluster that nobody speaks of comes last
			return cmp.Compare(b2i(okB), b2i(okA))
		}
		return cmp.Or(cmp.Compare(first[a], first[b]), cmp.Compare(c.lowest(a), c.lowest(b)))
	})
	for i := range c.players {
		c.players[i].cluster = slices.Index(roots, c.root(i))
	}
	order := make([]int, len(c.players))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		p, q := &c.players[a], &c.players[b]
		return cmp.Or(cmp.Compare(p.cluster, q.cluster), cmp.Compare(p.kind, q.kind), cmp.Compare(p.address, q.address),
			cmp.Compare(p.id, q.id))
	})
	c.reorder(order)
}

func (c *cast) lowest(root int) string {
	low := ""
	for i, p := range c.players {
		if c.root(i) == root && (low == "" || p.id < low) {
			low = p.id
		}
	}
	return low
}

func (c *cast) reorder(order []int) {
	players := make([]player, len(order))
	place := make([]int, len(order))
	for to, from := range order {
		players[to], place[from] = c.players[from], to
	}
	c.players = players
	for id, i := range c.index {
		c.index[id] = place[i]
	}
}

// rank numbers the players by cluster and id.
func (c *cast) rank() {
	byID := make([]int, len(c.players))
	for i := range byID {
		byID[i] = i
	}
	slices.SortFunc(byID, func(a, b int) int {
		p, q := &c.players[a], &c.players[b]
		return cmp.Or(cmp.Compare(p.cluster, q.cluster), cmp.Compare(p.id, q.id))
	})
	for rank, i := range byID {
		c.players[i].rank = rank
	}
}

// members gives nodes the names that a file beside the logs has for them.
func (c *casting) members() {
	for _, l := range c.logs {
		for _, m := range l.members {
			for _, id := range append([]string{m.ID}, m.Former...) {
				if i, ok := c.index[id]; ok {
					c.players[i].name = m.Name
				}
			}
		}
	}
}

// christen names those that have no name yet by letters, as people at a blackboard do: masters and members A, B, C, tablet
// servers T1, T2, in each cluster.
func (c *cast) christen() {
	cluster, letters, servers := -1, 0, 0
	for i := range c.players {
		p := &c.players[i]
		if p.cluster != cluster {
			cluster, letters, servers = p.cluster, 0, 0
		}
		switch {
		case p.name != "":
		case p.kind == trace.TabletServer:
			servers++
			p.name = "T" + utoa(uint64(servers))
		case letters < 26:
			p.name = string(rune('A' + letters))
			letters++
		default:
			letters++
			p.name = "N" + utoa(uint64(letters))
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
