package raftnode

import (
	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"

	"tabletop/engine/trace"
)

// Health is what a leader makes of a peer: HealthReportPB.
type Health uint8

// The states of health. A peer is failed when it has been silent for follower_unavailable_considered_failed_sec, and
// beyond recovery when it needs entries that the leader's log does not hold any more: Kudu copies no catalog by itself.
const (
	HealthUnknown Health = iota
	Healthy
	Failed
	FailedUnrecoverable
)

// String returns the state's name.
func (h Health) String() string {
	return [...]string{"UNKNOWN", "HEALTHY", "FAILED", "FAILED_UNRECOVERABLE"}[h]
}

// HealthOf returns what a leader makes of a peer, given for how long one may be silent.
func (n *Node) HealthOf(m Member, silent trace.Time) Health {
	p := n.peer(m)
	switch {
	case m == n.me:
		return Healthy
	case n.role != trace.Leader || p == nil:
		return HealthUnknown
	case p.lost:
		return FailedUnrecoverable
	case n.host.Now()-p.heard > silent:
		return Failed
	case p.exchanges == 0:
		return HealthUnknown
	}
	return Healthy
}

// FailedPeers returns the peers that a leader holds to be failed, of both kinds.
func (n *Node) FailedPeers(silent trace.Time) (failed []Member) {
	for _, p := range n.peers {
		if n.HealthOf(p.id, silent) >= Failed {
			failed = append(failed, p.id)
		}
	}
	return failed
}

// exchanged notes an answer of a peer. A non-voter has caught up, after its second answer, when with another batch of the
// size of its last one it would have everything that is committed; where the change is refused, it is tried with the
// next answer.
func (n *Node) exchanged(p *peer) {
	if n.role != trace.Leader {
		return
	}
	p.heard = n.host.Now()
	p.exchanges++
	if !p.promotes && n.disk.collected == 0 {
		return
	}
	n.measure(p)
	p.lost = p.next <= n.disk.collected
	batch := p.match - p.received
	p.received = p.match
	if p.promotes && p.exchanges > 1 && p.match > 0 && p.match+batch >= n.commit {
		_, _ = n.ProposeChange(Change{Kind: Promote, Member: p.id}, AnyConfig)
	}
}

// measure asks raft how far a peer is, and whether it is to send anything to it. Its log agrees with the leader's up to
// the last entry; a peer that could not be reached is probed first.
func (n *Node) measure(p *peer) {
	n.raft.WithProgress(func(id uint64, _ raft.ProgressType, pr tracker.Progress) {
		if id == uint64(p.id) {
			p.match, p.next = pr.Match, pr.Next
			p.idle = pr.State == tracker.StateReplicate && !pr.MsgAppFlowPaused && pr.Match == n.tail
		}
	})
}

// probe asks a peer that is beyond recovery whether it has come back on a copied disk: raft has stopped sending to it.
func (n *Node) probe(p *peer) *pb.Message {
	base := n.disk.collected
	return &pb.Message{Type: pb.MsgApp.Enum(), From: new(uint64(n.me)), To: new(uint64(p.id)), Term: new(n.term),
		Index: new(base), LogTerm: new(n.disk.termAt(base)), Commit: new(n.commit)}
}
