package etcd

import (
	"bytes"
	"math"

	"tabletop/engine/trace"
	"tabletop/replay/text"
)

// raft states what a line of the raft library says, and reports whether it is one. The templates are those of raft.go,
// node.go and log.go from etcd 3.1 to raft v3.7.
func (p *parser) raft(message []byte) bool {
	c := cursor{message}
	switch {
	case c.lit("newRaft "):
		return p.newRaft(c)
	case c.lit("raft.node: "):
		return p.leader(c)
	case c.lit("found conflict at index "):
		p.state(text.Statement{Kind: text.Note, Text: p.keep(message)})
		return true
	}
	node, ok := c.id()
	if !ok || !c.lit(" ") {
		return false
	}
	r := raftLine{parser: p, node: node, c: c}
	if !c.lit("[") {
		return r.plain()
	}
	// The candidate's or voter's own log and term: "term: 4", "term 4", "logterm: 3, index: 66, vote: 0", "quorum:2".
	inside, ok := c.until("] ")
	if !ok {
		return false
	}
	r.c = c
	own := cursor{inside}
	if own.lit("term: ") || own.lit("term ") {
		r.own, _ = own.number()
	}
	return r.bracketed()
}

// newRaft: <id> [peers: [a,b,c], term: T, commit: …]. A member that joins or starts for the first time has no peers yet.
func (p *parser) newRaft(c cursor) bool {
	node, ok := c.id()
	if !ok || !c.lit(" [peers: [") {
		return false
	}
	list, ok := c.until("], term: ")
	if !ok {
		return false
	}
	term, ok := c.number()
	if !ok || !c.lit(", ") {
		return false
	}
	if term > 0 {
		p.state(text.Statement{Kind: text.TermIs, Node: p.keep(node), Term: term, Text: "newRaft"})
	}
	var voters []string
	for _, id := range bytes.Split(list, []byte{','}) {
		if len(id) > 0 && len(voters) < maxMembers {
			voters = append(voters, p.keep(id))
		}
	}
	if len(voters) > 0 {
		p.state(text.Statement{Kind: text.Members, Node: p.keep(node), Yes: voters})
	}
	return true
}

// leader: <id> elected leader <id>|lost leader <id>|changed leader from <id> to <id> at term T.
func (p *parser) leader(c cursor) bool {
	node, ok := c.id()
	if !ok {
		return false
	}
	s := text.Statement{Kind: text.LeaderIs, Node: p.keep(node)}
	lost := c.lit(" lost leader ")
	if lost || c.lit(" changed leader from ") {
		old, ok := c.id()
		if !ok || !lost && !c.lit(" to ") {
			return false
		}
		s.No = []string{p.keep(old)}
	} else if !c.lit(" elected leader ") {
		return false
	}
	if !lost {
		peer, ok := c.id()
		if !ok {
			return false
		}
		s.Peer = p.keep(peer)
	}
	if s.Term, ok = c.lastTerm(); ok {
		p.state(s)
	}
	return ok
}

// raftLine is a message that begins with the node that writes it.
type raftLine struct {
	*parser
	node []byte
	own  uint64 // its term, if the line gives it
	c    cursor // behind the node, and behind a group in brackets
}

func (r *raftLine) state(s text.Statement) bool {
	s.Node = r.keep(r.node)
	r.parser.state(s)
	return true
}

// plain reads the lines that have no brackets behind the node.
func (r *raftLine) plain() bool {
	c := r.c
	switch {
	case c.lit("became "):
		return r.became(c)
	case c.lit("received "):
		return r.hearsVote(c)
	case c.lit("has received "):
		return r.tally(r.c)
	case c.lit("switched to configuration "):
		return r.members(c)
	case c.lit("stepped down to follower since "):
		return r.state(text.Statement{Kind: text.StepsDown, Text: r.keep(c.b)})
	case c.lit("A tick missed to fire."):
		return r.state(text.Statement{Kind: text.Late, Length: -1, Text: "a tick missed to fire"})
	case c.lit("failed to send message to "):
		peer, ok := c.id()
		return ok && r.state(text.Statement{Kind: text.Unreachable, Peer: r.keep(peer), Text: "raft: message not sent"})
	case c.lit("sends MsgTimeoutNow to "), c.lit("sent MsgTimeoutNow to "):
		peer, ok := c.id()
		return ok && r.state(text.Statement{Kind: text.Note, Peer: r.keep(peer), Text: r.keep(r.c.b)})
	case c.lit("no leader at term "):
		term, ok := c.number()
		return ok && c.lit("; ") && r.state(text.Statement{Kind: text.Note, Term: term, Text: r.keep(r.c.b)})
	}
	return false
}

// became follower|pre-candidate|candidate|leader at term T. A candidate stands for T, a pre-candidate for the term behind
// its own.
func (r *raftLine) became(c cursor) bool {
	role, ok := c.role()
	if !ok {
		return false
	}
	term, ok := c.lastTerm()
	if !ok {
		return false
	}
	r.state(text.Statement{Kind: text.RoleIs, Role: role, Term: term, Now: true})
	switch role {
	case trace.PreCandidate:
		r.state(text.Statement{Kind: text.Stands, Term: after(term), Pre: true})
	case trace.Candidate:
		r.state(text.Statement{Kind: text.Stands, Term: term})
	}
	return true
}

// after returns the term that a pre-candidate of term stands for.
func after(term uint64) uint64 {
	if term == math.MaxUint64 {
		return term
	}
	return term + 1
}

// hearsVote: received MsgVoteResp [rejection] from <id> at term T. The candidate's own vote is among them.
func (r *raftLine) hearsVote(c cursor) bool {
	pre, ok := c.vote("Resp")
	if !ok {
		return false
	}
	rejection := c.lit(" rejection")
	if !c.lit(" from ") {
		return false
	}
	peer, ok := c.id()
	if !ok {
		return false
	}
	term, ok := c.lastTerm()
	if !ok {
		return false
	}
	if pre {
		term = after(term)
	}
	return r.state(text.Statement{Kind: text.HearsVote, Peer: r.keep(peer), Term: term, Pre: pre, Won: !rejection})
}

// tally: has received N MsgVoteResp votes and M vote rejections. It does not say for which term, nor whether that decides
// the election.
func (r *raftLine) tally(c cursor) bool {
	whole := c.b
	if !c.lit("has received ") {
		return false
	}
	if _, ok := c.number(); !ok || !c.lit(" ") {
		return false
	}
	pre, ok := c.vote("Resp")
	if !ok || !c.lit(" votes and ") {
		return false
	}
	if _, ok := c.number(); !ok || !c.lit(" vote rejections") || !c.end() {
		return false
	}
	return r.state(text.Statement{Kind: text.Tally, Pre: pre, Text: r.keep(whole)})
}

func (r *raftLine) members(c cursor) bool {
	voters, others := c.configuration()
	if len(voters) == 0 {
		return false
	}
	hexadecimal(r.node, voters, others)
	s := text.Statement{Kind: text.Members}
	for _, id := range voters {
		s.Yes = append(s.Yes, r.keep(id))
	}
	for _, id := range others {
		s.No = append(s.No, r.keep(id))
	}
	return r.state(s)
}

// bracketed reads the lines that have the node's log or term in brackets behind the node.
func (r *raftLine) bracketed() bool {
	c := r.c
	switch {
	case c.lit("sent "):
		return r.asks(c)
	case c.lit("cast "):
		return r.votes(c, " for ", true)
	case c.lit("rejected "):
		return r.votes(c, " from ", false)
	case c.lit("received a "), c.lit("ignored a "):
		return r.otherTerm(c)
	case c.lit("ignored "):
		return r.ignores(c)
	case c.lit("has received "):
		return r.tally(r.c)
	case c.lit("received MsgTimeoutNow from "):
		peer, ok := c.id()
		return ok && r.state(text.Statement{Kind: text.Urged, Peer: r.keep(peer), Term: r.own, Text: r.keep(r.c.b)})
	case c.lit("starts to transfer leadership to "), c.lit("abort previous transferring leadership to "):
		return r.hands(c)
	case c.lit("restored snapshot ["):
		return r.state(text.Statement{Kind: text.Note, Text: r.keep(r.c.b)})
	}
	return false
}

// hands: [term 2] starts to transfer leadership to|abort previous transferring leadership to <id>. Only a leader does.
func (r *raftLine) hands(c cursor) bool {
	peer, ok := c.id()
	if !ok {
		return false
	}
	r.state(text.Statement{Kind: text.RoleIs, Role: trace.Leader, Term: r.own})
	return r.state(text.Statement{Kind: text.Note, Peer: r.keep(peer), Term: r.own, Text: r.keep(r.c.b)})
}

// asks: sent MsgVote request to <id> at term T.
func (r *raftLine) asks(c cursor) bool {
	pre, ok := c.vote("")
	if !ok || !c.lit(" request to ") {
		return false
	}
	peer, ok := c.id()
	if !ok {
		return false
	}
	term, ok := c.lastTerm()
	if !ok {
		return false
	}
	if pre {
		term = after(term)
	}
	return r.state(text.Statement{Kind: text.AsksVotes, Term: term, Pre: pre, Yes: []string{r.keep(peer)}})
}

// votes: cast MsgVote for|rejected MsgVote from <id> [logterm: 3, index: 66] at term T.
func (r *raftLine) votes(c cursor, word string, won bool) bool {
	pre, peer, ok := r.asked(&c, word)
	if !ok {
		return false
	}
	term, ok := c.lastTerm()
	if !ok {
		return false
	}
	s := text.Statement{Kind: text.Votes, Peer: r.keep(peer), Pre: pre, Won: won, Term: term}
	switch {
	case pre && won:
		s.Term, s.Index = after(term), term
	case pre:
		s.Term, s.Index = 0, term
	}
	return r.state(s)
}

// ignores: ignored MsgVote from <id> [logterm: 7, index: 191] at term T: lease is not expired (remaining ticks: 1).
// No answer is sent.
func (r *raftLine) ignores(c cursor) bool {
	pre, peer, ok := r.asked(&c, " from ")
	if !ok || !c.lit(" at term ") {
		return false
	}
	own, ok := c.number()
	if !ok || !c.lit(": ") {
		return false
	}
	return r.state(text.Statement{Kind: text.Votes, Peer: r.keep(peer), Pre: pre, Index: own, Text: r.keep(c.b)})
}

// asked reads who asked for what vote, and steps over the candidate's log.
func (r *raftLine) asked(c *cursor, word string) (pre bool, peer []byte, ok bool) {
	if pre, ok = c.vote(""); !ok || !c.lit(word) {
		return pre, nil, false
	}
	if peer, ok = c.id(); !ok || !c.lit(" [") {
		return pre, nil, false
	}
	_, ok = c.until("]")
	return pre, peer, ok
}

// otherTerm: received a MsgApp message with higher term from <id> [term: U]|ignored a MsgApp message with lower term from
// <id> [term: U]. What a node ignores is a call of somebody who is behind, a leader or a candidate, or an answer to what it
// sent in an earlier term: a leader that was stopped finds hundreds of MsgHeartbeatResp when it wakes.
func (r *raftLine) otherTerm(c cursor) bool {
	message := c.word()
	s := text.Statement{Index: r.own}
	switch {
	case c.lit(" message with higher term from "):
		s.Kind = text.HearsTerm
	case c.lit(" message with lower term from "):
		s.Kind = text.Note
		switch string(message) {
		case "MsgApp", "MsgHeartbeat", "MsgSnap":
			s.Kind = text.RefusesOld
		case "MsgVote":
			s.Kind = text.Votes
		}
		if bytes.HasSuffix(message, []byte("Resp")) {
			s.Kind = text.AckLate
		}
	default:
		return false
	}
	peer, ok := c.id()
	if !ok || !c.lit(" [term: ") {
		return false
	}
	if s.Term, ok = c.number(); !ok || !c.lit("]") {
		return false
	}
	s.Peer, s.Text = r.keep(peer), r.keep(message)
	return r.state(s)
}
