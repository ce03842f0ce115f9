package scenes

import (
	"fmt"
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
	var got []string
	for seed := uint64(1); seed <= 200; seed++ {
		for _, v := range s.Variants {
			got = append(got, fmt.Sprintf("%d %s %s", seed, v.ID, run(t, s, Options{Variant: v.ID, Seed: seed}).Hash))
		}
	}
	if rewriting() {
		require.NoError(t, os.WriteFile(path, []byte(strings.Join(got, "\n")+"\n"), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(want)), "\n")
	require.Equal(t, len(lines), len(got))
	for i := range got {
		require.Equal(t, lines[i], got[i], "go test ./scenes -rewrite records a change of the engine")
	}
}
