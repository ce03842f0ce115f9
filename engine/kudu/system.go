// Package kudu is a Kudu cluster: masters with a replicated sys catalog, tablet servers with replicated tablets, and
// clients.
//
// It models what decides the documented failures and says so where it does not: no security, and no disk latency beside
// the service times. Without tablet servers a table is created when its row is committed. It never scripts an outcome,
// reads a clock or starts a goroutine.
//
//	s := kudu.New(kernel, recorder, kudu.Options{Masters: []string{"A", "B", "C"}, Clients: []string{"client"},
//		Machine: proc.Idle(), Heartbeat: 500_000, UpdateTimeout: 2_000_000, PreVote: true})
//	s.Start()
package kudu

import (
	"cmp"
	"fmt"
	"slices"

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
	Joining       []string // masters that are not members yet, and do not run
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
	Discover      bool // they cannot start before each has answered
	LoseSockets   bool // a resume resets the process's connections
	// ConsideredFailed is follower_unavailable_considered_failed_sec, 300 s.
	ConsideredFailed trace.Time
	// RPCTimeout is how long a client waits for one answer, 10 s in the C++ client. The Java client has no such limit: it
	// waits for a frozen master until the operation is over.
	RPCTimeout trace.Time
	// MessageLimit bounds a write to the sys catalog (rpc_max_message_size, 50 MiB), in bytes; 0 for no limit. With
	// WholeReports one that a tablet report gives rise to is refused too, and not divided.
	MessageLimit int
	WholeReports bool
	// SerialDiscovery has clients ask the masters one by one who leads, as they did before they asked all at once.
	SerialDiscovery bool
	// ResultCache has masters keep the result of a create with its table, so that a retry gets the same answer: a
	// general one was wished for in KUDU-422 and never made for masters.
	ResultCache bool
	Behaviour   Behaviour
}

// whole reports whether there are tablet servers. Without any, a table is created when its row is committed.
func (o Options) whole() bool { return len(o.Servers) > 0 }

func (o Options) process() proc.Options {
	return proc.Options{Machine: o.Machine, LoseSockets: o.LoseSockets}
}

// System is a running cluster.
type System struct {
	options Options
	record  *trace.Builder
	network *netsim.Network
	masters []*Master
	servers []*TabletServer
	clients []*Client
	roster  *roster
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
	roster  *roster
}

// New returns a cluster whose processes have not started.
func New(k *sim.Kernel, record *trace.Builder, o Options) *System {
	env := environment{kernel: k, record: record, group: record.Group(SysCatalog), writes: catalog.Decoder{},
		servers: directory{}, tablets: tabletNames{}, roster: &roster{}}
	for n := len(o.Clients); n > 0 && n < o.Readers; n++ {
		o.Clients = append(slices.Clip(o.Clients), fmt.Sprintf("%s-%d", o.Clients[0], n+1))
	}
	nodes := len(o.Masters) + len(o.Joining) + len(o.Servers) + len(o.Clients)
	env.network = netsim.New(k, record, netsim.Options{Nodes: nodes, Latency: o.Machine.Wire})
	s := &System{options: o, record: record, network: env.network, roster: env.roster}
	masters := make([]trace.NodeID, 0, len(o.Masters))
	for _, id := range o.Masters {
		masters = append(masters, record.AddNode(trace.Node{ID: id, Kind: trace.Master, Cluster: 1}))
	}
	env.roster.masters = slices.Clone(masters)
	for _, id := range masters {
		s.masters = append(s.masters, newMaster(id, masters, o, env))
	}
	for _, id := range o.Joining {
		s.masters = append(s.masters, newMaster(record.AddNode(trace.Node{ID: id, Kind: trace.Master, Cluster: 1}), masters, o,
			env))
	}
	for _, id := range o.Servers {
		env.servers[id] = record.AddNode(trace.Node{ID: id, Kind: trace.TabletServer, Cluster: 1})
		s.servers = append(s.servers, newTabletServer(env.servers[id], o, env))
	}
	for _, id := range o.Clients {
		s.clients = append(s.clients, newClient(record.AddNode(trace.Node{ID: id, Kind: trace.Client, Cluster: 1}), o, env))
	}
	return s
}

// Start starts every process.
func (s *System) Start() {
	for i, m := range s.masters {
		if i < len(s.options.Masters) {
			m.process.Run(m)
		} else {
			m.process.Install(m)
		}
	}
	for _, t := range s.servers {
		t.process.Run(t)
	}
	for _, c := range s.clients {
		c.process.Run(c)
	}
}

// MayTimeOut says of the operations that the next verbs begin whether their time-out is a mere step of the story.
func (s *System) MayTimeOut(may bool) { s.lenient = may }

// Network returns the network between the processes.
func (s *System) Network() *netsim.Network { return s.network }

// Process returns a node's process, nil for a node that is not of this cluster.
func (s *System) Process(id trace.NodeID) *proc.Process {
	for _, m := range s.masters {
		if m.id == id {
			return m.process
		}
	}
	for _, t := range s.servers {
		if t.id == id {
			return t.process
		}
	}
	for _, c := range s.clients {
		if c.id == id {
			return c.process
		}
	}
	return nil
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
		var refused error
		err = s.master(resolve, func(m *Master, _ trace.NodeID) { refused = m.raft.Transfer(to) })([]string{"leader"}, cause)
		return cmp.Or(err, refused)
	}
}
