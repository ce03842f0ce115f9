package scenes

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// With etcd's own timers the same causes give other shares. What a prototype on the bare raft showed must hold here:
// check-quorum does not help a leader that was frozen, and without pre-vote nobody tells it that its term is past, which
// counts when its sockets' content is lost.
func TestTheWhatIfsUnderEtcdsTimers(t *testing.T) {
	source, err := files.ReadFile("kudu-3266.scene")
	require.NoError(t, err)
	variants := "-- variants --\n"
	for _, pre := range []string{"true", "false"} {
		for _, quorum := range []string{"false", "true"} {
			variants += fmt.Sprintf("pre-%s-quorum-%s anomaly not-linearizable profile=etcd prevote=%s check-quorum=%s x\n",
				pre, quorum, pre, quorum)
		}
	}
	text := string(source)
	from, to := strings.Index(text, "-- variants --"), strings.Index(text, "-- settings --")
	text = text[:from] + variants + "\n" + text[to:]
	text = strings.ReplaceAll(text, "[default,check-quorum,no-prevote,read-index,clock-lease] ", "")
	text = strings.ReplaceAll(text, "500ms\n\n-- script", "100ms\n\n-- script")
	var lines []string
	skip := false
	for l := range strings.Lines(text) {
		if strings.HasPrefix(l, "[") {
			skip = true // lines of the scene's own variants, with their captions
			continue
		}
		if strings.HasPrefix(l, " ") && (skip || strings.HasPrefix(strings.TrimSpace(l), "[")) {
			continue
		}
		skip = false
		lines = append(lines, l)
	}
	s, err := Parse("etcd.scene", []byte(strings.Join(lines, "")))
	require.NoError(t, err)
	shares := map[string]float64{}
	for _, sockets := range []string{"kept", "reset"} {
		for _, v := range s.Variants {
			tally := hunt(t, s, Options{Variant: v.ID, Settings: set("sockets", sockets)}, seedsOf(200, 2000))
			shares[sockets+" "+v.ID] = float64(tally.Anomalies) / float64(tally.Runs)
			t.Logf("sockets %-5s %-25s stale in %5.1f %% of runs", sockets, v.ID, 100*shares[sockets+" "+v.ID])
		}
		base := shares[sockets+" pre-true-quorum-false"]
		require.Greater(t, shares[sockets+" pre-true-quorum-true"], base/4, "check-quorum is no cure")
		require.Greater(t, shares[sockets+" pre-false-quorum-false"], 1.4*base, "nobody tells the old leader")
		require.Less(t, shares[sockets+" pre-false-quorum-true"], 1.4*base+0.05, "with check-quorum they do again")
	}
}
