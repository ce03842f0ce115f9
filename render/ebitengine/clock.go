package ebitengine

import (
	"slices"
	"time"
)

// Stats is how long drawn frames took, in milliseconds.
type Stats struct {
	Frames   int // drawn since the start
	P50, P95 float64
}

// clock remembers the latest frames.
type clock struct {
	ring  [256]time.Duration
	count int
}

// add takes down one frame.
func (c *clock) add(d time.Duration) {
	c.ring[c.count%len(c.ring)] = d
	c.count++
}

// stats returns the figures of the frames remembered.
func (c *clock) stats() Stats {
	sorted, n := c.ring, min(c.count, len(c.ring))
	slices.Sort(sorted[:n])
	at := func(percent int) float64 { return float64(sorted[max(n-1, 0)*percent/100]) / float64(time.Millisecond) }
	return Stats{Frames: c.count, P50: at(50), P95: at(95)}
}
