// Package engine is a cluster as scenes and people see it: commands in, events out.
//
// It knows no verb, system or protocol by itself: each system registers its own. A run is a function of its
// configuration and commands alone, so that a fork is a re-execution. It never reads a clock, starts a goroutine or
// scripts an effect.
//
//	c, err := engine.New(engine.Config{System: "kudu", Seed: 1, Settings: settings, Masters: []string{"A", "B", "C"}})
//	err = c.Do(command) // "pause A"
//	for c.Now() < 5_000_000 && c.Step() {
//	}
package engine

import (
	"fmt"
	"slices"
	"strings"

	"tabletop/engine/kudu"
	"tabletop/engine/netsim"
	"tabletop/engine/proc"
	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// Config says what to run.
type Config struct {
	System   string
	Masters  []string
	Joining  []string // masters that are no members yet, and do not run
	Servers  []string // tablet servers
	Clients  []string
	Header   trace.Header
	Settings Settings
	Outline  bool // keep an outline of the run only
}

// Cluster is a running simulation.
type Cluster struct {
	kernel  *sim.Kernel
	record  *trace.Builder
	system  system
	group   trace.GroupID
	verbs   []sim.Verb
	elected []trace.NodeID // in the order of their terms
	top     uint32         // the last one's
	scanned int            // events looked at for elections
	hand    *sim.Stream
}

// system is what the engine needs of a system.
type system interface {
	Start()
	Network() *netsim.Network
	Process(trace.NodeID) *proc.Process
	Verbs(sim.Resolver) []sim.Verb
	MayTimeOut(bool)
}

// New returns a cluster whose processes have just been started.
func New(c Config) (*Cluster, error) {
	if c.System != "kudu" {
		return nil, fmt.Errorf("unknown system %q: want kudu", c.System)
	}
	cluster := &Cluster{kernel: sim.New(c.Header.Seed), record: trace.NewBuilder(c.Header)}
	cluster.hand = cluster.kernel.Stream("hand")
	if c.Outline {
		cluster.record = trace.NewOutline(c.Header)
	}
	options, err := c.Settings.kudu()
	if err != nil {
		return nil, err
	}
	options.Masters, options.Joining, options.Servers, options.Clients = c.Masters, c.Joining, c.Servers, c.Clients
	cluster.system = kudu.New(cluster.kernel, cluster.record, options)
	cluster.group = cluster.record.Group(kudu.SysCatalog)
	cluster.verbs = append(cluster.faults(), cluster.system.Verbs(cluster.Resolve)...)
	cluster.system.Start()
	return cluster, nil
}

// Now returns the virtual time.
func (c *Cluster) Now() trace.Time { return c.kernel.Now() }

// Record returns what has been recorded so far.
func (c *Cluster) Record() *trace.Builder { return c.record }

// Group returns the main raft group.
func (c *Cluster) Group() trace.GroupID { return c.group }

// Step handles the next event. It returns false when there is none.
func (c *Cluster) Step() bool { return c.kernel.Step() }

// Next returns the time of the next event, false when there is none.
func (c *Cluster) Next() (trace.Time, bool) { return c.kernel.Next() }

// Advance moves the clock to a time before which nothing is due.
func (c *Cluster) Advance(to trace.Time) { c.kernel.Advance(to) }

// Between returns a duration in a range, drawn for whoever uses the cluster.
func (c *Cluster) Between(least, most trace.Time) trace.Time { return c.hand.Between(least, most) }

// Verbs returns what the cluster can be asked to do.
func (c *Cluster) Verbs() []sim.Verb { return c.verbs }

// Validate reports why a command could never be carried out: an unknown verb, a wrong number of arguments, an unknown
// node. Whether a role is taken and a process is in the right state is known only when the command is given.
func (c *Cluster) Validate(cmd Command) error {
	v, err := c.verb(cmd)
	if err != nil {
		return err
	}
	for i, what := range strings.Fields(v.Usage) {
		if i < len(cmd.Args) && what == "DURATION" {
			if err := setDelay(&netsim.Link{}, cmd.Args[i]); err != nil {
				return fmt.Errorf("%s: %w", cmd, err)
			}
		}
		if i < len(cmd.Args) && what == "PERCENT" {
			if err := setShare(new(int), cmd.Args[i]); err != nil {
				return fmt.Errorf("%s: %w", cmd, err)
			}
		}
		if what != "NODE" || i >= len(cmd.Args) || IsRole(cmd.Args[i]) {
			continue
		}
		if _, err := c.Resolve(cmd.Args[i]); err != nil {
			return err
		}
	}
	return nil
}

// The roles that stand for a node.
const (
	leader    = "leader"
	oldLeader = "old-leader"
	paused    = "paused"
)

// IsRole reports whether a name is that of a role and not of a node.
func IsRole(name string) bool { return name == leader || name == oldLeader || name == paused }

func (c *Cluster) verb(cmd Command) (sim.Verb, error) {
	i := slices.IndexFunc(c.verbs, func(v sim.Verb) bool { return v.Name == cmd.Verb })
	if i < 0 {
		names := make([]string, 0, len(c.verbs))
		for _, v := range c.verbs {
			names = append(names, v.Name)
		}
		return sim.Verb{}, fmt.Errorf("unknown command %q: want one of %s", cmd.Verb, strings.Join(names, ", "))
	}
	v := c.verbs[i]
	if n := len(cmd.Args); n < v.Args[0] || v.Args[1] >= 0 && n > v.Args[1] {
		return sim.Verb{}, fmt.Errorf("%s: want %s", cmd, strings.TrimSpace(v.Name+" "+v.Usage))
	}
	return v, nil
}

// Do carries out a command now. A command that is refused leaves no trace.
func (c *Cluster) Do(cmd Command) error {
	v, err := c.verb(cmd)
	if err != nil {
		return err
	}
	c.system.MayTimeOut(cmd.MayTimeOut)
	return v.Do(cmd.Args, trace.NoEvent)
}

// Resolve finds a node by its id, or by its role now: leader, the last elected node that still believes to lead;
// old-leader, who was elected before it; paused, the node that was paused last and still is.
func (c *Cluster) Resolve(name string) (trace.NodeID, error) {
	c.scan()
	switch name {
	case leader:
		if n := len(c.elected); n > 0 && c.leads(c.elected[n-1]) {
			return c.elected[n-1], nil
		}
		return 0, fmt.Errorf("nobody leads now")
	case oldLeader:
		for i := len(c.elected) - 2; i >= 0; i-- {
			if c.elected[i] != c.elected[len(c.elected)-1] {
				return c.elected[i], nil
			}
		}
		return 0, fmt.Errorf("no leader has been followed by another yet")
	case paused:
		if id := c.pausedLast(); id != 0 {
			return id, nil
		}
		return 0, fmt.Errorf("nobody is paused now")
	}
	ids := make([]string, 0, 8)
	for i, n := range c.record.Nodes() {
		if n.ID == name {
			return trace.NodeID(i + 1), nil
		}
		ids = append(ids, n.ID)
	}
	return 0, fmt.Errorf("unknown node %q: want one of %s, leader, old-leader, paused", name, strings.Join(ids, ", "))
}

func (c *Cluster) leads(id trace.NodeID) bool {
	g := c.record.Node(id).In(c.group)
	if g == nil {
		return false
	}
	role, known := g.Role.Get()
	return known && trace.Role(role) == trace.Leader
}

func (c *Cluster) pausedLast() (last trace.NodeID) {
	since := trace.NoEvent
	for i := range c.record.Nodes() {
		id := trace.NodeID(i + 1)
		if p := c.record.Node(id).Process; trace.Process(p.V) == trace.Paused && p.Source > since {
			last, since = id, p.Source
		}
	}
	return last
}

func (c *Cluster) scan() {
	for events := c.record.Events(); c.scanned < len(events); c.scanned++ {
		// Who learns only now that it won an older term than another's succeeds nobody.
		if e := events[c.scanned]; e.Kind == trace.Elected && e.Group == c.group && e.Term > c.top {
			c.elected, c.top = append(c.elected, e.Node), e.Term
		}
	}
}
