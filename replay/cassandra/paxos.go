package cassandra

import (
	"bytes"

	"tabletop/replay/text"
)

// step is a line about a ballot, cut into what happened and with whom. A proposal is printed with its rows, so the line
// may go on below:
//
//	Proposal(140145338038390002:42b48cf2-e571-11f1-4a65-16fb18f2aabb, 1795241003839000:key=0
//	    Row: ck=1 | v1=1) to /127.0.0.2:7012
type step struct {
	what     []byte // all before " to " or " from "
	sent     bool   // to the peer, not from it
	peer     endpoint
	failure  []byte // "TIMEOUT"
	ballot   []byte
	proposal []byte // the ballot of another proposal or commit that is carried along
}

// paxos reads the coordinator's side of Paxos v2: what it asks of replicas and what they answer.
func (r *reader) paxos() bool {
	if !prefixed(r.head.file, "Paxos") && !paxosWord(r.msg) {
		return false
	}
	if r.is("Linearizability violation*") {
		return r.note()
	}
	var s step
	if !s.cut(r.whole()) {
		return false
	}
	w := s.what
	switch {
	case s.sent:
		return r.asks(&s)
	case len(s.failure) > 0:
		return r.fails(&s)
	case prefixed(w, "Promise("):
		return r.promise(&s)
	case prefixed(w, "RejectPromise(supersededBy="):
		s.ballot, s.proposal = lastBallot(w), firstBallot(w)
		return r.ballot(&s, "refuse to promise ", ", superseded by ")
	case prefixed(w, "Accept for "):
		s.ballot = firstBallot(w)
		return r.ballot(&s, "accept ", "")
	case prefixed(w, "RejectProposal(supersededBy="):
		s.proposal = firstBallot(w)
		s.ballot = secondBallot(w)
		return r.ballot(&s, "refuse ", ", superseded by ")
	case prefixed(w, "Refresh Success"):
		return r.ballot(&s, "refreshed", "")
	case prefixed(w, "Refresh SupersededBy("):
		s.ballot = firstBallot(w)
		return r.ballot(&s, "refresh superseded by ", "")
	case bytes.HasSuffix(w, []byte(") Success")):
		s.ballot = firstBallot(w)
		return r.ballot(&s, "committed ", "")
	}
	return false
}

// paxosWord reports whether a message begins as one of Paxos, for the layouts that do not name the source.
func paxosWord(b []byte) bool {
	for _, w := range [...]string{"Prepare(", "CommitAndPrepare(", "Promise(", "RejectPromise(", "Refresh ", "Proposal(",
		"Accept for ", "RejectProposal(", "Accepted(", "Committed(", "Linearizability violation"} {
		if prefixed(b, w) {
			return true
		}
	}
	return false
}

// asks reads a request.
func (r *reader) asks(s *step) bool {
	w := s.what
	switch {
	case prefixed(w, "Prepare("):
		s.ballot = firstBallot(w)
		return r.ballot(s, "prepare ", "")
	case prefixed(w, "CommitAndPrepare("):
		s.ballot, s.proposal = lastBallot(w), firstBallot(w)
		return r.ballot(s, "prepare ", ", commit ")
	case prefixed(w, "Refresh "):
		s.ballot, s.proposal = lastBallot(w), firstBallot(w)
		return r.ballot(s, "confirm ", ", refresh ")
	case prefixed(w, "Proposal("), prefixed(w, "Accepted("):
		s.ballot = firstBallot(w)
		return r.ballot(s, "propose ", "")
	}
	return false
}

// fails reads an answer that did not come, or says no. A time-out means that it did not come in time; it may still
// have been acted upon.
func (r *reader) fails(s *step) bool {
	name := "commit "
	switch w := s.what; {
	case prefixed(w, "Prepare("), prefixed(w, "Promise("):
		name = "prepare "
		s.ballot = firstBallot(w)
	case prefixed(w, "CommitAndPrepare("):
		name = "prepare "
		s.ballot = lastBallot(w)
	case prefixed(w, "Proposal("):
		name = "propose "
		s.ballot = firstBallot(w)
	default:
		s.ballot = firstBallot(w)
	}
	if len(s.ballot) == 0 {
		return false
	}
	st := r.step(s)
	st.Kind = text.Unreachable
	if string(s.failure) == "TIMEOUT" {
		st.Kind = text.AckLate
	}
	st.Text = name + string(s.ballot) + ": " + clip(s.failure)
	r.sink.State(st)
	return true
}

// promise reads a replica's promise. It may carry the gossip of all nodes that the replica and the coordinator take for
// the electorate; releases 4.1 to 5.0 attach it to nearly every promise, so that alone is no mismatch. It is one if a
// node in it is new to the coordinator, which then prepares again, with a new ballot and without waiting.
func (r *reader) promise(s *step) bool {
	w := s.what
	i := bytes.LastIndex(w, []byte(") for "))
	if i < 0 {
		return false
	}
	s.ballot = firstBallot(w[i:])
	if !prefixed(w, "Promise(null") {
		s.proposal = firstBallot(w)
	}
	if !r.ballot(s, "promise ", ", accepted ") {
		return false
	}
	st := r.step(s)
	st.Kind, st.Text = text.Electorate, string(s.ballot)
	st.Yes = electorate(w[:i])
	if len(st.Yes) > 0 {
		r.sink.State(st)
	}
	return true
}

// electorate returns the nodes whose gossip is attached: "{/127.0.0.4:7012=EndpointState: …, /127.0.0.1:7012=…}".
func electorate(w []byte) (nodes []string) {
	const most, mark = 1000, "=EndpointState: "
	for len(nodes) < most {
		i := index(w, mark)
		if i < 0 {
			break
		}
		name := w[:i]
		name = name[bytes.LastIndexAny(name, " {")+1:]
		var e endpoint
		if e.parse(name) {
			nodes = append(nodes, e.id())
		}
		w = w[i+len(mark):]
	}
	return nodes
}

// ballot states a step.
func (r *reader) ballot(s *step, what, carried string) bool {
	if len(s.ballot) == 0 && what != "refreshed" {
		return false
	}
	st := r.step(s)
	st.Text = what + string(s.ballot)
	if len(s.proposal) > 0 {
		st.Text += carried + string(s.proposal)
	}
	r.sink.State(st)
	return true
}

// step returns a statement of a step. Index orders ballots: it is the time in the ballot, in 100 ns since 1582.
func (r *reader) step(s *step) text.Statement {
	st := r.statement(text.Ballot)
	st.Peer, st.PeerAddress, st.Index = s.peer.id(), s.peer.address(), ballotTime(s.ballot)
	return st
}

// whole returns the message with the lines that follow.
func (r *reader) whole() []byte {
	m := r.head.message
	if _, _, _, ok := tail(m); ok || r.scan.Cut() {
		return m[:min(len(m), text.MaxBody)]
	}
	all := r.region.Bytes[r.scan.Offset():]
	line := len(r.scan.Line())
	start := line - len(m)
	next := bytes.IndexByte(all[line:], '\n')
	if next < 0 {
		return m
	}
	return all[start:min(line+next+1+len(r.body()), start+text.MaxBody)]
}

// cut finds the first line that ends with a peer, and what stands before it.
func (s *step) cut(b []byte) bool {
	for at := 0; at < len(b); {
		end := len(b)
		if n := bytes.IndexByte(b[at:], '\n'); n >= 0 {
			end = at + n
		}
		line := bytes.TrimSuffix(b[at:end], []byte("\r"))
		if peer, before, sent, ok := tail(line); ok {
			s.peer, s.sent = peer, sent
			s.what = b[:at+before]
			s.reason()
			return true
		}
		at = end + 1
	}
	return false
}

// tail cuts " to /127.0.0.2:7012" or " from …" from the end of a line.
func tail(line []byte) (peer endpoint, before int, sent, ok bool) {
	i := bytes.LastIndexByte(line, ' ')
	if i < 0 || !peer.parse(line[i+1:]) {
		return peer, 0, false, false
	}
	switch {
	case bytes.HasSuffix(line[:i], []byte(" to")):
		return peer, i - len(" to"), true, true
	case bytes.HasSuffix(line[:i], []byte(" from")):
		return peer, i - len(" from"), false, true
	}
	return peer, 0, false, false
}

// reason cuts " TIMEOUT failure" or, of a commit, " TIMEOUT" from the end.
func (s *step) reason() {
	w := bytes.TrimSuffix(s.what, []byte(" failure"))
	i := bytes.LastIndexByte(w, ' ')
	if i < 1 || w[i-1] != ')' || i+1 == len(w) {
		return
	}
	for _, c := range w[i+1:] {
		if c != '_' && (c < 'A' || c > 'Z') {
			return
		}
	}
	s.failure, s.what = w[i+1:], w[:i]
}

// paxosOther reads the rest of Paxos: the first version, repairs, contention, and what a test drops.
func (r *reader) paxosOther() bool {
	switch {
	case r.is("Remote electorate @ could not be found in Gossip"), r.is("Local electorate @ could not be found in Gossip"):
		return r.peer(text.Electorate, clip(r.msg))
	case r.is("Prepare response PrepareResponse(true, *) from @"):
		return r.peer(text.Ballot, "v1 promise")
	case r.is("Prepare response PrepareResponse(false, *) from @"):
		return r.peer(text.Ballot, "v1 refuse to promise")
	case r.is("Propose response true from @"):
		return r.peer(text.Ballot, "v1 accept")
	case r.is("Propose response false from @"):
		return r.peer(text.Ballot, "v1 refuse")
	case r.is("Received paxos propose/prepare failure response from @ reason TIMEOUT"):
		return r.peer(text.AckLate, "v1: TIMEOUT")
	case r.is("Received paxos propose/prepare failure response from @ reason *"):
		return r.peer(text.Unreachable, "v1: "+clip(r.at[1]))
	case r.is("Dropping * from % to %"), r.is("Updating lower bound from * to *"),
		r.is("Receiving Paxos operation(s) for token(s) neither owned nor pending. Example: from @ for *"),
		r.is("Failed to apply * locally*"), r.is("Completing uncommitted paxos instances for *"),
		r.is("Completed % uncommitted paxos instances*"), r.is("Failing paxos cleanup session *"),
		r.is("PaxosRepair of * completing *"), r.is("PaxosRepair of * submitting empty proposal"),
		r.is("PaxosRepair of * found incomplete promise or proposal; *"), r.is("Tracing contended paxos *"):
		return r.note()
	}
	return false
}

func prefixed(b []byte, s string) bool { return len(b) >= len(s) && string(b[:len(s)]) == s }
