package kudu

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/catalog"
	"tabletop/engine/trace"
)

func TestAFirstHeartbeatRegistersAndReportsAllAndLaterOnesNothing(t *testing.T) {
	c := newCluster(t, 3, 1, nil)
	require.Equal(t, "unknown", c.cell(c.servers[0], "master/M1"))
	c.until(3_500_000)
	for _, m := range c.masters {
		require.Equal(t, []string{"0: registers instance 1, full", "1", "2", "3"}, m.told("t1"))
		require.Less(t, m.times[0], trace.Time(10_000))
		for i := 1; i < 4; i++ {
			require.InDelta(t, 1_000_000, int64(m.times[i]-m.times[i-1]), 5000)
		}
		require.Equal(t, "follows", c.cell(c.servers[0], "master/"+m.name))
	}
	require.Equal(t, "nothing", c.cell(c.servers[0], "dirty/M1"))
}

// A master's answers, and what the heartbeat after each of them carries: the edge rule of KUDU-1374.
func TestAFullReportFollowsTheAnswerThatAMasterHasBecomeLeader(t *testing.T) {
	for _, row := range []struct {
		name  string
		full  bool // FullOnNewLeader
		leads string
		want  []string
	}{
		{"never leads", true, "fffff", []string{"0: registers instance 1, full", "1", "2", "3", "4"}},
		{"leads from the start", true, "LLLLL", []string{"0: registers instance 1, full", "1: full", "2", "3", "4"}},
		{"becomes leader", true, "ffLLL", []string{"0: registers instance 1, full", "1", "2", "3: full", "4"}},
		{"steps down", true, "LLffL", []string{"0: registers instance 1, full", "1: full", "2", "3", "4"}},
		{"leads again", true, "LfLfL", []string{"0: registers instance 1, full", "1: full", "2", "3: full", "4"}},
		{"before KUDU-1374", false, "ffLLL", []string{"0: registers instance 1, full", "1", "2", "3", "4"}},
	} {
		c := newCluster(t, 1, 1, func(o *Options) { o.Behaviour.FullOnNewLeader = row.full })
		m := c.masters[0]
		for i, role := range row.leads {
			m.leads = role == 'L'
			c.until(trace.Time(i)*1_004_000 + 500_000)
		}
		require.Equal(t, row.want, m.told("t1"), row.name)
	}
}

func TestWhatAMasterAsksForIsSentAtOnce(t *testing.T) {
	c := newCluster(t, 1, 1, nil)
	c.until(500_000)
	m := c.masters[0]
	m.known["t1"] = 7 // as if another process of the server had registered since
	c.until(1_500_000)
	require.Equal(t, []string{"0: registers instance 1, full", "1", "2: registers instance 1,"}, m.told("t1"))
	require.Less(t, m.times[2]-m.times[1], trace.Time(5000))
	m.asks = true
	c.until(2_100_000)
	m.asks = false
	require.Greater(t, len(m.beats), 50, "a master that asks for all with every answer is told all with every heartbeat")
}

func TestATabletIsReportedOnceToEachMasterWhenItIsMadeLedAndAltered(t *testing.T) {
	c := newCluster(t, 3, 3, nil)
	c.masters[0].leads = true
	c.until(1_500_000)
	c.create(tabletID)
	c.after(4_000_000)
	leader := c.leader(tabletID)
	for _, m := range c.masters {
		told := m.told(leader.name)
		require.Contains(t, strings.Join(told, "\n"), "ab12 v0 RUNNING led by "+leader.name+" in term 1")
		require.NotContains(t, told[len(told)-1], "ab12", "what was acknowledged is not told again")
	}
	from := len(c.masters[2].told("t2"))
	altered := catalog.Table{ID: "1", Name: "u", Schema: keySchema, Version: 1}
	require.Equal(t, catalog.OK, c.order(leader, catalog.Task{Kind: catalog.AlterReplica, Tablet: tabletID, Table: altered}).status)
	c.after(900_000)
	told := c.masters[2].told("t2")[from:]
	require.Equal(t, 1, strings.Count(strings.Join(told, "\n"), "ab12 v1 RUNNING led by "+leader.name))
	for _, s := range c.servers {
		require.Equal(t, "v1, 0 rows", c.cell(s, "replica/ab12"))
	}
}

// What a master has not acknowledged stays dirty for it alone.
func TestAcknowledgementsAreKeptPerMaster(t *testing.T) {
	c := newCluster(t, 3, 3, nil)
	c.until(1_500_000)
	frozen := c.masters[1]
	c.masters[1].process.Pause(trace.NoEvent)
	c.create(tabletID)
	c.after(4_000_000)
	s := c.servers[0]
	require.Equal(t, "nothing", c.cell(s, "dirty/M1"))
	require.Equal(t, "ab12", c.cell(s, "dirty/M2"))
	require.Equal(t, "nothing", c.cell(s, "dirty/M3"))
	from := len(frozen.told("t1"))
	frozen.process.Resume(trace.NoEvent)
	c.after(1_100_000)
	require.Equal(t, "nothing", c.cell(s, "dirty/M2"))
	require.Equal(t, []string{"2: ab12 v0 RUNNING led by nobody in term 0", "3: ab12 v0 RUNNING led by t1 in term 1", "4"},
		frozen.told("t1")[from:], "the heartbeat that was under way, then what it did not tell")
	require.EqualValues(t, 1, frozen.known["t1"], "a pause does not make a server register again")
}

func TestWhatBecomesDirtyWhileAReportIsUnderWayIsToldAgain(t *testing.T) {
	b := &beat{number: 3, dirty: map[string]uint64{}, server: &TabletServer{endpoint: endpoint{record: trace.NewOutline(trace.Header{})}}}
	b.soon = true
	b.mark("a", trace.NoEvent)
	b.sent = 3
	b.number++
	b.mark("b", trace.NoEvent)
	b.acknowledged()
	require.Equal(t, map[string]uint64{"b": 4}, b.dirty)
}

// Kudu 0.7: KUDU-1353's ingredients a and b.
func TestIn07OneThreadFollowsTheLeaderAndForgetsWhatItToldAnother(t *testing.T) {
	c := newCluster(t, 3, 3, func(o *Options) { o.Behaviour = Version07() })
	m1, m2 := c.masters[0], c.masters[1]
	m1.leads = true
	c.until(1_500_000)
	require.Equal(t, "0: registers instance 1, full", m1.told("t1")[0])
	require.Empty(t, m2.beats)
	m1.leads, m2.leads = false, true
	c.until(4_500_000)
	told := m2.told("t1")
	require.NotContains(t, told[0], "registers")
	require.Contains(t, told[1], "registers instance 1, full", "the new leader asks for all")
	c.create(tabletID)
	c.after(4_000_000)
	require.Contains(t, strings.Join(m2.told("t1"), "\n"), "ab12 v0 RUNNING led by")
	require.Equal(t, "nothing", c.cell(c.servers[0], "dirty"))
	m2.process.Crash(trace.NoEvent)
	from := len(m1.told("t1"))
	m1.leads = true
	c.after(6_000_000)
	told = m1.told("t1")[from:]
	require.NotEmpty(t, told)
	for _, text := range told {
		require.NotContains(t, text, "ab12", "the first master never learns of the tablet")
		require.NotContains(t, text, "full")
	}
	require.Equal(t, "leads", c.cell(c.servers[0], "master/M1"))
	require.Equal(t, "no answer", c.cell(c.servers[0], "master/M2"))
}

// The ticket's first proposal: a full report to another master than before.
func TestIn07AFullReportToANewLeaderTellsOfTheTablet(t *testing.T) {
	c := newCluster(t, 2, 3, func(o *Options) { o.Behaviour = Version07(); o.Behaviour.FullOnNewLeader = true })
	m1, m2 := c.masters[0], c.masters[1]
	m1.leads = true
	c.until(1_500_000)
	m1.leads, m2.leads = false, true
	c.until(3_500_000)
	c.create(tabletID)
	c.after(4_000_000)
	m1.leads, m2.leads = true, false
	from := len(m1.told("t1"))
	c.after(3_000_000)
	told := m1.told("t1")[from:]
	i := slices.IndexFunc(told, func(text string) bool { return strings.Contains(text, "full ab12 v0 RUNNING led by") })
	require.GreaterOrEqual(t, i, 0, told)
	require.NotContains(t, told[len(told)-1], "full")
}

func TestAfterThreeFailuresHeartbeatsAreASecondApartAgain(t *testing.T) {
	c := newCluster(t, 1, 1, nil)
	c.masters[0].process.Crash(trace.NoEvent)
	from := c.b.Len()
	c.until(5_500_000)
	var refused []trace.Time
	for _, e := range c.b.Events()[from:] {
		if e.Kind == trace.Receive && e.Node == c.servers[0].id && c.b.Text(e.Text) == "connection refused" {
			refused = append(refused, e.At)
		}
	}
	require.GreaterOrEqual(t, len(refused), 6)
	require.Less(t, refused[2], trace.Time(20_000), "it has not registered, and tries at once")
	require.Greater(t, refused[3]-refused[2], trace.Time(990_000))
	require.Equal(t, "no answer", c.cell(c.servers[0], "master/M1"))
	c.masters[0].process.Restart(trace.NoEvent)
	c.after(1_500_000)
	require.Contains(t, c.masters[0].told("t1")[0], "registers instance 1, full")
}
