package kudu_test

import (
	"bytes"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabletop/replay/kudu"
	"tabletop/replay/text"
)

// FuzzHeader: a line is a header to the parser if and only if it is one to the twin, with the same stamp and thread.
func FuzzHeader(f *testing.F) {
	for _, line := range []string{
		"I20261121 05:04:17.972628 15326 master_runner.cc:381] Master server non-default flags:",
		"I0317 17:04:14.694448 17546 raft_consensus.cc:479] T 0 P 1 [term 4 FOLLOWER]: x",
		"W0229 23:59:60.000000     1 a.cc:1] ", "E20260230 00:00:00.000000 1 a.cc:1] b", "F00010101 00:00:00.000000 1 a:1]",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if i := bytes.IndexByte([]byte(line), '\n'); i >= 0 || len(line) > text.MaxLine || bytes.ContainsRune([]byte(line), '\r') {
			return
		}
		s := parse([]byte(line + "\n"))
		require.Equal(t, 1, s.Lines)
		own := messages(line)
		if len(own) == 0 || !exists(line) {
			return // a prefix may stand before a header, which the twin does not read
		}
		m := own[0]
		require.GreaterOrEqual(t, s.Headers, 1)
		require.LessOrEqual(t, s.All().First, m.at)
		if s.Headers == 1 {
			require.Equal(t, m.at, s.All().First)
			require.Contains(t, s.Writers, m.tid)
		}
	})
}

// exists reports whether a header's time is one that the twin, too, takes as it stands, and its numbers are not too long.
func exists(line string) bool {
	m := headerOf.FindStringSubmatch(line)
	year := m[2]
	if year == "" {
		year = "0000"
	}
	second := m[7]
	if second == "60" {
		second = "59"
	}
	_, err := time.Parse("20060102 15:04:05", year+m[3]+m[4]+" "+m[5]+":"+m[6]+":"+second)
	return err == nil && len(m[9]) < 19 && len(m[11]) < 19 && len(m[10]) < 60
}

// FuzzParse: whatever the bytes are, nothing panics, statements stand in the order of the file, and where the file is cut
// into regions makes no difference.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"kudu-3266.log", "run1-table-3-m1.log", "hard.golden", "other.golden"} {
		b, err := os.ReadFile("testdata/" + name)
		require.NoError(f, err)
		f.Add(unescaped(b), uint16(100))
		for line := range bytes.Lines(b) {
			f.Add(line, uint16(1))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, own uint16) {
		s := parse(b)
		require.True(t, slices.IsSortedFunc(s.Statements, func(a, b text.Statement) int { return int(a.Offset - b.Offset) }))
		require.LessOrEqual(t, s.Cut, s.Lines)
		require.Len(t, s.Keys, s.Headers)
		for _, st := range s.Statements {
			require.Less(t, st.Offset, int64(len(b)))
			require.Less(t, st.Kind, text.Kinds)
			require.Less(t, st.Line, s.Lines)
			require.GreaterOrEqual(t, st.Length, int64(-1))
		}
		require.GreaterOrEqual(t, kudu.Dialect{}.Score(b), 0)
		cut := regions(b, func(int) int { return 1 + int(own) })
		require.Equal(t, s.Statements, cut.Statements)
		require.Equal(t, []int{s.Lines, s.Headers, s.Cut}, []int{cut.Lines, cut.Headers, cut.Cut})
		require.Equal(t, s.Keys, cut.Keys)
	})
}
