package kudu

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/catalog"
	"tabletop/engine/proc"
	"tabletop/engine/raftnode"
	"tabletop/engine/trace"
)

// bigCluster returns 3 masters and 20 tablet servers with 200 tablets of three replicas each.
func bigCluster(t testing.TB, b Behaviour) rig {
	r := startRig(t, 5, servers(20, b))
	r.until(4_000_000)
	for i := range 10 {
		r.clients[0].begin(order{body: createTable{CreateTable: catalog.CreateTable{Name: fmt.Sprint(i), Schema: keySchema,
			Hash: 20, Replicas: 3}}}, trace.NoEvent)
		r.until(r.k.Now() + 3_000_000)
	}
	return r
}

// The same causes give the same trace, whatever is done to make the engine faster, on every machine. Servers and masters
// crash, freeze and lose each other, in a big cluster of each version and in small ones with each switch.
func TestTheHashesOfClustersAreThoseOnRecord(t *testing.T) {
	const path = "testdata/hashes.txt"
	var got []string
	note := func(name string, r rig) {
		r.disturb(r.k.Stream("faults"))
		r.heal()
		r.until(r.k.Now() + 5_000_000)
		tr := r.b.Trace()
		got = append(got, fmt.Sprintf("%s %d %s", name, len(tr.Events), trace.Hash(tr)))
	}
	note("big-0.7", bigCluster(t, Version07()))
	note("big-1.17", bigCluster(t, Version117()))
	for seed, c := range []struct {
		name   string
		change func(*Options)
	}{
		{"slow-build", func(o *Options) { o.Machine = proc.SlowBuild() }},
		{"lose-sockets", func(o *Options) { o.LoseSockets = true }},
		{"check-quorum", func(o *Options) { o.CheckQuorum = true }},
		{"read-index", func(o *Options) { o.Reads = raftnode.ReadIndex }},
		{"clock-lease", func(o *Options) { o.Reads = raftnode.ReadClockLease }},
		{"etcd", func(o *Options) { o.Etcd = true }},
		{"no-pre-vote", func(o *Options) { o.PreVote = false }},
	} {
		r := startRig(t, uint64(seed), func(o *Options) {
			servers(5, Version010())(o)
			o.ConsideredFailed = 4_000_000
			c.change(o)
		})
		r.until(4_000_000)
		r.do("create-table", "t", "hash=4")
		r.do("write", "t", "9")
		r.disturb(r.k.Stream("first faults"))
		r.do("alter-table", "t", "rename-to", "u")
		note(c.name, r)
	}
	text := strings.Join(got, "\n") + "\n"
	if flag.Lookup("rewrite").Value.String() == "true" {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), text, "go test ./engine/kudu -rewrite records a change of the engine")
}
