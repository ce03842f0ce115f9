package view

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tabletop/engine/trace"
	"tabletop/render/draw"
)

// Duration returns a span of trace time in words: "300 µs", "17 ms", "6.5 s".
func Duration(t trace.Time) string {
	switch {
	case t < 1000:
		return strconv.FormatInt(int64(t), 10) + " µs"
	case t < 1_000_000:
		return strconv.FormatInt(int64(t/1000), 10) + " ms"
	case t < 60_000_000:
		return fmt.Sprintf("%.1f s", float64(t/100_000)/10)
	}
	return fmt.Sprintf("%d min %d s", t/60_000_000, t/1_000_000%60)
}

// words draws all words of a node around it.
func (n *node) words(p *pen) {
	switch {
	case n.place.tabletServer(): // its card has them
		return
	case n.strange():
		n.heard(p)
		return
	case !n.born || n.place.Words == Silent || n.scene.layout.Phone && len(n.scene.nodes) > 3: // the table has the words
		return
	}
	lines := n.lines()
	switch {
	case n.scene.layout.Phone:
		n.wordsOnPhone(p, lines)
	case n.place.Words == Below || n.place.Words == Under || n.place.Words == InRow:
		n.wordsBelow(p, lines)
	default:
		n.wordsBeside(p, lines)
	}
}

// heard says when the believer last heard of this node, all it knows of it.
func (n *node) heard(p *pen) {
	s := n.scene
	for _, c := range s.model.Cursor.Node(s.model.Selected).Cells {
		if s.trace.Text(c.Key) != "heard "+n.id || c.Shelf != trace.Memory {
			continue
		}
		words := []word{say(draw.SansMedium, draw.Muted, "heard "+Duration(max(0, s.model.At-s.timeOf(c.Source)))+" ago")}
		span := lineWidth(words)
		p.label(p.within(n.place.At.X-span/2, span), n.place.At.Y+n.place.Radius+6, words)
		return
	}
}

// lines is what a node has to say, before it has a place.
type lines struct {
	state  []word // paused or crashed since
	belief string
	chip   []word // stale
	door   []word // beside the pile
}

// life says since when a node has been paused or dead, nil if it runs.
func (n *node) life() []word {
	paused, crashed := "Paused", "Crashed now"
	if span := n.scene.model.At - n.since; span > 0 {
		paused, crashed = "Paused "+Duration(span), "Crashed "+Duration(span)+" ago"
	}
	if n.guessed {
		paused, crashed = paused+", inferred", crashed+", inferred"
	}
	switch n.process {
	case trace.Paused:
		return []word{say(draw.SansSemi, draw.Text, paused)}
	case trace.Crashed:
		return []word{say(draw.SansMedium, draw.Muted, crashed)}
	}
	return nil
}

func (n *node) lines() lines {
	l := lines{state: n.life(), belief: n.belief()}
	if n.stale {
		less := say(draw.SansSemi, draw.Text, "<")
		less.gap = tagGap
		stale := less
		stale.text = "STALE"
		l.chip = []word{stale, tagOf(n.term), less, tagOf(n.scene.high)}
	}
	if len(n.pile) > 0 {
		l.door = n.doorWords()
	}
	return l
}

// doorWords counts the unread messages and names the one with the highest term.
func (n *node) doorWords() []word {
	count := strconv.Itoa(len(n.pile))
	if n.process == trace.Paused {
		return []word{say(draw.SansMedium, draw.Muted, count+" waiting")}
	}
	top := trace.Event{}
	for _, id := range n.pile {
		if e := n.scene.trace.Events[id]; e.Term > top.Term {
			top = e
		}
	}
	text := n.scene.trace.Text(top.Text)
	if top.Term == 0 || n.scene.layout.Phone || n.place.Words == InRow {
		return []word{say(draw.SansMedium, draw.Muted, count+" unread")}
	}
	if text == "" || top.Kind == trace.Heartbeat {
		text = top.Kind.String()
	}
	w := say(draw.SansMedium, draw.Muted, count+" unread")
	if len(text) <= 12 {
		w.text += ": " + text
	}
	w.gap = tagGap
	return []word{w, tagOf(top.Term)}
}

// slivers draws the pile with its lower edge at a height.
func (n *node) slivers(p *pen, left, bottom float32) {
	shown := n.pile[:min(len(n.pile), sliversMost)]
	wide := n.sliverWidth()
	top := bottom - float32(len(shown))*(sliverHeight+sliverGap) + sliverGap
	p.take(draw.Box(left, top, wide, bottom-top))
	for i, id := range shown {
		e := n.scene.trace.Events[id]
		s := draw.Style{Fill: draw.Solid(draw.Muted), Stroke: draw.Solid(draw.NodeLine), Width: 1}
		if e.Term != 0 {
			s.Fill = draw.Solid(draw.Term(e.Term))
		}
		p.l.Rect(draw.Box(left, top+float32(i)*(sliverHeight+sliverGap), wide, sliverHeight), 1, s)
	}
}

func (n *node) sliverWidth() float32 {
	if n.scene.layout.Phone {
		return 18
	}
	return sliverWidth
}

func (n *node) pileHeight() float32 {
	count := float32(min(len(n.pile), sliversMost))
	return count*(sliverHeight+sliverGap) - sliverGap
}

// wordsBelow: bubble and shelves below, pile and state above on the outer side.
func (n *node) wordsBelow(p *pen, l lines) {
	at := n.place.At
	gap := float32(belowBubble)
	if n.place.Words == Under {
		gap = n.place.Radius + 8
	}
	if l.belief == "" && l.state != nil { // the dead leave their place to the words about them
		span := lineWidth(l.state)
		p.label(p.slot(at.X-span/2, at.Y+gap+4, span, lineHeight), at.Y+gap+4, l.state)
		l.state = nil
	}
	if n.place.Words == InRow {
		n.wordsInRow(p, l)
		return
	}
	if l.state != nil && n.scene.layout.cards() { // masters in a row have no room beside them
		span := lineWidth(l.state)
		p.label(p.within(at.X-span/2, span), at.Y+gap+bubbleHeight+4, l.state)
		l.state = nil
	}
	switch {
	case l.state != nil || l.door != nil:
		n.door(p, l)
	}
	span := float32(0)
	if l.belief != "" {
		span = bubbleWidth(l.belief)
	}
	if l.chip != nil {
		span += wordGap + chipWidth(l.chip)
	}
	left := p.slot(at.X-span/2, at.Y+gap, span, bubbleHeight)
	if l.belief != "" {
		p.bubble(left, at.Y+gap, l.belief)
		left += bubbleWidth(l.belief) + wordGap
	}
	if l.chip != nil {
		p.chip(left, at.Y+gap+1, l.chip, false)
	}
	if n.place.Words == Below {
		n.shelves(p, at.Y+belowMemory, at.Y+belowDisk)
	}
}

// wordsInRow sets bubble, chip and state below each other, for the neighbours are near; the pile stands beside the node, away
// from the arrow of a task.
func (n *node) wordsInRow(p *pen, l lines) {
	at := n.place.At
	if l.door != nil {
		left := at.X > p.size.X*0.75
		if _, ok := n.retrying(); ok {
			side, _ := n.aside(p)
			left = side > 0
		}
		n.doorBeside(p, l.door, left)
	}
	top := at.Y + belowBubble
	if l.belief != "" {
		span := bubbleWidth(l.belief)
		p.bubble(p.slot(at.X-span/2, top, span, bubbleHeight), top, l.belief)
		top += bubbleHeight + 4
	}
	if l.chip != nil {
		p.chip(p.within(at.X-chipWidth(l.chip)/2, chipWidth(l.chip)), top, l.chip, false)
		top += chipHeight + 4
	}
	if l.state != nil {
		p.label(p.within(at.X-lineWidth(l.state)/2, lineWidth(l.state)), top, l.state)
	}
	n.shelves(p, at.Y+aboveMemory-rowLift, at.Y+aboveDisk-rowLift)
}

// slot moves a span sideways until it lies on the canvas and on nothing else, at most by its own length.
func (p *pen) slot(left, top, span, height float32) float32 {
	left = p.within(left, span)
	for step := float32(0); step <= span; step += 4 {
		for _, x := range []float32{left + step, left - step} {
			if p.free(draw.Box(x, top, span, height)) {
				return x
			}
		}
	}
	return left
}

// door draws pile and state above a bottom node: at the left of a left node, from its middle rightwards of others.
func (n *node) door(p *pen, l lines) {
	at := n.place.At
	bottom := at.Y + doorBottom + radius - n.place.Radius
	top := bottom + doorLine - doorBottom
	leftHand := at.X < p.size.X/2+90
	inner := float32(0) // the width of the pile, between node and words
	if l.door != nil {
		inner = sliverWidth + wordGap
	}
	place := func(span float32) (words, pile float32) {
		if leftHand {
			words = p.slot(at.X-sliverWidth+1-inner-span, top, span, lineHeight)
			return words, words + span + wordGap
		}
		pile = min(at.X+sliverWidth-1, p.within(at.X, inner+span))
		return pile + inner, pile
	}
	if l.door != nil {
		words, pile := place(lineWidth(l.door))
		p.label(words, top, l.door)
		n.slivers(p, pile, bottom)
		top -= lineHeight + 4
	}
	if l.state != nil {
		words, _ := place(lineWidth(l.state))
		p.label(words, top, l.state)
	}
}

// wordsBeside: shelves above, bubble and state beside, the pile on the other side.
func (n *node) wordsBeside(p *pen, l lines) {
	at, r := n.place.At, n.place.Radius
	rightHand := n.place.Words != LeftOf
	place := func(span float32) float32 {
		if rightHand {
			return p.within(at.X+r+besideNode, span)
		}
		return p.within(at.X-r-besideNode-span, span)
	}
	bubbleTop := at.Y - bubbleHeight/2
	if l.state != nil {
		bubbleTop = at.Y + bubbleLine
		top := at.Y + stateLine
		if l.belief == "" {
			top = at.Y - lineHeight/2
		}
		p.label(place(lineWidth(l.state)), top, l.state)
	}
	span := float32(0)
	if l.belief != "" {
		span = bubbleWidth(l.belief)
		p.bubble(place(span), bubbleTop, l.belief)
	}
	if l.chip != nil {
		x, top := at.X+r+besideNode+span+wordGap, bubbleTop+1
		if n.place.Words != Above {
			x, top = place(chipWidth(l.chip)), bubbleTop+bubbleHeight+6
		}
		p.chip(p.within(x, chipWidth(l.chip)), top, l.chip, false)
	}
	if l.door != nil {
		n.doorBeside(p, l.door, rightHand)
	}
	if n.place.Words == Above {
		n.shelves(p, at.Y+aboveMemory, at.Y+aboveDisk)
	}
}

// doorBeside draws the pile on the side without words, above the links of a ring's node.
func (n *node) doorBeside(p *pen, door []word, left bool) {
	at, r := n.place.At, n.place.Radius
	y := at.Y
	if n.place.Words == InRow { // the link to the neighbour goes through its middle
		y -= lineHeight - 2
	}
	if n.place.Words == LeftOf || n.place.Words == RightOf {
		left = n.place.Words == LeftOf
		y -= r + 4
	}
	bottom := y + n.pileHeight()/2
	span := lineWidth(door)
	gap := r + 8
	if n.place.Words == Above {
		gap = r + 8
	}
	pile, words := at.X+gap, at.X+gap+sliverWidth+wordGap
	if left {
		pile = at.X - gap - sliverWidth
		words = pile - wordGap - span
	}
	n.slivers(p, pile, bottom)
	words, top := p.within(words, span), y-lineHeight/2-6
	switch box := draw.Box(words, top, span, lineHeight); {
	case n.place.Words != InRow:
		p.label(words, top, door)
	case p.free(box): // a client's messages may pass here
		p.l.Rect(box, 0, draw.Style{Fill: draw.Solid(draw.Background)})
		p.label(words, top, door)
	}
}

// wordsOnPhone has room for the bubble, one chip and the pile.
func (n *node) wordsOnPhone(p *pen, l lines) {
	at := n.place.At
	type spot struct{ x, bubble, state, chip float32 }
	right := at.X > p.size.X*0.6
	top := n.place.Words == Above || n.place.Words == Over
	s, chip := spot{x: at.X + 32, bubble: 28, state: 60, chip: 60}, float32(0)
	switch {
	case top:
		s = spot{x: at.X + 47, bubble: -4, state: -26, chip: -56}
		if l.state == nil {
			s.bubble, s.chip = -13, -43
		}
	case right:
		s = spot{x: at.X + 6 - bubbleWidth(l.belief)/2, bubble: 42, chip: 78}
	case n.retry >= 0: // its question is long: below, from the edge on
		s = spot{x: edge, bubble: 42, chip: 78}
	default:
		s.chip = 64
		chip += 3 // beside an answer at the client's rim
	}
	if l.belief == "" && !top {
		s.x, s.state = at.X-lineWidth(l.state)/2, n.place.Radius+6
	}
	state := s.x
	if l.belief != "" && !top { // the state stands above, where the pile is; below there are the client's words
		state, s.state = p.size.X, outerState
		if l.door == nil {
			s.state = outerDoor
		}
		if !right {
			state = 0
		}
	}
	if l.belief != "" {
		p.bubble(p.within(s.x, bubbleWidth(l.belief)), at.Y+s.bubble, l.belief)
	}
	if l.state != nil {
		p.label(p.within(state, lineWidth(l.state)), at.Y+s.state, l.state)
	}
	if l.chip != nil {
		p.chip(p.within(s.x+chip, chipWidth(l.chip)), at.Y+s.chip, l.chip, false)
	}
	if l.door != nil {
		n.doorOnPhone(p, l.door, top, right)
	}
}

// doorOnPhone draws the pile at the outer side of a node, where no link ends.
func (n *node) doorOnPhone(p *pen, door []word, top, right bool) {
	at, span := n.place.At, lineWidth(door)
	switch {
	case top:
		n.slivers(p, at.X-63, at.Y+n.pileHeight()/2)
		p.label(at.X-63-wordGap-span, at.Y-11, door)
	case right:
		x := p.within(p.size.X, span+wordGap+n.sliverWidth())
		n.slivers(p, x, at.Y-46)
		p.label(x+n.sliverWidth()+wordGap, at.Y+outerDoor, door)
	default: // the words above the ring, which reaches almost to the edge of the canvas
		n.slivers(p, at.X-62, at.Y+outerDoor+lineHeight+6+n.pileHeight())
		p.label(p.within(at.X-62, span), at.Y+outerDoor, door)
	}
}

// shelves draws the memory and the disk row. A log tells of neither, but perhaps of who votes: that it names no table does not
// mean that there is none.
func (n *node) shelves(p *pen, memoryTop, diskTop float32) {
	told := func(c trace.Cell) bool { return c.Group == n.group.Group }
	if n.scene.model.Wall || n.group == nil || !slices.ContainsFunc(n.state.Cells, told) {
		return
	}
	disk := []word{{glyph: lockGlyph, gap: rowGap}}
	term, log := n.diskWords()
	switch {
	case term == "" && log == "":
		disk = append(disk, mono(draw.Muted, "empty"))
	default:
		disk = append(disk, mono(draw.Text, "term "+term))
	}
	if log != "" {
		disk = append(disk, mono(draw.Muted, "log"), mono(draw.Text, log))
	}
	n.row(p, memoryTop, n.memoryWords(), true)
	n.row(p, diskTop, disk, false)
}

func mono(color draw.Token, text string) word {
	return word{text: text, font: draw.MonoMedium, size: sizeLabel, color: color, gap: rowGap}
}

// memoryWords lists the tables in memory, the newest in bold, or the believed leader, or says that there is nothing.
func (n *node) memoryWords() []word {
	words := []word{{glyph: trayGlyph, gap: rowGap}}
	if n.process == trace.Crashed {
		return append(words, mono(draw.Muted, "empty"))
	}
	if known, of, ok := n.rebuilt(); ok && known < of {
		return append(words, rebuiltWords(known, of)...)
	}
	names, newest := n.tables()
	if len(names) == 0 {
		leader, ok := n.believed()
		switch {
		case n.leads():
			return append(words, mono(draw.Muted, "no tables"))
		case ok:
			return append(words, mono(draw.Text, "leader "+n.scene.name(leader)))
		}
		return append(words, mono(draw.Muted, "no leader"))
	}
	from, list := 0, tableWords(names, newest)
	for lineWidth(list) > rowMost-2*rowPadding && from < len(names)-1 {
		from++
		list = append([]word{mono(draw.Muted, "…")}, tableWords(names[from:], newest-from)...)
	}
	return append(words, list...)
}

// rebuilt returns how many tablets a leader has been told of since it took office, and of how many; false where nothing
// says so.
func (n *node) rebuilt() (known, of int, ok bool) {
	text, found := n.cell(trace.Memory, "rebuilt")
	if !found || !n.leads() {
		return 0, 0, false
	}
	parts := strings.Fields(text)
	if len(parts) < 3 || parts[1] != "of" {
		return 0, 0, false
	}
	known, err := strconv.Atoi(parts[0])
	of, wrong := strconv.Atoi(parts[2])
	return known, of, err == nil && wrong == nil
}

// rebuiltWords has a square for every tablet, filled when it is known; of very many each stands for several.
func rebuiltWords(known, of int) []word {
	const most = 7
	squares := min(of, most)
	var words []word
	for i := range squares {
		w := word{glyph: hollowGlyph, gap: squareGap}
		if known*squares > i*of {
			w.glyph = knownGlyph
		}
		words = append(words, w)
	}
	words[squares-1].gap = rowGap
	count := mono(draw.Text, strconv.Itoa(known))
	count.font = draw.MonoBold
	return append(words, count, mono(draw.Text, "of "+strconv.Itoa(of)))
}

func tableWords(names []string, newest int) []word {
	var list []word
	for i, name := range names {
		w := mono(draw.Text, clip(name, 16))
		if i == newest && len(names) > 1 {
			w.font = draw.MonoBold
		}
		list = append(list, w)
	}
	return list
}

func (n *node) row(p *pen, top float32, words []word, memory bool) {
	span := ceil(lineWidth(words) + 2*rowPadding)
	left := p.within(n.place.At.X-span/2, span)
	area := draw.Box(left, top, span, rowHeight)
	s := draw.Style{Fill: draw.Solid(draw.Background), Stroke: draw.Solid(draw.Hair), Width: strokeShelf}
	if memory {
		s.Width, s.Dash = strokeChip, draw.Dash{On: 4, Off: 3}
	}
	p.l.Rect(inset(area, s.Width/2), rowRadius, s)
	p.line(left+rowPadding, top+2, words)
	p.take(area)
}
