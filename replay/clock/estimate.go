package clock

import (
	"math"
	"slices"
)

// estimator holds what the steps of an estimate share.
type estimator struct {
	nodes   int
	edges   []Edge
	options Options
	ppm     float64 // the limit of drift as asked for
	places  bool    // edges have places
	fit     Fit
	bad     []bool // nodes whose messages contradict one another
	cuts    [][]cut
	first   []int // the id of the second part of each node's life; the parts behind it follow
	ids     int   // how many parts of lives there are
	owner   []int // whose life a part belongs to
	used    []sample
	lines   []line // by part
	comp    []int  // by part
}

// Estimate finds the clocks of nodes numbered from 0.
//
//  1. Edges become inequalities between clocks; those without meaning are ignored.
//  2. Contradictions can only lie within circles, sets of nodes between which messages went both ways. Each circle that
//     contradicts itself is repaired: an edge is set aside, or a node's life is cut where its clock jumped.
//  3. What remains falls into circles again. Each has constant offsets in the middle of what is possible, or, where no
//     constants will do, the lines that leave the most room.
//  4. Circles that hear of one another one way only are moved as little as will do.
func Estimate(nodes int, edges []Edge, origin int64, o Options) Fit {
	e := &estimator{nodes: max(nodes, 0), edges: edges, options: o.withDefaults()}
	e.ppm = e.options.MaxDriftPPM
	e.bad, e.cuts = make([]bool, e.nodes), make([][]cut, e.nodes)
	samples := e.samples()
	e.mend(samples)
	e.use(samples)
	e.solve()
	e.report()
	return e.fit.At(origin)
}

func (e *estimator) samples() []sample {
	out := make([]sample, 0, len(e.edges))
	tame := func(stamp int64) bool { return stamp > -maxStamp && stamp < maxStamp }
	for i, x := range e.edges {
		inside := x.From >= 0 && x.To >= 0 && x.From < e.nodes && x.To < e.nodes
		if !inside || x.From == x.To || !tame(x.Sent) || !tame(x.Received) {
			e.fit.Ignored++
			continue
		}
		e.places = e.places || x.SentPlace != 0 || x.ReceivedPlace != 0
		out = append(out, sample{from: x.From, to: x.To, s: x.Sent, r: x.Received,
			d: x.Received - x.Sent + e.options.ResolutionUS, edge: i})
	}
	slices.SortFunc(out, bySpan)
	return out
}

// inCircles returns the samples of each circle, in the order of its number, those between circles left out.
func inCircles(samples []sample, of []int) [][]sample {
	var out [][]sample
	for _, x := range samples {
		if c := of[x.from]; c == of[x.to] {
			for len(out) <= c {
				out = append(out, nil)
			}
			out[c] = append(out[c], x)
		}
	}
	return out
}

// homes tells which parts are the reference of their component.
func (e *estimator) homes(component []int) []bool {
	out, next := make([]bool, len(component)), 0
	for part, c := range component {
		if c == next {
			out[part] = true
			next++
		}
	}
	return out
}

// aside allows for twice the drift in a circle that the reference is not in: its own first clock may drift as well.
func (e *estimator) aside(circle []sample, home []bool) {
	e.options.MaxDriftPPM = e.ppm
	if !slices.ContainsFunc(circle, func(x sample) bool { return home[x.from] }) {
		e.options.MaxDriftPPM = 2 * e.ppm
	}
}

// mend is step 2.
func (e *estimator) mend(samples []sample) {
	all := arcs(samples)
	home := e.homes(components(e.nodes, all))
	for _, inside := range inCircles(samples, circles(e.nodes, all)) {
		if len(inside) == 0 {
			continue
		}
		e.aside(inside, home)
		suspects, cuts, ok := e.repair(inside)
		e.fit.Suspects = append(e.fit.Suspects, suspects...)
		for _, c := range cuts {
			e.cuts[c.node] = append(e.cuts[c.node], c)
		}
		for _, x := range inside {
			if !ok {
				e.bad[x.from], e.bad[x.to] = true, true
			}
		}
	}
	slices.Sort(e.fit.Suspects)
}

// use keeps the samples that are to be believed, between parts of lives.
func (e *estimator) use(samples []sample) {
	e.first, e.ids = make([]int, e.nodes), e.nodes
	for node := range e.nodes {
		e.owner = append(e.owner, node)
	}
	for node, cuts := range e.cuts {
		e.first[node] = e.ids
		e.ids += len(cuts)
		for range cuts {
			e.owner = append(e.owner, node)
		}
	}
	part := func(x sample, node int) int {
		if n := partAt(e.cuts[node], e.moment(x, node).key); n > 0 {
			return e.first[node] + n - 1
		}
		return node
	}
	for _, x := range samples {
		if _, suspect := slices.BinarySearch(e.fit.Suspects, x.edge); suspect || e.bad[x.from] || e.bad[x.to] {
			continue
		}
		x.from, x.to = part(x, x.from), part(x, x.to)
		e.used = append(e.used, x)
	}
	slices.SortFunc(e.used, bySpan)
}

// solve is steps 3 and 4.
func (e *estimator) solve() {
	all := arcs(e.used)
	e.lines, e.comp = make([]line, e.ids), components(e.ids, all)
	of, home := circles(e.ids, all), e.homes(e.comp)
	for _, inside := range inCircles(e.used, of) {
		if len(inside) == 0 {
			continue
		}
		e.aside(inside, home)
		c := newCircle(inside, e.options)
		lines, ok := c.lines(e.options)
		for i, part := range c.parts {
			if ok {
				e.lines[part] = lines[i]
			} else {
				e.bad[e.owner[part]] = true
			}
		}
	}
	e.join(of)
}

// join is step 4. In a component, the circles from which messages lead to the reference's must not be behind it by more
// than the messages took; they are moved up. All others hear from those and are moved down.
func (e *estimator) join(of []int) {
	n, reference := 0, map[int]int{} // by component
	for part, c := range of {
		n = max(n, c+1)
		if _, ok := reference[e.comp[part]]; !ok {
			reference[e.comp[part]] = c
		}
	}
	ahead := make([][]sample, n) // between circles, by the one they come from
	behind := make([][]sample, n)
	home := make([]bool, n)
	for part, c := range of {
		home[c] = reference[e.comp[part]] == c
	}
	for _, x := range e.used {
		if a, b := of[x.from], of[x.to]; a != b {
			x.d = e.room(x)
			ahead[a], behind[b] = append(ahead[a], x), append(behind[b], x)
		}
	}
	leads, move := slices.Clone(home), make([]int64, n)
	for c := n - 1; c >= 0; c-- {
		for _, x := range ahead[c] {
			if to := of[x.to]; leads[to] && !home[c] {
				leads[c] = true
				move[c] = max(move[c], move[to]-x.d)
			}
		}
	}
	for c := range n {
		for _, x := range behind[c] {
			if !leads[c] {
				move[c] = min(move[c], move[of[x.from]]+x.d)
			}
		}
	}
	for part, c := range of {
		if l := &e.lines[part]; !home[c] && e.comp[part] >= 0 {
			l.evidence = OneSided
			l.shift, l.t0, l.t1 = l.shift+move[c], l.t0-move[c], l.t1-move[c]
		} else if e.comp[part] >= 0 {
			l.evidence = TwoSided
		}
	}
}

// room returns how long a message took by the lines there are.
func (e *estimator) room(x sample) int64 {
	to, restTo := e.lines[x.to].at(x.r)
	from, restFrom := e.lines[x.from].at(x.s)
	return x.d - to + from - int64(math.Ceil(restTo-restFrom))
}

// report fills in what the caller sees.
func (e *estimator) report() {
	f := &e.fit
	f.Lines, f.lives = make([]Line, e.nodes), make([][]part, e.nodes)
	for node := range e.nodes {
		c := e.lines[node]
		l := Line{Component: e.comp[node], Evidence: c.evidence, BoundUS: math.Inf(1)}
		l.Known = c.evidence == OneSided || c.evidence == TwoSided
		if e.bad[node] {
			l, c = Line{Component: -1, Evidence: Contradictory, BoundUS: math.Inf(1)}, line{}
		}
		f.Lines[node] = l
		f.lives[node] = []part{{line: c}}
		for i, k := range e.cuts[node] {
			id := e.first[node] + i
			next := e.lines[id]
			if e.comp[id] != e.comp[node] || e.bad[node] {
				next = line{}
			}
			f.lives[node] = append(f.lives[node], part{from: k.key, fromTime: k.at, line: next})
			f.Steps = append(f.Steps, e.step(k, f.lives[node]))
		}
	}
	for _, x := range e.used {
		f.Lines[e.owner[x.from]].Edges++
		f.Lines[e.owner[x.to]].Edges++
	}
}

func (e *estimator) step(k cut, life []part) Step {
	before, after := life[len(life)-2].line, life[len(life)-1].line
	a, restA := before.at(k.at)
	b, restB := after.at(k.at)
	s := Step{Node: k.node, After: k.after, At: k.at, JumpUS: float64(b-a) + restB - restA}
	s.BoundUS = before.bound(k.at) + after.bound(k.at)
	if e.places {
		s.Place = k.key
	}
	return s
}
