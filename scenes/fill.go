package scenes

import (
	"strconv"
	"strings"
	"time"

	"tabletop/engine/trace"
)

// filler knows what the placeholders of a run stand for.
type filler struct {
	names map[string]trace.NodeID // given by let
	marks map[string]trace.Time
	group trace.GroupID
}

// fill replaces the placeholders of captions, notes, questions and expectations with what the finished run did: {leader} and
// {old-leader} by names, {A.term} and {leader.term} by the term the node believes in, {since MARK} by the time that has
// passed. What a run cannot fill stays a dash.
func (r filler) fill(t *trace.Trace, stops []Stop, expectations []Expectation) {
	cursor := t.Cursor()
	for i := range stops {
		s := &stops[i]
		cursor.Seek(s.Event)
		s.Caption, s.Note = r.filled(cursor, s.Caption), r.filled(cursor, s.Note)
		if q := s.Question; q != nil {
			q.Text = r.filled(cursor, q.Text)
			for n, o := range q.Options {
				q.Options[n] = r.filled(cursor, o)
			}
			cursor.Seek(q.Decided)
			q.Because = r.filled(cursor, q.Because)
		}
	}
	for i := range expectations {
		e := &expectations[i]
		if e.stop >= 0 {
			e.Text, e.At = stops[e.stop].Caption, t.Events[max(0, stops[e.stop].Event)].At
			continue
		}
		cursor.SeekTime(e.At)
		e.Text = r.filled(cursor, e.Text)
	}
}

func (r filler) filled(c *trace.Cursor, text string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			b.WriteString("{" + rest)
			return b.String()
		}
		b.WriteString(r.placeholder(c, name))
		text = after
	}
}

func (r filler) placeholder(c *trace.Cursor, name string) string {
	const unfilled = "–"
	t := c.Trace()
	if mark, ok := strings.CutPrefix(name, "since "); ok {
		at, ok := r.marks[mark]
		if !ok || c.Event() == trace.NoEvent {
			return unfilled
		}
		return span(max(0, t.Events[c.Event()].At-at))
	}
	node, field, _ := strings.Cut(name, ".")
	id := r.named(t, c.Event(), node)
	if id == 0 {
		return unfilled
	}
	if field != "term" {
		return t.Node(id).Name
	}
	g := c.Node(id).In(r.group)
	if g == nil || !g.Term.Known() {
		return unfilled
	}
	return strconv.FormatUint(g.Term.V, 10)
}

// named returns the node of an id or role as of an event, 0 for none. A role is that of the elections so far.
func (r filler) named(t *trace.Trace, at trace.EventID, name string) trace.NodeID {
	if id, ok := r.names[name]; ok {
		return id
	}
	if name != "leader" && name != "old-leader" {
		return lookup(t, name)
	}
	var leader, before trace.NodeID
	var term uint32
	for _, e := range t.Events[:at+1] {
		if e.Kind == trace.Elected && e.Group == r.group && e.Term > term {
			if term = e.Term; e.Node != leader {
				leader, before = e.Node, leader
			}
		}
	}
	if name == "leader" {
		return leader
	}
	return before
}

// lookup returns the node with a name or an id, 0 for none.
func lookup(t *trace.Trace, name string) trace.NodeID {
	for i, n := range t.Nodes() {
		if n.Name == name {
			return trace.NodeID(i + 1)
		}
	}
	return t.Lookup(name)
}

// span prints a duration as a sentence does: 6.5 s, 33 ms, 0.4 ms, 0 ms.
func span(d trace.Time) string {
	if d == 0 {
		return "0 ms"
	}
	t := time.Duration(d) * time.Microsecond
	switch {
	case t >= time.Second:
		return strconv.FormatFloat(t.Seconds(), 'f', 1, 64) + " s"
	case t >= 10*time.Millisecond:
		return strconv.FormatInt(t.Milliseconds(), 10) + " ms"
	}
	return strconv.FormatFloat(float64(t.Microseconds())/1000, 'f', 1, 64) + " ms"
}
