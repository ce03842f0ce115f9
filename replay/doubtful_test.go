package replay_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// A count that begins with the process is a pause of which nobody knows whether it was one, where a long silence makes up
// most of it; else it is none. One that was asked for only in a silence of its own length is certain.
func TestAStatedPauseThatCountsFromTheStart(t *testing.T) {
	const wrote = 20_000 // ms
	for _, c := range []struct {
		silent, stated int // ms
		want           counts
		pauses         int
		doubtful       bool
	}{
		{600_000, 623_000, counts{"doubtful-pause": 1}, 1, true},
		{600_000, 700_000, counts{"false-pause": 1}, 0, false}, // silent for less than nine tenths of it
		{50_000, 53_000, counts{"false-pause": 1}, 0, false},   // it may have been starting for as long
		{600_000, 600_500, counts{}, 1, false},
	} {
		log := cassandraNode(0)
		for at := 100; at <= wrote; at += 300 {
			log += gossiped(at, "main", "ColumnFamilyStore.java", fmt.Sprintf("Initializing system.t%d", at))
		}
		last := 100 + (wrote-100)/300*300
		log += gossiped(last+c.silent, "GossipStage:1", "Gossiper.java", "Node /127.0.0.2:7000 is now part of the cluster") +
			gossiped(last+c.silent+500, "GossipTasks:1", "FailureDetector.java", fmt.Sprintf("Not marking nodes down due to local pause of %d000000ns > 5000000000ns", c.stated))
		r := read(t, []captured{{"a.log", []byte(log)}}, options()).Report
		require.Equal(t, c.want, counted(r))
		require.Len(t, r.Pauses, c.pauses)
		for _, p := range r.Pauses {
			require.Equal(t, "stated", p.Evidence)
			require.Equal(t, c.doubtful, p.Doubtful)
			require.Equal(t, c.doubtful, *p.FromBoundUS > 100_000_000, "of a doubtful one nobody knows when it began")
		}
	}
}

// The third party's recording of DSE: a node that was the only one of its ring states a pause of 51 minutes when the second
// joins. It had written for 100 s of them and was silent from then on.
func TestTheStatedPauseOfTheThirdPartysRecording(t *testing.T) {
	r := importAll(t, "captures/cassandra-dse-3node", nil).Report
	require.Len(t, r.Pauses, 1)
	p := r.Pauses[0]
	require.Equal(t, []string{"10.101.33.205", "stated", "2020-01-10T15:29:43.559000000Z", "2020-01-10T16:18:50.501000000Z"},
		[]string{p.Node, p.Evidence, p.From, *p.To})
	require.True(t, p.Doubtful)
	require.Equal(t, []string{"A says that it was paused for 3050.6 s. It wrote in that time, so it counts from before, but then its log is silent for 2946.94 s: " +
		"either it stood still, or it was alone and had nothing to write and nobody to watch"}, texts(r, "doubtful-pause"))
}
