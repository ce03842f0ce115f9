package replay_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/replay"
	"tabletop/replay/cassandra"
	"tabletop/replay/etcd"
	"tabletop/replay/kudu"
	"tabletop/replay/source"
	"tabletop/replay/source/unpack"
)

func options() replay.Options {
	return replay.Options{
		Dialects: []replay.Dialect{kudu.Dialect{}, etcd.Zap{}, etcd.Capnslog{}, cassandra.Dialect{}},
		Source:   source.Options{Tar: source.Tar(), Zip: source.Zip(), Decoders: source.Decoders{Gzip: unpack.Gzip, Zstd: unpack.Zstd, Deflate: unpack.Deflate}},
	}
}

// shared returns a place in the folder of captures and tickets beside the checkout. They are not part of the project.
func shared(t testing.TB, path string) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for ; ; dir = filepath.Dir(dir) {
		found := filepath.Join(dir, "..", "shared", path)
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			if _, err := os.Stat(found); err != nil {
				t.Skipf("%s is not there: the captures lie beside the checkout, not in it", found)
			}
			return found
		}
		require.NotEqual(t, dir, filepath.Dir(dir))
	}
}

// files reads all files below a path, except the client histories when they are not wanted.
func files(t testing.TB, root string, keep func(name string) bool) (all []source.File) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || keep != nil && !keep(d.Name()) {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		all = append(all, source.File{Name: filepath.ToSlash(rel), Size: int64(len(b)), ReaderAt: bytes.NewReader(b)})
		return err
	}))
	return all
}

func importAll(t testing.TB, path string, keep func(name string) bool) *replay.Import {
	t.Helper()
	m, err := replay.Read(files(t, shared(t, path), keep), options())
	require.NoError(t, err)
	return m
}
