package replay

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"tabletop/replay/text"
)

// Line is a log line with what belongs to it, as it stands in its file.
type Line struct {
	File   string
	Number int   // from 1
	At     int64 // by the corrected clock, microseconds since 1970
	Node   string
	Text   string
}

// Around asks for the lines about a moment.
type Around struct {
	At            int64 // microseconds since 1970, corrected
	Before, After int   // how many lines up to the moment and behind it
	Cluster       int
	// Match keeps only lines that contain it, in upper or lower case; Node only those of a node, by its id.
	Match, Node string
}

// pageSize is how much of a file is read at a time to look for lines, and farthest how much at most in one direction.
const (
	pageSize = 64 << 10
	farthest = 32 << 20
	maxShown = 4 << 10 // bytes of a line
	// smallLog is a log that is looked through as a whole, for a ticket may quote its lines in any order.
	smallLog = 1 << 20
)

// Lines returns the lines of all files of a cluster about a moment, in the order of the corrected time. It reads them from
// the files anew; nothing but a few places in each file is kept.
func (m *Import) Lines(q Around) []Line {
	var all []Line
	for i, l := range m.logs {
		if l.dialect == nil || l.sink.Headers == 0 {
			continue
		}
		v := &viewing{Import: m, log: l, number: i, query: q, sink: text.NewSink()}
		all = append(all, v.around()...)
	}
	slices.SortStableFunc(all, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.File, b.File), cmp.Compare(a.Number, b.Number))
	})
	at, _ := slices.BinarySearchFunc(all, q.At, func(l Line, at int64) int { return cmp.Compare(l.At, at+1) })
	return all[max(0, at-q.Before):min(len(all), at+q.After)]
}

// viewing reads the lines of one log.
type viewing struct {
	*Import
	log    *log
	number int
	query  Around
	sink   *text.Sink // of the line that is looked at
}

func (v *viewing) around() []Line {
	marks := v.log.sink.Marks
	at, _ := slices.BinarySearchFunc(marks, v.query.At, func(k text.Mark, at int64) int {
		return cmp.Compare(v.time(v.first(), k.At), at+1)
	})
	var before, after []Line
	small := v.log.entry.Size <= smallLog
	if small {
		at = len(marks)
	}
	for i := at - 1; i >= 0 && (small || i == at-1 || len(before) < v.query.Before && (at-i)*pageSize < farthest); i-- {
		page := v.page(i)
		slices.SortStableFunc(page, func(a, b Line) int { return cmp.Compare(a.At, b.At) })
		k, _ := slices.BinarySearchFunc(page, v.query.At, func(l Line, at int64) int { return cmp.Compare(l.At, at+1) })
		before = append(slices.Clone(page[:k]), before...)
		after = append(slices.Clone(page[k:]), after...)
	}
	for i := at; i < len(marks) && len(after) < v.query.After && (i-at)*pageSize < farthest; i++ {
		after = append(after, v.page(i)...)
	}
	if small {
		return append(before, after...)
	}
	return append(before[max(0, len(before)-v.query.Before):], after[:min(len(after), v.query.After)]...)
}

// first is the node whose clock a log's marks are taken to be by.
func (v *viewing) first() int {
	if len(v.log.ids) > 0 {
		return v.made.cast.index[v.log.ids[0]]
	}
	return none
}

func (v *viewing) time(node int, raw int64) int64 {
	at := v.log.stamp(raw)
	if node == none {
		return at
	}
	return v.made.corrected(node, at)
}

// page returns the lines from one mark to the next that the query wants.
func (v *viewing) page(i int) (lines []Line) {
	marks := v.log.sink.Marks
	from, to := marks[i].Offset, v.log.entry.Size
	if i == 0 {
		from = 0
	}
	if i+1 < len(marks) {
		to = marks[i+1].Offset
	}
	if to < 0 || to-from > 4<<20 {
		to = from + 4<<20
	}
	b := make([]byte, to-from)
	n, _ := v.log.entry.ReadAt(b, from)
	number := marks[i].Line
	if i == 0 {
		number = 0
	}
	for b = b[:n]; len(b) > 0; number++ {
		line, rest, _ := bytes.Cut(b, []byte("\n"))
		b = rest
		line = bytes.TrimSuffix(line, []byte("\r"))
		if head, ok := v.header(line, number); ok {
			head.Number = number + 1
			lines = append(lines, head)
		} else if k := len(lines) - 1; k >= 0 && len(lines[k].Text) < maxShown && len(line) > 0 {
			lines[k].Text += "\n" + shown(line)
		}
	}
	return slices.DeleteFunc(lines, func(l Line) bool { return !v.wanted(l) })
}

func (v *viewing) wanted(l Line) bool {
	q := v.query
	if q.Node != "" && l.Node != q.Node || q.Match != "" && !strings.Contains(strings.ToLower(l.Text), strings.ToLower(q.Match)) {
		return false
	}
	i, ok := v.made.cast.index[l.Node]
	return !ok || v.made.cast.players[i].cluster == q.Cluster
}

// header reads one line as its dialect does.
func (v *viewing) header(line []byte, number int) (Line, bool) {
	s := v.sink
	s.Reset()
	v.log.dialect.Parse(text.Region{Bytes: line, Own: len(line), First: true, Last: true}, s)
	if s.Headers == 0 {
		return Line{}, false
	}
	st := text.Statement{Line: number}
	if ids := s.WriterIDs(); len(ids) > 0 {
		st.Writer = ids[0]
	}
	for k := range s.Statements {
		if !s.Statements[k].Told && s.Statements[k].Node != "" {
			st.Node = s.Statements[k].Node
		}
	}
	l := Line{File: v.log.path, Text: shown(line)}
	node := none
	if id := v.made.owners(v.number, &st); id != "" {
		if i, ok := v.made.cast.index[id]; ok {
			node, l.Node = i, v.made.cast.players[i].id
		}
	}
	l.At = v.time(node, s.All().First+v.log.setBack(number))
	return l, true
}

func shown(line []byte) string {
	return strings.ToValidUTF8(string(line[:min(len(line), maxShown)]), "\uFFFD")
}
