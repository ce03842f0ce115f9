package view_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tabletop/engine/trace"
	"tabletop/render/view"
)

// TestAxis checks that the axis is strictly monotone and that every microsecond finds its way back.
func TestAxis(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		end := rapid.Int64Range(1, 3_600_000_000).Draw(t, "end")
		var stops []trace.Time
		for _, s := range rapid.SliceOfN(rapid.Int64Range(-5, end+5), 0, 20).Draw(t, "stops") {
			stops = append(stops, trace.Time(s))
		}
		a := view.NewAxis(trace.Time(end), stops, 24, 704)
		require.Equal(t, 24.0, a.X(0))
		require.Equal(t, 704.0, a.X(trace.Time(end)))
		at := rapid.Int64Range(0, end-1).Draw(t, "at")
		require.Less(t, a.X(trace.Time(at)), a.X(trace.Time(at+1)))
		require.Equal(t, trace.Time(at), a.Time(a.X(trace.Time(at))))
	})
}

// TestAxisShares checks that thirty milliseconds beside six seconds can be dragged.
func TestAxisShares(t *testing.T) {
	a := view.NewAxis(6_060_000, []trace.Time{6_000_000, 6_030_000}, 0, 600)
	require.Greater(t, a.X(6_030_000)-a.X(6_000_000), 120.0)
	require.Greater(t, a.X(6_000_000), 200.0)
}

func TestAxisOfNothing(t *testing.T) {
	a := view.NewAxis(0, nil, 0, 100)
	require.Equal(t, 0.0, a.X(0))
	require.Equal(t, trace.Time(0), a.Time(-5))
}
