package trace_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
)

// long builds a trace as a busy cluster makes it: every other event is a message, four of ten change a node's state.
// Groups are spread over the nodes, three replicas each.
func long(nodes, groups, events int) *trace.Trace {
	random := rand.New(rand.NewPCG(1, 2))
	b := trace.NewBuilder(trace.Header{Producer: "benchmark"})
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

func sizes() []struct{ nodes, groups int } {
	return []struct{ nodes, groups int }{{3, 1}, {23, 200}}
}

// BenchmarkMemory reports what a million events hold on to and what making them allocates, in bytes for each event.
func BenchmarkMemory(b *testing.B) {
	const events = 1_000_000
	for _, s := range sizes() {
		b.Run(fmt.Sprintf("nodes=%d/groups=%d", s.nodes, s.groups), func(b *testing.B) {
			for b.Loop() {
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				tr := long(s.nodes, s.groups, events)
				runtime.GC()
				runtime.ReadMemStats(&after)
				held := float64(after.HeapAlloc-before.HeapAlloc) / events
				b.ReportMetric(held, "B/event")
				b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/events, "B-allocated/event")
				require.LessOrEqual(b, held, 150.0)
				runtime.KeepAlive(tr)
			}
		})
	}
}

// BenchmarkSeek jumps to random places of a million events, and goes one event back.
func BenchmarkSeek(b *testing.B) {
	for _, s := range sizes() {
		tr := long(s.nodes, s.groups, 1_000_000)
		c := tr.Cursor()
		random := rand.New(rand.NewPCG(3, 4))
		b.Run(fmt.Sprintf("random/nodes=%d/groups=%d", s.nodes, s.groups), func(b *testing.B) {
			for b.Loop() {
				c.Seek(trace.EventID(random.IntN(len(tr.Events))))
			}
		})
		b.Run(fmt.Sprintf("back/nodes=%d/groups=%d", s.nodes, s.groups), func(b *testing.B) {
			for b.Loop() {
				if c.Event() < 1 {
					c.Seek(trace.EventID(len(tr.Events) - 1))
				}
				c.Seek(c.Event() - 1)
			}
		})
	}
}

func BenchmarkHash(b *testing.B) {
	tr := long(3, 1, 100_000)
	for b.Loop() {
		trace.Hash(tr)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/event")
}
