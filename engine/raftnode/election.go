package raftnode

import (
	pb "go.etcd.io/raft/v3/raftpb"

	"tabletop/engine/trace"
)

// Kudu's election timing (raft_consensus.cc) in place of raft's own. Why: raft draws every timeout from [E, 2E); Kudu
// detects a failure exactly E after the last accepted update, and the follower that noticed last wins.

func (n *Node) armElection(after trace.Time) {
	if n.Etcd || !n.votes {
		return // raft's own timer runs, or nobody would vote for it
	}
	at := n.host.Now() + after
	n.detecting = true
	n.host.Arm(Timer{Kind: ElectionTimer}, at)
	n.record(trace.FieldTimer, uint64(at))
}

func (n *Node) disarmElection() {
	n.detecting = false
	n.host.Disarm(Timer{Kind: ElectionTimer})
	n.record(trace.FieldTimer, 0)
}

// backoff is drawn after an election was started, lost or granted: E to E·1.5^(failed+1).
func (n *Node) backoff() trace.Time {
	hi := n.timeout()
	for i := 0; i <= n.failed && hi < maxBackoff; i++ {
		hi = hi * 3 / 2
	}
	return n.Random.Between(n.timeout(), max(n.timeout(), min(hi, maxBackoff)))
}

// lead is the moment of becoming leader: no failure detection, no vote for anybody, heartbeats to each peer in a phase
// of its own.
func (n *Node) lead() {
	n.offered = false
	if !n.Etcd {
		n.withhold = forever
		n.failed = 0
		n.disarmElection()
	}
	for _, p := range n.peers {
		n.greet(p)
	}
	if !n.Etcd {
		n.armTick()
	}
}

// greet begins to lead a peer, of which nothing is known yet.
func (n *Node) greet(p *peer) {
	p.outstanding, p.held, p.acked, p.match, p.idle = false, nil, -forever, 0, false
	p.heard, p.exchanges, p.received, p.next, p.lost = n.host.Now(), 0, 0, 0, false
	if !n.Etcd {
		n.armHeartbeat(p)
	}
}

// follow is the moment of stepping down.
func (n *Node) follow() {
	for _, p := range n.peers {
		p.held = nil
		n.host.Disarm(Timer{Kind: HeartbeatTimer, Peer: p.id})
	}
	n.reads, n.parting = nil, nil
	n.armElection(n.Random.Around(n.timeout()))
}

// accepted is called for every update of the present leader: the failure detector starts anew.
func (n *Node) accepted(from trace.NodeID) {
	n.heard = n.host.Now()
	if !n.Etcd || n.Reads == ReadClockLease { // under etcd's timers only a lease needs the promise
		n.withhold = n.heard + n.timeout()
	}
	n.failed = 0
	n.armElection(n.timeout())
	n.recordHeard(from)
	if n.CheckQuorum && !n.Etcd {
		n.armTick()
	}
}

func (n *Node) armHeartbeat(p *peer) {
	n.host.Arm(Timer{Kind: HeartbeatTimer, Peer: p.id}, n.host.Now()+n.Phases.Around(n.Heartbeat))
}

// heartbeat sends a peer what raft's own heartbeat carries. Raft beats to all peers at once; Kudu has a timer per peer,
// and leaves the beat out while a request is outstanding, so that a frozen peer has one waiting.
func (n *Node) heartbeat(p *peer) {
	if n.role != trace.Leader {
		return
	}
	n.armHeartbeat(p)
	if p.outstanding {
		return
	}
	if !p.idle {
		n.measure(p)
	}
	if p.lost {
		n.update(p, n.probe(p))
		return
	}
	n.update(p, n.beat(p, min(p.match, n.commit)))
}

// beat returns a peer's heartbeat.
func (n *Node) beat(p *peer, commit uint64) *pb.Message {
	if p.last.GetTerm() != n.term || p.last.GetCommit() != commit {
		p.last = &pb.Message{Type: pb.MsgHeartbeat.Enum(), From: new(uint64(n.me)), To: new(uint64(p.id)), Term: new(n.term),
			Commit: new(commit)}
	}
	return p.last
}

// update sends an UpdateConsensus call.
func (n *Node) update(p *peer, m *pb.Message) {
	p.outstanding, p.sent = true, n.host.Now()
	p.call = n.host.Call(p.id.Node(), Request{m}, n.UpdateTimeout)
	if m.GetType() == pb.MsgApp && len(m.Entries) > 0 {
		n.armHeartbeat(p)
	}
}

// withheld reports whether a vote request is refused unread: by a leader always, by a follower that heard from its
// leader less than E ago. A leadership transfer overrides it.
func (n *Node) withheld(m *pb.Message) bool {
	if t := m.GetType(); t != pb.MsgVote && t != pb.MsgPreVote {
		return false
	}
	return string(m.GetContext()) != "CampaignTransfer" && n.host.Now() < n.withhold
}

// deny answers a vote call in the voter's name as raft expects it: with the caller's own term.
func deny(m *pb.Message) *pb.Message {
	kind, term := pb.MsgVoteResp, m.GetTerm()
	if m.GetType() == pb.MsgPreVote {
		kind, term = pb.MsgPreVoteResp, term-1
	}
	return &pb.Message{Type: kind.Enum(), From: m.To, To: m.From, Term: new(term), Reject: new(true)}
}
