package kudu

import (
	"errors"
	"fmt"
	"slices"

	"tabletop/engine/catalog"
	"tabletop/engine/netsim"
	"tabletop/engine/raftnode"
	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// Masters come and go: AddMaster and RemoveMaster (KUDU-2181) change the configuration of the sys catalog's raft group,
// one member at a time, the new one without a vote until it has caught up. A master whose disk is lost comes back at its
// address as somebody else. Raft never copies a sys catalog: who cannot be caught up from the log gets it copied by hand.

// The requests of an administrator to the leading master.
type (
	addMaster    struct{ node trace.NodeID }
	removeMaster struct{ node trace.NodeID }
	masterStatus struct{ node trace.NodeID } // is it a voter, and healthy?
)

// roster is which masters clients and tablet servers are told of: a list in their configuration, which an administrator
// keeps. Tablet servers read it when they start.
type roster struct{ masters []trace.NodeID }

// follow keeps the list after an operation of the administrator. A master that cannot be caught up is a member all the
// same, and waits for a copy.
func (r *roster) follow(body any, result string) {
	if result != catalog.OK.String() && result != raftnode.FailedUnrecoverable.String() {
		return
	}
	switch b := body.(type) {
	case addMaster:
		if !slices.Contains(r.masters, b.node) {
			r.masters = append(r.masters, b.node)
		}
	case removeMaster:
		r.masters = slices.DeleteFunc(r.masters, func(m trace.NodeID) bool { return m == b.node })
	}
}

// changing is a change of the masters that waits for the new one's identity, or for its entry to be committed.
type changing struct {
	from  *netsim.Message
	call  uint64 // of the question to the new master, 0 when that is answered
	index uint64
	done  func(c raftnode.Membership) bool
}

// staticMasters refuses a change of masters where Kudu knows none.
func (m *Master) staticMasters(in *netsim.Message, at trace.EventID) bool {
	static := m.options.Behaviour.StaticMasters
	if static {
		m.refuse(in, catalog.NotSupported, at)
	}
	return static
}

func (m *Master) addMaster(in *netsim.Message, a addMaster, at trace.EventID) {
	if slices.Contains(m.raft.Config().Voters, a.node) || slices.Contains(m.raft.Config().NonVoters, a.node) {
		m.refuse(in, catalog.AlreadyPresent, at)
		return
	}
	call := m.call(&netsim.Message{To: a.node, Kind: trace.Request, Name: "who are you?", Body: nodeInstance{}}, 0,
		rpcTimeout, at)
	m.changes = append(m.changes, changing{from: in, call: call})
}

// identified adds the master that has said who it is.
func (m *Master) identified(call uint64, i instance, at trace.EventID) {
	k := slices.IndexFunc(m.changes, func(c changing) bool { return c.call == call })
	if k < 0 {
		return
	}
	c := m.changes[k]
	m.changes = slices.Delete(m.changes, k, k+1)
	m.change(c.from, raftnode.Change{Kind: raftnode.AddNonVoter, Member: i.member, Promote: true}, at)
}

// unidentified gives up on a master that does not answer.
func (m *Master) unidentified(call uint64, at trace.EventID) {
	if k := slices.IndexFunc(m.changes, func(c changing) bool { return c.call == call }); k >= 0 {
		in := m.changes[k].from
		m.changes = slices.Delete(m.changes, k, k+1)
		m.refuse(in, catalog.NetworkError, at)
	}
}

func (m *Master) removeMaster(in *netsim.Message, r removeMaster, at trace.EventID) {
	c := m.raft.Members()
	for _, member := range slices.Concat(c.Voters, nonVoters(c)) {
		if member.Node() != r.node {
			continue
		}
		if r.node == m.id {
			m.refuse(in, catalog.InvalidArgument, at) // "Can't remove the leader master"
			return
		}
		m.change(in, raftnode.Change{Kind: raftnode.Remove, Member: member}, at)
		return
	}
	m.refuse(in, catalog.NotFound, at)
}

func nonVoters(c raftnode.Membership) (all []raftnode.Member) {
	for _, n := range c.NonVoters {
		all = append(all, n.Member)
	}
	return all
}

// change proposes a change; it is answered when that is committed.
func (m *Master) change(in *netsim.Message, c raftnode.Change, at trace.EventID) {
	index, err := m.raft.ProposeChange(c, raftnode.AnyConfig)
	switch {
	case errors.Is(err, raftnode.AlreadyMember):
		m.refuse(in, catalog.AlreadyPresent, at)
	case err != nil: // not now, or not by this master: the client asks again
		m.refuse(in, catalog.ServiceUnavailable, at)
	default:
		has := c.Kind != raftnode.Remove
		m.changes = append(m.changes, changing{from: in, index: index,
			done: func(now raftnode.Membership) bool { return now.Has(c.Member) == has }})
	}
}

// changed answers the changes whose entries are decided.
func (m *Master) changed() {
	if m.raft == nil {
		return
	}
	now := m.raft.Members()
	m.changes = slices.DeleteFunc(m.changes, func(c changing) bool {
		if c.index == 0 || now.Index < c.index {
			return false
		}
		if c.done(now) {
			m.answer(c.from, reply{}, m.raft.Cause())
		} else {
			m.refuse(c.from, catalog.NotTheLeader, m.raft.Cause())
		}
		return true
	})
}

// masterStatus tells whether a master has become a voter that can be counted on.
func (m *Master) masterStatus(in *netsim.Message, s masterStatus, at trace.EventID) {
	c := m.raft.Members()
	for _, member := range slices.Concat(c.Voters, nonVoters(c)) {
		if member.Node() != s.node {
			continue
		}
		health := m.raft.HealthOf(member, m.options.ConsideredFailed)
		r := reply{pending: !c.Votes(member) || health != raftnode.Healthy, text: health.String()}
		if health == raftnode.FailedUnrecoverable {
			r.pending = false
		}
		m.answer(in, r, at)
		return
	}
	m.refuse(in, catalog.NotFound, at)
}

// wipe gives a crashed master an empty disk: what starts there next is another member.
func (m *Master) wipe(cause trace.EventID) {
	m.generation++
	m.empty(cause)
}

func (m *Master) empty(cause trace.EventID) {
	m.disk, m.rows, m.met, m.blank = raftnode.NewDisk(m.peers), catalog.Rows{}, true, false
	m.shelved = [2]map[string]string{{}, {}}
	m.record.Emit(trace.Event{At: m.Now(), Kind: trace.Wipe, Node: m.id, Cause: cause})
	m.record.LoseDisk(m.id)
}

// copyFrom gives a crashed master a copy of another's sys catalog (local_replica copy_from_remote). One that lacks what
// the master has acknowledged under its uuid is not taken: raft would count on entries that are lost (KUDU-1556).
func (m *Master) copyFrom(other *Master, cause trace.EventID) error {
	if !other.disk.Covers(m.disk) {
		return fmt.Errorf("%s lags behind what %s has acknowledged: copy from a master that has all of it", other.name, m.name)
	}
	m.disk, m.rows, m.met = other.disk.Copy(m.disk), other.rows.Clone(), true
	m.shelved = [2]map[string]string{{}, {}}
	m.record.EmitText(trace.Event{At: m.Now(), Kind: trace.Note, Node: m.id, Peer: other.id, Cause: cause},
		"the sys catalog is copied from "+other.name)
	m.record.LoseDisk(m.id)
	m.shelve(trace.Disk, catalog.Write{Tables: m.rows.Tables, Tablets: m.rows.Tablets, Cluster: m.rows.Cluster})
	return nil
}

// restoreFrom is the recovery by hand of a master whose disk is lost: it is formatted with the uuid that it had, and the
// catalog is copied to it. Its vote is forgotten.
func (m *Master) restoreFrom(other *Master, cause trace.EventID) error {
	if other.disk.Covers(m.disk) {
		m.empty(cause)
	}
	return m.copyFrom(other, cause)
}

// administration returns the verbs for the masters' disks and membership.
func (s *System) administration(resolve sim.Resolver) []sim.Verb {
	node := [2]int{1, 1}
	return []sim.Verb{
		{Name: "add-master", Usage: "NODE", Help: "a running master joins: first without a vote, then with one", Args: node,
			Do: s.admin(resolve, "add-master", func(id trace.NodeID) any { return addMaster{id} })},
		{Name: "remove-master", Usage: "NODE", Help: "a master leaves the configuration", Args: node,
			Do: s.admin(resolve, "remove-master", func(id trace.NodeID) any { return removeMaster{id} })},
		{Name: "wipe", Usage: "NODE", Help: "a crashed master loses its disk: it comes back as somebody else", Args: node,
			Do: s.offline(resolve, func(m *Master, _ *Master, cause trace.EventID) error { m.wipe(cause); return nil })},
		{Name: "restore", Usage: "NODE NODE", Help: "a crashed master loses its disk, gets its uuid back and a copy of the sys catalog from another",
			Args: [2]int{2, 2}, Do: s.offline(resolve, (*Master).restoreFrom)},
		{Name: "copy-catalog", Usage: "NODE NODE", Help: "a crashed master gets a copy of the sys catalog from another", Args: [2]int{2, 2},
			Do: s.offline(resolve, (*Master).copyFrom)},
		{Name: "rewrite-config", Usage: "NODE NODE…", Help: "the configuration on a crashed master's disk is rewritten by hand", Args: [2]int{2, -1},
			Do: s.rewrite(resolve)},
		{Name: "master-addresses", Usage: "NODE NODE…", Help: "the list of masters that a crashed master is started with; one that is no member yet joins them by itself",
			Args: [2]int{2, -1}, Do: s.masterAddresses(resolve)},
		{Name: "collect-log", Usage: "NODE", Help: "a master drops the log that is applied to its catalog", Args: node,
			Do: s.master(resolve, func(m *Master, _ trace.NodeID) { m.collect() })},
	}
}

// collect drops the applied part of the log (WAL GC).
func (m *Master) collect() {
	m.disk.Collect(m.raft.Applied() + 1)
	m.emit(trace.Note, "the log up to entry "+fmt.Sprint(m.raft.Applied())+" is dropped")
}

func (s *System) admin(resolve sim.Resolver, verb string, body func(trace.NodeID) any) func([]string, trace.EventID) error {
	return func(args []string, cause trace.EventID) error {
		id, err := resolve(args[0])
		if err != nil {
			return err
		}
		if s.asMaster(id) == nil {
			return fmt.Errorf("%s is not a master", args[0])
		}
		return s.client(func(a *arguments) (order, error) {
			return a.order(verb+" "+s.record.Info(id).ID, body(id)), nil
		})(args, cause)
	}
}

func (s *System) asMaster(id trace.NodeID) *Master {
	for _, m := range s.masters {
		if m.id == id {
			return m
		}
	}
	return nil
}

// offline returns a verb on the disk of a master that does not run.
func (s *System) offline(resolve sim.Resolver, do func(m, other *Master, cause trace.EventID) error) func([]string, trace.EventID) error {
	return func(args []string, cause trace.EventID) error {
		var all []*Master
		for _, name := range args {
			id, err := resolve(name)
			if err != nil {
				return err
			}
			m := s.asMaster(id)
			if m == nil {
				return fmt.Errorf("%s is not a master", name)
			}
			all = append(all, m)
		}
		to := all[0]
		if to.process.State() != trace.Crashed {
			return fmt.Errorf("%s is running: its disk is in use", to.name)
		}
		return do(to, all[len(all)-1], cause)
	}
}

// rewrite is local_replica cmeta rewrite_raft_config: the first node's disk, then who its masters are.
func (s *System) rewrite(resolve sim.Resolver) func([]string, trace.EventID) error {
	return func(args []string, cause trace.EventID) error {
		var voters []raftnode.Member
		for _, name := range args[1:] {
			id, err := resolve(name)
			if err != nil {
				return err
			}
			m := s.asMaster(id)
			if m == nil {
				return fmt.Errorf("%s is not a master", name)
			}
			voters = append(voters, m.member())
		}
		return s.offline(resolve, func(m, _ *Master, cause trace.EventID) error {
			m.disk.Rewrite(voters)
			s.roster.masters = nil
			for _, v := range voters {
				s.roster.masters = append(s.roster.masters, v.Node())
			}
			m.record.EmitText(trace.Event{At: m.Now(), Kind: trace.Note, Node: m.id, Cause: cause},
				"the configuration is rewritten by hand")
			return nil
		})(args[:1], cause)
	}
}

// masterAddresses sets --master_addresses of the first node.
func (s *System) masterAddresses(resolve sim.Resolver) func([]string, trace.EventID) error {
	return func(args []string, cause trace.EventID) error {
		given, err := s.known(args[1:])
		if err != nil {
			return err
		}
		return s.offline(resolve, func(m, _ *Master, _ trace.EventID) error { m.given = given; return nil })(args[:1], cause)
	}
}

func (m *Master) member() raftnode.Member { return raftnode.NewMember(m.id, m.generation) }
