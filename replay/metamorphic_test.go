package replay_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/replay"
	"tabletop/replay/source"
)

// captured is a set of logs as a test changes it: names and bytes.
type captured struct {
	name string
	data []byte
}

func (c captured) file() source.File {
	return source.File{Name: c.name, Size: int64(len(c.data)), ReaderAt: bytes.NewReader(c.data)}
}

// recordings are the logs that properties are tried on: the small cuts of the project, and the captures where they lie.
func recordings(t *testing.T) map[string][]captured {
	t.Helper()
	all := map[string][]captured{}
	for _, id := range []string{"kudu-3266-log", "kudu-3266-recorded"} {
		all[id] = capturedBelow(t, filepath.Join("..", "scenes", "recorded", id))
	}
	for _, path := range []string{"kudu/run1-3266", "kudu/run2-ddl", "etcd/run1", "cassandra/run2-trace"} {
		dir := filepath.Join("..", "..", "shared", "captures", path)
		if _, err := os.Stat(dir); err == nil {
			all[path] = capturedBelow(t, dir)
		}
	}
	return all
}

func capturedBelow(t testing.TB, dir string) (all []captured) {
	t.Helper()
	for _, f := range files(t, dir, func(name string) bool { return !strings.HasSuffix(name, ".txt") }) {
		b := make([]byte, f.Size)
		_, err := f.ReadAt(b, 0)
		if f.Size > 0 {
			require.NoError(t, err)
		}
		all = append(all, captured{f.Name, b})
	}
	return all
}

func read(t testing.TB, all []captured, o replay.Options) *replay.Import {
	t.Helper()
	var in []source.File
	for _, c := range all {
		in = append(in, c.file())
	}
	m, err := replay.Read(in, o)
	require.NoError(t, err)
	return m
}

// essence is a report without what depends on how the lines were packed: the files, the places of lines, and their counts.
func essence(t testing.TB, m *replay.Import) string {
	t.Helper()
	r := m.Report
	r.Files, r.Lines = nil, replay.LinesReport{}
	r.Findings = slices.DeleteFunc(slices.Clone(r.Findings), func(f replay.FindingReport) bool {
		return !f.Exact // rests on a line without a header, which takes its time from those beside it in its file
	})
	for i := range r.Findings {
		r.Findings[i].Refs = nil
	}
	b, err := json.MarshalIndent(r, "", " ")
	require.NoError(t, err)
	return string(b)
}

func isLog(name string) bool {
	return !strings.HasSuffix(name, "members.json") && !strings.HasSuffix(name, ".ndjson")
}

// eachLog changes the logs of a set, and leaves histories and names alone.
func eachLog(all []captured, change func(c captured) []captured) (out []captured) {
	for _, c := range all {
		if isLog(c.name) {
			out = append(out, change(c)...)
		} else {
			out = append(out, c)
		}
	}
	return out
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

// headers are the places in a log at which a line begins that has a stamp.
func headers(b []byte) (at []int) {
	for i := 0; i < len(b); {
		n := bytes.IndexByte(b[i:], '\n')
		if n < 0 {
			n = len(b) - i - 1
		}
		line := b[i : i+n+1]
		if len(line) > 28 && (strings.ContainsRune("IWEF", rune(line[0])) && (line[5] == ' ' || line[9] == ' ') && bytes.Contains(line[:28], []byte(":")) ||
			line[0] == '{' || bytes.HasPrefix(line, []byte("INFO ")) || bytes.HasPrefix(line, []byte("DEBUG ")) ||
			bytes.HasPrefix(line, []byte("TRACE ")) || bytes.HasPrefix(line, []byte("WARN "))) {
			at = append(at, i)
		}
		i += n + 1
	}
	return at
}

// The same bytes give the same trace and the same report, however they were packed, cut and ordered.
func TestThePackingDoesNotMatter(t *testing.T) {
	for name, all := range recordings(t) {
		t.Run(name, func(t *testing.T) {
			want := read(t, all, options())
			same := func(t *testing.T, got *replay.Import) {
				t.Helper()
				require.Equal(t, essence(t, want), essence(t, got))
			}
			for _, size := range []int{1, 977, 64 << 10, 8 << 20} {
				for _, workers := range []int{1, 2} {
					if size < 64<<10 && largest(all) > size*50_000 { // each region reads as much again behind its end
						continue
					}
					t.Run(fmt.Sprintf("regions of %d bytes, %d workers", size, workers), func(t *testing.T) {
						o := options()
						o.RegionSize, o.Workers = size, workers
						got := read(t, all, o)
						same(t, got)
						require.Equal(t, want.Report.Files, got.Report.Files)
						require.Equal(t, want.Report.Lines, got.Report.Lines)
						require.Equal(t, want.Report.Findings, got.Report.Findings)
					})
				}
			}
			t.Run("reversed", func(t *testing.T) {
				other := slices.Clone(all)
				slices.Reverse(other)
				got := read(t, other, options())
				same(t, got)
				require.Equal(t, want.Report.Files, got.Report.Files)
			})
			t.Run("gzip", func(t *testing.T) {
				same(t, read(t, eachLog(all, func(c captured) []captured {
					return []captured{{c.name + ".gz", gzipped(c.data)}}
				}), options()))
			})
			t.Run("tar.gz", func(t *testing.T) {
				var out bytes.Buffer
				w := tar.NewWriter(&out)
				for _, c := range all {
					require.NoError(t, w.WriteHeader(&tar.Header{Name: c.name, Size: int64(len(c.data)), Mode: 0o644}))
					_, err := w.Write(c.data)
					require.NoError(t, err)
				}
				require.NoError(t, w.Close())
				same(t, read(t, []captured{{"all.tar.gz", gzipped(out.Bytes())}}, options()))
			})
			t.Run("zip", func(t *testing.T) {
				var out bytes.Buffer
				w := zip.NewWriter(&out)
				for _, c := range all {
					f, err := w.Create(c.name)
					require.NoError(t, err)
					_, err = f.Write(c.data)
					require.NoError(t, err)
				}
				require.NoError(t, w.Close())
				same(t, read(t, []captured{{"all.zip", out.Bytes()}}, options()))
			})
			t.Run("other names", func(t *testing.T) {
				n := 0
				same(t, read(t, eachLog(all, func(c captured) []captured {
					n++
					return []captured{{fmt.Sprintf("%d.log", 100-n), c.data}}
				}), options()))
			})
			t.Run("CRLF", func(t *testing.T) {
				same(t, read(t, eachLog(all, func(c captured) []captured {
					return []captured{{c.name, bytes.ReplaceAll(c.data, []byte("\n"), []byte("\r\n"))}}
				}), options()))
			})
			t.Run("BOM", func(t *testing.T) {
				same(t, read(t, eachLog(all, func(c captured) []captured {
					return []captured{{c.name, append([]byte("\xef\xbb\xbf"), c.data...)}}
				}), options()))
			})
			t.Run("twice", func(t *testing.T) {
				same(t, read(t, eachLog(all, func(c captured) []captured {
					return []captured{c, {"copy/" + c.name, c.data}}
				}), options()))
			})
			t.Run("a copy of the warnings", func(t *testing.T) {
				same(t, read(t, eachLog(all, func(c captured) []captured {
					return []captured{c, {c.name + ".WARNING", warnings(c.data)}}
				}), options()))
			})
			for _, pieces := range []int{2, 7} {
				t.Run(fmt.Sprintf("%d pieces", pieces), func(t *testing.T) {
					same(t, read(t, eachLog(all, func(c captured) []captured { return cut(c, pieces) }), options()))
				})
			}
			for _, prefix := range []string{"m1 | ", "\x1b[36mm1-1  |\x1b[0m "} {
				t.Run("prefix "+prefix, func(t *testing.T) {
					same(t, read(t, eachLog(all, func(c captured) []captured {
						return []captured{{c.name, prefixed(c.data, prefix)}}
					}), options()))
				})
			}
			stream := func(t *testing.T, byTime bool) {
				got := read(t, joined(all, byTime), options())
				if !strings.HasPrefix(name, "kudu/") {
					same(t, got)
					return
				}
				require.Equal(t, history(want), history(got))
			}
			t.Run("one stream", func(t *testing.T) { stream(t, false) })
			if strings.Contains(name, "kudu") {
				t.Run("one stream in the order of time", func(t *testing.T) { stream(t, true) })
			}
		})
	}
}

// history is what happened, but for what hangs by the order of a file's lines, in which threads overtake one another by
// microseconds: a stream shows each thread by itself. So the ends of pauses are told in hundredths of a second.
func history(m *replay.Import) replay.Report {
	r := replay.Report{Leaders: m.Report.Leaders, Elections: m.Report.Elections, Restarts: m.Report.Restarts}
	for _, p := range m.Report.Pauses {
		hundredths := len("2026-11-21T05:05:23.11")
		to := (*p.To)[:hundredths]
		p.From, p.To, p.FromBoundUS, p.ToBoundUS = p.From[:hundredths], &to, nil, nil
		r.Pauses = append(r.Pauses, p)
	}
	return r
}

// joined makes one stream of the logs of all servers, as docker compose does: what a server writes comes behind its name.
// A server is a folder, or a file where there are none.
func joined(all []captured, byTime bool) []captured {
	type record struct {
		stamp string // of glog
		lines []byte
	}
	var records []record
	rest := eachLog(all, func(c captured) []captured {
		server, _, _ := strings.Cut(c.name, "/")
		begins := append(headers(c.data), len(c.data))
		begins[0] = 0
		for i, from := range begins[:len(begins)-1] {
			lines := c.data[from:begins[i+1]]
			stamp := ""
			if at := bytes.IndexByte(lines, ' '); byTime && at > 0 {
				stamp = string(lines[1:min(len(lines), 25)])
			}
			records = append(records, record{stamp, prefixed(lines, server+" | ")})
		}
		return nil
	})
	slices.SortStableFunc(records, func(a, b record) int { return strings.Compare(a.stamp, b.stamp) })
	merged := captured{name: "all.log"}
	for _, r := range records {
		merged.data = append(merged.data, r.lines...)
	}
	return append(rest, merged)
}

// warnings are the lines that a WARNING file has of an INFO file.
func warnings(b []byte) (out []byte) {
	for line := range bytes.Lines(b) {
		if line[0] == 'W' || line[0] == 'E' || bytes.Contains(line, []byte(`"level":"warn"`)) {
			out = append(out, line...)
		}
	}
	return out
}

// cut makes pieces of a log that begin with a header, named as log rotation names them.
func cut(c captured, pieces int) (out []captured) {
	at := headers(c.data)
	if len(at) < pieces {
		return []captured{c}
	}
	from := 0
	for i := range pieces {
		to := len(c.data)
		if i < pieces-1 {
			to = at[(i+1)*len(at)/pieces]
		}
		name := fmt.Sprintf("%s.%d", c.name, pieces-1-i)
		if glog := strings.Split(c.name, "."); len(glog) > 2 && strings.Contains(c.name, ".log.INFO.") {
			glog[len(glog)-2] = fmt.Sprintf("20261121-%06d", 50417+i) // it names its pieces by their time
			name = strings.Join(glog, ".")
		} else if i == pieces-1 {
			name = c.name
		}
		out = append(out, captured{name, c.data[from:to]})
		from = to
	}
	return out
}

func largest(all []captured) (n int) {
	for _, c := range all {
		n = max(n, len(c.data))
	}
	return n
}

func prefixed(b []byte, prefix string) (out []byte) {
	for line := range bytes.Lines(b) {
		out = append(append(out, prefix...), line...)
	}
	return out
}

// A thread that names nobody is its neighbours' behind the same prefix, if they are of one node.
func TestThreadsBehindAPrefix(t *testing.T) {
	silent := "I20261121 12:00:01.000000 77 tablet_service.cc:1] x\n"
	for _, c := range []struct{ first, second, want string }{
		{"m1 | ", "m2 | ", uuid(0)},
		{"m1 | ", "m1 | ", ""},
	} {
		log := c.first + leads(0, masters, uuid(0), 1) + c.second + dated(1, 2, masters, uuid(1), "[term 2 LEADER]: Becoming Leader. State: x") + "m1 | " + silent
		m := read(t, []captured{{"all.log", []byte(log)}}, options())
		lines := m.Lines(replay.Around{At: m.Origin + 10e6, Before: 1})
		require.Len(t, lines, 1)
		require.Equal(t, c.want, lines[0].Node)
	}
}
