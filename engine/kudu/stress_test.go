package kudu

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/check"
	"tabletop/engine/proc"
	"tabletop/engine/raftnode"
	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// master-stress-test at random: clients create, rename, alter, delete, write and scan while masters and tablet servers
// are frozen, crash and lose each other. Then everything is healed, and what was acknowledged must be there, and nothing
// else. Everything is drawn from a seed, which stands in every failure.

// stress is one such run.
type stress struct {
	rig
	*sim.Stream
	seed   uint64
	asked  []request
	keys   int64 // written so far, to any table
	things int   // columns and ranges that were added so far
	nudges int   // changes of leaders that it took to settle

	mortal    bool          // one of the tablet servers is to die for good
	dead      *TabletServer // it has
	undecided bool          // whether the answers are linearizable took too long to find out
}

// stressSeeds is how many seeds of each version are tried: thousands on demand.
func stressSeeds() uint64 {
	if os.Getenv("TABLETOP_LONG") != "" {
		return 700
	}
	return 10
}

func newStress(t *testing.T, seed uint64, b Behaviour) *stress {
	s := &stress{seed: seed, rig: rig{t: t, k: sim.New(seed), b: trace.NewBuilder(trace.Header{Seed: seed})}}
	s.Stream = s.k.Stream("stress")
	o := s.constants(b)
	s.System = New(s.k, s.b, o)
	s.Start()
	return s
}

// constants draws a cluster, of one, three or five masters and three to six tablet servers. One of these may die only where
// another can take its place, whatever the replication factor.
func (s *stress) constants(b Behaviour) Options {
	o := Options{Clients: []string{"c1", "c2", "c3"}, Heartbeat: 500_000, Reads: raftnode.ReadIndex}
	servers(3+int(s.Below(4)), b)(&o)
	for i := range []int{1, 3, 3, 3, 5}[s.Below(5)] {
		o.Masters = append(o.Masters, string(rune('A'+i)))
	}
	if len(o.Masters) == 3 && s.Below(3) == 0 {
		o.Joining = []string{"J"}
	}
	o.Machine = []func() proc.Machine{proc.Idle, proc.Loaded}[s.Below(2)]()
	o.UpdateTimeout = []trace.Time{2_000_000, 30_000_000}[s.Below(2)]
	o.ConsideredFailed = []trace.Time{10_000_000, 300_000_000}[s.Below(2)]
	s.mortal = o.ConsideredFailed < unresponsive && len(o.Servers) != 3 && len(o.Servers) != 5 && s.Below(2) == 0
	o.LoseSockets = s.Below(4) == 0
	o.Discover, o.SerialDiscovery = s.Below(4) == 0, s.Below(4) == 0
	o.PreVote, o.CheckQuorum, o.Etcd = s.Below(8) > 0, s.Below(8) == 0, s.Below(8) == 0
	if o.Etcd && !o.PreVote {
		// As in etcd itself: else raft never answers a leader whose term is too low, and a non-voter that once stood for a
		// later one is never heard of again.
		o.CheckQuorum = true
	}
	return o
}

// run lets clients and faults loose, then heals everything and asks for all that can be there.
func (s *stress) run() {
	s.until(s.Between(1000, 4_000_000))
	for _, name := range s.options.Joining {
		s.named(name).process.Restart(trace.NoEvent)
	}
	for i := range rowTables {
		s.ask(fmt.Sprintf("create-table %s key INT32%s", rowTable(i), s.partitions()))
	}
	for range 60 {
		if s.Below(100) < 55 {
			s.request()
		} else {
			s.fault()
		}
		s.until(s.k.Now() + s.pace())
	}
	s.heal()
	s.settle()
	s.bury()
	s.ends()
}

// pace draws a wait: half of them within the races of a few milliseconds, a few as long as an election.
func (s *stress) pace() trace.Time {
	switch n := s.Below(10); {
	case n < 5:
		return s.Between(0, 30_000)
	case n < 8:
		return s.Between(0, 800_000)
	}
	return s.Between(1_500_000, 5_000_000)
}

// partitions draws how a table is partitioned and replicated.
func (s *stress) partitions() string {
	text := ""
	if s.Below(2) == 0 {
		text += fmt.Sprintf(" hash=%d", 2+s.Below(2))
	}
	if s.Below(2) == 0 {
		text += fmt.Sprintf(" range=0:%d", baseRange)
	}
	factors := []int{1, 3, 3, 5}
	if factor := factors[s.Below(4)]; factor <= len(s.servers) && !(s.mortal && factor == 1) {
		text += fmt.Sprintf(" replicas=%d", factor)
	}
	return text
}

func (s *stress) processes() []*proc.Process {
	var all []*proc.Process
	for _, m := range s.masters {
		all = append(all, m.process)
	}
	for _, t := range s.servers {
		all = append(all, t.process)
	}
	return all
}

// victim draws a process: the leading master as often as any other master, and as often a tablet server.
func (s *stress) victim() *proc.Process {
	switch n := s.Below(20); {
	case n == 0:
		return s.clients[s.Below(int64(len(s.clients)))].process
	case n < 7:
		for _, m := range s.masters {
			if m.raft != nil && m.raft.Role() == trace.Leader {
				return m.process
			}
		}
		fallthrough
	case n < 13:
		return s.masters[s.Below(int64(len(s.masters)))].process
	}
	return s.servers[s.Below(int64(len(s.servers)))].process
}

func (s *stress) fault() {
	v := s.victim()
	switch s.Below(16) {
	case 0, 1, 2:
		v.Pause(trace.NoEvent)
	case 3, 4, 5:
		if v.ID <= s.servers[len(s.servers)-1].id { // a client's crash loses what it was told
			v.Crash(trace.NoEvent)
		}
	case 6, 7, 8, 9:
		for _, p := range append(s.processes(), v) {
			if s.Below(2) == 0 {
				p.Resume(trace.NoEvent)
				p.Restart(trace.NoEvent)
			}
		}
	case 10:
		s.network.Heal()
	default:
		s.cut(v.ID)
	}
}

// cut hurts links of a node: to one other, or to all.
func (s *stress) cut(id trace.NodeID) {
	nodes := trace.NodeID(len(s.b.Nodes()))
	one, kind := 1+trace.NodeID(s.Below(int64(nodes))), s.Below(5)
	for other := trace.NodeID(1); other <= nodes; other++ {
		if other == id || kind != 0 && other != one {
			continue
		}
		for _, pair := range [][2]trace.NodeID{{id, other}, {other, id}} {
			l := s.network.Link(pair[0], pair[1])
			switch kind {
			case 0, 1:
				l.Cut = true
			case 2:
				l.Lose = int(s.Between(50_000, 600_000))
			case 3:
				l.Clogged = true
			case 4:
				l.Delay = s.Between(0, 900_000)
			}
		}
	}
}

// heal brings everything back. Where a master may have joined, tablet servers are started anew: only then they learn of it.
func (s *stress) heal() {
	s.network.Heal()
	for _, t := range s.servers {
		if len(s.options.Joining) > 0 {
			t.process.Crash(trace.NoEvent)
		}
	}
	for _, p := range s.processes() {
		p.Resume(trace.NoEvent)
		p.Restart(trace.NoEvent)
	}
	for _, c := range s.clients {
		c.process.Resume(trace.NoEvent)
	}
}

// bury has a tablet server die for good, where one is to. Of each of its tablets there is a majority elsewhere by now, and a
// server for one more replica.
func (s *stress) bury() {
	if s.mortal {
		s.dead = s.servers[s.Below(int64(len(s.servers)))]
		s.dead.process.Crash(trace.NoEvent)
		s.settle()
	}
}

// settle waits until nothing is left to do. Where a server has not noticed the last change of leaders, one more is needed.
func (s *stress) settle() {
	unsettled := s.wait()
	if unsettled != "" && s.unnoticed() {
		s.nudges++
		leader := s.leader()
		require.NoError(s.t, leader.raft.Transfer(s.masters[(slices.Index(s.masters, leader)+1)%len(s.masters)].id))
		unsettled = s.wait()
	}
	if unsettled != "" {
		s.fail("never settles: " + unsettled)
	}
}

// wait gives the cluster as long as the longest back-off of a task and some elections take, and says what is left to do.
func (s *stress) wait() (unsettled string) {
	for end := s.k.Now() + 150_000_000; s.k.Now() < end; {
		for _, m := range s.masters { // one may end itself on what it met before
			m.process.Restart(trace.NoEvent)
		}
		s.until(s.k.Now() + 1_000_000)
		if unsettled = s.unsettled(); unsettled == "" {
			break
		}
	}
	return unsettled
}

// unnoticed reports whether a tablet server has heard nothing of the leading master from before it lost the lead until
// after it had it again. Kudu's servers send a full report when a master's answer says that it leads and the one before did
// not: such a server sends none, and what only that would tell stays unknown until the tablet changes. (A gap of the fix of
// KUDU-1374, not of this engine.)
func (s *stress) unnoticed() bool {
	leader, last := s.leader(), map[trace.NodeID]bool{} // servers whom the leader's last answer told that it leads
	missed := false
	for _, e := range s.b.Events() {
		switch text := s.b.Text(e.Text); {
		case e.Kind == trace.Start || e.Kind == trace.Receive && e.Peer == leader.id && text == "ok":
			delete(last, e.Node)
		case e.Kind == trace.Receive && e.Peer == leader.id && text == "ok, leader":
			last[e.Node] = true
		case e.Kind == trace.Ready && e.Node == leader.id:
			missed = len(last) > 0
		}
	}
	return missed
}

func (s *stress) fail(why string) {
	require.Fail(s.t, why, "seed %d", s.seed)
}

// ends asks for everything that can be there, and judges the run.
func (s *stress) ends() {
	for i := range nameTables {
		s.ask("open-table " + nameTable(i))
	}
	for i := range rowTables {
		s.ask("scan " + rowTable(i))
	}
	s.until(s.k.Now() + operationTimeout + 1_000_000)
	t := s.b.Trace()
	ops := trace.Operations(t)
	for _, f := range check.Invariants(t) {
		s.fail(f.Kind + ": " + f.Text)
	}
	s.answered(ops)
	s.rows(ops)
	s.altered(ops)
	ok := check.Linearizable(ops)
	s.undecided = ok == nil
	if ok != nil && !*ok {
		s.fail("the answers are not linearizable:\n" + s.history(ops))
	}
}

// history lists the operations, for whoever has to find out.
func (s *stress) history(ops []trace.Operation) string {
	var b strings.Builder
	for _, o := range ops {
		if !slices.Contains([]string{"create", "rename", "delete", "open"}, o.Verb) {
			continue
		}
		fmt.Fprintf(&b, "%9d %9d %s %-30s %s (%d)\n", o.Call, o.Return, s.b.Info(o.Client).ID, o.Op, o.Result, o.Attempts)
	}
	return b.String()
}

func TestRandomDDLUnderRandomFaults(t *testing.T) {
	guessing := Version07()
	guessing.ComparesSchemas = false // its client takes a table that somebody else has created for its own
	for name, b := range map[string]Behaviour{"0.7": guessing, "0.10": Version010(), "1.17": Version117()} {
		t.Run(name, func(t *testing.T) {
			nudges, undecided := 0, 0
			for seed := uint64(1); seed <= stressSeeds(); seed++ {
				s := newStress(t, seed, b)
				s.run()
				nudges += s.nudges
				if s.undecided {
					undecided++
				}
				if seed%50 == 1 {
					again := newStress(t, seed, b)
					again.run()
					require.Equal(t, trace.Hash(s.b.Trace()), trace.Hash(again.b.Trace()), "seed %d", seed)
				}
			}
			t.Log(stressSeeds(), "seeds,", nudges, "with a change of leaders that a server has not noticed,",
				undecided, "of whose answers it is not known whether they are linearizable")
		})
	}
}
