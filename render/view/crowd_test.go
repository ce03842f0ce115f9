package view_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
	"tabletop/render/draw"
	"tabletop/render/view"
)

// TestClientsNeverLieOnOneAnother: where pills have no room for themselves and their names, there are none.
func TestClientsNeverLieOnOneAnother(t *testing.T) {
	for _, size := range []draw.Point{{X: 860, Y: 396}, {X: 1500, Y: 760}, {X: 390, Y: 330}} {
		for n := 2; n < 60; n++ {
			layout := view.NewLayout(size, newFixture(3, n).Trace(), 0)
			var clients []view.Place
			for _, p := range layout.Places {
				if p.Kind == trace.Client {
					clients = append(clients, p)
				}
			}
			require.Contains(t, []int{0, n}, len(clients))
			for i := 1; i < len(clients); i++ {
				a, b := clients[i-1].At, clients[i].At
				if layout.Phone {
					require.GreaterOrEqual(t, b.X-a.X, float32(40), "%d clients", n)
				} else {
					require.GreaterOrEqual(t, b.Y-a.Y, float32(22), "%d clients", n)
				}
			}
		}
	}
}

// TestAnInferredPauseSaysSo: what no line tells is not drawn as if one did.
func TestAnInferredPauseSaysSo(t *testing.T) {
	for _, c := range []struct {
		prov  trace.Provenance
		words string
		dash  bool
	}{{trace.Inferred, "Paused 5 ms, inferred", true}, {trace.Logged, "Paused 5 ms", false}} {
		f := newFixture(3, 0)
		f.start("A", "B", "C")
		f.lead(1000, "A", 7, "3513", "B", "C")
		f.Emit(trace.Event{At: 2000, Kind: trace.Pause, Node: f.node["A"], Prov: c.prov, Cause: trace.NoEvent})
		f.SetProcess(f.node["A"], trace.Paused)
		f.event(9000, trace.Note, "B", "", "", 0, trace.NoEvent)
		m := &view.Model{Cursor: f.Trace().Cursor(), At: 7000}
		m.Cursor.SeekTime(m.At)
		var l draw.List
		m.Stage(&l, view.NewLayout(draw.Point{X: 860, Y: 396}, f.Trace(), 0))
		said, dashed := false, false
		for _, op := range l.Ops {
			said = said || op.String == c.words
			dashed = dashed || op.Kind == draw.PolygonOp && op.Style.Dash.On > 0
		}
		require.True(t, said, c.words)
		require.Equal(t, c.dash, dashed)
	}
}

// TestLogsDoNotSayThatThereIsNoTable: a log that tells who votes has said nothing of what is in memory.
func TestLogsDoNotSayThatThereIsNoTable(t *testing.T) {
	f := newFixture(3, 0)
	f.start("A", "B", "C")
	f.lead(1000, "A", 7, "3513", "B", "C")
	for _, wall := range []bool{false, true} {
		m := &view.Model{Cursor: f.Trace().Cursor(), At: 1000, Wall: wall}
		m.Cursor.SeekTime(m.At)
		var l draw.List
		m.Stage(&l, view.NewLayout(draw.Point{X: 860, Y: 396}, f.Trace(), 0))
		said := slices.ContainsFunc(l.Ops, func(op draw.Op) bool { return op.String == "no tables" })
		require.Equal(t, !wall, said)
	}
}
