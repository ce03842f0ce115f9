package kudu_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabletop/replay/kudu"
	"tabletop/replay/text"
)

// master generates the log of a master that works: what it writes most, and an election now and then. The same seed
// gives the same bytes.
type master struct {
	bytes.Buffer
	rand  *rand.Rand
	at    time.Time
	ids   []string
	term  int
	lines int
}

const sys = "00000000000000000000000000000000"

func generate(seed uint64, size int) []byte {
	g := &master{rand: rand.New(rand.NewPCG(seed, 1)), at: time.Date(2026, 11, 21, 5, 4, 17, 0, time.UTC), term: 7}
	for range 24 {
		g.ids = append(g.ids, fmt.Sprintf("%016x%016x", g.rand.Uint64(), g.rand.Uint64()))
	}
	g.Grow(size + 8<<10)
	for g.Len() < size {
		g.next()
	}
	return g.Bytes()
}

func (g *master) head(severity byte, tid int, site string) {
	g.at = g.at.Add(time.Duration(g.rand.IntN(2000)) * time.Microsecond)
	g.lines++
	fmt.Fprintf(g, "%c%s %d %s] ", severity, g.at.Format("20060102 15:04:05.000000"), tid, site)
}

func (g *master) peers(n int) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "opid_index: %d OBSOLETE_local: false", 100+n)
	for i := range 3 {
		fmt.Fprintf(&b, ` peers { permanent_uuid: "%s" member_type: VOTER last_known_addr { host: "10.0.12.%d" port: 7050 } `+
			`health_report { overall_health: HEALTHY } }`, g.ids[(n+i)%20], 20+(n+i)%20)
	}
	return b.String()
}

func (g *master) next() {
	self, tid, n := g.ids[20], 15300+g.rand.IntN(24), g.rand.IntN(40)
	switch roll := g.rand.IntN(10000); {
	case roll < 2500:
		g.head('I', tid, "maintenance_manager.cc:382")
		fmt.Fprintf(g, "P %s: Scheduling UndoDeltaBlockGCOp(%s): %d bytes on disk, perf score=%f\n", self, g.ids[n%20], n*731, 0.5)
	case roll < 4200:
		g.head('I', tid, "catalog_manager.cc:5331")
		fmt.Fprintf(g, "T %s P %s reported cstate change: term changed from %d to %d, leader changed from %s (10.0.12.7) to %s "+
			"(10.0.12.8). New cstate: current_term: %d leader_uuid: \"%s\" committed_config { %s }\n", g.ids[n%20], g.ids[n%7],
			n, n+1, g.ids[n%7], g.ids[n%5], n+1, g.ids[n%5], g.peers(n))
	case roll < 6000:
		g.head('I', tid, "raft_consensus.cc:1108")
		fmt.Fprintf(g, "T %s P %s [term %d FOLLOWER]: Replica received consensus request: caller_uuid: \"%s\" caller_term: %d "+
			"preceding_id { term: %d index: %d } committed_index: %d\n", sys, self, g.term, g.ids[0], g.term, g.term, n*93, n*93)
	case roll < 7200:
		g.head('I', tid, "heartbeater.cc:530")
		fmt.Fprintf(g, "Sending an incremental tablet report to master 10.0.12.%d:7051...\n", n)
	case roll < 8000:
		g.head('W', tid, "outbound_call.cc:330")
		fmt.Fprintf(g, "RPC call kudu.consensus.ConsensusService.UpdateConsensus -> {remote=10.0.12.%d:7050, user_credentials={"+
			"real_user=kudu}} timed out after 30.000s (SENT)\n", n)
	case roll < 9000:
		g.head('I', tid, "sys_catalog.cc:454")
		fmt.Fprintf(g, "T %s P %s [sys.catalog]: SysCatalogTable state changed. Reason: Peer health change. Latest consensus "+
			"state: current_term: %d leader_uuid: \"%s\" committed_config { %s }\n", sys, self, g.term, g.ids[0], g.peers(0))
	case roll < 9200:
		g.head('W', tid, "negotiation.cc:331")
		g.WriteString("Failed RPC negotiation. Trace:\n")
		for range 12 {
			fmt.Fprintf(g, "1121 05:04:46.025208 (+%6dus) server_negotiation.cc:205] Beginning negotiation\n", n)
		}
	case roll < 9999 || g.lines < 100:
		g.head('I', tid, "master_service.cc:214")
		fmt.Fprintf(g, "Heartbeat of tserver %s processed in %dus\n", g.ids[n%20], n)
	default:
		g.election(self, tid)
	}
}

func (g *master) election(self string, tid int) {
	line := func(site, format string, args ...any) {
		g.head('I', tid, site)
		fmt.Fprintf(g, "T %s P %s ", sys, self)
		fmt.Fprintf(g, format+"\n", args...)
	}
	line("raft_consensus.cc:482", "[term %d FOLLOWER]: Starting leader election (detected failure of leader %s)", g.term, g.ids[0])
	line("raft_consensus.cc:3037", "[term %d FOLLOWER]: Advancing to term %d", g.term, g.term+1)
	g.term++
	line("leader_election.cc:288", "[CANDIDATE]: Term %d election: Requested vote from peers %s (10.0.12.20:7051)", g.term, g.ids[0])
	line("raft_consensus.cc:686", "[term %d LEADER]: Becoming Leader. State: Replica: %s, State: Running, Role: LEADER", g.term, self)
}

func BenchmarkParse(b *testing.B) {
	log := generate(1, 8<<20)
	b.Run("ordinary", func(b *testing.B) {
		b.SetBytes(int64(len(log)))
		for b.Loop() {
			parse(log)
		}
	})
	b.Run("quiet", func(b *testing.B) { // the same without the lines that say something
		quiet := bytes.ReplaceAll(bytes.ReplaceAll(log, []byte("sys_cat"), []byte("sys_xat")), []byte("catalog_man"), []byte("catalog_xan"))
		b.SetBytes(int64(len(log)))
		for b.Loop() {
			parse(quiet)
		}
	})
	b.Run("score", func(b *testing.B) {
		b.SetBytes(64 << 10)
		for b.Loop() {
			kudu.Dialect{}.Score(log[:64<<10])
		}
	})
	b.Run("relevant", func(b *testing.B) { // nothing but votes, the worst that can be
		line := []byte(`I20261121 05:04:46.025053 15435 tablet_service.cc:1796] Received RequestConsensusVote() RPC: tablet_id: "` + sys +
			`" candidate_uuid: "77cdf8ff9ea64dc1b1ef747d764d7080" candidate_term: 4 candidate_status { last_received { term: 3 ` +
			`index: 14 } } ignore_live_leader: false dest_uuid: "8326fd6e78e84f4bb9efad9554a558a6"` + "\n")
		all := bytes.Repeat(line, 8<<20/len(line))
		b.SetBytes(int64(len(all)))
		for b.Loop() {
			parse(all)
		}
	})
}

// What says nothing costs nothing: no memory but for the line's key.
func TestOrdinaryLinesAllocateNothing(t *testing.T) {
	line := []byte("I20261121 05:04:46.025053 15435 maintenance_manager.cc:382] P 8326fd6e78e84f4bb9efad9554a558a6: Scheduling\n" +
		"  a line behind it: with a colon\n")
	log := bytes.Repeat(line, 100)
	s := text.NewSink()
	s.Keys = make([]uint64, 0, 1<<20)
	kudu.Dialect{}.Parse(text.Region{Bytes: log, Own: len(log)}, s)
	require.LessOrEqual(t, testing.AllocsPerRun(20, func() {
		kudu.Dialect{}.Parse(text.Region{Bytes: log, Own: len(log)}, s)
	}), 1.0) // the scanner
}
