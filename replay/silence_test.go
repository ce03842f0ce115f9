package replay_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabletop/replay"
)

// A clock is often set while its node is stopped: that of a virtual machine stands meanwhile. The pause is told as if it had not
// been set, as sure as the step is known.
func TestClocksSetInAPause(t *testing.T) {
	const masters, members, tickets, run = mastersDir, accidentsDir, "captures/kudu/run1-3266", "captures/etcd/run1"
	for name, c := range map[string]struct {
		path, node, from string
		back             time.Duration
	}{
		"a minute back": {masters, "m1", "2026-11-21T20:13:23Z", time.Minute},
		"back, and next to nothing seems to go by":                          {masters, "m1", "2026-11-21T20:13:23Z", 5 * time.Second},
		"a minute forward":                                                  {masters, "m1", "2026-11-21T20:13:23Z", -time.Minute},
		"etcd, a minute forward":                                            {members, "m3", "2026-11-21T20:02:33Z", -time.Minute},
		"etcd, two seconds forward":                                         {members, "m3", "2026-11-21T20:02:33Z", -2 * time.Second},
		"KUDU-3266, four seconds back, lines beside it":                     {tickets, "m2", "2026-11-21T05:04:50Z", 4 * time.Second},
		"KUDU-3266, a minute back":                                          {tickets, "m1", "2026-11-21T05:05:05Z", time.Minute},
		"etcd's leader wakes, a minute forward":                             {run, "m2", "2026-11-21T01:51:15Z", -time.Minute},
		"etcd's leader wakes, less forward than it slept":                   {run, "m1", "2026-11-21T01:51:29Z", -5 * time.Second},
		"etcd's leader wakes, a minute back":                                {run, "m2", "2026-11-21T01:51:35Z", time.Minute},
		"etcd, three seconds back, which nothing but its connections shows": {run, "m2", "2026-11-21T01:51:30Z", 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			path := c.path
			if strings.HasPrefix(path, "captures") {
				path = shared(t, path)
			}
			all := slices.DeleteFunc(capturedBelow(t, path), func(c captured) bool { return strings.HasSuffix(c.name, ".ndjson") })
			set := setBack(t, all, strings.Contains(path, "etcd"), c.from, c.back, c.node)
			clean, got := read(t, all, options()).Report, read(t, set, options()).Report
			require.Len(t, texts(got, "clock-step"), 1)
			require.LessOrEqual(t, len(texts(got, "stale-leader")), len(texts(clean, "stale-leader")), "nobody was awake who was paused")
			requirePauses(t, clean, got)
			o := options()
			o.RegionSize, o.Workers = 977, 3
			require.Equal(t, got.TraceHash, read(t, set, o).Report.TraceHash, "wherever the file is cut")
		})
	}
}

// requirePauses compares who was paused when, within what is stated.
func requirePauses(t *testing.T, want, got replay.Report) {
	t.Helper()
	require.Len(t, got.Pauses, len(want.Pauses))
	for i, p := range want.Pauses {
		q := got.Pauses[i]
		require.Equal(t, p.Node+p.Evidence, q.Node+q.Evidence)
		require.Less(t, q.From, *q.To)
		if q.ToBoundUS == nil { // nothing bounds its clock since then
			require.Nil(t, q.FromBoundUS)
			continue
		}
		const us = time.Microsecond
		require.WithinDuration(t, when(t, p.From), when(t, q.From), us*time.Duration(*q.FromBoundUS), "%s", q.From)
		require.WithinDuration(t, when(t, *p.To), when(t, *q.To), us*time.Duration(*q.ToBoundUS), "%s", *q.To)
	}
}

// A pause that a node of Cassandra states is one, to whatever time its clock is set meanwhile; and where that hides how long the
// node was silent, nothing says that it was not paused.
func TestStatedPauseWithAClockThatIsSet(t *testing.T) {
	all := slices.DeleteFunc(capturedBelow(t, shared(t, "captures/cassandra/run1-lwt")), func(c captured) bool { return !isLog(c.name) })
	clean := read(t, all, options()).Report
	const layout = "2006-01-02 15:04:05,000"
	stamp := regexp.MustCompile(`^\w+ +\[[^\]]*\] (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) `)
	for _, by := range []time.Duration{30 * time.Second, -30 * time.Second} {
		set := eachLog(all, func(c captured) []captured {
			if strings.HasPrefix(c.name, "n3/") {
				c.data = restamped(t, c.data, stamp, layout, func(was time.Time) time.Time {
					if was.After(when(t, "2026-11-21T05:19:20Z")) {
						return was.Add(by)
					}
					return was
				})
			}
			return []captured{c}
		})
		got := read(t, set, options()).Report
		require.Len(t, texts(got, "clock-step"), 1)
		require.Equal(t, texts(clean, "false-pause"), texts(got, "false-pause"))
		if by > 0 {
			requirePauses(t, clean, got)
		}
	}
}

// Two members of etcd that open streams to one another show by how much their clocks are apart, each time that they do.
func TestStreamsTellOfClocks(t *testing.T) {
	line := func(at, id, peer, end string) string {
		return `{"level":"info","ts":"2026-11-21T20:` + at + `Z","caller":"rafthttp/stream.go:412","msg":"established TCP streaming connection with ` +
			`remote peer","` + end + `":"stream Message","local-member-id":"` + id + `","remote-peer-id":"` + peer + `"}` + "\n"
	}
	boots := func(at string) string {
		return `{"level":"info","ts":"2026-11-21T20:` + at + `Z","caller":"embed/etcd.go:140","msg":"configuring peer listeners"}` + "\n"
	}
	const reads, writes = "stream-reader-type", "stream-writer-type"
	a1 := boots("10:00.000000") + line("10:01.000000", "a1", "b2", writes) + line("10:02.000000", "a1", "b2", reads) +
		line("10:31.000000", "a1", "b2", writes) + line("10:32.000000", "a1", "b2", reads)
	b2 := boots("10:40.000000") + line("10:41.000100", "b2", "a1", reads) + line("10:42.000100", "b2", "a1", writes) +
		line("11:11.000100", "b2", "a1", reads) + line("11:12.000100", "b2", "a1", writes)
	r := read(t, []captured{{"a1.log", []byte(a1)}, {"b2.log", []byte(b2)}}, options()).Report
	require.Len(t, r.Nodes, 2)
	require.InDelta(t, 40e6, *r.Nodes[1].OffsetUS, *r.Nodes[1].BoundUS)
	require.Less(t, *r.Nodes[1].BoundUS, 300_000.0)

	_, cut, _ := strings.Cut(a1, "\n") // by two logs that begin with different streams nothing is known
	r = read(t, []captured{{"a1.log", []byte(cut)}, {"b2.log", []byte(b2)}}, options()).Report
	require.Nil(t, r.Nodes[1].OffsetUS)
}
