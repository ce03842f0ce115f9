package replay

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"tabletop/engine/trace"
	"tabletop/replay/text"
)

// sysCatalog is the raft group of Kudu's masters: who takes part in it is a master.
const sysCatalog = text.SysCatalog

// player is a node as the logs tell of it. A file is not a node: one may hold several, and several may hold one.
type player struct {
	id      string
	former  []string
	name    string
	address string
	kind    trace.NodeKind
	cluster int
	history int // of a client: to which of its cluster's accounts it belongs
	// first and last bound the stamps of its own lines; silences are where none of its files has a line.
	first, last int64
	spoken      bool // it has lines of its own
	silences    []text.Gap
	unexplained []text.Gap // silences in which it may have been paused or not, by their order; see pauses
	rank        int        // of its id among all, by which equal times are ordered
	lives       []life
	spans       []text.Gap    // from the first to the last line of a file or thread without a silence, by their beginning
	reach       []int64       // the latest end of the spans up to each
	opens       map[int]int64 // by log: the stamp of its first line there
}

// life is one process of a node, from its first line to its last.
type life struct {
	from, to int64
	started  bool // the log shows its start
	stopped  bool // and its orderly end
}

// cast is everybody who takes part, and who wrote which line.
type cast struct {
	players  []player
	index    map[string]int  // by id, former ones too
	parent   []int           // of a union-find over players: those of one cluster
	called   map[calling]int // servers by name and by address, the first of several
	homes    []home          // of histories, by log
	accounts map[account]int // clients
	// beyond are the nodes and clients that were met when there were maxNodes or maxClients.
	beyond        map[string]bool
	beyondClients map[account]bool
	crowded       bool // there were more than beyond tells
}

// maxNodes is how many servers of all files are told apart: far more than any cluster of the systems read here has, and
// little enough for a trace and a page. The lines of others are left out. maxClients is the same for clients; those
// beyond are shown as one.
const (
	maxNodes   = 4096
	maxClients = 4096
)

// casting is the making of a cast.
type casting struct {
	*cast
	logs    []*log
	single  []string // the one node of each log, empty if there is none or more than one
	writers []map[uint64]string
	placed  map[spot]string     // whose lines are in logs that are mixed
	holders map[string][]string // address to the ids that were reached there, in the order of time
	home    map[string]string   // id to its address
}

// newCast finds the nodes in what the logs state. Identity comes from content alone: from the lines that name their own
// node, from the threads that wrote such lines, and from copies of such lines.
func newCast(logs []*log) (found *cast, owner func(log int, st *text.Statement) string) {
	c := &casting{cast: &cast{index: map[string]int{}, beyond: map[string]bool{}, beyondClients: map[account]bool{}},
		logs: logs, single: make([]string, len(logs)), writers: make([]map[uint64]string, len(logs)),
		holders: map[string][]string{}, home: map[string]string{}, placed: map[spot]string{}}
	for i := range logs {
		c.rename(i)
		c.attribute(i)
	}
	c.prefixes()
	c.pieces()
	c.prefixes() // now that pieces of one log know its threads
	c.copies()
	c.places()
	c.addresses()
	c.everybody()
	c.hearsay()
	c.asked()
	c.join()
	c.members()
	c.christen()
	c.clients()
	c.rank()
	return c.cast, c.owner
}

// rename gives the nodes of a log that have a name within it alone the one by which all others call them.
func (c *casting) rename(i int) {
	called := map[string]string{}
	for k := range c.logs[i].statements {
		if st := &c.logs[i].statements[k]; st.Kind == text.Alias {
			called[st.Node] = st.Peer
		}
	}
	for k := range c.logs[i].statements {
		st := &c.logs[i].statements[k]
		if id, ok := called[st.Node]; ok {
			st.Node = id
		}
	}
}

// attribute finds whose lines a log holds.
func (c *casting) attribute(i int) {
	c.writers[i] = map[uint64]string{}
	var own []string
	known := map[string]bool{}
	for k := range c.logs[i].statements {
		st := &c.logs[i].statements[k]
		if st.Node == "" || st.Told {
			continue
		}
		if !known[st.Node] {
			known[st.Node] = true
			own = append(own, st.Node)
		}
		w := c.logs[i].sink.Writer(st)
		if have, ok := c.writers[i][w]; ok && have != st.Node {
			c.writers[i][w] = "" // several
		} else {
			c.writers[i][w] = st.Node
		}
	}
	if len(own) == 1 {
		c.single[i] = own[0]
	}
	c.logs[i].ids = own
}

// prefixes gives a thread that names nobody the node of the others behind the same prefix, as in the output of several
// processes that docker compose joins, if they all name the same one. The upper half of a writer is its prefix, 0 for none.
func (c *casting) prefixes() {
	for i, l := range c.logs {
		if l.sink == nil || c.single[i] != "" || len(l.ids) == 0 {
			continue
		}
		nodes, several := map[uint64]string{}, map[uint64]bool{}
		for w, id := range c.writers[i] {
			have, ok := nodes[w>>32]
			nodes[w>>32] = id
			several[w>>32] = several[w>>32] || ok && have != id
		}
		for w := range l.sink.Writers {
			if id := nodes[w>>32]; w>>32 != 0 && id != "" && !several[w>>32] && c.writers[i][w] == "" {
				c.writers[i][w] = id
			}
		}
	}
}

// copies gives a log that names nobody the node of the log of which it holds copies, as the WARNING file does of the
// INFO file.
func (c *casting) copies() {
	nameless := map[uint64][]int{} // logs by the keys of their lines
	for i, l := range c.logs {
		if len(l.ids) > 0 || l.sink == nil {
			continue
		}
		for _, k := range l.sink.Keys {
			if of := nameless[k]; len(of) == 0 || of[len(of)-1] != i {
				nameless[k] = append(of, i)
			}
		}
	}
	type pair struct{ nameless, named int }
	shared := map[pair]int{}
	best := map[int]int{}
	for j, l := range c.logs {
		if c.single[j] == "" || l.sink == nil || len(nameless) == 0 {
			continue
		}
		for _, k := range l.sink.Keys {
			for _, i := range nameless[k] {
				shared[pair{i, j}]++
				if was, ok := best[i]; !ok || shared[pair{i, j}] > shared[pair{i, was}] {
					best[i] = j
				}
			}
		}
	}
	for i, j := range best {
		// Of stamps in milliseconds some lines of two nodes are alike.
		if keys := c.logs[i].sink; keys.Exact || 2*shared[pair{i, j}] >= len(keys.Keys) {
			c.give(i, c.single[j])
		}
	}
}

// give makes all lines of a log those of one node.
func (c *casting) give(log int, id string) { c.single[log], c.logs[log].ids = id, []string{id} }

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
	if id := c.writers[log][c.logs[log].sink.Writer(st)]; id != "" {
		return id
	}
	return c.placed[spot{log, st.Line}]
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
	seen := map[held]bool{}
	for _, h := range slices.Backward(all) { // when an id was last reached is what counts
		if h.at = 0; !seen[h] {
			seen[h] = true
			c.holders[h.address] = append(c.holders[h.address], h.id)
		}
	}
	for _, address := range slices.Sorted(maps.Keys(c.holders)) {
		ids := c.holders[address]
		slices.Reverse(ids)
		for _, id := range ids {
			if _, ok := c.home[id]; !ok {
				c.home[id] = address
			}
		}
	}
}

// player makes a player of the node with an id, if it has none and there is room.
func (c *casting) player(id string) {
	if _, ok := c.index[id]; ok || c.beyond[id] {
		return
	}
	if len(c.players) >= maxNodes {
		if c.crowded = c.crowded || len(c.beyond) >= text.MaxNames; !c.crowded {
			c.beyond[id] = true
		}
		return
	}
	p := player{id: id, kind: trace.Member, opens: map[int]int64{}}
	i := len(c.players)
	c.parent = append(c.parent, i)
	c.index[id] = i
	if address, ok := c.home[id]; ok {
		ids := c.holders[address]
		p.id, p.address = ids[len(ids)-1], address
		for _, other := range ids {
			c.index[other] = i
			if other != p.id {
				p.former = append(p.former, other)
			}
		}
	}
	c.players = append(c.players, p)
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
			c.lines(id, i, l.sink.All())
			continue
		}
		for _, w := range l.sink.WriterIDs() {
			if id := c.writers[i][w]; id != "" {
				c.lines(id, i, *l.sink.Writers[w])
			}
		}
		c.scattered(i)
	}
	for i := range c.players {
		c.players[i].settle()
	}
}

// lines gives a node the times of its lines in a log, or of those of one of its threads there.
func (c *casting) lines(id string, log int, a text.Activity) {
	i, ok := c.index[id]
	if !ok {
		return
	}
	p := &c.players[i]
	first, last := c.logs[log].ends(a)
	if !p.spoken {
		p.first, p.last, p.spoken = first, last, true
	}
	p.first, p.last = min(p.first, first), max(p.last, last)
	if opens, ok := p.opens[log]; !ok || first < opens {
		p.opens[log] = first
	}
	p.spans = append(p.spans, c.logs[log].spans(a)...)
}

// settle joins what the node's files and threads tell of when it wrote.
func (p *player) settle() {
	slices.SortFunc(p.spans, func(a, b text.Gap) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	end := int64(0)
	for i, s := range p.spans {
		if i > 0 && s.From-end >= text.MinGap {
			p.silences = append(p.silences, text.Gap{From: end, To: s.From})
		}
		if i == 0 || s.To > end {
			end = s.To
		}
		p.reach = append(p.reach, end)
	}
}

// lastLineBefore returns the stamp of the last line before a process started: that of its predecessor.
func (p *player) lastLineBefore(start int64) int64 {
	n, _ := slices.BinarySearchFunc(p.spans, start, func(s text.Gap, start int64) int { return cmp.Compare(s.From, start) })
	if n == 0 {
		return p.first
	}
	return max(p.first, min(p.reach[n-1], start-1))
}

// silenceUntil returns how long the node had been silent when it wrote a line, 0 if that was not long.
func (p *player) silenceUntil(stamp int64) int64 {
	i, ok := slices.BinarySearchFunc(p.silences, stamp, func(g text.Gap, at int64) int { return cmp.Compare(g.To, at) })
	if !ok {
		return 0
	}
	return stamp - p.silences[i].From
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
			at, ok := c.index[id]
			if !ok {
				continue
			}
			if st.Group == sysCatalog {
				c.players[at].kind = trace.Master
			}
			for _, id := range mentioned(st) {
				other, ok := c.index[id]
				if !ok {
					continue
				}
				c.unite(at, other)
				if st.Group == sysCatalog {
					c.players[other].kind = trace.Master
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
	lowest := map[int]string{}
	for i, p := range c.players {
		if c.root(i) == i {
			roots = append(roots, i)
		}
		if low, ok := lowest[c.root(i)]; !ok || p.id < low {
			lowest[c.root(i)] = p.id
		}
	}
	slices.SortStableFunc(roots, func(a, b int) int {
		_, okA := first[a]
		_, okB := first[b]
		if okA != okB { // a cluster that nobody speaks of comes last
			return cmp.Compare(b2i(okB), b2i(okA))
		}
		return cmp.Or(cmp.Compare(first[a], first[b]), cmp.Compare(lowest[a], lowest[b]))
	})
	numbers := map[int]int{}
	for number, root := range roots {
		numbers[root] = number
	}
	homeless := map[int]bool{} // clusters of which a node's address is not known
	for i := range c.players {
		p := &c.players[i]
		p.cluster = numbers[c.root(i)]
		homeless[p.cluster] = homeless[p.cluster] || p.address == ""
	}
	order := make([]int, len(c.players))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		p, q := &c.players[a], &c.players[b]
		byAddress := 0
		if !homeless[p.cluster] {
			byAddress = cmp.Compare(p.address, q.address)
		}
		return cmp.Or(cmp.Compare(p.cluster, q.cluster), cmp.Compare(p.kind, q.kind), byAddress, cmp.Compare(p.id, q.id))
	})
	c.reorder(order)
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
	c.tellApart()
}

// tellApart adds its id to the name of a node that shares it with others of its cluster.
func (c *cast) tellApart() {
	type called struct {
		cluster int
		name    string
	}
	bearers := map[called]int{}
	for _, p := range c.players {
		bearers[called{p.cluster, p.name}]++
	}
	for i := range c.players {
		if p := &c.players[i]; p.name != "" && bearers[called{p.cluster, p.name}] > 1 {
			p.name += " (" + p.id + ")"
		}
	}
}

// christen names those that have no name yet by letters, as people at a blackboard do: masters and members A, B, C, tablet
// servers T1, T2, in each cluster.
func (c *cast) christen() {
	cluster, letters, servers := -1, 0, 0
	taken := map[string]bool{}
	for _, p := range c.players {
		taken[p.name] = true
	}
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
		default:
			for ok := true; ok; ok = taken[p.name] { // by a file that names some of them
				if letters++; letters > 26 {
					p.name = "N" + utoa(uint64(letters))
				} else {
					p.name = string(rune('A' + letters - 1))
				}
			}
		}
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
