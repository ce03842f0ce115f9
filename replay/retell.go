package replay

import (
	"bufio"
	"errors"
	"io"
	"slices"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/replay/text"
)

// errNotAlone says why a trace is left out: its nodes are named, its clocks repaired, it has been judged already.
var errNotAlone = errors.New("is a trace: one is read at a time, and none beside logs")

// loneTrace returns the trace among the logs, nil when there is none, or when anything else is to be read as well.
func (m *importing) loneTrace() *log {
	var found *log
	for _, l := range m.logs {
		if l.trace && found == nil {
			found = l
		} else if l.trace || l.dialect != nil || l.history != nil {
			return nil
		}
	}
	return found
}

// retell reads a trace that was written earlier and reports as far as a trace tells: not the evidence of pauses, not the
// clocks that were repaired, and of the findings those that package check makes. It returns nil for one that breaks a rule
// of the format, which its log then holds.
func (m *importing) retell(l *log) *Import {
	read := func() io.Reader { return io.NewSectionReader(l.entry, 0, max(l.entry.Size, 1<<40)) }
	t, err := trace.Read(read())
	var line *trace.LineError
	if errors.As(err, &line) {
		err = line.In(l.path)
	}
	if err == nil && len(t.Nodes()) == 0 {
		err = errors.New("it is a trace without nodes")
	}
	if err == nil {
		err = l.holds(t, read())
	}
	if l.err = err; err != nil {
		return nil
	}
	number := int32(slices.Index(m.logs, l))
	judged := check.CheckBy(t, agreeing(t), check.Shown(t))
	for i := range judged.Findings {
		f := &judged.Findings[i]
		f.Events = f.Events[:min(len(f.Events), maxRefs)]
	}
	done := &Import{Trace: t, Origin: origin(t), YearKnown: l.yearKnown, logs: m.logs,
		Findings: judged.Findings, shown: make([][]ref, len(judged.Findings))}
	for _, at := range l.places[1:] { // behind the header
		done.refs = append(done.refs, ref{number, at})
	}
	m.cast = &cast{}
	done.Report = m.retold(done, judged.Linearizable)
	done.narrow(extent{since: m.Since, until: m.Until})
	done.Report.unyear()
	return done
}

// agreeing tells of the clocks of a trace: those of a run are one, those of logs are as they were when it was written.
func agreeing(t *trace.Trace) check.Clocks {
	return func(a, b trace.EventID) (trace.Time, bool) {
		x, y := &t.Events[a], &t.Events[b]
		return 0, x.Prov == trace.Simulated || y.Prov == trace.Simulated || x.Node == y.Node || x.Kind == trace.Return && y.Kind == trace.Invoke
	}
}

// holds takes down in which lines a trace stands, and when it begins and ends.
func (l *log) holds(t *trace.Trace, r io.Reader) error {
	lines := bufio.NewReader(r)
	full := true
	for {
		part, more, err := lines.ReadLine()
		switch {
		case errors.Is(err, io.EOF):
			l.sink.Headers = len(l.places)
			o := t.Header.Origin
			l.yearKnown, l.zoneKnown = o.YearKnown, o.ZoneKnown
			if len(t.Events) > 0 {
				var all text.Part
				all.Touch(origin(t) + int64(t.Events[0].At))
				all.Touch(origin(t) + int64(t.End()))
				l.sink.Parts = []text.Part{all}
			}
			return nil
		case err != nil:
			return err
		}
		if full && len(part) > 0 {
			l.places = append(l.places, int32(l.sink.Lines))
		}
		if full = !more; full {
			l.sink.Lines++
		}
	}
}

// retold is the report of a trace.
func (m *importing) retold(done *Import, linearizable *bool) Report {
	t := done.Trace
	r := m.report(done, linearizable)
	r.Pauses, r.Restarts, r.Elections = stills(t), restarts(t), elections(t)
	ids := []string{}
	for _, n := range t.Nodes() {
		if n.Kind != trace.Client {
			ids = append(ids, n.ID)
			r.Nodes = append(r.Nodes, NodeReport{ID: n.ID, Name: n.Name, Kind: n.Kind.String(), Cluster: n.Cluster, FormerIDs: []string{}})
		}
	}
	for i := range r.Files {
		if r.Files[i].Dialect == "trace" {
			r.Files[i].Nodes = ids
		}
	}
	r.renumber()
	return r
}

// renumber counts the clusters of a trace from 0: that of a run need not begin there.
func (r *Report) renumber() {
	var all []int
	for _, n := range r.Nodes {
		all = append(all, n.Cluster)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	r.Clusters = len(all)
	number := func(cluster *int) { *cluster = max(0, slices.Index(all, *cluster)) }
	for i := range r.Nodes {
		number(&r.Nodes[i].Cluster)
	}
	for i := range r.Leaders {
		number(&r.Leaders[i].Cluster)
	}
	for i := range r.Elections {
		number(&r.Elections[i].Cluster)
	}
	for i := range r.Findings {
		number(&r.Findings[i].Cluster)
	}
}

// elections reads the candidacies off a trace. One is decided where its candidate begins to lead or gives up; a
// pre-election where the election begins that it was for.
func elections(t *trace.Trace) []ElectionReport {
	type candidacy struct {
		seat
		term uint32
	}
	all := []ElectionReport{}
	last := map[candidacy]int{} // 1 + the last of a candidate for a term
	decide := func(k candidacy, at trace.Time, won bool) {
		if i := last[k] - 1; i >= 0 && all[i].Decided == nil {
			text := wall(t, at)
			all[i].Decided, all[i].Won = &text, &won
		}
	}
	for i := range t.Events {
		e := &t.Events[i]
		k := candidacy{seat{e.Node, e.Group}, e.Term}
		switch e.Kind {
		case trace.PreCampaign, trace.Campaign:
			kind := "pre"
			if e.Kind == trace.Campaign {
				kind = "real"
				if i := last[k] - 1; i >= 0 && all[i].Kind == "pre" {
					decide(k, e.At, true)
				}
			}
			n := t.Node(e.Node)
			all = append(all, ElectionReport{Cluster: n.Cluster, Group: t.Group(e.Group), Node: n.ID, Term: uint64(e.Term), Kind: kind,
				At: wall(t, e.At)})
			last[k] = len(all)
		case trace.Elected:
			decide(k, e.At, true)
		case trace.ElectionLost:
			decide(k, e.At, false)
		}
	}
	return all
}

// stills reads the pauses off a trace, which may begin within one. An inferred one ends with the first sign of life, which
// is told a microsecond later.
func stills(t *trace.Trace) []PauseReport {
	all := []PauseReport{}
	open := make([]int, len(t.Nodes())+1) // by node: 1 + its pause
	for i := range t.Events {
		e := &t.Events[i]
		for _, c := range t.Changes(trace.EventID(i)) {
			k := open[c.Node] - 1
			switch paused := !c.Forget && trace.Process(c.Value) == trace.Paused; {
			case c.Field != trace.FieldProcess, paused == (k >= 0):
			case paused:
				all = append(all, still(t, e, c.Node))
				open[c.Node] = len(all)
			default:
				at := e.At
				if e.Prov == trace.Inferred {
					at++
				}
				to := wall(t, at)
				all[k].To, open[c.Node] = &to, 0
			}
		}
	}
	return all
}

// still is a pause that begins with an event. A run states its own to the microsecond; of one that was inferred from logs
// a trace tells neither how exactly it is known nor on what it rests beside the silence.
func still(t *trace.Trace, e *trace.Event, n trace.NodeID) PauseReport {
	p := PauseReport{Node: t.Node(n).ID, From: wall(t, e.At), FromKnown: e.Kind == trace.Pause, Evidence: bySilence}
	if e.Prov == trace.Simulated {
		exact := int64(0)
		p.Evidence, p.FromBoundUS, p.ToBoundUS = byStatement, &exact, &exact
	}
	return p
}

// restarts reads off a trace which processes were not their node's first.
func restarts(t *trace.Trace) []RestartReport {
	all := []RestartReport{}
	before, stopped := make([]bool, len(t.Nodes())+1), make([]bool, len(t.Nodes())+1) // the node had a process, which said that it stops
	for i := range t.Events {
		e := &t.Events[i]
		if e.Kind == trace.Start && before[e.Node] {
			all = append(all, RestartReport{t.Node(e.Node).ID, wall(t, e.At), !stopped[e.Node]})
		}
		stopped[e.Node] = e.Kind != trace.Start && (stopped[e.Node] || e.Kind == trace.Note && t.Text(e.Text) == stops)
		before[e.Node] = before[e.Node] || e.Kind == trace.Start || e.Kind == trace.Crash
	}
	return all
}
