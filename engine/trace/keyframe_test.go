package trace

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKeyframesShareUnchangedNodes(t *testing.T) {
	b := NewBuilder(Header{})
	busy, idle := b.AddNode(Node{ID: "busy"}), b.AddNode(Node{ID: "idle"})
	g := b.Group("g")
	b.Emit(Event{Kind: Start, Node: idle})
	b.SetField(idle, g, FieldTerm, 1)
	for i := range 2000 {
		b.Emit(Event{At: Time(i), Kind: TermAdvanced, Node: busy, Cause: NoEvent})
		b.SetField(busy, g, FieldTerm, uint64(i))
	}
	keys := b.Trace().keys
	require.Greater(t, len(keys), 5)
	for i := 1; i < len(keys); i++ {
		require.Same(t, keys[i-1].nodes[idle-1], keys[i].nodes[idle-1], "an unchanged node is shared")
		require.NotSame(t, keys[i-1].nodes[busy-1], keys[i].nodes[busy-1])
	}
	require.Equal(t, uint64(1999), b.Node(busy).In(g).Term.V)
	require.NotEqual(t, uint64(1999), keys[len(keys)-1].nodes[busy-1].In(g).Term.V, "a keyframe does not move on")
}

func TestKeyframesAreDueWhenTheDeltasOutweighTheState(t *testing.T) {
	b := NewBuilder(Header{})
	n := b.AddNode(Node{ID: "A"})
	for i := range 300 {
		g := b.Group(string(rune('a' + i)))
		b.Emit(Event{Kind: Note, Node: n, Cause: NoEvent})
		b.SetField(n, g, FieldTerm, 1)
	}
	b.trace.keys = nil
	b.since = 0
	g := b.Group("a")
	for i := range 6000 {
		b.Emit(Event{Kind: Note, Node: n, Cause: NoEvent})
		b.SetField(n, g, FieldTerm, uint64(i+2))
	}
	state := b.Node(n).weight()
	require.InDelta(t, 12000/state, len(b.trace.keys), 1)
}

func TestACursorDoesNotTouchKeyframes(t *testing.T) {
	b := NewBuilder(Header{})
	n := b.AddNode(Node{ID: "A"})
	g := b.Group("g")
	for i := range 1500 {
		b.Emit(Event{At: Time(i), Kind: TermAdvanced, Node: n, Cause: NoEvent})
		b.SetField(n, g, FieldTerm, uint64(i))
	}
	tr := b.Trace()
	c := tr.Cursor()
	for _, to := range []EventID{1499, 700, 701, 10, 1200, 1499} {
		c.Seek(to)
		require.Equal(t, uint64(to), c.Node(n).In(g).Term.V)
	}
	for _, k := range tr.keys {
		require.Equal(t, uint64(k.event), k.nodes[0].In(g).Term.V)
	}
}
