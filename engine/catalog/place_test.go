package catalog

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPreparedTabletsGetReplicas(t *testing.T) {
	d := newDesk(t)
	table := d.create(CreateTable{Name: "t", Schema: schema(t, "key INT32"), Hash: 2})
	tasks := d.place("t1", "t2", "t3")
	config := Consensus{Voters: []string{"t1", "t2", "t3"}}
	var want []Task
	for _, tablet := range d.tablets("t") {
		require.Equal(t, TabletCreating, tablet.State)
		require.Equal(t, config, tablet.Consensus)
		for _, server := range config.Voters {
			want = append(want, Task{Kind: CreateReplica, Tablet: tablet.ID, Server: server, Consensus: config, Table: table})
		}
	}
	require.Equal(t, want, tasks)
	require.Empty(t, d.place("t1", "t2", "t3"), "they are under way")
}

func TestAStuckTabletIsReplacedAfterThirtySeconds(t *testing.T) {
	d := newDesk(t)
	d.create(CreateTable{Name: "t", Schema: schema(t, "key INT32"), Hash: 2, Ranges: []Range{{0, 10}}})
	d.place("t1", "t2", "t3")
	old := d.tablets("t")
	d.report("t1", led(old[1].ID, "t1", 1, 0, "t1", "t2", "t3"))
	d.now = creationTimeout - 1
	require.Empty(t, d.place("t4", "t5", "t6"))
	d.now = creationTimeout
	tasks := d.place("t4", "t5", "t6")
	require.Equal(t, []string{"delete tablet t1", "delete tablet t2", "delete tablet t3",
		"create tablet t4", "create tablet t5", "create tablet t6"}, orders(tasks))
	now := d.tablets("t")
	require.Equal(t, old[1].ID, now[1].ID, "a running tablet stays")
	require.NotEqual(t, old[0].ID, now[0].ID)
	require.Equal(t, []any{old[0].Range, old[0].Bucket}, []any{now[0].Range, now[0].Bucket})
	require.Equal(t, []string{old[0].ID, now[0].ID}, []string{tasks[0].Tablet, tasks[3].Tablet})
	require.Equal(t, []string{"delete tablet t1"}, orders(d.report("t1", led(old[0].ID, "t1", 1, 0, "t1", "t2", "t3"))),
		"it is too late for the old one")
	d.now = 2*creationTimeout - 1
	require.Empty(t, d.place("t1", "t2", "t3"), "the new one has 30 s of its own, from when it was ordered")
	d.now++
	require.Len(t, d.place("t1", "t2", "t3"), 6)
}

// TestAFailoverGivesThirtySecondsMore: when replicas were ordered is known to the master alone that did.
func TestAFailoverGivesThirtySecondsMore(t *testing.T) {
	d := newDesk(t)
	d.create(CreateTable{Name: "t", Schema: schema(t, "key INT32")})
	d.place("t1", "t2", "t3")
	d.failOver()
	for _, c := range []struct {
		now   int64
		tasks int
	}{{29_000_000, 0}, {58_999_999, 0}, {59_000_000, 6}} {
		d.now = c.now
		require.Len(t, d.place("t1", "t2", "t3"), c.tasks, c.now)
	}
}

func TestOneFailureEndsTheRound(t *testing.T) {
	d := newDesk(t)
	d.create(CreateTable{Name: "t", Schema: schema(t, "key INT32"), Hash: 3})
	for left := range 4 {
		w, tasks := d.image.Place(0, func(Table, Tablet) ([]string, bool) {
			left--
			return []string{"t1"}, left >= 0
		}, d.id)
		require.Equal(t, left < 0, w.Empty())
		require.Equal(t, left < 0, len(tasks) == 0)
	}
}

// TestARoundWhoseWriteIsLostIsPlannedAgain: until it is committed there is nothing to remember but when it was.
func TestARoundWhoseWriteIsLostIsPlannedAgain(t *testing.T) {
	d := newDesk(t)
	d.create(CreateTable{Name: "t", Schema: schema(t, "key INT32")})
	choose := func(Table, Tablet) ([]string, bool) { return []string{"t1", "t2", "t3"}, true }
	first, _ := d.image.Place(0, choose, d.id)
	again, tasks := d.image.Place(creationTimeout, choose, d.id)
	require.Equal(t, first, again)
	require.Len(t, tasks, 3)
	d.commit(again)
	d.now = 2*creationTimeout - 1
	require.Empty(t, d.place("t4"), "the 30 s begin with the order that was carried out")
}

func TestNothingIsPlacedForATableThatIsGone(t *testing.T) {
	d := newDesk(t)
	d.create(CreateTable{Name: "t", Schema: schema(t, "key INT32")})
	w, _ := d.image.Delete("t")
	d.commit(w)
	require.Empty(t, d.place("t1", "t2", "t3"))
}

// draws answers with the numbers given, in turn, and checks that each is below its bound.
func draws(t *testing.T, numbers ...int64) func(int64) int64 {
	return func(below int64) int64 {
		require.NotEmpty(t, numbers, "one more is drawn")
		n := numbers[0]
		numbers = numbers[1:]
		require.Less(t, n, below)
		return n
	}
}

func TestChoose(t *testing.T) {
	c := func(server string, replicas, recent, ofTable, ofRange int) Candidate {
		return Candidate{server, replicas, recent, ofTable, ofRange}
	}
	for _, test := range []struct {
		what  string
		from  []Candidate
		n     int
		aware bool
		draws []int64
		want  []string
	}{
		{"too few", []Candidate{c("t1", 0, 0, 0, 0)}, 3, true, nil, nil},
		{"the range counts first", []Candidate{c("t1", 0, 0, 0, 1), c("t2", 9, 0, 9, 0)}, 1, true, nil, []string{"t2"}},
		{"then the table", []Candidate{c("t1", 0, 0, 2, 0), c("t2", 9, 0, 1, 0)}, 1, true, nil, []string{"t2"}},
		{"then all of them", []Candidate{c("t1", 4, 0, 1, 1), c("t2", 3, 0, 1, 1)}, 1, true, nil, []string{"t2"}},
		{"with those that were placed lately", []Candidate{c("t1", 3, 1001, 0, 0), c("t2", 4, 0, 0, 0)}, 1, true, nil,
			[]string{"t2"}},
		{"then chance", []Candidate{c("t1", 1, 0, 0, 0), c("t2", 2, 0, 0, 0), c("t3", 1, 0, 0, 0)}, 1, true, []int64{1},
			[]string{"t3"}},
		{"each another one", []Candidate{c("t1", 1, 0, 0, 0), c("t2", 3, 0, 0, 0), c("t3", 2, 0, 0, 0)}, 3, true, nil,
			[]string{"t1", "t3", "t2"}},
		{"of two the less loaded", []Candidate{c("t1", 0, 0, 0, 0), c("t2", 5, 0, 0, 0), c("t3", 4, 0, 0, 0)}, 1, false,
			[]int64{1, 1}, []string{"t3"}},
		{"of two the less loaded, drawn first", []Candidate{c("t1", 0, 0, 0, 0), c("t2", 4, 999, 0, 0), c("t3", 5, 0, 0, 0)},
			1, false, []int64{1, 1}, []string{"t2"}},
		{"range and table are not looked at", []Candidate{c("t1", 0, 0, 9, 9), c("t2", 1, 0, 0, 0)}, 1, false,
			[]int64{1, 0}, []string{"t1"}},
		{"two equals are drawn from", []Candidate{c("t1", 1, 0, 0, 0), c("t2", 1, 0, 0, 0)}, 1, false, []int64{0, 0, 1},
			[]string{"t2"}},
		{"two equals, the other draw", []Candidate{c("t1", 1, 0, 0, 0), c("t2", 1, 0, 0, 0)}, 1, false, []int64{0, 0, 0},
			[]string{"t1"}},
		{"the last one needs no draw", []Candidate{c("t1", 1, 0, 0, 0), c("t2", 2, 0, 0, 0)}, 2, false, []int64{0, 0},
			[]string{"t1", "t2"}},
	} {
		before := slices.Clone(test.from)
		require.Equal(t, test.want, Choose(test.from, test.n, test.aware, draws(t, test.draws...)), test.what)
		require.Equal(t, before, test.from, test.what)
	}
}

// TestARoundCountsWhatItHasGivenOut: tablets of one table spread over servers that have reported none of them yet.
func TestARoundCountsWhatItHasGivenOut(t *testing.T) {
	d := newDesk(t)
	d.create(CreateTable{Name: "t", Schema: schema(t, "key INT32"), Hash: 4, Ranges: []Range{{0, 10}, {10, 20}}, Replicas: 3})
	servers := []string{"t1", "t2", "t3", "t4", "t5", "t6"}
	choose := func(table Table, tablet Tablet) ([]string, bool) {
		var c []Candidate
		for _, server := range servers {
			c = append(c, d.image.Candidate(server, 0, 0, table, tablet))
		}
		return Choose(c, table.Replicas, true, func(int64) int64 { return 0 }), true
	}
	w, _ := d.image.Place(0, choose, d.id)
	d.commit(w)
	for _, server := range servers {
		perRange := map[Range]int{}
		for _, tablet := range d.tablets("t") {
			if tablet.Consensus.Has(server) {
				perRange[tablet.Range]++
			}
		}
		require.Equal(t, map[Range]int{{0, 10}: 2, {10, 20}: 2}, perRange, server)
	}
	table := d.table("t")
	d.create(CreateTable{Name: "other", Schema: table.Schema})
	require.Equal(t, Candidate{Server: "t1", Replicas: 7, Recent: 500, OfTable: 4, OfRange: 2},
		d.image.Candidate("t1", 7, 500, table, Tablet{Range: Range{0, 10}}))
	require.Zero(t, d.image.Candidate("t1", 0, 0, d.table("other"), Tablet{}).OfTable)
}

func BenchmarkPlaceTwoHundredTablets(b *testing.B) {
	d := newDesk(b)
	w, _, s := d.image.Create(CreateTable{Name: "t", Schema: schema(b, "key INT32"), Hash: 200},
		Limits{Alive: 20, PerServer: 60, Whole: true}, d.id)
	require.Equal(b, OK, s)
	d.commit(w)
	choose := func(table Table, tablet Tablet) ([]string, bool) {
		var c []Candidate
		for server := range 20 {
			c = append(c, d.image.Candidate(fmt.Sprint("t", server), 0, 0, table, tablet))
		}
		return Choose(c, table.Replicas, true, func(int64) int64 { return 0 }), true
	}
	for b.Loop() {
		d.image.Place(0, choose, d.id)
	}
}

func BenchmarkReportTwoHundredTablets(b *testing.B) {
	d := newDesk(b)
	w, _, _ := d.image.Create(CreateTable{Name: "t", Schema: schema(b, "key INT32"), Hash: 200},
		Limits{Alive: 20, PerServer: 60, Whole: true}, d.id)
	d.commit(w)
	d.place("t1", "t2", "t3")
	r := Report{Server: "t1", Full: true}
	for _, tablet := range d.tablets("t") {
		r.Tablets = append(r.Tablets, led(tablet.ID, "t1", 1, 0, "t1", "t2", "t3"))
	}
	for b.Loop() {
		d.image.Report(r, Rules{})
	}
}
