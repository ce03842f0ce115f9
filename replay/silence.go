package replay

import (
	"cmp"
	"slices"

	"tabletop/replay/clock"
	"tabletop/replay/text"
)

// lasted returns how long a time lasted of which a node's stamps tell.
func (m *importing) lasted(n int, g text.Gap) int64 {
	return m.corrected(n, g.To) - m.corrected(n, g.From)
}

// stamp returns what a node's clock showed at a corrected time. Where it was set in a silence, that was at the end of it.
func (m *importing) stamp(n int, at int64) (raw int64) {
	raw, end := at, never
	if steps := m.timing.steps[n]; len(steps) > 0 {
		raw = m.cast.players[n].first
		i, _ := slices.BinarySearchFunc(steps, at+1, func(step, at int64) int { return cmp.Compare(m.corrected(n, step), at) })
		if i > 0 {
			raw = steps[i-1]
		}
		if i < len(steps) {
			end = steps[i]
		}
	}
	for range 2 { // a drift moves the stamp that belongs to a time by next to nothing the second time
		raw = min(raw+at-m.corrected(n, raw), end-1)
	}
	return raw
}

// remeasure takes silences, which were found between stamps, by the clocks as they are known now: one that was set forward in
// a silence made it look longer, and one that was set back hid it.
func (m *importing) remeasure() {
	for n := range m.cast.players {
		p := &m.cast.players[n]
		for _, at := range m.timing.set[n] {
			p.silences = append(p.silences, text.Gap{From: at - 1, To: at})
		}
		p.silences = slices.DeleteFunc(p.silences, func(g text.Gap) bool { return m.lasted(n, g) < text.MinGap })
		slices.SortFunc(p.silences, byEnd)
	}
	for _, s := range m.fit.Steps {
		if hides(s) {
			p := &m.cast.players[m.timing.of[s.Node]]
			p.unexplained = append(p.unexplained, text.Gap{From: s.After, To: s.At})
		}
	}
}

func byEnd(a, b text.Gap) int { return cmp.Or(cmp.Compare(a.To, b.To), cmp.Compare(a.From, b.From)) }

// joined returns gaps that overlap as one, in the order of time.
func joined(gaps []text.Gap) (all []text.Gap) {
	slices.SortFunc(gaps, byEnd)
	for _, g := range gaps {
		for len(all) > 0 && all[len(all)-1].To >= g.From {
			g.From = min(g.From, all[len(all)-1].From)
			all = all[:len(all)-1]
		}
		all = append(all, g)
	}
	return all
}

// hides reports whether a clock was set back in a time in which its node wrote: it was silent there for as long as the clock was
// set back, at least, and nothing tells where.
func hides(s clock.Step) bool { return s.JumpUS < 0 && !s.Idle }

// hushed reports whether a node may have been silent within a time, without its stamps showing it.
func (m *importing) hushed(n int, from, to int64) bool {
	return slices.ContainsFunc(m.fit.Steps, func(s clock.Step) bool {
		return hides(s) && m.timing.of[s.Node] == n && m.corrected(n, s.After) < to && m.corrected(n, s.At) > from
	})
}
