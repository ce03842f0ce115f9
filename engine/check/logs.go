package check

import (
	"fmt"
	"maps"

	"tabletop/engine/trace"
)

// logs judges the nodes' logs and state machines by section 5 of the Raft paper (Ongaro and Ousterhout, 2014), from the
// log events alone.
//
//   - Log matching: two logs that hold an entry of the same index and term are identical up to it. Comparing each entry
//     and the one before it with the first of its index and term is enough, by induction.
//   - Leader completeness: who is elected in a term has every entry that was committed in an earlier one. By log
//     matching the last such entry is enough.
//   - State-machine safety: no two nodes commit or apply different entries at one index, and none applies an entry
//     behind a later one. (Logs may be merged from several files, so the order is judged in simulations only.)
//
// Terms and digests of zero are unknown and compared with nothing. Each rule reports the first violation of a node in a
// group: what follows is usually its consequence.
func logs(t *trace.Trace) []Finding {
	s := &logbook{
		trace: t, logs: map[believer]*nodeLog{}, first: map[slot]written{}, committed: map[slot]written{},
		applied: map[slot]written{}, tops: map[place][]commit{}, elections: map[place]uint32{},
		orders: map[believer]trace.EventID{}, told: map[violation]bool{},
	}
	for i := range t.Events {
		e, id := &t.Events[i], trace.EventID(i)
		k := believer{e.Node, e.Group}
		switch e.Kind {
		case trace.Append:
			s.append(id, e, s.log(k))
		case trace.Truncate:
			s.truncate(id, e, s.log(k))
		case trace.Commit:
			s.commit(id, e, s.log(k))
		case trace.Apply:
			s.agree(id, e, s.applied, written{e.Term, e.Digest, id}, e.Index, "applied")
			s.order(id, e, k)
		case trace.Start: // what was applied before may have to be applied again
			maps.DeleteFunc(s.orders, func(k believer, _ trace.EventID) bool { return k.node == e.Node })
		case trace.Wipe:
			maps.DeleteFunc(s.logs, func(k believer, _ *nodeLog) bool {
				return k.node == e.Node && (e.Group == 0 || k.group == e.Group)
			})
		case trace.Elected:
			s.elected(id, e, s.log(k))
		}
	}
	return s.found
}

// written is an entry and the event that tells of it.
type written struct {
	term   uint32
	digest uint64
	event  trace.EventID
}

func (w written) differs(o written) bool {
	return w.term != 0 && o.term != 0 && w.term != o.term || w.digest != 0 && o.digest != 0 && w.digest != o.digest
}

// slot is where an entry stands; term is 0 where one index holds one entry.
type slot struct {
	place place
	index uint64
	term  uint32
}

type commit struct {
	index uint64
	term  uint32 // at least the term it happened in: no later leader may lack it
	event trace.EventID
}

type violation struct {
	kind string
	node trace.NodeID
	at   place
}

// nodeLog is the part of one node's log that the trace tells of: entries[0] has the index base. What is before it was
// compacted, came in a snapshot, or was written before the trace began.
type nodeLog struct {
	base      uint64
	entries   []written
	committed uint64
}

func (l *nodeLog) next() uint64 { return l.base + uint64(len(l.entries)) }

func (l *nodeLog) at(index uint64) (written, bool) {
	if index < l.base || index >= l.next() {
		return written{}, false
	}
	return l.entries[index-l.base], true
}

// cut removes the entries from index on.
func (l *nodeLog) cut(index uint64) {
	switch {
	case index < l.base:
		l.base, l.entries = max(1, index), nil
	case index < l.next():
		l.entries = l.entries[:index-l.base]
	}
	l.committed = min(l.committed, max(1, index)-1)
}

type logbook struct {
	trace     *trace.Trace
	logs      map[believer]*nodeLog
	first     map[slot]written // the first entry seen of each index and term
	committed map[slot]written
	applied   map[slot]written
	orders    map[believer]trace.EventID // the last entry that a node has applied since it started
	tops      map[place][]commit         // ever higher commits
	elections map[place]uint32           // the highest term that had a winner so far
	told      map[violation]bool
	found     []Finding
}

func (s *logbook) log(k believer) *nodeLog {
	l := s.logs[k]
	if l == nil {
		l = &nodeLog{base: 1}
		s.logs[k] = l
	}
	return l
}

// truncate removes entries from a node's log. None of them may be one that it knew to be committed.
func (s *logbook) truncate(id trace.EventID, e *trace.Event, l *nodeLog) {
	if e.Index > 0 && e.Index <= l.committed {
		p := placeOf(s.trace, e.Node, e.Group)
		by := id
		if w, ok := s.committed[slot{place: p, index: e.Index}]; ok {
			by = w.event
		}
		s.report(StateMachineSafety, id, by, fmt.Sprintf("%s removed entry %d from its log, which it had committed", s.who(id), e.Index))
	}
	l.cut(e.Index)
}

func (s *logbook) append(id trace.EventID, e *trace.Event, l *nodeLog) {
	switch next := l.next(); {
	case e.Index < next:
		s.truncate(id, e, l)
	case e.Index > next:
		l.base, l.entries = e.Index, nil
	}
	w := written{e.Term, e.Digest, id}
	l.entries = append(l.entries, w)
	if e.Term == 0 {
		return
	}
	at := slot{placeOf(s.trace, e.Node, e.Group), e.Index, e.Term}
	other, ok := s.first[at]
	if !ok {
		s.first[at] = w
		return
	}
	if w.differs(other) {
		s.report(LogMatching, id, other.event, fmt.Sprintf("entry %d of term %d is not the same at %s and at %s",
			e.Index, e.Term, s.who(other.event), s.who(id)))
		return
	}
	before, ok := l.at(e.Index - 1)
	theirs := s.trace.Events[other.event]
	holder := s.log(believer{theirs.Node, theirs.Group})
	there, known := holder.at(e.Index - 1)
	if mine, still := holder.at(e.Index); !still || mine.event != other.event {
		return // the log that had the entry first has lost it again
	}
	if ok && known && before.differs(there) {
		s.report(LogMatching, id, other.event,
			fmt.Sprintf("%s and %s agree on entry %d of term %d but not on the one before it",
				s.who(other.event), s.who(id), e.Index, e.Term))
	}
}

func (s *logbook) commit(id trace.EventID, e *trace.Event, l *nodeLog) {
	p := placeOf(s.trace, e.Node, e.Group)
	for i := max(l.committed+1, l.base); i <= e.Index && i < l.next(); i++ {
		w, _ := l.at(i)
		w.event = id
		s.agree(id, e, s.committed, w, i, "committed")
	}
	if e.Index >= l.next() { // a snapshot: the trace does not tell what is in it
		l.base, l.entries = e.Index+1, nil
	}
	l.committed = max(l.committed, e.Index)
	if tops := s.tops[p]; len(tops) == 0 || tops[len(tops)-1].index < e.Index {
		s.tops[p] = append(tops, commit{e.Index, max(e.Term, s.elections[p]), id})
	}
}

// agree compares what a node committed or applied with what the first one did.
func (s *logbook) agree(id trace.EventID, e *trace.Event, all map[slot]written, w written, index uint64, did string) {
	at := slot{place: placeOf(s.trace, e.Node, e.Group), index: index}
	other, ok := all[at]
	if !ok {
		all[at] = w
		return
	}
	if w.differs(other) {
		s.report(StateMachineSafety, id, other.event, fmt.Sprintf("%s and %s %s different entries at index %d",
			s.who(other.event), s.who(id), did, index))
	}
}

func (s *logbook) order(id trace.EventID, e *trace.Event, k believer) {
	before, ok := s.orders[k]
	s.orders[k] = id
	if last := s.trace.Events[max(0, before)].Index; ok && e.Prov == trace.Simulated && e.Index <= last {
		s.report(StateMachineSafety, id, before, fmt.Sprintf("%s applied entry %d after entry %d", s.who(id), e.Index, last))
	}
}

func (s *logbook) elected(id trace.EventID, e *trace.Event, l *nodeLog) {
	p := placeOf(s.trace, e.Node, e.Group)
	s.elections[p] = max(s.elections[p], e.Term)
	tops := s.tops[p]
	for i := len(tops) - 1; i >= 0; i-- {
		top := tops[i]
		if top.term == 0 || top.term >= e.Term {
			continue
		}
		has, ok := l.at(top.index)
		lacks := !ok && top.index >= l.next() && e.Prov == trace.Simulated // a captured log need not tell of every entry
		if lacks || ok && s.committed[slot{place: p, index: top.index}].differs(has) {
			s.report(LeaderCompleteness, id, top.event,
				fmt.Sprintf("%s won term %d without entry %d, which was committed in term %d",
					s.who(id), e.Term, top.index, top.term))
		}
		return
	}
}

func (s *logbook) who(id trace.EventID) string { return nodeName(s.trace, s.trace.Events[id].Node) }

func (s *logbook) report(kind string, id, other trace.EventID, text string) {
	e := s.trace.Events[id]
	p := placeOf(s.trace, e.Node, e.Group)
	v := violation{kind, e.Node, p}
	if s.told[v] {
		return
	}
	s.told[v] = true
	s.found = append(s.found, p.finding(s.trace, kind, text, other, id))
}
