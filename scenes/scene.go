// Package scenes are lessons as files: what a cluster consists of, which causes a script gives it, at which moments the
// lesson stops and what it claims there.
//
// Effects are never scripted: every stop and expectation is a condition that the running engine meets or does not. The
// package never draws and never reads a clock.
//
//	scene, err := scenes.Find("kudu-3266")
//	run, err := scene.Run(scenes.Options{Variant: "read-index"})
//	run.Report().Outcome // clean
package scenes

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"tabletop/engine"
	"tabletop/engine/check"
)

// Scene is a parsed scene file.
type Scene struct {
	ID             string
	Title          string
	System         string
	Kind           string // simulation or recorded
	Source         string // the ticket
	Seed           uint64
	Masters        []string
	Joining        []string // masters that are no members yet, and do not run
	Servers        []string // tablet servers
	Clients        []string
	Variants       []Variant
	DefaultVariant string
	Settings       []engine.Setting
	Notes          string // what is modelled and what is not
	script         []line
}

// Variant is one way to run a scene, and how it is expected to end.
type Variant struct {
	ID           string
	Text         string
	Outcome      check.Outcome
	Linearizable bool
	set          engine.Settings
	cluster      int // of a recorded scene
}

// Cluster is which cluster of a recorded scene's logs the variant shows.
func (v Variant) Cluster() int { return v.cluster }

// UsageError is a choice that a scene does not offer.
type UsageError struct{ message string }

func (e *UsageError) Error() string { return e.message }

func usage(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }

//go:embed *.scene
var files embed.FS

// Catalogue returns the scenes that come with the program, in the order of their ids.
func Catalogue() []*Scene {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic("scenes: " + err.Error())
	}
	all := make([]*Scene, 0, len(entries))
	for _, e := range entries {
		source, err := files.ReadFile(e.Name())
		if err != nil {
			panic("scenes: " + err.Error())
		}
		s, err := Parse(path.Base(e.Name()), source)
		if err != nil {
			panic("scenes: " + err.Error()) // a test parses them all
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *Scene) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// Find returns the scene with the given id.
func Find(id string) (*Scene, error) {
	var ids []string
	for _, s := range Catalogue() {
		if s.ID == id {
			return s, nil
		}
		ids = append(ids, s.ID)
	}
	return nil, usage("unknown scene %q: want one of %s", id, strings.Join(ids, ", "))
}

// Variant returns the variant with the given id, the default one for an empty id.
func (s *Scene) Variant(id string) (Variant, error) {
	if id == "" {
		id = s.DefaultVariant
	}
	ids := make([]string, 0, len(s.Variants))
	for _, v := range s.Variants {
		if v.ID == id {
			return v, nil
		}
		ids = append(ids, v.ID)
	}
	return Variant{}, usage("unknown variant %q of %s: want one of %s", id, s.ID, strings.Join(ids, ", "))
}

// Steps returns the number of caption stops in the default variant.
func (s *Scene) Steps() int {
	n := 0
	for _, l := range s.script {
		if l.stop != nil && l.in(s.DefaultVariant) {
			n++
		}
	}
	return n
}

// traced reports whether the variant's script asks for what only a whole trace tells.
func (s *Scene) traced(variant string) bool {
	return slices.ContainsFunc(s.script, func(l line) bool {
		return l.in(variant) && slices.ContainsFunc(l.conditions(), condition.traced)
	})
}
