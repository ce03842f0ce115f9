package replay

import (
	"bytes"
	"cmp"
	"slices"

	"tabletop/engine/trace"
	"tabletop/replay/history"
	"tabletop/replay/source"
)

// maxMembers is how long a file with the names of nodes may be.
const maxMembers = 1 << 20

// asMembers reads an entry that gives nodes their names, false when it is none.
func asMembers(e *source.Entry, sample []byte) ([]history.Member, bool) {
	if e.Size > maxMembers || !bytes.HasPrefix(bytes.TrimSpace(sample), []byte("{")) {
		return nil, false
	}
	b := make([]byte, max(e.Size, 0))
	if _, err := e.ReadAt(b, 0); err != nil {
		b = sample
	}
	found, err := history.ReadMembers(e.Path, b)
	return found, err == nil && len(found) > 0
}

// asked adds the servers that histories name where there is no log: all of one cluster, under the identities that a file
// with their names has for them.
func (c *casting) asked() {
	if len(c.players) > 0 {
		return
	}
	ids := map[string]string{}
	for _, l := range c.logs {
		for _, m := range l.members {
			ids[m.Name] = m.ID
		}
	}
	var names []string
	for _, l := range c.logs {
		if l.history == nil {
			continue
		}
		for _, o := range l.history.Operations {
			if _, ok := ids[o.Server]; !ok {
				ids[o.Server] = o.Server
			}
			if o.Server != "" {
				names = append(names, o.Server)
			}
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		c.player(ids[name])
		if i, ok := c.index[ids[name]]; ok {
			c.players[i].name = name
			c.unite(0, i)
		}
	}
}

// clients adds the clients of the histories to the cast, in the first cluster or in that of the server they asked.
func (c *casting) clients() {
	var all []player
	known := map[string]bool{}
	n := 0
	c.call()
	for _, l := range c.logs {
		if l.history == nil {
			continue
		}
		for k := range l.history.Operations {
			o := &l.history.Operations[k]
			n++
			name := clientName(o, n)
			p := player{id: clientID(name), name: name, kind: trace.Client, spoken: true, first: o.Call, last: o.Call}
			if s, ok := c.named(o.Server); ok {
				p.cluster = c.players[s].cluster
			}
			switch {
			case known[p.id]:
			case len(all) < maxClients-1:
				known[p.id] = true
				all = append(all, p)
			default:
				c.beyondClients[p.id] = true
				if p.id, p.name = clientID(otherClients), otherClients; !known[p.id] {
					known[p.id] = true
					all = append(all, p)
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b player) int { // c2 before c10
		return cmp.Or(cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
	})
	for _, p := range all {
		c.index[p.id] = len(c.players)
		c.parent = append(c.parent, len(c.players))
		c.players = append(c.players, p)
	}
}

// otherClients is who calls for all clients beyond maxClients.
const otherClients = "other clients"

// clientID returns the id of a client, which no server has.
func clientID(name string) string { return "client " + name }

// clientName names an operation's client; one that names none has a client of its own, by its number among all.
func clientName(o *history.Operation, n int) string { return cmp.Or(o.Client, "#"+utoa(uint64(n))) }

// call takes down under which names and addresses servers are known, the first of several.
func (c *cast) call() {
	c.called = map[string]int{}
	for i, p := range c.players {
		for _, name := range []string{p.name, p.address} {
			if _, ok := c.called[name]; !ok {
				c.called[name] = i
			}
		}
	}
}

// named finds a server by its id, its name or its address.
func (c *cast) named(server string) (int, bool) {
	if server == "" {
		return 0, false
	}
	if i, ok := c.index[server]; ok {
		return i, true
	}
	i, ok := c.called[server]
	return i, ok
}

// operations makes facts of the calls and returns of clients. Their clock is taken for the reference.
func operations(logs []*log, c *cast) (facts []fact) {
	n := 0
	for i, l := range logs {
		if l.history == nil {
			continue
		}
		for k := range l.history.Operations {
			o := &l.history.Operations[k]
			n++
			by, ok := c.index[clientID(clientName(o, n))]
			if !ok {
				by = c.index[clientID(otherClients)]
			}
			f := fact{at: o.Call, raw: o.Call, node: by, peer: none, infer: trace.Invoke, prov: trace.Logged,
				ref: ref{int32(i), int32(o.Line - 1)}, op: o}
			if s, ok := c.named(o.Server); ok {
				f.peer = s
			}
			facts = append(facts, f)
			if o.Return >= 0 {
				f.at, f.raw, f.infer = max(o.Return, o.Call), o.Return, trace.Return
				facts = append(facts, f)
			}
		}
	}
	return facts
}

// operation tells a call or a return.
func (n *narrator) operation(f *fact) {
	if f.infer == trace.Invoke {
		n.calls[f.op] = n.emit(f, trace.Event{Kind: trace.Invoke, Cause: trace.NoEvent, Index: uint64(len(n.calls) + 1)}, f.op.Text)
		return
	}
	e := trace.Event{Kind: trace.Return, Cause: n.calls[f.op]}
	if f.peer != none {
		e.Peer = n.ids[f.peer]
	}
	n.emit(f, e, f.op.Result)
}
