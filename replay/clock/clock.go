// Package clock estimates from matched messages by how much the clocks of nodes stood apart.
//
// A message that was sent at s by one clock and received at r by another says one thing only: the receiver's clock is
// at most r − s ahead of the sender's. Many of them, both ways, leave a narrow window. Delays are never averaged: queueing
// makes them one-sided. What is returned are lines (an offset and a drift for each node) that no message contradicts, each
// with the half-width within which the truth must lie as long as no clock drifts faster than Options.MaxDriftPPM.
//
// The package never sees a log line, never changes an event's time by itself, and never reads this machine's clock. All
// results are the same on every machine: products are rounded before they are added.
//
//	fit := clock.Estimate(2, []clock.Edge{{From: 0, To: 1, Sent: 1_000, Received: 6_200},
//		{From: 1, To: 0, Sent: 6_500, Received: 1_800}}, 0, clock.Options{})
//	fit.Lines[1].OffsetUS      // 4950: node 1 is ahead by that,
//	fit.Lines[1].BoundUS       // give or take about 250 µs
//	fit.Correct(1, 6_500)      // 1550
package clock

import (
	"math"
	"slices"
)

// Edge is a matched message: sent when From's clock showed Sent and received when To's showed Received, both in
// microseconds since any epoch that all share.
type Edge struct {
	From, To       int
	Sent, Received int64
	// SentPlace and ReceivedPlace order what one node wrote, as the offsets of its lines do. They matter only for a clock
	// that was set back: its stamps come twice. Zero everywhere: the stamps are the order.
	SentPlace, ReceivedPlace int64
}

// Options are the limits of an estimate; each zero value means its default.
type Options struct {
	// MaxDriftPPM is the fastest that a clock may gain on the reference; what looks faster is a step. 500, which is what
	// NTP may slew.
	MaxDriftPPM float64
	// ResolutionUS is the unit of the stamps, which are cut and not rounded. 1; a log with milliseconds needs 1000.
	ResolutionUS int64
	// MaxSuspects is how many edges may be set aside together, 3, and MaxSteps how often a node's clock may jump, 4.
	MaxSuspects, MaxSteps int
}

func (o Options) withDefaults() Options {
	if !(o.MaxDriftPPM > 0) {
		o.MaxDriftPPM = 500
	}
	o.MaxDriftPPM = min(o.MaxDriftPPM, 100_000)
	if o.ResolutionUS <= 0 {
		o.ResolutionUS = 1
	}
	if o.MaxSuspects <= 0 {
		o.MaxSuspects = 3
	}
	if o.MaxSteps <= 0 {
		o.MaxSteps = 4
	}
	return o
}

// Evidence says what is known of a clock.
type Evidence uint8

// The evidence. OneSided means that messages went one way only: the line is the smallest correction with which they do
// not arrive before they were sent, and has no bound. Contradictory means that nothing explains the messages: the clock
// is left as it is.
const (
	None Evidence = iota
	OneSided
	TwoSided
	Contradictory
)

// String returns the evidence's name.
func (e Evidence) String() string {
	return [...]string{"none", "one-sided", "two-sided", "contradictory"}[e&3]
}

// Line is a node's clock: by how much it stands ahead of its component's reference at Fit.Origin, and how fast it gains
// on it.
type Line struct {
	// Component numbers the groups of nodes that messages connect, from 0 in the order of their lowest nodes; -1 without
	// an edge. The reference of a component is its lowest node. Lines of different components cannot be compared.
	Component int
	Evidence  Evidence
	// Known says that the clock is corrected by this line: OneSided or TwoSided.
	Known    bool
	OffsetUS float64
	DriftPPM float64
	// BoundUS is the half-width within which the offset is certain, from Fit.Origin to the last edge. It is +Inf when
	// nothing bounds it, also for a clock that is not known.
	BoundUS float64
	// Edges counts the edges of the node that were used.
	Edges int
}

// Step is a jump of a node's clock, somewhere between two of its stamps.
type Step struct {
	Node      int
	After, At int64 // the last stamp before it and the first one after it, by the clocks before and after
	Place     int64 // of At, if the edges have places
	OffsetUS  float64
	JumpUS    float64 // how far it went forward, at At
	BoundUS   float64
	Idle      bool // the node is known to have written nothing in between, see Narrow
}

// Fit is the result.
type Fit struct {
	// Origin is the reference time for which the lines are given.
	Origin int64
	Lines  []Line // one for each node; of a node that stepped, the line of the first part of its life
	// Suspects are the edges that were set aside, in order: without them the rest makes sense. Where one of several could
	// be the wrong one, all of them are here.
	Suspects []int
	Steps    []Step
	// Ignored counts edges from a node to itself, of nodes that do not exist and with stamps beyond any calendar.
	Ignored int

	lives [][]part // by node
}

// part is a piece of a node's life between two steps.
type part struct {
	from     int64 // the stamp or the place at which it begins; that of the first does not count
	fromTime int64
	line     line
}

// line gives a correction (what to take off a stamp) for any stamp of one clock.
type line struct {
	evidence Evidence
	shift    int64 // whole microseconds that come off first
	t0, t1   int64 // the span of the evidence, in time that is shifted
	u, v     float64
	bu, bv   float64 // the half-widths at t0 and t1
	// slack is by how much the bound grows outside the span, in µs per µs.
	slack float64
}

// maxStamp is beyond any calendar (the year 37000) and far from overflow.
const maxStamp = int64(1) << 60

// at returns the correction of a stamp as whole microseconds and the rest.
func (l line) at(stamp int64) (int64, float64) {
	if l.t1 == l.t0 {
		return l.shift, l.u
	}
	x := float64(stamp-l.shift-l.t0) / float64(l.t1-l.t0)
	return l.shift, l.u + float64((l.v-l.u)*x)
}

// slope is how much the correction grows for each microsecond of the clock's own time.
func (l line) slope() float64 {
	if l.t1 == l.t0 {
		return 0
	}
	return (l.v - l.u) / float64(l.t1-l.t0)
}

// bound returns the half-width of the correction of a stamp.
func (l line) bound(stamp int64) float64 {
	at := stamp - l.shift
	switch {
	case l.evidence != TwoSided:
		return math.Inf(1)
	case at < l.t0:
		return l.bu + float64(l.slack*float64(l.t0-at))
	case at > l.t1:
		return l.bv + float64(l.slack*float64(at-l.t1))
	case l.t1 == l.t0, math.IsInf(l.bu, 1), math.IsInf(l.bv, 1):
		return max(l.bu, l.bv)
	}
	x := float64(at-l.t0) / float64(l.t1-l.t0)
	return l.bu + float64((l.bv-l.bu)*x)
}

// offset returns by how much the clock is ahead when the reference shows at. With the correction c(l) of a stamp l the
// reference is l − c(l), and c is a line; so the offset is c(at) / (1 − slope).
func (l line) offset(at int64) float64 {
	_, rest := l.at(at + l.shift)
	return float64(l.shift) + rest/(1-l.slope())
}

// Correct turns a stamp of a node into the time of its component's reference. After a step back a stamp means two
// times; CorrectAt can tell them apart.
func (f Fit) Correct(node int, at int64) int64 { return f.CorrectAt(node, at, math.MinInt64) }

// CorrectAt is Correct for a stamp with its place in the node's life, see Edge.
func (f Fit) CorrectAt(node int, at, place int64) int64 {
	whole, rest := f.lineAt(node, at, place).at(at)
	return at - whole - int64(math.Floor(rest+0.5))
}

// Bound returns the half-width within which Correct(node, at) is certain, +Inf when nothing bounds it. Where a step may
// have come before a stamp or behind it, that is as wide as the step.
func (f Fit) Bound(node int, at int64) float64 {
	off := f.lineAt(node, at, math.MinInt64).bound(min(max(at, -maxStamp), maxStamp))
	for _, s := range f.Steps {
		if s.Node == node && s.After < at && at < s.At && !s.Idle {
			off += math.Abs(s.JumpUS)
		}
	}
	return off
}

func (f Fit) lineAt(node int, at, place int64) line {
	if node < 0 || node >= len(f.lives) || len(f.lives[node]) == 0 || at > maxStamp || at < -maxStamp {
		return line{}
	}
	life := f.lives[node]
	for i := len(life) - 1; i > 0; i-- {
		if place != math.MinInt64 && place >= life[i].from || place == math.MinInt64 && at >= life[i].fromTime {
			return life[i].line
		}
	}
	return life[0].line
}

// Narrow puts a step between two stamps of its node that lie between those of Step, and between which it wrote nothing, for who
// knows better when it was.
func (f *Fit) Narrow(step int, after, at int64) {
	f.Place(step, at)
	s := &f.Steps[step]
	s.After, s.At, s.Idle = after, at, true
}

// Place takes a stamp as the first one behind a step. The step is as unsure as before.
func (f *Fit) Place(step int, at int64) {
	s := &f.Steps[step]
	life := f.lives[s.Node]
	for i := 1; i < len(life); i++ {
		if life[i].fromTime == s.At {
			life[i].from, life[i].fromTime = at, at
		}
	}
}

// Places returns the first stamps behind a node's steps.
func (f Fit) Places(node int) (stamps []int64) {
	for _, p := range f.lives[node][1:] {
		stamps = append(stamps, p.fromTime)
	}
	return stamps
}

// At returns the same fit with its lines given for another time of the reference.
func (f Fit) At(origin int64) Fit {
	f.Origin, f.Lines = origin, slices.Clone(f.Lines)
	for node := range f.Lines {
		f.Lines[node] = f.LineAt(node, origin)
	}
	return f
}

// LineAt returns a node's line for another time of the reference.
func (f Fit) LineAt(node int, origin int64) Line {
	l := f.Lines[node]
	if !l.Known {
		return l
	}
	return l.of(f.lives[node][0].line, min(max(origin, -maxStamp), maxStamp))
}

func (l Line) of(c line, origin int64) Line {
	l.OffsetUS, l.DriftPPM = c.offset(origin), float64(c.slope()/(1-c.slope())*1e6)
	// A stamp and its correction are off by nearly the same; c may grow with both.
	widest := max(c.bound(origin+int64(l.OffsetUS)), c.bound(c.t0+c.shift), c.bound(c.t1+c.shift))
	l.BoundUS = float64(widest * 1.001)
	return l
}
