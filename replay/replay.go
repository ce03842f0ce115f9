// Package replay makes a trace of captured logs: it reads files, learns the nodes from what the lines say, repairs their
// clocks from matched messages, merges their stories and infers what no line says, such as a pause.
//
// What is inferred or repaired is marked so. The package never opens a file, never reads a clock, and gives the same
// trace for the same bytes whatever their order, their packing and the number of workers.
//
//	imported, err := replay.Read([]source.File{{Name: "m1.log", Size: n, ReaderAt: f}},
//		replay.Options{Dialects: []replay.Dialect{kudu.Dialect{}, etcd.Zap{}}})
//	imported.Trace          // as from a simulation
//	imported.Report.Leaders // who believed to lead, when
package replay

import (
	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/replay/source"
	"tabletop/replay/text"
)

// Dialect reads one form of log.
type Dialect interface {
	// ID names the dialect in reports.
	ID() string
	// Score counts the lines of a sample that the dialect knows as its own.
	Score(sample []byte) int
	// Parse finds what the lines say that begin in a region.
	Parse(r text.Region, s *text.Sink)
}

// Options say how to read.
type Options struct {
	// Year is the year in which logs begin whose stamps have none, 0 when it is to be found in their preambles and names.
	Year int
	// Zone is how far ahead of UTC stamps without a zone are, in microseconds. ZoneKnown says that it was given.
	Zone      int64
	ZoneKnown bool
	// RawClocks leaves every line at its own stamp. The clocks are judged and reported all the same.
	RawClocks bool
	// Since and Until bound what is shown, in microseconds since 1970; nil for no bound.
	Since, Until *int64
	// RegionSize is how many bytes are parsed at a time, source.RegionSize if 0. Workers is how many do so side by side, 1 if 0.
	RegionSize, Workers int
	// Dialects are those to choose from; Source says how to unpack and how much.
	Dialects []Dialect
	Source   source.Options
	// Progress is called now and then with the bytes read and the bytes there are.
	Progress func(done, all int64)
}

// Import is what was made of a set of files.
type Import struct {
	Trace *trace.Trace
	// Origin is the trace's time 0 in microseconds since 1970 UTC.
	Origin int64
	// YearKnown is false when a stamp without a year is among those that the trace was made from.
	YearKnown bool
	Report    Report
	Findings  []check.Finding

	refs  []ref   // for each event the line it came from
	shown [][]ref // for each finding the lines that show it, beside those of its events
	logs  []*log
	made  *importing
}

// ref is a line of a log, log -1 for none.
type ref struct{ log, line int32 }

// Ref is a line of a file, counted from 1.
type Ref struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// Ref returns the line that an event came from, false for one that no line states.
func (m *Import) Ref(e trace.EventID) (Ref, bool) {
	if e < 0 || int(e) >= len(m.refs) || m.refs[e].log < 0 {
		return Ref{}, false
	}
	r := m.refs[e]
	return Ref{File: m.logs[r.log].path, Line: int(r.line) + 1}, true
}

// ClusterOrigin returns when the first event of a cluster was, in microseconds since 1970 UTC: time 0 of its own trace.
func (m *Import) ClusterOrigin(cluster int) int64 {
	for i := range m.Trace.Events {
		e := &m.Trace.Events[i]
		if e.Node != 0 && m.Trace.Node(e.Node).Cluster == cluster {
			return m.Origin + int64(e.At)
		}
	}
	return m.Origin
}
