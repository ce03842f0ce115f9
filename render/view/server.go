package view

import (
	"slices"
	"strconv"

	"tabletop/engine/trace"
	"tabletop/render/draw"
)

// Measures of the stage with tablet servers: a row of masters above rows of cards.
const (
	mostServers = 20
	fewServers  = 5 // which have large cards

	cardWidth, cardHeight = 220, 78
	cardLeast, cardLow    = 106, 44 // the least width that has room for a state, and the height of small cards
	cardGap, cardRadius   = 10, 10
	cardPadding           = 14
	cardPaddingSmall      = 8
	cardPitch             = 260 // of large cards
	masterRow             = 150 // the height of masters with shelf rows in the reference, clear of the legend above
	masterRowMany         = 112 // and of those without
	belowMasters          = 100 // words below the masters end here, from their centres
	clientRoom            = 120 // from a client's centre to the cards: its words
	bubbleRoom            = 112 // from one master to the next, if both say something
	rowLift               = 10  // how much higher than elsewhere their shelf rows stand: messages pass under them
)

// tabletServer reports whether a node is drawn as a card.
func (p Place) tabletServer() bool { return p.Kind == trace.TabletServer }

// cards reports whether there are tablet servers on the stage.
func (l *Layout) cards() bool { return l.card.Y != 0 }

// rows places the masters beside each other and the servers below them, in as few rows as their words allow.
func (l *Layout) rows(masters, servers []Place) {
	r, y, words := float32(radius), float32(masterRow), InRow
	if len(masters) > 3 {
		r, y, words = radiusMany, masterRowMany, Under
	}
	y += max(0, l.Size.Y-396) * 0.25
	left, right := max(218, l.Size.X*0.36), l.Size.X-84
	if float32(len(masters)-1)*bubbleRoom > right-left {
		words = Silent
	}
	for i := range masters {
		part := (float32(i) + 0.5) / float32(len(masters))
		if len(masters) > 2 {
			part = float32(i) / float32(len(masters)-1)
		}
		masters[i].At = draw.Point{X: round(left + (right-left)*part), Y: round(y)}
		masters[i].Radius, masters[i].Words = r, words
	}
	n, wide := len(servers), l.Size.X-2*margin+cardGap
	columns, height, widest := n, float32(cardHeight), cardPitch*max(1, l.Size.X/860)
	if n > fewServers {
		columns, height = min(n, max(1, int(wide/(cardLeast+cardGap)))), cardLow
		tall := l.Size.Y - margin - y - belowMasters
		lines := max(1, min((n+columns-1)/columns, int((tall+cardGap)/(cardLow+cardGap))))
		columns = (n + lines - 1) / lines
	}
	pitch := min(widest, wide/float32(columns))
	l.card = draw.Point{X: round(min(cardWidth, pitch-cardGap)), Y: height}
	lines := (n + columns - 1) / columns
	l.floor = l.Size.Y - margin - float32(lines)*(height+cardGap) + cardGap
	if len(masters) == 0 { // logs of servers alone
		l.floor = min(l.floor, max(l.floor/2, clientRoom+70))
	}
	for i := range servers {
		row, column := i/columns, i%columns
		inRow := min(columns, n-row*columns)
		servers[i].At = draw.Point{X: round(l.Size.X/2 + (float32(column)-float32(inRow-1)/2)*pitch),
			Y: round(l.floor + float32(row)*(height+cardGap) + height/2)}
	}
}

// area returns the rectangle of a client's pill or a server's card.
func (l *Layout) area(p Place) draw.Rect {
	w, h := l.card.X, l.card.Y
	if p.Kind == trace.Client {
		w, h = l.pill()
	}
	return draw.Box(p.At.X-w/2, p.At.Y-h/2, w, h)
}

// inWay reports whether another node stands in a row with two and between them. Rings and triangles have no such three.
func (l *Layout) inWay(from, to Place) bool {
	return l.cards() && from.At.Y == to.At.Y && slices.ContainsFunc(l.Places, func(p Place) bool {
		return p.At.Y == from.At.Y && min(from.At.X, to.At.X) < p.At.X && p.At.X < max(from.At.X, to.At.X)
	})
}

// over leads a path above the nodes between two.
func (l *Layout) over(from, to Place) way {
	lift, aside := l.card.Y/2+cardGap, l.card.X/4
	if from.Radius != 0 {
		lift, aside = from.Radius+plateOutset+rowLift, from.Radius
	}
	if to.At.X < from.At.X {
		aside = -aside
	}
	return way{from.At, from.At.Add(aside, -lift), to.At.Add(-aside, -lift), to.At}
}

// cards draws the tablet servers.
func (s *scene) cards(p *pen) {
	for i := range s.nodes {
		if n := &s.nodes[i]; n.place.tabletServer() {
			n.card(p)
		}
	}
}

func (n *node) card(p *pen) {
	area := n.scene.layout.area(n.place)
	if n.place.Node == n.scene.model.Selected {
		p.l.Rect(inset(area, -3.5), cardRadius+3.5, draw.Style{Stroke: draw.Solid(draw.Text), Width: strokeArc})
	}
	s := draw.Style{Fill: draw.Solid(draw.Panel), Stroke: draw.Solid(draw.Hair), Width: strokeChip}
	ink := draw.Text
	switch {
	case n.strange() || !n.born:
		s.Fill, ink = draw.Solid(draw.Background), draw.Muted
	case n.process == trace.Crashed:
		s.Fill, s.Width, s.Dash, ink = draw.Solid(draw.Background), 2, draw.Dash{On: 5, Off: 4}, draw.Muted
	case n.process == trace.Paused:
		s.Hatch = draw.Fade(draw.Muted, 0.2) // words stand on it
	}
	p.l.Rect(area, cardRadius, s)
	name := word{text: n.id, font: draw.SansSemi, size: sizeBubble, color: ink, gap: wordGap}
	if area.Max.Y-area.Min.Y < cardHeight {
		room := area.Max.X - area.Min.X - 2*cardPaddingSmall
		p.line(area.Min.X+cardPaddingSmall, area.Min.Y+4, fitting([]word{name}, room))
		state := n.stateWords()
		if lineWidth(state) > room && n.process == trace.Running {
			state = n.signs(state)
		}
		p.line(area.Min.X+cardPaddingSmall, area.Min.Y+4+lineHeight, fitting(state, room))
		return
	}
	room := area.Max.X - area.Min.X - 2*cardPadding
	title := fitting([]word{name}, room)
	p.line(area.Min.X+cardPadding, area.Min.Y+8, title)
	state := n.stateWords()
	if rest := room - lineWidth(title) - wordGap; lineWidth(state) > rest {
		state = fitting(state, rest)
	}
	p.line(round(area.Max.X-cardPadding-lineWidth(state)), area.Min.Y+8, state)
	if !n.strange() {
		n.tablets(p, area)
	}
}

// signs says with signs and numbers what has no room in words: what a server has to report, or how many of its tablets lead
// and follow.
func (n *node) signs(words []word) []word {
	if n.strange() || n.group != nil && n.group.Role.Known() {
		return words
	}
	number := func(g glyph, count int) []word {
		w := say(draw.SansMedium, draw.Text, strconv.Itoa(count))
		return []word{{glyph: g, gap: 3}, w}
	}
	if _, most, _ := n.dirty(); most > 0 {
		return number(sheetGlyph, most)
	}
	all, led := n.replicated()
	return append(number(leaderGlyph, led), number(followerGlyph, all-led)...)
}

// fitting returns words that are no wider than a room: the first one shortened, or none.
func fitting(words []word, room float32) []word {
	if len(words) == 0 || lineWidth(words) <= room {
		return words
	}
	for most := len([]rune(words[0].text)) - 1; most > 1 && words[0].glyph == noGlyph; most-- {
		words[0].text = clip(words[0].text, most)
		if lineWidth(words) <= room {
			return words
		}
	}
	return nil
}

// doing says in short what a server has to tell, on a small card only if that is something; else what tablets it has.
func (n *node) doing() string {
	small := n.scene.layout.card.Y < cardHeight
	switch reports, tablets := n.reports(), n.counted(); {
	case reports != "" && (!small || reports != idle && tablets != ""):
		return reports
	case tablets != "":
		return tablets
	}
	return "runs"
}

// stateWords is the line of a card: what became of the process, else what the server is in the group shown, else what
// tablets it has.
func (n *node) stateWords() []word {
	life := n.life()
	switch {
	case n.strange():
		return nil
	case !n.born:
		return []word{say(draw.SansMedium, draw.Muted, n.scene.model.unborn())}
	case life != nil:
		return life
	case n.group == nil || !n.group.Role.Known():
		return []word{say(draw.SansMedium, draw.Muted, n.doing())}
	}
	w := say(draw.SansMedium, draw.Muted, n.role.String())
	w.gap = tagGap
	switch leader, ok := n.believed(); {
	case n.stale:
		w = say(draw.SansSemi, draw.Text, "STALE")
	case n.role == trace.Leader:
		w.text, w.font, w.color = "leads", draw.SansSemi, draw.Text
	case n.role == trace.Follower && ok:
		w.text = "follows " + n.scene.name(leader)
	}
	if !n.known {
		return []word{w}
	}
	return []word{w, tagOf(n.term)}
}
