// Package kudu is a Kudu cluster: masters with a replicated sys catalog, and clients. Tablet servers will join them here.
//
// It models what decides the documented failures and says so where it does not: no tablet servers yet, so that a table
// is created when its row is committed; no security; no disk latency beside the service times. It never scripts an
// outcome, reads a clock or starts a goroutine.
//
//	s := kudu.New(kernel, recorder, kudu.Options{Masters: []string{"A", "B", "C"}, Clients: []string{"client"},
//		Machine: proc.Idle(), Heartbeat: 500_000, UpdateTimeout: 2_000_000, PreVote: true})
//	s.Start()
package kudu

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tabletop/engine/catalog"
	"tabletop/engine/netsim"
	"tabletop/engine/proc"
	"tabletop/engine/raftnode"
	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// SysCatalog is the id of the sys catalog's tablet and so of its raft group.
const SysCatalog = "00000000000000000000000000000000"

// Options are a cluster's constants.
type Options struct {
	Masters       []string
	Servers       []string // tablet servers
	Clients       []string
	Machine       proc.Machine
	Heartbeat     trace.Time // raft_heartbeat_interval_ms, 500 ms
	UpdateTimeout trace.Time // consensus_rpc_timeout_ms, 30 s; 2 s in the ticket's tests
	PreVote       bool
	CheckQuorum   bool
	Etcd          bool // elections by raft's own timers
	Reads         raftnode.ReadMode
	Readers       int  // how many clients open tables; those beyond Clients are added to them
	Connected     bool // a client keeps its connections and its leader between operations
	Acquainted    bool // the masters start for the first time and ask each other who they are
	LoseSockets   bool // a resume resets the process's connections
	Behaviour     Behaviour
}

func (o Options) process() proc.Options {
	return proc.Options{Machine: o.Machine, LoseSockets: o.LoseSockets}
}

// System is a running cluster.
type System struct {
	options Options
	record  *trace.Builder
	network *netsim.Network
	masters []*Master
	clients []*Client
	lenient bool // what clients are asked to do now may end without an answer
}

type environment struct {
	kernel  *sim.Kernel
	network *netsim.Network
	record  *trace.Builder
	group   trace.GroupID
	writes  catalog.Decoder
	servers directory
	tablets tabletNames
}

// New returns a cluster whose processes have not started.
func New(k *sim.Kernel, record *trace.Builder, o Options) *System {
	env := environment{kernel: k, record: record, group: record.Group(SysCatalog), writes: catalog.Decoder{},
		servers: directory{}, tablets: tabletNames{}}
	for n := len(o.Clients); n > 0 && n < o.Readers; n++ {
		o.Clients = append(slices.Clip(o.Clients), fmt.Sprintf("%s-%d", o.Clients[0], n+1))
	}
	env.network = netsim.New(k, record, netsim.Options{Nodes: len(o.Masters) + len(o.Clients), Latency: o.Machine.Wire})
	s := &System{options: o, record: record, network: env.network}
	masters := make([]trace.NodeID, 0, len(o.Masters))
	for _, id := range o.Masters {
		masters = append(masters, record.AddNode(trace.Node{ID: id, Kind: trace.Master, Cluster: 1}))
	}
	for _, id := range masters {
		s.masters = append(s.masters, newMaster(id, masters, o, env))
	}
	for _, id := range o.Clients {
		s.clients = append(s.clients, newClient(record.AddNode(trace.Node{ID: id, Kind: trace.Client, Cluster: 1}), masters,
			o, env))
	}
	return s
}

// Start starts every process.
func (s *System) Start() {
	for _, m := range s.masters {
		m.process.Run(m)
	}
	for _, c := range s.clients {
		c.process.Run(c)
	}
}

// Network returns the network between the processes.
func (s *System) Network() *netsim.Network { return s.network }

// MayTimeOut says of the operations that the next verbs begin whether their time-out is a mere step of the story.
func (s *System) MayTimeOut(may bool) { s.lenient = may }

// Process returns a node's process, nil for a node that is not of this cluster.
func (s *System) Process(id trace.NodeID) *proc.Process {
	for _, m := range s.masters {
		if m.id == id {
			return m.process
		}
	}
	for _, c := range s.clients {
		if c.id == id {
			return c.process
		}
	}
	return nil
}

// Verbs returns what can be asked of a Kudu cluster, beside the faults that any cluster knows.
func (s *System) Verbs(resolve sim.Resolver) []sim.Verb {
	one := func(verb string, body func(args []string) any) func([]string, trace.EventID) error {
		return func(args []string, cause trace.EventID) error {
			return s.ask(verb, args, body(args), s.clients[:min(1, len(s.clients))], cause)
		}
	}
	return []sim.Verb{
		{Name: "create-table", Usage: "NAME [SCHEMA]", Help: "a client creates a table", Args: [2]int{1, -1},
			Do: func(args []string, cause trace.EventID) error {
				schema, err := catalog.ParseSchema(cmp.Or(strings.Join(args[1:], " "), "key INT32")) // the tickets' tests' own
				if err != nil {
					return fmt.Errorf("create-table: %w", err)
				}
				return s.ask("create", args, createTable{args[0], schema}, s.clients[:min(1, len(s.clients))], cause)
			}},
		{Name: "open-table", Usage: "NAME", Help: "the clients open a table", Args: [2]int{1, 1},
			Do: func(args []string, cause trace.EventID) error {
				return s.ask("open", args, openTable{args[0]}, s.clients, cause)
			}},
		{Name: "open-table-eventually", Usage: "NAME", Help: "the first client opens a table, again and again until it is there or 30 s are over",
			Args: [2]int{1, 1}, Do: s.eventually},
		{Name: "list-tables", Help: "a client lists the tables", Do: one("list", func([]string) any { return listTables{} })},
		{Name: "campaign", Usage: "NODE", Help: "a master starts an election now", Args: [2]int{1, 1},
			Do: s.master(resolve, func(m *Master, _ trace.NodeID) { m.raft.Campaign() })},
		{Name: "transfer-leadership", Usage: "NODE", Help: "the leader hands over to a master", Args: [2]int{1, 1},
			Do: s.transfer(resolve)},
	}
}

// ask has clients begin an operation: a single one at once; of several each 1 to 2 ms after the one before, the first
// too, as the driver of the recorded clusters did.
func (s *System) ask(verb string, args []string, body any, clients []*Client, cause trace.EventID) error {
	if len(clients) == 0 {
		return fmt.Errorf("%s: the cluster has no client", verb)
	}
	text := strings.TrimSpace(verb + " " + strings.Join(args[:min(1, len(args))], " "))
	what := order{text: text, body: body, fresh: !s.options.Connected || verb == "create", timeOut: s.lenient}
	if len(clients) == 1 {
		if !clients[0].begin(what, cause) {
			return fmt.Errorf("%s: the client is not running", verb)
		}
		return nil
	}
	var after trace.Time
	for _, c := range clients {
		after += s.clients[0].jitter.Between(1000, 2000)
		c.after(after, what)
	}
	return nil
}

// eventually is the fix that was made for KUDU-3266: the test's check under ASSERT_EVENTUALLY.
func (s *System) eventually(args []string, cause trace.EventID) error {
	if len(s.clients) > 0 {
		what := order{text: "open " + args[0], body: openTable{args[0]}, fresh: !s.options.Connected, timeOut: s.lenient,
			until: s.clients[0].process.Now() + operationTimeout}
		if s.clients[0].begin(what, cause) {
			return nil
		}
	}
	return fmt.Errorf("open-table-eventually: the client is not running")
}

func (s *System) master(resolve sim.Resolver, do func(m *Master, id trace.NodeID)) func([]string, trace.EventID) error {
	return func(args []string, cause trace.EventID) error {
		id, err := resolve(args[0])
		if err != nil {
			return err
		}
		for _, m := range s.masters {
			if m.id != id {
				continue
			}
			if m.process.State() != trace.Running {
				return fmt.Errorf("%s is not running", m.name)
			}
			m.raft.Because(cause)
			do(m, id)
			return nil
		}
		return fmt.Errorf("%s is not a master", args[0])
	}
}

func (s *System) transfer(resolve sim.Resolver) func([]string, trace.EventID) error {
	return func(args []string, cause trace.EventID) error {
		to, err := resolve(args[0])
		if err != nil {
			return err
		}
		return s.master(resolve, func(m *Master, _ trace.NodeID) { m.raft.Transfer(to) })([]string{"leader"}, cause)
	}
}
