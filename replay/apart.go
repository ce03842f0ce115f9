package replay

import (
	"cmp"
	"math"
	"slices"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/replay/clock"
	"tabletop/replay/text"
)

// apart returns how far two moments may be from as long apart as they seem, each by the clock of a player: false if no
// messages went between the two clocks both ways. One clock says how long something took, whatever time it shows.
func (m *importing) apart(a int, at int64, b int, bt int64) (off int64, known bool) {
	if a == b {
		return 0, true
	}
	if a == none || b == none {
		return 0, false
	}
	if m.cast.players[a].kind == trace.Client || m.cast.players[b].kind == trace.Client {
		return 0, false
	}
	x, y := m.fit.Lines[m.clock(a, at)], m.fit.Lines[m.clock(b, bt)]
	if x.Component < 0 || x.Component != y.Component {
		return 0, false
	}
	sum := m.off(a, at) + m.off(b, bt)
	if sum > 1e15 {
		return 0, false
	}
	return int64(math.Ceil(sum)), true
}

// between is apart for two facts, 0 where nothing is known: their clocks are then taken as they are.
func (m *importing) between(a, b *fact) (off int64) {
	if m.fit.Lines != nil {
		off, _ = m.apart(a.node, a.at, b.node, b.at)
	}
	return off
}

// later writes how much later one node was than another, "about" where their clocks tell no more.
func (j *judging) later(early int, from int64, late int, to int64) string {
	off, known := j.apart(early, from, late, to)
	return check.Roughly(trace.Time(max(0, to-from)), trace.Time(off), known)
}

// off returns how far a corrected time of a player may be from that of the reference. Behind the last message it grows.
func (m *importing) off(player int, at int64) float64 {
	raw := m.stamp(player, at)
	r := m.clock(player, raw)
	if l := m.fit.Lines[r]; l.Evidence != clock.TwoSided {
		return math.Inf(1)
	}
	off := m.fit.Bound(r, raw)
	if m.trusted[m.fit.Lines[r].Component] {
		off += math.Abs(float64(m.fit.Correct(r, raw) - raw))
	}
	return off
}

// betweenEvents is apart for the events of a trace. That a process ran again may have been seen by another clock: by who
// refused what it sent.
// A history is by one clock, whoever its clients are.
func (m *importing) betweenEvents(t *trace.Trace, refs []ref) check.Clocks {
	return func(a, b trace.EventID) (trace.Time, bool) {
		x, y := &t.Events[a], &t.Events[b]
		if x.Node == 0 || y.Node == 0 {
			return 0, true
		}
		if l := refs[a].log; l >= 0 && l == refs[b].log && m.logs[l].history != nil {
			return 0, true
		}
		from, to := m.origin+int64(x.At), m.origin+int64(y.At)
		by := int(x.Node) - 1
		if x.Kind == trace.Resume && x.Prov == trace.Inferred {
			by = m.awoken(by, from+1)
		}
		off, known := m.apart(by, from, int(y.Node)-1, to)
		return trace.Time(off), known
	}
}

// atWork returns the parts of a time in which a node is known to have run: of one without a log none, of others those in
// which it wrote, or was silent for a reason that is known.
func (m *importing) atWork(n trace.NodeID, from, to trace.Time) (parts []check.Span) {
	player := int(n) - 1
	p := &m.cast.players[player]
	if !p.spoken {
		return nil
	}
	by := func(raw int64) trace.Time { return trace.Time(m.corrected(player, raw) - m.origin) }
	to = min(to, by(p.last)+1)
	first, _ := slices.BinarySearchFunc(p.unexplained, from, func(g text.Gap, at trace.Time) int { return cmp.Compare(by(g.To), at) })
	for _, g := range p.unexplained[first:] {
		if by(g.From) >= to {
			break
		}
		if from < by(g.From) {
			parts = append(parts, check.Span{From: from, To: by(g.From)})
		}
		from = max(from, by(g.To))
	}
	if from < to {
		parts = append(parts, check.Span{From: from, To: to})
	}
	return parts
}

// awoken returns by whose clock a player was awake again at a time: its own, but if the first sign of it was a refusal.
func (m *importing) awoken(player int, at int64) int {
	own := func(p pause) bool { return p.node == player && p.to == at && m.corrected(player, p.last) == at }
	if slices.ContainsFunc(m.pauses, own) {
		return player
	}
	i, _ := slices.BinarySearchFunc(m.facts, at, func(f fact, at int64) int { return cmp.Compare(f.at, at) })
	for ; i < len(m.facts) && m.facts[i].at == at; i++ {
		if f := &m.facts[i]; f.what == text.RefusesOld && f.peer == player {
			return f.node
		}
	}
	return player
}
