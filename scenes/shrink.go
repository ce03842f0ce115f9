package scenes

import (
	"fmt"
	"slices"
	"strings"

	"tabletop/engine/trace"
)

// Shrink shortens a schedule as long as it fails in the same way, and says so in its notes. fails runs a schedule and
// names its failure, empty for none; a schedule that does not fail comes back as it is.
//
//  1. Lines are left out, half of them at a time, then a quarter, and so on down to single ones, until none can be.
//  2. The closing goes the same way, if the failure is not that of a cluster that does not settle.
//  3. Waits next to each other become one; each is halved while the failure stays, and then rounded.
//
// It gives up looking for shorter ones after a number of runs, so that it always ends.
func (s Schedule) Shrink(fails func(Schedule) string) Schedule {
	h := &shrinking{fails: fails, how: fails(s), left: mostShrinks}
	if h.how == "" {
		return s
	}
	before := len(s.lines())
	body := func(s *Schedule) *[]string { return &s.Body }
	closing := func(s *Schedule) *[]string { return &s.Closing }
	settles := !slices.Contains([]string{unsettled, unanswered, apart}, h.how)
	for length := -1; length != len(s.lines()) && h.left > 0; {
		length = len(s.lines())
		s = h.without(s, body)
		if settles {
			s = h.without(s, closing)
		}
		s = h.sooner(s, body)
		if settles {
			s = h.sooner(s, closing)
		}
	}
	s.Notes = append(slices.Clone(s.Notes),
		fmt.Sprintf("Shortened from %d lines to %d, and it still fails: %s.", before, len(s.lines()), h.how))
	return s
}

// mostShrinks bounds the runs of one shrinking.
const mostShrinks = 5000

type shrinking struct {
	fails func(Schedule) string
	how   string
	left  int
}

// still returns the schedule with other lines in one of its parts, and whether it fails in the same way.
func (h *shrinking) still(s Schedule, part func(*Schedule) *[]string, lines []string) (Schedule, bool) {
	if h.left <= 0 {
		return s, false
	}
	h.left--
	*part(&s) = lines
	return s, h.fails(s) == h.how
}

func (h *shrinking) without(s Schedule, part func(*Schedule) *[]string) Schedule {
	for size := len(*part(&s)); size > 0; size /= 2 {
		for from := 0; from < len(*part(&s)); {
			lines := *part(&s)
			shorter := slices.Delete(slices.Clone(lines), from, min(from+size, len(lines)))
			if t, ok := h.still(s, part, shorter); ok {
				s = t
			} else {
				from += size
			}
		}
	}
	return s
}

func (h *shrinking) sooner(s Schedule, part func(*Schedule) *[]string) Schedule {
	if t, ok := h.still(s, part, joined(*part(&s))); ok {
		s = t
	}
	for i := range *part(&s) {
		for _, finer := range []trace.Time{0, 100_000, 10_000, 1_000} {
			for again := true; again; {
				lines := slices.Clone(*part(&s))
				lines[i] = shorter(lines[i], finer)
				again = lines[i] != (*part(&s))[i]
				if again {
					var t Schedule
					if t, again = h.still(s, part, lines); again {
						s = t
					}
				}
			}
		}
	}
	return s
}

// waits returns how long a line waits, in microseconds.
func waits(line string) (trace.Time, bool) {
	text, ok := strings.CutPrefix(line, "wait ")
	if !ok {
		return 0, false
	}
	d, err := duration(text)
	return d, err == nil
}

// joined puts waits next to each other together, which changes nothing.
func joined(lines []string) []string {
	var out []string
	for _, l := range lines {
		d, ok := waits(l)
		if n := len(out); ok && n > 0 {
			if before, ok := waits(out[n-1]); ok {
				if both, err := duration(lasting(before + d)); err == nil && both == before+d {
					out[n-1] = "wait " + lasting(before+d)
					continue
				}
			}
		}
		out = append(out, l)
	}
	return out
}

// shorter returns a line with half the wait, or with one that is rounded down to a multiple of finer.
func shorter(line string, finer trace.Time) string {
	d, ok := waits(line)
	if !ok || d == 0 {
		return line
	}
	if finer > 0 {
		return "wait " + lasting(d/finer*finer)
	}
	return "wait " + lasting(d/2)
}
