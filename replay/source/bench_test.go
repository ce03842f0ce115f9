package source_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/replay/source"
	"tabletop/replay/source/unpack"
)

// captures returns a directory beside the checkout that holds real logs; the test is skipped without it.
func captures(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs(".")
	require.NoError(t, err)
	for ; filepath.Dir(dir) != dir; dir = filepath.Dir(dir) {
		found := filepath.Join(dir, "shared", "captures")
		if s, err := os.Stat(found); err == nil && s.IsDir() {
			return found
		}
	}
	t.Skip("no shared/captures beside the checkout")
	return ""
}

// Every capture is text, as it lies, packed one by one and packed together.
func TestCaptures(t *testing.T) {
	var files []source.File
	var items []item
	dir := captures(t)
	require.NoError(t, filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		name, _ := filepath.Rel(dir, p)
		files = append(files, file(filepath.ToSlash(name), b))
		items = append(items, item{filepath.ToSlash(name), b})
		return err
	}))
	plain, skipped := open(source.Limits{}, files...)
	require.Empty(t, skipped)
	require.Len(t, plain, len(files))
	packed, skipped := open(source.Limits{}, file("all", gz(zipped(8, items...))))
	require.Empty(t, skipped)
	require.Len(t, packed, len(files))
	stream, skipped := open(source.Limits{KeepEntry: 1}, file("all", zst(tarred(items...))))
	require.Empty(t, skipped)
	for i := range plain {
		want := split(content(t, plain[i]))
		require.Equal(t, "all/"+plain[i].Path, packed[i].Path)
		require.Equal(t, packed[i].Path, stream[i].Path)
		require.True(t, len(want) > 0)
		for _, e := range []source.Entry{plain[i], packed[i], stream[i]} {
			require.Equal(t, want, inOrder(t, &e, 30_000), e.Path)
		}
	}
	require.Less(t, len(source.Sets(plain)), len(plain))
}

const benchLines = 600_000

// BenchmarkRegions: what cutting a file into regions costs beside reading it.
func BenchmarkRegions(b *testing.B) {
	body := log(benchLines)
	run := func(name string, f source.File) {
		b.Run(name, func(b *testing.B) {
			entries, _ := open(source.Limits{}, f)
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				n := 0
				for p := range entries[0].Regions(0) {
					n += p.Own
				}
			}
		})
	}
	path := filepath.Join(b.TempDir(), "x.log")
	require.NoError(b, os.WriteFile(path, body, 0o600))
	f, err := os.Open(path)
	require.NoError(b, err)
	defer f.Close()
	run("file", source.File{Name: "x", Size: int64(len(body)), ReaderAt: f})
	run("reader", file("x", body))
	run("memory", file("x", gz(body)))
	b.Run("copy", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		buf := make([]byte, source.RegionSize)
		for b.Loop() {
			for r := bytes.NewReader(body); ; {
				if n, _ := r.Read(buf); n == 0 {
					break
				}
			}
		}
	})
}

// BenchmarkUnpack: opening into memory, and reading as a stream.
func BenchmarkUnpack(b *testing.B) {
	body := log(benchLines)
	for name, decode := range map[string]func(io.Reader) (io.Reader, error){"gzip": unpack.Gzip, "zstd": unpack.Zstd} {
		packed := gz(body)
		if name == "zstd" {
			packed = zst(body)
		}
		b.Run(name+"/decoder", func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				r, err := decode(bytes.NewReader(packed))
				require.NoError(b, err)
				_, err = io.Copy(io.Discard, r)
				require.NoError(b, err)
			}
		})
	}
	for name, packed := range map[string][]byte{"gzip": gz(body), "zstd": zst(body), "zip": zipped(8, item{"a", body})} {
		b.Run(name+"/open", func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				entries, _ := open(source.Limits{}, file("x", packed))
				require.Len(b, entries, 1)
			}
		})
		b.Run(name+"/stream", func(b *testing.B) {
			entries, _ := open(source.Limits{KeepEntry: 1}, file("x", packed))
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				for p := range entries[0].Regions(0) {
					n += p.Own
				}
			}
		})
	}
}
