package view_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
	"tabletop/render/draw"
	"tabletop/render/view"
)

// crowd is a cluster of three masters whose many clients have all been told something, or wait.
func crowd(clients int) *trace.Trace {
	b := trace.NewBuilder(trace.Header{})
	g := b.Group("")
	var masters []trace.NodeID
	for _, id := range []string{"A", "B", "C"} {
		masters = append(masters, b.AddNode(trace.Node{ID: id, Name: id}))
	}
	for _, m := range masters {
		b.Emit(trace.Event{Kind: trace.Start, Node: m, Group: g, Cause: trace.NoEvent})
		b.SetField(m, g, trace.FieldRole, uint64(trace.Follower))
		b.SetField(m, g, trace.FieldTerm, 3)
	}
	for i := range clients {
		id := fmt.Sprintf("client-%d", i+1)
		c := b.AddNode(trace.Node{ID: id, Name: id, Kind: trace.Client})
		at := trace.Time(1000 * (i + 1))
		call := b.Emit(trace.Event{At: at, Kind: trace.Invoke, Node: c, Text: b.Intern("open table-1"), Cause: trace.NoEvent})
		if i%3 == 2 {
			continue
		}
		ask := b.Emit(trace.Event{At: at, Kind: trace.Request, Node: c, Peer: masters[0], Cause: call, Text: b.Intern("open")})
		b.Emit(trace.Event{At: at + 100, Kind: trace.Arrive, Node: masters[0], Peer: c, Cause: ask})
		b.Emit(trace.Event{At: at + 100, Kind: trace.Receive, Node: masters[0], Peer: c, Cause: ask})
		told := b.Emit(trace.Event{At: at + 200, Kind: trace.Refusal, Node: masters[0], Peer: c, Cause: ask, Text: b.Intern("NotFound")})
		b.Emit(trace.Event{At: at + 300, Kind: trace.Arrive, Node: c, Peer: masters[0], Cause: told})
		b.Emit(trace.Event{At: at + 300, Kind: trace.Receive, Node: c, Peer: masters[0], Cause: told})
		b.Emit(trace.Event{At: at + 300, Kind: trace.Return, Node: c, Peer: masters[0], Cause: call, Text: b.Intern("NotFound")})
	}
	b.Emit(trace.Event{At: 900_000, Kind: trace.Note, Cause: trace.NoEvent})
	return b.Trace()
}

// TestJustTold: an answer is seen at its client at the instant of its arrival, and at no other.
func TestJustTold(t *testing.T) {
	const told = "NotFound from A to client-1 has just arrived."
	tr := crowd(1)
	for _, size := range []draw.Point{{X: 860, Y: 396}, {X: 604, Y: 534}, {X: 390, Y: 330}} {
		layout := view.NewLayout(size, tr, 0)
		for e := range trace.EventID(len(tr.Events)) {
			ev := tr.Events[e]
			m := view.Model{Cursor: tr.Cursor(), At: ev.At}
			m.Cursor.Seek(e)
			client := tr.Node(max(1, ev.Node)).Kind == trace.Client
			want := client && (ev.Kind == trace.Return || ev.Kind == trace.Receive)
			require.Equal(t, want, strings.Contains(strings.Join(m.Sentences(layout), "\n"), told), "%v", ev.Kind)
			var l draw.List
			m.Stage(&l, layout)
			requireReadable(t, &l, size)
			m.At++
			require.NotContains(t, m.Sentences(layout), told, "a moment later")
		}
	}
}

// TestManyClients: no client's words cover another client.
func TestManyClients(t *testing.T) {
	for _, clients := range []int{2, 3, 4, 5, 6, 8, 10} {
		tr := crowd(clients)
		illegal := map[trace.EventID]bool{}
		for e, ev := range tr.Events {
			if ev.Kind == trace.Return && e%2 == 0 {
				illegal[trace.EventID(e)] = true
			}
		}
		for _, size := range []draw.Point{{X: 860, Y: 396}, {X: 860, Y: 568}, {X: 604, Y: 534}, {X: 1500, Y: 900}} {
			layout := view.NewLayout(size, tr, 0)
			m := view.Model{Cursor: tr.Cursor(), At: tr.End(), Illegal: illegal}
			m.Cursor.Seek(trace.EventID(len(tr.Events) - 1))
			var l draw.List
			m.Stage(&l, layout)
			requireReadable(t, &l, size)
		}
	}
}
