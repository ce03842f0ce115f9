package cassandra

import "bytes"

// ballotSize is the length of a ballot as it is printed, a UUID.
const ballotSize = len("42b48cf2-e571-11f1-4a65-16fb18f2aabb")

// firstBallot returns the first UUID, or nothing.
func firstBallot(b []byte) []byte {
	for at := 0; ; {
		n := bytes.IndexByte(b[at:], '-')
		if n < 0 {
			return nil
		}
		at += n
		if at >= 8 && uuid(b[at-8:]) {
			return b[at-8 : at-8+ballotSize]
		}
		at++
	}
}

// secondBallot returns the UUID behind the first, or nothing.
func secondBallot(b []byte) []byte {
	first := firstBallot(b)
	if first == nil {
		return nil
	}
	return firstBallot(b[bytes.Index(b, first)+ballotSize:])
}

// lastBallot returns the last UUID, or nothing.
func lastBallot(b []byte) []byte {
	for end := len(b); ; {
		n := bytes.LastIndexByte(b[:end], '-')
		if n < 0 {
			return nil
		}
		if n >= 8 && uuid(b[n-8:]) {
			return b[n-8 : n-8+ballotSize]
		}
		end = n
	}
}

// uuid reports whether bytes begin with a UUID.
func uuid(b []byte) bool {
	if len(b) < ballotSize {
		return false
	}
	for i, c := range b[:ballotSize] {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if _, ok := nibble(c); !ok {
			return false
		}
	}
	return true
}

// ballotTime returns the time in a ballot, in 100 ns since 1582-10-15: what orders ballots. 0 for no ballot.
func ballotTime(b []byte) uint64 {
	if len(b) != ballotSize {
		return 0
	}
	hex := func(b []byte) (n uint64) {
		for _, c := range b {
			d, _ := nibble(c)
			n = n<<4 | d
		}
		return n
	}
	return hex(b[15:18])<<48 | hex(b[9:13])<<32 | hex(b[:8])
}

func nibble(c byte) (uint64, bool) {
	switch {
	case digit(c):
		return uint64(c - '0'), true
	case c >= 'a' && c <= 'f':
		return uint64(c-'a') + 10, true
	case c >= 'A' && c <= 'F':
		return uint64(c-'A') + 10, true
	}
	return 0, false
}
