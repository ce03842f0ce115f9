package replay

import (
	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/replay/text"
)

// replicaOf is a node's part in a raft group under one of its identities: what it promised under another does not bind it.
type replicaOf struct {
	node      int
	id, group string
}

// oath is what a replica must not take back: its term, and its vote in a term.
type oath struct {
	term uint64
	by   *fact // shows the term; nil once another process runs
	vote uint64
	to   int // the candidate it voted for in that term
	cast *fact
}

// oaths finds nodes whose term goes back in one process, and such as voted for two candidates in one term. A vote is on the
// disk and outlives its process; but a replica that shows a lower term after a start has lost its disk, and its votes with
// it.
func (j *judging) oaths() {
	standing := map[int]*contest{}
	for i := range j.contests {
		if k := &j.contests[i]; !k.pre && k.term > 0 {
			standing[k.start] = k
		}
	}
	held := map[replicaOf]*oath{}
	byNode := make([][]*oath, len(j.cast.players))
	for i := range j.facts {
		f := &j.facts[i]
		if f.st == nil || f.prov == trace.Inferred {
			continue
		}
		if f.what == text.Start || f.what == text.Stop {
			for _, o := range byNode[f.node] {
				o.by = nil
			}
			continue
		}
		if !ofRaft(f.what) {
			continue
		}
		r := replicaOf{f.node, j.owners(int(f.ref.log), f.st), f.st.Group}
		o := held[r]
		if o == nil {
			o = &oath{}
			held[r] = o
			byNode[f.node] = append(byNode[f.node], o)
		}
		j.inTerm(o, f)
		switch k := standing[i]; {
		case k != nil:
			j.votesFor(o, f, f.node, k.term)
		case f.what == text.Votes && f.st.Won && !f.st.Pre && f.peer != none && f.st.Term > 0:
			j.votesFor(o, f, f.peer, f.st.Term)
		}
	}
}

// inTerm takes in a line in which a replica enters a term. Only such lines of one file count, which come later both by
// their place and by their stamp: a ticket may quote lines in any order, and a clock may be set back. A member that begins
// anew begins with term 1.
func (j *judging) inTerm(o *oath, f *fact) {
	term := f.st.Term
	if term == 0 || f.what != text.TermIs && !(f.what == text.RoleIs && f.st.Now) {
		return
	}
	if was := o.by; was != nil && 1 < term && term < o.term && was.ref.log == f.ref.log && was.ref.line < f.ref.line && was.raw <= f.raw {
		j.add(verdict{kind: check.TermRegression, group: f.st.Group, from: was.at, to: f.at, nodes: []int{f.node}, refs: []ref{was.ref, f.ref},
			text: j.name(f.node) + " went back from term " + utoa(o.term) + " to term " + utoa(term) + check.OfGroup(f.st.Group)})
	} else if term < o.term && (o.by == nil || term <= 1) {
		o.vote = 0
	} else if term < o.term {
		return
	}
	o.term, o.by = term, f
}

// votesFor takes in a vote.
func (j *judging) votesFor(o *oath, f *fact, candidate int, term uint64) {
	if term < o.vote {
		return
	}
	if term == o.vote && candidate != o.to {
		name := func(n int) string {
			if n == f.node {
				return "itself"
			}
			return j.name(n)
		}
		j.add(verdict{kind: check.DoubleVote, group: f.st.Group, from: o.cast.at, to: f.at, nodes: []int{f.node, o.to, candidate},
			refs: []ref{o.cast.ref, f.ref}, text: j.name(f.node) + " voted for " + name(o.to) + " and " + span(o.cast.at, f.at) +
				" later for " + name(candidate) + " in term " + utoa(term) + check.OfGroup(f.st.Group)})
	}
	o.vote, o.to, o.cast = term, candidate, f
}
