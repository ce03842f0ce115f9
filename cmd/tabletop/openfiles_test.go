package main

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/replay/source"
)

// More files than a process may have open are read, by several at a time.
func TestMoreFilesThanMayBeOpen(t *testing.T) {
	dir := t.TempDir()
	for i := range 3 * maxOpen {
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%03d", i)), fmt.Appendf(nil, "file %03d", i), 0o644))
	}
	all := &openFiles{}
	files, unread := all.below(dir)
	require.Empty(t, unread)
	require.Len(t, files, 3*maxOpen)
	var wait sync.WaitGroup
	read := make([]string, 3*len(files))
	for i := range read {
		wait.Go(func() {
			b := make([]byte, 8)
			n, _ := files[i%len(files)].ReadAt(b, 0)
			read[i] = string(b[:n])
		})
	}
	wait.Wait()
	for i, text := range read {
		require.Equal(t, fmt.Sprintf("file %03d", i%len(files)), text)
	}
	require.LessOrEqual(t, len(all.open), maxOpen+len(read), "as many more as were read at once")
	_, err := files[0].ReadAt(make([]byte, 1), 0)
	require.NoError(t, err)
	closeAll(files)
	require.Empty(t, all.open)
}

// A log that was rotated between two reads is not mixed with the one that has its name now.
func TestAFileThatIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	require.NoError(t, os.WriteFile(path, []byte("one"), 0o644))
	f, err := (&openFiles{}).file(path)
	require.NoError(t, err)
	require.NoError(t, os.Rename(path, path+".1"))
	require.NoError(t, os.WriteFile(path, []byte("two"), 0o644))
	b := make([]byte, 3)
	_, err = f.ReadAt(b, 0)
	require.NoError(t, err)
	require.Equal(t, "one", string(b), "it is still open")
	closeAll([]source.File{f})
	_, err = f.ReadAt(b, 0)
	require.ErrorContains(t, err, "another file has taken its name")
}
