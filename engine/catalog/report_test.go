package catalog

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReports has one row per rule of ProcessTabletReport, on a tablet of three whose row says leader t1 of term 5 and a
// configuration of index 7, unless the row says otherwise, reported by t2 unless it says otherwise.
func TestReports(t *testing.T) {
	recorded := Consensus{Term: 5, Leader: "t1", Index: 7, Voters: []string{"t1", "t2", "t3"}}
	with := func(change func(*Consensus)) *Consensus {
		c := recorded
		change(&c)
		return &c
	}
	type row struct {
		what   string
		before TabletState
		had    *Consensus
		server string
		report Replica
		state  TabletState
		want   *Consensus // nil: nothing is written
		tasks  []string
	}
	creating := &Consensus{Voters: []string{"t1", "t2", "t3"}}
	for _, c := range []row{
		{what: "what is known", before: TabletRunning, report: Replica{Consensus: recorded}},
		{what: "a deleted tablet", before: TabletDeleted, report: Replica{Consensus: recorded},
			tasks: []string{"delete tablet t2"}},
		{what: "a replaced tablet", before: TabletReplaced, report: Replica{Consensus: recorded},
			tasks: []string{"delete tablet t2"}},
		{what: "an evicted replica", before: TabletRunning, server: "t9",
			report: Replica{Consensus: Consensus{Term: 5, Index: 6, Voters: []string{"t1", "t2", "t9"}}},
			tasks:  []string{"delete tablet t9 (tombstone)"}},
		{what: "an evicted replica whose tombstone is there", before: TabletRunning, server: "t9",
			report: Replica{State: ReplicaTombstoned}},
		{what: "one that is no member, and knows it by the same configuration", before: TabletRunning, server: "t9",
			report: Replica{Consensus: recorded}, tasks: []string{"delete tablet t9 (tombstone)"}},
		{what: "a member that the master has not heard of", before: TabletRunning, server: "t9",
			report: Replica{Consensus: Consensus{Term: 5, Index: 8, Voters: []string{"t1", "t2", "t9"}}}, state: TabletRunning,
			want:  &Consensus{Term: 5, Leader: "t1", Index: 8, Voters: []string{"t1", "t2", "t9"}},
			tasks: []string{"delete tablet t3 (tombstone)"}},
		{what: "a failed replica says nothing", before: TabletRunning,
			report: Replica{State: ReplicaFailed, Version: 4, Consensus: *with(func(c *Consensus) { c.Term, c.Leader = 6, "t2" })}},
		{what: "nor does one without a configuration", before: TabletRunning, report: Replica{State: ReplicaStarting, Version: 4}},
		{what: "a new leader", before: TabletRunning,
			report: Replica{Consensus: *with(func(c *Consensus) { c.Term, c.Leader = 6, "t2" })}, state: TabletRunning,
			want: with(func(c *Consensus) { c.Term, c.Leader = 6, "t2" })},
		{what: "a leader of an earlier term", before: TabletRunning,
			report: Replica{Consensus: *with(func(c *Consensus) { c.Term, c.Leader = 4, "t2" })}},
		{what: "a later term without a leader", before: TabletRunning,
			report: Replica{Consensus: *with(func(c *Consensus) { c.Term, c.Leader = 6, "" })}},
		{what: "a leader that is no member", before: TabletRunning,
			report: Replica{Consensus: *with(func(c *Consensus) { c.Term, c.Leader = 6, "t9" })}},
		{what: "two leaders of a term", before: TabletRunning,
			report: Replica{Version: 4, Consensus: *with(func(c *Consensus) { c.Leader, c.Index = "t2", 8 })}},
		{what: "the first leader", before: TabletRunning, had: with(func(c *Consensus) { c.Leader = "" }),
			report: Replica{Consensus: recorded}, state: TabletRunning, want: &recorded},
		{what: "the leader is kept when a report of the term lacks it", before: TabletRunning,
			report: Replica{Consensus: *with(func(c *Consensus) { c.Leader, c.Index = "", 8 })}, state: TabletRunning,
			want: with(func(c *Consensus) { c.Index = 8 })},
		{what: "and not into a later term", before: TabletRunning,
			report: Replica{Consensus: *with(func(c *Consensus) { c.Term, c.Leader, c.Index = 6, "", 8 })}, state: TabletRunning,
			want: with(func(c *Consensus) { c.Term, c.Leader, c.Index = 6, "", 8 })},
		{what: "an earlier configuration with a leader of a later term", before: TabletRunning,
			report: Replica{Consensus: *with(func(c *Consensus) { c.Term, c.Leader, c.Index = 6, "t2", 6 })}, state: TabletRunning,
			want: with(func(c *Consensus) { c.Term, c.Leader, c.Index = 6, "t2", 6 })},
		{what: "a created tablet with a leader runs", before: TabletCreating, had: creating,
			report: Replica{Consensus: *with(func(c *Consensus) { c.Index = 0 })}, state: TabletRunning,
			want: with(func(c *Consensus) { c.Index = 0 })},
		{what: "without one it does not", before: TabletCreating, had: creating,
			report: Replica{Consensus: Consensus{Term: 1, Voters: creating.Voters}}},
		{what: "while the replica starts it does not", before: TabletCreating, had: creating,
			report: Replica{State: ReplicaStarting, Consensus: *with(func(c *Consensus) { c.Index = 0 })}, state: TabletCreating,
			want: with(func(c *Consensus) { c.Index = 0 })},
		{what: "and when it has started it does", before: TabletCreating, report: Replica{Consensus: recorded},
			state: TabletRunning, want: &recorded},
		{what: "with a leader that is no member it does not", before: TabletCreating, had: creating,
			report: Replica{Consensus: Consensus{Term: 1, Leader: "t9", Voters: creating.Voters}}},
		{what: "an old schema", before: TabletRunning, report: Replica{Consensus: recorded, Version: 1},
			tasks: []string{"alter schema"}},
		{what: "a schema later than the master's", before: TabletRunning, report: Replica{Consensus: recorded, Version: 3},
			tasks: []string{"alter schema"}},
		{what: "the leader misses a follower", before: TabletRunning, server: "t1",
			report: Replica{Consensus: recorded, Failed: []string{"t3"}}, tasks: []string{"add replica"}},
		{what: "while it changes the configuration already", before: TabletRunning, server: "t1",
			report: Replica{Consensus: recorded, Failed: []string{"t3"}, Pending: true}},
		{what: "a follower misses one", before: TabletRunning, report: Replica{Consensus: recorded, Failed: []string{"t3"}}},
		{what: "the replacement has been promoted", before: TabletRunning, server: "t1",
			report: Replica{Consensus: *with(func(c *Consensus) { c.Index, c.Voters = 9, []string{"t1", "t2", "t3", "t4"} }),
				Failed: []string{"t3"}}, state: TabletRunning,
			want:  with(func(c *Consensus) { c.Index, c.Voters = 9, []string{"t1", "t2", "t3", "t4"} }),
			tasks: []string{"evict replica t3"}},
		{what: "all at once, in order", before: TabletRunning, server: "t1",
			report: Replica{Consensus: *with(func(c *Consensus) { c.Index, c.Voters = 9, []string{"t1", "t2"} })},
			state:  TabletRunning,
			want:   with(func(c *Consensus) { c.Index, c.Voters = 9, []string{"t1", "t2"} }),
			tasks:  []string{"delete tablet t3 (tombstone)", "add replica"}},
	} {
		d := newDesk(t)
		had := &recorded
		if c.had != nil {
			had = c.had
		}
		tablet := Tablet{ID: "ab12", Table: "7d1c", State: c.before, Consensus: *had}
		d.commit(Write{Tables: []Table{{ID: "7d1c", Name: "t", Schema: schema(t, "key INT32"), Version: 2, Replicas: 3}},
			Tablets: []Tablet{tablet}})
		c.report.Tablet = "ab12"
		if c.report.Version == 0 {
			c.report.Version = 2
		}
		server := c.server
		if server == "" {
			server = "t2"
		}
		w, tasks := d.image.Report(Report{Server: server, Tablets: []Replica{c.report}}, Rules{})
		require.Equal(t, c.tasks, orders(tasks), c.what)
		require.Empty(t, w.Tables, c.what)
		if c.want == nil {
			require.Empty(t, w.Tablets, c.what)
			continue
		}
		tablet.State, tablet.Consensus = c.state, *c.want
		require.Equal(t, []Tablet{tablet}, w.Tablets, c.what)
	}
}

func TestTasksSayWhatTheyNeed(t *testing.T) {
	d := newDesk(t)
	table := d.running(CreateTable{Name: "t", Schema: schema(t, "key INT32")})
	tablet := d.tablets("t")[0].ID
	later := led(tablet, "t1", 1, 4, "t1", "t2")
	later.Version = 7
	require.Equal(t, []Task{
		{Kind: DeleteReplica, Tablet: tablet, Server: "t3", Consensus: later.Consensus, Tombstone: true},
		{Kind: AddReplica, Tablet: tablet, Consensus: later.Consensus},
		{Kind: AlterReplica, Tablet: tablet, Table: table},
	}, d.report("t1", later))
}

// TestAnUnknownTablet: 0.7 deleted what it did not know, the more eagerly the less it knew.
func TestAnUnknownTablet(t *testing.T) {
	d := newDesk(t)
	r := Report{Server: "t1", Tablets: []Replica{led("ab12", "t1", 1, 0, "t1"), led("ab12", "t1", 1, 0, "t1")}}
	_, tasks := d.image.Report(r, Rules{})
	require.Empty(t, tasks)
	w, tasks := d.image.Report(r, Rules{DeleteUnknown: true})
	require.Equal(t, []Task{{Kind: DeleteReplica, Tablet: "ab12", Server: "t1"}}, tasks, "once")
	require.True(t, w.Empty())
	_, known := d.image.Reported("ab12")
	require.False(t, known)
}

func TestAReportOfManyTabletsIsOneWrite(t *testing.T) {
	d := newDesk(t)
	d.create(CreateTable{Name: "t", Schema: schema(t, "key INT32"), Hash: 3})
	d.place("t1", "t2", "t3")
	r := Report{Server: "t1", Full: true}
	for _, tablet := range d.tablets("t") {
		r.Tablets = append(r.Tablets, led(tablet.ID, "t1", 1, 0, "t1", "t2", "t3"))
	}
	w, _ := d.image.Report(r, Rules{})
	require.Len(t, w.Tablets, 3)
	require.Equal(t, TabletCreating, d.tablets("t")[0].State, "a plan changes nothing")
	d.commit(w)
	w, _ = d.image.Report(r, Rules{})
	require.True(t, w.Empty(), "a report that is sent again changes nothing")
}

func TestRebuilt(t *testing.T) {
	d := newDesk(t)
	d.running(CreateTable{Name: "t", Schema: schema(t, "key INT32"), Hash: 3})
	d.create(CreateTable{Name: "new", Schema: schema(t, "key INT32")})
	measure := func() [2]int {
		known, of := d.image.Rebuilt()
		return [2]int{known, of}
	}
	require.Equal(t, [2]int{3, 3}, measure(), "tablets that do not run yet have nothing to be rebuilt")
	d.failOver()
	require.Equal(t, [2]int{0, 3}, measure())
	for at, tablet := range d.tablets("t") {
		d.report("t2", led(tablet.ID, "t1", 1, 0, "t1", "t2", "t3"))
		require.Equal(t, [2]int{at + 1, 3}, measure())
	}
	w, _ := d.image.Delete("t")
	d.commit(w)
	require.Equal(t, [2]int{0, 0}, measure())
}
