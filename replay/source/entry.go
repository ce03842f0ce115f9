package source

import (
	"bytes"
	"fmt"
	"io"
	"iter"

	"tabletop/replay/text"
)

// RegionSize is the usual size of a region in bytes: small enough that what was read is still in the processor's cache when
// it is parsed, big enough that what is read twice is a small part.
const RegionSize = 1 << 20

// Entry is one log: a file, or a member of an archive, unpacked, without a byte order mark, in UTF-8 if it was UTF-16.
// Offsets are those of this text. An Entry is never changed; several goroutines may read it.
type Entry struct {
	// Path is the file's name; for a member of an archive, with its name in the archive appended. It differs from that of
	// every other entry.
	Path string
	// Size is in bytes; -1 when the entry is a stream whose end was not seen yet.
	Size int64
	// Modified is what the archive or the file says, in microseconds since 1970 UTC; 0 is unknown.
	Modified int64

	at    io.ReaderAt // nil: a stream
	solid *solid
	base  int64 // where the text begins in solid
	limit int64 // for a stream without Size: how much is read at most
}

// Piece is a region and where it begins in the entry.
type Piece struct {
	text.Region
	Offset int64
}

// Random reports whether regions can be read in any order and at the same time.
func (e *Entry) Random() bool { return e.at != nil }

// NumRegions returns how many regions of a size Region can return; 0 for a stream.
func (e *Entry) NumRegions(size int) int {
	if e.at == nil {
		return 0
	}
	s := regionSize(size)
	return int((e.Size + s - 1) / s)
}

// Region returns the lines that begin in the i-th piece of a size, 0 meaning RegionSize. It owns nothing when it lies
// within one line. Its bytes are valid until buf, which it may use, is used again, and must not be changed. With an
// error, the region ends where reading failed.
func (e *Entry) Region(i, size int, buf []byte) (Piece, error) {
	s := regionSize(size)
	if i < 0 || i >= e.NumRegions(size) {
		return Piece{}, fmt.Errorf("%s: region %d of %d", e.Path, i, e.NumRegions(size))
	}
	from := int64(i) * s
	to := min(from+s, e.Size)
	at := max(from-1, 0)
	window, err := e.window(buf, at, min(to+nearby, e.Size))
	if err == nil && to+nearby < e.Size && !endsWell(window[to-1-at:]) {
		window, err = e.window(buf, at, min(to+text.Overhang, e.Size))
	}
	return cut(window, at, from, to, at+int64(len(window)) == e.Size || err != nil), err
}

// nearby is how much behind a region is read at first: a whole overhang would cost as much again as a region.
const nearby = text.MaxBody + 8<<10

// endsWell reports whether the region's last line and its message end in the tail, which begins at the region's last byte.
func endsWell(tail []byte) bool {
	n := bytes.IndexByte(tail, '\n')
	return n >= 0 && len(tail) >= n+1+text.MaxBody
}

// window returns the bytes from one offset to another, less if reading fails.
func (e *Entry) window(buf []byte, from, to int64) ([]byte, error) {
	if m, ok := e.at.(memory); ok {
		return m[from:to:to], nil
	}
	if int64(cap(buf)) < to-from {
		buf = make([]byte, to-from)
	}
	buf = buf[:to-from]
	n, err := readFull(e.at, buf, from)
	if err != nil {
		return buf[:n], fmt.Errorf("%s: reading bytes %d to %d: %w", e.Path, from, to, err)
	}
	return buf, nil
}

// cut returns the region from one offset to another. The window begins at the byte before it, which tells whether a line
// begins with the region.
func cut(window []byte, at, from, to int64, last bool) Piece {
	end := at + int64(len(window))
	to = min(to, end)
	start := min(from, end)
	if from > 0 && start < to {
		if n := bytes.IndexByte(window[from-1-at:to-1-at], '\n'); n >= 0 {
			start = from + int64(n)
		} else {
			start = to
		}
	}
	p := Piece{Region: text.Region{First: from == 0, Last: last}, Offset: start}
	if start < to {
		p.Bytes, p.Own = window[start-at:], int(to-start)
	}
	return p
}

func regionSize(size int) int64 {
	if size <= 0 {
		return RegionSize
	}
	return int64(size)
}

// Regions yields the regions that own lines, in order; together they own each line once, whatever the size. Bytes are
// valid until the next step. An error comes last.
func (e *Entry) Regions(size int) iter.Seq2[Piece, error] {
	if e.at == nil {
		return func(yield func(Piece, error) bool) { e.stream(regionSize(size), yield) }
	}
	return func(yield func(Piece, error) bool) {
		var buf []byte
		if _, ok := e.at.(memory); !ok {
			buf = make([]byte, min(regionSize(size)+text.Overhang+1, e.Size))
		}
		for i := range e.NumRegions(size) {
			p, err := e.Region(i, size, buf)
			if p.Own > 0 && !yield(p, nil) {
				return
			}
			if err != nil {
				yield(Piece{}, err)
				return
			}
		}
	}
}

// stream reads a stream once and yields its regions, cut like those of a file.
func (e *Entry) stream(size int64, yield func(Piece, error) bool) {
	r := e.reader(0)
	defer r.release()
	var err error
	buf := make([]byte, 0, 2*(size+text.Overhang))
	at := int64(0) // of buf[0]
	for from := int64(0); ; from += size {
		if want := from + size + text.Overhang; err == nil && at+int64(len(buf)) < want {
			if want-at > int64(cap(buf)) {
				keep := max(from-1, 0)
				buf = buf[:copy(buf, buf[keep-at:])]
				at = keep
			}
			buf, err = fill(r, buf)
		}
		end := at + int64(len(buf))
		to := min(from+size, end)
		stop := min(to+text.Overhang, end)
		if from >= end {
			break
		}
		before := max(from-1, 0)
		p := cut(buf[before-at:stop-at:stop-at], before, from, to, err != nil && stop == end)
		if p.Own > 0 && !yield(p, nil) {
			return
		}
	}
	if err != io.EOF {
		yield(Piece{}, Skipped{Path: e.Path, Reason: err.Error(), Read: at + int64(len(buf))})
	}
}

// fill reads until the buffer is full, and returns why it stopped before.
func fill(r io.Reader, buf []byte) ([]byte, error) {
	n := len(buf)
	buf = buf[:cap(buf)]
	for empty := 0; n < len(buf); {
		k, err := r.Read(buf[n:])
		n += k
		if err != nil {
			return buf[:n], err
		}
		if k > 0 {
			empty = 0
		} else if empty++; empty == 100 {
			return buf[:n], io.ErrNoProgress
		}
	}
	return buf, nil
}

// ReadAt reads the text. For a stream this is slow: see the package comment.
func (e *Entry) ReadAt(p []byte, offset int64) (int, error) {
	switch {
	case offset < 0:
		return 0, fmt.Errorf("%s: offset %d: expected 0 or more", e.Path, offset)
	case e.at != nil && offset >= e.Size:
		return 0, io.EOF
	case e.at != nil:
		whole := int64(len(p)) <= e.Size-offset
		p = p[:min(int64(len(p)), e.Size-offset)]
		n, err := readFull(e.at, p, offset)
		if err == nil && !whole {
			err = io.EOF
		}
		return n, err
	}
	r := e.reader(offset)
	defer r.release()
	buf, err := fill(r, p[:0:len(p)])
	return len(buf), err
}

// reader returns a stream's text from an offset.
func (e *Entry) reader(offset int64) *section {
	s := &section{solid: e.solid, at: e.base + offset, end: e.base + e.Size}
	if e.Size < 0 {
		s.end = e.base + e.limit
		s.over = limitf("it unpacks to more than %d bytes, the limit for it", e.limit)
	}
	return s
}
