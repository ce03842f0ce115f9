package scenes

import (
	"tabletop/engine"
	"tabletop/engine/check"
	"tabletop/engine/trace"
)

// Report is a run as `tabletop run --json` prints it.
type Report struct {
	Scene        string            `json:"scene"`
	Variant      string            `json:"variant"`
	Seed         uint64            `json:"seed"`
	Settings     map[string]string `json:"settings"`
	Verdict      string            `json:"verdict"`
	Outcome      check.Outcome     `json:"outcome"`
	Linearizable *bool             `json:"linearizable"`
	Operations   []OperationReport `json:"operations"`
	Expectations []ExpectReport    `json:"expectations"`
	Findings     []FindingReport   `json:"findings"`
	Questions    []QuestionReport  `json:"questions"`
	Events       int               `json:"events"`
	TraceHash    string            `json:"trace_hash"`
	SimUS        trace.Time        `json:"sim_us"`
}

// OperationReport is an operation of a client. ReturnUS is nil while it is open.
type OperationReport struct {
	Client   string      `json:"client"`
	Op       string      `json:"op"`
	Target   string      `json:"target"`
	Server   string      `json:"server"`
	CallUS   trace.Time  `json:"call_us"`
	ReturnUS *trace.Time `json:"return_us"`
	Result   string      `json:"result"`
}

// ExpectReport is an expectation, judged.
type ExpectReport struct {
	Text string     `json:"text"`
	OK   bool       `json:"ok"`
	AtUS trace.Time `json:"at_us"`
}

// QuestionReport is a question of the scene's with the answer that the run has decided.
type QuestionReport struct {
	Stop      int            `json:"stop"` // at which it is asked, counted from 1
	Text      string         `json:"text"`
	Options   []OptionReport `json:"options"`
	Answer    *int           `json:"answer"` // the right option, counted from 0; nil: this run decides nothing
	Because   string         `json:"because"`
	AskedUS   trace.Time     `json:"asked_us"`
	DecidedUS trace.Time     `json:"decided_us"`
	Event     trace.EventID  `json:"event"` // that decided it
}

// OptionReport is one of the answers offered.
type OptionReport struct {
	Text  string `json:"text"`
	Right bool   `json:"right"`
}

// FindingReport is a finding. In runs from and to count microseconds from the start, as from_us and to_us do, and refs
// are empty.
type FindingReport struct {
	Kind    string     `json:"kind"`
	Cluster int        `json:"cluster"`
	Group   string     `json:"group"`
	From    trace.Time `json:"from"`
	To      trace.Time `json:"to"`
	FromUS  trace.Time `json:"from_us"`
	ToUS    trace.Time `json:"to_us"`
	Exact   bool       `json:"exact"`
	Nodes   []string   `json:"nodes"`
	Text    string     `json:"text"`
	Events  []int      `json:"events"`
	Refs    []any      `json:"refs"`
}

// Description is a scene as `tabletop scenes --json` lists it.
type Description struct {
	ID             string                    `json:"id"`
	Title          string                    `json:"title"`
	System         string                    `json:"system"`
	Kind           string                    `json:"kind"`
	Source         string                    `json:"source"`
	Seed           uint64                    `json:"seed"`
	Variants       []VariantReport           `json:"variants"`
	DefaultVariant string                    `json:"default_variant"`
	Settings       map[string]engine.Setting `json:"settings"`
	Steps          int                       `json:"steps"`
}

// VariantReport is a variant of a scene.
type VariantReport struct {
	ID           string        `json:"id"`
	Text         string        `json:"text"`
	Outcome      check.Outcome `json:"outcome"`
	Linearizable bool          `json:"linearizable"`
}

// Describe returns what a scene offers.
func (s *Scene) Describe() Description {
	d := Description{ID: s.ID, Title: s.Title, System: s.System, Kind: s.Kind, Source: s.Source, Seed: s.Seed,
		DefaultVariant: s.DefaultVariant, Settings: map[string]engine.Setting{}, Steps: s.Steps()}
	for _, v := range s.Variants {
		d.Variants = append(d.Variants, VariantReport{v.ID, v.Text, v.Outcome, v.Linearizable})
	}
	for _, k := range s.Settings {
		d.Settings[k.Key] = k
	}
	return d
}

// Report returns the run's results.
func (r *Run) Report() Report {
	verdict := "deviates"
	if r.AsDocumented {
		verdict = "as-documented"
	}
	report := Report{Scene: r.Scene.ID, Variant: r.Variant.ID, Seed: r.Seed, Settings: map[string]string{},
		Verdict: verdict, Outcome: r.Outcome, Linearizable: r.Linearizable, Operations: Operations(r.Trace),
		Expectations: []ExpectReport{}, Findings: Findings(r.Trace, r.Findings), Questions: r.questions(), Events: len(r.Trace.Events),
		TraceHash: r.Hash, SimUS: r.Trace.End()}
	for _, s := range r.Settings {
		report.Settings[s.Key] = s.Value
	}
	for _, e := range r.Expectations {
		report.Expectations = append(report.Expectations, ExpectReport{e.Text, e.OK, e.At})
	}
	return report
}

func (r *Run) questions() []QuestionReport {
	reports := []QuestionReport{}
	for i, s := range r.Stops {
		q := s.Question
		if q == nil {
			continue
		}
		report := QuestionReport{Stop: i + 1, Text: q.Text, Options: []OptionReport{}, Because: q.Because,
			AskedUS: r.at(q.asked), DecidedUS: r.at(q.Decided), Event: q.Decided}
		if q.Answer >= 0 {
			report.Answer = &q.Answer
		}
		for n, o := range q.Options {
			report.Options = append(report.Options, OptionReport{o, n == q.Answer})
		}
		reports = append(reports, report)
	}
	return reports
}

// at returns when an event happened, 0 for none.
func (r *Run) at(e trace.EventID) trace.Time {
	if e < 0 {
		return 0
	}
	return r.Trace.Events[e].At
}

// Operations returns the operations of a trace for a report.
func Operations(t *trace.Trace) []OperationReport {
	reports := []OperationReport{}
	for _, o := range trace.Operations(t) {
		report := OperationReport{Client: name(t, o.Client), Op: o.Verb, Target: o.Target, Server: name(t, o.Server),
			CallUS: o.Call, Result: o.Result}
		if !o.Open() {
			report.ReturnUS = &o.Return
		}
		reports = append(reports, report)
	}
	return reports
}

// Findings returns findings for a report.
func Findings(t *trace.Trace, findings []check.Finding) []FindingReport {
	reports := []FindingReport{}
	for _, f := range findings {
		report := FindingReport{Kind: f.Kind, Cluster: f.Cluster, Group: f.Group, From: f.From, To: f.To, FromUS: f.From, ToUS: f.To,
			Exact: f.Exact, Nodes: []string{}, Text: f.Text, Events: []int{}, Refs: []any{}}
		for _, n := range f.Nodes {
			report.Nodes = append(report.Nodes, name(t, n))
		}
		for _, e := range f.Events {
			report.Events = append(report.Events, int(e))
		}
		reports = append(reports, report)
	}
	return reports
}

func name(t *trace.Trace, n trace.NodeID) string {
	if n == 0 {
		return ""
	}
	return t.Node(n).ID
}
