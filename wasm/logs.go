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

// logFinding is a finding of the import's report.
type logFinding struct {
	Kind    string `json:"kind"`
	Cluster int    `json:"cluster"`
	From    string `json:"from"`
	To      string `json:"to"`
	Exact   bool   `json:"exact"`
	Text    string `json:"text"`
	Scene   string `json:"scene"`
	Refs    []struct {
		File string `json:"file"`
		Line int    `json:"line"`
	} `json:"refs"`
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
	for i := range t.Clusters() {
		sc.Variants = append(sc.Variants, scenes.Variant{ID: fmt.Sprintf("cluster %d", i), Text: serversOf(t, i)})
	}
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
	return nil
}

// serversOf names the servers of a cluster.
func serversOf(t *trace.Trace, cluster int) string {
	const most = 12
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
	w := &wallJSON{Clock: t.Format("15:04:05.000000"), Date: t.Format("2006-01-02")}
	if !c.YearKnown {
		w.Date = t.Format("01-02") + ", year unknown"
	}
	return w
}

// logFindings are the import's findings about the cluster shown.
func (s *session) logFindings(c *capture) []findingJSON {
	origin, out := c.begins(s.cluster()), []findingJSON{}
	for _, f := range c.Findings {
		if f.Cluster != s.cluster() {
			continue
		}
		from, err1 := time.Parse(time.RFC3339Nano, f.From)
		to, err2 := time.Parse(time.RFC3339Nano, f.To)
		if err1 != nil || err2 != nil {
			continue
		}
		j := findingJSON{Kind: f.Kind, Text: f.Text, FromUs: trace.Time(from.UnixMicro() - origin),
			ToUs: trace.Time(to.UnixMicro() - origin), Alarm: slices.Contains(contradictions(), f.Kind), About: !f.Exact, Scene: f.Scene, Refs: []string{}}
		for _, r := range f.Refs {
			j.Refs = append(j.Refs, fmt.Sprintf("%s:%d", r.File, r.Line))
		}
		out = append(out, j)
	}
	return out
}
