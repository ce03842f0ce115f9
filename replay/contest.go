package replay

import (
	"cmp"
	"slices"

	"tabletop/engine/trace"
	"tabletop/replay/text"
)

// maxVoters is how many voters of a candidacy are looked at: more than any raft group has.
const maxVoters = 128

// contest is one candidacy: an election or pre-election that one node started.
type contest struct {
	node    int
	group   string
	term    uint64
	pre     bool
	start   int // facts: Stands
	asks    int // AsksVotes, -1 when there is no such line
	decided int // Decided, -1 when it never was
	won     bool
	voters  []message
}

// message is a call for a vote and its answer, as far as lines tell.
type message struct {
	from, to int
	group    string
	term     uint64
	pre      bool
	granted  bool
	// The lines: sent, received and answered are facts, heard the decision or the line of the answer's arrival; -1 for
	// those that do not exist.
	sent, received, answered, heard int
	// sure says that only one candidacy can have been meant, so that clocks may be judged by it.
	sure bool
}

// contests finds the candidacies in facts that are in the order of time, of which two lie as far apart as they seem but for
// what off tells.
func contests(facts []fact, c *cast, off func(a, b *fact) int64) []contest {
	m := &matching{facts: facts, cast: c, off: off, named: map[candidacy][]int{}, asked: map[asking]int{}}
	for i := range facts {
		m.candidate(i)
	}
	for i := range facts {
		m.seated(i)
		m.voter(i)
	}
	return m.all
}

type candidacy struct {
	node  int
	group string
	term  uint64
	pre   bool
}

type asking struct {
	voter, candidate int
	group            string
	pre              bool
}

type matching struct {
	facts []fact
	cast  *cast
	off   func(a, b *fact) int64
	all   []contest
	named map[candidacy][]int // in the order of their starts; a pre-election may be repeated
	asked map[asking]int      // 1 + the last WasAsked of a voter: the answer follows it
}

func key(f *fact) candidacy { return candidacy{f.node, f.st.Group, f.st.Term, f.st.Pre} }

// candidate takes in what candidates state.
func (m *matching) candidate(i int) {
	f := &m.facts[i]
	if f.st == nil {
		return
	}
	k := key(f)
	at := m.last(k)
	switch f.what {
	case text.Stands:
		const same = 20_000 // Kudu writes two lines: the reason, and the configuration
		if at >= 0 && m.all[at].asks < 0 && m.all[at].decided < 0 && f.raw-m.facts[m.all[at].start].raw < same {
			return
		}
		m.all = append(m.all, contest{node: f.node, group: k.group, term: k.term, pre: k.pre, start: i, asks: -1, decided: -1})
		m.named[k] = append(m.named[k], len(m.all)-1)
	case text.AsksVotes:
		if at < 0 {
			return
		}
		c := &m.all[at]
		if c.asks < 0 {
			c.asks = i
		}
		for _, id := range atMost(f.st.Yes) {
			if to, ok := m.cast.index[id]; ok && !slices.ContainsFunc(c.voters, func(v message) bool { return v.to == to }) {
				c.voters = append(c.voters, message{from: f.node, to: to, group: k.group, term: k.term, pre: k.pre,
					sent: c.start, received: -1, answered: -1, heard: -1, sure: true})
			}
		}
	case text.Decided:
		if at >= 0 && m.all[at].decided < 0 {
			m.decide(&m.all[at], i)
		}
	case text.HearsVote:
		if at >= 0 && f.peer != none {
			if v := m.all[at].voter(f.peer); v != nil && v.heard < 0 {
				v.heard, v.granted = i, f.st.Won
			}
		}
	}
}

func (m *matching) decide(c *contest, i int) {
	st := m.facts[i].st
	c.decided, c.won = i, st.Won
	for k := range c.voters {
		v := &c.voters[k]
		yes := slices.ContainsFunc(atMost(st.Yes), func(id string) bool { return m.is(id, v.to) })
		if v.heard < 0 && (yes || slices.ContainsFunc(atMost(st.No), func(id string) bool { return m.is(id, v.to) })) {
			v.heard, v.granted = i, yes
		}
	}
}

// seated takes a leader's first line for the decision where that is missing, as in a ticket that quotes a few lines.
func (m *matching) seated(i int) {
	f := &m.facts[i]
	if f.st == nil || f.what != text.RoleIs || f.st.Role != trace.Leader || f.st.Term == 0 {
		return
	}
	if at := m.last(candidacy{node: f.node, group: f.st.Group, term: f.st.Term}); at >= 0 && m.all[at].decided < 0 && f.at >= m.facts[m.all[at].start].at {
		m.all[at].decided, m.all[at].won = i, true
	}
}

func atMost(voters []string) []string { return voters[:min(len(voters), maxVoters)] }

func (m *matching) is(id string, player int) bool {
	i, ok := m.cast.index[id]
	return ok && i == player
}

func (c *contest) voter(player int) *message {
	i := slices.IndexFunc(c.voters, func(v message) bool { return v.to == player })
	if i < 0 {
		return nil
	}
	return &c.voters[i]
}

// voter takes in what voters state: that they were asked, and what they answered.
func (m *matching) voter(i int) {
	f := &m.facts[i]
	if f.st == nil || f.peer == none {
		return
	}
	a := asking{f.node, f.peer, f.st.Group, f.st.Pre}
	switch f.what {
	case text.WasAsked:
		m.asked[a] = i + 1
		if v := m.call(i, candidacy{f.peer, f.st.Group, f.st.Term, f.st.Pre}); v != nil && v.received < 0 {
			v.received = i
		}
	case text.Votes:
		term := f.st.Term
		const soon = 1_000_000
		if was := m.asked[a] - 1; was >= 0 && (term == 0 || f.st.Pre) && f.raw-m.facts[was].raw < soon {
			term = m.facts[was].st.Term // a granted pre-vote names the voter's own term
		}
		if v := m.call(i, candidacy{f.peer, f.st.Group, term, f.st.Pre}); v != nil && v.answered < 0 {
			v.answered = i
			if v.received < 0 && m.asked[a] == 0 {
				v.received = i // etcd has one line for both
			}
		}
	}
}

// call finds the call that a voter's line speaks of: of the candidacies of that name the last one that can have begun before.
// A call is read at once, unless its reader was stopped.
func (m *matching) call(i int, k candidacy) *message {
	f := &m.facts[i]
	all := m.named[k]
	if len(all) == 0 {
		return nil
	}
	behind, _ := slices.BinarySearchFunc(all, f.at+1, func(j int, at int64) int { return cmp.Compare(m.facts[m.all[j].start].at, at) })
	for behind < len(all) {
		start := &m.facts[m.all[all[behind]].start]
		if start.at-f.at > m.off(start, f) {
			break
		}
		behind++
	}
	c := &m.all[all[max(0, behind-1)]]
	v := c.voter(f.node)
	if v == nil { // the line that names the voters is missing
		if len(c.voters) >= maxVoters {
			return nil
		}
		c.voters = append(c.voters, message{from: c.node, to: f.node, group: k.group, term: k.term, pre: k.pre, sent: c.start,
			received: -1, answered: -1, heard: -1, sure: true})
		v = &c.voters[len(c.voters)-1]
	}
	v.sure = v.sure && len(m.named[k]) == 1
	return v
}

// last returns the last contest of a name, -1 for none.
func (m *matching) last(k candidacy) int {
	if all := m.named[k]; len(all) > 0 {
		return all[len(all)-1]
	}
	return -1
}
