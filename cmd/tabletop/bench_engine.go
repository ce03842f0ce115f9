package main

import (
	"runtime"
	"time"

	"tabletop/engine"
	"tabletop/engine/trace"
	"tabletop/scenes"
)

// benchEngine measures the simulator on one core. The budget is that of the platform it runs on.
func benchEngine(b *bencher) ([]figure, error) {
	steps, runs, rounds := b.size(100_000, 1000), b.size(50, 2), b.size(12, 1)
	b.say("engine: %d kernel events of an idle cluster, with and without its trace, %d times", steps, rounds)
	sc, err := scenes.Find(benchScene)
	if err != nil {
		return nil, err
	}
	var failed error
	recorded := 0
	idle := func(outline bool) func() {
		return func() {
			c, err := engine.New(engine.Config{System: "kudu", Masters: []string{"A", "B", "C"}, Clients: []string{"client"},
				Header: trace.Header{Seed: 1}, Outline: outline})
			if err != nil {
				failed = err
				return
			}
			for range steps {
				c.Step()
			}
			recorded = c.Record().Len()
		}
	}
	run := func() {
		for i := range uint64(runs) {
			if _, err := sc.Run(scenes.Options{Seed: i + 1}); err != nil {
				failed = err
			}
		}
	}
	var took []time.Duration
	alone(func() { took = fastest(rounds, run, idle(true), idle(false)) })
	if failed != nil {
		return nil, failed
	}
	rate := func(d time.Duration) float64 { return float64(steps) / d.Seconds() / 1e6 }
	return []figure{
		measured("engine", rate(took[1]), "M events/s", "kernel events of three idle masters, an outline kept, as a hunt does").
			least(engineBudget()),
		measured("engine-trace", rate(took[2]), "M events/s", "the same with the whole trace, as the page does; %.1f trace "+
			"events for each kernel event", float64(recorded)/float64(steps)).against(rate(took[1]), "engine"),
		measured("engine-run", took[0].Seconds()*1000/float64(runs), "ms", "one run of %s with its trace, checks and hash",
			benchScene),
	}, nil
}

// engineBudget is what the engine should reach here, in millions of events a second.
func engineBudget() float64 {
	if runtime.GOOS == "js" {
		return 1
	}
	return 4
}
