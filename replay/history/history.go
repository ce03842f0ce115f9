// Package history reads what clients did: an NDJSON file beside the logs, in our own form or in that of the etcd captures,
// and members.json, which gives nodes their names.
//
// Operations are evidence; every other line is kept as a mark for the viewer. The package never judges an answer and
// never guesses one: an operation whose effect is not known stays open. A line that does not parse is an error with its
// number, and the others are read all the same.
//
//	h, err := history.Read("client.ndjson", file)
//	h.Operations[0].Text   // "open table-3"
//	h.Operations[0].Result // "NotFound"
//	h.Errors[0].Error()    // client.ndjson:17: begin "yesterday": expected a time as in 2026-11-21T05:04:17.879670Z
package history

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// History is what a file holds, in the order of its lines.
type History struct {
	Operations []Operation
	Marks      []Mark
	Errors     []LineError
	Lines      int
}

// Operation is one call of a client. Times are microseconds since 1970 UTC by the client's clock.
type Operation struct {
	// Client is empty for an operation that names none: it then has a client of its own.
	Client string
	// Server is the node that was asked, empty when the history does not say.
	Server string
	// Text is the operation as a trace's Invoke has it: "open table-3", "key 7", "put k = v".
	Text string
	Call int64
	// Return is -1 for an operation without a definite answer: it may take effect at any later time.
	Return int64
	// Until is when the client stopped waiting, whatever it learned; -1 when that is not known.
	Until int64
	// Result is the answer as package check knows it: "OK", "NotFound", "AlreadyPresent", "read 7", a value. It is empty
	// while Return is -1.
	Result string
	// Error is what the client was told in its own words, when that was no success.
	Error  string
	Line   int // from 1
	Offset int64
}

// Exact reports whether its stamps are finer than a millisecond.
func (o *Operation) Exact() bool { return o.Call%1000 != 0 || o.Return >= 0 && o.Return%1000 != 0 }

// Mark is a line that is shown and proves nothing.
type Mark struct {
	At int64 // that of the line before, if this one has no time
	// Timed says that the line has a time of its own.
	Timed  bool
	Node   string
	Text   string
	Line   int // from 1
	Offset int64
}

// Span returns when the first and the last of its lines were, false when none has a time.
func (h *History) Span() (from, to int64, ok bool) {
	from, to = math.MaxInt64, math.MinInt64
	for _, o := range h.Operations {
		from, to = min(from, o.Call), max(to, o.Call, o.Return)
	}
	for _, k := range h.Marks {
		if k.Timed {
			from, to = min(from, k.At), max(to, k.At)
		}
	}
	return from, to, from <= to
}

// LineError is a line that does not parse.
type LineError struct {
	File string
	Line int // from 1
	// What stands there, and what was expected.
	What, Want string
}

// Error returns one line: file, line, what stands there and what was expected.
func (e LineError) Error() string {
	return fmt.Sprintf("%s:%d: %s: expected %s", e.File, e.Line, e.What, e.Want)
}

// The limits of a history.
const (
	// MaxLine is the longest line that is read.
	MaxLine = 1 << 20
	// MaxErrors is how many lines are reported; more that do not parse are counted in Lines only.
	MaxErrors = 1000
)

// Read reads a history. The error is the reader's; those of lines are in the history.
func Read(file string, r io.Reader) (History, error) {
	h := History{}
	in := bufio.NewReaderSize(r, 64<<10)
	at, offset := int64(0), int64(0)
	for {
		line, size, err := nextLine(in)
		if err != nil && size == 0 {
			if errors.Is(err, io.EOF) {
				return h, nil
			}
			return h, fmt.Errorf("read %s: %w", file, err)
		}
		h.Lines++
		l := reading{place: place{h.Lines, offset}, last: at}
		offset += size
		if size > MaxLine {
			l.fail("a line of "+fmt.Sprint(size)+" bytes", fmt.Sprintf("at most %d", MaxLine))
		} else {
			l.read(line)
		}
		if l.wrong != nil {
			if l.wrong.File = file; len(h.Errors) < MaxErrors {
				h.Errors = append(h.Errors, *l.wrong)
			}
			continue
		}
		at = l.last
		if l.operation != nil {
			h.Operations = append(h.Operations, *l.operation)
		} else if l.mark != nil {
			h.Marks = append(h.Marks, *l.mark)
		}
	}
}

// nextLine returns a line, its first MaxLine bytes at least, and how many bytes it has with its end.
func nextLine(in *bufio.Reader) (line []byte, size int64, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if size += int64(len(part)); size <= MaxLine {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, size, err
		}
	}
}

// Score returns how many lines of a sample are a history's. The lines of etcd's own log, of a trace and of any other JSON
// do not count.
func Score(sample []byte) int {
	n := 0
	for len(sample) > 0 {
		line, rest, _ := bytes.Cut(sample, []byte{'\n'})
		sample = rest
		if looksLikeHistory(line) {
			n++
		}
	}
	return n
}

func looksLikeHistory(line []byte) bool {
	if len(line) > MaxLine || !bytes.HasPrefix(trim(line), []byte{'{'}) {
		return false
	}
	l := reading{}
	if !l.decode(trim(line)) {
		return false
	}
	ours := l.has("op") && l.has("time")
	etcd := l.has("kind") && l.has("ts") && !l.has("level") && !l.has("msg")
	return ours || etcd
}

// trim takes off white space and the mark with which some editors begin a file.
func trim(line []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")))
}

// escape makes one word of a key, so that two keys never become one.
func escape(key string) string {
	if key == "" {
		return `\e`
	}
	if !strings.ContainsAny(key, `\`) && len(strings.Fields(key)) == 1 && strings.TrimSpace(key) == key {
		return key
	}
	var out strings.Builder
	for _, r := range key {
		switch {
		case r == '\\':
			out.WriteString(`\\`)
		case r == ' ':
			out.WriteString(`\s`)
		case strings.TrimSpace(string(r)) == "":
			fmt.Fprintf(&out, `\x%x;`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
