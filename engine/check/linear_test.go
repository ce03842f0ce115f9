package check_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tabletop/engine/check"
	"tabletop/engine/trace"
)

// slowly tries every beginning and every order, and for every operation of unknown effect also that it had none.
func slowly(history []trace.Operation) bool {
	states := []map[string]bool{{}}
	for _, name := range []string{"a", "b", "c"} {
		for _, s := range slices.Clone(states) {
			with := maps.Clone(s)
			with[name] = true
			states = append(states, with)
		}
	}
	return slices.ContainsFunc(states, func(s map[string]bool) bool { return place(s, history) })
}

func place(state map[string]bool, rest []trace.Operation) bool {
	done := true
	for i, o := range rest {
		known := definite(o)
		done = done && !known
		if slices.ContainsFunc(rest, func(p trace.Operation) bool { return definite(p) && p.Return < o.Call }) {
			continue
		}
		after, told := run(state, o)
		if known && told != o.Result {
			continue
		}
		if place(after, slices.Delete(slices.Clone(rest), i, i+1)) {
			return true
		}
	}
	return done
}

func definite(o trace.Operation) bool { return !o.Open() && o.Result != "TimedOut" }

// run does one operation as a catalog on one machine would.
func run(before map[string]bool, o trace.Operation) (map[string]bool, string) {
	s := maps.Clone(before)
	words := strings.Fields(o.Target)
	name := words[0]
	switch {
	case o.Verb == "create" && s[name]:
		return s, "AlreadyPresent"
	case o.Verb == "create":
		s[name] = true
	case !s[name]:
		return s, "NotFound"
	case o.Verb == "delete":
		delete(s, name)
	case o.Verb == "rename" && s[words[1]]:
		return s, "AlreadyPresent"
	case o.Verb == "rename":
		delete(s, name)
		s[words[1]] = true
	}
	return s, "OK"
}

func TestLinearizableIsWhatEveryOrderSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var lines []line
		for range rapid.IntRange(0, 6).Draw(t, "operations") {
			l := line{
				op:   rapid.SampledFrom([]string{"create a", "open a", "delete a", "rename a b", "rename b a", "open b", "rename b c"}).Draw(t, "op"),
				call: trace.Time(rapid.IntRange(0, 9).Draw(t, "call")),
			}
			l.ret = l.call + trace.Time(rapid.IntRange(0, 5).Draw(t, "for"))
			answers := []string{"OK", "OK", "NotFound", "TimedOut"}
			if l.op[0] == 'c' {
				answers = []string{"OK", "AlreadyPresent", "TimedOut"}
			}
			l.result = rapid.SampledFrom(answers).Draw(t, "result")
			if l.result == "TimedOut" {
				l.ret = -1
			}
			lines = append(lines, l)
		}
		h := history(lines...)
		want := slowly(h)
		if got := check.Linearizable(h); got != nil {
			require.Equal(t, want, *got)
		} else {
			require.True(t, want, "nothing to check")
		}
	})
}
