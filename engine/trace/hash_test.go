package trace_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tabletop/engine/trace"
)

func TestHashOfAnEmptyTrace(t *testing.T) {
	require.Equal(t, "t1-e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		trace.Hash(trace.NewBuilder(trace.Header{Producer: "anything"}).Trace()))
}

// story builds one and the same story; before tells what to add to the tables first.
func story(before func(b *trace.Builder)) *trace.Builder {
	b := trace.NewBuilder(trace.Header{})
	before(b)
	a := b.AddNode(trace.Node{ID: "A", Kind: trace.Master})
	z := b.AddNode(trace.Node{ID: "B", Kind: trace.Master})
	g := b.Group("sys")
	b.Emit(trace.Event{At: 10, Kind: trace.Request, Node: a, Peer: z, Group: g, Term: 2, Text: b.Intern("RequestVote")})
	b.SetField(a, g, trace.FieldVote, uint64(a))
	b.Emit(trace.Event{At: 12, Kind: trace.Receive, Node: z, Peer: a, Group: g, Term: 2, Cause: 0, Text: b.Intern("RequestVote")})
	b.SetCell(z, g, trace.Memory, "seen", "A")
	return b
}

func TestHashIsOfContentAndNotOfIds(t *testing.T) {
	plain := trace.Hash(story(func(*trace.Builder) {}).Trace())
	shifted := trace.Hash(story(func(b *trace.Builder) {
		b.AddNode(trace.Node{ID: "never mentioned"})
		b.Group("never mentioned")
		b.Intern("seen")
	}).Trace())
	require.Equal(t, plain, shifted)
	require.Equal(t, "t1-a193480c4e3cb42d9a35e825394a82ff4a168b6f0c5faecf", plain[:51], "the canonical form has changed")
}

func TestHashSeesEverything(t *testing.T) {
	nothing := func(*trace.Builder) {}
	seen := map[string]string{"plain": trace.Hash(story(nothing).Trace())}
	for name, e := range map[string]trace.Event{
		"nothing": {}, "kind": {Kind: trace.Timer}, "prov": {Prov: trace.Logged}, "node": {Node: 1}, "peer": {Peer: 1},
		"group": {Group: 1}, "term": {Term: 1}, "index": {Index: 1}, "digest": {Digest: 1}, "text": {Text: 1},
		"cause": {Cause: 1}, "later": {At: 13},
	} {
		b := story(nothing)
		e.At = max(e.At, 12)
		b.Emit(e)
		seen[name] = trace.Hash(b.Trace())
	}
	for name, change := range map[string]func(*trace.Builder){
		"term 1": func(b *trace.Builder) { b.SetField(1, 1, trace.FieldTerm, 1) },
		"term 2": func(b *trace.Builder) { b.SetField(1, 1, trace.FieldTerm, 2) },
		"commit": func(b *trace.Builder) { b.SetField(1, 1, trace.FieldCommit, 1) },
		"forget": func(b *trace.Builder) { b.ForgetField(1, 1, trace.FieldVote) },
		"vote":   func(b *trace.Builder) { b.SetField(1, 1, trace.FieldVote, 2) },
		"cell":   func(b *trace.Builder) { b.SetCell(2, 1, trace.Memory, "seen", "B") },
		"disk":   func(b *trace.Builder) { b.SetCell(2, 1, trace.Disk, "seen", "B") },
		"gone":   func(b *trace.Builder) { b.RemoveCell(2, 1, trace.Memory, "seen") },
		"paused": func(b *trace.Builder) { b.SetProcess(1, trace.Paused) },
	} {
		b := story(nothing)
		change(b)
		seen["change "+name] = trace.Hash(b.Trace())
	}
	by := map[string]string{}
	for name, h := range seen {
		require.Empty(t, by[h], "%s and %s have the same hash", name, by[h])
		by[h] = name
	}
}

func TestHasherGivesTheHashOfEveryPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := random(t, 60)
		h := tr.Hasher()
		require.Equal(t, tr.PrefixHash(trace.NoEvent), h.Sum())
		seen := map[string]bool{h.Sum(): true}
		for n := trace.EventID(0); h.Next(); n++ {
			require.Equal(t, n, h.Event())
			require.Equal(t, tr.PrefixHash(n), h.Sum())
			require.False(t, seen[h.Sum()])
			seen[h.Sum()] = true
		}
		require.Equal(t, trace.Hash(tr), h.Sum())
		require.Equal(t, trace.Hash(tr), tr.PrefixHash(trace.EventID(len(tr.Events)+5)))
	})
}

func TestHashSurvivesTheFile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tr := random(t, 300)
		var file bytes.Buffer
		require.NoError(t, trace.Write(&file, tr))
		text := file.String()
		back, err := trace.Read(&file)
		require.NoError(t, err)
		require.Equal(t, trace.Hash(tr), trace.Hash(back))
		require.Equal(t, tr.Header, back.Header)
		require.Equal(t, tr.Nodes(), back.Nodes())
		require.Equal(t, tr.Groups(), back.Groups())
		var again bytes.Buffer
		require.NoError(t, trace.Write(&again, back))
		require.Equal(t, text, again.String())
	})
}
