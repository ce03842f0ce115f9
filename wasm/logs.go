package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/scenes"
)

// logs are what the worker made of log files: a trace in its NDJSON form and the report of the import.
type logs struct {
	Name   string          `json:"name"` // of the files, for who looks at them
	Trace  string          `json:"trace"`
	Report json.RawMessage `json:"report"`
	// OriginUs is the trace's time 0 in microseconds since 1970 UTC, as text: without a year it is more than a script's
	// numbers hold.
	OriginUs  string `json:"origin_us"`
	YearKnown bool   `json:"year_known"`
}

// capture is an import that the page holds.
type capture struct {
	logs
	whole        *trace.Trace
	origin       int64
	findings     []logFinding
	linearizable *bool
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

// take reads what the worker made.
func take(l logs) (*capture, error) {
	c := &capture{logs: l}
	var err error
	if c.whole, err = trace.Read(strings.NewReader(l.Trace)); err != nil {
		return nil, fmt.Errorf("%s: %w", l.Name, err)
	}
	c.Trace = ""
	if _, err := fmt.Sscan(l.OriginUs, &c.origin); err != nil {
		return nil, fmt.Errorf("%s: origin_us %q: a whole number is expected", l.Name, l.OriginUs)
	}
	var report struct {
		Findings     []logFinding `json:"findings"`
		Linearizable *bool        `json:"linearizable"`
	}
	if err := json.Unmarshal(l.Report, &report); err != nil {
		return nil, fmt.Errorf("%s: the report of the import: %w", l.Name, err)
	}
	c.findings, c.linearizable = report.Findings, report.Linearizable
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
	c, err := take(*x.Logs)
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
		var names []string
		for _, n := range t.Nodes() {
			if n.Cluster == i && n.Kind != trace.Client {
				names = append(names, n.Name)
			}
		}
		sc.Variants = append(sc.Variants, scenes.Variant{ID: fmt.Sprintf("cluster %d", i), Text: strings.Join(names, ", ")})
	}
	if cluster >= len(sc.Variants) {
		return fmt.Errorf("%s: there is no cluster %d", c.Name, cluster)
	}
	if t.Clusters() > 1 {
		t, _ = t.OfCluster(cluster)
	}
	run := &scenes.Run{Scene: sc, Variant: sc.Variants[cluster], Trace: t, Findings: check.Findings(t),
		Outcome: check.OutcomeOf(t), Linearizable: c.linearizable, Hash: trace.Hash(c.whole)}
	s.show(sc, scenes.Options{}, run)
	s.file, s.captured, s.captures = c.Name, true, map[string]*capture{"": c}
	return nil
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
	for _, f := range c.findings {
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
