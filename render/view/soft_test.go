package view_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tabletop/engine/trace"
	"tabletop/render/draw"
	"tabletop/render/view"
)

// softState is the moment of the visual reference: M2, who knew all, is dead; M1 leads and was told of two tablets of so
// many; the servers have nothing new to say but the third, and an alter goes round at M1 for the sixth time.
func softState(tablets int) *fixture {
	f := &fixture{Builder: trace.NewBuilder(trace.Header{Producer: "test"}), node: map[string]trace.NodeID{}}
	f.group = f.Group("00000000000000000000000000000000")
	masters, servers := []string{"M1", "M2", "M3"}, []string{"ts-1", "ts-2", "ts-3"}
	for _, id := range masters {
		f.node[id] = f.AddNode(trace.Node{ID: id, Kind: trace.Master})
	}
	for _, id := range servers {
		f.node[id] = f.AddNode(trace.Node{ID: id, Kind: trace.TabletServer})
	}
	f.node["client"] = f.AddNode(trace.Node{ID: "client", Kind: trace.Client})
	f.start(masters...)
	for _, id := range servers {
		f.event(0, trace.Start, id, "", "", 0, trace.NoEvent)
		f.SetProcess(f.node[id], trace.Running)
	}
	f.lead(100_000, "M2", 2, "118", "M1", "M3")
	f.cells("M2", trace.Memory, "table/orders", "key INT32", "rebuilt", fmt.Sprintf("%d of %d tablets", tablets, tablets))
	for i, id := range servers {
		f.event(200_000, trace.Note, id, "", "", 0, trace.NoEvent)
		f.SetCell(f.node[id], 0, trace.Memory, "dirty", "nothing")
		for j := range tablets {
			g := f.Group(f.tablet(j) + "0a19be9b7be0e688ace262710c5")
			role := trace.Follower
			if j%len(servers) == i {
				role = trace.Leader
			}
			f.SetField(f.node[id], g, trace.FieldRole, uint64(role))
			f.SetField(f.node[id], g, trace.FieldTerm, uint64(1+j%2))
			f.SetCell(f.node[id], g, trace.Disk, "replica/"+f.tablet(j), "v1, 3 rows")
		}
	}
	f.process(900_000, trace.Crash, "M2")
	f.lead(1_000_000, "M1", 3, "121", "M3")
	f.event(1_000_100, trace.Ready, "M1", "", "", 3, trace.NoEvent)
	f.cells("M1", trace.Memory, "table/orders", "key INT32")
	for i := range tablets {
		f.cells("M1", trace.Memory, "replicas/"+f.tablet(i), "unknown")
	}
	f.told(1_200_000, "ts-1", "full report", f.tablet(0), "ts-1* ts-2 ts-3")
	f.told(1_400_000, "ts-2", "report "+f.tablet(1), f.tablet(1), "ts-1 ts-2* ts-3")
	f.cells("M1", trace.Memory, "rebuilt", fmt.Sprintf("2 of %d tablets", tablets))
	f.event(1_500_000, trace.Invoke, "client", "", "alter orders", 0, trace.NoEvent)
	for try, at := range []trace.Time{1_600_000, 1_620_000, 1_660_000, 1_730_000, 1_900_000, 2_500_000, 5_200_000} {
		why := fmt.Sprintf("try %d: no leader known", try+1)
		if at == 5_200_000 {
			f.reports()
		}
		f.event(at, trace.Note, "M1", "", "alter schema "+f.tablet(4)+", "+why, 0, trace.NoEvent)
		f.cells("M1", trace.Memory, "task/alter schema "+f.tablet(4), why)
	}
	return f
}

// told has a server's report reach M1, which makes something of it.
func (f *fixture) told(at trace.Time, from, text, tablet, replicas string) {
	send := f.send(at, trace.Request, from, "M1", text, 0)
	f.arrive(at+60, send, from, "M1")
	read := f.event(at+100, trace.Receive, "M1", from, "", 0, send)
	f.cells("M1", trace.Memory, "server/"+from, "7 replicas")
	f.event(at+100, trace.Note, "M1", from, text+" is read", 0, read)
	f.cells("M1", trace.Memory, "replicas/"+tablet, replicas)
}

// tablet names a tablet as the catalog does.
func (f *fixture) tablet(i int) string { return fmt.Sprintf("%x4d%x", i+1, i%16) }

// reports has every server send a report: two empty ones, and one of a tablet that changed.
func (f *fixture) reports() {
	f.event(2_900_000, trace.Note, "ts-3", "", "", 0, trace.NoEvent)
	f.SetCell(f.node["ts-3"], 0, trace.Memory, "dirty", f.tablet(5))
	var sent []trace.EventID
	for i, text := range []string{"heartbeat", "heartbeat", "report " + f.tablet(5)} {
		kind := trace.Heartbeat
		if text != "heartbeat" {
			kind = trace.Request
		}
		sent = append(sent, f.send(2_999_900+10*trace.Time(i), kind, fmt.Sprintf("ts-%d", i+1), "M1", text, 0))
	}
	for i, s := range sent {
		f.arrive(3_000_100+20*trace.Time(i), s, fmt.Sprintf("ts-%d", i+1), "M1")
	}
}

// TestSoftStateIsReadable: at any instant, with any number of tablets, no words lie on others.
func TestSoftStateIsReadable(t *testing.T) {
	for _, tablets := range []int{1, 3, 7, 12, 200} {
		tr := softState(tablets).Trace()
		for _, size := range []draw.Point{{X: 860, Y: 396}, {X: 1500, Y: 756}, {X: 604, Y: 534}, {X: 390, Y: 330}} {
			layout := view.NewLayout(size, tr, 0)
			rapid.Check(t, func(t *rapid.T) {
				m := view.Model{Cursor: tr.Cursor(), At: trace.Time(rapid.Int64Range(0, int64(tr.End())).Draw(t, "at"))}
				if rapid.Bool().Draw(t, "reporting") {
					m.At = trace.Time(rapid.Int64Range(2_999_900, 3_000_200).Draw(t, "moment"))
				}
				m.Cursor.SeekTime(m.At)
				m.Selected = trace.NodeID(rapid.IntRange(0, len(tr.Nodes())).Draw(t, "selected"))
				m.Mode = view.Mode(rapid.IntRange(0, 1).Draw(t, "mode"))
				var l, again draw.List
				m.Stage(&l, layout)
				m.Stage(&again, layout)
				require.Equal(t, l, again)
				requireReadable(t, &l, size)
			})
		}
	}
}

// TestOnlyWhatAMasterKnows: the question is the master's own, and nobody else's lens shows it.
func TestOnlyWhatAMasterKnows(t *testing.T) {
	const question = "“Who leads tablet 54d4?”"
	tr := softState(7).Trace()
	layout := view.NewLayout(draw.Point{X: 860, Y: 396}, tr, 0)
	asks := func(at trace.Time, lens string) bool {
		m := view.Model{Cursor: tr.Cursor(), At: at, Selected: tr.Lookup(lens)}
		if lens != "" {
			m.Mode = view.Belief
		}
		m.Cursor.SeekTime(at)
		var l draw.List
		m.Stage(&l, layout)
		for _, op := range l.Ops {
			if op.Kind == draw.TextOp && op.String == question {
				return true
			}
		}
		return false
	}
	require.False(t, asks(1_500_000, ""), "nothing has been asked of it")
	require.True(t, asks(1_600_000, ""))
	require.True(t, asks(3_000_000, "M1"))
	require.False(t, asks(3_000_000, "M3"))
}
