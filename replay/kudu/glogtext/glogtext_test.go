package glogtext_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/replay/kudu/glogtext"
)

func written(t testing.TB, o glogtext.Options) (all []byte) {
	var b bytes.Buffer
	for _, f := range glogtext.New(o).Files() {
		n, err := f.WriteTo(&b)
		require.NoError(t, err)
		require.Positive(t, n)
	}
	return b.Bytes()
}

func TestSameSeedSameBytes(t *testing.T) {
	o := glogtext.Options{Seed: 3, Bytes: 1 << 20, Files: 2}
	first := written(t, o)
	require.True(t, bytes.Equal(first, written(t, o)))
	o.Seed++
	require.False(t, bytes.Equal(first, written(t, o)))
}

func TestSize(t *testing.T) {
	for _, size := range []int64{1 << 20, 8 << 20} {
		require.InEpsilon(t, size, len(written(t, glogtext.Options{Seed: 1, Bytes: size})), 0.1)
	}
}

func BenchmarkWrite(b *testing.B) {
	f := glogtext.New(glogtext.Options{Seed: 1, Bytes: 24 << 20}).Files()[0]
	b.SetBytes(8 << 20)
	for b.Loop() {
		if _, err := f.WriteTo(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
