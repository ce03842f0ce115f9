package trace

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
	x := t.excerpt(func(n Node) bool { return n.Cluster == cluster })
	for i := range x.to.trace.nodes {
		x.to.trace.nodes[i].Cluster = 0
	}
	for i := range t.Events {
		if x.nodes[t.Events[i].Node] != 0 {
			x.event(EventID(i))
		}
	}
	return x.done()
}
