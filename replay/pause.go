package replay

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"tabletop/engine/trace"
	"tabletop/replay/text"
)

// pause is a time in which a process stood still. No line tells of it but those written after it or by others.
type pause struct {
	node               int
	from, to           int64 // corrected, microseconds since 1970
	fromBound, toBound int64 // half-widths
	unbound            bool  // they do not hold: its clock was set meanwhile, and by how much nothing bounds
	evidence           string
	witnesses          int
	refs               []ref
	first, last        int64 // raw: the silence
	doubtful           bool  // what states it counts from before the silence
}

// localPause is how Cassandra's failure detector names what it states.
const localPause = "local pause"

// The kinds of evidence, from the strongest.
const (
	byStatement = "stated"
	byLateness  = "late-duration"
	bySilence   = "silence"
)

const (
	// shortestPause is what a silence must last to be looked at.
	shortestPause = 1_000_000
	// shortestLate is the shortest delay that proves a pause: 0.73 s was recorded in a process that was never stopped, and
	// a pause of 1 s shows as 0.85 s or so.
	shortestLate = 850_000
	// gossips is how long a round of gossip takes, at most.
	gossips = 1_100_000
	// wakes is how long after a resume the lines come that tell of it: 0.6 to 40 ms were recorded.
	wakes = 100_000
	// maxAllowed is the longest time between two heartbeats that is believed.
	maxAllowed = 60_000_000
	// startsFor is how long a process takes to start, at most: until then it is no wonder that its failure detector was not asked.
	startsFor = 60_000_000
	// tries is how long senders go on trying to reach a node.
	tries = 30_000_000
	// detects is when Kudu's followers notice that their leader is gone: 1.5 s after its last update, by default.
	detects = 1_500_000
)

// reign is a time in which a node believed to lead a group.
type reign struct {
	node     int
	group    string
	term     uint64
	from, to int64 // to is the end of all if nobody says so
	ended    bool
	resigned bool // it ended because its node missed the others
}

// resigns reports whether a leader steps down because it has not heard from a majority for some time. It ran in that time.
func (f *fact) resigns() bool {
	return f.what == text.StepsDown && strings.Contains(f.st.Text, "quorum is not active")
}

// reigns finds who believed to lead, when, in facts that are in the order of time.
func reigns(facts []fact) (all []reign) {
	type seat struct {
		node  int
		group string
	}
	open := map[seat]int{}  // 1 + reign
	held := map[int][]int{} // the reigns of a node since its process began
	for i := range facts {
		f := &facts[i]
		if f.infer == trace.Crash || f.ends {
			for _, k := range held[f.node] {
				if !all[k].ended && (f.group == "" || f.group == all[k].group) {
					all[k].to, all[k].ended = f.at, true
					delete(open, seat{f.node, all[k].group})
				}
			}
			if f.group == "" {
				delete(held, f.node)
			}
		}
		if f.st == nil || f.what != text.RoleIs && f.what != text.StepsDown {
			continue
		}
		s := seat{f.node, f.st.Group}
		at := open[s] - 1
		leads := f.what == text.RoleIs && f.st.Role == trace.Leader
		switch {
		case leads && at >= 0 && (f.st.Term == 0 || all[at].term == 0 || f.st.Term == all[at].term):
			all[at].term = max(all[at].term, f.st.Term)
		case leads:
			held[f.node] = append(held[f.node], len(all))
			all = append(all, reign{node: f.node, group: f.st.Group, term: f.st.Term, from: f.at, to: 1<<62 - 1})
			open[s] = len(all)
		case at >= 0 && (f.what == text.StepsDown || f.st.Term >= all[at].term):
			all[at].to, all[at].ended, all[at].resigned = f.at, true, f.resigns()
			delete(open, s)
		}
	}
	return all
}

// pausing is the search for pauses.
type pausing struct {
	facts   []fact
	cast    *cast
	byNode  [][]int            // facts of each node, and
	about   [][]int            // of others about it, in order
	starts  [][]int64          // of each node's processes by their first stamps, in order
	lost    [][]reign          // of each node those that ended, by their ends
	first   []int64            // when each node first led, 1<<62 if never
	thrones map[string][]reign // of each group, by their beginnings
	calls   [][]reading        // for the votes of each node
	sent    [][]int64          // when those were sent, in order
	clock   func(node int, raw int64) int64
}

// pauses finds the pauses that there is evidence for: a silence of all of a node's threads, which the node itself
// explains afterwards, or which others noticed and from which a leader woke to find another in its place. Silences that
// nothing explains are left to the players.
func pauses(facts []fact, calls [][]reading, c *cast, clock func(node int, raw int64) int64) (all []pause) {
	p := &pausing{facts: facts, cast: c, byNode: make([][]int, len(c.players)), about: make([][]int, len(c.players)),
		calls: calls, sent: make([][]int64, len(c.players)), clock: clock}
	p.lead(reigns(facts))
	for n := range calls {
		for _, r := range calls[n] {
			p.sent[n] = append(p.sent[n], r.sent)
		}
		slices.Sort(p.sent[n])
	}
	for i := range facts {
		f := &facts[i]
		if f.st == nil {
			continue
		}
		p.byNode[f.node] = append(p.byNode[f.node], i)
		if f.peer != none && f.peer != f.node {
			p.about[f.peer] = append(p.about[f.peer], i)
		}
	}
	for n := range c.players {
		silences := c.players[n].silences
		if g, ok := p.before(n); ok {
			silences = append([]text.Gap{g}, silences...)
		}
		for _, g := range silences {
			if p.clock(n, g.To)-p.clock(n, g.From) < shortestPause || p.started(n, g) {
				continue
			}
			if found, ok := p.judge(n, g); ok {
				all = append(all, found)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b pause) int { return cmp.Compare(a.from, b.from) })
	return all
}

// lead keeps who led, and when processes started, so that they are found by time.
func (p *pausing) lead(all []reign) {
	n := len(p.cast.players)
	p.starts, p.lost, p.first, p.thrones = make([][]int64, n), make([][]reign, n), make([]int64, n), map[string][]reign{}
	for i := range n {
		p.first[i] = 1 << 62
		for _, l := range p.cast.players[i].lives {
			if l.started {
				p.starts[i] = append(p.starts[i], l.from)
			}
		}
		slices.Sort(p.starts[i])
	}
	for _, r := range all {
		p.first[r.node] = min(p.first[r.node], r.from)
		p.thrones[r.group] = append(p.thrones[r.group], r)
		if r.ended {
			p.lost[r.node] = append(p.lost[r.node], r)
		}
	}
	for i := range n {
		slices.SortFunc(p.lost[i], func(a, b reign) int { return cmp.Compare(a.to, b.to) })
	}
}

// since returns those of some facts, in the order of time, that lie behind a moment.
func (p *pausing) since(facts []int, at int64) []int {
	n, _ := slices.BinarySearchFunc(facts, at+1, func(i int, at int64) int { return cmp.Compare(p.facts[i].at, at) })
	return facts[n:]
}

// before returns the silence before the first line of a node that others had known to lead: what came before is not in the
// log, as in a ticket that quotes a few lines.
func (p *pausing) before(n int) (text.Gap, bool) {
	first := p.cast.players[n].first
	from, woke := p.first[n], p.clock(n, first)
	return text.Gap{From: first - (woke - from) - 2*detects, To: first}, p.cast.players[n].spoken && from < woke
}

// started reports whether a silence ends because a process starts.
func (p *pausing) started(n int, g text.Gap) bool {
	i, _ := slices.BinarySearch(p.starts[n], g.From+1)
	return i < len(p.starts[n]) && p.starts[n][i] <= g.To+wakes
}

func (p *pausing) judge(n int, g text.Gap) (pause, bool) {
	found := pause{node: n, first: g.From, last: g.To, toBound: wakes}
	lo, hi := p.clock(n, g.From), p.clock(n, g.To)
	found.to = p.seen(n, lo, hi)
	start := window{lo, hi, lo + (hi-lo)/2}
	p.woke(n, g, &found, &start)
	missed := p.witnesses(n, lo, hi, &found, &start)
	still := p.slept(n, lo, hi, missed, &found, &start)
	switch {
	case found.evidence != "":
	case still >= shortestLate, still > 0 && missed < hi, missed <= hi-detects && p.overdue(n, hi),
		found.witnesses > 0 && (!p.called(n, lo, hi) || p.ignoresWinner(n, lo, hi)) && p.deposed(n, lo, hi):
		found.evidence = bySilence
	default:
		if !p.cutOff(n, lo, hi) {
			p.cast.players[n].unexplained = append(p.cast.players[n].unexplained, g)
		}
		return pause{}, false
	}
	start.hi = max(start.lo, start.hi)
	found.from = max(start.lo, min(start.guess, start.hi))
	found.fromBound = max(found.from-start.lo, start.hi-found.from)
	return found, true
}

// seen returns when a node was first seen to be awake again: by its own next line, or by others who refused what it sent.
func (p *pausing) seen(n int, lo, hi int64) int64 {
	for _, i := range p.since(p.about[n], max(lo, hi-1_000_000)) {
		f := &p.facts[i]
		if f.at >= hi {
			break
		}
		if f.what == text.RefusesOld {
			return f.at
		}
	}
	return hi
}

// window is where a pause began: from lo to hi, most likely at guess.
type window struct{ lo, hi, guess int64 }

// woke looks at what the node itself wrote when it woke.
func (p *pausing) woke(n int, g text.Gap, found *pause, start *window) {
	witnessed := sync.OnceValue(func() bool { return p.noticed(n, g) })
	lo, hi := p.clock(n, g.From), p.clock(n, g.To)
	for _, i := range p.since(p.byNode[n], hi-1) {
		f := &p.facts[i]
		if f.raw > g.To+2_000_000 {
			break
		}
		if f.raw < g.To || f.st.Length < shortestLate {
			continue
		}
		told := p.clock(n, f.raw)
		began := told - f.st.Length // whatever time its clock was set to meanwhile
		// A stated pause is overstated by up to a round of gossip; one without the silence never was: Cassandra's failure
		// detector counts from the start of its process, and calls that a pause when it is first asked.
		overlap := min(hi, told) - max(lo, began)
		doubtful := f.what == text.Paused && overlap < f.st.Length-gossips
		if doubtful && !f.mayBePause(overlap) || overlap < f.st.Length*8/10 && overlap < (hi-lo)*8/10 {
			continue
		}
		switch f.what {
		case text.Paused:
			found.evidence, found.doubtful = byStatement, doubtful
			if start.guess = start.lo; doubtful { // it may have begun at any time of the silence
				break
			}
			start.lo = max(start.lo, began)
			start.hi = min(start.hi, began+gossips)
			start.guess = start.lo
		case text.Late: // it was due when the node slept already
			if witnessed() {
				found.evidence = cmp.Or(found.evidence, byLateness)
			}
			if f.st.Index > 0 {
				start.lo = max(start.lo, began-int64(min(f.st.Index, maxAllowed)))
			}
			start.hi = min(start.hi, began)
			start.guess = start.hi
		case text.Stuck, text.SlowDisk: // it was under way when the node fell asleep
			if f.what == text.Stuck || witnessed() {
				found.evidence = cmp.Or(found.evidence, byLateness)
			}
			start.lo = max(start.lo, began)
			start.guess = start.lo
		default:
			continue
		}
		found.refs = append(found.refs, f.ref)
	}
}

// mayBePause reports whether a node that counts a pause from before its silence may have stood still in it all the same: one
// that is alone in its ring has nothing to write, and nobody to ask its failure detector about until the next one joins. In a
// recording of DSE a node says so after 49 minutes of silence.
func (f *fact) mayBePause(silent int64) bool {
	return f.st.Text == localPause && silent >= startsFor && silent >= f.st.Length*9/10
}

// noticed reports whether others missed a node while it was silent, or had taken its place when it woke: in a process that
// runs a disk may be slow, and a leader that waits for it is late with its heartbeats as well.
func (p *pausing) noticed(n int, g text.Gap) bool {
	var found pause
	lo, hi := p.clock(n, g.From), p.clock(n, g.To)
	p.witnesses(n, lo, hi, &found, &window{})
	return found.witnesses > 0 || slices.ContainsFunc(p.lostBehind(n, hi, wakes), func(r reign) bool { return r.from < lo && !r.resigned })
}

// lostBehind returns the reigns that a node lost within a time behind a moment.
func (p *pausing) lostBehind(n int, at, within int64) []reign {
	byEnd := func(r reign, at int64) int { return cmp.Compare(r.to, at) }
	from, _ := slices.BinarySearchFunc(p.lost[n], at, byEnd)
	to, _ := slices.BinarySearchFunc(p.lost[n], at+within+1, byEnd)
	return p.lost[n][from:max(from, to)]
}

// witnesses looks at what others wrote of the node while it was silent.
func (p *pausing) witnesses(n int, lo, hi int64, found *pause, start *window) (missed int64) {
	who, missed := map[int]bool{}, never
	for _, i := range p.since(p.about[n], lo) {
		f := &p.facts[i]
		if f.at > hi+wakes {
			break
		}
		switch f.what {
		case text.Stands, text.Unreachable, text.PeerSilent, text.PeerDown:
		default:
			continue
		}
		if !who[f.node] {
			who[f.node] = true
			found.refs = append(found.refs, f.ref)
		}
		if f.what == text.Stands && missed == never {
			missed = f.at
			start.hi = min(start.hi, f.at)
			if found.evidence != byStatement {
				start.guess = f.at - detects
			}
		}
	}
	found.witnesses = len(who)
	return missed
}

// deposed reports whether a node that led when it fell silent found another leader when it woke.
func (p *pausing) deposed(n int, lo, hi int64) bool {
	return slices.ContainsFunc(p.lostBehind(n, hi, 2_000_000), func(r reign) bool {
		return r.from < hi && !r.resigned && p.succeeded(r, lo, hi)
	})
}

// lingered reports whether a node that had lost its place went on as leader after its silence: who wakes calls its followers
// at once, and is told within 45 ms where that was recorded; who was cut off tries again by and by.
func (p *pausing) lingered(n int, lo, hi int64) bool {
	const told = 250_000
	return slices.ContainsFunc(p.lostBehind(n, hi+told, tries-told), func(r reign) bool { return r.from < lo && p.succeeded(r, lo, hi) })
}

// succeeded reports whether another began to lead in the place of one that was silent from lo to hi, so long before that
// one broke its silence that it did not run: an idle leader of etcd writes nothing until somebody else stands.
func (p *pausing) succeeded(r reign, lo, hi int64) bool {
	all := p.thrones[r.group]
	from, _ := slices.BinarySearchFunc(all, lo+1, func(o reign, at int64) int { return cmp.Compare(o.from, at) })
	for _, o := range all[from:] {
		if o.from > hi-wakes {
			break
		}
		if o.node != r.node && (o.term > r.term || o.term == 0) {
			return true
		}
	}
	return false
}

// slept returns how long calls for a node's vote lay before it read them all when it woke, 0 if that is not what happened.
// Who was cut off gets them one by one, as each sender tries again; and a sender that was cut off reaches nobody, then some
// before others. So those who first missed the node must be among the senders.
func (p *pausing) slept(n int, lo, hi, missed int64, found *pause, start *window) (still int64) {
	const others = 500_000 // after the first to miss a leader
	if p.lingered(n, lo, hi) {
		return 0
	}
	first, earliest, deaf := hi, hi, p.deaf(n, lo, hi)
	for _, r := range readFrom(p.calls[n], hi, hi+tries) {
		switch {
		case !r.heard && !deaf || r.sent < lo || r.sent > hi-wakes:
		case r.read > hi+wakes:
			return 0
		default:
			first, earliest, still = min(first, r.sent), min(earliest, max(lo, r.since)), max(still, r.late())
		}
	}
	if missed < hi && earliest > missed+others {
		return 0
	}
	if start.hi = min(start.hi, first); missed == never && found.evidence == "" && still > 0 {
		start.guess = first
	}
	return still
}

// cutOff reports whether a node that had been silent read a call of that time, which others had read at once, only long
// after it wrote again: the call was tried again and again, and the node ran.
func (p *pausing) cutOff(n int, lo, hi int64) bool {
	return slices.ContainsFunc(readFrom(p.calls[n], hi+wakes+1, hi+tries), func(r reading) bool {
		return r.heard && lo <= r.sent && r.sent <= hi-wakes
	})
}

// overdue reports whether a node that others have missed for long itself misses a leader only when it wakes: its timers have
// not run either.
func (p *pausing) overdue(n int, hi int64) bool {
	for _, i := range p.since(p.byNode[n], hi-1) {
		f := &p.facts[i]
		if f.at > hi+wakes {
			break
		}
		if f.what == text.Stands && f.peer != none {
			return true
		}
	}
	return false
}

// called reports whether a node is known to have been called while it was silent: what became of that tells more than that
// it lost its place.
func (p *pausing) called(n int, lo, hi int64) bool { return some(p.sent[n], lo-1, hi) }

// ignoresWinner reports whether a node that wakes ignores the call for its vote of one who has long won without it: a leader
// of etcd that was stopped still thinks that it leads when it reads it, and does not write for which term it was asked.
func (p *pausing) ignoresWinner(n int, lo, hi int64) bool {
	for _, i := range p.since(p.byNode[n], hi-1) {
		f := &p.facts[i]
		if f.at > hi+wakes {
			break
		}
		if f.what != text.Votes || f.st.Term > 0 || f.peer == none {
			continue
		}
		all := p.thrones[f.st.Group]
		from, _ := slices.BinarySearchFunc(all, lo+1, func(r reign, at int64) int { return cmp.Compare(r.from, at) })
		for _, r := range all[from:] {
			if r.from > hi-shortestLate {
				break
			}
			if r.node == f.peer {
				return true
			}
		}
	}
	return false
}

// deaf reports whether a node says that it had not heard a peer for most of a silence of its own.
func (p *pausing) deaf(n int, lo, hi int64) bool {
	for _, i := range p.since(p.byNode[n], hi-1) {
		f := &p.facts[i]
		if f.at > hi+wakes {
			break
		}
		if f.what == text.PeerSilent && f.st.Length >= shortestPause && f.at-f.st.Length < hi-shortestPause {
			return true
		}
	}
	return false
}

// stillness makes facts of pauses, each with how exactly its moment is known.
func stillness(all []pause) (inferred []fact) {
	for _, p := range all {
		inferred = append(inferred,
			fact{at: p.from, raw: p.from, node: p.node, peer: none, infer: trace.Pause, prov: trace.Inferred, ref: ref{-1, 0},
				words: p.within(p.fromBound)},
			fact{at: max(p.to-1, p.from), raw: p.to - 1, node: p.node, peer: none, infer: trace.Resume, prov: trace.Inferred, ref: ref{-1, 0},
				words: p.within(p.toBound)})
	}
	return inferred
}

// within writes how exactly a moment of a pause is known.
func (p *pause) within(bound int64) string {
	if p.unbound {
		return ""
	}
	return within(bound)
}

// within writes a half-width.
func within(bound int64) string { return "± " + span(0, bound) }
