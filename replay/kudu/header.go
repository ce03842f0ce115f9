package kudu

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"time"
)

// header is the head of a glog line: I20261121 05:04:17.972628 15326 file.cc:381] message. Before Kudu 1.17 the year is
// missing, and the thread is padded to five characters.
type header struct {
	at       int64 // microseconds since 1970, as if in UTC; in the year 0 when yearless
	tid      uint64
	site     []byte // file:line
	file     []byte
	msg      []byte
	severity byte
	yearless bool
}

// compiled reports whether the source file is one of C++: others, such as Kubernetes, write the same header.
func (h *header) compiled() bool {
	return bytes.HasSuffix(h.file, []byte(".cc")) || bytes.HasSuffix(h.file, []byte(".h"))
}

// days keeps the last date that was computed.
type days struct {
	digits   uint64
	midnight int64
	known    bool
}

// maxFile is the longest name of a source file, maxDigits the most digits of a thread or a line.
const (
	maxFile   = 64
	maxDigits = 19
)

// header reads the header that b begins with. It is none if its time does not exist.
func (d *days) header(b []byte, h *header) bool {
	const shortest = 28
	if len(b) < shortest || !isSeverity(b[0]) {
		return false
	}
	t := 10
	if b[9] != ' ' {
		if b[5] != ' ' {
			return false
		}
		t = 6
	}
	clock, ok := clockOf(b[t : t+15])
	if !ok {
		return false
	}
	midnight, ok := d.midnightOf(b[1 : t-1])
	if !ok {
		return false
	}
	h.at, h.severity, h.yearless = midnight+clock, b[0], t == 6
	return h.place(b, t+15)
}

func isSeverity(c byte) bool { return c == 'I' || c == 'W' || c == 'E' || c == 'F' }

// place reads what is behind the time, from i on: the thread, the place in the source and the message.
func (h *header) place(b []byte, i int) bool {
	if b[i] != ' ' {
		return false
	}
	for i < len(b) && b[i] == ' ' {
		i++
	}
	tid, i, ok := digits(b, i)
	if !ok || i >= len(b) || b[i] != ' ' {
		return false
	}
	file := i + 1
	colon := file
	for limit := min(len(b), file+maxFile); ; colon++ {
		if colon >= limit || b[colon] <= ' ' || b[colon] == ']' {
			return false
		}
		if b[colon] == ':' {
			break
		}
	}
	_, end, ok := digits(b, colon+1)
	if !ok || colon == file || end >= len(b) || b[end] != ']' {
		return false
	}
	h.tid, h.file, h.site, h.msg = tid, b[file:colon], b[file:end], b[end+1:]
	if len(h.msg) > 0 {
		if h.msg[0] != ' ' {
			return false
		}
		h.msg = h.msg[1:]
	}
	return true
}

func digits(b []byte, i int) (v uint64, end int, ok bool) {
	from := i
	for i < len(b) && b[i]-'0' <= 9 {
		v = v*10 + uint64(b[i]-'0')
		i++
	}
	return v, i, i > from && i-from <= maxDigits
}

// two returns the number of two digits, 255 if they are none.
func two(a, b byte) byte {
	if a -= '0'; a > 9 {
		return 255
	}
	if b -= '0'; b > 9 {
		return 255
	}
	return a*10 + b
}

// clockOf reads 05:04:17.972628 as microseconds since midnight.
func clockOf(b []byte) (int64, bool) {
	_ = b[14]
	if b[2] != ':' || b[5] != ':' || b[8] != '.' {
		return 0, false
	}
	h, m, s := two(b[0], b[1]), two(b[3], b[4]), two(b[6], b[7])
	u, v, w := two(b[9], b[10]), two(b[11], b[12]), two(b[13], b[14])
	if h > 23 || m > 59 || s > 60 || u > 99 || v > 99 || w > 99 { // 60: a leap second
		return 0, false
	}
	return ((int64(h)*60+int64(m))*60+int64(s))*1e6 + (int64(u)*100+int64(v))*100 + int64(w), true
}

// midnightOf reads a date of eight digits, or of four without the year.
func (d *days) midnightOf(b []byte) (int64, bool) {
	var raw uint64
	if len(b) == 8 {
		raw = binary.LittleEndian.Uint64(b)
	} else {
		raw = uint64(binary.LittleEndian.Uint32(b))
	}
	if d.known && raw == d.digits {
		return d.midnight, true
	}
	year := 0
	if len(b) == 8 {
		high, low := two(b[0], b[1]), two(b[2], b[3])
		if high > 99 || low > 99 {
			return 0, false
		}
		year, b = int(high)*100+int(low), b[4:]
	}
	at, ok := midnight(year, two(b[0], b[1]), two(b[2], b[3]))
	if ok {
		d.digits, d.midnight, d.known = raw, at, true
	}
	return at, ok
}

// midnight returns the beginning of a day in microseconds since 1970. The year 0 is a leap year, so that a February 29
// without a year exists.
func midnight(year int, month, day byte) (int64, bool) {
	t := time.Date(year, time.Month(month), int(day), 0, 0, 0, 0, time.UTC)
	return t.UnixMicro(), t.Month() == time.Month(month) && t.Day() == int(day)
}

// created reads the line that a file begins with: Log file created at: 2026/11/21 05:04:17.
func (d *days) created(b []byte) (int64, bool) {
	const words = "Log file created at: "
	if len(b) < len(words)+19 || string(b[:len(words)]) != words {
		return 0, false
	}
	b = b[len(words):]
	if b[4] != '/' || b[7] != '/' || b[10] != ' ' {
		return 0, false
	}
	date := [8]byte{b[0], b[1], b[2], b[3], b[5], b[6], b[8], b[9]}
	at, ok := d.midnightOf(date[:])
	if !ok {
		return 0, false
	}
	clock := append(append(make([]byte, 0, 15), b[11:19]...), ".000000"...)
	us, ok := clockOf(clock)
	return at + us, ok
}

// isPreamble reports whether the line is one of those that glog begins a file with.
func isPreamble(line []byte) bool {
	for _, words := range [...]string{"Log file created at: ", "Running on machine: ", "Log line format: [IWEF]"} {
		if len(line) >= len(words) && string(line[:len(words)]) == words {
			return true
		}
	}
	return false
}

// maxPrefix is how far into a line a header is looked for.
const maxPrefix = 96

// foreign finds a header behind something that another program wrote in front of it, as "[ts-2] ", "m-1 | " or "> ". It
// returns where the header may begin, -1 for nowhere.
func foreign(line []byte) int {
	window := line[:min(len(line), maxPrefix+20)]
	for i := 0; i < len(window); i++ {
		n := bytes.IndexByte(window[i:], ':')
		if n < 0 {
			return -1
		}
		i += n
		if i+6 < len(window) && window[i+3] == ':' && window[i+6] == '.' {
			if at := dateBefore(window, i-3); at > 0 && separates(window[:at]) {
				return at
			}
		}
	}
	return -1
}

func isHeader(line []byte) bool {
	var d days
	var h header
	if d.header(line, &h) {
		return true
	}
	at := foreign(line)
	return at > 0 && d.header(line[at:], &h)
}

// dateBefore returns where the severity stands, if a date and its severity end before the space at i.
func dateBefore(b []byte, i int) int {
	if i < 5 || b[i] != ' ' {
		return -1
	}
	n := 0
	for n < 8 && i-1-n >= 0 && b[i-1-n]-'0' <= 9 {
		n++
	}
	if n != 8 {
		n = min(n, 4)
	}
	if at := i - 1 - n; (n == 8 || n == 4) && at >= 0 && isSeverity(b[at]) {
		return at
	}
	return -1
}

// separates reports whether a header may follow the prefix: a word that happens to end in I does not lead to one.
func separates(prefix []byte) bool {
	switch prefix[len(prefix)-1] {
	case ' ', '\t', '|', ']', '>', ':', '"', 0xbf: // 0xbf ends a byte order mark
		return true
	case 'm':
		return bytes.IndexByte(prefix, 0x1b) >= 0
	}
	return false
}

// uncoloured takes the colour codes from the end of a line.
func uncoloured(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == 'm' {
		i := len(b) - 2
		for i >= 0 && (b[i] == ';' || b[i] == '[' || b[i]-'0' <= 9) {
			i--
		}
		if i < 0 || b[i] != 0x1b {
			break
		}
		b = b[:i]
	}
	return b
}

// writerOf tells apart the threads of several processes whose output was joined: the upper half is made of what stands in
// front of the line, the lower half is the thread, so that the threads behind one prefix are known to belong together.
// Colours, quotes and indentation tell nothing, and neither do times.
func writerOf(prefix []byte, tid uint64) uint64 {
	var plain [maxPrefix + 1]byte
	n := 0
	for i := 0; i < len(prefix) && n < len(plain); i++ {
		if prefix[i] == 0x1b { // up to the letter that ends the code
			for i < len(prefix) && prefix[i] != 'm' {
				i++
			}
			continue
		}
		plain[n] = prefix[i]
		n++
	}
	var h uint64
	for rest := plain[:n]; len(rest) > 0; {
		n := 0
		for n < len(rest) && rest[n] > ' ' {
			n++
		}
		if telling(rest[:n]) {
			h = hash(h, rest[:n])
		}
		rest = rest[min(n+1, len(rest)):]
	}
	if h == 0 {
		return tid
	}
	return max(1, h>>32)<<32 | tid&(1<<32-1)
}

// telling reports whether a word has a letter or a digit, and is no time of day.
func telling(word []byte) bool {
	named := false
	for i, c := range word {
		if c == ':' && i > 0 && i+1 < len(word) && word[i-1]-'0' <= 9 && word[i+1]-'0' <= 9 {
			return false
		}
		named = named || c-'0' <= 9 || c|0x20 >= 'a' && c|0x20 <= 'z'
	}
	return named
}

// secondHeader finds another header in a message, whose own end was lost. The place is cheap to rule out: a header has a
// bracket behind a digit.
func secondHeader(msg []byte) int {
	for from := 0; ; {
		n := bytes.IndexByte(msg[from:], ']')
		if n < 0 {
			return -1
		}
		end := from + n
		from = end + 1
		if end < 27 || msg[end-1]-'0' > 9 {
			continue
		}
		if at := headerBefore(msg, end); at >= 0 {
			return at
		}
	}
}

// headerBefore returns where the header begins whose bracket is at end, -1 if there is none.
func headerBefore(b []byte, end int) int {
	i := end - 1
	for i > 0 && end-i <= maxDigits && b[i]-'0' <= 9 {
		i--
	}
	if b[i] != ':' {
		return -1
	}
	for colon := i; i > 0 && b[i] > ' '; i-- {
		if colon-i > maxFile {
			return -1
		}
	}
	tid := i - 1
	for tid > 0 && i-tid <= maxDigits+1 && b[tid]-'0' <= 9 {
		tid--
	}
	for tid > 0 && b[tid] == ' ' {
		tid--
	}
	// The time's last digit is at tid.
	at := dateBefore(b, tid-15)
	if at < 0 {
		return -1
	}
	var d days
	var h header
	if !d.header(b[at:], &h) || len(b)-len(h.msg) < end {
		return -1
	}
	return at
}

const (
	salt1 = 0x9e3779b97f4a7c15
	salt2 = 0xd6e8feb86659fd93
)

func mix(a, b uint64) uint64 {
	high, low := bits.Mul64(a^salt1, b^salt2)
	return high ^ low
}

// key tells the line from others of the same time: by the thread, the place in the source, the message's length, its
// first and its last 32 bytes.
func (h *header) key() uint64 {
	k := mix(h.tid, uint64(len(h.msg)))
	k = hash(k, h.site[max(0, len(h.site)-16):])
	if n := len(h.msg); n > 64 {
		return hash(hash(k, h.msg[:32]), h.msg[n-32:])
	}
	return hash(k, h.msg)
}

func hash(h uint64, b []byte) uint64 {
	for len(b) >= 16 {
		h = mix(h^binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])^uint64(len(b)))
		b = b[16:]
	}
	if len(b) >= 8 {
		h = mix(h, binary.LittleEndian.Uint64(b))
		b = b[8:]
	}
	if len(b) == 0 {
		return h
	}
	var tail uint64
	for i := range b {
		tail |= uint64(b[i]) << (8 * i)
	}
	return mix(h, tail^uint64(len(b))<<56)
}
