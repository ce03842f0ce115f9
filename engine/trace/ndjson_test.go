package trace_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
)

// TestFormat runs testdata/format: "read" prints a trace as it was understood, or the error; "write" prints a file.
func TestFormat(t *testing.T) {
	datadriven.RunTest(t, "testdata/format", func(t *testing.T, d *datadriven.TestData) string {
		switch d.Cmd {
		case "write":
			var out bytes.Buffer
			require.NoError(t, trace.Write(&out, example()))
			back, err := trace.Read(bytes.NewReader(out.Bytes()))
			require.NoError(t, err)
			require.Equal(t, trace.Hash(example()), trace.Hash(back))
			return out.String()
		case "read":
			tr, err := trace.Read(strings.NewReader(d.Input))
			if err != nil {
				return err.Error() + "\n"
			}
			return summary(tr)
		}
		t.Fatalf("unknown command %s", d.Cmd)
		return ""
	})
}

// example uses everything the format has.
func example() *trace.Trace {
	b := trace.NewBuilder(trace.Header{Producer: "test", System: "kudu", Scene: "kudu-3266", Variant: "as-reported", Seed: 1 << 63,
		Settings: []trace.Setting{{Key: "pause", Value: "6s"}, {Key: "rtt", Value: "1ms"}},
		Origin:   trace.Origin{Known: true, At: -62_167_219_200_000_001, ZoneKnown: true}})
	a := b.AddNode(trace.Node{ID: "A", Name: "m-0", Kind: trace.Master})
	z := b.AddNode(trace.Node{ID: "B", Kind: trace.TabletServer})
	twin := b.AddNode(trace.Node{ID: "A", Kind: trace.Member, Cluster: 1})
	client := b.AddNode(trace.Node{ID: "", Kind: trace.Client})
	sys, etcd := b.Group("sys catalog"), b.Group("")
	b.Emit(trace.Event{At: -5, Kind: trace.Start, Node: a})
	b.SetProcess(a, trace.Running)
	b.Emit(trace.Event{At: 0, Kind: trace.Invoke, Node: client, Index: 1, Text: b.Intern(`open "<t>"`), Cause: trace.NoEvent})
	send := b.Emit(trace.Event{At: 10, Kind: trace.Heartbeat, Node: a, Peer: z, Group: sys, Term: 2, Text: b.Intern("beat"), Cause: 0})
	b.SetField(a, sys, trace.FieldRole, uint64(trace.Leader))
	b.SetField(a, sys, trace.FieldVote, uint64(a))
	b.SetField(a, sys, trace.FieldLeader, 0)
	b.SetField(a, sys, trace.FieldTerm, 2)
	b.SetField(z, sys, trace.FieldTimer, 1_500_000)
	b.SetField(twin, etcd, trace.FieldCommit, 1<<60)
	b.SetCell(a, sys, trace.Disk, "table <1>", "3 tablets\nall healthy")
	b.SetCell(z, 0, trace.Memory, "", "")
	b.Emit(trace.Event{At: 11, Kind: trace.Drop, Node: z, Peer: a, Cause: send})
	b.Emit(trace.Event{At: 11, Kind: trace.Append, Node: twin, Group: etcd, Index: 7, Digest: 1<<64 - 1, Term: 3,
		Prov: trace.Logged, Cause: trace.NoEvent})
	b.Emit(trace.Event{At: 12, Kind: trace.Crash, Node: a, Group: sys, Prov: trace.Inferred, Cause: trace.NoEvent})
	b.SetProcess(a, trace.Crashed)
	b.LoseMemory(a)
	b.LoseMemory(z)
	return b.Trace()
}

func summary(t *trace.Trace) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%+v\n", t.Header)
	for i, n := range t.Nodes() {
		fmt.Fprintf(&out, "node %d: %q %q %s cluster %d\n", i+1, n.ID, n.Name, n.Kind, n.Cluster)
	}
	for i, e := range t.Events {
		fmt.Fprintf(&out, "%d: at %d %s node %d peer %d group %q term %d index %d digest %x cause %d %s %q\n", i, e.At, e.Kind,
			e.Node, e.Peer, t.Group(e.Group), e.Term, e.Index, e.Digest, e.Cause, e.Prov, t.Text(e.Text))
		for _, c := range t.Changes(trace.EventID(i)) {
			fmt.Fprintf(&out, "   %s node %d group %q value %d %s %q forget %t\n", c.Field, c.Node, t.Group(c.Group), c.Value,
				c.Shelf, t.Text(c.Key), c.Forget)
		}
	}
	return out.String()
}

func TestReadLimits(t *testing.T) {
	header := `{"format":"tabletop-trace","version":1,"nodes":[{"id":"A","kind":"master"}]}` + "\n"
	_, err := trace.Read(strings.NewReader(header + `{"at":1,"text":"` + strings.Repeat("x", 17<<20)))
	require.ErrorContains(t, err, "line 2: longer than")

	var nodes strings.Builder
	for i := range 70_000 {
		fmt.Fprintf(&nodes, `,{"id":"n%d","kind":"master"}`, i)
	}
	_, err = trace.Read(strings.NewReader(strings.Replace(header, "}]}", "}"+nodes.String()+"]}", 1)))
	require.ErrorContains(t, err, "line 1: expected at most 65535 nodes")

	var cells strings.Builder
	for i := range 1<<14 + 1 {
		fmt.Fprintf(&cells, `,{"field":"cell","shelf":"disk","key":"%d","value":""}`, i)
	}
	_, err = trace.Read(strings.NewReader(header + `{"at":1,"kind":"note","node":"A","changes":[` + cells.String()[1:] + `]}`))
	require.ErrorContains(t, err, "line 2: change 16385: expected at most 16384")
}

func TestWriteReportsTheWriter(t *testing.T) {
	require.ErrorContains(t, trace.Write(failing{}, example()), "write trace: ")
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, fmt.Errorf("disk full") }

func FuzzRead(f *testing.F) {
	var file bytes.Buffer
	require.NoError(f, trace.Write(&file, example()))
	f.Add(file.Bytes())
	f.Add([]byte(""))
	f.Add([]byte(`{"format":"tabletop-trace","version":1,"nodes":[]}` + "\n" + `{"at":0,"kind":"note","changes":[{}]}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		tr, err := trace.Read(bytes.NewReader(in))
		if err != nil {
			require.ErrorContains(t, err, "read trace: ")
			return
		}
		hash := trace.Hash(tr)
		c := tr.Cursor()
		c.Seek(trace.EventID(len(tr.Events)))
		c.Seek(0)
		trace.Operations(tr)
		var out bytes.Buffer
		require.NoError(t, trace.Write(&out, tr))
		back, err := trace.Read(&out)
		require.NoError(t, err)
		require.Equal(t, hash, trace.Hash(back))
	})
}
