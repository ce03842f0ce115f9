package check

import (
	"cmp"
	"slices"
	"sort"
	"strconv"

	"tabletop/engine/trace"
)

// Outcome is how a run ended for its clients.
type Outcome string

// The outcomes. An anomaly is a definite answer that contradicts one that was acknowledged before the operation began,
// whatever a retry got later. A timeout is an operation without a definite answer that was not marked as one that may
// time out.
const (
	Anomaly Outcome = "anomaly"
	Clean   Outcome = "clean"
	Timeout Outcome = "timeout"
)

// OutcomeOf judges a trace without the linearizability checker.
func OutcomeOf(t *trace.Trace) Outcome { return OutcomeOfOperations(trace.Operations(t)) }

// OutcomeOfOperations judges a history. It is exact for names that are only created and opened: an anomaly then means
// that the history is not linearizable, and the other way round. With deletes, renames, counters and values every
// anomaly is real too, but it misses those that need more than two answers to be told.
func OutcomeOfOperations(history []trace.Operation) Outcome {
	if len(contradictions(history)) > 0 {
		return Anomaly
	}
	for _, o := range history {
		if !o.MayTimeOut && !definite(o) {
			return Timeout
		}
	}
	return Clean
}

// contradiction says that the answer to one operation rules out the answer to another. When before is set, the other
// was answered before this one began.
type contradiction struct {
	operation, other int
	before           bool
}

// access is what one action says about one register.
type access struct {
	operation int
	verb      string
	answer    answer
	call, ret int64
	need      string // the value that was there when it took effect; empty: any
	after     string // the value that was there right afterwards; empty: not known
	write     string // the value it may have written; empty: none
	anyValue  bool   // it may have written we do not know what
}

// The values of a name. Those of counters and keys begin with another letter.
const (
	nameAbsent  = "absent"
	namePresent = "present"
)

// contradictions finds the operations whose answer cannot be true, at most one contradiction for each.
func contradictions(history []trace.Operation) []contradiction {
	var found []contradiction
	for _, register := range accesses(actions(history)) {
		found = append(found, judge(register)...)
	}
	slices.SortFunc(found, func(a, b contradiction) int { return cmp.Compare(a.operation, b.operation) })
	return slices.CompactFunc(found, func(a, b contradiction) bool { return a.operation == b.operation })
}

// accesses sorts what a history says by register, in the order of first mention.
func accesses(all []action) [][]access {
	type register struct {
		family family
		name   string
	}
	places := map[register]int{}
	var out [][]access
	for _, a := range all {
		for i, name := range a.registers {
			r := register{a.family, name}
			at, ok := places[r]
			if !ok {
				at = len(out)
				places[r] = at
				out = append(out, nil)
			}
			out[at] = append(out[at], accessOf(a, i))
		}
	}
	return out
}

// accessOf returns what an action says of the i-th of its registers.
func accessOf(a action, i int) access {
	x := access{operation: a.operation, verb: a.verb, answer: a.answer, call: a.call, ret: a.ret}
	switch {
	case a.family == names:
		x.name(a, i)
	case a.family == counters:
		x.counter(a)
	case mayWrite(a):
		x.write = "=" + a.value
		if a.answer == done {
			x.after = x.write
			if a.verb == "create" {
				x.need = "=" + notFound
			}
		}
	default:
		x.need, x.after = "="+a.value, "="+a.value
	}
	return x
}

func (x *access) name(a action, i int) {
	before, after := nameAbsent, namePresent
	if a.verb == "delete" || a.verb == "rename" && i == 0 {
		before, after = after, before
	}
	switch {
	case a.answer == absent:
		if a.verb != "rename" || i == 0 {
			x.need, x.after = nameAbsent, nameAbsent
		}
	case a.answer == present:
		if a.verb != "rename" || i == 1 {
			x.need, x.after = namePresent, namePresent
		}
	case a.verb == "open":
		x.need, x.after = namePresent, namePresent
	case a.answer == unknown:
		x.write = after
	default:
		x.need, x.write, x.after = before, after, after
	}
}

func (x *access) counter(a action) {
	text := func(v int64) string { return "#" + strconv.FormatInt(v, 10) }
	switch a.answer {
	case done:
		x.need, x.after = text(a.number), text(a.number)
	case applied:
		x.need, x.after = text(a.number-1), text(a.number)
		x.write = x.after
	case unknown:
		x.anyValue = true
	}
}

// judge finds the contradictions of one register.
//
//  1. An operation that needs the value v contradicts one that was answered before it began and left another value
//     behind, unless somebody may have written v after the one and before the other. Of all those answered before it,
//     the one called last leaves the least room; so that is the one to look at.
//  2. Where a name is only created and opened, it comes into existence once. Two creates that are both done contradict
//     each other even when they overlap, and so do a present and an absent that no create can have come between.
func judge(all []access) []contradiction {
	answered := slices.DeleteFunc(slices.Clone(all), func(x access) bool { return x.after == "" })
	slices.SortStableFunc(answered, func(a, b access) int { return cmp.Compare(a.ret, b.ret) })
	latest := latestTwo(answered)
	writers := map[string][]access{}
	for _, x := range all {
		if x.anyValue {
			writers[""] = append(writers[""], x)
		} else if x.write != "" {
			writers[x.write] = append(writers[x.write], x)
		}
	}
	between := func(y, x access) bool {
		can := func(w access) bool { return w.ret >= y.call && w.call <= x.ret }
		return slices.ContainsFunc(writers[x.need], can) || slices.ContainsFunc(writers[""], can)
	}
	var found []contradiction
	for _, x := range all {
		if x.need == "" {
			continue
		}
		n := sort.Search(len(answered), func(i int) bool { return answered[i].ret >= x.call })
		for _, i := range latest[n] {
			if i < 0 || answered[i].after == x.need || between(answered[i], x) {
				continue
			}
			y := answered[i]
			if c, ok := acknowledgedCreate(answered[:n]); ok && x.need == nameAbsent && !between(c, x) {
				y = c
			}
			found = append(found, contradiction{operation: x.operation, other: y.operation, before: true})
			break
		}
	}
	if len(found) == 0 {
		return once(all)
	}
	return found
}

// latestTwo returns for every n which of the first n answers was called last, and which was called last of those that
// left another value than it.
func latestTwo(answered []access) [][2]int {
	out := [][2]int{{-1, -1}}
	for i, x := range answered {
		top := out[i]
		switch {
		case top[0] < 0 || x.call >= answered[top[0]].call:
			if top[0] >= 0 && answered[top[0]].after != x.after {
				top[1] = top[0]
			}
			top[0] = i
		case x.after != answered[top[0]].after && (top[1] < 0 || x.call >= answered[top[1]].call):
			top[1] = i
		}
		out = append(out, top)
	}
	return out
}

func acknowledgedCreate(answered []access) (access, bool) {
	for i := len(answered) - 1; i >= 0; i-- {
		if x := answered[i]; x.verb == "create" && x.answer == done {
			return x, true
		}
	}
	return access{}, false
}

// once judges a name that is only created and opened, see judge.
func once(all []access) []contradiction {
	if slices.ContainsFunc(all, func(x access) bool { return x.verb != "create" && x.verb != "open" }) {
		return nil
	}
	var created, maybe, yes, no *access
	for i := range all {
		x := &all[i]
		switch {
		case x.answer == unknown:
			if maybe == nil || x.call < maybe.call {
				maybe = x
			}
		case x.verb == "create" && x.answer == done:
			if created != nil {
				return []contradiction{{operation: x.operation, other: created.operation}}
			}
			created = x
		case x.need == namePresent:
			if yes == nil || x.ret < yes.ret {
				yes = x
			}
		default:
			no = x
		}
	}
	if created != nil || yes == nil || no == nil || maybe != nil && maybe.call <= yes.ret {
		return nil
	}
	return []contradiction{{operation: yes.operation, other: no.operation}}
}
