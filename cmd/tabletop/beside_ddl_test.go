package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine"
	"tabletop/engine/trace"
)

// Creates, a rename, added columns and a delete through pauses and kills of leaders; KUDU-1374's case; a tablet server that
// is paused, and one that is killed and replaced.
func TestBesideARecordedClusterUnderDDL(t *testing.T) {
	b := alike(t, "kudu/run2-ddl", 238, engine.Config{Masters: []string{"m1", "m2", "m3"},
		Servers: []string{"t1", "t2", "t3", "t4"}}, trace.Setting{Key: "considered-failed", Value: "20s"})
	require.Equal(t, b.recorded.results, b.ours.results)
	require.Equal(t, b.recorded.changes(), b.ours.changes(), "a replica is added, becomes a voter, and the dead one is evicted")
	require.Len(t, b.ours.changes(), 5)
	for _, s := range []*story{&b.recorded, &b.ours} {
		for group, configs := range s.configs {
			if len(configs) > 1 {
				require.NotContains(t, configs[len(configs)-1].voters, "t2", group)
			}
		}
	}
	require.Equal(t, []string{"events key INT32, c2 INT32 · v1", "orders key INT32"}, b.ours.tables("m3"), "as the recorded list says: events, orders")
	b.alters(t)
	b.passesOn(t, "pause t1", "t1")
	b.passesOn(t, "crash t2", "t2")
	b.table(t)
}

// tables returns the rows of a master's tables at the end.
func (s *story) tables(master string) (all []string) {
	cursor := s.Cursor()
	cursor.Seek(trace.EventID(len(s.Events) - 1))
	for _, c := range cursor.Node(s.Lookup(master)).Cells {
		name, table := strings.CutPrefix(s.Text(c.Key), "table/")
		if text := s.Text(c.Text); table && c.Shelf == trace.Disk && !strings.HasSuffix(text, "REMOVED") {
			all = append(all, name+" "+text)
		}
	}
	slices.Sort(all)
	return all
}

// alters requires of both that the alter that no tablet server was told of ends by a full report to the new leader.
func (b *beside) alters(t *testing.T) {
	for _, s := range []*story{&b.recorded, &b.ours} {
		led := s.elected[4]
		full := s.first(led, func(_ trace.EventID, e trace.Event) bool { return strings.HasPrefix(s.Text(e.Text), "full report") })
		behind := s.first(led, s.behind)
		done := s.first(behind, s.says("altered events", "table/events", "v1"))
		require.NotZero(t, full)
		require.Less(t, full, behind, "a report tells that a replica lacks the schema")
		require.Less(t, behind, done)
	}
}

// passesOn requires of both that each tablet which a server led when it failed gets another leader, of a later term, and
// that no other tablet does meanwhile.
func (b *beside) passesOn(t *testing.T, fault, server string) {
	r, o := b.times(fault)
	for i, s := range []*story{&b.recorded, &b.ours} {
		at := []trace.Time{r, o}[i]
		led, terms, next := map[string]trace.NodeID{}, map[string]uint32{}, map[string]bool{}
		for k, e := range s.Events {
			group := s.Group(e.Group)
			switch {
			case !s.elects(trace.EventID(k), e):
			case e.At <= at:
				led[group], terms[group] = e.Node, e.Term
			case e.At < at+9_000_000: // a burnt term included
				require.Equal(t, server, s.name(led[group]), "%s leads %s anew", s.name(e.Node), group)
				require.NotEqual(t, server, s.name(e.Node))
				require.Greater(t, e.Term, terms[group])
				next[group] = true
			}
		}
		for group, node := range led {
			require.Equal(t, s.name(node) == server, next[group], group)
		}
	}
}

// behind returns the finding that a replica lacks the schema: a line, and what the master does about it.
func (s *story) behind(_ trace.EventID, e trace.Event) bool {
	text := s.Text(e.Text)
	return strings.HasPrefix(text, "does not have the latest schema") || e.Kind == trace.Request && strings.HasPrefix(text, "alter schema")
}

// table prints the times of both.
func (b *beside) table(t *testing.T) {
	line := func(what string, recorded, ours float64) { t.Logf("%-60s %10.1f %10.1f", what, recorded, ours) }
	t.Logf("%-60s %10s %10s   seed %d", "milliseconds", "recorded", "ours", b.seed)
	for i, what := range []string{"create the first table", "write 300 rows", "create another", "create through a kill of the leader"} {
		recorded, ours := b.took(i)
		line(what, recorded, ours)
	}
	for i, what := range []string{"list through a kill of the leader", "add a column: the leader is killed 2 s after the call"} {
		recorded, ours := b.took(6 + i)
		line(what, recorded, ours)
	}
	r, o := b.took(10)
	line("delete a table", r, o)
	for i, fault := range []string{"crash m3", "pause m2", "crash m1", "crash m2"} {
		r, o := b.times(fault)
		line(fault+" to the next leader", milliseconds(b.recorded.elected[i+1]-r), milliseconds(b.ours.elected[i+1]-o))
	}
	b.alterTable(line)
	b.replacementTable(line)
}

func (b *beside) alterTable(line func(string, float64, float64)) {
	var full, behind, done [2]float64
	for i, s := range []*story{&b.recorded, &b.ours} {
		led := s.elected[4]
		at := s.first(led, s.behind)
		full[i] = milliseconds(s.first(led, func(_ trace.EventID, e trace.Event) bool { return strings.HasPrefix(s.Text(e.Text), "full report") }) - led)
		behind[i] = milliseconds(at - led)
		done[i] = milliseconds(s.first(at, s.says("altered events", "table/events", "v1")) - at)
	}
	line("leader to the first full report", full[0], full[1])
	line("leader to a replica found without the schema", behind[0], behind[1])
	line("that to the end of the alter", done[0], done[1])
}

func (b *beside) replacementTable(line func(string, float64, float64)) {
	at := func(command string) [2]trace.Time {
		r, o := b.times(command)
		return [2]trace.Time{r, o}
	}
	paused, killed, back := at("pause t1"), at("crash t2"), at("restart t2")
	var failover, added, promoted, evicted, tombstoned [2]float64
	for i, s := range []*story{&b.recorded, &b.ours} {
		failover[i] = milliseconds(s.first(paused[i], s.elects) - paused[i])
		var add, promote, evict trace.Time
		for _, configs := range s.configs {
			for k, c := range configs {
				if c.shape() == "3+1" && (add == 0 || c.at < add) {
					add, promote, evict = c.at, configs[k+1].at, configs[k+2].at
				}
			}
		}
		added[i], promoted[i], evicted[i] = milliseconds(add-killed[i]), milliseconds(promote-add), milliseconds(evict-promote)
		gone := s.says("tablet deleted with delete type TABLET_DATA_TOMBSTONED", "replica/", "tombstone")
		tombstoned[i] = milliseconds(s.first(back[i], gone) - back[i])
	}
	line("pause of t1 to the first tablet with another leader", failover[0], failover[1])
	line("kill of t2 to the first replica added", added[0], added[1])
	line("that to its vote", promoted[0], promoted[1])
	line("that to the eviction of t2's", evicted[0], evicted[1])
	line("t2 back to its first tombstone", tombstoned[0], tombstoned[1])
}
