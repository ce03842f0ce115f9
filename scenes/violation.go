package scenes

import (
	"slices"
	"strings"

	"tabletop/engine"
	"tabletop/engine/check"
	"tabletop/engine/trace"
)

// The ways in which a run can break what must hold whatever its script does, beside the kinds of check.Invariants.
const (
	disagreement = "checkers-disagree" // outcome and linearizability judge the history differently
	staleConfirm = "stale-confirmed"   // a read was stale that a quorum, or a lease, vouched for
	unsettled    = "unsettled"         // everything is healed, and nobody serves
	unanswered   = "unanswered"        // everything is healed, and a client is not answered
	apart        = "replicas-apart"    // everything is healed, and masters hold different commits
)

// Violation names what a run broke of that which always holds, empty for nothing. That a stale leader's own memory
// answers a read is none: KUDU-3266 is how Kudu works.
func (r *Run) Violation() string {
	if found := check.Invariants(r.Trace); len(found) > 0 {
		var kinds []string
		for _, f := range found {
			kinds = append(kinds, f.Kind)
		}
		slices.Sort(kinds)
		return strings.Join(slices.Compact(kinds), " ")
	}
	for _, f := range r.Findings {
		if f.Kind == check.Contradiction {
			return f.Kind // a write, and writes are never answered from memory
		}
	}
	if r.Linearizable != nil {
		switch stale := !*r.Linearizable; {
		case stale != (r.Outcome == check.Anomaly):
			return disagreement
		case stale && r.setting("read") != "local":
			return staleConfirm
		}
	}
	return r.unsettled()
}

// setting returns a setting of the run, whether the variant or the scene has set it.
func (r *Run) setting(key string) string {
	return append(engine.Settings(slices.Clone(r.Settings)), r.Variant.set...).Get(key)
}

// unsettled judges the closing of a schedule.
func (r *Run) unsettled() string {
	i := slices.IndexFunc(r.Expectations, func(e Expectation) bool { return e.Text == settled })
	if i < 0 {
		return ""
	}
	e := r.Expectations[i]
	if !e.OK {
		return unsettled
	}
	for _, o := range trace.Operations(r.Trace) {
		if o.Call >= e.At && o.Result != "OK" && o.Result != "NotFound" {
			return unanswered
		}
	}
	cursor := r.Trace.Cursor()
	cursor.Seek(trace.EventID(len(r.Trace.Events) - 1))
	first := trace.NodeID(0)
	for i, n := range r.Trace.Nodes() {
		if id := trace.NodeID(i + 1); n.Kind == trace.Master {
			if first == 0 {
				first = id
			}
			if a, b := cursor.Node(first).Groups[0], cursor.Node(id).Groups[0]; a.Applied.V != b.Applied.V {
				return apart
			}
		}
	}
	return ""
}
