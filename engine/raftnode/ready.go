package raftnode

import (
	"encoding/binary"
	"slices"
	"strconv"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	"tabletop/engine/trace"
)

// advance runs raft's Ready loop: persist, record what changed, send, apply.
func (n *Node) advance() {
	if n.advancing {
		return
	}
	n.advancing = true
	defer func() { n.advancing = false }()
	for n.raft.HasReady() {
		n.enter()
		rd := n.raft.Ready()
		leave()
		if k := len(rd.Entries); k > 0 {
			n.tail = rd.Entries[k-1].GetIndex()
		}
		n.persist(rd)
		if rd.SoftState != nil || rd.HardState != nil { // the role, term, vote or leader may have changed
			n.observe()
		}
		n.recordLog(rd)
		for _, m := range rd.Messages {
			n.dispatch(m)
		}
		for _, e := range rd.CommittedEntries {
			n.apply(e)
		}
		n.reads = append(n.reads, rd.ReadStates...)
		n.enter()
		n.raft.Advance(rd)
		leave()
		n.serveReads()
	}
}

func (n *Node) persist(rd raft.Ready) {
	if rd.HardState != nil {
		if err := n.disk.SetHardState(rd.HardState); err != nil {
			panic("raftnode: memory storage: " + err.Error())
		}
	}
	if err := n.disk.Append(rd.Entries); err != nil {
		panic("raftnode: memory storage: " + err.Error())
	}
}

// recordLog records appended, truncated and committed entries.
func (n *Node) recordLog(rd raft.Ready) {
	if len(rd.Entries) > 0 {
		if first := rd.Entries[0].GetIndex(); first <= n.last {
			n.emit(trace.Event{Kind: trace.Truncate, Index: first, Term: uint32(n.term)})
		}
		for _, e := range rd.Entries {
			n.emit(trace.Event{Kind: trace.Append, Index: e.GetIndex(), Term: uint32(e.GetTerm()), Digest: digest(e)})
			n.last = e.GetIndex()
		}
		n.appended(rd.Entries)
		n.recordDisk()
	}
	if commit := rd.HardState.GetCommit(); commit > n.commit {
		n.commit = commit
		n.emit(trace.Event{Kind: trace.Commit, Index: commit, Term: uint32(n.disk.termAt(commit))})
		n.record(trace.FieldCommit, commit)
	}
}

func (n *Node) apply(e *pb.Entry) {
	n.emit(trace.Event{Kind: trace.Apply, Index: e.GetIndex(), Term: uint32(e.GetTerm()), Digest: digest(e)})
	n.disk.applied = e.GetIndex()
	n.record(trace.FieldApplied, e.GetIndex())
	if isChange(e) {
		n.reconfigure(e)
		return
	}
	n.host.Apply(Entry{Data: e.GetData(), Index: e.GetIndex(), Term: e.GetTerm()})
}

func (n *Node) serveReads() {
	for len(n.reads) > 0 && n.reads[0].Index <= n.disk.applied {
		read := binary.BigEndian.Uint64(n.reads[0].RequestCtx)
		n.reads = n.reads[1:]
		n.host.ReadReady(read)
	}
}

// observe compares raft's state with what is recorded and records the difference.
func (n *Node) observe() {
	s := n.raft.BasicStatus()
	role, term, vote, lead := n.roleOf(s.RaftState), s.HardState.GetTerm(), s.HardState.GetVote(), s.Lead
	was, wasTerm, followed := n.role, n.term, n.leader
	if role == was && term == wasTerm && vote == n.vote && lead == n.leader {
		return
	}
	if was == trace.Leader && role != trace.Leader {
		n.emit(trace.Event{Kind: trace.StepDown, Term: uint32(wasTerm)})
	}
	n.role, n.term = role, term
	if term != wasTerm {
		n.emit(trace.Event{Kind: trace.TermAdvanced, Term: uint32(term)})
		n.record(trace.FieldTerm, term)
	}
	if vote != n.vote {
		n.vote = vote
		if vote != 0 && vote != uint64(n.me) {
			n.emit(trace.Event{Kind: trace.Vote, Peer: nodeOf(vote), Term: uint32(term)})
		}
		n.record(trace.FieldVote, uint64(nodeOf(vote)))
	}
	if role != was || term != wasTerm && role == trace.Candidate {
		n.enterRole(role, was, term == wasTerm && lead == 0)
	}
	n.record(trace.FieldRole, uint64(role))
	if lead != n.leader {
		n.leader = lead
		if lead != 0 && lead != uint64(n.me) {
			n.emit(trace.Event{Kind: trace.LeaderKnown, Peer: nodeOf(lead), Term: uint32(term)})
		}
		n.record(trace.FieldLeader, uint64(nodeOf(lead)))
	}
	n.recordDisk()
	n.recordBelief()
	if role != was || term != wasTerm || lead != followed {
		n.host.Changed()
	}
}

// enterRole starts what a new role starts. An election is lost when its candidate follows nobody in an unchanged term.
func (n *Node) enterRole(role, was trace.Role, lost bool) {
	switch role {
	case trace.PreCandidate:
		n.emit(trace.Event{Kind: trace.PreCampaign, Term: uint32(n.term + 1)})
	case trace.Candidate:
		n.asked = nil
		n.emit(trace.Event{Kind: trace.Campaign, Term: uint32(n.term)})
	case trace.Leader:
		n.emit(trace.Event{Kind: trace.Elected, Term: uint32(n.term)})
		n.lead()
	case trace.Follower, trace.Learner:
		if was == trace.Follower || was == trace.Learner {
			return // by a change of the configuration; it follows whom it followed
		}
		n.withhold = -forever
		switch was {
		case trace.Leader:
			n.follow()
		case trace.PreCandidate, trace.Candidate:
			if lost {
				n.failed++
				n.emit(trace.Event{Kind: trace.ElectionLost, Term: uint32(n.term)})
				n.armElection(n.backoff())
			} else {
				n.armElection(n.Random.Around(n.timeout())) // an update or a granted vote sets it anew at once
			}
		}
		n.asked = nil
	}
}

func (n *Node) roleOf(s raft.StateType) trace.Role {
	switch s {
	case raft.StateLeader:
		return trace.Leader
	case raft.StateCandidate:
		return trace.Candidate
	case raft.StatePreCandidate:
		return trace.PreCandidate
	}
	if n.disk.members.Learns(n.me) {
		return trace.Learner
	}
	return trace.Follower
}

func (n *Node) emit(e trace.Event) trace.EventID {
	e.At, e.Node, e.Group, e.Cause = n.host.Now(), n.ID, n.Group, n.cause
	return n.Record.Emit(e)
}

func (n *Node) record(f trace.Field, v uint64) { n.Record.SetField(n.ID, n.Group, f, v) }

// recordCopy tells of what a copied disk brought with it, when a member first starts on it: everything that is committed,
// and the entries behind that.
func (n *Node) recordCopy() {
	if !n.disk.copied {
		return
	}
	n.disk.copied = false
	if n.disk.replaced {
		n.emit(trace.Event{Kind: trace.Wipe})
	}
	if n.commit > 0 {
		n.emit(trace.Event{Kind: trace.Commit, Index: n.commit, Term: uint32(n.disk.termAt(n.commit))})
	}
	if n.last == n.commit {
		return
	}
	entries, err := n.disk.Entries(n.commit+1, n.last+1, noLimit)
	if err != nil {
		panic("raftnode: memory storage: " + err.Error())
	}
	for _, e := range entries {
		n.emit(trace.Event{Kind: trace.Append, Index: e.GetIndex(), Term: uint32(e.GetTerm()), Digest: digest(e)})
	}
}

// recordDisk records the cells that survive a crash.
func (n *Node) recordDisk() {
	if n.Record.Outline() {
		return
	}
	index, term := n.disk.lastEntry()
	n.cell(trace.Disk, "term", strconv.FormatUint(n.term, 10))
	vote := "–"
	if n.vote != 0 {
		vote = n.Record.Info(nodeOf(n.vote)).ID
	}
	n.cell(trace.Disk, "voted for", vote)
	n.cell(trace.Disk, "log", strconv.FormatUint(term, 10)+"."+strconv.FormatUint(index, 10))
}

// recordBelief records what the node holds to be true, in memory.
func (n *Node) recordBelief() {
	if n.Record.Outline() {
		return
	}
	role := n.role.String()
	if !n.disk.members.Has(n.me) {
		role = "not a member"
	}
	n.cell(trace.Memory, "role", role)
	lead := "–"
	if n.leader != 0 {
		lead = n.Record.Info(n.Leader()).ID
	}
	n.cell(trace.Memory, "leader", lead)
}

// hearsay is the cell that tells of which leader, of which term, a node heard last.
type hearsay struct {
	from      trace.NodeID
	term      uint64
	key, text trace.StringID
}

func (n *Node) recordHeard(from trace.NodeID) {
	if n.Record.Outline() {
		return
	}
	h := &n.hearsay
	if h.from != from || h.term != n.term {
		*h = hearsay{from, n.term, n.Record.Intern("heard " + n.Record.Info(from).ID), n.Record.Intern("t" + utoa(n.term))}
	}
	n.Record.Refresh(n.ID, n.Group, trace.Memory, h.key, h.text)
}

// cell records a cell that is new or has another text.
func (n *Node) cell(s trace.Shelf, key, text string) {
	if !n.Record.HasCell(n.ID, n.Group, s, key, text) {
		n.Record.SetCell(n.ID, n.Group, s, key, text)
	}
}

// digest identifies an entry's content (FNV-1a).
func digest(e *pb.Entry) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	h = (h ^ uint64(e.GetType())) * prime
	for _, b := range e.GetData() {
		h = (h ^ uint64(b)) * prime
	}
	return h
}

func isUpdate(m *pb.Message) bool {
	return slices.Contains([]pb.MessageType{pb.MsgApp, pb.MsgHeartbeat, pb.MsgSnap}, m.GetType())
}
