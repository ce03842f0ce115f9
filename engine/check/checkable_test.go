package check_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/check"
	"tabletop/engine/trace"
)

func TestOnlyOperationsWithAModelAreCheckable(t *testing.T) {
	b := trace.NewBuilder(trace.Header{})
	client := b.AddNode(trace.Node{ID: "c", Kind: trace.Client})
	for i, op := range []string{"list", "write T 5", "create T", "get k serializable"} {
		at := trace.Time(2 * i)
		call := b.Emit(trace.Event{At: at, Kind: trace.Invoke, Node: client, Text: b.Intern(op), Cause: trace.NoEvent})
		b.Emit(trace.Event{At: at + 1, Kind: trace.Return, Node: client, Text: b.Intern("OK"), Cause: call})
	}
	require.Equal(t, 2, check.Checkable(b.Trace()))
}
