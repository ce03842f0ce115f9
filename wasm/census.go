package main

import (
	"fmt"

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

// words say the share, with how far the count has come while it goes on.
func (c *census) words() string {
	if c.done < censusSeeds {
		return fmt.Sprintf("%d of the first %d seeds end so, counting", c.same, c.done)
	}
	return fmt.Sprintf("%d of seeds 1–%d end so", c.same, censusSeeds)
}
