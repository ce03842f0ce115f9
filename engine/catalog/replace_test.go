package catalog

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestThreeFourThree has one row per configuration: voters, with "~" non-voters, with "!" those that the leader, A, has
// not heard from for too long.
func TestThreeFourThree(t *testing.T) {
	for _, c := range []struct {
		config string
		factor int
		want   string
	}{
		{"A B C", 3, ""},
		{"A B C!", 3, "add"},
		{"A B C! ~D", 3, ""}, // it is on its way
		{"A B C! ~D!", 3, "evict D"},
		{"A B C! ~D! ~E", 3, "evict D"}, // a failed one takes up a place
		{"A B C! D", 3, "evict C"},
		{"A B C D", 3, "evict D"}, // the failed one is back: one too many
		{"B C D A", 3, "evict D"}, // and never the leader
		{"A B C ~D", 3, "evict D"},
		{"A B C ~D ~E!", 3, "evict E"},
		{"A B", 3, "add"},
		{"A B ~C", 3, ""},
		{"A B! C! ~D!", 3, ""},
		{"A B! C!", 3, ""},          // no majority that could commit a change
		{"A B C! D!", 3, "evict C"}, // two of the three that stay can commit it
		{"A B C D! E!", 3, "evict D"},
		{"A B! C! D", 3, "evict B"},
		{"A B! C! D!", 3, ""},
		{"A", 1, ""},
		{"A B", 1, "evict B"},
		{"A B!", 1, "evict B"},
		{"A ~B", 1, "evict B"},
		{"A B C D E!", 5, "add"},
		{"A B C D! E!", 5, "add"},
		{"A B C D! E! ~F", 5, "add"},
		{"A B C D! E! ~F ~G", 5, ""},
		{"A B C! D! E!", 5, ""},
	} {
		config, failed := Consensus{Leader: "A", Index: 9}, []string(nil)
		for word := range strings.FieldsSeq(c.config) {
			server, out := strings.CutSuffix(word, "!")
			if out {
				failed = append(failed, strings.TrimPrefix(server, "~"))
			}
			if joining, ok := strings.CutPrefix(server, "~"); ok {
				config.NonVoters = append(config.NonVoters, joining)
			} else {
				config.Voters = append(config.Voters, server)
			}
		}
		task, ok := replace(config, failed, c.factor)
		got := map[TaskKind]string{AddReplica: "add", EvictReplica: "evict " + task.Member}[task.Kind]
		require.Equal(t, c.want, got, "%s of %d", c.config, c.factor)
		require.Equal(t, c.want != "", ok, c.config)
		if ok {
			require.Equal(t, config, task.Consensus, "the change is for this configuration alone")
		}
	}
}
