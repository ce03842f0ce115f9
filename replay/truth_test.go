package replay_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabletop/replay"
)

// signal is what the driver of a recorded cluster did to a node.
type signal struct {
	at   time.Time
	node string // by its name in members.json
	what string // start, pause, resume, kill
}

// truth reads the signals from a recording's ground truth, in either of its forms.
func truth(t *testing.T, dir string) (all []signal) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "groundtruth.ndjson"))
	require.NoError(t, err)
	for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
		var line struct{ Time, Ts, Op, Kind, Node string }
		require.NoError(t, json.Unmarshal(s.Bytes(), &line))
		what := map[string]string{"start": "start", "pause": "pause", "resume": "resume", "kill": "kill", "SIGSTOP": "pause",
			"SIGCONT": "resume", "SIGKILL": "kill"}[line.Op+strings.TrimPrefix(line.Kind, "op")]
		if what == "" || line.Node == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339Nano, line.Time+line.Ts)
		require.NoError(t, err)
		all = append(all, signal{at, line.Node, what})
	}
	return all
}

// stops are the pauses of a recording that lasted longer than a second.
func stops(all []signal) (found [][2]signal) {
	for i, s := range all {
		if s.what != "pause" {
			continue
		}
		for _, r := range all[i:] {
			if r.node == s.node && r.what == "resume" {
				if r.at.Sub(s.at) > time.Second {
					found = append(found, [2]signal{s, r})
				}
				break
			}
		}
	}
	return found
}

func when(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	require.NoError(t, err)
	return at
}

// named returns the name in members.json of a node of a report.
func named(r replay.Report, id string) string {
	i := slices.IndexFunc(r.Nodes, func(n replay.NodeReport) bool { return n.ID == id })
	if last, ok := strings.CutPrefix(id, "127.0.0."); ok {
		return "n" + last // the recordings of Cassandra have no members.json
	}
	if i < 0 {
		return id
	}
	return r.Nodes[i].Name
}

// Every pause of the recordings is found, with both ends within what is stated, and none that was not there.
func TestPausesOfTheRecordings(t *testing.T) {
	for _, c := range []struct {
		path string
		end  time.Duration // how far off an end may be
	}{
		{"captures/kudu/run1-3266", 100 * time.Millisecond}, {"captures/kudu/run2-ddl", 100 * time.Millisecond},
		{"captures/kudu/run3-verbose", 100 * time.Millisecond}, {"captures/kudu/run4-migrate", 100 * time.Millisecond},
		{"captures/etcd/run1", 10 * time.Millisecond}, {"captures/etcd/run3-debug", 10 * time.Millisecond},
		{"captures/cassandra/run1-lwt", time.Second}, {"captures/cassandra/run2-trace", time.Second},
	} {
		t.Run(c.path, func(t *testing.T) {
			r := importAll(t, c.path, nil).Report
			want := stops(truth(t, shared(t, c.path)))
			require.Len(t, r.Pauses, len(want))
			for _, p := range r.Pauses {
				i := slices.IndexFunc(want, func(w [2]signal) bool {
					return w[0].node == named(r, p.Node) && when(t, *p.To).Sub(w[1].at).Abs() <= c.end
				})
				require.GreaterOrEqual(t, i, 0, "%s of %s ends at %s: no such pause", p.Evidence, named(r, p.Node), p.To)
				const slack = 4000 // the stamps of signals and lines differ by up to 3.5 ms
				require.LessOrEqual(t, when(t, *p.To).Sub(want[i][1].at).Abs().Microseconds(), *p.ToBoundUS+slack)
				require.LessOrEqual(t, when(t, p.From).Sub(want[i][0].at).Abs().Microseconds(), *p.FromBoundUS+slack,
					"%s: from %s ± %d µs, truly %s", named(r, p.Node), p.From, *p.FromBoundUS, want[i][0].at)
			}
		})
	}
}

// Every kill that was followed by a start is a restart, and nothing else is.
func TestRestartsOfTheRecordings(t *testing.T) {
	for _, path := range []string{"captures/kudu/run1-3266", "captures/kudu/run2-ddl", "captures/kudu/run3-verbose",
		"captures/etcd/run1", "captures/etcd/run3-debug", "captures/cassandra/run1-lwt", "captures/cassandra/run2-trace"} {
		t.Run(path, func(t *testing.T) {
			r := importAll(t, path, nil).Report
			var want, got []string
			killed := map[string]bool{}
			for _, s := range truth(t, shared(t, path)) {
				if s.what == "kill" {
					killed[s.node] = true
				} else if s.what == "start" && killed[s.node] {
					want = append(want, s.node)
				}
			}
			for _, s := range r.Restarts {
				got = append(got, named(r, s.Node))
			}
			require.Equal(t, want, got)
		})
	}
}

// Three starts of run4 are those of `kudu master add`, which the ground truth does not have.
func TestLivesAfterMigration(t *testing.T) {
	r := importAll(t, "captures/kudu/run4-migrate", nil).Report
	lives := map[string]int{"m1": 1, "m2": 1, "m3": 1}
	for _, s := range r.Restarts {
		lives[named(r, s.Node)]++
	}
	require.Equal(t, 5, lives["m1"])
	require.Equal(t, 5, lives["m2"])
	require.Equal(t, 4, lives["m3"])
	i := slices.IndexFunc(r.Nodes, func(n replay.NodeReport) bool { return n.Name == "m2" })
	require.Len(t, r.Nodes[i].FormerIDs, 1)
	require.Len(t, r.Nodes, 6)
}

// Twelve times two masters believed to lead at once.
func TestTwelvePairsOfLeaders(t *testing.T) {
	r := importAll(t, "captures/kudu/run1-3266", nil).Report
	kinds := map[string]int{}
	for _, f := range r.Findings {
		if f.Group == strings.Repeat("0", 32) {
			kinds[f.Kind]++
			require.NotEmpty(t, f.Refs)
		}
	}
	require.Equal(t, 12, kinds["dual-leader"])
	require.Equal(t, 12, kinds["stale-leader"])
	require.Equal(t, 1, r.Clusters)
}
