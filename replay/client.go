package replay

import (
	"bytes"
	"cmp"
	"iter"
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

// account is a client as its operations name it.
type account struct {
	home
	name string
}

// clients adds the clients of the histories to the cast, in the cluster of the server they asked or in that of their
// history. One that asks in several is one in each.
func (c *casting) clients() {
	c.call()
	c.settle()
	c.onceOnly()
	c.accounts = map[account]int{}
	var all []player
	met := map[account]bool{}
	for a, o := range invocations(c.logs, c.cast) {
		switch {
		case met[a]:
			continue
		case len(all) >= maxClients-1:
			c.beyondClients[a] = true
			if a.name = otherClients; met[a] {
				continue
			}
		}
		met[a] = true
		p := player{id: clientID(a), name: a.name, kind: trace.Client, cluster: a.cluster, history: a.history, spoken: true, first: o.Call, last: o.Call}
		all = append(all, p)
	}
	slices.SortStableFunc(all, func(a, b player) int { // c2 before c10
		return cmp.Or(cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name), cmp.Compare(a.cluster, b.cluster), cmp.Compare(a.history, b.history))
	})
	for _, p := range all {
		c.accounts[account{home{p.cluster, p.history}, p.name}] = len(c.players)
		c.parent = append(c.parent, len(c.players))
		c.players = append(c.players, p)
	}
}

// invocations yields the operations of all histories, each with whose it is.
func invocations(logs []*log, c *cast) iter.Seq2[account, invocation] {
	return func(yield func(account, invocation) bool) {
		n := 0
		for i, l := range logs {
			if l.history == nil {
				continue
			}
			for k := range l.history.Operations {
				o := &l.history.Operations[k]
				n++
				h, server := c.homes[i], none
				if s, ok := c.named(o.Server, h.cluster); ok {
					h.cluster, server = c.players[s].cluster, s
				}
				if !yield(account{h, cmp.Or(o.Client, "#"+utoa(uint64(n)))}, invocation{o, i, server}) {
					return
				}
			}
		}
	}
}

// invocation is an operation, the log it stands in and whom it asks.
type invocation struct {
	*history.Operation
	log, server int
}

// otherClients is who calls for all clients beyond maxClients.
const otherClients = "other clients"

// clientID returns the id of a client, which no server and no other client of its cluster has.
func clientID(a account) string {
	id := "client " + a.name
	if a.history > 0 {
		id += " of history " + utoa(uint64(a.history+1))
	}
	return id
}

// calling is how a server is called in a cluster.
type calling struct {
	cluster int
	name    string
}

// call takes down under which names and addresses servers are known, in their own cluster and, of those that no two
// clusters have, in all.
func (c *cast) call() {
	c.called = map[calling]int{}
	for i, p := range c.players {
		for _, name := range []string{p.name, p.address} {
			own, anywhere := calling{p.cluster, name}, calling{none, name}
			if _, ok := c.called[own]; !ok {
				c.called[own] = i
			}
			if s, ok := c.called[anywhere]; !ok {
				c.called[anywhere] = i
			} else if s != none && c.players[s].cluster != p.cluster {
				c.called[anywhere] = none
			}
		}
	}
}

// named finds a server by its id, its name or its address, in a cluster before the others.
func (c *cast) named(server string, cluster int) (int, bool) {
	if server == "" {
		return 0, false
	}
	if i, ok := c.index[server]; ok {
		return i, true
	}
	if i, ok := c.called[calling{cluster, server}]; ok {
		return i, true
	}
	i, ok := c.called[calling{none, server}]
	return i, ok && i != none
}

// operations makes facts of the calls and returns of clients. Their clock is taken for the reference.
func operations(logs []*log, c *cast) (facts []fact) {
	for a, o := range invocations(logs, c) {
		by, ok := c.accounts[a]
		if !ok {
			by = c.accounts[account{a.home, otherClients}]
		}
		f := fact{at: o.Call, raw: o.Call, node: by, peer: o.server, infer: trace.Invoke, prov: trace.Logged,
			ref: ref{int32(o.log), int32(o.Line - 1)}, op: o.Operation}
		facts = append(facts, f)
		if o.Return >= 0 {
			f.at, f.raw, f.infer = max(o.Return, o.Call), o.Return, trace.Return
			facts = append(facts, f)
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
