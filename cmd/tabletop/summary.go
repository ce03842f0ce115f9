package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/scenes"
)

// summarize prints how a run ended, for people.
func summarize(w io.Writer, run *scenes.Run) {
	verdict := "as documented"
	if !run.AsDocumented {
		verdict = "deviates from what the scene documents"
	}
	say(w, "%s  %s\n%s, seed %d: %s, outcome %s, linearizable %s\n", run.Scene.ID, run.Scene.Title,
		run.Variant.ID, run.Seed, verdict, run.Outcome, verdictWord(run.Linearizable))
	say(w, "\nStops\n")
	for i, stop := range run.Stops {
		at := trace.Time(0)
		if stop.Event >= 0 && int(stop.Event) < len(run.Trace.Events) {
			at = run.Trace.Events[stop.Event].At
		}
		if stop.Occurred {
			say(w, "%4d %s  %s\n", i+1, seconds(at), stop.Caption)
		} else {
			say(w, "%4d %s  did not occur: %s Instead: %s\n", i+1, seconds(at), stop.Caption, stop.Instead)
		}
	}
	say(w, "\nExpectations\n")
	for _, e := range run.Expectations {
		mark := "✓"
		if !e.OK {
			mark = "✗"
		}
		say(w, "   %s %s  %s\n", mark, seconds(e.At), e.Text)
	}
	operations(w, run.Trace)
	findings(w, run.Findings)
	say(w, "\n%d events in %s of simulated time, trace %s\n", len(run.Trace.Events),
		check.Duration(run.Trace.End()), run.Hash)
}

// summarizeTrace prints what is in a trace, for people.
func summarizeTrace(w io.Writer, t *trace.Trace, report check.Report) {
	say(w, "a trace by %s", t.Header.Producer)
	if t.Header.Scene != "" {
		say(w, " of scene %s, %s, seed %d", t.Header.Scene, t.Header.Variant, t.Header.Seed)
	}
	say(w, "\noutcome %s, linearizable %s\n", check.OutcomeOf(t), verdictWord(report.Linearizable))
	operations(w, t)
	findings(w, report.Findings)
	say(w, "\n%d events in %s, trace %s\n", len(t.Events), check.Duration(t.End()), trace.Hash(t))
}

func operations(w io.Writer, t *trace.Trace) {
	all := trace.Operations(t)
	if len(all) == 0 {
		return
	}
	say(w, "\nOperations\n")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	say(table, "  client\toperation\tserver\tcalled\ttook\tresult\n")
	for _, o := range all {
		server, took, result := "–", "–", "open"
		if o.Server != 0 {
			server = t.Node(o.Server).Name
		}
		if !o.Open() {
			took, result = check.Duration(o.Return-o.Call), o.Result
		}
		say(table, "  %s\t%s\t%s\t%s\t%s\t%s\n", t.Node(o.Client).Name, o.Op, server, seconds(o.Call), took, result)
	}
	_ = table.Flush() // like every print here: a closed pipe ends the program anyway
}

func findings(w io.Writer, list []check.Finding) {
	if len(list) == 0 {
		return
	}
	say(w, "\nFindings\n")
	for _, f := range list {
		say(w, "  %s  %s: %s\n", seconds(f.From), f.Kind, f.Text)
	}
}

func seconds(at trace.Time) string { return fmt.Sprintf("%10.6f s", float64(at)/1e6) }

func verdictWord(ok *bool) string {
	switch {
	case ok == nil:
		return "unknown"
	case *ok:
		return "yes"
	}
	return "no"
}

// traceJSON is what `run TRACE --json` prints.
type traceJSON struct {
	Scene        string                   `json:"scene"`
	Variant      string                   `json:"variant"`
	Seed         uint64                   `json:"seed"`
	Outcome      check.Outcome            `json:"outcome"`
	Linearizable *bool                    `json:"linearizable"`
	Operations   []scenes.OperationReport `json:"operations"`
	Findings     []scenes.FindingReport   `json:"findings"`
	Events       int                      `json:"events"`
	TraceHash    string                   `json:"trace_hash"`
	SimUs        trace.Time               `json:"sim_us"`
}

func traceReport(t *trace.Trace, report check.Report) traceJSON {
	h := t.Header
	return traceJSON{Scene: h.Scene, Variant: h.Variant, Seed: h.Seed, Outcome: check.OutcomeOf(t),
		Linearizable: report.Linearizable, Operations: scenes.Operations(t), Findings: scenes.Findings(t, report.Findings),
		Events: len(t.Events), TraceHash: trace.Hash(t), SimUs: t.End()}
}
