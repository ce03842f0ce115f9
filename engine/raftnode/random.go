package raftnode

import (
	"crypto/rand"
	"io"

	"tabletop/engine/sim"
)

// raft draws its election timeout with crypto/rand.Int(rand.Reader, n) and offers no other way. So the Reader, a package
// variable, is swapped while the engine is inside a RawNode call: the one global that the engine touches.
//
//nolint:gochecknoglobals // see above
var saved io.Reader

// enter has raft draw from a reader until leave. Engines in one process take turns; a nested or concurrent entry is a
// bug.
func enter(from io.Reader) {
	if saved != nil {
		panic("raftnode: entered raft while inside raft")
	}
	saved, rand.Reader = rand.Reader, from
}

// enter has raft draw what the node's profile says: Kudu's own timer calls elections, so that raft's must stay out of
// the way; etcd's is random.
func (n *Node) enter() {
	if n.Etcd {
		enter(drawn{n.Random})
		return
	}
	enter(largest(electionTicks - 1))
}

// drawn answers reads from a stream of the node's seed.
type drawn struct{ stream *sim.Stream }

func (d drawn) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(d.stream.Uint64())
	}
	return len(p), nil
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
