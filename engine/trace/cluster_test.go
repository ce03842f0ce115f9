package trace_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
)

func TestOneClusterOfTwo(t *testing.T) {
	b := trace.NewBuilder(trace.Header{Producer: "test", Origin: trace.Origin{Known: true, At: 70}})
	a := b.AddNode(trace.Node{ID: "A"})
	x := b.AddNode(trace.Node{ID: "X", Cluster: 1})
	y := b.AddNode(trace.Node{ID: "Y", Cluster: 1})
	g := b.Group("g")
	b.Emit(trace.Event{At: 5, Node: a, Kind: trace.Start, Cause: trace.NoEvent})
	b.SetProcess(a, trace.Running)
	b.EmitText(trace.Event{At: 1000, Node: x, Kind: trace.Elected, Group: g, Term: 3, Cause: trace.NoEvent}, "won")
	b.SetField(x, g, trace.FieldLeader, uint64(x))
	b.SetCell(x, g, trace.Disk, "log", "3.1")
	send := b.Emit(trace.Event{At: 1001, Node: x, Peer: y, Kind: trace.Request, Cause: 1})
	b.Emit(trace.Event{At: 1002, Node: y, Peer: x, Kind: trace.Receive, Cause: send})
	whole := b.Trace()
	require.Equal(t, 2, whole.Clusters())

	part, was := whole.OfCluster(1)
	require.Equal(t, []trace.EventID{1, 2, 3}, was)
	require.Equal(t, 1, part.Clusters())
	require.EqualValues(t, 0, part.Events[0].At)
	require.EqualValues(t, 1070, part.Header.Origin.At)
	require.EqualValues(t, 1, part.Events[2].Cause, "causes are followed")
	require.Equal(t, "won", part.Text(part.Events[0].Text))
	c := part.Cursor()
	c.Seek(0)
	lead, ok := c.Node(1).In(part.Events[0].Group).Leader.Get()
	require.True(t, ok)
	require.EqualValues(t, 1, lead, "X has another number here")
	require.Equal(t, "3.1", part.Text(c.Node(1).Cells[0].Text))

	same, _ := part.OfCluster(0)
	require.Equal(t, trace.Hash(part), trace.Hash(same))
}
