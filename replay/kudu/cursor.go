package kudu

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// cursor reads a message from its beginning on.
type cursor struct {
	b []byte
	// open says that the text may go on behind its end: a number that reaches it may have more digits.
	open bool
}

// lit goes behind words, if they come next.
func (c *cursor) lit(words string) bool {
	if len(c.b) < len(words) || string(c.b[:len(words)]) != words {
		return false
	}
	c.b = c.b[len(words):]
	return true
}

// num reads a number that comes next.
func (c *cursor) num() (uint64, bool) {
	v, end, ok := digits(c.b, 0)
	if !ok || c.open && end == len(c.b) {
		return 0, false
	}
	c.b = c.b[end:]
	return v, true
}

// uuidLength is that of Kudu's identities, without hyphens. Those of its tests may be names.
const (
	uuidLength = 32
	maxID      = 64
)

// id reads an identity that comes next.
func (c *cursor) id() ([]byte, bool) {
	n := 0
	if len(c.b) > uuidLength && !inID(c.b[uuidLength]) && isUUID(c.b[:uuidLength]) {
		n = uuidLength
	} else {
		for n < len(c.b) && n <= maxID && inID(c.b[n]) {
			n++
		}
	}
	if n == 0 || n > maxID || c.open && n == len(c.b) && n != uuidLength {
		return nil, false
	}
	id := c.b[:n]
	c.b = c.b[n:]
	return id, true
}

func inID(c byte) bool {
	return c-'0' <= 9 || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '-' || c == '_'
}

func isUUID(b []byte) bool {
	for _, c := range b {
		if c-'0' > 9 && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// to reads up to words and goes behind them.
func (c *cursor) to(words string) ([]byte, bool) {
	n := bytes.Index(c.b, []byte(words))
	if n < 0 {
		return nil, false
	}
	before := c.b[:n]
	c.b = c.b[n+len(words):]
	return before, true
}

// skip goes behind the next place where words stand.
func (c *cursor) skip(words string) bool {
	_, ok := c.to(words)
	return ok
}

// address reads " (host:port)".
func (c *cursor) address() []byte {
	if !c.lit(" (") {
		return nil
	}
	a, ok := c.to(")")
	if !ok {
		return nil
	}
	return a
}

// place reads host:port up to a space or the end.
func (c *cursor) place() ([]byte, bool) {
	n := 0
	for n < len(c.b) && c.b[n] > ' ' && c.b[n] != ',' {
		n++
	}
	if c.open && n == len(c.b) {
		return nil, false
	}
	a := bytes.TrimRight(c.b[:n], ":")
	c.b = c.b[n:]
	return a, bytes.IndexByte(a, ':') > 0
}

// quoted reads a string in double quotes, as it is escaped.
func (c *cursor) quoted() ([]byte, bool) {
	if len(c.b) == 0 || c.b[0] != '"' {
		return nil, false
	}
	for i := 1; i < len(c.b); i++ {
		switch c.b[i] {
		case '\\':
			i++
		case '"':
			s := c.b[1:i]
			c.b = c.b[i+1:]
			return s, true
		}
	}
	return nil, false
}

// duration reads 6.459s, 12ms or 1.2e+06us as microseconds.
func (c *cursor) duration() (int64, bool) {
	i, point := 0, -1
	var mantissa float64
	scale := 1.0
	for ; i < len(c.b) && i < 32; i++ {
		if d := c.b[i]; d-'0' <= 9 {
			mantissa = mantissa*10 + float64(d-'0')
			if point >= 0 {
				scale *= 10
			}
		} else if d == '.' && point < 0 {
			point = i
		} else {
			break
		}
	}
	if i == 0 || i == 1 && point == 0 {
		return 0, false
	}
	v := mantissa / scale
	c.b = c.b[i:]
	v *= c.exponent()
	switch {
	case c.lit("us"):
	case c.lit("ms"):
		v *= 1e3
	case c.lit("s"):
		v *= 1e6
	default:
		return 0, false
	}
	const most = 1e16 // 300 years: nothing lasts longer
	if v > most {
		return 0, false
	}
	return int64(v + 0.5), true
}

// exponent reads e+06 and returns its factor, 1 if there is none.
func (c *cursor) exponent() float64 {
	if len(c.b) < 3 || c.b[0] != 'e' || c.b[1] != '+' && c.b[1] != '-' {
		return 1
	}
	n, end, ok := digits(c.b, 2)
	if !ok || n > 18 {
		return 1
	}
	f := 1.0
	for range n {
		f *= 10
	}
	if c.b[1] == '-' {
		f = 1 / f
	}
	c.b = c.b[end:]
	return f
}

// intern returns the bytes as a string, the same one for equal bytes.
func (p *parser) intern(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) != uuidLength {
		return p.internAny(b)
	}
	s := p.uuids.at(b)
	if *s != string(b) {
		*s = p.internAny(b)
	}
	return *s
}

func (p *parser) internAny(b []byte) string {
	if s, ok := p.strings[string(b)]; ok {
		return s
	}
	if p.strings == nil {
		p.strings = map[string]string{}
	}
	s := string(b)
	if !utf8.ValidString(s) {
		p.strings[s] = strings.ToValidUTF8(s, "\uFFFD")
		return p.strings[s]
	}
	p.strings[s] = s
	return s
}

// lately are strings that were met lately, each at a place that its beginning leads to: most of a log is about the same few
// nodes and tablets.
type lately [1024]string

// at returns the place of a string of at least 8 bytes.
func (l *lately) at(b []byte) *string {
	return &l[fold(0, binary.LittleEndian.Uint64(b))%uint64(len(l))]
}

// maxText is the most bytes of a text that is shown.
const maxText = 240

func clip(b []byte) []byte { return bytes.TrimSpace(b[:min(len(b), maxText)]) }

// text returns words that are worth showing.
func (p *parser) text(b []byte) string { return p.intern(clip(b)) }
