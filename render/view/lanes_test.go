package view_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tabletop/assets"
	"tabletop/engine/trace"
	"tabletop/render/draw"
	"tabletop/render/raster"
	"tabletop/render/view"
)

// laneStops returns the stops of a fixture.
func laneStops(name string) []trace.Time {
	if name == "stale-leader" {
		return []trace.Time{100_000, 5_000_000, 7_463_000, 7_483_000, 7_499_000}
	}
	return nil
}

// TestIntervalsAgreeWithCursor seeks to any instant of any trace: what one pass made of it is what the cursor says.
func TestIntervalsAgreeWithCursor(t *testing.T) {
	for _, name := range []string{"stale-leader", "election", "five", "busy", "pieced"} {
		tr, _ := fixtures(name)
		requireAgreement(t, tr)
	}
	rapid.Check(t, func(t *rapid.T) { requireAgreement(t, scattered(t)) })
}

func requireAgreement(t require.TestingT, tr *trace.Trace) {
	lanes, c := view.NewLanes(tr, 1, nil), tr.Cursor()
	for e := range trace.EventID(len(tr.Events)) {
		if int(e)+1 < len(tr.Events) && tr.Events[e+1].At == tr.Events[e].At {
			continue // an instant is what it is after its last event
		}
		c.Seek(e)
		high := uint64(0)
		for n := range tr.Nodes() {
			if g := c.Node(trace.NodeID(n + 1)).In(1); g != nil && g.Term.Known() {
				high = max(high, g.Term.V)
			}
		}
		for n := range tr.Nodes() {
			id := trace.NodeID(n + 1)
			state := c.Node(id)
			want := view.Interval{}
			want.Process, want.HasProcess = trace.Process(state.Process.V), state.Process.Known()
			want.GuessedProcess = guessed(tr, state.Process)
			if g := state.In(1); g != nil {
				want.Role, want.HasRole, want.GuessedRole = trace.Role(g.Role.V), g.Role.Known(), guessed(tr, g.Role)
				want.Term, want.HasTerm = uint32(g.Term.V), g.Term.Known()
			}
			want.Stale = want.HasRole && want.Role == trace.Leader && want.HasTerm && uint64(want.Term) < high &&
				want.Process == trace.Running
			got, _ := lanes.At(id, tr.Events[e].At) // the zero value, where nothing is known yet
			require.LessOrEqual(t, got.From, tr.Events[e].At)
			got.From = 0
			require.Equal(t, want, got, "node %d at event %d", id, e)
		}
	}
}

func guessed(tr *trace.Trace, v trace.Value) bool {
	return v.Known() && tr.Events[v.Source].Prov == trace.Inferred
}

// scattered returns a trace in which anything becomes known or forgotten at any time.
func scattered(t *rapid.T) *trace.Trace {
	f, at := newFixture(3, 1), trace.Time(0)
	for range rapid.IntRange(0, 40).Draw(t, "events") {
		at += trace.Time(rapid.IntRange(0, 2).Draw(t, "wait"))
		node := trace.NodeID(rapid.IntRange(1, 3).Draw(t, "node"))
		f.Emit(trace.Event{At: at, Kind: trace.Note, Node: node, Group: f.group, Cause: trace.NoEvent,
			Prov: trace.Provenance(rapid.IntRange(0, 3).Draw(t, "provenance"))})
		v := uint64(rapid.IntRange(0, 4).Draw(t, "value"))
		switch rapid.IntRange(0, 4).Draw(t, "what") {
		case 0:
			f.SetProcess(node, trace.Process(v%3))
		case 1:
			f.SetField(node, f.group, trace.FieldRole, v)
		case 2:
			f.SetField(node, f.group, trace.FieldTerm, v)
		case 3:
			f.ForgetField(node, f.group, trace.FieldRole)
			f.ForgetField(node, f.group, trace.FieldTerm)
		case 4:
			f.SetField(node, f.group, trace.FieldCommit, v)
		}
	}
	return f.Trace()
}

// TestLanesEverywhere draws any part of any run at any size: words stay whole and on the canvas, equal arguments give
// equal lists, and nothing reaches far beyond the area.
func TestLanesEverywhere(t *testing.T) {
	for _, name := range []string{"stale-leader", "election", "five", "busy", "pieced", "soft", "many-servers"} {
		tr, illegal := fixtures(name)
		lanes := view.NewLanes(tr, 1, laneStops(name))
		rapid.Check(t, func(t *rapid.T) {
			m := view.Model{Cursor: tr.Cursor(), At: trace.Time(rapid.Int64Range(0, int64(tr.End())).Draw(t, "at")), Illegal: illegal}
			m.Cursor.SeekTime(m.At)
			m.Selected = trace.NodeID(rapid.IntRange(0, len(tr.Nodes())).Draw(t, "selected"))
			m.Mode = view.Mode(rapid.IntRange(0, 1).Draw(t, "mode"))
			z := view.Zoom{}.About(rapid.Float64Range(0, 1).Draw(t, "place"), rapid.Float64Range(0.5, 60_000).Draw(t, "factor"))
			area := draw.Box(0, 500, float32(rapid.IntRange(1024, 2000).Draw(t, "width")), float32(rapid.IntRange(100, 420).Draw(t, "height")))
			var l, again draw.List
			m.Lanes(&l, lanes, area, z)
			m.Lanes(&again, lanes, area, z)
			require.Equal(t, l, again)
			for _, op := range l.Ops {
				if op.Kind == draw.TextOp {
					require.GreaterOrEqual(t, op.Text.Size, float32(12))
				}
				if op.Kind == draw.RectOp {
					require.True(t, op.Rect.Min.X > -100 && op.Rect.Max.X < area.Max.X+100, "%v", op.Rect)
				}
			}
			for _, p := range l.Points {
				require.True(t, p.X > -100 && p.X < area.Max.X+100 && p.Y > 0 && p.Y < 1000, "%v", p)
			}
		})
	}
}

// TestZoom: magnifying keeps its place, panning stops at the ends, and the cursor is followed.
func TestZoom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := view.Zoom{}
		for range rapid.IntRange(0, 20).Draw(t, "steps") {
			at := rapid.Float64Range(0, 1).Draw(t, "at")
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				z = z.About(at, rapid.Float64Range(0.1, 10).Draw(t, "factor"))
			case 1:
				z = z.Pan(at*4 - 2)
			case 2:
				z = z.Follow(at)
				if z != (view.Zoom{}) {
					require.True(t, at >= z.From && at <= z.To, "%v in %v", at, z)
				}
			}
			require.True(t, z == view.Zoom{} || z.From >= 0 && z.To <= 1+1e-9 && z.From < z.To, "%v", z)
		}
	})
	z := view.Zoom{}.About(0.5, 4)
	assert.Equal(t, view.Zoom{From: 0.375, To: 0.625}, z)
	assert.Equal(t, view.Zoom{}, z.About(0.5, 0.25))
	assert.Equal(t, view.Zoom{From: 0.75, To: 1}, z.Pan(9))
}

// TestStaleMessagesStay: among more heartbeats than fit, the one that is older than its receiver's term is drawn.
func TestStaleMessagesStay(t *testing.T) {
	f := newFixture(3, 0)
	f.start("A", "B", "C")
	f.lead(1000, "A", 3, "1", "B")
	for i := range trace.Time(5000) {
		at := 2000 + 100*i
		if i == 4000 {
			f.follow(at, "C", "B", 4, "2")
		}
		m := f.send(at, trace.Heartbeat, "A", "B", "", 3)
		if i == 4500 {
			m = f.send(at, trace.Heartbeat, "A", "C", "", 3)
		}
		to := map[bool]string{true: "C", false: "B"}[i == 4500]
		f.arrive(at+50, m, "A", to)
	}
	tr := f.Trace()
	m := view.Model{Cursor: tr.Cursor(), At: 3000}
	m.Cursor.SeekTime(m.At)
	var l draw.List
	m.Lanes(&l, view.NewLanes(tr, 1, nil), draw.Box(0, 0, 1280, 172), view.Zoom{})
	lines := 0
	for _, op := range l.Ops {
		if op.Kind == draw.PolylineOp && op.Style.Stroke == draw.Solid(draw.Term(3)) {
			lines++
		}
	}
	assert.Equal(t, 1, lines)
	assert.Less(t, len(l.Ops), 400)
}

// million returns lanes of a million events: heartbeats, elections and pauses without end.
func million() (*trace.Trace, *view.Lanes) {
	f := newFixture(5, 2)
	f.start("A", "B", "C", "D", "E")
	ids := []string{"A", "B", "C", "D", "E"}
	for i := range trace.Time(200_000) {
		at, from, to := 10*i+10, ids[i%5], ids[(i+1)%5]
		m := f.send(at, trace.Heartbeat, from, to, "", uint32(i/100))
		f.arrive(at+5, m, from, to)
		f.event(at+6, trace.Receive, to, from, "", 0, m)
		if i%100 == 0 {
			f.event(at+7, trace.Elected, from, "", "", uint32(i/100), trace.NoEvent)
			f.field(from, trace.FieldRole, uint64(trace.Leader))
			f.field(from, trace.FieldTerm, uint64(i/100))
		}
		op := f.event(at+8, trace.Invoke, "client", "", "get a", 0, trace.NoEvent)
		f.event(at+9, trace.Return, "client", from, "OK", 0, op)
	}
	tr := f.Trace()
	return tr, view.NewLanes(tr, 1, nil)
}

func BenchmarkLanes(b *testing.B) {
	tr, lanes := million()
	for name, z := range map[string]view.Zoom{"whole": {}, "near": view.Zoom{}.About(0.5, 1000)} {
		b.Run(name, func(b *testing.B) {
			m := view.Model{Cursor: tr.Cursor(), At: tr.End() / 2}
			m.Cursor.SeekTime(m.At)
			var l draw.List
			b.ReportAllocs()
			for b.Loop() {
				l.Reset()
				m.Lanes(&l, lanes, draw.Box(0, 0, 1280, 290), z)
			}
			b.ReportMetric(float64(len(l.Ops)), "ops")
		})
	}
	b.Run("build", func(b *testing.B) {
		for b.Loop() {
			view.NewLanes(tr, 1, nil)
		}
	})
	b.Run("stale-leader", func(b *testing.B) {
		tr, illegal := fixtures("stale-leader")
		lanes := view.NewLanes(tr, 1, laneStops("stale-leader"))
		m := view.Model{Cursor: tr.Cursor(), At: 7_499_980, Illegal: illegal}
		m.Cursor.SeekTime(m.At)
		var l draw.List
		b.ReportAllocs()
		for b.Loop() {
			l.Reset()
			m.Lanes(&l, lanes, draw.Box(0, 0, 1280, 172), view.Zoom{})
		}
	})
}

// TestWhatIsAskedIsNotShown: who is to guess what comes sees nothing of it in the lanes.
func TestWhatIsAskedIsNotShown(t *testing.T) {
	hidden := func(asked bool) bool {
		tr, illegal := fixtures("stale-leader")
		m := view.Model{Cursor: tr.Cursor(), At: tr.End() / 2, Illegal: illegal, Asked: asked}
		m.Cursor.SeekTime(m.At)
		lanes, area := view.NewLanes(tr, 1, nil), draw.Box(0, 0, 1280, 172)
		var l draw.List
		m.Lanes(&l, lanes, area, view.Zoom{})
		img := raster.Render(&l, assets.Dark(), 1280, 172, 1)
		ground := img.RGBAAt(1250, 168)
		from := int(lanes.Axis(area, view.Zoom{}).X(m.At)) + 3
		for x := from; x < 1256; x++ {
			for y := 30; y < 170; y++ {
				if c := img.RGBAAt(x, y); max(c.R, ground.R)-min(c.R, ground.R) > 1 { // rounded
					return false
				}
			}
		}
		return true
	}
	require.True(t, hidden(true))
	require.False(t, hidden(false))
}
