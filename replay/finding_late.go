package replay

import (
	"cmp"
	"slices"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/replay/text"
)

// settled returns when the matter of a candidacy was settled: when, behind its start, it was first seen that somebody leads
// its term or a later one. False if that never was.
func (j *judging) settled(c *council, k *contest) (by win, ok bool) {
	i := c.heights.first(c.behind(j.facts[k.start].at), max(1, k.term)-1, none)
	if i < 0 {
		return win{}, false
	}
	return c.wins[i], true
}

// lateDecisions finds decisions that come when the matter has long been settled: a Kudu candidate waits for the answer of
// a frozen peer until the call has timed out twice. They close their own election and start none.
func (j *judging) lateDecisions(c *council) {
	for _, k := range c.contests {
		by, ok := j.settled(c, k)
		if k.decided < 0 || !ok || by.node == k.node && !k.pre {
			continue
		}
		decided := &j.facts[k.decided]
		if decided.at-j.facts[k.start].at < tooLate || decided.at-by.at < tooLate {
			continue
		}
		what, result := "election", "lost"
		if k.pre {
			what = "pre-election"
		}
		if k.won {
			result = "won"
		}
		j.add(verdict{kind: lateElection, group: c.group, from: j.facts[k.start].at, to: decided.at, nodes: []int{k.node, by.node},
			refs: []ref{decided.ref, j.facts[k.start].ref, by.by},
			text: j.name(k.node) + " learned that its " + what + check.OfGroup(c.group) + " for term " + utoa(k.term) + " was " + result + " " +
				j.later(by.node, by.at, k.node, decided.at) + " after " + j.name(by.node) + " had become leader of term " + utoa(by.term) +
				"; it closes that election and starts none"})
	}
}

// late is a line that describes the past.
type late struct {
	fact int
	k    *contest
}

// lateLines finds lines that describe the past: a call for a vote read, or a vote given, when the election had been decided
// and seconds had gone since the call was sent. Lines of a node that come within a second are one finding.
func (j *judging) lateLines(c *council) {
	var all []late
	add := func(i int, k *contest) {
		if i < 0 {
			return
		}
		f := &j.facts[i]
		by, done := j.settled(c, k)
		if k.decided >= 0 && (!done || j.facts[k.decided].at < by.at) {
			by.at, done = j.facts[k.decided].at, true
		}
		if done && f.at > by.at && f.at-j.facts[k.start].at >= tooLate && j.comparable(f, &j.facts[k.start]) {
			all = append(all, late{i, k})
		}
	}
	for _, k := range c.contests {
		for v := range k.voters {
			add(k.voters[v].received, k)
			if k.voters[v].answered != k.voters[v].received {
				add(k.voters[v].answered, k)
			}
		}
	}
	for _, together := range j.together(all) {
		first := slices.MinFunc(together, func(a, b late) int { return cmp.Compare(a.fact, b.fact) })
		from := &j.facts[first.fact]
		v := verdict{kind: lateLine, group: c.group, from: from.at, to: from.at, nodes: []int{from.node}}
		for _, l := range together {
			f := &j.facts[l.fact]
			v.to = max(v.to, f.at)
			v.refs = append(v.refs, f.ref)
			v.nodes = append(v.nodes, l.k.node)
		}
		j.lateText(c, &v, first.fact, first.k, len(together))
	}
}

// together puts late lines of a node that come within a second of the first of them into groups, in the order of the
// first ones. In a group they stay as they were.
func (j *judging) together(all []late) (groups [][]late) {
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(all[a].fact, all[b].fact) })
	type group struct {
		from   int64
		places []int
	}
	var met []*group
	open := map[int]*group{} // by player
	for _, i := range order {
		f := &j.facts[all[i].fact]
		g := open[f.node]
		if g == nil || f.at-g.from >= tooLate {
			g = &group{from: f.at}
			open[f.node] = g
			met = append(met, g)
		}
		g.places = append(g.places, i)
	}
	for _, g := range met {
		slices.Sort(g.places)
		var lines []late
		for _, i := range g.places {
			lines = append(lines, all[i])
		}
		groups = append(groups, lines)
	}
	return groups
}

func (j *judging) lateText(c *council, v *verdict, first int, k *contest, n int) {
	f := &j.facts[first]
	what := "a call for its vote"
	if f.what == text.Votes {
		what = "its answer to a call for its vote"
	}
	v.text = j.name(f.node) + " wrote down " + what + check.OfGroup(c.group) + " for term " + utoa(k.term) + " late, " +
		j.later(k.node, j.facts[k.start].at, f.node, f.at) + " after " + j.name(k.node) + " had stood for it" + j.because(f.node, f.at) +
		". The election was decided by then: "
	if n > 1 {
		v.text += utoa(uint64(n)) + " such lines change nothing about it"
	} else {
		v.text += "the line changes nothing about it"
	}
	j.add(*v)
}

// lateTerms finds nodes that learn of a term seconds after another knew it. One whose process did not run has missed
// nothing that it could have heard.
func (j *judging) lateTerms(c *council) {
	begun := map[uint64]bool{}
	var terms []*fact // the first that anybody shows of each term
	for _, i := range c.facts {
		if f := &j.facts[i]; ownTerm(f) > 0 && !begun[ownTerm(f)] {
			begun[ownTerm(f)] = true
			terms = append(terms, f)
		}
	}
	heights := newPeaks(len(terms), func(i int) (uint64, int) { return ownTerm(terms[i]), terms[i].node })
	own := map[int]uint64{} // by player, 0 when it is not known
	since := map[int]int64{}
	shown := 0 // how many of terms so far
	for _, i := range c.facts {
		f := &j.facts[i]
		term := ownTerm(f)
		if term == 0 {
			continue
		}
		if shown < len(terms) && terms[shown] == f {
			shown++
		}
		was := own[f.node]
		own[f.node] = max(was, term)
		if term <= was {
			continue
		}
		began := since[f.node]
		if since[f.node] = f.at; was == 0 {
			continue
		}
		at := heights.first(0, was, f.node)
		if at < 0 || at >= shown {
			continue
		}
		first := terms[at]
		missed := ownTerm(first)
		if f.at-max(first.at, began) < tooLate || !j.comparable(f, first) || j.restartedWithin(f.node, first.at, f.at) {
			continue
		}
		text := j.name(f.node) + " went on in term " + utoa(was) + check.OfGroup(c.group) + " for " + j.later(first.node, first.at, f.node, f.at) + " after " +
			j.name(first.node) + " had begun term " + utoa(missed) + j.because(f.node, f.at)
		j.add(verdict{kind: lateTerm, group: c.group, from: first.at, to: f.at, nodes: []int{f.node, first.node},
			refs: []ref{f.ref, first.ref}, text: text})
	}
}

// ownTerm returns the term that a statement shows its node to be in, 0 for none.
func ownTerm(f *fact) uint64 {
	if f.prov == trace.Inferred {
		return 0
	}
	switch f.what {
	case text.TermIs, text.RoleIs, text.StepsDown, text.LeaderIs, text.HearsTerm:
		return f.st.Term
	case text.RefusesOld:
		return f.st.Index
	case text.Stands, text.Votes:
		if !f.st.Pre && (f.what == text.Stands || f.st.Won) {
			return f.st.Term
		}
	}
	return 0
}
