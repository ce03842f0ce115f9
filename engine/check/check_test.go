package check_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/check"
	"tabletop/engine/trace"
)

// stage builds traces of one raft group with the masters A, B and C and a client.
type stage struct {
	*trace.Builder
	a, b, c, client trace.NodeID
	group           trace.GroupID
	operation       uint64
}

func newStage() *stage {
	s := &stage{Builder: trace.NewBuilder(trace.Header{Producer: "test"})}
	s.a, s.b, s.c = s.AddNode(trace.Node{ID: "A"}), s.AddNode(trace.Node{ID: "B"}), s.AddNode(trace.Node{ID: "C"})
	s.client = s.AddNode(trace.Node{ID: "client-1", Kind: trace.Client})
	s.group = s.Group(strings.Repeat("0", 32)) // that of the masters, whose name goes without saying
	return s
}

func (s *stage) at(at trace.Time, k trace.Kind, n trace.NodeID, e trace.Event) trace.EventID {
	e.At, e.Kind, e.Node, e.Group, e.Cause = at, k, n, s.group, trace.NoEvent
	return s.Emit(e)
}

func (s *stage) ask(call, ret trace.Time, op, result string, server trace.NodeID) {
	s.operation++
	id := s.at(call, trace.Invoke, s.client, trace.Event{Index: s.operation, Text: s.Intern(op)})
	s.Emit(trace.Event{At: ret, Kind: trace.Return, Node: s.client, Peer: server, Index: s.operation, Cause: id,
		Digest: 1, Text: s.Intern(result)})
}

func (s *stage) role(at trace.Time, n trace.NodeID, r trace.Role, term uint64) {
	kind := trace.StepDown
	if r == trace.Leader {
		kind = trace.Elected
	}
	s.at(at, kind, n, trace.Event{Term: uint32(term)})
	s.SetField(n, s.group, trace.FieldTerm, term)
	s.SetField(n, s.group, trace.FieldRole, uint64(r))
}

func (s *stage) process(at trace.Time, n trace.NodeID, p trace.Process) {
	s.at(at, trace.Kind(int(trace.Resume)+int(p)), n, trace.Event{})
	s.SetProcess(n, p)
	if p == trace.Crashed {
		s.LoseMemory(n)
	}
}

func kinds(findings []check.Finding) []string {
	out := []string{}
	for _, f := range findings {
		out = append(out, f.Kind)
	}
	return out
}

// TestStaleLeader is KUDU-3266 in small: A is paused, B is elected, A wakes up and answers before it hears of B.
func TestStaleLeader(t *testing.T) {
	s := newStage()
	s.role(0, s.a, trace.Leader, 2)
	s.process(1_000_000, s.a, trace.Paused)
	s.role(3_000_000, s.b, trace.Leader, 3)
	s.ask(3_100_000, 3_200_000, "create table-1", "OK", s.b)
	s.process(3_210_000, s.a, trace.Running)
	s.ask(3_241_000, 3_250_000, "open table-1", "NotFound", s.a)
	s.role(3_560_000, s.a, trace.Follower, 3)
	report := check.Check(s.Trace())

	require.Equal(t, []string{check.DualLeader, check.StaleLeader, check.NotFoundAfterCreate}, kinds(report.Findings))
	require.False(t, *report.Linearizable)
	require.Equal(t, check.Anomaly, check.OutcomeOf(s.Trace()))
	dual, stale, read := report.Findings[0], report.Findings[1], report.Findings[2]
	require.Equal(t, "A and B believed themselves leader at once for 560 ms (A in term 2, B in term 3)", dual.Text)
	require.Equal(t, []trace.Time{3_000_000, 3_560_000}, []trace.Time{dual.From, dual.To})
	require.Equal(t, []trace.NodeID{s.a, s.b}, dual.Nodes)
	require.Equal(t, strings.Repeat("0", 32), dual.Group)
	require.True(t, dual.Exact)
	require.Equal(t, "A was awake and believed itself leader of term 2 for 350 ms although B had become leader of term 3", stale.Text)
	require.Equal(t, []trace.Time{3_210_000, 3_560_000}, []trace.Time{stale.From, stale.To})
	require.Equal(t, "open table-1 began 41 ms after create table-1 was acknowledged, and A answered that it does not exist", read.Text)
	require.Equal(t, []trace.NodeID{s.b, s.a}, read.Nodes)
	require.Len(t, read.Events, 4)
}

// A trace of logs need not know of every pause. That a leader was stale is told where it is known to have run.
func TestAStaleLeaderIsToldWhereItRan(t *testing.T) {
	s := newStage()
	s.role(0, s.a, trace.Leader, 2)
	s.role(3_000_000, s.b, trace.Leader, 3)
	s.role(9_000_000, s.a, trace.Follower, 3)
	clocks := func(trace.EventID, trace.EventID) (trace.Time, bool) { return 100, true }
	staleIn := func(parts ...check.Span) (texts []string) {
		report := check.CheckBy(s.Trace(), clocks, func(n trace.NodeID, from, to trace.Time) []check.Span {
			require.Equal(t, []trace.Time{3_000_000, 9_000_000}, []trace.Time{from, to})
			require.Equal(t, s.a, n)
			return parts
		})
		require.Equal(t, check.DualLeader, report.Findings[0].Kind)
		for i, f := range report.Findings[1:] {
			require.Equal(t, parts[i], check.Span{From: f.From, To: f.To})
			texts = append(texts, f.Text)
		}
		return texts
	}
	was := func(lasted string) string {
		return "A was awake and believed itself leader of term 2 " + lasted + " although B had become leader of term 3"
	}
	require.Empty(t, staleIn())
	require.Empty(t, staleIn(check.Span{From: 9_000_000, To: 9_000_000}))
	require.Equal(t, []string{was("for 6 s")}, staleIn(check.Span{From: 3_000_000, To: 9_000_000}))
	require.Equal(t, []string{was("for at least 1.9 ms"), was("for at least 500 µs")},
		staleIn(check.Span{From: 3_000_000, To: 3_002_000}, check.Span{From: 8_999_500, To: 9_000_000}))
}

// A server that answered wrongly was an old leader or a follower that lagged: its log tells, if it shows one raft group.
func TestWhatTheServerOfAWrongAnswerBelieved(t *testing.T) {
	nothing := func(*stage) {}
	answered := func(before, during func(s *stage)) string {
		s := newStage()
		operation := func(call, ret trace.Time, op, result string, during func(s *stage)) {
			s.operation++
			id := s.at(call, trace.Invoke, s.client, trace.Event{Prov: trace.Logged, Index: s.operation, Text: s.Intern(op)})
			during(s)
			s.Emit(trace.Event{At: ret, Kind: trace.Return, Prov: trace.Logged, Node: s.client, Peer: s.a, Index: s.operation,
				Cause: id, Text: s.Intern(result)})
		}
		operation(10, 20, "put k = v", "OK", nothing)
		s.role(30, s.a, trace.Leader, 2)
		before(s)
		operation(1_100, 1_200, "get k", "<not found>", during)
		report := check.Check(s.Trace())
		require.Equal(t, []string{check.StaleRead}, kinds(report.Findings))
		return report.Findings[0].Text
	}
	deposed := func(at trace.Time) func(*stage) { return func(s *stage) { s.role(at, s.a, trace.Follower, 3) } }
	alsoElsewhere := func(s *stage) {
		s.at(50, trace.Note, s.a, trace.Event{})
		s.SetField(s.a, s.Group("tablet"), trace.FieldRole, uint64(trace.Follower))
	}
	const began, answer = "get k began 1.1 ms after put k was acknowledged, and A", ` answered "<not found>"`
	require.Equal(t, began+", by its log a leader still,"+answer, answered(nothing, nothing))
	require.Equal(t, began+", by its log a leader that gave up in that time,"+answer, answered(nothing, deposed(1_150)))
	require.Equal(t, began+", by its log a follower for 100 µs by then,"+answer, answered(deposed(1_000), nothing))
	require.Equal(t, began+answer, answered(alsoElsewhere, nothing))
}

func TestBeliefsAtTheEndAndAfterACrash(t *testing.T) {
	s := newStage()
	s.role(0, s.a, trace.Leader, 2)
	s.role(10, s.b, trace.Leader, 3)
	s.role(20, s.c, trace.Leader, 4)
	s.process(30, s.a, trace.Crashed)
	s.process(40, s.b, trace.Crashed)
	s.process(50, s.a, trace.Running)
	s.role(60, s.a, trace.Leader, 5)
	s.at(90, trace.Note, s.a, trace.Event{})
	findings := check.Check(s.Trace()).Findings
	require.Equal(t, []string{check.DualLeader, check.StaleLeader, check.StaleLeader, check.DualLeader, check.StaleLeader}, kinds(findings))
	require.Equal(t, "A, B and C believed themselves leader at once for 30 µs (A in term 2, B in term 3, C in term 4)", findings[0].Text)
	require.Equal(t, trace.Time(90), findings[3].To, "it lasts to the end of the trace")
	require.Equal(t, []trace.Time{60, 90}, []trace.Time{findings[4].From, findings[4].To})
}

func TestNothingIsComparedAcrossClusters(t *testing.T) {
	b := trace.NewBuilder(trace.Header{})
	g := b.Group("")
	for i := range 2 {
		n := b.AddNode(trace.Node{ID: "A", Cluster: i})
		b.Emit(trace.Event{At: trace.Time(i), Kind: trace.Elected, Node: n, Group: g, Term: 2, Cause: trace.NoEvent})
		b.SetField(n, g, trace.FieldTerm, 2)
		b.SetField(n, g, trace.FieldRole, uint64(trace.Leader))
		b.Emit(trace.Event{At: trace.Time(i), Kind: trace.Apply, Node: n, Group: g, Index: 1, Term: 1, Digest: uint64(i + 1), Cause: trace.NoEvent})
	}
	require.Empty(t, check.Check(b.Trace()).Findings)
}

func TestTermsAndVotesAreNeverTakenBack(t *testing.T) {
	s := newStage()
	set := func(at trace.Time, n trace.NodeID, term, vote uint64) {
		s.at(at, trace.Vote, n, trace.Event{})
		s.SetField(n, s.group, trace.FieldVote, vote)
		s.SetField(n, s.group, trace.FieldTerm, term)
	}
	set(1, s.a, 2, uint64(s.b))
	set(2, s.a, 3, uint64(s.c))
	set(3, s.a, 3, 0)
	require.Empty(t, check.Check(s.Trace()).Findings)
	set(4, s.b, 3, uint64(s.b))
	set(5, s.b, 3, uint64(s.c))
	set(6, s.a, 2, 0)
	findings := check.Check(s.Trace()).Findings
	require.Equal(t, []string{check.DoubleVote, check.TermRegression}, kinds(findings))
	require.Equal(t, "B voted for B and for C in term 3", findings[0].Text)
	require.Equal(t, "A went back from term 3 to term 2", findings[1].Text)
	require.Equal(t, findings, check.Invariants(s.Trace()))
}

func TestAVoteAndATermOutliveACrash(t *testing.T) {
	s := newStage()
	s.at(1, trace.Vote, s.a, trace.Event{})
	s.SetField(s.a, s.group, trace.FieldTerm, 3)
	s.SetField(s.a, s.group, trace.FieldVote, uint64(s.b))
	s.process(2, s.a, trace.Crashed)
	s.at(3, trace.Start, s.a, trace.Event{})
	s.SetField(s.a, s.group, trace.FieldVote, 0)
	require.Empty(t, check.Invariants(s.Trace()))
	s.at(4, trace.Vote, s.a, trace.Event{})
	s.SetField(s.a, s.group, trace.FieldVote, uint64(s.c))
	require.Equal(t, []string{check.DoubleVote}, kinds(check.Invariants(s.Trace())))
	s.at(5, trace.Start, s.a, trace.Event{})
	s.SetField(s.a, s.group, trace.FieldTerm, 2)
	require.Equal(t, []string{check.DoubleVote, check.TermRegression}, kinds(check.Invariants(s.Trace())))
}

// Who comes back on an empty disk is another voter: it has neither the term nor the vote of the one before.
func TestAnEmptyDiskRemembersNoVote(t *testing.T) {
	for _, wiped := range []bool{true, false} {
		s := newStage()
		s.at(1, trace.Vote, s.a, trace.Event{})
		s.SetField(s.a, s.group, trace.FieldTerm, 3)
		s.SetField(s.a, s.group, trace.FieldVote, uint64(s.b))
		s.process(2, s.a, trace.Crashed)
		if wiped {
			s.at(3, trace.Wipe, s.a, trace.Event{})
			s.LoseDisk(s.a)
		}
		s.at(4, trace.Start, s.a, trace.Event{})
		s.SetField(s.a, s.group, trace.FieldTerm, 0)
		s.at(5, trace.Vote, s.a, trace.Event{})
		s.SetField(s.a, s.group, trace.FieldTerm, 3)
		s.SetField(s.a, s.group, trace.FieldVote, uint64(s.c))
		require.Equal(t, wiped, len(check.Invariants(s.Trace())) == 0)
	}
}

func TestALogThatReportsALowerTermAtARestartIsExcused(t *testing.T) {
	s := newStage()
	s.at(1, trace.Vote, s.a, trace.Event{Prov: trace.Logged})
	s.SetField(s.a, s.group, trace.FieldTerm, 3)
	s.at(2, trace.Start, s.a, trace.Event{Prov: trace.Logged})
	s.SetField(s.a, s.group, trace.FieldTerm, 2)
	require.Empty(t, check.Invariants(s.Trace()))
}

func TestEntriesAreAppliedInOrder(t *testing.T) {
	s := newStage()
	s.entry(1, trace.Apply, s.a, 1, 1, 10)
	s.entry(2, trace.Apply, s.a, 2, 1, 20)
	s.at(3, trace.Start, s.a, trace.Event{})
	s.entry(4, trace.Apply, s.a, 1, 1, 10)
	require.Empty(t, check.Invariants(s.Trace()), "a restarted node may apply from the start")
	s.entry(5, trace.Apply, s.b, 2, 1, 20)
	s.entry(6, trace.Apply, s.b, 1, 1, 10)
	findings := check.Invariants(s.Trace())
	require.Equal(t, []string{check.StateMachineSafety}, kinds(findings))
	require.Equal(t, "B applied entry 1 after entry 2", findings[0].Text)
}

func TestBurntTerms(t *testing.T) {
	s := newStage()
	s.at(1, trace.Campaign, s.a, trace.Event{Term: 2})
	s.at(2, trace.Campaign, s.b, trace.Event{Term: 2})
	s.at(3, trace.ElectionLost, s.a, trace.Event{Term: 2})
	s.at(4, trace.Campaign, s.a, trace.Event{Term: 3})
	s.at(5, trace.Campaign, s.b, trace.Event{Term: 4})
	s.at(6, trace.Elected, s.b, trace.Event{Term: 4})
	s.at(7, trace.Campaign, s.c, trace.Event{Term: 5})
	s.at(8, trace.LeaderKnown, s.a, trace.Event{Term: 5, Peer: s.c})
	s.at(9, trace.ElectionLost, s.b, trace.Event{Term: 4})
	s.at(10, trace.Campaign, s.c, trace.Event{Term: 6})
	findings := check.Check(s.Trace()).Findings
	require.Equal(t, []string{check.BurntTerm, check.BurntTerm}, kinds(findings), "term 6 is undecided")
	require.Equal(t, "term 2 was burnt: A and B stood for it and nobody won", findings[0].Text)
	require.Equal(t, []trace.Time{1, 3}, []trace.Time{findings[0].From, findings[0].To})
	require.Equal(t, "term 3 was burnt: A stood for it and lost", findings[1].Text)
	require.Empty(t, check.Invariants(s.Trace()))
}

func TestElectionSafety(t *testing.T) {
	s := newStage()
	s.at(1, trace.Elected, s.a, trace.Event{Term: 2})
	s.at(2, trace.Elected, s.a, trace.Event{Term: 2})
	require.Empty(t, check.Invariants(s.Trace()))
	s.at(3, trace.Elected, s.b, trace.Event{Term: 2})
	findings := check.Invariants(s.Trace())
	require.Equal(t, []string{check.ElectionSafety}, kinds(findings))
	require.Equal(t, "A and B both won term 2", findings[0].Text)
}

func (s *stage) entry(at trace.Time, k trace.Kind, n trace.NodeID, index uint64, term uint32, digest uint64) {
	s.at(at, k, n, trace.Event{Index: index, Term: term, Digest: digest})
}

// replicated is a correct run: two terms, a truncation, a snapshot and a follower that lags.
func replicated() *stage {
	s := newStage()
	s.at(0, trace.Elected, s.a, trace.Event{Term: 1})
	for i := uint64(1); i <= 3; i++ {
		s.entry(1, trace.Append, s.a, i, 1, 10*i)
		s.entry(1, trace.Append, s.b, i, 1, 10*i)
	}
	s.entry(2, trace.Append, s.a, 4, 1, 40)
	s.entry(3, trace.Commit, s.a, 3, 1, 0)
	s.entry(3, trace.Apply, s.a, 1, 1, 10)
	s.at(4, trace.Elected, s.b, trace.Event{Term: 2})
	s.entry(5, trace.Append, s.b, 4, 2, 41)
	s.entry(6, trace.Truncate, s.a, 4, 2, 0)
	s.entry(6, trace.Append, s.a, 4, 2, 41)
	s.entry(7, trace.Commit, s.b, 4, 2, 0)
	s.entry(7, trace.Apply, s.b, 1, 1, 10)
	s.entry(8, trace.Commit, s.c, 4, 2, 0) // a snapshot
	s.entry(9, trace.Append, s.c, 5, 2, 50)
	return s
}

func TestLogsOfACorrectRun(t *testing.T) {
	s := replicated()
	s.at(20, trace.Elected, s.c, trace.Event{Term: 3})
	require.Empty(t, check.Invariants(s.Trace()))
}

// A wiped node's log begins anew: it has removed nothing.
func TestTheLogOfAnEmptyDiskBeginsAnew(t *testing.T) {
	for _, wiped := range []bool{true, false} {
		s := replicated()
		if wiped {
			s.at(20, trace.Wipe, s.a, trace.Event{})
		}
		s.entry(21, trace.Append, s.a, 1, 1, 10)
		require.Equal(t, wiped, len(check.Invariants(s.Trace())) == 0)
	}
}

func TestPlantedLogViolations(t *testing.T) {
	for name, c := range map[string]struct {
		plant      func(s *stage)
		kind, text string
	}{
		"same index and term, other content": {
			func(s *stage) { s.entry(20, trace.Append, s.b, 5, 2, 51) },
			check.LogMatching, "entry 5 of term 2 is not the same at C and at B"},
		"other entry before it": {
			func(s *stage) {
				s.entry(20, trace.Append, s.a, 5, 2, 51)
				s.entry(20, trace.Append, s.a, 6, 3, 60)
				s.entry(20, trace.Append, s.b, 5, 3, 52)
				s.entry(20, trace.Append, s.b, 6, 3, 60)
			},
			check.LogMatching, "A and B agree on entry 6 of term 3 but not on the one before it"},
		"leader without a committed entry": {
			func(s *stage) {
				s.entry(20, trace.Truncate, s.a, 4, 2, 0) // A was not told that 4 is committed
				s.at(21, trace.Elected, s.a, trace.Event{Term: 3})
			},
			check.LeaderCompleteness, "A won term 3 without entry 4, which was committed in term 2"},
		"committed entries removed": {
			func(s *stage) { s.entry(20, trace.Truncate, s.b, 3, 2, 0) },
			check.StateMachineSafety, "B removed entry 3 from its log, which it had committed"},
		"committed entries overwritten": {
			func(s *stage) { s.entry(20, trace.Append, s.a, 2, 3, 22) },
			check.StateMachineSafety, "A removed entry 2 from its log, which it had committed"},
		"leader with another entry": {
			func(s *stage) {
				s.entry(20, trace.Append, s.a, 4, 3, 42)
				s.at(21, trace.Elected, s.a, trace.Event{Term: 4})
			},
			check.LeaderCompleteness, "A won term 4 without entry 4, which was committed in term 2"},
		"committed differently": {
			func(s *stage) {
				s.entry(20, trace.Append, s.a, 4, 3, 42)
				s.entry(21, trace.Commit, s.a, 4, 3, 0)
			},
			check.StateMachineSafety, "B and A committed different entries at index 4"},
		"applied differently": {
			func(s *stage) { s.entry(20, trace.Apply, s.c, 1, 1, 11) },
			check.StateMachineSafety, "A and C applied different entries at index 1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := replicated()
			c.plant(s)
			findings := check.Invariants(s.Trace())
			require.NotEmpty(t, findings)
			require.Equal(t, c.kind, findings[0].Kind)
			for _, f := range findings {
				if f.Text == c.text {
					return
				}
			}
			require.Fail(t, "not found", "%q in %v", c.text, findings)
		})
	}
}

func TestUnknownEntriesAreNotCompared(t *testing.T) {
	s := newStage()
	s.entry(1, trace.Append, s.a, 1, 2, 0)
	s.entry(1, trace.Append, s.b, 1, 2, 7)
	s.entry(2, trace.Apply, s.a, 1, 0, 0)
	s.entry(2, trace.Apply, s.b, 1, 2, 7)
	s.entry(3, trace.Append, s.a, 1<<63, 2, 9)
	s.entry(3, trace.Commit, s.b, 1<<64-1, 2, 0)
	s.entry(4, trace.Append, s.b, 0, 2, 0)
	s.entry(5, trace.Truncate, s.c, 1<<64-1, 2, 0)
	require.Empty(t, check.Invariants(s.Trace()))
}

func TestALateElectionOfAnOldTermMayLackEntries(t *testing.T) {
	s := newStage()
	s.at(1, trace.Elected, s.b, trace.Event{Term: 3})
	s.entry(2, trace.Append, s.b, 1, 1, 5)
	s.entry(3, trace.Commit, s.b, 1, 1, 0)
	s.at(4, trace.Elected, s.a, trace.Event{Term: 2})
	require.Empty(t, check.Invariants(s.Trace()))
}

func TestDuration(t *testing.T) {
	for d, want := range map[trace.Time]string{0: "0 µs", 999: "999 µs", 1_000: "1 ms", 1_234: "1.2 ms", 41_300: "41 ms",
		999_600: "1 s", 1_350_000: "1.35 s", 2_000_000: "2 s", -41_000: "-41 ms"} {
		require.Equal(t, want, check.Duration(d))
	}
}

func BenchmarkCheck(b *testing.B) {
	s := newStage()
	for i := range uint64(100_000) {
		n := trace.NodeID(1 + i%3)
		s.entry(trace.Time(i), trace.Append, n, i/3+1, 1, i/3)
		s.SetField(n, s.group, trace.FieldApplied, i)
	}
	t := s.Trace()
	for b.Loop() {
		check.Check(t)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/event")
}

// A wrong answer of which no log tells who gave it is put beside the two who led at once; one that was asked for when that
// was over is not, nor one of a server that was neither of the two.
func TestAWrongAnswerBesideTwoLeaders(t *testing.T) {
	found := func(call, ret trace.Time, server func(*stage) trace.NodeID) check.Finding {
		s := newStage()
		logged := func(call, ret trace.Time, op, result string, server trace.NodeID) func() {
			s.operation++
			id := s.at(call, trace.Invoke, s.client, trace.Event{Prov: trace.Logged, Index: s.operation, Text: s.Intern(op)})
			return func() {
				s.Emit(trace.Event{At: ret, Kind: trace.Return, Prov: trace.Logged, Node: s.client, Peer: server, Cause: id, Text: s.Intern(result)})
			}
		}
		logged(10, 20, "create t", "OK", 0)()
		s.role(1_000, s.a, trace.Leader, 2)
		s.role(2_000, s.b, trace.Leader, 3)
		if call > 3_000 {
			s.role(3_000, s.a, trace.Follower, 3)
			logged(call, ret, "open t", "NotFound", server(s))()
		} else {
			answer := logged(call, ret, "open t", "NotFound", server(s))
			s.role(3_000, s.a, trace.Follower, 3)
			answer()
		}
		clocks := func(trace.EventID, trace.EventID) (trace.Time, bool) { return 0, false }
		for _, f := range check.CheckBy(s.Trace(), clocks, check.Shown(s.Trace())).Findings {
			if f.Kind == check.NotFoundAfterCreate {
				return f
			}
		}
		return check.Finding{}
	}
	nobody := func(*stage) trace.NodeID { return 0 }
	of := func(n int) func(*stage) trace.NodeID { return func(*stage) trace.NodeID { return trace.NodeID(n) } }
	beside := found(2_500, 3_500, nobody)
	require.True(t, beside.Beside)
	require.Equal(t, "open t began about 2.5 ms after create t was acknowledged, and the cluster answered that it does not exist: "+
		"in that time A and B believed themselves leader at once, if their clocks agree with the clients'", beside.Text)
	require.Equal(t, []trace.NodeID{1, 2}, beside.Nodes)
	require.Len(t, beside.Events, 6)
	after := found(3_200, 3_500, nobody)
	require.False(t, after.Beside)
	require.Empty(t, after.Nodes)
	require.NotContains(t, after.Text, "A and B")
	require.True(t, found(2_500, 3_500, of(1)).Beside)
	require.False(t, found(2_500, 3_500, of(3)).Beside)
}
