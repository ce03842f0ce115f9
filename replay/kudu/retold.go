package kudu

import (
	"bytes"
	"encoding/binary"
)

// retold is what a log has told that tells nothing new when it is told again: a brief sink has left it out once. To know it
// by its bytes takes a third of the time that reading it takes, and half of what a master writes under load, by its bytes, is
// of this kind.
type retold struct {
	reports [2048]report // each where its names lead to
	dump    dump
}

// report is who told of which tablet that who leads it, as it is written: "T tablet P server" and the leader's uuid.
type report [whoLength + uuidLength]byte

const whoLength = len("T ") + uuidLength + len(" P ") + uuidLength

// reportOf reads a report of uuids that tells of a leader and of no configuration. What stands in it must have been read
// in full once, to be sure that they are uuids.
func reportOf(m cursor) (r report, ok bool) {
	if len(m.b) < whoLength {
		return r, false
	}
	who := m.b[:whoLength]
	m.b = m.b[whoLength:]
	if !m.lit(reportedState) {
		return r, false
	}
	if diff, ok := m.to(newState); !ok || reconfigures(diff) || !m.lit(currentTerm) {
		return r, false
	}
	if _, ok := m.num(); !ok || !m.lit(leaderUUID) || len(m.b) < uuidLength+2 || m.b[0] != '"' || m.b[uuidLength+1] != '"' {
		return r, false
	}
	copy(r[:], who)
	copy(r[whoLength:], m.b[1:])
	return r, true
}

// place returns where a report is kept.
func (t *retold) place(r *report) *report {
	k := fold(binary.LittleEndian.Uint64(r[len("T "):]), binary.LittleEndian.Uint64(r[whoLength-uuidLength:]))
	return &t.reports[fold(k, binary.LittleEndian.Uint64(r[whoLength:]))%uint64(len(t.reports))]
}

// dump is the last message of sys_catalog.cc that told nothing new.
type dump struct {
	message     []byte
	node, group string
	stated      int // how many statements there were: with the next one it may be news again
}

// dumped reports whether a message is the last one again, with nothing stated in between.
func (p *parser) dumped(m cursor) bool {
	if p.retold == nil || m.open {
		return false
	}
	d := &p.retold.dump
	if d.stated != len(p.sink.Statements) || !bytes.Equal(d.message, m.b) {
		return false
	}
	p.node, p.group = d.node, d.group
	return true
}

func (p *parser) rememberDump(m cursor) {
	d := &p.retold.dump
	d.message, d.node, d.group, d.stated = append(d.message[:0], m.b...), p.node, p.group, len(p.sink.Statements)
}
