package catalog

import (
	"fmt"

	"github.com/stretchr/testify/require"
)

// desk is a leading master reduced to its catalog: what it plans is committed at once.
type desk struct {
	t     require.TestingT
	rows  Rows
	image *Image
	made  int
	now   int64
}

func newDesk(t require.TestingT) *desk { return &desk{t: t, image: Load(Rows{})} }

func (d *desk) id() string {
	d.made++
	return fmt.Sprintf("id-%02d", d.made)
}

// commit carries a write through the log.
func (d *desk) commit(w Write) {
	got, err := Decode(w.Encode())
	require.NoError(d.t, err)
	require.Equal(d.t, w, got, "a write means the same to those who read it from the log")
	d.rows.Apply(got)
	d.image.Commit(got)
}

// failOver has another master lead: it loads the rows.
func (d *desk) failOver() { d.image = Load(d.rows) }

var wide = Limits{Alive: 5, PerServer: 60, Whole: true}

func (d *desk) create(c CreateTable) Table {
	w, table, s := d.image.Create(c, wide, d.id)
	require.Equal(d.t, OK, s)
	d.commit(w)
	return table
}

func (d *desk) place(servers ...string) []Task {
	w, tasks := d.image.Place(d.now, func(Table, Tablet) ([]string, bool) { return servers, len(servers) > 0 }, d.id)
	d.commit(w)
	return tasks
}

// report is a report of a server's replicas.
func (d *desk) report(server string, replicas ...Replica) []Task {
	w, tasks := d.image.Report(Report{Server: server, Tablets: replicas}, Rules{})
	d.commit(w)
	return tasks
}

func (d *desk) alter(table string, steps ...AlterStep) {
	w, s := d.image.Alter(AlterTable{Table: table, Steps: steps}, d.id)
	require.Equal(d.t, OK, s)
	d.commit(w)
}

func (d *desk) table(name string) Table {
	t, ok := d.image.Find(name)
	require.True(d.t, ok, name)
	return t
}

func (d *desk) tablets(name string) []Tablet { return d.image.TabletsOf(d.table(name).ID) }

// running makes a table whose tablets run on t1 (leader), t2 and t3.
func (d *desk) running(c CreateTable) Table {
	table := d.create(c)
	d.place("t1", "t2", "t3")
	for _, tablet := range d.tablets(c.Name) {
		d.report("t1", led(tablet.ID, "t1", 1, 0, "t1", "t2", "t3"))
	}
	return table
}

// led is a replica that knows a leader.
func led(tablet, leader string, term, index uint64, voters ...string) Replica {
	return Replica{Tablet: tablet, Consensus: Consensus{Term: term, Leader: leader, Index: index, Voters: voters}}
}

// versioned is a replica that has a version of the schema.
func versioned(r Replica, version int) Replica {
	r.Version = version
	return r
}

func schema(t require.TestingT, text string) Schema {
	s, err := ParseSchema(text)
	require.NoError(t, err)
	return s
}

func names(all []Table) []string {
	var names []string
	for _, t := range all {
		names = append(names, t.Name)
	}
	return names
}

// orders prints tasks as "kind server member", sorted as they come; the leader's are without a server.
func orders(tasks []Task) []string {
	var all []string
	for _, task := range tasks {
		text := task.Kind.String()
		for _, word := range []string{task.Server, task.Member} {
			if word != "" {
				text += " " + word
			}
		}
		if task.Tombstone {
			text += " (tombstone)"
		}
		all = append(all, text)
	}
	return all
}
