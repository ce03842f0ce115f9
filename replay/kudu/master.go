package kudu

import (
	"bytes"

	"tabletop/replay/text"
)

// sysCatalog reads sys_catalog.cc: what a master's tablet of the catalog is told by raft.
func (p *parser) sysCatalog(m cursor) {
	if p.dumped(m) {
		return
	}
	stated := len(p.sink.Statements)
	p.ofCatalog(m)
	if p.retold != nil && len(p.sink.Statements) == stated && !p.cut {
		p.rememberDump(m)
	}
}

func (p *parser) ofCatalog(m cursor) {
	if !p.who(&m) || !m.lit(" [sys.catalog]: ") {
		return
	}
	switch {
	case m.lit("SysCatalogTable state changed. Reason: "):
		p.stateChanged(m)
	case m.lit("This master's current role is: "):
		st := p.statement(text.RoleIs)
		if role, ok := roleOf(&m); ok {
			st.Role = role
			p.add(st)
		}
	case m.lit("configured and running, proceeding with master startup"):
		p.note("", []byte("configured and running, proceeding with master startup"))
	}
}

// stateChanged reads "New leader X. Latest consensus state: …".
func (p *parser) stateChanged(m cursor) {
	words, ok := m.to(". Latest consensus state: ")
	if !ok {
		p.cut = true
		return
	}
	s, ok := p.state(m)
	if !ok {
		p.cut = true
		return
	}
	st := p.statement(text.LeaderIs)
	st.Term, st.Peer = s.term, s.leader
	const newLeader = "New leader"
	if bytes.HasPrefix(words, []byte(newLeader)) {
		words = words[:len(newLeader)] // Peer says who
	}
	st.Text = p.text(words)
	p.add(st)
	p.membersOf(p.inForce(s.configs), false)
}

// catalogManager reads catalog_manager.cc.
func (p *parser) catalogManager(m cursor) {
	if len(m.b) == 0 || p.failure(m) {
		return
	}
	switch m.b[0] {
	case 'T':
		if m.lit("TS ") {
			p.ofServer(m)
		} else {
			p.reported(m)
		}
	case 'S':
		if m.lit("Servicing ") {
			p.servicing(m)
		} else if m.lit("Successfully completed master ChangeConfig request to ") {
			p.masterChange(m, "completed: ")
		}
	case 'C':
		p.created(m)
	case 'D':
		if m.lit("Deleted table ") {
			p.done(m, "deleted ")
		}
	case 'L':
		if m.lit("Loaded metadata for table ") {
			p.note("", append([]byte("loaded table "), tableName(m.b)...))
		} else if m.lit("Loading table and tablet metadata into memory") {
			p.note("", []byte("loads the catalog into memory"))
		}
	case 'I':
		if m.lit("Initiating ChangeConfig request to ") {
			p.masterChange(m, "initiated: ")
		} else if m.lit("Initializing in-progress tserver states") {
			p.note("", []byte("catalog loaded"))
		}
	}
}

// tableName returns the name in "orders [id=959d…] …".
func tableName(b []byte) []byte {
	name, _, _ := bytes.Cut(b, []byte(" [id="))
	return clip(name)
}

func (p *parser) done(m cursor, words string) {
	st := p.statement(text.Catalog)
	st.Text = p.text(append([]byte(words), tableName(m.b)...))
	p.add(st)
}

// created reads the messages that begin with C.
func (p *parser) created(m cursor) {
	whole := m
	switch {
	case m.lit("Created table "):
		p.done(m, "created ")
	case m.lit("CreateTable from "): // before Kudu 1.5
		p.request("create", cursor{})
	case m.lit("ChangeConfig request failed to "):
		p.masterChange(m, "failed: ")
	case m.lit("ChangeConfig:") && m.skip(" RPC for tablet "):
		if id, ok := m.id(); ok {
			p.group = p.intern(id)
			p.note("", whole.b)
		}
	}
}

// masterChange reads "add master host:port…".
func (p *parser) masterChange(m cursor, words string) {
	add := m.lit("add master ")
	if !add && !m.lit("remove master ") {
		return
	}
	address, ok := m.place()
	if !ok {
		return
	}
	verb := "remove master"
	if add {
		verb = "add master"
	}
	st := p.statement(text.Note)
	st.PeerAddress = p.intern(address)
	st.Text = p.intern([]byte(words + verb))
	p.add(st)
}

// servicing reads "CreateTable request from {username='root'} at 127.0.0.1:60560:" and the request, which stands in the
// lines behind it, before Kudu 1.5 in the same one.
func (p *parser) servicing(m cursor) {
	name, ok := m.to(" request from ")
	if !ok {
		return
	}
	var verb string
	switch string(name) {
	case "CreateTable":
		verb = "create"
	case "AlterTable":
		verb = "alter"
	case "DeleteTable":
		verb = "delete"
	case "SoftDeleteTable":
		verb = "soft-delete"
	case "RecallDeletedTableRpc":
		verb = "recall"
	default:
		return
	}
	if !m.skip(": ") {
		m.b = nil
	}
	p.request(verb, m)
}

// request states a change of the catalog that a client asks for.
func (p *parser) request(verb string, m cursor) {
	var name, to []byte
	if verb == "create" {
		if b, ok := p.bodyLine(`name: "`); ok {
			name, _, _ = bytes.Cut(b, []byte{'"'})
		}
	} else {
		if b, ok := p.bodyLine("table { "); ok {
			m = cursor{b, false}
		} else if !m.skip("table { ") {
			m = cursor{}
		}
		name, to = m.table()
	}
	if len(to) > 0 && verb == "alter" {
		verb = "rename"
	}
	words := []byte(verb)
	if len(name) > 0 {
		words = append(append(words, ' '), name...)
	} else {
		p.cut = true // the lines with the name are missing
	}
	if len(to) > 0 {
		words = append(append(words, ' '), to...)
	}
	st := p.statement(text.Catalog)
	st.Text = p.intern(bytes.TrimSpace(words))
	p.add(st)
}

// table reads the fields of a TableIdentifierPB, and the name that an AlterTableRequestPB gives.
func (c *cursor) table() (name, to []byte) {
	if c.lit("table_id: ") {
		name, _ = c.quoted()
		c.lit(" ")
	}
	if c.lit("table_name: ") {
		name, _ = c.quoted()
	}
	if c.skip(" new_table_name: ") {
		to, _ = c.quoted()
	}
	return name, to
}

// What a report of a tablet server consists of.
const (
	reportedState = " reported cstate change: "
	newState      = "New cstate: "
)

// reconfigures reports whether a change of state is one of the configuration as well.
func reconfigures(diff []byte) bool {
	return bytes.HasPrefix(diff, []byte("config changed")) || bytes.Contains(diff, []byte("pending config")) ||
		bytes.Contains(diff, []byte("<none>"))
}

// reported reads "T tablet P uuid…": the master's own lines, and what a tablet server reported.
func (p *parser) reported(m cursor) {
	var r report
	brief := p.retold != nil && p.h.severity != 'F'
	if brief {
		r, brief = reportOf(m)
	}
	if brief && *p.retold.place(&r) == r {
		return
	}
	if !p.who(&m) {
		return
	}
	if m.lit(": ") {
		p.own(m)
		return
	}
	if !m.lit(reportedState) {
		return
	}
	diff, ok := m.to(newState)
	if !ok {
		p.cut = true
		return
	}
	s, ok := p.state(m)
	if !ok {
		p.cut = true
		return
	}
	st := p.statement(text.LeaderIs)
	st.Term, st.Peer, st.Told, st.Text = s.term, s.leader, true, "reported"
	stated := len(p.sink.Statements)
	p.add(st)
	if reconfigures(diff) { // else the configuration is as it was
		p.membersOf(p.inForce(s.configs), true)
	} else if brief && len(p.sink.Statements) == stated {
		*p.retold.place(&r) = r
	}
}

// own reads the master's own lines with a prefix.
func (p *parser) own(m cursor) {
	if m.lit("Sending DeleteTablet ") {
		p.note("", append([]byte("sends DeleteTablet "), clip(m.b)...))
		return
	}
	const complete = " alter complete (version "
	n := bytes.LastIndex(m.b, []byte(complete))
	if n < 0 {
		return
	}
	version := cursor{m.b[n+len(complete):], m.open}
	st := p.statement(text.Catalog)
	st.Text = p.text(append([]byte("altered "), tableName(m.b[:n])...))
	st.Index, _ = version.num()
	p.add(st)
}

// ofServer reads "TS uuid (host:port): …" and "TS uuid (host:port) …".
func (p *parser) ofServer(m cursor) {
	id, ok := m.id()
	if !ok {
		return
	}
	st := p.statement(text.Note)
	st.Peer, st.PeerAddress = p.intern(id), p.intern(m.address())
	if st.PeerAddress == "" {
		return
	}
	m.lit(":")
	st.Text = p.text(m.b)
	p.add(st)
}

// failure notes that a change of the catalog failed: "Aborted: an error occurred while updating the sys-catalog: …".
// The status may be any.
func (p *parser) failure(m cursor) bool {
	if p.h.severity != 'W' || !bytes.Contains(m.b, []byte(": an error occurred while ")) {
		return false
	}
	p.note("", m.b)
	return true
}

// tabletService reads tablet_service.cc, which masters have as well.
func (p *parser) tabletService(m cursor) {
	switch {
	case m.lit("Received RequestConsensusVote() RPC: "):
		p.wasAsked(m)
	case m.lit("Processing CreateTablet for tablet "):
		p.tabletNote(m, "creates a tablet")
	case m.lit("Processing DeleteTablet for tablet "):
		p.tabletNote(m, "deletes a tablet")
	case m.lit("Received Run Leader Election RPC"):
		p.note("", []byte("asked to start an election"))
	case m.lit("Received LeaderStepDown RPC"):
		p.note("", []byte("asked to step down"))
	case m.lit("Received UnsafeChangeConfig RPC"):
		p.note("", []byte("asked for an unsafe change of the configuration"))
	case m.lit("Tablet server "):
		if id, ok := m.id(); ok && m.lit(" set to ") {
			p.node = p.intern(id)
			p.note("", m.b)
		}
	}
}

func (p *parser) tabletNote(m cursor, words string) {
	if id, ok := m.id(); ok {
		p.group = p.intern(id)
		p.note("", append([]byte(words), m.b[:min(len(m.b), maxText)]...))
	}
}

// wasAsked reads a VoteRequestPB.
func (p *parser) wasAsked(m cursor) {
	if !m.lit("tablet_id: ") {
		return
	}
	tablet, ok := m.quoted()
	if !ok || !m.lit(" candidate_uuid: ") {
		return
	}
	candidate, ok := m.quoted()
	if !ok || !m.lit(" candidate_term: ") {
		return
	}
	term, ok := m.num()
	if !ok {
		return
	}
	var index uint64
	if m.lit(" candidate_status { last_received { term: ") && m.skip(" index: ") {
		index, _ = m.num()
		m.skip("} }")
	}
	if m.lit(" ignore_live_leader: ") {
		m.value()
	}
	if m.lit(" dest_uuid: ") {
		id, _ := m.quoted()
		p.node = p.intern(id)
	}
	pre := m.lit(" is_pre_election: true")
	if p.node == "" || m.open && !pre { // what makes it a pre-election is at its end
		p.cut = true
		return
	}
	p.group = p.intern(tablet)
	st := p.statement(text.WasAsked)
	st.Peer, st.Term, st.Index, st.Pre = p.intern(candidate), term, index, pre
	p.add(st)
}

// registration reads what a master writes of tablet servers.
func (p *parser) registration(m cursor) {
	var words string
	switch {
	case m.lit("Registered new tserver with Master: "):
		words = "registers tablet server"
	case m.lit("Re-registered known tserver with Master: "):
		words = "registers tablet server again"
	case m.lit("Got heartbeat from unknown tserver (permanent_uuid: "):
		if id, ok := m.quoted(); ok {
			p.note(p.intern(id), []byte("heartbeat from an unknown tablet server"))
		}
		return
	case m.lit("Unset tserver state for "), m.lit("Set tserver state for "):
		words = "state of tablet server changed"
	default:
		return
	}
	id, ok := m.id()
	if !ok {
		return
	}
	st := p.statement(text.Note)
	st.Peer, st.PeerAddress, st.Text = p.intern(id), p.intern(m.address()), words
	p.add(st)
}

// heartbeater reads heartbeater.cc, the tablet server's side.
func (p *parser) heartbeater(m cursor) {
	st := p.statement(text.Note)
	switch {
	case m.lit("Connected to a master server at "):
		st.Text = "connected to master"
	case m.lit("Registering TS with master"):
		p.note("", []byte("registers with master"))
		return
	case m.lit("Failed to heartbeat to "):
		st.Kind = text.Unreachable
	case m.lit("Master "):
		st.Text = "master"
	default:
		return
	}
	address, ok := m.place()
	if !ok {
		return
	}
	st.PeerAddress = p.intern(address)
	switch {
	case st.Kind == text.Unreachable:
		if m.skip("): ") {
			st.Text, st.Length = p.why(m)
		}
	case m.lit(" was elected leader"):
		st.Text = "full report: the master was elected leader"
	case m.lit(" requested a full tablet report"):
		st.Text = "full report: the master asked for it"
	}
	p.add(st)
}
