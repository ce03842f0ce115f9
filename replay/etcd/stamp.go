package etcd

// stamp is when a line was written.
type stamp struct {
	at int64 // microseconds since 1970 UTC
	// zoned says that the instant is certain: the stamp has a zone, or counts seconds since 1970.
	zoned bool
	// fine says that it has microseconds, so that equal lines of equal time are one line twice. etcd 3.4 has milliseconds.
	fine bool
}

const (
	second = 1_000_000 // in microseconds
	day    = 86_400 * second
	// lastSecond is the end of the year 9999.
	lastSecond = 253_402_300_799
)

// zapStamp reads the value of "ts": an ISO time in quotes, or seconds since 1970 as a number, which etcd writes before
// its logger is configured (and ISO times behind it in the same file).
func zapStamp(value []byte) (stamp, bool) {
	if in := inner(value); in != nil {
		return isoStamp(in)
	}
	at, ok := decimal(value)
	return stamp{at: at, zoned: true}, ok
}

// isoStamp reads 2026-11-21T01:50:56.823733Z; the fraction and the zone (Z, +0530, +05:30) may be missing.
func isoStamp(b []byte) (stamp, bool) {
	if len(b) < 19 || b[10] != 'T' && b[10] != ' ' {
		return stamp{}, false
	}
	days, ok := date(b, '-')
	if !ok {
		return stamp{}, false
	}
	clock, ok := clockTime(b[11:])
	if !ok {
		return stamp{}, false
	}
	s := stamp{at: days*day + clock}
	b = b[19:]
	if len(b) > 0 && b[0] == '.' {
		us, n := fraction(b[1:])
		if n == 0 {
			return stamp{}, false
		}
		s.at, s.fine, b = s.at+us, n >= 6, b[1+n:]
	}
	if len(b) == 0 {
		return s, true
	}
	offset, ok := zone(b)
	s.at, s.zoned = s.at-offset, true
	return s, ok
}

// zone reads Z, +0530 or +05:30 as microseconds east of UTC.
func zone(b []byte) (int64, bool) {
	if len(b) == 1 && b[0] == 'Z' {
		return 0, true
	}
	if len(b) == 6 && b[3] == ':' {
		b = []byte{b[0], b[1], b[2], b[4], b[5]}
	}
	if len(b) != 5 || b[0] != '+' && b[0] != '-' {
		return 0, false
	}
	h, m := digits(b[1:3]), digits(b[3:5])
	if h < 0 || h > 23 || m < 0 || m > 59 {
		return 0, false
	}
	offset := int64(h*3600+m*60) * second
	if b[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// date reads 2019-01-21, with any separator, as days since 1970.
func date(b []byte, separator byte) (int64, bool) {
	if len(b) < 10 || b[4] != separator || b[7] != separator {
		return 0, false
	}
	y, m, d := digits(b[:4]), digits(b[5:7]), digits(b[8:10])
	if y < 0 || m < 1 || m > 12 || d < 1 || d > monthDays(y, m) {
		return 0, false
	}
	return daysSince1970(y, m, d), true
}

func monthDays(y, m int) int {
	switch {
	case m == 2 && y%4 == 0 && (y%100 != 0 || y%400 == 0):
		return 29
	case m == 2:
		return 28
	case m == 4 || m == 6 || m == 9 || m == 11:
		return 30
	}
	return 31
}

// daysSince1970 counts in years that begin with March, so that the leap day comes last.
func daysSince1970(y, m, d int) int64 {
	if m <= 2 {
		y, m = y-1, m+12
	}
	y += 400 // keeps the divisions below positive in the year 0
	days := 365*y + y/4 - y/100 + y/400 + (153*(m-3)+2)/5 + d - 1
	const march1st0 = 719_468 // days from 0000-03-01 to 1970-01-01
	return int64(days) - 146_097 - march1st0
}

// clockTime reads 05:04:17 as microseconds of the day.
func clockTime(b []byte) (int64, bool) {
	if len(b) < 8 || b[2] != ':' || b[5] != ':' {
		return 0, false
	}
	h, m, s := digits(b[:2]), digits(b[3:5]), digits(b[6:8])
	if h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59 {
		return 0, false
	}
	return int64(h*3600+m*60+s) * second, true
}

// digits reads a number of digits only, or returns -1.
func digits(b []byte) int {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// fraction reads the digits behind a point as microseconds and returns how many there are; behind the sixth they count for
// nothing.
func fraction(b []byte) (us int64, n int) {
	unit := int64(second / 10)
	for n < len(b) && b[n] >= '0' && b[n] <= '9' {
		us += int64(b[n]-'0') * unit
		unit /= 10
		n++
	}
	return us, n
}

// decimal reads seconds since 1970, as in 1677054129.11, as microseconds.
func decimal(b []byte) (int64, bool) {
	whole, i := int64(0), 0
	for ; i < len(b) && b[i] >= '0' && b[i] <= '9'; i++ {
		if whole = whole*10 + int64(b[i]-'0'); whole > lastSecond {
			return 0, false
		}
	}
	if i == 0 {
		return 0, false
	}
	if i == len(b) {
		return whole * second, true
	}
	if b[i] != '.' {
		return 0, false
	}
	us, n := fraction(b[i+1:])
	return whole*second + us, n > 0 && i+1+n == len(b)
}

// duration reads Go's form, 1h2m3.5s, as microseconds; -1 if it is none or too long to count.
func duration(b []byte) int64 {
	if len(b) == 0 {
		return -1
	}
	total := int64(0)
	for len(b) > 0 {
		whole, i := int64(0), 0
		for ; i < len(b) && b[i] >= '0' && b[i] <= '9'; i++ {
			if whole = whole*10 + int64(b[i]-'0'); whole > lastSecond {
				return -1
			}
		}
		part, n := int64(0), 0 // millionths
		if i < len(b) && b[i] == '.' {
			part, n = fraction(b[i+1:])
			n++
		}
		if i == 0 && n < 2 {
			return -1
		}
		b = b[i+n:]
		us, size := unit(b, whole, part)
		if size == 0 {
			return -1
		}
		if total += us; total > lastSecond*second {
			return -1
		}
		b = b[size:]
	}
	return total
}

// unit returns whole.part of the unit at the start of b as microseconds, and the unit's length.
func unit(b []byte, whole, part int64) (us int64, size int) {
	size = 0
	for size < len(b) && b[size] != '.' && (b[size] < '0' || b[size] > '9') {
		size++
	}
	if whole > lastSecond/3600 && size == 1 && (b[0] == 'h' || b[0] == 'm') {
		return 0, 0
	}
	switch string(b[:size]) {
	case "h":
		return whole*3600*second + part*3600, size
	case "m":
		return whole*60*second + part*60, size
	case "s":
		return whole*second + part, size
	case "ms":
		return whole*1000 + part/1000, size
	case "us", "µs", "μs":
		return whole, size
	case "ns":
		return whole / 1000, size
	}
	return 0, 0
}
