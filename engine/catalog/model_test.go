package catalog

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestInvariants has clients, tablet servers and failing masters do whatever comes, and writes be lost on their way. What
// holds of the catalog holds after each of them.
func TestInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &model{desk: newDesk(t), rapid: t}
		t.Repeat(map[string]func(*rapid.T){
			"":         func(*rapid.T) { m.check() },
			"create":   func(*rapid.T) { m.create() },
			"alter":    func(*rapid.T) { m.alter() },
			"delete":   func(*rapid.T) { m.delete() },
			"place":    func(*rapid.T) { m.place() },
			"report":   func(*rapid.T) { m.report() },
			"altered":  func(*rapid.T) { m.plan("end of alters", func() Write { return m.image.Altered() }) },
			"failover": func(*rapid.T) { m.failOver() },
		})
	})
}

type model struct {
	*desk
	rapid    *rapid.T
	versions []Table // the last one seen of each table
}

// hard is what an image says of the rows.
type hard struct {
	Tables  []Table
	Tablets [][]Tablet
}

func (i *Image) hard() hard {
	h := hard{Tables: i.Tables()}
	for _, t := range h.Tables {
		h.Tablets = append(h.Tablets, i.TabletsOf(t.ID))
	}
	return h
}

// plan plans a write, which changes nothing, and commits it or loses it.
func (m *model) plan(what string, plan func() Write) {
	before := m.image.hard()
	w := plan()
	require.Equal(m.t, before, m.image.hard(), "planning: %s changes nothing", what)
	if !rapid.Bool().Draw(m.rapid, "lost") {
		m.commit(w)
	}
}

func (m *model) name(label string) string {
	return rapid.SampledFrom([]string{"a", "b", "c"}).Draw(m.rapid, label)
}

func (m *model) span() Range {
	from := rapid.Int64Range(0, 3).Draw(m.rapid, "from")
	return Range{10 * from, 10 * (from + rapid.Int64Range(1, 2).Draw(m.rapid, "length"))}
}

func (m *model) create() {
	c := CreateTable{Name: m.name("table"), Schema: schema(m.t, "key INT32, c STRING"),
		Hash: rapid.IntRange(0, 2).Draw(m.rapid, "hash"), Replicas: rapid.IntRange(0, 4).Draw(m.rapid, "replicas")}
	for range rapid.IntRange(0, 2).Draw(m.rapid, "ranges") {
		c.Ranges = append(c.Ranges, m.span())
	}
	m.plan("create", func() Write {
		w, _, s := m.image.Create(c, wide, m.id)
		_, taken := m.image.Find(c.Name)
		require.False(m.t, taken && s == OK)
		return w
	})
}

func (m *model) alter() {
	a := AlterTable{Table: m.name("table")}
	for range rapid.IntRange(1, 3).Draw(m.rapid, "steps") {
		a.Steps = append(a.Steps, AlterStep{Kind: StepKind(rapid.IntRange(0, int(DropRange)).Draw(m.rapid, "kind")),
			Name: m.name("name"), To: m.name("to"), Type: "INT8", Range: m.span()})
	}
	m.plan("alter", func() Write {
		w, s := m.image.Alter(a, m.id)
		require.True(m.t, s == OK || w.Empty(), "all steps or none")
		return w
	})
}

func (m *model) delete() {
	m.plan("delete", func() Write {
		w, _ := m.image.Delete(m.name("table"))
		return w
	})
}

var servers = []string{"t1", "t2", "t3", "t4", "t5"}

func (m *model) place() {
	m.now += rapid.Int64Range(0, creationTimeout).Draw(m.rapid, "later")
	aware := rapid.Bool().Draw(m.rapid, "aware")
	m.plan("placement", func() Write {
		w, tasks := m.image.Place(m.now, func(table Table, tablet Tablet) ([]string, bool) {
			var c []Candidate
			for _, server := range servers {
				c = append(c, m.image.Candidate(server, 0, 0, table, tablet))
			}
			chosen := Choose(c, table.Replicas, aware, func(below int64) int64 {
				return rapid.Int64Range(0, below-1).Draw(m.rapid, "draw")
			})
			return chosen, rapid.IntRange(0, 9).Draw(m.rapid, "choice") > 0
		}, m.id)
		require.Equal(m.t, w.Empty(), len(tasks) == 0)
		return w
	})
}

// report reports one tablet of the rows, of any table and state, as some server may see it: terms, configurations and
// versions may be ahead of what is known.
func (m *model) report() {
	if len(m.rows.Tablets) == 0 {
		return
	}
	tablet := rapid.SampledFrom(m.rows.Tablets).Draw(m.rapid, "tablet")
	if tablet.State == TabletPreparing {
		return
	}
	c := tablet.Consensus
	c.Term += rapid.Uint64Range(0, 2).Draw(m.rapid, "term")
	if c.Term > tablet.Consensus.Term {
		c.Leader = rapid.SampledFrom(append([]string{""}, servers...)).Draw(m.rapid, "leader")
	}
	if rapid.Bool().Draw(m.rapid, "moved") {
		c.Index++
		c.Voters = slices.Clone(servers[rapid.IntRange(0, 2).Draw(m.rapid, "first"):])
		if c.Term == tablet.Consensus.Term && c.Leader != "" && !c.Has(c.Leader) {
			c.Voters = append(c.Voters, c.Leader) // a leader does not remove itself
		}
	}
	r := Report{Server: rapid.SampledFrom(servers).Draw(m.rapid, "server"), Tablets: []Replica{{Tablet: tablet.ID, Consensus: c,
		State:   ReplicaState(rapid.IntRange(0, int(ReplicaTombstoned)).Draw(m.rapid, "state")),
		Version: rapid.IntRange(0, 3).Draw(m.rapid, "version")}}}
	m.plan("report", func() Write {
		w, _ := m.image.Report(r, Rules{})
		return w
	})
}

func (m *model) check() {
	fresh := Load(m.rows)
	require.Equal(m.t, fresh.hard(), m.image.hard(), "the image follows the rows")
	for _, t := range m.rows.Tablets {
		of, _ := fresh.Table(t.Table)
		for _, server := range servers {
			require.Equal(m.t, fresh.Candidate(server, 0, 0, of, t), m.image.Candidate(server, 0, 0, of, t),
				"a round of placement counts for itself alone")
		}
	}
	var names []string
	for _, t := range m.image.Tables() {
		require.NotContains(m.t, names, t.Name, "two tables of a name")
		names = append(names, t.Name)
		found, ok := m.image.Find(t.Name)
		require.True(m.t, ok)
		require.Equal(m.t, t, found)
		m.checkTable(t)
	}
	for _, t := range m.rows.Tablets {
		at := slices.IndexFunc(m.rows.Tables, func(of Table) bool { return of.ID == t.Table })
		require.GreaterOrEqual(m.t, at, 0, "a tablet without a table")
		require.True(m.t, t.State.Gone() || m.rows.Tables[at].State != TableRemoved, "a table is removed with its tablets")
		switch t.State {
		case TabletPreparing:
			require.Zero(m.t, t.Consensus)
		case TabletRunning:
			require.True(m.t, t.Consensus.Leader == "" || t.Consensus.Has(t.Consensus.Leader))
			fallthrough
		case TabletCreating:
			require.NotEmpty(m.t, t.Consensus.Voters)
		}
	}
	m.checkVersions()
}

func (m *model) checkTable(t Table) {
	require.Equal(m.t, t.State == TableAltering, t.Applied != nil, "two schemas exactly while it is altered")
	require.True(m.t, t.Schema.sound())
	for at, c := range t.Schema {
		require.Less(m.t, c.ID, t.Next)
		require.False(m.t, slices.ContainsFunc(t.Schema[:at], func(other Column) bool { return other.ID == c.ID }))
	}
	buckets := map[string]bool{}
	tablets := m.image.TabletsOf(t.ID)
	for at, tablet := range tablets {
		key := fmt.Sprint(tablet.Range, tablet.Bucket)
		require.False(m.t, buckets[key], "two tablets of a partition")
		buckets[key] = true
		for _, other := range tablets[:at] {
			require.True(m.t, other.Range == tablet.Range || !other.Range.Overlaps(tablet.Range), "a value in two ranges")
		}
	}
}

// checkVersions compares the tables' rows with those of the last time: versions and column ids only grow.
func (m *model) checkVersions() {
	for at, before := range m.versions {
		now := m.rows.Tables[at]
		require.Equal(m.t, before.ID, now.ID)
		require.GreaterOrEqual(m.t, now.Version, before.Version)
		require.GreaterOrEqual(m.t, now.Next, before.Next)
		require.True(m.t, before.State != TableRemoved || now.State == TableRemoved, "a removed table is back")
		if now.Version == before.Version {
			require.True(m.t, now.Name == before.Name && now.Schema.Equal(before.Schema), "changed without a new version")
		}
	}
	m.versions = slices.Clone(m.rows.Tables)
}
