package cassandra

import "bytes"

// A pattern is a message with holes: '@' is an endpoint, '%' an unsigned number, '~' a number with decimals, '*'
// anything, as little as possible.
//
//	"InetAddress @ is now UP"

// maxHoles is how many holes a pattern may have.
const maxHoles = 8

// holes is what a pattern's holes held.
type holes struct {
	at [maxHoles][]byte
	// endpoints are the parsed ones of the holes '@', in their order.
	endpoints [maxHoles]endpoint
	ends      int
}

// match reports whether the whole of a message fits a pattern.
func (h *holes) match(pattern string, b []byte) bool {
	n := 0
	for n < len(pattern) && !hole(pattern[n]) {
		if n >= len(b) || b[n] != pattern[n] {
			return false
		}
		n++
	}
	h.ends = 0
	return h.fit(pattern[n:], b[n:], 0, 0)
}

// fit goes on behind holes and endpoints that fitted. It tries each place where the bytes behind a hole occur.
func (h *holes) fit(pattern string, b []byte, n, ends int) bool {
	if pattern == "" {
		h.ends = ends
		return len(b) == 0
	}
	kind, lit := pattern[0], 1
	for lit < len(pattern) && !hole(pattern[lit]) {
		lit++
	}
	literal, rest := pattern[1:lit], pattern[lit:]
	for from := 0; ; from++ {
		end := len(b)
		if literal != "" {
			i := index(b[from:], literal)
			if i < 0 {
				return false
			}
			end = from + i
		} else if rest != "" || from > 0 {
			return false
		}
		if h.holds(kind, b[:end], n, ends) {
			next := ends
			if kind == '@' {
				next++
			}
			if h.fit(rest, b[end+len(literal):], n+1, next) {
				return true
			}
		}
		if from = end; literal == "" {
			return false
		}
	}
}

// holds puts bytes into a hole if they are what belongs there.
func (h *holes) holds(kind byte, b []byte, n, ends int) bool {
	h.at[n] = b
	switch kind {
	case '@':
		return bytes.IndexByte(b, ' ') < 0 && h.endpoints[ends].parse(b)
	case '%', '~':
		for _, c := range b {
			if !digit(c) && (c != '.' || kind == '%') {
				return false
			}
		}
		return len(b) > 0
	}
	return true
}

func hole(c byte) bool { return c == '@' || c == '%' || c == '~' || c == '*' }

// index finds a literal without making bytes of it.
func index(b []byte, literal string) int {
	for from := 0; ; {
		i := bytes.IndexByte(b[from:], literal[0])
		if i < 0 || len(b)-from-i < len(literal) {
			return -1
		}
		from += i
		if string(b[from:from+len(literal)]) == literal {
			return from
		}
		from++
	}
}
