package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/scenes"
)

func TestTheCensusCountsWhatARunEndsAs(t *testing.T) {
	sc, err := scenes.Find("kudu-3266")
	require.NoError(t, err)
	run, err := sc.Run(scenes.Options{})
	require.NoError(t, err)
	c := newCensus(run, scenes.Options{})
	for c.step() {
	}
	anomalies := 0
	for seed := uint64(1); seed <= censusSeeds; seed++ {
		sample, err := sc.Measure(scenes.Options{Seed: seed})
		require.NoError(t, err)
		if sample.Outcome == run.Outcome {
			anomalies++
		}
	}
	require.Equal(t, anomalies, c.same)
	require.False(t, c.step())
	other := newCensus(run, scenes.Options{Variant: "read-index"})
	require.NotEqual(t, c.key(), other.key())
}

func TestASessionCountsInSlices(t *testing.T) {
	s := newSession()
	sc, err := s.find("kudu-3266")
	require.NoError(t, err)
	require.NoError(t, s.open(sc, scenes.Options{}))
	clock := int64(0)
	tick := func() int64 { clock += 1000; return clock } // each look at the clock takes a millisecond
	first := s.count(tick, 5000)
	require.Positive(t, first.Done)
	require.Less(t, first.Done, 10)
	require.Contains(t, first.Settings, "machine slow-build")
	second := s.count(tick, 5000)
	require.Greater(t, second.Done, first.Done, "it goes on where it stopped")
	require.NoError(t, s.open(sc, scenes.Options{Variant: "read-index"}))
	require.LessOrEqual(t, s.count(tick, 5000).Done, first.Done+1, "another variant has a count of its own")
	require.NoError(t, s.open(sc, scenes.Options{}))
	require.Greater(t, s.count(tick, 5000).Done, second.Done)
}
