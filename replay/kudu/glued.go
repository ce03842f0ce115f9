package kudu

import "bytes"

// glued finds another header in a message, whose own end was lost: -1 if there is none. The place is cheap to
// rule out: a header has a bracket behind a digit.
func (r *headers) glued(msg []byte) int {
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
		if at := r.before(msg, end); at >= 0 {
			return at
		}
	}
}

// before returns where the header begins whose bracket is at end, -1 if there is none.
func (r *headers) before(b []byte, end int) int {
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
	var h header
	if !r.read(b[at:], &h) || len(b)-len(h.msg) < end {
		return -1
	}
	return at
}
