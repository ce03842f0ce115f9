package check

import "tabletop/engine/trace"

// lasted is for how long something went on, as far as that is known.
type lasted struct {
	by, off trace.Time // by the clocks, which may be off by so much
	known   bool       // how far they may be off
	least   bool       // it was seen late, or not to its end
}

// lasted returns how long something went on from one event to another; open says that the trace ends with it. What logs
// tell may have begun before it shows and ended after the last line of a process that was killed.
func (s *believing) lasted(from, to trace.EventID, open bool) lasted {
	a, b := &s.trace.Events[from], &s.trace.Events[to]
	l := lasted{by: b.At - a.At}
	l.off, l.known = s.clocks(from, to)
	begun := a.Kind == trace.Elected && a.Prov != trace.Inferred
	l.least = a.Prov != trace.Simulated && !begun || b.Prov == trace.Inferred || b.Prov != trace.Simulated && open
	return l
}

// doubtful reports whether it may not have been at all.
func (l lasted) doubtful() bool { return l.known && l.off > 0 && l.off >= l.by }

// instant reports whether it is known of one moment only: what logs show of one is told as a microsecond.
func (l lasted) instant() bool { return l.by <= 1 }

// verb chooses the word for what was, or may have been.
func (l lasted) verb(was, may string) string {
	if l.doubtful() {
		return may
	}
	return was
}

// String writes it with no more than is known: "for 48 ms", "for about 2.57 s", "for at least 68.7 ms".
func (l lasted) String() string {
	switch {
	case l.doubtful():
		return "for " + Duration(l.by) + " by clocks that may be off by " + Duration(l.off)
	case l.least && l.by-l.off <= 1:
		return "for a moment at least"
	case l.least:
		return "for at least " + atLeast(l.by-l.off)
	case !l.known:
		return "for " + Duration(l.by)
	}
	return "for " + Roughly(l.by, l.off, true)
}

// atLeast writes a duration rounded down, to three digits: in KUDU-3266 windows of 33.2 and 68.7 ms are what it is about.
func atLeast(d trace.Time) string {
	if d >= 10_000 && d < 100_000 {
		return trimmed(float64(d/100)/10, 1) + " ms"
	}
	return Duration(d - d%unitOf(d))
}

// proviso says on what it depends, if anything.
func (l lasted) proviso() string {
	if l.known {
		return ""
	}
	return ", if their clocks agree"
}

// Roughly writes a duration, with "about" if it may be off by more than its last digit tells, or if nobody knows.
func Roughly(d, off trace.Time, known bool) string {
	if !known || 2*off > unitOf(d) {
		return "about " + Duration(d)
	}
	return Duration(d)
}

// unitOf is what the last digit of a written duration stands for.
func unitOf(d trace.Time) trace.Time {
	switch {
	case d < 1_000:
		return 1
	case d < 10_000:
		return 100
	case d < 999_500:
		return 1_000
	}
	return 10_000
}
