package kudu

import (
	"cmp"
	"fmt"
	"strings"

	"tabletop/engine/catalog"
	"tabletop/engine/netsim"
	"tabletop/engine/trace"
)

// The requests of clients to the leading master.
type (
	connectToMaster struct{}
	createTable     struct {
		catalog.CreateTable
		by string // who creates it, and for which operation; kept with the table under the what-if of a result cache
	}
	createDone  struct{ table string }
	alterTable  struct{ catalog.AlterTable }
	alterDone   struct{ table string }
	deleteTable struct{ name string }
	openTable   struct{ name string }
	listTables  struct{}
	locate      struct{ name string }
)

// reply is the body of every answer to a client, and of a tablet server's to a master.
type reply struct {
	status    catalog.Status
	leader    bool               // of connectToMaster
	masters   []trace.NodeID     // of connectToMaster: the voters of the sys catalog
	pending   bool               // of createDone and alterDone: not yet
	table     string             // its id
	text      string             // the schema, the names or the count asked for
	locations []catalog.Location // of locate
}

func (m *Master) refuse(in *netsim.Message, s catalog.Status, cause trace.EventID) {
	m.reply(in, trace.Refusal, s.String(), 0, reply{status: s}, cause)
}

// answer answers a request with its outcome.
func (m *Master) answer(in *netsim.Message, r reply, cause trace.EventID) {
	if r.status != catalog.OK {
		m.refuse(in, r.status, cause)
		return
	}
	name := "OK"
	if r.pending {
		name = "not yet"
	}
	m.reply(in, trace.Answer, name, 0, r, cause)
}

// connect answers who asks for the leader: one is named so only when it is ready to serve.
func (m *Master) connect(in *netsim.Message, at trace.EventID) {
	r := reply{leader: m.check() == catalog.OK, masters: m.raft.Config().Voters}
	name := "FOLLOWER"
	if r.leader {
		name = "LEADER"
	}
	m.reply(in, trace.Answer, name, 0, r, at)
}

// serve answers the requests that only a leader answers.
func (m *Master) serve(in *netsim.Message, at trace.EventID) {
	if s := m.check(); s != catalog.OK {
		m.refuse(in, s, at)
		return
	}
	switch body := in.Body.(type) {
	case createTable:
		m.createTable(in, body, at)
	case alterTable:
		m.alterTable(in, body, at)
	case deleteTable:
		m.deleteTable(in, body, at)
	case openTable:
		m.read(in, func(at trace.EventID) { m.answerOpen(in, at) })
	case createDone:
		m.read(in, func(at trace.EventID) {
			done, s := m.image.CreateDone(m.tableID(body.table))
			m.answer(in, reply{status: s, pending: !done}, at)
		})
	case alterDone:
		m.read(in, func(at trace.EventID) {
			done, s := m.image.AlterDone(m.tableID(body.table))
			m.answer(in, reply{status: s, pending: !done}, at)
		})
	case listTables:
		m.read(in, func(at trace.EventID) { m.listTables(in, at) })
	case locate:
		m.read(in, func(at trace.EventID) { m.locate(in, body.name, at) })
	case addMaster:
		if !m.staticMasters(in, at) {
			m.addMaster(in, body, at)
		}
	case removeMaster:
		if !m.staticMasters(in, at) {
			m.removeMaster(in, body, at)
		}
	case masterStatus:
		m.masterStatus(in, body, at)
	}
}

// conclude answers a request to change the catalog after its turn to be written. One that has changed nothing, because it
// was refused or asked for nothing new, has only read.
func (m *Master) conclude(in *netsim.Message, turn catalog.Status, w catalog.Write, r reply) {
	if turn == catalog.OK && w.Empty() {
		m.read(in, func(at trace.EventID) { m.answer(in, r, at) })
		return
	}
	m.answer(in, r, m.raft.Cause())
}

func (m *Master) listTables(in *netsim.Message, at trace.EventID) {
	var names []string
	for _, t := range m.image.Tables() {
		names = append(names, t.Name)
	}
	m.answer(in, reply{text: strings.Join(names, " ")}, at)
}

// tableID returns the id of a table that a request names, which may be by its id already.
func (m *Master) tableID(name string) string {
	if t, ok := m.image.Find(name); ok {
		return t.ID
	}
	return name
}

// createTable writes the table's row and its tablets' through raft; the answer waits for their commit, without a limit of
// its own.
func (m *Master) createTable(in *netsim.Message, c createTable, at trace.EventID) {
	if have, ok := m.image.Find(c.Name); ok {
		r := reply{status: catalog.AlreadyPresent}
		if c.by != "" && have.By == c.by { // the what-if: the result of the first try is still known
			r = reply{table: have.ID}
		}
		m.read(in, func(at trace.EventID) { m.answer(in, r, at) })
		return
	}
	if !m.image.Reserve(c.Name) {
		m.refuse(in, catalog.ServiceUnavailable, at)
		return
	}
	image, table, status := m.image, catalog.Table{}, catalog.OK
	var rest catalog.Write // 0.7 wrote the tablets first and then, in a write of its own, the table
	done := func(s catalog.Status, w catalog.Write) {
		r := reply{status: cmp.Or(s, status)}
		switch {
		case r.status != catalog.OK:
			image.Free(c.Name)
		case m.options.whole():
			r.table = table.ID
			m.wake()
		}
		m.conclude(in, s, w, r)
	}
	m.write(func() catalog.Write {
		var w catalog.Write
		limits := catalog.Limits{Alive: len(m.alive()), PerServer: m.options.Behaviour.PerServer, Whole: m.options.whole()}
		w, table, status = m.image.Create(c.CreateTable, limits, m.newID)
		for i := range w.Tables {
			w.Tables[i].By = c.by
		}
		if m.options.Behaviour.TwoWrites && len(w.Tablets) > 0 {
			rest, w = catalog.Write{Tables: w.Tables}, catalog.Write{Tablets: w.Tablets}
		}
		return w
	}, func(s catalog.Status, w catalog.Write) {
		if s != catalog.OK || rest.Empty() {
			done(s, w)
			return
		}
		m.write(func() catalog.Write { return rest }, done)
	})
}

// alterTable writes the table's new row; the tablets' leaders are told when it is committed.
func (m *Master) alterTable(in *netsim.Message, a alterTable, _ trace.EventID) {
	status := catalog.OK
	m.write(func() catalog.Write {
		var w catalog.Write
		w, status = m.image.Alter(a.AlterTable, m.newID)
		return w
	}, func(s catalog.Status, w catalog.Write) {
		r := reply{status: cmp.Or(s, status)}
		if t, ok := m.image.Find(a.Table); ok {
			r.table = t.ID
		}
		for _, t := range w.Tables {
			r.table = t.ID
		}
		m.conclude(in, s, w, r)
		m.deleted(w.Tablets)
		for _, t := range w.Tables {
			m.alterReplicas(t)
		}
		m.wake()
	})
}

// alterReplicas has the leader of every tablet of a table change its replicas' schema.
func (m *Master) alterReplicas(t catalog.Table) {
	if t.State != catalog.TableAltering {
		return
	}
	for _, tablet := range m.image.TabletsOf(t.ID) {
		if tablet.State == catalog.TabletRunning {
			m.start(catalog.Task{Kind: catalog.AlterReplica, Tablet: tablet.ID, Table: t})
		}
	}
}

func (m *Master) deleteTable(in *netsim.Message, d deleteTable, _ trace.EventID) {
	status := catalog.OK
	m.write(func() catalog.Write {
		var w catalog.Write
		w, status = m.image.Delete(d.name)
		return w
	}, func(s catalog.Status, w catalog.Write) {
		m.conclude(in, s, w, reply{status: cmp.Or(s, status)})
		m.deleted(w.Tablets)
	})
}

// answerOpen is GetTableSchema: it reads the image in memory, at once or when the leader is confirmed.
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
	schema := table.Schema
	if table.Applied != nil { // while it is altered, what every replica has
		schema = table.Applied
	}
	m.answer(in, reply{table: table.ID, text: schema.String()}, at)
}

// locate is GetTableLocations.
func (m *Master) locate(in *netsim.Message, name string, at trace.EventID) {
	table, ok := m.image.Find(name)
	if !ok {
		m.refuse(in, catalog.NotFound, at)
		return
	}
	locations, s := m.image.Locations(table.ID)
	if !m.options.Behaviour.LeaderFromRows {
		for i := range locations {
			locations[i].Leader = m.replicas[locations[i].Tablet].Leader
		}
	}
	m.answer(in, reply{status: s, table: table.ID, locations: locations}, at)
}

func (m *Master) newID() string {
	return fmt.Sprintf("%016x%016x", m.random.ids.Uint64(), m.random.ids.Uint64())
}
