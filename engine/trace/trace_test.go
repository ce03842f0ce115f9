package trace_test

import (
	"fmt"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tabletop/engine/trace"
)

func TestEventIsSmall(t *testing.T) {
	require.LessOrEqual(t, unsafe.Sizeof(trace.Event{}), uintptr(48))
	require.LessOrEqual(t, unsafe.Sizeof(trace.Change{}), uintptr(24))
}

func TestPackageExample(t *testing.T) {
	b := trace.NewBuilder(trace.Header{Producer: "example"})
	a := b.AddNode(trace.Node{ID: "A", Kind: trace.Master})
	b.Emit(trace.Event{At: 1500, Kind: trace.Elected, Node: a, Term: 2})
	b.SetField(a, b.Group(""), trace.FieldRole, uint64(trace.Leader))
	cursor := b.Trace().Cursor()
	require.Empty(t, cursor.Node(a).Groups, "before the first event")
	cursor.Seek(0)
	role, known := cursor.Node(a).Groups[0].Role.Get()
	require.True(t, known)
	require.Equal(t, trace.Leader, trace.Role(role))
	require.Equal(t, trace.NoEvent, b.Trace().Events[0].Cause, "the first event has no cause")
}

func TestNodeInTwoGroups(t *testing.T) {
	b := trace.NewBuilder(trace.Header{})
	n := b.AddNode(trace.Node{ID: "ts-1", Kind: trace.TabletServer})
	one, two := b.Group("tablet-1"), b.Group("tablet-2")
	require.Equal(t, one, b.Group("tablet-1"), "names are interned")
	b.Emit(trace.Event{Kind: trace.Elected, Node: n, Group: two, Term: 3})
	b.SetField(n, two, trace.FieldRole, uint64(trace.Leader))
	b.SetField(n, two, trace.FieldTerm, 3)
	b.Emit(trace.Event{At: 1, Kind: trace.LeaderKnown, Node: n, Group: one, Term: 1})
	b.SetField(n, one, trace.FieldRole, uint64(trace.Follower))

	c := b.Trace().Cursor()
	c.Seek(1)
	state := c.Node(n)
	require.Len(t, state.Groups, 2)
	require.Equal(t, one, state.Groups[0].Group, "groups are sorted")
	require.Equal(t, trace.Value{V: uint64(trace.Leader), Source: 0}, state.In(two).Role)
	require.Equal(t, trace.Value{V: uint64(trace.Follower), Source: 1}, state.In(one).Role)
	require.False(t, state.In(one).Term.Known(), "what is set in one group stays unknown in the other")
	require.Nil(t, state.In(0))
}

func TestLoseMemoryKeepsDisk(t *testing.T) {
	b := trace.NewBuilder(trace.Header{})
	n := b.AddNode(trace.Node{ID: "A", Kind: trace.Master})
	g := b.Group("sys")
	b.Emit(trace.Event{Kind: trace.Elected, Node: n, Group: g, Term: 2})
	for f, v := range map[trace.Field]uint64{trace.FieldRole: uint64(trace.Leader), trace.FieldTerm: 2, trace.FieldVote: 1,
		trace.FieldLeader: 1, trace.FieldCommit: 9, trace.FieldApplied: 9, trace.FieldTimer: 70} {
		b.SetField(n, g, f, v)
	}
	b.SetCell(n, g, trace.Disk, "table-1", "3 tablets")
	b.SetCell(n, g, trace.Memory, "table-1", "cached")
	b.SetCell(n, 0, trace.Memory, "ts-1", "registered")
	b.Emit(trace.Event{At: 5, Kind: trace.Crash, Node: n})
	b.SetProcess(n, trace.Crashed)
	b.LoseMemory(n)

	c := b.Trace().Cursor()
	c.Seek(1)
	s := c.Node(n)
	require.Equal(t, uint64(trace.Crashed), s.Process.V)
	in := s.In(g)
	require.Equal(t, trace.Value{V: 2, Source: 0}, in.Term)
	require.Equal(t, trace.Value{V: 1, Source: 0}, in.Vote)
	for _, v := range []trace.Value{in.Role, in.Leader, in.Commit, in.Applied, in.Timer} {
		require.False(t, v.Known())
	}
	require.Len(t, s.Cells, 1)
	require.Equal(t, trace.Disk, s.Cells[0].Shelf)
	c.Seek(0)
	require.Len(t, c.Node(n).Cells, 3, "the past still has its memory")
	require.True(t, c.Node(n).In(g).Role.Known())
}

func TestLoseDiskLeavesNothing(t *testing.T) {
	b := trace.NewBuilder(trace.Header{})
	n := b.AddNode(trace.Node{ID: "A", Kind: trace.Master})
	g := b.Group("sys")
	b.Emit(trace.Event{Kind: trace.Vote, Node: n, Group: g, Term: 2})
	b.SetField(n, g, trace.FieldTerm, 2)
	b.SetField(n, g, trace.FieldVote, 1)
	b.SetCell(n, g, trace.Disk, "table-1", "3 tablets")
	b.Emit(trace.Event{At: 5, Kind: trace.Crash, Node: n})
	b.LoseMemory(n)
	b.Emit(trace.Event{At: 6, Kind: trace.Wipe, Node: n})
	b.LoseDisk(n)
	c := b.Trace().Cursor()
	c.Seek(1)
	require.Len(t, c.Node(n).Cells, 1)
	require.True(t, c.Node(n).In(g).Term.Known())
	c.Seek(2)
	require.Empty(t, c.Node(n).Cells)
	require.False(t, c.Node(n).In(g).Term.Known())
	require.False(t, c.Node(n).In(g).Vote.Known())
}

func TestForgetting(t *testing.T) {
	b := trace.NewBuilder(trace.Header{})
	n := b.AddNode(trace.Node{ID: "A"})
	g := b.Group("g")
	b.Emit(trace.Event{Kind: trace.Note, Node: n})
	b.ForgetField(n, g, trace.FieldTerm)
	b.RemoveCell(n, g, trace.Disk, "never there")
	require.Empty(t, b.Trace().Changes(0), "forgetting what is unknown changes nothing")
	b.SetField(n, g, trace.FieldTerm, 0)
	b.Emit(trace.Event{Kind: trace.Note, Node: n, Cause: trace.NoEvent})
	b.SetField(n, g, trace.FieldTerm, 0)
	require.Empty(t, b.Trace().Changes(1), "an equal known value is no change")
	b.ForgetField(n, g, trace.FieldTerm)
	require.Len(t, b.Trace().Changes(1), 1)
	require.Equal(t, trace.Value{V: 0, Source: trace.NoEvent}, b.Node(n).In(g).Term)
}

func TestFlights(t *testing.T) {
	b := trace.NewBuilder(trace.Header{})
	a, z := b.AddNode(trace.Node{ID: "A"}), b.AddNode(trace.Node{ID: "Z"})
	send := func(at trace.Time) trace.EventID {
		return b.Emit(trace.Event{At: at, Kind: trace.Request, Node: a, Peer: z, Cause: trace.NoEvent})
	}
	end := func(at trace.Time, k trace.Kind, cause trace.EventID) trace.EventID {
		return b.Emit(trace.Event{At: at, Kind: k, Node: z, Peer: a, Cause: cause})
	}
	b.Emit(trace.Event{Kind: trace.Start, Node: a})
	one, two, three := send(1), send(2), send(3)
	arrived := end(4, trace.Arrive, two)
	lost := end(5, trace.Drop, one)
	read := end(6, trace.Receive, two)
	end(7, trace.Arrive, two) // a duplicate

	tr := b.Trace()
	c := tr.Cursor()
	c.Seek(three)
	require.Equal(t, []trace.Flight{{one, trace.NoEvent}, {two, trace.NoEvent}, {three, trace.NoEvent}}, c.Flights())
	c.Seek(arrived)
	require.Equal(t, []trace.Flight{{one, trace.NoEvent}, {two, arrived}, {three, trace.NoEvent}}, c.Flights())
	c.Seek(lost)
	require.Equal(t, []trace.Flight{{two, arrived}, {three, trace.NoEvent}}, c.Flights())
	c.Seek(read)
	require.Equal(t, []trace.Flight{{three, trace.NoEvent}}, c.Flights())
	c.Seek(trace.EventID(len(tr.Events) - 1))
	require.Equal(t, []trace.Flight{{three, trace.NoEvent}}, c.Flights())
	require.Equal(t, []trace.EventID{lost, arrived, trace.NoEvent},
		[]trace.EventID{tr.Arrival(one), tr.Arrival(two), tr.Arrival(three)})
}

func TestNodesThatJoinLater(t *testing.T) {
	b := trace.NewBuilder(trace.Header{})
	a := b.AddNode(trace.Node{ID: "A"})
	g := b.Group("g")
	for i := range 2000 {
		b.Emit(trace.Event{At: trace.Time(i), Kind: trace.TermAdvanced, Node: a, Cause: trace.NoEvent})
		b.SetField(a, g, trace.FieldTerm, uint64(i))
	}
	early := b.Trace()
	late := b.AddNode(trace.Node{ID: "client"})
	b.Emit(trace.Event{At: 2000, Kind: trace.Start, Node: late, Cause: trace.NoEvent})
	b.SetProcess(late, trace.Running)
	b.SetField(a, g, trace.FieldTerm, 99)

	c := b.Trace().Cursor()
	for _, at := range []trace.EventID{2000, 1500, 3, 1999, 2000} {
		c.Seek(at)
		require.Equal(t, at == 2000, c.Node(late).Process.Known(), "at %d", at)
	}
	require.Len(t, early.Nodes(), 1)
	old := early.Cursor()
	old.Seek(5000)
	require.Equal(t, trace.EventID(1999), old.Event(), "a trace handed out does not grow")
	require.Equal(t, uint64(1999), old.Node(a).In(g).Term.V)
}

func TestPlaces(t *testing.T) {
	b := trace.NewBuilder(trace.Header{})
	require.Equal(t, trace.NoEvent, b.Trace().At(10))
	require.Equal(t, trace.Time(0), b.Trace().End())
	a := b.AddNode(trace.Node{ID: "A"})
	for _, at := range []trace.Time{5, 7, 7, 9} {
		b.Emit(trace.Event{At: at, Node: a, Cause: trace.NoEvent})
	}
	tr := b.Trace()
	for at, want := range map[trace.Time]trace.EventID{4: -1, 5: 0, 6: 0, 7: 2, 8: 2, 9: 3, 100: 3} {
		require.Equal(t, want, tr.At(at), "at %d", at)
	}
	c := tr.Cursor()
	c.SeekTime(8)
	require.Equal(t, trace.EventID(2), c.Event())
	require.Equal(t, trace.Time(9), tr.End())
	require.Equal(t, a, tr.Lookup("A"))
	require.Equal(t, trace.NodeID(0), tr.Lookup("B"))
}

func TestImpossibleEventsPanic(t *testing.T) {
	for want, e := range map[string]trace.Event{
		"earlier":                  {At: 1, Cause: trace.NoEvent},
		"not before it":            {At: 9, Cause: 1},
		"nodes 2 and 0":            {At: 9, Node: 2},
		"nodes 0 and 9":            {At: 9, Peer: 9},
		"group 1":                  {At: 9, Group: 1},
		"string 7":                 {At: 9, Text: 7},
		"kind 200":                 {At: 9, Kind: 200},
		"kind 0 and provenance 77": {At: 9, Prov: 77},
	} {
		b := trace.NewBuilder(trace.Header{})
		b.AddNode(trace.Node{ID: "A"})
		b.Emit(trace.Event{At: 5, Node: 1})
		require.ErrorContains(t, b.Check(e), want)
		require.Panics(t, func() { b.Emit(e) })
	}
}

func TestNamesOfUnknownValues(t *testing.T) {
	for _, s := range []fmt.Stringer{trace.Kind(250), trace.Provenance(250), trace.NodeKind(250), trace.Process(250),
		trace.Role(250), trace.Shelf(250), trace.Field(250)} {
		require.Equal(t, "unknown", s.String())
	}
	require.Equal(t, "return", trace.Return.String())
	require.Equal(t, "repaired", trace.Repaired.String())
	require.Equal(t, "cell-gone", trace.FieldCellGone.String())
}

// random builds a trace of a few nodes and groups in which anything may happen.
func random(t *rapid.T, most int) *trace.Trace {
	b := trace.NewBuilder(trace.Header{Producer: "rapid", Seed: 7})
	nodes := rapid.IntRange(1, 4).Draw(t, "nodes")
	for i := range nodes {
		b.AddNode(trace.Node{ID: string(rune('A' + i)), Cluster: i % 2, Kind: trace.NodeKind(i % 4)})
	}
	groups := []trace.GroupID{0, b.Group(""), b.Group("g"), b.Group("h")}
	keys := []string{"k", "l", "", "m\xff\n"}
	node := rapid.IntRange(1, nodes)
	var at trace.Time
	var sends []trace.EventID
	for range rapid.SampledFrom([]int{3, 40, most}).Draw(t, "events") {
		at += trace.Time(rapid.IntRange(0, 3).Draw(t, "wait"))
		e := trace.Event{At: at, Kind: trace.Kind(rapid.IntRange(0, 30).Draw(t, "kind")),
			Node: trace.NodeID(node.Draw(t, "node")), Cause: trace.NoEvent}
		if k := e.Kind; (k == trace.Arrive || k == trace.Receive || k == trace.Drop) && len(sends) > 0 {
			e.Cause = rapid.SampledFrom(sends).Draw(t, "send")
		}
		e.Text = b.Intern(rapid.SampledFrom(keys).Draw(t, "text"))
		e.Index, e.Digest = rapid.Uint64().Draw(t, "index"), rapid.Uint64Max(2).Draw(t, "digest")
		e.Term, e.Prov = rapid.Uint32Max(5).Draw(t, "term"), trace.Provenance(rapid.IntRange(0, 3).Draw(t, "prov"))
		id := b.Emit(e)
		if e.Kind.IsSend() {
			sends = append(sends, id)
		}
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			change(t, b, trace.NodeID(node.Draw(t, "whose")), rapid.SampledFrom(groups).Draw(t, "group"),
				rapid.SampledFrom(keys).Draw(t, "key"))
		}
	}
	return b.Trace()
}

func change(t *rapid.T, b *trace.Builder, n trace.NodeID, g trace.GroupID, key string) {
	f := trace.Field(rapid.IntRange(int(trace.FieldRole), int(trace.FieldTimer)).Draw(t, "field"))
	shelf := trace.Shelf(rapid.IntRange(0, 1).Draw(t, "shelf"))
	switch rapid.IntRange(0, 9).Draw(t, "act") {
	case 0:
		b.SetProcess(n, trace.Process(rapid.IntRange(0, 2).Draw(t, "process")))
	case 1:
		b.ForgetField(n, g, f)
	case 2:
		b.RemoveCell(n, g, shelf, key)
	case 3:
		b.LoseMemory(n)
	case 4, 5, 6:
		b.SetCell(n, g, shelf, key, key+"'s text")
	default:
		b.SetField(n, g, f, rapid.Uint64Max(1).Draw(t, "value"))
	}
}
