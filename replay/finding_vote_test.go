package replay_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/replay"
)

// The lines of a master that keeps its oaths or breaks them, in seconds behind noon.
func enters(at int, node string, term uint64) string {
	return dated(int64(at)*1e6, 1, masters, node, fmt.Sprintf("[term %d FOLLOWER]: Advancing to term %d", term-1, term))
}

func grants(at int, node, candidate string, term uint64) string {
	return dated(int64(at)*1e6, 1, masters, node,
		fmt.Sprintf("[term %d FOLLOWER]: Leader election vote request: Granting yes vote for candidate %s in term %d.", term, candidate, term))
}

func begins(at int) string {
	return fmt.Sprintf("I20261121 12:%02d:%02d.000000 1 master_main.cc:1] Master server non-default flags:\n", at/60, at%60)
}

func becomes(at int, node string, term uint64) string {
	return dated(int64(at)*1e6, 1, masters, node, fmt.Sprintf("[term %d FOLLOWER]: Becoming Follower/Learner. State: Replica: %s, State: Initialized, Role: FOLLOWER", term, node))
}

// A term that goes back and a second vote in a term are findings of one replica's disk, never of one that lost it.
func TestOaths(t *testing.T) {
	a, b, c, again := uuid(0), uuid(1), uuid(2), uuid(9)
	for _, x := range []struct {
		what, log string
		finds     []string
		lines     [2]int
	}{
		{"two votes in a term", enters(1, a, 5) + grants(2, a, b, 5) + grants(4, a, c, 5),
			[]string{"double-vote: A voted for B and 2 s later for C in term 5"}, [2]int{2, 3}},
		{"the same vote twice", grants(2, a, b, 5) + grants(4, a, b, 5), nil, [2]int{}},
		{"votes in two terms, the first written late", enters(1, a, 6) + grants(2, a, b, 6) + grants(3, a, c, 5), nil, [2]int{}},
		{"it stood itself", stands(1e6, masters, 0, "leader election", 5) + grants(2, a, b, 5),
			[]string{"double-vote: A voted for itself and 1 s later for B in term 5"}, [2]int{1, 3}},
		{"it stood for a pre-election", stands(1e6, masters, 0, "pre-election", 5) + grants(2, a, b, 5), nil, [2]int{}},
		{"behind a restart", grants(1, a, b, 5) + begins(2) + becomes(3, a, 5) + grants(4, a, c, 5),
			[]string{"double-vote: A voted for B and 3 s later for C in term 5"}, [2]int{1, 4}},
		{"behind a restart with an empty disk", enters(1, a, 5) + grants(1, a, b, 5) + begins(2) + becomes(3, a, 1) + enters(4, a, 5) + grants(4, a, c, 5), nil, [2]int{}},
		{"as another node", enters(1, a, 5) + grants(1, a, b, 5) + begins(2) + becomes(3, again, 2) + grants(4, again, c, 5), nil, [2]int{}},
		{"a term goes back", enters(1, a, 5) + enters(2, a, 3), []string{"term-regression: A went back from term 5 to term 3"}, [2]int{1, 2}},
		{"in another process", enters(1, a, 5) + begins(2) + becomes(3, a, 3), nil, [2]int{}},
		{"lines that are quoted in another order", enters(2, a, 3) + enters(1, a, 5), nil, [2]int{}},
		{"a clock that was set back", enters(9, a, 5) + enters(2, a, 6), nil, [2]int{}},
	} {
		t.Run(x.what, func(t *testing.T) {
			m := read(t, []captured{{"a.log", []byte(x.log)}, {"b.log", []byte(becomes(0, b, 1))}, {"c.log", []byte(becomes(0, c, 1))}}, options())
			var found []string
			for _, f := range m.Report.Findings {
				if f.Kind != "double-vote" && f.Kind != "term-regression" {
					continue
				}
				found = append(found, f.Kind+": "+f.Text)
				require.Equal(t, []replay.Ref{{File: "a.log", Line: x.lines[0]}, {File: "a.log", Line: x.lines[1]}}, f.Refs)
			}
			require.Equal(t, x.finds, found)
		})
	}
}
