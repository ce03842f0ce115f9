package check

import (
	"slices"

	"github.com/anishathalye/porcupine"

	"tabletop/engine/trace"
)

// Linearizable reports whether the operations of a history could have taken effect one by one, each at some instant
// between its call and its return. It is nil when no operation has a model, or when the search was given up: a history
// that is not linearizable can take for ever, and only a limit in steps gives the same answer everywhere.
//
// What was there before the first operation is not known and any beginning will do.
//
// Several histories are told apart: nobody in one can have seen what was done in another.
func Linearizable(histories ...[]trace.Operation) *bool {
	var parts [][]action
	for _, h := range histories {
		parts = append(parts, partitions(actions(h))...)
	}
	if len(parts) == 0 {
		return nil
	}
	gaveUp := false
	for _, p := range parts {
		ok := linearizable(p)
		if ok != nil && !*ok {
			return ok
		}
		gaveUp = gaveUp || ok == nil
	}
	if gaveUp {
		return nil
	}
	yes := true
	return &yes
}

// maxNames is how many names renames may join before a partition is given up: the model has two bits for each.
const maxNames = 32

// linearizable looks at each read with the writes alone first: a history without some of its reads is linearizable if
// the whole is, and a stale read shows at once where porcupine would try all orders of the reads around it.
func linearizable(part []action) *bool {
	const few = 8
	if len(part) > few {
		for i, a := range part {
			if mayWrite(a) {
				continue
			}
			alone := slices.DeleteFunc(slices.Clone(part), func(b action) bool {
				return !mayWrite(b) && b.operation != part[i].operation
			})
			if ok := search(alone); ok != nil && !*ok {
				return ok
			}
		}
	}
	return search(part)
}

func search(part []action) *bool {
	registers := map[string]int{}
	for _, a := range part {
		for _, r := range a.registers {
			if _, ok := registers[r]; !ok {
				registers[r] = len(registers)
			}
		}
	}
	if len(registers) > maxNames {
		return nil
	}
	history := make([]porcupine.Operation, len(part))
	for i := range part {
		history[i] = porcupine.Operation{Input: &part[i], Call: part[i].call, Return: part[i].ret}
	}
	steps, limit := 0, stepLimit(len(part))
	model := porcupine.Model{
		Init: initial(part[0].family),
		Step: func(state, input, _ any) (bool, any) {
			if steps++; steps > limit {
				return true, steps // from here on anything goes, so that porcupine comes to its end at once
			}
			return step(state, input.(*action), registers)
		},
	}
	ok := porcupine.CheckOperations(model, history)
	if steps > limit {
		return nil
	}
	return &ok
}

// stepLimit bounds the search in time and, since porcupine remembers for each step which operations it has placed, in
// memory. Plain histories take a few steps for each operation.
func stepLimit(operations int) int {
	const most, memory = 400_000, 64 << 20
	return max(20*operations, min(most, memory/(operations/8+128)))
}

// partitions splits a history into parts that cannot influence one another: one for each register, those joined by a
// rename together.
func partitions(all []action) [][]action {
	type register struct {
		family family
		name   string
	}
	parent := map[register]register{}
	find := func(r register) register {
		for {
			p, ok := parent[r]
			if !ok {
				return r
			}
			r = p
		}
	}
	for _, a := range all {
		if len(a.registers) == 2 {
			from, to := find(register{a.family, a.registers[0]}), find(register{a.family, a.registers[1]})
			if from != to {
				parent[from] = to
			}
		}
	}
	places := map[register]int{}
	var parts [][]action
	for _, a := range all {
		root := find(register{a.family, a.registers[0]})
		i, ok := places[root]
		if !ok {
			i = len(parts)
			places[root] = i
			parts = append(parts, nil)
		}
		parts[i] = append(parts[i], a)
	}
	for i := range parts {
		parts[i] = withoutIdle(parts[i])
	}
	return parts
}

// withoutIdle drops the creates of unknown effect that make no difference: where nothing deletes or renames, a name
// comes into existence once, and of the creates that may have done it the earliest can do whatever a later one can.
func withoutIdle(part []action) []action {
	if !onlyCreates(part) {
		return part
	}
	earliest := -1
	for i, a := range part {
		if a.answer == unknown && (earliest < 0 || a.call < part[earliest].call) {
			earliest = i
		}
	}
	kept := part[:0:0]
	for i, a := range part {
		if a.answer != unknown || i == earliest {
			kept = append(kept, a)
		}
	}
	return kept
}

func onlyCreates(part []action) bool {
	for _, a := range part {
		if a.family != names || a.verb != "create" && a.verb != "open" {
			return false
		}
	}
	return true
}

// The states of a name, two bits each, and of a counter. A name or counter that nothing is known of yet takes any value
// that the first operation on it needs.
const (
	anything  = 0
	isAbsent  = 1
	isPresent = 2

	anyNumber = int64(-1)
)

func initial(f family) func() any {
	return func() any {
		switch f {
		case counters:
			return anyNumber
		case values:
			return notFound
		}
		return uint64(anything)
	}
}

func step(state any, a *action, registers map[string]int) (bool, any) {
	switch a.family {
	case counters:
		return stepCounter(state.(int64), a)
	case values:
		return stepValue(state.(string), a)
	}
	s := nameState{bits: state.(uint64), ok: true}
	from := registers[a.registers[0]]
	if a.verb == "rename" {
		s.rename(from, registers[a.registers[1]], a.answer)
	} else {
		s.single(from, a)
	}
	return s.ok, s.bits
}

// stepValue lets a create of unknown effect do nothing where the key is there.
func stepValue(v string, a *action) (bool, any) {
	switch {
	case a.verb == "get":
		return v == a.value, v
	case a.verb == "create" && v != notFound:
		return a.answer == unknown, v
	}
	return true, a.value
}

func stepCounter(v int64, a *action) (bool, any) {
	switch a.answer {
	case done:
		return v == a.number || v == anyNumber, a.number
	case applied:
		return v == a.number-1 || v == anyNumber, a.number
	case notApplied:
		return v == anyNumber || v != a.number-1, v
	}
	if v != anyNumber {
		v++
	}
	return true, v
}

// nameState is what the names of one partition are, and whether the operations so far were possible.
type nameState struct {
	bits uint64
	ok   bool
}

func (s *nameState) get(name int) uint64 { return s.bits >> (2 * name) & 3 }

func (s *nameState) set(name int, to uint64) {
	s.bits = s.bits&^(3<<(2*name)) | to<<(2*name)
}

func (s *nameState) need(name int, want uint64) {
	have := s.get(name)
	s.ok = s.ok && (have == want || have == anything)
	if s.ok {
		s.set(name, want)
	}
}

func (s *nameState) single(name int, a *action) {
	before, after := uint64(isAbsent), uint64(isPresent) // of a create that is done
	if a.verb == "delete" {
		before, after = after, before
	}
	switch {
	case a.answer == absent:
		s.need(name, isAbsent)
	case a.answer == present || a.verb == "open":
		s.need(name, isPresent)
	case a.answer == unknown:
		s.set(name, after)
	default:
		s.need(name, before)
		s.set(name, after)
	}
}

// rename knows of no other way to fail than those two. One of unknown effect that cannot take effect now does nothing.
func (s *nameState) rename(from, to int, got answer) {
	switch got {
	case absent:
		s.need(from, isAbsent)
		return
	case present:
		s.need(to, isPresent)
		return
	case unknown:
		if s.get(from) == isAbsent || s.get(to) == isPresent {
			return
		}
	}
	s.need(from, isPresent)
	s.need(to, isAbsent)
	if s.ok {
		s.set(from, isAbsent)
		s.set(to, isPresent)
	}
}
