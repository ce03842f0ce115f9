package raftnode

import (
	"crypto/rand"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// group is nodes on a perfect network without latency, except to those that are frozen, which is as if every message from
// and to them were lost, or crashed, which refuse a connection.
type group struct {
	t        require.TestingT
	now      trace.Time
	record   *trace.Builder
	kernel   *sim.Kernel
	options  Options
	founders []trace.NodeID
	nodes    map[trace.NodeID]*member
	queue    []func()
	unheard  []unheard
	calls    uint64
}

// unheard is a call that nobody answers, until its time is over.
type unheard struct {
	at   trace.Time
	from *member
	node *Node
	to   trace.NodeID
	call uint64
}

type member struct {
	g       *group
	id      trace.NodeID
	node    *Node
	disk    *Disk
	options Options
	timers  map[Timer]trace.Time
	applied []Entry
	reads   []uint64
	frozen  bool
	disks   int // that it has had; what was on the wire to it ends with one
	changes []string

	onApply  func(Entry)
	onChange func()
}

func newGroup(t require.TestingT, o Options) *group { return foundGroup(t, o, "A", "B", "C") }

// foundGroup starts the founders of a group.
func foundGroup(t require.TestingT, o Options, founders ...string) *group {
	g := &group{t: t, record: trace.NewBuilder(trace.Header{}), kernel: sim.New(1), nodes: map[trace.NodeID]*member{}}
	for _, name := range founders {
		g.founders = append(g.founders, g.record.AddNode(trace.Node{ID: name}))
	}
	o.Group, o.Record, o.Heartbeat, o.UpdateTimeout = g.record.Group("g"), g.record, 500_000, 2_000_000
	g.options = o
	g.record.Emit(trace.Event{Kind: trace.Note, Cause: trace.NoEvent})
	for _, id := range g.founders {
		g.add(id).start()
	}
	return g
}

// add puts a node into the group's network, on an empty disk and not started.
func (g *group) add(id trace.NodeID) *member {
	m := &member{g: g, id: id, disk: NewDisk(g.founders), options: g.options}
	m.options.ID, m.options.Random, m.options.Phases = id, g.kernel.Stream(fmt.Sprint("e", id)), g.kernel.Stream(fmt.Sprint("h", id))
	g.nodes[id] = m
	return m
}

func (m *member) start() {
	m.timers = map[Timer]trace.Time{}
	at := trace.NoEvent
	if len(m.g.record.Events()) > 1 {
		at = m.g.record.Emit(trace.Event{At: m.g.now, Kind: trace.Start, Node: m.id, Cause: trace.NoEvent})
	}
	m.node = Start(m.disk, m.options, m, at)
}

func (m *member) Now() trace.Time            { return m.g.now }
func (m *member) Arm(t Timer, at trace.Time) { m.timers[t] = at }
func (m *member) Disarm(t Timer)             { delete(m.timers, t) }
func (m *member) ReadReady(read uint64)      { m.reads = append(m.reads, read) }
func (m *member) Apply(e Entry) {
	m.applied = append(m.applied, e)
	if m.onApply != nil {
		m.onApply(e)
	}
}
func (m *member) Changed() {
	if m.onChange != nil {
		m.onChange()
	}
	if m.node != nil {
		m.changes = append(m.changes, fmt.Sprintf("%s %d", m.node.Role(), m.node.Term()))
	}
}

func (m *member) Call(to trace.NodeID, r Request, timeout trace.Time) uint64 {
	m.g.calls++
	call, caller, disk := m.g.calls, m.node, m.g.nodes[to].disks
	lost := func() { m.g.unheard = append(m.g.unheard, unheard{m.g.now + timeout, m, caller, to, call}) }
	m.g.queue = append(m.g.queue, func() {
		other := m.g.nodes[to]
		if other.frozen || m.frozen {
			lost()
			return
		}
		answer, ok := Answer{}, false
		refused := other.node == nil || other.disks != disk
		if !refused {
			answer, ok = other.node.Handle(m.id, r)
		}
		m.g.queue = append(m.g.queue, func() {
			switch {
			case caller == nil || m.node != caller: // it calls from Start, or has crashed since
			case refused:
				m.node.Failed(call, to, false)
			case m.frozen || !ok:
				lost()
			default:
				m.node.Answered(call, to, answer)
			}
		})
	})
	return call
}

// run delivers all messages and fires timers in order until a time.
func (g *group) run(until trace.Time) {
	for g.step(until) {
	}
	g.now = until
}

// step delivers one message or, when there is none, fires the next timer that is due until a time.
func (g *group) step(until trace.Time) bool {
	if len(g.queue) > 0 {
		g.deliver(1)
		return true
	}
	var next *member
	var which Timer
	at := until + 1
	for _, m := range g.members() {
		for timer, due := range m.timers {
			sooner := due < at || due == at && next == m && (timer.Kind < which.Kind || timer.Kind == which.Kind && timer.Peer < which.Peer)
			if sooner && !m.frozen {
				next, which, at = m, timer, due
			}
		}
	}
	i := slices.IndexFunc(g.unheard, func(u unheard) bool { return u.at < at && !u.from.frozen })
	switch {
	case i >= 0:
		u := g.unheard[i]
		g.unheard = slices.Delete(g.unheard, i, i+1)
		g.now = max(g.now, u.at)
		if u.from.node == u.node && u.node != nil {
			u.node.Failed(u.call, u.to, true)
		}
	case next == nil:
		return false
	default:
		g.now = max(g.now, at)
		delete(next.timers, which)
		next.node.Fire(which)
	}
	return true
}

// members returns the nodes in order.
func (g *group) members() []*member {
	var all []*member
	for _, id := range slices.Sorted(maps.Keys(g.nodes)) {
		all = append(all, g.nodes[id])
	}
	return all
}

func (g *group) leader() *member {
	if m := g.leading(); m != nil {
		return m
	}
	require.Fail(g.t, "nobody leads")
	return nil
}

// leading returns the leader of the highest term, nil when nobody leads.
func (g *group) leading() (leader *member) {
	for _, m := range g.members() {
		if m.node != nil && m.node.Role() == trace.Leader && !m.frozen && (leader == nil || m.node.Term() > leader.node.Term()) {
			leader = m
		}
	}
	return leader
}

func (g *group) others(of *member) []*member {
	return slices.DeleteFunc(g.members(), func(m *member) bool { return m == of })
}

func proposed(n *Node, data string) bool {
	_, ok := n.Propose([]byte(data))
	return ok
}

func TestTheFirstLeaderLeadsTerm1AndReplicates(t *testing.T) {
	g := newGroup(t, Options{PreVote: true})
	g.run(1_000_000)
	l := g.leader()
	require.EqualValues(t, 1, l.node.Term())
	require.True(t, proposed(l.node, "x"))
	g.run(2_000_000)
	for _, m := range g.nodes {
		require.Len(t, m.applied, 2, "the leader's NO_OP and the proposal")
		require.Equal(t, []byte("x"), m.applied[1].Data)
		require.Equal(t, l.id, m.node.Leader())
	}
	require.False(t, proposed(g.others(l)[0].node, "y"), "a follower does not forward")
}

// A host that queues what it writes proposes the next entry when one is applied.
func TestAProposalKnowsItsIndexAlsoWhereItIsMadeWhileAnotherIsApplied(t *testing.T) {
	g := newGroup(t, Options{PreVote: true})
	g.run(1_000_000)
	l := g.leader()
	var indexes []uint64
	l.onApply = func(e Entry) {
		for _, next := range map[string][]string{"x": {"y", "z"}}[string(e.Data)] {
			index, ok := l.node.Propose([]byte(next))
			require.True(t, ok)
			indexes = append(indexes, index)
		}
	}
	index, ok := l.node.Propose([]byte("x"))
	require.True(t, ok)
	require.EqualValues(t, 2, index, "behind the NO_OP")
	g.run(3_000_000)
	require.Equal(t, []uint64{3, 4}, indexes)
	require.Equal(t, "z", string(g.others(l)[0].applied[3].Data))
}

func TestAHostIsToldOfANewLeaderAlsoInAnUnchangedTerm(t *testing.T) {
	g := newGroup(t, Options{PreVote: true})
	var followed []trace.NodeID
	for _, m := range g.nodes {
		m.onChange = func() { followed = append(followed, m.node.Leader()) }
	}
	g.run(1_000_000)
	l := g.leader()
	require.Equal(t, 3, len(slices.DeleteFunc(followed, func(id trace.NodeID) bool { return id != l.id })))
}

// Kudu has no random component in the first detection: exactly 1.5 s after the last accepted update.
func TestAFailureIsDetectedExactlyThreeHeartbeatsAfterTheLastUpdate(t *testing.T) {
	g := newGroup(t, Options{PreVote: true})
	g.run(3_000_000)
	l := g.leader()
	for _, m := range g.others(l) {
		require.Equal(t, m.node.heard+1_500_000, m.timers[Timer{Kind: ElectionTimer}])
	}
}

// The follower that heard from the leader last withholds its vote from the other, and wins when its own detector fires.
func TestTheLastToNoticeWins(t *testing.T) {
	g := newGroup(t, Options{PreVote: true})
	g.run(3_000_000)
	l := g.leader()
	l.frozen = true
	o := g.others(l)
	last := o[0]
	if o[1].node.heard > last.node.heard {
		last = o[1]
	}
	require.NotEqual(t, o[0].node.heard, o[1].node.heard)
	g.run(last.node.heard + 1_500_000)
	require.Equal(t, last, g.leader())
	require.EqualValues(t, 2, last.node.Term())
}

func TestAResumedLeaderKeepsItsBeliefUntilItHearsAHigherTerm(t *testing.T) {
	g := newGroup(t, Options{PreVote: true})
	g.run(3_000_000)
	old := g.leader()
	old.frozen = true
	g.run(8_000_000)
	old.frozen = false
	require.Equal(t, trace.Leader, old.node.Role(), "nothing but a higher term ends a Kudu leader")
	g.run(10_000_000)
	require.Equal(t, trace.Follower, old.node.Role())
	require.EqualValues(t, 2, old.node.Term())
}

func TestALeaderWithholdsItsVoteForEver(t *testing.T) {
	g := newGroup(t, Options{PreVote: true})
	g.run(3_000_000)
	l := g.leader()
	o := g.others(l)[0]
	o.node.Campaign()
	g.run(3_000_001)
	require.Equal(t, trace.Leader, l.node.Role())
	require.EqualValues(t, 1, l.node.Term())
	require.Contains(t, kinds(g.record), trace.VoteDenied)
}

func kinds(b *trace.Builder) []trace.Kind {
	var all []trace.Kind
	for _, e := range b.Events() {
		all = append(all, e.Kind)
	}
	return all
}

// Raft's own check-quorum must still mean something although raft never campaigns by itself.
func TestWithCheckQuorumACutOffLeaderStepsDownAfterE(t *testing.T) {
	for _, check := range []bool{true, false} {
		g := newGroup(t, Options{PreVote: true, CheckQuorum: check})
		g.run(3_000_000)
		l := g.leader()
		for _, m := range g.others(l) {
			m.frozen = true
		}
		g.run(g.now + 3*1_500_000)
		if !check {
			require.Equal(t, trace.Leader, l.node.Role(), "Kudu's leader does not mind silence")
			continue
		}
		require.NotEqual(t, trace.Leader, l.node.Role())
		var at trace.Time
		for _, e := range g.record.Events() {
			if e.Kind == trace.StepDown {
				at = e.At
			}
		}
		require.LessOrEqual(t, at, trace.Time(3_000_000+2*1_500_000+50_000))
		require.GreaterOrEqual(t, at, trace.Time(3_000_000+1_000_000), "not before a whole E without a quorum")
	}
}

func TestReadIndexWaitsForAQuorumAndALocalReadDoesNot(t *testing.T) {
	for _, index := range []bool{true, false} {
		mode := ReadLocal
		if index {
			mode = ReadIndex
		}
		g := newGroup(t, Options{PreVote: true, Reads: mode})
		g.run(3_000_000)
		l := g.leader()
		l.node.Read(1)
		require.Equal(t, !index, len(l.reads) == 1)
		g.run(3_500_000)
		require.Equal(t, []uint64{1}, l.reads)
		for _, m := range g.others(l) {
			m.frozen = true
		}
		l.node.Read(2)
		g.run(4_500_000)
		require.Equal(t, !index, len(l.reads) == 2, "nobody confirms a leader that is alone")
	}
}

func TestTransferOverridesTheWithheldVote(t *testing.T) {
	g := newGroup(t, Options{PreVote: true})
	g.run(3_000_000)
	to := g.others(g.leader())[0]
	require.NoError(t, g.leader().node.Transfer(to.id))
	g.run(3_000_001)
	require.Equal(t, to, g.leader())
}

func TestARestartedNodeKeepsItsTermVoteAndLog(t *testing.T) {
	g := newGroup(t, Options{PreVote: true})
	g.run(2_000_000)
	l := g.leader()
	l.node.Propose([]byte("x"))
	g.run(3_000_000)
	m := g.others(l)[0]
	restart(m)
	require.EqualValues(t, 1, m.node.Term())
	require.EqualValues(t, 0, m.node.Leader(), "whom it follows was in memory")
	g.run(5_000_000)
	require.Equal(t, l.id, m.node.Leader())
	require.Empty(t, m.applied, "applied entries are not applied again")
}

func TestRaftDrawsTheLargestValueAndTheReaderComesBack(t *testing.T) {
	before := rand.Reader
	enter(largest(29))
	v, err := rand.Int(rand.Reader, big.NewInt(30))
	require.NoError(t, err)
	require.EqualValues(t, 29, v.Int64())
	require.PanicsWithValue(t, "raftnode: entered raft while inside raft", func() { enter(largest(29)) })
	leave()
	require.Equal(t, before, rand.Reader)
}

// The etcd profile is raft as etcd runs it: random timeouts of E to 2E, votes that any follower gives.
func TestTheEtcdProfileElectsByRaftsOwnTimer(t *testing.T) {
	g := newGroup(t, Options{PreVote: true, CheckQuorum: true, Etcd: true})
	const e = etcdTicks * 500_000
	g.run(3 * e)
	l := g.leader()
	require.True(t, proposed(l.node, "x"))
	g.run(4 * e)
	for _, m := range g.nodes {
		require.Equal(t, []byte("x"), m.applied[len(m.applied)-1].Data)
	}
	l.frozen = true
	from := g.now
	g.run(from + 4*e)
	next := g.leader()
	require.NotEqual(t, l, next)
	for _, ev := range g.record.Events() {
		if ev.Kind == trace.Elected && ev.Node == next.id && ev.At > from {
			require.GreaterOrEqual(t, ev.At-from, trace.Time(e-500_000))
			require.LessOrEqual(t, ev.At-from, trace.Time(2*e))
		}
	}
	for _, m := range g.others(next) {
		m.frozen = true
	}
	next.frozen = false
	g.run(g.now + 3*e)
	require.NotEqual(t, trace.Leader, next.node.Role(), "etcd always checks its quorum")
}

// Raft itself answers what is answered without it in the same words, and has nothing else to do.
func TestANodSaysWhatRaftWould(t *testing.T) {
	g := newGroup(t, Options{PreVote: true})
	g.run(3_000_000)
	l := g.leader()
	proposed(l.node, "one")
	g.run(6_000_000)
	nods := 0
	for _, m := range g.others(l) {
		for _, from := range g.others(m) {
			for term := range l.node.Term() + 2 {
				for commit := range l.node.commit + 1 {
					beat := &pb.Message{Type: pb.MsgHeartbeat.Enum(), From: new(uint64(from.id)), To: new(uint64(m.id)),
						Term: new(term), Commit: new(commit)}
					nod := m.node.nod(beat)
					if nod == nil {
						continue
					}
					nods++
					events := g.record.Len()
					require.True(t, proto.Equal(nod, m.node.ask(beat)), "%v", beat)
					require.Equal(t, events, g.record.Len())
				}
			}
		}
	}
	require.EqualValues(t, 2*(l.node.commit+1), nods, "of the leader, in its term")
	require.Nil(t, g.others(l)[0].node.nod(&pb.Message{Type: pb.MsgHeartbeat.Enum(), From: new(uint64(l.id)),
		Term: new(l.node.Term()), Commit: new(l.node.commit + 1)}), "a commit is raft's")
}
