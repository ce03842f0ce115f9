package raftnode

import (
	"slices"
	"strconv"

	pb "go.etcd.io/raft/v3/raftpb"

	"tabletop/engine/trace"
)

func utoa(v uint64) string { return strconv.FormatUint(v, 10) }

// dispatch sends what raft wants sent: answers to the caller that waits for them, votes and updates as calls.
func (n *Node) dispatch(m *pb.Message) {
	to := Member(m.GetTo())
	switch m.GetType() {
	case pb.MsgAppResp, pb.MsgHeartbeatResp, pb.MsgVoteResp, pb.MsgPreVoteResp:
		if to == n.caller {
			n.answer = m
		}
	case pb.MsgVote, pb.MsgPreVote:
		n.asked = append(n.asked, voteCall{call: n.host.Call(to.Node(), Request{m}, n.drawn), message: m})
	case pb.MsgHeartbeat:
		if n.Etcd || len(m.GetContext()) > 0 { // confirms a ReadIndex; raft's periodic ones are replaced by ours
			n.push(to, m)
		}
	case pb.MsgApp, pb.MsgSnap:
		n.push(to, m)
	default:
		n.host.Call(to.Node(), Request{m}, n.UpdateTimeout)
	}
}

func (n *Node) push(to Member, m *pb.Message) {
	p := n.peer(to)
	if p.outstanding && !n.Etcd {
		p.held = append(p.held, m)
		return
	}
	n.update(p, m)
}

// Handle handles an RPC of a peer. It returns false when raft has no answer to it.
func (n *Node) Handle(from trace.NodeID, r Request) (Answer, bool) {
	if Member(r.Message.GetTo()) != n.me {
		return Answer{Stranger: true}, true
	}
	if n.withheld(r.Message) {
		n.emit(trace.Event{Kind: trace.VoteDenied, Peer: from, Term: uint32(r.Message.GetTerm()),
			Text: n.Record.Intern("leader is alive")})
		return Answer{}, true
	}
	m := n.nod(r.Message)
	if m == nil {
		m = n.ask(r.Message)
	}
	if m == nil && !n.Etcd && isUpdate(r.Message) && r.Message.GetTerm() < n.term {
		// Without pre-vote raft ignores an old leader; a Kudu follower always answers it INVALID_TERM.
		m = &pb.Message{Type: pb.MsgAppResp.Enum(), From: new(uint64(n.me)), To: r.Message.From, Term: new(n.term)}
	}
	if m == nil {
		return Answer{}, false
	}
	switch r.Message.GetType() {
	case pb.MsgApp, pb.MsgHeartbeat:
		if r.Message.GetTerm() == n.term {
			n.accepted(from)
		}
	case pb.MsgVote, pb.MsgPreVote:
		if m.GetReject() {
			n.emit(trace.Event{Kind: trace.VoteDenied, Peer: from, Term: uint32(r.Message.GetTerm()),
				Text: n.Record.Intern("already voted")})
		} else if n.detecting {
			n.armElection(n.backoff()) // granting even a pre-vote snoozes the voter's own detector, if it runs
		}
	}
	return Answer{Message: m}, true
}

// ask has raft handle a request, and returns its answer.
func (n *Node) ask(m *pb.Message) *pb.Message {
	n.caller, n.answer = Member(m.GetFrom()), nil
	n.step(m)
	answer := n.answer
	n.caller, n.answer = 0, nil
	return answer
}

// quiet reports whether a message is a heartbeat, or the answer to one, of the present term that confirms no read, and
// raft's own clock, which each of them winds, stands still. Most messages of a cluster with many tablets are such.
func (n *Node) quiet(m *pb.Message) bool {
	return m.GetTerm() == n.term && len(m.GetContext()) == 0 && !n.Etcd && !n.CheckQuorum
}

// nod answers a heartbeat that tells raft nothing: it comes from the leader that it follows, and what is committed it
// knows. Raft would answer the same.
func (n *Node) nod(m *pb.Message) *pb.Message {
	if m.GetType() != pb.MsgHeartbeat || m.GetFrom() != n.leader || n.role > trace.Learner || m.GetCommit() > n.commit ||
		!n.quiet(m) {
		return nil
	}
	if n.nodded.GetTo() != n.leader || n.nodded.GetTerm() != n.term {
		n.nodded = &pb.Message{Type: pb.MsgHeartbeatResp.Enum(), From: new(uint64(n.me)), To: new(n.leader), Term: new(n.term)}
	}
	return n.nodded
}

func (n *Node) step(m *pb.Message) {
	n.enter()
	_ = n.raft.Step(m) // it only reports messages that raft ignores
	leave()
	n.advance()
}

// Answered ends a call with its answer.
func (n *Node) Answered(call uint64, from trace.NodeID, a Answer) {
	if a.Stranger {
		n.Failed(call, from, false)
		return
	}
	i := slices.IndexFunc(n.asked, func(v voteCall) bool { return v.call == call })
	switch {
	case i >= 0:
		m := n.asked[i].message
		n.asked = slices.Delete(n.asked, i, i+1)
		if a.Message == nil {
			n.step(deny(m))
		} else {
			n.step(a.Message)
		}
	case a.Message != nil:
		n.updated(call, a)
	}
}

// updated ends an update with its answer.
func (n *Node) updated(call uint64, a Answer) {
	p := n.peer(Member(a.Message.GetFrom()))
	if p == nil {
		n.parted(call, a)
		return
	}
	done := p.outstanding && p.call == call
	if done {
		p.outstanding = false
		p.acked = max(p.acked, p.sent)
	}
	if !p.idle || p.match != n.tail || a.Message.GetType() != pb.MsgHeartbeatResp || !n.quiet(a.Message) {
		p.idle = false
		n.step(a.Message)
	}
	if done {
		n.release(p)
	}
	n.exchanged(p)
}

// release sends what waited for the outstanding update.
func (n *Node) release(p *peer) {
	for len(p.held) > 0 && !p.outstanding && n.role == trace.Leader {
		m := p.held[0]
		p.held = p.held[1:]
		if m.GetTerm() == n.term {
			n.update(p, m)
		}
	}
}

// Failed ends a call without an answer. A vote call that timed out is made once more, after which it counts as a no;
// one that was refused counts at once. A failed update is not repeated before the next heartbeat.
func (n *Node) Failed(call uint64, to trace.NodeID, timedOut bool) {
	if i := slices.IndexFunc(n.asked, func(v voteCall) bool { return v.call == call }); i >= 0 {
		v := n.asked[i]
		n.asked = slices.Delete(n.asked, i, i+1)
		if n.Etcd {
			return // an etcd candidate waits for its own timer
		}
		if timedOut && !v.again {
			n.asked = append(n.asked, voteCall{call: n.host.Call(to, Request{v.message}, n.drawn),
				message: v.message, again: true})
			return
		}
		n.step(deny(v.message))
		return
	}
	p := n.called(call, to)
	if p == nil {
		n.parted(call, Answer{})
		return
	}
	p.outstanding, p.held, p.idle = false, nil, false
	if n.role == trace.Leader {
		n.enter()
		n.raft.ReportUnreachable(uint64(p.id))
		leave()
		n.advance()
	}
}

// called returns the peer that an update was for, nil when another one has taken the call's place. An etcd leader has many
// under way to a peer.
func (n *Node) called(call uint64, to trace.NodeID) *peer {
	for _, p := range n.peers {
		if n.Etcd && p.id.Node() == to || p.outstanding && p.call == call {
			return p
		}
	}
	return nil
}

// Describe returns how a request is drawn: its kind, its name, the term and the last log index it carries.
func (r Request) Describe() (kind trace.Kind, name string, term uint32, index uint64) {
	m := r.Message
	term, index = uint32(m.GetTerm()), m.GetIndex()
	switch m.GetType() {
	case pb.MsgHeartbeat:
		return trace.Heartbeat, "heartbeat", term, m.GetCommit()
	case pb.MsgApp:
		if len(m.Entries) == 0 {
			return trace.Heartbeat, "heartbeat", term, m.GetCommit()
		}
		last := m.Entries[len(m.Entries)-1]
		return trace.Request, "append " + utoa(last.GetTerm()) + "." + utoa(last.GetIndex()), term, last.GetIndex()
	case pb.MsgPreVote:
		return trace.Request, "pre-vote", term, index
	case pb.MsgVote:
		return trace.Request, "vote", term, index
	case pb.MsgTimeoutNow:
		return trace.Request, "lead now", term, index
	}
	return trace.Request, m.GetType().String(), term, index
}

// Describe returns how an answer is drawn.
func (a Answer) Describe(r Request) (kind trace.Kind, name string, term uint32) {
	if a.Stranger {
		return trace.Refusal, "wrong uuid", 0
	}
	if a.Message == nil {
		return trace.Refusal, "leader is alive", 0
	}
	m := a.Message
	term = uint32(m.GetTerm())
	switch {
	case m.GetTerm() > r.Message.GetTerm():
		return trace.Refusal, "term is " + utoa(m.GetTerm()), term
	case m.GetReject() && m.GetType() == pb.MsgAppResp:
		return trace.Refusal, "log does not match", term
	case m.GetReject():
		return trace.Refusal, "vote denied", term
	case m.GetType() == pb.MsgVoteResp:
		return trace.Answer, "vote", term
	case m.GetType() == pb.MsgPreVoteResp:
		return trace.Answer, "pre-vote", term
	}
	return trace.Answer, "ok", term
}
