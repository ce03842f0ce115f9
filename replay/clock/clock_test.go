package clock_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tabletop/replay/clock"
)

// truth is what a planted set was made from: for each node by how much its clock is ahead at time 0, and how fast it
// gains, in ppm.
type truth struct {
	offset []int64
	drift  []float64
}

// reads returns what a node's clock shows at a true time.
func (t truth) reads(node int, at int64) int64 {
	return at + t.offset[node] + int64(math.Floor(float64(at)*t.drift[node]*1e-6))
}

// edge returns a message that left at a true time and took the given µs.
func (t truth) edge(from, to int, at, delay int64) clock.Edge {
	return clock.Edge{From: from, To: to, Sent: t.reads(from, at), Received: t.reads(to, at+delay)}
}

// plant makes messages between random pairs over a time span, with exponential delays from 100 µs on.
func (t truth) plant(seed uint64, edges int, span int64) []clock.Edge {
	r := rand.New(rand.NewPCG(seed, 1))
	var out []clock.Edge
	for range edges {
		from := r.IntN(len(t.offset))
		to := (from + 1 + r.IntN(len(t.offset)-1)) % len(t.offset)
		out = append(out, t.edge(from, to, r.Int64N(span), 100+int64(r.ExpFloat64()*500)))
	}
	return out
}

// wrong returns how far a fit is off at a true time, and what it claims at most.
func wrong(t truth, f clock.Fit, node int, at int64) (off, bound float64) {
	stamp := t.reads(node, at)
	reference := t.reads(0, at)
	return math.Abs(float64(f.Correct(node, stamp) - reference)), f.Bound(node, stamp)
}

func TestPlantedDrift(t *testing.T) {
	const span = 642_000_000
	planted := truth{offset: []int64{0, 3_200_000, -850_000}, drift: []float64{0, 25, -40}}
	worst, worstDrift, widest, sum := 0.0, 0.0, 0.0, 0.0
	const sets = 20
	for seed := range uint64(sets) {
		f := clock.Estimate(3, planted.plant(seed, 480, span), 0, clock.Options{})
		require.Empty(t, f.Suspects)
		require.Empty(t, f.Steps)
		for node := 1; node < 3; node++ {
			l := f.Lines[node]
			require.Equal(t, clock.TwoSided, l.Evidence)
			off := math.Abs(l.OffsetUS - float64(planted.offset[node]))
			require.LessOrEqual(t, off, l.BoundUS)
			require.InDelta(t, planted.drift[node], l.DriftPPM, 1)
			worst, widest, sum = max(worst, off), max(widest, l.BoundUS), sum+off
			worstDrift = max(worstDrift, math.Abs(l.DriftPPM-planted.drift[node]))
			for at := int64(0); at <= span; at += span / 10 {
				off, bound := wrong(planted, f, node, at)
				require.LessOrEqual(t, off, bound, "seed %d node %d at %d", seed, node, at)
			}
		}
	}
	t.Logf("offset off by %.0f µs on average, %.0f at worst; drift by %.2f ppm at worst; bound at most %.0f µs",
		sum/(2*sets), worst, worstDrift, widest)
	require.Less(t, worst, 150.0)
	require.Less(t, widest, 600.0)
}

// system draws a planted system and its messages.
func system(t *rapid.T) (truth, []clock.Edge) {
	nodes := rapid.IntRange(1, 6).Draw(t, "nodes")
	p := truth{offset: []int64{0}, drift: []float64{0}}
	for range nodes - 1 {
		scale := rapid.SampledFrom([]int64{0, 1_000, 5_000_000, 4 * 3_600_000_000}).Draw(t, "scale")
		p.offset = append(p.offset, rapid.Int64Range(-scale, scale).Draw(t, "offset"))
		most := rapid.SampledFrom([]float64{0, 1, 50, 249}).Draw(t, "most")
		p.drift = append(p.drift, rapid.Float64Range(-most, most).Draw(t, "drift"))
	}
	var edges []clock.Edge
	span := rapid.SampledFrom([]int64{1_000_000, 60_000_000, 3_600_000_000}).Draw(t, "span")
	for range rapid.IntRange(0, 60).Draw(t, "edges") {
		from, to := rapid.IntRange(0, nodes-1).Draw(t, "from"), rapid.IntRange(0, nodes-1).Draw(t, "to")
		delay := rapid.SampledFrom([]int64{0, 100, 1_000, 100_000, 5_000_000}).Draw(t, "scale of delay")
		edges = append(edges, p.edge(from, to, rapid.Int64Range(0, span).Draw(t, "at"), rapid.Int64Range(0, delay).Draw(t, "delay")))
	}
	return p, edges
}

func TestBoundsAreTruthful(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		planted, edges := system(t)
		f := clock.Estimate(len(planted.offset), edges, 0, clock.Options{})
		require.Empty(t, f.Steps)
		reference := map[int]int{}
		for node, l := range f.Lines {
			require.NotEqual(t, clock.Contradictory, l.Evidence)
			require.Equal(t, l.Evidence != clock.None, l.Known)
			if _, ok := reference[l.Component]; !ok {
				reference[l.Component] = node
			}
			if l.Evidence != clock.TwoSided {
				require.True(t, math.IsInf(l.BoundUS, 1))
				continue
			}
			zero := reference[l.Component]
			if l.Component == 0 && zero == 0 {
				require.LessOrEqual(t, math.Abs(l.OffsetUS-float64(planted.offset[node])), l.BoundUS+1, "node %d at the origin", node)
			}
			for _, x := range edges {
				for _, end := range []struct {
					node int
					at   int64
				}{{x.From, x.Sent}, {x.To, x.Received}} {
					if end.node != node || zero != 0 {
						continue
					}
					// the true time at which the node's clock showed this
					true_ := int64(float64(end.at-planted.offset[node]) / (1 + planted.drift[node]*1e-6))
					require.LessOrEqual(t, math.Abs(float64(f.Correct(node, end.at)-true_)), f.Bound(node, end.at)+1, "node %d", node)
				}
			}
		}
		for i, x := range edges {
			if x.From != x.To && !slices.Contains(f.Suspects, i) {
				// 29 µs in an hour: what rounding the times of rows may do, where dozens of messages took no time at all
				require.LessOrEqual(t, f.Correct(x.From, x.Sent), f.Correct(x.To, x.Received)+29, "edge %d arrives before it is sent", i)
			}
		}
	})
}

// slowly finds between what a second node's clock can be at both ends of a span, by trying every corner where two
// inequalities meet, each wider by a hair.
func slowly(edges []clock.Edge, span int64, maxPPM, hair float64) (low, high [2]float64, some bool) {
	type half struct{ a, b, limit float64 } // a·u + b·v ≤ limit
	drift := maxPPM * 1e-6 * float64(span)
	all := []half{{1, -1, drift}, {-1, 1, drift}}
	for _, x := range edges {
		stamp, sign := x.Received, 1.0
		if x.From == 1 {
			stamp, sign = x.Sent, -1
		}
		part := float64(stamp) / float64(span)
		all = append(all, half{sign * (1 - part), sign * part, float64(x.Received-x.Sent+1) + hair})
	}
	low, high = [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for i, g := range all {
		for _, h := range all[:i] {
			det := g.a*h.b - g.b*h.a
			if math.Abs(det) < 1e-12 {
				continue
			}
			u, v := (g.limit*h.b-g.b*h.limit)/det, (g.a*h.limit-g.limit*h.a)/det
			if slices.ContainsFunc(all, func(k half) bool { return k.a*u+k.b*v > k.limit+1e-6 }) {
				continue
			}
			some = true
			low, high = [2]float64{min(low[0], u), min(low[1], v)}, [2]float64{max(high[0], u), max(high[1], v)}
		}
	}
	return low, high, some
}

func TestBoundIsWhatEveryCornerSays(t *testing.T) {
	compared := 0
	rapid.Check(t, func(t *rapid.T) {
		const span = 1_000_000
		edges := []clock.Edge{{From: 0, To: 1, Sent: 0, Received: 300}, {From: 0, To: 1, Sent: span - 300, Received: span},
			{From: 1, To: 0, Sent: 0, Received: 300}, {From: 1, To: 0, Sent: span - 300, Received: span}}
		for range rapid.IntRange(0, 6).Draw(t, "edges") {
			at := rapid.Int64Range(0, span-300).Draw(t, "at")
			x := clock.Edge{From: 0, To: 1, Sent: at, Received: at + rapid.Int64Range(-100, 300).Draw(t, "delay")}
			if rapid.Bool().Draw(t, "back") {
				x.From, x.To = 1, 0
			}
			edges = append(edges, x)
		}
		low, high, some := slowly(edges, span, 500, 0)
		// Rows are wider by what clocks drift apart within the unit of a stamp and, where messages took no time at all, within
		// the coarsest grain of the span.
		lower, higher, nearly := slowly(edges, span, 500, 2.1*500e-6+500.0/256)
		f := clock.Estimate(2, edges, 0, clock.Options{})
		if len(f.Suspects) > 0 {
			return
		}
		if some != nearly { // by less than a hair
			return
		}
		require.Equal(t, some, len(f.Steps) == 0 && f.Lines[1].Evidence == clock.TwoSided)
		if !some {
			return
		}
		compared++
		for i, at := range []int64{0, span} {
			c := float64(at - f.Correct(1, at))
			least, most := max(high[i]-c, c-low[i])+3, max(higher[i]-c, c-lower[i])+3
			require.GreaterOrEqual(t, f.Bound(1, at), least-1.5, "at %d: %v to %v, estimate %v", at, low[i], high[i], c)
			require.LessOrEqual(t, f.Bound(1, at), most+1.5, "at %d: %v to %v, estimate %v", at, lower[i], higher[i], c)
		}
	})
	t.Logf("%d sets compared", compared)
}

func TestWrongMatchIsNamed(t *testing.T) {
	for _, drift := range []float64{0, 60} {
		planted := truth{offset: []int64{0, 40_000, 7}, drift: []float64{0, drift, -drift}}
		for seed := range uint64(10) {
			edges := planted.plant(seed, 200, 300_000_000)
			edges[77].Received -= 5_000_000
			f := clock.Estimate(3, edges, 0, clock.Options{})
			require.Equal(t, []int{77}, f.Suspects)
			require.Empty(t, f.Steps)
			for node := range 3 {
				off, bound := wrong(planted, f, node, 150_000_000)
				require.LessOrEqual(t, off, bound)
				require.Less(t, bound, 1_000.0)
			}
			edges[12].Received -= 2_000_000
			edges[90].Received -= 1_000_000
			f = clock.Estimate(3, edges, 0, clock.Options{})
			require.Equal(t, []int{12, 77, 90}, f.Suspects)
		}
	}
}

func TestEitherOfTwoEdgesCouldBeWrong(t *testing.T) {
	f := clock.Estimate(2, []clock.Edge{{From: 0, To: 1, Sent: 1_000, Received: 500}, {From: 1, To: 0, Sent: 1_000, Received: 500}},
		0, clock.Options{})
	require.Equal(t, []int{0, 1}, f.Suspects)
	require.Equal(t, clock.None, f.Lines[1].Evidence, "none of them is used")
}

func TestStep(t *testing.T) {
	for _, jump := range []int64{2_000_000, 30_000, -700_000} {
		for _, drift := range []float64{0, 80} {
			for _, jumper := range []int{1, 2} {
				planted := truth{offset: []int64{0, 500_000, -20_000}, drift: []float64{0, drift, -drift / 2}}
				const at, span = 200_000_000, 300_000_000
				edges := planted.plant(9, 300, span)
				for i := range edges {
					x := &edges[i]
					x.SentPlace, x.ReceivedPlace = x.Sent+1<<40, x.Received+1<<40
					if x.From == jumper && x.Sent >= at {
						x.Sent += jump
					}
					if x.To == jumper && x.Received >= at {
						x.Received += jump
					}
				}
				f := clock.Estimate(3, edges, 0, clock.Options{})
				require.Empty(t, f.Suspects)
				require.Len(t, f.Steps, 1, "%d %v %d", jump, drift, jumper)
				s := f.Steps[0]
				require.Equal(t, jumper, s.Node)
				require.InDelta(t, jump, s.JumpUS, s.BoundUS)
				require.Less(t, s.BoundUS, 3_000.0)
				require.LessOrEqual(t, s.After, at+planted.offset[jumper]+1_000, "the step is not before what it is after")
				require.GreaterOrEqual(t, s.Place, int64(at+1<<40))
				if between := s.After + 1; between < s.At {
					require.Greater(t, f.Bound(jumper, between), math.Abs(s.JumpUS), "the step may be ahead of it or behind")
					require.Less(t, f.Bound(jumper, s.At), 10_000.0)
				}
				for _, x := range edges {
					require.LessOrEqual(t, f.CorrectAt(x.From, x.Sent, x.SentPlace), f.CorrectAt(x.To, x.Received, x.ReceivedPlace)+2)
				}
			}
		}
	}
}

func TestOneDirection(t *testing.T) {
	// node 1 seems to be told before it is asked by 0; node 2 tells 0 things with no visible contradiction
	f := clock.Estimate(5, []clock.Edge{{From: 0, To: 1, Sent: 10_000, Received: 4_000},
		{From: 0, To: 1, Sent: 20_000, Received: 15_500}, {From: 2, To: 0, Sent: 1_000, Received: 1_700},
		{From: 3, To: 0, Sent: 9_000, Received: 2_000}}, 0, clock.Options{})
	require.Empty(t, f.Suspects)
	require.Equal(t, []clock.Evidence{clock.TwoSided, clock.OneSided, clock.OneSided, clock.OneSided, clock.None},
		[]clock.Evidence{f.Lines[0].Evidence, f.Lines[1].Evidence, f.Lines[2].Evidence, f.Lines[3].Evidence, f.Lines[4].Evidence})
	require.InDelta(t, -6_000, f.Lines[1].OffsetUS, 1)
	require.Zero(t, f.Lines[2].OffsetUS)
	require.InDelta(t, 7_000, f.Lines[3].OffsetUS, 1)
	require.Equal(t, -1, f.Lines[4].Component)
	require.True(t, math.IsInf(f.Lines[1].BoundUS, 1))
	require.InDelta(t, 10_000, f.Correct(1, 4_000), 1)
	require.Equal(t, int64(99), f.Correct(4, 99))
}

func TestNothing(t *testing.T) {
	f := clock.Estimate(2, nil, 5, clock.Options{})
	require.Len(t, f.Lines, 2)
	require.Equal(t, clock.Line{Component: -1, BoundUS: math.Inf(1)}, f.Lines[1])
	require.Equal(t, int64(7), f.Correct(1, 7))
	require.Equal(t, int64(7), f.Correct(9, 7))
	require.Equal(t, int64(math.MinInt64), f.Correct(-1, math.MinInt64))
	require.Empty(t, clock.Estimate(-1, []clock.Edge{{From: 0, To: 1}}, 0, clock.Options{}).Lines)
	f = clock.Estimate(2, []clock.Edge{{From: 0, To: 0, Received: 1}, {From: 0, To: 5}, {From: 0, To: 1, Sent: math.MinInt64}}, 0, clock.Options{})
	require.Equal(t, 3, f.Ignored)
}

func TestTwoComponents(t *testing.T) {
	f := clock.Estimate(6, []clock.Edge{{From: 1, To: 4, Sent: 0, Received: 100}, {From: 4, To: 1, Sent: 100, Received: 150},
		{From: 5, To: 2, Sent: 0, Received: 90}, {From: 2, To: 5, Sent: 0, Received: 100}}, 0, clock.Options{})
	var components []int
	for _, l := range f.Lines {
		components = append(components, l.Component)
	}
	require.Equal(t, []int{-1, 0, 1, -1, 0, 1}, components)
	require.Equal(t, 0.0, f.Lines[1].BoundUS)
	require.Equal(t, 0.0, f.Lines[2].BoundUS)
}

// A paused node answers seconds late. Its edges say little, and nothing wrong.
func TestLateAnswersAreWeak(t *testing.T) {
	planted := truth{offset: []int64{0, 0, 0}, drift: []float64{0, 0, 0}}
	edges := planted.plant(4, 60, 50_000_000)
	for at := int64(0); at < 6_000_000; at += 100_000 {
		edges = append(edges, planted.edge(0, 2, at, 6_000_000-at), planted.edge(2, 1, at, 6_500_000-at))
	}
	f := clock.Estimate(3, edges, 0, clock.Options{})
	require.Empty(t, f.Suspects)
	for node, l := range f.Lines {
		require.LessOrEqual(t, math.Abs(l.OffsetUS), l.BoundUS, "node %d", node)
		require.Zero(t, l.DriftPPM)
	}
}

func TestNothingExplainsIt(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	var edges []clock.Edge
	for range 300 {
		at := r.Int64N(1_000_000_000)
		edges = append(edges, clock.Edge{From: r.IntN(4), To: r.IntN(4), Sent: at, Received: at + r.Int64N(2_000_000) - 1_000_000})
	}
	f := clock.Estimate(4, edges, 0, clock.Options{})
	for _, l := range f.Lines {
		require.Equal(t, clock.Contradictory, l.Evidence)
		require.False(t, l.Known)
	}
	require.Equal(t, int64(12), f.Correct(1, 12))
}

func TestMilliseconds(t *testing.T) {
	cut := func(v int64) int64 { return v - v%1000 }
	planted := truth{offset: []int64{0, 0}, drift: []float64{0, 0}}
	edges := planted.plant(4, 400, 50_000_000)
	for i := range edges {
		edges[i].Sent, edges[i].Received = cut(edges[i].Sent), cut(edges[i].Received)
	}
	f := clock.Estimate(2, edges, 0, clock.Options{ResolutionUS: 1000})
	require.Empty(t, f.Suspects)
	require.LessOrEqual(t, math.Abs(f.Lines[1].OffsetUS), f.Lines[1].BoundUS)
}

func TestManyNodes(t *testing.T) {
	for _, nodes := range []int{12, 30, 60} {
		planted := truth{}
		for i := range nodes {
			planted.offset = append(planted.offset, int64(i*i*1000))
			planted.drift = append(planted.drift, float64(i%7))
		}
		if nodes > 40 {
			clear(planted.drift)
		}
		f := clock.Estimate(nodes, planted.plant(1, 6000, 600_000_000), 0, clock.Options{})
		require.Empty(t, f.Suspects)
		worst := 0.0
		for node, l := range f.Lines {
			require.Equal(t, clock.TwoSided, l.Evidence)
			off, bound := wrong(planted, f, node, 300_000_000)
			require.LessOrEqual(t, off, bound)
			worst = max(worst, off)
		}
		t.Logf("%d nodes: off by %.0f µs at worst", nodes, worst)
	}
}

func TestOrderDoesNotMatter(t *testing.T) {
	planted := truth{offset: []int64{0, 3_200_000, -850_000}, drift: []float64{0, 25, -40}}
	edges := planted.plant(3, 200, 642_000_000)
	want := clock.Estimate(3, edges, 0, clock.Options{})
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(edges), func(i, j int) { edges[i], edges[j] = edges[j], edges[i] })
	got := clock.Estimate(3, edges, 0, clock.Options{})
	require.Equal(t, want.Lines, got.Lines)
}

func TestAnotherOrigin(t *testing.T) {
	planted := truth{offset: []int64{0, 3_200_000}, drift: []float64{0, 100}}
	f := clock.Estimate(2, planted.plant(3, 200, 600_000_000), 0, clock.Options{}).At(600_000_000)
	require.InDelta(t, 3_260_000, f.Lines[1].OffsetUS, f.Lines[1].BoundUS)
	require.InDelta(t, 100, f.Lines[1].DriftPPM, 1)
}

func FuzzEstimate(f *testing.F) {
	f.Add([]byte{0, 1, 10, 20, 1, 0, 10, 20, 0, 1, 90, 20, 2, 0, 99, 0}, int64(1))
	f.Add([]byte{0, 1, 10, 0, 1, 2, 10, 0, 2, 0, 99, 0, 1, 1, 1, 1}, int64(1)<<40)
	f.Fuzz(func(t *testing.T, b []byte, scale int64) {
		var edges []clock.Edge
		for ; len(b) >= 4 && len(edges) < 200; b = b[4:] {
			edges = append(edges, clock.Edge{From: int(b[0]%6) - 1, To: int(b[1] % 5), Sent: int64(b[2]) * scale, Received: int64(b[3]) * scale})
		}
		fit := clock.Estimate(5, edges, scale, clock.Options{})
		for node, l := range fit.Lines {
			require.False(t, math.IsNaN(l.OffsetUS) || math.IsNaN(l.DriftPPM) || math.IsNaN(l.BoundUS))
			fit.Correct(node, scale)
			fit.Bound(node, math.MaxInt64)
		}
		for i, x := range edges {
			if ends := fit.Lines; x.From >= 0 && x.From != x.To && len(fit.Steps) == 0 && fit.Ignored == 0 &&
				ends[x.From].Known && ends[x.To].Known && !slices.Contains(fit.Suspects, i) {
				require.LessOrEqual(t, fit.Correct(x.From, x.Sent), fit.Correct(x.To, x.Received)+2)
			}
		}
	})
}

func BenchmarkEstimate(b *testing.B) {
	planted := truth{offset: []int64{0, 3_200_000, -850_000, 12, 99_000_000}, drift: []float64{0, 25, -40, 100, 0}}
	for _, drifting := range []bool{false, true} {
		for _, n := range []int{480, 100_000} {
			p := planted
			if !drifting {
				p.drift = make([]float64, 5)
			}
			edges := p.plant(1, n, 642_000_000)
			b.Run(fmt.Sprintf("drifting=%v/%d", drifting, n), func(b *testing.B) {
				for b.Loop() {
					clock.Estimate(5, edges, 0, clock.Options{})
				}
			})
		}
	}
}

// Who knows better when a clock was set has what was stamped between the messages corrected by the right part.
func TestNarrow(t *testing.T) {
	var all []clock.Edge
	for _, at := range []int64{0, 1_000_000, 20_000_000, 21_000_000} {
		jump := int64(0)
		if at > 10_000_000 {
			jump = 5_000_000
		}
		all = append(all, clock.Edge{From: 0, To: 1, Sent: at, Received: at + jump + 500}, clock.Edge{From: 1, To: 0, Sent: at + jump, Received: at + 500})
	}
	f := clock.Estimate(2, all, 0, clock.Options{})
	require.Len(t, f.Steps, 1)
	require.InDelta(t, 15_000_000, f.Correct(1, 15_000_000), 10_000)
	f.Narrow(0, 9_000_000, 14_500_000)
	require.Equal(t, []int64{9_000_000, 14_500_000}, []int64{f.Steps[0].After, f.Steps[0].At})
	require.InDelta(t, 10_000_000, f.Correct(1, 15_000_000), 10_000)
	require.InDelta(t, 9_000_000, f.Correct(1, 9_000_000), 10_000)
}

// A drift is a drift, and no wrong match, even where clocks would agree without one message: that one is the only one of its way
// that took little time.
func TestDriftGoesBeforeAWrongMatch(t *testing.T) {
	planted := truth{offset: []int64{0, 0}, drift: []float64{0, 40}}
	edges := []clock.Edge{planted.edge(0, 1, 0, 100)}
	for at := int64(0); at <= 100_000_000; at += 10_000_000 {
		edges = append(edges, planted.edge(0, 1, at, 20_000), planted.edge(1, 0, at, 100))
	}
	fit := clock.Estimate(2, edges, 0, clock.Options{})
	require.Empty(t, fit.Suspects)
	require.Empty(t, fit.Steps)
	require.InDelta(t, 0, fit.Lines[1].OffsetUS, fit.Lines[1].BoundUS)
	require.Positive(t, fit.Lines[1].DriftPPM)
}
