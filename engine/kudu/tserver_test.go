package kudu

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/catalog"
	"tabletop/engine/netsim"
	"tabletop/engine/proc"
	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// scripted is a master that does what a test tells it to: it notes the heartbeats it gets and answers them as a leader or
// a follower would that has no catalog.
type scripted struct {
	endpoint
	name    string
	leads   bool
	accepts bool // registers servers also when it does not lead
	asks    bool // for a full report, with every answer
	known   map[string]uint64
	beats   []tsHeartbeat
	times   []trace.Time
	hear    func(reply) // the answer to what the test has it send
}

func (m *scripted) Start(trace.EventID) {}

func (m *scripted) Crash() {
	m.forget()
	m.known = map[string]uint64{}
}

func (m *scripted) Fire(t proc.Timer) { m.fire(t) }

func (m *scripted) answered(in *netsim.Message, _ trace.EventID) { m.hear(in.Body.(reply)) }

func (m *scripted) failed(call, bool) { m.hear(reply{status: catalog.TimedOut}) }

func (m *scripted) Receive(in *netsim.Message, at trace.EventID) {
	if m.receive(in, at) {
		return
	}
	switch h := in.Body.(type) {
	case connectToMaster:
		m.reply(in, trace.Answer, "", 0, reply{leader: m.leads}, at)
	case tsHeartbeat:
		m.beats, m.times = append(m.beats, h), append(m.times, m.process.Now())
		m.reply(in, trace.Answer, "", 0, m.judge(h), at)
	}
}

func (m *scripted) judge(h tsHeartbeat) heartbeatAnswer {
	switch {
	case !m.leads && !m.accepts:
		return heartbeatAnswer{}
	case h.registers:
		m.known[h.server] = h.instance
	case m.known[h.server] != h.instance:
		return heartbeatAnswer{leader: m.leads, reregister: true, full: m.leads}
	}
	return heartbeatAnswer{leader: m.leads, full: m.asks}
}

// cluster is tablet servers under scripted masters.
type cluster struct {
	t       *testing.T
	k       *sim.Kernel
	b       *trace.Builder
	network *netsim.Network
	masters []*scripted
	servers []*TabletServer
}

func newCluster(t *testing.T, masters, servers int, change func(*Options)) *cluster {
	c := &cluster{t: t, k: sim.New(5), b: trace.NewBuilder(trace.Header{})}
	o := Options{Machine: proc.Idle(), Heartbeat: 500_000, UpdateTimeout: 30_000_000, PreVote: true, Behaviour: Version117()}
	if change != nil {
		change(&o)
	}
	env := environment{kernel: c.k, record: c.b, servers: directory{}, tablets: tabletNames{}, roster: &roster{},
		network: netsim.New(c.k, c.b, netsim.Options{Nodes: masters + servers, Latency: o.Machine.Wire})}
	c.network = env.network
	var ids []trace.NodeID
	for i := range masters {
		m := &scripted{name: fmt.Sprintf("M%d", i+1), accepts: o.Behaviour.FollowersAccept, known: map[string]uint64{}}
		ids = append(ids, c.b.AddNode(trace.Node{ID: m.name, Cluster: 1}))
		env.roster.masters = ids
		m.endpoint = newEndpoint(proc.New(c.k, env.network, c.b, ids[i], o.process()), c.b, m)
		c.masters = append(c.masters, m)
	}
	for i := range servers {
		name := fmt.Sprintf("t%d", i+1)
		env.servers[name] = c.b.AddNode(trace.Node{ID: name, Kind: trace.TabletServer, Cluster: 1})
		c.servers = append(c.servers, newTabletServer(env.servers[name], o, env))
	}
	for _, m := range c.masters {
		m.process.Run(m)
	}
	for _, s := range c.servers {
		s.process.Run(s)
	}
	return c
}

func (c *cluster) until(at trace.Time) { rig{t: c.t, k: c.k, b: c.b}.until(at) }

func (c *cluster) after(d trace.Time) { c.until(c.k.Now() + d) }

// order has the first master send a server something, and returns the answer that comes within five seconds.
func (c *cluster) order(to *TabletServer, body any) reply {
	m := c.masters[0]
	var got *reply
	m.hear = func(r reply) { got = &r }
	m.call(&netsim.Message{To: to.id, Kind: trace.Request, Name: "order", Body: body}, 0, 5_000_000, trace.NoEvent)
	for end := c.k.Now() + 6_000_000; got == nil && c.k.Now() < end; {
		c.k.Step()
	}
	require.NotNil(c.t, got)
	return *got
}

const tabletID = "ab12cd34000000000000000000000000"

// create has the first three servers make a replica of a tablet.
func (c *cluster) create(tablet string) {
	voters := []string{"t1", "t2", "t3"}
	for _, s := range c.servers[:3] {
		r := c.order(s, catalog.Task{Kind: catalog.CreateReplica, Tablet: tablet, Server: s.name,
			Table: catalog.Table{ID: "1", Name: "t", Schema: keySchema}, Consensus: catalog.Consensus{Voters: voters}})
		require.Equal(c.t, catalog.OK, r.status)
	}
}

func (c *cluster) leader(tablet string) *TabletServer {
	for _, s := range c.servers {
		if r := s.byTablet[tablet]; s.process.State() == trace.Running && r != nil && r.leading {
			return s
		}
	}
	require.Fail(c.t, "nobody leads the tablet")
	return nil
}

// told are the heartbeats of a server that a master got from the given one on, one text each.
func (m *scripted) told(server string) []string {
	var all []string
	for _, h := range m.beats {
		if h.server == server {
			all = append(all, h.String())
		}
	}
	return all
}

// String tells a heartbeat: the report's number, what it carries, and of each tablet its schema's version and leader.
func (h tsHeartbeat) String() string {
	words := []string{fmt.Sprintf("%d:", h.report.Number)}
	if h.registers {
		words = append(words, fmt.Sprintf("registers instance %d,", h.instance))
	}
	if h.report.Full {
		words = append(words, "full")
	}
	for _, t := range h.report.Tablets {
		words = append(words, fmt.Sprintf("%.4s v%d %s led by %s in term %d", t.Tablet, t.Version, t.State,
			cmp.Or(t.Consensus.Leader, "nobody"), t.Consensus.Term))
	}
	for _, t := range h.report.Removed {
		words = append(words, fmt.Sprintf("%.4s removed", t))
	}
	return strings.TrimSuffix(strings.Join(words, " "), ":")
}

func (c *cluster) cell(s *TabletServer, key string) string {
	for _, cell := range c.b.Node(s.id).Cells {
		if c.b.Text(cell.Key) == key {
			return c.b.Text(cell.Text)
		}
	}
	return ""
}

func TestARestartedServerKeepsItsTabletsAndRegistersWithAGreaterInstance(t *testing.T) {
	c := newCluster(t, 1, 3, nil)
	m := c.masters[0]
	m.leads = true
	c.until(500_000)
	c.create(tabletID)
	c.after(3_000_000)
	leader := c.leader(tabletID)
	require.Equal(t, catalog.OK, c.order(leader, writeRows{tabletID, []int64{1, 2, 3}}).status)
	from := len(m.told(leader.name))
	leader.process.Crash(trace.NoEvent)
	leader.process.Restart(trace.NoEvent)
	require.Equal(t, "v0, 3 rows", c.cell(leader, "replica/ab12"))
	c.after(4_000_000)
	told := m.told(leader.name)[from:]
	require.Equal(t, "0: registers instance 2, full ab12 v0 BOOTSTRAPPING led by nobody in term 0", told[0])
	require.Contains(t, strings.Join(told, "\n"), "ab12 v0 RUNNING led by "+c.leader(tabletID).name)
	require.EqualValues(t, 2, m.known[leader.name])
	require.Equal(t, reply{text: "3"}, c.order(c.leader(tabletID), scanRows{tabletID}))
}

func TestRowsAreThereAfterTheirLeaderCrashed(t *testing.T) {
	c := newCluster(t, 1, 3, nil)
	c.until(500_000)
	c.create(tabletID)
	c.after(3_000_000)
	first := c.leader(tabletID)
	require.Equal(t, catalog.OK, c.order(first, writeRows{tabletID, []int64{1, 2, 2}}).status)
	for _, s := range c.servers {
		if s != first {
			require.Equal(t, catalog.NotTheLeader, c.order(s, writeRows{tabletID, []int64{9}}).status)
			require.Equal(t, catalog.NotTheLeader, c.order(s, scanRows{tabletID}).status)
		}
	}
	first.process.Crash(trace.NoEvent)
	c.after(6_000_000)
	second := c.leader(tabletID)
	require.NotEqual(t, first, second)
	require.Equal(t, catalog.OK, c.order(second, writeRows{tabletID, []int64{3}}).status)
	require.Equal(t, reply{text: "3"}, c.order(second, scanRows{tabletID}))
	require.Equal(t, catalog.NotFound, c.order(second, scanRows{"another"}).status)
}

// A frozen leader's entries that its successor's take the place of are not acknowledged.
func TestAProposalInWhosePlaceAnotherWasCommittedIsRefused(t *testing.T) {
	c := newCluster(t, 1, 3, nil)
	c.until(500_000)
	c.create(tabletID)
	c.after(3_000_000)
	old := c.leader(tabletID)
	for _, s := range c.servers {
		c.network.Link(old.id, s.id).Cut = s != old
		c.network.Link(s.id, old.id).Cut = s != old
	}
	var got []reply
	m := c.masters[0]
	m.hear = func(r reply) { got = append(got, r) }
	m.call(&netsim.Message{To: old.id, Kind: trace.Request, Body: writeRows{tabletID, []int64{1}}}, 0, 60_000_000, trace.NoEvent)
	c.after(6_000_000)
	require.Empty(t, got, "a write without a majority waits")
	var now *TabletServer
	for _, s := range c.servers {
		if s != old && s.byTablet[tabletID].leading {
			now = s
		}
	}
	require.Equal(t, catalog.OK, c.order(now, writeRows{tabletID, []int64{2}}).status)
	m.hear = func(r reply) { got = append(got, r) }
	c.network.Heal()
	c.after(40_000_000)
	require.Equal(t, []reply{{status: catalog.NotTheLeader}}, got)
	require.Equal(t, map[int64]bool{2: true}, old.byTablet[tabletID].rows)
}

func TestTasksAnswerWhatIsThere(t *testing.T) {
	c := newCluster(t, 1, 3, nil)
	c.until(500_000)
	c.create(tabletID)
	c.after(3_000_000)
	leader := c.leader(tabletID)
	follower := c.servers[slices.IndexFunc(c.servers, func(s *TabletServer) bool { return s != leader })]
	newer := catalog.Table{ID: "1", Name: "u", Schema: keySchema, Version: 2}
	older := catalog.Table{ID: "1", Name: "t", Schema: keySchema, Version: 1}
	for _, row := range []struct {
		to   *TabletServer
		task catalog.Task
		want catalog.Status
	}{
		{leader, catalog.Task{Kind: catalog.CreateReplica, Tablet: tabletID}, catalog.AlreadyPresent},
		{leader, catalog.Task{Kind: catalog.CreateReplica, Tablet: "x", Consensus: catalog.Consensus{Voters: []string{"nobody"}}},
			catalog.InvalidArgument},
		{leader, catalog.Task{Kind: catalog.AlterReplica, Tablet: "x", Table: newer}, catalog.NotFound},
		{follower, catalog.Task{Kind: catalog.AlterReplica, Tablet: tabletID, Table: newer}, catalog.NotTheLeader},
		{leader, catalog.Task{Kind: catalog.AlterReplica, Tablet: tabletID, Table: newer}, catalog.OK},
		{leader, catalog.Task{Kind: catalog.AlterReplica, Tablet: tabletID, Table: newer}, catalog.OK},
		{leader, catalog.Task{Kind: catalog.AlterReplica, Tablet: tabletID, Table: older}, catalog.SchemaOutdated},
		{follower, catalog.Task{Kind: catalog.AddReplica, Tablet: tabletID, Member: "t1"}, catalog.NotTheLeader},
		{leader, catalog.Task{Kind: catalog.AddReplica, Tablet: tabletID, Member: "t1"}, catalog.InvalidArgument},
		{leader, catalog.Task{Kind: catalog.AddReplica, Tablet: tabletID, Member: "nobody"}, catalog.InvalidArgument},
		{leader, catalog.Task{Kind: catalog.EvictReplica, Tablet: tabletID, Member: "t1", Consensus: catalog.Consensus{Index: 9}},
			catalog.ConfigChanged},
		{leader, catalog.Task{Kind: catalog.DeleteReplica, Tablet: "x"}, catalog.NotFound},
	} {
		require.Equal(t, row.want, c.order(row.to, row.task).status, "%s of %s", row.task.Kind, row.task.Tablet)
	}
}

func TestADeletedReplicaIsGoneAndATombstoneIsReportedAsOne(t *testing.T) {
	c := newCluster(t, 1, 3, nil)
	m := c.masters[0]
	c.until(500_000)
	c.create(tabletID)
	c.create("cd34")
	c.after(3_000_000)
	s := c.servers[0]
	require.Equal(t, catalog.OK, c.order(s, catalog.Task{Kind: catalog.DeleteReplica, Tablet: tabletID}).status)
	c.after(3_000_000)
	require.Equal(t, "v0, 0 rows", c.cell(c.leader(tabletID), "replica/ab12"), "the other two go on")
	require.Equal(t, catalog.NotFound, c.order(s, scanRows{tabletID}).status, "and do not bring it back")
	require.Empty(t, c.cell(s, "replica/ab12"))
	for _, other := range c.servers[1:] {
		other.process.Crash(trace.NoEvent)
	}
	require.Equal(t, catalog.OK, c.order(s, catalog.Task{Kind: catalog.DeleteReplica, Tablet: "cd34", Tombstone: true}).status)
	require.Equal(t, "tombstone", c.cell(s, "replica/cd34"))
	require.Equal(t, catalog.NotFound, c.order(s, scanRows{"cd34"}).status)
	s.process.Crash(trace.NoEvent)
	s.process.Restart(trace.NoEvent)
	from := len(m.told("t1"))
	c.after(3_000_000)
	require.Equal(t, "0: registers instance 2, full cd34 v0 TOMBSTONED led by nobody in term 0", m.told("t1")[from])
	require.Equal(t, 0, m.beats[len(m.beats)-1].live)
	before := len(m.told("t1"))
	c.after(1_801_000_000)
	require.Equal(t, 1, strings.Count(strings.Join(m.told("t1")[before:], "\n"), "cd34 v0 TOMBSTONED"), "the sweep")
}

// 3-4-3: a fourth replica is copied and promoted, then the silent one is evicted. It comes back over its tombstone.
func TestAReplicaIsReplaced(t *testing.T) {
	c := newCluster(t, 1, 4, func(o *Options) { o.UpdateTimeout = 2_000_000 })
	c.until(500_000)
	c.create(tabletID)
	c.after(3_000_000)
	leader := c.leader(tabletID)
	require.Equal(t, catalog.OK, c.order(leader, writeRows{tabletID, []int64{1, 2, 3}}).status)
	out := c.servers[slices.IndexFunc(c.servers, func(s *TabletServer) bool { return s != leader })]
	out.process.Crash(trace.NoEvent)
	config := func() catalog.Consensus { return leader.byTablet[tabletID].report().Consensus }
	order := func(kind catalog.TaskKind, member string) catalog.Status {
		return c.order(leader, catalog.Task{Kind: kind, Tablet: tabletID, Member: member, Consensus: config()}).status
	}
	before := config()
	require.Equal(t, catalog.OK, order(catalog.AddReplica, "t4"))
	require.Equal(t, []string{"t4"}, config().NonVoters)
	require.Equal(t, catalog.ConfigChanged, c.order(leader, catalog.Task{Kind: catalog.EvictReplica, Tablet: tabletID,
		Member: out.name, Consensus: before}).status, "it was meant for the configuration before")
	c.after(5_000_000)
	require.Equal(t, []string{"t1", "t2", "t3", "t4"}, config().Voters)
	require.Equal(t, "v0, 3 rows", c.cell(c.servers[3], "replica/ab12"))
	require.Equal(t, catalog.OK, order(catalog.EvictReplica, out.name))
	c.after(1_500_000)
	require.NotContains(t, config().Voters, out.name)
	told := strings.Join(c.masters[0].told("t4"), "\n")
	require.Contains(t, told, "ab12 v0 RUNNING led by "+leader.name)

	out.process.Restart(trace.NoEvent)
	c.after(3_000_000)
	tombstone := catalog.Task{Kind: catalog.DeleteReplica, Tablet: tabletID, Tombstone: true, Consensus: config()}
	require.Equal(t, catalog.OK, c.order(out, tombstone).status)
	require.Equal(t, "tombstone", c.cell(out, "replica/ab12"))
	require.Equal(t, catalog.OK, order(catalog.AddReplica, out.name))
	c.after(5_000_000)
	require.Contains(t, config().Voters, out.name)
	require.Equal(t, "v0, 3 rows", c.cell(out, "replica/ab12"))
	require.Equal(t, catalog.ConfigChanged, c.order(out, tombstone).status, "it is a member again")
	require.Equal(t, reply{text: "3"}, c.order(c.leader(tabletID), scanRows{tabletID}))
}

// A member that is silent for too long is reported by its leader, once, and again when it is back.
func TestALeaderReportsASilentMember(t *testing.T) {
	c := newCluster(t, 1, 3, func(o *Options) { o.ConsideredFailed, o.UpdateTimeout = 4_000_000, 2_000_000 })
	c.until(500_000)
	c.create(tabletID)
	c.after(3_000_000)
	leader := c.leader(tabletID)
	silent := c.servers[slices.IndexFunc(c.servers, func(s *TabletServer) bool { return s != leader })]
	failed := func() []string {
		var last []string
		for _, h := range c.masters[0].beats {
			for _, r := range h.report.Tablets {
				if h.server == leader.name {
					last = r.Failed
				}
			}
		}
		return last
	}
	silent.process.Pause(trace.NoEvent)
	c.after(3_000_000)
	require.Empty(t, failed())
	c.after(5_000_000)
	require.Equal(t, []string{silent.name}, failed())
	silent.process.Resume(trace.NoEvent)
	c.after(3_000_000)
	require.Empty(t, failed())
}

func TestAPausedServerGoesOnAsItWas(t *testing.T) {
	c := newCluster(t, 1, 3, nil)
	c.masters[0].leads = true
	c.until(500_000)
	c.create(tabletID)
	c.after(3_000_000)
	old := c.leader(tabletID)
	old.process.Pause(trace.NoEvent)
	c.after(6_000_000)
	require.NotEqual(t, old, c.leader(tabletID))
	from := len(c.masters[0].told(old.name))
	old.process.Resume(trace.NoEvent)
	c.after(3_000_000)
	told := strings.Join(c.masters[0].told(old.name)[from:], "\n")
	require.Contains(t, told, "led by "+c.leader(tabletID).name)
	require.NotContains(t, told, "registers")
}

func TestTwoRunsOfOneSeedAreOneTrace(t *testing.T) {
	run := func() string {
		c := newCluster(t, 3, 3, nil)
		c.masters[0].leads = true
		for i := range 8 {
			c.create(fmt.Sprintf("%04x0000", i))
		}
		c.servers[1].process.Crash(trace.NoEvent)
		c.after(2_000_000)
		c.servers[1].process.Restart(trace.NoEvent)
		c.after(3_000_000)
		return trace.Hash(c.b.Trace())
	}
	require.Equal(t, run(), run())
}

func TestTabletsOfOneBeginningHaveLongerNames(t *testing.T) {
	n := tabletNames{}
	require.Equal(t, "ab12", n.of("ab12cd"))
	require.Equal(t, "ab123", n.of("ab123d"))
	require.Equal(t, "ab12", n.of("ab12cd"))
	require.Equal(t, "x", n.of("x"))
	require.Equal(t, "6 tablets", n.list([]string{"1", "2", "3", "4", "5", "6"}))
}
