// Package kudu reads the lines that Apache Kudu's servers write through glog, from 1.0 to 1.17.
//
// Each header line of a file is counted and dated; those whose text says something about raft, the catalog, the process
// or its disk become statements, in the words of replay/text. A line speaks for itself alone: nothing is remembered from
// line to line, so that a file may be cut anywhere between two lines. The package never decides what a line proves, never
// joins the logs of two nodes and never guesses a year.
//
//	sink := text.NewSink()
//	kudu.Dialect{}.Parse(text.Region{Bytes: b, Own: len(b), First: true, Last: true}, sink)
//	sink.Statements[0].Kind // text.StepsDown
//
// What is particular to Kudu in the statements:
//
//   - A line states at most one thing of each kind. Yes, No and the strings of statements may be shared between them.
//   - RoleIs without Now precedes most lines of raft_consensus.cc: their prefix tells the role before what they say. Lines
//     of the debug levels, thousands in a second, do without.
//   - Stands has the term that is stood for, one more than the line prints. The text is the reason, without the node.
//   - Votes: a granted pre-vote prints the voter's own term, not the candidate's. It stands in Index, and Term is 0.
//   - Decided with Yes or No is the count (leader_election.cc). Without them it is how the candidate takes it
//     (raft_consensus.cc): Text is "won", the reason for the loss, or "in a defunct term" when it came too late to matter.
//   - WasAsked has in Index the index of the candidate's last entry.
//   - Members has in Index the place of the configuration in the log, and the addresses in Text: "uuid=host:port …". A
//     pending configuration is given rather than the committed one, as Kudu acts on it from then on.
//   - LeaderIs with Told is what a tablet server reported to the master whose line it is.
//   - Answered is the one statement of a line without a header: what a test prints of a client's error. It is Undated.
//   - Unreachable may have an address alone; Length is how long was waited.
//   - Stop with a Group ends one replica, without it the process.
//   - Catalog has "create T", "alter T", "rename T U", "soft-delete T", "delete T" and "recall T" when a request arrives,
//     "created T", "altered T" (the version in Index) and "deleted T" when it is done.
package kudu

import (
	"bytes"

	"tabletop/replay/text"
)

// Dialect is Kudu's.
type Dialect struct{}

// ID returns the dialect's name in reports.
func (Dialect) ID() string { return "kudu-glog" }

// Score counts the lines that only Kudu, or another program in C++ with glog, writes.
func (Dialect) Score(sample []byte) int {
	n := 0
	var r headers
	var h header
	for len(sample) > 0 {
		line, rest, _ := bytes.Cut(sample, []byte{'\n'})
		sample = rest
		line = line[:min(len(line), text.MaxLine)]
		switch {
		case isPreamble(line):
			n++
		case r.read(line, &h) && h.compiled():
			n++
		default:
			if at := foreign(line); at > 0 && r.read(line[at:], &h) && h.compiled() {
				n++
			}
		}
	}
	return n
}

// Parse reads the lines that the region owns.
func (Dialect) Parse(r text.Region, s *text.Sink) {
	p, ok := s.Cache.(*parser)
	if !ok {
		p = &parser{}
		s.Cache = p
	}
	p.begin(r, s)
	s.Exact = true // microseconds and a thread
	for p.scan.Next() {
		p.line()
	}
}

// parser is at one header of a region.
type parser struct {
	sink  *text.Sink
	scan  *text.Scanner
	first bool // the region begins its file
	headers
	// Strings and configurations that were met before: they repeat all the time.
	strings map[string]string
	uuids   lately // of the length of a uuid
	ids     identities
	configs map[string]*config

	lastConfig *config // of those
	retold     *retold // of the sink's log; nil if the sink is not brief

	h      header
	prefix []byte // what stands before the header in its line
	offset int64
	number int
	writer uint64
	key    uint64
	// open says that the message may go on behind its end, which is not to be trusted then.
	open bool
	// cut says that the line is cut short.
	cut bool
	// last says that no other header follows in the line, so that the lines behind it belong to this one.
	last bool
	// What the message's own prefix tells.
	node, group string
}

// maxStrings bounds how many strings are kept from region to region.
const maxStrings = 1 << 16

// begin goes to a region. What is known of strings, configurations and places stays known.
func (p *parser) begin(r text.Region, s *text.Sink) {
	if !s.Brief {
		p.retold = nil
	} else if p.retold == nil || r.First || p.sink != s { // what another log has told is news in this one
		p.retold = &retold{}
	}
	p.sink, p.scan, p.first = s, text.NewScanner(r), r.First
	if len(p.strings) > maxStrings {
		clear(p.strings)
	}
}

// line reads the line that the scanner is at.
func (p *parser) line() {
	line := p.scan.Line()
	p.sink.Lines++
	p.cut = p.scan.Cut()
	p.prefix = nil
	p.offset, p.number = int64(p.scan.Offset()), p.scan.Number()
	at := 0
	if !p.headers.read(line, &p.h) {
		if at = foreign(line); at < 0 || !p.headers.read(line[at:], &p.h) {
			p.preamble(line)
			return
		}
		p.prefix = line[:at]
		line = uncoloured(line)
		p.h.msg = uncoloured(p.h.msg)
	}
	for {
		glued := p.headers.glued(p.h.msg)
		if glued < 0 {
			break
		}
		next := len(line) - len(p.h.msg) + glued
		p.h.msg = p.h.msg[:glued]
		p.cut, p.open, p.last = true, true, false
		p.headed()
		p.offset = int64(p.scan.Offset() + next)
		if !p.headers.read(line[next:], &p.h) {
			p.counted()
			return // never: glued has seen it
		}
	}
	p.open, p.last = p.scan.Cut(), !p.scan.Cut()
	p.headed()
	p.counted()
}

func (p *parser) counted() {
	if p.cut {
		p.sink.Cut++
	}
}

// headed counts the header that the parser is at and takes in what its message says.
func (p *parser) headed() {
	p.writer = p.h.tid
	if len(p.prefix) > 0 {
		p.writer = writerOf(p.prefix, p.h.tid)
	}
	p.key = p.h.key()
	p.sink.Yearless = p.sink.Yearless || p.h.yearless
	p.sink.Header(p.h.at, p.writer, p.key, p.offset, p.number)
	p.say()
}

// preamble takes in a line that is no header.
func (p *parser) preamble(line []byte) {
	if at, ok := created(line); ok {
		p.add(text.Statement{At: at, Kind: text.FileDate, Offset: p.offset, Line: p.number, Length: -1,
			Key: hash(0, line)})
	}
	p.answered(line)
	p.counted()
}

// answered reads what a test prints of a client's error, without a header: `Bad status: Not found: Unable to open table:
// the table does not exist: table_name: "table-1"`. Before the first header of a file nothing tells when.
func (p *parser) answered(line []byte) {
	const words = `Bad status: Not found: Unable to open table: the table does not exist: table_name: "`
	if len(line) < len(words) || line[0] != words[0] || string(line[:len(words)]) != words || p.first && p.sink.Headers == 0 {
		return
	}
	table, _, whole := bytes.Cut(line[len(words):], []byte{'"'})
	if !whole {
		return
	}
	st := text.Statement{Kind: text.Answered, Offset: p.offset, Line: p.number, Length: -1, Key: hash(0, line), Told: true,
		Undated: true, Text: p.intern(append([]byte("open "), clip(table)...))}
	st.At = p.sink.Latest()
	p.add(st)
}

// say turns the message into statements. Most messages end at the name of their source file: nothing of interest is
// written there.
func (p *parser) say() {
	p.node, p.group = "", ""
	if says := p.h.site.says; says != nil {
		says(p, cursor{p.h.msg, p.open})
	}
	if p.h.severity == 'F' {
		p.note("", append([]byte("fatal: "), clip(p.h.msg)...))
	}
}

// statement returns a statement of the line that the parser is at.
func (p *parser) statement(k text.Kind) text.Statement {
	return text.Statement{At: p.h.at, Kind: k, Offset: p.offset, Line: p.number, Writer: p.writer, Key: p.key,
		Node: p.node, Group: p.group, Length: -1}
}

func (p *parser) add(st text.Statement) { p.sink.State(st) }

// note states what is worth showing as it stands.
func (p *parser) note(peer string, words []byte) {
	st := p.statement(text.Note)
	st.Peer, st.Text = peer, p.text(words)
	p.add(st)
}

// body returns the lines behind the header that belong to it, at most 64 KiB.
func (p *parser) body() []byte {
	if !p.last {
		return nil
	}
	if len(p.prefix) == 0 {
		return p.scan.Body(p.headers.begins)
	}
	prefix := p.prefix
	return p.scan.Body(func(line []byte) bool { // those of other streams lie in between
		rest, own := bytes.CutPrefix(line, prefix)
		return own && p.headers.begins(rest)
	})
}

// bodyLine returns what stands behind words at the beginning of one of the first lines of the body.
func (p *parser) bodyLine(words string) ([]byte, bool) {
	const first = 256 // the flags of a process are listed before its version
	body := p.body()
	for n := 0; len(body) > 0 && n < first; n++ {
		line, rest, _ := bytes.Cut(body, []byte{'\n'})
		body = rest
		line = bytes.TrimSuffix(bytes.TrimPrefix(line, p.prefix), []byte{'\r'})
		if len(line) >= len(words) && string(line[:len(words)]) == words {
			return line[len(words):], true
		}
	}
	return nil, false
}
