package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"tabletop/engine/trace"
	"tabletop/scenes"
)

// huntFlags are what a hunt can be told.
type huntFlags struct {
	options     scenes.Options
	from, seeds uint64
	check       bool
	asJSON      bool
	part        bool // of a hunt that runs in several processes: print the tally, with progress in between
}

// maxSeeds bounds a hunt: more would not fit in memory, and no one would wait for it.
const maxSeeds = 10_000_000

func huntScene(args []string, s streams) error {
	f, target, err := huntArgs(args)
	if err != nil {
		return err
	}
	sc, _, err := sceneOf(target)
	if err != nil {
		return err
	}
	if sc == nil {
		return usagef("hunt: %s is a trace: a scene is expected", target)
	}
	if _, err := sc.Measure(f.options); err != nil {
		return asUsage(err)
	}
	if f.part {
		return huntPart(sc, f, s.out)
	}
	start := time.Now()
	tally, err := huntAll(sc, f, target, s)
	if err != nil {
		return err
	}
	report, err := tally.Report(sc, f.options)
	if err != nil {
		return err
	}
	report.WallUS = time.Since(start).Microseconds()
	if f.asJSON {
		return printJSON(s.out, report)
	}
	summarizeHunt(s.out, report)
	return nil
}

func huntArgs(args []string) (huntFlags, string, error) {
	set := flags("hunt")
	var f huntFlags
	set.StringVar(&f.options.Variant, "variant", "", "variant of the scene")
	set.Func("set", "KEY=VALUE", setting(&f.options))
	set.Uint64Var(&f.seeds, "seeds", 1000, "how many seeds")
	set.Uint64Var(&f.from, "from", 1, "the first seed")
	set.BoolVar(&f.check, "check", false, "judge raft's invariants too")
	set.BoolVar(&f.asJSON, "json", false, "print JSON")
	set.BoolVar(&f.part, "part", false, "")
	rest, err := parse(set, args)
	if err != nil {
		return f, "", err
	}
	if len(rest) != 1 {
		return f, "", usagef("hunt: one scene or file is expected, not %d; valid scenes: %s", len(rest), sceneIDs())
	}
	if f.seeds == 0 || f.seeds > maxSeeds || f.from == 0 || f.from > scenes.MaxSeed-maxSeeds {
		return f, "", usagef("hunt: --seeds from 1 to %d and --from at least 1 are expected", maxSeeds)
	}
	return f, rest[0], nil
}

// huntPart runs some seeds of a hunt and prints a line for every hundred, then the tally.
func huntPart(sc *scenes.Scene, f huntFlags, out io.Writer) error {
	tally, err := huntSeeds(sc, f, func(runs int) { fmt.Fprintln(out, runs) })
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(tally)
}

func huntSeeds(sc *scenes.Scene, f huntFlags, progress func(runs int)) (scenes.Tally, error) {
	// A run leaves a few hundred kilobytes of garbage and nothing else: collecting it eight times less often costs a few
	// megabytes and saves a fifth of the time.
	defer debug.SetGCPercent(debug.SetGCPercent(800))
	var tally scenes.Tally
	for i := range f.seeds {
		o := f.options
		o.Seed = f.from + i
		if !f.check {
			sample, err := sc.Measure(o)
			if err != nil {
				return tally, err
			}
			tally.Add(sample)
		} else {
			sample, violated, err := sc.Judge(o)
			if err != nil {
				return tally, err
			}
			tally.Add(sample)
			for _, v := range violated {
				tally.Violations = append(tally.Violations, fmt.Sprintf("seed %d: %s: %s", o.Seed, v.Kind, v.Text))
			}
		}
		if i%100 == 99 {
			progress(int(i + 1))
		}
	}
	return tally, nil
}

// summarizeHunt prints a hunt for people.
func summarizeHunt(w io.Writer, r scenes.HuntReport) {
	share := func(n int) string { return fmt.Sprintf("%d (%.1f %%)", n, 100*float64(n)/float64(r.Runs)) }
	fmt.Fprintf(w, "%s  %s, %d runs in %s\n", r.Scene, r.Variant, r.Runs, time.Duration(r.WallUS)*time.Microsecond)
	fmt.Fprintf(w, "  anomalies %s, time-outs %s, clean %s\n", share(r.Anomalies), share(r.Timeouts), share(r.Clean))
	fmt.Fprintf(w, "  not linearizable %s, as documented %s, expectations failed %d\n", share(r.NotLinearizable),
		share(r.AsDocumented), r.ExpectationsFailed)
	m := r.Measures
	distribution(w, "failover", m.FailoverUS)
	distribution(w, "failover with burnt terms", m.BurntFailoverUS)
	distribution(w, "resume to step-down", m.StepDownUS)
	distribution(w, "resume to last stale answer", m.StaleWindowUS)
	fmt.Fprintf(w, "  reads after the resume %d, of them stale %d\n", m.Reads, m.StaleReads)
	for _, v := range r.Violations {
		fmt.Fprintf(w, "  VIOLATED %s\n", v)
	}
}

func distribution(w io.Writer, what string, d *scenes.Distribution) {
	if d == nil {
		return
	}
	ms := func(t trace.Time) string { return fmt.Sprintf("%.1f", float64(t)/1000) }
	fmt.Fprintf(w, "  %s: %s / %s / %s / %s ms (min, p50, p90, max; n = %d)\n", what, ms(d.Min), ms(d.P50), ms(d.P90),
		ms(d.Max), d.N)
}
