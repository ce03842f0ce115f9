package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"tabletop/assets"
	"tabletop/engine/trace"
	"tabletop/render/draw"
	"tabletop/render/mesh"
	"tabletop/render/view"
)

// The stage of the frame benchmark.
const benchWidth, benchHeight = 1280, 720

// benchFrame measures what a frame takes before it goes to the graphics card: the stage as a display list and its
// triangles.
func benchFrame(b *bencher) ([]figure, error) {
	var all []figure
	for _, c := range []struct {
		messages, frames int
		budget           float64
	}{{300, 200, 1.5}, {5000, 40, 8}} {
		b.say("frame: %d frames with %d messages", c.frames, c.messages)
		all = append(all, frameFigure(c.messages, b.size(c.frames, 2), c.budget))
	}
	return all, nil
}

func frameFigure(messages, frames int, budget float64) figure {
	const frame = 40 // microseconds of trace time: a few per cent of a message's way
	t, layout, now := crowdedTrace(messages)
	m := view.Model{Cursor: t.Cursor(), At: now}
	m.Cursor.SeekTime(now)
	triangles := mesh.New(assets.Dark())
	var list draw.List
	var stage, rest, whole []time.Duration
	alone(func() {
		for i := range frames + frames/4 + 1 {
			m.At = now + trace.Time(i%20*frame)
			began := time.Now()
			list.Reset()
			m.Stage(&list, layout)
			drawn := time.Now()
			triangles.Build(&list, benchWidth, benchHeight, 1)
			if ended := time.Now(); i > frames/4 { // memory and glyphs are in place
				stage, rest, whole = append(stage, drawn.Sub(began)), append(rest, ended.Sub(drawn)),
					append(whole, ended.Sub(began))
			}
		}
	})
	return measured(fmt.Sprintf("frame-%d", messages), quantile(whole, 0.5), "ms", "p50, 5 masters and 20 servers: list %s "+
		"+ triangles %s ms; the %d messages run between the %d nodes of %d that have a place", readable(quantile(stage, 0.5)),
		readable(quantile(rest, 0.5)), len(m.Cursor.Flights()), len(layout.Places), len(t.Nodes())).most(budget)
}

// crowdedTrace makes a trace of 5 masters, a client and 20 servers with ten tablets each, and returns an instant at
// which that many messages are on their ways.
func crowdedTrace(messages int) (*trace.Trace, view.Layout, trace.Time) {
	random := rand.New(rand.NewPCG(5, 6))
	b := trace.NewBuilder(trace.Header{Producer: "bench", Seed: 5})
	b.Group("00000000000000000000000000000000")
	for i := range 5 {
		b.AddNode(trace.Node{ID: string(rune('A' + i)), Kind: trace.Master})
	}
	b.AddNode(trace.Node{ID: "client", Kind: trace.Client})
	for i := range 20 {
		b.AddNode(trace.Node{ID: "ts-" + strconv.Itoa(i+1), Kind: trace.TabletServer})
	}
	for i := range b.Nodes() {
		startCrowded(b, trace.NodeID(i+1))
	}
	layout := view.NewLayout(draw.Point{X: benchWidth, Y: benchHeight}, b.Trace(), 0)
	now := sendCrowd(b, random, layout, messages)
	return b.Trace(), layout, now
}

// startCrowded brings a node up: A leads the masters in term 7; a server's tablets have groups of their own.
func startCrowded(b *trace.Builder, n trace.NodeID) {
	b.Emit(trace.Event{Kind: trace.Start, Node: n, Cause: trace.NoEvent})
	b.SetProcess(n, trace.Running)
	groups := []trace.GroupID{1}
	switch b.Info(n).Kind {
	case trace.Client:
		return
	case trace.TabletServer:
		groups = nil
		for i := range 10 {
			groups = append(groups, b.Group("tablet-"+strconv.Itoa((int(n)*7+i)%66)))
		}
	}
	for _, g := range groups {
		role, timer := trace.Follower, uint64(1_500_000)
		if n == 1 {
			role, timer = trace.Leader, 0
		}
		b.SetField(n, g, trace.FieldRole, uint64(role))
		b.SetField(n, g, trace.FieldTerm, 7)
		b.SetField(n, g, trace.FieldLeader, 1)
		b.SetField(n, g, trace.FieldTimer, timer)
		b.SetCell(n, g, trace.Disk, "term", "7")
		b.SetCell(n, g, trace.Disk, "log", "7.3513")
		b.SetCell(n, g, trace.Memory, "table/orders", "key INT32")
	}
}

// sendCrowd sends messages between nodes that have a place, worded as the engine words them: half are heartbeats, a
// fifth appends, the others answers. They are spread over their ways at the instant returned.
func sendCrowd(b *trace.Builder, random *rand.Rand, layout view.Layout, messages int) trace.Time {
	const sending, longest = 10_000, 20_000
	type flight struct {
		send     trace.EventID
		from, to trace.NodeID
		arrives  trace.Time
	}
	var flights []flight
	for i := range messages {
		from := random.IntN(len(layout.Places))
		to := (from + 1 + random.IntN(len(layout.Places)-1)) % len(layout.Places)
		e := trace.Event{At: trace.Time(1 + i*sending/messages), Node: layout.Places[from].Node, Peer: layout.Places[to].Node,
			Group: 1, Term: 7, Cause: trace.NoEvent}
		switch kind := random.IntN(10); {
		case kind < 5:
			e.Kind, e.Text = trace.Heartbeat, b.Intern("heartbeat")
		case kind < 7:
			e.Kind, e.Text = trace.Request, b.Intern("append 7."+strconv.Itoa(3514+i))
		case kind < 9:
			e.Kind, e.Text = trace.Answer, b.Intern("ok")
		default:
			e.Kind, e.Text = trace.Refusal, b.Intern("log does not match")
		}
		flights = append(flights, flight{send: b.Emit(e), from: e.Node, to: e.Peer,
			arrives: sending + 1000 + trace.Time(random.IntN(longest))})
	}
	slices.SortFunc(flights, func(x, y flight) int { return cmp.Compare(x.arrives, y.arrives) })
	for _, f := range flights {
		b.Emit(trace.Event{At: f.arrives, Kind: trace.Arrive, Node: f.to, Peer: f.from, Group: 1, Cause: f.send})
	}
	return sending
}
