package kudu

import "encoding/binary"

// identities are uuids that were met lately: most of a log is about the same few nodes and tablets. A uuid leads to two
// places, the later one first, so that two that lead to the same ones do not drive each other out.
type identities [512][2]identity

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
	places := &p.ids[fold(written[0], written[1])%uint64(len(p.ids))]
	for i := range places {
		if known := &places[i]; known.written == written && known.id != "" {
			m.b = m.b[uuidLength:]
			return known.id, true
		}
	}
	id, ok := p.newIdentity(m)
	if len(id) == uuidLength {
		places[0], places[1] = identity{written, id}, places[0]
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
