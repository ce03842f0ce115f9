package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/render/view"
	"tabletop/scenes"
)

// logs are what the worker made of log files, but for the trace, which comes before.
type logs struct {
	Name         string        `json:"name"`  // of the files, for who looks at them
	Trace        int           `json:"trace"` // the number under which it was received
	Files        []logFile     `json:"files"`
	Findings     []logFinding  `json:"findings"`
	Linearizable *bool         `json:"linearizable"`
	Marks        []historyMark `json:"marks"`
	// OriginUs is the trace's time 0 in microseconds since 1970 UTC, as text: without a year it is more than a script's
	// numbers hold.
	OriginUs  string `json:"origin_us"`
	YearKnown bool   `json:"year_known"`
}

// historyMark is a line of a client history that is no operation, by the whole import's clock.
type historyMark struct {
	AtUs trace.Time `json:"at_us"`
	Node string     `json:"node"`
	Text string     `json:"text"`
}

// capture is an import that the page holds.
type capture struct {
	logs
	whole  *trace.Trace
	origin int64
}

// logFile says of whom a file is.
type logFile struct {
	Dialect string   `json:"dialect"`
	Nodes   []string `json:"nodes"`
}

// logFinding is a finding of the import's report.
type logFinding struct {
	Kind    string   `json:"kind"`
	Cluster int      `json:"cluster"`
	Group   string   `json:"group"`
	From    string   `json:"from"`
	To      string   `json:"to"`
	Exact   bool     `json:"exact"`
	Nodes   []string `json:"nodes"`
	Text    string   `json:"text"`
	Scene   string   `json:"scene"`
	Refs    []logRef `json:"refs"`
}

// logRef is a line that a finding rests on.
type logRef struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// placed is a finding with its place in the trace of its cluster.
type placed struct {
	logFinding
	from, to trace.Time
}

// about returns the findings about a cluster.
func (c *capture) about(cluster int) []placed {
	origin, out := c.begins(cluster), []placed(nil)
	for _, f := range c.Findings {
		from, err1 := time.Parse(time.RFC3339Nano, f.From)
		to, err2 := time.Parse(time.RFC3339Nano, f.To)
		if f.Cluster == cluster && err1 == nil && err2 == nil {
			out = append(out, placed{f, trace.Time(from.UnixMicro() - origin), trace.Time(to.UnixMicro() - origin)})
		}
	}
	return out
}

// reported are the findings about a cluster as the page's state has them.
func (c *capture) reported(cluster int) []scenes.FindingReport {
	out := []scenes.FindingReport{}
	for _, f := range c.about(cluster) {
		j := scenes.FindingReport{Kind: f.Kind, Cluster: f.Cluster, Group: f.Group, From: f.from, To: f.to, FromUS: f.from, ToUS: f.to,
			Exact: f.Exact, Nodes: append([]string{}, f.Nodes...), Text: f.Text, Events: []int{}, Refs: []any{}}
		for _, r := range f.Refs {
			j.Refs = append(j.Refs, r)
		}
		out = append(out, j)
	}
	return out
}

// receive reads a trace that the worker made and returns the number under which it can be opened.
func (s *session) receive(r io.Reader) (int, error) {
	t, err := trace.Read(r)
	if err != nil {
		return 0, err
	}
	n := s.traces + 1
	s.traces, s.received = n, map[int]*trace.Trace{n - 1: s.received[n-1], n: t} // the one before may still be about to be opened
	return n, nil
}

// take makes a capture of what was received.
func (s *session) take(l logs) (*capture, error) {
	c := &capture{logs: l, whole: s.received[l.Trace]}
	if c.whole == nil {
		return nil, fmt.Errorf("%s: trace %d was not received", l.Name, l.Trace)
	}
	if _, err := fmt.Sscan(l.OriginUs, &c.origin); err != nil {
		return nil, fmt.Errorf("%s: origin_us %q: a whole number is expected", l.Name, l.OriginUs)
	}
	return c, nil
}

// begins returns when a cluster's own trace begins, in microseconds since 1970.
func (c *capture) begins(cluster int) int64 {
	for i := range c.whole.Events {
		if e := &c.whole.Events[i]; e.Node != 0 && c.whole.Node(e.Node).Cluster == cluster {
			return c.origin + int64(e.At)
		}
	}
	return c.origin
}

// openLogs shows what the worker made of files, or plays a recorded scene on it. The whole import is kept, so that another
// cluster of it can be shown.
func (s *session) openLogs(x intent) error {
	c, err := s.take(*x.Logs)
	if err != nil {
		return err
	}
	if x.Scene == "" {
		return s.showLogs(c, 0)
	}
	sc, err := s.find(x.Scene)
	if err != nil {
		return err
	}
	s.captures = map[string]*capture{x.Scene: c}
	o, err := optionsOf(x)
	if err != nil {
		return err
	}
	return s.open(sc, o)
}

// play plays a recorded scene on its logs, which the worker has read before.
func (s *session) play(sc *scenes.Scene, o scenes.Options) (*scenes.Run, error) {
	c := s.captures[sc.ID]
	switch {
	case c == nil:
		return nil, fmt.Errorf("%s is recorded: its logs are not read yet", sc.ID)
	case o.Seed != 0 || len(o.Settings) > 0 || len(o.Acts) > 0:
		return nil, fmt.Errorf("%s is recorded: it has no seed and no settings, and takes no commands", sc.ID)
	}
	return sc.Play(c.whole, o.Variant)
}

// showLogs shows one cluster of an import. Its clusters are offered as variants are: nothing is compared across them.
func (s *session) showLogs(c *capture, cluster int) error {
	t := c.whole
	sc := &scenes.Scene{ID: "", Title: c.Name, System: t.Header.System, Source: c.Name}
	sc.Variants = c.clusters()
	if cluster >= len(sc.Variants) {
		return fmt.Errorf("%s: there is no cluster %d", c.Name, cluster)
	}
	if t.Clusters() > 1 {
		t, _ = t.OfCluster(cluster)
	}
	run := &scenes.Run{Scene: sc, Variant: sc.Variants[cluster], Trace: t, Findings: check.Findings(t),
		Outcome: check.OutcomeOf(t), Linearizable: c.Linearizable, Hash: trace.Hash(c.whole)}
	s.captures = map[string]*capture{"": c}
	s.show(sc, scenes.Options{}, run, origin{c.Name, true})
	s.player.SeekTime(s.firstSight())
	return nil
}

// firstSight returns where logs are opened: at what misled somebody, else at the first finding, else where a node is first
// seen to run or to have a role. Before that the stage is empty.
func (s *session) firstSight() trace.Time {
	for rank := range 2 {
		if i := slices.IndexFunc(s.found, func(f findingJSON) bool { return f.Rank == rank }); i >= 0 {
			return s.found[i].AtUs
		}
	}
	t := s.run().Trace
	for e := range trace.EventID(len(t.Events)) {
		for _, c := range t.Changes(e) {
			if !c.Forget && (c.Field == trace.FieldRole || c.Field == trace.FieldProcess) {
				return t.Events[e].At
			}
		}
	}
	return 0
}

// clusters names the clusters of an import by what runs in them, their servers, and when their logs begin.
func (c *capture) clusters() []scenes.Variant {
	out := make([]scenes.Variant, c.whole.Clusters())
	for i := range out {
		text := c.system(i)
		if who := serversOf(c.whole, i, 3); who != "" {
			text += ": " + who
		}
		if len(out) > 1 {
			day, _, _ := strings.Cut(c.date(i, 0), ",")
			text += ", " + day + time.UnixMicro(c.begins(i)).UTC().Format(" 15:04")
		}
		out[i] = scenes.Variant{ID: fmt.Sprintf("cluster %d", i), Text: text}
	}
	return out
}

// system names what runs in a cluster, by the files of its nodes; of nodes that others mention, by what they are.
func (c *capture) system(cluster int) string {
	names := map[string]string{"kudu-glog": "Kudu", "etcd-zap": "etcd", "etcd-capnslog": "etcd", "cassandra-logback": "Cassandra"}
	for _, f := range c.Files {
		in := func(id string) bool {
			return slices.ContainsFunc(c.whole.Nodes(), func(n trace.Node) bool { return n.ID == id && n.Cluster == cluster })
		}
		if name := names[f.Dialect]; name != "" && slices.ContainsFunc(f.Nodes, in) {
			return name
		}
	}
	for _, n := range c.whole.Nodes() {
		if n.Cluster == cluster && (n.Kind == trace.Master || n.Kind == trace.TabletServer) {
			return "Kudu"
		}
	}
	if serversOf(c.whole, cluster, 1) == "" {
		return "Clients alone"
	}
	return "Nodes"
}

// date writes the day of an instant of a cluster's trace: 2026-11-21, or 03-17 when the year is not known.
func (c *capture) date(cluster int, at trace.Time) string {
	t := time.UnixMicro(c.begins(cluster) + int64(at)).UTC()
	if !c.YearKnown {
		return t.Format("01-02") + ", year unknown"
	}
	return t.Format("2006-01-02")
}

// serversOf names the servers of a cluster, empty for none.
func serversOf(t *trace.Trace, cluster, most int) string {
	var names []string
	more := 0
	for _, n := range t.Nodes() {
		switch {
		case n.Cluster != cluster || n.Kind == trace.Client:
		case len(names) < most:
			names = append(names, n.Name)
		default:
			more++
		}
	}
	if more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), more)
	}
	return strings.Join(names, ", ")
}

// otherCluster shows another cluster of the logs.
func (s *session) otherCluster(id string) error {
	i := slices.IndexFunc(s.scene.Variants, func(v scenes.Variant) bool { return v.ID == id })
	if c := s.capture(); c != nil && i >= 0 {
		return s.showLogs(c, i)
	}
	return s.finished()
}

// capture returns the import that is shown, nil if none is.
func (s *session) capture() *capture {
	if s.scene == nil || !s.captured {
		return nil
	}
	return s.captures[s.scene.ID]
}

// cluster is that of the import which is shown.
func (s *session) cluster() int {
	if s.traced() {
		return max(0, slices.IndexFunc(s.scene.Variants, func(v scenes.Variant) bool { return v.ID == s.run().Variant.ID }))
	}
	return s.run().Variant.Cluster()
}

// mark gives the model the marks of the client history, if they were asked for.
func (s *session) mark() {
	c := s.capture()
	if s.model.Marks = nil; !s.marked || c == nil {
		return
	}
	t, begin := s.run().Trace, trace.Time(c.begins(s.cluster())-c.origin)
	for _, k := range c.Marks {
		at := k.AtUs - begin
		if n := t.Lookup(k.Node); at >= 0 && at <= t.End() && (n != 0 || k.Node == "") {
			s.model.Marks = append(s.model.Marks, view.HistoryMark{At: at, Node: n, Words: k.Text})
		}
	}
}

// wallJSON is where logs lie in time.
type wallJSON struct {
	Clock string `json:"clock"` // at the cursor, 17:04:19.645200
	Date  string `json:"date"`  // 2026-11-21, or 03-17 when the year is not known
}

func (s *session) wall(at trace.Time) *wallJSON {
	c := s.capture()
	if c == nil {
		return nil
	}
	t := time.UnixMicro(c.begins(s.cluster()) + int64(at)).UTC()
	return &wallJSON{Clock: t.Format("15:04:05.000000"), Date: c.date(s.cluster(), at)}
}

// logFindings are the import's findings about the cluster shown.
func (s *session) logFindings(c *capture) []findingJSON {
	t, out := s.run().Trace, []findingJSON{}
	for _, f := range c.about(s.cluster()) {
		j := findingJSON{Kind: f.Kind, Title: titleOf(f.Kind), Text: f.Text, FromUs: f.from, ToUs: f.to, AtUs: timeOf(t, firstFrom(t, f.from)),
			Alarm: slices.Contains(contradictions(), f.Kind), About: !f.Exact, Scene: f.Scene, Refs: []string{}}
		j.Rank = rankOf(j.Kind, j.Alarm)
		for _, r := range f.Refs {
			j.Refs = append(j.Refs, fmt.Sprintf("%s:%d", r.File, r.Line))
		}
		out = append(out, j)
	}
	return out
}
