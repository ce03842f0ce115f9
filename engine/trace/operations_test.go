package trace_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
)

func TestOperations(t *testing.T) {
	b := trace.NewBuilder(trace.Header{})
	server := b.AddNode(trace.Node{ID: "A", Kind: trace.Master})
	one, two := b.AddNode(trace.Node{ID: "c1", Kind: trace.Client}), b.AddNode(trace.Node{ID: "c2", Kind: trace.Client})
	emit := func(at trace.Time, k trace.Kind, client trace.NodeID, n uint64, text string, more trace.Event) trace.EventID {
		return b.Emit(trace.Event{At: at, Kind: k, Node: client, Index: n, Text: b.Intern(text), Cause: trace.NoEvent,
			Peer: more.Peer, Digest: more.Digest, Prov: more.Prov})
	}
	emit(1, trace.Invoke, one, 1, "create table-1", trace.Event{Digest: trace.MayTimeOut})
	emit(2, trace.Invoke, two, 1, "put k = a b = c", trace.Event{Prov: trace.Logged})
	emit(3, trace.Return, one, 1, "OK", trace.Event{Peer: server, Digest: 3})
	emit(4, trace.Invoke, one, 2, "rename table-1 table-2", trace.Event{})
	emit(5, trace.Return, one, 7, "an answer to nothing", trace.Event{})
	emit(6, trace.Return, one, 1, "a second answer", trace.Event{})
	open := emit(7, trace.Invoke, two, 2, "list", trace.Event{})
	emit(8, trace.Return, two, 1, "", trace.Event{})
	b.Emit(trace.Event{At: 9, Kind: trace.Return, Node: two, Index: 99, Cause: open, Text: b.Intern("[]")})

	require.Equal(t, []trace.Operation{
		{Client: one, Op: "create table-1", Verb: "create", Target: "table-1", Server: server, Call: 1, Return: 3, Invoke: 0,
			End: 2, Result: "OK", Attempts: 3, MayTimeOut: true},
		{Client: two, Op: "put k", Verb: "put", Target: "k", Value: "a b = c", Call: 2, Return: 8, Invoke: 1, End: 7, Logged: true},
		{Client: one, Op: "rename table-1 table-2", Verb: "rename", Target: "table-1 table-2", Call: 4, Return: -1, Invoke: 3,
			End: trace.NoEvent},
		{Client: two, Op: "list", Verb: "list", Call: 7, Return: 9, Invoke: 6, End: 8, Result: "[]"},
	}, trace.Operations(b.Trace()))
}
