// Package proc is the life of operating-system processes: running, paused (SIGSTOP), crashed, restarted; their sockets,
// timers, threads and service times.
//
// A pause keeps memory: timers run out unnoticed, sockets fill up, and after the resume the backlog and the overdue
// timers race for the threads. A crash keeps the disk only. The package knows no protocol; what a process does is its
// Program's business.
//
//	p := proc.New(kernel, network, recorder, id, proc.Options{Machine: proc.Idle()})
//	p.Run(program)
//	p.Pause(trace.NoEvent)
//	p.Resume(trace.NoEvent)
package proc

import (
	"slices"

	"tabletop/engine/netsim"
	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// Program is what a process runs. Its methods are called while the process is running, one at a time.
type Program interface {
	// Start runs at the process's start and at each restart: memory is empty, the disk is as it was left.
	Start(cause trace.EventID)
	// Receive handles a message that was read; at is the event of reading it.
	Receive(m *netsim.Message, at trace.EventID)
	// Fire handles a timer that ran out. It is not armed any more.
	Fire(t Timer)
	// Crash drops all memory.
	Crash()
}

// Timer names a timer of a process.
type Timer struct {
	Kind uint8
	Arg  uint64
}

// Reset is the body of the message by which a kernel tells its process that a connection is gone.
type Reset struct{}

// Options are a process's constants.
type Options struct {
	Machine Machine
	// LoseSockets resets the process's connections at a resume, with all that waited in them.
	LoseSockets bool
}

// Process is one process. It owns the kernel events of its threads and timers.
type Process struct {
	ID      trace.NodeID
	kernel  *sim.Kernel
	network *netsim.Network
	record  *trace.Builder
	options Options
	program Program
	proc    sim.Proc
	service *sim.Stream
	waking  *sim.Stream

	state    trace.Process
	started  bool
	seq      uint64 // numbers armed timers and jobs; kernel events of older ones are void
	sockets  []socket
	queue    []work // for the service threads
	setups   []work // for the threads that set up connections
	busy     []job
	timers   []armed
	reactors [reactors]bool // asleep after a resume
	resumed  uint64         // counts resumes; reactors woken by an earlier one sleep on
}

// Kudu's num_reactor_threads is 4. Connections and timers are spread over them; after a resume each is scheduled anew.
const reactors = 4

type socket struct {
	conn    netsim.Conn
	peer    trace.NodeID
	waiting []*netsim.Message
}

type armed struct {
	Timer
	seq     uint64
	overdue bool
	queued  bool
}

// work is a message that was read or a timer that ran out.
type work struct {
	message *netsim.Message
	timer   uint64 // the armed timer's seq
}

type job struct {
	work
	seq  uint64
	done trace.Time
	left trace.Time // while paused
}

// New returns a process that has not started.
func New(k *sim.Kernel, n *netsim.Network, record *trace.Builder, id trace.NodeID, o Options) *Process {
	name := record.Info(id).ID
	p := &Process{ID: id, kernel: k, network: n, record: record, options: o, state: trace.Crashed,
		service: k.Stream("service " + name), waking: k.Stream("wake " + name)}
	p.proc = k.Own(p)
	n.Attach(id, p)
	return p
}

// State returns whether the process runs, is paused or has crashed (or not started yet).
func (p *Process) State() trace.Process { return p.state }

// Now returns the virtual time.
func (p *Process) Now() trace.Time { return p.kernel.Now() }

// Run starts the process with its program, now and at each Restart.
func (p *Process) Run(program Program) {
	p.program = program
	p.start(trace.Start, trace.NoEvent)
}

// Install gives a process its program without starting it: Restart does.
func (p *Process) Install(program Program) {
	p.program = program
	p.event(trace.Crash, trace.NoEvent)
}

func (p *Process) start(kind trace.Kind, cause trace.EventID) {
	p.state = trace.Running
	at := p.event(kind, cause)
	p.program.Start(at)
}

func (p *Process) event(kind trace.Kind, cause trace.EventID) trace.EventID {
	at := p.record.Emit(trace.Event{At: p.Now(), Kind: kind, Node: p.ID, Cause: cause})
	p.record.SetProcess(p.ID, p.state)
	return at
}

// Pause stops the process where it stands, as SIGSTOP does. It reports whether the process was running.
func (p *Process) Pause(cause trace.EventID) bool {
	if p.state != trace.Running {
		return false
	}
	p.state = trace.Paused
	for i := range p.busy {
		p.busy[i].left = p.busy[i].done - p.Now()
		p.busy[i].seq = p.next()
	}
	p.event(trace.Pause, cause)
	return true
}

// Resume lets the process go on, as SIGCONT does. It reports whether the process was paused. Each of its threads is
// scheduled anew, in an order of its own: threads in the middle of a job, and reactors, which then read their
// connections' backlog and run their overdue timers.
func (p *Process) Resume(cause trace.EventID) bool {
	if p.state != trace.Paused {
		return false
	}
	p.state = trace.Running
	at := p.event(trace.Resume, cause)
	if p.options.LoseSockets {
		p.loseSockets(at)
	}
	turn := p.Now() + p.options.Machine.Turn.Draw(p.waking)
	for i := range p.busy {
		j := &p.busy[i]
		j.done = turn + p.options.Machine.Wake.Draw(p.waking) + j.left
		p.kernel.Schedule(sim.Event{At: j.done, Proc: p.proc, Kind: served, Arg: j.seq})
	}
	p.resumed++
	for i := range p.reactors {
		p.reactors[i] = true
		p.kernel.Schedule(sim.Event{At: turn + p.options.Machine.Wake.Draw(p.waking), Proc: p.proc, Kind: awake,
			Arg: p.resumed*reactors + uint64(i)})
	}
	return true
}

// Crash ends the process, as SIGKILL does. It reports whether the process was alive. Its kernel resets its connections.
func (p *Process) Crash(cause trace.EventID) bool {
	if p.state == trace.Crashed {
		return false
	}
	p.state = trace.Crashed
	at := p.event(trace.Crash, cause)
	p.record.LoseMemory(p.ID)
	for _, w := range slices.Concat(p.queue, p.setups) {
		p.drop(w.message)
	}
	for _, j := range p.busy {
		p.drop(j.message)
	}
	for _, s := range p.sockets {
		for _, m := range s.waiting {
			p.drop(m)
		}
		p.reset(s.conn, s.peer, 0, "connection reset", at)
	}
	p.queue, p.setups, p.busy, p.timers, p.sockets = nil, nil, nil, nil, nil
	p.reactors = [reactors]bool{}
	p.seq++
	p.program.Crash()
	return true
}

// Restart starts a crashed process again on its disk. It reports whether the process had crashed.
func (p *Process) Restart(cause trace.EventID) bool {
	if p.state != trace.Crashed {
		return false
	}
	p.start(trace.Start, cause)
	return true
}

// Send puts a message of this process on the wire.
func (p *Process) Send(m *netsim.Message, cause trace.EventID) {
	m.From = p.ID
	p.socket(m.Conn, m.To)
	p.network.Send(m, cause)
}

// Connect returns a new connection.
func (p *Process) Connect() netsim.Conn { return p.network.Connect() }

// Arm sets a timer, in place of one of the same name.
func (p *Process) Arm(t Timer, at trace.Time) {
	p.Disarm(t)
	a := armed{Timer: t, seq: p.next()}
	p.timers = append(p.timers, a)
	p.kernel.Schedule(sim.Event{At: at, Proc: p.proc, Kind: due, Arg: a.seq})
}

// Disarm removes a timer.
func (p *Process) Disarm(t Timer) {
	for i := len(p.timers) - 1; i >= 0; i-- {
		if a := &p.timers[i]; a.Arg == t.Arg && a.Kind == t.Kind {
			p.timers = remove(p.timers, i)
			return
		}
	}
}

// remove is slices.Delete of one. The lists of a process are short or empty behind it, and removing from them is much of
// what a process does.
func remove[T any](list []T, i int) []T {
	last := len(list) - 1
	if i < last {
		copy(list[i:], list[i+1:])
	}
	var none T
	list[last] = none
	return list[:last]
}

// timer returns the place of an armed timer, -1 when it is armed no more. They are numbered as they are armed.
func (p *Process) timer(seq uint64) int {
	lo, hi := 0, len(p.timers)
	for lo < hi {
		if mid := (lo + hi) / 2; p.timers[mid].seq < seq {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == len(p.timers) || p.timers[lo].seq != seq {
		return -1
	}
	return lo
}

func (p *Process) next() uint64 {
	p.seq++
	return p.seq
}

func (p *Process) drop(m *netsim.Message) {
	if m != nil && m.Sent != trace.NoEvent {
		p.network.Drop(m)
	}
}

func (p *Process) reset(c netsim.Conn, peer trace.NodeID, call uint64, name string, cause trace.EventID) {
	p.network.Send(&netsim.Message{From: p.ID, To: peer, Conn: c, Call: call, Kind: trace.Refusal, Name: name,
		Body: Reset{}}, cause)
}

// socket returns the socket of a connection, opened when first used.
func (p *Process) socket(c netsim.Conn, peer trace.NodeID) *socket {
	for i := range p.sockets {
		if p.sockets[i].conn == c {
			return &p.sockets[i]
		}
	}
	p.sockets = append(p.sockets, socket{conn: c, peer: peer})
	return &p.sockets[len(p.sockets)-1]
}

// Close forgets a connection; what still arrives on it is not read.
func (p *Process) Close(c netsim.Conn) {
	p.sockets = slices.DeleteFunc(p.sockets, func(s socket) bool { return s.conn == c && len(s.waiting) == 0 })
}
