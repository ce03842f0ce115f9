package replay

import (
	"slices"

	"tabletop/engine/trace"
	"tabletop/replay/text"
)

// claim is what others state of a leader's belief: that they refused what it sent as leader of Term, that it was named as
// the one that led until it failed.
type claim struct {
	node  int
	group string
	term  uint64
}

// testimony is all that others state of one claim.
type testimony struct {
	claim
	first *fact // the one that shows it first
	last  int64 // until when it is known to have held
}

// hearing is the search for leaders in what others state of them.
type hearing struct {
	calls   [][]reading // for the votes of each node
	all     []testimony
	places  map[claim]int       // 1 + place in all
	led     map[throne]uint64   // the highest term so far that had a leader
	known   map[throne]uint64   // the highest term that anybody shows
	stood   map[candidacy]int64 // when last
	denied  map[claim]bool      // refused by somebody
	shown   map[claim]bool      // by a line of its own
	follows map[follower]int    // 1 + place in all
	heads   map[term]int        // the one leader of a term: who says so himself, or else whom others name first
}

// term is one of a group of a cluster.
type term struct {
	throne
	number uint64
}

// follower is a node in a group.
type follower struct {
	node  int
	group string
}

// throne is the leadership of a group.
type throne struct {
	cluster int
	group   string
}

// claims finds when a node that turns out to have led must have believed so. A log that begins in the middle, or a ticket
// that quotes a few lines, shows the leader late, a log that is missing not at all; others knew it. It returns the roles to
// be inferred, and until when those reigns are known to have lasted of which no own line tells. They end there if the group
// went on to a higher term. Facts are in the order of time.
func claims(facts []fact, calls [][]reading, c *cast) (inferred []fact, heard map[claim]int64) {
	h := &hearing{calls: calls, places: map[claim]int{}, led: map[throne]uint64{}, known: map[throne]uint64{}, stood: map[candidacy]int64{},
		denied: map[claim]bool{}, shown: map[claim]bool{}, heads: map[term]int{}, follows: map[follower]int{}}
	for i := range facts {
		if f := &facts[i]; f.st != nil {
			h.hear(f, throne{c.players[f.node].cluster, f.st.Group})
		}
	}
	inferred, heard = h.earlier(facts), map[claim]int64{}
	for i := range h.all {
		t := &h.all[i]
		group := throne{c.players[t.node].cluster, t.group}
		if h.shown[t.claim] || h.heads[term{group, t.term}] != t.node {
			continue
		}
		heard[t.claim] = t.last
		inferred = append(inferred, leads(t.first, t.claim))
		if t.term < h.known[group] {
			inferred = append(inferred, fact{at: t.last + 1, raw: t.last + 1, node: t.node, peer: none, infer: trace.Note, ends: true,
				group: t.group, words: "nobody tells of it as leader any more", prov: trace.Inferred, ref: ref{-1, 0}})
		}
	}
	return inferred, heard
}

// hear takes in what a statement shows of others.
func (h *hearing) hear(f *fact, t throne) {
	h.known[t] = max(h.known[t], ownTerm(f))
	w, won := wins(f)
	if won {
		h.led[t] = max(h.led[t], w.term)
	}
	h.still(f, t)
	c, ok := claimed(f)
	if won && !ok || f.what == text.StepsDown {
		h.heads[term{t, f.st.Term}] = f.node
	}
	if !ok {
		return
	}
	if _, known := h.heads[term{t, c.term}]; !known {
		h.heads[term{t, c.term}] = c.node
	}
	at := h.places[c] - 1
	if at < 0 {
		h.all = append(h.all, testimony{claim: c, first: f, last: when(f)})
		at = len(h.all) - 1
		h.places[c] = at + 1
	}
	if h.holds(f, c, t) {
		h.all[at].last = max(h.all[at].last, when(f))
	}
	if f.what == text.LeaderIs {
		h.follows[follower{f.node, f.st.Group}] = at + 1
	}
}

// still extends what is known of a reign by lines that do not name it: who gives up a leader of etcd has followed it until
// then, and who hears of a higher term led on in its own.
func (h *hearing) still(f *fact, t throne) {
	by := follower{f.node, f.st.Group}
	switch at := h.follows[by] - 1; {
	case f.what == text.LeaderIs && len(f.st.No) > 0 && at >= 0:
		if s := &h.all[at]; s.term >= h.led[t] {
			s.last = max(s.last, f.at-misses)
		}
		delete(h.follows, by)
	case f.what == text.HearsTerm && f.st.Index > 0:
		if own := h.places[claim{f.node, f.st.Group, f.st.Index}] - 1; own >= 0 {
			h.all[own].last = f.at
		}
	}
}

// holds reports whether a claim shows that it still held. Who is behind may name a leader that has long had a successor, who
// goes on standing has not heard of the leader since it began, and a leader steps down when it is first refused: who was
// paused refuses later what it sent before, and reads calls for votes as late.
func (h *hearing) holds(f *fact, c claim, t throne) bool {
	switch f.what {
	case text.RefusesOld:
		late := slices.ContainsFunc(readFrom(h.calls[f.node], f.at-wakes, f.at+wakes), func(r reading) bool { return r.late() >= tooLate })
		was := h.denied[c]
		h.denied[c] = true
		return !was && !late
	case text.Stands:
		k := candidacy{node: f.node, group: c.group, term: f.st.Term}
		was, again := h.stood[k]
		h.stood[k] = f.at
		return !again || f.at-was > stormFor
	}
	return c.term >= h.led[t]
}

// earlier infers that nodes whose first line as leader comes late led since others first spoke of them.
func (h *hearing) earlier(facts []fact) (inferred []fact) {
	for i := range facts {
		f := &facts[i]
		if f.st == nil || f.st.Term == 0 || f.what != text.StepsDown && (f.what != text.RoleIs || f.st.Role != trace.Leader) {
			continue
		}
		c := claim{f.node, f.st.Group, f.st.Term}
		if h.shown[c] {
			continue
		}
		h.shown[c] = true
		at := h.places[c] - 1
		if at >= 0 && h.all[at].first.at < f.at && (f.what == text.StepsDown || !f.st.Now) {
			inferred = append(inferred, leads(h.all[at].first, c))
		}
	}
	return inferred
}

// claimed returns whom a statement shows to lead or to have led.
func claimed(f *fact) (claim, bool) {
	if f.peer == none || f.peer == f.node || f.st.Term == 0 {
		return claim{}, false
	}
	switch f.what {
	case text.RefusesOld, text.LeaderIs, text.Urged:
		return claim{f.peer, f.st.Group, f.st.Term}, true
	case text.Stands: // stands for the term behind that of the leader it lost
		return claim{f.peer, f.st.Group, f.st.Term - 1}, f.st.Term > 1
	}
	return claim{}, false
}

// when returns the moment of which a claim tells: who stands had last heard of the leader before it missed it, a heartbeat
// more to be sure.
func when(f *fact) int64 {
	if f.what == text.Stands {
		return f.at - misses
	}
	return f.at
}

// misses is how long ago who misses a leader may have heard of it at most.
const misses = detects + 500_000

// leads is the role that a claim proves, as a statement of the node itself.
func leads(by *fact, c claim) fact {
	st := &text.Statement{Kind: text.RoleIs, Group: c.group, Term: c.term, Role: trace.Leader}
	at := when(by)
	return fact{at: at, raw: at, node: c.node, peer: none, what: text.RoleIs, st: st, ref: by.ref, prov: trace.Inferred}
}

// namelessTerms finds the terms of leaders whose first line as such gives none, as the sys catalog's "current role is:
// LEADER": a later line of the same reign does.
func namelessTerms(facts []fact) (inferred []fact) {
	type place struct {
		node  int
		group string
	}
	open := map[place]int{} // 1 + the line without a term
	for i := range facts {
		f := &facts[i]
		if f.st == nil || f.st.Group == "" && f.what != text.RoleIs {
			continue
		}
		p := place{f.node, f.st.Group}
		at := open[p] - 1
		term := f.st.Term
		switch {
		case f.what == text.RoleIs && f.st.Role == trace.Leader && term == 0 && at < 0:
			open[p] = i + 1
			continue
		case f.what == text.RefusesOld:
			term = f.st.Index
		case f.what == text.RoleIs && f.st.Role == trace.Leader && !f.st.Now, f.what == text.StepsDown:
		case f.what == text.RoleIs, f.what == text.Stands, f.what == text.TermIs:
			delete(open, p) // another reign, or none
			continue
		default:
			continue
		}
		if at >= 0 && term > 0 {
			known := leads(&facts[at], claim{f.node, f.st.Group, term})
			known.first = true
			inferred = append(inferred, known)
			delete(open, p)
		}
	}
	return inferred
}
