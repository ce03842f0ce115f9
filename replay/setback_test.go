package replay_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabletop/replay"
)

// setBack changes the stamps of some nodes' logs from a moment on, as if their clocks had been set back then.
func setBack(t *testing.T, all []captured, etcd bool, from string, by time.Duration, nodes ...string) (out []captured) {
	t.Helper()
	moment := when(t, from)
	stamp, layout := stampPattern(etcd)
	return eachLog(all, func(c captured) []captured {
		if node := c.name[:2]; !slices.Contains(nodes, node) {
			return []captured{c}
		}
		var b []byte
		for line := range bytes.Lines(c.data) {
			if at := stamp.FindSubmatchIndex(line); at != nil {
				was, err := time.Parse(layout, string(line[at[2]:at[3]]))
				require.NoError(t, err)
				if !was.Before(moment) {
					line = slices.Concat(line[:at[2]], []byte(was.Add(-by).Format(layout)), line[at[3]:])
				}
			}
			b = append(b, line...)
		}
		return []captured{{c.name, b}}
	})
}

// A clock that is set back has its lines put behind one another as they stand in the file: what happened comes out as if it
// had not been set.
func TestClocksSetBack(t *testing.T) {
	masters := []string{"m1", "m2", "m3"}
	everybody := append([]string{"t1", "t2", "t3"}, masters...)
	for name, c := range map[string]struct {
		path, from string
		by         time.Duration
		nodes      []string
		steps      []string
	}{
		"local time ends its summer": {mastersDir, "2026-11-21T20:13:15Z", time.Hour, masters, []string{
			"m2 was set back by 3600 s", "m3 was set back by 3600 s", "m1 was set back by 3600 s"}},
		"one of etcd": {accidentsDir, "2026-11-21T20:02:38.3Z", time.Hour, masters[1:2], []string{
			"m2 was set back by 3600 s"}},
		"six times KUDU-3266, an hour": {"captures/kudu/run1-3266", "2026-11-21T05:05:00Z", time.Hour, everybody, []string{
			"t1 was set back by 3600 s", "t3 was set back by 3600 s", "t2 was set back by 3600 s", "m2 was set back by 3600 s",
			"m3 was set back by 3600 s", "m1 was set back by 3600 s"}},
		"six times KUDU-3266, one": {"captures/kudu/run1-3266", "2026-11-21T05:05:06Z", time.Minute, masters[1:2], []string{
			"m2 was set back by 60 s (±"}},
		"with its warnings apart, and started anew later": {"captures/kudu/run2-ddl", "2026-11-21T05:06:00Z", time.Hour, masters[1:2],
			[]string{"m2 was set back by 3600 s"}},
		"a run of etcd": {"captures/etcd/run1", "2026-11-21T01:51:30Z", time.Hour, masters, []string{
			"m2 was set back by 3600 s", "m1 was set back by 3600 s", "m3 was set back by 3600 s"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := c.path
			if strings.HasPrefix(path, "captures") {
				path = shared(t, path)
			}
			all := slices.DeleteFunc(capturedBelow(t, path), func(c captured) bool { return strings.HasSuffix(c.name, ".ndjson") })
			set := setBack(t, all, strings.Contains(path, "etcd"), c.from, c.by, c.nodes...)
			clean, m := read(t, all, options()).Report, read(t, set, options())
			requireStory(t, clean, m.Report, nil)
			told := texts(m.Report, "clock-step")
			require.Len(t, told, len(c.steps))
			for i, step := range c.steps {
				require.True(t, strings.HasPrefix(told[i], "the clock of "+step), told[i])
			}
			for _, f := range m.Report.Findings {
				if f.Kind == "clock-step" {
					require.Equal(t, f.Refs[0].Line+1, f.Refs[1].Line)
				}
			}
			o := options()
			o.RegionSize, o.Workers = 977, 3
			require.Equal(t, m.Report.TraceHash, read(t, set, o).Report.TraceHash, "wherever the file is cut")
		})
	}
}

// How long a process was silent where its clock was set back its file does not tell; the others' lines do, as sure as they are
// close.
func TestSilenceWhereAClockWasSetBack(t *testing.T) {
	all := kuduLogs(t, kuduNodes...)
	clean := read(t, all, options()).Report
	got := read(t, setBack(t, all, false, "2026-11-21T20:13:09Z", time.Minute, "m1"), options()).Report
	require.Equal(t, []string{"the clock of m1 was set back by 59.95 s (± 73 ms): its stamps go back from one line to the next; what it " +
		"wrote from there on is moved behind what it wrote before"}, texts(got, "clock-step"))
	require.Empty(t, texts(got, "clock-unrepairable"))
	const off = 73 * time.Millisecond
	require.Len(t, got.Restarts, len(clean.Restarts))
	require.Len(t, got.Leaders, len(clean.Leaders))
	for i, l := range clean.Leaders {
		require.Equal(t, l.Node, got.Leaders[i].Node)
		require.WithinDuration(t, when(t, l.From), when(t, got.Leaders[i].From), off)
		if l.To != nil {
			require.WithinDuration(t, when(t, *l.To), when(t, *got.Leaders[i].To), off)
		}
	}
	require.Len(t, got.Pauses, len(clean.Pauses))
	for i, p := range clean.Pauses {
		require.WithinDuration(t, when(t, *p.To), when(t, *got.Pauses[i].To), off)
	}
}

const accidentsDir = "testdata/etcd-accidents"

// One file tells by itself that its clock was set back, and its lines are shown in the time that is told of them.
func TestOneFileTellsThatItsClockWasSetBack(t *testing.T) {
	all := setBack(t, kuduLogs(t, "m1"), false, "2026-11-21T20:13:15Z", time.Hour, "m1")
	m := read(t, all, options())
	require.Len(t, texts(m.Report, "clock-step"), 1)
	require.Empty(t, texts(m.Report, "term-regression"))
	require.Len(t, m.Report.Restarts, 0)
	last, at := "", int64(0)
	for _, l := range m.Lines(replay.Around{At: when(t, "2026-11-21T20:13:30Z").UnixMicro(), Before: 1000, After: 1000}) {
		require.GreaterOrEqual(t, l.At, at, "%s\n%s", last, l.Text)
		last, at = l.Text, l.At
	}
	require.True(t, strings.HasPrefix(last, "I20261121 19:13:"), "the text stays as it is: %s", last)
	require.Equal(t, "2026-11-21T20:13", time.UnixMicro(at).UTC().Format("2006-01-02T15:04"))
}

// Stamps that go back for another reason are no steps of a clock.
func TestStampsThatGoBackWithoutAStep(t *testing.T) {
	logs := map[string][]byte{}
	for _, c := range kuduLogs(t, kuduNodes...) {
		logs[c.name] = c.data
	}
	half := bytes.Index(logs["m1.log"], []byte("I20261121 20:13:1"))
	require.Positive(t, half)
	header := bytes.IndexByte(logs["m1.log"], 'I')
	wrongOrder := slices.Concat(logs["m1.log"][half:], logs["m1.log"][header:half])
	warnings := bytes.Join(slices.DeleteFunc(bytes.SplitAfter(logs["m1.log"], []byte("\n")), func(line []byte) bool {
		return !bytes.HasPrefix(line, []byte("W"))
	}), nil)
	at := bytes.Index(logs["m1.log"], []byte("I20261121 20:13:25"))
	require.Positive(t, at)
	late := []byte("I20261121 20:13:20.900000 12050 consensus_queue.cc:1] T " + strings.Repeat("0", 32) + " P 1923a77b92f041bdb925ddc5d62c335e [LEADER]: written late\n")
	next := at + bytes.IndexByte(logs["m1.log"][at:], '\n') + 1
	for name, b := range map[string][]byte{
		"two files of a process, one behind the other": slices.Concat(logs["m1.log"], warnings),
		"its process starts again, by another clock":   slices.Concat(logs["m3-again.log"], logs["m3.log"]),
		"pieces in the wrong order":                    wrongOrder,
		"two nodes":                                    slices.Concat(logs["m1.log"], logs["m2.log"]),
		"a line that a thread wrote when it woke":      slices.Concat(logs["m1.log"][:next], late, logs["m1.log"][next:]),
	} {
		require.Empty(t, texts(read(t, []captured{{"a.log", b}}, options()).Report, "clock-step"), name)
	}
	year := overNewYear(nodeA)
	require.Empty(t, texts(read(t, []captured{{"a.log", []byte(year)}}, options()).Report, "clock-step"))
}

// What a node writes while its clock may have been set already is off by as much as the clock was.
func TestTimesBesideAStepAreNoSurerThanTheStepIsLarge(t *testing.T) {
	path := shared(t, "captures/kudu/run1-3266")
	all := slices.DeleteFunc(capturedBelow(t, path), func(c captured) bool { return strings.HasSuffix(c.name, ".ndjson") })
	clean := read(t, all, options()).Report
	for _, by := range []time.Duration{2 * time.Second, -2 * time.Second} {
		got := read(t, setBack(t, all, false, "2026-11-21T05:05:06Z", by, "m2"), options()).Report
		require.Len(t, texts(got, "clock-step"), 1)
		require.Len(t, got.Pauses, len(clean.Pauses))
		for i, p := range clean.Pauses {
			q := got.Pauses[i]
			require.Equal(t, p.Node, q.Node)
			us := time.Microsecond
			require.WithinDuration(t, when(t, p.From), when(t, q.From), us*time.Duration(*q.FromBoundUS+*p.FromBoundUS), "%s", q.From)
			require.WithinDuration(t, when(t, *p.To), when(t, *q.To), us*time.Duration(*q.ToBoundUS), "%s", *q.To)
		}
	}
}

// A clock that goes to and fro is named, with how far and the lines that show it: no offset, drift or step explains it.
func TestTheClockThatNothingExplainsIsNamed(t *testing.T) {
	all := slices.DeleteFunc(capturedBelow(t, shared(t, "captures/kudu/run1-3266")), func(c captured) bool { return c.name[0] != 'm' })
	stamp, layout := stampPattern(false)
	for i, c := range all {
		if !strings.HasPrefix(c.name, "m2/") {
			continue
		}
		all[i].data = restamped(t, c.data, stamp, layout, func(was time.Time) time.Time {
			if was.Second()/4%2 > 0 {
				return was.Add(900 * time.Millisecond)
			}
			return was
		})
	}
	require.Equal(t, []string{"8 lines were by their stamps written before those that they follow from; at worst one of m1 900 ms before " +
		"one of m2: the clock of m2, which wrote in each of those pairs, was wrong in a way that neither an offset nor a drift nor a few " +
		"steps explain; the times of m1, m2 and m3 are as they wrote them"}, texts(read(t, all, options()).Report, "clock-unrepairable"))
}

// Two files of a node tell of one step: that with the more lines tells how far it was.
func TestTwoFilesTellOfOneStep(t *testing.T) {
	all := slices.DeleteFunc(capturedBelow(t, shared(t, "captures/cassandra/run1-lwt")), func(c captured) bool { return !isLog(c.name) })
	clean := read(t, all, options()).Report
	const layout = "2006-01-02 15:04:05,000"
	stamp := regexp.MustCompile(`^\w+ +\[[^\]]*\] (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) `)
	for i, c := range all {
		if !strings.HasPrefix(c.name, "n2/") {
			continue
		}
		all[i].data = restamped(t, c.data, stamp, layout, func(was time.Time) time.Time {
			if was.After(when(t, "2026-11-21T05:19:00Z")) {
				return was.Add(-time.Minute)
			}
			return was
		})
	}
	got := read(t, all, options()).Report
	told := texts(got, "clock-step")
	require.Len(t, told, 1)
	require.Contains(t, told[0], "was set back by 59.99 s (± 528 ms)")
	require.Len(t, got.Restarts, len(clean.Restarts))
	require.Len(t, got.Pauses, len(clean.Pauses))
	for i, r := range clean.Restarts {
		require.WithinDuration(t, when(t, r.At), when(t, got.Restarts[i].At), 528*time.Millisecond)
	}
}
