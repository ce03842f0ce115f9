package view

import (
	"math"

	"tabletop/engine/trace"
	"tabletop/render/draw"
)

// Side says where a node's words stand: away from the middle of the stage.
type Side uint8

// The sides. Below and Above have shelf rows, the others have words beside the node only.
const (
	Below Side = iota
	Above
	LeftOf
	RightOf
	Under  // below, without rows
	Over   // above the others, words at the right, without rows
	InRow  // below, rows above: a master over tablet servers
	Silent // nowhere: there is no room, the table has the words
)

// Place is where a node stands.
type Place struct {
	Node   trace.NodeID
	Kind   trace.NodeKind
	At     draw.Point
	Radius float32
	Words  Side
}

// Layout is where everything on a stage of a size stands. Tablet servers have no place on a phone, nor those beyond the
// twentieth.
type Layout struct {
	Size   draw.Point
	Phone  bool
	Places []Place
	short  bool // words have no room for "in term 6"
	narrow bool // a client and the first master have no room for their words side by side
	dense  bool // the clients stand closer than their words are high
	crowd  int  // clients that have no place, for they are too many: the lanes show them
	more   int  // members and tablet servers that have none
	// high is the height of a client's pill.
	high float32
	// card is the size of a tablet server's card, and floor the upper edge of the cards, the lower one of the stage without.
	card  draw.Point
	floor float32
	// index holds where the place of each node stands in Places, counted from 1; the masters come first.
	index []int
}

// NewLayout places the masters and clients of one cluster, 0 for that of the first node. Up to 480 px wide the phone's
// layout holds; 860×396 is the reference of the wide one.
func NewLayout(size draw.Point, t *trace.Trace, cluster int) Layout {
	l := Layout{Size: size, Phone: size.X <= phoneWidth, floor: size.Y}
	if cluster == 0 && len(t.Nodes()) > 0 {
		cluster = t.Nodes()[0].Cluster
	}
	var masters, servers, clients []Place
	for i, n := range t.Nodes() {
		p := Place{Node: trace.NodeID(i + 1), Kind: n.Kind}
		switch {
		case n.Cluster != cluster:
		case n.Kind == trace.Client:
			clients = append(clients, p)
		case n.Kind == trace.Master || n.Kind == trace.Member:
			masters = append(masters, p)
		case n.Kind == trace.TabletServer && !l.Phone && len(servers) < mostServers:
			servers = append(servers, p)
		case n.Kind == trace.TabletServer:
			l.more++
		}
	}
	l.narrow = !l.Phone && size.X < narrowWidth
	l.short = l.Phone || len(masters) > 3 || len(servers) > 0 || size.X < 800
	switch {
	case len(servers) > 0:
		most := max(5, int((l.Size.X*0.64-84)/(2*radiusMany))) // without words
		l.more += max(0, len(masters)-most)
		masters = masters[:min(len(masters), most)]
		l.rows(masters, servers)
	case l.Phone && len(masters) <= 3:
		l.triangle(masters, draw.Point{X: size.X/2 - 103, Y: size.Y - 152}, size.X-78, 74*size.Y/330)
	case len(masters) <= 3:
		left, right, top := l.wide()
		l.triangle(masters, draw.Point{X: left, Y: size.Y - 148}, right, top)
	case len(masters) <= ringMost:
		l.ring(masters)
	default:
		masters = l.grid(masters)
	}
	if l.crowded(len(clients)) {
		l.crowd, clients = len(clients), nil
	}
	l.stack(clients, masters)
	l.Places = append(append(masters, servers...), clients...)
	l.index = make([]int, len(t.Nodes())+1)
	for i, p := range l.Places {
		l.index[p.Node] = i + 1
	}
	return l
}

// crowded reports whether clients are too many for a pill each.
func (l *Layout) crowded(clients int) bool {
	least, room := float32(pillLeast+2), l.floor-80
	if l.Phone {
		least, room = leastNamed, l.Size.X-2*edge
	}
	return clients > 1 && room/float32(clients) < least
}

// wide returns the columns of the outer masters and the height of the upper one: 340, 700 and 136 at 860×396. A wider
// stage spreads them, a narrower one gives up the margins.
func (l *Layout) wide() (left, right, top float32) {
	if short := 860 - l.Size.X; short > 0 {
		left, right = 340-short*0.25, min(700-short*0.54, l.Size.X-56)
	} else {
		middle, half := l.Size.X/2+90, min(180-short*0.25, 260)
		left, right = middle-half, middle+half
	}
	bottom := l.Size.Y - 148
	return left, right, max(136, min(136+(l.Size.Y-396)*0.35, bottom-112))
}

// triangle places one to three masters: first at the lower left, second above, third at the lower right.
func (l *Layout) triangle(masters []Place, left draw.Point, right, top float32) {
	r := float32(radius)
	if l.Phone {
		r = radiusPhone
	}
	at := []draw.Point{left, {X: (left.X + right) / 2, Y: top}, {X: right, Y: left.Y}}
	if l.Phone {
		at[1].X = l.Size.X / 2
	}
	switch len(masters) {
	case 1:
		at[0].X = (left.X + right) / 2
	case 2:
		at[1] = at[2]
	}
	for i := range masters {
		masters[i].At, masters[i].Radius, masters[i].Words = at[i], r, Below
		if len(masters) == 3 && i == 1 {
			masters[i].Words = Above
		}
	}
}

// ring places more masters on a circle, clockwise from the lower left.
func (l *Layout) ring(masters []Place) {
	r, n := float32(radiusMany), len(masters)
	ring := ringOfMany * max(1, min((l.Size.Y-96)/300, l.Size.X/860, 1.6))
	center := draw.Point{X: l.Size.X/2 + 90, Y: l.Size.Y/2 + 2}
	if l.Phone {
		ring, center.X = min(l.Size.X/2-74, l.Size.Y*0.3), l.Size.X/2
		center.Y = ring + r + 14
	}
	start := 0.5 + 0.5/float64(n) // in turns from the top: the first one left of the bottom
	if n%2 == 0 {
		start = 0.5 + 1/float64(n)
	}
	for i := range masters {
		a := 2 * math.Pi * (start + float64(i)/float64(n))
		x, y := float32(math.Sin(a)), float32(-math.Cos(a))
		p := &masters[i]
		p.At, p.Radius = center.Add(x*ring, y*ring), r
		switch {
		case y < -0.75:
			p.Words = Over
		case y > 0.6:
			p.Words = Under
		case x < 0:
			p.Words = LeftOf
		default:
			p.Words = RightOf
		}
	}
}

// stack places the clients at the left, a single one at the height of the first master.
func (l *Layout) stack(clients, masters []Place) {
	l.high = pillHeight
	if l.Phone {
		l.high = pillHeightPhone
		pitch := (l.Size.X - 2*edge) / float32(max(1, len(clients)))
		for i := range clients {
			clients[i].At = draw.Point{X: edge + (float32(i)+0.5)*pitch, Y: l.Size.Y - 27}
		}
		if len(clients) == 1 {
			clients[0].At.X = 92
		}
		return
	}
	x := float32(96)
	switch {
	case len(clients) == 1 && len(masters) > 0 && (len(masters) <= 3 || l.cards()):
		clients[0].At = draw.Point{X: x, Y: masters[0].At.Y}
		return
	case len(clients) == 1 && l.cards():
		clients[0].At = draw.Point{X: x, Y: l.floor - clientRoom}
		return
	}
	pitch := min(128, (l.floor-80)/float32(max(1, len(clients))))
	l.dense = pitch < pillHeight+belowMemory-belowBubble+chipHeight+8 // with a bubble and an alarm under each pill
	l.high = max(pillLeast, min(pillHeight, pitch-6))
	first := (l.floor-pitch*float32(len(clients)-1))/2 + 8
	if l.dense && l.narrow {
		x = edge + pillDense/2
	}
	for i := range clients {
		clients[i].At = draw.Point{X: x, Y: first + float32(i)*pitch}
	}
}

// place returns where a node stands.
func (l *Layout) place(n trace.NodeID) (Place, bool) {
	if int(n) >= len(l.index) || l.index[n] == 0 { // a node that joined later has none
		return Place{}, false
	}
	return l.Places[l.index[n]-1], true
}
