package raftnode

import (
	"fmt"
	"slices"

	pb "go.etcd.io/raft/v3/raftpb"

	"tabletop/engine/trace"
)

// Refusal is why a change of the configuration, or a transfer, was not begun.
type Refusal string

// Error returns the reason in words.
func (r Refusal) Error() string { return string(r) }

// The refusals, in the order in which they are looked for.
const (
	NotLeading    Refusal = "the member does not lead its group"
	ChangePending Refusal = "a change of the configuration is pending, and only one may be"
	NoneCommitted Refusal = "the leader has committed no entry of its own term yet"
	OtherConfig   Refusal = "the committed configuration is another one"
	AlreadyMember Refusal = "it is a member already"
	NotMember     Refusal = "it is not a member"
	AlreadyVotes  Refusal = "it is a voter already"
	LeaderItself  Refusal = "a leader does not remove itself"
	HandingOver   Refusal = "the leader is handing over"
	NotVoter      Refusal = "it is not a voter in the active configuration"
)

// AnyConfig has a change made whatever the committed configuration is.
const AnyConfig = ^uint64(0)

// ProposeChange appends a change of the configuration to the log and returns the entry's index. It is refused, with a
// Refusal in the error, where Kudu's leader refuses it, and unless the entry at the index of was what made the committed
// configuration, which compares and swaps.
//
// In Kudu a change is in force, pending, as soon as it is appended; in raft as implemented here when it is committed and
// applied. So that it can be seen, a pending one is in the disk's cell "pending config". The difference tells where a change
// cannot be committed: Kudu counts the majority of the configuration that is coming, raft that of the present one.
func (n *Node) ProposeChange(c Change, of uint64) (index uint64, err error) {
	if err := n.refusal(c, of); err != nil {
		return 0, fmt.Errorf("%s %s: %w", c.Kind, n.name(c.Member), err)
	}
	n.enter()
	err = n.raft.ProposeConfChange(c.message())
	leave()
	if err != nil {
		n.advance()
		return 0, fmt.Errorf("%s %s: %w", c.Kind, n.name(c.Member), HandingOver)
	}
	n.tail++
	index = n.tail
	n.advance()
	return index, nil
}

func (n *Node) refusal(c Change, of uint64) error {
	members := n.disk.members
	switch {
	case n.role != trace.Leader:
		return NotLeading
	case n.advancing: // the host proposes while an entry is applied, which raft may take for a pending change
		return ChangePending
	case n.pending.index > 0:
		return fmt.Errorf("%w: %s %s", ChangePending, n.pending.Kind, n.name(n.pending.Member))
	case n.disk.termAt(n.commit) != n.term:
		return NoneCommitted
	case of != AnyConfig && of != members.Index:
		return fmt.Errorf("%w: of entry %d, not of entry %d", OtherConfig, members.Index, of)
	case c.Kind == AddNonVoter && members.Has(c.Member):
		return AlreadyMember
	case c.Kind != AddNonVoter && !members.Has(c.Member):
		return NotMember
	case c.Kind == Promote && members.Votes(c.Member):
		return AlreadyVotes
	case c.Kind == Remove && c.Member == n.me:
		return LeaderItself
	}
	return nil
}

// appended notes a change of the configuration that came into the log, or that another leader's entries took out of it.
func (n *Node) appended(entries []*pb.Entry) {
	was := n.pending.index
	if n.pending.index >= entries[0].GetIndex() {
		n.pending = pendingChange{}
	}
	for _, e := range entries {
		if isChange(e) {
			c, _ := changeOf(e)
			n.pending = pendingChange{c, e.GetIndex()}
		}
	}
	if n.pending.index != was {
		n.recordConfig()
	}
}

// reconfigure applies a committed change.
func (n *Node) reconfigure(e *pb.Entry) {
	change, message := changeOf(e)
	n.enter()
	n.raft.ApplyConfChange(message)
	leave()
	n.disk.members = n.disk.members.after(change, e.GetIndex())
	if n.pending.index <= e.GetIndex() {
		n.pending = pendingChange{}
	}
	n.recordConfig()
	n.regroup()
	n.observe()
	n.recordBelief()
	n.host.Changed()
}

// regroup has the peers be those of the configuration. A voter detects failures, another member does not: one that
// becomes a voter waits for E, a quarter more or less.
func (n *Node) regroup() {
	c := n.disk.members
	n.peers = slices.DeleteFunc(n.peers, func(p *peer) bool {
		if c.Has(p.id) {
			return false
		}
		n.part(p)
		return true
	})
	for _, m := range c.members() {
		if m == n.me {
			continue
		}
		p := n.peer(m)
		if p == nil {
			p = &peer{id: m}
			n.peers = append(n.peers, p)
			if n.role == trace.Leader {
				n.greet(p)
			}
		}
		p.votes, p.promotes = c.Votes(m), c.promotes(m)
	}
	voted := n.votes
	n.votes = c.Votes(n.me)
	switch {
	case voted && !n.votes:
		n.disarmElection()
	case !voted && n.votes:
		n.armElection(n.Random.Around(n.timeout()))
	}
}

// part lets go of a peer that is removed. One that still owes an answer is told of the commit afterwards, so that it
// knows and does not stand for election; one that is out of touch will, and nobody votes for it.
func (n *Node) part(p *peer) {
	n.host.Disarm(Timer{Kind: HeartbeatTimer, Peer: p.id})
	if n.role == trace.Leader && p.outstanding {
		n.parting = append(n.parting, p)
	}
}

// parted handles the last answer of a peer that was removed.
func (n *Node) parted(call uint64, a Answer) {
	i := slices.IndexFunc(n.parting, func(p *peer) bool { return p.call == call })
	if i < 0 {
		return
	}
	p := n.parting[i]
	n.parting = slices.Delete(n.parting, i, i+1)
	if m := a.Message; m.GetType() == pb.MsgAppResp && !m.GetReject() && m.GetTerm() == n.term {
		n.host.Call(p.id.Node(), Request{n.beat(p, min(m.GetIndex(), n.commit))}, n.UpdateTimeout)
	}
}

// Config is what a member tells of its group, as Kudu's ConsensusStatePB. Index is that of the committed configuration.
type Config struct {
	Term              uint64
	Leader            trace.NodeID
	Index             uint64
	Voters, NonVoters []trace.NodeID
}

// Config returns what the member knows of its group.
func (n *Node) Config() Config {
	c := Config{Term: n.term, Leader: n.Leader(), Index: n.disk.members.Index}
	for _, m := range n.disk.members.Voters {
		c.Voters = append(c.Voters, m.Node())
	}
	for _, l := range n.disk.members.NonVoters {
		c.NonVoters = append(c.NonVoters, l.Member.Node())
	}
	return c
}

// Pending reports whether a change of the configuration is in the log and not applied yet.
func (n *Node) Pending() bool { return n.pending.index > 0 }

// Members returns the committed configuration with its members' identities. It must not be changed.
func (n *Node) Members() Membership { return n.disk.members }
