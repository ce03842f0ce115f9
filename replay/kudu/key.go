package kudu

import "encoding/binary"

// key tells the line from others of the same time: by the thread, the place in the source, the message's length, its
// first and its last 32 bytes.
func (h *header) key() uint64 {
	k := fold(fold(h.site.key, h.tid), uint64(len(h.msg)))
	n := len(h.msg)
	if n < 32 {
		return hash(k, h.msg)
	}
	return fold(hash32(k, h.msg), hash32(k+1, h.msg[n-32:])) // side by side: one waits for its own multiplications alone
}

func hash32(k uint64, b []byte) uint64 {
	_ = b[31]
	k = fold(k, binary.LittleEndian.Uint64(b))
	k = fold(k, binary.LittleEndian.Uint64(b[8:]))
	k = fold(k, binary.LittleEndian.Uint64(b[16:]))
	return fold(k, binary.LittleEndian.Uint64(b[24:]))
}

func hash(k uint64, b []byte) uint64 {
	for ; len(b) >= 8; b = b[8:] {
		k = fold(k, binary.LittleEndian.Uint64(b))
	}
	tail := uint64(len(b))
	for _, c := range b {
		tail = tail<<8 | uint64(c)
	}
	return fold(k, tail)
}

// fold takes a word into a hash. WebAssembly has no product of 128 bits, the usual way, so it is one of 64 whose upper half
// is folded back.
func fold(k, word uint64) uint64 {
	k = (k ^ word) * 0x9e3779b97f4a7c15
	return k ^ k>>32
}
