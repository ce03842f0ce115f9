package kudu

import (
	"encoding/binary"
	"strings"
	"time"
)

// header is the head of a glog line: I20261121 05:04:17.972628 15326 file.cc:381] message. Before Kudu 1.17 the year is
// missing, and the thread is padded to five characters.
type header struct {
	at       int64 // microseconds since 1970, as if in UTC; in the year 0 when yearless
	tid      uint64
	site     *site
	msg      []byte
	severity byte
	yearless bool
}

// compiled reports whether the source file is one of C++: others, such as Kubernetes, write the same header.
func (h *header) compiled() bool {
	return strings.HasSuffix(h.site.file, ".cc") || strings.HasSuffix(h.site.file, ".h")
}

// headers reads headers. A log has many lines of one second and many from one place in the source: what those bytes mean is
// worked out once, so that most of a header is compared and not read.
type headers struct {
	date, clock uint64 // the last second as it was written, 20261121 and 05:04:17
	second      int64  // when it began, in microseconds since 1970
	known       bool
	sites       sites
}

// maxDigits is the most digits of a thread or a line.
const maxDigits = 19

// read reads the header that b begins with. It is none if its time does not exist.
func (r *headers) read(b []byte, h *header) bool {
	const shortest = 28
	if len(b) < shortest || !isSeverity(b[0]) {
		return false
	}
	clock := 10
	date := binary.LittleEndian.Uint64(b[1:])
	if b[9] != ' ' {
		if b[5] != ' ' {
			return false
		}
		clock = 6
		date &= 1<<32 - 1
	}
	us, ok := micros(binary.LittleEndian.Uint64(b[clock+8:]))
	if !ok || !r.at(date, b[1:clock-1], b[clock:clock+8]) {
		return false
	}
	h.at, h.severity, h.yearless = r.second+us, b[0], clock == 6
	i := clock + 16
	for i < len(b) && b[i] == ' ' {
		i++
	}
	if h.tid, i, ok = digits(b, i); !ok || i >= len(b) || b[i] != ' ' {
		return false
	}
	if h.site, i = r.sites.before(b, i+1); h.site == nil {
		return false
	}
	if h.msg = b[i:]; len(h.msg) > 0 {
		if h.msg[0] != ' ' {
			return false
		}
		h.msg = h.msg[1:]
	}
	return true
}

func isSeverity(c byte) bool { return c == 'I' || c == 'W' || c == 'E' || c == 'F' }

func digits(b []byte, i int) (v uint64, end int, ok bool) {
	from := i
	for i < len(b) && b[i]-'0' <= 9 {
		v = v*10 + uint64(b[i]-'0')
		i++
	}
	return v, i, i > from && i-from <= maxDigits
}

// everyByte times a byte is a word of eight of them.
const everyByte = 0x0101010101010101

// micros reads the word ".972628 ": all six digits at a time, as they differ in every line.
func micros(word uint64) (int64, bool) {
	const form = 0x20303030303030_2e // ".000000 ", the first byte in the lowest place
	const ends = 0xff000000000000_ff
	d := word ^ form
	if d&ends != 0 || (d|d+everyByte*(0x80-10))&^ends&(everyByte*0x80) != 0 {
		return 0, false
	}
	d >>= 8
	pairs := d*10 + d>>8 // in every other byte
	return int64(pairs&0xff*10000 + pairs>>16&0xff*100 + pairs>>32&0xff), true
}

// at goes to the second of a date, which is given as a word too, and a time of day; false if there is none such.
func (r *headers) at(word uint64, date, clock []byte) bool {
	written := binary.LittleEndian.Uint64(clock)
	if r.known && word == r.date && written == r.clock {
		return true
	}
	midnight, ok := midnightOf(date)
	if !ok {
		return false
	}
	since, ok := clockOf(clock)
	if !ok {
		return false
	}
	r.date, r.clock, r.second, r.known = word, written, midnight+since, true
	return true
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

// clockOf reads 05:04:17 as microseconds since midnight.
func clockOf(b []byte) (int64, bool) {
	_ = b[7]
	if b[2] != ':' || b[5] != ':' {
		return 0, false
	}
	h, m, s := two(b[0], b[1]), two(b[3], b[4]), two(b[6], b[7])
	if h > 23 || m > 59 || s > 60 { // 60: a leap second
		return 0, false
	}
	return ((int64(h)*60+int64(m))*60 + int64(s)) * 1e6, true
}

// midnightOf reads a date of eight digits, or of four without the year.
func midnightOf(b []byte) (int64, bool) {
	year := 0
	if len(b) == 8 {
		high, low := two(b[0], b[1]), two(b[2], b[3])
		if high > 99 || low > 99 {
			return 0, false
		}
		year, b = int(high)*100+int(low), b[4:]
	}
	return midnight(year, two(b[0], b[1]), two(b[2], b[3]))
}

// midnight returns the beginning of a day in microseconds since 1970. The year 0 is a leap year, so that a February 29
// without a year exists.
func midnight(year int, month, day byte) (int64, bool) {
	t := time.Date(year, time.Month(month), int(day), 0, 0, 0, 0, time.UTC)
	return t.UnixMicro(), t.Month() == time.Month(month) && t.Day() == int(day)
}

// created reads the line that a file begins with: Log file created at: 2026/11/21 05:04:17.
func created(b []byte) (int64, bool) {
	const words = "Log file created at: "
	if len(b) < len(words)+19 || string(b[:len(words)]) != words {
		return 0, false
	}
	b = b[len(words):]
	if b[4] != '/' || b[7] != '/' || b[10] != ' ' {
		return 0, false
	}
	midnight, ok := midnightOf([]byte{b[0], b[1], b[2], b[3], b[5], b[6], b[8], b[9]})
	if !ok {
		return 0, false
	}
	since, ok := clockOf(b[11:19])
	return midnight + since, ok
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

// begins reports whether a line has a header.
func (r *headers) begins(line []byte) bool {
	var h header
	if r.read(line, &h) {
		return true
	}
	at := foreign(line)
	return at > 0 && r.read(line[at:], &h)
}
