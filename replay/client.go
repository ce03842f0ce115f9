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

// clients adds the clients of the histories to the cast, in the first cluster or in that of the server they asked.
func (c *casting) clients() {
	var all []player
	for _, l := range c.logs {
		if l.history == nil {
			continue
		}
		for k := range l.history.Operations {
			o := &l.history.Operations[k]
			p := player{id: clientID(o, k), name: clientName(o, k), kind: trace.Client, spoken: true, first: o.Call, last: o.Call}
			if s, ok := c.named(o.Server); ok {
				p.cluster = c.players[s].cluster
			}
			if !slices.ContainsFunc(all, func(other player) bool { return other.id == p.id }) {
				all = append(all, p)
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

// clientID returns the id of an operation's client, which no server has; one that names none has a client of its own.
func clientID(o *history.Operation, k int) string { return "client " + clientName(o, k) }

func clientName(o *history.Operation, k int) string { return cmp.Or(o.Client, "#"+utoa(uint64(k+1))) }

// named finds a server by its id, its name or its address.
func (c *cast) named(server string) (int, bool) {
	if server == "" {
		return 0, false
	}
	if i, ok := c.index[server]; ok {
		return i, true
	}
	i := slices.IndexFunc(c.players, func(p player) bool { return p.name == server || p.address == server })
	return i, i >= 0
}

// operations makes facts of the calls and returns of clients. Their clock is taken for the reference.
func operations(logs []*log, c *cast) (facts []fact) {
	for i, l := range logs {
		if l.history == nil {
			continue
		}
		for k := range l.history.Operations {
			o := &l.history.Operations[k]
			f := fact{at: o.Call, raw: o.Call, node: c.index[clientID(o, k)], peer: none, infer: trace.Invoke, prov: trace.Logged,
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
