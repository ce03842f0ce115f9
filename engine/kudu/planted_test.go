package kudu

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	pb "go.etcd.io/raft/v3/raftpb"

	"tabletop/engine/catalog"
	"tabletop/engine/check"
	"tabletop/engine/proc"
	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// Disks that lie, under faults at random: the trace of some run must give each of them away, and none that of a cluster
// whose disks are sound.

// tortured runs a cluster through random crashes, cuts and creates. What a crashed master finds on its disk has been
// tampered with.
func tortured(seed uint64, tamper func(*Master)) *trace.Trace {
	r := rig{k: sim.New(seed), b: trace.NewBuilder(trace.Header{})}
	r.System = New(r.k, r.b, Options{Masters: []string{"A", "B", "C"}, Clients: []string{"client"}, Machine: proc.Idle(),
		Heartbeat: 500_000, UpdateTimeout: 2_000_000})
	r.Start()
	s := r.k.Stream("torture")
	for i := range 80 {
		r.until(r.k.Now() + s.Between(1000, []trace.Time{20_000, 1_000_000, 3_000_000}[s.Below(3)]))
		m := r.masters[s.Below(3)]
		switch s.Below(5) {
		case 0, 1:
			if m.process.Crash(trace.NoEvent) {
				tamper(m)
				m.process.Restart(trace.NoEvent)
			}
		case 2:
			other := r.masters[s.Below(3)]
			r.network.Link(m.id, other.id).Cut = true
			r.network.Link(other.id, m.id).Delay = s.Between(0, 400_000)
		case 3:
			r.network.Heal()
		case 4:
			m.raft.Because(trace.NoEvent)
			m.raft.Campaign()
		}
		name := fmt.Sprintf("table-%d", i)
		r.clients[0].begin(order{text: "create " + name, body: createTable{CreateTable: catalog.CreateTable{Name: name, Schema: keySchema}}, fresh: true}, trace.NoEvent)
	}
	return r.b.Trace()
}

// forgetVote is what a master does that answers a candidate before its vote is on disk.
func forgetVote(m *Master) {
	old, _, _ := m.disk.MemoryStorage.InitialState()
	_ = m.disk.SetHardState(&pb.HardState{Term: old.Term, Commit: old.Commit})
}

// rot is a disk that gives the last entry back with another table's name in it.
func rot(m *Master) {
	last, _ := m.disk.LastIndex()
	entries, err := m.disk.Entries(last, last+1, 1<<20)
	if err != nil {
		return
	}
	e := entries[0]
	_ = m.disk.Append([]*pb.Entry{{Type: e.Type, Term: e.Term, Index: e.Index,
		Data: bytes.ReplaceAll(e.Data, []byte("table-"), []byte("chair-"))}})
}

func TestRandomFaultsFindDisksThatLie(t *testing.T) {
	find := func(tamper func(*Master), seeds uint64) (kinds []string, seed uint64) {
		for seed = 1; seed <= seeds; seed++ {
			for _, f := range check.Invariants(tortured(seed, tamper)) {
				kinds = append(kinds, f.Kind)
			}
			if len(kinds) > 0 {
				return kinds, seed
			}
		}
		return nil, seeds
	}
	for name, c := range map[string]struct {
		tamper func(*Master)
		want   []string
	}{
		"a vote that is not on disk": {forgetVote, []string{check.DoubleVote}},
		"an entry that has changed":  {rot, []string{check.StateMachineSafety, check.LogMatching}},
	} {
		kinds, seed := find(c.tamper, 100)
		t.Log(name, kinds, "seed", seed)
		require.True(t, slices.ContainsFunc(kinds, func(k string) bool { return slices.Contains(c.want, k) }), name)
	}
	kinds, _ := find(func(*Master) {}, 8)
	require.Empty(t, kinds, "sound disks")
}
