package replay

import (
	"cmp"
	"slices"
)

// maxMarks bounds how many lines of client histories are handed out as marks.
const maxMarks = 10_000

// Mark is a line of a client history that is no operation: a signal that somebody sent, a phase of a test. It is shown to
// whoever asks and is evidence for nothing.
type Mark struct {
	At   int64  // microseconds since 1970, by the history's clock
	Node string // the id of the node it names, empty for none
	Text string
	Ref
}

// Marks returns what the client histories say beside their operations, in the order of time; what has no time of its own
// is left out.
func (m *Import) Marks() (all []Mark) {
	for i, l := range m.logs {
		if l.history == nil {
			continue
		}
		for _, k := range l.history.Marks {
			if !k.Timed || len(all) == maxMarks {
				continue
			}
			mark := Mark{At: k.At, Text: k.Text, Ref: Ref{File: l.path, Line: k.Line}}
			if n, ok := m.made.cast.named(k.Node, m.made.cast.homes[i].cluster); ok {
				mark.Node = m.made.cast.players[n].id
			}
			all = append(all, mark)
		}
	}
	slices.SortStableFunc(all, func(a, b Mark) int { return cmp.Compare(a.At, b.At) })
	return all
}
