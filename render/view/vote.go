package view

import "tabletop/engine/trace"

// vote is what became of a candidate's call for one vote.
type vote uint8

const (
	voteAwaited vote = iota
	voteGranted      // given, but the candidate has not read it yet
	voteHeld
	voteRefused
)

// votes returns a candidate's votes in the order of the masters, as far as events since its campaign tell.
func (n *node) votes() []vote {
	s := n.scene
	votes := make([]vote, s.masters)
	index := func(id trace.NodeID) int {
		for i := range s.masters {
			if s.nodes[i].place.Node == id {
				return i
			}
		}
		return -1
	}
	if own := index(n.place.Node); own >= 0 {
		votes[own] = voteHeld
	}
	began := n.group.Role.Source
	now := s.model.Cursor.Event()
	for e := max(began, now-lookBack, 0); e <= now; e++ {
		ev := s.trace.Events[e]
		i := index(ev.Node)
		read := ev.Kind == trace.Receive && ev.Node == n.place.Node && ev.Cause >= 0
		if from := index(ev.Peer); read && from >= 0 && votes[from] == voteGranted &&
			s.trace.Events[ev.Cause].Kind == trace.Answer {
			votes[from] = voteHeld
		}
		if i < 0 || ev.Peer != n.place.Node || i == index(n.place.Node) {
			continue
		}
		switch ev.Kind {
		case trace.Vote:
			votes[i] = voteGranted
		case trace.VoteDenied:
			votes[i] = voteRefused
		}
	}
	return votes
}
