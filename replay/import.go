package replay

import (
	"errors"
	"io"
	"slices"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/replay/clock"
	"tabletop/replay/history"
	"tabletop/replay/source"
	"tabletop/replay/text"
)

// ErrNothing says that no file yielded a node.
var ErrNothing = errors.New("no file holds a log that tells of a node: expected logs of Kudu, etcd or Cassandra, or a trace")

var errEmpty = errors.New("it is empty")

// importing is one import under way.
type importing struct {
	Options
	logs     []*log
	skipped  []source.Skipped
	owners   func(log int, st *text.Statement) string
	cast     *cast
	facts    []fact
	heard    map[claim]int64 // until when those led whose reigns only others tell of
	contests []contest
	timing   *timing
	fit      clock.Fit
	trusted  map[int]bool // components of fit whose clocks need no correction
	left     bool         // the clocks are judged, and left as they stand
	doubtful []doubt      // lines that the clocks could not explain
	pauses   []pause
	origin   int64
	// groupsBeyond is how many raft groups were left out.
	groupsBeyond int
	tooMuch      []string // what the findings left out
}

// Read makes a trace of files. It fails with ErrNothing when no file yields a node; the Import then holds the report.
func Read(files []source.File, o Options) (*Import, error) {
	m := &importing{Options: o}
	m.open(files)
	if l := m.loneTrace(); l != nil {
		if done := m.retell(l); done != nil {
			return done, nil
		}
	}
	m.scan()
	m.stamps()
	m.cast, m.owners = newCast(m.logs)
	m.timing = newTiming(m.cast, m.logs)
	m.facts, m.groupsBeyond = limitGroups(gather(m.logs, m.cast, m.owners))
	sequels(m.facts, m.cast)
	m.clocks()
	m.infer()
	return m.finish()
}

// open tells what the files are, in an order that does not depend on how they were given.
func (m *importing) open(files []source.File) {
	var entries []source.Entry
	entries, m.skipped = source.Open(files, m.Source)
	for i := range entries {
		l := &log{path: entries[i].Path, entry: &entries[i], sink: text.NewSink()}
		b, err := sample(l.entry)
		if l.err = err; errors.Is(err, io.EOF) && len(b) == 0 {
			l.err = errEmpty
		} else if err == nil {
			m.tell(l, b)
		}
		m.logs = append(m.logs, l)
	}
}

// tell finds out what a log is by what is in it.
func (m *importing) tell(l *log, sample []byte) {
	var known int
	l.dialect, known = choose(m.Dialects, sample)
	if trace.Begins(sample) {
		l.dialect, l.trace, l.err = nil, true, errNotAlone
	} else if history.Score(sample) > known {
		l.dialect = nil
		h, err := history.Read(l.path, io.NewSectionReader(l.entry, 0, max(l.entry.Size, 1<<40)))
		l.history, l.err = &h, err
	} else if members, ok := asMembers(l.entry, sample); ok && known == 0 {
		l.members = members
	}
}

func (m *importing) scan() {
	var done, all int64
	for _, l := range m.logs {
		all += max(l.entry.Size, 0)
	}
	d := newDesk(m.Options)
	for _, l := range m.logs {
		if l.dialect == nil {
			continue
		}
		l.scan(m.Options, d, func(n int64) {
			if done += n; m.Progress != nil {
				m.Progress(done, max(all, done))
			}
		})
	}
}

// infer finds what no line states.
func (m *importing) infer() {
	m.remeasure()
	numbers := make([]int, len(m.logs))
	for i, l := range m.logs {
		numbers[i] = source.Process(l.path)
	}
	crashes := lives(m.facts, m.cast, numbers)
	for i := range crashes {
		crashes[i].at = m.corrected(crashes[i].node, crashes[i].at)
	}
	m.facts = append(m.facts, crashes...)
	calls := readings(m.facts, contests(m.facts, m.cast, m.between), m.cast)
	led, heard := claims(m.facts, calls, m.cast)
	m.facts, m.heard = append(append(m.facts, led...), namelessTerms(m.facts)...), heard
	order(m.facts, m.cast)
	m.facts = append(m.facts, operations(m.logs, m.cast)...)
	m.facts = append(m.facts, m.endings()...)
	order(m.facts, m.cast)
	m.pauses = pauses(m.facts, calls, m.cast, m.corrected)
	for n := range m.cast.players {
		m.cast.players[n].unexplained = joined(m.cast.players[n].unexplained)
	}
	for i := range m.pauses {
		p := &m.pauses[i]
		first, _ := m.halfWidth(p.node, p.first)
		last, known := m.halfWidth(p.node, p.last)
		p.unbound = !known
		p.fromBound, p.toBound = p.fromBound+max(first, last), p.toBound+last // it began as long before its end as lines then say
	}
	m.facts = append(m.facts, stillness(m.pauses)...)
	order(m.facts, m.cast)
	m.contests = contests(m.facts, m.cast, m.between)
}

// finish tells the facts as a trace and judges it.
func (m *importing) finish() (*Import, error) {
	done := &Import{logs: m.logs, made: m, YearKnown: true}
	for _, l := range m.logs {
		done.YearKnown = done.YearKnown && (l.yearKnown || len(l.statements) == 0)
	}
	if len(m.facts) > 0 {
		m.origin = m.facts[0].at
	}
	b := trace.NewBuilder(trace.Header{Producer: "tabletop replay", System: m.system(),
		Origin: trace.Origin{Known: true, At: m.origin, YearKnown: done.YearKnown, ZoneKnown: m.zonesKnown()}})
	n := newNarrator(b, m.cast, m.facts, m.contests, m.origin)
	n.tell()
	done.Trace, done.Origin, done.refs = b.Trace(), m.origin, n.refs
	judged := check.CheckBy(done.Trace, m.betweenEvents(done.Trace, n.refs), m.atWork)
	for _, f := range m.findings(n.refs, judged.Findings) {
		done.Findings, done.shown = append(done.Findings, f.Finding), append(done.shown, f.refs)
	}
	done.Report = m.report(done, judged.Linearizable)
	done.narrow(extent{since: m.Since, until: m.Until})
	done.Report.unyear()
	if len(m.cast.players) == 0 {
		return done, ErrNothing
	}
	return done, nil
}

// zonesKnown reports whether the zone of all stamps is known.
func (m *importing) zonesKnown() bool {
	return !slices.ContainsFunc(m.logs, func(l *log) bool { return len(l.statements) > 0 && !l.zoneKnown })
}

// system names the system whose logs these are, as scenes do.
func (m *importing) system() string {
	for _, l := range m.logs {
		if l.dialect == nil || len(l.statements) == 0 {
			continue
		}
		switch l.dialect.ID() {
		case "kudu-glog":
			return "kudu"
		case "etcd-zap", "etcd-capnslog":
			return "etcd"
		case "cassandra-logback":
			return "cassandra"
		}
	}
	return ""
}
