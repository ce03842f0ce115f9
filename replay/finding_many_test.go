package replay_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabletop/replay"
)

// many is a log in which one thing happens again and again.
type many struct {
	name  string
	times int // in the benchmark: as often as takes minutes where time grows with the square
	log   func(n int) []captured
	// finds is the kind of finding of which there is at least one, empty for none.
	finds string
}

// config is the configuration of some nodes, as Kudu writes it.
func config(nodes int) string {
	words := "opid_index: -1 OBSOLETE_local: false"
	for i := range nodes {
		words += fmt.Sprintf(` peers { permanent_uuid: "%s" member_type: VOTER last_known_addr { host: "127.0.0.1%d" port: 7051 } }`, uuid(i), i)
	}
	return words
}

func election(us int64, group string, node int, what string, term uint64, words string) string {
	return dated(us, 1, group, uuid(node), fmt.Sprintf("[term %d FOLLOWER]: Leader %s %s", term, what, words))
}

// stands is the beginning of a candidacy as Kudu writes it, with the configuration.
func stands(us int64, group string, node int, what string, term uint64) string {
	begins := fmt.Sprintf("[term %d FOLLOWER]: Starting %s ", term-1, what)
	return dated(us, 1, group, uuid(node), begins+"(detected failure of leader "+uuid((node+1)%3)+")") +
		dated(us+10, 1, group, uuid(node), begins+"with config: "+config(3))
}

// gossiped is a line of a Cassandra node some milliseconds behind noon.
func gossiped(ms int, thread, file, words string) string {
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).Add(time.Duration(ms) * time.Millisecond)
	return fmt.Sprintf("INFO  [%s] %s %s:1 - %s\n", thread, strings.Replace(at.Format("2006-01-02 15:04:05.000"), ".", ",", 1), file, words)
}

// cassandraNode is the beginning of a process whose log names its node.
func cassandraNode(i int) string {
	return gossiped(0, "main", "CassandraDaemon.java", "JVM vendor/version: x") + gossiped(0, "main", "Config.java", fmt.Sprintf("Node configuration:[allocate_tokens=null; listen_address=127.0.0.%d; storage_port=7000]", i+1))
}

func once(n int, head string, line func(i int) string) []captured {
	c := repeated(n, line)
	c.data = append([]byte(head), c.data...)
	return []captured{c}
}

func manyThings() []many {
	return slices.Concat(roleThings(), voteThings(), silenceThings(), peerThings())
}

func roleThings() []many {
	return []many{
		{"role flips", 1_000_000, func(n int) []captured {
			return once(n, "", func(i int) string {
				if i%2 == 0 {
					return leads(int64(i)*1000, masters, uuid(0), uint64(i+1))
				}
				return dated(int64(i)*1000, 1, masters, uuid(0), fmt.Sprintf("[term %d LEADER]: Becoming Follower/Learner. State: x", i+1))
			})
		}, ""},
		{"role flips of two", 400_000, func(n int) []captured {
			return once(n, "", func(i int) string {
				return leads(int64(i)*700_000, masters, uuid(i%2), uint64(i+1))
			})
		}, ""},
		{"terms learnt late", 400_000, func(n int) []captured {
			return once(n, "", func(i int) string {
				node := 0
				if i%2 == 1 {
					node = 1 + i%4
				}
				return dated(int64(i)*700_000, 1, masters, uuid(node), fmt.Sprintf("[term %d FOLLOWER]: Advancing to term %d", i/2, i/2+1))
			})
		}, ""},
		{"thousands of leaders", 100_000, func(n int) []captured {
			return once(n, "", func(i int) string {
				at, node := int64(i)*20_000, i%4000
				return leads(at, masters, uuid(node), uint64(i+2)) +
					dated(at+10, 1, masters, uuid(node), fmt.Sprintf("[term %d FOLLOWER]: Starting leader election (x)", i+2))
			})
		}, ""},
		{"tablets", 50_000, func(n int) []captured {
			return once(n, "", func(i int) string {
				at, node, group := int64(i)*20_000, i%3, uuid(i+7)
				return stands(at, group, node, "leader election", 2) + leads(at+2000, group, uuid(node), 2)
			})
		}, ""},
	}
}

func voteThings() []many {
	return []many{
		{"pre-elections", 100_000, func(n int) []captured {
			return once(n, "", func(i int) string { return stands(int64(i)*2_000_000, masters, i%3, "pre-election", 2) })
		}, "election-storm"},
		{"candidacies", 100_000, func(n int) []captured {
			return once(n, "", func(i int) string {
				at, node, term := int64(i)*4_000_000, i%3, uint64(i+2)
				return stands(at, masters, node, "leader election", term) +
					election(at+1000, masters, (node+1)%3, "election", term, "vote request: Granting yes vote for candidate "+uuid(node)+" in term "+fmt.Sprint(term)+".") +
					election(at+2_500_000, masters, node, "election", term, fmt.Sprintf("lost for term %d. Reason: could not achieve majority", term)) +
					leads(at+3_000_000, masters, uuid(node), term)
			})
		}, ""},
		{"late lines", 100_000, func(n int) []captured {
			return once(n, "", func(i int) string {
				at, node, term := int64(i)*4_000_000, i%3, uint64(i+2)
				return stands(at, masters, node, "leader election", term) + leads(at+2000, masters, uuid(node), term) +
					election(at+2_500_000, masters, node, "election", term, "vote request: Granting yes vote for candidate "+uuid(node)+" in term "+fmt.Sprint(term)+".")
			})
		}, ""},
		{"nobody answers", 100_000, func(n int) []captured {
			const a, peers = "8af40ebf283c3ac4", "35f6591e20d4716b,33421100dc237e7b,8af40ebf283c3ac4"
			line := func(us int64, words string) string {
				at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).Add(time.Duration(us) * time.Microsecond)
				return fmt.Sprintf(`{"level":"info","ts":"%s","logger":"raft","caller":"raft.go:1","msg":"%s"}`+"\n",
					at.Format("2006-01-02T15:04:05.000000Z"), words)
			}
			return once(n, line(0, "newRaft "+a+" [peers: ["+peers+"], term: 2, commit: 5, applied: 0, lastindex: 5, lastterm: 2]"), func(i int) string {
				at := int64(i+1) * 1_500_000
				return line(at, a+" is starting a new election at term 2") + line(at+10, a+" became pre-candidate at term 2") +
					line(at+20, a+" [logterm: 2, index: 5] sent MsgPreVote request to 35f6591e20d4716b at term 2") +
					line(at+20, a+" [logterm: 2, index: 5] sent MsgPreVote request to 33421100dc237e7b at term 2")
			})
		}, "lost-quorum"},
	}
}

func silenceThings() []many {
	return []many{
		{"gaps", 80_000, func(n int) []captured {
			return once(n, cassandraNode(0), func(i int) string {
				return gossiped(9000*(i+1), "GossipTasks:1", "FailureDetector.java", "Not marking nodes down due to local pause of 9000000000ns > 5000000000ns")
			})
		}, ""},
		{"false pauses", 80_000, func(n int) []captured {
			return once(n, cassandraNode(0), func(i int) string {
				return gossiped(900*(i+1), "GossipTasks:1", "FailureDetector.java", "Not marking nodes down due to local pause of 90000000000000ns > 5000000000ns")
			})
		}, "false-pause"},
		{"slow disks", 80_000, func(n int) []captured {
			return once(n, leads(0, masters, uuid(0), 1), func(i int) string {
				slow := dated(int64(i+1)*40_000_000, 1, masters, uuid(0), "Time spent Fsync log took a long time: real 2.000s	user 0.000s	sys 0.000s")
				return "W" + strings.NewReplacer("raft_consensus.cc", "log.cc", " Time", ": Time").Replace(slow[1:]) +
					leads(int64(i+1)*40_000_000+700_000, masters, uuid(0), 1)
			})
		}, "slow-disk"},
	}
}

func peerThings() []many {
	return []many{
		{"up and down", 200_000, func(n int) []captured {
			return once(n, cassandraNode(0), func(i int) string {
				peer := fmt.Sprintf("/127.0.1.%d:7000", 1+i%200)
				return gossiped(10*i, "GossipStage:1", "Gossiper.java", "InetAddress "+peer+" is now DOWN") +
					gossiped(10*i+5, "GossipStage:1", "Gossiper.java", "InetAddress "+peer+" is now UP")
			})
		}, "peer-view"},
		{"down for ever", 200_000, func(n int) []captured {
			return once(n, cassandraNode(0), func(i int) string {
				return gossiped(10*i, "GossipStage:1", "Gossiper.java", fmt.Sprintf("InetAddress /127.%d.%d.%d:7000 is now DOWN", 2+i/3000, i%3000/200, 1+i%200))
			})
		}, "peer-view"},
		{"restarts", 100_000, func(n int) []captured {
			return once(n, cassandraNode(0), func(i int) string {
				return gossiped(30_000*(i+1), "main", "CassandraDaemon.java", "JVM vendor/version: x") +
					gossiped(30_000*(i+1)+5000, "GossipStage:1", "Gossiper.java", "Node /127.0.1.1:7000 has restarted, now UP") +
					gossiped(30_000*(i+1)+6000, "GossipStage:1", "Gossiper.java", "InetAddress /127.0.1.1:7000 is now DOWN") +
					gossiped(30_000*(i+1)+7000, "GossipStage:1", "Gossiper.java", "InetAddress /127.0.1.1:7000 is now UP")
			})
		}, "peer-view"},
		{"electorates", 50_000, func(n int) []captured {
			return once(n, cassandraNode(0), func(i int) string {
				ballot := fmt.Sprintf("%08x-e571-11f1-38b5-12ecac67eecf", i)
				peer := fmt.Sprintf("/127.%d.%d.%d:7000", 1+i/40_000, i%40_000/200, 1+i%200)
				return gossiped(10*i, "MutationStage-1", "PaxosPrepare.java", "Prepare("+ballot+") to /127.0.0.2:7000") +
					gossiped(10*i+1, "RequestResponseStage-2", "PaxosPrepare.java", "Promise(null, null, true, {"+peer+"=EndpointState: x}) for "+ballot+" from /127.0.0.2:7000") +
					gossiped(10*i+3, "GossipStage:1", "Gossiper.java", "Node "+peer+" is now part of the cluster")
			})
		}, "electorate-mismatch"},
	}
}

// What happens again and again is told in a report of a size that can be read, and what was left out is said.
func TestManyThings(t *testing.T) {
	for _, c := range manyThings() {
		t.Run(c.name, func(t *testing.T) {
			r := read(t, c.log(300), options()).Report
			kinds := map[string]int{}
			for _, f := range r.Findings {
				kinds[f.Kind]++
				require.LessOrEqual(t, len(f.Refs), 100)
				require.Less(t, len(f.Text), 2000)
			}
			if c.finds != "" {
				require.NotZero(t, kinds[c.finds], kinds)
			}
		})
	}
}

// BenchmarkMany is the whole import of things that happen again and again.
func BenchmarkMany(b *testing.B) {
	for _, c := range manyThings() {
		b.Run(strings.ReplaceAll(c.name, " ", "-"), func(b *testing.B) {
			log := c.log(c.times)
			o := options()
			o.Workers = runtime.GOMAXPROCS(0)
			b.SetBytes(int64(len(log[0].data)))
			var r replay.Report
			for b.Loop() {
				r = read(b, log, o).Report
			}
			j, err := json.Marshal(r)
			require.NoError(b, err)
			b.ReportMetric(float64(len(r.Findings)), "findings")
			b.ReportMetric(float64(len(j))/1e6, "MB-report")
		})
	}
}

// What there is too much of is left out, and the report says how much.
func TestTooManyFindings(t *testing.T) {
	for _, c := range manyThings() {
		switch c.name {
		case "up and down":
			r := read(t, c.log(10_123), options()).Report
			require.Equal(t, []string{"more than 10000 findings of kind peer-view: 123 others are left out"}, r.Limits)
			require.Len(t, r.Findings, 10_000)
			require.True(t, slices.IsSortedFunc(r.Findings, func(a, b replay.FindingReport) int { return strings.Compare(a.From, b.From) }))
		case "pre-elections":
			r := read(t, c.log(300), options()).Report
			require.Equal(t, []string{"more than 100 lines show each of 1 findings: the others are left out"}, r.Limits)
			require.Contains(t, r.Findings[0].Text, "stood for leader 300 times")
		}
	}
}
