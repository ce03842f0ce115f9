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
	createTable     struct{ name, schema string }
	openTable       struct{ name string }
	listTables      struct{}
)

// reply is the body of every answer to a client.
type reply struct {
	status status
	leader bool   // of connectToMaster
	text   string // the schema or the names asked for
}

// status is an RPC's outcome, as in MasterErrorPB.
type status uint8

const (
	statusOK status = iota
	statusNotFound
	statusAlreadyPresent
	statusNotTheLeader
	statusServiceUnavailable
	statusTimedOut // the client's own
)

// String returns the outcome as it stands in a client's history.
func (s status) String() string {
	return [...]string{"OK", "NotFound", "AlreadyPresent", "NOT_THE_LEADER", "ServiceUnavailable", "TimedOut"}[s]
}

func (m *Master) refuse(in *netsim.Message, s status, cause trace.EventID) {
	m.reply(in, trace.Refusal, s.String(), 0, reply{status: s}, cause)
}

// createTable writes the table's row through raft; the answer waits for its commit, without a limit of its own.
func (m *Master) createTable(in *netsim.Message, c createTable, at trace.EventID) {
	if s := m.check(); s != statusOK {
		m.refuse(in, s, at)
		return
	}
	if _, ok := m.image.Find(c.name); ok {
		m.refuse(in, statusAlreadyPresent, at)
		return
	}
	if !m.image.Reserve(c.name) {
		m.refuse(in, statusServiceUnavailable, at)
		return
	}
	table := catalog.Table{ID: fmt.Sprintf("%016x%016x", m.random.ids.Uint64(), m.random.ids.Uint64()), Name: c.name,
		Schema: c.schema}
	m.reading++
	p := pendingCreate{from: in, request: m.reading, table: table}
	m.creates = append(m.creates, p)
	w := catalog.Write{Kind: catalog.Create, Table: table, Master: m.name, Request: p.request}
	if !m.raft.Propose(w.Encode()) { // it does not lead any more, or is handing over: the table may not exist at all
		m.creates = slices.DeleteFunc(m.creates, func(other pendingCreate) bool { return other.request == p.request })
		m.image.Free(c.name)
		m.refuse(in, statusServiceUnavailable, at)
	}
}

// created answers the create that a write carried out, if this master is the one that was asked. A write that changed
// nothing met a table of the same name, committed by another leader.
func (m *Master) created(w catalog.Write, changed bool) {
	if w.Master != m.name {
		return
	}
	i := slices.IndexFunc(m.creates, func(p pendingCreate) bool { return p.request == w.Request && p.table.ID == w.Table.ID })
	if i < 0 {
		return
	}
	in := m.creates[i].from
	m.creates = slices.Delete(m.creates, i, i+1)
	if changed {
		m.reply(in, trace.Answer, "OK", 0, reply{status: statusOK}, m.raft.Cause())
	} else {
		m.refuse(in, statusAlreadyPresent, m.raft.Cause())
	}
}

// openTable is GetTableSchema: it reads the image in memory, at once or when the leader is confirmed.
func (m *Master) openTable(in *netsim.Message, at trace.EventID) {
	if s := m.check(); s != statusOK {
		m.refuse(in, s, at)
		return
	}
	m.reading++
	m.reads = append(m.reads, pendingRead{from: in, read: m.reading})
	m.raft.Read(m.reading)
}

func (m *Master) answerOpen(in *netsim.Message, at trace.EventID) {
	if s := m.check(); s != statusOK {
		m.refuse(in, s, at)
		return
	}
	table, ok := m.image.Find(in.Body.(openTable).name)
	if !ok {
		m.refuse(in, statusNotFound, at)
		return
	}
	m.reply(in, trace.Answer, "OK", 0, reply{status: statusOK, text: table.Schema}, at)
}

func (m *Master) listTables(in *netsim.Message, at trace.EventID) {
	if s := m.check(); s != statusOK {
		m.refuse(in, s, at)
		return
	}
	var names []string
	for _, t := range m.image.Tables() {
		names = append(names, t.Name)
	}
	m.reply(in, trace.Answer, "OK", 0, reply{status: statusOK, text: strings.Join(names, " ")}, at)
}
