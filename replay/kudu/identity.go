package kudu

import "encoding/binary"

// identities are uuids that were met lately, each where it leads to: most of a log is about the same few nodes and tablets.
type identities [1024]identity

// identity is a uuid as it is written, which takes four words to compare.
type identity struct {
	written [uuidLength / 8]uint64
	id      string
}

// identity reads an identity that has probably been met before.
func (p *parser) identity(m *cursor) (string, bool) {
	if len(m.b) <= uuidLength || inID(m.b[uuidLength]) {
		return p.newIdentity(m)
	}
	written := [uuidLength / 8]uint64{binary.LittleEndian.Uint64(m.b), binary.LittleEndian.Uint64(m.b[8:]),
		binary.LittleEndian.Uint64(m.b[16:]), binary.LittleEndian.Uint64(m.b[24:])}
	known := &p.ids[fold(written[0], written[1])%uint64(len(p.ids))]
	if known.written == written && known.id != "" {
		m.b = m.b[uuidLength:]
		return known.id, true
	}
	id, ok := p.newIdentity(m)
	if len(id) == uuidLength {
		*known = identity{written, id}
	}
	return id, ok
}

func (p *parser) newIdentity(m *cursor) (string, bool) {
	b, ok := m.id()
	return p.intern(b), ok
}

// quotedIdentity reads an identity in quotes, or what else stands in them.
func (p *parser) quotedIdentity(m *cursor) (string, bool) {
	within := *m
	if within.lit(`"`) {
		if id, ok := p.identity(&within); ok && within.lit(`"`) {
			*m = within
			return id, true
		}
	}
	b, ok := m.quoted()
	return p.intern(b), ok
}
