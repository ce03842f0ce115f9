package player

import (
	"slices"

	"tabletop/engine/trace"
)

// Flight is a message that is shown longer than it was under way, because 200 µs of trace time would not be seen.
// Progress goes from 0 at the sender to 1 at the receiver; a message that is behind it in trace time stays there.
type Flight struct {
	Send     trace.EventID
	Progress float32
}

type flight struct {
	send  trace.EventID
	aloft bool  // the first Tick has come
	began int64 // wall time of it
}

// mostFlights bounds what one frame shows.
const mostFlights = 64

// Flights returns the messages to be shown longer than the trace has them. It is valid until the next Tick.
func (p *Player) Flights() []Flight { return p.shown }

// launch shows the messages sent behind one event up to another. Of the heartbeats between two nodes, and of their
// answers, only one is shown at a time: at a thousand times real speed they would be a solid line.
func (p *Player) launch(from, to trace.EventID) {
	if p.reducedMotion {
		return
	}
	t := p.branch().Trace
	from = max(from, to-4096) // a jump of seconds shows its end
	for e := from + 1; e <= to && len(p.flights) < mostFlights; e++ {
		ev := t.Events[e]
		if !ev.Kind.IsSend() || p.busy(ev) {
			continue
		}
		p.flights = append(p.flights, flight{send: e})
	}
}

func (p *Player) busy(ev trace.Event) bool {
	if ev.Kind != trace.Heartbeat && ev.Kind != trace.Answer {
		return false
	}
	events := p.branch().Trace.Events
	return slices.ContainsFunc(p.flights, func(f flight) bool {
		have := events[f.send]
		return have.Kind == ev.Kind && have.Node == ev.Node && have.Peer == ev.Peer && have.Term == ev.Term
	})
}

// fly moves the messages and reports whether there were any.
func (p *Player) fly(now int64) bool {
	had := len(p.flights)+len(p.shown) > 0
	p.shown = p.shown[:0]
	p.flights = slices.DeleteFunc(p.flights, func(f flight) bool {
		return f.aloft && now-f.began >= FlightMicros
	})
	for i := range p.flights {
		f := &p.flights[i]
		if !f.aloft {
			f.aloft, f.began = true, now
		}
		p.shown = append(p.shown, Flight{Send: f.send, Progress: float32(now-f.began) / FlightMicros})
	}
	return had
}
