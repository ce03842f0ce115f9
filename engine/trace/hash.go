package trace

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// Hash returns the fingerprint of a trace's events and changes: "t1-" and a SHA-256 in hexadecimal. Two traces have the
// same hash exactly when they tell the same story, whatever the order in which nodes, groups and strings were added,
// and whatever the header says.
func Hash(t *Trace) string { return t.PrefixHash(EventID(len(t.Events) - 1)) }

// PrefixHash returns the hash of the trace that ends with event n. To compare many prefixes use a Hasher, which goes
// through the events once.
func (t *Trace) PrefixHash(n EventID) string {
	h := t.Hasher()
	for h.Event() < n && h.Next() {
		continue
	}
	return h.Sum()
}

// Hasher computes the hash of every prefix of a trace, one event after the other.
//
// The canonical form is a string of unsigned varints and of texts (length, then bytes):
//
//  1. An event is At, Kind, Prov, Cause, Node, Peer, Group, Term, Index, Digest, Text and the number of its changes.
//     At is the difference to the event before, zig-zag coded for the first; Cause is how many events back it lies.
//  2. A change is Node, Group, Field, Shelf, Forget, Key and Value.
//  3. Nodes, groups and strings are numbered by first mention from 1; 0 stands for none and for the empty string. A
//     first mention is followed by what it stands for: a string by its text, a group by its name, a node by ID, Name,
//     Kind with 256 times History, and Cluster. The values of votes and leaders are node numbers, those of cells string numbers.
//
// Kinds and fields are hashed as numbers: giving one another number makes another hash.
type Hasher struct {
	trace   *Trace
	sum     hash.Hash
	buf     []byte
	event   EventID
	change  int
	nodes   []uint64 // the number of each node in the canonical form, 0 before its first mention
	groups  []uint64
	strings []uint64
	named   [3]uint64 // how many nodes, groups and strings were mentioned
}

// Hasher returns a hasher that stands before the first event.
func (t *Trace) Hasher() *Hasher {
	return &Hasher{
		trace: t, sum: sha256.New(), event: NoEvent,
		nodes:   make([]uint64, len(t.nodes)+1),
		groups:  make([]uint64, len(t.groups)+1),
		strings: make([]uint64, len(t.strings)),
	}
}

// Event returns the last event that was taken in, NoEvent before the first.
func (h *Hasher) Event() EventID { return h.event }

// Sum returns the hash of the events taken in so far.
func (h *Hasher) Sum() string {
	h.flush()
	return "t1-" + hex.EncodeToString(h.sum.Sum(nil))
}

func (h *Hasher) flush() {
	h.sum.Write(h.buf)
	h.buf = h.buf[:0]
}

// Next takes in the next event and its changes. It returns false at the end of the trace.
func (h *Hasher) Next() bool {
	t := h.trace
	if int(h.event)+1 >= len(t.Events) {
		return false
	}
	h.event++
	e := t.Events[h.event]
	from := h.change
	for h.change < len(t.changes) && t.changes[h.change].Event == h.event {
		h.change++
	}
	if len(h.buf) > 4<<10 { // one write for many events: most take twenty bytes
		h.flush()
	}
	if h.event == 0 {
		h.buf = binary.AppendVarint(h.buf, int64(e.At))
	} else {
		h.uint(uint64(e.At - t.Events[h.event-1].At))
	}
	h.buf = append(h.buf, byte(e.Kind), byte(e.Prov))
	if e.Cause == NoEvent {
		h.uint(0)
	} else {
		h.uint(uint64(h.event - e.Cause))
	}
	h.node(e.Node)
	h.node(e.Peer)
	h.group(e.Group)
	h.uint(uint64(e.Term))
	h.uint(e.Index)
	h.uint(e.Digest)
	h.string(e.Text)
	h.uint(uint64(h.change - from))
	for _, c := range t.changes[from:h.change] {
		h.changed(c)
	}
	return true
}

func (h *Hasher) changed(c Change) {
	h.node(c.Node)
	h.group(c.Group)
	forget := byte(0)
	if c.Forget {
		forget = 1
	}
	h.buf = append(h.buf, byte(c.Field), byte(c.Shelf), forget)
	h.string(c.Key)
	switch c.Field {
	case FieldVote, FieldLeader:
		h.node(NodeID(c.Value))
	case FieldCell:
		h.string(StringID(c.Value))
	default:
		h.uint(c.Value)
	}
}

func (h *Hasher) uint(v uint64) { h.buf = binary.AppendUvarint(h.buf, v) }

func (h *Hasher) text(s string) {
	h.uint(uint64(len(s)))
	h.buf = append(h.buf, s...)
}

// mention writes a number and reports whether it is the first time.
func (h *Hasher) mention(numbers []uint64, i int, named *uint64) bool {
	first := numbers[i] == 0
	if first {
		*named++
		numbers[i] = *named
	}
	h.uint(numbers[i])
	return first
}

func (h *Hasher) node(n NodeID) {
	if n == 0 {
		h.uint(0)
		return
	}
	if h.mention(h.nodes, int(n), &h.named[0]) {
		node := h.trace.Node(n)
		h.text(node.ID)
		h.text(node.Name)
		h.uint(uint64(node.Kind) + uint64(node.History)<<8)
		h.uint(uint64(node.Cluster))
	}
}

func (h *Hasher) group(g GroupID) {
	if g == 0 {
		h.uint(0)
		return
	}
	if h.mention(h.groups, int(g), &h.named[1]) {
		h.text(h.trace.Group(g))
	}
}

func (h *Hasher) string(s StringID) {
	if s == 0 {
		h.uint(0)
		return
	}
	if h.mention(h.strings, int(s), &h.named[2]) {
		h.text(h.trace.Text(s))
	}
}
