package replay_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"tabletop/engine/check"
	"tabletop/replay"
	"tabletop/replay/source"
)

// counts is how many findings of each kind there are, without those of package check that a test of their own counts.
type counts map[string]int

func counted(r replay.Report) counts {
	got := counts{}
	for _, f := range r.Findings {
		switch f.Kind {
		case check.DualLeader, check.StaleLeader, check.StaleRead:
			continue
		case check.NotFoundAfterCreate:
			if f.Exact {
				continue
			}
		}
		got[f.Kind]++
	}
	return got
}

// What was found in each recording, checked by hand against what was done to its cluster.
func TestFindingsOfTheRecordings(t *testing.T) {
	for _, c := range []struct {
		path, why string
		want      counts
	}{
		{"captures/kudu/run1-3266", "twelve leaders were paused and resumed: each learns late of the term it missed and reads the calls " +
			"for votes that lay in its sockets; ten times the first candidate waited for the frozen one until a second had won",
			counts{"late-term": 12, "late-line": 12, "late-election": 10}},
		{"captures/kudu/run2-ddl", "a master and a tablet server that led two tablets were paused; of the tablets' four candidates two " +
			"waited for it; t2 was away for 30 s and stood for four tablets whose configuration it had left, until it was told",
			counts{"late-term": 3, "late-line": 3, "late-election": 3, "election-storm": 4}},
		{"captures/kudu/run3-verbose", "two pauses of leaders", counts{"late-term": 2, "late-line": 2, "late-election": 2}},
		{"captures/kudu/run4-migrate", "m2 lost its disks and came back at its address; m1 and m3 stood at once",
			counts{"identity-changed": 1, "burnt-term": 1}},
		{"captures/etcd/run1", "six pauses of leaders; m2 had caught up by a heartbeat before it read the last call. m1 was killed and seen " +
			"inactive by both others for 4 s; at the end m1 went first and m2 before m3",
			counts{"late-term": 6, "late-line": 5, "peer-view": 5}},
		{"captures/etcd/run3-debug", "two pauses of leaders, a kill, and the end as above", counts{"late-term": 2, "late-line": 2, "peer-view": 5}},
		{"captures/cassandra/run1-lwt", "n2 was killed: n1 marked it down for a second, just before it came back; n2 says of n1 and n3 that they " +
			"restarted. n1 and n2 state pauses after their first start, n3's is true. n4 bootstraps. At the end nine views of peers that say that they stop. " +
			"n2 first saw n1 up a second after n1 had seen it",
			counts{"peer-view": 11, "false-restart": 2, "false-pause": 2, "join-phase": 1}},
		{"captures/cassandra/run2-trace", "n1 states a pause after its start; n3's is true, and nobody marked it down; at the end four views",
			counts{"false-pause": 1, "peer-view": 4}},
		{"captures/cassandra/castest/t1-v2-pass.log", "", counts{"electorate-mismatch": 1}},
		{"captures/cassandra/castest/t2-v2-pass.log", "", counts{"electorate-mismatch": 1}},
		{"captures/cassandra/castest/t2-v2-race.log", "", counts{"electorate-mismatch": 1}},
		{"captures/cassandra/castest/t3-v2-pass.log", "", counts{"electorate-mismatch": 1}},
		{"captures/cassandra/castest/t4-v2-pass.log", "", counts{"electorate-mismatch": 1}},
		{"captures/cassandra/castest/t5-v2-pass.log", "", counts{"electorate-mismatch": 1}},
		{"captures/cassandra/castest/t6-v2-pass.log", "", counts{"electorate-mismatch": 1}},
		{"captures/cassandra/castest", "eight clusters one behind the other at the same addresses: each coordinator learns of the same node anew",
			counts{"electorate-mismatch": 7}},
		{"captures/cassandra/castest/t2-v1.log", "the first version tells no electorates", counts{}},
		{"captures/cassandra-dse-3node", "each of three processes states a pause that reaches back to before its first line; in one there were 49 minutes of silence; one saw another down " +
			"from the moment it was known to its first gossip; one bootstraps and the log ends. Two pairs first saw each other up 20 s and 1 s apart",
			counts{"doubtful-pause": 1, "false-pause": 2, "peer-view": 3, "join-phase": 1}},
		{"captures/etcd-3.5-leader-transfer", "a leadership transfer in good order", counts{}},
		{"seeds/kudu-3266.txt", "two lines of a test without a time, and C's call for a vote of term 5, read when term 6 had a leader",
			counts{"not-found-after-create": 2, "late-line": 1}},
	} {
		t.Run(c.path, func(t *testing.T) {
			r := importAll(t, c.path, nil).Report
			require.Equal(t, c.want, counted(r), c.why)
			for _, f := range r.Findings {
				require.NotEmpty(t, f.Refs, f.Text)
				require.LessOrEqual(t, f.From, f.To, f.Text)
				require.NotContains(t, f.Text, "\n")
			}
		})
	}
}

// The race of the Cassandra ticket is seen whatever its nodes are called, wherever they listen, and with the coordinator's
// lines alone.
func TestElectoratesByOtherNames(t *testing.T) {
	node, address := regexp.MustCompile(`\bnode([1-4])(_|\b)`), regexp.MustCompile(`127\.0\.0\.([1-4])(:7012)?`)
	b, err := os.ReadFile(shared(t, "captures/cassandra/castest/t2-v2-race.log"))
	require.NoError(t, err)
	race := string(b)
	for _, c := range []struct {
		why, node, host, port string // $1 is the number
		want                  []string
	}{
		{"as it is", "node$1$2", "127.0.0.$1", ":7012", []string{"127.0.0.1", "127.0.0.2", "127.0.0.4"}},
		{"numbers of two digits", "node1$1$2", "127.0.0.1$1", ":7012", []string{"127.0.0.11", "127.0.0.12", "127.0.0.14"}},
		{"subnets", "node$1$2", "127.0.$1.1", ":7012", []string{"127.0.1.1", "127.0.2.1", "127.0.4.1"}},
		{"addresses", "node$1$2", "10.20.30.1$1", ":7000", []string{"10.20.30.11", "10.20.30.12", "10.20.30.14"}},
		{"a port", "node$1$2", "127.0.0.$1", ":9999", []string{"127.0.0.1:9999", "127.0.0.2:9999", "127.0.0.4:9999"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			whole := node.ReplaceAllString(race, strings.ReplaceAll(c.node, "$1", "${1}"))
			whole = address.ReplaceAllStringFunc(whole, func(s string) string {
				host := strings.ReplaceAll(c.host, "$1", address.FindStringSubmatch(s)[1])
				if strings.HasSuffix(s, ":7012") {
					host += c.port
				}
				return host
			})
			coordinator, production := node.ReplaceAllString("node1", strings.ReplaceAll(c.node, "$1", "${1}")), ""
			for line := range strings.Lines(whole) {
				if strings.Contains(line, "] "+coordinator+" ") {
					production += strings.Replace(strings.Replace(line, coordinator+"_", "", 1), "] "+coordinator+" ", "] ", 1)
				}
			}
			for _, log := range []string{whole, production} {
				r := reported(t, map[string]string{"log": log})
				require.Equal(t, counts{"electorate-mismatch": 1}, counted(r))
				require.Equal(t, c.want, r.Findings[0].Nodes)
				require.Len(t, r.Nodes, 4)
				require.Equal(t, 1, r.Clusters)
			}
		})
	}
}

// A follower that lags is no leader that was deposed, and a term that nobody won no second leader: no scene teaches those.
func TestOnlyTwoLeadersAreThatTicket(t *testing.T) {
	scenes := func(path, kind string) map[string]int {
		count := map[string]int{}
		for _, f := range importAll(t, path, nil).Report.Findings {
			if f.Kind == kind {
				count[f.Scene]++
			}
		}
		return count
	}
	require.Equal(t, map[string]int{"kudu-3266": 12}, scenes("captures/kudu/run1-3266", check.NotFoundAfterCreate))
	require.Equal(t, map[string]int{"kudu-3266": 2, "": 2}, scenes("captures/etcd/run1", check.StaleRead))
	require.Equal(t, map[string]int{"": 1}, scenes("captures/kudu/run4-migrate", check.BurntTerm))
}

// The lesson that a finding belongs to stands beside it.
func TestFindingsNameTheirLesson(t *testing.T) {
	for _, f := range importAll(t, "seeds/kudu-3266.txt", nil).Report.Findings {
		want := "kudu-3266"
		if f.Kind == "late-line" {
			want = ""
		}
		require.Equal(t, want, f.Scene, f.Kind)
	}
}

// told writes findings as goldens have them.
func told(r replay.Report) string {
	var b strings.Builder
	for _, f := range r.Findings {
		var names, lines []string
		for _, id := range f.Nodes {
			i := slices.IndexFunc(r.Nodes, func(n replay.NodeReport) bool { return n.ID == id })
			names = append(names, r.Nodes[i].Name)
		}
		for _, l := range f.Refs {
			lines = append(lines, fmt.Sprintf("%s:%d", l.File, l.Line))
		}
		exact := ""
		if !f.Exact {
			exact = " about"
		}
		fmt.Fprintf(&b, "%s%s %s to %s [%s]\n  %s\n  %s\n", f.Kind, exact, f.From[11:26], f.To[11:26], strings.Join(names, " "), f.Text,
			strings.Join(lines, " "))
	}
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}

// Made logs show what no recording has; the others are read where they are.
func TestFindingTexts(t *testing.T) {
	datadriven.Walk(t, "testdata/findings", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "recording" {
				var path string
				d.ScanArgs(t, "path", &path)
				return told(importAll(t, path, nil).Report)
			}
			var all []source.File
			for _, f := range txtar.Parse([]byte(d.Input + "\n")).Files {
				all = append(all, source.File{Name: f.Name, Size: int64(len(f.Data)), ReaderAt: bytes.NewReader(f.Data)})
			}
			m, err := replay.Read(all, options())
			require.NoError(t, err)
			o := options()
			o.RegionSize = 100 // lines are cut from the headers before them
			cut, err := replay.Read(all, o)
			require.NoError(t, err)
			require.Equal(t, told(m.Report), told(cut.Report))
			return told(m.Report)
		})
	})
}

// A peer that left and comes back is learnt of once more, however many promises told of it each time.
func TestElectoratesOfANodeThatRejoins(t *testing.T) {
	joins := func(at int, ballot string) string {
		promise := func(at int, from string) string {
			return gossiped(at, "RequestResponseStage-2", "PaxosPrepare.java", "Promise(null, null, true, {/127.0.0.4:7000=EndpointState: x}) for "+ballot+" from /127.0.0."+from+":7000")
		}
		return gossiped(at, "MutationStage-1", "PaxosPrepare.java", "Prepare("+ballot+") to /127.0.0.2:7000") +
			promise(at+1, "2") + promise(at+2, "3") + gossiped(at+3, "GossipStage:1", "Gossiper.java", "Node /127.0.0.4:7000 is now part of the cluster")
	}
	r := read(t, []captured{{"a.log", []byte(cassandraNode(0) + joins(10, "00000001-e571-11f1-38b5-12ecac67eecf") +
		joins(60_000, "00000002-e571-11f1-38b5-12ecac67eecf"))}}, options()).Report
	require.Len(t, texts(r, "electorate-mismatch"), 2)
}

// The clocks of a cluster are judged by its own lines, and told at its own beginning.
func TestClocksBesideAnotherCluster(t *testing.T) {
	logs := capturedBelow(t, "testdata/etcd-accidents")
	alone := read(t, logs, options()).Report.Nodes
	require.NotNil(t, alone[1].BoundUS)
	earlier := captured{"a.log", []byte(strings.ReplaceAll(becomes(1, nodeA, 1), "I2026", "I2019"))}
	r := read(t, append(logs, earlier), options()).Report
	require.Equal(t, nodeA, r.Nodes[0].ID)
	for i, n := range r.Nodes[1:] {
		n.Cluster--
		require.Equal(t, alone[i], n)
	}
}
