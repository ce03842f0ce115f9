package kudu

import (
	"cmp"
	"slices"

	"tabletop/engine/catalog"
	"tabletop/engine/netsim"
	"tabletop/engine/proc"
	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// Client is a process that uses the C++ client: it finds the leader by asking every master at once and believes the
// first that says LEADER, without comparing terms; an application error such as NotFound is final.
type Client struct {
	endpoint
	id       trace.NodeID
	name     string
	roster   *roster
	servers  directory
	compares bool       // a create that finds the table there compares schemas, if it may have made the table itself
	serial   bool       // it asks masters one by one who leads
	timeout  trace.Time // of one RPC
	jitter   *sim.Stream
	numbers  uint64 // operations so far, crashes included
	leader   trace.NodeID
	ops      []*operation
	orders   []order // that begin later
}

// The client's defaults: operations of administration end after 30 s, one RPC after 10 s.
const (
	operationTimeout = 30_000_000
	rpcTimeout       = 10_000_000
)

// The timers of a client; their Arg is the operation's number.
const (
	deadlineTimer = ownTimers + iota
	backoffTimer
	orderTimer
)

func newClient(id trace.NodeID, o Options, env environment) *Client {
	name := env.record.Info(id).ID
	c := &Client{id: id, name: name, roster: env.roster, servers: env.servers, compares: o.Behaviour.ComparesSchemas,
		serial: o.SerialDiscovery, timeout: cmp.Or(o.RPCTimeout, rpcTimeout), jitter: env.kernel.Stream("client " + name)}
	p := proc.New(env.kernel, env.network, env.record, id, o.process())
	c.endpoint = newEndpoint(p, env.record, c)
	return c
}

// Start does nothing: a client acts when it is asked to.
func (c *Client) Start(trace.EventID) {}

// Crash ends the operations under way without an answer.
func (c *Client) Crash() {
	c.forget()
	c.ops, c.leader = nil, 0
}

// begin starts an operation. It reports false when the process is not running.
func (c *Client) begin(what order, cause trace.EventID) bool {
	if c.process.State() != trace.Running {
		return false
	}
	now := c.process.Now()
	c.numbers++
	o := &operation{order: what, number: c.numbers, deadline: now + cmp.Or(what.within, operationTimeout)}
	if what.fresh {
		o.session = o.number
	} else {
		o.leader = c.leader
	}
	invoke := trace.Event{At: now, Kind: trace.Invoke, Node: c.id, Index: o.number, Cause: cause}
	if what.timeOut {
		invoke.Digest = trace.MayTimeOut
	}
	o.invoke = c.record.EmitText(invoke, what.text)
	o.step = o.first()
	c.ops = append(c.ops, o)
	c.process.Arm(proc.Timer{Kind: deadlineTimer, Arg: o.number}, o.deadline)
	c.ask(o, o.invoke)
	return true
}

// after begins an operation after a while.
func (c *Client) after(d trace.Time, what order) {
	c.orders = append(c.orders, what)
	c.process.Arm(proc.Timer{Kind: orderTimer, Arg: uint64(len(c.orders) - 1)}, c.process.Now()+d)
}

// ask sends the request under way to whom it is for, if that is known.
func (c *Client) ask(o *operation, cause trace.EventID) {
	if o.leader == 0 && o.step.server == "" {
		c.find(o, cause)
	} else {
		c.send(o, cause)
	}
}

// find asks every master at once who leads, or the first of them.
func (c *Client) find(o *operation, cause trace.EventID) {
	o.rounds++
	o.leader, o.sent, o.turn, o.strange = 0, 0, 0, false
	for _, m := range c.known(o)[:c.atOnce(o)] {
		c.discover(o, m, cause)
	}
}

// known returns the masters in the client's configuration.
func (c *Client) known(o *operation) []trace.NodeID {
	if len(o.masters) > 0 {
		return o.masters
	}
	return c.roster.masters
}

func (c *Client) atOnce(o *operation) int {
	if c.serial {
		return 1
	}
	return len(c.known(o))
}

func (c *Client) discover(o *operation, master trace.NodeID, cause trace.EventID) {
	o.turn++
	o.asked = append(o.asked, c.call(&netsim.Message{To: master, Kind: trace.Request, Name: "who leads?",
		Body: connectToMaster{}}, o.session, c.patience(o), cause))
}

// patience bounds one RPC.
func (c *Client) patience(o *operation) trace.Time {
	return min(c.timeout, o.deadline-c.process.Now())
}

func (c *Client) send(o *operation, cause trace.EventID) {
	to := o.leader
	if o.step.server != "" {
		to = c.servers[o.step.server]
	}
	if o.step.first {
		o.attempts++
	}
	o.retries++
	o.sent = c.call(&netsim.Message{To: to, Kind: trace.Request, Name: o.step.name, Body: o.step.body}, o.session,
		c.patience(o), cause)
}

// Receive handles a message.
func (c *Client) Receive(m *netsim.Message, at trace.EventID) { c.receive(m, at) }

func (c *Client) answered(m *netsim.Message, at trace.EventID) {
	o := c.by(m.Call)
	if o == nil {
		return // the first LEADER has won; this is a later answer of its round
	}
	r := m.Body.(reply)
	if m.Call == o.sent {
		c.concluded(o, r, m.From, at)
		return
	}
	if r.leader {
		o.asked = nil
		o.leader = m.From
		c.believe(o, m.From)
		c.send(o, at)
		return
	}
	o.strange = o.strange || len(r.masters) > len(c.known(o))
	c.unled(o, m.Call)
}

// believe keeps the leader for the client's later operations.
func (c *Client) believe(o *operation, leader trace.NodeID) {
	if o.session == 0 {
		c.leader = leader
	}
	c.record.SetCell(c.id, 0, trace.Memory, "leader", c.record.Info(leader).ID)
}

// configurationError is the end of an operation whose client knows fewer masters than there are, none of which leads
// (KUDU-2200): "the cluster indicates it expects" more.
const configurationError = "ConfigurationError"

// unled counts an answer without a leader. Only when all are in is the round over; then the client backs off.
func (c *Client) unled(o *operation, call uint64) {
	o.asked = slices.DeleteFunc(o.asked, func(id uint64) bool { return id == call })
	switch {
	case len(o.asked) > 0:
	case o.turn < len(c.known(o)):
		c.discover(o, c.known(o)[o.turn], o.invoke)
	case o.strange:
		c.finish(o, configurationError, 0)
	default:
		o.waits = waitsToFind
		c.backOff(o, trace.Time(o.rounds)*1000+c.jitter.Between(0, 4000))
	}
}

func (c *Client) backOff(o *operation, d trace.Time) {
	c.process.Arm(proc.Timer{Kind: backoffTimer, Arg: o.number}, c.process.Now()+d)
}

// concluded goes on after an answer to the request under way.
func (c *Client) concluded(o *operation, r reply, from trace.NodeID, at trace.EventID) {
	o.sent = 0
	switch {
	case o.step.server != "" && (r.status == catalog.NotTheLeader || r.status == catalog.NotFound):
		c.again(o)
	case r.status == catalog.NotTheLeader || r.status == catalog.NotInitialized:
		c.find(o, at)
	case r.status == catalog.ServiceUnavailable || r.status == catalog.TabletNotRunning:
		o.waits = waitsToSend
		c.backOff(o, c.jitter.Between(10_000, 19_000)<<min(8, o.retries-1))
	default:
		next, result := c.next(o, r)
		switch {
		case result != "":
			c.finish(o, result, from)
		case r.pending:
			c.poll(o)
		default:
			o.step, o.retries, o.polls = next, 0, 0
			c.ask(o, at)
		}
	}
}

// poll asks again whether what was begun is done: after 1.25 ms, then a quarter later each time, at most 2 s.
func (c *Client) poll(o *operation) {
	d := trace.Time(1250)
	for range min(o.polls, 40) {
		d = min(d*5/4, 2_000_000)
	}
	o.polls++
	o.step.first = false
	o.waits = waitsToSend
	c.backOff(o, d)
}

// again asks anew where the rows are: the tablet server that was asked is not there, or does not lead.
func (c *Client) again(o *operation) {
	o.step, o.count = o.first(), 0
	o.waits = waitsToSend
	c.backOff(o, c.jitter.Between(10_000, 19_000)<<min(8, o.retries-1))
}

func (c *Client) failed(k call, _ bool) {
	id := k.request.Call
	o := c.by(id)
	switch {
	case o == nil:
	case id == o.sent && o.step.server != "":
		o.sent = 0
		c.again(o)
	case id == o.sent:
		c.find(o, k.cause)
	default:
		c.unled(o, id)
	}
}

// Fire handles a timer.
func (c *Client) Fire(t proc.Timer) {
	if t.Kind < ownTimers {
		c.fire(t)
		return
	}
	if t.Kind == orderTimer {
		c.begin(c.orders[t.Arg], trace.NoEvent)
		return
	}
	i := slices.IndexFunc(c.ops, func(o *operation) bool { return o.number == t.Arg })
	if i < 0 {
		return
	}
	o := c.ops[i]
	if t.Kind == deadlineTimer {
		c.finish(o, catalog.TimedOut.String(), 0)
		return
	}
	waits := o.waits
	o.waits = waitsForNothing
	if waits == waitsToSend {
		c.ask(o, o.invoke)
	} else {
		c.find(o, o.invoke)
	}
}

func (c *Client) finish(o *operation, result string, server trace.NodeID) {
	c.record.EmitText(trace.Event{At: c.process.Now(), Kind: trace.Return, Node: c.id, Peer: server, Index: o.number,
		Digest: uint64(o.attempts), Cause: o.invoke}, result)
	c.ops = slices.DeleteFunc(c.ops, func(other *operation) bool { return other == o })
	c.roster.follow(o.body, result)
	c.process.Disarm(proc.Timer{Kind: deadlineTimer, Arg: o.number})
	c.process.Disarm(proc.Timer{Kind: backoffTimer, Arg: o.number})
	if result != catalog.OK.String() && c.process.Now() < o.until {
		// ASSERT_EVENTUALLY sleeps 1, 2, 4 … ms, at most a second, between its tries.
		what := o.order
		what.tries++
		c.after(1000<<min(o.tries, 10), what)
	}
}

func (c *Client) by(call uint64) *operation {
	for _, o := range c.ops {
		if o.sent == call || slices.Contains(o.asked, call) {
			return o
		}
	}
	return nil
}
