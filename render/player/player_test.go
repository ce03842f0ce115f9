package player_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tabletop/engine/trace"
	"tabletop/render/player"
)

// lesson is a trace of two nodes: a message, six seconds of silence, a message that takes 200 µs. Its stops are the
// first arrival and the last event.
func lesson() player.Branch {
	b := trace.NewBuilder(trace.Header{})
	a, c := b.AddNode(trace.Node{ID: "A"}), b.AddNode(trace.Node{ID: "B"})
	g := b.Group("")
	emit := func(at trace.Time, k trace.Kind, n, peer trace.NodeID, cause trace.EventID) trace.EventID {
		return b.Emit(trace.Event{At: at, Kind: k, Node: n, Peer: peer, Cause: cause, Group: g})
	}
	emit(0, trace.Start, a, 0, trace.NoEvent)                   // 0
	s := emit(1000, trace.Request, a, c, trace.NoEvent)         // 1
	emit(1200, trace.Arrive, c, a, s)                           // 2
	emit(1200, trace.Receive, c, a, s)                          // 3
	emit(1200, trace.Elected, c, 0, trace.NoEvent)              // 4
	b.SetField(c, g, trace.FieldRole, uint64(trace.Leader))     //
	s = emit(6_000_000, trace.Heartbeat, c, a, trace.NoEvent)   // 5
	s2 := emit(6_000_000, trace.Heartbeat, c, a, trace.NoEvent) // 6
	emit(6_000_200, trace.Arrive, a, c, s)                      // 7
	emit(6_000_200, trace.Receive, a, c, s)                     // 8
	emit(6_000_300, trace.Drop, a, c, s2)                       // 9
	return player.Branch{Name: "main", Trace: b.Trace(), Stops: []trace.EventID{2, 9}, Findings: []trace.EventID{4}}
}

// settle ticks until nothing moves and returns the wall time then.
func settle(p *player.Player, now int64) int64 {
	for p.Tick(now) {
		now += 10_000
	}
	return now
}

func TestStepMovesLinearly(t *testing.T) {
	p := player.New(lesson())
	require.Equal(t, player.UnitStop, p.Unit())
	require.True(t, p.Tick(0), "the first frame")
	require.False(t, p.Tick(10), "idle")
	p.Step()
	require.True(t, p.Tick(1_000_000))
	require.True(t, p.Tick(1_175_000))
	require.Equal(t, trace.Time(600), p.At(), "half way after half of 350 ms")
	event, _ := p.Position()
	require.Equal(t, trace.EventID(0), event)
	p.Tick(1_350_000)
	event, at := p.Position()
	require.Equal(t, trace.EventID(2), event)
	require.Equal(t, trace.Time(1200), at)
	require.Equal(t, 1, p.StopNumber())
	now := settle(p, 1_350_000)
	require.False(t, p.Moving())
	require.False(t, p.Tick(now+1))
}

func TestLongStepTakesSixHundred(t *testing.T) {
	p := player.New(lesson())
	p.SeekStop(1)
	p.Step()
	p.Tick(0)
	p.Tick(599_000)
	require.Less(t, p.At(), trace.Time(6_000_300))
	p.Tick(600_000)
	require.Equal(t, trace.Time(6_000_300), p.At())
}

func TestKeyCompletesMovement(t *testing.T) {
	p := player.New(lesson())
	p.Step()
	p.Tick(0)
	p.Tick(100_000)
	p.Step()
	event, at := p.Position()
	require.Equal(t, trace.EventID(2), event, "the first step is complete")
	require.Equal(t, trace.Time(1200), at)
	p.Tick(100_000)
	p.Back()
	event, _ = p.Position()
	require.Equal(t, trace.EventID(2), event, "the second was completed, then undone")
	p.Back()
	event, _ = p.Position()
	require.Equal(t, trace.NoEvent, event)
	require.Equal(t, 0, p.StopNumber())
}

func TestFlightsLast(t *testing.T) {
	p := player.New(lesson())
	p.SetStopAtStops(false)
	p.Play()
	p.Tick(0)
	p.Tick(10_000) // 10 ms of trace time: the first message is long read
	require.Equal(t, []player.Flight{{Send: 1}}, p.Flights())
	p.Tick(100_000)
	require.Equal(t, []player.Flight{{Send: 1, Progress: 0.5}}, p.Flights())
	p.Tick(190_000)
	require.Empty(t, p.Flights())
	p.Tick(6_100_000)
	require.Equal(t, []player.Flight{{Send: 5}}, p.Flights(), "one heartbeat stands for two")
	require.False(t, p.Playing(), "the end")
	settle(p, 6_100_000)
	require.Empty(t, p.Flights())
}

func TestReducedMotion(t *testing.T) {
	p := player.New(lesson())
	p.SetReducedMotion(true)
	p.Step()
	event, _ := p.Position()
	require.Equal(t, trace.EventID(2), event)
	require.True(t, p.Tick(0))
	require.False(t, p.Tick(1))
	require.Empty(t, p.Flights())
}

func TestPlayStopsAtStops(t *testing.T) {
	p := player.New(lesson())
	p.SetSpeed(1000)
	p.Play()
	p.Tick(0)
	p.Tick(1_000_000)
	event, _ := p.Position()
	require.Equal(t, trace.EventID(2), event)
	require.False(t, p.Playing())
	p.Play()
	p.Tick(2_000_000)
	p.Tick(3_000_000)
	require.Equal(t, 2, p.StopNumber())
	p.Play()
	event, _ = p.Position()
	require.Equal(t, trace.NoEvent, event, "play at the end starts over")
}

func TestSlowPlayingKeepsFractions(t *testing.T) {
	p := player.New(lesson())
	p.SetStopAtStops(false)
	p.SetSpeed(0.001)
	p.Play()
	for now := int64(0); now <= 1_000_000; now += 500 {
		p.Tick(now)
	}
	require.Equal(t, trace.Time(1000), p.At())
}

func TestUnits(t *testing.T) {
	for unit, want := range map[player.Unit][]trace.EventID{
		player.UnitEvent:   {0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
		player.UnitStop:    {2, 9},
		player.UnitMessage: {3, 8, 9},
		player.UnitRole:    {0, 4, 9},
		player.UnitFinding: {4, 9},
	} {
		p := player.New(lesson())
		p.SetReducedMotion(true)
		p.SetUnit(unit)
		var got []trace.EventID
		for range want {
			p.Step()
			event, _ := p.Position()
			got = append(got, event)
		}
		require.Equal(t, want, got, unit.String())
		p.Step()
		event, _ := p.Position()
		require.Equal(t, trace.EventID(9), event, "the end stays")
		again, ok := player.ParseUnit(unit.String())
		require.True(t, ok)
		require.Equal(t, unit, again)
	}
	_, ok := player.ParseUnit("year")
	require.False(t, ok)
}

func TestSpeed(t *testing.T) {
	p := player.New(lesson())
	for speed, words := range map[float64]string{0.05: "1 s = 20 s", 2: "1 s = 0.5 s", 1: "1 s = 1 s",
		0.001: "1 s = 17 min",
		1000:  "1 s = 1 ms", 50: "1 s = 20 ms"} {
		p.SetSpeed(speed)
		require.Equal(t, words, p.SpeedWords())
	}
	p.SetSpeed(0)
	require.Equal(t, player.MinSpeed, p.Speed())
	require.Equal(t, 0.0, p.Slider())
	var notches []float64
	for p.Speed() < player.MaxSpeed {
		notches = append(notches, p.Speed())
		p.Faster()
	}
	require.Len(t, notches, 18)
	for i := len(notches) - 1; i >= 0; i-- {
		p.Slower()
		require.Equal(t, notches[i], p.Speed())
	}
	p.SetSlider(0.5)
	require.InDelta(t, 1, p.Speed(), 1e-9)
	require.InDelta(t, 0.5, p.Slider(), 1e-9)
}

func TestBranches(t *testing.T) {
	p := player.New(lesson())
	p.SeekTime(3_000_000)
	other := trace.NewBuilder(trace.Header{})
	other.AddNode(trace.Node{ID: "A"})
	for at := range trace.Time(3) {
		other.Emit(trace.Event{At: at * 1_000_000, Cause: trace.NoEvent})
	}
	n := p.AddBranch(player.Branch{Name: "‖ B at 3 s", Trace: other.Trace()})
	p.EnterBranch(n)
	event, at := p.Position()
	require.Equal(t, trace.EventID(2), event)
	require.Equal(t, trace.Time(2_000_000), at, "the end of the shorter branch")
	p.EnterBranch(0)
	event, _ = p.Position()
	require.Equal(t, trace.EventID(4), event)
	require.Equal(t, []string{"main", "‖ B at 3 s"}, p.Branches())

	p.SeekEvent(3) // the middle of three events of one instant
	p.ReplaceBranch(0, lesson())
	event, _ = p.Position()
	require.Equal(t, trace.EventID(3), event)
}

// TestTwin does anything in any order; the state is always that of a fresh cursor at the position.
func TestTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := player.New(lesson())
		p.AddBranch(lesson())
		now := int64(0)
		tick := func(t *rapid.T) {
			now += rapid.Int64Range(0, 700_000).Draw(t, "wall")
			p.Tick(now)
		}
		t.Repeat(map[string]func(*rapid.T){
			"step":  func(*rapid.T) { p.Step() },
			"back":  func(*rapid.T) { p.Back() },
			"play":  func(*rapid.T) { p.Play() },
			"stop":  func(*rapid.T) { p.Stop() },
			"tick":  tick,
			"tick2": tick,
			"event": func(t *rapid.T) { p.SeekEvent(trace.EventID(rapid.IntRange(-3, 12).Draw(t, "event"))) },
			"time":  func(t *rapid.T) { p.SeekTime(trace.Time(rapid.Int64Range(-10, 6_100_000).Draw(t, "time"))) },
			"nth":   func(t *rapid.T) { p.SeekStop(rapid.IntRange(-1, 4).Draw(t, "stop")) },
			"unit":  func(t *rapid.T) { p.SetUnit(player.Unit(rapid.IntRange(0, 4).Draw(t, "unit"))) },
			"speed": func(t *rapid.T) { p.SetSlider(rapid.Float64Range(0, 1).Draw(t, "slider")) },
			"enter": func(t *rapid.T) { p.EnterBranch(rapid.IntRange(0, 1).Draw(t, "branch")) },
			"": func(t *rapid.T) {
				event, at := p.Position()
				b, _ := p.Branch()
				fresh := b.Trace.Cursor()
				fresh.Seek(event)
				require.Equal(t, fresh.Event(), p.Cursor().Event())
				for n := range b.Trace.Nodes() {
					require.Equal(t, fresh.Node(trace.NodeID(n+1)), p.Cursor().Node(trace.NodeID(n+1)))
				}
				require.ElementsMatch(t, fresh.Flights(), p.Cursor().Flights())
				if event != trace.NoEvent {
					require.LessOrEqual(t, b.Trace.Events[event].At, at)
				}
				if int(event)+1 < len(b.Trace.Events) {
					require.GreaterOrEqual(t, b.Trace.Events[event+1].At, at)
				}
			},
		})
		p.Stop()
		p.Tick(now)
		require.False(t, p.Tick(now+1), "idle")
	})
}
