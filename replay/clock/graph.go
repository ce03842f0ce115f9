package clock

import (
	"cmp"
	"math"
	"slices"
)

// sample is an edge between two parts of lives: the correction of to at r, less that of from at s, is at most r − s plus
// the resolution.
type sample struct {
	from, to int // parts of lives
	s, r     int64
	d        int64 // r − s + resolution
	edge     int
}

func bySpan(a, b sample) int {
	return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), cmp.Compare(a.s, b.s), cmp.Compare(a.d, b.d),
		cmp.Compare(a.edge, b.edge))
}

// arc is the strongest of all samples from one part to another, for clocks that do not drift.
type arc struct {
	from, to int
	w        int64
	edge     int
}

// arcs returns the strongest sample of each ordered pair. The samples are in the order of bySpan.
func arcs(samples []sample) []arc {
	var out []arc
	for _, x := range samples {
		if n := len(out); n > 0 && out[n-1].from == x.from && out[n-1].to == x.to {
			if x.d < out[n-1].w {
				out[n-1].w, out[n-1].edge = x.d, x.edge
			}
			continue
		}
		out = append(out, arc{x.from, x.to, x.d, x.edge})
	}
	return out
}

// far is no distance.
const far = math.MaxInt64

// distances returns the shortest ways from root by Bellman and Ford, far where there is none, or a cycle of negative
// length. Root -1 starts everywhere at once. Backwards walks each arc from its end to its beginning.
func distances(n, root int, all []arc, backwards bool) (dist []int64, cycle []arc) {
	dist, via := make([]int64, n), make([]int, n)
	for i := range dist {
		via[i] = -1
		if root >= 0 && i != root {
			dist[i] = far
		}
	}
	last := -1
	for range n + 1 {
		last = -1
		for k, a := range all {
			from, to := a.ends(backwards)
			if dist[from] != far && dist[from]+a.w < dist[to] {
				dist[to], via[to], last = dist[from]+a.w, k, to
			}
		}
		if last < 0 {
			return dist, nil
		}
	}
	for range n { // surely on the cycle then
		last, _ = all[via[last]].ends(backwards)
	}
	for at := last; ; {
		a := all[via[at]]
		cycle = append(cycle, a)
		if at, _ = a.ends(backwards); at == last {
			return dist, cycle
		}
	}
}

func (a arc) ends(backwards bool) (from, to int) {
	if backwards {
		return a.to, a.from
	}
	return a.from, a.to
}

// components numbers the parts that samples connect in either direction, by their lowest member; -1 without a sample.
func components(n int, all []arc) []int {
	parent := make([]int, n)
	for i := range parent {
		parent[i] = i
	}
	find := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	used := make([]bool, n)
	for _, a := range all {
		used[a.from], used[a.to] = true, true
		x, y := find(a.from), find(a.to)
		parent[max(x, y)] = min(x, y)
	}
	out, next := make([]int, n), 0
	for i := range out {
		switch root := find(i); {
		case !used[i]:
			out[i] = -1
		case root == i:
			out[i] = next
			next++
		default:
			out[i] = out[root]
		}
	}
	return out
}

// circles numbers the strongly connected parts of the graph: those between which messages went both ways, if only around
// a circle. The numbers are in topological order: an arc never leads to a smaller one. (Kosaraju.)
func circles(n int, all []arc) []int {
	forth, back := make([][]int, n), make([][]int, n)
	for _, a := range all {
		forth[a.from], back[a.to] = append(forth[a.from], a.to), append(back[a.to], a.from)
	}
	order := make([]int, 0, n)
	seen := make([]bool, n)
	for i := range n {
		order = finish(i, forth, seen, order)
	}
	out := make([]int, n)
	for i := range out {
		out[i] = -1
	}
	next := 0
	for _, root := range slices.Backward(order) {
		if out[root] >= 0 {
			continue
		}
		for stack := []int{root}; len(stack) > 0; {
			at := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if out[at] >= 0 {
				continue
			}
			out[at] = next
			stack = append(stack, back[at]...)
		}
		next++
	}
	return out
}

// finish appends what can be reached from a root and was not seen, each behind all that it leads to.
func finish(root int, forth [][]int, seen []bool, order []int) []int {
	type place struct{ at, next int }
	if seen[root] {
		return order
	}
	seen[root] = true
	for stack := []place{{root, 0}}; len(stack) > 0; {
		top := &stack[len(stack)-1]
		if top.next == len(forth[top.at]) {
			order = append(order, top.at)
			stack = stack[:len(stack)-1]
			continue
		}
		to := forth[top.at][top.next]
		top.next++
		if !seen[to] {
			seen[to] = true
			stack = append(stack, place{to, 0})
		}
	}
	return order
}
