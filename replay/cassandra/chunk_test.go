package cassandra

import (
	"bytes"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabletop/replay/text"
)

// cut parses a file in regions that own at least size bytes each and begin at a line, as the importer does.
func cut(b []byte, size func() int) *text.Sink {
	all := text.NewSink()
	for at := 0; at < len(b); {
		own := min(at+size(), len(b))
		if n := bytes.IndexByte(b[own-1:], '\n'); n >= 0 {
			own += n
		} else {
			own = len(b)
		}
		end := min(own+text.Overhang, len(b))
		part := text.NewSink()
		Dialect{}.Parse(text.Region{Bytes: b[at:end], Own: own - at, First: at == 0, Last: end == len(b)}, part)
		all.Append(part, int64(at))
		at = own
	}
	return all
}

func same(t testing.TB, want, got *text.Sink) {
	t.Helper()
	require.Equal(t, want.Statements, got.Statements)
	assert.Equal(t, []int{want.Lines, want.Headers, want.Cut}, []int{got.Lines, got.Headers, got.Cut})
	assert.Equal(t, want.Keys, got.Keys)
	assert.Equal(t, want.WriterIDs(), got.WriterIDs())
	for w, a := range want.Writers {
		assert.Equal(t, []int64{a.First, a.Last, int64(a.Lines)},
			[]int64{got.Writers[w].First, got.Writers[w].Last, int64(got.Writers[w].Lines)})
	}
}

func TestRegionsMakeNoDifference(t *testing.T) {
	for _, name := range []string{"run1-n1-peer", "run1-n2-restart", "run1-n3-pause", "t2-v2-race"} {
		b, err := os.ReadFile(filepath.Join("testdata", "logs", name+".log"))
		require.NoError(t, err)
		whole := parse(b)
		for size := 1; size < len(b); size = size*3 + 1 { // 1: a cut at every line
			t.Run(fmt.Sprint(name, size), func(t *testing.T) { same(t, whole, cut(b, func() int { return size })) })
		}
	}
}

func TestRegionsOfCaptures(t *testing.T) {
	for name, b := range recorded(t) {
		switch {
		case strings.Contains(name, "n2/system"), strings.Contains(name, "castest/t3"), strings.Contains(name, "run2-trace/n1"):
			random := rand.New(rand.NewSource(1))
			same(t, parse(b), cut(b, func() int { return 1 + random.Intn(20_000) }))
		}
	}
}
