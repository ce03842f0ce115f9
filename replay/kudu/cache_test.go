package kudu_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tabletop/replay/kudu"
	"tabletop/replay/text"
)

// What a parser has met before, in other regions and other logs, makes no difference to what it finds.
func TestCacheMakesNoDifference(t *testing.T) {
	used := text.NewSink()
	same := func(t require.TestingT, log []byte) {
		fresh := parse(log)
		used.Reset()
		kudu.Dialect{}.Parse(text.Region{Bytes: log, Own: len(log), First: true, Last: true}, used)
		require.Equal(t, fresh.Statements, append([]text.Statement(nil), used.Statements...))
		require.Equal(t, []int{fresh.Lines, fresh.Headers, fresh.Cut}, []int{used.Lines, used.Headers, used.Cut})
		require.Equal(t, fmt.Sprint(fresh.Keys, fresh.All()), fmt.Sprint(used.Keys, used.All()))
	}
	names, err := filepath.Glob("testdata/*.log")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for range 2 {
		for _, name := range names {
			log, err := os.ReadFile(name)
			require.NoError(t, err)
			same(t, log)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		var log bytes.Buffer
		for range rapid.IntRange(1, 20).Draw(t, "lines") {
			day := rapid.SampledFrom([]string{"20261121", "20261122", "1121", "20270230"}).Draw(t, "day")
			clock := rapid.SampledFrom([]string{"05:04:17", "05:04:18", "24:00:00", "05:04:1x"}).Draw(t, "clock")
			site := rapid.OneOf(rapid.StringMatching(`[ab]{1,70}\.cc:[12]{1,20}`),
				rapid.SampledFrom([]string{"raft_consensus.cc:3037", "raft_consensus.cc:3038", "raft_consensux.cc:3037"})).Draw(t, "site")
			fmt.Fprintf(&log, "I%s %s.000001 7 %s] T %032d P %032x [term 3 FOLLOWER]: Advancing to term 4\n", day, clock, site,
				rapid.IntRange(0, 3000).Draw(t, "tablet"), rapid.IntRange(0, 3000).Draw(t, "node"))
		}
		same(t, log.Bytes())
	})
}
