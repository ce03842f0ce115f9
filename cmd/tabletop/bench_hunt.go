package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"tabletop/engine/raftnode"
	"tabletop/engine/trace"
	"tabletop/scenes"
)

const benchScene = "kudu-3266"

// benchHunt measures how many runs a hunt does in a second, and how many the raft in them would take alone.
func benchHunt(b *bencher) ([]figure, error) {
	const wanted, share = 2000, 0.8
	sc, err := scenes.Find(benchScene)
	if err != nil {
		return nil, err
	}
	many, few, rounds := b.size(3000, 20), b.size(200, 10), b.size(15, 1)
	b.say("hunt: %d runs of %s on all cores, five times", many, benchScene)
	var failed error
	hunt := func(seeds int, all bool) func() {
		f := huntFlags{from: 1, seeds: uint64(seeds)}
		return func() {
			var err error
			if all {
				_, err = huntAll(sc, f, benchScene, streams{err: b.err})
			} else {
				_, err = huntSeeds(sc, f, func(int) {})
			}
			if err != nil {
				failed = err
			}
		}
	}
	onAll := fastest(b.size(5, 1), hunt(many, true))[0]
	b.say("hunt: %d runs on one core and the raft in them alone, in turns, %d times", few, rounds)
	work, err := raftWork(sc, few)
	if err != nil {
		return nil, err
	}
	var one []time.Duration
	alone(func() { one = fastest(rounds, hunt(few, false), func() { bareRaft(work) }) })
	if failed != nil {
		return nil, failed
	}
	rate := func(runs int, took time.Duration) float64 { return float64(runs) / took.Seconds() }
	all, single, bare := rate(many, onAll), rate(few, one[0]), rate(few, one[1])
	return []figure{
		measured("hunt", all, "runs/s", "runs of %s, on %d cores by child processes, their start included", benchScene,
			runtime.NumCPU()).against(single, "one core").least(wanted),
		measured("hunt-one-core", single, "runs/s", "the same in one process on one core").against(bare, "bare raft"),
		measured("hunt-bare-raft", bare, "runs/s", "%s", averageWork(work)),
		measured("hunt-share", single/bare, "×", "hunt-one-core over hunt-bare-raft: what the simulator costs on top of raft").
			least(share),
	}, nil
}

// bareRaft has raft alone do the work of some runs, with the garbage collector set as in a hunt.
func bareRaft(work []raftnode.Work) {
	defer debug.SetGCPercent(debug.SetGCPercent(800))
	for _, w := range work {
		raftnode.Bare(w)
	}
}

// averageWork says what the bare loop does.
func averageWork(work []raftnode.Work) string {
	var sum raftnode.Work
	stepped := 0
	for _, w := range work {
		sum.Messages += w.Messages
		sum.Elections += w.Elections
		sum.Lost += w.Lost
		sum.Proposals += w.Proposals
		stepped += raftnode.Bare(w)
	}
	per := func(n int) float64 { return float64(n) / float64(len(work)) }
	return fmt.Sprintf("raft alone: as many members (3), elections (%.1f), proposals (%.1f) and messages (%.1f; the runs "+
		"step %.1f)", per(sum.Elections), per(sum.Proposals), per(stepped), per(sum.Messages))
}

// raftWork counts in the traces of runs what raft had to do in each.
func raftWork(sc *scenes.Scene, runs int) ([]raftnode.Work, error) {
	work := make([]raftnode.Work, 0, runs)
	for seed := range uint64(runs) {
		run, err := sc.Run(scenes.Options{Seed: seed + 1})
		if err != nil {
			return nil, err
		}
		work = append(work, workOf(run.Trace))
	}
	return work, nil
}

// callLimit is about how long a call between masters waits: 2 s, a call for a vote 1.5 s and more. What answers it later
// is read and not handed to raft.
const callLimit = 1_900_000

// workOf counts what raft had to do in a run. A message was stepped when a master read it from another within the
// group, unless it asked for a vote and was refused unread, or answered a call that had ended.
func workOf(t *trace.Trace) raftnode.Work {
	var w raftnode.Work
	campaigns := 0
	for _, e := range t.Events {
		switch e.Kind {
		case trace.PreCampaign:
			campaigns++
		case trace.Elected:
			w.Elections++
		case trace.Invoke:
			if strings.HasPrefix(t.Text(e.Text), "create ") {
				w.Proposals++
			}
		case trace.VoteDenied:
			if t.Text(e.Text) == "leader is alive" {
				w.Messages--
			}
		case trace.Receive:
			if e.Group != 0 && master(t, e.Node) && master(t, e.Peer) && !late(t, e) {
				w.Messages++
			}
		}
	}
	w.Lost = max(0, campaigns-w.Elections)
	return w
}

func master(t *trace.Trace, n trace.NodeID) bool { return n != 0 && t.Node(n).Kind == trace.Master }

// late reports whether a message that was read answers a call that had ended by then.
func late(t *trace.Trace, e trace.Event) bool {
	for c := e.Cause; c >= 0; c = t.Events[c].Cause {
		sent := t.Events[c]
		if (sent.Kind == trace.Request || sent.Kind == trace.Heartbeat) && sent.Node == e.Node {
			return e.At-sent.At >= callLimit
		}
		if sent.Kind == trace.Request || sent.Kind == trace.Heartbeat {
			return false
		}
	}
	return false
}
