package kudu

import (
	"tabletop/replay/text"
)

// config is a raft configuration.
type config struct {
	voters, others []string
	addresses      string // uuid=host:port …
	index          uint64 // of its entry in the log; 0 for the first one, which has none
	whole          bool   // its text has an end
	text           string // what it was read from
}

// maxConfigs bounds how many configurations are remembered. A cluster has a few; hostile input could have any number.
const maxConfigs = 1024

// config reads the RaftConfigPB that the cursor's bytes begin with, behind its bracket if it is braced. It is the same one
// for equal bytes.
func (p *parser) config(m cursor, braced bool) *config {
	if c := p.known(m); c != nil {
		return c
	}
	c := &config{}
	rest := m
	c.whole = p.readConfig(&rest, c) && (braced && rest.lit("}") || !braced && !m.open && len(rest.b) == 0)
	return p.remember(m, c)
}

// known returns the configuration that was read from equal bytes, nil if there is none. Most often it is the last one.
func (p *parser) known(m cursor) *config {
	if m.open { // it may be another one
		return nil
	}
	if p.lastConfig == nil || p.lastConfig.text != string(m.b) {
		p.lastConfig = p.configs[string(m.b)]
	}
	return p.lastConfig
}

func (p *parser) remember(m cursor, c *config) *config {
	if m.open {
		return c
	}
	if p.configs == nil || len(p.configs) >= maxConfigs {
		p.configs = map[string]*config{}
	}
	c.text = string(m.b)
	p.configs[c.text] = c
	return c
}

// readConfig reads the fields of a configuration up to what is none.
func (p *parser) readConfig(m *cursor, c *config) bool {
	var addresses []byte
	for {
		for m.lit(" ") {
		}
		switch {
		case m.lit("opid_index: -"):
			if _, ok := m.num(); !ok {
				return false
			}
		case m.lit("opid_index: "):
			n, ok := m.num()
			if !ok {
				return false
			}
			c.index = n
		case m.lit("OBSOLETE_local: "), m.lit("local: "), m.lit("unsafe_config_change: "):
			if _, ok := m.id(); !ok {
				return false
			}
		case m.lit("peers {"):
			if addresses = p.readPeer(m, c, addresses); addresses == nil {
				return false
			}
		default:
			c.addresses = p.intern(addresses)
			return true
		}
	}
}

// readPeer reads a RaftPeerPB behind its bracket and adds its address; nil if it has no end.
func (p *parser) readPeer(m *cursor, c *config, addresses []byte) []byte {
	var peer peer
	if !peer.read(m) || len(peer.id) == 0 {
		return nil
	}
	id := p.intern(peer.id)
	if peer.voter {
		c.voters = append(c.voters, id)
	} else {
		c.others = append(c.others, id)
	}
	if len(addresses) > 0 {
		addresses = append(addresses, ' ')
	}
	return append(append(append(addresses, peer.id...), '='), peer.address()...)
}

// peer is a RaftPeerPB.
type peer struct {
	id, host, port []byte
	voter          bool
}

func (r *peer) address() []byte {
	if len(r.host) == 0 {
		return nil
	}
	return append(append(append(make([]byte, 0, len(r.host)+6), r.host...), ':'), r.port...)
}

// read reads the fields of a peer up to the bracket that ends it.
func (r *peer) read(m *cursor) bool {
	for depth := 1; ; {
		for m.lit(" ") {
		}
		ok := true
		switch {
		case m.lit("permanent_uuid: "):
			r.id, ok = m.quoted()
		case m.lit("member_type: "):
			var kind []byte
			kind, ok = m.id()
			r.voter = string(kind) == "VOTER"
		case m.lit("host: "):
			r.host, ok = m.quoted()
		case m.lit("port: "):
			r.port = m.b
			_, ok = m.num()
			r.port = r.port[:len(r.port)-len(m.b)]
		case m.lit("}"):
			if depth--; depth == 0 {
				return true
			}
		default: // attrs { promote: true }, health_report { overall_health: HEALTHY }, and what may come
			var opens bool
			if opens, ok = m.field(); opens {
				depth++
			}
		}
		if !ok {
			return false
		}
	}
}

// field goes behind the name and the value of any field, or behind the bracket that begins one.
func (c *cursor) field() (opens, ok bool) {
	if _, ok := c.id(); !ok {
		return false, false
	}
	if c.lit(" {") {
		return true, true
	}
	if !c.lit(": ") {
		return false, false
	}
	if _, ok := c.quoted(); ok {
		return false, true
	}
	_, ok = c.value()
	return false, ok
}

// value reads a value without quotes, up to a space.
func (c *cursor) value() ([]byte, bool) {
	n := 0
	for n < len(c.b) && c.b[n] > ' ' {
		n++
	}
	v := c.b[:n]
	c.b = c.b[n:]
	return v, n > 0
}

// members states the configuration that comes next.
func (p *parser) members(m cursor, braced bool) { p.membersOf(p.config(m, braced), false) }

func (p *parser) membersOf(c *config, told bool) {
	if !c.whole || len(c.voters)+len(c.others) == 0 {
		p.cut = true // the reporter, or the end of the file, has cut it
		return
	}
	st := p.statement(text.Members)
	st.Yes, st.No, st.Text, st.Index, st.Told = c.voters, c.others, c.addresses, c.index, told
	p.add(st)
}

// state is a ConsensusStatePB.
type state struct {
	term    uint64
	leader  string // empty if there is none
	configs cursor // the committed configuration and the pending one
}

// The first fields of a ConsensusStatePB.
const (
	currentTerm = "current_term: "
	leaderUUID  = " leader_uuid: "
)

// state reads the ConsensusStatePB that comes next.
func (p *parser) state(m cursor) (s state, ok bool) {
	if !m.lit(currentTerm) {
		return s, false
	}
	if s.term, ok = m.num(); !ok {
		return s, false
	}
	if m.lit(leaderUUID) {
		if s.leader, ok = p.quotedIdentity(&m); !ok {
			return s, false
		}
	}
	s.configs = m
	return s, true
}

// inForce reads the committed and the pending configuration that come next, and returns the pending one if there is one:
// Kudu acts on it from then on.
func (p *parser) inForce(m cursor) *config {
	if c := p.known(m); c != nil {
		return c
	}
	c, rest := &config{}, m
	if rest.lit(" committed_config {") {
		c.whole = p.readConfig(&rest, c) && rest.lit("}")
	}
	if rest.lit(" pending_config {") && c.whole {
		c = &config{}
		c.whole = p.readConfig(&rest, c) && rest.lit("}")
	}
	return p.remember(m, c)
}
