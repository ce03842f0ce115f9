package scenes

import (
	"strconv"
	"strings"
	"time"

	"tabletop/engine/trace"
)

// fill replaces the placeholders of a caption with what this run did: {leader} and {old-leader} by names, {A.term} and
// {leader.term} by the term the node believes in, {since MARK} by the time that has passed. What a run cannot fill stays
// a dash.
func (r *runner) fill(text string) string {
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
		b.WriteString(r.placeholder(name))
		text = after
	}
}

func (r *runner) placeholder(name string) string {
	if mark, ok := strings.CutPrefix(name, "since "); ok {
		at, ok := r.marks[mark]
		if !ok {
			return "–"
		}
		return span(r.cluster.Now() - at)
	}
	node, field, _ := strings.Cut(name, ".")
	id, err := r.cluster.Resolve(node)
	if err != nil {
		return "–"
	}
	if field == "term" {
		return strconv.FormatUint(r.term(id), 10)
	}
	return r.name(id)
}

// span prints a duration as a sentence does: 6.5 s, 33 ms, 0.4 ms.
func span(d trace.Time) string {
	t := time.Duration(d) * time.Microsecond
	switch {
	case t >= time.Second:
		return strconv.FormatFloat(t.Seconds(), 'f', 1, 64) + " s"
	case t >= 10*time.Millisecond:
		return strconv.FormatInt(t.Milliseconds(), 10) + " ms"
	}
	return strconv.FormatFloat(float64(t.Microseconds())/1000, 'f', 1, 64) + " ms"
}
