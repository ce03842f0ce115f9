package scenes

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/check"
	"tabletop/engine/trace"
)

// faultKinds are the verbs that schedules draw.
func faultKinds() []string {
	return []string{"pause", "resume", "crash", "restart", "partition", "isolate", "heal", "drop", "delay", "duplicate",
		"clog", "campaign", "transfer-leadership"}
}

// exercise is what schedules have done.
type exercise struct {
	Runs, Elections, Commits, Entries, Events, Operations int
	Anomalies, Leased, GaveUp                             int
	Faults                                                map[string]int
	Failures                                              []string
}

func (x *exercise) add(o exercise) {
	x.Runs, x.Elections = x.Runs+o.Runs, x.Elections+o.Elections
	x.Commits, x.Entries = x.Commits+o.Commits, x.Entries+o.Entries
	x.Events, x.Operations = x.Events+o.Events, x.Operations+o.Operations
	x.Anomalies, x.Leased, x.GaveUp = x.Anomalies+o.Anomalies, x.Leased+o.Leased, x.GaveUp+o.GaveUp
	for k, n := range o.Faults {
		x.Faults[k] += n
	}
	x.Failures = append(x.Failures, o.Failures...)
}

// count adds what a run did: the commands that were carried out, and what the cluster made of them.
func (x *exercise) count(s Schedule, r *Run) {
	x.Runs++
	x.Events += len(r.Trace.Events)
	for _, l := range s.lines() {
		verb, _, _ := strings.Cut(l, " ")
		x.Faults[verb]++
	}
	var last uint64
	for _, e := range r.Trace.Events {
		switch e.Kind {
		case trace.Elected:
			x.Elections++
		case trace.Commit:
			x.Commits++
			last = max(last, e.Index)
		case trace.Invoke:
			x.Operations++
		case trace.Note: // a command that was refused
			verb, _, _ := strings.Cut(strings.TrimSuffix(r.Trace.Text(e.Text), ":"), " ")
			x.Faults[verb]--
		}
	}
	x.Entries += int(last)
	if r.Linearizable == nil {
		x.GaveUp++
	}
	if r.Outcome == check.Anomaly {
		x.Anomalies++
		if r.setting("read") == "clock-lease" {
			x.Leased++
		}
	}
}

func (x *exercise) String() string {
	text := fmt.Sprintf("%d schedules, %d events, %d operations: %d elections, %d entries committed (%d commits at "+
		"nodes), %d anomalies (%d with clock-lease), %d given up;", x.Runs, x.Events, x.Operations, x.Elections,
		x.Entries, x.Commits, x.Anomalies, x.Leased, x.GaveUp)
	for _, k := range faultKinds() {
		text += fmt.Sprintf(" %s %d", k, x.Faults[k])
	}
	return text
}

// violation runs a schedule and names what it broke. A panic of the engine breaks something too.
func violation(s Schedule) (r *Run, broken string) {
	defer func() {
		if p := recover(); p != nil {
			broken = fmt.Sprint("panic: ", p)
		}
	}()
	scene, err := s.Scene()
	if err != nil {
		return nil, err.Error()
	}
	if r, err = scene.Run(Options{}); err != nil {
		return nil, err.Error()
	}
	return r, r.Violation()
}

func breaks(s Schedule) string {
	_, broken := violation(s)
	return broken
}

// exerciseSeeds runs the schedules of a range of seeds.
func exerciseSeeds(from, to uint64) exercise {
	x := exercise{Faults: map[string]int{}}
	for seed := from; seed < to; seed++ {
		s := NewSchedule(seed, ScheduleOptions{})
		r, broken := violation(s)
		if r != nil {
			x.count(s, r)
		}
		if broken != "" {
			if r != nil {
				s = s.Shrink(breaks)
			}
			x.Failures = append(x.Failures, fmt.Sprintf("seed %d: %s; tabletop run FILE shows it again, FILE being\n%s", seed,
				broken, s.Source()))
		}
		if r == nil && broken != "" || len(x.Failures) >= 5 {
			break // a panic leaves the engine in a state that no other run can use, not even to shrink this one
		}
	}
	return x
}

// schedulesEnv tells a process that the test has started which seeds are its share.
const schedulesEnv = "TABLETOP_SCHEDULES"

func TestRandomSchedules(t *testing.T) {
	if share := os.Getenv(schedulesEnv); share != "" {
		var from, to uint64
		_, err := fmt.Sscanf(share, "%d-%d", &from, &to)
		require.NoError(t, err)
		text, err := json.Marshal(exerciseSeeds(from, to))
		require.NoError(t, err)
		fmt.Printf("\n%s%s\n", schedulesEnv, text)
		return
	}
	long := os.Getenv("TABLETOP_LONG") != ""
	x := exercise{Faults: map[string]int{}}
	if long {
		for _, o := range inProcesses(t, 10_000, 2) {
			x.add(o)
		}
	} else {
		x = exerciseSeeds(1, 151)
	}
	t.Log(x.String())
	for _, f := range x.Failures {
		t.Error(f)
	}
	require.Positive(t, x.Anomalies, "local reads are stale now and then")
	least := x.Runs / 2
	if long {
		least = 5_000
		require.GreaterOrEqual(t, x.Elections, 20_000)
		require.GreaterOrEqual(t, x.Entries, 100_000)
	}
	for _, k := range faultKinds() {
		require.GreaterOrEqual(t, x.Faults[k], least, k)
	}
}

// inProcesses shares out schedules to processes: engines in one process must take turns.
func inProcesses(t *testing.T, n, processes uint64) (all []exercise) {
	var running []*exec.Cmd
	var outputs []*strings.Builder
	for i := range processes {
		cmd := exec.Command(os.Args[0], "-test.run=^TestRandomSchedules$", "-test.timeout=30m")
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d-%d", schedulesEnv, 1+n*i/processes, 1+n*(i+1)/processes))
		out := &strings.Builder{}
		cmd.Stdout, cmd.Stderr = out, out
		require.NoError(t, cmd.Start())
		running, outputs = append(running, cmd), append(outputs, out)
	}
	for i, cmd := range running {
		require.NoError(t, cmd.Wait(), outputs[i].String())
		_, after, ok := strings.Cut(outputs[i].String(), "\n"+schedulesEnv)
		require.True(t, ok, outputs[i].String())
		text, _, _ := strings.Cut(after, "\n")
		var x exercise
		require.NoError(t, json.Unmarshal([]byte(text), &x))
		all = append(all, x)
	}
	return all
}
