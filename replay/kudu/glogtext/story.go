package glogtext

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// moment is a line of a master's about an election, and what it believes from then on.
type moment struct {
	at      int64 // by a right clock
	site    string
	message string
	belief  belief
}

// belief is what a master thinks of the group. The leader is none of them while an election is under way.
type belief struct {
	term   uint64
	leader int
}

const (
	nobody = -1
	// group is the tablet that holds the masters' catalog.
	group = "00000000000000000000000000000000"
)

// address is a master's.
func address(master int) string { return fmt.Sprintf("10.0.12.%d:7051", 11+master) }

// play makes the history: a leader in term 1, and then one election after the other.
func (c *Cluster) play(d *dice) {
	p := &play{cluster: c, dice: d}
	for m := range Masters {
		p.belief[m] = belief{1, 0}
	}
	p.at = c.Begin
	p.begin(0, 1)
	for m := 1; m < Masters; m++ {
		p.at = c.Begin + p.delay()
		p.follow(m, 0)
	}
	for k := range c.options.Elections {
		p.elect(c.Begin + int64(k+1)*betweenUS + d.below(betweenUS/2) - betweenUS/4)
	}
	for m := range c.stories {
		slices.SortStableFunc(c.stories[m], func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	}
}

// play writes down what happens, at a time.
type play struct {
	*dice
	cluster *Cluster
	at      int64
	belief  [Masters]belief
}

// delay is how long a message takes, in microseconds.
func (p *play) delay() int64 { return 80 + p.below(400) }

// says has a master write a line some microseconds after what happened before.
func (p *play) says(master int, site, format string, args ...any) {
	p.at += 2 + p.below(40)
	p.cluster.stories[master] = append(p.cluster.stories[master], moment{p.at, site, fmt.Sprintf(format, args...),
		p.belief[master]})
}

// replica has a master write a line of raft_consensus.cc, with the prefix that tells its state.
func (p *play) replica(master int, line int, format string, args ...any) {
	b, role := p.belief[master], "FOLLOWER"
	if b.leader == master {
		role = "LEADER"
	}
	p.says(master, fmt.Sprintf("raft_consensus.cc:%d", line), "T %s P %s [term %d %s]: %s", group, p.cluster.IDs[master],
		b.term, role, fmt.Sprintf(format, args...))
}

// elect has a follower miss its leader's heartbeats, ask for votes, and lead. The old leader does not know until its next
// call is refused.
func (p *play) elect(at int64) {
	p.at = at
	old := p.belief[0].leader
	candidate := (old + 1 + int(p.below(Masters-1))) % Masters
	other := Masters - old - candidate
	term := p.belief[old].term + 1
	p.replica(candidate, 482, "Starting pre-election (detected failure of leader %s)", p.cluster.IDs[old])
	p.poll(candidate, other, old, term, true)
	p.replica(candidate, 482, "Starting leader election (detected failure of leader %s)", p.cluster.IDs[old])
	p.advance(candidate, term)
	p.poll(candidate, other, old, term, false)
	p.begin(candidate, term)
	began := p.at
	p.at = began + p.delay()
	p.follow(other, candidate)
	p.depose(old, other, term)
	p.at += p.delay()
	p.follow(old, candidate)
}

func (p *play) advance(master int, term uint64) {
	p.replica(master, 3037, "Advancing to term %d", term)
	p.belief[master] = belief{term, nobody}
}

// poll asks both others for their votes: one grants its own, the leader denies it.
func (p *play) poll(candidate, other, leader int, term uint64, pre bool) {
	ids := &p.cluster.IDs
	vote, election := "vote", "election"
	if pre {
		vote, election = "pre-vote", "pre-election"
	}
	prefix := fmt.Sprintf("T %s P %s [CANDIDATE]: Term %d %s: ", group, ids[candidate], term, election)
	p.says(candidate, "leader_election.cc:288", "%sRequested %s from peers %s (%s), %s (%s)", prefix, vote, ids[leader],
		address(leader), ids[other], address(other))
	sent := p.at
	p.at = sent + p.delay()
	p.asked(leader, candidate, term, pre)
	p.replica(leader, 2367, "Leader %s vote request: Denying vote to candidate %s for term %d because replica is either "+
		"leader or believes a valid leader to be alive.", election, ids[candidate], term)
	p.at = sent + p.delay()
	p.asked(other, candidate, term, pre)
	if !pre {
		p.advance(other, term)
	}
	p.replica(other, 2454, "Leader %s vote request: Granting yes vote for candidate %s in term %d.", election,
		ids[candidate], p.belief[other].term)
	p.at += p.delay()
	p.says(candidate, "leader_election.cc:302", "%sElection decided. Result: candidate won. Election summary: received 2 "+
		"responses out of 3 voters: 2 yes votes; 0 no votes. yes voters: %s, %s; no voters: ", prefix, ids[candidate], ids[other])
	p.replica(candidate, 2781, "Leader %s won for term %d", election, term)
}

func (p *play) asked(voter, candidate int, term uint64, pre bool) {
	suffix := ""
	if pre {
		suffix = " is_pre_election: true"
	}
	p.says(voter, "tablet_service.cc:1796", `Received RequestConsensusVote() RPC: tablet_id: "%s" candidate_uuid: "%s" `+
		`candidate_term: %d candidate_status { last_received { term: %d index: %d } } ignore_live_leader: false dest_uuid: "%s"%s`,
		group, p.cluster.IDs[candidate], term, term-1, 7*term, p.cluster.IDs[voter], suffix)
}

// begin has a master lead.
func (p *play) begin(leader int, term uint64) {
	id := p.cluster.IDs[leader]
	p.belief[leader] = belief{term, leader}
	p.replica(leader, 686, "Becoming Leader. State: Replica: %s, State: Running, Role: LEADER", id)
	p.cluster.Elections = append(p.cluster.Elections, Election{Term: term, Winner: leader, At: p.at})
	p.queue(leader, "LEADER", 235)
	p.informed(leader, "LEADER")
}

// follow has a master hear of its leader.
func (p *play) follow(master, leader int) {
	p.belief[master].leader = leader
	p.informed(master, "FOLLOWER")
}

func (p *play) informed(master int, role string) {
	b := p.belief[master]
	leader := p.cluster.IDs[b.leader]
	prefix := fmt.Sprintf("T %s P %s [sys.catalog]: ", group, p.cluster.IDs[master])
	p.says(master, "sys_catalog.cc:454", "%sSysCatalogTable state changed. Reason: New leader %s. Latest consensus state: "+
		"current_term: %d leader_uuid: \"%s\" committed_config { %s }", prefix, leader, b.term, leader, p.cluster.own)
	p.says(master, "sys_catalog.cc:457", "%sThis master's current role is: %s", prefix, role)
}

func (p *play) queue(master int, mode string, line int) {
	p.says(master, fmt.Sprintf("consensus_queue.cc:%d", line), "T %s P %s [%s]: Queue going to %s mode. State: All replicated "+
		"index: 0, Current term: %d, Majority size: 2, State: 0, Mode: %s, active raft config: %s", group, p.cluster.IDs[master],
		mode, mode, p.belief[master].term, mode, p.cluster.own)
}

// depose has the old leader learn from a refusal that its term is over.
func (p *play) depose(old, by int, term uint64) {
	ids := &p.cluster.IDs
	p.at += p.delay()
	p.replica(by, 1226, "Rejecting Update request from peer %s for earlier term %d. Current term is %d. Ops: []", ids[old],
		term-1, term)
	p.at += p.delay()
	host, port, _ := strings.Cut(address(by), ":")
	p.says(old, "consensus_queue.cc:1044", `T %s P %s [LEADER]: Peer responded invalid term: Peer: permanent_uuid: "%s" `+
		`member_type: VOTER last_known_addr { host: "%s" port: %s }, Status: INVALID_TERM, Last received: %d.%d, Next index: 9, `+
		`Last known committed idx: 13, Time since last communication: 0.000s`, group, ids[old], ids[by], host, port, term-1, 7*term)
	p.replica(old, 3032, "Stepping down as leader of term %d", term-1)
	p.replica(old, 729, "Becoming Follower/Learner. State: Replica: %s, State: Running, Role: LEADER", ids[old])
	p.belief[old].leader = nobody
	p.queue(old, "NON_LEADER", 258)
	p.advance(old, term)
}

// config is the masters' own configuration.
func (c *Cluster) config() string {
	var b strings.Builder
	b.WriteString("opid_index: -1 OBSOLETE_local: false")
	for m, id := range c.IDs {
		host, port, _ := strings.Cut(address(m), ":")
		fmt.Fprintf(&b, ` peers { permanent_uuid: "%s" member_type: VOTER last_known_addr { host: "%s" port: %s } attrs { promote: false `+
			`replace: false } health_report { overall_health: HEALTHY } }`, id, host, port)
	}
	return b.String()
}
