package clock

import (
	"cmp"
	"math"
	"slices"
)

// cut is a place in a node's life at which its clock jumps.
type cut struct {
	node      int
	key       int64 // the stamp or the place of the first line behind it
	after, at int64 // the stamps on both sides
}

// verdict says whether samples can be true together: room is not negative then. The blamed edges are some that cannot
// be true together otherwise.
type verdict struct {
	room  float64
	blame []int
}

func (v verdict) ok() bool { return v.room >= -tolerance }

// judge decides about samples that are grouped by their ends.
type judge func(samples []sample) verdict

// constant judges by clocks that do not drift.
func (e *estimator) constant(samples []sample) verdict {
	c := newCircle(samples, e.options)
	_, cycle := distances(len(c.parts), -1, arcs(c.samples), false)
	v := verdict{}
	for _, a := range cycle {
		v.room += float64(a.w)
		v.blame = append(v.blame, a.edge)
	}
	if cycle != nil {
		v.room = min(v.room, -1)
	}
	return v
}

// drifting judges by clocks that drift within their limit.
func (e *estimator) drifting(samples []sample) verdict {
	v := e.constant(samples)
	if v.ok() {
		return v
	}
	c := newCircle(samples, e.options)
	if len(c.parts) > maxDrifting {
		return v
	}
	_, room, blame := c.widest()
	return verdict{room, blame}
}

// repair makes a circle's samples possible:
//
//  1. They are with constant offsets, or with lines: nothing to do. All clocks drift, and only what no drift explains is
//     a wrong match.
//  2. Without one edge they would be.
//  3. One node's clock jumped once.
//  4. A few edges are wrong.
//  5. One node's clock jumped more than once.
func (e *estimator) repair(samples []sample) (suspects []int, cuts []cut, ok bool) {
	if e.drifting(samples).ok() {
		return nil, nil, true
	}
	if suspects = e.dropOne(samples); suspects != nil {
		return suspects, nil, true
	}
	if cuts = e.steps(samples, 1); cuts != nil {
		return nil, cuts, true
	}
	if suspects = e.dropSome(samples); suspects != nil {
		return suspects, nil, true
	}
	cuts = e.steps(samples, e.options.MaxSteps)
	return nil, cuts, cuts != nil
}

// without returns the samples but for one edge.
func without(samples []sample, edge int) []sample {
	return slices.DeleteFunc(slices.Clone(samples), func(x sample) bool { return x.edge == edge })
}

// dropOne returns the edges without each of which all is well. Such an edge is in every contradiction, so it is enough to
// look at those of one.
func (e *estimator) dropOne(samples []sample) []int {
	var out []int
	for _, edge := range e.drifting(samples).blame {
		if !slices.Contains(out, edge) && e.drifting(without(samples, edge)).ok() {
			out = append(out, edge)
		}
	}
	return out
}

// dropSome sets edges aside one after the other, each time the one whose absence leaves the most room.
func (e *estimator) dropSome(samples []sample) []int {
	var out []int
	v := e.drifting(samples)
	for len(out) < e.options.MaxSuspects {
		best, next := -1, verdict{room: math.Inf(-1)}
		for _, edge := range v.blame {
			if w := e.drifting(without(samples, edge)); w.room > next.room {
				best, next = edge, w
			}
		}
		if best < 0 {
			return nil
		}
		out, samples, v = append(out, best), without(samples, best), next
		if v.ok() {
			return out
		}
	}
	return nil
}

// steps looks for one node whose clock jumped, first without drift and then with it. The reference comes last: where two
// nodes disagree it is the other one that jumped.
func (e *estimator) steps(samples []sample, most int) []cut {
	nodes := newCircle(samples, e.options).parts
	nodes = append(slices.Clone(nodes[1:]), nodes[0])
	for _, j := range []judge{e.constant, e.drifting} {
		for _, node := range nodes {
			if cuts := e.cutsOf(node, samples, j, most); cuts != nil {
				return cuts
			}
		}
	}
	return nil
}

// moment is a node's line: its key in the order of the node's life, and its stamp.
type moment struct{ key, at int64 }

// moment returns what a sample says of a node, which is one of its ends.
func (e *estimator) moment(x sample, node int) moment {
	edge := e.edges[x.edge]
	at, place := edge.Sent, edge.SentPlace
	if edge.To == node {
		at, place = edge.Received, edge.ReceivedPlace
	}
	if e.places {
		return moment{place, at}
	}
	return moment{at, at}
}

// cutsOf cuts a node's life as late as possible, again and again, until all its samples are possible.
func (e *estimator) cutsOf(node int, samples []sample, j judge, most int) []cut {
	var moments []moment
	for _, x := range samples {
		if x.from == node || x.to == node {
			moments = append(moments, e.moment(x, node))
		}
	}
	slices.SortFunc(moments, func(a, b moment) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.at, b.at)) })
	moments = slices.CompactFunc(moments, func(a, b moment) bool { return a.key == b.key })
	var cuts []cut
	possible := func(n int) bool { // the first n moments, with the cuts so far
		return j(e.divide(samples, node, moments[:n], cuts)).ok()
	}
	for from := 0; ; {
		low, high := from, len(moments) // low is possible, or nothing is
		for low < high {
			if middle := (low + high + 1) / 2; possible(middle) {
				low = middle
			} else {
				high = middle - 1
			}
		}
		switch {
		case low == len(moments):
			e.tighten(node, samples, j, moments, cuts)
			return cuts
		case low == from, len(cuts) == most:
			return nil
		}
		m := moments[low]
		cuts = append(cuts, cut{node: node, key: m.key, after: moments[low-1].at, at: m.at})
		from = low
	}
}

// tighten finds for each cut how early it could be as well: the clock jumped somewhere in between.
func (e *estimator) tighten(node int, samples []sample, j judge, moments []moment, cuts []cut) {
	low := 1
	for i := range cuts {
		latest, _ := slices.BinarySearchFunc(moments, cuts[i].key, func(m moment, key int64) int { return cmp.Compare(m.key, key) })
		early, late := low, latest
		moved := slices.Clone(cuts)
		for early < late {
			middle := (early + late) / 2
			moved[i].key = moments[middle].key
			if j(e.divide(samples, node, moments, moved)).ok() {
				late = middle
			} else {
				early = middle + 1
			}
		}
		cuts[i].after = moments[late-1].at
		low = latest + 1
	}
}

// divide returns the samples of all other nodes and those of a node's moments, the latter as those of parts of its life:
// the first keeps the node's number, the others are numbered behind all nodes. Groups stay in the order of s.
func (e *estimator) divide(samples []sample, node int, moments []moment, cuts []cut) []sample {
	last := int64(math.MinInt64)
	if len(moments) > 0 {
		last = moments[len(moments)-1].key
	}
	out := make([]sample, 0, len(samples))
	parts := make([][]sample, len(cuts)+1)
	for i := 0; i < len(samples); {
		from, to := samples[i].from, samples[i].to
		for ; i < len(samples) && samples[i].from == from && samples[i].to == to; i++ {
			x := samples[i]
			if from != node && to != node {
				out = append(out, x)
				continue
			}
			m := e.moment(x, node)
			if m.key > last {
				continue
			}
			part := partAt(cuts, m.key)
			if id := e.nodes + part - 1; part > 0 && from == node {
				x.from = id
			} else if part > 0 {
				x.to = id
			}
			parts[part] = append(parts[part], x)
		}
		for k := range parts {
			out = append(out, parts[k]...)
			parts[k] = parts[k][:0]
		}
	}
	return out
}

// partAt returns how many cuts lie before a key or at it.
func partAt(cuts []cut, key int64) int {
	n := 0
	for n < len(cuts) && key >= cuts[n].key {
		n++
	}
	return n
}
