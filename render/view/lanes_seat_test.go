package view_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
	"tabletop/render/draw"
	"tabletop/render/view"
)

// passersBy are one master and clients of one operation each; three are at work at once, and every seventh is never answered.
func passersBy(clients int) *fixture {
	const every, takes = 10_000, 25_000 // µs
	f := newFixture(1, clients)
	f.start("A")
	call := func(i int) string { return []string{"client", fmt.Sprintf("client-%d", i+1)}[min(i, 1)] }
	invoked := make([]trace.EventID, clients)
	for i := range clients + 3 {
		at := trace.Time(i * every)
		if done := i - 3; done >= 0 && done%7 != 6 {
			f.event(trace.Time(done*every+takes), trace.Return, call(done), "A", "OK", 0, invoked[done])
		}
		if i < clients {
			invoked[i] = f.event(at, trace.Invoke, call(i), "", fmt.Sprintf("put k%d", i), 0, trace.NoEvent)
		}
	}
	return f
}

// Clients beyond those that have a row of their own share rows as rooms are shared: what is in one never overlaps.
func TestManyClientsShareRows(t *testing.T) {
	for clients, rows := range map[int]int{8: 8, 9: 3, 300: 3} {
		tr := passersBy(clients).Trace()
		m := view.Model{Cursor: tr.Cursor()}
		lanes := view.NewLanes(tr, 1, nil)
		require.Equal(t, rows+1, lanes.Rows(), clients)
		var l draw.List
		m.Lanes(&l, lanes, draw.Box(0, 0, 40_000, 172), view.Zoom{})
		bars, open, dashed := map[float32][]draw.Rect{}, 0, 0
		for _, op := range l.Ops {
			middle := (op.Rect.Min.Y + op.Rect.Max.Y) / 2
			switch {
			case op.Kind == draw.RectOp && op.Style.Fill == draw.Solid(draw.Muted) && op.Rect.Max.X-op.Rect.Min.X < 2:
				open++
			case op.Kind == draw.RectOp && op.Style.Fill == draw.Solid(draw.Muted) && middle < 130:
				bars[middle] = append(bars[middle], op.Rect)
			case op.Kind == draw.RectOp && op.Style.Stroke == draw.Solid(draw.Muted) && op.Style.Dash.On != 0:
				dashed++
			}
		}
		require.Equal(t, clients/7, open)
		require.Positive(t, dashed)
		require.LessOrEqual(t, dashed, rows, "one line a row tells that something never ends")
		require.Len(t, bars, min(rows, clients-open), "the row of one that is never answered is that alone")
		drawn := 0
		for _, row := range bars {
			drawn += len(row)
			slices.SortFunc(row, func(a, b draw.Rect) int { return cmp.Compare(a.Min.X, b.Min.X) })
			for i := 1; i < len(row); i++ {
				require.GreaterOrEqual(t, row[i].Min.X, row[i-1].Max.X)
			}
		}
		require.Equal(t, clients-clients/7, drawn)
		require.Equal(t, trace.NodeID(1), lanes.Name(draw.Box(0, 0, 40_000, 172), draw.Point{X: 30, Y: 165}))
	}
}
