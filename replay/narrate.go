package replay

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/replay/history"
	"tabletop/replay/text"
)

// narrator tells the facts, in their order, as a trace.
type narrator struct {
	b        *trace.Builder
	cast     *cast
	facts    []fact
	contests []contest
	ids      []trace.NodeID // of the players
	origin   int64
	refs     []ref
	starts   map[int]int           // fact to 1 + contest
	ends     map[int]int           // fact to 1 + contest
	received map[int]*message      // by fact
	heard    map[int][]*message    // by fact
	sends    map[*message]sending  // the events
	refusals map[int]int           // RefusesOld to 1 + the fact that hears of it
	hears    map[int]trace.EventID // by fact: the refusal it hears
	arrivals []arrival             // under way, by time
	calls    map[*history.Operation]trace.EventID
}

type sending struct{ call, answer trace.EventID }

// arrival is the moment at which a call must have reached its receiver's socket: soon after it was sent. No line says so.
type arrival struct {
	at   int64
	what *message
}

// flies is how long a call is taken to be under way at most, in microseconds.
const flies = 300

func (n *narrator) tell() {
	for i := range n.facts {
		f := &n.facts[i]
		n.arrive(f.at)
		before := n.b.Len()
		if f.st == nil || f.ends {
			n.inferred(f)
		} else {
			n.stated(i, f)
		}
		if n.b.Len() > before && f.infer == 0 {
			if state := n.b.Node(n.ids[f.node]); !state.Process.Known() {
				n.b.SetProcess(n.ids[f.node], trace.Running)
			}
		}
	}
}

// arrive tells of the calls that reached a socket before a moment.
func (n *narrator) arrive(before int64) {
	for len(n.arrivals) > 0 && n.arrivals[0].at < before {
		a := n.arrivals[0]
		n.arrivals = n.arrivals[1:]
		v := a.what
		f := fact{at: a.at, node: v.to, prov: trace.Inferred, ref: ref{-1, 0}}
		n.emit(&f, trace.Event{Kind: trace.Arrive, Cause: n.sends[v].call, Term: term32(v.term), Group: n.b.Group(v.group),
			Peer: n.ids[v.from]}, vote(v.pre))
	}
}

// emit appends an event of a fact.
func (n *narrator) emit(f *fact, e trace.Event, words string) trace.EventID {
	e.At = trace.Time(f.at - n.origin)
	e.Node = n.ids[f.node]
	if e.Prov == trace.Simulated {
		e.Prov = f.prov
	}
	n.refs = append(n.refs, f.ref)
	return n.b.EmitText(e, words)
}

// group returns the raft group of a fact, which a system with one group does not name.
func (n *narrator) group(f *fact) trace.GroupID { return n.b.Group(f.st.Group) }

func (n *narrator) state(f *fact) trace.GroupState {
	if s := n.b.Node(n.ids[f.node]).In(n.group(f)); s != nil {
		return *s
	}
	unknown := trace.Value{Source: trace.NoEvent}
	return trace.GroupState{Role: unknown, Term: unknown, Vote: unknown, Leader: unknown}
}

// set records the fields that a fact leads to.
func (n *narrator) set(f *fact, field trace.Field, v uint64) {
	n.b.SetField(n.ids[f.node], n.group(f), field, v)
}

// term records a term that is not lower than the known one: lines of other threads may be late. Whom the node followed in
// an earlier term it does not follow in this one.
func (n *narrator) term(f *fact, term uint64) {
	s := n.state(f)
	if known, ok := s.Term.Get(); term > 0 && (!ok || term > known) {
		n.set(f, trace.FieldTerm, term)
		if ok && s.Leader.Known() {
			n.set(f, trace.FieldLeader, 0)
		}
	}
}

func role(s trace.GroupState) (trace.Role, bool) {
	v, ok := s.Role.Get()
	return trace.Role(v), ok
}

func (n *narrator) stated(i int, f *fact) {
	st := f.st
	e := trace.Event{Cause: trace.NoEvent, Term: term32(st.Term)}
	if f.peer != none {
		e.Peer = n.ids[f.peer]
	}
	switch f.what {
	case text.Start:
		n.emit(f, trace.Event{Kind: trace.Start, Cause: trace.NoEvent}, "")
		n.b.SetProcess(n.ids[f.node], trace.Running)
	case text.Stands:
		n.stands(i, f)
	case text.WasAsked:
		n.wasAsked(i, f)
	case text.Votes:
		n.votes(i, f, e)
	case text.HearsVote, text.Decided:
		n.decided(i, f)
	case text.RoleIs:
		n.roleIs(f, e)
	case text.TermIs:
		if known, ok := n.state(f).Term.Get(); !ok || st.Term > known {
			e.Kind, e.Group = trace.TermAdvanced, n.group(f)
			n.emit(f, e, "")
			n.term(f, st.Term)
		}
	case text.StepsDown:
		n.stepsDown(f, e)
	case text.LeaderIs:
		n.leaderIs(f, e)
	case text.RefusesOld, text.HearsTerm:
		n.termTalk(i, f, e)
	case text.Members:
		n.members(f)
	case text.Named, text.FileDate, text.AsksVotes, text.Connects, text.Accepts, text.Boot, text.Alias:
	default:
		n.note(f, e)
	}
}

// stands begins a candidacy and sends its calls.
func (n *narrator) stands(i int, f *fact) {
	at := n.starts[i] - 1
	if at < 0 {
		return
	}
	c := &n.contests[at]
	e := trace.Event{Kind: trace.Campaign, Cause: trace.NoEvent, Term: term32(c.term), Group: n.group(f)}
	becomes := trace.Candidate
	if c.pre {
		e.Kind, becomes = trace.PreCampaign, trace.PreCandidate
	}
	campaign := n.emit(f, e, f.st.Text)
	n.set(f, trace.FieldRole, uint64(becomes))
	if !c.pre {
		n.term(f, c.term)
	}
	for k := range c.voters {
		v := &c.voters[k]
		if v.received < 0 {
			continue // nobody tells that it arrived
		}
		n.sends[v] = sending{call: n.emit(f, trace.Event{Kind: trace.Request, Cause: campaign, Term: e.Term, Group: e.Group,
			Peer: n.ids[v.to]}, vote(c.pre)), answer: trace.NoEvent}
		at := min(f.at+flies, n.facts[v.received].at-1)
		k, _ := slices.BinarySearchFunc(n.arrivals, at, func(a arrival, at int64) int { return cmp.Compare(a.at, at+1) })
		n.arrivals = slices.Insert(n.arrivals, k, arrival{max(at, f.at), v})
	}
}

// term32 is a term as an event has it. The few that do not fit, of hostile or broken lines, are all the highest there; the
// node's state has them whole.
func term32(term uint64) uint32 { return uint32(min(term, math.MaxUint32)) }

func vote(pre bool) string {
	if pre {
		return "pre-vote"
	}
	return "vote"
}

// wasAsked reads a call for a vote. One that matches no candidacy of the logs is a note: its candidate's log is missing.
func (n *narrator) wasAsked(i int, f *fact) {
	v := n.received[i]
	e := trace.Event{Kind: trace.Receive, Cause: trace.NoEvent, Term: term32(f.st.Term), Group: n.group(f), Peer: n.ids[f.peer]}
	if v == nil {
		e.Kind = trace.Note
		n.emit(f, e, "asked for its "+vote(f.st.Pre)+" for term "+utoa(f.st.Term))
		return
	}
	e.Cause = n.sends[v].call
	n.emit(f, e, vote(v.pre))
}

// votes answers a call.
func (n *narrator) votes(i int, f *fact, e trace.Event) {
	if f.peer == none {
		return
	}
	if v := n.received[i]; v != nil { // one line for call and answer
		n.emit(f, trace.Event{Kind: trace.Receive, Cause: n.sends[v].call, Term: term32(v.term), Group: n.group(f),
			Peer: n.ids[v.from]}, vote(v.pre))
	}
	e.Group, e.Kind = n.group(f), trace.Vote
	if !f.st.Won {
		e.Kind = trace.VoteDenied
	}
	v, term := f.answers, f.st.Term
	if v != nil {
		term = v.term
		e.Term = term32(term)
	}
	if f.st.Pre && f.st.Won {
		e.Kind = trace.Note
		n.emit(f, e, "would vote for "+n.name(f.peer)+" in term "+utoa(term))
	} else {
		n.emit(f, e, f.st.Text)
	}
	if known, ok := n.state(f).Term.Get(); f.st.Won && !f.st.Pre && (!ok || term >= known) { // else it is written late
		n.term(f, term)
		n.set(f, trace.FieldVote, uint64(e.Peer))
	}
	if v == nil || v.heard < 0 {
		return
	}
	answer := trace.Event{Kind: trace.Answer, Cause: n.sends[v].call, Term: term32(v.term), Group: e.Group, Peer: n.ids[v.from]}
	words := vote(v.pre)
	if !f.st.Won {
		answer.Kind, words = trace.Refusal, "vote denied"
	}
	s := n.sends[v]
	s.answer = n.emit(f, answer, words)
	n.sends[v] = s
}

// decided reads the answers that a decision rests on, and ends a candidacy that was lost. One that comes when its
// candidate has long been something else changes nothing.
func (n *narrator) decided(i int, f *fact) {
	for _, v := range n.heard[i] {
		s, sent := n.sends[v]
		if !sent || s.answer == trace.NoEvent {
			continue
		}
		e := trace.Event{Kind: trace.Receive, Cause: s.answer, Term: term32(v.term), Group: n.group(f), Peer: n.ids[v.to]}
		if f.what == text.Decided {
			e.Prov = trace.Inferred // the decision names its voters, not when they were heard
		}
		n.emit(f, e, vote(v.pre))
	}
	at := n.ends[i] - 1
	if f.what != text.Decided || at < 0 || f.st.Won {
		return
	}
	c := &n.contests[at]
	s := n.state(f)
	was, ok := role(s)
	n.emit(f, trace.Event{Kind: trace.ElectionLost, Cause: trace.NoEvent, Term: term32(c.term), Group: n.group(f)}, f.st.Text)
	standing := ok && (was == trace.Candidate && !c.pre || was == trace.PreCandidate && c.pre)
	if standing && s.Term.V <= c.term {
		n.set(f, trace.FieldRole, uint64(trace.Follower))
	}
}

// roleIs takes in a role: one that begins with its line, or one that only shows between lines.
func (n *narrator) roleIs(f *fact, e trace.Event) {
	s := n.state(f)
	was, known := role(s)
	is := f.st.Role
	term, termKnown := s.Term.Get()
	if f.st.Term > 0 && termKnown && f.st.Term < term {
		return // written late by another thread
	}
	newer := f.st.Term > term || !termKnown && f.st.Term > 0
	if !f.st.Now {
		standing := known && (was == trace.Candidate || was == trace.PreCandidate)
		switch {
		case known && is == was && !newer, is == trace.Follower && standing && f.st.Term > 0 && !newer:
			return // nothing new; and Kudu calls a candidate a follower
		case f.st.Term == 0 && known && !(standing && is == trace.Follower):
			return // without a term it may be of long ago
		}
	} else if known && is == was && !newer {
		return
	}
	e.Group, e.Kind = n.group(f), trace.Note
	words := is.String()
	switch {
	case is == trace.Leader && (f.st.Now || n.wonBefore(f)):
		e.Kind, words = trace.Elected, ""
	case known && was == trace.Leader && is != trace.Leader && !newer:
		e.Kind, words = trace.StepDown, ""
		e.Term = term32(term)
	case newer && is == trace.Follower && known:
		e.Kind, words = trace.TermAdvanced, ""
	}
	if is == trace.Candidate || is == trace.PreCandidate {
		return // Stands tells of these
	}
	n.emit(f, e, words)
	n.set(f, trace.FieldRole, uint64(is))
	n.term(f, f.st.Term)
	if is == trace.Leader {
		n.set(f, trace.FieldLeader, uint64(n.ids[f.node]))
	}
}

// wonBefore reports whether the node is known to have stood for the term in which it is said to lead.
func (n *narrator) wonBefore(f *fact) bool {
	s := n.state(f)
	was, ok := role(s)
	return ok && was == trace.Candidate && s.Term.V == f.st.Term
}

func (n *narrator) stepsDown(f *fact, e trace.Event) {
	if was, ok := role(n.state(f)); ok && was != trace.Leader {
		return
	}
	e.Kind, e.Group = trace.StepDown, n.group(f)
	n.emit(f, e, f.st.Text)
	n.term(f, f.st.Term)
	n.set(f, trace.FieldRole, uint64(trace.Follower))
	n.set(f, trace.FieldLeader, 0)
}

func (n *narrator) leaderIs(f *fact, e trace.Event) {
	s := n.state(f)
	term, ok := s.Term.Get()
	if f.peer == f.node || ok && f.st.Term > 0 && f.st.Term < term {
		return
	}
	if lead, known := s.Leader.Get(); known && lead == uint64(e.Peer) && (!ok || f.st.Term <= term) {
		return
	}
	e.Kind, e.Group = trace.LeaderKnown, n.group(f)
	n.emit(f, e, "")
	n.term(f, f.st.Term)
	n.set(f, trace.FieldLeader, uint64(e.Peer))
	if was, known := role(n.state(f)); e.Peer != 0 && (!known || was != trace.Leader && was != trace.Learner) {
		n.set(f, trace.FieldRole, uint64(trace.Follower))
	}
}

// termTalk tells how an old leader hears of a higher term: refused by one, it steps down.
func (n *narrator) termTalk(i int, f *fact, e trace.Event) {
	e.Group = n.group(f)
	if f.what == text.HearsTerm {
		if refusal, ok := n.hears[i]; ok {
			e.Kind, e.Cause = trace.Receive, refusal
			n.emit(f, e, "term is "+utoa(f.st.Term))
			return
		}
		n.note(f, e)
		return
	}
	own := f.st.Index
	if to := n.refusals[i] - 1; to >= 0 {
		e.Kind, e.Term = trace.Refusal, term32(own)
		n.hears[to] = n.emit(f, e, "term is "+utoa(own))
	} else {
		e.Kind = trace.Note
		n.emit(f, e, fmt.Sprintf("refuses %s, which believes in term %d", n.name(f.peer), f.st.Term))
	}
	n.term(f, own)
}

// note tells what has no place of its own.
func (n *narrator) note(f *fact, e trace.Event) {
	if f.what == text.PeerUp && n.sees(f, "UP") || f.what == text.PeerDown && n.sees(f, "DOWN") {
		return // said before, in other words
	}
	e.Kind = trace.Note
	if f.st.Group != "" {
		e.Group = n.group(f)
	}
	n.emit(f, e, n.words(f))
	node := n.ids[f.node]
	switch f.what {
	case text.PeerUp:
		n.b.SetCell(node, 0, trace.Memory, "sees "+n.name(f.peer), "UP")
	case text.PeerDown:
		n.b.SetCell(node, 0, trace.Memory, "sees "+n.name(f.peer), "DOWN")
	case text.Phase:
		if f.peer == none {
			n.b.SetCell(node, 0, trace.Memory, "phase", f.st.Text)
		}
	}
}

// sees reports whether a node holds a peer to be in a state already.
func (n *narrator) sees(f *fact, state string) bool {
	return n.b.HasCell(n.ids[f.node], 0, trace.Memory, "sees "+n.name(f.peer), state)
}

// stops is what the trace has of a process that ends in an orderly way.
const stops = "stops"

// words says in a few words what a note states.
func (n *narrator) words(f *fact) string {
	peer, st := n.name(f.peer), f.st
	length := check.Duration(trace.Time(st.Length))
	switch f.what {
	case text.Stop:
		return stops
	case text.Unreachable:
		return trimmed("cannot reach " + peer + ": " + st.Text)
	case text.PeerSilent:
		return fmt.Sprintf("has not heard %s for %s", peer, length)
	case text.Late:
		return trimmed(fmt.Sprintf("late by %s: %s", length, st.Text))
	case text.Stuck:
		return trimmed(fmt.Sprintf("took %s: %s", length, st.Text))
	case text.Paused:
		return fmt.Sprintf("says it was paused for %s", length)
	case text.SlowDisk:
		return trimmed(fmt.Sprintf("the disk took %s: %s", length, st.Text))
	case text.PeerUp:
		return peer + " is up"
	case text.PeerDown:
		return peer + " is down"
	case text.PeerRestart:
		return "says that " + peer + " has restarted"
	case text.Phase:
		if f.peer != none {
			return trimmed("sees " + peer + ": " + st.Text)
		}
	case text.HearsTerm:
		return "hears of term " + utoa(st.Term)
	}
	return trimmed(st.Text)
}
