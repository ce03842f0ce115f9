package replay_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A file of another process, whose head is missing, is a restart: glog puts the process's number behind the date of a name.
// A file that goes on for the same process is none, nor is one whose name does not tell.
func TestAProcessWhoseHeadIsMissing(t *testing.T) {
	a, b := uuid(0), uuid(1)
	before := grants(0, a, b, 1) + leads(1_000_000, masters, a, 2)
	after := becomes(20, a, 3)
	other := leads(10_000_000, masters, b, 3)
	const name = "a/kudu-master.vm.root.log.INFO.20261121-12000"
	for _, c := range []struct {
		first, second string
		restarts      int
		dual          counts
	}{
		{name + "0.100", name + "1.200", 1, counts{}},
		{name + "0.100", name + "1.100", 0, counts{"dual-leader": 1}},
		{"a/1.log", "a/2.log", 0, counts{"dual-leader": 1}},
	} {
		r := read(t, []captured{{c.first, []byte(before)}, {c.second, []byte(after)}, {"b.log", []byte(other + becomes(11, b, 3))}}, options()).Report
		require.Len(t, r.Restarts, c.restarts, c.second)
		dual := counts{}
		for _, f := range r.Findings {
			if f.Kind == "dual-leader" {
				dual[f.Kind]++
			}
		}
		require.Equal(t, c.dual, dual, "a leader that was killed leads nothing")
		if c.restarts > 0 {
			require.Equal(t, a, r.Restarts[0].Node)
			require.Equal(t, "2026-11-21T12:00:20.000000000Z", r.Restarts[0].At)
			require.True(t, r.Restarts[0].Abrupt)
		}
	}
}
