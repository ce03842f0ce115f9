package view_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tabletop/assets"
	"tabletop/engine/trace"
	"tabletop/render/draw"
	"tabletop/render/player"
	"tabletop/render/view"
)

// fixtures returns a trace by name and the answers in it that are illegal.
func fixtures(name string) (*trace.Trace, map[trace.EventID]bool) {
	switch name {
	case "stale-leader":
		f, answer := staleLeader()
		return f.Trace(), map[trace.EventID]bool{answer: true}
	case "election":
		return election(3).Trace(), nil
	case "five":
		return election(5).Trace(), nil
	case "servers":
		return withServers(3, 3).Trace(), nil
	case "many-servers":
		return withServers(5, 20).Trace(), nil
	case "servers-alone":
		return withServers(0, 4).Trace(), nil
	case "soft":
		return softState(7).Trace(), nil
	case "soft-few":
		return softState(5).Trace(), nil
	case "pieced":
		f, answer := pieced()
		return f.Trace(), map[trace.EventID]bool{answer: true}
	}
	return busy().Trace(), nil
}

// TestGolden dumps display lists and their text. Arguments: trace, at (µs), size, selected, belief, reduced.
func TestGolden(t *testing.T) {
	datadriven.Walk(t, "testdata/text", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			var name, selected string
			at, width, height := 0, 860, 396
			d.MaybeScanArgs(t, "trace", &name)
			d.MaybeScanArgs(t, "at", &at)
			d.MaybeScanArgs(t, "size", &width, &height)
			d.MaybeScanArgs(t, "selected", &selected)
			tr, illegal := fixtures(name)
			m := view.Model{Cursor: tr.Cursor(), At: trace.Time(at), Illegal: illegal, Selected: tr.Lookup(selected),
				ReducedMotion: d.HasArg("reduced")}
			m.Cursor.SeekTime(m.At)
			for m.Cursor.Event() >= 0 && illegal[m.Cursor.Event()-1] { // stop at the answer itself
				m.Cursor.Seek(m.Cursor.Event() - 1)
			}
			if d.HasArg("belief") {
				m.Mode = view.Belief
			}
			layout := view.NewLayout(draw.Point{X: float32(width), Y: float32(height)}, tr, 0)
			var l draw.List
			switch d.Cmd {
			case "stage":
				m.Stage(&l, layout)
				return dump(&l)
			case "tape":
				tape := view.NewTape(tr, 0, []trace.EventID{3, 13, 19, 30}, nil)
				tape.Draw(&l, view.NewAxis(tape.End(), tape.StopTimes(), 24, 704), 0, m.At, 3, d.HasArg("phone"))
				return dump(&l)
			case "lanes":
				lanes, zoom := view.NewLanes(tr, 1, laneStops(name)), 1
				if d.HasArg("clock") { // two seconds before midnight
					m.Wall, m.Begins = true, time.Date(2026, 11, 21, 23, 59, 58, 0, time.UTC).UnixMicro()
				}
				if d.HasArg("marked") {
					m.Marks = []view.HistoryMark{{At: 400_000, Words: "a phase begins"}, {At: 1_500_000, Node: 2, Words: "SIGSTOP"},
						{At: 1_500_100, Node: 2, Words: "at the same pixel"}, {At: 2_500_000, Node: 2, Words: "SIGCONT"}}
				}
				d.MaybeScanArgs(t, "zoom", &zoom)
				part := view.Zoom{}.About(lanes.Whole().X(m.At), float64(zoom))
				m.Lanes(&l, lanes, draw.Box(0, 0, float32(width), float32(height)), part)
				return dump(&l)
			case "intervals":
				return strings.Join(view.NewLanes(tr, 1, nil).Sentences(), "\n") + "\n"
			case "sentences":
				return strings.Join(m.Sentences(layout), "\n") + "\n"
			case "cells":
				return cells(tr, m.Cursor)
			case "rows":
				var out strings.Builder
				for _, r := range m.Rows(layout) {
					fmt.Fprintf(&out, "%s | %s | %s | %s | %s | %s | %s | %d\n", r.Name, r.Process, r.Role, r.Term, r.Memory, r.Disk,
						r.Belief, r.Unread)
				}
				return out.String()
			}
			return "unknown command\n"
		})
	})
}

// cells prints the cells of the masters with where each came from.
func cells(tr *trace.Trace, at *trace.Cursor) string {
	var b strings.Builder
	for i, node := range tr.Nodes() {
		state := at.Node(trace.NodeID(i + 1))
		needed := view.Needed(tr, state)
		for _, c := range state.Cells {
			if node.Kind != trace.Master {
				continue
			}
			fmt.Fprintf(&b, "%s %v %s = %s, from %s", node.Name, c.Shelf, tr.Text(c.Key), tr.Text(c.Text), view.Source(tr, c.Source))
			if slices.Contains(needed, tr.Text(c.Key)) {
				b.WriteString(", needed")
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// dump prints a list, one operation per line.
func dump(l *draw.List) string {
	var b strings.Builder
	color := func(name string, c draw.Color) {
		if c.Opacity != 0 {
			fmt.Fprintf(&b, " %s=%s", name, assets.Names()[c.Token])
			if c.Opacity != 255 {
				fmt.Fprintf(&b, "/%d%%", (int(c.Opacity)*100+127)/255)
			}
		}
	}
	for _, op := range l.Ops {
		switch op.Kind {
		case draw.RectOp:
			fmt.Fprintf(&b, "rect %.1f,%.1f %.1f,%.1f r%.1f", op.Rect.Min.X, op.Rect.Min.Y, op.Rect.Max.X, op.Rect.Max.Y,
				op.Radius)
		case draw.CircleOp:
			fmt.Fprintf(&b, "circle %.1f,%.1f r%.1f", op.At.X, op.At.Y, op.Radius)
		case draw.ArcOp:
			fmt.Fprintf(&b, "arc %.1f,%.1f r%.1f %.3f-%.3f", op.At.X, op.At.Y, op.Radius, op.From, op.To)
		case draw.PolygonOp, draw.PolylineOp:
			b.WriteString(map[draw.Kind]string{draw.PolygonOp: "polygon", draw.PolylineOp: "line"}[op.Kind])
			for _, p := range l.Points[op.First : op.First+op.Count] {
				fmt.Fprintf(&b, " %.1f,%.1f", p.X, p.Y)
			}
		case draw.TextOp:
			fmt.Fprintf(&b, "text %.1f,%.1f %q font%d/%g %s", op.At.X, op.At.Y, op.String, op.Text.Font, op.Text.Size,
				[]string{"left", "center", "right"}[op.Text.Align])
			color("color", op.Text.Color)
		case draw.ClipOp:
			fmt.Fprintf(&b, "clip %.1f,%.1f %.1f,%.1f", op.Rect.Min.X, op.Rect.Min.Y, op.Rect.Max.X, op.Rect.Max.Y)
		case draw.UnclipOp:
			b.WriteString("unclip")
		}
		color("fill", op.Style.Fill)
		color("dots", op.Style.Dots)
		color("hatch", op.Style.Hatch)
		color("stroke", op.Style.Stroke)
		if op.Style.Stroke.Opacity != 0 {
			fmt.Fprintf(&b, " %g", op.Style.Width)
		}
		if op.Style.Dash.On != 0 {
			fmt.Fprintf(&b, " dash %.1f/%.1f", op.Style.Dash.On, op.Style.Dash.Off)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// inkBox returns the box of a line of text from cap height to a little below the baseline.
func inkBox(op draw.Op) draw.Rect {
	w := assets.Width(int(op.Text.Font), op.Text.Size, op.String)
	x := op.At.X - w*[]float32{0, 0.5, 1}[op.Text.Align]
	return draw.Box(x, op.At.Y-0.7*op.Text.Size, w, 0.8*op.Text.Size)
}

// TestWords draws three masters at any instant: no words overlap, leave the canvas or are smaller than 12 px.
func TestWords(t *testing.T) {
	for _, name := range []string{"stale-leader", "election"} {
		tr, illegal := fixtures(name)
		for _, size := range []draw.Point{{X: 860, Y: 396}, {X: 1180, Y: 520}, {X: 390, Y: 330}} {
			layout := view.NewLayout(size, tr, 0)
			rapid.Check(t, func(t *rapid.T) {
				m := view.Model{Cursor: tr.Cursor(), Illegal: illegal}
				m.Cursor.Seek(trace.EventID(rapid.IntRange(-1, len(tr.Events)-1).Draw(t, "event")))
				m.At = tr.End()
				if e := m.Cursor.Event(); int(e)+1 < len(tr.Events) {
					m.At = trace.Time(rapid.Int64Range(int64(timeOf(tr, e)), int64(tr.Events[e+1].At)).Draw(t, "at"))
				}
				m.Selected = trace.NodeID(rapid.IntRange(0, 4).Draw(t, "selected"))
				m.Mode = view.Mode(rapid.IntRange(0, 1).Draw(t, "mode"))
				event := m.Cursor.Event()
				var l, again draw.List
				m.Stage(&l, layout)
				m.Stage(&again, layout)
				require.Equal(t, l, again)
				require.Equal(t, event, m.Cursor.Event())
				requireReadable(t, &l, size)
			})
		}
	}
}

func timeOf(tr *trace.Trace, e trace.EventID) trace.Time {
	if e < 0 {
		return 0
	}
	return tr.Events[e].At
}

func requireReadable(t require.TestingT, l *draw.List, size draw.Point) {
	var texts []draw.Op
	for _, op := range l.Ops {
		if op.Kind != draw.TextOp {
			continue
		}
		require.GreaterOrEqual(t, op.Text.Size, float32(12), op.String)
		box := inkBox(op)
		require.True(t, box.Min.X >= 2 && box.Max.X <= size.X-2 && box.Min.Y >= 2 && box.Max.Y <= size.Y-2, op.String)
		for _, other := range texts {
			o := inkBox(other)
			apart := box.Max.X <= o.Min.X || o.Max.X <= box.Min.X || box.Max.Y <= o.Min.Y || o.Max.Y <= box.Min.Y
			require.True(t, apart, "%q over %q", op.String, other.String)
		}
		texts = append(texts, op)
	}
}

// TestEverySize draws what is crowded on canvases of all sizes; it must not panic, and nodes must be on the canvas.
func TestEverySize(t *testing.T) {
	for _, name := range []string{"busy", "five"} {
		tr, _ := fixtures(name)
		rapid.Check(t, func(t *rapid.T) {
			w, h := rapid.IntRange(320, 2000).Draw(t, "w"), rapid.IntRange(320, 1200).Draw(t, "h")
			size := draw.Point{X: float32(w), Y: float32(h)}
			m := view.Model{Cursor: tr.Cursor(), At: trace.Time(rapid.Int64Range(0, int64(tr.End())).Draw(t, "at"))}
			m.Cursor.SeekTime(m.At)
			layout := view.NewLayout(size, tr, 0)
			var l draw.List
			m.Stage(&l, layout)
			for _, p := range layout.Places {
				require.True(t, draw.Box(0, 0, size.X, size.Y).Contains(p.At), "%v in %v", p, size)
			}
		})
	}
}

func TestHit(t *testing.T) {
	tr, _ := fixtures("stale-leader")
	layout := view.NewLayout(draw.Point{X: 860, Y: 396}, tr, 0)
	m := view.Model{Cursor: tr.Cursor(), At: 7_500_000}
	m.Cursor.SeekTime(m.At)
	for _, p := range layout.Places {
		require.Equal(t, p.Node, m.Hit(layout, p.At).Node)
	}
	require.Equal(t, view.Target{Message: trace.NoEvent}, m.Hit(layout, draw.Point{X: 600, Y: 30}))
	hit := m.Hit(layout, draw.Point{X: 489, Y: 250})
	require.Equal(t, trace.Heartbeat, tr.Events[hit.Message].Kind)
	require.Zero(t, hit.Node)
}

// A message that has arrived stays on the stage while the player shows it longer, and is not in the pile meanwhile.
func TestLingeringFlight(t *testing.T) {
	tr, _ := fixtures("stale-leader")
	layout := view.NewLayout(draw.Point{X: 860, Y: 396}, tr, 0)
	m := view.Model{Cursor: tr.Cursor(), At: 5_000_400}
	m.Cursor.SeekTime(m.At)
	require.Equal(t, 1, m.Rows(layout)[0].Unread)
	send := tr.Events[m.Cursor.Event()].Cause
	m.Flights = []player.Flight{{Send: send, Progress: 0.5}}
	require.Equal(t, 0, m.Rows(layout)[0].Unread)
	require.Contains(t, m.Sentences(layout), "vote from B to A is under way, term 6.")
}

func TestDuration(t *testing.T) {
	for at, want := range map[trace.Time]string{0: "0 µs", 999: "999 µs", 17_400: "17 ms", 999_999: "999 ms",
		6_463_000:  "6.4 s",
		59_999_999: "59.9 s", 125_000_000: "2 min 5 s"} {
		require.Equal(t, want, view.Duration(at))
	}
}

func BenchmarkStage(b *testing.B) {
	tr, _ := fixtures("busy")
	m := view.Model{Cursor: tr.Cursor(), At: 2_001_000}
	m.Cursor.SeekTime(m.At)
	layout := view.NewLayout(draw.Point{X: 860, Y: 396}, tr, 0)
	var l draw.List
	b.ReportAllocs()
	for b.Loop() {
		l.Reset()
		m.Stage(&l, layout)
	}
}
