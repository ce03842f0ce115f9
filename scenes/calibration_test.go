package scenes

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
)

// recorded is what was measured on a real Kudu 1.17.1 cluster (release build, three masters, loopback, two cores): 88
// iterations of the failure idle, 18 loaded. docs/calibration.md names the sources.
type recorded struct {
	what     string
	settings []trace.Setting
	rows     []row
}

type row struct {
	what, real string
	ours       func(Tally) string
}

func milliseconds(d *Distribution) string {
	if d == nil {
		return "none"
	}
	ms := func(t trace.Time) string { return fmt.Sprintf("%.1f", float64(t)/1000) }
	return fmt.Sprintf("%s / %s / %s / %s", ms(d.Min), ms(d.P50), ms(d.P90), ms(d.Max))
}

func share(n, of int) string { return fmt.Sprintf("%.2f %%", 100*float64(n)/float64(max(of, 1))) }

func clusters() []recorded {
	failovers := func(t Tally) string { return milliseconds(Distribute(t.Measures.Failovers)) }
	stepDowns := func(t Tally) string { return milliseconds(Distribute(t.Measures.StepDowns)) }
	runs := func(t Tally) string { return share(t.Anomalies, t.Runs) }
	reads := func(t Tally) string { return share(t.Measures.StaleReads, t.Measures.Reads) }
	burnt := func(t Tally) string {
		return share(len(t.Measures.BurntFailovers), len(t.Measures.BurntFailovers)+len(t.Measures.Failovers))
	}
	return []recorded{
		{"idle, a new client for each check", set("machine", "idle"), []row{
			{"failover, no term burnt (ms: min / p50 / p90 / max)", "1030 / 1370 / 1490 / 1500", failovers},
			{"failovers with a burnt term", "1.9 %", burnt},
			{"these took (ms)", "7300 and 7800", func(t Tally) string { return milliseconds(Distribute(t.Measures.BurntFailovers)) }},
			{"won by the follower that noticed last", "60 of 60", func(t Tally) string {
				return fmt.Sprintf("%d of %d", t.Measures.LastWon, t.Measures.Detected)
			}},
			{"resume to step-down (ms)", "0.5 / 1.25 / 2.3 / 5.1", stepDowns},
			{"runs with a stale answer", "0 of 22", runs},
		}},
		{"idle, 24 connected clients", set("machine", "idle", "client", "connected", "clients", "24"), []row{
			{"runs with a stale answer", "4.5 % (3 of 66)", runs},
			{"stale reads", "0.19 % (3 of 1,584)", reads},
		}},
		{"loaded, a new client for each check", set("machine", "loaded"), []row{
			{"failover, no term burnt (ms)", "1010 / 1330 / – / 1500", failovers},
			{"runs with a stale answer", "0 of 10", runs},
		}},
		{"loaded, 24 connected clients", set("machine", "loaded", "client", "connected", "clients", "24"), []row{
			{"resume to step-down (ms)", "1.3 / 29 / 42 / 45", stepDowns},
			{"runs with a stale answer", "75 % (6 of 8)", runs},
			{"stale reads", "22 % (42 of 192)", reads},
		}},
	}
}

func hunt(t *testing.T, s *Scene, o Options, seeds uint64) (tally Tally) {
	for seed := uint64(1); seed <= seeds; seed++ {
		o.Seed = seed
		sample, err := s.Measure(o)
		require.NoError(t, err)
		tally.Add(sample)
	}
	return tally
}

// The engine lands where the real cluster landed. The bounds are wide enough for the few recorded runs and no wider.
func TestCalibration(t *testing.T) {
	s := find(t, "kudu-3266")
	seeds := uint64(150)
	if os.Getenv("TABLETOP_LONG") != "" {
		seeds = 2000
	}
	var b strings.Builder
	var tallies []Tally
	for _, c := range clusters() {
		tally := hunt(t, s, Options{Settings: c.settings}, seeds)
		tallies = append(tallies, tally)
		fmt.Fprintf(&b, "\n### %s\n\n| | recorded | ours |\n| --- | --- | --- |\n", c.what)
		for _, r := range c.rows {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", r.what, r.real, r.ours(tally))
		}
	}
	t.Log(b.String())

	fresh, connected, loaded := tallies[0], tallies[1], tallies[3]
	failover := Distribute(fresh.Measures.Failovers)
	require.InDelta(t, 1_375_000, int(failover.P50), 75_000)
	require.LessOrEqual(t, failover.P90, trace.Time(1_600_000))
	require.GreaterOrEqual(t, failover.Min, trace.Time(850_000))
	stepDown := Distribute(fresh.Measures.StepDowns)
	require.GreaterOrEqual(t, stepDown.P50, trace.Time(500))
	require.LessOrEqual(t, stepDown.P50, trace.Time(3000))
	require.Zero(t, fresh.Anomalies, "setting up a connection takes longer than the window")
	require.Less(t, connected.Anomalies, int(seeds)/10, "rare")
	slow := Distribute(loaded.Measures.StepDowns)
	require.GreaterOrEqual(t, slow.P50, trace.Time(10_000))
	require.LessOrEqual(t, slow.P50, trace.Time(45_000))
	require.InDelta(t, 0.675, float64(loaded.Anomalies)/float64(loaded.Runs), 0.275)
	require.InDelta(t, 0.24, float64(loaded.Measures.StaleReads)/float64(loaded.Measures.Reads), 0.16)
	if seeds < 2000 {
		return
	}
	require.NotZero(t, connected.Anomalies, "but not none")
	burnt := len(fresh.Measures.BurntFailovers)
	require.InDelta(t, 0.036, float64(burnt)/float64(fresh.Runs), 0.034)
}

// A killed voter refuses a vote call at once, so that a burnt term costs half of what it costs beside a frozen one.
func TestABurntTermBesideAKilledVoter(t *testing.T) {
	source, err := os.ReadFile("testdata/killed-leader.scene")
	require.NoError(t, err)
	s, err := Parse("killed-leader.scene", source)
	require.NoError(t, err)
	seeds := uint64(300)
	if os.Getenv("TABLETOP_LONG") != "" {
		seeds = 2000
	}
	tally := hunt(t, s, Options{}, seeds)
	burnt := Distribute(tally.Measures.BurntFailovers)
	t.Log(share(len(tally.Measures.BurntFailovers), tally.Runs), milliseconds(burnt))
	require.Zero(t, tally.Deviates)
	require.InDelta(t, 0.036, float64(len(tally.Measures.BurntFailovers))/float64(tally.Runs), 0.034)
	require.InDelta(t, 3_500_000, int(burnt.P50), 500_000)
}
