package replay

import (
	"slices"
	"strings"

	"tabletop/engine/trace"
)

// votersCell is where a node's disk shows who votes in a raft group, as it last said: who has crashed still belongs to it.
const votersCell = "voters"

// members tells a configuration that differs from the one before. A member of Kudu that joins goes through all those that
// led to the last one, as it reads them in the log that it is sent.
func (n *narrator) members(f *fact) {
	voters := trimmed(strings.Join(n.namesOf(f.st.Yes), ", "))
	node, group := n.ids[f.node], n.group(f)
	if voters == "" || n.b.HasCell(node, group, trace.Disk, votersCell, voters) {
		return
	}
	words := "its configuration: " + voters
	if len(f.st.No) > 0 {
		words += "; without a vote " + strings.Join(n.namesOf(f.st.No), ", ")
	}
	n.emit(f, trace.Event{Kind: trace.Note, Cause: trace.NoEvent, Group: group}, trimmed(words))
	n.b.SetCell(node, group, trace.Disk, votersCell, voters)
}

// namesOf returns the names of nodes, in their order. One that the logs tell nothing else of goes by its identity.
func (n *narrator) namesOf(ids []string) (names []string) {
	for _, id := range atMost(ids) {
		if i, ok := n.cast.index[id]; ok {
			id = n.name(i)
		}
		if !slices.Contains(names, id) {
			names = append(names, id)
		}
	}
	slices.Sort(names)
	return names
}
