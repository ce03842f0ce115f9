package raftnode

import (
	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"go.etcd.io/raft/v3/tracker"

	"tabletop/engine/trace"
)

// Work is what raft alone has to do in a run, as its trace tells it.
type Work struct {
	Messages  int // stepped into a member, answers included
	Elections int // won
	Lost      int // begun and not won
	Proposals int
}

// Bare does about the same work with raft and nothing around it, and returns how many messages it stepped: the yardstick
// that a simulation's cost is measured by.
//
// Three members start with the configuration that Start gives them. For each election the leader before it, if any, is
// cut off; another member loses its share of the lost ones, wins, and has a proposal appended while there are any left;
// then the old leader hears of it and catches up. Heartbeats to both followers, as Node words them, fill up to the
// given number of messages. Every call into raft is followed by the Ready loop that Node has: hard state and entries go
// to the same memory storage, messages to a queue, committed entries nowhere. There is no clock, no latency, no
// timer, no process and no record, and raft draws no randomness from the system.
//
// What an election and a proposal take by themselves is stepped even where Messages is less.
func Bare(w Work) (stepped int) {
	enter(largest(electionTicks - 1))
	defer leave()
	g := newBare()
	for e := range w.Elections {
		lead := g.members[e%len(g.members)]
		if e > 0 {
			g.deaf = g.members[(e-1)%len(g.members)]
		}
		for range share(w.Lost, e, w.Elections) {
			g.lose(lead)
		}
		g.campaign(lead)
		for range share(w.Proposals, e, w.Elections) {
			g.propose(lead)
		}
		if back := g.deaf; back != nil {
			g.deaf = nil
			g.beat(lead, back)
		}
		g.idle(lead, w.Messages*(e+1)/w.Elections)
	}
	return g.stepped
}

// share returns how many of n fall on a part of a whole; the earlier parts get more.
func share(n, part, of int) int {
	upTo := func(parts int) int { return (n*parts + of - 1) / of }
	return upTo(part+1) - upTo(part)
}

// bare is three members and what is under way between them.
type bare struct {
	members []*bareMember
	deaf    *bareMember
	queue   []*pb.Message
	stepped int
}

type bareMember struct {
	id   uint64
	disk *Disk
	raft *raft.RawNode
}

func newBare() *bare {
	g := &bare{}
	ids := []trace.NodeID{1, 2, 3}
	for _, id := range ids {
		disk := NewDisk(ids)
		r, err := raft.NewRawNode(&raft.Config{ID: uint64(id), ElectionTick: electionTicks, HeartbeatTick: ticksPerHeartbeat,
			Storage: disk, MaxSizePerMsg: 1 << 20, MaxInflightMsgs: 1, PreVote: true, DisableProposalForwarding: true,
			Logger: silent{}})
		if err != nil {
			panic("raftnode: raft refuses its configuration: " + err.Error())
		}
		g.members = append(g.members, &bareMember{uint64(id), disk, r})
	}
	return g
}

// campaign has a member win an election.
func (g *bare) campaign(m *bareMember) {
	if err := m.raft.Campaign(); err != nil {
		panic("raftnode: campaign: " + err.Error())
	}
	g.ready(m)
	g.deliver()
}

// lose has a member begin an election in which every vote is denied.
func (g *bare) lose(m *bareMember) {
	if err := m.raft.Campaign(); err != nil {
		panic("raftnode: campaign: " + err.Error())
	}
	g.ready(m)
	asked := g.queue
	g.queue = nil
	for _, call := range asked {
		g.step(m, deny(call))
	}
}

// propose appends as much as a small catalog row takes.
func (g *bare) propose(m *bareMember) {
	if err := m.raft.Propose(make([]byte, 64)); err != nil {
		panic("raftnode: propose: " + err.Error())
	}
	g.ready(m)
	g.deliver()
}

// beat has a leader send a follower what Node's heartbeat carries.
func (g *bare) beat(lead, to *bareMember) {
	var match uint64
	lead.raft.WithProgress(func(id uint64, _ raft.ProgressType, pr tracker.Progress) {
		if id == to.id {
			match = pr.Match
		}
	})
	s := lead.raft.BasicStatus()
	g.queue = append(g.queue, &pb.Message{Type: pb.MsgHeartbeat.Enum(), From: new(lead.id), To: new(to.id),
		Term: new(s.HardState.GetTerm()), Commit: new(min(match, s.HardState.GetCommit()))})
	g.deliver()
}

// idle has a leader send heartbeats until a number of messages has been stepped; each is answered.
func (g *bare) idle(lead *bareMember, until int) {
	for {
		for _, to := range g.members {
			if to == lead {
				continue
			}
			if g.stepped+2 > until {
				return
			}
			g.beat(lead, to)
		}
	}
}

// deliver steps what is under way, and what that leads to, in order of sending.
func (g *bare) deliver() {
	for i := 0; i < len(g.queue); i++ {
		if to := g.members[g.queue[i].GetTo()-1]; to != g.deaf {
			g.step(to, g.queue[i])
		}
	}
	g.queue = g.queue[:0]
}

func (g *bare) step(m *bareMember, msg *pb.Message) {
	g.stepped++
	_ = m.raft.Step(msg) // it only reports messages that raft ignores
	g.ready(m)
}

// ready is the Ready loop: persist, send, apply.
func (g *bare) ready(m *bareMember) {
	for m.raft.HasReady() {
		rd := m.raft.Ready()
		if rd.HardState != nil {
			if err := m.disk.SetHardState(rd.HardState); err != nil {
				panic("raftnode: memory storage: " + err.Error())
			}
		}
		if err := m.disk.Append(rd.Entries); err != nil {
			panic("raftnode: memory storage: " + err.Error())
		}
		g.queue = append(g.queue, rd.Messages...)
		for _, e := range rd.CommittedEntries {
			m.disk.applied = e.GetIndex()
		}
		m.raft.Advance(rd)
	}
}
