package source_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"tabletop/replay/source"
	"tabletop/replay/source/unpack"
	"tabletop/replay/text"
)

func decoders() source.Decoders {
	return source.Decoders{Gzip: unpack.Gzip, Zstd: unpack.Zstd, Deflate: unpack.Deflate}
}

// file is one of bytes.
func file(name string, b []byte) source.File {
	return source.File{Name: name, Size: int64(len(b)), ReaderAt: bytes.NewReader(b)}
}

// open opens with the decoders and some limits.
func open(l source.Limits, files ...source.File) ([]source.Entry, []source.Skipped) {
	return source.Open(files, source.Options{Limits: l, Decoders: decoders(), Tar: source.Tar(), Zip: source.Zip()})
}

func gz(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

func zst(b []byte) []byte {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err)
	}
	return w.EncodeAll(b, nil)
}

// item is a member to be packed.
type item struct {
	name string
	body []byte
}

func day() time.Time { return time.Date(2024, 2, 29, 12, 30, 44, 0, time.UTC) }

func tarred(items ...item) []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, i := range items {
		_ = w.WriteHeader(&tar.Header{Name: i.name, Size: int64(len(i.body)), Mode: 0o644, ModTime: day()})
		_, _ = w.Write(i.body)
	}
	_ = w.Close()
	return out.Bytes()
}

func zipped(method uint16, items ...item) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	w.RegisterCompressor(93, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) })
	for _, i := range items {
		m, err := w.CreateHeader(&zip.FileHeader{Name: i.name, Method: method, Modified: day()})
		if err != nil {
			panic(err)
		}
		_, _ = m.Write(i.body)
	}
	_ = w.Close()
	return out.Bytes()
}

// log returns some lines of a log.
func log(lines int) []byte {
	var b bytes.Buffer
	for i := range lines {
		fmt.Fprintf(&b, "I1121 05:04:%02d.%06d 15327 raft_consensus.cc:%d] T 0 P %x: line %d\n", i/1000%60, i*7919%1e6, i%900,
			uint32(i%9)*2654435761, i)
	}
	return b.Bytes()
}

// content returns all of an entry's text by ReadAt and by regions, which must agree.
func content(t testing.TB, e source.Entry) string {
	t.Helper()
	var whole []byte
	buf := make([]byte, 100_000)
	for {
		n, err := e.ReadAt(buf, int64(len(whole)))
		whole = append(whole, buf[:n]...)
		if err != nil {
			break
		}
	}
	var owned []byte
	for p, err := range e.Regions(1 << 16) {
		if err != nil {
			break
		}
		require.Equal(t, int64(len(owned)), p.Offset)
		end := len(p.Bytes) // of the last line that it owns
		if n := bytes.IndexByte(p.Bytes[p.Own-1:], '\n'); n >= 0 {
			end = p.Own + n
		}
		owned = append(owned, p.Bytes[:end]...)
	}
	if len(whole) < text.MaxLine {
		require.Equal(t, string(whole), string(owned))
	}
	return string(whole)
}

// report renders what Open returned.
func report(t testing.TB, entries []source.Entry, skipped []source.Skipped) string {
	t.Helper()
	var b bytes.Buffer
	for _, e := range entries {
		c := content(t, e)
		if len(c) > 24 {
			c = fmt.Sprintf("%s… (%d)", c[:16], len(c))
		}
		fmt.Fprintf(&b, "%s: %d %q\n", e.Path, e.Size, c)
	}
	for _, s := range skipped {
		fmt.Fprintf(&b, "! %v\n", s)
	}
	return b.String()
}
