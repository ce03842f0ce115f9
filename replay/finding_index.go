package replay

import (
	"cmp"
	"slices"

	"tabletop/replay/text"
)

// peak is the highest of some heights, whose it is, and the highest that is somebody else's.
type peak struct {
	height, other uint64
	node          int
}

func (a peak) and(b peak) peak {
	if b.height > a.height {
		a, b = b, a
	}
	if b.node == a.node {
		a.other = max(a.other, b.other)
	} else {
		a.other = max(a.other, b.height)
	}
	return a
}

func (a peak) exceeds(height uint64, but int) bool {
	if a.node == but {
		return a.other > height
	}
	return a.height > height
}

// peaks is a row of heights in a binary tree, in which a search takes as many steps as the number of heights has digits:
// terms and silences may come a million times, and each is asked for.
type peaks struct {
	size int
	tree []peak // the root is 1, the children of i are 2i and 2i+1, the row begins at size
}

func newPeaks(n int, at func(i int) (height uint64, node int)) peaks {
	p := peaks{size: 1}
	for p.size < n {
		p.size *= 2
	}
	p.tree = make([]peak, 2*p.size)
	for i := range p.size {
		leaf := peak{node: none}
		if i < n {
			leaf.height, leaf.node = at(i)
		}
		p.tree[p.size+i] = leaf
	}
	for i := p.size - 1; i > 0; i-- {
		p.tree[i] = p.tree[2*i].and(p.tree[2*i+1])
	}
	return p
}

// first returns the first place from one on that is higher than a height and not a given node's, -1 if there is none.
func (p peaks) first(from int, height uint64, but int) int {
	if from >= p.size {
		return -1
	}
	i := p.size + from
	for !p.tree[i].exceeds(height, but) {
		for i&1 == 1 { // the last of its parent
			i /= 2
		}
		if i == 0 {
			return -1
		}
		i++
	}
	for i < p.size {
		if i *= 2; !p.tree[i].exceeds(height, but) {
			i++
		}
	}
	return i - p.size
}

// highest returns the greatest height from one place up to another.
func (p peaks) highest(from, to int) (height uint64) {
	for a, b := p.size+from, p.size+to; a < b; a, b = a/2, b/2 {
		if a&1 == 1 {
			height = max(height, p.tree[a].height)
			a++
		}
		if b&1 == 1 {
			b--
			height = max(height, p.tree[b].height)
		}
	}
	return height
}

// spans are times by their beginning, with the latest end of those up to each.
type spans struct{ from, reach []int64 }

// newSpans takes times in any order.
func newSpans(all []text.Gap) (s spans) {
	slices.SortStableFunc(all, func(a, b text.Gap) int { return cmp.Compare(a.From, b.From) })
	for i, g := range all {
		if i > 0 {
			g.To = max(g.To, s.reach[i-1])
		}
		s.from, s.reach = append(s.from, g.From), append(s.reach, g.To)
	}
	return s
}

// begun returns how many had begun at a moment.
func (s spans) begun(at int64) int {
	n, _ := slices.BinarySearch(s.from, at+1)
	return n
}

// ended returns how many had ended at a moment, and all before them.
func (s spans) ended(at int64) int {
	n, _ := slices.BinarySearch(s.reach, at+1)
	return n
}

// open returns the first of those begun at a moment that ended behind another, false if there is none.
func (s spans) open(at, end int64) (int, bool) {
	n := s.begun(at)
	i, _ := slices.BinarySearch(s.reach[:n], end+1)
	return i, i < n
}

// forever is a moment behind all others.
const forever = 1<<62 - 1

// past is what is known of a node's processes and pauses, by time.
type past struct {
	earliest []int64         // raw: the earliest beginning of each life and those behind it
	ends     map[int64]int64 // raw beginning to corrected end
	starts   []int64         // corrected
	again    []int64         // starts that were not the first life's
	stops    []int64         // when it said that it stops
	down     spans           // between its processes
	gone     spans           // behind each of its processes, the last one too
	refused  []int           // facts: others could not connect to it
	ups      []int           // facts in which others say that it is up
	still    spans           // its pauses
	pauses   []pause
	quiet    []text.Gap // its silences, and
	silent   peaks      // how long they lasted
	stated   []int      // facts that the node itself stated, once they have been asked for
}

func (j *judging) remember() {
	j.pasts = make([]past, len(j.cast.players))
	for _, p := range j.pauses {
		j.pasts[p.node].pauses = append(j.pasts[p.node].pauses, p)
	}
	for n := range j.pasts {
		j.pasts[n].still = newSpans(gapsOf(j.pasts[n].pauses))
		j.live(n)
	}
	for _, d := range j.doubtful {
		j.doubted[d.before], j.doubted[d.after] = true, true
	}
	j.answers, j.unreached = map[answer][]int64{}, map[unreached][]int{}
	for i := range j.facts {
		f := &j.facts[i]
		if f.st == nil {
			continue
		}
		j.byNode[f.node] = append(j.byNode[f.node], i)
		if f.says(text.Stop) && f.st.Group == "" {
			j.pasts[f.node].stops = append(j.pasts[f.node].stops, f.at)
		}
		switch {
		case f.peer == none:
		case f.what == text.Votes || f.what == text.WasAsked:
			a := answer{f.node, f.peer, f.st.Pre}
			j.answers[a] = append(j.answers[a], f.at)
		case f.what == text.PeerUp && f.peer != f.node:
			j.pasts[f.peer].ups = append(j.pasts[f.peer].ups, i)
		case f.what == text.Unreachable:
			u := unreached{f.node, f.peer, f.st.Term}
			j.unreached[u] = append(j.unreached[u], i)
			j.pasts[f.peer].refused = append(j.pasts[f.peer].refused, i)
		}
	}
}

func gapsOf(all []pause) (gaps []text.Gap) {
	for _, p := range all {
		gaps = append(gaps, text.Gap{From: p.from, To: p.to})
	}
	return gaps
}

// live takes in a node's processes and silences.
func (j *judging) live(n int) {
	p, lives, silences := &j.pasts[n], j.cast.players[n].lives, j.cast.players[n].silences
	p.earliest, p.ends = make([]int64, len(lives)), make(map[int64]int64, len(lives))
	var down, gone []text.Gap
	for i, l := range slices.Backward(lives) {
		begin, end := j.corrected(n, l.from), j.corrected(n, l.to)
		if p.earliest[i] = l.from; i+1 < len(lives) {
			p.earliest[i] = min(l.from, p.earliest[i+1])
			down = append(down, text.Gap{From: end + 1, To: j.corrected(n, lives[i+1].from)})
			gone = append(gone, text.Gap{From: end, To: j.corrected(n, lives[i+1].from)})
		} else if gone = append(gone, text.Gap{From: end, To: forever}); l.stopped {
			down = append(down, text.Gap{From: end + 1, To: forever})
		}
		p.ends[l.from] = end
		if l.started {
			p.starts = append(p.starts, begin)
		}
		if l.started && i > 0 {
			p.again = append(p.again, begin)
		}
	}
	slices.Sort(p.starts)
	slices.Sort(p.again)
	slices.Reverse(down)
	slices.Reverse(gone)
	if p.down = newSpans(down); j.cast.players[n].spoken {
		p.gone = newSpans(gone)
	}
	for _, g := range silences {
		p.quiet = append(p.quiet, text.Gap{From: j.corrected(n, g.From), To: j.corrected(n, g.To)})
	}
	p.silent = newPeaks(len(p.quiet), func(i int) (uint64, int) { return uint64(p.quiet[i].To - p.quiet[i].From), n })
}

// lifeAt returns the process of a node that wrote at a moment by its own clock.
func (j *judging) lifeAt(n int, raw int64) (life, bool) {
	i, _ := slices.BinarySearch(j.pasts[n].earliest, raw+1)
	if i == 0 {
		return life{}, false
	}
	return j.cast.players[n].lives[i-1], true
}

// lifeEnd returns when the process of a node ended that began at a moment by its own clock.
func (j *judging) lifeEnd(n int, from int64) int64 {
	if end, ok := j.pasts[n].ends[from]; ok {
		return end
	}
	return j.last
}

// some reports whether one of some moments lies behind a first one and not behind a second.
func some(moments []int64, from, to int64) bool {
	i, _ := slices.BinarySearch(moments, from+1)
	return i < len(moments) && moments[i] <= to
}

// restartedWithin reports whether a node's process started in a time.
func (j *judging) restartedWithin(n int, from, to int64) bool {
	return some(j.pasts[n].starts, from, to)
}

// startedSince reports whether a node's own log shows that it came back in a time.
func (j *judging) startedSince(n int, from, to int64) bool { return some(j.pasts[n].again, from, to) }

// downAt reports whether a node's process is known not to have run at a moment.
func (j *judging) downAt(n int, at int64) bool {
	_, ok := j.pasts[n].down.open(at, at)
	return ok
}

// stillAt reports whether a node was paused at a moment.
func (j *judging) stillAt(n int, at int64) bool {
	_, ok := j.pasts[n].still.open(at, at)
	return ok
}

// paused reports whether a pause of a node covers most of a time. Such a pause holds its middle.
func (j *judging) paused(n int, from, to int64) bool {
	p, middle := &j.pasts[n], from+(to-from)/2
	for i := p.still.begun(middle) - 1; i >= 0 && p.still.reach[i] > middle; i-- {
		if 2*(min(p.pauses[i].to, to)-max(p.pauses[i].from, from)) > to-from {
			return true
		}
	}
	return false
}

// woke returns the pause of a node that had just ended at a moment, if one had: what comes then has waited for it.
func (j *judging) woke(n int, at int64) (pause, bool) {
	i, ok := j.pasts[n].still.open(at-1, at-tooLate-1)
	if !ok {
		return pause{}, false
	}
	return j.pasts[n].pauses[i], true
}

// longest returns the longest silence of a node within a time, 0 if there is none.
func (j *judging) longest(n int, from, to int64) int64 {
	all := j.pasts[n].quiet
	lo, _ := slices.BinarySearchFunc(all, from, func(g text.Gap, at int64) int { return cmp.Compare(g.To, at) })
	hi, _ := slices.BinarySearchFunc(all, to, func(g text.Gap, at int64) int { return cmp.Compare(g.From, at) })
	if lo >= hi {
		return 0
	}
	within := func(g text.Gap) int64 { return min(g.To, to) - max(g.From, from) }
	ends := max(0, within(all[lo]), within(all[hi-1]))
	if hi-lo < 3 {
		return ends
	}
	return max(ends, int64(j.pasts[n].silent.highest(lo+1, hi-1)))
}

// stated returns the facts of a node that it stated itself.
func (j *judging) stated(n int) []int {
	p := &j.pasts[n]
	if p.stated == nil {
		p.stated = slices.DeleteFunc(slices.Clone(j.byNode[n]), func(i int) bool { return j.inferred(i) })
	}
	return p.stated
}

// from returns those of some facts, in the order of time, that are not before a moment.
func (j *judging) from(facts []int, at int64) []int {
	n, _ := slices.BinarySearchFunc(facts, at, func(i int, at int64) int { return cmp.Compare(j.facts[i].at, at) })
	return facts[n:]
}
