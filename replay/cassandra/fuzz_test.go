package cassandra

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabletop/replay/text"
)

// seeds gives a fuzzer the cuts of recorded logs and the hand-written lines.
func seeds(f *testing.F) {
	for _, pattern := range []string{"testdata/logs/*.log", "testdata/golden/*"} {
		names, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, name := range names {
			b, err := os.ReadFile(name)
			require.NoError(f, err)
			for len(b) > 0 {
				n := min(len(b), 2000)
				if i := bytes.IndexByte(b[n-1:], '\n'); i >= 0 {
					n += i
				} else {
					n = len(b)
				}
				f.Add(b[:n])
				b = b[n:]
			}
		}
	}
	f.Add([]byte("INFO  [main] 2026-11-21 05:18:42,549 Gossiper.java:1 - \x00\xff\r\n\r\n"))
}

// whole drops the steps of ballots: of lines that were damaged the two readers may make something else of what is left.
func whole(all []text.Statement) (kept []text.Statement) {
	for _, st := range all {
		if st.Kind != text.Ballot && st.Kind != text.Electorate && st.Index == 0 {
			kept = append(kept, st)
		}
	}
	return kept
}

// FuzzTwin holds the fast reader to the slow one, and to its own promises.
func FuzzTwin(f *testing.F) {
	seeds(f)
	slow := newTwin()
	f.Fuzz(func(t *testing.T, b []byte) {
		fast := parse(b)
		want, headers := slow.read(b)
		require.Equal(t, headers, fast.Headers)
		require.Equal(t, shown(whole(want)), shown(whole(bare(fast.Statements))))
		same(t, fast, cut(b, func() int { return 1 }))
		assert.Equal(t, fast.Headers, Dialect{}.Score(b))
		for _, st := range fast.Statements {
			assert.True(t, utf8.ValidString(st.Text), "%q", st.Text)
			assert.GreaterOrEqual(t, st.Length, int64(-1))
		}
	})
}

// FuzzStamp holds the calendar to the standard library's.
func FuzzStamp(f *testing.F) {
	for _, s := range []string{"2026-11-21 05:18:42,549", "2024-02-29T23:59:59.999", "2023-02-29 00:00:00,000",
		"1900-02-29 00:00:00,000", "0001-01-01 00:00:00,000", "9999-12-31 23:59:59,999", "0000-01-01 00:00:00,000"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		at, ok := stamp(b)
		if len(b) < stampSize {
			require.False(t, ok)
			return
		}
		s := string(b[:stampSize])
		if s[10] == 'T' {
			s = s[:10] + " " + s[11:]
		}
		if s[19] == '.' {
			s = s[:19] + "," + s[20:]
		}
		want, err := time.Parse("2006-01-02 15:04:05,000", s)
		signs := strings.ContainsAny(s[20:], "+-") // the library takes -00 for a fraction
		require.Equal(t, err == nil && want.Year() > 0 && !signs, ok, s)
		if ok {
			require.Equal(t, want.UnixMicro(), at)
		}
	})
}

// FuzzEndpoint checks that an identity is an endpoint again, and the same.
func FuzzEndpoint(f *testing.F) {
	for _, s := range []string{"/127.0.0.1:7000", "localhost/127.0.0.1:7012", "/10.0.0.1", "/[::1]:7000", "/::1",
		"/fe80::1%eth0", "x/<unresolved>:7000"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var e, again endpoint
		if !e.parse(b) {
			return
		}
		require.True(t, again.parse([]byte(e.id())), e.id())
		require.Equal(t, e.id(), again.id())
	})
}

func TestHostileInput(t *testing.T) {
	stamp := "INFO  [main] 2026-11-21 05:18:42,549 "
	for name, s := range map[string]string{
		"empty":       "",
		"NULs":        strings.Repeat("\x00", 1<<20),
		"long line":   stamp + "Gossiper.java:1 - " + strings.Repeat("InetAddress ", 2<<20/12),
		"brackets":    "INFO  [" + strings.Repeat("] ", 1<<20),
		"no end":      stamp + "PaxosPropose.java:1 - Proposal(" + strings.Repeat("\n x to ", 1<<18),
		"levels":      strings.Repeat("INFO", 1<<18),
		"escapes":     strings.Repeat("\x1b[", 1<<19),
		"holes":       stamp + "MessagingMetrics.java:1 - " + strings.Repeat(" messages were dropped in last 1 ms: ", 1<<14),
		"streams":     stamp + "StreamResultFuture.java:1 - [Stream #" + strings.Repeat("] Session with ", 1<<14),
		"connections": stamp + "OutboundConnection.java:1 - /1.1.1.1(" + strings.Repeat("/1.1.1.1:7)->/1.1.1.1:7-", 1<<14),
		"bodies":      strings.Repeat(stamp+"PaxosPropose.java:1 - Proposal(\n", 1<<12),
		"returns":     strings.Repeat("\r\n", 1<<16),
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			s := parse([]byte(s))
			assert.LessOrEqual(t, s.Headers, s.Lines)
			assert.Less(t, time.Since(began), 10*time.Second) // a hundred times what it takes: no line may be quadratic
		})
	}
}

func TestDuration(t *testing.T) {
	for _, c := range []struct {
		s    string
		unit int64
		want int64
	}{
		{"12785586167", 0, 12_785_586}, {"3050601573565", 0, 3_050_601_573}, {"999", 0, 0},
		{"99999999999999999999999", 0, -1}, {"234", 1000, 234_000}, {"120.75", 1000, 120_750}, {"1.2.3", 1000, -1},
		{"9223372036854775807", 1000, -1}, {"922337203685477580", 1, 922_337_203_685_477_580}, {"0", 1000, 0},
	} {
		assert.Equal(t, c.want, duration([]byte(c.s), c.unit), c.s)
	}
}

func TestKeyKnowsCopies(t *testing.T) {
	a := "INFO  [main] 2026-11-21 05:18:42,549 Gossiper.java:1 - Announcing shutdown\n"
	b := strings.Replace(a, "INFO", "WARN", 1)
	long := "INFO  [main] 2026-11-21 05:18:42,549 X.java:1 - " + strings.Repeat("a", 32) + "%" + strings.Repeat("b", 32) + "\n"
	keys := parse([]byte(a + b + a + strings.Replace(long, "%", "c", 1) + strings.Replace(long, "%", "cd", 1))).Keys
	assert.Equal(t, keys[0], keys[2])
	assert.NotEqual(t, keys[0], keys[1])
	assert.NotEqual(t, keys[3], keys[4])
	assert.Equal(t, []uint64{0}, parse([]byte(a)).WriterIDs())
	assert.False(t, parse([]byte(a)).Exact)
	assert.Equal(t, text.Stop, parse([]byte(a)).Statements[0].Kind)
	assert.Equal(t, "cassandra-logback", Dialect{}.ID())
}
