package replay_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"tabletop/replay"
	"tabletop/replay/source"
	"tabletop/replay/text"
)

// dated is a line of Kudu 1.17 some microseconds behind noon.
func dated(us int64, tid int, group, node, words string) string {
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).Add(time.Duration(us) * time.Microsecond)
	return fmt.Sprintf("I%s %d raft_consensus.cc:1] T %s P %s %s\n", at.Format("20060102 15:04:05.000000"), tid, group, node, words)
}

func uuid(i int) string { return fmt.Sprintf("%032x", i+1) }

const masters = "00000000000000000000000000000000"

func leads(us int64, group, node string, term uint64) string {
	return dated(us, 1, group, node, fmt.Sprintf("[term %d LEADER]: Becoming Leader. State: Replica: %s, State: Running, Role: LEADER", term, node))
}

func repeated(n int, line func(i int) string) captured {
	var out strings.Builder
	for i := range n {
		out.WriteString(line(i))
	}
	return captured{"x.log", []byte(out.String())}
}

// More nodes and groups than a trace can hold are left out, and the report says how many.
func TestLimitsOfNodesAndGroups(t *testing.T) {
	const n, crowd = 70_000, text.MaxNames + 1000
	for _, c := range []struct {
		n    int
		line func(i int) string
		says string
	}{
		{n, func(i int) string { return leads(int64(i), masters, uuid(i), 1) }, "more than 4096 nodes: 65904 others and their lines are left out"},
		{n, func(i int) string {
			return dated(int64(i), 1, masters, uuid(0), "[term 1 FOLLOWER]: Starting pre-election (detected failure of leader "+uuid(i+1)+")")
		}, "more than 4096 nodes: 65905 others and their lines are left out"},
		{n, func(i int) string { return leads(int64(i), uuid(i+7), uuid(0), 1) }, "more than 60000 raft groups: 10002 others are left out"},
		{crowd, func(i int) string { return leads(int64(i), masters, uuid(i), 1) }, "more than 4096 nodes: at least 95904 others and their lines are left out"},
		{crowd, func(i int) string { return leads(int64(i), uuid(i+7), uuid(0), 1) }, "more than 60000 raft groups: at least 40001 others are left out"},
	} {
		r := read(t, []captured{repeated(c.n, c.line)}, options()).Report
		require.Equal(t, []string{c.says}, r.Limits)
		require.Equal(t, c.n, r.Lines.Matched)
		require.LessOrEqual(t, len(r.Nodes), 4096)
	}
	const calling = 10_000
	log := repeated(1, func(int) string { return leads(0, masters, uuid(0), 1) })
	calls := repeated(calling, func(i int) string {
		return fmt.Sprintf(`{"op":"client","what":"open t%d","begin":"2026-11-21T12:00:00.%06dZ","time":"2026-11-21T12:00:01.%06dZ","ok":true}`+"\n", i, i, i)
	})
	calls.name = "calls.ndjson"
	r := read(t, []captured{log, calls}, options()).Report
	require.Equal(t, []string{"more than 4096 clients: the operations of 5905 others are shown as those of one"}, r.Limits)
	require.Len(t, r.Operations, calling)
}

// Terms beyond 32 bits are reported whole.
func TestTermsBeyondAnEvent(t *testing.T) {
	high := []uint64{5, 1<<32 + 5, 1 << 40, math.MaxInt64}
	r := read(t, []captured{repeated(len(high), func(i int) string { return leads(int64(i)*1000, masters, uuid(i%2), high[i]) })}, options()).Report
	var terms []uint64
	for _, l := range r.Leaders {
		terms = append(terms, l.Term)
	}
	require.Equal(t, high, terms)
}

// Two histories in which clients have no names have different clients.
func TestNamelessClientsOfTwoHistories(t *testing.T) {
	call := `{"op":"client","what":"open t","begin":"2026-11-21T12:00:00Z","time":"2026-11-21T12:00:01Z","ok":true}` + "\n"
	log := repeated(1, func(int) string { return leads(0, masters, uuid(0), 1) })
	r := read(t, []captured{log, {"a.ndjson", []byte(call)}, {"b.ndjson", []byte(strings.ReplaceAll(call, ":01Z", ":02Z"))}}, options()).Report
	require.Len(t, r.Operations, 2)
	require.NotEqual(t, r.Operations[0].Client, r.Operations[1].Client)
}

// What a log says stays text, whatever bytes it has.
func TestOddBytes(t *testing.T) {
	for _, c := range []string{
		dated(0, 1, masters, uuid(0), "[term 1 FOLLOWER]: Starting pre-election (<script>alert(1)</script>\x00\xff\xfe)"),
		strings.Repeat("\x00", 4096) + "\n" + leads(0, masters, uuid(0), 1),
		leads(0, masters, uuid(0), 1) + strings.Repeat("\xff", 100_000) + "\n" + leads(1, masters, uuid(1), 2),
		leads(0, masters, uuid(0), 1)[:120],
		leads(0, masters, uuid(0), 1) + strings.Repeat("x", 3<<20),
		leads(0, masters, uuid(0), 9) + leads(-3600e6, masters, uuid(0), 3) + leads(3600e6, masters, uuid(0), 2) + leads(1, masters, uuid(1), 1),
	} {
		m, err := replay.Read([]source.File{captured{"x.log", []byte(c)}.file()}, options())
		if err != nil {
			require.ErrorIs(t, err, replay.ErrNothing)
		}
		b, err := json.Marshal(m.Report)
		require.NoError(t, err)
		require.True(t, utf8.Valid(b))
	}
}

// Files that hold nothing of use are named, with the reason.
func TestFilesOfNoUse(t *testing.T) {
	m, err := replay.Read([]source.File{
		captured{"empty.log", nil}.file(),
		captured{"header.log", []byte("Log file created at: 2026/11/21 05:04:17\nRunning on machine: vm\nLog line format: [IWEF]yyyymmdd hh:mm:ss.uuuuuu threadid file:line] msg\n")}.file(),
		captured{"noise.log", []byte("nothing\n")}.file(),
		{Name: "broken.log", Size: 100, ReaderAt: broken{}},
	}, options())
	require.ErrorIs(t, err, replay.ErrNothing)
	require.Len(t, m.Report.Files, 4)
	for _, f := range m.Report.Files {
		if f.Path != "header.log" {
			require.NotEmpty(t, f.Error, f.Path)
			require.Equal(t, "unknown", f.Dialect, f.Path)
		}
	}
}

type broken struct{}

func (broken) ReadAt([]byte, int64) (int, error) { return 0, errors.New("the disk is gone") }

// A refusal of which nobody heard does not hide the ones that come minutes behind it.
func TestRefusalsThatNobodyHeard(t *testing.T) {
	etcd := func(us int64, words string) string {
		at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).Add(time.Duration(us) * time.Microsecond)
		return fmt.Sprintf(`{"level":"info","ts":"%s","logger":"raft","caller":"a.go:1","msg":"%s"}`+"\n", at.Format("2006-01-02T15:04:05.000000Z"), words)
	}
	ignores := func(us int64) string {
		return etcd(us, "a1 [term: 9] ignored a MsgHeartbeat message with lower term from b2 [term: 3]")
	}
	hears := etcd(600e6+500, "b2 [term: 3] received a MsgAppResp message with higher term from a1 [term: 9]")
	m := read(t, []captured{{"a.json", []byte(ignores(0) + ignores(600e6))}, {"b.json", []byte(hears)}}, options())
	matched := 0
	for i := range m.Trace.Events {
		if e := &m.Trace.Events[i]; e.Cause >= 0 && m.Trace.Events[e.Cause].At == 600e6 {
			matched++
		}
	}
	require.Equal(t, 1, matched)
}
