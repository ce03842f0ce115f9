package replay_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabletop/replay"
)

const (
	nodeA = "11111111111111111111111111111111"
	nodeB = "22222222222222222222222222222222"
)

// yearless is a line of Kudu before 1.17: month and day, and no year.
func yearless(day, clock, node string, term int, words string) string {
	return fmt.Sprintf("I%s %s 15326 raft_consensus.cc:1] T %s P %s [term %d FOLLOWER]: %s\n", day, clock, strings.Repeat("0", 32),
		node, term, words)
}

func overNewYear(node string) string {
	return yearless("1231", "23:59:58.000000", node, 1, "Advancing to term 2") +
		yearless("1231", "23:59:59.900000", node, 2, "Advancing to term 3") +
		yearless("0101", "00:00:00.100000", node, 3, "Advancing to term 4") +
		yearless("0101", "00:00:30.000000", node, 4, "Advancing to term 5")
}

// span returns when a file begins and ends by its lines.
func span(t *testing.T, r replay.Report, name string) string {
	t.Helper()
	for _, f := range r.Files {
		if f.Path == name {
			require.NotNil(t, f.First)
			return (*f.First)[:19] + " " + (*f.Last)[:19]
		}
	}
	t.Fatalf("%s is not in the report", name)
	return ""
}

// Where lines have no year, New Year is where they go back by most of one.
func TestNewYearWithoutYears(t *testing.T) {
	over := overNewYear(nodeA)
	january := yearless("0101", "00:00:10.000000", nodeB, 4, "Advancing to term 5")
	december := yearless("1231", "23:00:00.000000", nodeB, 1, "Advancing to term 2")
	o := options()
	o.Year = 2019
	for _, c := range []struct {
		what  string
		o     replay.Options
		files []captured
		want  map[string]string
		known bool
	}{
		{"unknown", options(), []captured{{"a.log", []byte(over)}}, map[string]string{"a.log": "0000-12-31T23:59:58 0000-01-01T00:00:30"}, false},
		{"given", o, []captured{{"a.log", []byte(over)}}, map[string]string{"a.log": "2019-12-31T23:59:58 2020-01-01T00:00:30"}, true},
		{"preamble", options(), []captured{{"a.log", []byte("Log file created at: 2018/12/31 23:59:57\n" + over)}},
			map[string]string{"a.log": "2018-12-31T23:59:58 2019-01-01T00:00:30"}, true},
		{"preamble before midnight", options(), []captured{{"b.log", []byte("Log file created at: 2018/12/31 23:59:59\n" + january)}},
			map[string]string{"b.log": "2019-01-01T00:00:10 2019-01-01T00:00:10"}, true},
		{"by name", options(), []captured{{"kudu-master.vm.root.log.INFO.20181231-235957.1", []byte(over)}},
			map[string]string{"kudu-master.vm.root.log.INFO.20181231-235957.1": "2018-12-31T23:59:58 2019-01-01T00:00:30"}, true},
		{"another node's in January", options(), []captured{{"a.log", []byte(over)}, {"b.log", []byte(january)}},
			map[string]string{"a.log": "0000-12-31T23:59:58 0000-01-01T00:00:30", "b.log": "0000-01-01T00:00:10 0000-01-01T00:00:10"}, false},
		{"another node's in January, year given", o, []captured{{"a.log", []byte(over)}, {"b.log", []byte(january)}, {"c.log", []byte(december)}},
			map[string]string{"b.log": "2020-01-01T00:00:10 2020-01-01T00:00:10", "c.log": "2019-12-31T23:00:00 2019-12-31T23:00:00"}, true},
		{"given, against the name", o, []captured{{"kudu-master.vm.root.log.INFO.20260101-000000.1", []byte(december)}},
			map[string]string{"kudu-master.vm.root.log.INFO.20260101-000000.1": "2019-12-31T23:00:00 2019-12-31T23:00:00"}, true},
		{"given, against the preamble", o, []captured{{"b.log", []byte("Log file created at: 2018/12/31 22:00:00\n" + december)}},
			map[string]string{"b.log": "2019-12-31T23:00:00 2019-12-31T23:00:00"}, true},
		{"rotated, the first with a preamble", options(), []captured{
			{"b.log.1", []byte("Log file created at: 2018/12/31 22:00:00\n" + december)}, {"b.log", []byte(january)}},
			map[string]string{"b.log": "2019-01-01T00:00:10 2019-01-01T00:00:10"}, true},
		{"rotated, the last with a preamble", options(), []captured{
			{"b.log.1", []byte(december)}, {"b.log", []byte("Log file created at: 2019/01/01 00:00:00\n" + january)}},
			map[string]string{"b.log.1": "2018-12-31T23:00:00 2018-12-31T23:00:00"}, true},
		{"rotated, unknown", options(), []captured{{"b.log.1", []byte(december)}, {"b.log", []byte(january)}},
			map[string]string{"b.log.1": "0000-12-31T23:00:00 0000-12-31T23:00:00", "b.log": "0000-01-01T00:00:10 0000-01-01T00:00:10"}, false},
		{"a leap day", options(), []captured{{"a.log", []byte(yearless("0229", "12:00:00.000000", nodeA, 1, "Advancing to term 2"))}},
			map[string]string{"a.log": "0000-02-29T12:00:00 0000-02-29T12:00:00"}, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			m := read(t, c.files, c.o)
			require.Equal(t, c.known, m.YearKnown)
			for name, want := range c.want {
				require.Equal(t, want, span(t, m.Report, name))
			}
			require.Empty(t, m.Report.Pauses)
			last := m.Trace.Events[len(m.Trace.Events)-1].At
			require.Less(t, int64(last), int64(2*3600*1e6), "the year is not in between")
		})
	}
}

// A day that the year does not have is moved to the next one, and that is told.
func TestLeapDayOfAnotherYear(t *testing.T) {
	log := []byte(yearless("0229", "12:00:00.000000", nodeA, 1, "Advancing to term 2"))
	for _, c := range []struct {
		year int
		span string
		told bool
	}{{0, "0000-02-29T12:00:00 0000-02-29T12:00:00", false}, {2024, "2024-02-29T12:00:00 2024-02-29T12:00:00", false},
		{2026, "2026-03-01T12:00:00 2026-03-01T12:00:00", true}} {
		o := options()
		o.Year = c.year
		r := read(t, []captured{{"a.log", log}}, o).Report
		require.Equal(t, c.span, span(t, r, "a.log"))
		require.Equal(t, c.told, r.Files[0].Error != "", r.Files[0].Error)
	}
}

// A pause over New Year is one of seconds and not of a year.
func TestSilenceOverNewYear(t *testing.T) {
	late := `W0101 00:00:06.000000 15326 kernel_stack_watchdog.cc:1] Thread 1 stuck at a.cc:1 for 5500ms:` + "\n"
	m := read(t, []captured{{"a.log", []byte(overNewYear(nodeA) + late + yearless("0101", "00:00:40.000000", nodeA, 5, "Advancing to term 6"))}}, options())
	require.Less(t, int64(m.Trace.Events[len(m.Trace.Events)-1].At), int64(60*1e6))
	for _, p := range m.Report.Pauses {
		require.Less(t, when(t, *p.To).Sub(when(t, p.From)).Seconds(), 60.0)
	}
}

// A pause in which New Year comes is found as any other, by lines without a year as well.
func TestPauseOverNewYear(t *testing.T) {
	all := kuduLogs(t, kuduNodes...)
	midnight := when(t, "2026-11-21T20:13:23Z")
	require.Less(t, read(t, all, options()).Report.Pauses[0].From, midnight.Format(time.RFC3339Nano))
	moved := eachLog(all, func(c captured) []captured {
		var b strings.Builder
		for line := range strings.Lines(string(c.data)) {
			if at := glogStamp.FindStringSubmatchIndex(line); at != nil {
				was, err := time.Parse("20060102 15:04:05.000000", line[at[2]:at[3]])
				require.NoError(t, err)
				b.WriteString(line[:1] + when(t, "2027-01-01T00:00:00Z").Add(was.Sub(midnight)).Format("0102 15:04:05.000000") + line[at[3]:])
			}
		}
		return []captured{{c.name, []byte(b.String())}}
	})
	o := options()
	o.Year = 2026
	r := read(t, moved, o).Report
	require.Len(t, r.Pauses, 1)
	require.Equal(t, "m1 2026-12-31T23:59:57.682185 2027-01-01T00:00:02.965530",
		named(r, r.Pauses[0].Node)+" "+r.Pauses[0].From[:26]+" "+(*r.Pauses[0].To)[:26])
	require.Len(t, read(t, moved, options()).Report.Pauses, 1, "of a year that nobody knows")
	o.RegionSize, o.Workers = 977, 3
	require.Equal(t, r.TraceHash, read(t, moved, o).Report.TraceHash)
}

// A zone that is given holds for stamps without one, and no others.
func TestZones(t *testing.T) {
	zoned := `{"level":"info","ts":"2026-11-21T03:50:56.000000+0200","logger":"raft","caller":"a.go:1","msg":"8af40ebf283c3ac4 became follower at term 1"}` + "\n"
	bare := `{"level":"info","ts":"2026-11-21T01:50:57.000000","logger":"raft","caller":"a.go:1","msg":"8af40ebf283c3ac4 became follower at term 2"}` + "\n"
	logs := []captured{{"bare.json", []byte(bare)}, {"zoned.json", []byte(zoned)}}
	r := read(t, logs, options()).Report
	require.Equal(t, "2026-11-21T01:50:56 2026-11-21T01:50:56", span(t, r, "zoned.json"))
	require.Equal(t, "2026-11-21T01:50:57 2026-11-21T01:50:57", span(t, r, "bare.json"))
	require.Equal(t, []bool{false, true}, []bool{r.Files[0].ZoneKnown, r.Files[1].ZoneKnown})
	require.Len(t, r.Nodes, 1)
	o := options()
	o.Zone, o.ZoneKnown = -3600*1e6, true
	r = read(t, logs, o).Report
	require.Equal(t, "2026-11-21T01:50:56 2026-11-21T01:50:56", span(t, r, "zoned.json"))
	require.Equal(t, "2026-11-21T02:50:57 2026-11-21T02:50:57", span(t, r, "bare.json"))
	require.Equal(t, []bool{true, true}, []bool{r.Files[0].ZoneKnown, r.Files[1].ZoneKnown})
}
