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
	require.Equal(t, "0 of the first 0 seeds end so, counting", c.words())
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
	require.Contains(t, c.words(), "of seeds 1–1000 end so")
	require.False(t, c.step())
	other := newCensus(run, scenes.Options{Variant: "read-index"})
	require.NotEqual(t, c.key(), other.key())
}
