package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/scenes"
)

// entry is a scene that can be opened.
type entry struct {
	*scenes.Scene
	file string // it was opened from, empty for a scene that the page came with
}

// isTrace tells a trace from a scene by its content, as the command line does: a JSON object comes first.
func isTrace(text string) bool {
	return strings.HasPrefix(strings.TrimLeft(text, "\ufeff \t\r\n"), "{")
}

func parseScene(f file) (*scenes.Scene, error) {
	sc, err := scenes.Parse(f.Name, []byte(f.Text))
	if err != nil {
		return nil, err
	}
	if sc.ID == "" {
		return nil, fmt.Errorf("%s: the scene has no id: a line such as \"id my-scene\" is expected in its section scene", f.Name)
	}
	return sc, nil
}

// offer adds the scene files that the server was given; none takes the place of another scene.
func (s *session) offer(x intent) error {
	for _, f := range x.Files {
		sc, err := parseScene(f)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(s.catalogue, func(have entry) bool { return have.ID == sc.ID }) {
			return fmt.Errorf("%s: there already is a scene with the id %s", f.Name, sc.ID)
		}
		s.catalogue = append(slices.Clone(s.catalogue), entry{Scene: sc})
	}
	s.version++
	return nil
}

// openFiles opens files that a person gave; the last one is shown. A scene with a known id takes its place, so that a
// file can be changed and opened again; the list of scenes says that it is from a file.
func (s *session) openFiles(x intent) error {
	for _, f := range x.Files {
		if isTrace(f.Text) {
			if err := s.openTrace(f); err != nil {
				return err
			}
			continue
		}
		sc, err := parseScene(f)
		if err != nil {
			return err
		}
		rest := slices.DeleteFunc(slices.Clone(s.catalogue), func(have entry) bool { return have.ID == sc.ID })
		s.catalogue = append(rest, entry{sc, f.Name})
		o, err := optionsOf(x)
		if err != nil {
			return err
		}
		if err := s.open(sc, o); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return s.redo(x.Acts)
}

// openTrace shows a trace that was written earlier. It is finished: nothing in it can be changed.
func (s *session) openTrace(f file) error {
	t, err := trace.Read(strings.NewReader(f.Text))
	if err != nil {
		return fmt.Errorf("%s: %w", f.Name, err)
	}
	report, h := check.Check(t), t.Header
	run := &scenes.Run{
		Scene:   &scenes.Scene{ID: h.Scene, Title: f.Name, System: h.System, Source: f.Name},
		Variant: scenes.Variant{ID: h.Variant}, Seed: h.Seed, Settings: h.Settings, Trace: t,
		Findings: report.Findings, Outcome: check.OutcomeOf(t), Linearizable: report.Linearizable, Hash: trace.Hash(t),
	}
	logged := slices.ContainsFunc(t.Events, func(e trace.Event) bool { return e.Prov != trace.Simulated })
	s.captures = nil
	s.show(run.Scene, scenes.Options{Seed: h.Seed}, run, origin{f.Name, logged})
	return nil
}

// traced reports whether a trace from a file is shown, and not a run of a scene.
func (s *session) traced() bool { return s.file != "" }

// finished refuses what only a run of a scene can do.
func (s *session) finished() error {
	if s.scene != nil && s.scene.Kind == scenes.Recorded {
		return fmt.Errorf("%s is recorded: it takes no commands", s.scene.ID)
	}
	if s.capture() != nil {
		return errors.New("logs tell what happened: nothing in them can be commanded")
	}
	if s.traced() {
		return fmt.Errorf("%s is a trace: it has its variant, seed and settings already, and takes no commands", s.file)
	}
	return nil
}

// fileOf returns the file that what is shown was opened from, empty if there was none.
func (s *session) fileOf() string {
	if s.traced() {
		return s.file
	}
	for _, e := range s.catalogue {
		if e.Scene == s.scene {
			return e.file
		}
	}
	return ""
}

// sentence tells one event of a trace, which has no captions of its own.
func sentence(t *trace.Trace, id trace.EventID) string {
	e := t.Events[id]
	name := func(n trace.NodeID) string {
		if n == 0 || int(n) > len(t.Nodes()) {
			return "the cluster"
		}
		return t.Node(n).Name
	}
	if e.Kind == trace.LeaderKnown && e.Peer != 0 {
		return fmt.Sprintf("%s learns that %s leads term %d.", name(e.Node), name(e.Peer), e.Term)
	}
	words, text := name(e.Node)+": "+strings.ReplaceAll(e.Kind.String(), "-", " "), t.Text(e.Text)
	switch {
	case text != "" && e.Kind == trace.Note:
		words = name(e.Node) + ": " + text
	case text != "":
		words += ", " + text
	}
	if e.Peer != 0 && e.Kind != trace.Note {
		link := " with "
		switch {
		case e.Kind.IsSend():
			link = " to "
		case e.Kind == trace.Arrive || e.Kind == trace.Receive || e.Kind == trace.Drop:
			link = " from "
		}
		words += "," + link + name(e.Peer)
	}
	if e.Term != 0 {
		words += fmt.Sprintf(", term %d", e.Term)
	}
	return words + "."
}

func lead(t *trace.Trace) string {
	h := t.Header
	words := fmt.Sprintf("A finished trace of %d events", len(t.Events))
	if h.Scene != "" {
		words += fmt.Sprintf(": scene %s, variant %s, seed %d", h.Scene, h.Variant, h.Seed)
	}
	return words + "."
}
