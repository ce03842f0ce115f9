package replay

import (
	"cmp"
	"slices"

	"tabletop/engine/trace"
	"tabletop/replay/history"
	"tabletop/replay/text"
)

// fact is a statement that knows whose it is, or something inferred from others.
type fact struct {
	at    int64 // by the corrected clock, microseconds since 1970
	raw   int64 // by the node's own
	node  int   // player
	peer  int   // player, -1 for none
	what  text.Kind
	st    *text.Statement // nil for what is inferred
	ref   ref
	prov  trace.Provenance
	infer trace.Kind // what is inferred, for facts without a statement
	words string
	first bool // goes before what the node states at the same time
	ends  bool // what is known of the node's roles ends here
	// group is the only one whose role ends, empty for all.
	group string
	// answers is the message that a vote answers, or that arrives.
	answers *message
	op      *history.Operation // called or returned
}

// none is the player that is nobody.
const none = -1

// gather makes facts of all statements of nodes that are known, in the order of their nodes' stamps. A line that was
// copied counts once.
func gather(logs []*log, c *cast, owners func(log int, st *text.Statement) string) (facts []fact) {
	type copied struct {
		node int
		at   int64
		key  uint64
		kind text.Kind
	}
	seen := map[copied]int{} // 1 + the log that has it
	for i, l := range logs {
		for k := range l.statements {
			st := &l.statements[k]
			id := owners(i, st)
			if st.Told || st.Kind == text.FileDate {
				continue
			}
			n, ok := c.index[id]
			if id == "" || !ok {
				continue
			}
			key := copied{n, st.At, st.Key, st.Kind}
			if was := seen[key]; was > 0 && (was != i+1 || l.sink.Exact) {
				continue
			}
			seen[key] = i + 1
			f := fact{at: st.At, raw: st.At, node: n, peer: none, what: st.Kind, st: st, prov: trace.Logged,
				ref: ref{int32(i), int32(st.Line)}}
			if p, ok := c.index[st.Peer]; ok && st.Peer != "" {
				f.peer = p
			}
			facts = append(facts, f)
		}
	}
	order(facts, c)
	return facts
}

// maxGroups is how many raft groups of all nodes are told apart. A trace can hold trace.MaxGroups.
const maxGroups = 60_000

// limitGroups drops the facts of groups beyond those that a trace can hold, in the order of time. The masters' group stays.
func limitGroups(facts []fact) (kept []fact, beyond int) {
	groups := map[string]bool{"": true, sysCatalog: true} // false: left out
	kept = slices.DeleteFunc(facts, func(f fact) bool {
		if f.st == nil {
			return false
		}
		keep, met := groups[f.st.Group]
		if !met {
			keep = len(groups)-beyond < maxGroups
			groups[f.st.Group] = keep
			beyond += b2i(!keep)
		}
		return !keep
	})
	return kept, beyond
}

// order sorts facts by time, at equal times by node, then as they stand in its files. The logs are in an order that does
// not depend on how they were given.
func order(facts []fact, c *cast) {
	slices.SortStableFunc(facts, func(a, b fact) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(c.players[a.node].rank, c.players[b.node].rank),
			cmp.Compare(b2i(b.first), b2i(a.first)),
			cmp.Compare(a.ref.log, b.ref.log),
			cmp.Compare(a.ref.line, b.ref.line))
	})
}
