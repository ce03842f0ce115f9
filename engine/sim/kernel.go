// Package sim is the virtual clock: an agenda of plain-data events and named streams of random numbers, all from one seed.
//
// It runs single-threaded, never reads a wall clock and knows nothing of networks, processes or protocols: it hands each
// event to the owner of its Proc, in order of time and, at equal times, of scheduling.
//
//	k := sim.New(42)
//	p := k.Own(owner)
//	k.Schedule(sim.Event{At: 1500, Proc: p, Kind: 1})
//	for k.Step() {
//	}
package sim

import "tabletop/engine/trace"

// Proc identifies an owner of events.
type Proc uint16

// Event is something due at a time. Kind and Arg say what, in numbers of its owner's choice: without pointers they
// cost the garbage collector nothing.
type Event struct {
	At   trace.Time
	Seq  uint64 // order of scheduling, set by Schedule
	Arg  uint64
	Proc Proc
	Kind uint8
}

// Owner handles the events of its Proc.
type Owner interface{ Handle(Event) }

// Kernel holds the clock and the events to come.
type Kernel struct {
	now    trace.Time
	seed   uint64
	seq    uint64
	owners []Owner
	agenda agenda
}

// New returns a kernel at time 0.
func New(seed uint64) *Kernel { return &Kernel{seed: seed} }

// Seed returns the seed all streams derive from.
func (k *Kernel) Seed() uint64 { return k.seed }

// Now returns the virtual time.
func (k *Kernel) Now() trace.Time { return k.now }

// Own registers an owner and returns its Proc.
func (k *Kernel) Own(o Owner) Proc {
	k.owners = append(k.owners, o)
	return Proc(len(k.owners) - 1)
}

// Schedule adds an event. A time that has passed means now.
func (k *Kernel) Schedule(e Event) {
	e.At = max(e.At, k.now)
	e.Seq = k.seq
	k.seq++
	k.agenda.add(&e)
}

// Next returns the time of the next event, false when there is none.
func (k *Kernel) Next() (trace.Time, bool) {
	e := k.agenda.first()
	if e == nil {
		return 0, false
	}
	return e.At, true
}

// Step moves the clock to the next event and has it handled. It returns false when there is none.
func (k *Kernel) Step() bool {
	if k.agenda.first() == nil {
		return false
	}
	e := k.agenda.near.pop()
	k.now = e.At
	k.owners[e.Proc].Handle(e)
	return true
}

// Advance moves the clock forward to a time before which nothing is due.
func (k *Kernel) Advance(to trace.Time) {
	if next, ok := k.Next(); ok && next < to {
		panic("sim: advancing over an event that is due")
	}
	k.now = max(k.now, to)
}
