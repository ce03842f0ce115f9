package etcd_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"tabletop/replay/etcd"
	"tabletop/replay/text"
)

// dialect is what the importer will want of each.
type dialect interface {
	ID() string
	Score(sample []byte) int
	Parse(r text.Region, s *text.Sink)
}

func dialects() []dialect { return []dialect{etcd.Zap{}, etcd.Capnslog{}} }

func parse(d dialect, b []byte) *text.Sink {
	s := text.NewSink()
	d.Parse(text.Region{Bytes: b, Own: len(b), First: true, Last: true}, s)
	return s
}

// captures returns the etcd logs recorded beside the checkout, and skips the test where there are none.
func captures(t testing.TB) map[string][]byte {
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		found, err := filepath.Glob(filepath.Join(dir, "shared", "captures", "etcd*"))
		require.NoError(t, err)
		if len(found) > 0 {
			return read(t, filepath.Dir(found[0]))
		}
		if filepath.Dir(dir) == dir {
			t.Skip("no shared/captures beside the checkout: the recorded etcd logs are not tested")
		}
		dir = filepath.Dir(dir)
	}
}

func read(t testing.TB, dir string) map[string][]byte {
	logs := map[string][]byte{}
	for _, pattern := range []string{"etcd/*/*.log.json", "etcd-*/*.log"} {
		paths, err := filepath.Glob(filepath.Join(dir, pattern))
		require.NoError(t, err)
		for _, path := range paths {
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			name, err := filepath.Rel(dir, path)
			require.NoError(t, err)
			logs[name] = b
		}
	}
	require.NotEmpty(t, logs)
	return logs
}

func names(logs map[string][]byte) []string {
	var n []string
	for name := range logs {
		n = append(n, name)
	}
	sort.Strings(n)
	return n
}

// describe writes a statement on one line, without what is zero.
func describe(s text.Statement) string {
	var b strings.Builder
	at := time.UnixMicro(s.At).UTC().Format("2006-01-02T15:04:05.000000")
	fmt.Fprintf(&b, "%d %s %s %s", s.Line+1, at, s.Kind, s.Node)
	add := func(ok bool, format string, args ...any) {
		if ok {
			fmt.Fprintf(&b, " "+format, args...)
		}
	}
	add(s.Kind == text.RoleIs, "%s", s.Role)
	add(s.Peer != "", "peer=%s", s.Peer)
	add(s.Term != 0, "term=%d", s.Term)
	add(s.Index != 0, "index=%d", s.Index)
	add(s.Length != 0, "length=%d", s.Length)
	add(s.Pre, "pre")
	add(s.Now, "now")
	add(s.Told, "told")
	add(s.Won, "won")
	add(len(s.Yes) > 0, "yes=%s", strings.Join(s.Yes, ","))
	add(len(s.No) > 0, "no=%s", strings.Join(s.No, ","))
	add(s.Text != "", "%q", s.Text)
	return b.String()
}

// TestPlays reads logs from testdata: "parse dialect=zap" shows what they state, "file name=…" does so with a file.
// Escapes in the input: ␀ is a zero byte, ␛ an escape, ␍ a carriage return; a line that ends in ⏎ has no end in the log.
func TestPlays(t *testing.T) {
	datadriven.Walk(t, "testdata/plays", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			input := []byte(d.Input + "\n")
			if d.Cmd == "file" {
				var name string
				d.ScanArgs(t, "name", &name)
				var err error
				input, err = os.ReadFile(filepath.Join("testdata", name))
				require.NoError(t, err)
			}
			input = []byte(strings.NewReplacer("␀", "\x00", "␛", "\x1b", "␍", "\r", "⏎\n", "").Replace(string(input)))
			which := "zap"
			d.MaybeScanArgs(t, "dialect", &which)
			dialect := map[string]dialect{"zap": etcd.Zap{}, "capnslog": etcd.Capnslog{}}[which]
			return play(dialect, input)
		})
	})
}

func play(d dialect, input []byte) string {
	s := parse(d, input)
	var b strings.Builder
	writers := map[uint64]int{0: 0}
	for _, st := range s.Statements {
		if _, ok := writers[st.Writer]; !ok {
			writers[st.Writer] = len(writers)
		}
		if w := writers[st.Writer]; w > 0 {
			fmt.Fprintf(&b, "writer %d: ", w)
		}
		b.WriteString(describe(st) + "\n")
	}
	fmt.Fprintf(&b, "lines=%d headers=%d cut=%d score=%d zoned=%t exact=%t\n",
		s.Lines, s.Headers, s.Cut, d.Score(input), s.Zoned, s.Exact)
	return b.String()
}
