package replay

import (
	"math"

	"tabletop/engine/trace"
	"tabletop/replay/text"
)

// sequel is what a node's raft has written and not yet explained: etcd says in one line that votes were counted and in the
// next what becomes of the candidate, in one that it stands and a few lines later which leader it lost. A file may end in
// between. The places are facts, -1 for none.
type sequel struct {
	tally, stands int
	urged         bool
}

// sequels finds what only the next lines of the same node tell. Facts are in the order of time.
func sequels(facts []fact, c *cast) {
	open := map[int]*sequel{}
	for i := range facts {
		f := &facts[i]
		if f.what == text.Tally {
			f.what = text.Note // unless it turns out to be more
			f.peer = none
		}
		s := open[f.node]
		if s == nil {
			s = &sequel{tally: -1, stands: -1}
			open[f.node] = s
		}
		s.read(facts, i, c)
	}
}

func (s *sequel) read(facts []fact, i int, c *cast) {
	f := &facts[i]
	switch f.st.Kind {
	case text.RoleIs:
		if s.tally >= 0 && f.st.Now {
			facts[s.tally].decide(f.st)
		}
		if s.tally = -1; f.st.Now {
			s.stands = -1
		}
	case text.Stands:
		if s.stands = i; s.urged { // nobody has failed
			s.stands = -1
		}
		s.urged = false
	case text.Tally:
		s.tally = i
	case text.Urged:
		s.urged, s.tally = true, -1
	case text.LeaderIs:
		if s.stands >= 0 && f.st.Peer == "" && len(f.st.No) > 0 {
			facts[s.stands].loses(f.st.No[0], c)
		}
		s.stands = -1
	case text.AsksVotes, text.HearsVote, text.Votes, text.HearsTerm, text.RefusesOld, text.AckLate, text.StepsDown, text.Members:
		s.tally = -1
	case text.Note:
		if f.st.Node != "" {
			s.tally = -1
		}
	}
}

// decide makes a count of votes the decision that it was, if the role that its node takes next shows one.
func (f *fact) decide(next *text.Statement) {
	st := *f.st
	st.Kind, st.Term, st.Text = text.Decided, next.Term, ""
	switch next.Role {
	case trace.Candidate:
		st.Won = st.Pre
	case trace.Leader:
		st.Won = !st.Pre
	case trace.Follower:
		if st.Pre && st.Term < math.MaxUint64 {
			st.Term++ // it had stood for the term behind its own
		}
	default:
		return
	}
	if st.Won || next.Role == trace.Follower {
		f.what, f.st = text.Decided, &st
	}
}

// loses says of a candidacy which leader its node believed in until then.
func (f *fact) loses(leader string, c *cast) {
	st := *f.st
	st.Peer = leader
	f.st = &st
	if p, ok := c.index[leader]; ok {
		f.peer = p
	}
}
