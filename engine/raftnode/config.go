package raftnode

import (
	"slices"
	"strconv"

	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"tabletop/engine/trace"
)

// Member is an identity in a group: a node, and which of the disks that it has had. A process that comes back on an empty
// disk at its old address is another member, as Kudu's permanent uuid makes it: it has forgotten its votes. Its number in
// raft is the same; a node's first disk has the node's own.
type Member uint32

const generationBits = 16

// NewMember returns the member that a node is on its disk of the given generation, from 0.
func NewMember(node trace.NodeID, generation uint16) Member {
	return Member(generation)<<generationBits | Member(node)
}

// Node returns the node the member lives on, which is its address.
func (m Member) Node() trace.NodeID { return trace.NodeID(m) }

// Generation returns how many disks the node had before the member's.
func (m Member) Generation() uint16 { return uint16(m >> generationBits) }

// nodeOf returns the node of a raft number, 0 for raft's nobody.
func nodeOf(id uint64) trace.NodeID { return Member(id).Node() }

// Membership is a configuration of a group: who belongs to it, by the entry at Index, which is 0 for the founders.
type Membership struct {
	Index     uint64
	Voters    []Member
	NonVoters []NonVoter
}

// NonVoter is a member that receives the log and has no say. With Promote the leader makes it a voter as soon as it has
// caught up.
type NonVoter struct {
	Member  Member
	Promote bool
}

// Votes reports whether a member is a voter.
func (c Membership) Votes(m Member) bool { return slices.Contains(c.Voters, m) }

// Learns reports whether a member is a non-voter.
func (c Membership) Learns(m Member) bool { return c.learner(m) >= 0 }

// Has reports whether a member belongs to the configuration.
func (c Membership) Has(m Member) bool { return c.Votes(m) || c.Learns(m) }

func (c Membership) learner(m Member) int {
	return slices.IndexFunc(c.NonVoters, func(n NonVoter) bool { return n.Member == m })
}

// promotes reports whether a member waits for its promotion.
func (c Membership) promotes(m Member) bool {
	i := c.learner(m)
	return i >= 0 && c.NonVoters[i].Promote
}

// members returns the voters, then the non-voters.
func (c Membership) members() []Member {
	all := slices.Clone(c.Voters)
	for _, n := range c.NonVoters {
		all = append(all, n.Member)
	}
	return all
}

// after returns the configuration that a change makes of this one.
func (c Membership) after(change Change, index uint64) Membership {
	same := func(m Member) bool { return m == change.Member }
	next := Membership{Index: index, Voters: slices.DeleteFunc(slices.Clone(c.Voters), same),
		NonVoters: slices.DeleteFunc(slices.Clone(c.NonVoters), func(n NonVoter) bool { return same(n.Member) })}
	switch change.Kind {
	case AddNonVoter:
		next.NonVoters = append(next.NonVoters, NonVoter{change.Member, change.Promote})
	case Promote:
		next.Voters = append(next.Voters, change.Member)
	}
	return next
}

// state is the configuration as raft has it.
func (c Membership) state() *pb.ConfState {
	s := &pb.ConfState{Voters: make([]uint64, 0, len(c.Voters))}
	for _, m := range c.Voters {
		s.Voters = append(s.Voters, uint64(m))
	}
	for _, n := range c.NonVoters {
		s.Learners = append(s.Learners, uint64(n.Member))
	}
	return s
}

// Change is a change of one member.
type Change struct {
	Kind   ChangeKind
	Member Member
	// Promote has the leader make an added non-voter a voter when it has caught up.
	Promote bool
}

// ChangeKind says what a change does.
type ChangeKind uint8

// The changes. Kudu adds masters and replicas as non-voters to be promoted.
const (
	AddNonVoter ChangeKind = iota
	Promote
	Remove
)

// String returns the kind's name.
func (k ChangeKind) String() string { return [...]string{"add", "promote", "remove"}[k] }

// toBePromoted is the context of an entry that adds a non-voter with Promote; raft itself has no such mark.
const toBePromoted = "promote"

func (c Change) message() *pb.ConfChangeV2 {
	kind := [...]pb.ConfChangeType{pb.ConfChangeAddLearnerNode, pb.ConfChangeAddNode, pb.ConfChangeRemoveNode}[c.Kind]
	m := &pb.ConfChangeV2{Changes: []*pb.ConfChangeSingle{{Type: kind.Enum(), NodeId: new(uint64(c.Member))}}}
	if c.Promote {
		m.Context = []byte(toBePromoted)
	}
	return m
}

// isChange reports whether an entry changes the configuration.
func isChange(e *pb.Entry) bool { return e.GetType() == pb.EntryConfChangeV2 }

// changeOf returns the change that an entry holds.
func changeOf(e *pb.Entry) (Change, *pb.ConfChangeV2) {
	m := &pb.ConfChangeV2{}
	if err := proto.Unmarshal(e.GetData(), m); err != nil || len(m.GetChanges()) != 1 {
		panic("raftnode: entry " + utoa(e.GetIndex()) + " is not a change of one member")
	}
	c := Change{Member: Member(m.Changes[0].GetNodeId()), Promote: string(m.GetContext()) == toBePromoted}
	switch m.Changes[0].GetType() {
	case pb.ConfChangeAddNode:
		c.Kind = Promote
	case pb.ConfChangeRemoveNode:
		c.Kind = Remove
	}
	return c, m
}

// pendingChange is a change that is in the log and not applied yet; its index is 0 when there is none.
type pendingChange struct {
	Change
	index uint64
}

// findPending looks for the change that a disk's log holds behind what is applied.
func findPending(d *Disk) (found pendingChange) {
	last, _ := d.lastEntry()
	if last <= d.applied {
		return found
	}
	entries, err := d.Entries(d.applied+1, last+1, noLimit)
	if err != nil {
		panic("raftnode: memory storage: " + err.Error())
	}
	for _, e := range entries {
		if isChange(e) {
			c, _ := changeOf(e)
			found = pendingChange{c, e.GetIndex()}
		}
	}
	return found
}

// name returns how a member is shown: its node's name, with its number when it is not the node's first.
func (n *Node) name(m Member) string {
	name := n.Record.Info(m.Node()).ID
	if g := m.Generation(); g > 0 {
		name += "#" + strconv.Itoa(int(g)+1)
	}
	return name
}

// recordConfig records the committed configuration, from its first change on, and the pending one.
func (n *Node) recordConfig() {
	if n.Record.Outline() {
		return
	}
	if c := n.disk.members; c.Index > 0 {
		text := utoa(c.Index) + ":"
		for _, m := range c.Voters {
			text += " " + n.name(m)
		}
		for _, l := range c.NonVoters {
			text += " (" + n.name(l.Member) + ")"
		}
		n.cell(trace.Disk, "config", text)
	}
	if p := n.pending; p.index > 0 {
		n.cell(trace.Disk, "pending config", utoa(p.index)+": "+p.Kind.String()+" "+n.name(p.Member))
	} else {
		n.Record.RemoveCell(n.ID, n.Group, trace.Disk, "pending config")
	}
}
