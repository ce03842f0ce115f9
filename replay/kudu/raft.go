package kudu

import (
	"bytes"

	"tabletop/engine/trace"
	"tabletop/replay/text"
)

// who reads the prefix "T tablet P uuid", or "P uuid".
func (p *parser) who(m *cursor) bool {
	var ok bool
	if m.lit("T ") {
		if p.group, ok = p.identity(m); !ok || !m.lit(" ") {
			return false
		}
	}
	if !m.lit("P ") {
		return false
	}
	p.node, ok = p.identity(m)
	return ok
}

// before is what the prefix of most lines in raft_consensus.cc says: the state in which the line finds the replica.
type before struct {
	term  uint64
	role  trace.Role
	known bool // NON_PARTICIPANT and UNKNOWN_ROLE are no roles here
}

func roleOf(m *cursor) (trace.Role, bool) {
	switch {
	case m.lit("LEADER"):
		return trace.Leader, true
	case m.lit("FOLLOWER"):
		return trace.Follower, true
	case m.lit("LEARNER"):
		return trace.Learner, true
	}
	return 0, false
}

// raftConsensus reads raft_consensus.cc.
func (p *parser) raftConsensus(m cursor) {
	if !p.who(&m) {
		return
	}
	if !m.lit(" [term ") {
		p.unlocked(m)
		return
	}
	var was before
	var ok bool
	if was.term, ok = m.num(); !ok || !m.lit(" ") {
		return
	}
	was.role, was.known = roleOf(&m)
	if !m.skip("]: ") {
		return
	}
	if m.lit("Becoming ") { // the only ones that contradict their prefix
		p.becomes(m, was)
		return
	}
	if was.known && informs(m.b) {
		st := p.statement(text.RoleIs)
		st.Term, st.Role = was.term, was.role
		p.add(st)
	}
	if len(m.b) == 0 {
		return
	}
	switch m.b[0] {
	case 'A':
		p.advances(m)
	case 'S', 'F', 'N':
		p.stands(m, was)
	case 'L':
		p.election(m, was)
	case 'R':
		p.refuses(m, was)
	case 'C':
		if m.lit("Committing config change with OpId ") && m.skip("New config: {") {
			p.members(m, true)
		}
	}
}

// informs reports whether the message is one that is written without -v, by its first words.
func informs(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	switch string(b[:8]) {
	case "Aborting", "Advancin", "Allowing", "Committi", "Consensu", "Could no", "Deduplic", "Emulatin", "Handling",
		"Illegal ", "Ignoring", "Leader e", "Leader p", "No leade", "Failure ", "Not sign", "Not star", "Only one", "PROCEEDI",
		"Processi", "Raft con", "Received", "Refusing", "Rejectin", "Replica ", "Signalli", "Skipping", "Starting", "Stepping",
		"Unable t", "Unexpect", "attempt ", "voting w":
		return string(b[:8]) != "Replica " || bytes.HasPrefix(b, []byte("Replica starting")) ||
			bytes.HasPrefix(b, []byte("Replica has a pending config"))
	}
	return false
}

// unlocked reads the messages of raft_consensus.cc that are written without a look at the replica's state.
func (p *parser) unlocked(m cursor) {
	whole := m
	if !m.lit(": ") {
		return
	}
	if m.lit("Attempting to remove follower ") || m.lit("attempting to promote NON_VOTER ") ||
		m.lit("Processing failure of peer ") || m.lit(": Instructing follower ") {
		if id, ok := m.id(); ok {
			p.note(p.intern(id), bytes.TrimLeft(whole.b, ": "))
		}
	}
}

// becomes reads "Becoming Leader. State: …" and "Becoming Follower/Learner. State: …". The role that they print at their
// end is the one before, too.
func (p *parser) becomes(m cursor, was before) {
	st := p.statement(text.RoleIs)
	st.Term, st.Now = was.term, true
	switch {
	case m.lit("Leader."):
		st.Role = trace.Leader
	case !m.lit("Follower/Learner.") || !was.known:
		return
	case was.role == trace.Learner:
		st.Role = trace.Learner
	default:
		st.Role = trace.Follower
	}
	p.add(st)
}

func (p *parser) advances(m cursor) {
	if !m.lit("Advancing to term ") {
		return
	}
	if term, ok := m.num(); ok {
		st := p.statement(text.TermIs)
		st.Term = term
		p.add(st)
	}
}

// stands reads what begins and ends a candidacy or a leadership, in the words of today and those of Kudu 1.0.
func (p *parser) stands(m cursor, was before) {
	st := p.statement(text.Stands)
	st.Term = was.term + 1
	switch {
	case m.lit("Stepping down as leader of term "):
		if term, ok := m.num(); ok {
			st = p.statement(text.StepsDown)
			st.Term = term
			p.add(st)
		}
		return
	case m.lit("Starting pre-election"):
		st.Pre = true
	case m.lit("Starting leader election"):
	case m.lit("Starting forced leader election"):
		st.Text = "forced"
	case m.lit("Failure of leader "):
		id, ok := m.id()
		if !ok {
			return
		}
		st.Peer, st.Text = p.intern(id), "detected failure of leader"
		p.add(st)
		return
	case m.lit("No leader contacted us within the election timeout. Triggering"):
		st.Text = "no leader contacted us within the election timeout"
		p.add(st)
		return
	default:
		if m.lit("Signalling peer ") {
			if id, ok := m.id(); ok {
				p.note(p.intern(id), []byte("signals the peer to start an election"))
			}
		}
		return
	}
	if m.lit(" with config: ") { // the line behind the one that gives the reason
		p.members(m, false)
		return
	}
	p.reason(m, st)
}

// reason reads "(detected failure of leader …)".
func (p *parser) reason(m cursor, st text.Statement) {
	if !m.lit(" (") {
		return
	}
	const detected = "detected failure of leader"
	if m.lit(detected + " ") {
		id, ok := m.id()
		whole := m.lit(")")
		if p.cut = p.cut || !whole; ok && (whole || len(id) == uuidLength) {
			st.Peer = p.intern(id)
		}
		st.Text = detected
		p.add(st)
		return
	}
	words, ok := m.to(")")
	if !ok {
		p.cut = true
		words = m.b
	}
	if st.Text != "" {
		st.Text += ": "
	}
	st.Text = p.intern(append([]byte(st.Text), clip(words)...))
	p.add(st)
}

// election reads "Leader pre-election …": votes and outcomes.
func (p *parser) election(m cursor, was before) {
	pre := m.lit("Leader pre-election ")
	if !pre && !m.lit("Leader election ") {
		return
	}
	st := p.statement(text.Decided)
	st.Pre = pre
	var ok bool
	switch {
	case m.lit("vote request: "):
		p.votes(m, pre)
		return
	case m.lit("won for term "):
		st.Term, ok = m.num()
		st.Won, st.Text = true, "won"
	case m.lit("lost for term "):
		if st.Term, ok = m.num(); ok && m.lit(". Reason: ") {
			st.Text = p.text(m.b)
		}
	case m.lit("decision vote started in defunct term "):
		st.Term, ok = m.num()
		st.Won, st.Text = m.lit(": won"), "in a defunct term"
	}
	if ok {
		p.add(st)
	}
}

// votes reads the answer to a candidate.
func (p *parser) votes(m cursor, pre bool) {
	st := p.statement(text.Votes)
	st.Pre = pre
	again := m.lit("Already granted yes vote for candidate ")
	st.Won = again || m.lit("Granting yes vote for candidate ")
	if !st.Won && !m.lit("Denying vote to candidate ") {
		return
	}
	id, ok := m.id()
	if !ok {
		return
	}
	st.Peer = p.intern(id)
	var kind string
	for _, words := range [...]string{" in term ", " for earlier term ", " in current term ", " for term "} {
		if m.lit(words) {
			kind = words
			break
		}
	}
	term, ok := m.num()
	if kind == "" || !ok {
		return
	}
	st.Term = term
	switch {
	case again:
		st.Text = "already granted"
	case st.Won && pre:
		st.Term, st.Index = 0, term
	case st.Won:
	case kind == " for earlier term ":
		st.Text = "earlier term"
		if m.lit(". Current term is ") {
			st.Index, _ = m.num()
		}
	case m.lit(": Already voted for candidate "):
		other, _ := m.id()
		st.Text = p.intern(append([]byte("already voted for "), other...))
	case m.lit(" because replica has last-logged OpId of "):
		st.Text = "the candidate's log is behind"
	case m.lit(" because replica is either leader or believes a valid leader to be alive"):
		st.Text = "a leader is believed to be alive"
	default:
		st.Text = p.text(m.b)
	}
	p.add(st)
}

// refuses reads the messages of raft_consensus.cc that begin with R.
func (p *parser) refuses(m cursor, was before) {
	switch {
	case m.lit("Rejecting Update request from peer "):
		p.refusesOld(m)
	case m.lit("Refusing update from remote peer "):
		if id, ok := m.id(); ok && m.lit(": Log matching property violated") {
			p.note(p.intern(id), []byte("refuses an update: log matching property violated"))
		}
	case m.lit("Replica starting. Triggering "):
		if m.skip("Active config: ") {
			p.members(m, false)
		}
	case m.lit("Raft consensus is shut down!"):
		p.add(p.statement(text.Stop))
	case m.lit("Received request to "):
		p.note("", append([]byte("received request to "), clip(m.b)...))
	}
}

func (p *parser) refusesOld(m cursor) {
	id, ok := m.id()
	if !ok || !m.lit(" for earlier term ") {
		return
	}
	st := p.statement(text.RefusesOld)
	st.Peer = p.intern(id)
	if st.Term, ok = m.num(); !ok || !m.lit(". Current term is ") {
		return
	}
	if st.Index, ok = m.num(); ok {
		p.add(st)
	}
}

// leaderElection reads leader_election.cc, the candidate's side.
func (p *parser) leaderElection(m cursor) {
	if !p.who(&m) || !m.lit(" [CANDIDATE]: Term ") {
		return
	}
	term, ok := m.num()
	if !ok {
		return
	}
	pre := m.lit(" pre-election: ")
	if !pre && !m.lit(" election: ") {
		return
	}
	switch {
	case m.lit("Requested pre-vote from peers "), m.lit("Requested vote from peers "), m.lit("Requesting vote from peer "),
		m.lit("Requesting pre-vote from peer "):
		p.asks(m, term, pre)
	case m.lit("Election decided. Result: candidate "):
		p.decided(m, term, pre)
	case m.lit("RPC error from VoteRequest() call to peer "), m.lit("Was unable to construct an RPC proxy to peer "):
		p.unreachable(m, term, pre)
	case m.lit("Tablet error from VoteRequest() call to peer "), m.lit("Vote denied by peer "):
		p.hears(m, term, pre, false)
	case m.lit("Vote granted by peer "):
		p.hears(m, term, pre, true)
	}
}

// asks reads "uuid (host:port), uuid (host:port)".
func (p *parser) asks(m cursor, term uint64, pre bool) {
	st := p.statement(text.AsksVotes)
	st.Term, st.Pre = term, pre
	var addresses []byte
	for {
		id, ok := m.id()
		if !ok {
			break
		}
		st.Yes = append(st.Yes, p.intern(id))
		if len(addresses) > 0 {
			addresses = append(addresses, ' ')
		}
		if a := m.address(); a != nil {
			addresses = append(append(append(addresses, id...), '='), a...)
		}
		if !m.lit(", ") {
			break
		}
	}
	st.Text = p.intern(addresses)
	p.add(st) // with nobody, if it is the only voter
}

// decided reads the count of an election.
func (p *parser) decided(m cursor, term uint64, pre bool) {
	st := p.statement(text.Decided)
	st.Term, st.Pre = term, pre
	if st.Won = m.lit("won"); !st.Won && !m.lit("lost") {
		return
	}
	const yes, no = "yes voters: ", "no voters: "
	if m.skip(yes) { // not before Kudu 1.9
		st.Yes = p.list(&m)
		if m.lit("; ") && m.lit(no) {
			st.No = p.list(&m)
		} else {
			p.cut = true
		}
	}
	p.add(st)
}

// list reads "uuid, uuid".
func (p *parser) list(m *cursor) (ids []string) {
	for {
		id, ok := m.id()
		if !ok {
			return ids
		}
		ids = append(ids, p.intern(id))
		if !m.lit(", ") {
			return ids
		}
	}
}

// unreachable reads "uuid (host:port): why".
func (p *parser) unreachable(m cursor, term uint64, pre bool) {
	id, ok := m.id()
	if !ok {
		return
	}
	st := p.statement(text.Unreachable)
	st.Peer, st.PeerAddress, st.Term, st.Pre = p.intern(id), p.intern(m.address()), term, pre
	if m.lit(": ") {
		st.Text, st.Length = p.why(m)
	}
	p.add(st)
}

// hears reads an answer to the candidate: "uuid (host:port)[ with higher term][. Message: why]".
func (p *parser) hears(m cursor, term uint64, pre, won bool) {
	id, ok := m.id()
	if !ok {
		return
	}
	st := p.statement(text.HearsVote)
	st.Peer, st.PeerAddress, st.Term, st.Pre, st.Won = p.intern(id), p.intern(m.address()), term, pre, won
	higher := m.lit(" with higher term")
	if m.lit(". Message: ") || m.lit(": ") {
		st.Text = p.text(m.b)
	}
	p.add(st)
	if !higher {
		return
	}
	st = p.statement(text.HearsTerm)
	st.Peer = p.intern(id)
	if m.skip("Current term is ") {
		st.Term, _ = m.num()
	}
	p.add(st)
}

// why makes the reason of a failed call out of its status.
func (p *parser) why(m cursor) (words string, waited int64) {
	whole := m
	if m.lit("Timed out: ") {
		waited = -1
		if !m.skip("timed out after ") {
			return "timed out", waited
		}
		if us, ok := m.duration(); ok {
			waited = us
		}
		state, _, _ := bytes.Cut(bytes.TrimPrefix(m.b, []byte(" (")), []byte{')'})
		switch string(state) {
		case "SENT":
			return "timed out (SENT)", waited
		case "ON_OUTBOUND_QUEUE":
			return "timed out (ON_OUTBOUND_QUEUE)", waited
		}
		return "timed out", waited
	}
	if m.skip("Connection refused") {
		return "refused", -1
	}
	return p.text(whole.b), -1
}
