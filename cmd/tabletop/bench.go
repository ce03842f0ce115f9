package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

// benchRow is one benchmark: an independent function that measures one or more figures. A new one needs a line in
// benchRows and nothing else.
type benchRow struct {
	name string
	help string
	run  func(b *bencher) ([]figure, error)
}

func benchRows() []benchRow {
	return []benchRow{
		{"hunt", "runs of kudu-3266 a second, on all cores and on one, and what raft alone takes of that", benchHunt},
		{"engine", "kernel events a second of a cluster of three masters, and one whole run of kudu-3266", benchEngine},
		{"catalog", "simulated seconds a second of 3 masters, 20 tablet servers and 200 tablets, and memory for each event", benchCatalog},
		{"frame", "processor time of a frame at 1280×720 with 5 masters, 20 servers and many messages", benchFrame},
		{"seek", "going to random instants of a trace of a million events, and what it holds in memory", benchSeek},
		{"import", "from the logs of three masters to a trace: bytes a second, memory, and beside lnav", benchImport},
		{"node", "engine, catalog, frame, seek and import again as WebAssembly, in node", benchNode},
	}
}

// figure is one measured number. Ratio is Value over what Of names; Budget is in the unit of Value.
type figure struct {
	Name    string   `json:"name"`
	Value   *float64 `json:"value"` // null if the row was skipped
	Unit    string   `json:"unit"`
	Ratio   *float64 `json:"ratio"`
	Of      string   `json:"of"`
	Budget  *float64 `json:"budget"`
	Bound   string   `json:"bound,omitempty"` // of the budget: least or most
	OK      *bool    `json:"ok"`
	What    string   `json:"what"`
	Skipped string   `json:"skipped,omitempty"` // why
}

func measured(name string, value float64, unit, what string, args ...any) figure {
	return figure{Name: name, Value: &value, Unit: unit, What: fmt.Sprintf(what, args...)}
}

// against sets what the figure is compared with.
func (f figure) against(value float64, of string) figure {
	f.Ratio, f.Of = new(*f.Value/value), of
	return f
}

// least sets a budget that the figure should reach.
func (f figure) least(budget float64) figure {
	f.Budget, f.Bound, f.OK = &budget, "least", new(*f.Value >= budget)
	return f
}

// most sets a budget that the figure should not exceed.
func (f figure) most(budget float64) figure {
	f.Budget, f.Bound, f.OK = &budget, "most", new(*f.Value <= budget)
	return f
}

// bencher is what a row gets: how much to do, and where to say what it is doing.
type bencher struct {
	tiny bool // as little as gives a figure, for tests
	err  io.Writer
}

// size returns how much to do.
func (b *bencher) size(full, tiny int) int {
	if b.tiny {
		return tiny
	}
	return full
}

// say tells what takes time now.
func (b *bencher) say(format string, args ...any) {
	fmt.Fprintf(b.err, "bench: "+format+"\n", args...)
}

// alone has a function run on one core, on a heap without the rows before it. The garbage collector has no core of its
// own there either, as in a browser.
func alone(f func()) {
	runtime.GC()
	debug.FreeOSMemory()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	f()
}

// fastest returns the least time that each of several functions took in a number of rounds of all of them: what else
// runs on the machine can only make them slower.
func fastest(rounds int, work ...func()) []time.Duration {
	began := time.Now()
	return least(func() time.Duration { return time.Since(began) }, rounds, work)
}

// cheapest is fastest by the time that processors work for this process, for work that takes longer than a busy machine
// lets a process run undisturbed.
func cheapest(rounds int, work ...func()) []time.Duration { return least(processorTime, rounds, work) }

func least(clock func() time.Duration, rounds int, work []func()) []time.Duration {
	best := make([]time.Duration, len(work))
	for range rounds {
		for i, f := range work {
			began := clock()
			f()
			if took := max(1, clock()-began); best[i] == 0 || took < best[i] {
				best[i] = took
			}
		}
	}
	return best
}

// quantile returns the value below which a part of the durations lies, in milliseconds.
func quantile(all []time.Duration, part float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	return float64(sorted[min(len(sorted)-1, int(part*float64(len(sorted))))].Nanoseconds()) / 1e6
}

func benchmark(args []string, s streams) error {
	set := flags("bench")
	list := set.Bool("list", false, "list the benchmarks")
	asJSON := set.Bool("json", false, "print JSON")
	tiny := set.Bool("tiny", false, "")
	names, err := parse(set, args)
	if err != nil {
		return err
	}
	rows, err := chosenRows(names)
	if err != nil {
		return err
	}
	if *list {
		for _, r := range rows {
			fmt.Fprintf(s.out, "%-8s %s\n", r.name, r.help)
		}
		return nil
	}
	b := &bencher{tiny: *tiny, err: s.err}
	figures := []figure{}
	for _, r := range rows {
		some, err := r.run(b)
		if err != nil {
			return fmt.Errorf("bench: %s: %w", r.name, err)
		}
		figures = append(figures, some...)
		if !*asJSON {
			printFigures(s.out, some)
		}
	}
	if *asJSON {
		return printJSON(s.out, figures)
	}
	return nil
}

// chosenRows returns the named rows in the table's order, all if none is named.
func chosenRows(names []string) ([]benchRow, error) {
	all := benchRows()
	valid := make([]string, 0, len(all))
	for _, r := range all {
		valid = append(valid, r.name)
	}
	for _, n := range names {
		if !slices.Contains(valid, n) {
			return nil, usagef("bench: unknown benchmark %q; valid: %s", n, strings.Join(valid, ", "))
		}
	}
	if len(names) == 0 {
		return all, nil
	}
	return slices.DeleteFunc(all, func(r benchRow) bool { return !slices.Contains(names, r.name) }), nil
}

// printFigures prints a line for each figure: its name, the figure, its budget, its ratio, and of what it is.
func printFigures(w io.Writer, figures []figure) {
	for _, f := range figures {
		if f.Value == nil {
			fmt.Fprintf(w, "%-20s %18s  %s\n", f.Name, "skipped", f.Skipped)
			continue
		}
		budget, ratio := "", ""
		if f.Budget != nil {
			budget = map[string]string{"least": "≥ ", "most": "≤ "}[f.Bound] + readable(*f.Budget) +
				map[bool]string{true: " ✓", false: " ✗"}[*f.OK]
		}
		if f.Ratio != nil {
			ratio = readable(*f.Ratio) + " × " + f.Of
		}
		fmt.Fprintf(w, "%-20s %18s  %-14s %-24s %s\n", f.Name, readable(*f.Value)+" "+f.Unit, budget, ratio, f.What)
	}
}

// readable prints three digits or more, thousands apart.
func readable(v float64) string {
	switch {
	case v < 0.01:
		return strconv.FormatFloat(v, 'g', 2, 64)
	case v < 10:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 100:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	digits := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
