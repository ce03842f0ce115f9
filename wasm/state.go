package main

import (
	"slices"
	"strconv"
	"strings"

	"tabletop/engine/trace"
	"tabletop/render/view"
	"tabletop/scenes"
)

// stateJSON is what window.tabletop.state() answers. Fields are added, never renamed.
type stateJSON struct {
	Source     string                   `json:"source"`
	Scene      string                   `json:"scene"`
	File       string                   `json:"file"`  // it was opened from
	Trace      bool                     `json:"trace"` // a finished trace is shown, and not a run
	Variant    string                   `json:"variant"`
	Seed       uint64                   `json:"seed"`
	SeedText   string                   `json:"seed_text"` // with all its digits: a trace of another producer may have more than a script can hold
	Settings   map[string]string        `json:"settings"`
	Unit       string                   `json:"unit"`
	Step       int                      `json:"step"`
	Steps      int                      `json:"steps"`
	Event      trace.EventID            `json:"event"`
	Events     int                      `json:"events"`
	AtUs       trace.Time               `json:"at_us"`
	EventAtUs  trace.Time               `json:"event_at_us"`
	Playing    bool                     `json:"playing"`
	Moving     bool                     `json:"moving"`
	AtEnd      bool                     `json:"at_end"`
	Caption    string                   `json:"caption"`
	Twin       string                   `json:"twin"`
	Branch     string                   `json:"branch"`
	Branches   []branchJSON             `json:"branches"`
	TraceHash  string                   `json:"trace_hash"`
	Error      string                   `json:"error"`
	Cluster    int                      `json:"cluster"`
	Selected   string                   `json:"selected"`
	Nodes      []nodeJSON               `json:"nodes"`
	Operations []scenes.OperationReport `json:"operations"`
	Findings   []scenes.FindingReport   `json:"findings"`
	Questions  []scenes.QuestionReport  `json:"questions"`
	Asked      bool                     `json:"asked"` // a question waits for its answer; what comes is not shown
	Slider     float64                  `json:"slider"`
	SpeedWords string                   `json:"speed_words"`
	Version    int                      `json:"version"`
	Lanes      lanesJSON                `json:"lanes"`
	Wall       *wallJSON                `json:"wall"`   // nil for a simulation
	Marked     bool                     `json:"marked"` // the marks of the client history are shown
	Frame      frameJSON                `json:"frame"`
}

type branchJSON struct {
	ID     string     `json:"id"`
	Name   string     `json:"name"`
	Parent string     `json:"parent"`
	AtUs   trace.Time `json:"at_us"`
}

type frameJSON struct {
	DrawP50 float64 `json:"draw_ms_p50"`
	DrawP95 float64 `json:"draw_ms_p95"`
	Frames  int     `json:"frames"`
	Backend string  `json:"backend"`
}

type nodeJSON struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	Kind    string     `json:"kind"`
	Role    string     `json:"role"`
	Term    *uint64    `json:"term"`
	Leader  *string    `json:"leader"` // whom it believes to lead, empty for nobody; nil when it is not known
	Process string     `json:"process"`
	Cells   []cellJSON `json:"cells"`
	// Groups are the raft groups of the selected node beside the one whose roles are shown.
	Groups []groupJSON `json:"groups"`
	X      float32     `json:"x"` // on the stage, CSS pixels from its upper left corner
	Y      float32     `json:"y"`
}

// groupJSON is what a node is in a raft group.
type groupJSON struct {
	Group string  `json:"group"`
	Role  string  `json:"role"`
	Term  *uint64 `json:"term"`
}

type cellJSON struct {
	Group       string        `json:"group"`
	Shelf       string        `json:"shelf"`
	Key         string        `json:"key"`
	Value       string        `json:"value"`
	SourceEvent trace.EventID `json:"source_event"`
	SinceUs     trace.Time    `json:"since_us"`
	From        string        `json:"from"`   // the source in words
	Needed      bool          `json:"needed"` // a task of the node waits for this value
}

// state describes the place shown.
func (s *session) state() stateJSON {
	out := stateJSON{Source: "simulation", Settings: map[string]string{}, Branches: []branchJSON{}, Nodes: []nodeJSON{},
		Operations: []scenes.OperationReport{}, Findings: []scenes.FindingReport{}, Questions: []scenes.QuestionReport{}, Event: trace.NoEvent, Error: s.err,
		Version: s.version, Selected: s.selectedID()}
	if s.player == nil {
		return out
	}
	run, p := s.run(), s.player
	out.Scene, out.Variant, out.Seed = run.Scene.ID, run.Variant.ID, run.Seed
	out.SeedText = strconv.FormatUint(run.Seed, 10)
	if s.captured {
		out.Source = "log"
	}
	if s.capture() != nil {
		out.Cluster = s.cluster()
	}
	for _, set := range run.Settings {
		out.Settings[set.Key] = set.Value
	}
	out.Unit = p.Unit().String()
	out.Step, out.Steps = s.steps()
	out.File, out.Trace = s.fileOf(), s.traced()
	out.Event, out.AtUs = p.Position()
	out.Events = len(run.Trace.Events)
	if out.Event >= 0 {
		out.EventAtUs = run.Trace.Events[out.Event].At
	}
	out.Playing, out.Moving = p.Playing(), p.Moving()
	out.AtEnd = int(out.Event) == out.Events-1 && out.AtUs >= run.Trace.End()
	out.TraceHash = run.Hash
	out.Branch = s.branches[s.current].id
	for _, b := range s.branches {
		parent := ""
		if b.parent >= 0 {
			parent = s.branches[b.parent].id
		}
		out.Branches = append(out.Branches, branchJSON{b.id, b.name, parent, b.at})
	}
	out.Nodes = s.nodes()
	out.Caption = s.caption(out)
	out.Twin = strings.Join(s.model.Sentences(s.layout), " ")
	out.Operations, out.Findings, out.Questions = s.report.Operations, s.report.Findings, s.report.Questions
	out.Asked = s.model.Asked
	out.Lanes = s.scale()
	out.Wall, out.Marked = s.wall(out.AtUs), s.marked
	out.Slider, out.SpeedWords = p.Slider(), p.SpeedWords()
	return out
}

// caption is the sentence of the stop last reached; a stop that did not occur tells what happened instead.
func (s *session) caption(st stateJSON) string {
	switch {
	case st.Step == 0:
		return s.opening()
	case s.traced():
		if found := s.foundHere(); found != "" {
			return found
		}
		return sentence(s.run().Trace, st.Event)
	}
	stop := s.run().Stops[st.Step-1]
	if !stop.Occurred {
		return stop.Instead
	}
	return stop.Caption
}

// opening is the caption before the first stop.
func (s *session) opening() string {
	switch {
	case s.traced() && s.capture() != nil:
		if who := serversOf(s.capture().whole, s.cluster(), 12); who != "" {
			return "Logs of " + who + "."
		}
		return "What clients did; there is no log of a node."
	case s.traced():
		return lead(s.run().Trace)
	}
	return strings.TrimSuffix(s.run().Variant.Text, ".") + "."
}

func (s *session) nodes() []nodeJSON {
	t, cursor := s.run().Trace, s.player.Cursor()
	nodes := make([]nodeJSON, 0, len(t.Nodes()))
	for i, n := range t.Nodes() {
		state := cursor.Node(trace.NodeID(i + 1))
		out := nodeJSON{ID: n.ID, Name: n.Name, Kind: n.Kind.String(), Process: "unknown", Cells: []cellJSON{}, Groups: []groupJSON{}}
		if v, ok := state.Process.Get(); ok {
			out.Process = trace.Process(v).String()
		}
		if g := state.In(s.model.Group); g != nil {
			if v, ok := g.Role.Get(); ok {
				out.Role = trace.Role(v).String()
			}
			if v, ok := g.Term.Get(); ok {
				out.Term = &v
			}
			if v, ok := g.Leader.Get(); ok && int(v) <= len(t.Nodes()) {
				out.Leader = new("")
				if v != 0 {
					*out.Leader = t.Node(trace.NodeID(v)).Name
				}
			}
		}
		if s.model.Selected == trace.NodeID(i+1) {
			out.Groups = s.groups(state)
		}
		needed := view.Needed(t, state)
		for _, c := range state.Cells {
			cell := cellJSON{Group: t.Group(c.Group), Shelf: c.Shelf.String(), Key: t.Text(c.Key), Value: t.Text(c.Text),
				SourceEvent: c.Source, From: view.Source(t, c.Source)}
			cell.Needed = c.Shelf == trace.Memory && slices.Contains(needed, cell.Key)
			if c.Source >= 0 {
				cell.SinceUs = t.Events[c.Source].At
			}
			out.Cells = append(out.Cells, cell)
		}
		for _, place := range s.layout.Places {
			if int(place.Node) == i+1 {
				out.X, out.Y = place.At.X, place.At.Y
			}
		}
		nodes = append(nodes, out)
	}
	return nodes
}

// groups tells what a node is in the raft groups that the stage does not show.
func (s *session) groups(state *trace.NodeState) []groupJSON {
	all := []groupJSON{}
	for i := range state.Groups {
		g := &state.Groups[i]
		if g.Group == s.model.Group {
			continue
		}
		j := groupJSON{Group: s.run().Trace.Group(g.Group)}
		if v, ok := g.Role.Get(); ok {
			j.Role = trace.Role(v).String()
		}
		if v, ok := g.Term.Get(); ok {
			j.Term = &v
		}
		all = append(all, j)
	}
	return all
}
