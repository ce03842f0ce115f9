package text

// Ends returns the first and the last stamp in the order of the lines. Where stamps have no year and the log runs over New
// Year the first is the later date.
func (a Activity) Ends() (begin, end int64) { return a.begin, a.end }

// Spans returns the times between the gaps.
func (a Activity) Spans() (all []Gap) {
	from := a.begin
	for _, g := range a.Gaps {
		all = append(all, Gap{from, g.From})
		from = g.To
	}
	return append(all, Gap{from, a.end})
}

// Moved returns the same with all stamps later by some microseconds.
func (a Activity) Moved(by int64) Activity {
	gaps := make([]Gap, len(a.Gaps))
	for i, g := range a.Gaps {
		gaps[i] = Gap{g.From + by, g.To + by}
	}
	return Activity{First: a.First + by, Last: a.Last + by, Lines: a.Lines, Gaps: gaps, begin: a.begin + by, end: a.end + by}
}
