package replay_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Two nodes to which members.json gives one name are kept apart by their ids.
func TestOneNameForTwoNodes(t *testing.T) {
	log := yearless("1231", "23:59:58.000000", nodeA, 1, "Starting leader election (detected failure of leader "+nodeB+")")
	members := `{"members":{"` + nodeA + `":"m","` + nodeB + `":"m"}}`
	r := read(t, []captured{{"x.log", []byte(log)}, {"members.json", []byte(members)}}, options()).Report
	names := map[string]string{}
	for _, n := range r.Nodes {
		names[n.ID] = n.Name
	}
	require.Equal(t, map[string]string{nodeA: "m (" + nodeA + ")", nodeB: "m (" + nodeB + ")"}, names)
}

// A node of which only others speak is a node.
func TestALogThatNamesOnlyPeers(t *testing.T) {
	line := "INFO  [GossipStage:1] 2026-11-21 05:00:00,000 Gossiper.java:1253 - InetAddress /10.0.0.5:7000 is now DOWN\n"
	r := read(t, []captured{{"system.log", []byte(line)}}, options()).Report
	require.Len(t, r.Nodes, 1)
	require.Contains(t, r.Nodes[0].ID, "10.0.0.5")
}
