package check_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tabletop/engine/check"
	"tabletop/engine/trace"
)

// line is one operation of a written history: "create t" from 1 to 2 answered "OK".
type line struct {
	op          string
	call, ret   trace.Time // ret -1: open
	result      string
	attempts    int
	mayTimeOut  bool
	client, via trace.NodeID
}

func history(lines ...line) []trace.Operation {
	var out []trace.Operation
	for _, l := range lines {
		o := trace.ParseOperation(l.op)
		o.Call, o.Result, o.Attempts, o.MayTimeOut, o.Logged = l.call, l.result, l.attempts, l.mayTimeOut, true
		o.Client, o.Server, o.Invoke = l.client, l.via, trace.EventID(len(out))
		if l.ret >= 0 {
			o.Return, o.End = l.ret, o.Invoke
		}
		out = append(out, o)
	}
	return out
}

func verdict(b *bool) string {
	if b == nil {
		return "unknown"
	}
	return fmt.Sprint(*b)
}

func TestHistories(t *testing.T) {
	for _, c := range []struct {
		name, outcome, linearizable string
		lines                       []line
	}{
		{"nothing", "clean", "unknown", nil},
		{"kudu-3266", "anomaly", "false", []line{{op: "create t", call: 1, ret: 2, result: "OK"}, {op: "open t", call: 3, ret: 4, result: "NotFound"}}},
		{"in words of a real client", "anomaly", "false", []line{{op: "create t", call: 1, ret: 2, result: "ok"},
			{op: "open t", call: 3, ret: 4, result: "NonRecoverableException: the table does not exist: t"}}},
		{"overlapping", "clean", "true", []line{{op: "create t", call: 1, ret: 3, result: "OK"}, {op: "open t", call: 3, ret: 4, result: "NotFound"}}},
		{"a key that is created", "anomaly", "false", []line{{op: "create k = v", call: 1, ret: 2, result: "OK"},
			{op: "get k serializable", call: 3, ret: 4, result: "<not found>"}}},
		{"a key created twice", "anomaly", "false", []line{{op: "create k = v", call: 1, ret: 2, result: "OK"},
			{op: "create k = w", call: 3, ret: 4, result: "OK"}}},
		{"a key deleted in between", "clean", "true", []line{{op: "create k = v", call: 1, ret: 2, result: "OK"},
			{op: "delete k = <not found>", call: 3, ret: 4, result: "OK"}, {op: "create k = v", call: 5, ret: 6, result: "OK"}}},
		{"a create that may have come later", "timeout", "true", []line{{op: "create k = v", call: 1, ret: -1},
			{op: "get k", call: 3, ret: 4, result: "<not found>"}, {op: "put k = w", call: 5, ret: 6, result: "OK"},
			{op: "get k", call: 7, ret: 8, result: "w"}}},
		{"a key that was there before", "clean", "true", []line{{op: "create k = v", call: 1, ret: 2, result: "AlreadyPresent"},
			{op: "get k", call: 3, ret: 4, result: "x"}}},
		{"another table", "clean", "true", []line{{op: "create t", call: 1, ret: 2, result: "OK"}, {op: "open u", call: 3, ret: 4, result: "NotFound"}}},
		{"a retry found it", "anomaly", "false", []line{{op: "create t", call: 1, ret: 2, result: "OK"},
			{op: "open t", call: 3, ret: 4, result: "NotFound"}, {op: "open t", call: 5, ret: 6, result: "OK"}}},
		{"unknown create, then seen and gone", "anomaly", "false", []line{{op: "create t", call: 1, ret: 2, result: "TimedOut"},
			{op: "open t", call: 3, ret: 4, result: "OK"}, {op: "open t", call: 5, ret: 6, result: "NotFound"}}},
		{"unknown create, late effect", "timeout", "true", []line{{op: "create t", call: 1, ret: 2, result: "TimedOut"},
			{op: "open t", call: 3, ret: 4, result: "NotFound"}, {op: "open t", call: 5, ret: 6, result: "OK"}}},
		{"open to the end", "timeout", "true", []line{{op: "create t", call: 1, ret: -1}, {op: "open t", call: 3, ret: 4, result: "OK"}}},
		{"may time out", "clean", "true", []line{{op: "create t", call: 1, ret: -1, mayTimeOut: true}, {op: "open t", call: 3, ret: 4, result: "OK"}}},
		{"a list may time out too", "timeout", "unknown", []line{{op: "list", call: 1, ret: 2, result: "TimedOut"}}},
		{"a list", "clean", "unknown", []line{{op: "list", call: 1, ret: 2, result: "0 tables"}}},
		{"no such answer", "timeout", "true", []line{{op: "create t", call: 1, ret: 2, result: "NotFound"}}},
		{"created twice", "anomaly", "false", []line{{op: "create t", call: 1, ret: 2, result: "OK"}, {op: "create t", call: 3, ret: 4, result: "OK"}}},
		{"created twice at once", "anomaly", "false", []line{{op: "create t", call: 1, ret: 4, result: "OK"}, {op: "create t", call: 2, ret: 3, result: "OK"}}},
		{"its own first attempt", "clean", "true", []line{{op: "open t", call: 0, ret: 1, result: "NotFound"},
			{op: "create t", call: 2, ret: 5, result: "AlreadyPresent", attempts: 2}, {op: "open t", call: 6, ret: 7, result: "OK"}}},
		{"no first attempt", "anomaly", "false", []line{{op: "open t", call: 0, ret: 1, result: "NotFound"},
			{op: "create t", call: 2, ret: 5, result: "AlreadyPresent", attempts: 1}, {op: "open t", call: 6, ret: 7, result: "OK"}}},
		{"there before the history", "clean", "true", []line{{op: "open t", call: 0, ret: 1, result: "OK"}}},
		{"deleted", "clean", "true", []line{{op: "create t", call: 1, ret: 2, result: "OK"}, {op: "delete t", call: 3, ret: 4, result: "OK"},
			{op: "open t", call: 5, ret: 6, result: "NotFound"}}},
		{"perhaps deleted", "timeout", "true", []line{{op: "create t", call: 1, ret: 2, result: "OK"}, {op: "delete t", call: 3, ret: 4, result: "TimedOut"},
			{op: "open t", call: 5, ret: 6, result: "NotFound"}}},
		{"deleted and there", "anomaly", "false", []line{{op: "delete t", call: 3, ret: 4, result: "OK"}, {op: "open t", call: 5, ret: 6, result: "OK"}}},
		{"renamed", "clean", "true", []line{{op: "create t", call: 1, ret: 2, result: "OK"}, {op: "rename t u", call: 3, ret: 4, result: "OK"},
			{op: "open t", call: 5, ret: 6, result: "NotFound"}, {op: "open u", call: 5, ret: 6, result: "OK"}}},
		{"half renamed", "anomaly", "false", []line{{op: "create t", call: 1, ret: 2, result: "OK"}, {op: "rename t u", call: 3, ret: 4, result: "OK"},
			{op: "open u", call: 5, ret: 6, result: "NotFound"}}},
		{"an unknown rename is all or nothing", "timeout", "false", []line{{op: "create t", call: 1, ret: 2, result: "OK"},
			{op: "open u", call: 1, ret: 2, result: "NotFound"}, {op: "rename t u", call: 3, ret: -1},
			{op: "open u", call: 5, ret: 6, result: "OK"}, {op: "open t", call: 7, ret: 8, result: "OK"}}},
		{"counter", "clean", "true", []line{{op: "key 1", call: 1, ret: 2, result: "cas 1 applied"}, {op: "key 1", call: 3, ret: 4, result: "cas 1 not applied"},
			{op: "key 1", call: 5, ret: 6, result: "read 1"}}},
		{"a lost update", "anomaly", "false", []line{{op: "key 1", call: 1, ret: 2, result: "cas 1 applied"}, {op: "key 1", call: 3, ret: 4, result: "read 0"}}},
		{"an unknown update", "timeout", "true", []line{{op: "key 1", call: 1, ret: 2, result: "cas 1 applied"},
			{op: "key 1", call: 3, ret: 4, result: "WriteTimeoutException"}, {op: "key 1", call: 5, ret: 6, result: "read 1"},
			{op: "key 1", call: 7, ret: 8, result: "read 2"}}},
		{"two steps from one unknown update", "timeout", "false", []line{{op: "key 1", call: 1, ret: 2, result: "cas 1 applied"},
			{op: "key 1", call: 3, ret: 4, result: ""}, {op: "key 1", call: 7, ret: 8, result: "read 3"}}},
		{"applied twice", "anomaly", "false", []line{{op: "key 1", call: 1, ret: 2, result: "cas 7 applied"}, {op: "key 1", call: 3, ret: 4, result: "cas 7 applied"}}},
		{"values", "clean", "true", []line{{op: "get k", call: 0, ret: 1, result: "<not found>"}, {op: "put k = a", call: 1, ret: 2, result: "OK"},
			{op: "get k serializable", call: 3, ret: 4, result: "a"}}},
		{"a stale get", "anomaly", "false", []line{{op: "put k = a", call: 1, ret: 2, result: "OK"}, {op: "put k = b", call: 3, ret: 4, result: "OK"},
			{op: "get k serializable", call: 5, ret: 6, result: "a"}}},
		{"a put that failed may come late", "timeout", "true", []line{{op: "put k = a", call: 1, ret: 2, result: "context deadline exceeded"},
			{op: "put k = b", call: 3, ret: 4, result: "OK"}, {op: "get k", call: 5, ret: 6, result: "a"}}},
		{"written by a stranger, once", "anomaly", "false", []line{{op: "get k", call: 1, ret: 2, result: "<not found>"},
			{op: "get k", call: 3, ret: 4, result: "x"}, {op: "get k", call: 5, ret: 6, result: "<not found>"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := history(c.lines...)
			require.Equal(t, c.outcome, string(check.OutcomeOfOperations(h)))
			require.Equal(t, c.linearizable, verdict(check.Linearizable(h)))
		})
	}
}

func TestSimulationsAreOrderedByEvent(t *testing.T) {
	h := history(line{op: "create t", call: 5, ret: 5, result: "OK"}, line{op: "open t", call: 5, ret: 5, result: "NotFound"})
	for i := range h {
		h[i].Invoke, h[i].End, h[i].Logged = trace.EventID(2*i), trace.EventID(2*i+1), false
	}
	require.Equal(t, check.Anomaly, check.OutcomeOfOperations(h), "the events say which came first")
	h[0].Logged, h[1].Logged = true, true
	require.Equal(t, check.Clean, check.OutcomeOfOperations(h), "equal stamps say nothing")
}

// drawn is a history of any kind: answers are drawn, so most are not linearizable.
func drawn(t *rapid.T, verbs, results []string, most int) []trace.Operation {
	var lines []line
	for range rapid.IntRange(0, most).Draw(t, "operations") {
		call := trace.Time(rapid.IntRange(0, 14).Draw(t, "call"))
		lines = append(lines, line{
			op:   rapid.SampledFrom(verbs).Draw(t, "op"),
			call: call, ret: call + trace.Time(rapid.IntRange(0, 6).Draw(t, "for")),
			result:   rapid.SampledFrom(results).Draw(t, "result"),
			attempts: rapid.IntRange(0, 2).Draw(t, "attempts"),
		})
	}
	return history(lines...)
}

// real is a history that happened: each operation took effect at some instant between call and return.
func real(t *rapid.T, verbs []string, most int) []trace.Operation {
	exists := map[string]bool{}
	var lines []line
	var at trace.Time
	for range rapid.IntRange(0, most).Draw(t, "operations") {
		at += trace.Time(rapid.IntRange(0, 3).Draw(t, "wait"))
		l := line{op: rapid.SampledFrom(verbs).Draw(t, "op"), attempts: 1}
		l.call = at - trace.Time(rapid.IntRange(0, 4).Draw(t, "before"))
		l.ret = max(0, at+trace.Time(rapid.IntRange(0, 4).Draw(t, "after")))
		o := trace.ParseOperation(l.op)
		had := exists[o.Target]
		switch {
		case o.Verb == "create" && had:
			l.result = "AlreadyPresent"
		case o.Verb != "create" && !had:
			l.result = "NotFound"
		default:
			l.result = "OK"
		}
		lost := rapid.IntRange(0, 4).Draw(t, "lost") == 0
		if !lost || rapid.Bool().Draw(t, "effect") {
			exists[o.Target] = o.Verb == "create" || had && o.Verb == "open"
		}
		if lost {
			l.result = "TimedOut"
		}
		lines = append(lines, l)
	}
	return history(lines...)
}

func createAndOpen() []string { return []string{"create a", "open a", "create b", "open b"} }

func TestOutcomeIsExactForCreateAndOpen(t *testing.T) {
	answers := []string{"OK", "OK", "NotFound", "AlreadyPresent", "TimedOut"}
	rapid.Check(t, func(t *rapid.T) {
		h := drawn(t, createAndOpen(), answers, 9)
		require.Equal(t, verdict(check.Linearizable(h)) == "false", check.OutcomeOfOperations(h) == check.Anomaly)
	})
	rapid.Check(t, func(t *rapid.T) {
		h := drawn(t, []string{"create a", "open a", "open a"}, answers, 5)
		require.Equal(t, verdict(check.Linearizable(h)) == "false", check.OutcomeOfOperations(h) == check.Anomaly)
	})
}

func TestWhatHappenedIsNoAnomaly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := real(t, append(createAndOpen(), "delete a", "delete b"), 25)
		require.NotEqual(t, "false", verdict(check.Linearizable(h)))
		require.NotEqual(t, check.Anomaly, check.OutcomeOfOperations(h))
	})
}

func TestAnomaliesAreRealWithEveryVerb(t *testing.T) {
	for name, words := range map[string][2][]string{
		"names": {append(createAndOpen(), "delete a", "rename a b", "rename b a"), {"OK", "OK", "NotFound", "AlreadyPresent", "TimedOut"}},
		"counters": {{"key 1"}, {"read 0", "read 1", "read 2", "cas 1 applied", "cas 2 applied", "cas 1 not applied",
			"cas 2 not applied", "TimedOut"}},
		"values": {{"put k = a", "put k = b", "get k", "get k serializable"}, {"a", "b", "<not found>", "c", "TimedOut"}},
	} {
		t.Run(name, func(t *testing.T) {
			both, only := 0, 0
			rapid.Check(t, func(t *rapid.T) {
				h := drawn(t, words[0], words[1], 7)
				illegal := verdict(check.Linearizable(h)) == "false"
				if check.OutcomeOfOperations(h) == check.Anomaly {
					require.True(t, illegal, "an anomaly that is none")
					both++
				} else if illegal {
					only++
				}
			})
			t.Logf("of %d histories that are not linearizable, %d were told as anomalies", both+only, both)
		})
	}
}

func TestTheCheckerGivesUpAfterSteps(t *testing.T) {
	var lines []line
	for range 60 { // as many creates and deletes at once, and a read that fits none of their orders
		lines = append(lines, line{op: "create t", call: 10, ret: 20, result: "OK"}, line{op: "delete t", call: 10, ret: 20, result: "OK"})
	}
	lines = append(lines, line{op: "create t", call: 30, ret: 31, result: "OK"}, line{op: "open t", call: 40, ret: 41, result: "NotFound"})
	require.Nil(t, check.Linearizable(history(lines...)))
}

func BenchmarkLinearizable(b *testing.B) {
	for _, n := range []int{3, 1000, 10_000} {
		var lines []line
		for i := range n {
			at := trace.Time(10 * i)
			l := line{op: fmt.Sprintf("open t%d", i%10), call: at, ret: at + 35, result: "OK"}
			if i < 10 {
				l = line{op: fmt.Sprintf("create t%d", i), call: at, ret: at + 5, result: "OK"}
			}
			lines = append(lines, l)
		}
		h := history(lines...)
		b.Run(fmt.Sprintf("porcupine/operations=%d", n), func(b *testing.B) {
			for b.Loop() {
				check.Linearizable(h)
			}
		})
		b.Run(fmt.Sprintf("outcome/operations=%d", n), func(b *testing.B) {
			for b.Loop() {
				check.OutcomeOfOperations(h)
			}
		})
	}
}
