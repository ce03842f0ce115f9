package text_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
	"tabletop/replay/text"
)

// kept returns which of the statements a brief sink keeps, by their places, when each of them is a region.
func kept(all []text.Statement) (places []int) {
	s := text.NewSink()
	s.Brief = true
	part := text.NewSink()
	for i, st := range all {
		part.Reset()
		st.Line = i
		part.State(st)
		s.Append(part, int64(100*i))
	}
	for _, st := range s.Statements {
		places = append(places, st.Line)
	}
	return places
}

func TestBriefSinksLeaveOutRepetitions(t *testing.T) {
	leader := text.Statement{Kind: text.LeaderIs, Node: "a", Group: "g", Term: 3, Peer: "b"}
	members := text.Statement{Kind: text.Members, Node: "a", Group: "g", Yes: []string{"a", "b"}}
	role := text.Statement{Kind: text.RoleIs, Node: "a", Group: "g", Term: 3, Role: trace.Follower}
	with := func(st text.Statement, change func(*text.Statement)) text.Statement {
		change(&st)
		return st
	}
	other := with(leader, func(st *text.Statement) { st.Node = "c" })
	later := with(leader, func(st *text.Statement) { st.Term = 4 })
	bigger := with(members, func(st *text.Statement) { st.Yes = []string{"a", "b", "c"} })
	now := with(role, func(st *text.Statement) { st.Now = true })
	told := with(leader, func(st *text.Statement) { st.Told = true })
	toldLater := with(later, func(st *text.Statement) { st.Told = true })
	toldOther := with(told, func(st *text.Statement) { st.Peer = "d" })
	nameless := with(leader, func(st *text.Statement) { st.Node = "" })
	thread := with(nameless, func(st *text.Statement) { st.Writer = 7 })
	for name, c := range map[string]struct {
		said []text.Statement
		kept []int
	}{
		"the same again":               {[]text.Statement{leader, members, role, leader, members, role}, []int{0, 1, 2}},
		"by another node":              {[]text.Statement{leader, other, leader, other}, []int{0, 1}},
		"something else in between":    {[]text.Statement{leader, later, leader}, []int{0, 1, 2}},
		"another configuration":        {[]text.Statement{members, bigger, bigger, members}, []int{0, 1, 3}},
		"a role that begins is news":   {[]text.Statement{role, now, role, now, role}, []int{0, 1, 2, 3, 4}},
		"behind a start all is news":   {[]text.Statement{leader, {Kind: text.Start}, leader}, []int{0, 1, 2}},
		"a note changes nothing":       {[]text.Statement{leader, {Kind: text.Note}, leader, {Kind: text.Note}}, []int{0, 1, 3}},
		"told: who there is":           {[]text.Statement{told, toldLater, toldOther, told, toldOther}, []int{0, 2}},
		"told is not stated":           {[]text.Statement{leader, told, leader, told}, []int{0, 1}},
		"threads that name no node":    {[]text.Statement{nameless, thread, nameless, thread}, []int{0, 1}},
		"what happens always happened": {[]text.Statement{{Kind: text.Votes}, {Kind: text.Votes}}, []int{0, 1}},
	} {
		require.Equal(t, c.kept, kept(c.said), name)
	}
}

func TestSinksKeepAllUnlessBrief(t *testing.T) {
	s, part := text.NewSink(), text.NewSink()
	for i := range 3 {
		part.Reset()
		part.Header(int64(i)*1e6, 5, uint64(i), 0, 0)
		part.Lines = 2
		part.State(text.Statement{Kind: text.LeaderIs, Offset: 7, Line: 1})
		s.Append(part, int64(100*i))
	}
	require.Len(t, s.Statements, 3)
	require.Equal(t, int64(207), s.Statements[2].Offset)
	require.Equal(t, 5, s.Statements[2].Line)
	require.Equal(t, 3, s.Headers)
	require.Equal(t, 3, s.Writers[5].Lines)
	require.Len(t, s.Writers[5].Gaps, 2)
	require.Len(t, s.Keys, 3)
}

// A sink that takes regions one behind the other holds what it would hold if each had a sink of its own.
func TestRegionsInOrderAreAsGoodAsJoinedOnes(t *testing.T) {
	dialect := func(s *text.Sink, region int) {
		s.Stacked = true
		for line := range 40 {
			at := int64(region*40+line) * 100_000
			if region == 3 && line >= 20 || region > 3 {
				at -= 15_000_000 // another log begins in the midst of this one, and a silence ends
			}
			s.Header(at, uint64(line%3), uint64(line), int64(line)*1000, line)
			s.State(text.Statement{Kind: text.LeaderIs, Term: uint64(region / 2), Offset: int64(line) * 1000, Line: line})
			s.Lines++
		}
	}
	inOrder, joined := text.NewSink(), text.NewSink()
	inOrder.Brief, joined.Brief = true, true
	for region := range 6 {
		inOrder.Begin(int64(region) * 40_000)
		dialect(inOrder, region)
		part := text.NewSink()
		dialect(part, region)
		joined.Append(part, int64(region)*40_000)
	}
	require.Len(t, inOrder.Statements, 3)
	require.Equal(t, []int{140}, inOrder.Stacks)
	require.Len(t, inOrder.Marks, 7)
	require.Equal(t, joined.Statements, inOrder.Statements)
	require.Equal(t, joined.Marks, inOrder.Marks)
	require.Equal(t, joined.Stacks, inOrder.Stacks)
	require.Equal(t, joined.Keys, inOrder.Keys)
	require.Len(t, inOrder.Parts, 2)
	require.Equal(t, 140, inOrder.Parts[1].From)
	require.Equal(t, joined.Parts, inOrder.Parts)
	require.Equal(t, joined.All(), inOrder.All())
	require.Equal(t, joined.Writers, inOrder.Writers)
}

// What is said of the first nodes and groups is kept, whatever the regions; a million others take no room.
func TestBriefSinksKeepNoCrowd(t *testing.T) {
	const more = 100
	for what, about := range map[string]func(string) text.Statement{
		"nodes":  func(name string) text.Statement { return text.Statement{Kind: text.TermIs, Node: name} },
		"peers":  func(name string) text.Statement { return text.Statement{Kind: text.Votes, Node: "a", Peer: name} },
		"groups": func(name string) text.Statement { return text.Statement{Kind: text.TermIs, Node: "a", Group: name} },
	} {
		whole, joined, part := text.NewSink(), text.NewSink(), text.NewSink()
		whole.Brief, joined.Brief = true, true
		for i := range text.MaxNames + more {
			whole.State(about(strconv.Itoa(i)))
			part.State(about(strconv.Itoa(i)))
			if i%7_777 == 0 {
				joined.Append(part, 0)
				part.Reset()
			}
		}
		require.True(t, whole.Crowded, what)
		require.InDelta(t, text.MaxNames, len(whole.Statements), 1, what)
		whole.State(about("1"))
		part.State(about("1"))
		joined.Append(part, 0)
		require.Equal(t, len(whole.Statements), len(joined.Statements), what)
		require.Equal(t, about("1"), whole.Statements[len(whole.Statements)-1], "one of the first is heard again")
		require.True(t, joined.Crowded, what)
	}
}
