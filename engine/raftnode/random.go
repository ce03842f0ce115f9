package raftnode

import (
	"crypto/rand"
	"io"
)

// raft draws its election timeout with crypto/rand.Int(rand.Reader, n) and offers no other way. So the Reader, a package
// variable, is swapped while the engine is inside a RawNode call: the one global that the engine touches.
//
//nolint:gochecknoglobals // see above
var saved io.Reader

// enter makes raft draw the largest of n values until leave. Engines in one process take turns; a nested or concurrent
// entry is a bug.
func enter(n int) {
	if saved != nil {
		panic("raftnode: entered raft while inside raft")
	}
	saved, rand.Reader = rand.Reader, largest(n-1)
}

func leave() { saved, rand.Reader = nil, saved }

// largest answers every read with one number, big-endian, which rand.Int takes at its first try.
type largest int

func (l largest) Read(p []byte) (int, error) {
	v := int(l)
	for i := len(p) - 1; i >= 0; i-- {
		p[i] = byte(v)
		v >>= 8
	}
	return len(p), nil
}
