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

// A stage holds as many members as it has room for and says how many more there are; what it draws is bounded.
func TestManyMembersStandInAGrid(t *testing.T) {
	for _, members := range []int{9, 30, 2000} {
		b := trace.NewBuilder(trace.Header{Producer: "test"})
		for i := range members {
			b.AddNode(trace.Node{ID: fmt.Sprint("node-", i+1), Kind: trace.Member})
		}
		b.Emit(trace.Event{Kind: trace.Note, Node: 1, Cause: trace.NoEvent})
		tr := b.Trace()
		for _, size := range []draw.Point{{X: 860, Y: 374}, {X: 390, Y: 330}, {X: 1500, Y: 700}} {
			layout := view.NewLayout(size, tr, 0)
			require.NotEmpty(t, layout.Places)
			for i, p := range layout.Places {
				require.True(t, draw.Box(0, 0, size.X, size.Y).Contains(p.At), "%d members, %v", members, p)
				for _, q := range layout.Places[:i] {
					require.GreaterOrEqual(t, max(p.At.X-q.At.X, q.At.X-p.At.X, p.At.Y-q.At.Y, q.At.Y-p.At.Y), p.Radius+q.Radius)
				}
			}
			m := view.Model{Cursor: tr.Cursor()}
			var l draw.List
			m.Stage(&l, layout)
			require.Less(t, len(l.Ops), 2500)
			words := ""
			for _, op := range l.Ops {
				words += op.String + "\n"
			}
			if more := members - len(layout.Places); more > 0 && size.X > 480 {
				require.Contains(t, words, fmt.Sprintf("%d more nodes: see the lanes", more))
			}
			lanes := view.NewLanes(tr, 0, nil)
			l = draw.List{}
			m.Lanes(&l, lanes, draw.Box(0, 0, size.X, 170), view.Zoom{})
			named := 0
			for _, op := range l.Ops {
				if op.Kind == draw.TextOp && strings.HasPrefix(op.String, "node-") {
					named++
				}
			}
			require.LessOrEqual(t, named, 16)
			require.Positive(t, named)
		}
	}
}
