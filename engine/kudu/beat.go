package kudu

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tabletop/engine/catalog"
	"tabletop/engine/netsim"
	"tabletop/engine/proc"
	"tabletop/engine/trace"
)

// beat is a heartbeat thread of a tablet server: of one master, or of whichever leads. One heartbeat is under way at a
// time.
type beat struct {
	server   *TabletServer
	slot     uint64
	master   trace.NodeID      // 0 where it has yet to find the leader
	number   uint64            // of the next report
	dirty    map[string]uint64 // tablets that changed, with the first report that tells
	last     heartbeatAnswer   // of the last heartbeat that succeeded
	full     bool              // the next report is full: the master has become leader
	failures int               // in a row
	call     uint64            // the heartbeat under way, 0 for none
	sent     uint64            // its report's number
	asked    []uint64          // calls under way that look for the leader
	followed trace.NodeID      // the leader it found last
	soon     bool              // something became dirty: no waiting for the interval
	sweep    trace.Time        // when tombstones are told of next
	cause    trace.EventID     // why the next heartbeat is sent before its time
}

// heartbeat_interval_ms, heartbeat_rpc_timeout_ms, heartbeat_max_failures_before_backoff.
const (
	beatInterval = 1_000_000
	beatTimeout  = 15_000_000
	beatFailures = 3
)

// sweepInterval is how often tombstones are told of, as a master may order their deletion by then.
const sweepInterval = 1_800_000_000

// newBeat returns a thread that believes to have been asked for everything: so a process's first heartbeat carries its
// registration and a full report.
func newBeat(s *TabletServer, slot int, master trace.NodeID) *beat {
	b := &beat{server: s, slot: uint64(slot), master: master, dirty: map[string]uint64{},
		last: heartbeatAnswer{reregister: true, full: true}, sweep: s.process.Now() + sweepInterval}
	b.show()
	return b
}

// mark notes that the next report has to tell of a tablet, and has it sent at once (TriggerASAP).
func (b *beat) mark(tablet string, cause trace.EventID) {
	b.dirty[tablet] = b.number
	b.show()
	if b.soon {
		return
	}
	b.soon = true
	if b.call == 0 && len(b.asked) == 0 {
		b.wake(0, cause)
	}
}

func (b *beat) wake(after trace.Time, cause trace.EventID) {
	b.cause = cause
	b.server.process.Arm(proc.Timer{Kind: beatTimer, Arg: b.slot}, b.server.process.Now()+after)
}

// begin starts a heartbeat, or the search for whom to send it to.
func (b *beat) begin(cause trace.EventID) {
	b.soon = false
	if b.master != 0 {
		b.send(cause)
		return
	}
	for _, m := range b.server.masters {
		b.asked = append(b.asked, b.server.call(&netsim.Message{To: m, Kind: trace.Request, Name: "who leads?",
			Body: connectToMaster{}}, 0, beatTimeout, cause))
	}
}

func (b *beat) send(cause trace.EventID) {
	s := b.server
	h := tsHeartbeat{server: s.name, instance: s.instance, registers: b.last.reregister, live: s.live(), report: b.report()}
	b.sent = h.report.Number
	kind, name := h.describe(s.tablets)
	b.call = s.call(&netsim.Message{To: b.master, Kind: kind, Name: name, Body: h}, 0, beatTimeout, cause)
}

// report makes the next report: of all tablets where the master asked for that or has become leader, else of what
// changed since the last one that was acknowledged.
func (b *beat) report() *catalog.Report {
	s := b.server
	if now := s.process.Now(); now >= b.sweep {
		b.sweep = now + sweepInterval
		b.markTombstones()
	}
	r := &catalog.Report{Server: s.name, Number: b.number, Full: b.full || b.last.full}
	b.number++
	if r.Full {
		for _, replica := range s.replicas {
			if replica != nil {
				r.Tablets = append(r.Tablets, replica.report())
			}
		}
		return r
	}
	for _, tablet := range slices.Sorted(maps.Keys(b.dirty)) {
		if replica := s.byTablet[tablet]; replica != nil {
			r.Tablets = append(r.Tablets, replica.report())
		} else {
			r.Removed = append(r.Removed, tablet)
		}
	}
	return r
}

func (b *beat) markTombstones() {
	for _, d := range b.server.disks {
		if d.tombstone {
			b.dirty[d.tablet] = b.number
		}
	}
}

// describe returns how a heartbeat is drawn.
func (h tsHeartbeat) describe(names tabletNames) (trace.Kind, string) {
	changed := slices.Clone(h.report.Removed)
	for _, t := range h.report.Tablets {
		changed = append(changed, t.Tablet)
	}
	switch {
	case h.registers:
		return trace.Request, "register"
	case h.report.Full:
		return trace.Request, "full report"
	case len(changed) > 0:
		return trace.Request, "report " + names.list(changed)
	}
	return trace.Heartbeat, "heartbeat"
}

// owns reports whether a call is this thread's.
func (b *beat) owns(call uint64) bool { return b.call == call || slices.Contains(b.asked, call) }

// answered ends a call with its answer.
func (b *beat) answered(in *netsim.Message, at trace.EventID) {
	if in.Call != b.call {
		b.found(in, at)
		return
	}
	b.call = 0
	a, ok := in.Body.(heartbeatAnswer)
	if !ok || a.status != catalog.OK { // a master that has not started yet knows no heartbeat
		b.fail(at)
		return
	}
	b.believe(in.From, belief(a.leader))
	if !b.server.options.Behaviour.HeartbeatAll && !a.leader {
		b.fail(at) // "master is no longer the leader": what it was told does not count
		return
	}
	b.failures = 0
	b.full = b.server.options.Behaviour.FullOnNewLeader && b.server.options.Behaviour.HeartbeatAll &&
		!b.last.leader && a.leader
	b.last = a
	b.acknowledged()
	b.end(at)
}

// acknowledged cleans what the acknowledged report has told: not what became dirty while it was under way. A follower's
// OK acknowledges too, which is safe because of the full report that follows when it becomes leader.
func (b *beat) acknowledged() {
	had := len(b.dirty)
	maps.DeleteFunc(b.dirty, func(_ string, report uint64) bool { return report <= b.sent })
	if len(b.dirty) != had {
		b.show()
	}
}

// found handles an answer of the search for the leader. The first that says it leads is believed.
func (b *beat) found(in *netsim.Message, at trace.EventID) {
	r, ok := in.Body.(reply)
	b.believe(in.From, belief(r.leader))
	if !ok || !r.leader {
		b.unfound(in.Call, at)
		return
	}
	b.asked, b.master = nil, in.From
	if b.followed != in.From {
		b.full = b.server.options.Behaviour.FullOnNewLeader
		b.followed = in.From
	}
	b.send(at)
}

// unfound counts an answer without a leader. Kudu asks again at once; here a round that found none is a heartbeat that
// failed, and the next one comes a second later.
func (b *beat) unfound(call uint64, at trace.EventID) {
	b.asked = slices.DeleteFunc(b.asked, func(id uint64) bool { return id == call })
	if len(b.asked) == 0 {
		b.fail(at)
	}
}

// failed ends a call without an answer.
func (b *beat) failed(c call, timedOut bool, at trace.EventID) {
	if timedOut {
		s := b.server
		at = s.record.EmitText(trace.Event{At: s.process.Now(), Kind: trace.Timer, Node: s.id, Peer: c.request.To,
			Cause: c.cause}, c.request.Name+" timed out")
	}
	b.believe(c.request.To, "no answer")
	if c.request.Call != b.call {
		b.unfound(c.request.Call, at)
		return
	}
	b.call = 0
	b.fail(at)
}

// fail ends a heartbeat that was not acknowledged. What the master asked for before, it is taken to ask for still.
func (b *beat) fail(at trace.EventID) {
	b.failures++
	if !b.server.options.Behaviour.HeartbeatAll {
		b.master = 0
	}
	b.end(at)
}

// end arms the next heartbeat: at once when something is dirty or asked for, the latter not after several failures.
func (b *beat) end(at trace.EventID) {
	switch {
	case b.soon, b.failures < beatFailures && (b.last.reregister || b.last.full):
		b.wake(0, at)
	default:
		b.wake(beatInterval, trace.NoEvent)
	}
}

func belief(leader bool) string {
	if leader {
		return "leads"
	}
	return "follows"
}

func (b *beat) believe(master trace.NodeID, text string) {
	s := b.server
	s.record.SetCell(s.id, 0, trace.Memory, "master/"+s.record.Info(master).ID, text)
}

// show writes the dirty set down.
func (b *beat) show() {
	s := b.server
	if s.record.Outline() {
		return
	}
	key, text := "dirty", "nothing"
	if s.options.Behaviour.HeartbeatAll {
		key += "/" + s.record.Info(b.master).ID
	}
	if len(b.dirty) > 0 {
		text = s.tablets.list(slices.Sorted(maps.Keys(b.dirty)))
	}
	if !s.record.HasCell(s.id, 0, trace.Memory, key, text) {
		s.record.SetCell(s.id, 0, trace.Memory, key, text)
	}
}

// list names some tablets, or says how many there are where the names would not fit into a cell.
func (n tabletNames) list(ids []string) string {
	const fit = 5
	if len(ids) > fit {
		return fmt.Sprintf("%d tablets", len(ids))
	}
	names := make([]string, 0, fit)
	for _, id := range ids {
		names = append(names, n.of(id))
	}
	return strings.Join(names, " ")
}
