package replay

import (
	"fmt"
	"math"
	"slices"

	"tabletop/engine/trace"
)

// extent is what of a report is shown. All that was read has been judged before: what begins outside of it keeps its
// beginning, and a silence at its edge is no pause.
type extent struct {
	since, until *int64 // microseconds since 1970, nil for no bound
	end          string // of the trace
}

// shows reports whether some of a time lies within it; to is nil for what goes on to the end of the trace. Times of
// four-digit years are in the order of their texts.
func (w extent) shows(from string, to *string) bool {
	if to == nil {
		to = &w.end
	}
	return (w.since == nil || *to >= stampText(*w.since)) && (w.until == nil || from <= stampText(*w.until))
}

// narrow leaves what lies within an extent.
func (r *Report) narrow(w extent) {
	r.Leaders = slices.DeleteFunc(r.Leaders, func(l LeaderReport) bool { return !w.shows(l.From, l.To) })
	r.Elections = slices.DeleteFunc(r.Elections, func(e ElectionReport) bool { return !w.shows(e.At, latest(e.At, e.Decided)) })
	r.Pauses = slices.DeleteFunc(r.Pauses, func(p PauseReport) bool { return !w.shows(p.From, p.To) })
	r.Restarts = slices.DeleteFunc(r.Restarts, func(s RestartReport) bool { return !w.shows(s.At, &s.At) })
	r.Findings = slices.DeleteFunc(r.Findings, func(f FindingReport) bool { return !w.shows(f.From, &f.To) })
	r.Operations = slices.DeleteFunc(r.Operations, func(o OperationReport) bool { return !w.shows(o.Call, o.Return) })
}

func latest(at string, decided *string) *string {
	if decided != nil {
		return decided
	}
	return &at
}

// words names the bounds as the command line does.
func (w extent) words() string {
	switch {
	case w.until == nil:
		return "behind --since"
	case w.since == nil:
		return "before --until"
	}
	return "between --since and --until"
}

// of returns the part of a trace that lies within it, and for each of its events the one it was.
func (w extent) of(t *trace.Trace) (*trace.Trace, []trace.EventID) {
	from, to := trace.Time(math.MinInt64/2), trace.Time(math.MaxInt64/2)
	if w.since != nil {
		from = trace.Time(*w.since - origin(t))
	}
	if w.until != nil {
		to = trace.Time(*w.until - origin(t))
	}
	return t.Between(from, to)
}

// counted tells of the part of a trace that is shown.
func (r *Report) counted(whole, part *trace.Trace, w extent) {
	r.Events, r.TraceHash = len(part.Events), trace.Hash(part)
	by := part.Header.Origin.At - whole.Header.Origin.At
	for i := range r.Operations {
		o := &r.Operations[i]
		o.CallUS -= trace.Time(by)
		if o.ReturnUS != nil {
			at := *o.ReturnUS - trace.Time(by)
			o.ReturnUS = &at
		}
	}
	if len(part.Events) == 0 && len(whole.Events) > 0 {
		r.Limits = append(r.Limits, fmt.Sprintf("nothing lies %s: what was read goes from %s to %s", w.words(),
			unyeared(wall(whole, whole.Events[0].At)), unyeared(wall(whole, whole.End()))))
	}
}

// narrow leaves what lies within an extent.
func (m *Import) narrow(w extent) {
	if w.since == nil && w.until == nil {
		return
	}
	whole := m.Trace
	w.end = wall(whole, whole.End())
	part, was := w.of(whole)
	place := make(map[trace.EventID]trace.EventID, len(was))
	refs := make([]ref, len(was))
	for i, e := range was {
		if refs[i] = (ref{-1, 0}); e != trace.NoEvent {
			place[e], refs[i] = trace.EventID(i), m.refs[e]
		}
	}
	by := trace.Time(part.Header.Origin.At - whole.Header.Origin.At)
	kept := 0
	for i, f := range m.Findings {
		to := wall(whole, f.To)
		if !w.shows(wall(whole, f.From), &to) {
			continue
		}
		var events []trace.EventID
		for _, e := range f.Events {
			if there, ok := place[e]; ok {
				events = append(events, there)
			}
		}
		f.From, f.To, f.Events = f.From-by, f.To-by, events
		m.Findings[kept], m.shown[kept] = f, m.shown[i]
		kept++
	}
	m.Findings, m.shown = m.Findings[:kept], m.shown[:kept]
	m.Trace, m.refs, m.Origin = part, refs, m.Origin+int64(by)
	m.Report.narrow(w)
	m.Report.counted(whole, part, w)
	if !part.Header.Origin.Known { // of a run, which begins with the year 0: a part of it begins later
		part.Header.Origin = trace.Origin{Known: true, At: m.Origin}
	}
	if m.made != nil {
		m.Report.Nodes = m.made.nodes(m.Origin)
	}
}
