// Package player turns wall time into trace time: play, stop, step, back, seek, speed and branches.
//
// It never draws, never runs an engine and has no clock: every instant comes in through Tick. While nothing moves, Tick
// reports false and the page draws no frame.
//
//	p := player.New(player.Branch{Name: "main", Trace: t, Stops: stops})
//	p.Step()                 // to the first stop, as a movement of at most 600 ms
//	for p.Tick(nowMicros()) { // wall clock, microseconds
//		model.Cursor, model.At, model.Flights = p.Cursor(), p.At(), p.Flights()
//	}
package player

import (
	"slices"
	"sort"

	"tabletop/engine/trace"
)

// Durations of the visual reference, in microseconds of wall time.
const (
	// FlightMicros is how long a message is on screen at least.
	FlightMicros = 180_000
	// StepMicros is how long a step takes.
	StepMicros = 350_000
	// LongStepMicros is how long a step over a second or more of trace time takes.
	LongStepMicros = 600_000
)

// longStep is the trace time from which on a step takes LongStepMicros.
const longStep = 1_000_000

// Branch is one named run. Stops and Findings are events in ascending order.
type Branch struct {
	Name     string
	Trace    *trace.Trace
	Stops    []trace.EventID
	Findings []trace.EventID
}

// movement is a step under way.
type movement struct {
	from, to trace.Time
	event    trace.EventID // the event reached at the end
	begun    bool          // the first Tick has come
	began    int64         // wall time of it
	micros   int64
}

// Player is a position in one of several branches and what moves it.
type Player struct {
	branches []Branch
	current  int
	cursor   *trace.Cursor
	at       trace.Time
	exact    float64 // at, with the fraction of a microsecond that slow playing needs

	unit          Unit
	speed         float64
	playing       bool
	reducedMotion bool
	stopAtStops   bool

	move    *movement
	now     int64 // wall time of the last Tick
	ticked  bool
	changed bool // since the last Tick
	flights []flight
	shown   []Flight
}

// New returns a stopped player before the first event. It steps by stops if the branch has any, else by events, plays
// at real speed and stops at every stop.
func New(b Branch) *Player {
	p := &Player{branches: []Branch{b}, speed: 1, unit: UnitEvent, stopAtStops: true, changed: true}
	if len(b.Stops) > 0 {
		p.unit = UnitStop
	}
	p.cursor = b.Trace.Cursor()
	return p
}

// Cursor returns the cursor of the current branch. It stands at Position and must not be moved by others.
func (p *Player) Cursor() *trace.Cursor { return p.cursor }

// At returns the trace time shown; it may lie between two events.
func (p *Player) At() trace.Time { return p.at }

// Position returns the last event that has happened and the trace time shown.
func (p *Player) Position() (trace.EventID, trace.Time) { return p.cursor.Event(), p.at }

// Playing reports whether time runs.
func (p *Player) Playing() bool { return p.playing }

// Moving reports whether anything on screen is still under way.
func (p *Player) Moving() bool { return p.playing || p.move != nil || len(p.flights) > 0 }

// SetReducedMotion makes steps jump.
func (p *Player) SetReducedMotion(on bool) {
	p.reducedMotion = on
	if on {
		p.complete()
	}
}

// SetStopAtStops says whether playing ends at every stop, as in a lesson.
func (p *Player) SetStopAtStops(on bool) { p.stopAtStops = on }

// Play lets time run from here; from the end it starts over.
func (p *Player) Play() {
	p.complete()
	if p.atEnd() {
		p.jump(trace.NoEvent, 0)
	}
	p.playing = true
	p.ticked = false
	p.exact = float64(p.at)
}

// Stop stands still at the instant reached.
func (p *Player) Stop() {
	p.complete()
	p.playing = false
	p.changed = true
}

// Step moves to the next event of the unit, or to the end when there is none. A movement under way is completed first.
func (p *Player) Step() {
	p.complete()
	p.playing = false
	b := p.branch()
	to, ok := b.next(p.unit, p.cursor.Event())
	if !ok {
		to = trace.EventID(len(b.Trace.Events) - 1)
	}
	if to <= p.cursor.Event() {
		return
	}
	p.start(to)
}

// Back jumps to the previous event of the unit, or before the first event. Time never runs backwards on screen: it
// would show effects before their causes.
func (p *Player) Back() {
	p.complete()
	p.playing = false
	to := p.branch().previous(p.unit, p.cursor.Event())
	p.jump(to, p.branch().timeOf(to))
}

// SeekEvent jumps behind an event; trace.NoEvent is the instant before the first.
func (p *Player) SeekEvent(to trace.EventID) {
	p.halt()
	to = max(trace.NoEvent, min(to, trace.EventID(len(p.branch().Trace.Events)-1)))
	p.jump(to, p.branch().timeOf(to))
}

// SeekTime jumps to an instant of trace time, which may lie between events.
func (p *Player) SeekTime(at trace.Time) {
	p.halt()
	t := p.branch().Trace
	at = max(0, min(at, t.End()))
	p.jump(t.At(at), at)
}

// SeekStop jumps to a stop, counted from 1; 0 is the instant before the first event.
func (p *Player) SeekStop(n int) {
	b := p.branch()
	n = max(0, min(n, len(b.Stops)))
	if n == 0 {
		p.SeekEvent(trace.NoEvent)
		return
	}
	p.SeekEvent(b.Stops[n-1])
}

// StopNumber returns how many stops have been reached: 0 before the first.
func (p *Player) StopNumber() int {
	stops := p.branch().Stops
	return sort.Search(len(stops), func(i int) bool { return stops[i] > p.cursor.Event() })
}

// Tick brings the player to an instant of the wall clock, in microseconds, and reports whether anything to be drawn
// has changed since the Tick before.
func (p *Player) Tick(now int64) (changed bool) {
	elapsed := now - p.now
	if !p.ticked {
		elapsed = 0
	}
	p.now, p.ticked = now, true
	switch {
	case p.move != nil:
		p.advanceMove(now)
		p.changed = true
	case p.playing && elapsed > 0:
		p.advancePlay(float64(elapsed) * p.speed)
		p.changed = true
	}
	if p.fly(now) {
		p.changed = true
	}
	changed, p.changed = p.changed, false
	return changed
}

func (p *Player) branch() *Branch { return &p.branches[p.current] }

func (p *Player) atEnd() bool {
	t := p.branch().Trace
	return p.cursor.Event() == trace.EventID(len(t.Events)-1) && p.at >= t.End()
}

func (p *Player) start(to trace.EventID) {
	m := &movement{from: p.at, to: p.branch().timeOf(to), event: to, micros: StepMicros}
	if m.to-m.from >= longStep {
		m.micros = LongStepMicros
	}
	p.move = m
	p.ticked = false
	p.changed = true
	if p.reducedMotion || m.to == m.from {
		p.complete()
	}
}

func (p *Player) advanceMove(now int64) {
	m := p.move
	if !m.begun {
		m.begun, m.began = true, now
	}
	done := now - m.began
	if done >= m.micros {
		p.arrive()
		return
	}
	at := m.from + trace.Time(float64(m.to-m.from)*float64(done)/float64(m.micros))
	p.show(min(p.branch().Trace.At(at), m.event), at)
}

func (p *Player) advancePlay(micros float64) {
	b := p.branch()
	p.exact += micros
	at := min(trace.Time(p.exact), b.Trace.End())
	event := b.Trace.At(at)
	if p.stopAtStops {
		if stop, ok := b.next(UnitStop, p.cursor.Event()); ok && stop <= event {
			event, at = stop, b.timeOf(stop)
			p.playing = false
		}
	}
	p.show(event, at)
	if p.atEnd() {
		p.playing = false
	}
}

// show moves forward, so that the messages sent on the way are seen.
func (p *Player) show(event trace.EventID, at trace.Time) {
	event = max(event, p.cursor.Event()) // within one instant the position never falls back
	p.launch(p.cursor.Event(), event)
	p.cursor.Seek(event)
	p.at = at
}

func (p *Player) arrive() {
	m := p.move
	p.move = nil
	p.show(m.event, m.to)
	p.exact = float64(p.at)
}

// complete ends what moves at once.
func (p *Player) complete() {
	if p.move != nil {
		m := p.move
		p.move = nil
		p.jump(m.event, m.to)
	}
	if len(p.flights)+len(p.shown) > 0 {
		p.changed = true
	}
	p.flights, p.shown = p.flights[:0], p.shown[:0]
}

func (p *Player) halt() {
	p.move = nil
	p.flights, p.shown = p.flights[:0], p.shown[:0]
	p.ticked = false
}

func (p *Player) jump(event trace.EventID, at trace.Time) {
	p.halt()
	p.cursor.Seek(event)
	p.at, p.exact = at, float64(at)
	p.changed = true
}

// Branches returns the names of the branches.
func (p *Player) Branches() []string {
	names := make([]string, len(p.branches))
	for i, b := range p.branches {
		names[i] = b.Name
	}
	return names
}

// Branch returns the current branch and its number.
func (p *Player) Branch() (Branch, int) { return *p.branch(), p.current }

// AddBranch adds a branch without entering it and returns its number.
func (p *Player) AddBranch(b Branch) int {
	p.branches = append(p.branches, b)
	return len(p.branches) - 1
}

// EnterBranch goes on in another branch at the same instant.
func (p *Player) EnterBranch(n int) {
	p.complete()
	p.enter(n, p.branch().Trace)
}

// ReplaceBranch exchanges what a branch holds, as when a run was continued. The position stays.
func (p *Player) ReplaceBranch(n int, b Branch) {
	p.complete()
	was := p.branch().Trace
	p.branches[n] = b
	if n == p.current {
		p.enter(n, was)
	}
}

// enter keeps the event while both traces have it at the same time, else the time.
func (p *Player) enter(n int, was *trace.Trace) {
	event, at := p.Position()
	p.current = n
	t := p.branch().Trace
	p.cursor = t.Cursor()
	at = min(at, t.End())
	last := t.At(at)
	same := event <= last && (event == trace.NoEvent || t.Events[event].At == was.Events[event].At)
	if !same || event < last && t.Events[event+1].At < at {
		event = last
	}
	p.jump(event, at)
}

// next returns the first event of the unit behind an event.
func (b *Branch) next(u Unit, from trace.EventID) (trace.EventID, bool) {
	if list, ok := b.list(u); ok {
		i := sort.Search(len(list), func(i int) bool { return list[i] > from })
		if i == len(list) {
			return 0, false
		}
		return list[i], true
	}
	for e := from + 1; int(e) < len(b.Trace.Events); e++ {
		if u.holds(b.Trace.Events[e].Kind) {
			return e, true
		}
	}
	return 0, false
}

// previous returns the last event of the unit before an event, NoEvent if there is none.
func (b *Branch) previous(u Unit, from trace.EventID) trace.EventID {
	if list, ok := b.list(u); ok {
		i, _ := slices.BinarySearch(list, from)
		if i == 0 {
			return trace.NoEvent
		}
		return list[i-1]
	}
	for e := from - 1; e >= 0; e-- {
		if u.holds(b.Trace.Events[e].Kind) {
			return e
		}
	}
	return trace.NoEvent
}

func (b *Branch) list(u Unit) ([]trace.EventID, bool) {
	switch u {
	case UnitStop:
		return b.Stops, true
	case UnitFinding:
		return b.Findings, true
	}
	return nil, false
}

func (b *Branch) timeOf(e trace.EventID) trace.Time {
	if e == trace.NoEvent {
		return 0
	}
	return b.Trace.Events[e].At
}
