package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"tabletop/scenes"
)

// huntAll runs a hunt: a short one here, a long one in as many processes as there are processors. Engines in one process
// must take turns, since raft has one source of randomness for all.
func huntAll(sc *scenes.Scene, f huntFlags, target string, s streams) (scenes.Tally, error) {
	const short = 500
	workers := uint64(runtime.NumCPU())
	exe, err := os.Executable()
	if err != nil || workers == 1 || f.seeds <= short || strings.HasSuffix(exe, ".test") {
		return huntSeeds(sc, f, func(int) {})
	}
	parts := make([]scenes.Tally, workers)
	errs := make([]error, workers)
	show := newProgress(s.err, f.seeds)
	var wait sync.WaitGroup
	from := f.from
	for w := range workers {
		n := (f.seeds + w) / workers
		args := []string{"hunt", target, "--part", "--from", strconv.FormatUint(from, 10), "--seeds", strconv.FormatUint(n, 10)}
		from += n
		wait.Go(func() {
			parts[w], errs[w] = huntProcess(exe, append(args, f.rest()...), func(runs int) { show.set(int(w), runs) })
		})
	}
	wait.Wait()
	show.end()
	var tally scenes.Tally
	for _, p := range parts {
		tally.Merge(p)
	}
	return tally, errors.Join(errs...)
}

// rest returns the flags that every part of a hunt gets.
func (f huntFlags) rest() []string {
	var args []string
	if f.options.Variant != "" {
		args = append(args, "--variant", f.options.Variant)
	}
	for _, k := range f.options.Settings {
		args = append(args, "--set", k.Key+"="+k.Value)
	}
	if f.check {
		args = append(args, "--check")
	}
	return args
}

func huntProcess(exe string, args []string, progress func(runs int)) (scenes.Tally, error) {
	cmd := exec.Command(exe, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return scenes.Tally{}, fmt.Errorf("hunt: starting a process: %w", err)
	}
	var tally scenes.Tally
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadBytes('\n')
		if n, convErr := strconv.Atoi(strings.TrimSpace(string(line))); convErr == nil {
			progress(n)
		} else if len(line) > 0 {
			if jsonErr := json.Unmarshal(line, &tally); jsonErr != nil {
				return tally, fmt.Errorf("hunt: a process answered %q", line)
			}
		}
		if err != nil {
			break
		}
	}
	if err := cmd.Wait(); err != nil {
		return tally, fmt.Errorf("hunt: a process failed: %s", strings.TrimSpace(stderr.String()))
	}
	return tally, nil
}

// progress shows how far the processes of a hunt have come, on a terminal only.
type progress struct {
	lock  sync.Mutex
	out   io.Writer
	total uint64
	done  map[int]int
	shown time.Time
}

func newProgress(out io.Writer, total uint64) *progress {
	if f, ok := out.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return &progress{out: out, total: total, done: map[int]int{}}
		}
	}
	return &progress{out: io.Discard, total: total, done: map[int]int{}}
}

func (p *progress) set(worker, runs int) {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.done[worker] = runs
	if time.Since(p.shown) < time.Second {
		return
	}
	p.shown = time.Now()
	sum := 0
	for _, n := range p.done {
		sum += n
	}
	fmt.Fprintf(p.out, "\rhunt: %d of %d runs", sum, p.total)
}

func (p *progress) end() { fmt.Fprint(p.out, "\r\033[K") }
