package replay

import (
	"slices"
	"strings"

	"tabletop/replay/text"
)

// view is a time in which one node held another to be down.
type view struct {
	observed int
	from     int64
	refs     []ref // none once it has ended
	orderly  bool  // the other one had said that it stops
	anew     bool  // it came back as another process
}

// views finds the times in which a node held others to be down: from the line that says so to the one that says that the
// other is up again. Repetitions are one: after a pause, Cassandra may print `is now UP` twenty times within 20 ms.
func (j *judging) views(n int) {
	var all []view
	open := map[int]int{} // by the observed: 1 + view
	lived := int64(0)     // the beginning of the process whose views these are
	for _, i := range j.byNode[n] {
		f := &j.facts[i]
		if l, _ := j.lifeAt(n, f.raw); l.from != lived { // another process, which remembers nothing
			for _, v := range all {
				if v.refs != nil {
					j.viewed(n, v, max(v.from, min(f.at, j.lifeEnd(n, lived))), " until its own process ended")
				}
			}
			all, lived = all[:0], l.from
			clear(open)
		}
		if f.peer == none || f.peer == n {
			continue
		}
		at := open[f.peer] - 1
		down, up := marks(f)
		switch {
		case down && at < 0:
			all = append(all, view{observed: f.peer, from: f.at, refs: []ref{f.ref}, orderly: f.st.Text == "shutdown"})
			open[f.peer] = len(all)
		case f.what == text.PeerRestart && at >= 0:
			all[at].anew = true
		case down:
			all[at].orderly = all[at].orderly || f.st.Text == "shutdown"
		case at >= 0 && (up || removed(f)):
			v, until := all[at], ""
			all[at].refs = nil
			delete(open, f.peer)
			v.refs = append(v.refs, f.ref)
			if !up {
				until = " until " + j.name(n) + " removed " + j.name(f.peer) + " from its ring"
			}
			if f.at-v.from >= tooLate || f.st.Text != etcdActive {
				j.viewed(n, v, f.at, until)
			}
		}
	}
	for _, v := range all {
		if end := j.corrected(n, j.cast.players[n].last); len(v.refs) > 0 && (!j.etcd(v.refs[0]) || end-v.from >= tooLate) {
			j.viewed(n, v, j.last, " to the end of the log")
		}
	}
}

// meetings finds pairs of Cassandra nodes of which one first saw the other up long after that one had seen it: each has its
// own picture of the ring until gossip has gone both ways. First sights further apart than a node takes to join are not of
// the same meeting: a log began between them.
func (j *judging) meetings() {
	type sight struct{ observer, observed int }
	first := map[sight]*fact{}
	for i := range j.facts {
		f := &j.facts[i]
		s := sight{f.node, f.peer}
		if !f.says(text.PeerUp) || f.peer == none || first[s] != nil || j.etcd(f.ref) {
			continue
		}
		first[s] = f
		g := first[sight{f.peer, f.node}]
		if g == nil || g == f || f.at-g.at < tooLate || f.at-g.at > rejoins {
			continue
		}
		off, known := j.apart(g.node, g.at, f.node, f.at)
		if known && off >= f.at-g.at {
			continue
		}
		words := j.name(f.node) + " saw " + j.name(g.node) + " up " + j.later(g.node, g.at, f.node, f.at) + " after " + j.name(g.node) +
			" had seen " + j.name(f.node) + " up"
		if !known {
			words += ", if their clocks agree"
		}
		j.add(verdict{kind: peerView, from: g.at, to: f.at, nodes: []int{f.node, g.node}, refs: []ref{g.ref, f.ref}, text: words})
	}
}

// etcdActive is what an etcd member writes of a peer that it reaches again.
const etcdActive = "peer became active"

// marks reports whether a statement says that a peer is down or up. Cassandra's gossip says both; that it convicts a
// peer says nothing, for it convicts one that is down as well. An etcd member that loses its last stream to a peer states
// the stream's failure.
func marks(f *fact) (down, up bool) {
	switch f.what {
	case text.PeerDown:
		return f.st.Text != "convicting", false
	case text.PeerUp:
		return false, true
	case text.Unreachable:
		return strings.HasPrefix(f.st.Text, "failed to ") && strings.Contains(f.st.Text, " on stream "), false
	}
	return false, false
}

// removed reports whether a node forgets a peer: it left the ring, was removed, or was never in it.
func removed(f *fact) bool {
	return f.what == text.Phase && (f.st.Text == "removing tokens" || f.st.Text == "removed from gossip")
}

func (j *judging) etcd(r ref) bool {
	d := j.logs[r.log].dialect
	return d != nil && strings.HasPrefix(d.ID(), "etcd")
}

func (j *judging) viewed(n int, v view, to int64, until string) {
	words := j.name(n) + " held " + j.name(v.observed)
	if v.orderly {
		words += ", which had announced that it stops,"
	}
	words += " to be down"
	late, before := j.downLate(n, v)
	if until == "" {
		words += " for " + span(v.from, to) + late + j.upLate(v, to)
	} else {
		words += until + late
	}
	if v.anew && !j.cast.players[v.observed].spoken {
		words += ", and heard then that it had restarted"
	}
	words += before
	_, said := j.announced(v)
	j.add(verdict{kind: peerView, from: v.from, to: to, nodes: []int{n, v.observed}, refs: v.refs, text: words, routine: v.orderly || said})
}

// rejoins is how long after the start of its process a node may be marked down for the one before: nobody knows of the
// new one until it takes part in gossip, up to 21 s later on a busy machine.
const rejoins = 30_000_000

// downLate says how long it took until a node marked another down, where a log shows why, and what was before if that takes
// a sentence of its own: the other one had started again.
func (j *judging) downLate(n int, v view) (late, before string) {
	p, name := &j.pasts[v.observed], j.name(v.observed)
	still, gone := p.still.begun(v.from)-1, p.gone.begun(v.from)-1
	stopped, said := j.announced(v)
	switch {
	case still >= 0 && v.from-gossips <= p.still.reach[still]:
		was := p.pauses[still]
		return ", from " + give(v.from-was.from, was.fromBound) + " after " + name + " was paused", ""
	case said:
		return ", from " + span(stopped, v.from) + " after " + name + " said that it stops", ""
	case gone >= 0 && p.gone.reach[gone] > v.from:
		return ", from " + j.sinceEnd(v, p.gone.from[gone], v.from), ""
	case gone >= 0 && v.from-rejoins <= p.gone.reach[gone]:
		start := p.gone.reach[gone]
		return "", ". That was the former process of " + name + ": " + j.name(n) + " noticed " + j.sinceEnd(v, p.gone.from[gone], start) + ", and " +
			span(start, v.from) + " after " + name + " had started again"
	}
	return "", ""
}

// announced returns when a node that was marked down had said that it stops, if its process had.
func (j *judging) announced(v view) (at int64, ok bool) {
	p := &j.pasts[v.observed]
	said, _ := slices.BinarySearch(p.stops, v.from+1)
	gone := p.gone.begun(v.from) - 1
	if said == 0 || gone >= 0 && p.stops[said-1] <= p.gone.from[gone] {
		return 0, false
	}
	return p.stops[said-1], true
}

// upLate says how long it took until a node that was back was marked up.
func (j *judging) upLate(v view, to int64) string {
	p, name := &j.pasts[v.observed], j.name(v.observed)
	if i := p.still.ended(to) - 1; i >= 0 && p.still.reach[i] > v.from {
		return ", until " + give(to-p.still.reach[i], p.pauses[i].toBound) + " after " + name + " ran on"
	}
	if i := p.gone.ended(to) - 1; i >= 0 && p.gone.reach[i] > v.from {
		return ", until " + span(p.gone.reach[i], to) + " after " + name + " started again"
	}
	return ""
}

// sinceEnd says how long after the end of its process a node was marked down. A killed one may have been silent before: that
// somebody could not connect to it before some moment tells better when it was gone.
func (j *judging) sinceEnd(v view, end, before int64) string {
	if all := j.from(j.pasts[v.observed].refused, end); len(all) > 0 && j.facts[all[0]].at < before {
		f := &j.facts[all[0]]
		return span(f.at, v.from) + " after " + j.name(f.node) + " first failed to reach it"
	}
	return span(end, v.from) + " after " + j.name(v.observed) + "'s last line"
}

// give writes how long something lasted that is known up to a half-width.
func give(length, bound int64) string {
	if length <= bound {
		return span(0, length+bound) + " at most"
	}
	if bound < 1000 { // the unit of the stamps
		return span(0, length)
	}
	return span(0, length) + " (" + within(bound) + ")"
}
