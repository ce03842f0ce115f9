package replay

import (
	"strconv"
	"strings"

	"tabletop/engine/trace"
	"tabletop/replay/history"
	"tabletop/replay/text"
)

func utoa(v uint64) string { return strconv.FormatUint(v, 10) }

// trimmed cuts what a log says to a length that can be shown in one line.
func trimmed(s string) string {
	const most = 160
	s = strings.TrimSpace(s)
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// name returns how a player is called in texts.
func (n *narrator) name(player int) string {
	if player == none {
		return "nobody"
	}
	return n.cast.players[player].name
}

// newNarrator returns a narrator for facts in their final order. The contests' facts are places in that order.
func newNarrator(b *trace.Builder, c *cast, facts []fact, contests []contest, origin int64) *narrator {
	n := &narrator{b: b, cast: c, facts: facts, contests: contests, origin: origin,
		starts: map[int]int{}, ends: map[int]int{}, received: map[int]*message{}, heard: map[int][]*message{},
		sends: map[*message]sending{}, refusals: map[int]int{}, hears: map[int]trace.EventID{},
		calls: map[*history.Operation]trace.EventID{}}
	for i := range c.players {
		p := &c.players[i]
		n.ids = append(n.ids, b.AddNode(trace.Node{ID: p.id, Name: p.name, Kind: p.kind, Cluster: p.cluster, History: p.history}))
	}
	for i := range contests {
		k := &contests[i]
		n.starts[k.start] = i + 1
		if k.decided >= 0 {
			n.ends[k.decided] = i + 1
		}
		for j := range k.voters {
			v := &k.voters[j]
			if v.received >= 0 {
				n.received[v.received] = v
			}
			if v.answered >= 0 {
				facts[v.answered].answers = v
			}
			if v.heard >= 0 && v.answered >= 0 {
				n.heard[v.heard] = append(n.heard[v.heard], v)
			}
		}
	}
	for _, t := range talks(facts) {
		n.refusals[t.refuses] = t.hears + 1
	}
	return n
}

// talk is a refusal by one who knows a later term, and the line in which the old leader hears of it.
type talk struct{ refuses, hears int }

// talks matches refusals with the next line of the refused that hears of a term from the refuser.
func talks(facts []fact) (all []talk) {
	type pair struct {
		refuser, refused int
		group            string
	}
	waiting := map[pair][]int{}
	const longest = 60_000_000
	for i := range facts {
		f := &facts[i]
		if f.st == nil || f.peer == none {
			continue
		}
		switch f.what {
		case text.RefusesOld:
			p := pair{f.node, f.peer, f.st.Group}
			waiting[p] = append(waiting[p], i)
		case text.HearsTerm:
			p := pair{f.peer, f.node, f.st.Group}
			w := waiting[p]
			for len(w) > 0 && f.at-facts[w[0]].at >= longest { // nobody heard of that one
				w = w[1:]
			}
			if len(w) > 0 {
				all = append(all, talk{w[0], i})
				w = w[1:]
			}
			waiting[p] = w
		}
	}
	return all
}
