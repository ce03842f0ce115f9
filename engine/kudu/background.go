package kudu

import (
	"tabletop/engine/catalog"
	"tabletop/engine/proc"
	"tabletop/engine/trace"
)

// The background task of a leader runs every second, and at once after a change
// (catalog_manager_bg_task_wait_ms). catchUpLimit is master_failover_catchup_timeout_ms.
const (
	backgroundPeriod = 1_000_000
	catchUpLimit     = 30_000_000
)

// background finishes what a create has left to do, of this leader or of one before it: tablets without replicas get
// them, and those that no server has reported for 30 s are replaced.
func (m *Master) background() {
	if m.check() != catalog.OK {
		return // the next one that loads the catalog begins anew
	}
	m.process.Arm(proc.Timer{Kind: backgroundTimer}, m.Now()+backgroundPeriod)
	if m.rows.Cluster == "" && m.options.Behaviour.ClusterID {
		m.write(func() catalog.Write { return catalog.Write{Cluster: m.newID()} }, func(catalog.Status, catalog.Write) {})
	}
	var tasks []catalog.Task
	m.write(func() catalog.Write {
		var w catalog.Write
		w, tasks = m.image.Place(int64(m.Now()), m.place, m.newID)
		return w
	}, func(s catalog.Status, w catalog.Write) {
		if s == catalog.OK {
			m.deleted(w.Tablets) // those that were replaced: nobody alters them any more
		}
		for _, t := range tasks {
			if s == catalog.OK && t.Kind == catalog.CreateReplica {
				m.start(t)
			}
		}
	})
	m.altered()
}

// wake has the background task run now.
func (m *Master) wake() {
	if m.options.whole() {
		m.process.Arm(proc.Timer{Kind: backgroundTimer}, m.Now())
	}
}

func (m *Master) deleted(tablets []catalog.Tablet) {
	gone := map[string]bool{}
	for _, t := range tablets {
		gone[t.ID] = t.State.Gone()
	}
	m.abort(func(k *task) bool { return gone[k.Tablet] && k.Kind != catalog.DeleteReplica })
	for _, t := range tablets {
		if !t.State.Gone() {
			continue
		}
		for _, task := range t.Deletions() {
			m.start(task)
		}
		m.record.RemoveCell(m.id, m.group, trace.Memory, "reported/"+m.names.of(t.ID))
	}
}
