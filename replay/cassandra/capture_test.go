package cassandra

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabletop/replay/text"
)

// captures returns the directory of recorded logs beside the checkout, or skips the test.
func captures(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if found := filepath.Join(dir, "shared", "captures"); isDir(found) {
			return found
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Skip("no recorded logs: there is no shared/captures beside the checkout")
		}
		dir = up
	}
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// recorded returns all logs of the captures by their names, third-party ones too: they are read and never copied.
func recorded(t testing.TB) map[string][]byte {
	t.Helper()
	root := captures(t)
	all := map[string][]byte{}
	for _, pattern := range []string{"cassandra/*/*.log", "cassandra/*/*/*.log", "cassandra-dse-3node/*.log"} {
		names, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, name := range names {
			b, err := os.ReadFile(name)
			require.NoError(t, err)
			short, err := filepath.Rel(root, name)
			require.NoError(t, err)
			all[short] = b
		}
	}
	require.NotEmpty(t, all)
	return all
}

func parse(b []byte) *text.Sink {
	s := text.NewSink()
	Dialect{}.Parse(text.Region{Bytes: b, Own: len(b), First: true, Last: true}, s)
	return s
}

// show prints a statement in one line.
func show(st text.Statement) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s %s", st.Line+1, time.UnixMicro(st.At).UTC().Format("2006-01-02 15:04:05.000"), st.Kind)
	add := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, " %s=%s", name, value)
		}
	}
	add("node", st.Node)
	if st.Told {
		b.WriteString(" told")
	}
	add("peer", st.Peer)
	if st.PeerAddress != st.Peer {
		add("address", st.PeerAddress)
	}
	if st.Length >= 0 {
		add("length", (time.Duration(st.Length) * time.Microsecond).String())
	}
	if st.Index > 0 {
		add("index", fmt.Sprint(st.Index))
	}
	if len(st.Yes) > 0 {
		add("yes", strings.Join(st.Yes, ","))
	}
	if st.Text != "" {
		fmt.Fprintf(&b, " %q", st.Text)
	}
	return b.String()
}

func shown(all []text.Statement) string {
	var b bytes.Buffer
	for _, st := range all {
		b.WriteString(show(st) + "\n")
	}
	return b.String()
}
