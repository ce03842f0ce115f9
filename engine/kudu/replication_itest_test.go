package kudu

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/catalog"
	"tabletop/engine/netsim"
	"tabletop/engine/proc"
	"tabletop/engine/trace"
)

// The cases of master_replication-itest and dynamic_multi_master-test that send single requests, or need a limit that no
// scene sets; the others are in package engine.

// heard is what a process learns of the calls that a test has it make.
type heard struct{ answers []reply }

func (h *heard) answered(in *netsim.Message, _ trace.EventID) {
	h.answers = append(h.answers, in.Body.(reply))
}

func (h *heard) failed(call, bool) {
	h.answers = append(h.answers, reply{status: catalog.NetworkError})
}

// request has the client send one request to a master, and returns the answer.
func (r rig) request(to *Master, body any) reply {
	c := r.clients[0]
	h := &heard{}
	c.owner = h
	c.call(&netsim.Message{To: to.id, Kind: trace.Request, Name: "request", Body: body}, 0, 5_000_000, trace.NoEvent)
	r.until(r.k.Now() + 1_000_000)
	c.owner = c
	require.Len(r.t, h.answers, 1)
	return h.answers[0]
}

func TestConnectToClusterReturnsAddresses(t *testing.T) {
	r := newRig(t, nil)
	r.until(3_000_000)
	for _, m := range r.masters {
		got := r.request(m, connectToMaster{})
		require.Equal(t, []trace.NodeID{1, 2, 3}, got.masters, m.name)
		require.Equal(t, m == r.leader(), got.leader, m.name)
	}
}

func TestAddMasterToNonLeader(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Joining = []string{"D"} })
	r.until(3_000_000)
	r.named("D").process.Restart(trace.NoEvent)
	r.refuses(addMaster{r.named("D").id})
}

func TestRemoveMasterToNonLeader(t *testing.T) {
	r := newRig(t, nil)
	r.until(3_000_000)
	r.refuses(removeMaster{r.leader().id})
}

// refuses requires that masters which do not lead refuse a request, and that nothing comes of it.
func (r rig) refuses(body any) {
	for _, m := range r.masters[:3] {
		if m != r.leader() {
			require.Equal(r.t, catalog.NotTheLeader, r.request(m, body).status)
		}
	}
	require.Len(r.t, r.leader().raft.Config().Voters, 3)
}

// limited is a cluster whose masters send each other small messages only.
func limited(t *testing.T, whole bool) rig {
	r := newRig(t, func(o *Options) {
		servers(3, Version117())(o)
		o.MessageLimit, o.WholeReports, o.ConsideredFailed = 2048, whole, 300_000_000
	})
	r.until(4_000_000)
	return r
}

// refused counts the writes that a cluster's masters have found too large (sys_catalog_oversized_write_requests).
func (r rig) refused() (n int) {
	for _, e := range r.b.Events() {
		if e.Kind == trace.Note && r.b.Text(e.Text) == "a write to the sys catalog is too large" {
			n++
		}
	}
	return n
}

func TestCreateTableOverTheSizeLimit(t *testing.T) {
	r := limited(t, true)
	require.Equal(t, "OK", r.done("create-table", "small", "hash=4"))
	require.Zero(t, r.refused())
	require.Equal(t, "InvalidArgument", r.done("create-table", "large", "hash=40"))
	require.Equal(t, 1, r.refused())
	require.Equal(t, "NotFound", r.done("open-table", "large"))
	require.Equal(t, "OK", r.done("create-table", "large"), "its name is free")
}

func TestAlterTableOverTheSizeLimit(t *testing.T) { // KUDU-3036
	r := limited(t, true)
	require.Equal(t, "OK", r.done("create-table", "t", "hash=8", "range=0:10"))
	table, _ := r.leader().image.Find("t")
	var steps []catalog.AlterStep
	for i := range 50 {
		low := int64(10 * (i + 1))
		steps = append(steps, catalog.AlterStep{Kind: catalog.AddRange, Range: catalog.Range{From: low, To: low + 10}})
	}
	require.Equal(t, catalog.InvalidArgument, r.request(r.leader(), alterTable{catalog.AlterTable{Table: "t", Steps: steps}}).status)
	require.Equal(t, 1, r.refused())
	after, _ := r.leader().image.Find("t")
	require.Equal(t, table, after)
}

// KUDU-3016: full reports of many tablets, whose leaders have changed while no master ran, make writes that are too large
// for one message. They are refused, again and again, or divided.
func TestTabletReportsOverTheSizeLimit(t *testing.T) {
	for _, whole := range []bool{true, false} {
		r := limited(t, whole)
		for i := range 5 {
			require.Equal(t, "OK", r.done("create-table", fmt.Sprint("t", i), "hash=4"))
		}
		for _, m := range r.masters {
			m.process.Crash(trace.NoEvent)
		}
		for _, s := range r.System.servers {
			pauseFor(r, s.process, 6_000_000)
		}
		for _, m := range r.masters {
			m.process.Restart(trace.NoEvent)
		}
		r.until(r.k.Now() + 20_000_000)
		require.NotZero(t, r.refused(), "whole %t", whole)
		stale := 0
		for _, row := range r.leader().rows.Tablets {
			for _, s := range r.System.servers {
				if c := s.byTablet[row.ID].report().Consensus; c.Leader == s.name && c.Term != row.Consensus.Term {
					stale++
				}
			}
		}
		if whole {
			require.NotZero(t, stale)
			continue
		}
		require.Zero(t, stale, "what is divided arrives")
		require.Equal(t, "OK", r.done("write", "t0", "100"))
		require.Equal(t, "100 rows", r.done("scan", "t0"))
	}
}

func pauseFor(r rig, p *proc.Process, d trace.Time) {
	p.Pause(trace.NoEvent)
	r.until(r.k.Now() + d)
	p.Resume(trace.NoEvent)
	r.until(r.k.Now() + 1_000_000)
}
