package trace

import "slices"

// Clusters returns how many clusters the trace's nodes form.
func (t *Trace) Clusters() int {
	n := 0
	for _, node := range t.nodes {
		n = max(n, node.Cluster+1)
	}
	return n
}

// OfCluster returns the part of a trace that one cluster's nodes made, from its first event on, and for each of its events
// the one it was. Nothing is compared across clusters, and hours may lie between them.
func (t *Trace) OfCluster(cluster int) (*Trace, []EventID) {
	b := NewBuilder(t.Header)
	nodes := make([]NodeID, len(t.nodes)+1)
	for i, n := range t.nodes {
		if n.Cluster == cluster {
			n.Cluster = 0
			nodes[i+1] = b.AddNode(n)
		}
	}
	for _, g := range t.groups {
		b.Group(g)
	}
	place := make([]EventID, len(t.Events))
	var was []EventID
	var origin Time
	for i, e := range t.Events {
		if place[i] = NoEvent; nodes[e.Node] == 0 {
			continue
		}
		if len(was) == 0 {
			origin = e.At
		}
		e.At -= origin
		e.Node, e.Peer = nodes[e.Node], nodes[e.Peer]
		if e.Cause != NoEvent {
			e.Cause = place[e.Cause]
		}
		e.Text = b.Intern(t.Text(e.Text))
		place[i] = b.Emit(e)
		was = append(was, EventID(i))
		for _, c := range t.Changes(EventID(i)) {
			t.copyChange(b, c, nodes)
		}
	}
	return b.Trace(), slices.Clip(was)
}

// copyChange records a change of this trace in another, in which strings and nodes have other numbers.
func (t *Trace) copyChange(b *Builder, c Change, nodes []NodeID) {
	if nodes[c.Node] == 0 {
		return
	}
	c.Node, c.Key = nodes[c.Node], b.Intern(t.Text(c.Key))
	switch c.Field {
	case FieldCell:
		c.Value = uint64(b.Intern(t.Text(StringID(c.Value))))
	case FieldVote, FieldLeader:
		c.Value = uint64(nodes[c.Value])
	}
	b.change(c)
}
