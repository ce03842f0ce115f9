package main

import (
	"math/rand/v2"
	"runtime"
	"strconv"
	"time"

	"tabletop/engine/trace"
)

// benchSeek measures going to random instants of a long trace: 3 masters and 20 servers with 200 tablets of three
// replicas each, every fourth event a message, four changes of a node's state in ten events.
func benchSeek(b *bencher) ([]figure, error) {
	const budget, memory = 16, 150
	events, seeks := b.size(1_000_000, 2000), b.size(20_000, 50)
	b.say("seek: making a trace of %d events, %d seeks", events, seeks)
	took := make([]time.Duration, 0, seeks)
	var held float64
	alone(func() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		t := longTrace(23, 200, events)
		runtime.GC()
		runtime.ReadMemStats(&after)
		held = float64(int64(after.HeapAlloc)-int64(before.HeapAlloc)) / float64(events)
		c, random := t.Cursor(), rand.New(rand.NewPCG(3, 4))
		for range seeks {
			at := trace.Time(random.Int64N(int64(t.End()) + 1))
			began := time.Now()
			c.SeekTime(at)
			took = append(took, time.Since(began))
		}
		runtime.KeepAlive(t)
	})
	return []figure{
		measured("seek-p50", quantile(took, 0.5), "ms", "to a random instant of %s events", readable(float64(events))),
		measured("seek-p95", quantile(took, 0.95), "ms", "the same; the budget is one frame in the browser").most(budget),
		measured("seek-memory", held, "B/event", "of heap that the trace holds; 150 MB for a million events").most(memory),
	}, nil
}

// longTrace makes a trace as a busy cluster does.
func longTrace(nodes, groups, events int) *trace.Trace {
	random := rand.New(rand.NewPCG(1, 2))
	b := trace.NewBuilder(trace.Header{Producer: "bench"})
	for i := range nodes {
		b.AddNode(trace.Node{ID: "node-" + strconv.Itoa(i)})
	}
	for i := range groups {
		b.Group("tablet-" + strconv.Itoa(i))
	}
	text := b.Intern("UpdateConsensus")
	var flying []trace.EventID
	for i := range events {
		group := random.IntN(groups)
		node := trace.NodeID(1 + (group*7+random.IntN(3))%nodes)
		e := trace.Event{At: trace.Time(i), Node: node, Group: trace.GroupID(group + 1), Text: text, Cause: trace.NoEvent}
		switch {
		case i%4 == 0:
			e.Kind, e.Peer = trace.Request, 1
			flying = append(flying, trace.EventID(i))
		case i%4 == 2 && len(flying) > 20:
			e.Kind, e.Cause = trace.Receive, flying[0]
			flying = flying[1:]
		default:
			e.Kind = trace.Commit
		}
		b.Emit(e)
		if i%10 < 4 {
			b.SetField(node, e.Group, trace.FieldCommit, uint64(i))
		}
		if i%1000 == 0 {
			b.SetField(node, e.Group, trace.FieldTerm, uint64(i))
		}
	}
	return b.Trace()
}
