package kudu

import (
	"bytes"

	"tabletop/replay/text"
)

// process reads what tells that a process starts, ends, and who it is.
func (p *parser) process(m cursor) {
	switch {
	case m.lit("Master server non-default flags:"):
		p.starts("master")
	case m.lit("Tablet server non-default flags:"):
		p.starts("tablet server")
	case m.lit("Opened local filesystem: "), m.lit("Generated new instance metadata in path "):
		if b, ok := p.bodyLine(`uuid: "`); ok {
			id, _, whole := bytes.Cut(b, []byte{'"'})
			if p.node = p.intern(id); whole && len(id) > 0 && len(id) <= maxID {
				p.add(p.statement(text.Named))
			}
		}
	case m.lit("RPC server started. Bound to: "):
		if address, ok := m.place(); ok {
			st := p.statement(text.Named)
			st.Text = p.intern(address)
			p.add(st)
		}
	case m.lit("Master@"), m.lit("TabletServer@"):
		if m.skip(" shutting down") {
			p.add(p.statement(text.Stop))
		} else if m.skip(" shutdown complete") {
			p.note("", []byte("shutdown complete"))
		}
	}
}

// flags reads the warnings about flags, which a process writes before it says that it starts, and again when one is set
// while it runs.
func (p *parser) flags(m cursor) {
	if m.lit("Enabled unsafe flag: ") || m.lit("Enabled experimental flag: ") {
		p.add(p.statement(text.Boot))
	}
}

// starts states the start of a process, with its version if its flags do not fill the message.
func (p *parser) starts(what string) {
	st := p.statement(text.Start)
	st.Text = what
	if version, ok := p.bodyLine("kudu "); ok {
		st.Text = p.text(append([]byte(what+", Kudu "), version...))
	}
	p.add(st)
}

// tablet notes what happens to a tablet's replica on its server.
func (p *parser) tablet(m cursor) {
	if !p.who(&m) || !m.lit(": ") {
		return
	}
	m.lit("tablet copy: ")
	whole := m
	switch {
	case m.lit("Bootstrap "), m.lit("No bootstrap required"), m.lit("stopping tablet replica"), m.lit("Time spent starting tablet"),
		m.lit("Tablet failed to "), m.lit("Deleting tablet data "), m.lit("tablet deleted "), m.lit("failing tablet"),
		m.lit("Tablet Copy"), m.lit("Beginning tablet copy session "), m.lit("Tablet startup took "):
		p.note("", whole.b)
	case m.lit("Initiating tablet copy from peer "):
		if id, ok := m.id(); ok {
			st := p.statement(text.Note)
			st.Peer, st.PeerAddress, st.Text = p.intern(id), p.intern(m.address()), "copies the tablet from a peer"
			p.add(st)
		}
	case m.lit("Beginning new tablet copy session on tablet "), m.lit("ending tablet copy session "):
		if m.skip(" peer ") {
			if id, ok := m.id(); ok {
				p.note(p.intern(id), whole.b)
			}
		}
	}
}

// disk reads "Time spent Fsync log took a long time: real 0.530s	user 0.000s	sys 0.000s".
func (p *parser) disk(m cursor) {
	if p.h.severity != 'W' {
		return
	}
	if p.who(&m) {
		m.lit(": ")
	}
	if !m.lit("Time spent ") {
		return
	}
	words, ok := m.to(": real ")
	if !ok {
		return
	}
	st := p.statement(text.SlowDisk)
	if st.Length, ok = m.duration(); ok {
		st.Text = p.text(bytes.TrimSuffix(words, []byte(" took a long time")))
		p.add(st)
	}
}

// calls reads what the layer below raft writes of late timers and of calls that failed or were slow.
func (p *parser) calls(m cursor) {
	switch {
	case m.lit("RPC call timeout handler was delayed by "):
		p.late(m, text.Late, "timer")
	case m.lit("Thread ") && m.skip(" stuck at ") && m.skip(" for "):
		p.late(m, text.Stuck, "thread stuck")
	case m.lit("RPC callback for RPC call ") && m.skip(" blocked reactor thread for "):
		p.late(m, text.Stuck, "reactor blocked")
	case m.lit("Call had error, refreshing address and retrying: "):
		p.failed(m)
	case m.lit("Failed to create an outbound connection to "):
		if address, ok := m.place(); ok {
			st := p.statement(text.Unreachable)
			st.PeerAddress, st.Text = p.intern(address), "cannot connect"
			if m.skip("Connection refused") {
				st.Text = "refused"
			}
			p.add(st)
		}
	case m.lit("Call kudu."):
		p.slow(m)
	case p.h.site.file == "service_pool.cc" && p.h.severity == 'W':
		p.note("", m.b)
	}
}

func (p *parser) late(m cursor, k text.Kind, words string) {
	st := p.statement(k)
	var ok bool
	if st.Length, ok = m.duration(); ok {
		st.Text = words
		p.add(st)
	}
}

// failed reads the status of a call that is sent again: "Timed out: RequestConsensusVote RPC to 127.0.0.12:7051 timed out
// after 2.227s (SENT)", "Network error: … client connection to 127.0.0.12:7051: connect: Connection refused (error 111)".
func (p *parser) failed(m cursor) {
	st := p.statement(text.Unreachable)
	st.Text, st.Length = p.why(m)
	where := m
	if !where.skip(" RPC to ") {
		if where = m; !where.skip("connection to ") {
			if where = m; !where.skip("connection negotiation to ") {
				return
			}
		}
	}
	if address, ok := where.place(); ok {
		st.PeerAddress = p.intern(address)
		p.add(st)
	}
}

// slow reads "Call kudu.consensus.ConsensusService.UpdateConsensus from 127.0.0.1:1234 (request call id 5) took 1234 ms
// (1.23s). Client timeout …", after its first word.
func (p *parser) slow(m cursor) {
	method, ok := m.to(" from ")
	if !ok || !m.skip(" took ") {
		return
	}
	ms, ok := m.num()
	const most = 1 << 40
	if !ok || ms > most || !m.lit(" ms") && !m.lit("ms") {
		return
	}
	st := p.statement(text.Slow)
	st.Length, st.Text = int64(ms)*1000, p.text(method[bytes.LastIndexByte(method, '.')+1:])
	p.add(st)
}

// driver notes what the driver of a test does to its servers. That it pauses them it does not say.
func (p *parser) driver(m cursor) {
	whole := m
	switch {
	case m.lit("Killing "), m.lit("Pausing "), m.lit("Resuming "):
		p.note("", whole.b)
	case m.lit("Process with UUID "):
		if id, ok := m.id(); ok && m.lit(" has crashed") {
			p.note(p.intern(id), []byte("has crashed"))
		}
	}
}
