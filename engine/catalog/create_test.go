package catalog

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCreatesThatAreRefused has a row per check of facts about CreateTable, each with all later ones failing too where
// that is possible, so that their order is tested with them.
func TestCreatesThatAreRefused(t *testing.T) {
	sound := schema(t, "key INT32, c STRING")
	for _, c := range []struct {
		what   string
		create CreateTable
		limits Limits
		want   Status
	}{
		{"no name", CreateTable{Schema: sound, Replicas: 2}, wide, InvalidArgument},
		{"no columns", CreateTable{Name: "new"}, wide, InvalidArgument},
		{"no key", CreateTable{Name: "new", Schema: Schema{{Name: "c", Type: "STRING"}}}, wide, InvalidArgument},
		{"a key column behind another", CreateTable{Name: "new", Schema: Schema{{Name: "a", Key: true}, {ID: 1, Name: "b"},
			{ID: 2, Name: "c", Key: true}}}, wide, InvalidArgument},
		{"a column twice", CreateTable{Name: "new", Schema: Schema{{Name: "a", Key: true}, {ID: 1, Name: "a"}}}, wide,
			InvalidArgument},
		{"fewer than no buckets", CreateTable{Name: "new", Schema: sound, Hash: -1}, wide, InvalidArgument},
		{"ranges that overlap", CreateTable{Name: "new", Schema: sound, Ranges: []Range{{10, 20}, {0, 11}}}, wide,
			InvalidArgument},
		{"a range beside the one of all", CreateTable{Name: "new", Schema: sound, Ranges: []Range{{}, {5, 6}}}, wide,
			InvalidArgument},
		{"a range of nothing", CreateTable{Name: "new", Schema: sound, Ranges: []Range{{7, 7}}}, wide, InvalidArgument},
		{"more than seven replicas", CreateTable{Name: "old", Schema: sound, Replicas: 8}, wide, InvalidArgument},
		{"fewer than one", CreateTable{Name: "old", Schema: sound, Replicas: -1}, wide, InvalidArgument},
		{"an even number", CreateTable{Name: "old", Schema: sound, Replicas: 6}, wide, EvenReplicationFactor},
		{"more than servers", CreateTable{Name: "old", Schema: sound, Replicas: 7}, wide, NotEnoughServers},
		{"three where two are alive", CreateTable{Name: "old", Schema: sound}, Limits{Alive: 2, Whole: true},
			NotEnoughServers},
		{"61 per server", CreateTable{Name: "old", Schema: sound, Hash: 61}, Limits{Alive: 3, PerServer: 60, Whole: true},
			TooManyTablets},
		{"80 per server in two ranges", CreateTable{Name: "old", Schema: sound, Hash: 40, Ranges: []Range{{0, 10}, {10, 20}}},
			Limits{Alive: 3, PerServer: 60, Whole: true}, TooManyTablets},
		{"60 per server, but the name is taken", CreateTable{Name: "old", Schema: sound, Hash: 60},
			Limits{Alive: 3, PerServer: 60, Whole: true}, AlreadyPresent},
		{"without servers nothing but the name is looked at", CreateTable{Name: "old", Schema: sound, Replicas: 2},
			Limits{}, AlreadyPresent},
	} {
		d := newDesk(t)
		d.create(CreateTable{Name: "old", Schema: sound})
		made := d.made
		w, table, s := d.image.Create(c.create, c.limits, d.id)
		require.Equal(t, c.want, s, c.what)
		require.True(t, w.Empty(), c.what)
		require.Zero(t, table, c.what)
		require.Equal(t, made, d.made, "%s: ids are used up", c.what)
	}
}

func TestATableIsWrittenWithItsTablets(t *testing.T) {
	d := newDesk(t)
	c := CreateTable{Name: "t", Schema: schema(t, "key INT32, c STRING"), Hash: 2, Ranges: []Range{{10, 20}, {0, 10}},
		Replicas: 5}
	w, table, s := d.image.Create(c, wide, d.id)
	require.Equal(t, OK, s)
	require.Equal(t, Table{ID: "id-01", Name: "t", Schema: c.Schema, Next: 2, Hash: 2, Replicas: 5}, table)
	require.Equal(t, Write{Tables: []Table{table}, Tablets: []Tablet{
		{ID: "id-02", Table: "id-01", Range: Range{0, 10}},
		{ID: "id-03", Table: "id-01", Bucket: 1, Range: Range{0, 10}},
		{ID: "id-04", Table: "id-01", Range: Range{10, 20}},
		{ID: "id-05", Table: "id-01", Bucket: 1, Range: Range{10, 20}},
	}}, w)
	_, found := d.image.Find("t")
	require.False(t, found, "a plan changes nothing")
	d.commit(w)
	require.Equal(t, w.Tablets, d.image.TabletsOf("id-01"))
}

func TestATableHasThreeReplicasByDefault(t *testing.T) {
	table := newDesk(t).create(CreateTable{Name: "t", Schema: schema(t, "key INT32")})
	require.Equal(t, 3, table.Replicas)
}

func TestWithoutServersATableIsARow(t *testing.T) {
	d := newDesk(t)
	w, table, s := d.image.Create(CreateTable{Name: "t", Schema: schema(t, "key INT32")}, Limits{}, d.id)
	require.Equal(t, OK, s)
	require.Equal(t, Write{Tables: []Table{{ID: "id-01", Name: "t", Schema: table.Schema}}}, w)
	d.commit(w)
	done, _ := d.image.CreateDone("id-01")
	require.True(t, done, "there is nothing to wait for")
}

func TestANameIsFreeAfterADelete(t *testing.T) {
	d := newDesk(t)
	c := CreateTable{Name: "t", Schema: schema(t, "key INT32")}
	first := d.running(c)
	w, s := d.image.Delete("t")
	require.Equal(t, OK, s)
	require.Equal(t, TableRemoved, w.Tables[0].State)
	require.Equal(t, TabletDeleted, w.Tablets[0].State)
	require.Equal(t, []string{"t1", "t2", "t3"}, w.Tablets[0].Consensus.Members(), "whom to tell")
	d.commit(w)
	second := d.create(c)
	require.NotEqual(t, first.ID, second.ID)
	d.failOver()
	require.Equal(t, second, d.table("t"), "the row of the first one stays, and must not take the name")
	for _, ask := range []func(string) (bool, Status){d.image.CreateDone, d.image.AlterDone} {
		_, s = ask(first.ID)
		require.Equal(t, NotFound, s)
	}
	_, s = d.image.Locations(first.ID)
	require.Equal(t, NotFound, s)
	_, ok := d.image.Table(first.ID)
	require.False(t, ok)
	_, ok = d.image.Tablet(w.Tablets[0].ID)
	require.False(t, ok)
	require.Empty(t, d.image.TabletsOf(first.ID))
}

func TestADeleteDuringAnAlterEndsIt(t *testing.T) {
	d := newDesk(t)
	d.running(CreateTable{Name: "t", Schema: schema(t, "key INT32")})
	d.alter("t", AlterStep{Kind: AddColumn, Name: "c", Type: "STRING"})
	w, _ := d.image.Delete("t")
	require.Nil(t, w.Tables[0].Applied, "only what is being altered has two schemas")
	d.commit(w)
	require.True(t, d.image.Altered().Empty())
}

// TestTabletsWrittenBeforeTheirTable is what 0.7 does: tablets in one write, then the table. A master that dies between
// the two leaves tablets that belong to nobody.
func TestTabletsWrittenBeforeTheirTable(t *testing.T) {
	d := newDesk(t)
	w, table, _ := d.image.Create(CreateTable{Name: "t", Schema: schema(t, "key INT32")}, wide, d.id)
	d.commit(Write{Tablets: w.Tablets})
	for range 2 {
		_, ok := d.image.Table(table.ID)
		require.False(t, ok)
		require.Empty(t, d.place("t1", "t2", "t3"))
		require.Empty(t, d.report("t1", led(w.Tablets[0].ID, "t1", 1, 0, "t1")), "nobody knows yet whether it is wanted")
		d.failOver()
	}
	d.commit(Write{Tables: w.Tables})
	require.Len(t, d.tablets("t"), 1)
	require.Len(t, d.place("t1", "t2", "t3"), 3)
}

func TestLocationsNeedEveryTabletRunning(t *testing.T) {
	d := newDesk(t)
	table := d.create(CreateTable{Name: "t", Schema: schema(t, "key INT32"), Ranges: []Range{{0, 10}, {10, 20}}})
	d.place("t1", "t2", "t3")
	var states []string
	for _, tablet := range d.tablets("t") {
		_, s := d.image.Locations(table.ID)
		states = append(states, s.String())
		d.report("t3", led(tablet.ID, "t3", 1, 0, "t1", "t2", "t3"))
	}
	require.Equal(t, "TABLET_NOT_RUNNING TABLET_NOT_RUNNING", strings.Join(states, " "))
	where, s := d.image.Locations(table.ID)
	require.Equal(t, OK, s)
	require.Equal(t, []Range{{0, 10}, {10, 20}}, []Range{where[0].Range, where[1].Range})
	require.Equal(t, "t3", where[1].Leader)
}
