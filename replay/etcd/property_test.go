package etcd_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabletop/replay/etcd"
	"tabletop/replay/text"
)

// inRegions parses a log that is cut so that each region owns at least size bytes, and joins what comes out.
func inRegions(d dialect, b []byte, size int) *text.Sink {
	whole := text.NewSink()
	for from := 0; from < len(b); {
		own := min(from+size, len(b))
		if n := bytes.IndexByte(b[own-1:], '\n'); n >= 0 {
			own += n
		} else {
			own = len(b)
		}
		end := min(own+text.Overhang, len(b))
		part := text.NewSink()
		d.Parse(text.Region{Bytes: b[from:end], Own: own - from, First: from == 0, Last: end == len(b)}, part)
		whole.Append(part, int64(from))
		from = own
	}
	return whole
}

func requireSame(t *testing.T, want, got *text.Sink, name string) {
	require.Equal(t, want.Statements, got.Statements, name)
	require.Equal(t, want.Keys, got.Keys, name)
	require.Equal(t, [3]int{want.Lines, want.Headers, want.Cut}, [3]int{got.Lines, got.Headers, got.Cut}, name)
	require.Equal(t, [3]bool{want.Yearless, want.Zoned, want.Exact}, [3]bool{got.Yearless, got.Zoned, got.Exact}, name)
	require.Equal(t, want.WriterIDs(), got.WriterIDs(), name)
	for _, w := range want.WriterIDs() {
		a, b := want.Writers[w], got.Writers[w]
		require.Equal(t, [3]int64{a.First, a.Last, int64(a.Lines)}, [3]int64{b.First, b.Last, int64(b.Lines)}, name)
	}
}

// TestRegionsAreAllOne: wherever a file is cut, the same comes out.
func TestRegionsAreAllOne(t *testing.T) {
	log := cut(t)
	for _, d := range dialects() {
		for _, b := range [][]byte{log, traps(), log[:len(log)-40]} {
			want := parse(d, b)
			for _, size := range []int{1, 100, 1000, 1 << 14} {
				requireSame(t, want, inRegions(d, b, size), d.ID())
			}
		}
	}
}

func TestRegionsOfCaptures(t *testing.T) {
	logs := captures(t)
	for _, name := range names(logs) {
		want := parse(etcd.Zap{}, logs[name])
		for _, size := range []int{1, 1 << 12, 1 << 17} {
			requireSame(t, want, inRegions(etcd.Zap{}, logs[name], size), name)
		}
	}
}

// TestScores: a dialect knows its own lines and no others.
func TestScores(t *testing.T) {
	zap := cut(t)
	caps := []byte("2019-01-21 05:04:17.123456 I | raft: 8e9e05c52164694d became leader at term 2\n" +
		"raft2020/04/30 17:20:31 INFO: 8e9e05c52164694d became leader at term 2\n")
	for _, c := range []struct {
		sample    string
		zap, caps int
	}{
		{string(zap), bytes.Count(zap, []byte{'\n'}), 0},
		{string(caps), 0, 2},
		{"I1121 05:04:17.123456  1234 raft.cc:12] T 00 P 01: became leader\nINFO  [main] 2020-01-10 16:18:42,123 A.java:1 - x\n", 0, 0},
		{`{"level":"info","ts":"never","msg":"x"}` + "\n" + `{"op":"client","time":"2026-11-21T01:50:56Z"}`, 0, 0},
		{"", 0, 0},
	} {
		assert.Equal(t, c.zap, etcd.Zap{}.Score([]byte(c.sample)), c.sample)
		assert.Equal(t, c.caps, etcd.Capnslog{}.Score([]byte(c.sample)), c.sample)
	}
}

// cut returns the recorded lines that are kept in testdata.
func cut(t testing.TB) []byte {
	b, err := os.ReadFile("testdata/kudu-3266.log.json")
	require.NoError(t, err)
	return b
}

// traps returns lines at which a parser may stumble.
func traps() []byte {
	raft := `{"level":"info","ts":"2026-11-21T01:51:07.378296Z","logger":"raft","caller":"raft.go:1","msg":"`
	return []byte(raft + `a1 became candidate at term 18446744073709551615"}
etcd-1  | ` + raft + `a1 became pre-candidate at term 18446744073709551615"}
` + raft + `a1 became leader at term 99999999999999999999"}
panic: runtime error: {"
` + raft + `a1 has received 2 MsgVoteResp votes and 0 vote rejections"}
` + raft + `a1 [term: 1] ignored a ` + raft + `b2 became leader at term 3"}
` + "\x00\xff{\"level\":\"info\",\"ts\":1677054129.11,\"msg\":\"slow fdatasync\",\"took\":\"9999999h\"}\n" +
		`{"level":"warn","ts":"2026-11-21T01:51:07Z","msg":"slow fdatasync","took":"1h2m3.5s"` + "\r\n" +
		`{"level":"warn","ts":"2026-02-29T01:51:07Z","msg":"slow fdatasync","took":"1s"}` + "\n" +
		`{"level":"warn","ts":"2026-11-21T01:51:07Z","msg":"apply request took too long","prefix":"\ud83d\ude00\ud83d\u12","request":["a",{"b":"}"}]}
2019-01-21 05:04:17.123456 I | raft: a1 became leader at term 2
2019-01-21 05:04:17.123456 W | etcdserver: failed to send out heartbeat on time (exceeded the 100ms timeout for 1.2s, to a1)
raft2020/04/30 17:20:31 INFO: a1 [quorum:2] has received 2 MsgVoteResp votes and 0 vote rejections
raft2020/04/30 17:20:31 INFO: a1 became leader at term 3
2019-01-21 05:04:17.123456 I | raft: a1 became leader at te`)
}

// TestHostileLinesAreQuick: lines that are longer than any should be read in one go, not again and again.
func TestHostileLinesAreQuick(t *testing.T) {
	head := `{"level":"info","ts":"2026-11-21T01:51:07Z","msg":"slow fdatasync","took":`
	for _, piece := range []string{`{"level":"`, `{"`, `\`, `\"`, `[`, `"`, `","`, " | ", "raft2", `{"level":"info","ts":"2026-11-21T01:51:07Z",`, "\x00"} {
		b := []byte(head + `"` + strings.Repeat(piece, (3<<20)/len(piece)) + "\n" + head + `"1s"}` + "\n")
		for _, d := range dialects() {
			s := parse(d, b)
			assert.Equal(t, 2, s.Lines)
			assert.Equal(t, 1, s.Cut)
		}
	}
	storm := bytes.Repeat([]byte(`{"level":"info","ts":"2026-11-21T01:51:07Z","msg":"a1 has received 1 MsgVoteResp votes and 0 vote rejections"}
{"level":"info","ts":"2026-11-21T01:51:07Z","msg":"b2 became pre-candidate at term 2"}
`), 2000)
	assert.Len(t, parse(etcd.Zap{}, storm).Statements, 6000)
}

func FuzzParse(f *testing.F) {
	f.Add(traps())
	f.Add(cut(f)[:4000])
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, d := range dialects() {
			whole := parse(d, b)
			requireSame(t, whole, inRegions(d, b, 1), d.ID())
			assert.LessOrEqual(t, d.Score(b), whole.Headers)
			for i, s := range whole.Statements {
				require.GreaterOrEqual(t, s.Offset, int64(0))
				require.Less(t, s.Offset, int64(len(b)))
				require.GreaterOrEqual(t, s.Length, int64(-1))
				require.Less(t, s.Kind, text.Kinds)
				if i > 0 {
					require.LessOrEqual(t, whole.Statements[i-1].Offset, s.Offset)
				}
			}
		}
	})
}

// BenchmarkParse: raft is the worst case, in which every line states something; debug is a log as it is written at that
// level, of which half are of no interest; other is what a parser should be fastest at.
func BenchmarkParse(b *testing.B) {
	raft := bytes.Repeat([]byte(`{"level":"info","ts":"2026-11-21T01:51:11.864652Z","logger":"raft",`+
		`"caller":"v3@v3.7.0/raft.go:1183","msg":"8af40ebf283c3ac4 [term: 4] ignored a MsgHeartbeatResp message with lower term `+
		`from 33421100dc237e7b [term: 3]"}`+"\n"), 40_000)
	other := bytes.Repeat([]byte(`{"level":"debug","ts":"2026-11-21T01:58:42.292306Z","logger":"bbolt",`+
		`"caller":"bbolt@v1.5.0/bucket.go:433","msg":"Putting key \"consistent_index\" successfully"}`+"\n"), 40_000)
	caps := bytes.Repeat([]byte("2019-01-21 05:04:17.123456 I | rafthttp: started streaming with peer 8e9e05c52164694d (writer)\n"), 40_000)
	for _, c := range []struct {
		name string
		d    dialect
		log  []byte
	}{{"zap/raft", etcd.Zap{}, raft}, {"zap/other", etcd.Zap{}, other}, {"capnslog/other", etcd.Capnslog{}, caps}} {
		b.Run(c.name, func(b *testing.B) { bench(b, c.d, c.log) })
	}
	b.Run("lines", func(b *testing.B) { // the roof: the lines alone
		b.SetBytes(int64(len(other)))
		for b.Loop() {
			for s := text.NewScanner(text.Region{Bytes: other, Own: len(other)}); s.Next(); {
				_ = s.Line()
			}
		}
	})
	b.Run("zap/debug", func(b *testing.B) {
		logs := captures(b)
		bench(b, etcd.Zap{}, bytes.Repeat(logs["etcd/run3-debug/m3.log.json"], 10))
	})
}

func bench(b *testing.B, d dialect, log []byte) {
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	for b.Loop() {
		parse(d, log)
	}
}
