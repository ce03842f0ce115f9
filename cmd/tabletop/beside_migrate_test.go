package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine"
	"tabletop/engine/kudu"
	"tabletop/engine/trace"
)

// One master becomes two and three; one of them is lost with its disks, removed, and replaced at its address.
func TestBesideARecordedMigration(t *testing.T) {
	b := alike(t, "kudu/run4-migrate", 2648, engine.Config{Masters: []string{"m1"}, Joining: []string{"m2", "m3"},
		Servers: []string{"t1", "t2", "t3"}})
	require.Equal(t, b.recorded.results, b.ours.results)
	require.Equal(t, b.recorded.masters("m1"), b.ours.masters("m1"))
	require.Equal(t, []string{"m1 + m2", "m1 m2", "m1 m2 + m3", "m1 m2 m3", "m1 m3", "m1 m3 + m2", "m1 m2 m3"}, b.ours.masters("m1"))
	require.Equal(t, []string{"after key INT32", "before key INT32", "third key INT32"}, b.ours.tables("m2"), "the new one has all")
	b.migrationTable(t)
}

func (b *beside) migrationTable(t *testing.T) {
	line := func(what string, recorded, ours float64) { t.Logf("%-60s %10.1f %10.1f", what, recorded, ours) }
	t.Logf("%-60s %10s %10s   seed %d", "milliseconds", "recorded", "ours", b.seed)
	stories := []*story{&b.recorded, &b.ours}
	for _, c := range []struct{ command, config string }{{"add-master m2", "m1 m2"}, {"add-master m3", "m1 m2 m3"}, {"remove-master m2", "m1 m3"}} {
		r, o := b.times(c.command)
		var at [2]float64
		for i, s := range stories {
			for _, found := range s.configs[kudu.SysCatalog] {
				if found.String() == c.config && at[i] == 0 {
					at[i] = milliseconds(found.at - []trace.Time{r, o}[i])
				}
			}
		}
		line(c.command+" to the configuration "+c.config, at[0], at[1])
	}
	for i, what := range []string{"create before", "write 100 rows", "open", "create after", "create third, by a new client"} {
		r, o := b.took(i)
		line(what, r, o)
	}
	r, o := b.times("wipe m2")
	line("kill of m2, which led, to the next leader", milliseconds(b.recorded.elected[3]-r), milliseconds(b.ours.elected[3]-o))
}
