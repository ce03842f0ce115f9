package scenes

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The same scene, variant, settings and seed give the same trace on every machine: the file was written on amd64, and
// this test runs with GOARCH=386 and in wasm too.
func TestTheHashesOf200SeedsAreThoseOnRecord(t *testing.T) {
	const path = "testdata/hashes.txt"
	s := find(t, "kudu-3266")
	var b strings.Builder
	for seed := uint64(1); seed <= 200; seed++ {
		for _, v := range s.Variants {
			b.WriteString(run(t, s, Options{Variant: v.ID, Seed: seed}).Hash + "\n")
		}
	}
	if f := flag.Lookup("rewrite"); f != nil && f.Value.String() == "true" {
		require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), b.String(), "go test ./scenes -rewrite records a change of the engine")
}
