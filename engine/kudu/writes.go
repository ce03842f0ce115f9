package kudu

import (
	"slices"

	"tabletop/engine/catalog"
	"tabletop/engine/raftnode"
	"tabletop/engine/trace"
)

// writing is a change of the sys catalog that this master makes. It is planned against the image when its turn comes, and
// done when its entry is applied, or when another one has taken its place in the log: SyncWrite has no time-out, so that
// the writes of a leader that is cut off hang until then. Kudu locks rows; here a master has one write under way.
type writing struct {
	plan    func() catalog.Write
	divides bool // into several entries, where one would be too large
	done    func(s catalog.Status, w catalog.Write)
	request uint64 // 0 while it waits for its turn
	index   uint64 // of its entry
}

// write has a change planned, replicated and answered. A change of nothing is done without a log entry.
func (m *Master) write(plan func() catalog.Write, done func(s catalog.Status, w catalog.Write)) {
	m.queue(writing{plan: plan, done: done})
}

func (m *Master) queue(w writing) {
	m.writing = append(m.writing, w)
	if len(m.writing) == 1 {
		m.propose()
	}
}

// propose puts the first change that waits into the log, unless one is under way.
func (m *Master) propose() {
	for len(m.writing) > 0 && m.writing[0].request == 0 {
		if s := m.check(); s != catalog.OK {
			m.next().done(s, catalog.Write{})
			continue
		}
		w := m.writing[0].plan()
		if w.Empty() {
			m.next().done(catalog.OK, w)
			continue
		}
		m.requests++
		w.Master, w.Request = m.name, m.requests
		data := w.Encode()
		if limit := m.options.MessageLimit; limit > 0 && len(data) > limit {
			m.oversized(w)
			continue
		}
		m.writing[0].request = w.Request
		index, ok := m.raft.Propose(data)
		if !ok { // it does not lead any more, or is handing over
			m.unwritten(catalog.ServiceUnavailable)
		} else if len(m.writing) > 0 && m.writing[0].request == w.Request {
			m.writing[0].index = index
		}
	}
}

// oversized refuses the change at hand, which would be too large a message to the followers (KUDU-3036), or divides it
// (KUDU-3016, catalog_manager_enable_chunked_tablet_reports).
func (m *Master) oversized(w catalog.Write) {
	m.emit(trace.Note, "a write to the sys catalog is too large")
	whole := m.next()
	half := len(w.Tablets) / 2
	if !whole.divides || half == 0 {
		whole.done(catalog.InvalidArgument, catalog.Write{})
		return
	}
	first, rest := w, catalog.Write{Tablets: w.Tablets[half:]}
	first.Tablets = w.Tablets[:half]
	put := func(w catalog.Write, done func(catalog.Status, catalog.Write)) {
		m.writing = slices.Insert(m.writing, 0, writing{plan: func() catalog.Write { return w }, divides: true, done: done})
	}
	put(first, func(s catalog.Status, _ catalog.Write) {
		if s != catalog.OK {
			whole.done(s, catalog.Write{})
			return
		}
		put(rest, whole.done)
	})
}

func (m *Master) next() writing {
	first := m.writing[0]
	m.writing = slices.Delete(m.writing, 0, 1)
	return first
}

// unwritten ends the change under way, which is not in the log, or no longer. Before KUDU-495 that was a failed check.
func (m *Master) unwritten(s catalog.Status) {
	if m.options.Behaviour.CrashOnFailedWrite {
		m.doomed = "the write to the sys catalog failed"
		return
	}
	m.next().done(s, catalog.Write{})
}

// decide ends the change under way when the entry in its place of the log is applied: its own, or another leader's, of
// which this may be a later one than that in its place, where that has changed the configuration.
func (m *Master) decide(e raftnode.Entry, w catalog.Write) {
	if len(m.writing) == 0 || m.writing[0].request == 0 {
		return
	}
	switch first := m.writing[0]; {
	case w.Master == m.name && w.Request == first.request:
		m.next().done(catalog.OK, w)
	case first.index > 0 && e.Index >= first.index:
		m.unwritten(catalog.NotTheLeader) // "Aborting uncommitted WRITE_OP operation due to leader change"
	}
}

// abandon ends the changes that wait, when the master leads no more. The one in the log may yet be committed.
func (m *Master) abandon() {
	var waiting []writing
	m.writing = slices.DeleteFunc(m.writing, func(w writing) bool {
		if w.request == 0 {
			waiting = append(waiting, w)
		}
		return w.request == 0
	})
	for _, w := range waiting {
		w.done(catalog.NotTheLeader, catalog.Write{})
	}
}

// Apply applies a committed entry to the rows and, in a leader that serves, to the image. The NO_OP of its own term
// tells a new leader that it has caught up and may load the catalog.
func (m *Master) Apply(e raftnode.Entry) {
	if len(e.Data) == 0 {
		m.decide(e, catalog.Write{})
		if m.raft.Role() == trace.Leader && e.Term == m.raft.Term() {
			m.load()
		}
		return
	}
	w, err := m.decoder.Decode(e.Data)
	if err != nil {
		panic("kudu: " + err.Error())
	}
	m.rows.Apply(w)
	m.shelve(trace.Disk, w)
	if m.check() == catalog.OK {
		m.image.Commit(w)
		m.shelve(trace.Memory, w)
	}
	m.decide(e, w)
}
