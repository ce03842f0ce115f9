package netsim

import (
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

type inbox struct {
	k   *sim.Kernel
	got []*Message
	at  []trace.Time
}

func (i *inbox) Arrive(m *Message) { i.got, i.at = append(i.got, m), append(i.at, i.k.Now()) }

type pair struct {
	k    *sim.Kernel
	b    *trace.Builder
	n    *Network
	from trace.NodeID
	to   trace.NodeID
	in   *inbox
}

func newPair(latency sim.Table) pair {
	k, b := sim.New(1), trace.NewBuilder(trace.Header{})
	p := pair{k: k, b: b, from: b.AddNode(trace.Node{ID: "A"}), to: b.AddNode(trace.Node{ID: "B"}), in: &inbox{k: k}}
	p.n = New(k, b, Options{Nodes: 2, Latency: latency})
	p.n.Attach(p.from, &inbox{k: k})
	p.n.Attach(p.to, p.in)
	return p
}

func (p pair) send(conn Conn, call uint64) {
	p.n.Send(&Message{From: p.from, To: p.to, Conn: conn, Call: call, Kind: trace.Request}, trace.NoEvent)
}

func (p pair) run() {
	for p.k.Step() {
	}
}

func TestAConnectionKeepsItsOrderAndOthersDoNot(t *testing.T) {
	p := newPair(sim.Table{10, 1000})
	one, two := p.n.Connect(), p.n.Connect()
	for i := range 50 {
		p.send(one, uint64(i))
		p.send(two, uint64(i))
	}
	p.run()
	require.Len(t, p.in.got, 100)
	next := map[Conn]uint64{}
	crossed := false
	for i, m := range p.in.got {
		require.Equal(t, next[m.Conn], m.Call, "a connection is a FIFO")
		next[m.Conn]++
		crossed = crossed || i > 0 && m.Call < p.in.got[i-1].Call
	}
	require.True(t, crossed, "two connections overtake each other")
}

func TestFaultsOfALink(t *testing.T) {
	p := newPair(sim.Constant(100))
	c := p.n.Connect()
	link := p.n.Link(p.from, p.to)

	link.Delay = 400
	p.send(c, 1)
	p.run()
	require.EqualValues(t, 500, p.in.at[0])

	*link = Link{Cut: true}
	p.send(c, 2)
	p.run()
	require.Len(t, p.in.got, 1, "a cut link delivers nothing")
	require.Equal(t, trace.Drop, p.b.Events()[p.b.Len()-1].Kind, "and the loss is recorded")

	*link = Link{Lose: 1e6}
	p.send(c, 3)
	p.run()
	require.Len(t, p.in.got, 1)

	*link = Link{Duplicate: 1e6}
	p.send(c, 4)
	p.run()
	require.Len(t, p.in.got, 3)

	*link = Link{Cut: true}
	p.n.Heal()
	p.send(c, 5)
	p.run()
	require.Len(t, p.in.got, 4)
}

func TestACutDuringTheFlightLosesTheMessage(t *testing.T) {
	p := newPair(sim.Constant(100))
	p.send(p.n.Connect(), 1)
	p.n.Link(p.from, p.to).Cut = true
	p.run()
	require.Empty(t, p.in.got)
}

func TestSharesAreShares(t *testing.T) {
	p := newPair(sim.Constant(1))
	p.n.Link(p.from, p.to).Lose = 300_000
	c := p.n.Connect()
	const n = 5000
	for i := range n {
		p.send(c, uint64(i))
	}
	p.run()
	require.InDelta(t, 0.7, float64(len(p.in.got))/n, 0.03)
}

func TestAClogKeepsEverythingAndItsOrder(t *testing.T) {
	p := newPair(sim.Table{10, 1000})
	one, two := p.n.Connect(), p.n.Connect()
	p.n.Link(p.from, p.to).Clogged = true
	for i := range 20 {
		p.send(one, uint64(i))
		p.send(two, uint64(i))
	}
	p.run()
	p.n.Release()
	require.Empty(t, p.in.got, "it is clogged still")
	p.send(one, 20) // under way when the clog ends
	p.n.Link(p.from, p.to).Clogged = false
	p.n.Release()
	require.Len(t, p.in.got, 40)
	p.run()
	require.Len(t, p.in.got, 41)
	next := map[Conn]uint64{}
	for _, m := range p.in.got {
		require.Equal(t, next[m.Conn], m.Call)
		next[m.Conn]++
	}
	require.NotContains(t, kinds(p.b), trace.Drop, "nothing is lost")
	require.Equal(t, uint64(20), p.in.got[40].Call, "nothing overtakes what waited")
}

func TestACutLosesWhatAClogHasKept(t *testing.T) {
	p := newPair(sim.Constant(100))
	p.n.Link(p.from, p.to).Clogged = true
	p.send(p.n.Connect(), 1)
	p.run()
	*p.n.Link(p.from, p.to) = Link{Cut: true}
	p.n.Release()
	require.Empty(t, p.in.got)
	require.Contains(t, kinds(p.b), trace.Drop)
}

func TestHealEndsAClog(t *testing.T) {
	p := newPair(sim.Constant(100))
	p.n.Link(p.from, p.to).Clogged = true
	p.send(p.n.Connect(), 1)
	p.run()
	require.Empty(t, p.in.got)
	p.n.Heal()
	require.Len(t, p.in.got, 1)
}

func kinds(b *trace.Builder) (all []trace.Kind) {
	for _, e := range b.Events() {
		all = append(all, e.Kind)
	}
	return all
}
