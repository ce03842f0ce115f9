package clock
import ("testing";"os";"strings";"regexp";"strconv";"math";"fmt")
func dbgEdges() (int, []Edge) {
	b,_ := os.ReadFile("/tmp/rapidclock.txt")
	re := regexp.MustCompile(`draw (nodes|offset|drift|from|to|at|delay): (\S+)`)
	drift := []float64{0}
	off := []int64{0}
	n := 0
	rd := func(n int, at int64) int64 { return at+off[n]+int64(math.Floor(float64(at)*drift[n]*1e-6)) }
	var edges []Edge
	v := map[string]int64{}
	for _, l := range strings.Split(string(b),"\n") {
		if m := re.FindStringSubmatch(l); m != nil {
			f,_ := strconv.ParseFloat(m[2],64)
			v[m[1]] = int64(f)
			switch m[1] {
			case "nodes": n = int(f)
			case "offset": off = append(off, int64(f))
			case "drift": drift = append(drift, f)
			case "delay":
				f,to := int(v["from"]),int(v["to"])
				if f!=to { edges = append(edges, Edge{From:f,To:to,Sent:rd(f,v["at"]),Received:rd(to,v["at"]+v["delay"])})
				fmt.Printf("%+v\n", edges[len(edges)-1]) }
			}
		}
	}
	fmt.Println(n, off, drift)
	return n, edges
}
func TestDbg(t *testing.T){
	n, edges := dbgEdges()
	f := Estimate(n, edges, 0, Options{})
	t.Logf("%+v", f)
	e := &estimator{nodes:n, edges:edges, options: Options{}.withDefaults()}
	s := e.samples()
	for _, in := range inCircles(s, circles(n, arcs(s))) {
	if len(in)==0 {continue}
	c := newCircle(in, e.options)
	p := c.program(true)
	for _, r := range p.rows { t.Logf("%v", r) }
	g := make([]float64,p.n); g[p.n-1]=1
	vv := p.enter(g, 0.01)
	t.Log(c.shifts, c.t0,c.t1,p.box, vv!=nil)
	if vv != nil {
	for i := 0; i<1; i++ { vv.solve(); vv.weigh(g); ids := []int{}; for _, r := range vv.rows { ids = append(ids, r.id)}; t.Log(vv.x, vv.weight, ids, vv.feasible())
	out := -1; for k,y := range vv.weight { if y < -tiny && (out<0 || y<vv.weight[out]) {out=k} }
	if out<0 {break}
	r,ok := vv.inTheWay(out); w := vv.asSum(&r); t.Log("leave", vv.rows[out].id, "enter", r.id, ok, w)
	vv.exchange(out,r,w) }
	}
	}
}
func TestDbg2(t *testing.T){
	n, edges := dbgEdges()
	e := &estimator{nodes:n, edges:edges, options: Options{}.withDefaults()}
	s := e.samples()
	for _, in := range inCircles(s, circles(n, arcs(s))) {
	if len(in)==0 {continue}
	c := newCircle(in, e.options)
	p := c.program(true)
	g := make([]float64,p.n); g[p.n-1]=1
	for _, b := range []float64{0.01,0.3,0.0007, 0.1, 1} {
	vv := p.enter(g, b)
	t.Log("ENTER", vv != nil)
	if vv != nil { ok := vv.climb(g); w:=0.0; for _, r := range p.rows { w = max(w, r.times(vv.x)-r.limit)} ; t.Log("CLIMB", ok, vv.feasible(), w, vv.x) }
	}}
}
