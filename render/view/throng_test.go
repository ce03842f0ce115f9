package view_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
	"tabletop/render/draw"
	"tabletop/render/view"
)

// throng is five masters, led by A in term 7, and a client with so many messages under way at 20 ms, the first of them
// from a leader of term 6.
func throng(messages int) *fixture {
	f := newFixture(5, 1)
	ids := []string{"A", "B", "C", "D", "E", "client"}
	f.start(ids[:5]...)
	f.lead(1000, "A", 7, "3513", ids[1:5]...)
	f.field("E", trace.FieldTerm, 6)
	kinds := []trace.Kind{trace.Heartbeat, trace.Request, trace.Heartbeat, trace.Answer, trace.Refusal}
	var sent []trace.EventID
	for i := range messages {
		from, to := ids[i*7%6], ids[(i*7+1+i/6%5)%6]
		text := []string{"heartbeat", fmt.Sprint("append 7.", 3514+i), "", "ok", "log does not match"}[i%5]
		term := uint32(7)
		if i == 0 {
			from, to, term = "E", "B", 6
		}
		sent = append(sent, f.send(10_000+trace.Time(i*10_000/messages), kinds[i%5], from, to, text, term))
	}
	for i, s := range sent {
		e := f.Trace().Events[s]
		f.Emit(trace.Event{At: 21_000 + trace.Time(i*20_000/messages), Kind: trace.Arrive, Node: e.Peer, Peer: e.Node,
			Group: f.group, Cause: s})
	}
	return f
}

// stage returns a throng's instant and its layout.
func stage(messages int) (*view.Model, view.Layout) {
	tr := throng(messages).Trace()
	m := &view.Model{Cursor: tr.Cursor(), At: 20_000}
	m.Cursor.SeekTime(m.At)
	return m, view.NewLayout(draw.Point{X: 1280, Y: 720}, tr, 0)
}

// TestThrongHidesNothingStale: every way on which messages are is drawn once, and nothing that is under way lies over the one of the old term.
func TestThrongHidesNothingStale(t *testing.T) {
	m, layout := stage(1000)
	var l draw.List
	m.Stage(&l, layout)
	trails, last := 0, draw.None
	for _, op := range l.Ops {
		if c := op.Style.Stroke.Token; op.Kind == draw.PolylineOp && (c == draw.Term(6) || c == draw.Term(7)) {
			trails, last = trails+1, c
		}
	}
	type route struct {
		from, to trace.NodeID
		answer   bool
		term     uint32
	}
	routes, tr := map[route]bool{}, m.Cursor.Trace()
	for _, f := range m.Cursor.Flights() {
		e := tr.Events[f.Send]
		routes[route{e.Node, e.Peer, e.Kind == trace.Answer || e.Kind == trace.Refusal, e.Term}] = true
	}
	require.Equal(t, len(routes), trails)
	require.Equal(t, draw.Term(6), last)
}

// TestThrongAllocatesNothingPerMessage: a later frame finds the room that the first one made.
func TestThrongAllocatesNothingPerMessage(t *testing.T) {
	allocations := func(messages int) float64 {
		m, layout := stage(messages)
		var l draw.List
		return testing.AllocsPerRun(5, func() {
			l.Reset()
			m.Stage(&l, layout)
		})
	}
	require.Less(t, allocations(2000), allocations(200)+100)
}

func BenchmarkThrong(b *testing.B) {
	for _, n := range []int{300, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m, layout := stage(n)
			var l draw.List
			b.ReportAllocs()
			for b.Loop() {
				l.Reset()
				m.Stage(&l, layout)
			}
		})
	}
}
