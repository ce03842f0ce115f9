package glogtext

import (
	"fmt"
	"strconv"
	"time"
)

// pen writes a file of a master's.
type pen struct {
	dice
	cluster *Cluster
	master  int
	belief  belief
	b       []byte
}

// tablet is a replicated piece of a table, on three tablet servers.
type tablet struct {
	id      string
	servers [3]int // of tabletServers
	ids     [3]string
	config  string
}

const tabletServers = 20

func newTablets(d *dice) []tablet {
	var servers [tabletServers]string
	for i := range servers {
		servers[i] = d.uuid()
	}
	all := make([]tablet, 200)
	for i := range all {
		t := &all[i]
		t.id, t.config = d.uuid(), fmt.Sprintf("opid_index: %d OBSOLETE_local: false", 3*i)
		for k := range t.servers {
			s := (7*i + k) % tabletServers
			t.servers[k], t.ids[k] = s, servers[s]
			t.config += fmt.Sprintf(` peers { permanent_uuid: "%s" member_type: VOTER last_known_addr { host: "10.0.13.%d" port: 7050 } `+
				`health_report { overall_health: HEALTHY } }`, servers[s], s)
		}
	}
	return all
}

func (p *pen) preamble(at int64) {
	begun := time.UnixMicro(p.cluster.stamp(p.master, at)).UTC()
	p.b = begun.AppendFormat(append(p.b, "Log file created at: "...), "2006/01/02 15:04:05")
	p.words("\nRunning on machine: m", strconv.Itoa(p.master+1), "\nRunning duration (h:mm:ss): 0:00:00\n",
		"Log line format: [IWEF]yyyymmdd hh:mm:ss.uuuuuu threadid file:line] msg\n")
}

func (p *pen) words(all ...string) {
	for _, s := range all {
		p.b = append(p.b, s...)
	}
}

func (p *pen) number(n int64) { p.b = strconv.AppendInt(p.b, n, 10) }

// head writes a header. A file has 24 threads.
func (p *pen) head(severity byte, at int64, site string) {
	p.b = append(p.b, severity)
	p.b = time.UnixMicro(p.cluster.stamp(p.master, at)).UTC().AppendFormat(p.b, "20060102 15:04:05.000000 ")
	p.number(15_400 + p.below(24))
	p.words(" ", site, "] ")
}

func (p *pen) believes(m moment) { p.belief = m.belief }

// tell writes a line of an election.
func (p *pen) tell(m moment) {
	p.head('I', m.at, m.site)
	p.words(m.message, "\n")
	p.believes(m)
}

// work writes one of the lines that a master writes all the time, as often as they came in a cluster of 20 tablet servers
// whose debug lines were on.
func (p *pen) work(at int64) {
	id, t := p.cluster.IDs[p.master], &p.cluster.tablets[p.below(int64(len(p.cluster.tablets)))]
	switch roll := p.below(100); {
	case roll < 25:
		p.head('I', at, "maintenance_manager.cc:382")
		p.words("P ", id, ": Scheduling UndoDeltaBlockGCOp(", t.id, "): ")
		p.number(p.below(1 << 24))
		p.words(" bytes on disk, perf score=0.500000\n")
	case roll < 42:
		p.reported(at, t)
	case roll < 60:
		p.updated(at)
	case roll < 72:
		p.head('I', at, "ts_manager.cc:94")
		p.words("Heartbeat of tserver ", t.ids[0], " (10.0.13.")
		p.number(int64(t.servers[0]))
		p.words(":7050) processed in ")
		p.number(p.below(900))
		p.words("us\n")
	case roll < 80:
		p.head('W', at, "outbound_call.cc:330")
		p.words("RPC call kudu.consensus.ConsensusService.UpdateConsensus -> {remote=10.0.13.")
		p.number(int64(t.servers[0]))
		p.words(":7050, user_credentials={real_user=kudu}} timed out after 30.000s (SENT)\n")
	case roll < 90:
		p.dumped(at)
	case roll < 92:
		p.traced(at)
	default:
		p.head('I', at, "auto_rebalancer.cc:181")
		p.words("Tablet ", t.id, " is balanced: ")
		p.number(p.below(100))
		p.words(" replicas on ", t.ids[1], "\n")
	}
}

// reported writes that a tablet has another leader in another term.
func (p *pen) reported(at int64, t *tablet) {
	term := 2 + (at-p.cluster.Begin)/1000
	from, to := term%3, (term+1)%3
	p.head('I', at, "catalog_manager.cc:5331")
	p.words("T ", t.id, " P ", t.ids[to], " reported cstate change: term changed from ")
	p.number(term - 1)
	p.words(" to ")
	p.number(term)
	p.words(", leader changed from ", t.ids[from], " (10.0.13.")
	p.number(int64(t.servers[from]))
	p.words(") to ", t.ids[to], " (10.0.13.")
	p.number(int64(t.servers[to]))
	p.words("). New cstate: current_term: ")
	p.number(term)
	p.words(` leader_uuid: "`, t.ids[to], `" committed_config { `, t.config, " }\n")
}

// updated writes a debug line of the replica: a follower's call from its leader, a leader's queue.
func (p *pen) updated(at int64) {
	id, b := p.cluster.IDs[p.master], p.belief
	index := (at - p.cluster.Begin) / 500
	if b.leader == p.master || b.leader == nobody {
		p.head('I', at, "consensus_queue.cc:1110")
		p.words("T ", group, " P ", id, " [LEADER]: Updated watermarks from ")
	} else {
		p.head('I', at, "raft_consensus.cc:1108")
		p.words("T ", group, " P ", id, " [term ")
		p.number(int64(b.term))
		p.words(` FOLLOWER]: Replica received consensus request: caller_uuid: "`, p.cluster.IDs[b.leader], `" caller_term: `)
		p.number(int64(b.term))
		p.words(` preceding_id { term: `)
		p.number(int64(b.term))
		p.words(` index: `)
	}
	p.number(index)
	p.words(" } committed_index: ")
	p.number(index)
	p.words("\n")
}

// dumped writes the state of the masters' own group: nothing but somebody's health has changed.
func (p *pen) dumped(at int64) {
	p.head('I', at, "sys_catalog.cc:454")
	p.words("T ", group, " P ", p.cluster.IDs[p.master], " [sys.catalog]: SysCatalogTable state changed. Reason: Peer health change. ",
		"Latest consensus state: current_term: ")
	p.number(int64(p.belief.term))
	if l := p.belief.leader; l != nobody {
		p.words(` leader_uuid: "`, p.cluster.IDs[l], `"`)
	}
	p.words(" committed_config { ", p.cluster.own, " }\n")
}

// traced writes a call that failed, in many lines.
func (p *pen) traced(at int64) {
	p.head('W', at, "negotiation.cc:331")
	p.words("Failed RPC negotiation. Trace:\n")
	for i := range int64(8) {
		p.b = time.UnixMicro(p.cluster.stamp(p.master, at)+9*i).UTC().AppendFormat(p.b, "0102 15:04:05.000000")
		p.words(" (+     9us) server_negotiation.cc:205] Received NEGOTIATE NegotiatePB request\n")
	}
	p.words("Metrics: {\"server-negotiator.queue_time_us\":183,\"thread_start_us\":23,\"threads_started\":1}\n")
}
