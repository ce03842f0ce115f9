package kudu

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/check"
	"tabletop/engine/proc"
	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// Tables come, grow and go while servers and masters crash, freeze and lose each other. When all is healed, every
// acknowledged row is there, no member's log contradicts another's, and of a deleted table nothing is left: but tombstones
// of members that had been evicted before, which the master learns of with the next full report or sweep.
func TestRandomFaultsOfServersLoseNoAcknowledgedRow(t *testing.T) {
	checked := 0
	for seed := range uint64(8) {
		r := rig{t: t, k: sim.New(seed), b: trace.NewBuilder(trace.Header{})}
		o := Options{Masters: []string{"A", "B", "C"}, Clients: []string{"client"}, Machine: proc.Idle(), Heartbeat: 500_000,
			UpdateTimeout: 2_000_000, ConsideredFailed: 5_000_000, PreVote: true}
		servers(5, Version117())(&o)
		r.System = New(r.k, r.b, o)
		r.Start()
		r.until(4_000_000)
		wrote := map[string]bool{}
		for i := range 6 {
			name := fmt.Sprintf("t%d", i)
			if r.done("create-table", name) == "OK" {
				r.disturb(r.k.Stream(fmt.Sprint("faults ", i)))
				wrote[name] = r.done("write", name, "7") == "OK"
			}
			if i%3 == 2 {
				wrote[name] = r.done("delete-table", name) != "OK" && wrote[name]
			}
		}
		r.heal()
		r.until(r.k.Now() + 90_000_000)
		for i := range 6 {
			if name := fmt.Sprintf("t%d", i); wrote[name] {
				checked++
				require.Equal(t, "7 rows", r.done("scan", name), "seed %d", seed)
			}
		}
		require.Empty(t, check.Invariants(r.b.Trace()), "seed %d", seed)
		for _, s := range r.servers {
			for _, d := range s.disks {
				_, ok := r.leader().image.Tablet(d.tablet)
				require.True(t, ok || d.tombstone, "seed %d: %s has a tablet of a table that is no more", seed, s.name)
			}
		}
	}
	require.NotZero(t, checked)
}

// disturb has some processes crash or freeze for a while, and cuts links.
func (r rig) disturb(s *sim.Stream) {
	for range 4 {
		p := r.Process(trace.NodeID(1 + s.Below(int64(len(r.masters)+len(r.servers)))))
		switch s.Below(4) {
		case 0:
			p.Pause(trace.NoEvent)
		case 1:
			p.Crash(trace.NoEvent)
		case 2:
			p.Restart(trace.NoEvent)
			p.Resume(trace.NoEvent)
		case 3:
			other := r.servers[s.Below(int64(len(r.servers)))]
			r.network.Link(p.ID, other.id).Cut = true
		}
		r.until(r.k.Now() + s.Between(100_000, 4_000_000))
	}
}

func (r rig) heal() {
	r.network.Heal()
	for id := range trace.NodeID(len(r.masters) + len(r.servers)) {
		r.Process(id + 1).Restart(trace.NoEvent)
		r.Process(id + 1).Resume(trace.NoEvent)
	}
}
