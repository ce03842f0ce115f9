package view

import (
	"math"
	"slices"
	"sort"

	"tabletop/engine/trace"
)

// Axis maps trace time to a horizontal place and back. The time of a lesson is uneven in interest: six seconds of
// silence, then thirty milliseconds in which everything happens. So every interval between two stops gets a width of
// its own: Even of the whole is shared equally among the intervals, the rest by the logarithm of their lengths. Within
// an interval time runs evenly. The map is strictly monotone and invertible; intervals of no length have no width.
type Axis struct {
	times []float64 // borders of the intervals, strictly ascending
	x     []float64
}

// Even is the part of an axis that its intervals share equally.
const Even = 0.5

// logUnit is the length, in microseconds, from which on an interval counts by its logarithm.
const logUnit = 1000

// NewAxis returns the axis from time 0 to an end, drawn from left to right between two places. Stops may come in any
// order and repeat.
func NewAxis(end trace.Time, stops []trace.Time, left, right float32) Axis {
	borders := []float64{0, float64(max(1, end))}
	for _, s := range stops {
		if s > 0 && s < end {
			borders = append(borders, float64(s))
		}
	}
	slices.Sort(borders)
	a := Axis{times: slices.Compact(borders)}
	n := len(a.times) - 1
	sum := 0.0
	for i := range n {
		sum += math.Log1p((a.times[i+1] - a.times[i]) / logUnit)
	}
	whole := float64(right - left)
	a.x = append(a.x, float64(left))
	for i := range n {
		share := Even/float64(n) + (1-Even)*math.Log1p((a.times[i+1]-a.times[i])/logUnit)/sum
		a.x = append(a.x, a.x[i]+whole*share)
	}
	a.x[n] = float64(right)
	return a
}

// X returns the place of a time; times outside the axis lie at its ends.
func (a Axis) X(t trace.Time) float64 { return between(a.times, a.x, float64(t)) }

// Time returns the time at a place, rounded to microseconds; places outside the axis have the time of its ends.
func (a Axis) Time(x float64) trace.Time {
	return trace.Time(math.Round(between(a.x, a.times, x)))
}

// Left and Right return the ends of the axis.
func (a Axis) Left() float64 { return a.x[0] }

// Right returns the right end.
func (a Axis) Right() float64 { return a.x[len(a.x)-1] }

func between(from, to []float64, v float64) float64 {
	last := len(from) - 1
	switch {
	case v <= from[0]:
		return to[0]
	case v >= from[last]:
		return to[last]
	}
	i := sort.SearchFloat64s(from, v)
	if from[i] == v {
		return to[i]
	}
	return to[i-1] + (to[i]-to[i-1])*(v-from[i-1])/(from[i]-from[i-1])
}
