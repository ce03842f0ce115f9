package scenes

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
)

// seedsOf returns how many seeds a claim is tried with: few in an ordinary test, many in a long one.
func seedsOf(few, many uint64) uint64 {
	if os.Getenv("TABLETOP_LONG") != "" {
		return many
	}
	return few
}

// What docs/calibration.md says of the switches, beside the table of the recorded cluster.
func TestWhatTheSwitchesDo(t *testing.T) {
	s := find(t, "kudu-3266")
	n := seedsOf(200, 2000)
	share := func(variant string, settings ...string) float64 {
		tally := hunt(t, s, Options{Variant: variant, Settings: set(settings...)}, n)
		require.Zero(t, tally.ExpectationsFailed, "%s %v", variant, settings)
		require.Zero(t, tally.Disagreements)
		return float64(tally.Anomalies) / float64(tally.Runs)
	}
	kept := share("default")
	require.InDelta(t, 0.05, kept, 0.03)
	require.Equal(t, kept, share("retry"), "the fix that was made cures the test, not the answer")
	require.Greater(t, share("default", "sockets", "reset"), 5*kept)
	require.Zero(t, share("default", "gap", "100ms"))
	require.Zero(t, share("default", "client-delay", "1s"))
	require.LessOrEqual(t, share("default", "client-delay", "20ms"), kept)
	require.Zero(t, share("default", "machine", "loaded"), "setting up a connection takes longer than the window")
}

// Reads that a quorum or a lease vouches for are never stale, whatever the machine.
func TestVouchedReadsAreNeverStale(t *testing.T) {
	s := find(t, "kudu-3266")
	for _, variant := range []string{"read-index", "clock-lease"} {
		for _, machine := range []string{"idle", "loaded", "slow-build"} {
			for _, more := range [][]string{nil, {"sockets", "reset"}, {"client", "connected"}, {"masters", "restarted"}} {
				tally := hunt(t, s, Options{Variant: variant, Settings: set(append([]string{"machine", machine}, more...)...)}, seedsOf(40, 1500))
				require.Zero(t, tally.Anomalies, "%s %s %v", variant, machine, more)
			}
		}
	}
}

// Who notices last wins, and a burnt term beside a frozen voter costs two calls that time out.
func TestElectionsOfKudu(t *testing.T) {
	tally := hunt(t, find(t, "kudu-3266"), Options{Settings: set("machine", "idle")}, seedsOf(300, 2000))
	require.Greater(t, float64(tally.Measures.LastWon), 0.95*float64(tally.Measures.Detected))
	for _, d := range tally.Measures.BurntFailovers {
		require.Greater(t, d, trace.Time(5_500_000))
		require.Less(t, d, trace.Time(9_000_000))
	}
	if os.Getenv("TABLETOP_LONG") != "" {
		require.NotEmpty(t, tally.Measures.BurntFailovers)
	}
}
