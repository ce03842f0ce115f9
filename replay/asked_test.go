package replay_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const alone = `{"op":"client","client":"c1","node":"m1","what":"create T","begin":"2026-11-21T05:04:17Z","time":"2026-11-21T05:04:18Z","ok":true}
{"op":"note","time":"2026-11-21T05:04:18.5Z","text":"a mark"}
{"op":"client","client":"c2","node":"m3","what":"open T","begin":"2026-11-21T05:04:19.5Z","time":"2026-11-21T05:04:20Z","ok":false,"error":"T does not exist"}
`

// What clients were told is judged without a log; the servers are those that they name.
func TestAHistoryAlone(t *testing.T) {
	r := read(t, []captured{{"h", []byte(alone)}}, options()).Report
	require.Len(t, r.Nodes, 2)
	require.Equal(t, []string{"m1", "m3"}, []string{r.Nodes[0].ID, r.Nodes[1].ID})
	require.Equal(t, 1, r.Clusters)
	require.False(t, *r.Linearizable)
	require.Equal(t, []string{"open T began 1.5 s after create T was acknowledged, and m3 answered that it does not exist"}, texts(r, "not-found-after-create"))
	require.Equal(t, []string{"m1", "m3"}, []string{r.Operations[0].Server, r.Operations[1].Server})
	f := r.Files[0]
	require.Equal(t, []any{"history", 3, 3, 0}, []any{f.Dialect, f.Lines, f.Matched, f.Skipped})
	require.Equal(t, "2026-11-21T05:04:17.000000000Z 2026-11-21T05:04:20.000000000Z", *f.First+" "+*f.Last)
	require.True(t, f.YearKnown && f.ZoneKnown)
	require.Equal(t, r.Files[0].Lines, r.Lines.Total)

	members := captured{"members.json", []byte(`{"m3":{"uuid":"` + nodeB + `"}}`)}
	r = read(t, []captured{{"h", []byte(alone)}, members}, options()).Report
	require.Equal(t, "m1 "+nodeB, r.Nodes[1].ID+" "+r.Nodes[0].ID)
	require.Equal(t, nodeB, r.Operations[1].Server)

	// Beside a log a server that it does not know is no node of its.
	r = read(t, []captured{{"h", []byte(alone)}, {"a.log", []byte(becomes(0, nodeA, 1))}}, options()).Report
	require.Len(t, r.Nodes, 1)
	require.Empty(t, r.Operations[0].Server)
}

// Two histories are by two clocks.
func TestTwoHistoriesByTwoClocks(t *testing.T) {
	create, open := []byte(alone)[:indexOf(alone, 1)], []byte(alone)[indexOf(alone, 2):]
	r := read(t, []captured{{"a", create}, {"b", open}}, options()).Report
	require.Equal(t, []string{"open T began about 1.5 s after create T was acknowledged, and m3 answered that it does not exist"}, texts(r, "not-found-after-create"))
}

// indexOf returns where a line begins, from 0.
func indexOf(text string, line int) int {
	at := 0
	for range line {
		for text[at] != '\n' {
			at++
		}
		at++
	}
	return at
}

// A node without a name gets a letter that no other has.
func TestLettersThatAreTaken(t *testing.T) {
	members := captured{"members.json", []byte(`{"A":{"uuid":"` + nodeB + `"}}`)}
	r := read(t, []captured{{"a.log", []byte(becomes(0, nodeA, 1) + becomes(1, nodeB, 1))}, members}, options()).Report
	require.Equal(t, []string{"B", "A"}, []string{r.Nodes[0].Name, r.Nodes[1].Name})
}
