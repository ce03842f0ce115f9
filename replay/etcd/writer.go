package etcd

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// maxPrefix is how far into a line its header may begin, in bytes.
const maxPrefix = 256

// writer tells by what stands before a line's header who wrote it: docker compose, kubectl and journald put a name
// there. Colours, stamps and dates in it change from line to line and do not count. Nothing gives 0.
func writer(prefix []byte) uint64 {
	h := uint64(0)
	for i := 0; i < len(prefix); {
		token, next := prefixToken(prefix, i)
		i = next
		if len(token) > 0 && !isTime(token) {
			h = hash(h, token)
		}
	}
	return h
}

// prefixToken returns what stands at i up to the next space or escape sequence, and where to go on.
func prefixToken(b []byte, i int) (token []byte, next int) {
	if b[i] == 0x1b {
		return nil, escapeEnd(b, i)
	}
	start := i
	for i < len(b) && b[i] != ' ' && b[i] != '\t' && b[i] != 0x1b {
		i++
	}
	token = bytes.TrimPrefix(b[start:i], []byte("\xef\xbb\xbf")) // a file's byte order mark
	if i < len(b) && b[i] != 0x1b {
		i++
	}
	return token, i
}

// escapeEnd returns where the terminal sequence ends that begins at i, such as ESC [ 36 m.
func escapeEnd(b []byte, i int) int {
	i++
	if i < len(b) && b[i] == '[' {
		i++
		for i < len(b) && (b[i] < 0x40 || b[i] > 0x7e) {
			i++
		}
	}
	return min(i+1, len(b))
}

// isTime reports whether a token is a clock time, a date, a month's name or a day's number.
func isTime(token []byte) bool {
	if digits(token) >= 0 && len(token) <= 2 {
		return true
	}
	if _, ok := date(token, '-'); ok {
		return true
	}
	for i := 0; i+8 <= len(token); i++ {
		if _, ok := clockTime(token[i:]); ok {
			return true
		}
	}
	return len(token) == 3 && bytes.Contains([]byte("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"), token)
}

// maxHashed is how much of either end of a line counts for its key, in bytes. A few dozen would not do: lines such as
// "added member" are written in the same microsecond and differ in their middle only.
const maxHashed = 256

// key identifies the rest of a line among lines of equal time.
func key(at int64, rest []byte) uint64 {
	h := uint64(at) ^ uint64(len(rest))<<48
	if len(rest) <= 2*maxHashed {
		return hash(h, rest)
	}
	return hash(hash(h, rest[:maxHashed]), rest[len(rest)-maxHashed:])
}

// hash mixes b into h. The constants are arbitrary odd numbers with half of their bits set.
func hash(h uint64, b []byte) uint64 {
	const p, q = 0x9e3779b97f4a7c15, 0xd6e8feb86659fd93
	h ^= uint64(len(b)) * p
	for len(b) >= 16 {
		h = mix(binary.LittleEndian.Uint64(b)^p^h, binary.LittleEndian.Uint64(b[8:])^q)
		b = b[16:]
	}
	if len(b) > 0 {
		var last [16]byte
		copy(last[:], b)
		h = mix(binary.LittleEndian.Uint64(last[:])^p^h, binary.LittleEndian.Uint64(last[8:])^q)
	}
	return h
}

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
