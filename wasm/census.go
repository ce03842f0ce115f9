package main

import (
	"fmt"
	"strings"

	"tabletop/engine/check"
	"tabletop/scenes"
)

// censusSeeds is how many seeds the share beside the seed speaks of: 1 to this.
const censusSeeds = 1000

// census counts how many seeds end as the run that is shown does, under the same variant and settings. It runs one seed
// at a time, so that the page stays responsive between them.
type census struct {
	scene        *scenes.Scene
	options      scenes.Options
	outcome      check.Outcome
	linearizable bool
	done, same   int
}

// newCensus returns the census that belongs to a run without commands by hand.
func newCensus(run *scenes.Run, o scenes.Options) *census {
	o.Acts = nil
	return &census{scene: run.Scene, options: o, outcome: run.Outcome,
		linearizable: run.Linearizable != nil && *run.Linearizable}
}

// step runs the next seed. It returns false when all have been run.
func (c *census) step() bool {
	if c.done >= censusSeeds {
		return false
	}
	o := c.options
	o.Seed = uint64(c.done + 1)
	c.done++
	sample, err := c.scene.Measure(o)
	if err == nil && sample.Outcome == c.outcome && sample.Linearizable != nil &&
		*sample.Linearizable == c.linearizable {
		c.same++
	}
	return c.done < censusSeeds
}

// key tells whether a census is that of a scene, variant, settings and ending.
func (c *census) key() string {
	return fmt.Sprint(c.scene.ID, c.options.Variant, c.options.Settings, c.outcome, c.linearizable)
}

// censusJSON is how far a census has come.
type censusJSON struct {
	Same     int    `json:"same"`
	Done     int    `json:"done"`
	Of       int    `json:"of"`
	Outcome  string `json:"outcome"`
	Settings string `json:"settings"` // a share is never shown without them
}

// count goes on with the census of the original run until a time limit, in microseconds, has passed. It is nil for a
// trace, which has no other seeds.
func (s *session) count(now func() int64, limit int64) *censusJSON {
	if s.file != "" || s.captured || len(s.branches) == 0 {
		return nil
	}
	fresh := newCensus(s.branches[0].run, s.options)
	if s.censuses == nil {
		s.censuses = map[string]*census{}
	}
	c := s.censuses[fresh.key()]
	if c == nil {
		c = fresh
		s.censuses[c.key()] = c
	}
	for end := now() + limit; now() < end && c.step(); {
	}
	words := make([]string, 0, len(s.branches[0].run.Settings))
	for _, k := range s.branches[0].run.Settings {
		if k.Value != "" {
			words = append(words, k.Key+" "+k.Value)
		}
	}
	return &censusJSON{c.same, c.done, censusSeeds, string(c.outcome), strings.Join(words, ", ")}
}
