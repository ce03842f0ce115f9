package view_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
	"tabletop/render/draw"
	"tabletop/render/view"
)

// withServers is masters led by A in term 3, a client and tablet servers with seven tablets each, of which some lead; the
// second server is paused, the third has crashed, the last one has not started. Servers report to A, and tablets
// replicate between the first server and the last but one.
func withServers(masters, servers int) *fixture {
	f := newFixture(masters, 1)
	ids := []string{"A", "B", "C", "D", "E"}[:masters]
	f.start(ids...)
	if masters > 0 {
		f.lead(100_000, "A", 3, "121", ids[1:]...)
	}
	tablets := make([]trace.GroupID, 7)
	for i := range tablets {
		tablets[i] = f.Group(fmt.Sprintf("%x4d20a19be9b7be0e688ace26271%04x", i+1, i))
	}
	for i := range servers {
		id := fmt.Sprintf("ts-%d", i+1)
		f.node[id] = f.AddNode(trace.Node{ID: id, Kind: trace.TabletServer})
		if i > 2 && i == servers-1 {
			continue
		}
		f.event(200_000, trace.Start, id, "", "", 0, trace.NoEvent)
		f.SetProcess(f.node[id], trace.Running)
		for j, g := range tablets {
			role := trace.Follower
			if j%servers == i {
				role = trace.Leader
			}
			f.SetField(f.node[id], g, trace.FieldRole, uint64(role))
		}
	}
	if masters == 0 { // the first tablet is the group shown
		f.SetField(f.node["ts-1"], f.group, trace.FieldRole, uint64(trace.Leader))
		f.SetField(f.node["ts-1"], f.group, trace.FieldTerm, 4)
		f.SetField(f.node["ts-4"], f.group, trace.FieldRole, uint64(trace.Follower))
		f.SetField(f.node["ts-4"], f.group, trace.FieldTerm, 5)
		f.SetField(f.node["ts-4"], f.group, trace.FieldLeader, uint64(f.node["ts-1"]))
	}
	if servers > 2 {
		f.process(500_000, trace.Crash, "ts-3")
	}
	f.process(983_000, trace.Pause, "ts-2")
	if masters > 1 {
		f.process(990_000, trace.Pause, "B")
	}
	f.event(995_000, trace.Invoke, "client", "", "alter orders", 0, trace.NoEvent)
	end := fmt.Sprintf("ts-%d", max(2, servers-1))
	send := func(from, to, text string) { f.send(999_900, trace.Request, from, to, text, 3) }
	send("ts-1", end, "append 4.7")
	if masters > 0 {
		send("ts-1", "A", "report")
		send(end, "A", "report")
		send("A", ids[masters-1], "append 3.122")
		send("client", "A", "alter orders")
	}
	f.Emit(trace.Event{At: 1_000_100, Kind: trace.Note, Cause: trace.NoEvent})
	return f
}

// TestServersHaveTheirPlaces: nothing overlaps on a stage of any size and any number of nodes, and words can be read.
func TestServersHaveTheirPlaces(t *testing.T) {
	for _, size := range []draw.Point{{X: 860, Y: 396}, {X: 1280, Y: 720}, {X: 604, Y: 534}, {X: 1500, Y: 900}} {
		for masters := range 6 {
			for _, servers := range []int{2, 3, 4, 7, 13, 20, 23} {
				if masters == 0 && servers < 4 {
					continue
				}
				tr := withServers(masters, servers).Trace()
				layout := view.NewLayout(size, tr, 0)
				require.Len(t, layout.Places, masters+min(20, servers)+1)
				m := view.Model{Cursor: tr.Cursor(), At: 1_000_000}
				m.Cursor.SeekTime(m.At)
				for _, p := range layout.Places {
					require.Equal(t, p.Node, m.Hit(layout, p.At).Node)
					require.True(t, draw.Box(20, 20, size.X-40, size.Y-40).Contains(p.At), "%v of %d", p, servers)
				}
				var l draw.List
				m.Stage(&l, layout)
				requireReadable(t, &l, size)
			}
		}
	}
}
