package clock

import "math"

// row is the inequality Σ value[i]·x[at[i]] ≤ limit. Places may repeat.
type row struct {
	at    [6]int
	value [6]float64
	n     int
	limit float64
	edge  int // -1 for a limit of ours
	id    int // its place in the order of rows
}

func (r *row) add(at int, v float64) {
	if at >= 0 && v != 0 {
		r.at[r.n], r.value[r.n] = at, v
		r.n++
	}
}

func (r *row) times(x []float64) float64 {
	sum := 0.0
	for i := range r.n {
		sum += float64(r.value[i] * x[r.at[i]])
	}
	return sum
}

// add adds a row, a little wider than it was, each by another bit: messages that took no time at all make rows that meet in
// one corner by the dozen, and to walk around such a corner would need arithmetic without rounding.
func (p *program) add(r row) {
	r.id = len(p.rows)
	r.limit += float64(20 * tolerance * float64(r.id*7919%1009) / 1009)
	p.rows = append(p.rows, r)
}

// program is a small linear program: n unknowns, each between -box and box, and rows that must hold.
type program struct {
	n    int
	box  float64
	rows []row
}

// tolerance is how far a row may be missed in the end, in µs: below any stamp's unit, above what rounding does to hours.
const tolerance = 1e-3

// vertex is a corner of the feasible region: the rows that hold with equality there, and the inverse of their matrix.
type vertex struct {
	program *program
	n       int
	rows    []row
	inverse [][]float64 // by unknown, then by row
	weight  []float64   // of each row; the goal is the sum of weight · row
	x       []float64
	fresh   bool // the inverse is new
	worn    int  // exchanges since it was
}

// maximize returns the feasible corner at which goal·x is largest, nil when nothing is feasible.
func (p *program) maximize(goal []float64) *vertex {
	for _, bend := range []float64{0.01, 0.3, 0.0007} { // another way where rounding spoilt the first
		if v := p.enter(goal, bend); v != nil && v.climb(goal) {
			return v
		}
	}
	return nil
}

// tiny is what counts as nothing beside 1.
const tiny = 1e-8

// enter returns a feasible corner, near where the goal is largest.
//
// It is the dual simplex method: begin at the corner of the box that the goal points to, and as long as a row is missed,
// put it in the place of one of the corner's, the one for which the goal falls least. The goal is bent a little, so that
// every exchange lets it fall at all.
func (p *program) enter(goal []float64, bend float64) *vertex {
	bent := make([]float64, p.n)
	for i, g := range goal {
		bent[i] = g + math.Copysign(float64(bend*(1+float64(i*7919%101)/101)), g)
	}
	v, fine := p.corner(bent), max(1e-7, float64(1e-12*p.box))
	for range 40 * (p.n + 8) {
		v.solve()
		worst, by := -1, fine
		for i := range p.rows {
			if miss := p.rows[i].times(v.x) - p.rows[i].limit; miss > by {
				worst, by = i, miss
			}
		}
		if worst < 0 && !v.fresh {
			v.refresh()
			continue
		}
		if worst < 0 {
			return v
		}
		w := v.asSum(&p.rows[worst])
		out, least := -1, 0.0
		for k := range w {
			if w[k] <= tiny {
				continue
			}
			if ratio := v.weight[k] / w[k]; out < 0 || ratio < least {
				out, least = k, ratio
			}
		}
		if out < 0 {
			return nil
		}
		for k := range w {
			v.weight[k] = max(0, v.weight[k]-float64(least*w[k]))
		}
		v.weight[out] = least
		v.exchange(out, p.rows[worst], w)
	}
	return nil
}

// climb walks from corner to corner until the goal grows no more. It is false if that takes too long.
//
// It is the simplex method: leave the row that the goal pulls away from most, and walk along the others until the next row
// is in the way. After a while the rows are taken in their order, so that it cannot go round in circles for ever (Bland).
func (v *vertex) climb(goal []float64) bool {
	patience := 20 + 4*v.n
	for turn := range 40 * (v.n + 8) {
		v.solve()
		v.weigh(goal)
		out := -1
		for k, y := range v.weight {
			if y < -tiny && (out < 0 || turn < patience && y < v.weight[out] ||
				turn >= patience && v.rows[k].id < v.rows[out].id) {
				out = k
			}
		}
		if out < 0 && turn > 0 && !v.fresh {
			v.refresh()
			continue
		}
		if out < 0 {
			return v.feasible()
		}
		r, ok := v.inTheWay(out)
		if !ok {
			return false
		}
		v.exchange(out, r, v.asSum(&r))
	}
	return false
}

// weigh finds the weights with which the rows make up the goal.
func (v *vertex) weigh(goal []float64) {
	for k := range v.weight {
		v.weight[k] = 0
	}
	for i, g := range goal {
		if g == 0 {
			continue
		}
		for k, in := range v.inverse[i] {
			v.weight[k] += float64(g * in)
		}
	}
}

// inTheWay returns the row that is met first when one of the corner's is left. Of rows that are met within a tolerance of
// one another it is the one that is met most squarely (Harris): grazing ones make rounding errors large.
func (v *vertex) inTheWay(out int) (row, bool) {
	way, nothing := make([]float64, v.n), 0.0
	for i := range way {
		way[i] = -v.inverse[i][out]
		nothing = max(nothing, math.Abs(float64(way[i]*1e-12)))
	}
	each := func(meet func(r *row, rate, room float64)) {
		for i := range v.program.rows {
			if r := &v.program.rows[i]; r.times(way) > nothing {
				meet(r, r.times(way), r.limit-r.times(v.x))
			}
		}
		for i, rate := range way {
			if r := v.program.side(i, math.Copysign(1, rate)); math.Abs(rate) > nothing {
				meet(&r, math.Abs(rate), r.limit-r.times(v.x))
			}
		}
	}
	nearest := math.Inf(1)
	each(func(_ *row, rate, room float64) { nearest = min(nearest, (max(0, room)+tolerance)/rate) })
	best, squarely := row{}, 0.0
	each(func(r *row, rate, room float64) {
		if max(0, room)/rate <= nearest && rate > squarely {
			best, squarely = *r, rate
		}
	})
	return best, squarely > 0
}

// side is a side of the box.
func (p *program) side(i int, sign float64) row {
	r := row{limit: p.box, edge: -1, id: -1 - 2*i}
	if sign < 0 {
		r.id--
	}
	r.add(i, sign)
	return r
}

// corner returns the corner of the box that a goal points to.
func (p *program) corner(goal []float64) *vertex {
	v := &vertex{n: p.n, rows: make([]row, p.n), inverse: make([][]float64, p.n), weight: make([]float64, p.n),
		x: make([]float64, p.n), program: p}
	cells := make([]float64, p.n*p.n)
	for i := range p.n {
		sign := math.Copysign(1, goal[i])
		v.rows[i] = p.side(i, sign)
		v.inverse[i] = cells[i*p.n : (i+1)*p.n]
		v.inverse[i][i] = sign
		v.weight[i] = math.Abs(goal[i])
	}
	return v
}

// solve finds the corner, and corrects the result once for what rounding did to it.
func (v *vertex) solve() {
	rest := make([]float64, len(v.rows))
	for i := range v.x {
		v.x[i] = 0
	}
	for range 2 {
		for k := range v.rows {
			rest[k] = v.rows[k].limit - v.rows[k].times(v.x)
		}
		for i, in := range v.inverse {
			sum := 0.0
			for k, r := range rest {
				sum += float64(in[k] * r)
			}
			v.x[i] += sum
		}
	}
}

// asSum writes a row as a sum of the corner's rows.
func (v *vertex) asSum(r *row) []float64 {
	w := make([]float64, v.n)
	for i := range r.n {
		for k, in := range v.inverse[r.at[i]] {
			w[k] += float64(r.value[i] * in)
		}
	}
	return w
}

// exchange puts a row, which is the sum w of the corner's, in the place of one of them.
func (v *vertex) exchange(out int, r row, w []float64) {
	for _, in := range v.inverse {
		in[out] /= w[out]
		pivot := in[out]
		if pivot == 0 {
			continue
		}
		for k := range w {
			if k != out {
				in[k] -= float64(pivot * w[k])
			}
		}
	}
	v.rows[out], v.fresh = r, false
	if v.worn++; v.worn > 40 {
		v.refresh()
	}
}

// refresh inverts the matrix of the corner's rows anew (Gauss and Jordan): exchanges wear it out.
func (v *vertex) refresh() {
	n := v.n
	m := make([][]float64, n) // rows of the matrix, and behind them the unit matrix
	for k := range m {
		m[k] = make([]float64, 2*n)
		for i := range v.rows[k].n {
			m[k][v.rows[k].at[i]] += v.rows[k].value[i]
		}
		m[k][n+k] = 1
	}
	for i := range n {
		best := i
		for k := i + 1; k < n; k++ {
			if math.Abs(m[k][i]) > math.Abs(m[best][i]) {
				best = k
			}
		}
		m[i], m[best] = m[best], m[i]
		pivot := m[i][i]
		if pivot == 0 {
			return
		}
		for j := range m[i] {
			m[i][j] /= pivot
		}
		for k := range n {
			if f := m[k][i]; k != i && f != 0 {
				for j := range m[k] {
					m[k][j] -= float64(f * m[i][j])
				}
			}
		}
	}
	for i := range n {
		copy(v.inverse[i], m[i][n:])
	}
	v.fresh, v.worn = true, 0
}

// atMost returns a value that the goal cannot exceed, from the weights alone: whatever keeps the rows keeps their sum too.
// What the weighted rows lack of the goal counts as if the box allowed all of it.
func (v *vertex) atMost(goal []float64) float64 {
	rest, sum := append([]float64(nil), goal...), 0.0
	for k, w := range v.weight {
		if w <= 0 {
			continue
		}
		r := &v.rows[k]
		sum += float64(w * r.limit)
		for i := range r.n {
			rest[r.at[i]] -= float64(w * r.value[i])
		}
	}
	for _, r := range rest {
		sum += math.Abs(float64(r * v.program.box))
	}
	return sum
}

// feasible reports whether the corner keeps all rows, as it does if rounding did no harm.
func (v *vertex) feasible() bool {
	for i := range v.program.rows {
		if !(v.program.rows[i].times(v.x)-v.program.rows[i].limit <= 10*tolerance) {
			return false
		}
	}
	return true
}

// holding returns the edges that keep the goal from growing.
func (v *vertex) holding() []int {
	var out []int
	for k, w := range v.weight {
		if w > tiny && v.rows[k].edge >= 0 {
			out = append(out, v.rows[k].edge)
		}
	}
	return out
}
