package unpack_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabletop/replay/source/unpack"
)

func packed(t *testing.T, body string, writer func(io.Writer) (io.WriteCloser, error)) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := writer(&b)
	require.NoError(t, err)
	_, err = io.WriteString(w, body)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestDecoders(t *testing.T) {
	body := strings.Repeat("one\ntwo\n", 5000)
	for _, c := range []struct {
		name   string
		decode func(io.Reader) (io.Reader, error)
		writer func(io.Writer) (io.WriteCloser, error)
		twice  string // what two streams behind each other give
	}{
		{"gzip", unpack.Gzip, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }, body + body},
		{"zstd", unpack.Zstd, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) }, body + body},
		{"deflate", unpack.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 6) }, body},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := packed(t, body, c.writer)
			r, err := c.decode(bytes.NewReader(append(b, b...)))
			require.NoError(t, err)
			got, err := io.ReadAll(r)
			require.NoError(t, err)
			assert.Equal(t, c.twice, string(got))

			r, err = c.decode(bytes.NewReader(b[:len(b)/2]))
			require.NoError(t, err)
			got, err = io.ReadAll(r)
			assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
			assert.True(t, strings.HasPrefix(body, string(got)))
		})
	}
}

// A window is refused by what its header claims, before memory is taken for it.
func TestWindow(t *testing.T) {
	b := packed(t, "x", func(w io.Writer) (io.WriteCloser, error) {
		return zstd.NewWriter(w, zstd.WithWindowSize(2*unpack.MaxWindow), zstd.WithSingleSegment(false))
	})
	b[4], b[5] = 0, 20<<3 // no single segment; 1 GiB
	r, err := unpack.Zstd(bytes.NewReader(b))
	require.NoError(t, err)
	_, err = io.ReadAll(r)
	assert.ErrorIs(t, err, zstd.ErrWindowSizeExceeded)
}
