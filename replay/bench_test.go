package replay_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/replay"
	"tabletop/replay/kudu/glogtext"
)

// BenchmarkRead is the whole import, from files to the report, by as many workers as -cpu says.
func BenchmarkRead(b *testing.B) {
	_, files := generated(b, glogtext.Options{Seed: 1, Bytes: 128 << 20, Clocks: wrong()})
	size := int64(0)
	for _, f := range files {
		size += f.Size
	}
	o := options()
	o.Workers = runtime.GOMAXPROCS(0)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		_, err := replay.Read(files, o)
		require.NoError(b, err)
	}
}
