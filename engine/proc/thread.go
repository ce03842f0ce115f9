package proc

import (
	"tabletop/engine/netsim"
	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// The kinds of a process's kernel events.
const (
	served uint8 = iota // a thread has finished a job
	due                 // a timer runs out
	awake               // a reactor thread runs again after a resume
)

// Handle runs the process's threads.
func (p *Process) Handle(e sim.Event) {
	switch e.Kind {
	case served:
		p.finish(e.Arg)
	case due:
		p.runOut(e.Arg)
	case awake:
		if p.state == trace.Running && e.Arg/reactors == p.resumed {
			p.wake(int(e.Arg % reactors))
		}
	}
}

// Arrive takes a message into the socket, and reads it at once if the process's threads are awake. The kernel of a
// process that is gone refuses the connection.
func (p *Process) Arrive(m *netsim.Message) {
	if p.state == trace.Crashed {
		drop := p.network.Drop(m)
		if m.Kind == trace.Request || m.Kind == trace.Heartbeat {
			p.reset(m.Conn, m.From, m.Call, "connection refused", drop)
		}
		return
	}
	p.record.Emit(trace.Event{At: p.Now(), Kind: trace.Arrive, Node: p.ID, Peer: m.From, Group: m.Group,
		Term: m.Term, Index: m.Index, Cause: m.Sent, Text: m.Text})
	s := p.socket(m.Conn, m.From)
	if p.state != trace.Running || p.reactors[int(m.Conn)%reactors] {
		s.waiting = append(s.waiting, m)
		return
	}
	p.read(m)
	p.serve()
}

func (p *Process) read(m *netsim.Message) {
	if m.Handshake {
		p.setups = append(p.setups, work{message: m})
	} else {
		p.queue = append(p.queue, work{message: m})
	}
}

// readAll reads what came while nobody read.
func (p *Process) readAll(s *socket) {
	for _, m := range s.waiting {
		p.read(m)
	}
	s.waiting = nil
}

// wake has a reactor read its connections and run its timers, in an order that is not that of arrival: epoll promises
// none.
func (p *Process) wake(reactor int) {
	p.reactors[reactor] = false
	var ready []func()
	for i := range p.sockets {
		if s := &p.sockets[i]; len(s.waiting) > 0 && int(s.conn)%reactors == reactor {
			ready = append(ready, func() { p.readAll(s) })
		}
	}
	for i := range p.timers {
		if t := &p.timers[i]; t.overdue && !t.queued && int(t.seq)%reactors == reactor {
			ready = append(ready, func() { p.enqueue(t) })
		}
	}
	for i := len(ready) - 1; i > 0; i-- {
		j := p.waking.Below(int64(i + 1))
		ready[i], ready[j] = ready[j], ready[i]
	}
	for _, f := range ready {
		f()
	}
	p.serve()
}

func (p *Process) runOut(seq uint64) {
	i := p.timer(seq)
	if i < 0 {
		return
	}
	t := &p.timers[i]
	t.overdue = true
	if p.state == trace.Running && !p.reactors[int(seq)%reactors] {
		p.enqueue(t)
		p.serve()
	}
}

func (p *Process) enqueue(t *armed) {
	t.queued = true
	p.queue = append(p.queue, work{timer: t.seq})
}

// serve gives what was read to idle threads, first come first served. Connections are set up by a pool of their own, as
// in Kudu, so that a handshake's cryptography keeps no call waiting.
func (p *Process) serve() {
	m := &p.options.Machine
	for p.state == trace.Running && len(p.setups) > 0 && p.working(true) < m.Threads {
		p.begin(p.setups[0], m.Handshake)
		p.setups = remove(p.setups, 0)
	}
	for p.state == trace.Running && len(p.queue) > 0 && p.working(false) < m.Threads {
		w := p.queue[0]
		p.queue = remove(p.queue, 0)
		switch {
		case w.message != nil:
			p.begin(w, m.Service)
		case p.timer(w.timer) >= 0: // else it was snoozed while it waited: Kudu's PeriodicTimer checks before it calls back
			p.begin(w, m.Timer)
		}
	}
}

func (p *Process) begin(w work, table sim.Table) {
	j := job{work: w, seq: p.next(), done: p.Now() + table.Draw(p.service)}
	p.busy = append(p.busy, j)
	p.kernel.Schedule(sim.Event{At: j.done, Proc: p.proc, Kind: served, Arg: j.seq})
}

// working counts the threads at work: those that set up connections, or the others.
func (p *Process) working(setups bool) (n int) {
	for i := range p.busy {
		if m := p.busy[i].message; (m != nil && m.Handshake) == setups {
			n++
		}
	}
	return n
}

func (p *Process) finish(seq uint64) {
	i := len(p.busy) - 1
	for i >= 0 && p.busy[i].seq != seq {
		i--
	}
	if i < 0 {
		return // it was put off by a pause or died in a crash
	}
	w := p.busy[i].work
	p.busy = remove(p.busy, i)
	if w.message != nil {
		p.receive(w.message)
	} else if k := p.timer(w.timer); k >= 0 {
		t := p.timers[k].Timer
		p.timers = remove(p.timers, k)
		p.program.Fire(t)
	}
	p.serve()
}

func (p *Process) receive(m *netsim.Message) {
	at := trace.NoEvent
	if m.Sent != trace.NoEvent {
		at = p.record.Emit(trace.Event{At: p.Now(), Kind: trace.Receive, Node: p.ID, Peer: m.From, Group: m.Group,
			Term: m.Term, Index: m.Index, Cause: m.Sent, Text: m.Text})
	}
	p.program.Receive(m, at)
}

// loseSockets resets every connection at both ends.
func (p *Process) loseSockets(cause trace.EventID) {
	for i := range p.sockets {
		s := &p.sockets[i]
		for _, m := range s.waiting {
			p.drop(m)
		}
		p.reset(s.conn, s.peer, 0, "connection reset", cause)
		s.waiting = []*netsim.Message{{From: s.peer, To: p.ID, Conn: s.conn, Kind: trace.Refusal, Body: Reset{},
			Sent: trace.NoEvent}}
	}
}
