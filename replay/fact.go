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

// copied is what the copies of a line in several files of a node have in common.
type copied struct {
	node int
	at   int64
	key  uint64
	kind text.Kind
}

func (f *fact) copied() copied { return copied{f.node, f.raw, f.st.Key, f.st.Kind} }

// moment is a stamp of a node in one of its logs.
type moment struct {
	node int
	at   int64
	log  int32
}

// gather makes facts of all statements of nodes that are known, in the order of their nodes' stamps. A line that was
// copied counts once, where it stands among most of what its node wrote at that stamp: the lines of a millisecond have an
// order only within a file, and Cassandra's debug.log has all that its system.log has.
func gather(logs []*log, c *cast, owners func(log int, st *text.Statement) string) (facts []fact) {
	wrote := map[moment]int{}
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
			f := fact{at: st.At, raw: st.At, node: n, peer: none, what: st.Kind, st: st, prov: trace.Logged,
				ref: ref{int32(i), int32(st.Line)}}
			if p, ok := c.index[st.Peer]; ok && st.Peer != "" {
				f.peer = p
			}
			if facts = append(facts, f); !l.sink.Exact {
				wrote[moment{n, st.At, int32(i)}]++
			}
		}
	}
	homes := map[copied]int32{}
	for i := range facts {
		f := &facts[i]
		home, ok := homes[f.copied()]
		if !ok || wrote[moment{f.node, f.raw, f.ref.log}] > wrote[moment{f.node, f.raw, home}] {
			homes[f.copied()] = f.ref.log
		}
	}
	const taken = -1 // stamps that are fine enough tell that two lines of one file are one
	facts = slices.DeleteFunc(facts, func(f fact) bool {
		if homes[f.copied()] != f.ref.log {
			return true
		}
		if logs[f.ref.log].sink.Exact {
			homes[f.copied()] = taken
		}
		return false
	})
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
