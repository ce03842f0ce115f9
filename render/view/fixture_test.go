package view_test

import (
	"fmt"

	"tabletop/engine/trace"
)

// fixture builds traces by hand. Its masters come first, then its clients.
type fixture struct {
	*trace.Builder
	group trace.GroupID
	node  map[string]trace.NodeID
}

func newFixture(masters, clients int) *fixture {
	f := &fixture{Builder: trace.NewBuilder(trace.Header{Producer: "test"}), node: map[string]trace.NodeID{}}
	f.group = f.Group("00000000000000000000000000000000")
	for i := range masters {
		id := string(rune('A' + i))
		f.node[id] = f.AddNode(trace.Node{ID: id, Kind: trace.Master})
	}
	for i := range clients {
		id := "client"
		if i > 0 {
			id = fmt.Sprintf("client-%d", i+1)
		}
		f.node[id] = f.AddNode(trace.Node{ID: id, Kind: trace.Client})
	}
	return f
}

func (f *fixture) event(at trace.Time, kind trace.Kind, node, peer, text string, term uint32,
	cause trace.EventID) trace.EventID {
	return f.Emit(trace.Event{At: at, Kind: kind, Node: f.node[node], Peer: f.node[peer], Text: f.Intern(text), Term: term,
		Group: f.group, Cause: cause})
}

// start makes every master run as a follower of nobody.
func (f *fixture) start(ids ...string) {
	for _, id := range ids {
		f.event(0, trace.Start, id, "", "", 0, trace.NoEvent)
		f.SetProcess(f.node[id], trace.Running)
		f.SetField(f.node[id], f.group, trace.FieldRole, uint64(trace.Follower))
	}
}

func (f *fixture) field(id string, field trace.Field, v uint64) {
	f.SetField(f.node[id], f.group, field, v)
}

func (f *fixture) cells(id string, shelf trace.Shelf, pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		f.SetCell(f.node[id], f.group, shelf, pairs[i], pairs[i+1])
	}
}

// lead elects a leader; followers know it and have their timers armed.
func (f *fixture) lead(at trace.Time, id string, term uint32, log string, followers ...string) {
	f.event(at, trace.Elected, id, "", "", term, trace.NoEvent)
	f.field(id, trace.FieldRole, uint64(trace.Leader))
	f.field(id, trace.FieldTerm, uint64(term))
	f.field(id, trace.FieldLeader, uint64(f.node[id]))
	f.field(id, trace.FieldTimer, 0)
	f.cells(id, trace.Disk, "term", fmt.Sprint(term), "log", fmt.Sprintf("%d.%s", term, log))
	for _, to := range followers {
		f.follow(at, to, id, term, log)
	}
}

func (f *fixture) follow(at trace.Time, id, leader string, term uint32, log string) {
	f.event(at, trace.LeaderKnown, id, leader, "", term, trace.NoEvent)
	f.field(id, trace.FieldRole, uint64(trace.Follower))
	f.field(id, trace.FieldTerm, uint64(term))
	f.field(id, trace.FieldLeader, uint64(f.node[leader]))
	f.field(id, trace.FieldTimer, uint64(at+1_500_000))
	f.cells(id, trace.Disk, "term", fmt.Sprint(term), "log", fmt.Sprintf("%d.%s", term, log))
}

func (f *fixture) process(at trace.Time, kind trace.Kind, id string) {
	f.event(at, kind, id, "", "", 0, trace.NoEvent)
	state := map[trace.Kind]trace.Process{trace.Pause: trace.Paused, trace.Resume: trace.Running,
		trace.Crash: trace.Crashed}
	f.SetProcess(f.node[id], state[kind])
	if kind == trace.Crash {
		f.LoseMemory(f.node[id])
	}
}

func (f *fixture) send(at trace.Time, kind trace.Kind, from, to, text string, term uint32) trace.EventID {
	return f.event(at, kind, from, to, text, term, trace.NoEvent)
}

func (f *fixture) arrive(at trace.Time, send trace.EventID, from, to string) {
	f.event(at, trace.Arrive, to, from, "", 0, send)
}

// staleLeader is the moment of the visual reference: A woke after 6.5 s and still leads term 4, B leads term 6 and has
// been paused for 17 ms, C follows B. The client was told NotFound. It returns the Return event.
func staleLeader() (*fixture, trace.EventID) {
	f := newFixture(3, 1)
	f.start("A", "B", "C")
	f.lead(100_000, "A", 4, "3513", "B", "C")
	f.cells("A", trace.Memory, "table/table-0", "key INT32")
	scan := f.event(400_000, trace.Invoke, "client", "", "scan table-0", 0, trace.NoEvent)
	f.event(900_000, trace.Return, "client", "A", "OK", 0, scan)
	f.process(1_000_000, trace.Pause, "A")
	f.lead(3_000_000, "B", 5, "3514", "C")
	f.lead(5_000_000, "B", 6, "3516", "C")
	f.cells("B", trace.Memory, "table/table-0", "key INT32", "table/table-1", "key INT32")
	vote := f.send(5_000_100, trace.Request, "B", "A", "vote", 6)
	f.arrive(5_000_300, vote, "B", "A")
	beat := f.send(5_600_000, trace.Heartbeat, "B", "A", "", 6)
	f.arrive(5_600_200, beat, "B", "A")
	f.follow(7_160_000, "C", "B", 6, "3516")
	f.process(7_463_000, trace.Resume, "A")
	f.process(7_483_000, trace.Pause, "B")
	for i := range trace.Time(2) {
		m := f.send(7_483_500+200*i, trace.Request, "client", "B", "ping", 0)
		f.arrive(7_483_600+200*i, m, "client", "B")
	}
	reply := f.send(7_484_200, trace.Answer, "C", "B", "", 6)
	f.arrive(7_484_400, reply, "C", "B")
	open := f.event(7_490_000, trace.Invoke, "client", "", "open table-1", 0, trace.NoEvent)
	toC := f.send(7_499_950, trace.Heartbeat, "A", "C", "", 4)
	toB := f.send(7_499_960, trace.Heartbeat, "A", "B", "", 4)
	ask := f.send(7_499_970, trace.Request, "client", "A", "open table-1", 0)
	no := f.send(7_499_971, trace.Refusal, "A", "client", "NotFound", 4)
	ret := f.event(7_500_000, trace.Return, "client", "A", "NotFound", 0, open)
	f.arrive(7_500_005, no, "A", "client")
	f.arrive(7_500_010, ask, "client", "A")
	f.arrive(7_500_080, toC, "A", "C")
	f.arrive(7_500_090, toB, "A", "B")
	return f, ret
}

// election is the moment after a leader crashed: B asks for votes, C has granted its own, D and E wait.
func election(masters int) *fixture {
	f := newFixture(masters, 1)
	ids := []string{"A", "B", "C", "D", "E"}[:masters]
	f.start(ids...)
	f.lead(100_000, "A", 2, "17", ids[1:]...)
	f.cells("A", trace.Memory, "table/orders", "key INT32", "table/a-table-with-a-long-name", "key INT32",
		"table/customers", "id")
	op := f.event(200_000, trace.Invoke, "client", "", "create orders", 0, trace.NoEvent)
	f.event(300_000, trace.Return, "client", "A", "OK", 0, op)
	f.process(1_000_000, trace.Crash, "A")
	f.event(1_900_000, trace.PreCampaign, "C", "", "", 2, trace.NoEvent)
	f.field("C", trace.FieldRole, uint64(trace.PreCandidate))
	f.ForgetField(f.node["C"], f.group, trace.FieldLeader)
	f.event(2_000_000, trace.Campaign, "B", "", "", 3, trace.NoEvent)
	f.field("B", trace.FieldRole, uint64(trace.Candidate))
	f.field("B", trace.FieldTerm, 3)
	f.field("B", trace.FieldTimer, 0)
	f.cells("B", trace.Disk, "term", "3")
	f.event(2_000_100, trace.Invoke, "client", "", "open orders", 0, trace.NoEvent)
	var calls []trace.EventID
	for _, to := range ids {
		if to != "B" {
			calls = append(calls, f.send(2_000_200, trace.Request, "B", to, "RequestVote", 3))
		}
	}
	pre := f.send(2_000_250, trace.Request, "C", "B", "RequestPreVote", 2)
	ask := f.send(2_000_300, trace.Request, "client", "C", "ConnectToMaster", 0)
	f.event(2_000_500, trace.Receive, "C", "B", "RequestVote", 3, calls[1])
	f.event(2_000_510, trace.Vote, "C", "B", "", 3, trace.NoEvent)
	yes := f.send(2_000_520, trace.Answer, "C", "B", "granted", 3)
	f.arrive(2_000_900, pre, "C", "B")
	f.arrive(2_000_950, ask, "client", "C")
	f.arrive(2_001_000, yes, "C", "B")
	return f
}

// busy is a moment with everything at once: three clients, full piles, A paused and stale, C paused, answers both ways.
func busy() *fixture {
	f := newFixture(3, 3)
	f.start("A", "B", "C")
	f.lead(100_000, "A", 12, "123456", "B", "C")
	f.cells("A", trace.Memory, "table/orders", "id", "table/a-table-with-a-long-name", "id", "table/customers", "id")
	f.process(1_000_000, trace.Pause, "A")
	f.lead(1_500_000, "B", 13, "123460", "C")
	f.process(1_900_000, trace.Pause, "C")
	for i := range trace.Time(9) {
		at := 1_910_000 + i*1000
		for _, to := range []string{"A", "C"} {
			kind, text := trace.Heartbeat, ""
			if i%3 == 0 {
				kind, text = trace.Request, "UpdateConsensus"
			}
			m := f.send(at, kind, "B", to, text, 13)
			f.arrive(at, m, "B", to)
		}
	}
	f.process(1_950_000, trace.Resume, "C")
	ops := []trace.EventID{}
	for i, id := range []string{"client", "client-2", "client-3"} {
		text := []string{"open orders", "create customers", "scan a"}[i]
		ops = append(ops, f.event(1_990_000, trace.Invoke, id, "", text, 0, trace.NoEvent))
	}
	f.event(1_999_000, trace.Return, "client-3", "B", "TimedOut", 0, ops[2])
	type m struct {
		kind           trace.Kind
		from, to, text string
		term           uint32
	}
	sent := []trace.EventID{}
	list := []m{{trace.Request, "client", "A", "ConnectToMaster", 0}, {trace.Request, "client", "B", "ConnectToMaster", 0},
		{trace.Request, "client", "C", "ConnectToMaster", 0}, {trace.Answer, "B", "client-2", "OK", 13},
		{trace.Refusal, "C", "client-2", "NotTheLeader", 13}, {trace.Request, "B", "C", "UpdateConsensus", 13},
		{trace.Request, "B", "A", "UpdateConsensus", 13}, {trace.Answer, "C", "B", "", 13}, {trace.Refusal, "A", "B", "", 12},
		{trace.Heartbeat, "A", "C", "", 12}}
	for _, x := range list {
		sent = append(sent, f.send(2_000_000, x.kind, x.from, x.to, x.text, x.term))
	}
	for i, x := range list {
		f.arrive(2_001_500+100*trace.Time(i), sent[i], x.from, x.to)
	}
	return f
}

// pieced is a run as logs tell it: some of it is logged, some inferred, much unknown. A leads term 4, is silent, wakes
// and answers wrongly while B leads term 12; then it crashes. It returns the wrong answer.
func pieced() (*fixture, trace.EventID) {
	f := newFixture(3, 1)
	say := func(at trace.Time, id string, p trace.Provenance) {
		f.Emit(trace.Event{At: at, Kind: trace.Note, Node: f.node[id], Group: f.group, Prov: p, Cause: trace.NoEvent})
	}
	role := func(at trace.Time, id string, p trace.Provenance, r trace.Role, term uint64) {
		say(at, id, p)
		f.field(id, trace.FieldRole, uint64(r))
		f.field(id, trace.FieldTerm, term)
	}
	role(50_000, "B", trace.Inferred, trace.Follower, 4)
	role(100_000, "A", trace.Inferred, trace.Leader, 4)
	say(300_000, "A", trace.Inferred)
	f.SetProcess(f.node["A"], trace.Paused)
	role(1_000_000, "C", trace.Logged, trace.PreCandidate, 4)
	role(1_200_000, "C", trace.Logged, trace.Candidate, 5)
	role(1_600_000, "C", trace.Inferred, trace.Follower, 5)
	role(2_000_000, "B", trace.Logged, trace.Leader, 12)
	role(2_000_000, "C", trace.Logged, trace.Follower, 12)
	op := f.event(2_200_000, trace.Invoke, "client", "", "open table-1", 0, trace.NoEvent)
	say(2_500_000, "A", trace.Logged)
	f.SetProcess(f.node["A"], trace.Running)
	role(2_500_000, "A", trace.Logged, trace.Leader, 4)
	beat := f.send(2_700_000, trace.Heartbeat, "A", "C", "", 4)
	f.arrive(2_780_000, beat, "A", "C")
	no := f.send(2_790_000, trace.Refusal, "C", "A", "term is 12", 12)
	lost := f.send(2_800_000, trace.Request, "B", "A", "append", 12)
	f.arrive(2_900_000, no, "C", "A")
	ret := f.event(2_900_000, trace.Return, "client", "A", "NotFound", 0, op)
	f.event(2_950_000, trace.Drop, "A", "B", "", 0, lost)
	f.process(3_100_000, trace.Crash, "A")
	f.event(3_200_000, trace.Invoke, "client", "", "open table-2", 0, trace.NoEvent)
	f.event(3_500_000, trace.Note, "A", "", "", 0, trace.NoEvent)
	return f, ret
}
