package replay

import (
	"cmp"
	"math"
	"slices"

	"tabletop/replay/clock"
	"tabletop/replay/text"
)

// setback is a place in a file at which its node's clock was set back, by NTP or because local time left its summer.
type setback struct {
	before, line int   // the last line before it, and the first one behind
	at           int64 // the stamp of the first one, put behind that of the last one
	by           int64 // how far, if but a microsecond went by between the two lines
	sum          int64 // by how much the clock had been set back in all, from that line on
	whole        bool  // it was so many half hours
	again        bool  // another log of the node shows it from closer by
}

const (
	// zoneStep is what all changes of local time are multiples of; elapsed is how long a process may have been silent at one
	// for it to be known by that.
	zoneStep = 1800_000_000
	elapsed  = 60_000_000
)

// straighten puts what a process wrote behind a step back of its clock behind what it wrote before: within a process's
// file the order of lines is believed, and not the stamps. All that is read later is on one scale, as if the clock had
// gone on; what is left of the step, the silence at it, only other nodes' lines can tell.
func straighten(logs []*log) {
	var stepped []*log
	for _, l := range logs {
		l.sole = l.writer()
		if l.dialect != nil && l.sole != "" {
			l.findSetbacks()
		}
		if len(l.setbacks) > 0 {
			stepped = append(stepped, l)
		}
	}
	for _, l := range stepped {
		for _, o := range stepped {
			if l != o && l.sole == o.sole {
				l.agree(o)
			}
		}
	}
	slices.SortStableFunc(stepped, func(a, b *log) int { return cmp.Compare(a.sink.Latest(), b.sink.Latest()) })
	for _, l := range logs {
		for _, earlier := range stepped {
			last := earlier.setbacks[len(earlier.setbacks)-1]
			if l.dialect != nil && len(l.setbacks) == 0 && !last.again && l.follows(earlier) {
				l.behind += last.sum
			}
		}
	}
	for _, l := range logs {
		if l.behind > 0 || len(l.setbacks) > 0 {
			l.straighten()
		}
	}
}

// writer returns the node that alone names itself in a log, empty if none does or several do.
func (l *log) writer() (id string) {
	for i := range l.statements {
		switch st := &l.statements[i]; {
		case st.Told || st.Node == "" || st.Node == id:
		case id == "":
			id = st.Node
		default:
			return ""
		}
	}
	return id
}

// follows reports whether a log of the same node was written behind one in which the clock was set back. What lies, by
// its stamps, between that one's end and its beginning may have come before it just as well: it belongs to what is nearer.
func (l *log) follows(o *log) bool {
	if l.sink.Headers == 0 || l.sole == "" || l.sole != o.sole {
		return false
	}
	begin, end := l.sink.All().Ends()
	before, behind := o.sink.All().Ends()
	return begin >= behind && (end > before || begin-behind <= before-end)
}

// findSetbacks finds where a log's stamps go back because its clock did. They do so all the time where logs by two clocks
// were merged.
func (l *log) findSetbacks() {
	if len(l.sink.Parts) == text.MaxParts {
		return
	}
	sum := int64(0)
	for i := 1; i < len(l.sink.Parts); i++ {
		last, part := &l.sink.Parts[i-1], &l.sink.Parts[i]
		_, end := last.Ends()
		begin, _ := part.Ends()
		switch by := end + 1 - begin; {
		case l.sink.Yearless && end < firstYears && by > halfYear: // a New Year
		case l.anotherBegins(i):
			if sum = 0; len(l.setbacks) > 0 {
				l.setbacks = append(l.setbacks, setback{line: part.From})
			}
		case l.straggles(i):
		default:
			s := setback{before: last.To, line: part.From, by: by}
			if whole := (by + zoneStep - 1) / zoneStep * zoneStep; whole-by < elapsed {
				s.by, s.whole = whole, true
			}
			sum += s.by
			s.sum, s.at = sum, begin+sum
			l.setbacks = append(l.setbacks, s)
		}
	}
}

// agree gives a log's steps the length of those of another log of its node: it shows the same step from the further off the
// fewer lines it has, as Cassandra's system.log beside debug.log.
func (l *log) agree(o *log) {
	grown := int64(0)
	for i := range l.setbacks {
		s := &l.setbacks[i]
		for _, t := range o.setbacks {
			more := t.by - s.by
			closer := more > 0 || more == 0 && o.sink.Headers > l.sink.Headers
			if closer && !t.again && s.by > 0 && s.at <= t.at+text.MinGap && t.at <= s.at+more+text.MinGap {
				s.by, s.again, grown = t.by, true, grown+more
				break
			}
		}
		if s.sum > 0 {
			s.sum, s.at = s.sum+grown, s.at+grown
		}
	}
}

// straggles reports whether a part begins with a line that was only written late: a thread that was stopped between
// reading the clock and writing. The others go on in the time in which they were.
func (l *log) straggles(i int) bool {
	part := &l.sink.Parts[i]
	_, end := l.sink.Parts[i-1].Ends()
	begin, _ := part.Ends()
	return part.Lines == 1 || len(part.Gaps) > 0 && part.Gaps[0].From == begin && part.Gaps[0].To >= end-text.MinGap
}

// anotherBegins reports whether stamps go back because another log stands behind a first one: its process starts there, its
// terms are older, it holds copies of lines, or it leads up to what stands before it and shows no start.
func (l *log) anotherBegins(i int) bool {
	part, from := &l.sink.Parts[i], l.sink.Parts[i-1].To
	begin, _ := part.Ends()
	started := false
	terms := map[string]uint64{}
	for k := range l.statements {
		switch st := &l.statements[k]; {
		case st.Told || st.Line > part.To:
		case st.Line <= from:
			started = started || begins(st)
			if st.Kind == text.RoleIs {
				terms[st.Group] = max(terms[st.Group], st.Term)
			}
		case begins(st) && (st.Kind == text.FileDate || st.At < begin+bannerAfter):
			return true
		case st.Kind == text.RoleIs && st.Now && 0 < st.Term && st.Term < terms[st.Group]:
			return true
		}
	}
	return !started && l.leadsUp(i) || l.copies(i)
}

// leadsUp reports whether a part ends where one before it begins: pieces of a log in the wrong order.
func (l *log) leadsUp(i int) bool {
	_, end := l.sink.Parts[i].Ends()
	return slices.ContainsFunc(l.sink.Parts[:i], func(p text.Part) bool {
		begin, _ := p.Ends()
		return end <= begin && begin-end < elapsed
	})
}

// begins reports whether a statement stands where a process or its file begins.
func begins(st *text.Statement) bool {
	return st.Kind == text.Start || st.Kind == text.Boot || st.Kind == text.FileDate
}

// copies reports whether lines of a part stand in the parts before it as well.
func (l *log) copies(i int) bool {
	from := 0
	seen := map[uint64]bool{}
	for _, p := range l.sink.Parts[:i] {
		for _, k := range l.sink.Keys[from : from+p.Lines] {
			seen[k] = true
		}
		from += p.Lines
	}
	shared := 0
	keys := l.sink.Keys[from : from+l.sink.Parts[i].Lines]
	for _, k := range keys {
		shared += b2i(seen[k])
	}
	return l.sink.Exact && shared > 0 || 2*shared >= len(keys) // of stamps in milliseconds some are alike
}

// setBack returns by how much the clock had been set back when a line was written.
func (l *log) setBack(line int) int64 {
	n, _ := slices.BinarySearchFunc(l.setbacks, line+1, func(s setback, line int) int { return cmp.Compare(s.line, line) })
	if n == 0 {
		return l.behind
	}
	return l.behind + l.setbacks[n-1].sum
}

// straighten takes the steps off all that was read of a log. Its text stays as it is.
func (l *log) straighten() {
	for i := range l.statements {
		l.statements[i].At += l.setBack(l.statements[i].Line)
	}
	for i := range l.sink.Marks {
		l.sink.Marks[i].At += l.setBack(l.sink.Marks[i].Line)
	}
	for i := range l.sink.Parts {
		p := &l.sink.Parts[i]
		p.Activity = p.Moved(l.setBack(p.From))
	}
	for i := range l.setbacks {
		l.setbacks[i].at += l.behind
	}
}

// timing says which clock a stamp is by: a node has another one from where it was set back, for how long its process was
// silent there its file does not tell. The clocks of players are numbered by rank, the others behind them.
type timing struct {
	of    []int     // by clock: its player
	set   [][]int64 // by player: where it takes the next clock
	later []int     // by player: the first of the others
	steps [][]int64 // by player: the first stamp behind each step of its clock, as the fit has them
}

func newTiming(c *cast, logs []*log) *timing {
	t := &timing{of: make([]int, len(c.players)), set: make([][]int64, len(c.players)), later: make([]int, len(c.players)),
		steps: make([][]int64, len(c.players))}
	for n := range c.players {
		t.of[c.players[n].rank] = n
	}
	for _, l := range logs {
		for _, s := range l.setbacks {
			if n := c.index[l.sole]; s.by > 0 && !s.whole && !s.again {
				t.set[n] = append(t.set[n], s.at)
			}
		}
	}
	for n := range t.set {
		slices.Sort(t.set[n])
		t.set[n] = slices.Compact(t.set[n]) // a copy of a log tells the same
		t.later[n] = len(t.of)
		for range t.set[n] {
			t.of = append(t.of, n)
		}
	}
	return t
}

// follow takes in where clocks were set by a fit.
func (t *timing) follow(fit clock.Fit) {
	for n, set := range t.set {
		t.steps[n] = slices.Clone(set)
	}
	for r, n := range t.of {
		t.steps[n] = append(t.steps[n], fit.Places(r)...)
		slices.Sort(t.steps[n])
	}
}

// clock returns by which clock a player wrote a stamp.
func (m *importing) clock(n int, raw int64) int {
	i, _ := slices.BinarySearch(m.timing.set[n], raw+1)
	if i == 0 {
		return m.cast.players[n].rank
	}
	return m.timing.later[n] + i - 1
}

// passing returns what is known of a clock that was set back: what is written behind was written later.
func (m *importing) passing() (all []clock.Edge) {
	for n, set := range m.timing.set {
		for _, at := range set {
			all = append(all, clock.Edge{From: m.clock(n, at-1), To: m.clock(n, at), Sent: at - 1, Received: at})
		}
	}
	return all
}

// idleAt returns how long a process was silent where its clock was set back, and how sure that is; false if nothing tells.
func (m *importing) idleAt(n int, at int64) (us, off int64, ok bool) {
	bound := 0.0
	for _, k := range []struct {
		clock int
		at    int64
	}{{m.clock(n, at-1), at - 1}, {m.clock(n, at), at}} {
		l := m.fit.Lines[k.clock]
		if l.Evidence != clock.TwoSided || m.trusted[l.Component] {
			return 0, 0, false
		}
		bound += m.fit.Bound(k.clock, k.at)
	}
	return m.corrected(n, at) - m.corrected(n, at-1), int64(math.Ceil(bound)), true
}
