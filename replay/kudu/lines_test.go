package kudu_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabletop/replay/kudu"
	"tabletop/replay/text"
)

// parse reads a whole file.
func parse(b []byte) *text.Sink {
	s := text.NewSink()
	kudu.Dialect{}.Parse(text.Region{Bytes: b, Own: len(b), First: true, Last: true}, s)
	return s
}

// written returns a statement as goldens show it: without its place's bytes, its writer and its key.
func written(st text.Statement) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s %s", st.Line, time.UnixMicro(st.At).UTC().Format("01-02 15:04:05.000000"), st.Kind)
	word := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, " %s=%s", name, value)
		}
	}
	number := func(name string, value uint64) {
		if value != 0 {
			fmt.Fprintf(&b, " %s=%d", name, value)
		}
	}
	flag := func(name string, set bool) {
		if set {
			b.WriteString(" " + name)
		}
	}
	if st.Kind == text.RoleIs {
		word("role", st.Role.String())
	}
	flag("now", st.Now)
	flag("pre", st.Pre)
	flag("won", st.Won)
	flag("told", st.Told)
	number("term", st.Term)
	number("index", st.Index)
	word("node", st.Node)
	if st.Group == strings.Repeat("0", 32) {
		word("group", "sys")
	} else {
		word("group", st.Group)
	}
	word("peer", st.Peer)
	word("at", st.PeerAddress)
	if st.Length >= 0 {
		fmt.Fprintf(&b, " length=%v", time.Duration(st.Length)*time.Microsecond)
	}
	word("yes", strings.Join(st.Yes, ","))
	word("no", strings.Join(st.No, ","))
	if st.Text != "" {
		fmt.Fprintf(&b, " %q", st.Text)
	}
	return b.String()
}

// captures returns the real logs of Kudu beside the checkout, by their path below it. They are no part of the project.
func captures(t testing.TB) map[string][]byte {
	files := map[string][]byte{}
	root := shared(t, "captures/kudu")
	require.NoError(t, filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.Contains(path, ".log.") {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(root, path)
		files[name] = b
		return err
	}))
	return files
}

// shared returns the path of what lies beside the checkout, and skips the test where it does not.
func shared(t testing.TB, what string) string {
	dir, err := os.Getwd()
	require.NoError(t, err)
	for ; ; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, "shared", what)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		if dir == filepath.Dir(dir) {
			t.Skipf("no %s beside the checkout", what)
		}
	}
}

// What stands in front of a line is the upper half of its writer, the thread the lower half. Colours do not count.
func TestWritersBehindPrefixes(t *testing.T) {
	line := func(prefix string, tid int) string {
		return fmt.Sprintf("%sI20261121 05:04:17.972628 %d tablet_service.cc:1] x\n", prefix, tid)
	}
	writer := func(prefix string, tid int) uint64 {
		ids := parse([]byte(line(prefix, tid))).WriterIDs()
		require.Len(t, ids, 1, prefix)
		return ids[0]
	}
	require.Equal(t, uint64(7), writer("", 7))
	for _, prefix := range []string{"m1 | ", "[ts-2] ", "\x1b[36mm1-1  |\x1b[0m "} {
		a, b := writer(prefix, 7), writer(prefix, 1<<22)
		require.Equal(t, a>>32, b>>32, prefix)
		require.NotZero(t, a>>32, prefix)
		require.Equal(t, []uint64{7, 1 << 22}, []uint64{a & (1<<32 - 1), b & (1<<32 - 1)}, prefix)
	}
	require.Equal(t, writer("m1-1  | ", 7), writer("\x1b[36mm1-1  |\x1b[0m ", 7))
	require.NotEqual(t, writer("m1 | ", 7)>>32, writer("m2 | ", 7)>>32)
}
