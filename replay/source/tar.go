package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	tarBlock = 512
	// tarSpecial is how big a header of names and times may be. The standard library has the same limit.
	tarSpecial = 1 << 20
)

// tarMember is a member of a tar: where its bytes are and what it says about itself.
type tarMember struct {
	name           string
	offset, size   int64
	modified       int64
	kind           byte
	sparse         bool
	named, resized bool // by an extended header
}

// tarReader goes through a tar by offsets that only grow. The forms are those of POSIX.1-1988 (ustar), POSIX.1-2001
// (pax) and GNU, and those of Unix version 7, which have a checksum but no name.
type tarReader struct {
	at     io.ReaderAt
	offset int64
}

// next returns the next member; io.EOF after the last.
func (t *tarReader) next() (tarMember, error) {
	var m tarMember
	for {
		var h [tarBlock]byte
		n, err := readFull(t.at, h[:], t.offset)
		switch {
		case err != nil && n == 0 && errors.Is(err, io.ErrUnexpectedEOF):
			return m, fmt.Errorf("the tar ends at byte %d without its end mark", t.offset)
		case err != nil:
			return m, fmt.Errorf("byte %d: expected a tar header: %w", t.offset, err)
		case h == [tarBlock]byte{}:
			return m, io.EOF
		case !tarChecksum(h[:]):
			return m, fmt.Errorf("byte %d: expected a tar header, its checksum is wrong", t.offset)
		}
		size, ok := tarNumber(h[124:136])
		if !ok {
			return m, fmt.Errorf("byte %d: expected a size in the tar header, not %q", t.offset, h[124:136])
		}
		kind, data := h[156], t.offset+tarBlock
		t.offset = data + tarRound(size)
		switch kind {
		case 'x':
			err = t.extended(data, size, &m)
		case 'L':
			m.name, err = t.special(data, size)
			m.name, m.named = strings.TrimRight(m.name, "\x00"), true
		case 'g', 'K':
		default:
			t.finish(&m, h[:], data, size)
			return m, nil
		}
		if err != nil {
			return m, err
		}
	}
}

// finish fills in what no extended header gave.
func (t *tarReader) finish(m *tarMember, h []byte, data, size int64) {
	m.kind, m.offset = h[156], data
	if !m.named {
		m.name = tarString(h[:100])
		if prefix := tarString(h[345:500]); prefix != "" && bytes.HasPrefix(h[257:], []byte("ustar\x00")) {
			m.name = prefix + "/" + m.name
		}
	}
	if !m.resized {
		m.size = size
	}
	t.offset = data + tarRound(m.size)
	if seconds, ok := tarNumber(h[136:148]); ok && m.modified == 0 && seconds < 1<<40 {
		m.modified = seconds * 1e6
	}
	m.sparse = m.sparse || m.kind == 'S'
}

// odd returns why a member is no file; empty for files and directories.
func (m tarMember) odd() string {
	if m.sparse {
		return "a sparse file, which is not read here: unpack it first"
	}
	switch m.kind {
	case 0, '0', '7', '5':
		return ""
	case '1':
		return "a hard link, not a file"
	case '2':
		return "a symbolic link, not a file"
	case '3', '4':
		return "a device, not a file"
	case '6':
		return "a pipe, not a file"
	}
	return fmt.Sprintf("a tar member of kind %q, not a file", m.kind)
}

func (m tarMember) directory() bool {
	return m.kind == '5' || m.kind == 0 && strings.HasSuffix(m.name, "/")
}

func (t *tarReader) special(offset, size int64) (string, error) {
	if size > tarSpecial {
		return "", fmt.Errorf("byte %d: a tar header of %d bytes: expected at most %d", offset, size, tarSpecial)
	}
	b, err := io.ReadAll(io.NewSectionReader(t.at, offset, size))
	if err == nil && int64(len(b)) < size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return "", fmt.Errorf("byte %d: expected an extended tar header: %w", offset, err)
	}
	return string(b), nil
}

// extended reads pax records, `27 mtime=1350244992.023960108`; the length counts itself.
func (t *tarReader) extended(offset, size int64, m *tarMember) error {
	s, err := t.special(offset, size)
	if err != nil {
		return err
	}
	for s != "" {
		length, rest, ok := strings.Cut(s, " ")
		n, err := strconv.Atoi(length)
		if !ok || err != nil || n <= len(length)+1 || n > len(s) {
			return fmt.Errorf("byte %d: expected `length key=value` in an extended tar header, not %.40q", offset, s)
		}
		record := strings.TrimSuffix(rest[:n-len(length)-1], "\n")
		s = s[n:]
		key, value, _ := strings.Cut(record, "=")
		switch {
		case key == "path":
			m.name, m.named = value, true
		case key == "size":
			if m.size, err = strconv.ParseInt(value, 10, 64); err != nil || m.size < 0 || m.size > tarMost {
				return fmt.Errorf("byte %d: expected a size in an extended tar header, not %.40q", offset, value)
			}
			m.resized = true
		case key == "mtime":
			whole, _, _ := strings.Cut(value, ".")
			if seconds, err := strconv.ParseInt(whole, 10, 64); err == nil && seconds > 0 && seconds < 1<<40 {
				m.modified = seconds * 1e6
			}
		case strings.HasPrefix(key, "GNU.sparse."):
			m.sparse = true
		}
	}
	return nil
}

// tarMost is the biggest size that is believed; sums of two stay far from overflow.
const tarMost = 1 << 60

// tarNumber reads an octal number, or GNU's binary form for what does not fit.
func tarNumber(b []byte) (int64, bool) {
	n := int64(0)
	if b[0]&0x80 != 0 {
		for i, c := range b {
			if i == 0 {
				c &= 0x7f
			}
			if n > tarMost>>8 {
				return 0, false
			}
			n = n<<8 | int64(c)
		}
		return n, n <= tarMost
	}
	for _, c := range bytes.Trim(b, " \x00") {
		if c < '0' || c > '7' {
			return 0, false
		}
		n = n<<3 | int64(c-'0')
	}
	return n, true
}

func tarString(b []byte) string {
	if n := bytes.IndexByte(b, 0); n >= 0 {
		b = b[:n]
	}
	return string(b)
}

func tarRound(size int64) int64 { return (size + tarBlock - 1) &^ (tarBlock - 1) }

// tarChecksum reports whether a block is a tar header: the sum of its bytes with the sum's own as blanks, as unsigned
// or, from old Suns, as signed bytes.
func tarChecksum(h []byte) bool {
	want, ok := tarNumber(h[148:156])
	if !ok || want == 0 {
		return false
	}
	var unsigned, signed int64
	for i, c := range h {
		if i >= 148 && i < 156 {
			c = ' '
		}
		unsigned += int64(c)
		signed += int64(int8(c))
	}
	return want == unsigned || want == signed
}

// Tar reads tars, also compressed ones, whose members then are parts of one stream.
func Tar() Container { return Container{readTar} }

// readTar goes through the members of a tar.
func readTar(w *walker, b blob, depth int) {
	at := b.at
	var f *forward
	if at == nil {
		r, err := b.reader(w)
		if err != nil {
			w.skip(b.path, "%v", err)
			return
		}
		f = &forward{r: r}
		at = f
	}
	for t := (tarReader{at: at}); ; {
		m, err := t.next()
		if err != nil {
			if err == io.EOF && f != nil {
				// The checksum comes at the end of the stream.
				if _, err = io.Copy(io.Discard, f.r); err == nil {
					return
				}
			}
			if err != io.EOF {
				w.cut(b.path, t.offset, "%v", err)
			}
			return
		}
		if !w.count(b.path) {
			return
		}
		inner := blob{path: member(b.path, m.name), modified: m.modified}
		whole := true
		switch reason := m.odd(); {
		case reason != "":
			w.skip(inner.path, "%s", reason)
		case m.directory():
		case f != nil:
			whole = w.tarForward(b, inner, f, m, depth+1)
		default:
			inner.size = max(min(m.size, b.size-m.offset), 0)
			inner.at = part(b.at, min(m.offset, b.size), inner.size)
			w.walk(inner, depth+1)
			if whole = inner.size == m.size; !whole {
				w.cut(inner.path, inner.size, "the archive was cut: expected %d bytes", m.size)
			}
		}
		if !whole {
			return
		}
	}
}

// tarForward goes on with a member of a tar that is a stream, and reports whether it was all there.
func (w *walker) tarForward(b, inner blob, f *forward, m tarMember, depth int) bool {
	r := io.NewSectionReader(f, m.offset, m.size)
	l := w.load(r)
	if l.whole {
		if l.err == nil && l.seen < m.size {
			l.err = io.ErrUnexpectedEOF
		}
		if l.err != nil {
			l.err = fmt.Errorf("the archive was cut, expected %d bytes: %w", m.size, l.err)
		}
		w.kept(inner, l.data, l.err, depth)
		return l.err == nil
	}
	rest, err := io.Copy(io.Discard, r)
	inner.head, inner.size, inner.solid, inner.base = l.data, l.seen+rest, b.solid, b.base+m.offset
	w.walk(inner, depth)
	if inner.size < m.size {
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		w.cut(inner.path, inner.size, "the archive was cut, expected %d bytes: %v", m.size, err)
		return false
	}
	return true
}
