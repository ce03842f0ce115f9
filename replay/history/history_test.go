package history_test

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/replay/history"
)

func read(t testing.TB, name, text string) history.History {
	h, err := history.Read(name, strings.NewReader(text))
	require.NoError(t, err)
	return h
}

// TestForms shows what each line becomes.
func TestForms(t *testing.T) {
	datadriven.RunTest(t, "testdata/forms", func(t *testing.T, d *datadriven.TestData) string {
		switch d.Cmd {
		case "read":
			return describe(read(t, "h", strings.ReplaceAll(d.Input, "<blank>", "")))
		case "members":
			m, err := history.ReadMembers("members.json", []byte(d.Input))
			var b strings.Builder
			for _, x := range m {
				fmt.Fprintf(&b, "%s id=%s address=%q former=%v\n", x.Name, x.ID, x.Address, x.Former)
			}
			if err != nil {
				fmt.Fprintln(&b, err)
			}
			return b.String()
		case "score":
			return fmt.Sprintln(history.Score([]byte(d.Input)))
		}
		t.Fatalf("unknown command %s", d.Cmd)
		return ""
	})
}

func describe(h history.History) string {
	at := func(us int64) string {
		if us == -1 {
			return "-"
		}
		return time.UnixMicro(us).UTC().Format("2006-01-02T15:04:05.000000")
	}
	var b strings.Builder
	for _, o := range h.Operations {
		fmt.Fprintf(&b, "%d@%d %q client=%q server=%q %s .. %s until %s", o.Line, o.Offset, o.Text, o.Client, o.Server, at(o.Call), at(o.Return), at(o.Until))
		fmt.Fprintf(&b, " result=%q error=%q\n", o.Result, o.Error)
	}
	for _, m := range h.Marks {
		fmt.Fprintf(&b, "%d@%d mark %q node=%q at %s timed=%v\n", m.Line, m.Offset, m.Text, m.Node, at(m.At), m.Timed)
	}
	for _, e := range h.Errors {
		fmt.Fprintln(&b, e.Error())
	}
	return b.String()
}

// captures returns the directory of the recorded logs, which lies beside the checkout.
func captures(t testing.TB) string {
	dir, err := os.Getwd()
	require.NoError(t, err)
	for range 8 {
		if found := filepath.Join(dir, "shared", "captures"); isDir(found) {
			return found
		}
		dir = filepath.Dir(dir)
	}
	t.Skip("the recorded logs are not there: no shared/captures beside the checkout")
	return ""
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// traceOf makes a trace of a history alone.
func traceOf(h history.History) *trace.Trace {
	type moment struct {
		at     int64
		n      int
		answer bool
	}
	b := trace.NewBuilder(trace.Header{Producer: "test"})
	nodes := map[string]trace.NodeID{}
	node := func(name string, kind trace.NodeKind) trace.NodeID {
		if name == "" && kind == trace.Member {
			return 0
		}
		if _, ok := nodes[name]; !ok {
			nodes[name] = b.AddNode(trace.Node{ID: name, Kind: kind})
		}
		return nodes[name]
	}
	var moments []moment
	for i, o := range h.Operations {
		moments = append(moments, moment{o.Call, i, false})
		if o.Return >= 0 {
			moments = append(moments, moment{o.Return, i, true})
		}
	}
	slices.SortStableFunc(moments, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	for _, m := range moments {
		o := h.Operations[m.n]
		e := trace.Event{At: trace.Time(m.at - moments[0].at), Kind: trace.Invoke, Node: node("client "+o.Client, trace.Client),
			Prov: trace.Logged, Index: uint64(m.n), Cause: trace.NoEvent}
		text := o.Text
		if m.answer {
			e.Kind, e.Peer, text = trace.Return, node(o.Server, trace.Member), o.Result
		}
		b.EmitText(e, text)
	}
	return b.Trace()
}

// TestCaptures reads every recorded history and has it judged: what is expected is what the recordings' notes say.
func TestCaptures(t *testing.T) {
	dir := captures(t)
	for _, c := range []struct {
		path         string
		operations   int
		linearizable string
		kind         string
		findings     int
		about        string
	}{
		{"kudu/run1-3266", 105, "false", check.NotFoundAfterCreate, 12, "open table-3"},
		{"kudu/run2-ddl", 12, "true", "", 0, ""},
		{"kudu/run3-verbose", 19, "false", check.NotFoundAfterCreate, 3, "open table-0"},
		{"kudu/run4-migrate", 6, "true", "", 0, ""},
		// the three tables, and k9, which was read while m2 was paused and answered at the instant it woke
		{"etcd/run1", 693, "false", check.StaleRead, 4, "serializable"},
		{"etcd/run3-debug", 294, "false", check.StaleRead, 1, "get table-0 serializable"},
		{"cassandra/run1-lwt", 981, "true", "", 0, ""},
		{"cassandra/run2-trace", 59, "true", "", 0, ""},
	} {
		t.Run(c.path, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join(dir, c.path, "groundtruth.ndjson"))
			require.NoError(t, err)
			h := read(t, "groundtruth.ndjson", string(b))
			require.Empty(t, h.Errors)
			require.Len(t, h.Operations, c.operations)
			require.Equal(t, h.Lines, len(h.Operations)+len(h.Marks))
			require.Equal(t, h.Lines, history.Score(b))
			start := time.Now()
			report := check.Check(traceOf(h))
			t.Logf("%d operations judged in %v", len(h.Operations), time.Since(start))
			verdict := "unknown"
			if report.Linearizable != nil {
				verdict = fmt.Sprint(*report.Linearizable)
			}
			for _, f := range report.Findings {
				t.Log(f.Kind, f.Text)
			}
			require.Equal(t, c.linearizable, verdict)
			require.Len(t, report.Findings, c.findings)
			for _, f := range report.Findings {
				require.Equal(t, c.kind, f.Kind)
				require.Contains(t, f.Text, c.about)
			}
		})
	}
}

func TestMembersOfCaptures(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(captures(t), "*", "*", "members.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		b, err := os.ReadFile(f)
		require.NoError(t, err)
		m, err := history.ReadMembers(f, b)
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(m), 3, f)
	}
}

// TestOtherDialects: no line of a log or a trace is taken for a history.
func TestOtherDialects(t *testing.T) {
	dir := captures(t)
	for _, pattern := range []string{"etcd/*/m*.log.json", "etcd-3.5-leader-transfer/node1.log", "kudu/run1-3266/*/*", "cassandra/*/n1/*.log"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		require.NoError(t, err)
		for _, f := range files {
			b, err := os.ReadFile(f)
			require.NoError(t, err)
			require.Zero(t, history.Score(b), f)
		}
	}
}

func TestLongLine(t *testing.T) {
	long := `{"op":"note","time":"2026-11-21T05:04:17Z","text":"` + strings.Repeat("x", history.MaxLine) + "\"}\n"
	h := read(t, "h", long+"{\"op\":\"note\",\"time\":\"2026-11-21T05:04:17Z\",\"text\":\"y\"}")
	require.Len(t, h.Errors, 1)
	require.Equal(t, "h:1: a line of 1048630 bytes: expected at most 1048576", h.Errors[0].Error())
	require.Equal(t, "note y", h.Marks[0].Text)
	require.Equal(t, int64(len(long)), h.Marks[0].Offset)
	require.Equal(t, 2, h.Marks[0].Line)
}

func TestManyErrors(t *testing.T) {
	h := read(t, "h", strings.Repeat("x\n", 3*history.MaxErrors))
	require.Len(t, h.Errors, history.MaxErrors)
	require.Equal(t, 3*history.MaxErrors, h.Lines)
}

func TestReaderFails(t *testing.T) {
	_, err := history.Read("h", iotest.ErrReader(errors.New("torn off")))
	require.EqualError(t, err, "read h: torn off")
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"op":"client","client":"c","node":"m1","what":"key 1","begin":"2026-11-21T05:04:17.1Z","time":"2026-11-21T05:04:18Z","result":"read 7"}`))
	f.Add([]byte(`{"kind":"op","op":"put","key":"a b","val":"v","start_ms":1,"t_ms":2.5,"ts":"2026-11-21T05:04:18Z","result":"","err":""}`))
	f.Add([]byte("\xef\xbb\xbf{}\n\x00\n[]\n{\"kind\":1e999}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h := read(t, "h", string(b))
		history.Score(b)
		require.GreaterOrEqual(t, h.Lines, len(h.Operations)+len(h.Marks)+len(h.Errors))
		for _, o := range h.Operations {
			require.NotEmpty(t, o.Text)
			require.True(t, o.Return == -1 && o.Result == "" || o.Return == o.Until)
			require.True(t, o.Until == -1 || o.Until >= o.Call || o.Until < 0)
		}
		for _, e := range h.Errors {
			require.NotContains(t, e.Error(), "\n")
		}
		_, _ = history.ReadMembers("m", b)
		if len(h.Operations) > 0 && len(h.Operations) < 8 {
			check.Check(traceOf(h))
		}
	})
}
