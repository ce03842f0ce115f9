package replay_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
	"tabletop/replay"
)

// What people do on purpose is told apart from accidents: nodes that are seen down after they had said so, and one that joins.
func TestRoutine(t *testing.T) {
	routine := func(r replay.Report) counts {
		c := counts{}
		for _, f := range r.Findings {
			if f.Routine {
				c[f.Kind]++
			}
		}
		return c
	}
	r := importAll(t, "captures/cassandra/run1-lwt", nil).Report
	require.Equal(t, counts{"peer-view": 9, "join-phase": 1}, routine(r))
	require.Equal(t, 11, counted(r)["peer-view"], "two are of n2, which was killed")
	require.Equal(t, counts{"peer-view": 3}, routine(importAll(t, "captures/etcd/run1", nil).Report))
}

// A process that was killed has not said that it stops, one that was stopped has; the trace tells the same.
func TestProcessesThatEndAbruptly(t *testing.T) {
	stop := gossiped(1_000, "StorageServiceShutdownHook", "Gossiper.java", "Announcing shutdown")
	again := func(end string) string {
		return cassandraNode(0) + gossiped(900, "GossipStage:1", "Gossiper.java", "InetAddress /127.0.0.2:7000 is now UP") + end +
			gossiped(60_000, "main", "CassandraDaemon.java", "JVM vendor/version: x") + gossiped(61_000, "GossipStage:1", "Gossiper.java", "InetAddress /127.0.0.2:7000 is now UP")
	}
	for _, c := range []struct {
		end  string
		want bool
	}{{"", true}, {stop, false}} {
		m := read(t, []captured{{"a.log", []byte(again(c.end))}}, options())
		require.Len(t, m.Report.Restarts, 1)
		require.Equal(t, c.want, m.Report.Restarts[0].Abrupt)
		var told bytes.Buffer
		require.NoError(t, trace.Write(&told, m.Trace))
		require.Equal(t, m.Report.Restarts, read(t, []captured{{"trace.ndjson", told.Bytes()}}, options()).Report.Restarts)
	}
}
