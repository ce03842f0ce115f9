package kudu

import (
	"tabletop/engine/trace"
	"tabletop/replay/text"
)

// consensusQueue reads consensus_queue.cc, the leader's view of its peers.
func (p *parser) consensusQueue(m cursor) {
	if !p.who(&m) || !m.lit(" [LEADER]: ") && !m.lit(" [NON_LEADER]: ") || len(m.b) == 0 {
		return
	}
	switch m.b[0] {
	case 'Q':
		p.queue(m)
	case 'L':
		p.silent(m)
	case 'C':
		if m.lit("Connected to new peer: ") {
			p.tracked(m, text.Note, "connected to new peer")
		}
	case 'G':
		if m.lit("Got LMP mismatch error from peer: ") {
			p.tracked(m, text.Note, "peer's log does not match")
		}
	case 'P':
		p.ofPeer(m)
	case 'T':
		if m.lit("The logs necessary to catch up peer ") || m.lit("The tablet replica hosted on peer ") {
			p.peerNote(m)
		}
	}
}

// queue reads "Queue going to LEADER mode. State: …". The role of a replica that does not lead is told elsewhere: as a
// learner it prints NON_LEADER too.
func (p *parser) queue(m cursor) {
	leads := m.lit("Queue going to LEADER mode.")
	if !leads && !m.lit("Queue going to NON_LEADER mode.") {
		return
	}
	if leads && m.skip("Current term: ") {
		if term, ok := m.num(); ok {
			st := p.statement(text.RoleIs)
			st.Term, st.Role = term, trace.Leader
			p.add(st)
		}
	}
	if m.skip("active raft config: ") {
		p.members(m, false)
	}
}

// silent reads "Leader has been unable to successfully communicate with peer X for more than 4 seconds (6.459s)".
func (p *parser) silent(m cursor) {
	if !m.lit("Leader has been unable to successfully communicate with peer ") {
		return
	}
	id, ok := m.id()
	if !ok {
		return
	}
	st := p.statement(text.PeerSilent)
	st.Peer = p.intern(id)
	if m.skip(" (") {
		if us, ok := m.duration(); ok {
			st.Length = us
		}
	}
	p.add(st)
}

// tracked reads "Peer: permanent_uuid: …, Status: …".
func (p *parser) tracked(m cursor, k text.Kind, words string) {
	if !m.lit("Peer: ") {
		return
	}
	id, host, port, ok := m.tracked()
	if !ok {
		return
	}
	st := p.statement(k)
	st.Peer, st.Text = p.intern(id), words
	st.PeerAddress = p.intern(append(append(append([]byte{}, host...), ':'), port...))
	p.add(st)
}

// tracked reads as much of a RaftPeerPB without brackets as names the peer.
func (c *cursor) tracked() (id, host, port []byte, ok bool) {
	if !c.lit("permanent_uuid: ") {
		return
	}
	if id, ok = c.quoted(); !ok || len(id) == 0 || !c.skip("host: ") {
		return id, nil, nil, false
	}
	if host, ok = c.quoted(); !ok || !c.lit(" port: ") {
		return id, nil, nil, false
	}
	port = c.b
	_, ok = c.num()
	return id, host, port[:len(port)-len(c.b)], ok
}

// ofPeer reads the lines that begin with the word Peer.
func (p *parser) ofPeer(m cursor) {
	if m.lit("Peer responded invalid term: ") {
		p.tracked(m, text.HearsTerm, "")
		return
	}
	if m.lit("Peer needs tablet copy: ") {
		p.tracked(m, text.Note, "peer needs a copy of the tablet")
	} else if m.lit("Peer ") {
		p.peerNote(m)
	}
}

// peerNote notes a message in which a peer's identity comes next.
func (p *parser) peerNote(m cursor) {
	if id, ok := m.id(); ok {
		p.note(p.intern(id), append([]byte("peer"), m.b[:min(len(m.b), maxText)]...))
	}
}

// consensusPeers reads consensus_peers.cc: "T … P … -> Peer uuid (host:port): Couldn't send request to peer uuid. Status: …".
func (p *parser) consensusPeers(m cursor) {
	if m.lit("Error getting permanent uuid from config peer ") {
		p.unknownPeer(m)
		return
	}
	if !p.who(&m) || !m.lit(" -> Peer ") {
		return
	}
	id, ok := m.id()
	if !ok {
		return
	}
	st := p.statement(text.Unreachable)
	st.Peer, st.PeerAddress = p.intern(id), p.intern(m.address())
	if !m.lit(": ") {
		return
	}
	if !m.lit("Couldn't send request to peer ") {
		if m.lit("unable to start Tablet Copy on peer: ") || m.lit("Unable to start Tablet Copy on peer: ") {
			p.note(st.Peer, append([]byte("unable to start tablet copy on peer: "), clip(m.b)...))
		}
		return
	}
	m.id()
	coded := m
	if m.skip("Error code: ") {
		code, _ := m.id()
		st.Text = p.intern(append([]byte("error: "), code...))
	} else if m = coded; m.skip("Status: ") {
		st.Text, st.Length = p.why(m)
	}
	p.add(st)
}

// unknownPeer reads "host:port: status" of a peer whose identity could not be learnt.
func (p *parser) unknownPeer(m cursor) {
	if address, ok := m.place(); ok {
		st := p.statement(text.Unreachable)
		st.PeerAddress = p.intern(address)
		m.lit(" ")
		st.Text, st.Length = p.why(m)
		p.add(st)
	}
}

// pendingRounds reads pending_rounds.cc: operations that a leader accepted and that another leader's log replaces.
func (p *parser) pendingRounds(m cursor) {
	if p.who(&m) && (m.lit(": Aborting uncommitted ") || m.lit(": Aborting op ")) {
		p.note("", append([]byte("aborts uncommitted "), m.b[:min(len(m.b), maxText)]...))
	}
}
