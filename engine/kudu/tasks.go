package kudu

import (
	"fmt"
	"slices"

	"tabletop/engine/catalog"
	"tabletop/engine/netsim"
	"tabletop/engine/proc"
	"tabletop/engine/trace"
)

// task is an asynchronous RPC of a master to a tablet server, with its retries. A master that stops leading goes on with
// its tasks; they end when it is elected again, when the table is deleted, and at their deadline.
type task struct {
	catalog.Task
	number   uint64
	attempt  int
	call     uint64
	deadline trace.Time
	renewed  bool // it was called for again since it was sent: that there is nothing to do it to is no answer any more
}

// The deadlines of tasks (tablet_creation_timeout_ms, unresponsive_ts_rpc_timeout_ms) and of one try
// (master_ts_rpc_timeout_ms).
const (
	creationLimit = 30_000_000
	taskLimit     = 3_600_000_000
	tryLimit      = 30_000_000
)

// start begins a task unless the same one is under way, for no older version of the schema and no older configuration.
func (m *Master) start(t catalog.Task) {
	if i := slices.IndexFunc(m.tasks, func(have *task) bool {
		return have.Kind == t.Kind && have.Tablet == t.Tablet && have.Server == t.Server && have.Member == t.Member &&
			have.Table.Version >= t.Table.Version && have.Consensus.Index >= t.Consensus.Index
	}); i >= 0 {
		m.tasks[i].renewed = true
		return
	}
	limit := trace.Time(taskLimit)
	if t.Kind == catalog.CreateReplica {
		limit = creationLimit
	}
	m.requests++
	k := &task{Task: t, number: m.requests, deadline: m.Now() + limit}
	m.tasks = append(m.tasks, k)
	m.try(k, m.raft.Cause())
}

// try sends a task's request. The leader of a tablet is looked up anew each time: in the persisted consensus state since
// KUDU-1353, before it in what reports have told this master alone.
func (m *Master) try(k *task, cause trace.EventID) {
	if m.overtaken(k) {
		m.end(k)
		return
	}
	if m.failsTasks {
		m.record.EmitText(trace.Event{At: m.Now(), Kind: trace.Note, Node: m.id, Group: m.group, Cause: cause},
			taskName(k.Task, m.names)+" is set to fail")
		m.end(k)
		return
	}
	k.attempt++
	k.renewed = false
	server := k.Server
	if server == "" {
		server = m.tabletLeader(k.Tablet)
	}
	to, ok := m.addresses[server]
	order := k.Task
	if k.Kind == catalog.AddReplica {
		order.Member = m.newcomer(k.Tablet)
	}
	switch {
	case server == "":
		m.later(k, "no leader known", cause)
	case !ok || m.descriptor(server) == nil:
		m.later(k, server+" is not registered", cause)
	case k.Kind == catalog.AddReplica && order.Member == "":
		m.later(k, "no server to spare", cause)
	default:
		m.showTask(k, "sent to "+server)
		k.call = m.call(&netsim.Message{To: to, Kind: trace.Request, Name: taskName(order, m.names), Body: order}, 0,
			min(tryLimit, max(1, k.deadline-m.Now())), cause)
	}
}

func (m *Master) tabletLeader(tablet string) string {
	if !m.options.Behaviour.LeaderFromRows {
		return m.replicas[tablet].Leader
	}
	t, _ := m.image.Tablet(tablet)
	return t.Consensus.Leader
}

// overtaken reports whether a task was meant for a configuration that is not the tablet's any more: who decided on it has
// decided anew since.
func (m *Master) overtaken(k *task) bool {
	t, _ := m.image.Tablet(k.Tablet)
	return (k.Kind == catalog.AddReplica || k.Kind == catalog.EvictReplica) && t.Consensus.Index > k.Consensus.Index
}

// taskName is what the stage writes beside a task's message.
func taskName(t catalog.Task, n tabletNames) string {
	what := t.Kind.String() + " " + n.of(t.Tablet)
	if t.Member != "" {
		what += " " + t.Member
	}
	return what
}

// later tries a task again after a while: 16 ms, doubled with every try up to 32.8 s, then every minute.
func (m *Master) later(k *task, why string, cause trace.EventID) {
	k.call = 0
	m.record.EmitText(trace.Event{At: m.Now(), Kind: trace.Note, Node: m.id, Group: m.group, Cause: cause},
		fmt.Sprintf("%s, try %d: %s", taskName(k.Task, m.names), k.attempt, why))
	m.showTask(k, why)
	delay := trace.Time(60_000_000)
	if k.attempt <= 12 {
		delay = 1000 << (k.attempt + 3)
	}
	at := m.Now() + delay + m.random.load.Between(0, 49_000)
	if at >= k.deadline {
		m.end(k)
		return
	}
	m.process.Arm(proc.Timer{Kind: taskTimer, Arg: k.number}, at)
}

func (m *Master) showTask(k *task, text string) {
	if !m.record.Outline() {
		m.record.SetCell(m.id, m.group, trace.Memory, k.cell(m.names), fmt.Sprintf("try %d: %s", k.attempt, text))
	}
}

func (k *task) cell(n tabletNames) string {
	key := "task/" + taskName(k.Task, n)
	if k.Server != "" {
		key += " " + k.Server
	}
	return key
}

func (m *Master) retry(number uint64) {
	if i := slices.IndexFunc(m.tasks, func(k *task) bool { return k.number == number }); i >= 0 {
		m.try(m.tasks[i], trace.NoEvent)
	}
}

func (m *Master) byCall(call uint64) *task {
	if i := slices.IndexFunc(m.tasks, func(k *task) bool { return k.call == call }); i >= 0 {
		return m.tasks[i]
	}
	return nil
}

func (m *Master) taskAnswered(call uint64, r reply, at trace.EventID) {
	k := m.byCall(call)
	switch {
	case k == nil:
	case k.over(r.status) && !(k.renewed && r.status == catalog.NotFound):
		m.end(k)
	default:
		m.later(k, r.status.String(), at)
	}
}

func (m *Master) taskFailed(call uint64) {
	if k := m.byCall(call); k != nil {
		m.later(k, "no answer", trace.NoEvent)
	}
}

// over reports whether an answer ends a task.
func (k *task) over(s catalog.Status) bool {
	switch s {
	case catalog.OK:
		return true
	case catalog.NotFound:
		return k.Kind == catalog.DeleteReplica || k.Kind == catalog.AlterReplica
	case catalog.AlreadyPresent:
		return k.Kind == catalog.CreateReplica
	case catalog.SchemaOutdated:
		return k.Kind == catalog.AlterReplica
	case catalog.ConfigChanged:
		return k.Kind != catalog.CreateReplica && k.Kind != catalog.AlterReplica
	}
	return false
}

func (m *Master) end(k *task) { m.abort(func(other *task) bool { return other == k }) }

// abort ends tasks. An answer that still comes is not read.
func (m *Master) abort(which func(*task) bool) {
	m.tasks = slices.DeleteFunc(m.tasks, func(k *task) bool {
		if !which(k) {
			return false
		}
		m.process.Disarm(proc.Timer{Kind: taskTimer, Arg: k.number})
		m.record.RemoveCell(m.id, m.group, trace.Memory, k.cell(m.names))
		return true
	})
}
