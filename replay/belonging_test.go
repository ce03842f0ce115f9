package replay_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/replay"
)

// asks is a line of a history: who asked which server for what, at which seconds, and whether that succeeded.
func asks(client, server, what string, from, to float64, ok bool) string {
	stamp := func(at float64) string { return fmt.Sprintf("2026-11-21T12:00:%09.6fZ", at) }
	outcome := `"ok":true`
	if !ok {
		outcome = `"ok":false,"error":"T does not exist"`
	}
	return fmt.Sprintf(`{"op":"client","client":%q,"node":%q,"what":%q,"begin":%q,"time":%q,%s}`+"\n", client, server, what, stamp(from), stamp(to), outcome)
}

func calledM1(node string) []byte { return fmt.Appendf(nil, `{"m1":{"uuid":%q}}`, node) }

// Two clusters whose nodes have the same names and whose clients do, too: what one was told says nothing of the other.
func TestHistoriesOfTwoClusters(t *testing.T) {
	logA, logB := []byte(becomes(17, nodeA, 1)+becomes(20, nodeA, 2)), []byte(becomes(18, nodeB, 1)+becomes(30, nodeB, 2))
	wrote, read1 := []byte(asks("c", "m1", "create T", 17, 18, true)), []byte(asks("c", "m1", "open T", 19, 20, false))
	for _, x := range []struct {
		what string
		all  []captured
	}{
		{"a folder each", []captured{{"a/h", wrote}, {"a/logs/m1", logA}, {"a/members.json", calledM1(nodeA)},
			{"b/x/h", read1}, {"b/m1/log", logB}, {"b/members.json", calledM1(nodeB)}}},
		{"one folder, and servers by their ids", []captured{{"a", logA}, {"b", logB},
			{"h1", []byte(asks("c", nodeA, "create T", 17, 18, true))}, {"h2", []byte(asks("c", nodeB, "open T", 19, 20, false))}}},
	} {
		m := read(t, x.all, options())
		require.Equal(t, 2, m.Report.Clusters, x.what)
		require.True(t, *m.Report.Linearizable, x.what)
		require.Empty(t, m.Report.Findings, x.what)
		require.Equal(t, []string{nodeA, nodeB}, []string{m.Report.Operations[0].Server, m.Report.Operations[1].Server}, x.what)
		again := written(t, m)
		require.True(t, *check.Check(again).Linearizable, x.what)
		require.Equal(t, trace.Hash(m.Trace), trace.Hash(again), x.what)
	}
}

// written is a trace as its file has it.
func written(t *testing.T, m *replay.Import) *trace.Trace {
	t.Helper()
	var file bytes.Buffer
	require.NoError(t, trace.Write(&file, m.Trace))
	again, err := trace.Read(&file)
	require.NoError(t, err)
	return again
}

// Each cluster is judged, and one whose answers are wrong is named.
func TestTheSecondClusterIsJudged(t *testing.T) {
	r := read(t, []captured{
		{"a/h", []byte(asks("c", "m1", "create T", 17, 18, true))}, {"a/m1", []byte(becomes(17, nodeA, 1))}, {"a/members.json", calledM1(nodeA)},
		{"b/h", []byte(asks("c", "m1", "create T", 21, 22, true) + asks("c", "m1", "open T", 23, 24, false))},
		{"b/m1", []byte(becomes(22, nodeB, 1))}, {"b/members.json", calledM1(nodeB)},
	}, options()).Report
	require.False(t, *r.Linearizable)
	require.Equal(t, []string{"open T began 1 s after create T was acknowledged, and m1, by its log a follower for 1 s by then, answered that it does not exist"}, texts(r, "not-found-after-create"))
	f := r.Findings[0]
	require.Equal(t, []any{1, []string{nodeB}}, []any{f.Cluster, f.Nodes})
	require.Equal(t, "b/h", f.Refs[0].File)
}

// Where neither folders nor names tell, a history belongs to the cluster that wrote at the time.
func TestHistoriesByTime(t *testing.T) {
	r := read(t, []captured{{"a", []byte(becomes(1, nodeA, 1) + becomes(5, nodeA, 2))}, {"b", []byte(becomes(20, nodeB, 1) + becomes(25, nodeB, 2))},
		{"h", []byte(asks("c", "", "create T", 21, 22, true) + asks("c", "", "open T", 23, 24, false))}}, options()).Report
	require.Equal(t, 1, r.Findings[0].Cluster)
}

// Recordings of one after the other of clusters at the same addresses: Cassandra's nodes are called by nothing else.
func TestHistoriesOfOneAddressAtTwoTimes(t *testing.T) {
	two := func(from float64) []captured {
		return []captured{{"a/h", []byte(asks("c", "", "create T", 17, 18, true))}, {"a/m1", []byte(becomes(17, nodeA, 1))},
			{"b/h", []byte(asks("c", "", "delete U", from, from+0.5, true) + asks("c", "", "open T", 19, 20, false))}, {"b/m1", []byte(becomes(19, nodeA, 1))}}
	}
	alone := read(t, []captured{two(18.5)[0], two(18.5)[2]}, options()).Report
	require.True(t, *alone.Linearizable, "without their logs as well")
	m := read(t, two(18.5), options())
	require.True(t, *m.Report.Linearizable)
	require.Equal(t, 1, m.Report.Clusters)
	require.True(t, *check.Check(written(t, m)).Linearizable)

	require.False(t, *read(t, two(17.5), options()).Report.Linearizable, "two views of one time")
}

// A copy of a history is no second one.
func TestHistoriesTwice(t *testing.T) {
	logs := captured{"m1", []byte(becomes(17, nodeA, 1))}
	h := asks("c", "", "create T", 17, 18, true) + asks("", "", "open T", 18.000001, 19, true) + asks("", "", "open T", 18, 19, true) + asks("", "", "open T", 18, 19, true) +
		`{"op":"note","time":"2026-11-21T12:00:18.5Z","text":"a mark"}` + "\n"
	once := read(t, []captured{logs, {"h", []byte(h)}}, options())
	require.Len(t, once.Report.Operations, 4, "two calls of nobody in one millisecond are two")
	require.Equal(t, 0, once.Report.Lines.Duplicates)
	for what, all := range map[string][]captured{
		"a file":                {logs, {"h", []byte(h)}, {"i", []byte(h)}},
		"a folder":              {{"a/m1", logs.data}, {"b/m1", logs.data}, {"a/h", []byte(h)}, {"b/h", []byte(h)}},
		"some lines of another": {logs, {"h", []byte(h)}, {"i", []byte(strings.Join(strings.SplitAfter(h, "\n")[1:3], ""))}},
	} {
		m := read(t, all, options())
		require.Equal(t, once.Report.Operations, m.Report.Operations, what)
		require.Equal(t, once.Report.TraceHash, m.Report.TraceHash, what)
		require.Len(t, m.Marks(), 1, what)
		require.True(t, *m.Report.Linearizable, what)
		require.Positive(t, m.Report.Lines.Duplicates, what)
	}
	m := read(t, []captured{logs, {"h", []byte(h + h)}}, options())
	require.Len(t, m.Report.Operations, 6, "the two of nobody may be four")
	require.Equal(t, 3, m.Report.Lines.Duplicates)
	require.Equal(t, 10, m.Report.Files[0].Matched)
}

// Recordings that are read together are judged as each of them is alone.
func TestCapturesTogether(t *testing.T) {
	for _, x := range []struct {
		path         string
		linearizable bool
		findings     map[string]int
	}{
		{"etcd", false, map[string]int{"stale-read": 5}},
		{"kudu", false, map[string]int{"not-found-after-create": 15}},
		{"cassandra", true, map[string]int{}},
	} {
		r := read(t, capturedBelow(t, shared(t, "captures/"+x.path)), options()).Report
		require.Equal(t, x.linearizable, *r.Linearizable, x.path)
		found := map[string]int{}
		for _, kind := range []string{"stale-read", "contradiction", "not-found-after-create"} {
			if n := len(texts(r, kind)); n > 0 {
				found[kind] = n
			}
		}
		require.Equal(t, x.findings, found, x.path)
	}
}
