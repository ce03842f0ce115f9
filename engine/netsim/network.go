// Package netsim is the network between processes: links with latency and faults, and connections that keep their order.
//
// It moves messages from a sender's socket to a receiver's socket and records each as an event. It never reads a
// message's body, knows no protocol and decides nothing about processes: what waits in a socket is up to package proc.
//
//	n := netsim.New(kernel, recorder, netsim.Options{Nodes: 2, Latency: sim.Constant(50)})
//	n.Attach(a, socketOfA)
//	n.Attach(b, socketOfB)
//	n.Send(&netsim.Message{From: a, To: b, Conn: n.Connect(), Kind: trace.Request, Name: "open table-1"}, trace.NoEvent)
package netsim

import (
	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// Conn numbers a connection. Messages of one connection and direction arrive in the order they were sent.
type Conn uint32

// Message is one message on the wire. It is immutable once sent.
type Message struct {
	Body  any
	Name  string // what the stage writes beside it
	Index uint64 // raft: last log index it carries
	Call  uint64 // the sender's number of the call that a request opens and an answer closes
	Sent  trace.EventID
	Text  trace.StringID // Name as interned, once it is sent
	Conn  Conn
	Term  uint32 // 0 when it carries none
	From  trace.NodeID
	To    trace.NodeID
	Group trace.GroupID
	Kind  trace.Kind
	// Handshake marks the messages that set up a connection: handling them costs cryptography.
	Handshake bool
	behind    *Message // the next one on its way
}

// Socket is the receiving end: the kernel's buffers of one process.
type Socket interface{ Arrive(*Message) }

// Options are the network's constants.
type Options struct {
	Nodes   int       // how many there are
	Latency sim.Table // one way
}

// Link is the state of one direction between two nodes; the zero value is a healthy link.
type Link struct {
	Cut       bool       // everything is lost
	Delay     trace.Time // added to the latency
	Lose      int        // parts per million lost
	Duplicate int        // parts per million sent twice
	Clogged   bool       // what arrives waits for Release
}

// Network carries messages. It owns their arrival events.
type Network struct {
	kernel  *sim.Kernel
	record  *trace.Builder
	options Options
	proc    sim.Proc
	sockets []Socket   // by NodeID-1
	links   []link     // from × to
	pipes   []pipe     // two to a connection
	kept    []*Message // on clogged links, in the order of arrival
}

type link struct {
	Link
	stream *sim.Stream
}

// pipe is one direction of a connection.
type pipe struct {
	last         trace.Time // latest arrival so far
	first, final *Message   // of those under way, in the order of arrival
}

// New returns a network without nodes.
func New(k *sim.Kernel, record *trace.Builder, o Options) *Network {
	n := &Network{kernel: k, record: record, options: o, sockets: make([]Socket, o.Nodes),
		links: make([]link, o.Nodes*o.Nodes), pipes: make([]pipe, 2, 64)}
	n.proc = k.Own(n)
	return n
}

// Attach connects a node's socket.
func (n *Network) Attach(id trace.NodeID, s Socket) { n.sockets[id-1] = s }

// Connect returns a new connection.
func (n *Network) Connect() Conn {
	n.pipes = append(n.pipes, pipe{}, pipe{})
	return Conn(len(n.pipes)/2 - 1)
}

// Link returns the link from one node to another, to be read or changed.
func (n *Network) Link(from, to trace.NodeID) *Link { return &n.link(from, to).Link }

// Heal makes every link healthy and delivers what clogged ones have kept.
func (n *Network) Heal() {
	for i := range n.links {
		n.links[i].Link = Link{}
	}
	n.Release()
}

// Release delivers what was kept on links that are not clogged any more, in the order of arrival. It does so at once, so
// that nothing sent later on the same connection overtakes it.
func (n *Network) Release() {
	kept := n.kept
	n.kept = nil
	for _, m := range kept {
		n.deliver(m)
	}
}

func (n *Network) link(from, to trace.NodeID) *link {
	return &n.links[int(from-1)*n.options.Nodes+int(to-1)]
}

// Send puts a message on the wire and records it with its cause. The message is the network's from then on.
func (n *Network) Send(m *Message, cause trace.EventID) {
	l := n.link(m.From, m.To)
	if l.stream == nil {
		// One stream a link, so that one more message changes the latencies of no other link.
		l.stream = n.kernel.Stream("link " + n.record.Info(m.From).ID + " " + n.record.Info(m.To).ID)
	}
	if l.Duplicate > 0 && l.stream.Below(1e6) < int64(l.Duplicate) {
		again := *m
		n.dispatch(l, &again, cause)
	}
	n.dispatch(l, m, cause)
}

func (n *Network) dispatch(l *link, m *Message, cause trace.EventID) {
	if !n.record.Outline() {
		m.Text = n.record.Intern(m.Name)
	}
	m.Sent = n.record.Emit(trace.Event{At: n.kernel.Now(), Kind: m.Kind, Node: m.From, Peer: m.To, Group: m.Group,
		Term: m.Term, Index: m.Index, Cause: cause, Text: m.Text})
	way := 2 * int(m.Conn)
	if m.From > m.To {
		way++
	}
	p := &n.pipes[way]
	p.last = max(p.last, n.kernel.Now()+n.options.Latency.Draw(l.stream)+l.Delay)
	if p.first == nil {
		p.first = m
	} else {
		p.final.behind = m
	}
	p.final = m
	arrival := arrives
	if l.Lose > 0 && l.stream.Below(1e6) < int64(l.Lose) {
		arrival = lost
	}
	n.kernel.Schedule(sim.Event{At: p.last, Proc: n.proc, Kind: arrival, Arg: uint64(way)})
}

// The kinds of the network's events; their Arg is the pipe.
const (
	arrives uint8 = iota
	lost
)

// Handle brings a pipe's next message to its receiver's socket, or loses it.
func (n *Network) Handle(e sim.Event) {
	p := &n.pipes[e.Arg]
	m := p.first
	p.first, m.behind = m.behind, nil
	if e.Kind == lost {
		n.Drop(m)
		return
	}
	n.deliver(m)
}

func (n *Network) deliver(m *Message) {
	switch l := n.link(m.From, m.To); {
	case l.Cut:
		n.Drop(m)
	case l.Clogged:
		n.kept = append(n.kept, m)
	default:
		n.sockets[m.To-1].Arrive(m)
	}
}

// Drop records that a message was lost, on the wire or in a socket.
func (n *Network) Drop(m *Message) trace.EventID {
	return n.record.Emit(trace.Event{At: n.kernel.Now(), Kind: trace.Drop, Node: m.To, Peer: m.From, Group: m.Group,
		Term: m.Term, Cause: m.Sent, Text: m.Text})
}
