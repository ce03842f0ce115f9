package replay

import (
	"cmp"
	"slices"
	"time"

	"tabletop/replay/source"
	"tabletop/replay/text"
)

// stamps gives all stamps their year and zone, as far as the files tell, and puts the logs into an order that does not
// depend on how they were given.
func (m *importing) stamps() {
	for _, l := range m.logs {
		l.yearKnown, l.zoneKnown = !l.sink.Yearless, l.sink.Zoned
		if !l.sink.Zoned && m.ZoneKnown {
			l.zone, l.zoneKnown = m.Zone, true
		}
		if l.sink.Yearless {
			l.year = cmp.Or(m.Year, l.statedYear())
		}
	}
	for _, l := range m.logs { // a piece of a rotated set takes the year of another
		for _, other := range m.logs {
			if l.sink.Yearless && l.year == 0 && other.year > 0 && other.year != 0 && sameSet(l.path, other.path) {
				l.year = other.year
			}
		}
		l.yearKnown = l.yearKnown || l.year > 0
		for i := range l.statements {
			l.statements[i].At = l.stamp(l.statements[i].At)
		}
	}
	slices.SortStableFunc(m.logs, func(a, b *log) int {
		return cmp.Or(cmp.Compare(a.stamp(a.sink.All.First), b.stamp(b.sink.All.First)), cmp.Compare(a.path, b.path))
	})
}

// statedYear is the year that the file's preamble or its name gives, 0 when neither does. The machine's clock is never
// asked, and the file's date says only when it was copied.
func (l *log) statedYear() int {
	for i := range l.statements {
		if l.statements[i].Kind == text.FileDate {
			return time.UnixMicro(l.statements[i].At).UTC().Year()
		}
	}
	year, _, _ := source.Stamp(l.path)
	return year
}

func sameSet(a, b string) bool {
	return len(source.Sets([]source.Entry{{Path: a}, {Path: b}})) == 1
}

// stamp turns a stamp as a line gives it into microseconds since 1970 UTC. A date without a year lies in the year 0,
// which had a 29 February.
func (l *log) stamp(at int64) int64 {
	if l.year > 0 && at < firstYears {
		t := time.UnixMicro(at).UTC()
		at = time.Date(l.year+t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC).UnixMicro()
	}
	return at - l.zone
}

// firstYears ends the years in which stamps without a year lie: 0 and the few after it that a log can reach.
const firstYears = -62135596800_000000 + 50*366*86400_000000

// dated returns when lines were written, with year and zone.
func (l *log) dated(a text.Activity) text.Activity {
	out := text.Activity{First: l.stamp(a.First), Last: l.stamp(a.Last), Lines: a.Lines}
	for _, g := range a.Gaps {
		out.Gaps = append(out.Gaps, text.Gap{From: l.stamp(g.From), To: l.stamp(g.To)})
	}
	return out
}
