package kudu

import (
	"maps"

	"tabletop/engine/catalog"
	"tabletop/engine/netsim"
	"tabletop/engine/raftnode"
	"tabletop/engine/trace"
)

// Tablet copy: how a server that was added to a tablet's group comes by its replica. The leader's update finds no replica
// there; so it has the server fetch one from itself. The copy is one message here, whatever it holds.
type (
	startCopy   struct{ tablet string } // to the new member, from the leader, which is the source
	fetchTablet struct{ tablet string } // to the source
	tabletCopy  struct{ disk *tabletDisk }
)

// copyTimeout bounds the fetching.
const copyTimeout = 30_000_000

// offer has a member that has no replica fetch one.
func (r *replica) offer(member trace.NodeID, at trace.EventID) {
	if !r.leading || !r.raft.Members().Has(raftnode.NewMember(member, 0)) {
		return
	}
	s := r.server
	s.call(&netsim.Message{To: member, Kind: trace.Request, Name: "copy " + s.tablets.of(r.tablet),
		Body: startCopy{r.tablet}}, 0, copyTimeout, at)
}

// fetch begins to copy a tablet, in place of a tombstone if there is one. One that was deleted for good is not copied by
// this process: where a table is deleted, the tablet's leader is often the last to learn of it.
func (s *TabletServer) fetch(in *netsim.Message, c startCopy, at trace.EventID) {
	if s.deleted[c.tablet] {
		s.refuse(in, catalog.NotFound, at)
		return
	}
	if r := s.byTablet[c.tablet]; r != nil && !r.tombstone || s.copying[c.tablet] > 0 {
		s.refuse(in, catalog.AlreadyPresent, at)
		return
	}
	s.copying[c.tablet] = s.call(&netsim.Message{To: in.From, Kind: trace.Request, Name: "fetch " + s.tablets.of(c.tablet),
		Body: fetchTablet{c.tablet}}, 0, copyTimeout, at)
	s.done(in, "", at)
}

// copyOut answers with a copy of what is on disk. Who was evicted meanwhile gets none: its master would hold a replica that
// knows the latest configuration to be one that is being added.
func (s *TabletServer) copyOut(in *netsim.Message, f fetchTablet, at trace.EventID) {
	r := s.running(in, f.tablet, at)
	if r == nil {
		return
	}
	if !r.raft.Members().Has(raftnode.NewMember(in.From, 0)) {
		s.refuse(in, catalog.NotFound, at)
		return
	}
	s.reply(in, trace.Answer, "tablet "+s.tablets.of(r.tablet), 0, tabletCopy{&tabletDisk{tablet: r.tablet, group: r.group,
		table: r.table, raft: r.tabletDisk.raft.Copy(nil), rows: maps.Clone(r.rows)}}, at)
}

// fetched ends a fetch that was answered, be it with a refusal, or failed. The leader asks again where there is no replica.
func (s *TabletServer) fetched(call uint64) {
	maps.DeleteFunc(s.copying, func(_ string, of uint64) bool { return of == call })
}

// copied puts a fetched replica on disk and opens it. What the member promised before it was evicted, the copy keeps.
func (s *TabletServer) copied(d *tabletDisk) {
	if old := s.byTablet[d.tablet]; old != nil {
		d.raft = d.raft.Copy(old.tabletDisk.raft)
		s.drop(old)
	}
	s.keep(d)
}
