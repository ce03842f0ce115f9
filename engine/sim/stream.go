package sim

import "tabletop/engine/trace"

// Stream is a sequence of random numbers for one purpose (splitmix64). Purposes have streams of their own so that one
// more draw for one of them does not change the others.
type Stream struct{ state uint64 }

// Stream returns the stream of a purpose, at its start.
func (k *Kernel) Stream(purpose string) *Stream {
	const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a
	h := uint64(offset)
	for i := range len(purpose) {
		h = (h ^ uint64(purpose[i])) * prime
	}
	s := &Stream{h ^ mix(k.seed+0x9E3779B97F4A7C15)}
	s.Uint64()
	return s
}

// Uint64 returns the next 64 random bits.
func (s *Stream) Uint64() uint64 {
	s.state += 0x9E3779B97F4A7C15
	return mix(s.state)
}

// Below returns a number from 0 to n-1. Its bias, below n/2^64, is of no account here.
func (s *Stream) Below(n int64) int64 {
	if n <= 0 {
		panic("sim: Below needs a positive bound")
	}
	return int64(s.Uint64() % uint64(n))
}

// Between returns a duration from lo to hi, both included.
func (s *Stream) Between(lo, hi trace.Time) trace.Time {
	return lo + trace.Time(s.Below(int64(hi-lo)+1))
}

// Around returns a duration from d less a quarter to d and a quarter, as Kudu's PeriodicTimer jitters.
func (s *Stream) Around(d trace.Time) trace.Time { return s.Between(d-d/4, d+d/4) }

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// Table is a distribution of durations as equidistant quantiles, from the smallest value to the largest, drawn from
// with linear interpolation in integers: math.Exp and math.Pow give other bits in wasm than natively.
type Table []trace.Time

// Constant returns the distribution of one value.
func Constant(d trace.Time) Table { return Table{d} }

// Draw returns a duration from the distribution.
func (t Table) Draw(s *Stream) trace.Time {
	if len(t) == 1 {
		return t[0]
	}
	const grain = 1 << 16
	u := s.Below(int64(len(t)-1) * grain)
	i, part := u/grain, u%grain
	lo, hi := int64(t[i]), int64(t[i+1])
	return trace.Time(lo + (hi-lo)*part/grain)
}
