package replay

import "slices"

// manyLines is how many lines a log may have for copies to be looked for line by line. What states something is looked at
// in any case.
const manyLines = 1_000_000

// duplicateLines counts the lines that stand twice: in two files of a node, as those of a WARNING file do, or twice in a
// file whose stamps are fine enough to tell that it is one line.
func duplicateLines(logs []*log) (n int) {
	seen := map[uint64]int{} // 1 + the log that has it
	for i, l := range logs {
		if l.sink == nil || len(l.sink.Keys) > manyLines || len(l.ids) == 0 {
			continue
		}
		overlapping := l.sink.Exact || slices.ContainsFunc(logs, func(o *log) bool { return o != l && l.overlaps(o) })
		if !overlapping {
			continue
		}
		for _, k := range l.sink.Keys {
			if was := seen[k]; was == 0 {
				seen[k] = i + 1
			} else if was != i+1 || l.sink.Exact {
				n++
			}
		}
	}
	return n
}

func (l *log) overlaps(o *log) bool {
	return o.sink != nil && len(o.sink.Keys) > 0 && len(o.sink.Keys) <= manyLines &&
		l.sink.All.First <= o.sink.All.Last && o.sink.All.First <= l.sink.All.Last &&
		slices.ContainsFunc(l.ids, func(id string) bool { return slices.Contains(o.ids, id) })
}
