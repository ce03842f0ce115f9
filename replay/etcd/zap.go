package etcd

import (
	"bytes"

	"tabletop/replay/text"
)

// Zap is the dialect of etcd 3.4 and later: a JSON object a line, with "level", "ts", "caller" and "msg", and fields of its
// own for each message. Docker, kubectl and others may have put something in front of it.
type Zap struct{}

// ID returns "etcd-zap".
func (Zap) ID() string { return "etcd-zap" }

// Score returns how many lines of the sample are zap's.
func (Zap) Score(sample []byte) int {
	n := 0
	for s := text.NewScanner(text.Region{Bytes: sample, Own: len(sample), First: true}); s.Next(); {
		if start := objectStart(s.Line()); start >= 0 {
			var l zapLine
			if l.scan(s.Line()[start:]) {
				n++
			}
		}
	}
	return n
}

// Parse states what the region's lines say.
func (Zap) Parse(r text.Region, s *text.Sink) {
	z := zapParser{parser: *newParser(r, s)}
	for z.next() {
		line := z.scanner.Line()
		start := objectStart(line)
		if start < 0 {
			continue
		}
		who := uint64(0)
		if start > 0 {
			who = writer(line[:start])
		}
		// A process that is killed while it writes leaves part of a line, and the next one writes behind it.
		for start >= 0 {
			next := torn(line, start)
			end := len(line)
			if next >= 0 {
				end = next
			}
			z.object(line[start:end], who, start)
			start = next
		}
	}
}

type zapParser struct {
	parser
	line zapLine // the one at hand
}

// zapLine is a header with what is needed of it.
type zapLine struct {
	object []byte
	stamp  stamp
	// rest begins behind the stamp.
	rest []byte
	// level and message are as they stand between their quotes; message is nil if it does not end.
	level, message []byte
}

func (z *zapParser) object(object []byte, who uint64, start int) {
	l := &z.line
	if !l.scan(object) {
		return
	}
	z.sink.Zoned = z.sink.Zoned || l.stamp.zoned
	z.sink.Exact = z.sink.Exact || l.stamp.fine
	z.header(l.stamp.at, who, key(l.stamp.at, l.rest), start)
	if len(l.message) == 0 || z.raft(l.message) {
		return
	}
	z.server(l)
}

// objectStart returns where the line's JSON object begins, or -1.
func objectStart(line []byte) int {
	if len(line) > 0 && line[0] == '{' {
		return 0
	}
	return bytes.Index(line[:min(len(line), maxPrefix)], []byte(`{"`))
}

// torn returns where another object of zap's begins behind start, or -1. Inside a string its quotes would have
// backslashes, and as a value it would stand behind a colon.
func torn(line []byte, start int) int {
	const head = `{"level":"`
	for i := start + 1; i < len(line); {
		n := bytes.Index(line[i:], []byte(head))
		if n < 0 {
			return -1
		}
		i += n
		if before := line[i-1]; before != ':' && before != ',' && before != '[' {
			return i
		}
		i++
	}
	return -1
}

// scan reads an object up to its level, stamp and message, and reports whether it is a header.
func (l *zapLine) scan(object []byte) bool { return l.scanInOrder(object) || l.scanAnyOrder(object) }

// scanInOrder reads an object as zap writes it: {"level":"info","ts":"…","logger":"raft","caller":"…","msg":"…", where
// logger and caller may be missing. It is three times as fast as going through the fields.
func (l *zapLine) scanInOrder(object []byte) (ok bool) {
	c := cursor{object}
	if !c.lit(`{"level":"`) {
		return false
	}
	l.object = object
	if l.level, ok = c.plainString(); !ok || !c.lit(`,"ts":"`) {
		return false
	}
	in, ok := c.plainString()
	if !ok {
		return false
	}
	if l.stamp, ok = isoStamp(in); !ok {
		return false
	}
	l.rest = c.b
	if c.lit(`,"logger":"`) {
		if _, ok = c.plainString(); !ok {
			return false
		}
	}
	if c.lit(`,"caller":"`) {
		if _, ok = c.plainString(); !ok {
			return false
		}
	}
	if !c.lit(`,"msg":"`) {
		return false
	}
	end := stringEnd(c.b, 0)
	if end < 0 {
		return false
	}
	l.message = c.b[:end]
	return true
}

// scanAnyOrder goes through the fields of an object: shippers sort them, and before its logger is configured etcd writes
// the stamp as a number.
func (l *zapLine) scanAnyOrder(object []byte) bool {
	*l = zapLine{object: object}
	stamped := false
	for f := newFields(object); f.next(); {
		switch string(f.key) {
		case "level":
			l.level = inner(f.value)
		case "ts":
			if l.stamp, stamped = zapStamp(f.value); !stamped {
				return false
			}
			l.rest = object[f.at:]
		case "msg":
			l.message = inner(f.value)
		}
		if stamped && l.level != nil && l.message != nil {
			return true
		}
	}
	return stamped && l.level != nil
}
