package source

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"time"
)

// The records of a zip, by APPNOTE.TXT 6.3.10: their marks and their sizes without what varies.
const (
	zipLocal, zipLocalSize         = "PK\x03\x04", 30
	zipCentral, zipCentralSize     = "PK\x01\x02", 46
	zipEnd, zipEndSize             = "PK\x05\x06", 22
	zipLocator, zipLocatorSize     = "PK\x06\x07", 20
	zipEnd64, zipEnd64Size         = "PK\x06\x06", 56
	zipDescriptor                  = "PK\x07\x08"
	zipStored, zipDeflated         = 0, 8
	zipZstd                        = 93
	zipEncrypted, zipSizesFollow   = 1, 8
	zipUnix, zipTypeMask, zipALink = 3, 0o170000, 0o120000
)

// zipMember is what the directory says about a member.
type zipMember struct {
	name          string
	flags, method uint16
	sum           uint32
	packed, size  int64 // as claimed
	header        int64 // where its local header begins
	modified      int64
	link          bool
	salvaged      bool // from its local header: size and sum may be missing
}

// Zip reads zips. Those that were cut are read by their members' own headers.
func Zip() Container { return Container{readZip} }

// readZip goes through the members of a zip: by its directory, or by the members' own headers if that is missing.
func readZip(w *walker, b blob, depth int) {
	if b.at == nil {
		w.skip(b.path, "a zip of more than %d bytes in a stream: unpack it first", min(w.limits.KeepEntry, w.keep))
		return
	}
	take := func(m zipMember) bool {
		if !w.count(b.path) {
			return false
		}
		if !strings.HasSuffix(m.name, "/") {
			w.zipMember(b, m, depth+1)
		}
		return true
	}
	if start, shift, ok := zipDirectory(b.at, b.size); ok {
		if err := zipCentrals(b.at, start, b.size, shift, take); err != nil {
			w.cut(b.path, b.size, "%v", err)
		}
		return
	}
	w.cut(b.path, b.size, "the zip was cut: expected a directory at its end; members are read by their own headers")
	if err := zipLocals(b.at, b.size, take); err != nil {
		w.cut(b.path, b.size, "%v", err)
	}
}

// zipDirectory finds the directory from the record at the end, behind which there may be a comment. Offsets are shifted
// when something was put before the zip.
func zipDirectory(at io.ReaderAt, size int64) (start, shift int64, ok bool) {
	tail := make([]byte, min(size, zipEndSize+1<<16))
	if _, err := readFull(at, tail, size-int64(len(tail))); err != nil || len(tail) < zipEndSize {
		return 0, 0, false
	}
	n := bytes.LastIndex(tail[:len(tail)-zipEndSize+len(zipEnd)], []byte(zipEnd))
	if n < 0 {
		return 0, 0, false
	}
	end := size - int64(len(tail)) + int64(n)
	length, offset := int64(u32(tail[n+12:])), int64(u32(tail[n+16:]))
	if length == 1<<32-1 || offset == 1<<32-1 || u16(tail[n+10:]) == 1<<16-1 {
		if e, l, o, ok := zip64(at, end); ok {
			end, length, offset = e, l, o
		}
	}
	shift = end - length - offset
	start = offset + shift
	if shift < 0 || start < 0 || start > end {
		return 0, 0, false
	}
	return start, shift, true
}

// zip64 finds the bigger record at the end, through its locator right before the small one.
func zip64(at io.ReaderAt, before int64) (end, length, offset int64, ok bool) {
	var l [zipLocatorSize]byte
	if before < zipLocatorSize {
		return 0, 0, 0, false
	}
	if _, err := readFull(at, l[:], before-zipLocatorSize); err != nil || string(l[:4]) != zipLocator {
		return 0, 0, 0, false
	}
	end = int64(u64(l[8:]))
	var r [zipEnd64Size]byte
	if end < 0 || end > before-zipLocatorSize-zipEnd64Size {
		return 0, 0, 0, false
	}
	if _, err := readFull(at, r[:], end); err != nil || string(r[:4]) != zipEnd64 {
		return 0, 0, 0, false
	}
	length, offset = int64(u64(r[40:])), int64(u64(r[48:]))
	return end, length, offset, length >= 0 && offset >= 0 && length <= end && offset <= end
}

// zipCentrals reads the directory up to its end or to what is no member.
func zipCentrals(at io.ReaderAt, start, size, shift int64, take func(zipMember) bool) error {
	r := bufio.NewReaderSize(io.NewSectionReader(at, start, size-start), 64<<10)
	h := make([]byte, zipCentralSize)
	for {
		mark, err := r.Peek(4)
		if err != nil {
			return fmt.Errorf("the directory of the zip was cut: %w", err)
		}
		if string(mark) != zipCentral {
			if string(mark) == zipEnd || string(mark) == zipEnd64 {
				return nil
			}
			return fmt.Errorf("the directory of the zip is damaged: expected a member, not %q", mark)
		}
		if _, err := io.ReadFull(r, h); err != nil {
			return fmt.Errorf("the directory of the zip was cut: %w", err)
		}
		names, extras := int(u16(h[28:])), int(u16(h[30:]))
		more := make([]byte, names+extras+int(u16(h[32:])))
		if _, err := io.ReadFull(r, more); err != nil {
			return fmt.Errorf("the directory of the zip was cut: %w", err)
		}
		m := zipMember{
			name: string(more[:names]), flags: u16(h[8:]), method: u16(h[10:]), sum: u32(h[16:]),
			packed: int64(u32(h[20:])), size: int64(u32(h[24:])), header: int64(u32(h[42:])),
			modified: zipTime(u16(h[14:]), u16(h[12:])),
			link:     h[5] == zipUnix && u32(h[38:])>>16&zipTypeMask == zipALink,
		}
		m.extra(more[names:names+extras], true)
		if m.header > 1<<60 {
			return fmt.Errorf("the directory of the zip is damaged: member %.40q at byte %d", m.name, m.header)
		}
		m.header += shift
		if !take(m) {
			return nil
		}
	}
}

// extra reads the fields that make up for too small ones.
func (m *zipMember) extra(b []byte, central bool) {
	for len(b) >= 4 {
		id, n := u16(b), int(u16(b[2:]))
		b = b[4:]
		if n > len(b) {
			return
		}
		field := b[:n]
		b = b[n:]
		switch id {
		case 1: // zip64: only what did not fit, in this order
			values := []*int64{&m.size, &m.packed}
			if central {
				values = append(values, &m.header)
			}
			for _, v := range values {
				if *v == 1<<32-1 && len(field) >= 8 {
					*v = int64(u64(field) & (1<<63 - 1))
					field = field[8:]
				}
			}
		case 0x5455: // seconds since 1970
			if len(field) >= 5 && field[0]&1 != 0 {
				m.modified = int64(int32(u32(field[1:]))) * 1e6
			}
		}
	}
}

// zipLocals finds members by their own headers. Where a header does not say how long its member is, the member ends
// before the next header.
func zipLocals(at io.ReaderAt, size int64, take func(zipMember) bool) error {
	for offset, more := int64(0), true; more; {
		m, data, err := zipHeader(at, offset, size)
		if err != nil {
			return err
		}
		known := m.flags&zipSizesFollow == 0 || m.packed > 0
		from := data
		if known {
			from = data + min(m.packed, size-data)
		}
		next, header, err := zipFind(at, from, size)
		if err != nil {
			return err
		}
		if !known {
			m.packed = next - data
		}
		m.salvaged = true
		if !take(m) {
			return nil
		}
		offset, more = next, header
	}
	return nil
}

// zipFind returns where the next local header is, or else where the directory begins or the zip ends.
func zipFind(at io.ReaderAt, from, size int64) (next int64, header bool, err error) {
	buf := make([]byte, 64<<10)
	for from < size {
		n := min(int64(len(buf)), size-from)
		if _, err := readFull(at, buf[:n], from); err != nil {
			return size, false, fmt.Errorf("reading byte %d: %w", from, err)
		}
		for i := 0; ; i++ {
			k := bytes.Index(buf[i:n], []byte("PK"))
			if k < 0 {
				break
			}
			i += k
			switch mark := string(buf[i:min(int64(i)+4, n)]); {
			case mark == zipLocal && zipPlausible(at, from+int64(i), size):
				return from + int64(i), true, nil
			case mark == zipCentral:
				return from + int64(i), false, nil
			}
		}
		if from+n == size {
			break
		}
		from += n - 3
	}
	return size, false, nil
}

// zipPlausible tells a header from four bytes that look like its mark.
func zipPlausible(at io.ReaderAt, offset, size int64) bool {
	m, _, err := zipHeader(at, offset, size)
	return err == nil && m.name != "" && (m.method == zipStored || m.method <= 20 || m.method >= 90 && m.method < 100)
}

// zipHeader reads a local header and returns where the member's bytes begin.
func zipHeader(at io.ReaderAt, offset, size int64) (m zipMember, data int64, err error) {
	var h [zipLocalSize]byte
	if offset < 0 || offset > size-zipLocalSize {
		return m, 0, fmt.Errorf("byte %d of %d: expected the header of a zip's member", offset, size)
	}
	if _, err := readFull(at, h[:], offset); err != nil {
		return m, 0, fmt.Errorf("byte %d: expected the header of a zip's member: %w", offset, err)
	}
	if string(h[:4]) != zipLocal {
		return m, 0, fmt.Errorf("byte %d: expected the header of a zip's member, not %q", offset, h[:4])
	}
	names, extras := int64(u16(h[26:])), int64(u16(h[28:]))
	data = offset + zipLocalSize + names + extras
	if data > size {
		return m, 0, fmt.Errorf("byte %d: the header of a zip's member was cut", offset)
	}
	more := make([]byte, names+extras)
	if _, err := readFull(at, more, offset+zipLocalSize); err != nil {
		return m, 0, fmt.Errorf("byte %d: expected the name of a zip's member: %w", offset, err)
	}
	m = zipMember{
		name: string(more[:names]), flags: u16(h[6:]), method: u16(h[8:]), sum: u32(h[14:]), header: offset,
		packed: int64(u32(h[18:])), size: int64(u32(h[22:])), modified: zipTime(u16(h[12:]), u16(h[10:])),
	}
	m.extra(more[names:], false)
	return m, data, nil
}

// zipMember goes on with a member.
func (w *walker) zipMember(b blob, m zipMember, depth int) {
	inner := blob{path: member(b.path, m.name), modified: m.modified}
	switch {
	case m.flags&zipEncrypted != 0:
		w.skip(inner.path, "encrypted: unpack it with its password first")
		return
	case m.link:
		w.skip(inner.path, "a symbolic link, not a file")
		return
	}
	_, data, err := zipHeader(b.at, m.header, b.size)
	if err != nil {
		w.skip(inner.path, "%v", err)
		return
	}
	packed := min(m.packed, b.size-data)
	if m.salvaged && m.flags&zipSizesFollow != 0 && m.method == zipStored {
		packed = zipWithoutDescriptor(b.at, data, packed)
	}
	section := part(b.at, data, packed)
	decode, what := w.options.Decoders.Deflate, "deflate"
	switch m.method {
	case zipStored:
		inner.at, inner.size = section, packed
		w.walk(inner, depth)
		if packed < m.packed && !m.salvaged {
			w.cut(inner.path, packed, "the archive was cut: expected %d bytes", m.packed)
		}
		return
	case zipDeflated:
	case zipZstd:
		decode, what = w.options.Decoders.Zstd, "zstd"
	default:
		w.skip(inner.path, "compressed by zip's method %d: expected 0 (stored), 8 (deflate) or 93 (zstd)", m.method)
		return
	}
	if decode == nil {
		w.lacks(inner.path, what)
		return
	}
	inner.size = -1
	inner.solid = &solid{open: w.opener(what, func(*walker) (io.Reader, error) {
		return io.NewSectionReader(section, 0, packed), nil
	}, decode)}
	w.stream(inner, depth, m.check)
}

// check compares with the checksum.
func (m zipMember) check(b []byte) error {
	if m.salvaged && m.flags&zipSizesFollow != 0 {
		return nil
	}
	if sum := crc32.ChecksumIEEE(b); sum != m.sum {
		return fmt.Errorf("its checksum is %08x: expected %08x", sum, m.sum)
	}
	return nil
}

// zipWithoutDescriptor returns the length of a stored member of unknown length without the sizes that follow it, also if
// those were cut.
func zipWithoutDescriptor(at io.ReaderAt, data, length int64) int64 {
	tail := make([]byte, min(length, 24))
	if _, err := readFull(at, tail, data+length-int64(len(tail))); err != nil {
		return length
	}
	if n := bytes.LastIndex(tail, []byte(zipDescriptor)); n >= 0 {
		return length - int64(len(tail)-n)
	}
	return length
}

// zipTime returns the time of MS-DOS, which has no zone, as if it were UTC.
func zipTime(date, clock uint16) int64 {
	if date == 0 {
		return 0
	}
	return time.Date(int(date>>9)+1980, time.Month(date>>5&15), int(date&31), int(clock>>11), int(clock>>5&63),
		int(clock&31)*2, 0, time.UTC).UnixMicro()
}

func u16(b []byte) uint16 { return binary.LittleEndian.Uint16(b) }
func u32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
func u64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
