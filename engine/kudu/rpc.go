package kudu

import (
	"slices"

	"tabletop/engine/netsim"
	"tabletop/engine/proc"
	"tabletop/engine/trace"
)

// Kudu's RPC: connections are opened when first used and negotiated before a call may pass, which a frozen server never
// answers, although its kernel accepts the connection. So a call to it fails after the negotiation's time-out, or its
// own, and its bytes never reach the server's socket.

// endpoint is a process's side of its connections: the calls it makes and the ones it answers.
type endpoint struct {
	process *proc.Process
	record  *trace.Builder
	owner   caller
	conns   []*conn
	calls   []call
	number  uint64
}

// caller is told how its calls end.
type caller interface {
	answered(m *netsim.Message, at trace.EventID)
	failed(c call, timedOut bool)
}

// conn is a connection this process has opened.
type conn struct {
	id       netsim.Conn
	to       trace.NodeID
	session  uint64 // 0 for a process's lasting connections
	rounds   int    // of negotiation still to come; 0 when open
	used     trace.Time
	deferred []uint64 // calls waiting for the negotiation
}

// call is a request under way; the request's Call is its number.
type call struct {
	request *netsim.Message
	cause   trace.EventID
}

// negotiate is the body of a negotiation's requests and answers.
type negotiate struct{}

// Kudu's client and server negotiate features, then authenticate (rpc_negotiation_timeout_ms 3 s); connections that are
// not used for 65 s are closed (rpc_default_keepalive_time_ms).
const (
	negotiationRounds  = 2
	negotiationTimeout = 3_000_000
	keepAlive          = 65_000_000
)

// The timers of an endpoint. Kinds of its owners start at ownTimers.
const (
	callTimer uint8 = iota
	negotiationTimer
	ownTimers
)

func newEndpoint(p *proc.Process, record *trace.Builder, owner caller) endpoint {
	return endpoint{process: p, record: record, owner: owner}
}

// forget drops all memory of connections and calls.
func (e *endpoint) forget() { e.conns, e.calls = nil, nil }

// call sends a request, over a connection of the given session, and returns the call's number.
func (e *endpoint) call(m *netsim.Message, session uint64, timeout trace.Time, cause trace.EventID) uint64 {
	e.number++
	m.Call = e.number
	e.process.Arm(proc.Timer{Kind: callTimer, Arg: m.Call}, e.process.Now()+timeout)
	k := e.connection(m.To, session, cause)
	m.Conn = k.id
	e.calls = append(e.calls, call{m, cause})
	if k.rounds > 0 {
		k.deferred = append(k.deferred, m.Call)
	} else {
		e.send(k, m, cause)
	}
	return m.Call
}

func (e *endpoint) send(k *conn, m *netsim.Message, cause trace.EventID) {
	k.used = e.process.Now()
	e.process.Send(m, cause)
}

// connection returns the open connection to a server, or begins to open one.
func (e *endpoint) connection(to trace.NodeID, session uint64, cause trace.EventID) *conn {
	now := e.process.Now()
	for _, k := range e.conns {
		if k.to == to && k.session == session && (k.rounds > 0 || now-k.used < keepAlive) {
			return k
		}
	}
	k := &conn{id: e.process.Connect(), to: to, session: session, rounds: negotiationRounds, used: now}
	e.conns = append(e.conns, k)
	e.process.Arm(proc.Timer{Kind: negotiationTimer, Arg: uint64(k.id)}, now+negotiationTimeout)
	e.negotiate(k, cause)
	return k
}

func (e *endpoint) negotiate(k *conn, cause trace.EventID) {
	e.process.Send(&netsim.Message{To: k.to, Conn: k.id, Kind: trace.Request, Name: "negotiate", Handshake: true,
		Body: negotiate{}}, cause)
}

// receive handles what belongs to the RPC layer. It returns false for a request that the owner must answer.
func (e *endpoint) receive(m *netsim.Message, at trace.EventID) bool {
	switch m.Body.(type) {
	case proc.Reset:
		e.close(m.Conn, false)
		return true
	case negotiate:
		if m.Kind == trace.Request {
			e.process.Send(&netsim.Message{To: m.From, Conn: m.Conn, Kind: trace.Answer, Name: "ok", Handshake: true,
				Body: negotiate{}}, at)
		} else {
			e.negotiated(m.Conn, at)
		}
		return true
	}
	if m.Kind == trace.Request || m.Kind == trace.Heartbeat {
		return false
	}
	if _, ok := e.take(m.Call); ok {
		e.owner.answered(m, at)
	}
	return true
}

func (e *endpoint) reply(to *netsim.Message, kind trace.Kind, name string, term uint32, body any, cause trace.EventID) {
	e.process.Send(&netsim.Message{To: to.From, Conn: to.Conn, Call: to.Call, Group: to.Group, Kind: kind, Name: name,
		Term: term, Body: body}, cause)
}

func (e *endpoint) negotiated(id netsim.Conn, at trace.EventID) {
	i := slices.IndexFunc(e.conns, func(k *conn) bool { return k.id == id })
	if i < 0 {
		return
	}
	k := e.conns[i]
	k.rounds--
	if k.rounds > 0 {
		e.negotiate(k, at)
		return
	}
	e.process.Disarm(proc.Timer{Kind: negotiationTimer, Arg: uint64(id)})
	deferred := k.deferred
	k.deferred = nil
	for _, id := range deferred {
		if j := e.find(id); j >= 0 {
			e.send(k, e.calls[j].request, at)
		}
	}
}

// fire handles the endpoint's timers.
func (e *endpoint) fire(t proc.Timer) {
	if t.Kind == negotiationTimer {
		e.close(netsim.Conn(t.Arg), true)
		return
	}
	if c, ok := e.take(t.Arg); ok {
		e.owner.failed(c, true)
	}
}

// close ends a connection and fails the calls on it.
func (e *endpoint) close(id netsim.Conn, timedOut bool) {
	i := slices.IndexFunc(e.conns, func(k *conn) bool { return k.id == id })
	if i < 0 {
		return
	}
	e.conns = slices.Delete(e.conns, i, i+1)
	e.process.Disarm(proc.Timer{Kind: negotiationTimer, Arg: uint64(id)})
	e.process.Close(id)
	var ends []call
	for _, c := range e.calls {
		if c.request.Conn == id {
			ends = append(ends, c)
		}
	}
	for _, c := range ends {
		if _, ok := e.take(c.request.Call); ok {
			e.owner.failed(c, timedOut)
		}
	}
}

func (e *endpoint) find(id uint64) int {
	return slices.IndexFunc(e.calls, func(c call) bool { return c.request.Call == id })
}

// take ends a call and returns it, unless it has ended before.
func (e *endpoint) take(id uint64) (call, bool) {
	i := e.find(id)
	if i < 0 {
		return call{}, false
	}
	c := e.calls[i]
	e.calls = slices.Delete(e.calls, i, i+1)
	e.process.Disarm(proc.Timer{Kind: callTimer, Arg: id})
	return c, true
}
