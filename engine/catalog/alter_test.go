package catalog

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSteps has one row per step of an alter and outcome, on a table with the columns key and c and the ranges 0:10 and
// 10:20, beside a table "other" and a name "reserved".
func TestSteps(t *testing.T) {
	column := func(k StepKind, name, to, kind string) AlterStep {
		return AlterStep{Kind: k, Name: name, To: to, Type: kind}
	}
	over := func(k StepKind, from, to int64) AlterStep { return AlterStep{Kind: k, Range: Range{from, to}} }
	for _, c := range []struct {
		what  string
		steps []AlterStep
		want  Status
		name  string // after it; "" for nothing planned
		text  string
		does  []string // tablets, as "range state"
	}{
		{"rename", []AlterStep{column(RenameTable, "new", "", "")}, OK, "new", "key INT32, c STRING", nil},
		{"rename to its own name", []AlterStep{column(RenameTable, "t", "", "")}, OK, "", "", nil},
		{"rename to another's", []AlterStep{column(RenameTable, "other", "", "")}, AlreadyPresent, "", "", nil},
		{"rename to one in progress", []AlterStep{column(RenameTable, "reserved", "", "")}, ServiceUnavailable, "", "", nil},
		{"rename to nothing", []AlterStep{column(RenameTable, "", "", "")}, InvalidArgument, "", "", nil},
		{"add", []AlterStep{column(AddColumn, "d", "", "INT8")}, OK, "t", "key INT32, c STRING, d INT8", nil},
		{"add one that is there", []AlterStep{column(AddColumn, "c", "", "INT8")}, AlreadyPresent, "", "", nil},
		{"add without a type", []AlterStep{column(AddColumn, "d", "", "")}, InvalidArgument, "", "", nil},
		{"drop", []AlterStep{column(DropColumn, "c", "", "")}, OK, "t", "key INT32", nil},
		{"drop none", []AlterStep{column(DropColumn, "d", "", "")}, NotFound, "", "", nil},
		{"drop the key", []AlterStep{column(DropColumn, "key", "", "")}, InvalidArgument, "", "", nil},
		{"rename a column", []AlterStep{column(RenameColumn, "c", "d", "")}, OK, "t", "key INT32, d STRING", nil},
		{"rename none", []AlterStep{column(RenameColumn, "d", "e", "")}, NotFound, "", "", nil},
		{"rename one to another's", []AlterStep{column(RenameColumn, "c", "key", "")}, AlreadyPresent, "", "", nil},
		{"rename one to its own", []AlterStep{column(RenameColumn, "c", "c", "")}, OK, "", "", nil},
		{"rename one to nothing", []AlterStep{column(RenameColumn, "c", "", "")}, InvalidArgument, "", "", nil},
		{"several", []AlterStep{column(DropColumn, "c", "", ""), column(AddColumn, "c", "", "INT8"),
			column(RenameTable, "new", "", "")}, OK, "new", "key INT32, c INT8", nil},
		{"one of several that fails", []AlterStep{column(DropColumn, "c", "", ""), column(DropColumn, "c", "", "")},
			NotFound, "", "", nil},
		{"add a range", []AlterStep{over(AddRange, 20, 30)}, OK, "t", "key INT32, c STRING", []string{"20:30 PREPARING"}},
		{"add one that is there", []AlterStep{over(AddRange, 0, 10)}, AlreadyPresent, "", "", nil},
		{"add one that overlaps", []AlterStep{over(AddRange, 19, 30)}, InvalidArgument, "", "", nil},
		{"add the same twice", []AlterStep{over(AddRange, 20, 30), over(AddRange, 20, 30)}, AlreadyPresent, "", "", nil},
		{"add one of nothing", []AlterStep{over(AddRange, 30, 20)}, InvalidArgument, "", "", nil},
		{"drop a range", []AlterStep{over(DropRange, 0, 10)}, OK, "t", "key INT32, c STRING", []string{"0:10 DELETED"}},
		{"drop none", []AlterStep{over(DropRange, 0, 5)}, NotFound, "", "", nil},
		{"drop and add larger", []AlterStep{over(DropRange, 10, 20), over(AddRange, 10, 30)}, OK, "t", "key INT32, c STRING",
			[]string{"10:20 DELETED", "10:30 PREPARING"}},
		{"add and drop again", []AlterStep{over(AddRange, 20, 30), over(DropRange, 20, 30)}, OK, "", "", nil},
		{"nothing", nil, OK, "", "", nil},
		{"a step of no kind", []AlterStep{{Kind: 99}}, InvalidArgument, "", "", nil},
	} {
		d := newDesk(t)
		sound := schema(t, "key INT32, c STRING")
		before := d.running(CreateTable{Name: "t", Schema: sound, Ranges: []Range{{0, 10}, {10, 20}}})
		d.create(CreateTable{Name: "other", Schema: sound})
		d.image.Reserve("reserved")
		w, s := d.image.Alter(AlterTable{Table: "t", Steps: c.steps}, d.id)
		require.Equal(t, c.want, s, c.what)
		require.Equal(t, before, d.table("t"), "%s: a plan changes nothing", c.what)
		if c.name == "" {
			require.True(t, w.Empty(), c.what)
			continue
		}
		require.Equal(t, c.name, w.Tables[0].Name, c.what)
		require.Equal(t, c.text, w.Tables[0].Schema.String(), c.what)
		var does []string
		for _, tablet := range w.Tablets {
			does = append(does, tablet.Range.String()+" "+tablet.State.String())
		}
		require.Equal(t, c.does, does, c.what)
	}
}

func TestAnAlterNeedsItsTable(t *testing.T) {
	d := newDesk(t)
	table := d.running(CreateTable{Name: "t", Schema: schema(t, "key INT32")})
	rename := []AlterStep{{Kind: RenameTable, Name: "u"}}
	w, s := d.image.Alter(AlterTable{Table: table.ID, Steps: rename}, d.id)
	require.Equal(t, OK, s, "by its id")
	d.commit(w)
	_, s = d.image.Alter(AlterTable{Table: "t", Steps: rename}, d.id)
	require.Equal(t, NotFound, s, "a rename that is tried again by name")
	w, _ = d.image.Delete("u")
	d.commit(w)
	_, s = d.image.Alter(AlterTable{Table: table.ID, Steps: rename}, d.id)
	require.Equal(t, NotFound, s, "a deleted one by its id")
}

func TestARenameIsSeenAtOnceUnderTheNewName(t *testing.T) {
	d := newDesk(t)
	table := d.running(CreateTable{Name: "t", Schema: schema(t, "key INT32")})
	d.alter("t", AlterStep{Kind: RenameTable, Name: "u"})
	for range 2 {
		_, ok := d.image.Find("t")
		require.False(t, ok)
		require.Equal(t, table.ID, d.table("u").ID)
		require.Equal(t, TableAltering, d.table("u").State, "every replica keeps the table's name")
		d.failOver()
	}
	d.create(CreateTable{Name: "t", Schema: table.Schema})
	require.Equal(t, []string{"u", "t"}, names(d.image.Tables()))
}

// TestVersionsAndStates: the version grows with what replicas keep, schema and name; ALTERING is what some tablet has
// still to learn, or to become; the applied schema is there exactly then.
func TestVersionsAndStates(t *testing.T) {
	add := AlterStep{Kind: AddColumn, Name: "d", Type: "INT8"}
	for _, c := range []struct {
		what    string
		steps   []AlterStep
		version int
		state   TableState
	}{
		{"a column", []AlterStep{add}, 1, TableAltering},
		{"a rename", []AlterStep{{Kind: RenameTable, Name: "u"}}, 1, TableAltering},
		{"three steps at once", []AlterStep{add, {Kind: DropColumn, Name: "d"}, {Kind: RenameTable, Name: "u"}}, 1,
			TableAltering},
		{"a new range", []AlterStep{{Kind: AddRange, Range: Range{20, 30}}}, 0, TableAltering},
		{"a range less", []AlterStep{{Kind: DropRange, Range: Range{0, 10}}}, 0, TableRunning},
		{"a column, and all ranges dropped", []AlterStep{add, {Kind: DropRange, Range: Range{0, 10}},
			{Kind: DropRange, Range: Range{10, 20}}}, 1, TableRunning},
		{"all ranges dropped and one new", []AlterStep{{Kind: DropRange, Range: Range{0, 10}},
			{Kind: DropRange, Range: Range{10, 20}}, {Kind: AddRange, Range: Range{0, 20}}}, 0, TableAltering},
	} {
		d := newDesk(t)
		before := d.running(CreateTable{Name: "t", Schema: schema(t, "key INT32, c STRING"), Ranges: []Range{{0, 10}, {10, 20}}})
		d.alter(before.ID, c.steps...)
		after, _ := d.image.Table(before.ID)
		require.Equal(t, c.version, after.Version, c.what)
		require.Equal(t, c.state, after.State, c.what)
		if c.state == TableAltering {
			require.Equal(t, before.Schema, after.Applied, c.what)
		} else {
			require.Nil(t, after.Applied, c.what)
		}
	}
}

func TestAltersPileUp(t *testing.T) {
	d := newDesk(t)
	before := d.running(CreateTable{Name: "t", Schema: schema(t, "key INT32, c STRING")})
	tablet := d.tablets("t")[0].ID
	for at, step := range []AlterStep{{Kind: AddColumn, Name: "d", Type: "INT8"}, {Kind: DropColumn, Name: "d"},
		{Kind: AddColumn, Name: "d", Type: "INT64"}} {
		d.alter("t", step)
		require.Equal(t, at+1, d.table("t").Version)
		require.Equal(t, before.Schema, d.table("t").Applied, "what all replicas had before the first of the three")
	}
	now := d.table("t")
	require.Equal(t, 3, now.Schema[2].ID, "the id of a dropped column is not given again")
	for version := range 3 {
		d.report("t1", versioned(led(tablet, "t1", 1, 0, "t1", "t2", "t3"), version))
		require.True(t, d.image.Altered().Empty(), "version %d of 3", version)
	}
	d.report("t1", versioned(led(tablet, "t1", 1, 0, "t1", "t2", "t3"), 3))
	w := d.image.Altered()
	require.Len(t, w.Tables, 1)
	require.Empty(t, w.Tablets)
	d.commit(w)
	require.Equal(t, TableRunning, d.table("t").State)
	require.Nil(t, d.table("t").Applied)
	require.True(t, d.image.Altered().Empty(), "it ends once")
}

func TestOneReportPerTabletCompletesAnAlter(t *testing.T) {
	d := newDesk(t)
	d.running(CreateTable{Name: "t", Schema: schema(t, "key INT32"), Hash: 2})
	other := d.running(CreateTable{Name: "other", Schema: schema(t, "key INT32")})
	d.alter("t", AlterStep{Kind: AddColumn, Name: "c", Type: "STRING"})
	tablets := d.tablets("t")
	follower := versioned(led(tablets[0].ID, "", 1, 0, "t1", "t2", "t3"), 1)
	d.report("t3", follower)
	require.True(t, d.image.Altered().Empty(), "the other tablet has not been reported")
	d.report("t1", versioned(led(tablets[0].ID, "t1", 1, 0, "t1", "t2", "t3"), 0))
	version, known := d.image.Reported(tablets[0].ID)
	require.True(t, known)
	require.Equal(t, 1, version, "an older report takes nothing back: the entry is in the tablet's log")
	d.report("t2", versioned(led(tablets[1].ID, "", 1, 0, "t1", "t2", "t3"), 1))
	require.True(t, d.image.Altered(other.ID).Empty(), "only the tables that are named")
	require.Equal(t, []string{"t"}, names(d.image.Altered(tablets[0].Table).Tables))
}

// TestAnAlterAfterAFailoverNeedsNewReports is why a new leader must be sent full reports: KUDU-1374.
func TestAnAlterAfterAFailoverNeedsNewReports(t *testing.T) {
	d := newDesk(t)
	d.running(CreateTable{Name: "t", Schema: schema(t, "key INT32")})
	d.alter("t", AlterStep{Kind: RenameTable, Name: "u"})
	tablet := d.tablets("u")[0].ID
	has := versioned(led(tablet, "t1", 1, 0, "t1", "t2", "t3"), 1)
	d.report("t1", has)
	require.False(t, d.image.Altered().Empty())
	d.failOver()
	_, known := d.image.Reported(tablet)
	require.False(t, known)
	require.True(t, d.image.Altered().Empty(), "all replicas have it, and the new leader does not know")
	d.report("t1", has)
	require.Equal(t, []string{"u"}, names(d.image.Altered().Tables))
}

func TestANewRangeMustRunBeforeTheAlterIsDone(t *testing.T) {
	d := newDesk(t)
	table := d.running(CreateTable{Name: "t", Schema: schema(t, "key INT32"), Hash: 2, Ranges: []Range{{0, 10}}})
	d.alter("t", AlterStep{Kind: AddRange, Range: Range{10, 20}})
	tablets := d.tablets("t")
	require.Len(t, tablets, 4, "as many buckets as the others have")
	done, s := d.image.CreateDone(table.ID)
	require.Equal(t, OK, s)
	require.False(t, done)
	d.place("t1", "t2", "t3")
	for _, tablet := range tablets[2:] {
		require.True(t, d.image.Altered().Empty())
		d.report("t1", led(tablet.ID, "t1", 1, 0, "t1", "t2", "t3"))
	}
	require.False(t, d.image.Altered().Empty())
}

// TestAnAlterWhoseTabletsAreDroppedEnds: no report will come that could end it.
func TestAnAlterWhoseTabletsAreDroppedEnds(t *testing.T) {
	d := newDesk(t)
	table := d.running(CreateTable{Name: "t", Schema: schema(t, "key INT32"), Ranges: []Range{{0, 10}}})
	d.alter("t", AlterStep{Kind: AddColumn, Name: "c", Type: "STRING"})
	tablet := d.tablets("t")[0]
	d.alter("t", AlterStep{Kind: DropRange, Range: Range{0, 10}})
	require.Empty(t, d.tablets("t"))
	d.commit(d.image.Altered())
	done, s := d.image.AlterDone(table.ID)
	require.Equal(t, OK, s)
	require.True(t, done)
	require.Equal(t, []string{"delete tablet t2"}, orders(d.report("t2", led(tablet.ID, "t1", 1, 0, "t1", "t2", "t3"))))
}
