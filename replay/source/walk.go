package source

import (
	"encoding/binary"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// walker is one Open.
type walker struct {
	limits  Limits
	options Options
	entries []Entry
	skipped []Skipped
	names   map[string]int

	members     int   // files and members looked at
	root, total int64 // what may still be unpacked of this file, and of all
	keep        int64 // what may still be kept in memory
	// tails are the entries whose end was not seen, with what was unpacked of each.
	tails    []int
	unpacked map[int]int64
}

// blob is bytes that lie somewhere and were not looked at yet: random access, or a part of a stream.
type blob struct {
	path     string
	modified int64

	at   io.ReaderAt // nil: a stream
	size int64       // -1: a stream whose end was not seen

	solid *solid
	base  int64
	head  []byte // of a stream
	seen  int64  // of a stream without size: how much was unpacked
}

// peek returns the first bytes.
func (b blob) peek() ([]byte, error) {
	if b.at == nil {
		return b.head, nil
	}
	head := make([]byte, min(headSize, b.size))
	n, err := readFull(b.at, head, 0)
	return head[:n], err
}

// reader reads the blob from its beginning. What a walker is given for was not counted yet.
func (b blob) reader(w *walker) (io.Reader, error) {
	switch {
	case b.at != nil:
		return io.NewSectionReader(b.at, 0, b.size), nil
	case b.size < 0:
		return b.solid.open(w)
	}
	return &section{solid: b.solid, at: b.base, end: b.base + b.size}, nil
}

func (w *walker) skip(path, format string, args ...any) {
	w.skipped = append(w.skipped, Skipped{Path: path, Reason: fmt.Sprintf(format, args...)})
}

// lacks reports a format that the options do not have.
func (w *walker) lacks(path, format string) {
	reason := format + ", which is not read here: unpack it first"
	w.skipped = append(w.skipped, Skipped{Path: path, Reason: reason, Needs: format})
}

// cut reports that only the beginning could be read.
func (w *walker) cut(path string, read int64, format string, args ...any) {
	w.skipped = append(w.skipped, Skipped{Path: path, Reason: fmt.Sprintf(format, args...), Read: read})
}

// count counts a member of an archive and reports whether it may be looked at.
func (w *walker) count(archive string) bool {
	if w.members >= w.limits.Entries {
		w.skip(archive, "the rest of it: more than %d files and members", w.limits.Entries)
		return false
	}
	w.members++
	return true
}

// walk looks what a blob is and goes on with what is in it.
func (w *walker) walk(b blob, depth int) {
	if b.at == nil && b.solid == nil {
		w.skip(b.path, "it has no bytes to read")
		return
	}
	head, err := b.peek()
	if err != nil {
		w.skip(b.path, "reading its first %d bytes: %v", min(headSize, b.size), err)
		return
	}
	k, reason := sniff(head)
	if k.packed() && depth >= w.limits.Depth {
		w.skip(b.path, "a %s in %d others, which is the limit", k, depth)
		return
	}
	switch k {
	case textKind:
		w.add(b, head)
	case utf16Little:
		w.convert(b, binary.LittleEndian)
	case utf16Big:
		w.convert(b, binary.BigEndian)
	case gzipKind:
		if len(head) >= 8 && binary.LittleEndian.Uint32(head[4:]) != 0 {
			b.modified = int64(binary.LittleEndian.Uint32(head[4:])) * 1e6
		}
		w.unpack(b, k, w.options.Decoders.Gzip, depth)
	case zstdKind:
		w.unpack(b, k, w.options.Decoders.Zstd, depth)
	case tarKind:
		w.contain(b, k, w.options.Tar, depth)
	case zipKind:
		w.contain(b, k, w.options.Zip, depth)
	default:
		w.skip(b.path, "%s", reason)
	}
}

func (w *walker) contain(b blob, k kind, c Container, depth int) {
	if c.walk == nil {
		w.lacks(b.path, k.String())
		return
	}
	c.walk(w, b, depth)
}

// add makes an entry of a text.
func (w *walker) add(b blob, head []byte) {
	mark := int64(0)
	if strings.HasPrefix(string(head[:min(3, len(head))]), "\xef\xbb\xbf") {
		mark = 3
	}
	e := Entry{Path: w.unique(b.path), Modified: b.modified, Size: b.size}
	if b.size >= 0 {
		e.Size -= mark
	}
	if b.at != nil {
		e.at = part(b.at, mark, e.Size)
	} else {
		e.solid, e.base = b.solid, b.base+mark
	}
	if e.Size < 0 {
		w.unpacked[len(w.entries)] = b.seen
		w.tails = append(w.tails, len(w.entries))
	}
	w.entries = append(w.entries, e)
}

// convert makes an entry of a UTF-16 text, which is converted as a whole.
func (w *walker) convert(b blob, order binary.ByteOrder) {
	most := min(w.limits.KeepEntry, w.keep)
	if b.size < 0 || b.size > most {
		w.skip(b.path, "UTF-16 text of more than %d bytes: expected UTF-8, or less of it", most)
		return
	}
	r, err := b.reader(nil)
	if err != nil {
		w.skip(b.path, "%v", err)
		return
	}
	l := w.load(r)
	out := fromUTF16(l.data[min(2, len(l.data)):], order)
	w.keep -= int64(len(out))
	w.add(blob{path: b.path, modified: b.modified, at: memory(out), size: int64(len(out))}, nil)
	switch {
	case l.err != nil:
		w.cut(b.path, int64(len(out)), "%v", l.err)
	case len(l.data)%2 != 0:
		w.cut(b.path, int64(len(out)), "UTF-16 text that ends in the middle of a character")
	}
}

// unpack goes on with what a compressed blob holds.
func (w *walker) unpack(b blob, k kind, decode func(io.Reader) (io.Reader, error), depth int) {
	if decode == nil {
		w.lacks(b.path, k.String())
		return
	}
	w.stream(blob{path: b.path, modified: b.modified, size: -1, solid: &solid{open: w.opener(k.String(), b.reader, decode)}},
		depth+1, nil)
}

// opener returns a function that unpacks a stream from its beginning.
func (w *walker) opener(what string, packed func(*walker) (io.Reader, error),
	decode func(io.Reader) (io.Reader, error),
) func(*walker) (io.Reader, error) {
	most := w.limits.EntryBytes
	return func(w *walker) (io.Reader, error) {
		r, err := packed(w)
		if err != nil {
			return nil, err
		}
		if r, err = decode(r); err != nil {
			return nil, fmt.Errorf("expected %s: %w", what, err)
		}
		return &bounded{r, w, most, most}, nil
	}
}

// stream goes on with a stream: kept in memory if it is small enough. What is whole is checked.
func (w *walker) stream(b blob, depth int, check func([]byte) error) {
	root, total := w.root, w.total
	r, err := b.solid.open(w)
	if err != nil {
		w.skip(b.path, "%v", err)
		return
	}
	l := w.load(r)
	if !l.whole {
		b.head, b.seen = l.data, l.seen
		if k, _ := sniff(b.head); k.packed() {
			w.root, w.total = root, total // it is read again
		}
		w.walk(b, depth)
		return
	}
	if l.err == nil && check != nil {
		l.err = check(l.data)
	}
	w.kept(b, l.data, l.err, depth)
}

// kept goes on with bytes in memory, which are all there is, or all that could be read before an error.
func (w *walker) kept(b blob, data []byte, err error, depth int) {
	if err != nil {
		w.cut(b.path, int64(len(data)), "%v", err)
		if len(data) == 0 {
			return
		}
	}
	n, entries := int64(len(data)), len(w.entries)
	w.keep -= n
	w.walk(blob{path: b.path, modified: b.modified, at: memory(data), size: n}, depth)
	if len(w.entries) == entries {
		w.keep += n
	}
}

// loaded is what load got: all of a stream, or its first bytes if it is too big or not worth it.
type loaded struct {
	data  []byte
	whole bool
	seen  int64 // how many bytes were read
	err   error // why a whole one ends too early
}

// load reads a stream into memory. The memory grows by what comes, not by what a header promises.
func (w *walker) load(r io.Reader) loaded {
	most := max(headSize, min(w.limits.KeepEntry, w.keep))
	head, err := fill(r, make([]byte, 0, headSize))
	seen := int64(len(head))
	if k, _ := sniff(head); err == nil && k == otherKind {
		return loaded{data: head, seen: seen}
	}
	chunks := [][]byte{head}
	for err == nil && seen <= most {
		var chunk []byte
		chunk, err = fill(r, make([]byte, 0, min(max(seen, 64<<10), 8<<20, most+1-seen)))
		chunks = append(chunks, chunk)
		seen += int64(len(chunk))
	}
	switch {
	case err == nil:
		return loaded{data: head, seen: seen}
	case err == io.EOF:
		err = nil
	}
	return loaded{slices.Concat(chunks...), true, seen, err}
}

// unique returns a path that no entry has yet.
func (w *walker) unique(p string) string {
	for {
		w.names[p]++
		n := w.names[p]
		if n == 1 {
			return p
		}
		if next := fmt.Sprintf("%s (%d)", p, n); w.names[next] == 0 {
			p = next
		}
	}
}

// maxName is how much of a member's name is shown, in bytes.
const maxName = 1024

// member returns the path to show for a member of an archive: without ways out of it, nothing that a terminal would act
// on, and of a bounded length.
func member(archive, name string) string {
	if len(name) > maxName {
		name = name[:maxName]
	}
	name = strings.Map(func(r rune) rune {
		if r == '\\' {
			return '/'
		}
		if unicode.IsControl(r) || r == utf8.RuneError {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(name, "\uFFFD"))
	name = path.Clean("/" + name)[1:]
	if name == "" {
		name = "unnamed"
	}
	return archive + "/" + name
}
