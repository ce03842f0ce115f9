package replay

import (
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

// claims finds from when on a node that turns out to have led must have believed so. A log that begins in the middle, or
// a ticket that quotes a few lines, shows the leader late; others knew it before. It returns the roles to be inferred.
// Facts are in the order of time.
func claims(facts []fact) (inferred []fact) {
	first := map[claim]int{}
	var order []claim
	shown := map[claim]bool{}
	for i := range facts {
		f := &facts[i]
		if f.st == nil {
			continue
		}
		if c, ok := claimed(f); ok {
			if _, known := first[c]; !known {
				first[c] = i
				order = append(order, c)
			}
		}
	}
	for i := range facts {
		f := &facts[i]
		if f.st == nil || f.st.Term == 0 || f.what != text.StepsDown && (f.what != text.RoleIs || f.st.Role != trace.Leader) {
			continue
		}
		c := claim{f.node, f.st.Group, f.st.Term}
		if shown[c] {
			continue
		}
		shown[c] = true
		if at, ok := first[c]; ok && facts[at].at < f.at && (f.what == text.StepsDown || !f.st.Now) {
			inferred = append(inferred, leads(&facts[at], c))
		}
	}
	for _, c := range order { // one that no line of its own shows: its log is missing
		if f := &facts[first[c]]; !shown[c] && f.what == text.RefusesOld {
			inferred = append(inferred, leads(f, c))
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
	case text.RefusesOld, text.LeaderIs:
		return claim{f.peer, f.st.Group, f.st.Term}, true
	case text.Stands: // stands for the term behind that of the leader it lost
		return claim{f.peer, f.st.Group, f.st.Term - 1}, f.st.Term > 1
	}
	return claim{}, false
}

// leads is the role that a claim proves, as a statement of the node itself.
func leads(by *fact, c claim) fact {
	st := &text.Statement{Kind: text.RoleIs, Group: c.group, Term: c.term, Role: trace.Leader}
	at := by.at
	if by.what == text.Stands { // it led when it was last heard, and not to the others' knowledge since
		at -= detects + 500_000 // a heartbeat before
	}
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
