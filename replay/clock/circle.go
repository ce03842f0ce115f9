package clock

import "math"

// The limits of the linear program: with more parts in one circle the bounds are taken from constant offsets alone, and
// with still more clocks may not drift.
const (
	maxBounded  = 24
	maxDrifting = 40
)

// circle is a set of parts of lives with the samples between them, in coordinates in which all clocks are nearly equal.
type circle struct {
	parts   []int    // ascending; the first is the circle's reference
	samples []sample // with from and to as places in parts, and times that are shifted
	shifts  []int64  // by place in parts: what was taken off
	t0, t1  int64    // the span of all shifted times
	still   []bool   // parts that must not drift, nil for none
	drift   float64  // how far a clock may drift from the first one's within the span, in µs
	// steepest is a little more than two clocks can drift apart, in µs per µs.
	steepest float64
	// loose is by how much rows are wider than their samples: for times that are rounded, see grind, and for what clocks
	// drift apart within the unit of a stamp.
	loose, unit, grain float64
}

// newCircle takes samples that are grouped by their ends and in the order of s within each group.
func newCircle(samples []sample, o Options) *circle {
	c := &circle{samples: make([]sample, len(samples))}
	most := -1
	for _, x := range samples {
		most = max(most, x.from, x.to)
	}
	place := make([]int, most+1)
	for _, x := range samples {
		place[x.from], place[x.to] = 1, 1
	}
	for id, used := range place {
		if used == 1 {
			place[id] = len(c.parts)
			c.parts = append(c.parts, id)
		}
	}
	for i, x := range samples {
		x.from, x.to = place[x.from], place[x.to]
		c.samples[i] = x
	}
	c.roughly(arcs(c.samples))
	for i := range c.samples {
		x := &c.samples[i]
		x.s, x.r = x.s-c.shifts[x.from], x.r-c.shifts[x.to]
		x.d += c.shifts[x.from] - c.shifts[x.to]
		if i == 0 {
			c.t0, c.t1 = x.s, x.s
		}
		c.t0, c.t1 = min(c.t0, x.s, x.r), max(c.t1, x.s, x.r)
	}
	c.steepest = float64(o.MaxDriftPPM * 2.1e-6)
	c.drift = float64(o.MaxDriftPPM*1e-6) * float64(c.t1-c.t0)
	c.unit = float64(c.steepest*float64(o.ResolutionUS)) + 10*tolerance
	c.grind(finest)
	return c
}

// roughly finds offsets that are right up to a message's delay: drift and contradictions are small beside them. Without
// it a clock that is hours ahead would have its line far from where its stamps are.
func (c *circle) roughly(all []arc) {
	type way struct {
		to int
		w  int64
	}
	ways := make([][]way, len(c.parts))
	for _, a := range all {
		ways[a.from] = append(ways[a.from], way{a.to, a.w})
		ways[a.to] = append(ways[a.to], way{a.from, -a.w})
	}
	c.shifts = make([]int64, len(c.parts))
	seen := make([]bool, len(c.parts))
	for root := range c.parts {
		if seen[root] {
			continue
		}
		seen[root] = true
		for queue := []int{root}; len(queue) > 0; queue = queue[1:] {
			at := queue[0]
			for _, w := range ways[at] {
				if !seen[w.to] {
					seen[w.to] = true
					c.shifts[w.to] = c.shifts[at] + w.w
					queue = append(queue, w.to)
				}
			}
		}
	}
}

// hull keeps the samples of one pair that matter: the lower convex hull of d over s, without the corners that no line is
// steep enough to touch. Where lines cannot tell two samples apart, the stronger one is kept: rows that are nearly the same
// would make rounding errors large.
func hull(group []sample, steepest float64) []sample {
	var out []sample
	for _, x := range group {
		if n := len(out); n > 0 && float64(x.s-out[n-1].s)*steepest < 10*tolerance {
			if x.d >= out[n-1].d {
				continue
			}
			out = out[:n-1]
		}
		for n := len(out); n > 1 && slope(out[n-2], out[n-1]) >= slope(out[n-2], x); n = len(out) {
			out = out[:n-1]
		}
		out = append(out, x)
	}
	for len(out) > 1 && slope(out[0], out[1]) < -steepest {
		out = out[1:]
	}
	for n := len(out); n > 1 && slope(out[n-2], out[n-1]) > steepest; n = len(out) {
		out = out[:n-1]
	}
	return out
}

func slope(a, b sample) float64 { return float64(b.d-a.d) / float64(b.s-a.s) }

// program returns the rows that lines must keep. The unknowns are each part's correction at t0 and at t1, the first part's
// being 0; with margin, one more that says by how much every sample could be tighter still.
func (c *circle) program(margin bool) *program {
	p := &program{n: 2 * (len(c.parts) - 1)}
	extra := -1
	if margin {
		extra = p.n
		p.n++
	}
	most := 0.0
	for i := 0; i < len(c.samples); {
		j := i + 1
		for j < len(c.samples) && c.samples[j].from == c.samples[i].from && c.samples[j].to == c.samples[i].to {
			j++
		}
		for _, x := range hull(c.samples[i:j], c.steepest) {
			r := row{limit: float64(x.d) + c.loose, edge: x.edge}
			c.put(&r, x.to, x.r, 1)
			c.put(&r, x.from, x.s, -1)
			r.add(extra, 1)
			p.add(r)
			most = max(most, math.Abs(float64(x.d)))
		}
		i = j
	}
	for i := 1; i < len(c.parts); i++ {
		for _, sign := range []float64{1, -1} {
			r := row{limit: c.drift, edge: -1}
			if c.still != nil && c.still[i] {
				r.limit = 0
			}
			r.add(2*i-1, sign)
			r.add(2*i-2, -sign)
			p.add(r)
		}
	}
	p.box = float64(len(c.parts)+1) * (most + c.drift + 1)
	return p
}

// grind sets the part of the span to which times are rounded in rows, a power of two. Rows are then either parallel, exactly,
// or different by so much that rounding errors do not matter. Two messages within a microsecond and an hour's span would
// not do without it; and where there are dozens without any delay, a coarser grain is needed.
func (c *circle) grind(grain float64) {
	c.grain = grain
	c.loose = c.unit + float64(c.drift*grain)
}

// The grains that are tried one after the other.
const (
	finest   = 1.0 / (1 << 24)
	coarsest = 1.0 / (1 << 8)
)

// put adds a part's correction at a time to a row.
func (c *circle) put(r *row, part int, at int64, sign float64) {
	if part == 0 {
		return
	}
	x := 0.0
	if c.t1 > c.t0 {
		x = math.Round(float64(at-c.t0)/float64(c.t1-c.t0)/c.grain) * c.grain
	}
	r.add(2*part-2, float64(sign*(1-x)))
	r.add(2*part-1, float64(sign*x))
}

// widest returns the lines that leave every sample the most room, how much that is, and the edges that stand against
// more. The room is negative where no lines keep all samples and that is proved. Where rounding spoilt the search, which
// takes dozens of messages without any delay, there are no lines and the room is 0: doubt is no contradiction.
func (c *circle) widest() (x []float64, room float64, against []int) {
	for ; c.grain <= coarsest; c.grind(c.grain * 16) {
		p := c.program(true)
		goal := make([]float64, p.n)
		goal[p.n-1] = 1
		v := p.maximize(goal)
		if v != nil && (v.x[p.n-1] >= -tolerance || v.atMost(goal) < -tolerance) {
			return v.x[:p.n-1], v.x[p.n-1], v.holding()
		}
	}
	return nil, 0, nil
}

// lines returns the correction of each part, with its bounds. It is false if there are none.
func (c *circle) lines(o Options) ([]line, bool) {
	n := len(c.parts)
	all := make([]line, n)
	for i := range all {
		all[i] = line{evidence: TwoSided, shift: c.shifts[i], t0: c.t0, t1: c.t1, slack: float64(o.MaxDriftPPM * 2e-6)}
	}
	low, high, ok := c.windows(0)
	if ok {
		for i := range all {
			middle := float64((low[i] + high[i]) >> 1)
			all[i].u, all[i].v = middle, middle
		}
	} else {
		if n > maxDrifting {
			return nil, false
		}
		x, ok := c.drifting()
		if !ok {
			return nil, false
		}
		for i := 1; i < n; i++ {
			all[i].u, all[i].v = x[2*i-2], x[2*i-1]
		}
	}
	c.bound(all)
	for i := 1; i < n; i++ { // for what rounding does, and for stamps that are cut
		all[i].bu, all[i].bv = all[i].bu+2+float64(o.ResolutionUS), all[i].bv+2+float64(o.ResolutionUS)
	}
	all[0].slack = 0
	return all, true
}

// drifting returns lines for clocks of which some drift: as few as will do. Of those lines it takes the ones that leave the
// most room, and where that leaves a choice, the middle.
func (c *circle) drifting() ([]float64, bool) {
	x, best, _ := c.widest()
	if x == nil {
		return c.loosely()
	}
	if best < -tolerance {
		return nil, false
	}
	c.still = make([]bool, len(c.parts))
	for i := 1; i < len(c.parts); i++ {
		c.still[i] = true
		if y, room, _ := c.widest(); y != nil && room >= -tolerance {
			x, best = y, room
		} else {
			c.still[i] = false
		}
	}
	if len(c.parts) <= maxBounded {
		p := c.program(false)
		for i := range p.rows {
			if p.rows[i].edge >= 0 {
				p.rows[i].limit -= max(0, best-10*tolerance)
			}
		}
		if _, _, middle := p.ranges(); middle != nil {
			x = middle
		}
	}
	c.still = nil
	return x, true
}

// loosely returns the middle of what the clocks can be at any time.
func (c *circle) loosely() ([]float64, bool) {
	low, high, ok := c.windows(2*c.drift + c.loose)
	var x []float64
	for i := 1; i < len(low); i++ {
		middle := float64((low[i] + high[i]) >> 1)
		x = append(x, middle, middle)
	}
	return x, ok
}

// windows returns between what the offsets of clocks lie that drift apart by at most the given µs.
func (c *circle) windows(apart float64) (low, high []int64, ok bool) {
	all := arcs(c.samples)
	for i := range all {
		all[i].w += int64(math.Ceil(apart))
	}
	high, cycle := distances(len(c.parts), 0, all, false)
	if cycle != nil {
		return nil, nil, false
	}
	low, _ = distances(len(c.parts), 0, all, true)
	for i := range low {
		if low[i] == far || high[i] == far {
			return nil, nil, false // not a circle
		}
		low[i] = -low[i]
	}
	return low, high, true
}

// bound finds out how far the truth may be from the lines at both ends of the span. In between it is at most what lies
// between the two, since the half-width is a convex function of time.
func (c *circle) bound(all []line) {
	for i := range all {
		if i > 0 {
			all[i].bu, all[i].bv = math.Inf(1), math.Inf(1)
		}
	}
	if len(all) > maxBounded {
		c.boundLoosely(all)
		return
	}
	var low, high []float64
	for ; low == nil && c.grain <= coarsest; c.grind(c.grain * 16) {
		low, high, _ = c.program(false).ranges()
	}
	if low == nil {
		c.boundLoosely(all)
		return
	}
	for i := 1; i < len(all); i++ {
		l, k := &all[i], 3*(i-1)
		l.bu = max(high[k]-l.u, l.u-low[k])
		l.bv = max(high[k+1]-l.v, l.v-low[k+1])
		if c.t1 > c.t0 {
			l.slack = min(l.slack, max(high[k+2]-(l.v-l.u), l.v-l.u-low[k+2])/float64(c.t1-c.t0))
		}
	}
}

// boundLoosely bounds lines by what the clocks can be at any time.
func (c *circle) boundLoosely(all []line) {
	low, high, ok := c.windows(2*c.drift + c.loose)
	for i := 1; ok && i < len(all); i++ {
		l := &all[i]
		l.bu = max(float64(high[i])-l.u, l.u-float64(low[i]))
		l.bv = max(float64(high[i])-l.v, l.v-float64(low[i]))
	}
}

// ranges returns for each part but the first the least and the greatest of what it can be off at t0, at t1, and by how
// much that can change in between; and the middle of all the corners where this is so. It returns nil if nothing is
// feasible.
func (p *program) ranges() (low, high, middle []float64) {
	middle = make([]float64, p.n)
	goal := make([]float64, p.n)
	var v *vertex
	extreme := func(i int, u, w float64) float64 {
		goal[i], goal[i+1] = u, w
		if v == nil || !v.climb(goal) {
			v = p.maximize(goal)
		}
		goal[i], goal[i+1] = 0, 0
		if v == nil {
			return math.Inf(1)
		}
		for k, x := range v.x {
			middle[k] += x
		}
		return float64(u*v.x[i]) + float64(w*v.x[i+1])
	}
	for i := 0; i < p.n; i += 2 {
		for _, g := range [][2]float64{{1, 0}, {0, 1}, {-1, 1}} {
			high = append(high, extreme(i, g[0], g[1]))
			low = append(low, -extreme(i, -g[0], -g[1]))
			if v == nil {
				return nil, nil, nil
			}
		}
	}
	for k := range middle {
		middle[k] /= float64(3 * p.n)
	}
	return low, high, middle
}
