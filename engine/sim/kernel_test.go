package sim

import (
	"cmp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tabletop/engine/trace"
)

type log struct{ got []Event }

func (l *log) Handle(e Event) { l.got = append(l.got, e) }

// The agenda's slow twin is a stable sort.
func TestEventsComeInOrderOfTimeThenScheduling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(0, 20), rapid.Int64Range(0, 80_000_000)), 0, 200).Draw(t, "times")
		k := New(1)
		var l log
		p := k.Own(&l)
		want := make([]Event, 0, len(times))
		for i, at := range times {
			e := Event{At: trace.Time(at), Proc: p, Seq: uint64(i)}
			want = append(want, e)
			k.Schedule(e)
		}
		slices.SortStableFunc(want, func(a, b Event) int { return int(a.At - b.At) })
		for k.Step() {
		}
		require.Equal(t, len(want), len(l.got))
		for i := range want {
			require.Equal(t, want[i], l.got[i])
		}
	})
}

// A queue that is filled and emptied in turns: its slow twin looks for the least of all.
func TestTimeNeverGoesBack(t *testing.T) {
	for seed := range uint64(20) {
		k := New(seed)
		var l log
		p := k.Own(&l)
		s := k.Stream("test")
		span := []int64{1000, 100_000, 20_000_000, 90_000_000}[seed%4] // within a slot of the agenda, and far beyond all
		var waiting []Event
		for range 3000 {
			if s.Below(5) < 3 {
				e := Event{At: k.Now() + trace.Time(s.Below(span)), Proc: p, Seq: k.seq}
				waiting = append(waiting, e)
				k.Schedule(e)
				continue
			}
			if !k.Step() {
				continue
			}
			least := slices.MinFunc(waiting, func(a, b Event) int { return cmp.Or(int(a.At-b.At), int(a.Seq)-int(b.Seq)) })
			require.Equal(t, least, l.got[len(l.got)-1])
			waiting = slices.DeleteFunc(waiting, func(e Event) bool { return e.Seq == least.Seq })
		}
	}
}

func TestAPastTimeMeansNow(t *testing.T) {
	k := New(1)
	var l log
	p := k.Own(&l)
	k.Schedule(Event{At: 50, Proc: p})
	k.Step()
	k.Schedule(Event{At: 10, Proc: p})
	k.Step()
	require.EqualValues(t, 50, l.got[1].At)
	require.Panics(t, func() {
		k.Schedule(Event{At: 60, Proc: p})
		k.Advance(61)
	})
}

func TestStreamsAreIndependentOfEachOther(t *testing.T) {
	a, b := New(7), New(7)
	a.Stream("net").Uint64()
	require.Equal(t, a.Stream("election").Uint64(), b.Stream("election").Uint64())
	require.NotEqual(t, a.Stream("net").Uint64(), a.Stream("election").Uint64())
	require.NotEqual(t, New(7).Stream("net").Uint64(), New(8).Stream("net").Uint64())
}

func TestTableDrawsItsQuantiles(t *testing.T) {
	s := New(3).Stream("x")
	table := Table{10, 20, 100}
	var below20, n int
	for range 20000 {
		d := table.Draw(s)
		require.GreaterOrEqual(t, d, trace.Time(10))
		require.Less(t, d, trace.Time(100))
		if d < 20 {
			below20++
		}
		n++
	}
	require.InDelta(t, 0.5, float64(below20)/float64(n), 0.02)
	require.EqualValues(t, 5, Constant(5).Draw(s))
}

func BenchmarkKernel(b *testing.B) {
	k := New(1)
	var sink nothing
	p := k.Own(sink)
	for i := range 64 {
		k.Schedule(Event{At: trace.Time(i), Proc: p})
	}
	for b.Loop() {
		k.Step()
		k.Schedule(Event{At: k.Now() + 64, Proc: p})
	}
}

type nothing struct{}

func (nothing) Handle(Event) {}
