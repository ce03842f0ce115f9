package kudu

import (
	"fmt"

	"tabletop/engine/netsim"
	"tabletop/engine/proc"
	"tabletop/engine/raftnode"
	"tabletop/engine/trace"
)

// nodeInstance asks another master for its permanent uuid.
type nodeInstance struct{}

// instance is the answer.
type instance struct {
	uuid   string
	member raftnode.Member
}

// A master that starts for the first time must know the permanent uuids of all others before there is a configuration of
// the sys catalog to start (KUDU-422's permanent UUID discovery; raft_get_node_instance_timeout_ms 30 s). It asks again
// whom it does not reach, and ends itself when the time is over.
const (
	discoveryLimit = 30_000_000
	discoveryPause = 500_000
)

// meet asks every other master for its identity, as a master does at its first start. What matters later is that the
// connections are open then, both ways.
func (m *Master) meet(cause trace.EventID) {
	for _, peer := range m.others() {
		m.askInstance(peer, cause)
	}
}

func (m *Master) askInstance(peer trace.NodeID, cause trace.EventID) {
	m.call(&netsim.Message{To: peer, Kind: trace.Request, Name: "who are you?", Body: nodeInstance{}}, 0, rpcTimeout, cause)
}

// discover begins the first start of a master that knows the others' addresses alone.
func (m *Master) discover(cause trace.EventID) {
	m.unmet = m.others()
	for _, peer := range m.unmet {
		m.showPeer(peer, unknown)
	}
	m.process.Arm(proc.Timer{Kind: discoveryTimer}, m.Now()+discoveryLimit)
	m.meet(cause)
	m.acquainted(cause)
}

// discovered notes who another master is. With all of them known the configuration is written, and consensus starts.
func (m *Master) discovered(peer trace.NodeID, i instance, at trace.EventID) {
	for k, p := range m.unmet {
		if p == peer {
			m.unmet = append(m.unmet[:k:k], m.unmet[k+1:]...)
			m.showPeer(peer, i.uuid)
			m.acquainted(at)
			return
		}
	}
}

func (m *Master) acquainted(cause trace.EventID) {
	if len(m.unmet) == 0 && m.raft == nil {
		m.process.Disarm(proc.Timer{Kind: discoveryTimer})
		m.met = true
		if m.joinsByItself() {
			m.attempt()
		} else {
			m.join(cause)
		}
	}
}

func (m *Master) showPeer(peer trace.NodeID, uuid string) {
	m.record.SetCell(m.id, m.group, trace.Disk, "uuid/"+m.record.Info(peer).ID, uuid)
}

// undiscovered ends a master that has not learnt in time who the others are.
func (m *Master) undiscovered() {
	m.blank = m.joinsByItself()
	m.doomed = fmt.Sprintf("it has not learnt in 30 s who %s is", m.record.Info(m.unmet[0]).ID)
}

// join starts the master's part in the sys catalog's consensus.
func (m *Master) join(cause trace.EventID) {
	m.raft = raftnode.Start(m.disk, raftnode.Options{ID: m.id, Generation: m.generation, Group: m.group, Heartbeat: m.options.Heartbeat,
		UpdateTimeout: m.options.UpdateTimeout, PreVote: m.options.PreVote, CheckQuorum: m.options.CheckQuorum, Etcd: m.options.Etcd,
		Reads: m.options.Reads, Random: m.random.elections, Phases: m.random.phases, Record: m.record}, m, cause)
}
