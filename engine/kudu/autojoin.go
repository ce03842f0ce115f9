package kudu

import (
	"fmt"
	"slices"
	"strings"

	"tabletop/engine/catalog"
	"tabletop/engine/netsim"
	"tabletop/engine/proc"
	"tabletop/engine/raftnode"
	"tabletop/engine/trace"
)

// A master is started with a list of all masters (--master_addresses). One that is a member compares it with its disk. One
// that is none yet joins by itself (master_auto_join_cluster, 1.16): it waits until all others answer and agree on who the
// masters are, has the leader add it, copies the sys catalog from it, and starts.

// The requests of a master that joins by itself.
type (
	clusterConfig struct{} // of each master: what are the term, the configuration and the leader?
	fetchCatalog  struct{} // of the leader
)

// configAnswer is what a master says of its cluster.
type configAnswer struct{ raftnode.Config }

// catalogCopy is the sys catalog as its leader has it.
type catalogCopy struct {
	disk *raftnode.Disk
	rows catalog.Rows
}

// joining is the state of a master that joins by itself.
type joining struct {
	calls   []uint64 // under way
	answers []raftnode.Config
	leader  trace.NodeID
}

// joinPause is how often it looks whether it can join.
const joinPause = 5_000_000

// namesOf lists masters as an error shows them.
func (m *Master) namesOf(ids []trace.NodeID) string {
	names := make([]string, 0, len(ids))
	for _, id := range ids {
		names = append(names, m.record.Info(id).ID)
	}
	return strings.Join(names, " ")
}

// mistaken reports that the master cannot start, and says why: its list of masters is not that on its disk, or the disk
// is formatted and has no configuration.
func (m *Master) mistaken() bool {
	if m.blank {
		m.doomed = "NotFound: the disk has no consensus metadata"
		return true
	}
	if len(m.given) == 0 || !m.disk.Members().Has(m.member()) {
		return false
	}
	var on []trace.NodeID
	for _, v := range m.disk.Members().Voters {
		on = append(on, v.Node())
	}
	slices.Sort(on)
	if slices.Equal(on, slices.Sorted(slices.Values(m.given))) {
		return false
	}
	m.doomed = fmt.Sprintf("InvalidArgument: the masters on disk are %s, those to start with %s", m.namesOf(on), m.namesOf(m.given))
	return true
}

// joinsByItself reports whether the master is to join by itself.
func (m *Master) joinsByItself() bool {
	return len(m.given) > 0 && !m.disk.Members().Has(m.member())
}

// attempt asks all others for the configuration.
func (m *Master) attempt() {
	m.joining = &joining{}
	for _, peer := range m.others() {
		m.joins(peer, "which masters?", clusterConfig{}, trace.NoEvent)
	}
}

func (m *Master) joins(to trace.NodeID, name string, body any, cause trace.EventID) {
	m.joining.calls = append(m.joining.calls, m.call(&netsim.Message{To: to, Kind: trace.Request, Name: name, Body: body}, 0,
		rpcTimeout, cause))
}

// others are the masters that this one is to know beside itself.
func (m *Master) others() []trace.NodeID {
	all := m.peers
	if len(m.given) > 0 {
		all = m.given
	}
	return slices.DeleteFunc(slices.Clone(all), func(id trace.NodeID) bool { return id == m.id })
}

// joinAnswered goes on with what a call of the joining has brought.
func (m *Master) joinAnswered(in *netsim.Message, at trace.EventID) {
	j := m.joining
	if j == nil || !slices.Contains(j.calls, in.Call) {
		return
	}
	j.calls = slices.DeleteFunc(j.calls, func(c uint64) bool { return c == in.Call })
	switch answer := in.Body.(type) {
	case configAnswer:
		j.answers = append(j.answers, answer.Config)
		if len(j.calls) > 0 {
			return
		}
		if leader := j.agreed(); leader != 0 {
			m.joins(leader, "add me", addMaster{m.id}, at)
			return
		}
		m.joinLater()
	case reply:
		if answer.status != catalog.OK && answer.status != catalog.AlreadyPresent { // by an attempt before
			m.joinLater()
			return
		}
		m.joins(in.From, "copy the sys catalog", fetchCatalog{}, at)
	case catalogCopy:
		m.joined(in.From, answer, at)
	}
}

// agreed returns the leader that all masters name, 0 when they do not agree on the term or the configuration.
func (j *joining) agreed() trace.NodeID {
	first := j.answers[0]
	for _, a := range j.answers[1:] {
		if a.Term != first.Term || a.Index != first.Index || a.Leader != first.Leader || !slices.Equal(a.Voters, first.Voters) {
			return 0
		}
	}
	return first.Leader
}

// joinFailed begins anew when a call of the joining has failed.
func (m *Master) joinFailed(call uint64) {
	if m.joining != nil && slices.Contains(m.joining.calls, call) {
		m.joinLater()
	}
}

func (m *Master) joinLater() {
	m.joining = nil
	m.process.Arm(proc.Timer{Kind: joinTimer}, m.Now()+joinPause)
}

// joined starts on the copy.
func (m *Master) joined(from trace.NodeID, c catalogCopy, at trace.EventID) {
	m.joining = nil
	m.disk, m.rows = c.disk, c.rows
	m.record.EmitText(trace.Event{At: m.Now(), Kind: trace.Note, Node: m.id, Peer: from, Cause: at},
		"the sys catalog is copied from "+m.record.Info(from).ID)
	m.shelve(trace.Disk, catalog.Write{Tables: m.rows.Tables, Tablets: m.rows.Tablets, Cluster: m.rows.Cluster})
	m.roster.follow(addMaster{m.id}, catalog.OK.String())
	m.join(at)
}

// catalogOut answers with a copy of the sys catalog.
func (m *Master) catalogOut(in *netsim.Message, at trace.EventID) {
	if s := m.check(); s != catalog.OK {
		m.refuse(in, s, at)
		return
	}
	m.reply(in, trace.Answer, "the sys catalog", 0, catalogCopy{m.disk.Copy(nil), m.rows.Clone()}, at)
}
