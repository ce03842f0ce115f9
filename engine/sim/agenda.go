package sim

import "tabletop/engine/trace"

// agenda holds the events to come. Most timers of a cluster are set anew or voided long before they run out, so those of
// later slots of time wait in lists without any order; a heap sorts the slot that has come.
type agenda struct {
	near   heap          // of this slot, and of those before it
	slot   int64         // the latest that has come
	slots  [slots]uint32 // first entry of each of the slots that follow, from 1; 0 for none
	wheel  []entry
	free   uint32 // first unused entry, from 1
	waits  int    // in the wheel
	beyond heap   // of the slots behind those
}

// A slot takes 8 ms, and all of them together longer than the 30 s that most calls may take.
const (
	slotBits = 13
	slots    = 4096
)

type entry struct {
	Event
	next uint32
}

func slotOf(at trace.Time) int64 { return int64(at) >> slotBits }

func (a *agenda) add(e *Event) {
	switch slot := slotOf(e.At); {
	case slot <= a.slot:
		a.near.push(e)
	case slot-a.slot < slots:
		a.wait(e, &a.slots[slot%slots])
	default:
		a.beyond.push(e)
	}
}

func (a *agenda) wait(e *Event, first *uint32) {
	if a.free == 0 {
		a.wheel = append(a.wheel, entry{})
		a.free = uint32(len(a.wheel))
	}
	n := a.free
	w := &a.wheel[n-1]
	a.free = w.next
	w.Event, w.next = *e, *first
	*first = n
	a.waits++
}

// first returns the event that comes next, nil when there is none.
func (a *agenda) first() *Event {
	if len(a.near) == 0 {
		a.turn()
	}
	if len(a.near) == 0 {
		return nil
	}
	return &a.near[0]
}

// turn goes on to the next slot that has events.
func (a *agenda) turn() {
	if a.waits == 0 && len(a.beyond) == 0 {
		return
	}
	next := a.slot + slots
	if len(a.beyond) > 0 {
		next = slotOf(a.beyond[0].At)
	}
	if a.waits > 0 {
		s := a.slot + 1
		for s < next && a.slots[s%slots] == 0 {
			s++
		}
		next = s
	}
	a.slot = next
	for n := a.slots[next%slots]; n != 0; {
		w := &a.wheel[n-1]
		a.near.push(&w.Event)
		a.waits--
		n, w.next, a.free = w.next, a.free, n
	}
	a.slots[next%slots] = 0
	for len(a.beyond) > 0 && slotOf(a.beyond[0].At) <= next {
		e := a.beyond.pop()
		a.near.push(&e)
	}
}

// heap is 4-ary: the children of i are 4i+1 … 4i+4.
type heap []Event

func before(a, b *Event) bool { return a.At < b.At || a.At == b.At && a.Seq < b.Seq }

func (h *heap) push(e *Event) {
	*h = append(*h, *e)
	all := *h
	i := len(all) - 1
	for i > 0 {
		parent := (i - 1) / 4
		if !before(e, &all[parent]) {
			break
		}
		all[i] = all[parent]
		i = parent
	}
	all[i] = *e
}

func (h *heap) pop() Event {
	all := *h
	top := all[0]
	n := len(all) - 1
	last := all[n]
	all = all[:n]
	*h = all
	if n == 0 {
		return top
	}
	i := 0
	for {
		first := 4*i + 1
		if first >= n {
			break
		}
		child := first
		for c := first + 1; c < min(first+4, n); c++ {
			if before(&all[c], &all[child]) {
				child = c
			}
		}
		if !before(&all[child], &last) {
			break
		}
		all[i] = all[child]
		i = child
	}
	all[i] = last
	return top
}
