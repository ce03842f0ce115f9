package kudu

import (
	"fmt"
	"strconv"
	"strings"

	"tabletop/engine/catalog"
	"tabletop/engine/trace"
)

// What a master has on disk and in memory, as cells: what is on screen.

// shelve shows the rows of a write on a shelf.
func (m *Master) shelve(s trace.Shelf, w catalog.Write) {
	if m.record.Outline() {
		return
	}
	for _, t := range w.Tables {
		key := "table/" + t.Name
		if was, ok := m.shelved[s][t.ID]; ok && was != key {
			m.record.RemoveCell(m.id, m.group, s, was)
		}
		m.shelved[s][t.ID] = key
		m.record.SetCell(m.id, m.group, s, key, tableText(t))
	}
	for _, t := range w.Tablets {
		m.record.SetCell(m.id, m.group, s, "tablet/"+m.names.of(t.ID), tabletText(t))
	}
	if w.Cluster != "" && s == trace.Disk {
		m.record.SetCell(m.id, m.group, s, "cluster id", w.Cluster[:8])
	}
}

// reshelve shows a newly loaded image in place of the one before.
func (m *Master) reshelve(before *catalog.Image) {
	if m.record.Outline() {
		return
	}
	if before != nil {
		for _, t := range before.Tables() {
			if _, ok := m.image.Table(t.ID); !ok {
				m.record.RemoveCell(m.id, m.group, trace.Memory, "table/"+t.Name)
			}
		}
	}
	m.shelve(trace.Memory, catalog.Write{Tables: m.image.Tables()})
	for _, t := range m.image.Tables() {
		for _, tablet := range m.image.TabletsOf(t.ID) {
			m.shelve(trace.Memory, catalog.Write{Tablets: []catalog.Tablet{tablet}})
			m.showReported(tablet.ID)
		}
	}
	m.showRebuilt()
}

// showReported shows what only reports tell of a tablet.
func (m *Master) showReported(tablet string) {
	if m.record.Outline() {
		return
	}
	text := unknown
	if v, ok := m.image.Reported(tablet); ok {
		text = "v" + strconv.Itoa(v)
	}
	m.record.SetCell(m.id, m.group, trace.Memory, "reported/"+m.names.of(tablet), text)
	if m.options.Behaviour.ReplicaMap {
		m.record.SetCell(m.id, m.group, trace.Memory, "replicas/"+m.names.of(tablet), membersText(m.replicas[tablet]))
	}
}

func (m *Master) showRebuilt() {
	if known, of := m.image.Rebuilt(); of > 0 && !m.record.Outline() {
		m.record.SetCell(m.id, m.group, trace.Memory, "rebuilt", fmt.Sprintf("%d of %d tablets", known, of))
	}
}

// unknown is the text of a cell whose value nobody has told yet.
const unknown = "unknown"

// tableText leaves out what holds for a table that was never changed.
func tableText(t catalog.Table) string {
	text := t.Schema.String()
	if t.Version > 0 || t.State != catalog.TableRunning {
		text += " · v" + strconv.Itoa(t.Version)
	}
	if t.State != catalog.TableRunning {
		text += " " + t.State.String()
	}
	return text
}

func tabletText(t catalog.Tablet) string {
	if t.State != catalog.TabletRunning {
		return t.State.String()
	}
	return t.State.String() + " " + membersText(t.Consensus)
}

// membersText lists the members, the leader with a star as in ksck, non-voters with a tilde.
func membersText(c catalog.Consensus) string {
	if len(c.Voters) == 0 {
		return unknown
	}
	parts := make([]string, 0, len(c.Voters)+len(c.NonVoters))
	for _, v := range c.Voters {
		if v == c.Leader {
			v += "*"
		}
		parts = append(parts, v)
	}
	for _, v := range c.NonVoters {
		parts = append(parts, v+"~")
	}
	return strings.Join(parts, " ")
}
