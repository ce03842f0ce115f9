package replay

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"time"

	"tabletop/replay/source"
	"tabletop/replay/text"
)

// halfYear tells a New Year from a clock that was set: stamps without a year that go back by more begin a new one.
const halfYear = 183 * 86400_000000

// stamps gives all stamps their year and zone, as far as the files tell, and puts the logs into an order that does not
// depend on how they were given.
func (m *importing) stamps() {
	for _, l := range m.logs {
		l.yearKnown, l.zoneKnown = !l.sink.Yearless, l.sink.Zoned
		if !l.sink.Zoned && m.ZoneKnown {
			l.zone, l.zoneKnown = m.Zone, true
		}
	}
	straighten(m.logs)
	m.years()
	for _, l := range m.logs {
		l.err = cmp.Or(l.err, l.leapless())
		for i := range l.statements {
			l.statements[i].At = l.stamp(l.statements[i].At)
		}
		for i := range l.setbacks {
			l.setbacks[i].at = l.stamp(l.setbacks[i].at)
		}
	}
	firsts := map[*log]int64{}
	for _, l := range m.logs {
		firsts[l], _ = l.ends(l.sink.All())
	}
	slices.SortStableFunc(m.logs, func(a, b *log) int {
		return cmp.Or(cmp.Compare(firsts[a], firsts[b]), cmp.Compare(a.path, b.path))
	})
}

// years finds the years of stamps without one: as it was given, else from the file's preamble or name, else from the
// pieces of the same log before and behind. A log that runs over New Year begins in that year and ends in the next.
func (m *importing) years() {
	var rest, rolled []*log
	for _, set := range sets(m.logs) {
		var pieces []*log
		known := false
		for _, i := range set {
			if l := m.logs[i]; l.sink.Yearless && l.sink.Headers > 0 {
				l.roll()
				if m.Year == 0 {
					l.year, l.yearKnown = l.statedYear()
				}
				pieces = append(pieces, l)
				known = known || l.yearKnown
			}
		}
		if !known && len(pieces) > 0 {
			pieces[0].year, pieces[0].yearKnown = m.Year, m.Year > 0
		}
		follow(pieces, known || m.Year > 0)
		for _, l := range pieces {
			if l.rolls || l.year > pieces[0].year {
				rolled = append(rolled, l)
			}
		}
		if !known {
			rest = append(rest, pieces...)
		}
	}
	if len(rolled) == 0 {
		return
	}
	year := rolled[0].year + b2i(rolled[0].rolls)
	newYear := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	for _, l := range rest { // a log of January beside one that runs from December on
		if !l.rolls && l.year+1 == year && newYear-yearOf(l.year, l.begins) > halfYear {
			l.year++
		}
	}
}

// follow gives the pieces of a log, oldest first, the years of those that have one.
func follow(pieces []*log, known bool) {
	first := max(0, slices.IndexFunc(pieces, func(l *log) bool { return l.yearKnown }))
	for i := first + 1; i < len(pieces); i++ {
		l, before := pieces[i], pieces[i-1]
		if l.yearKnown {
			continue
		}
		begin, _ := l.sink.All().Ends()
		_, end := before.sink.All().Ends()
		l.year, l.yearKnown = before.year+b2i(before.rolls)+b2i(end-begin > halfYear), known
	}
	for i := first - 1; i >= 0; i-- {
		l, next := pieces[i], pieces[i+1]
		begin, _ := next.sink.All().Ends()
		_, end := l.sink.All().Ends()
		l.year, l.yearKnown = next.year-b2i(l.rolls)-b2i(end-begin > halfYear), known
	}
}

// roll finds out whether a log runs over New Year: somewhere its stamps go back by most of a year. What is earlier than
// its first line is then of the next year. A log without years is taken to last for less than one.
func (l *log) roll() {
	begin, end := l.sink.All().Ends()
	l.begins = begin
	last := begin
	back := func(at int64) {
		l.rolls = l.rolls || last < firstYears && last-at > halfYear
		last = at
	}
	for _, k := range l.sink.Marks {
		back(k.At)
	}
	back(end)
}

// statedYear is the year in which a log begins by its preamble or its name, false when neither tells. The machine's clock
// is never asked, and the file's date says only when it was copied.
func (l *log) statedYear() (int, bool) {
	_, created, ok := source.Stamp(l.path)
	for i := range l.statements {
		if l.statements[i].Kind == text.FileDate {
			created, ok = l.statements[i].At, true
			break
		}
	}
	if !ok {
		return 0, false
	}
	year := time.UnixMicro(created).UTC().Year()
	switch late := yearOf(year, l.begins) - created; { // created before midnight, written to behind it
	case late < -halfYear:
		year++
	case late > halfYear:
		year--
	}
	return year, true
}

// sets returns which logs are pieces of one by their names, oldest first.
func sets(logs []*log) [][]int {
	entries := make([]source.Entry, len(logs))
	for i, l := range logs {
		entries[i].Path = l.path
	}
	return source.Sets(entries)
}

// stamp turns a stamp as a line gives it into microseconds since 1970 UTC. A date without a year lies in the year 0,
// which had a 29 February.
func (l *log) stamp(at int64) int64 {
	if l.sink.Yearless && at < firstYears {
		at = yearOf(l.yearAt(at), at)
	}
	return at - l.zone
}

// yearAt is the year to add to a stamp of the year 0.
func (l *log) yearAt(at int64) int {
	const slack = 86400_000000 // a clock that was set back a little at the beginning
	return l.year + b2i(l.rolls && at < l.begins-slack)
}

// leapless is the error of a log with lines of 29 February in a year without one, which yearOf moves to the day behind it.
func (l *log) leapless() error {
	moved := func(at int64) bool {
		return l.sink.Yearless && at < firstYears && time.UnixMicro(yearOf(l.yearAt(at), at)).UTC().Day() != time.UnixMicro(at).UTC().Day()
	}
	if l.sink.Headers > 0 && (moved(l.sink.All().First) || moved(l.sink.All().Last)) ||
		slices.ContainsFunc(l.statements, func(st text.Statement) bool { return moved(st.At) }) {
		return fmt.Errorf("has lines of 29 February, a day that its year, %d, does not have: they stand on 1 March", l.year)
	}
	return nil
}

// yearOf moves a stamp of the year 0, or of one soon after it, by some years.
func yearOf(year int, at int64) int64 {
	if year == 0 {
		return at
	}
	t := time.UnixMicro(at).UTC()
	return time.Date(year+t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC).UnixMicro()
}

// firstYears ends the years in which stamps without a year lie: 0 and the few after it that a log can reach.
const firstYears = -62135596800_000000 + 50*366*86400_000000

// ends returns when the first and the last of some lines were written, with year and zone.
func (l *log) ends(a text.Activity) (first, last int64) {
	if first, last = l.stamp(a.First), l.stamp(a.Last); first > last { // over New Year: the earliest date is of the next year
		first, last = a.Ends()
		first, last = l.stamp(first), l.stamp(last)
	}
	return first, last
}

// spans returns the times in which lines were written without a silence, with year and zone.
func (l *log) spans(a text.Activity) []text.Gap {
	first, last := l.ends(a)
	all := a.Spans()
	for i, s := range all {
		from, to := l.stamp(s.From), l.stamp(s.To)
		all[i] = text.Gap{From: min(from, to), To: max(from, to)} // threads write a little out of order
	}
	return append(all, text.Gap{From: first, To: first}, text.Gap{From: last, To: last})
}

// pieces gives a piece of a rotated log that names nobody the node of the others: of those of the same process, which a
// name of glog ends with, else of all. Pieces of a log of several nodes share its threads instead.
func (c *casting) pieces() {
	for _, set := range sets(c.logs) {
		processes := map[string][]int{}
		for _, i := range set {
			process := path.Ext(c.logs[i].path)
			processes[process] = append(processes[process], i)
		}
		if len(processes) < len(set) {
			for _, process := range slices.Sorted(maps.Keys(processes)) {
				c.lend(processes[process])
			}
		}
		c.lend(set)
	}
}

// lend gives the pieces of one log that name nobody what the others know.
func (c *casting) lend(set []int) {
	if len(set) < 2 {
		return
	}
	only, several := "", false
	threads := map[uint64]string{}
	for _, i := range set {
		several = several || len(c.logs[i].ids) > 1
		for _, id := range c.logs[i].ids {
			switch only {
			case "":
				only = id
			case id:
			default:
				only = "several"
			}
		}
	}
	for _, i := range set {
		if l := c.logs[i]; !several && only != "" && only != "several" && len(l.ids) == 0 && l.sink.Headers > 0 {
			c.give(i, only)
		}
		for w, id := range c.writers[i] {
			if have, ok := threads[w]; ok && have != id {
				id = ""
			}
			threads[w] = id
		}
	}
	for _, i := range set {
		if !several {
			break
		}
		c.single[i] = ""
		for w := range c.logs[i].sink.Writers {
			if id := threads[w]; id != "" && c.writers[i][w] == "" {
				c.writers[i][w] = id
			}
		}
	}
}
