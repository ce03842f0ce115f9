package replay

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/replay/clock"
	"tabletop/replay/history"
	"tabletop/replay/source"
	"tabletop/replay/text"
)

// Report is an import as `tabletop replay --json` prints it. Times are RFC 3339 in UTC with nanoseconds, corrected by
// the clock repair.
type Report struct {
	Files        []FileReport      `json:"files"`
	Clusters     int               `json:"clusters"`
	Nodes        []NodeReport      `json:"nodes"`
	Leaders      []LeaderReport    `json:"leaders"`
	Elections    []ElectionReport  `json:"elections"`
	Pauses       []PauseReport     `json:"pauses"`
	Restarts     []RestartReport   `json:"restarts"`
	Findings     []FindingReport   `json:"findings"`
	RawClocks    bool              `json:"raw_clocks,omitempty"` // no stamp was corrected
	Lines        LinesReport       `json:"lines"`
	Limits       []string          `json:"limits,omitempty"` // what was left out because there was too much of it
	Operations   []OperationReport `json:"operations,omitempty"`
	Linearizable *bool             `json:"linearizable"`
	Events       int               `json:"events"`
	TraceHash    string            `json:"trace_hash"`
}

// FileReport is a file, or a member of an archive.
type FileReport struct {
	Path      string   `json:"path"`
	Dialect   string   `json:"dialect"`
	Nodes     []string `json:"nodes"`
	Lines     int      `json:"lines"`
	Matched   int      `json:"matched"`
	Skipped   int      `json:"skipped"`
	First     *string  `json:"first"`
	Last      *string  `json:"last"`
	YearKnown bool     `json:"year_known"`
	ZoneKnown bool     `json:"zone_known"`
	Error     string   `json:"error"`
	// Errors are the lines of a history that do not parse; Error tells the first of them.
	Errors []string `json:"errors,omitempty"`
}

// NodeReport is a node. OffsetUS, DriftPPM and BoundUS are nil without evidence.
type NodeReport struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Kind      string   `json:"kind"`
	Cluster   int      `json:"cluster"`
	Address   string   `json:"address"`
	FormerIDs []string `json:"former_ids"`
	OffsetUS  *float64 `json:"offset_us"`
	DriftPPM  *float64 `json:"drift_ppm"`
	BoundUS   *float64 `json:"bound_us"`
	Pairs     int      `json:"pairs"`
}

// LeaderReport is a time in which a node believed to lead.
type LeaderReport struct {
	Cluster   int     `json:"cluster"`
	Group     string  `json:"group"`
	Node      string  `json:"node"`
	Term      uint64  `json:"term"`
	From      string  `json:"from"`
	To        *string `json:"to"`
	FromKnown bool    `json:"from_known"`
	ToKnown   bool    `json:"to_known"`
}

// ElectionReport is a candidacy. Won is nil when it was never decided.
type ElectionReport struct {
	Cluster int     `json:"cluster"`
	Group   string  `json:"group"`
	Node    string  `json:"node"`
	Term    uint64  `json:"term"`
	Kind    string  `json:"kind"`
	At      string  `json:"at"`
	Decided *string `json:"decided"`
	Won     *bool   `json:"won"`
}

// PauseReport is a pause with the half-widths of its ends. They are nil for one that was inferred when its trace was
// written; To is nil when it never ends.
type PauseReport struct {
	Node        string  `json:"node"`
	From        string  `json:"from"`
	To          *string `json:"to"`
	FromBoundUS *int64  `json:"from_bound_us"`
	ToBoundUS   *int64  `json:"to_bound_us"`
	FromKnown   bool    `json:"from_known"` // false: a trace begins within it
	Evidence    string  `json:"evidence"`
	Witnesses   int     `json:"witnesses"`
	Doubtful    bool    `json:"doubtful,omitempty"` // the node may as well have been idle: a doubtful-pause says why
}

// RestartReport is a process that was not its node's first.
type RestartReport struct {
	Node   string `json:"node"`
	At     string `json:"at"`
	Abrupt bool   `json:"abrupt"` // the process before had not said that it stops
}

// FindingReport is a finding with the lines it rests on.
type FindingReport struct {
	Kind    string   `json:"kind"`
	Cluster int      `json:"cluster"`
	Group   string   `json:"group"`
	From    string   `json:"from"`
	To      string   `json:"to"`
	Exact   bool     `json:"exact"`
	Nodes   []string `json:"nodes"`
	Text    string   `json:"text"`
	Refs    []Ref    `json:"refs"`
	// Routine says that somebody meant it to be so: a node is seen down that had said that it stops, another joins.
	Routine bool `json:"routine,omitempty"`
	// Scene is the lesson that teaches what this is, empty for none.
	Scene string `json:"scene,omitempty"`
}

// LinesReport counts the lines of all files.
type LinesReport struct {
	Total      int `json:"total"`
	Matched    int `json:"matched"`
	Skipped    int `json:"skipped"`
	Duplicates int `json:"duplicates"`
	Truncated  int `json:"truncated"`
}

// OperationReport is an operation of a client. Return and ReturnUS are nil while it is open.
type OperationReport struct {
	Client   string      `json:"client"`
	Op       string      `json:"op"`
	Target   string      `json:"target"`
	Server   string      `json:"server"`
	Call     string      `json:"call"`
	Return   *string     `json:"return"`
	CallUS   trace.Time  `json:"call_us"`
	ReturnUS *trace.Time `json:"return_us"`
	Result   string      `json:"result"`
}

// yearZero begins the year in which times without a year lie.
const yearZero = -62167219200_000000

// origin returns when time 0 of a trace was. A simulation has no date: it begins with the year 0000.
func origin(t *trace.Trace) int64 {
	if o := t.Header.Origin; o.Known {
		return o.At
	}
	return yearZero
}

// wall returns when a time of a trace was.
func wall(t *trace.Trace, at trace.Time) string { return stampText(origin(t) + int64(at)) }

// stampText writes microseconds since 1970 as RFC 3339 with nanoseconds.
func stampText(us int64) string {
	return time.UnixMicro(us).UTC().Format("2006-01-02T15:04:05.000000000Z")
}

func (m *importing) report(done *Import, linearizable *bool) Report {
	r := Report{Files: m.files(), Nodes: m.nodes(m.origin), Leaders: leaders(done.Trace), Elections: m.elections(), Pauses: []PauseReport{},
		Restarts: []RestartReport{}, Findings: m.findingReports(done), RawClocks: m.left, Events: len(done.Trace.Events), TraceHash: trace.Hash(done.Trace)}
	for _, p := range m.cast.players {
		r.Clusters = max(r.Clusters, p.cluster+1)
	}
	for _, p := range m.pauses {
		to := stampText(p.to)
		told := PauseReport{Node: m.cast.players[p.node].id, From: stampText(p.from), To: &to,
			FromBoundUS: &p.fromBound, ToBoundUS: &p.toBound, FromKnown: true, Evidence: p.evidence, Witnesses: p.witnesses, Doubtful: p.doubtful}
		if p.unbound {
			told.FromBoundUS, told.ToBoundUS = nil, nil
		}
		r.Pauses = append(r.Pauses, told)
	}
	for n := range m.cast.players {
		for i, l := range m.cast.players[n].lives {
			if at := m.corrected(n, l.from); i > 0 && l.started {
				r.Restarts = append(r.Restarts, RestartReport{m.cast.players[n].id, stampText(at), !m.cast.players[n].lives[i-1].stopped})
			}
		}
	}
	slices.SortStableFunc(r.Restarts, func(a, b RestartReport) int { return cmp.Compare(a.At, b.At) })
	r.Lines.Duplicates = duplicateLines(m.logs, m.cast)
	r.Limits = m.limits()
	for _, f := range r.Files {
		r.Lines.Total += f.Lines
		r.Lines.Matched += f.Matched
		r.Lines.Skipped += f.Skipped
	}
	for _, l := range m.logs {
		r.Lines.Truncated += l.sink.Cut
		r.Lines.Duplicates += l.repeated
	}
	if ops := operationReports(done.Trace); len(ops) > 0 {
		r.Operations, r.Linearizable = ops, linearizable
	}
	return r
}

// limits says what was left out.
func (m *importing) limits() (all []string) {
	atLeast := ""
	if m.cast.crowded || slices.ContainsFunc(m.logs, func(l *log) bool { return l.sink.Crowded }) {
		atLeast = "at least "
	}
	if n := len(m.cast.beyond); n > 0 {
		all = append(all, fmt.Sprintf("more than %d nodes: %s%d others and their lines are left out", maxNodes, atLeast, n))
	}
	if n := m.groupsBeyond; n > 0 {
		all = append(all, fmt.Sprintf("more than %d raft groups: %s%d others are left out", maxGroups, atLeast, n))
	}
	if n := len(m.cast.beyondClients); n > 0 {
		all = append(all, fmt.Sprintf("more than %d clients: the operations of %d others are shown as those of one", maxClients, n))
	}
	return append(append(all, m.nobodys()...), m.tooMuch...)
}

// nobodys names the logs of which more than a tenth is nobody's: nothing tells which node wrote it.
func (m *importing) nobodys() (all []string) {
	const few = 3
	more := 0
	for i, l := range m.logs {
		lost, said := 0, 0
		for k := range l.statements {
			if st := &l.statements[k]; !st.Told && st.Kind != text.FileDate {
				said++
				lost += b2i(m.owners(i, st) == "")
			}
		}
		switch {
		case 10*lost <= said, lost < few: // a tool that stood in the folder wrote a line or two
		case len(all) == maxNames:
			more++
		default:
			all = append(all, fmt.Sprintf("%s: of %d statements %d are left out: no line shows which node made them", l.path, said, lost))
		}
	}
	if more > 0 {
		all = append(all, fmt.Sprintf("and so it is in %d more files", more))
	}
	return all
}

func (m *importing) files() []FileReport {
	all := []FileReport{}
	for _, l := range m.logs {
		f := FileReport{Path: l.path, Dialect: l.kind(), Nodes: []string{}, Lines: l.sink.Lines, Matched: l.sink.Headers,
			Skipped: l.sink.Lines - l.sink.Headers, YearKnown: l.yearKnown, ZoneKnown: l.zoneKnown}
		switch {
		case l.history != nil:
			f.Lines = l.history.Lines
			f.Matched = len(l.history.Operations) + len(l.history.Marks) + l.repeated
			f.Skipped = f.Lines - f.Matched
			f.YearKnown, f.ZoneKnown = true, true
			f.First, f.Last = spanned(l.history)
			for _, e := range l.history.Errors {
				f.Errors = append(f.Errors, e.Error())
			}
			if n := len(f.Errors); n == 1 {
				f.Error = f.Errors[0]
			} else if n > 1 {
				f.Error = fmt.Sprintf("%s; and %d more lines", f.Errors[0], n-1)
			}
		case f.Dialect == unknown:
			f.Error = "no dialect knows its lines: expected a log of Kudu, etcd or Cassandra, a client history or a trace"
		}
		if l.err != nil {
			f.Error = l.err.Error()
		}
		shown := map[string]bool{}
		for _, id := range l.ids {
			i, ok := m.cast.index[id]
			if !ok {
				continue
			}
			if latest := m.cast.players[i].id; !shown[latest] {
				shown[latest] = true
				f.Nodes = append(f.Nodes, latest)
			}
		}
		if l.sink.Headers > 0 {
			from, to := l.ends(l.sink.All())
			first, last := stampText(from), stampText(to)
			f.First, f.Last = &first, &last
		}
		all = append(all, f)
	}
	for _, s := range m.skipped {
		all = append(all, FileReport{Path: s.Path, Dialect: "unknown", Nodes: []string{}, Error: s.Reason})
	}
	slices.SortStableFunc(all, func(a, b FileReport) int { return cmp.Compare(a.Path, b.Path) })
	return all
}

// spanned returns when the first and the last of a history's lines were, nil when none has a time.
func spanned(h *history.History) (first, last *string) {
	from, to, ok := h.Span()
	if !ok {
		return nil, nil
	}
	a, b := stampText(from), stampText(to)
	return &a, &b
}

// Unread adds files that could not even be opened.
func (r *Report) Unread(all []source.Skipped) {
	for _, s := range all {
		r.Files = append(r.Files, FileReport{Path: s.Path, Dialect: "unknown", Nodes: []string{}, Error: s.Reason})
	}
	slices.SortStableFunc(r.Files, func(a, b FileReport) int { return cmp.Compare(a.Path, b.Path) })
}

// nodes tells of the nodes, and of their clocks when a trace begins: for each cluster its own part of it. What lies between
// that and the first event of all says nothing of its clocks, and they would be the less certain the longer it is.
func (m *importing) nodes(origin int64) []NodeReport {
	all := []NodeReport{}
	begins := m.begins()
	for i := range m.cast.players {
		p := &m.cast.players[i]
		if p.kind == trace.Client {
			continue
		}
		r := NodeReport{ID: p.id, Name: p.name, Kind: p.kind.String(), Cluster: p.cluster, Address: p.address,
			FormerIDs: append([]string{}, p.former...)}
		if k := p.rank; k < len(m.fit.Lines) && m.fit.Lines[k].Evidence != clock.None {
			l := m.fit.LineAt(k, max(origin, begins[p.cluster])) // that may be before the first line by which clocks were judged
			r.Pairs = l.Edges
			if m.trusted[l.Component] {
				l.BoundUS, l.OffsetUS, l.DriftPPM = l.BoundUS+math.Abs(l.OffsetUS), 0, 0
			}
			if l.OffsetUS != 0 || l.BoundUS != 0 { // but for the reference
				l.OffsetUS, l.BoundUS = math.Round(l.OffsetUS)+0, math.Ceil(l.BoundUS+0.5)
			}
			if l.Evidence != clock.Contradictory {
				r.OffsetUS, r.DriftPPM = &l.OffsetUS, &l.DriftPPM
			}
			if !math.IsInf(l.BoundUS, 0) && !math.IsNaN(l.BoundUS) {
				r.BoundUS = &l.BoundUS
			}
		}
		all = append(all, r)
	}
	return all
}

// begins returns when the first event of each cluster is.
func (m *importing) begins() map[int]int64 {
	first := map[int]int64{}
	for i := range m.facts {
		cluster := m.cast.players[m.facts[i].node].cluster
		if _, ok := first[cluster]; !ok {
			first[cluster] = m.facts[i].at
		}
	}
	return first
}

func (m *importing) elections() []ElectionReport {
	all := []ElectionReport{}
	for i := range m.contests {
		c := &m.contests[i]
		e := ElectionReport{Cluster: m.cast.players[c.node].cluster, Group: c.group, Node: m.cast.players[c.node].id,
			Term: c.term, Kind: "real", At: stampText(m.facts[c.start].at)}
		if c.pre {
			e.Kind = "pre"
		}
		if c.decided >= 0 {
			at := stampText(m.facts[c.decided].at)
			e.Decided, e.Won = &at, &c.won
		}
		all = append(all, e)
	}
	return all
}

func (m *importing) findingReports(done *Import) []FindingReport {
	all := []FindingReport{}
	for i, f := range done.Findings {
		r := findingReport(done.Trace, f)
		for _, s := range done.shown[i] {
			r.Refs = append(r.Refs, Ref{File: m.logs[s.log].path, Line: int(s.line) + 1})
		}
		for _, e := range f.Events {
			if ref, ok := done.Ref(e); ok && !slices.Contains(r.Refs, ref) {
				r.Refs = append(r.Refs, ref)
			}
		}
		all = append(all, r)
	}
	return all
}

// findingReport puts a finding into words, without the lines that show it.
func findingReport(t *trace.Trace, f check.Finding) FindingReport {
	r := FindingReport{Scene: lesson(f), Routine: f.Routine, Kind: f.Kind, Cluster: f.Cluster, Group: f.Group, From: wall(t, f.From),
		To: wall(t, f.To), Exact: f.Exact, Nodes: []string{}, Text: f.Text, Refs: []Ref{}}
	for _, n := range f.Nodes {
		if n != 0 {
			r.Nodes = append(r.Nodes, t.Node(n).ID)
		}
	}
	return r
}

func operationReports(t *trace.Trace) []OperationReport {
	all := []OperationReport{}
	for _, o := range trace.Operations(t) {
		r := OperationReport{Client: t.Node(o.Client).Name, Op: o.Verb, Target: o.Target, CallUS: o.Call, Result: o.Result,
			Call: wall(t, o.Call)}
		if o.Server != 0 {
			r.Server = t.Node(o.Server).ID
		}
		if !o.Open() {
			at := wall(t, o.Return)
			r.Return, r.ReturnUS = &at, &o.Return
		}
		all = append(all, r)
	}
	return all
}
