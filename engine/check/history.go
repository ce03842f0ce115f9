package check

import (
	"math"
	"strconv"
	"strings"

	"tabletop/engine/trace"
)

// answer is what a client learned from an operation.
type answer uint8

const (
	unknown answer = iota // it may or may not have had its effect, now or at any later time
	done
	absent  // NotFound
	present // AlreadyPresent
	applied
	notApplied
)

// family tells which kind of register an operation is about. Registers of different families never meet.
type family uint8

const (
	unchecked family = iota
	names            // create, open, rename, delete: a name exists or not
	counters         // key K: read V, cas V applied, cas V not applied
	values           // put, get; create and delete with a value
)

// never is the return of an operation of unknown effect.
const never = math.MaxInt64

// action is one operation as the models see it.
type action struct {
	operation int // its place in the history, -1 for one that nobody recorded
	family    family
	verb      string
	registers []string // one name; two for a rename
	answer    answer
	value     string // what was written or read
	number    int64  // the same for counters
	call, ret int64
}

// actions translates a history. Of an operation that took more than one attempt the last got the answer, if there was one,
// and each of those before it is one more operation of unknown effect.
func actions(history []trace.Operation) []action {
	clock := clockOf(history)
	var all []action
	for i, o := range history {
		a := parse(o)
		if a.family == unchecked {
			continue
		}
		a.operation = i
		a.call, a.ret = clock(o)
		if mayWrite(a) {
			earlier := a
			earlier.answer, earlier.ret = unknown, never
			for range min(o.Attempts, mostAttempts) - 1 {
				all = append(all, earlier)
			}
		}
		if a.answer == unknown {
			a.ret = never
			if !mayWrite(a) {
				continue
			}
		}
		all = append(all, a)
	}
	return append(all, strangers(all)...)
}

// mostAttempts bounds how many effects a retried operation is taken to may have had: the more, the longer the search.
const mostAttempts = 8

func mayWrite(a action) bool { return a.verb != "open" && a.verb != "get" }

// clockOf returns how to order the calls and returns of a history. In a simulation the order of events is the order in
// which things happened, also within one microsecond. In logs only the times count, and equal times tell nothing.
func clockOf(history []trace.Operation) func(trace.Operation) (call, ret int64) {
	for _, o := range history {
		if o.Logged || o.Invoke == trace.NoEvent || o.End == 0 {
			return func(o trace.Operation) (int64, int64) { return int64(o.Call), int64(o.Return) }
		}
	}
	return func(o trace.Operation) (int64, int64) { return int64(o.Invoke), int64(o.End) }
}

// strangers returns a put for every value that was read and that no recorded operation wrote: it was there before, or a
// client outside the history wrote it at a time we do not know.
func strangers(all []action) []action {
	type cell struct{ register, value string }
	written, added := map[cell]bool{}, []action(nil)
	for _, a := range all {
		if a.family == values && mayWrite(a) {
			written[cell{a.registers[0], a.value}] = true
		}
	}
	for _, a := range all {
		if a.family != values || a.verb != "get" || a.value == notFound {
			continue
		}
		if c := (cell{a.registers[0], a.value}); !written[c] {
			written[c] = true
			added = append(added, action{operation: -1, family: values, verb: "put", registers: a.registers, value: a.value,
				call: math.MinInt64, ret: never})
		}
	}
	return added
}

// notFound is the value of an absent key.
const notFound = "<not found>"

func parse(o trace.Operation) action {
	words := strings.Fields(o.Target)
	a := action{verb: o.Verb, answer: unknown}
	if o.Value != "" && (o.Verb == "create" || o.Verb == "delete") {
		return parseRegister(o, words)
	}
	switch o.Verb {
	case "create", "open", "delete", "rename":
		want := 1
		if o.Verb == "rename" {
			want = 2
		}
		if len(words) != want || want == 2 && words[0] == words[1] {
			return action{}
		}
		a.family, a.registers, a.answer = names, words, nameAnswer(o)
	case "key":
		if len(words) != 1 {
			return action{}
		}
		a.family, a.registers = counters, words
		a.answer, a.number = counterAnswer(o)
	case "put", "get":
		if len(words) == 0 {
			return action{}
		}
		a.family, a.registers, a.value = values, words[:1], o.Value
		if !o.Open() && !endless(o.Result) {
			a.answer = done
		}
		if o.Verb == "get" {
			a.value = o.Result
		}
	}
	return a
}

// parseRegister reads "create k = v", a put that only succeeds on an absent key, and "delete k = <not found>". That a
// create was refused says nothing about a key whose beginning is not known.
func parseRegister(o trace.Operation, words []string) action {
	refused := !o.Open() && nameAnswer(o) == present
	if len(words) == 0 || refused {
		return action{}
	}
	a := action{verb: o.Verb, family: values, registers: words[:1], value: o.Value}
	if !o.Open() && !endless(o.Result) {
		a.answer = done
	}
	return a
}

// nameAnswer knows the words of our own clients and those that clients of a real cluster print.
func nameAnswer(o trace.Operation) answer {
	got := unknown
	switch r := o.Result; {
	case o.Open():
	case r == "OK" || r == "ok" || r == "Gone": // gone again since
		got = done
	case r == "NotFound" || strings.Contains(r, "does not exist"):
		got = absent
	case r == "AlreadyPresent" || strings.Contains(r, "already exists"):
		got = present
	}
	if got == absent && o.Verb == "create" || got == present && (o.Verb == "open" || o.Verb == "delete") {
		return unknown // not an answer to this question
	}
	return got
}

func counterAnswer(o trace.Operation) (answer, int64) {
	words := strings.Fields(o.Result)
	if o.Open() || len(words) < 2 {
		return unknown, 0
	}
	v, err := strconv.ParseInt(words[1], 10, 64)
	switch rest := strings.Join(words[2:], " "); {
	case err != nil || v < 0:
		return unknown, 0
	case words[0] == "read" && rest == "":
		return done, v
	case words[0] == "cas" && rest == "applied":
		return applied, v
	case words[0] == "cas" && rest == "not applied":
		return notApplied, v
	}
	return unknown, 0
}

// endless reports whether a result says that the operation ended without an answer.
func endless(result string) bool {
	r := strings.ToLower(result)
	return r == "" || r == "unknown" || strings.Contains(r, "timedout") || strings.Contains(r, "timed out") ||
		strings.Contains(r, "timeout") || strings.Contains(r, "deadline exceeded")
}

// definite reports whether a client knows what became of its operation.
func definite(o trace.Operation) bool {
	if o.Open() {
		return false
	}
	if a := parse(o); a.family != unchecked {
		return a.answer != unknown
	}
	return !endless(o.Result)
}
