package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/render/view"
	"tabletop/scenes"
)

// lessonJSON is what the page shows of a run and what does not change while it is played.
type lessonJSON struct {
	Version      int                   `json:"version"`
	Title        string                `json:"title"`
	Heading      string                `json:"heading"`
	Intro        string                `json:"intro"`
	Source       string                `json:"source"`
	Notes        string                `json:"notes"`
	File         string                `json:"file"`  // it was opened from
	Trace        bool                  `json:"trace"` // a finished trace: nothing can be switched or commanded
	Variant      string                `json:"variant"`
	Variants     []variantJSON         `json:"variants"`
	Seed         uint64                `json:"seed"`
	Settings     []settingJSON         `json:"settings"`
	Stops        []stopJSON            `json:"stops"`
	EndUs        trace.Time            `json:"end_us"`
	Axis         []knotJSON            `json:"axis"`
	LanesHeight  float32               `json:"lanes_height"` // that they want
	LanesText    string                `json:"lanes_text"`   // what they show, for who cannot see it
	Terms        []termJSON            `json:"terms"`
	Marks        []markJSON            `json:"marks"`
	Acts         []actJSON             `json:"acts"`
	Branch       string                `json:"branch"`
	BranchName   string                `json:"branch_name"`
	Verdict      string                `json:"verdict"` // empty where nothing is expected of a trace
	Outcome      check.Outcome         `json:"outcome"`
	Linearizable *bool                 `json:"linearizable"`
	Expectations []scenes.ExpectReport `json:"expectations"`
	Operations   int                   `json:"operations"` // how many the state lists
	Checkable    int                   `json:"checkable"`  // how many of them have a model that they can be checked by
	Findings     []findingJSON         `json:"findings"`
	Units        []string              `json:"units"`
	Recorded     bool                  `json:"recorded"` // played from logs: no seed, no settings, no commands
	Import       int                   `json:"import"`   // the number of the trace that the logs were received as, 0 for a simulation
	Cluster      int                   `json:"cluster"`
	Group        string                `json:"group"`         // the raft group whose roles are shown
	BeginsUs     string                `json:"begins_us"`     // logs: when the trace began, in microseconds since 1970 UTC; empty for a simulation
	Date         string                `json:"date"`          // logs: the day on which it began, 2026-11-21
	HistoryMarks int                   `json:"history_marks"` // how many marks of a client history can be shown
}

type variantJSON struct {
	ID      string `json:"id"`
	Text    string `json:"text"`
	Outcome string `json:"outcome"`
}

type settingJSON struct {
	Key     string   `json:"key"`
	Type    string   `json:"type"`
	Default string   `json:"default"`
	Value   string   `json:"value"`
	Values  []string `json:"values"`
	Help    string   `json:"help"`
}

type stopJSON struct {
	Event    trace.EventID `json:"event"`
	AtUs     trace.Time    `json:"at_us"`
	Caption  string        `json:"caption"`
	Note     string        `json:"note"`
	Occurred bool          `json:"occurred"`
	Instead  string        `json:"instead"`
}

// knotJSON is a point of the tape's scale: a time and its place from 0 to 1.
type knotJSON struct {
	AtUs trace.Time `json:"at_us"`
	X    float64    `json:"x"`
}

type termJSON struct {
	AtUs trace.Time `json:"at_us"`
	Term uint64     `json:"term"`
}

// markJSON is a glyph below the tape.
type markJSON struct {
	AtUs  trace.Time `json:"at_us"`
	Kind  string     `json:"kind"` // pause, crash, election, finding, hand
	Text  string     `json:"text"`
	Title string     `json:"title"`
}

type findingJSON struct {
	Kind   string     `json:"kind"`
	Title  string     `json:"title"` // the kind in words
	Text   string     `json:"text"`
	FromUs trace.Time `json:"from_us"`
	ToUs   trace.Time `json:"to_us"`
	AtUs   trace.Time `json:"at_us"` // where a step by finding goes
	Alarm  bool       `json:"alarm"` // somebody was misled or a rule of raft is broken; the others are circumstances
	Rank   int        `json:"rank"`  // see rankOf
	About  bool       `json:"about"` // its time is that of its neighbours
	Refs   []string   `json:"refs"`  // lines, as file:number
	Scene  string     `json:"scene"` // that teaches it
}

// lesson describes the current run.
func (s *session) lesson() lessonJSON {
	run, report := s.run(), s.report
	b := s.branches[s.current]
	out := lessonJSON{
		Version: s.version, Title: s.scene.Title, Heading: heading(s.scene.ID, s.scene.Title), Intro: s.opening(),
		Source: s.scene.Source, Notes: s.scene.Notes, Group: run.Trace.Group(s.model.Group),
		Variant: run.Variant.ID, Seed: run.Seed, EndUs: run.Trace.End(), Terms: terms(run.Trace, s.model.Group),
		Marks: s.marks(), Branch: b.id, BranchName: b.name, Verdict: report.Verdict, Outcome: report.Outcome,
		Linearizable: report.Linearizable, Expectations: report.Expectations, Operations: len(report.Operations), Checkable: check.Checkable(run.Trace),
		Units: s.units(), Acts: []actJSON{}, Stops: []stopJSON{}, Findings: []findingJSON{},
		Variants: []variantJSON{}, Settings: []settingJSON{}, File: s.fileOf(), Trace: s.traced(),
		LanesHeight: s.lanes.Height(), LanesText: strings.Join(s.lanes.Sentences(), " "),
	}
	if c := s.capture(); c != nil {
		out.Recorded, out.Import, out.Cluster, out.HistoryMarks = true, c.Trace, s.cluster(), len(c.Marks)
		out.BeginsUs = strconv.FormatInt(c.begins(s.cluster()), 10)
		out.Date = c.date(s.cluster(), 0)
	}
	if s.traced() {
		out.Heading, out.Verdict = "Trace · "+s.file, ""
		if s.capture() != nil {
			out.Heading = "Logs · " + s.file
		}
	}
	for _, v := range s.scene.Variants {
		out.Variants = append(out.Variants, variantJSON{v.ID, v.Text, fmt.Sprint(v.Outcome)})
	}
	values := map[string]string{}
	for _, set := range run.Settings {
		values[set.Key] = set.Value
	}
	for _, set := range s.scene.Settings {
		out.Settings = append(out.Settings, settingJSON{set.Key, fmt.Sprint(set.Type), set.Default, values[set.Key],
			append([]string{}, set.Values...), set.Help})
	}
	events := stopEvents(run)
	for i, stop := range run.Stops {
		out.Stops = append(out.Stops, stopJSON{events[i], timeOf(run.Trace, events[i]), stop.Caption, stop.Note,
			stop.Occurred, stop.Instead})
	}
	out.Axis = axis(out)
	for _, a := range b.acts {
		out.Acts = append(out.Acts, actJSON{a.After, a.Command.String()})
	}
	if s.capture() != nil {
		out.Findings = s.found
		return out
	}
	for _, f := range run.Findings {
		j := findingJSON{Kind: f.Kind, Title: titleOf(f.Kind), Text: f.Text, FromUs: f.From, ToUs: f.To, AtUs: f.From, Alarm: s.alarming(f), Refs: []string{}}
		j.Rank = rankOf(j.Kind, j.Alarm)
		if len(f.Events) > 0 {
			j.AtUs = timeOf(run.Trace, f.Events[len(f.Events)-1])
		}
		out.Findings = append(out.Findings, j)
	}
	return out
}

// axis returns the scale that stage, tape and lanes share.
func axis(l lessonJSON) []knotJSON {
	var stops []trace.Time
	for _, stop := range l.Stops {
		stops = append(stops, stop.AtUs)
	}
	scale := view.NewAxis(l.EndUs, stops, 0, 1)
	times := append([]trace.Time{0, max(1, l.EndUs)}, stops...)
	slices.Sort(times)
	knots := []knotJSON{}
	for _, at := range slices.Compact(times) {
		knots = append(knots, knotJSON{at, scale.X(at)})
	}
	return knots
}

// heading writes a scene's id and title as the page's header does: KUDU-3266 · The stale leader.
func heading(id, title string) string {
	return strings.ToUpper(id) + " · " + title
}

// alarming tells what went wrong from the circumstances in which it did.
func (s *session) alarming(f check.Finding) bool {
	circumstances := []string{check.DualLeader, check.StaleLeader, check.BurntTerm}
	if !slices.Contains(contradictions(), f.Kind) {
		return !slices.Contains(circumstances, f.Kind)
	}
	for _, e := range slices.Backward(f.Events) {
		if s.run().Trace.Events[e].Kind == trace.Return {
			return s.model.Illegal[e]
		}
	}
	return false
}

func timeOf(t *trace.Trace, e trace.EventID) trace.Time {
	if e < 0 || int(e) >= len(t.Events) {
		return 0
	}
	return t.Events[e].At
}

// terms returns when each new leader's term began to count.
func terms(t *trace.Trace, g trace.GroupID) []termJSON {
	out, cursor, highest := []termJSON{}, t.Cursor(), uint64(0)
	for e := range trace.EventID(len(t.Events)) {
		for _, c := range t.Changes(e) {
			if c.Group != g || c.Field != trace.FieldRole || c.Forget || trace.Role(c.Value) != trace.Leader {
				continue
			}
			cursor.Seek(e)
			term, ok := cursor.Node(c.Node).In(g).Term.Get()
			if ok && term > highest {
				highest = term
				out = append(out, termJSON{t.Events[e].At, term})
			}
		}
	}
	return out
}

// marks lists faults, elections, findings and commands given by hand, by time.
func (s *session) marks() []markJSON {
	run := s.run()
	t := run.Trace
	out := []markJSON{}
	for _, e := range t.Events {
		name := func() string { return t.Node(e.Node).Name }
		switch {
		case e.Kind == trace.Pause && e.Node != 0:
			out = append(out, markJSON{e.At, "pause", name(), name() + " is paused"})
		case e.Kind == trace.Crash && e.Node != 0:
			out = append(out, markJSON{e.At, "crash", name(), name() + " crashes"})
		case e.Kind == trace.Elected && e.Group == s.model.Group:
			out = append(out, markJSON{e.At, "election", fmt.Sprintf("t%d", e.Term), fmt.Sprintf("%s is elected in term %d", name(), e.Term)})
		}
	}
	for e := range s.model.Illegal {
		out = append(out, markJSON{t.Events[e].At, "finding", "illegal", "an illegal answer"})
	}
	for _, a := range s.branches[s.current].acts {
		out = append(out, markJSON{timeOf(t, a.After), "hand", a.Command.Verb, "by hand: " + a.Command.String()})
	}
	slices.SortStableFunc(out, func(a, b markJSON) int { return int(a.AtUs - b.AtUs) })
	return out
}

// catalogueJSON is one entry of the scene picker.
type catalogueJSON struct {
	ID      string `json:"id"`
	Heading string `json:"heading"`
	Kind    string `json:"kind"`
	Title   string `json:"title"`
	Source  string `json:"source"`
}

func (s *session) entries() []catalogueJSON {
	out := []catalogueJSON{}
	for _, e := range s.catalogue {
		words := heading(e.ID, e.Title)
		if e.file != "" {
			words += " (" + e.file + ")"
		}
		out = append(out, catalogueJSON{e.ID, words, e.Kind, e.Title, e.Source})
	}
	return out
}
