package view

import (
	"strings"

	"tabletop/engine/trace"
	"tabletop/render/draw"
)

// client is one client with its last operation.
type client struct {
	scene  *scene
	place  Place
	name   string
	invoke trace.EventID // of the last operation, NoEvent for none
	answer trace.EventID // its Return, NoEvent while it is open
	paused bool
	dead   bool
}

func (s *scene) client(p Place) client {
	c := client{scene: s, place: p, name: clientName(s.trace.Node(p.Node).Name), invoke: trace.NoEvent,
		answer: trace.NoEvent}
	process := trace.Process(s.model.Cursor.Node(p.Node).Process.V)
	c.paused, c.dead = process == trace.Paused, process == trace.Crashed
	now := s.model.Cursor.Event()
	last := trace.NoEvent
	for e := now; e >= max(0, now-lookBack); e-- {
		ev := s.trace.Events[e]
		if ev.Node != p.Node {
			continue
		}
		if ev.Kind == trace.Return && last == trace.NoEvent {
			last = e
		}
		if ev.Kind == trace.Invoke {
			c.invoke = e
			if last != trace.NoEvent && s.trace.Events[last].Cause == e {
				c.answer = last
			}
			break
		}
	}
	return c
}

// clientName writes the name of an only client as a word.
func clientName(name string) string {
	if strings.EqualFold(name, "client") {
		return "Client"
	}
	return name
}

func (l *Layout) pill() (w, h float32) {
	if l.Phone {
		clients := 0
		for _, p := range l.Places {
			if p.Kind == trace.Client {
				clients++
			}
		}
		return min(pillWidthPhone, (l.Size.X-2*edge)/float32(max(1, clients))-edge), l.high
	}
	if l.dense {
		return pillDense, l.high
	}
	return pillWidth, l.high
}

func (c *client) pill(p *pen) {
	w, h := c.scene.layout.pill()
	at := c.place.At
	area := draw.Box(at.X-w/2, at.Y-h/2, w, h)
	if c.place.Node == c.scene.model.Selected {
		p.l.Rect(inset(area, -3.5), h/2+3.5, draw.Style{Stroke: draw.Solid(draw.Text), Width: strokeArc})
	}
	s := draw.Style{Fill: draw.Solid(draw.Panel), Stroke: draw.Solid(draw.Hair), Width: strokeChip}
	ink := draw.Text
	switch {
	case c.dead:
		s.Fill, s.Width, s.Dash, ink = draw.Solid(draw.Background), 2, draw.Dash{On: 5, Off: 4}, draw.Muted
	case c.paused:
		s.Hatch = draw.Fade(draw.Muted, 0.55)
	}
	p.l.Rect(area, h/2, s)
	size := float32(sizePill)
	if c.scene.layout.Phone {
		size = sizeBubble
	}
	switch name := clip(c.name, 14); {
	case c.scene.layout.dense:
		c.inside(p, area, ink)
	case c.scene.layout.Phone && width(draw.SansSemi, size, name) > w-6: // many clients: the table has their names
		if c.answer != trace.NoEvent && c.scene.model.Illegal[c.answer] {
			p.cross(at, 4, 2, draw.AlarmGlyph)
		}
	default:
		p.l.Text(draw.Point{X: at.X, Y: at.Y + 5}, name, draw.TextStyle{Font: draw.SansSemi, Size: size,
			Align: draw.Center, Color: draw.Solid(ink)})
	}
	if c.paused {
		badge := draw.Point{X: at.X + w/2 - 8, Y: at.Y - h/2 + 2}
		p.l.Circle(badge, 11, draw.Style{Fill: draw.Solid(draw.Background)})
		p.l.Circle(badge, 9.3, draw.Style{Fill: draw.Solid(draw.Muted)})
		p.pause(badge, draw.Background)
	}
}

// inside writes a client's name and its last answer into the pill, when there is no room for words under it.
func (c *client) inside(p *pen, area draw.Rect, ink draw.Token) {
	top := (area.Min.Y+area.Max.Y)/2 - lineHeight/2
	p.line(area.Min.X+pillPadding, top, []word{say(draw.SansSemi, ink, clip(c.name, 9))})
	var last []word
	switch {
	case c.strange():
		return
	case c.answer != trace.NoEvent:
		last = []word{say(draw.SansMedium, draw.Text, clip(c.scene.text(c.answer), 9))}
		if c.scene.model.Illegal[c.answer] {
			last = append([]word{{glyph: crossGlyph, gap: rowGap / 2}}, last...)
		}
	case c.invoke != trace.NoEvent:
		last = []word{say(draw.SansMedium, draw.Muted, Duration(c.scene.model.At-c.scene.timeOf(c.invoke)))}
	default:
		return
	}
	p.line(area.Max.X-pillPadding-lineWidth(last), top, last)
}

// waiting returns the words of an open operation, nil if there is none.
func (c *client) waiting() []word {
	if c.invoke == trace.NoEvent || c.answer != trace.NoEvent {
		return nil
	}
	s := c.scene
	return []word{say(draw.MonoMedium, draw.Text, clip(s.text(c.invoke), 16)),
		say(draw.SansMedium, draw.Muted, Duration(s.model.At-s.timeOf(c.invoke)))}
}

func (s *scene) text(e trace.EventID) string { return s.trace.Text(s.trace.Events[e].Text) }

// words draws under the pill what the client waits for or what it concluded; on a phone they stand beside it.
func (c *client) words(p *pen) {
	if c.strange() || c.scene.layout.dense {
		return
	}
	w, h := c.scene.layout.pill()
	at := c.place.At
	top := at.Y + belowBubble
	if len(c.scene.clients) > 1 {
		top = at.Y + h/2 + 6
	}
	text, wait := c.says(), c.waiting()
	illegal := c.answer != trace.NoEvent && c.scene.model.Illegal[c.answer]
	alarm := []word{{glyph: crossGlyph, gap: tagGap}, say(draw.SansSemi, draw.Text, "Illegal answer")}
	place := func(span float32) float32 { return p.within(at.X-span/2, span) }
	if c.scene.layout.Phone {
		alarm[1].text = clip(c.scene.text(max(c.answer, 0)), 12) + ": illegal answer"
		if illegal {
			text = ""
		}
		top = at.Y - bubbleHeight/2
		if len(c.scene.clients) > 1 { // only an alarm finds room, above the pill
			wait, text, top = nil, "", at.Y-h/2-chipHeight-6
			alarm[1].text = "Illegal answer"
			w = -w - 16
		}
		place = func(span float32) float32 { return p.within(at.X+w/2+16, span) }
	}
	step := float32(belowMemory - belowBubble)
	if c.scene.layout.narrow && len(c.scene.clients) == 1 { // the row of the bubbles has no room beside A's
		top, step = at.Y+belowMemory-4, bubbleHeight+4
	}
	if wait != nil {
		p.label(place(lineWidth(wait)), top+4, wait)
	}
	if text != "" {
		p.bubble(place(bubbleWidth(text)), top, text)
		top += step
	}
	if illegal {
		p.chip(place(chipWidth(alarm)), top+1, alarm, true)
	}
}

// strange reports whether the lens of another node is on.
func (c *client) strange() bool {
	m := c.scene.model
	return m.lens() && m.Selected != c.place.Node
}

// says returns what the client concludes from its last answer, empty while it waits.
func (c *client) says() string {
	if c.answer == trace.NoEvent {
		return ""
	}
	result := c.scene.text(c.answer)
	verb, what, _ := strings.Cut(c.scene.text(c.invoke), " ")
	switch {
	case what == "":
		return clip(result, 24)
	case result == "NotFound":
		return "No " + clip(what, 14) + " here."
	case result == "AlreadyPresent":
		return clip(what, 14) + " exists."
	case result == "TimedOut":
		return "No answer in time."
	case result == "OK" && verb == "create":
		return clip(what, 12) + " is created."
	case result == "OK" && verb == "open":
		return "I have " + clip(what, 14) + "."
	}
	return clip(verb+": "+result, 24)
}
