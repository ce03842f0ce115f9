package kudu_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabletop/replay/kudu"
	"tabletop/replay/text"
)

// The goldens: what the lines of the ticket say, those of a real cluster around its stale reads, and lines that are
// harder to read than they should be.
func TestGoldens(t *testing.T) {
	for _, name := range []string{"kudu-3266", "run1-table-3", "hard", "other"} {
		t.Run(name, func(t *testing.T) {
			datadriven.RunTest(t, "testdata/"+name+".golden", func(t *testing.T, d *datadriven.TestData) string {
				log := []byte(d.Input)
				switch d.Cmd {
				case "file":
					b, err := os.ReadFile("testdata/" + d.CmdArgs[0].Key)
					require.NoError(t, err)
					log = b
				case "lines": // each with its end
					log = append(unescaped(log), '\n')
				case "open": // the last one without
					log = unescaped(log)
				}
				return summary(parse(log))
			})
		})
	}
}

// unescaped puts the escape character for \e, and nothing for \c, which keeps spaces at an end.
func unescaped(b []byte) []byte {
	return []byte(strings.NewReplacer(`\e`, "\x1b", `\c`, "", `\t`, "\t").Replace(string(b)))
}

func summary(s *text.Sink) string {
	var b strings.Builder
	for _, st := range s.Statements {
		b.WriteString(written(st) + "\n")
	}
	fmt.Fprintf(&b, "%d lines, %d headers of %d writers, %d cut", s.Lines, s.Headers, len(s.Writers), s.Cut)
	if s.Yearless {
		b.WriteString(", no year")
	}
	return b.String() + "\n"
}

// Whether a line is read in one region or in many makes no difference.
func TestRegionsMakeNoDifference(t *testing.T) {
	for _, name := range []string{"kudu-3266.log", "run1-table-3-m2.log", "hard.golden", "other.golden"} {
		b, err := os.ReadFile("testdata/" + name)
		require.NoError(t, err)
		b = unescaped(b)
		whole := parse(b)
		for own := 1; own < 400; own++ {
			same(t, whole, regions(b, func(int) int { return own }), "%s in regions of %d bytes", name, own)
		}
	}
}

func TestRegionsOfCapturesMakeNoDifference(t *testing.T) {
	files := captures(t)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		b := files[name]
		whole := parse(b)
		for _, own := range []int{1, 1000, 4096, 65536} {
			same(t, whole, regions(b, func(int) int { return own }), "%s in regions of %d bytes", name, own)
		}
	}
}

// regions parses a file piece by piece, each with all the overhang that it needs.
func regions(b []byte, own func(at int) int) *text.Sink {
	all := text.NewSink()
	for at := 0; at < len(b); {
		end := min(len(b), at+own(at))
		if n := bytes.IndexByte(b[end-1:], '\n'); n >= 0 {
			end += n
		} else {
			end = len(b)
		}
		hang := min(len(b), end+text.Overhang)
		s := text.NewSink()
		kudu.Dialect{}.Parse(text.Region{Bytes: b[at:hang], Own: end - at, First: at == 0, Last: hang == len(b)}, s)
		all.Append(s, int64(at))
		at = end
	}
	return all
}

func same(t require.TestingT, want, have *text.Sink, format string, args ...any) {
	require.Equal(t, len(want.Statements), len(have.Statements), append([]any{format}, args...)...)
	for i := range want.Statements {
		if !assert.ObjectsAreEqual(want.Statements[i], have.Statements[i]) {
			require.Equal(t, want.Statements[i], have.Statements[i], append([]any{format}, args...)...)
		}
	}
	require.Equal(t, [3]int{want.Lines, want.Headers, want.Cut}, [3]int{have.Lines, have.Headers, have.Cut},
		append([]any{format}, args...)...)
	require.True(t, slices.Equal(want.Keys, have.Keys))
	require.Equal(t, want.Yearless, have.Yearless)
	if back(want) { // a sink takes the latest stamp for the last one
		return
	}
	require.Equal(t, want.All(), have.All(), append([]any{format}, args...)...)
	require.Equal(t, want.Writers, have.Writers, append([]any{format}, args...)...)
}

// back reports whether the log goes back in time, as one that was pasted together does.
func back(s *text.Sink) bool {
	for i, st := range s.Statements[1:] {
		if st.At <= s.Statements[i].At-text.MinGap {
			return true
		}
	}
	return false
}

// Every node of the captures is found, and its address.
func TestCapturesNameTheirNodes(t *testing.T) {
	type member struct {
		UUID    string `json:"uuid"`
		Before  string `json:"uuid_before"`
		Address string `json:"address"`
	}
	files := captures(t)
	found := 0
	for _, path := range must(filepath.Glob(shared(t, "captures/kudu") + "/*/members.json")) {
		run := filepath.Base(filepath.Dir(path))
		var members map[string]member
		require.NoError(t, json.Unmarshal(must(os.ReadFile(path)), &members))
		for name, m := range members {
			ids, addresses := map[string]bool{}, map[string]bool{}
			for file, b := range files {
				if !strings.HasPrefix(file, run+"/"+name+"/") {
					continue
				}
				for _, st := range parse(b).Statements {
					if st.Node != "" && !st.Told {
						ids[st.Node] = true
					}
					if st.Kind == text.Named && st.Text != "" {
						addresses[st.Text] = true
					}
				}
			}
			want := map[string]bool{m.UUID: true}
			if m.Before != "" {
				want[m.Before] = true
			}
			require.Equal(t, want, ids, "%s %s", run, name)
			require.Equal(t, map[string]bool{m.Address: true}, addresses, "%s %s", run, name)
			found++
		}
	}
	require.Equal(t, 25, found)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// The WARNING files repeat lines of the INFO files, and the lines' keys tell.
func TestWarningsAreCopies(t *testing.T) {
	files := captures(t)
	n := 0
	for name, b := range files {
		if !strings.Contains(name, ".WARNING.") {
			continue
		}
		info := map[uint64]bool{}
		for _, k := range parse(files[strings.Replace(name, ".WARNING.", ".INFO.", 1)]).Keys {
			info[k] = true
		}
		for _, k := range parse(b).Keys {
			require.True(t, info[k], name)
			n++
		}
	}
	require.Positive(t, n)
}

// Lines that differ have keys that differ; only the middle of a long message may go unseen.
func TestKeys(t *testing.T) {
	for _, name := range []string{"run1-table-3-m1.log", "run1-table-3-m2.log", "run1-table-3-m3.log"} {
		log := string(must(os.ReadFile("testdata/" + name)))
		keys := parse([]byte(log)).Keys
		seen := map[uint64]string{}
		for i, m := range messages(log) {
			first, _, _ := strings.Cut(m.text, "\n")
			line := fmt.Sprint(m.tid, m.file, first[:min(32, len(first))], len(first), first[max(0, len(first)-32):])
			was, ok := seen[keys[i]]
			require.True(t, !ok || was == line, "%s and %s", was, line)
			seen[keys[i]] = line
		}
		require.Greater(t, len(seen), 15)
	}
	key := func(line string) uint64 { return parse([]byte(line + "\n")).Keys[0] }
	const line = "I20261121 05:04:17.000001 99 a.cc:1] abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz abcdefghijklmno"
	for i := strings.Index(line, "99"); i < len(line); i++ {
		if c := line[i]; c >= 'a' && c <= 'z' && (i < 37+32 || i >= len(line)-32) {
			require.NotEqual(t, key(line), key(line[:i]+"#"+line[i+1:]), "byte %d", i)
		}
	}
	require.Equal(t, key(line), key("[ts-1] "+line))
}

func TestScore(t *testing.T) {
	score := func(s string) int { return kudu.Dialect{}.Score([]byte(s)) }
	assert.Equal(t, 29, score(string(must(os.ReadFile("testdata/kudu-3266.log")))))
	assert.Equal(t, 3, score("Log file created at: 2026/11/21 05:04:17\nRunning on machine: vm\n"+
		"Log line format: [IWEF]mmdd hh:mm:ss.uuuuuu threadid file:line] msg\n"))
	assert.Equal(t, 1, score("[ts-2] W0317 17:04:14.694448 17546 raft_consensus.cc:479] T"))
	assert.Zero(t, score("I0317 17:04:14.694448   17546 controller.go:479] Kubernetes writes so\n"))
	assert.Zero(t, score(`{"level":"info","ts":"2026-11-21T04:29:54.714Z","caller":"raft/raft.go:1","msg":"raft"}`+"\n"))
	assert.Zero(t, score("INFO  [main] 2026-11-21 05:15:55,123 Server.java:1 - starting\n"))
	assert.Zero(t, score(""))
	assert.Equal(t, "kudu-glog", kudu.Dialect{}.ID())
}

// Times that do not exist make no headers.
func TestTimesThatDoNotExist(t *testing.T) {
	for stamp, is := range map[string]bool{"0229 00:00:00.000000": true, "0230 00:00:00.000000": false,
		"20260229 00:00:00.000000": false, "20240229 00:00:00.000000": true, "0000 00:00:00.000000": false,
		"1301 00:00:00.000000": false, "1231 24:00:00.000000": false, "1231 23:60:00.000000": false,
		"1231 23:59:60.999999": true, "12x1 23:59:00.000000": false, "1231 23:59:00.00000x": false} {
		s := parse([]byte("I" + stamp + " 1 a.cc:1] b\n"))
		assert.Equal(t, is, s.Headers == 1, stamp)
	}
}

// A message of a mebibyte is read, a longer one is cut.
func TestLongLines(t *testing.T) {
	head := "I20261121 05:04:17.000000 1 raft_consensus.cc:1] T a P b [term 1 LEADER]: Stepping down as leader of term 1 "
	long := head + strings.Repeat("x", text.MaxLine)
	s := parse([]byte(long + "\n" + head + "\n"))
	assert.Equal(t, []int{2, 2, 1}, []int{s.Lines, s.Headers, s.Cut})
	brackets := parse([]byte(head + strings.Repeat("1]", text.MaxLine/2)))
	assert.Equal(t, 1, brackets.Headers)
	glued := parse([]byte(strings.Repeat(head, 5000)))
	assert.Equal(t, []int{1, 5000, 1}, []int{glued.Lines, glued.Headers, glued.Cut})
}
