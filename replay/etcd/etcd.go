// Package etcd reads the logs of etcd members: Zap, the JSON lines of etcd 3.4 and later, and Capnslog, the text lines of
// the versions before. It turns lines into statements: what a member says of its role, term, votes and peers.
//
// It never judges whether a line is true, never joins lines, and never remembers anything from line to line: what a line
// states depends on that line alone. So a log may be cut into files and regions anywhere. Lines that do not name their member have an empty Node; who writes to
// the file, or under the same prefix (Writer), is for the importer to find out.
//
//	sink := text.NewSink()
//	etcd.Zap{}.Parse(text.Region{Bytes: b, Own: len(b), First: true}, sink)
//	sink.Statements[0].Kind // text.RoleIs: "8af40ebf283c3ac4 became leader at term 3"
//
// # Terms of pre-elections
//
// A pre-candidate stands for the term after its own, but raft prints everybody's own term. The candidate's side is
// certain: Stands, AsksVotes, HearsVote and Decided carry the term that is stood for, the printed one plus one. The voter
// does not print for which term it was asked. A pre-vote that was cast was asked for a later term than the voter's: Votes
// has the next one, which is right unless the candidate was ahead of the voter. One that was rejected may have been asked
// for an earlier, the same or a later term: Votes has Term 0, and the voter's own term in Index. So has a vote of either
// kind that was ignored because of the lease. A real vote that was cast or rejected has the election's term.
//
// # Durations
//
// Late is "failed to send out heartbeat on time": Length is what etcd prints, the time since the last heartbeat to Peer
// less the two intervals that it allows (expected-duration, 200 ms by default). In the recorded logs a leader that was
// stopped for 6.0 s states 5.8 s, and At less Length lies 0.11 to 0.19 s behind the moment at which it was stopped. Index
// has the two intervals: so long before that it did send. With SlowDisk, what took Length began before the process was
// stopped. Length is -1 where a line gives none. A leader is also late, by less than a second, when
// nothing was stopped.
package etcd

import (
	"tabletop/replay/text"
)

// parser is what the two dialects share while they go through a region.
type parser struct {
	sink    *text.Sink
	scanner *text.Scanner
	// names holds one copy of each identity: a file repeats a handful of them thousands of times.
	names map[string]string
	// here is what every statement of the line at hand begins with.
	here place
}

// place is when and where a line was written.
type place struct {
	at          int64
	offset      int64
	line        int
	writer, key uint64
}

func newParser(r text.Region, s *text.Sink) *parser {
	s.Stacked = true
	return &parser{sink: s, scanner: text.NewScanner(r), names: map[string]string{}}
}

// next moves to the next line and counts it.
func (p *parser) next() bool {
	if !p.scanner.Next() {
		return false
	}
	p.sink.Lines++
	if p.scanner.Cut() {
		p.sink.Cut++
	}
	return true
}

// header counts a header that begins start bytes into the line.
func (p *parser) header(at int64, writer, key uint64, start int) {
	offset := int64(p.scanner.Offset() + start)
	p.here = place{at, offset, p.scanner.Number(), writer, key}
	p.sink.Header(at, writer, key, offset, p.scanner.Number())
}

// state adds a statement of the line at hand.
func (p *parser) state(s text.Statement) {
	s.At, s.Offset, s.Line, s.Writer, s.Key = p.here.at, p.here.offset, p.here.line, p.here.writer, p.here.key
	p.sink.State(s)
}

// maxText is how much of a line's text is kept, in bytes: requests and errors repeat whole keys and addresses.
const maxText = 200

// keep returns b as a string, cut to maxText, the same one for equal bytes.
func (p *parser) keep(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	b = b[:min(len(b), maxText)]
	if s, ok := p.names[string(b)]; ok {
		return s
	}
	s := string(b)
	p.names[s] = s
	return s
}

// named states that a node is known under a name or an address. Told says that another one writes so.
func (p *parser) named(node, name []byte, told bool) {
	if len(name) > 0 {
		p.state(text.Statement{Kind: text.Named, Node: p.keep(node), Text: p.keep(name), Told: told})
	}
}
