package text

import "bytes"

// Region is a piece of a file, beginning at the start of a line. Its lines are those that start before Own; the bytes
// behind belong to the next region and are there so that the last message can be read to its end.
type Region struct {
	Bytes []byte
	Own   int
	// First marks the beginning of a file. Elsewhere, lines before the first header belong to a message of the region
	// before.
	First bool
	// Last says that the file ends with Bytes.
	Last bool
}

// The limits of a message. What is longer is cut, and counted as truncated.
const (
	// MaxLine is how much of a line is looked at.
	MaxLine = 1 << 20
	// MaxBody is how far behind its header a message may go on.
	MaxBody = 64 << 10
	// Overhang is how many bytes behind Own a region must have, unless the file ends or its last line ends before: then
	// MaxBody behind that line are enough.
	Overhang = MaxLine + MaxBody
)

// Scanner cuts a region into lines.
//
//	for s := text.NewScanner(r); s.Next(); {
//		header(s.Line())
//	}
type Scanner struct {
	region     Region
	start, end int // of the line, without its newline
	next       int
	number     int
	cut        bool
}

// NewScanner returns a scanner before the first line.
func NewScanner(r Region) *Scanner { return &Scanner{region: r, number: -1} }

// Next moves to the next line that the region owns.
func (s *Scanner) Next() bool {
	if s.next >= s.region.Own {
		return false
	}
	s.start = s.next
	s.number++
	b := s.region.Bytes
	n := bytes.IndexByte(b[s.start:], '\n')
	if n < 0 {
		s.end, s.next = len(b), len(b)
		s.cut = true // longer than the overhang; or the file was cut, or is still being written
	} else {
		s.end, s.next = s.start+n, s.start+n+1
		s.cut = false
	}
	if s.end-s.start > MaxLine {
		s.end, s.cut = s.start+MaxLine, true
	}
	if s.end > s.start && b[s.end-1] == '\r' && !s.cut {
		s.end--
	}
	return true
}

// Line returns the line without its end. It is valid as long as the region's bytes are.
func (s *Scanner) Line() []byte { return s.region.Bytes[s.start:s.end] }

// Offset returns where the line begins in the region.
func (s *Scanner) Offset() int { return s.start }

// Number counts lines from 0.
func (s *Scanner) Number() int { return s.number }

// Cut reports whether the line has no end, or was longer than MaxLine.
func (s *Scanner) Cut() bool { return s.cut }

// Body returns the lines behind this one up to the next header, at most MaxBody bytes and also beyond what the region
// owns. It does not move the scanner.
func (s *Scanner) Body(isHeader func(line []byte) bool) []byte {
	b := s.region.Bytes
	from := min(s.next, len(b))
	limit := min(len(b), from+MaxBody)
	at := from
	for at < limit {
		n := bytes.IndexByte(b[at:limit], '\n')
		end := limit
		if n >= 0 {
			end = at + n
		}
		if isHeader(b[at:end]) {
			break
		}
		at = min(end+1, limit)
	}
	return b[from:at]
}
