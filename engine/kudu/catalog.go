package kudu

import (
	"fmt"
	"slices"
	"strings"

	"tabletop/engine/catalog"
	"tabletop/engine/netsim"
	"tabletop/engine/trace"
)

// The bodies of the requests that are not raft's.
type (
	nodeInstance    struct{} // of another master
	connectToMaster struct{}
	createTable     struct {
		name   string
		schema catalog.Schema
	}
	openTable  struct{ name string }
	listTables struct{}
)

// reply is the body of every answer to a client.
type reply struct {
	status catalog.Status
	leader bool   // of connectToMaster
	text   string // the schema or the names asked for
}

func (m *Master) refuse(in *netsim.Message, s catalog.Status, cause trace.EventID) {
	m.reply(in, trace.Refusal, s.String(), 0, reply{status: s}, cause)
}

// createTable writes the table's row through raft; the answer waits for its commit, without a limit of its own.
func (m *Master) createTable(in *netsim.Message, c createTable, at trace.EventID) {
	if s := m.check(); s != catalog.OK {
		m.refuse(in, s, at)
		return
	}
	if _, ok := m.image.Find(c.name); ok {
		m.refuse(in, catalog.AlreadyPresent, at)
		return
	}
	if !m.image.Reserve(c.name) {
		m.refuse(in, catalog.ServiceUnavailable, at)
		return
	}
	table := catalog.Table{ID: fmt.Sprintf("%016x%016x", m.random.ids.Uint64(), m.random.ids.Uint64()), Name: c.name,
		Schema: c.schema}
	m.reading++
	p := pendingCreate{from: in, request: m.reading, table: table}
	m.creates = append(m.creates, p)
	w := catalog.Write{Tables: []catalog.Table{table}, Master: m.name, Request: p.request}
	if _, ok := m.raft.Propose(w.Encode()); !ok { // it does not lead any more, or is handing over: the table may not exist at all
		m.creates = slices.DeleteFunc(m.creates, func(other pendingCreate) bool { return other.request == p.request })
		m.image.Free(c.name)
		m.refuse(in, catalog.ServiceUnavailable, at)
	}
}

// created answers the create that a write carried out, if this master is the one that was asked.
func (m *Master) created(w catalog.Write) {
	if w.Master != m.name {
		return
	}
	i := slices.IndexFunc(m.creates, func(p pendingCreate) bool { return p.request == w.Request && p.table.ID == w.Tables[0].ID })
	if i < 0 {
		return
	}
	in := m.creates[i].from
	m.creates = slices.Delete(m.creates, i, i+1)
	m.reply(in, trace.Answer, "OK", 0, reply{status: catalog.OK}, m.raft.Cause())
}

// openTable is GetTableSchema: it reads the image in memory, at once or when the leader is confirmed.
func (m *Master) openTable(in *netsim.Message, at trace.EventID) {
	if s := m.check(); s != catalog.OK {
		m.refuse(in, s, at)
		return
	}
	m.reading++
	m.reads = append(m.reads, pendingRead{from: in, read: m.reading})
	m.raft.Read(m.reading)
}

func (m *Master) answerOpen(in *netsim.Message, at trace.EventID) {
	if s := m.check(); s != catalog.OK {
		m.refuse(in, s, at)
		return
	}
	table, ok := m.image.Find(in.Body.(openTable).name)
	if !ok {
		m.refuse(in, catalog.NotFound, at)
		return
	}
	m.reply(in, trace.Answer, "OK", 0, reply{status: catalog.OK, text: table.Schema.String()}, at)
}

func (m *Master) listTables(in *netsim.Message, at trace.EventID) {
	if s := m.check(); s != catalog.OK {
		m.refuse(in, s, at)
		return
	}
	var names []string
	for _, t := range m.image.Tables() {
		names = append(names, t.Name)
	}
	m.reply(in, trace.Answer, "OK", 0, reply{status: catalog.OK, text: strings.Join(names, " ")}, at)
}
