package replay_test

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabletop/replay"
)

// plant is how wrong a node's clock is made: by so much at a moment, and faster by so much.
type plant struct {
	offset time.Duration
	ppm    float64
}

// shifted returns what a clock shows at a moment.
func (p plant) shifted(at, origin time.Time) time.Time {
	since := at.Sub(origin)
	return at.Add(p.offset + time.Duration(math.Round(float64(since.Microseconds())*p.ppm/1e6))*time.Microsecond)
}

// stampPattern finds the stamps of the dialects with microseconds.
func stampPattern(etcd bool) (*regexp.Regexp, string) {
	if etcd {
		return regexp.MustCompile(`"ts":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)"`), "2006-01-02T15:04:05.000000Z"
	}
	return regexp.MustCompile(`^[IWEF](\d{8} \d\d:\d\d:\d\d\.\d{6}) `), "20060102 15:04:05.000000"
}

// planted changes the stamps of a log's lines.
func planted(t *testing.T, b []byte, etcd bool, p plant, origin time.Time) []byte {
	t.Helper()
	stamp, layout := stampPattern(etcd)
	return restamped(t, b, stamp, layout, func(was time.Time) time.Time { return p.shifted(was, origin) })
}

// restamped writes a log's lines with other stamps.
func restamped(t *testing.T, b []byte, stamp *regexp.Regexp, layout string, now func(time.Time) time.Time) (out []byte) {
	t.Helper()
	for line := range bytes.Lines(b) {
		if at := stamp.FindSubmatchIndex(line); at != nil {
			was, err := time.Parse(layout, string(line[at[2]:at[3]]))
			require.NoError(t, err)
			line = slices.Concat(line[:at[2]], []byte(now(was).Format(layout)), line[at[3]:])
		}
		out = append(out, line...)
	}
	return out
}

// wrongClocks reads a recording in which each directory's or file's clock is made wrong.
func wrongClocks(t *testing.T, path string, of map[string]plant, origin time.Time) *replay.Import {
	t.Helper()
	etcd := strings.Contains(path, "etcd")
	var all []captured
	for _, c := range capturedBelow(t, shared(t, path)) {
		switch {
		case strings.HasSuffix(c.name, ".ndjson"):
			continue // the clients' clock is the reference
		case isLog(c.name) || strings.HasSuffix(c.name, ".log.json"):
			node, _, _ := strings.Cut(strings.ReplaceAll(c.name, ".", "/"), "/")
			c.data = planted(t, c.data, etcd, of[node], origin)
		}
		all = append(all, c)
	}
	return read(t, all, options())
}

// Clocks that are made wrong are found to be wrong by what they were made, within the bounds, and what happened comes out
// as if they had been right.
func TestPlantedClocks(t *testing.T) {
	masters := []string{"m1", "m2", "m3"}
	for _, path := range []string{"captures/kudu/run1-3266", "captures/etcd/run1"} {
		clean := wrongClocks(t, path, nil, time.Time{}).Report
		origin := when(t, clean.Elections[0].At).Add(-2 * time.Second)
		for name, plants := range map[string][3]plant{
			"200 µs":       {{200 * time.Microsecond, 0}, {-200 * time.Microsecond, 0}, {}},
			"3 s":          {{3 * time.Second, 0}, {-3 * time.Second, 0}, {}},
			"3 s, others":  {{}, {3 * time.Second, 0}, {-3 * time.Second, 0}},
			"40 min":       {{40 * time.Minute, 0}, {-40 * time.Minute, 0}, {}},
			"drift":        {{0, 25}, {0, -40}, {}},
			"3 s, drift":   {{3 * time.Second, 25}, {-3 * time.Second, -40}, {time.Second, 0}},
			"40 min drift": {{}, {40 * time.Minute, 25}, {-40 * time.Minute, -40}},
		} {
			t.Run(path+" "+name, func(t *testing.T) {
				of := map[string]plant{}
				for i, m := range masters {
					of[m] = plants[i]
				}
				if strings.Contains(path, "kudu") { // the tablet servers, in another order
					of["t1"], of["t2"], of["t3"] = plants[2], plants[0], plants[1]
				}
				m := wrongClocks(t, path, of, origin)
				requirePlanted(t, m.Report, of)
				requireStory(t, clean, m.Report, of)
				events := m.Trace.Events
				require.Less(t, int64(events[len(events)-1].At), int64(5*60*1e6), "nothing is left where a wrong clock had it")
			})
		}
	}
}

func requirePlanted(t *testing.T, r replay.Report, of map[string]plant) {
	t.Helper()
	var nodes []replay.NodeReport
	for _, n := range r.Nodes {
		if _, ok := of[n.Name]; ok {
			nodes = append(nodes, n)
		}
	}
	require.Len(t, nodes, len(of))
	reference := slices.MinFunc(nodes, func(a, b replay.NodeReport) int { return strings.Compare(a.ID, b.ID) })
	for _, n := range nodes {
		require.NotNil(t, n.OffsetUS, n.Name)
		require.NotNil(t, n.BoundUS, n.Name)
		truth := float64((of[n.Name].offset - of[reference.Name].offset).Microseconds())
		// The recording's own clocks are one, and the messages took their time all the same.
		require.LessOrEqual(t, math.Abs(*n.OffsetUS-truth), *n.BoundUS+5, "%s: %.0f ± %.0f, truly %.0f", n.Name, *n.OffsetUS,
			*n.BoundUS, truth)
		require.Less(t, *n.BoundUS, 15_000.0, n.Name)
	}
}

// requireStory compares who led and who was paused, in the time of the reference.
func requireStory(t *testing.T, want, got replay.Report, of map[string]plant) {
	t.Helper()
	reference := ""
	shift := time.Duration(0)
	for _, n := range got.Nodes {
		if p, ok := of[n.Name]; ok && (reference == "" || n.ID < reference) {
			reference, shift = n.ID, p.offset
		}
	}
	const off = 8 * time.Millisecond // bounds, and drift over the run
	masters := func(all []replay.LeaderReport) []replay.LeaderReport {
		return slices.DeleteFunc(slices.Clone(all), func(l replay.LeaderReport) bool { return l.Group != "" && l.Group != strings.Repeat("0", 32) })
	}
	a, b := masters(want.Leaders), masters(got.Leaders)
	require.Len(t, b, len(a))
	for i := range a {
		require.Equal(t, fmt.Sprint(a[i].Node, a[i].Term, a[i].FromKnown, a[i].ToKnown), fmt.Sprint(b[i].Node, b[i].Term, b[i].FromKnown, b[i].ToKnown))
		require.WithinDuration(t, when(t, a[i].From).Add(shift), when(t, b[i].From), off)
		if require.Equal(t, a[i].To == nil, b[i].To == nil); a[i].To != nil {
			require.WithinDuration(t, when(t, *a[i].To).Add(shift), when(t, *b[i].To), off)
		}
	}
	require.Len(t, got.Pauses, len(want.Pauses))
	for i, p := range want.Pauses {
		q := got.Pauses[i]
		require.Equal(t, p.Node+p.Evidence, q.Node+q.Evidence)
		require.WithinDuration(t, when(t, p.From).Add(shift), when(t, q.From), off)
		require.WithinDuration(t, when(t, *p.To).Add(shift), when(t, *q.To), off)
	}
	require.Len(t, got.Restarts, len(want.Restarts))
	for i, x := range want.Restarts {
		require.WithinDuration(t, when(t, x.At).Add(shift), when(t, got.Restarts[i].At), off)
	}
	require.Len(t, got.Elections, len(want.Elections))
}

// A clock that does nothing but drift, by as much as clocks do, is corrected without a word: no line is set aside for it, and no
// line is late because its corrected stamp lies a little before what it follows from.
func TestDriftAloneIsNoFinding(t *testing.T) {
	for name, c := range map[string]struct {
		all []captured
		ppm map[string]float64
	}{
		"masters":                             {kuduLogs(t, kuduNodes...), map[string]float64{"m1": 25, "m2": -40}},
		"captures/etcd/run3-debug":            {nil, map[string]float64{"m1": 25, "m2": -40}},
		"captures/kudu/run2-ddl, one of them": {nil, map[string]float64{"t4": 25}},
		"captures/kudu/run2-ddl, another":     {nil, map[string]float64{"t3": -40}},
	} {
		t.Run(name, func(t *testing.T) {
			if path, _, _ := strings.Cut(name, ","); c.all == nil {
				c.all = slices.DeleteFunc(capturedBelow(t, shared(t, path)), func(c captured) bool { return strings.HasSuffix(c.name, ".ndjson") })
			}
			clean := read(t, c.all, options()).Report
			origin := when(t, clean.Elections[0].At)
			drifting := eachLog(c.all, func(log captured) []captured {
				return []captured{{log.name, planted(t, log.data, strings.Contains(name, "etcd"), plant{0, c.ppm[log.name[:2]]}, origin)}}
			})
			require.Equal(t, counted(clean), counted(read(t, drifting, options()).Report))
		})
	}
}
