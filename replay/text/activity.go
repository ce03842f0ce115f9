package text

// Ends returns the first and the last stamp in the order of the lines. Where stamps have no year and the log runs over New
// Year the first is the later date.
func (a Activity) Ends() (begin, end int64) { return a.begin, a.end }
