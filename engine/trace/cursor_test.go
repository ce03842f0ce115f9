package trace_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tabletop/engine/trace"
)

// slow is the state after an event, replayed from the first event with maps and nothing clever.
type slow struct {
	process map[trace.NodeID]trace.Value
	fields  map[trace.NodeID]map[trace.GroupID]map[trace.Field]trace.Value
	cells   map[trace.NodeID]map[trace.Cell]trace.Cell // by what names a cell: group, shelf and key
	flights map[trace.EventID]trace.EventID
}

func replay(t *trace.Trace, to trace.EventID) slow {
	s := slow{map[trace.NodeID]trace.Value{}, map[trace.NodeID]map[trace.GroupID]map[trace.Field]trace.Value{},
		map[trace.NodeID]map[trace.Cell]trace.Cell{}, map[trace.EventID]trace.EventID{}}
	for n := range t.Nodes() {
		id := trace.NodeID(n + 1)
		s.process[id] = trace.Value{Source: trace.NoEvent}
		s.fields[id] = map[trace.GroupID]map[trace.Field]trace.Value{}
		s.cells[id] = map[trace.Cell]trace.Cell{}
	}
	for id := trace.EventID(0); id <= to; id++ {
		s.event(id, t.Events[id])
		for _, c := range t.Changes(id) {
			s.change(c)
		}
	}
	return s
}

func (s slow) event(id trace.EventID, e trace.Event) {
	_, under := s.flights[e.Cause]
	switch {
	case e.Kind.IsSend():
		s.flights[id] = trace.NoEvent
	case under && e.Kind == trace.Arrive:
		s.flights[e.Cause] = id
	case e.Kind == trace.Receive || e.Kind == trace.Drop:
		delete(s.flights, e.Cause)
	}
}

func (s slow) change(c trace.Change) {
	key := trace.Cell{Group: c.Group, Shelf: c.Shelf, Key: c.Key}
	v := trace.Value{V: c.Value, Source: c.Event}
	if c.Forget {
		v = trace.Value{Source: trace.NoEvent}
	}
	switch c.Field {
	case trace.FieldProcess:
		s.process[c.Node] = v
	case trace.FieldCell:
		cell := key
		cell.Text, cell.Source = trace.StringID(c.Value), c.Event
		s.cells[c.Node][key] = cell
	case trace.FieldCellGone:
		delete(s.cells[c.Node], key)
	default:
		if s.fields[c.Node][c.Group] == nil {
			s.fields[c.Node][c.Group] = map[trace.Field]trace.Value{}
		}
		s.fields[c.Node][c.Group][c.Field] = v
	}
}

func (s slow) equal(t *rapid.T, c *trace.Cursor) {
	for n := range c.Trace().Nodes() {
		id := trace.NodeID(n + 1)
		state := c.Node(id)
		require.Equal(t, s.process[id], state.Process)
		require.Len(t, state.Groups, len(s.fields[id]))
		for _, g := range state.Groups {
			for f, v := range map[trace.Field]trace.Value{trace.FieldRole: g.Role, trace.FieldTerm: g.Term,
				trace.FieldVote: g.Vote, trace.FieldLeader: g.Leader, trace.FieldCommit: g.Commit,
				trace.FieldApplied: g.Applied, trace.FieldTimer: g.Timer} {
				want, ok := s.fields[id][g.Group][f]
				if !ok {
					want = trace.Value{Source: trace.NoEvent}
				}
				require.Equal(t, want, v, "%s of node %d", f, id)
			}
		}
		require.ElementsMatch(t, slices.Collect(maps.Values(s.cells[id])), state.Cells)
		require.True(t, slices.IsSortedFunc(state.Cells, func(a, b trace.Cell) int {
			return (int(a.Group)-int(b.Group))*1e6 + (int(a.Shelf)-int(b.Shelf))*1e4 + int(a.Key) - int(b.Key)
		}))
	}
	flights := []trace.Flight{}
	for _, send := range slices.Sorted(maps.Keys(s.flights)) {
		flights = append(flights, trace.Flight{Send: send, Arrive: s.flights[send]})
	}
	require.Equal(t, flights, append([]trace.Flight{}, c.Flights()...))
}

func TestSeekIsReplayFromTheStart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := random(t, 900)
		c := tr.Cursor()
		for range 6 {
			to := trace.EventID(rapid.IntRange(-1, len(tr.Events)-1).Draw(t, "to"))
			if rapid.Bool().Draw(t, "back one") {
				to = max(trace.NoEvent, c.Event()-1)
			}
			c.Seek(to)
			require.Equal(t, to, c.Event())
			replay(tr, to).equal(t, c)
		}
	})
}

func TestEveryBackStepOfALongTrace(t *testing.T) {
	tr := long(5, 3, 3000)
	forward := tr.Cursor()
	var terms [][]uint64
	look := func(c *trace.Cursor) []uint64 {
		var out []uint64
		for n := range tr.Nodes() {
			for _, g := range c.Node(trace.NodeID(n + 1)).Groups {
				out = append(out, g.Term.V, uint64(g.Term.Source), g.Commit.V)
			}
		}
		return append(out, uint64(len(c.Flights())))
	}
	for i := range tr.Events {
		forward.Seek(trace.EventID(i))
		terms = append(terms, look(forward))
	}
	for i := len(tr.Events) - 1; i >= 0; i-- {
		forward.Seek(trace.EventID(i))
		require.Equal(t, terms[i], look(forward), "at event %d", i)
	}
	forward.Seek(trace.NoEvent)
	require.Empty(t, forward.Flights())
}
