package kudu

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"tabletop/engine/catalog"
	"tabletop/engine/trace"
)

// What clients ask for in a stress run, and what must have come of it.

// request is something that a client was asked to do, by the event that tells of it.
type request struct {
	invoke trace.EventID
	table  string
	thing  string // the column or range that it adds or drops, as in the verb
	drops  bool
	keys   []int64
}

// Tables with names that come and go, and tables that stay, whose rows, columns and ranges are counted.
const (
	nameTables = 6
	rowTables  = 2
	baseRange  = 1 << 20
)

func nameTable(i int) string { return fmt.Sprintf("t%d", i) }
func rowTable(i int) string  { return fmt.Sprintf("rows%d", i) }

func (s *stress) name() string { return nameTable(int(s.Below(nameTables))) }

// ask has a client do what a script says, with a connection of its own or one that it has.
func (s *stress) ask(text string) trace.EventID {
	words := strings.Fields(text)
	read := map[string]func(*arguments) (order, error){"create-table": createOrder, "alter-table": alterOrder,
		"delete-table": deleteOrder, "scan": scanOrder, "open-table": func(a *arguments) (order, error) {
			return order{text: "open " + a.words[0], body: openTable{a.words[0]}}, nil
		}}[words[0]]
	a, err := parseArguments(words[1:])
	require.NoError(s.t, err)
	what, err := read(a)
	require.NoError(s.t, err)
	return s.order(what)
}

// order returns the event of an operation, NoEvent when no client runs.
func (s *stress) order(what order) trace.EventID {
	c := s.clients[s.Below(int64(len(s.clients)))]
	what.fresh = s.Below(3) > 0
	if !c.begin(what, trace.NoEvent) {
		return trace.NoEvent
	}
	return c.ops[len(c.ops)-1].invoke
}

// request has a client do something.
func (s *stress) request() {
	wait := []string{"", "", " no-wait", " within=5s"}[s.Below(4)]
	table := s.name()
	if len(s.options.Joining) > 0 && s.Below(12) == 0 {
		s.member(s.named(s.options.Joining[0]).id)
		return
	}
	switch s.Below(14) {
	case 0, 1, 2:
		s.ask("create-table " + table + " key INT32" + s.partitions() + wait)
	case 3, 4:
		s.ask("alter-table " + table + " rename-to " + s.name() + wait)
	case 5:
		s.things++
		s.ask(fmt.Sprintf("alter-table %s add-column c%d INT32%s", table, s.things, wait))
	case 6, 7:
		s.ask("delete-table " + table)
	case 8:
		s.ask("open-table " + table)
	case 9, 10:
		s.write()
	case 11:
		s.ask("scan " + rowTable(int(s.Below(rowTables))))
	default:
		s.change(wait)
	}
}

// member has a master join, or leave.
func (s *stress) member(id trace.NodeID) {
	what := order{text: "add-master J", body: addMaster{node: id}}
	if s.Below(2) == 0 {
		what = order{text: "remove-master J", body: removeMaster{node: id}}
	}
	s.order(what)
}

// write writes rows that nobody has written before.
func (s *stress) write() {
	table := rowTable(int(s.Below(rowTables)))
	rows := useRows{table: table}
	for range 1 + s.Below(4) {
		rows.keys = append(rows.keys, s.keys)
		s.keys++
	}
	invoke := s.order(order{text: fmt.Sprintf("write %s %d", table, len(rows.keys)), body: rows})
	if invoke != trace.NoEvent {
		s.asked = append(s.asked, request{invoke: invoke, table: table, keys: rows.keys})
	}
}

// change adds a column or a range to a table that stays, or drops one that was added.
func (s *stress) change(wait string) {
	r := request{table: rowTable(int(s.Below(rowTables)))}
	s.things++
	r.thing = fmt.Sprintf("column c%d INT32", s.things)
	if s.Below(2) == 0 {
		r.thing = fmt.Sprintf("range %d:%d", baseRange*s.things, baseRange*(s.things+1))
	}
	if added := s.added(); len(added) > 0 && s.Below(3) == 0 {
		r = added[s.Below(int64(len(added)))]
		r.drops = true
	}
	verb, thing := "add-", r.thing
	if r.drops {
		verb, thing = "drop-", strings.TrimSuffix(thing, " INT32")
	}
	if r.invoke = s.ask("alter-table " + r.table + " " + verb + thing + wait); r.invoke != trace.NoEvent {
		s.asked = append(s.asked, r)
	}
}

// added returns what was added to tables that stay, by anybody's account, and was not dropped since.
func (s *stress) added() (all []request) {
	for _, o := range trace.Operations(s.b.Trace()) {
		for _, r := range s.asked {
			if r.invoke == o.Invoke && r.thing != "" && o.Result == "OK" && !r.drops {
				all = append(all, r)
			}
		}
	}
	return slices.DeleteFunc(all, func(a request) bool {
		return slices.ContainsFunc(s.asked, func(r request) bool { return r.drops && r.thing == a.thing })
	})
}

// unsettled says what is not as it will stay, "" when all is.
func (s *stress) unsettled() string {
	var leader *Master
	for _, m := range s.masters {
		switch {
		case m.process.State() != trace.Running || m.raft == nil:
			return m.name + " does not run"
		case m.check() == catalog.OK && m.raft.Role() == trace.Leader:
			leader = m
		}
	}
	if leader == nil {
		return "nobody leads the masters"
	}
	for _, c := range s.clients {
		if len(c.ops) > 0 {
			return c.name + " is still at " + c.ops[0].text
		}
	}
	for _, m := range s.masters {
		switch {
		case m == leader && s.rebuilds() && s.atWork(m) != "":
			return s.atWork(m)
		case len(m.writing) > 0:
			return fmt.Sprintf("%s has %d writes left", m.name, len(m.writing))
		case leader.raft.Members().Has(m.member()) && !sameRows(m.rows, leader.rows):
			return m.name + " has other rows than " + leader.name
		}
	}
	for _, t := range s.servers {
		for _, b := range t.beats {
			if len(b.dirty) > 0 || b.failures > 0 {
				return fmt.Sprintf("%s has tablets to report, or is not heard", t.name)
			}
		}
	}
	return cmp.Or(s.unfinished(leader.rows), s.unlike(leader.rows))
}

// atWork says which task the leader has left. Those of a master that leads no more may go on for an hour, and find nobody. One that adds a replica where every server is a member waits for another
// server, however well the tablet is by now, and one for a dead server waits for that.
func (s *stress) atWork(m *Master) string {
	for _, k := range m.tasks {
		waits := k.Kind == catalog.AddReplica && len(k.Consensus.Voters) == len(s.servers)
		if !waits && (s.dead == nil || k.Server != s.dead.name) {
			return fmt.Sprintf("%s is still at %s of %s, try %d", m.name, taskName(k.Task, m.names), cmp.Or(k.Server, "its leader"), k.attempt)
		}
	}
	return ""
}

func sameRows(a, b catalog.Rows) bool {
	return string(catalog.Write{Tables: a.Tables, Tablets: a.Tablets}.Encode()) ==
		string(catalog.Write{Tables: b.Tables, Tablets: b.Tablets}.Encode())
}

// unfinished says which change of the catalog has not come to its end.
func (s *stress) unfinished(rows catalog.Rows) string {
	tables := map[string]catalog.Table{}
	for _, t := range rows.Tables {
		tables[t.ID] = t
		if s.rebuilds() && (t.State == catalog.TableAltering || t.State == catalog.TableRunning && t.Applied != nil) {
			return "table " + t.Name + " is being altered"
		}
	}
	for _, t := range rows.Tablets {
		table, ok := tables[t.Table]
		switch {
		case !ok && s.rebuilds():
			return "tablet " + t.ID + " is of no table"
		case !ok || t.State.Gone():
		case table.State == catalog.TableRemoved:
			return "tablet " + t.ID + " has outlived its table"
		case t.State != catalog.TabletRunning:
			return "tablet " + t.ID + " is " + t.State.String()
		case len(t.Consensus.Voters) != table.Replicas || len(t.Consensus.NonVoters) > 0:
			return fmt.Sprintf("tablet %s of %d replicas has the members %v and %v", t.ID, table.Replicas, t.Consensus.Voters, t.Consensus.NonVoters)
		}
	}
	return ""
}

// rebuilds reports whether a new leader learns all that reports tell. Before 0.10 it does not: alters may stay under way,
// replicas of deleted tables stay, and what the rows say of leaders is old. Only the catalog itself is compared then,
// without the tablets of tables that were never written.
func (s *stress) rebuilds() bool { return s.options.Behaviour.FullOnNewLeader }

// unlike says where the tablet servers differ from the rows.
func (s *stress) unlike(rows catalog.Rows) string {
	if !s.rebuilds() {
		return ""
	}
	tables, live := map[string]catalog.Table{}, map[string]catalog.Tablet{}
	for _, t := range rows.Tables {
		tables[t.ID] = t
	}
	for _, t := range rows.Tablets {
		if t.State.Gone() {
			continue
		}
		live[t.ID] = t
		if why := s.misplaced(t, tables[t.Table]); why != "" {
			return why
		}
	}
	for _, server := range s.servers {
		for _, d := range server.disks {
			if t := live[d.tablet]; !d.tombstone && !t.Consensus.Has(server.name) && server != s.dead {
				return fmt.Sprintf("%s has tablet %s, which is not its", server.name, d.tablet)
			}
		}
	}
	return ""
}

// misplaced says what a tablet's replicas lack.
func (s *stress) misplaced(t catalog.Tablet, of catalog.Table) string {
	leaders := 0
	for _, server := range s.servers {
		if !t.Consensus.Has(server.name) {
			continue
		}
		r := server.byTablet[t.ID]
		switch {
		case r == nil || r.raft == nil:
			return fmt.Sprintf("%s has no replica of tablet %s", server.name, t.ID)
		case r.table.Version != of.Version || r.table.Name != of.Name || !r.table.Schema.Equal(of.Schema):
			return fmt.Sprintf("%s has tablet %s as version %d of %s, not %d of %s", server.name, t.ID, r.table.Version, r.table.Name, of.Version, of.Name)
		case r.leading && server.name == t.Consensus.Leader && r.raft.Term() == t.Consensus.Term:
			leaders++
		}
		if c := r.report().Consensus; c.Index != t.Consensus.Index {
			return fmt.Sprintf("%s has another configuration of tablet %s", server.name, t.ID)
		}
	}
	if leaders != 1 {
		return fmt.Sprintf("tablet %s is not led by %s in term %d", t.ID, t.Consensus.Leader, t.Consensus.Term)
	}
	return ""
}

// answered: no client waits beyond its deadline, but for the time in which it was frozen.
func (s *stress) answered(ops []trace.Operation) {
	for _, o := range ops {
		if o.Open() {
			s.fail(o.Op + " is never answered")
		}
		if waited := o.Return - o.Call - s.frozen(o); waited > operationTimeout+100_000 {
			s.fail(fmt.Sprintf("%s is answered after %d µs", o.Op, waited))
		}
	}
}

// frozen returns for how long the client of an operation was paused meanwhile.
func (s *stress) frozen(o trace.Operation) (d trace.Time) {
	since := trace.Time(-1)
	for _, e := range s.b.Events()[:o.End] {
		switch {
		case e.Node == o.Client && e.Kind == trace.Pause:
			since = max(e.At, o.Call)
		case e.Node == o.Client && e.Kind == trace.Resume:
			d, since = d+max(0, e.At-since), -1
		}
	}
	return d
}

// rows compares the last scans with the writes: what was acknowledged is there, and what was not may be.
func (s *stress) rows(ops []trace.Operation) {
	least, most, counted := map[string]int{}, map[string]int{}, map[string]string{}
	for _, o := range ops {
		for _, r := range s.asked {
			if r.invoke != o.Invoke || len(r.keys) == 0 {
				continue
			}
			most[r.table] += len(r.keys)
			if o.Result == "OK" {
				least[r.table] += len(r.keys)
			}
		}
		if o.Verb == "scan" {
			counted[o.Target] = o.Result
		}
	}
	for i := range rowTables {
		table, n := rowTable(i), 0
		if counted[table] == "NotFound" && least[table] == 0 || counted[table] == "TimedOut" && !s.rebuilds() {
			continue // never created, or its leader is not known
		}
		_, err := fmt.Sscanf(counted[table], "%d rows", &n)
		if err != nil || n < least[table] || n > most[table] {
			s.fail(fmt.Sprintf("%s has %q, not %d to %d", table, counted[table], least[table], most[table]))
		}
	}
}

// altered compares the columns and ranges of the tables that stay with what was added and dropped.
func (s *stress) altered(ops []trace.Operation) {
	there := s.inventory()
	type fate struct{ table, added, dropped string }
	fates := map[string]*fate{}
	for _, o := range ops {
		for _, r := range s.asked {
			if r.invoke != o.Invoke || r.thing == "" {
				continue
			}
			if fates[r.thing] == nil {
				fates[r.thing] = &fate{table: r.table}
			}
			if r.drops {
				fates[r.thing].dropped = o.Result
			} else {
				fates[r.thing].added = o.Result
			}
		}
	}
	for thing, f := range fates {
		has := slices.Contains(there[f.table], thing)
		added := f.added == "OK" || f.added == "AlreadyPresent"
		dropped := f.dropped == "OK" || f.dropped == "NotFound"
		if added && f.dropped == "" && !has || dropped && has {
			s.fail(fmt.Sprintf("%s of %s: added %s, dropped %s, there: %t", thing, f.table, f.added, f.dropped, has))
		}
	}
	for table, things := range there {
		for _, thing := range things {
			if fates[thing] == nil || fates[thing].table != table {
				s.fail(fmt.Sprintf("%s has %s, which nobody has added", table, thing))
			}
		}
	}
}

// inventory lists what was added to the tables that stay.
func (s *stress) inventory() map[string][]string {
	there := map[string][]string{}
	rows := s.masters[0].rows
	for _, t := range rows.Tables {
		if !strings.HasPrefix(t.Name, "rows") {
			continue
		}
		for _, c := range t.Schema[1:] {
			there[t.Name] = append(there[t.Name], "column "+c.Name+" "+c.Type)
		}
		for _, tablet := range rows.Tablets {
			if tablet.Table == t.ID && !tablet.State.Gone() && tablet.Bucket == 0 && tablet.Range.From > 0 {
				there[t.Name] = append(there[t.Name], "range "+tablet.Range.String())
			}
		}
	}
	return there
}
