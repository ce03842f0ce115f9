package kudu

import (
	"strings"

	"tabletop/engine/netsim"
	"tabletop/engine/raftnode"
	"tabletop/engine/trace"
)

// ListMasters tells who the masters are by the configuration of the one that is asked, which asks each of the others for
// its role. Any master answers it, from its own view.
type (
	listMasters  struct{}
	registration struct{} // GetMasterRegistration: in which role is it, as raft sees it
)

// registrationTimeout bounds the question to one of the others.
const registrationTimeout = 1_500_000

// listing is a list under way.
type listing struct {
	from    *netsim.Message
	masters []*listedMaster
}

// listedMaster is one master of a list. It answers call, 0 when it has.
type listedMaster struct {
	call       uint64
	name, role string
	member     string
}

func (l *listing) String() string {
	texts := make([]string, 0, len(l.masters))
	for _, m := range l.masters {
		texts = append(texts, m.name+" "+m.role+" "+m.member)
	}
	return strings.Join(texts, ", ")
}

func (m *Master) listMasters(in *netsim.Message, at trace.EventID) {
	l := &listing{from: in}
	m.listings = append(m.listings, l)
	list := func(member raftnode.Member, kind string) {
		entry := &listedMaster{name: m.record.Info(member.Node()).ID, member: kind}
		l.masters = append(l.masters, entry)
		if member == m.member() {
			entry.role = m.role()
			return
		}
		entry.call = m.call(&netsim.Message{To: member.Node(), Kind: trace.Request, Name: "your role?", Body: registration{}}, 0,
			registrationTimeout, at)
	}
	c := m.raft.Members()
	for _, member := range c.Voters {
		list(member, "VOTER")
	}
	for _, member := range nonVoters(c) {
		list(member, "NON_VOTER")
	}
	m.listed(0, "", at)
}

// listed notes the role of a master, and answers the lists that are complete. No call has the number 0.
func (m *Master) listed(call uint64, role string, at trace.EventID) {
	var open []*listing
	for _, l := range m.listings {
		missing := false
		for _, entry := range l.masters {
			if call != 0 && entry.call == call {
				entry.role, entry.call = role, 0
			}
			missing = missing || entry.call != 0
		}
		if missing {
			open = append(open, l)
		} else {
			m.answer(l.from, reply{text: l.String()}, at)
		}
	}
	m.listings = open
}

// role is the master's in raft: an elected one is LEADER before it is ready to serve.
func (m *Master) role() string { return strings.ToUpper(m.raft.Role().String()) }
