package kudu

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/catalog"
	"tabletop/engine/netsim"
	"tabletop/engine/trace"
)

// What Kudu's versions do differently, topic by topic, each seen in a run. The scattered leader check of 0.7 is not
// modelled as another than that of later ones: its row says what they have in common.
func TestVersions(t *testing.T) {
	versions := []string{"0.7", "0.10", "1.17"}
	behaviours := []Behaviour{Version07(), Version010(), Version117()}
	for _, row := range []struct {
		topic string
		seen  func(r rig) string
		want  [3]string
	}{
		{"tablet servers' heartbeats go to", heartbeatsGoTo, [3]string{"1 master", "3 masters", "3 masters"}},
		{"a follower, on a heartbeat", followerOnHeartbeat, [3]string{"not the leader, knows nobody",
			"ok, knows 3 servers and no report", "ok, knows 3 servers and no report"}},
		{"who leads a tablet, to a master elected again", tabletLeader, [3]string{"unknown: TimedOut", "from its rows: OK", "from its rows: OK"}},
		{"an unknown tablet in a report", unknownTablet, [3]string{"is deleted", "is ignored", "is ignored"}},
		{"a request to a master that does not lead", leaderCheck, [3]string{"NOT_THE_LEADER", "NOT_THE_LEADER", "NOT_THE_LEADER"}},
		{"a created table is written", createWrites, [3]string{"after its tablets", "with its tablets", "with its tablets"}},
		{"a write to the sys catalog that fails", failedWrite, [3]string{"crashes the master", "is an error to the client",
			"is an error to the client"}},
		{"a table with 20, 21, 60 and 61 replicas a server", mostReplicas, [3]string{
			"OK TOO_MANY_TABLETS TOO_MANY_TABLETS TOO_MANY_TABLETS", "OK TOO_MANY_TABLETS TOO_MANY_TABLETS TOO_MANY_TABLETS",
			"OK OK OK TOO_MANY_TABLETS"}},
		{"a request to add a master", addsMaster, [3]string{"NotSupported", "NotSupported", "OK"}},
	} {
		for i, version := range versions {
			t.Run(version+" "+row.topic, func(t *testing.T) {
				r := newRig(t, func(o *Options) {
					servers(3, behaviours[i])(o)
					o.Joining, o.ConsideredFailed = []string{"D"}, 300_000_000
				})
				r.until(5_000_000)
				require.Equal(t, row.want[i], row.seen(r))
			})
		}
	}
}

func (r rig) wait(d trace.Time) { r.until(r.k.Now() + d) }

// another returns a founding master that does not lead.
func (r rig) another() *Master {
	for _, m := range r.masters {
		if m != r.leader() {
			return m
		}
	}
	return nil
}

// sends returns the messages of a kind that one node sends another from an event on.
func (r rig) sends(from, to trace.NodeID, since int) (names []string) {
	for _, e := range r.b.Events()[since:] {
		if e.Kind.IsSend() && e.Node == from && (to == 0 || e.Peer == to) {
			names = append(names, r.b.Text(e.Text))
		}
	}
	return names
}

// notes returns what a node has noted from an event on.
func (r rig) notes(node trace.NodeID, since int) (texts []string) {
	for _, e := range r.b.Events()[since:] {
		if e.Kind == trace.Note && e.Node == node {
			texts = append(texts, r.b.Text(e.Text))
		}
	}
	return texts
}

func heartbeatsGoTo(r rig) string {
	from, n := r.b.Len(), 0
	r.wait(3_000_000)
	for _, m := range r.masters {
		for _, name := range r.sends(r.System.servers[0].id, m.id, from) {
			if name == "heartbeat" {
				n++
				break
			}
		}
	}
	if n == 1 {
		return "1 master"
	}
	return fmt.Sprintf("%d masters", n)
}

// The master that led before gets a heartbeat in any version.
func followerOnHeartbeat(r rig) string {
	old := r.leader()
	require.Equal(r.t, "OK", r.done("create-table", "t"))
	for _, m := range r.masters {
		m.servers = nil // as a process that has just started
	}
	from := r.b.Len()
	r.do("transfer-leadership", r.another().name)
	require.NotEqual(r.t, old, r.leader())
	said := "nothing"
	for _, name := range r.sends(old.id, r.System.servers[0].id, from) {
		if name == "ok" || name == "not the leader" {
			said = name
		}
	}
	if len(old.servers) == 0 {
		return said + ", knows nobody"
	}
	heard := "no report"
	for _, text := range r.notes(old.id, from) {
		if strings.Contains(text, " report ") {
			heard = text
		}
	}
	return fmt.Sprintf("%s, knows %d servers and %s", said, len(old.servers), heard)
}

// KUDU-1353's steps: the master has led before, and the table is younger than that.
func tabletLeader(r rig) string {
	first := r.leader()
	r.do("transfer-leadership", r.another().name)
	require.Equal(r.t, "OK", r.done("create-table", "t"))
	for _, s := range r.System.servers {
		s.options.Behaviour.FullOnNewLeader = false // which would tell it of all
	}
	r.do("transfer-leadership", first.name)
	from := r.b.Len()
	result := r.done("alter-table", "t", "rename-to", "u", "within=7s")
	for _, text := range r.notes(first.id, from) {
		if strings.HasSuffix(text, "no leader known") {
			return "unknown: " + result
		}
	}
	return "from its rows: " + result
}

func unknownTablet(r rig) string {
	require.Equal(r.t, "OK", r.done("create-table", "t"))
	for _, m := range r.masters {
		m.rows.Tables, m.rows.Tablets = nil, nil
		if m.process.State() == trace.Running {
			m.process.Crash(trace.NoEvent)
			m.process.Restart(trace.NoEvent)
		}
	}
	r.wait(15_000_000)
	left := 0
	for _, s := range r.System.servers {
		left += len(s.disks)
	}
	if left == 0 {
		return "is deleted"
	}
	require.Equal(r.t, 3, left)
	return "is ignored"
}

func leaderCheck(r rig) string { return r.request(r.another(), listTables{}).status.String() }

func createWrites(r rig) string {
	r.ask("create t", createTable{CreateTable: catalog.CreateTable{Name: "t", Schema: keySchema, Replicas: 3}})
	m := r.leader()
	for len(m.rows.Tables) == 0 {
		require.True(r.t, r.k.Step())
		if len(m.rows.Tables) == 0 && len(m.rows.Tablets) > 0 {
			return "after its tablets"
		}
	}
	require.NotEmpty(r.t, m.rows.Tablets)
	return "with its tablets"
}

// A leader that is cut off accepts a create, whose entry another leader's then takes the place of.
func failedWrite(r rig) string {
	old := r.leader()
	for _, m := range r.masters[:3] {
		if m != old {
			r.network.Link(old.id, m.id).Cut = true
			r.network.Link(m.id, old.id).Cut = true
		}
	}
	h := &heard{}
	r.clients[0].owner = h
	r.clients[0].call(&netsim.Message{To: old.id, Kind: trace.Request, Name: "create t",
		Body: createTable{CreateTable: catalog.CreateTable{Name: "t", Schema: keySchema, Replicas: 3}}}, 0, 60_000_000, trace.NoEvent)
	r.wait(6_000_000)
	require.Empty(r.t, h.answers)
	r.network.Heal()
	r.wait(6_000_000)
	if old.process.State() == trace.Crashed {
		return "crashes the master"
	}
	require.Len(r.t, h.answers, 1)
	require.NotEqual(r.t, catalog.OK, h.answers[0].status)
	return "is an error to the client"
}

func mostReplicas(r rig) (all string) {
	for _, tablets := range []int{20, 21, 60, 61} {
		all += " " + r.done("create-table", fmt.Sprint("t", tablets), fmt.Sprintf("hash=%d", tablets), "replicas=3", "no-wait")
	}
	return all[1:]
}

func addsMaster(r rig) string {
	r.named("D").process.Restart(trace.NoEvent)
	r.wait(1_000_000)
	return r.done("add-master", "D")
}
