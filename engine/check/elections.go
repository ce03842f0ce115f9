package check

import (
	"cmp"
	"fmt"
	"slices"

	"tabletop/engine/trace"
)

// contest is what happened in one term of one group.
type contest struct {
	place     place
	term      uint32
	campaigns []trace.EventID
	won       trace.EventID // the first Elected
	leader    bool          // somebody won it, as far as anybody says
	lost      trace.EventID // the last ElectionLost
}

// elections finds terms that two nodes won, which raft never allows, and terms that nobody won: burnt ones, each of
// which prolongs an interruption by one election timeout. A term is burnt when it had a campaign and no leader, and a
// candidate gave up or a later term began; one that is undecided at the end of the trace is not.
func elections(t *trace.Trace) []Finding {
	type key struct {
		place place
		term  uint32
	}
	var order []*contest
	byKey := map[key]*contest{}
	var found []Finding
	for i := range t.Events {
		e, id := &t.Events[i], trace.EventID(i)
		if e.Term == 0 || e.Kind != trace.Campaign && e.Kind != trace.Elected && e.Kind != trace.ElectionLost &&
			(e.Kind != trace.LeaderKnown || e.Peer == 0) {
			continue
		}
		p := placeOf(t, e.Node, e.Group)
		c := byKey[key{p, e.Term}]
		if c == nil {
			c = &contest{place: p, term: e.Term, won: trace.NoEvent, lost: trace.NoEvent}
			byKey[key{p, e.Term}] = c
			order = append(order, c)
		}
		switch e.Kind {
		case trace.Campaign:
			c.campaigns = append(c.campaigns, id)
		case trace.ElectionLost:
			c.lost = id
		case trace.LeaderKnown:
			c.leader = true
		case trace.Elected:
			c.leader = true
			if c.won == trace.NoEvent {
				c.won = id
			} else if first := t.Events[c.won].Node; first != e.Node {
				found = append(found, p.finding(t, ElectionSafety,
					fmt.Sprintf("%s and %s both won term %d%s", nodeName(t, first), nodeName(t, e.Node), e.Term, OfGroup(t.Group(e.Group))), c.won, id))
			}
		}
	}
	return append(found, burnt(t, order)...)
}

func burnt(t *trace.Trace, order []*contest) []Finding {
	slices.SortStableFunc(order, func(a, b *contest) int {
		return cmp.Or(cmp.Compare(a.place.cluster, b.place.cluster), cmp.Compare(a.place.group, b.place.group),
			cmp.Compare(a.term, b.term))
	})
	var found []Finding
	for i, c := range order {
		if c.leader || len(c.campaigns) == 0 {
			continue
		}
		events := slices.Clone(c.campaigns)
		if c.lost != trace.NoEvent {
			events = append(events, c.lost)
		} else if i+1 == len(order) || order[i+1].place != c.place {
			continue // undecided when the trace ends
		}
		f := c.place.finding(t, BurntTerm, "", events...)
		stood := "stood for it and lost"
		if len(f.Nodes) > 1 {
			stood = "stood for it and nobody won"
		}
		f.Text = fmt.Sprintf("term %d%s was burnt: %s %s", c.term, OfGroup(f.Group), namesOf(t, f.Nodes), stood)
		found = append(found, f)
	}
	return found
}
