package source

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// headSize is how much of a file tells what it is.
const headSize = 8 << 10

// kind is what a file turned out to be.
type kind uint8

const (
	textKind kind = iota
	utf16Little
	utf16Big
	gzipKind
	zstdKind
	tarKind
	zipKind
	otherKind // not read
)

// packed reports whether there is something inside.
func (k kind) packed() bool { return k >= gzipKind && k <= zipKind }

func (k kind) String() string {
	return [...]string{"text", "UTF-16", "UTF-16", "gzip", "zstd", "tar", "zip", "not text"}[k]
}

// strangers are formats that are known by name only.
func strangers() []struct{ magic, name string } {
	return []struct{ magic, name string }{
		{"BZh", "bzip2"}, {"\xfd7zXZ\x00", "xz"}, {"7z\xbc\xaf\x27\x1c", "7-Zip"}, {"Rar!\x1a\x07", "RAR"},
		{"\x04\x22\x4d\x18", "LZ4"}, {"\x1f\x9d", "compress (.Z)"}, {"LZIP", "lzip"},
		{"\xff\xfe\x00\x00", "UTF-32"}, {"\x00\x00\xfe\xff", "UTF-32"},
	}
}

// sniff tells by its first bytes what a file is, and why it is not read if it is not.
func sniff(head []byte) (kind, string) {
	has := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	switch {
	case has("\x1f\x8b\x08"):
		return gzipKind, ""
	case has("\x28\xb5\x2f\xfd"), len(head) >= 8 && binary.LittleEndian.Uint32(head)>>4 == 0x184d2a5:
		return zstdKind, "" // the second is a skippable frame; pzstd begins with one
	case has("PK\x03\x04"), has("PK\x05\x06"):
		return zipKind, ""
	case len(head) >= tarBlock && tarChecksum(head[:tarBlock]):
		return tarKind, ""
	}
	for _, s := range strangers() {
		if has(s.magic) && binaryLike(head) {
			return otherKind, s.name + ", which is not read here: unpack it first"
		}
	}
	k, content := textKind, head
	switch {
	case has("\xff\xfe"):
		k, content = utf16Little, fromUTF16(head[2:], binary.LittleEndian)
	case has("\xfe\xff"):
		k, content = utf16Big, fromUTF16(head[2:], binary.BigEndian)
	}
	if binaryLike(content) {
		return otherKind, "not text: its first bytes are neither a log nor an archive that is known here"
	}
	return k, ""
}

// binaryLike reports whether more than one in eight bytes is none that a log would have. Logs do have some: Cassandra
// prints tokens raw. Random bytes are so to a half, Java classes to a sixth.
func binaryLike(head []byte) bool {
	odd := 0
	for i := 0; i < len(head); {
		c := head[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != '\x1b' || c == 0x7f {
				odd++
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(head[i:])
		if r == utf8.RuneError && n == 1 && utf8.FullRune(head[i:]) {
			odd++
		}
		i += n
	}
	return odd*8 > len(head)
}

// fromUTF16 converts to UTF-8. A byte that is left over at the end is dropped.
func fromUTF16(b []byte, order binary.ByteOrder) []byte {
	out := make([]byte, 0, len(b)/2+len(b)/8)
	for i := 0; i+1 < len(b); i += 2 {
		r := rune(order.Uint16(b[i:]))
		if utf16.IsSurrogate(r) {
			if i+3 < len(b) {
				if pair := utf16.DecodeRune(r, rune(order.Uint16(b[i+2:]))); pair != utf8.RuneError {
					out = utf8.AppendRune(out, pair)
					i += 2
					continue
				}
			}
			r = utf8.RuneError
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}
