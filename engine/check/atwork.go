package check

import (
	"cmp"
	"slices"

	"tabletop/engine/trace"
)

// Span is a time from one moment to another.
type Span struct{ From, To trace.Time }

// AtWork returns those parts of a time in which a node is known to have run, in their order. The trace says that its
// process was there, and not paused; what logs tell may know of no pause where there was one.
type AtWork func(n trace.NodeID, from, to trace.Time) []Span

// throughout is AtWork for a trace that knows of every pause.
func throughout(_ trace.NodeID, from, to trace.Time) []Span { return []Span{{from, to}} }

// shortestPause is how long a node must write nothing for a pause to be possible that logs would show if all were there.
const shortestPause trace.Time = 1_000_000

// Shown is AtWork as far as a trace alone tells: in a run always, else where a node's own lines follow each other without
// room for a pause, and from where it woke.
func Shown(t *trace.Trace) AtWork {
	if slices.ContainsFunc(t.Events, func(e trace.Event) bool { return e.Prov == trace.Simulated }) {
		return throughout
	}
	all := make([][]Span, len(t.Nodes())+1) // by node
	for i := range t.Events {
		e := &t.Events[i]
		if e.Prov == trace.Inferred && e.Kind != trace.Resume {
			continue
		}
		if n := len(all[e.Node]); n > 0 && e.At-all[e.Node][n-1].To < shortestPause {
			all[e.Node][n-1].To = e.At
		} else {
			all[e.Node] = append(all[e.Node], Span{e.At, e.At})
		}
	}
	return func(n trace.NodeID, from, to trace.Time) (parts []Span) {
		first, _ := slices.BinarySearchFunc(all[n], from, func(s Span, at trace.Time) int { return cmp.Compare(s.To, at) })
		for _, s := range all[n][first:] {
			if s.From >= to {
				break
			}
			parts = append(parts, Span{max(s.From, from), min(s.To, to)})
		}
		return parts
	}
}
