package replay

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	"tabletop/engine/trace"
	"tabletop/replay/clock"
	"tabletop/replay/text"
)

// edge is a pair of lines of two nodes of which the first must have come before the second, or at most slack
// microseconds behind it.
type edge struct {
	before, after int // facts
	slack         int64
}

// edges returns the pairs by which clocks can be judged: a call is received after its sender stood for election, an
// answer is heard after it was given, a refusal after it was made, a leader known after it was elected, a connection open
// after it was accepted.
func edges(facts []fact, contests []contest) (all []edge) {
	for i := range contests {
		for _, v := range contests[i].voters {
			if v.sure && v.received >= 0 {
				all = append(all, edge{before: v.sent, after: v.received})
			}
			if v.sure && v.answered >= 0 && v.heard >= 0 && (v.granted || facts[v.heard].what == text.HearsVote) {
				all = append(all, edge{before: v.answered, after: v.heard})
			}
		}
	}
	for _, t := range talks(facts) {
		all = append(all, edge{before: t.refuses, after: t.hears})
	}
	return append(append(all, successions(facts)...), connections(facts)...)
}

// opens is how much later than the end that opened a connection the end that accepted it may write so. It answers, which
// is what the other one waits for, and writes then: up to 58 ms later in 258 recorded pairs of busy Cassandra nodes, and up to
// 125 ms in 1228 of etcd members. How long after that answer the other end writes is open, for it may have been stopped
// meanwhile.
const opens = 250_000

// connections returns the two ends of each connection that both nodes write of: it was accepted before it was open. Of one that
// is opened again and again, as etcd's streams, the ends belong together in their order, if there are as many of both and both
// logs show them from the start of a process on.
func connections(facts []fact) (all []edge) {
	type ends struct {
		accepted, opened []int
		headless         bool
	}
	sockets, started := map[string]*ends{}, map[int]bool{}
	for i := range facts {
		f := &facts[i]
		if f.what == text.Start || f.what == text.Boot {
			started[f.node] = true
		}
		if f.what != text.Connects && f.what != text.Accepts || f.peer == none {
			continue
		}
		s := sockets[f.st.Text]
		if s == nil {
			s = &ends{}
			sockets[f.st.Text] = s
		}
		if s.headless = s.headless || !started[f.node]; f.what == text.Accepts {
			s.accepted = append(s.accepted, i)
		} else {
			s.opened = append(s.opened, i)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(sockets)) {
		s := sockets[name]
		if len(s.accepted) != len(s.opened) || s.headless && len(s.opened) > 1 {
			continue
		}
		for k, i := range s.opened {
			if a, b := &facts[s.accepted[k]], &facts[i]; a.node == b.peer && a.peer == b.node {
				all = append(all, edge{before: s.accepted[k], after: i, slack: opens})
			}
		}
	}
	return all
}

// successions returns the pairs of a leader's first line as such and others' first mention of it in that term.
func successions(facts []fact) (all []edge) {
	type throne struct {
		leader int
		group  string
		term   uint64
	}
	type subject struct {
		throne
		node int
	}
	elected, seen := map[throne]int{}, map[subject]bool{}
	for i := range facts {
		if f := &facts[i]; f.st != nil && f.what == text.RoleIs && f.st.Now && f.st.Role == trace.Leader && f.st.Term > 0 {
			t := throne{f.node, f.st.Group, f.st.Term}
			if _, ok := elected[t]; !ok {
				elected[t] = i
			}
		}
	}
	for i := range facts {
		f := &facts[i]
		if f.st == nil || f.what != text.LeaderIs || f.peer == none || f.peer == f.node || f.st.Term == 0 {
			continue
		}
		t := throne{f.peer, f.st.Group, f.st.Term}
		if from, ok := elected[t]; ok && !seen[subject{t, f.node}] {
			seen[subject{t, f.node}] = true
			all = append(all, edge{before: from, after: i})
		}
	}
	return all
}

// clocks estimates how far the nodes' clocks stood apart and corrects the facts by it. Clocks that no message proves
// wrong are left alone.
//
// Where clocks are far apart, lines can be matched only once that is known: what a repeated call was answered, what was
// refused within a minute. So the estimate is made again with the clocks as the first one has them.
func (m *importing) clocks() {
	all := edges(m.facts, contests(m.facts, m.cast, m.between))
	if m.estimate(all); slices.Contains(slices.Collect(maps.Values(m.trusted)), false) {
		order(m.facts, m.cast)
		all = edges(m.facts, contests(m.facts, m.cast, m.between))
		m.estimate(all)
	}
	if m.RawClocks {
		m.leave()
	} else {
		m.repair(all)
	}
	order(m.facts, m.cast)
}

// leave puts every line back to its own stamp.
func (m *importing) leave() {
	m.left = true
	for i := range m.facts {
		m.facts[i].at = m.facts[i].raw
	}
}

// estimate finds the clocks by pairs of lines, and corrects the facts.
func (m *importing) estimate(all []edge) {
	messages := make([]clock.Edge, len(all))
	for i, e := range all {
		a, b := &m.facts[e.before], &m.facts[e.after]
		messages[i] = clock.Edge{From: m.clock(a.node, a.raw), To: m.clock(b.node, b.raw), Sent: a.raw - e.slack, Received: b.raw}
	}
	messages = append(append(messages, m.told()...), m.passing()...)
	origin := int64(0)
	if len(m.facts) > 0 {
		origin = m.facts[0].at
	}
	m.fit = clock.Estimate(len(m.timing.of), messages, origin, clock.Options{ResolutionUS: m.resolution()})
	m.narrow()
	m.timing.follow(m.fit)
	m.trusted = m.trustworthy(messages)
	m.doubtful = m.doubts(all, messages)
	for i := range m.facts {
		m.facts[i].at = m.corrected(m.facts[i].node, m.facts[i].raw)
	}
}

// narrow finds when clocks were set, by the holes in the stamps of all that a node wrote. A step forward leaves one that is as
// long: if there is but one, the step is there; what was written behind it need not wait for the next message to be moved. At a
// step back its node was silent for as long, whatever its stamps say: that is known to be so if it wrote nothing in all that
// time; else the longest hole is the likeliest place, and all times beside it stay as unsure as the step is large.
func (m *importing) narrow() {
	for i, s := range m.fit.Steps {
		shortest := s.JumpUS
		if !math.IsInf(s.BoundUS, 0) { // else it went as far at least
			shortest -= s.BoundUS
		}
		if math.IsNaN(shortest) || s.JumpUS > 0 && shortest < text.MinGap {
			continue
		}
		var holes []text.Gap
		for _, g := range m.cast.players[m.timing.of[s.Node]].silences {
			if g.From >= s.After && g.To <= s.At+opens && float64(g.To-g.From) >= shortest {
				holes = append(holes, g)
			}
		}
		switch {
		case len(holes) == 0:
		case len(holes) == 1 && (s.JumpUS > 0 || holes[0].From == s.After && holes[0].To >= s.At):
			m.fit.Narrow(i, holes[0].From, holes[0].To)
		case s.JumpUS < 0:
			m.fit.Place(i, slices.MaxFunc(holes, func(a, b text.Gap) int { return cmp.Compare(a.To-a.From, b.To-b.From) }).To)
		}
	}
}

// replica is a node's part in a raft group, in a term.
type replica struct {
	node  int
	group string
	term  uint64
}

// told returns what Kudu's masters and tablet servers show of one another's clocks: a tablet is made after a master was
// asked for its table, and a leader's election is reported to a master after it. A table that was asked for more than
// once shows nothing.
func (m *importing) told() (all []clock.Edge) {
	elected, made := map[replica]int64{}, map[replica]bool{}
	asked := map[string][]*fact{}
	for i := range m.facts {
		f := &m.facts[i]
		if f.st == nil {
			continue
		}
		r := replica{f.node, f.st.Group, f.st.Term}
		if _, ok := elected[r]; f.what == text.RoleIs && f.st.Now && f.st.Role == trace.Leader && !ok {
			elected[r] = f.raw
		}
		if table, ok := strings.CutPrefix(f.st.Text, "create "); ok && f.what == text.Catalog {
			asked[table] = append(asked[table], f)
		}
	}
	for i := range m.facts {
		f := &m.facts[i]
		if f.st == nil || f.what != text.Note {
			continue
		}
		_, rest, ok := strings.Cut(f.st.Text, "creates a tablet (DEFAULT_TABLE table=")
		table, _, _ := strings.Cut(rest, " [id=")
		if r := (replica{f.node, f.st.Group, 0}); ok && len(asked[table]) == 1 && !made[r] && asked[table][0].node != f.node {
			made[r] = true
			by := asked[table][0]
			all = append(all, clock.Edge{From: m.clock(by.node, by.raw), To: m.clock(f.node, f.raw), Sent: by.raw, Received: f.raw})
		}
	}
	return append(all, m.reported(elected)...)
}

// reported returns the pairs of a tablet leader's election and a master's first line that says it was reported.
func (m *importing) reported(elected map[replica]int64) (all []clock.Edge) {
	type report struct {
		replica
		master int
	}
	seen := map[report]int{}
	for i, l := range m.logs {
		for k := range l.statements {
			st := &l.statements[k]
			if !st.Told || st.Kind != text.LeaderIs || st.Peer == "" || st.Term == 0 {
				continue
			}
			by := *st
			by.Told, by.Node = false, ""
			master, known := m.cast.index[m.owners(i, &by)]
			leader, ok := m.cast.index[st.Peer]
			r := report{replica{leader, st.Group, st.Term}, master}
			at, was := elected[r.replica]
			if !known || !ok || !was || master == leader {
				continue
			}
			if k, ok := seen[r]; ok {
				all[k].Received = min(all[k].Received, st.At)
				continue
			}
			seen[r] = len(all)
			all = append(all, clock.Edge{From: m.clock(leader, at), To: m.clock(master, st.At), Sent: at, Received: st.At})
		}
	}
	return all
}

// resolution is the unit of the coarsest stamps, in microseconds: Cassandra's are cut to milliseconds.
func (m *importing) resolution() int64 {
	for _, l := range m.logs {
		if l.dialect != nil && !l.sink.Exact && len(l.statements) > 0 {
			return 1000
		}
	}
	return 1
}

// trustworthy returns for each component of the fit whether its clocks contradict no message as they stand: then there is
// no reason to change them.
func (m *importing) trustworthy(messages []clock.Edge) map[int]bool {
	ok := map[int]bool{}
	for _, l := range m.fit.Lines {
		ok[l.Component] = true
	}
	for i, e := range messages {
		if e.Received < e.Sent && !slices.Contains(m.fit.Suspects, i) {
			ok[m.fit.Lines[e.From].Component] = false
		}
	}
	return ok
}

// corrected turns a stamp of a node into the time of the reference.
func (m *importing) corrected(node int, raw int64) int64 {
	r := m.clock(node, raw)
	if m.left || r >= len(m.fit.Lines) || m.trusted[m.fit.Lines[r].Component] {
		return raw
	}
	return m.fit.Correct(r, raw)
}

// halfWidth returns how far off the corrected time of a stamp may be: 0 where nothing was corrected, or nothing binds the
// node's clock to others. It is false for a clock that was set, and that nothing binds to what it showed before.
func (m *importing) halfWidth(node int, raw int64) (off int64, known bool) {
	r := m.clock(node, raw)
	b := m.fit.Bound(r, raw)
	switch bound := !math.IsInf(b, 0) && !math.IsNaN(b); {
	case !bound:
		return 0, len(m.timing.steps[node]) == 0
	case m.trusted[m.fit.Lines[r].Component]:
		return 0, true
	}
	return int64(math.Ceil(b)), true
}

// repair moves what still comes before its cause just behind it, with what its node wrote next.
func (m *importing) repair(all []edge) {
	slices.SortStableFunc(all, func(a, b edge) int { return cmp.Compare(m.facts[a.before].at, m.facts[b.before].at) })
	byNode := make([][]int, len(m.cast.players))
	place := make([]int, len(m.facts))
	for i := range m.facts {
		n := m.facts[i].node
		place[i] = len(byNode[n])
		byNode[n] = append(byNode[n], i)
	}
	for _, e := range all {
		at := m.facts[e.before].at + 1 - e.slack
		late := &m.facts[e.after]
		if late.at >= at || at-late.at > 1_000_000 { // a wrong match is no reason to move a line by a second
			continue
		}
		for _, i := range byNode[late.node][place[e.after]:] {
			if m.facts[i].at >= at {
				break
			}
			m.facts[i].at, m.facts[i].prov = at, trace.Repaired
		}
	}
}
