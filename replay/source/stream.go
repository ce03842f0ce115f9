package source

import (
	"errors"
	"fmt"
	"io"
	"sync"
)

// memory is bytes that are there already; regions of it are not copied.
type memory []byte

// ReadAt implements io.ReaderAt.
func (m memory) ReadAt(p []byte, offset int64) (int, error) {
	if offset < 0 || offset >= int64(len(m)) {
		return 0, io.EOF
	}
	n := copy(p, m[offset:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// part returns some bytes of another.
func part(at io.ReaderAt, offset, size int64) io.ReaderAt {
	if m, ok := at.(memory); ok {
		return m[offset : offset+size : offset+size]
	}
	return io.NewSectionReader(at, offset, size)
}

// readFull reads all of p or returns why it could not.
func readFull(at io.ReaderAt, p []byte, offset int64) (int, error) {
	n, err := at.ReadAt(p, offset)
	n = min(max(n, 0), len(p))
	switch {
	case n == len(p):
		return n, nil
	case err == nil || err == io.EOF:
		return n, io.ErrUnexpectedEOF
	}
	return n, err
}

// limit is the error of something that is too big.
type limit string

func (l limit) Error() string { return string(l) }

func limitf(format string, args ...any) error { return limit(fmt.Sprintf(format, args...)) }

// bounded counts what comes out of a decoder. While Open walks, it is taken from what may be unpacked in all.
type bounded struct {
	r      io.Reader
	walker *walker
	// left is what remains of most, which is Limits.EntryBytes.
	left, most int64
}

func (b *bounded) Read(p []byte) (int, error) {
	left := b.left
	if w := b.walker; w != nil {
		left = min(left, w.root, w.total)
	}
	if left <= 0 && len(p) > 0 {
		var one [1]byte
		n, err := b.r.Read(one[:])
		if n <= 0 {
			return 0, err // it ends at the limit
		}
		return 0, b.passed()
	}
	n, err := b.r.Read(p[:min(int64(len(p)), left)])
	n = max(n, 0)
	b.left -= int64(n)
	if w := b.walker; w != nil {
		w.root -= int64(n)
		w.total -= int64(n)
	}
	return n, err
}

// passed says which limit was reached.
func (b *bounded) passed() error {
	w := b.walker
	switch {
	case w != nil && w.root <= 0:
		return limitf("its file unpacks to more than %d times its size, the limit", w.limits.Ratio)
	case w != nil && w.total <= 0:
		return limitf("all files unpack to more than %d bytes, the limit", w.limits.TotalBytes)
	}
	return limitf("it unpacks to more than %d bytes, the limit for one entry", b.most)
}

// forward reads a stream at offsets that only grow.
type forward struct {
	r  io.Reader
	at int64
}

// ReadAt implements io.ReaderAt, forwards only.
func (f *forward) ReadAt(p []byte, offset int64) (int, error) {
	if offset < f.at {
		return 0, fmt.Errorf("a stream at byte %d cannot go back to %d", f.at, offset)
	}
	if err := f.skip(offset); err != nil {
		return 0, err
	}
	buf, err := fill(f.r, p[:0:len(p)])
	f.at += int64(len(buf))
	return len(buf), err
}

func (f *forward) skip(to int64) error {
	n, err := io.CopyN(io.Discard, f.r, to-f.at)
	f.at += n
	return err
}

// solid is a stream that can only be read from its beginning. The last reader waits where it stopped, for somebody who
// wants to go on from there.
type solid struct {
	open func(*walker) (io.Reader, error)

	mu      sync.Mutex
	waiting *forward
}

// take returns a reader at an offset, for the caller alone.
func (s *solid) take(offset int64) (*forward, error) {
	s.mu.Lock()
	f := s.waiting
	s.waiting = nil
	s.mu.Unlock()
	if f == nil || f.at > offset {
		r, err := s.open(nil)
		if err != nil {
			return nil, err
		}
		f = &forward{r: r}
	}
	return f, f.skip(offset)
}

func (s *solid) leave(f *forward) {
	s.mu.Lock()
	s.waiting = f
	s.mu.Unlock()
}

// section is a part of a solid stream, read in order.
type section struct {
	solid   *solid
	at, end int64
	over    error // what to say if there is something behind the end
	reader  *forward
	err     error
}

func (s *section) Read(p []byte) (int, error) {
	if s.solid == nil {
		return 0, io.EOF // of an Entry that Open did not make
	}
	if s.err != nil {
		return 0, s.err
	}
	if s.reader == nil {
		if s.reader, s.err = s.solid.take(s.at); s.err != nil {
			s.reader = nil
			return 0, s.err
		}
	}
	if s.at >= s.end {
		s.err = io.EOF
		if s.over != nil {
			var one [1]byte
			if buf, _ := fill(s.reader.r, one[:0]); len(buf) > 0 {
				s.err, s.reader = s.over, nil
			}
		}
		return 0, s.err
	}
	n, err := s.reader.r.Read(p[:min(int64(len(p)), s.end-s.at)])
	n = max(n, 0)
	s.at += int64(n)
	s.reader.at += int64(n)
	if err != nil {
		s.err, s.reader = err, nil
		if errors.Is(err, io.EOF) && s.at < s.end && s.over == nil {
			s.err = io.ErrUnexpectedEOF
		}
	}
	return n, s.err
}

// release leaves the reader for the next one.
func (s *section) release() {
	if s.reader != nil {
		s.solid.leave(s.reader)
		s.reader = nil
	}
}
