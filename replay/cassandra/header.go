package cassandra

import (
	"bytes"
	"encoding/binary"
)

// header is the first line of a record, cut into its parts. They point into the line.
type header struct {
	level   []byte
	thread  []byte
	node    []byte // "node3" or "<main>" of a log of several nodes in one JVM
	at      int64  // microseconds since 1970, as if its zone were UTC
	file    []byte // "Gossiper.java"; empty in the layouts without
	place   []byte // file and line number
	message []byte
	writer  uint64
}

// The limits within which a header is looked for.
const (
	maxPrefix = 128 // what another program wrote in front, as docker-compose does
	maxThread = 256
	maxFile   = 80
)

// parse cuts a line and reports whether it is a header:
//
//	LEVEL [thread] [nodeN|<main>] 2026-11-21 05:04:17,123 [File.java:12 - ]message
func (h *header) parse(line []byte) bool {
	if n := level(line); n > 0 && h.behind(line, n) {
		h.writer = h.own(nil)
		return true
	}
	if len(line) == 0 || line[0] == '\t' {
		return false
	}
	for i := 1; i < len(line) && i <= maxPrefix; i++ {
		if c := line[i]; c != 'I' && c != 'D' && c != 'W' && c != 'E' && c != 'T' || word(line[i-1]) && !coloured(line[:i]) {
			continue
		}
		if n := level(line[i:]); n > 0 && h.behind(line[i:], n) {
			h.writer = h.own(speaker(line[:i]))
			return true
		}
	}
	return false
}

// behind cuts what follows the level, which has n bytes.
func (h *header) behind(b []byte, n int) bool {
	h.level = b[:n]
	rest := blanks(b[n:])
	if len(rest) == 0 || rest[0] != '[' || len(rest) == len(b)-n {
		return false
	}
	// A thread's name may itself hold brackets: it ends at the first one behind which a stamp stands.
	within := rest[:min(len(rest), maxThread+1)]
	for end := 1; ; end++ {
		i := bytes.IndexByte(within[min(end, len(within)):], ']')
		if i < 0 {
			return false
		}
		end += i
		if after := blanks(rest[end+1:]); len(after) < len(rest)-end-1 && h.stamped(after) {
			h.thread = rest[1:end]
			return true
		}
	}
}

// stamped cuts what follows the thread.
func (h *header) stamped(b []byte) bool {
	h.node = nil
	if n := node(b); n > 0 {
		h.node = b[:n]
		b = b[n+1:]
	}
	at, ok := stamp(b)
	if !ok {
		return false
	}
	rest := blanks(b[stampSize:])
	if len(rest) == len(b)-stampSize {
		return false
	}
	h.at = at
	h.file, h.place, h.message = nil, nil, rest
	if n, end := place(rest); end > 0 {
		h.file, h.place, h.message = rest[:n], rest[:end], rest[end+len(" - "):]
	}
	return true
}

// own returns who wrote the line: its node in a log of several, and the name that another program put in front; 0 if
// there is neither.
func (h *header) own(name []byte) uint64 {
	if len(h.node) == 0 {
		h.node = threadNode(h.thread)
	}
	if len(h.node) == 0 && len(name) == 0 {
		return 0
	}
	return mix(mix(1, h.node), name) | 1
}

// key identifies the line's content.
func (h *header) key() uint64 {
	const most = 32
	k := mix(mix(uint64(len(h.message)), h.level), h.place)
	if n := len(h.message); n > 2*most {
		return mix(mix(k, h.message[:most]), h.message[n-most:])
	}
	return mix(k, h.message)
}

// mix adds bytes to a hash, eight at a time: a hash byte by byte would take most of the time that a line takes.
func mix(h uint64, b []byte) uint64 {
	const prime = 0x9E3779B97F4A7C15 // 2^64 divided by the golden ratio, odd
	h ^= uint64(len(b)) * prime
	for len(b) >= 8 {
		h = (h ^ binary.LittleEndian.Uint64(b)) * prime
		h ^= h >> 29
		b = b[8:]
	}
	var last uint64
	for i, c := range b {
		last |= uint64(c) << (8 * i)
	}
	h = (h ^ last) * prime
	return h ^ h>>32
}

// level returns the length of the level at the start, 0 if there is none.
func level(b []byte) int {
	if len(b) < 6 {
		return 0
	}
	switch b[0] {
	case 'I':
		if string(b[:4]) == "INFO" {
			return 4
		}
	case 'D':
		if string(b[:5]) == "DEBUG" {
			return 5
		}
	case 'W':
		if string(b[:4]) == "WARN" {
			return 4
		}
	case 'E':
		if string(b[:5]) == "ERROR" {
			return 5
		}
	case 'T':
		if string(b[:5]) == "TRACE" {
			return 5
		}
	}
	return 0
}

// blanks skips blanks and the escape sequences that colour a terminal.
func blanks(b []byte) []byte {
	for len(b) > 0 {
		if b[0] == ' ' {
			b = b[1:]
			continue
		}
		n := escape(b)
		if n == 0 {
			break
		}
		b = b[n:]
	}
	return b
}

// escape returns the length of an escape sequence for colours at the start, 0 if there is none.
func escape(b []byte) int {
	if len(b) < 3 || b[0] != 0x1b || b[1] != '[' {
		return 0
	}
	for i := 2; i < len(b) && i < 32; i++ {
		switch c := b[i]; {
		case c == 'm':
			return i + 1
		case c != ';' && !digit(c):
			return 0
		}
	}
	return 0
}

// coloured reports whether bytes end with an escape sequence.
func coloured(b []byte) bool {
	i := bytes.LastIndexByte(b, 0x1b)
	return i >= 0 && escape(b[i:]) == len(b)-i
}

// node returns the length of the node's name at the start, if a blank follows it.
func node(b []byte) int {
	const test = "<main>"
	if len(b) > len(test) && b[0] == '<' && string(b[:len(test)]) == test && b[len(test)] == ' ' {
		return len(test)
	}
	if n := numbered(b); n > 0 && n < len(b) && b[n] == ' ' {
		return n
	}
	return 0
}

// numbered returns the length of "node" and a number at the start, 0 if there is none.
func numbered(b []byte) int {
	const word = "node"
	if len(b) <= len(word) || string(b[:len(word)]) != word {
		return 0
	}
	n := len(word)
	for n < len(b) && n < len(word)+6 && digit(b[n]) {
		n++
	}
	if n == len(word) {
		return 0
	}
	return n
}

// threadNode returns the node in the name of a thread such as node1_GossipStage:1.
func threadNode(thread []byte) []byte {
	if n := numbered(thread); n > 0 && n < len(thread) && thread[n] == '_' {
		return thread[:n]
	}
	return nil
}

// speaker returns the name in what another program wrote in front of a header: "cassandra-1" of "cassandra-1  | ",
// "[n1]" of "[n1] ", "<n1>" of "<n1> ", "10.0.0.1:" of pdsh's "10.0.0.1: ". A date, a number and the tags that ant puts in
// front of every line name nobody.
func speaker(prefix []byte) []byte {
	prefix = blanks(prefix)
	if n := bytes.IndexByte(prefix, '|'); n >= 0 {
		return trimmed(prefix[:n])
	}
	if len(prefix) == 0 {
		return nil
	}
	if closing := bytes.IndexByte([]byte("[<"), prefix[0]); closing >= 0 {
		n := bytes.IndexByte(prefix, "]>"[closing])
		if n < 0 || antTag(prefix[1:n]) || prefix[0] == '<' && !letter(prefix[1]) { // syslog's priority: <134>
			return nil
		}
		return prefix[:n+1]
	}
	n := bytes.IndexByte(prefix, ' ')
	if n < 0 || level(prefix) > 0 {
		return nil
	}
	var e endpoint
	if !letter(prefix[0]) && !e.parse(bytes.TrimSuffix(prefix[:n], []byte(":"))) {
		return nil
	}
	return trimmed(prefix[:n])
}

func antTag(b []byte) bool {
	return bytes.HasPrefix(b, []byte("junit")) || string(b) == "javac" || string(b) == "echo"
}

// trimmed cuts blanks and colours from the end.
func trimmed(b []byte) []byte {
	for len(b) > 0 {
		if b[len(b)-1] == ' ' {
			b = b[:len(b)-1]
			continue
		}
		if !coloured(b) {
			break
		}
		b = b[:bytes.LastIndexByte(b, 0x1b)]
	}
	return b
}

// place finds "File.java:12 - " at the start: the length of the file's name, and of the name with the number.
func place(b []byte) (file, end int) {
	file = bytes.IndexByte(b[:min(len(b), maxFile+1)], ':')
	if file <= 0 {
		return 0, 0
	}
	end = file + 1
	for end < len(b) && end < file+8 && (digit(b[end]) || b[end] == '?') {
		end++
	}
	if end == file+1 || len(b) < end+3 || string(b[end:end+3]) != " - " {
		return 0, 0
	}
	for _, c := range b[:file] {
		if c <= ' ' {
			return 0, 0
		}
	}
	return file, end
}

// dateless reports whether a line is one of those that a test in one JVM writes to its standard error: a level and a
// time. The same event stands elsewhere with its date, but the line does not belong to the record before.
func dateless(b []byte) bool {
	n := level(b)
	if n == 0 {
		return false
	}
	b = blanks(b[n:])
	return len(b) > 8 && digit(b[0]) && digit(b[1]) && b[2] == ':' && digit(b[3]) && digit(b[4]) && b[5] == ':' &&
		digit(b[6]) && digit(b[7])
}

func digit(c byte) bool  { return c >= '0' && c <= '9' }
func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func word(c byte) bool   { return digit(c) || letter(c) }
