package replay_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabletop/replay"
)

const ringDir = "testdata/ring"

// ring returns the logs of the recorded ring of five by their node's name.
func ring(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for i := range 5 {
		b, err := os.ReadFile(filepath.Join(ringDir, fmt.Sprintf("n%d.log", i+1)))
		require.NoError(t, err)
		all[fmt.Sprintf("n%d", i+1)] = string(b)
	}
	return all
}

// stamped is where a line of Cassandra has its stamp.
var stamped = regexp.MustCompile(`\] (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) `)

// stream is the lines of some logs in the order of time, each behind its node.
func stream(logs map[string]string, prefix string) string {
	type line struct{ at, text string }
	var all []line
	for _, node := range slices.Sorted(maps.Keys(logs)) {
		for l := range strings.Lines(logs[node]) {
			all = append(all, line{stamped.FindStringSubmatch(l)[1], fmt.Sprintf(prefix, node) + l})
		}
	}
	slices.SortStableFunc(all, func(a, b line) int { return cmp.Compare(a.at, b.at) })
	var b strings.Builder
	for _, l := range all {
		b.WriteString(l.text)
	}
	return b.String()
}

// ahead is a log by a clock that stands ahead, from a moment on.
func ahead(log string, by time.Duration, from string) string {
	const layout = "2006-01-02 15:04:05,000"
	return stamped.ReplaceAllStringFunc(log, func(s string) string {
		stamp := s[2 : len(s)-1]
		at, err := time.Parse(layout, stamp)
		if err != nil || stamp < from {
			return s
		}
		return "] " + at.Add(by).Format(layout) + " "
	})
}

// reported is what becomes of some logs.
func reported(t *testing.T, logs map[string]string) replay.Report {
	t.Helper()
	var given []captured
	for _, name := range slices.Sorted(maps.Keys(logs)) {
		given = append(given, captured{name, []byte(logs[name])})
	}
	return read(t, given, options()).Report
}

// everybody is the ring.
const everybody = "n1 n2 n3 n4 n5"

// giving is a way in which the ring's logs are given.
type giving struct {
	name  string
	nodes string // whose lines there are
	logs  map[string]string
}

func givings(t *testing.T) []giving {
	t.Helper()
	whole := ring(t)
	twice := maps.Clone(whole)
	for node, log := range whole {
		twice[node+"-debug"] = log
	}
	all := []giving{
		{"all", everybody, whole},
		{"twice", everybody, twice},
		{"docker", everybody, map[string]string{"stream": stream(whole, "cassandra-%s  | ")}},
		{"angle brackets", everybody, map[string]string{"stream": stream(whole, "<%s> ")}},
		{"addresses", everybody, map[string]string{"stream": strings.ReplaceAll(stream(whole, "10.0.0.%s: "), "10.0.0.n", "10.0.0.")}},
	}
	for node := range strings.FieldsSeq(everybody) {
		others := maps.Clone(whole)
		delete(others, node)
		all = append(all, giving{"without " + node, strings.ReplaceAll(everybody, node, ""), others},
			giving{"only " + node, node, map[string]string{node: whole[node]}})
	}
	return all
}

// Whichever files of the ring are given, and however, all pauses and restarts of those nodes are found, with their bounds,
// and no others; and all of them that marked n2 or n3 down tell how late.
func TestRing(t *testing.T) {
	for _, g := range givings(t) {
		t.Run(g.name, func(t *testing.T) {
			r := reported(t, g.logs)
			require.Equal(t, 1, r.Clusters)
			requireSignals(t, r, g.nodes)
			requireViews(t, r, g.nodes)
			for _, f := range r.Findings {
				require.Contains(t, []string{"peer-view", "false-pause", "false-restart"}, f.Kind)
			}
		})
	}
}

// A clock that stands ahead is found by the connections of which both ends write, and what it stamped is put where it was.
func TestRingWithAClockAhead(t *testing.T) {
	logs := ring(t)
	logs["n3"] = ahead(logs["n3"], 7*time.Second, "")
	r := reported(t, logs)
	requireSignals(t, r, everybody)
	requireViews(t, r, everybody)
	i := slices.IndexFunc(r.Nodes, func(n replay.NodeReport) bool { return named(r, n.ID) == "n3" })
	require.InDelta(t, (7 * time.Second).Microseconds(), *r.Nodes[i].OffsetUS, *r.Nodes[i].BoundUS)
	require.Less(t, *r.Nodes[i].BoundUS, 600_000.)
}

// requireSignals compares pauses and restarts with what was done to the nodes whose lines there are.
func requireSignals(t *testing.T, r replay.Report, nodes string) {
	t.Helper()
	all := truth(t, ringDir)
	want := stops(slices.DeleteFunc(slices.Clone(all), func(s signal) bool { return !strings.Contains(nodes, s.node) }))
	require.Len(t, r.Pauses, len(want))
	for _, p := range r.Pauses {
		i := slices.IndexFunc(want, func(w [2]signal) bool { return w[0].node == named(r, p.Node) })
		require.GreaterOrEqual(t, i, 0, "%s was not paused", p.Node)
		require.InDelta(t, 0, when(t, p.From).Sub(want[i][0].at).Microseconds(), float64(*p.FromBoundUS))
		require.InDelta(t, 0, when(t, *p.To).Sub(want[i][1].at).Microseconds(), float64(*p.ToBoundUS))
	}
	if !strings.Contains(nodes, "n3") {
		require.Empty(t, r.Restarts)
		return
	}
	require.Len(t, r.Restarts, 1)
	require.Equal(t, "n3", named(r, r.Restarts[0].Node))
	started := all[len(all)-1].at
	require.InDelta(t, time.Second.Microseconds(), when(t, r.Restarts[0].At).Sub(started).Microseconds(), 500_000, "a JVM needs a second to its first line")
}

// requireViews finds what each node saw of the pause of n2 and of the death of n3, and how late it says that it was.
func requireViews(t *testing.T, r replay.Report, nodes string) {
	t.Helper()
	type sight struct{ observer, observed string }
	signals := truth(t, ringDir)
	stopped := map[string]time.Time{}
	for _, s := range signals {
		if s.what == "pause" && s.node == "n2" || s.what == "kill" {
			stopped[s.node] = s.at
		}
	}
	told := map[string]*regexp.Regexp{
		"n2": regexp.MustCompile(`, from ([0-9.]+) s \(± 1\.[1-9]+ s\) after . was paused, until [0-9]+ ms at most after . ran on$`),
		"n3": regexp.MustCompile(`, from ([0-9.]+) s after n?[1-5A-E] first failed to reach it, until [0-9.]+ s after . started again$`),
	}
	seen, heard := map[sight]int{}, map[sight]int{}
	for _, f := range r.Findings {
		if f.Kind != "peer-view" || strings.Contains(f.Text, " had seen ") { // as they met
			continue
		}
		s := sight{named(r, f.Nodes[0]), named(r, f.Nodes[1])}
		if strings.HasSuffix(f.Text, ", and heard then that it had restarted") {
			heard[s]++
		}
		if seen[s]++; seen[s] > 1 { // n2 and n5 hear of n3 first from others, which do not know yet that it is another process
			require.Equal(t, "n3", s.observed)
			continue
		}
		late := when(t, f.From).Sub(stopped[s.observed])
		require.InDelta(t, 22*time.Second, late, float64(4*time.Second))
		if !strings.Contains(nodes, s.observed) {
			require.NotContains(t, f.Text, "from")
			continue
		}
		if !strings.Contains(nodes, " ") {
			continue
		}
		m := told[s.observed].FindStringSubmatch(f.Text)
		require.NotNil(t, m, f.Text)
		says, err := strconv.ParseFloat(m[1], 64)
		require.NoError(t, err)
		require.InDelta(t, late.Seconds(), says, 1.1)
	}
	for observer := range strings.FieldsSeq(nodes) {
		for _, observed := range []string{"n2", "n3"} {
			if observer != observed {
				s := sight{observer, observed}
				require.Positive(t, seen[s], "%s marked %s down", observer, observed)
				require.Equal(t, map[bool]int{true: 1}[observed == "n3" && !strings.Contains(nodes, "n3")], heard[s], "its own log does not say so")
			}
		}
	}
}

// A clock that is set while the ring runs is told, with how far it went and in which time. One that leaves a hole such as
// there is no other is known to have been set there, and all that the node wrote behind it is where it belongs.
func TestRingWithAClockThatIsSet(t *testing.T) {
	for _, c := range []struct {
		node, at string
		by       time.Duration
		within   time.Duration
	}{
		{"n2", "19:10:10", 5 * time.Second, 3 * time.Minute},
		{"n2", "19:10:10", -3 * time.Second, 3 * time.Minute},
		{"n5", "19:10:20", time.Minute, 20 * time.Second},
	} {
		logs := ring(t)
		logs[c.node] = ahead(logs[c.node], c.by, "2026-11-21 "+c.at)
		r := reported(t, logs)
		requireSignals(t, r, everybody)
		if c.within < time.Minute {
			requireViews(t, r, everybody)
		}
		i := slices.IndexFunc(r.Findings, func(f replay.FindingReport) bool { return f.Kind == "clock-step" })
		require.GreaterOrEqual(t, i, 0)
		f := r.Findings[i]
		require.Equal(t, c.node, named(r, f.Nodes[0]))
		require.Contains(t, f.Text, map[bool]string{true: "was set forward by ", false: "was set back by "}[c.by > 0])
		m := regexp.MustCompile(`by ([0-9.]+) s \(± ([0-9.]+) ms\)`).FindStringSubmatch(f.Text)
		require.NotNil(t, m, f.Text)
		says, err := strconv.ParseFloat(m[1], 64)
		require.NoError(t, err)
		bound, err := strconv.ParseFloat(m[2], 64)
		require.NoError(t, err)
		require.InDelta(t, c.by.Abs().Seconds(), says, bound/1000)
		set := when(t, "2026-11-21T"+c.at+"Z")
		require.True(t, when(t, f.From).Before(set) && when(t, f.To).After(set), "%s to %s", f.From, f.To)
		require.Less(t, when(t, f.To).Sub(when(t, f.From)), c.within)
	}
}
