package scenes

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/check"
	"tabletop/engine/trace"
)

// questionsOf returns the questions of a run in the order of its stops.
func questionsOf(r *Run) (all []*Question) {
	for _, s := range r.Stops {
		if s.Question != nil {
			all = append(all, s.Question)
		}
	}
	return all
}

// The right answer is what the run did, whatever seed, variant and settings it has.
func TestTheAnswersAreTheEngines(t *testing.T) {
	for id, operation := range map[string]string{"kudu-3266": "open table-1", "kudu-3266-recovered": "open table-0"} {
		s := find(t, id)
		for _, v := range s.Variants {
			answers(t, s, v.ID, operation)
		}
	}
}

func answers(t *testing.T, s *Scene, variant, operation string) {
	given := map[int]int{}
	for _, settings := range [][]trace.Setting{nil, set("machine", "loaded", "client", "connected"), set("sockets", "reset")} {
		for seed := uint64(1); seed <= seedsOf(30, 400); seed++ {
			at := fmt.Sprintf("%s %s seed %d %v", s.ID, variant, seed, settings)
			r := run(t, s, Options{Variant: variant, Seed: seed, Settings: settings})
			for _, q := range questionsOf(r) {
				require.GreaterOrEqual(t, q.Answer, 0, "%s: %s", at, q.Text)
				require.NotEmpty(t, q.Because, at)
				require.NotContains(t, q.Text+strings.Join(q.Options, "")+q.Because, "–", at)
				if strings.HasSuffix(q.Text, "What is it told first?") {
					given[q.Answer]++
					agrees(t, r, q, operation, at)
				}
			}
		}
	}
	t.Log(s.ID, variant, given)
	require.NotZero(t, given[1], "%s %s: the old leader does not always answer", s.ID, variant)
	vouched := variant == "read-index" || variant == "clock-lease"
	require.Equal(t, vouched, given[0] == 0, "%s %s: a stale answer is given now and then, but not by who must ask", s.ID, variant)
}

// agrees compares the answer to "what is it told first?" with the history, which knows nothing of questions.
func agrees(t *testing.T, r *Run, q *Question, operation, at string) {
	require.Equal(t, r.Outcome == check.Anomaly, q.Answer == 0, at)
	first := trace.Operation{End: trace.NoEvent}
	for _, o := range trace.Operations(r.Trace) {
		if o.Op == operation && o.End > q.asked && (first.Open() || o.End < first.End) {
			first = o
		}
	}
	require.Equal(t, map[string]int{"NotFound": 0, "OK": 1}[first.Result], q.Answer, at)
	require.LessOrEqual(t, q.Decided, first.End, at)
	if q.Answer != 1 {
		return
	}
	// What the explanation says: who was paused first was no leader any more when somebody answered.
	cursor := r.Trace.Cursor()
	cursor.Seek(first.End)
	require.NotEqual(t, trace.Leader, trace.Role(cursor.Node(firstPaused(r)).Groups[0].Role.V), at)
}

func firstPaused(r *Run) trace.NodeID {
	i := slices.IndexFunc(r.Trace.Events, func(e trace.Event) bool { return e.Kind == trace.Pause })
	return r.Trace.Events[i].Node
}

func TestTheDefaultSeedAsksTwiceInEachVariant(t *testing.T) {
	s := find(t, "kudu-3266")
	for _, v := range s.Variants {
		r := run(t, s, Options{Variant: v.ID})
		questions := questionsOf(r)
		require.Len(t, questions, 2, v.ID)
		require.Equal(t, 0, questions[0].Answer, v.ID)
		require.Equal(t, v.Outcome == check.Anomaly, questions[1].Answer == 0, v.ID)
		for _, stop := range r.Stops {
			if q := stop.Question; q != nil {
				require.Greater(t, q.Decided, stop.Event, "%s: nobody is told before the guess", v.ID)
			}
		}
	}
}

func TestTheReportHasTheQuestions(t *testing.T) {
	r := run(t, find(t, "kudu-3266"), Options{})
	encoded, err := json.Marshal(r.Report().Questions[1])
	require.NoError(t, err)
	asked, told := r.Trace.Events[r.Stops[6].Event], r.Trace.Events[r.Stops[7].Event]
	require.JSONEq(t, fmt.Sprintf(`{"stop":7,"text":"The client now opens table-1. What is it told first?","options":[
		{"text":"A answers: there is no table-1.","right":true},{"text":"A leader answers: table-1 exists.","right":false},
		{"text":"Nothing for 25 seconds.","right":false}],"answer":0,
		"because":"A answered from its own memory, which is that of term 1. It asked nobody whether it still leads.",
		"asked_us":%d,"decided_us":%d,"event":%d}`, asked.At, told.At, r.Stops[7].Event), string(encoded))
}

const asking = `stop ready leader
  caption  {leader} leads.
  ask      %s
wait 1s
let first = leader
pause first
stop process first paused
  caption  {first} is paused.
wait 10s
`

func ask(t *testing.T, lines ...string) *Question {
	s := written(t, strings.Replace(asking, "%s", strings.Join(lines, "\n"), 1))
	questions := questionsOf(run(t, s, Options{}))
	require.Len(t, questions, 1)
	return questions[0]
}

func TestAQuestionIsDecidedAtTheNextStop(t *testing.T) {
	r := run(t, written(t, strings.Replace(asking, "%s", `Who leads {leader.term}?
  because  It is {leader}.
  option   role leader leader : {leader}
  option   not role leader leader : Nobody`, 1)), Options{})
	q := r.Stops[0].Question
	require.Equal(t, "Who leads 1?", q.Text)
	require.Equal(t, 0, q.Answer)
	require.Equal(t, r.Stops[1].Event, q.Decided)
	require.Equal(t, "It is "+q.Options[0]+".", q.Because)
}

func TestAQuestionMayHaveATimeOfItsOwn(t *testing.T) {
	soon := ask(t, "within 5s : Who is next?", "because That is how it is.", "option role A candidate : A.", "option role B candidate : B.",
		"option role C candidate : C.", "option otherwise : Nobody.")
	require.GreaterOrEqual(t, soon.Answer, 0)
	require.Less(t, soon.Answer, 3, "%v", soon)
	late := ask(t, "within 500ms : Who is next?", "because That is how it is.", "option role A candidate : A.",
		"option otherwise : Nobody.")
	require.Equal(t, 1, late.Answer)
}

func TestARunThatDecidesNothing(t *testing.T) {
	none := ask(t, "Is it?", "because It is.", "option role A candidate : A.", "option role B candidate : B.")
	require.Equal(t, -1, none.Answer)
	require.Empty(t, none.Because)
	both := ask(t, "Is it?", "because It is.", "option process A running : A.", "option not process A crashed : B.", "option otherwise : No.")
	require.Equal(t, -1, both.Answer, "two options hold, and one has been asked for")
}

func TestWhatWasAnsweredBeforeAQuestionDecidesNothing(t *testing.T) {
	r := run(t, written(t, `stop ready leader
  caption  {leader} leads.
create-table table-1
stop answered create table-1 OK
  caption  It is created.
open-table table-1
stop answered open table-1 OK
  caption  It is there.
  ask      within 20s : What will the next one be told?
  because  It is.
  option   answered open table-1 OK : That it is there.
  option   answered open table-1 TimedOut : Nothing.
wait 1s
open-table table-1
stop answered open table-1 OK
  caption  It is still there.
`), Options{})
	q := r.Stops[2].Question
	require.Equal(t, 0, q.Answer)
	require.Equal(t, r.Stops[3].Event, q.Decided)
}

// A stop that this run has not reached asks nothing: its question would speak of what is not so.
func TestAMissedStopAsksNothing(t *testing.T) {
	r := run(t, written(t, `stop ready leader
  caption  {leader} leads.
stop process A crashed within 1s
  caption  A has crashed.
  ask      Who leads now?
  because  It is.
  option   role B leader : B.
  option   otherwise : C.
wait 1s
`), Options{})
	require.False(t, r.Stops[1].Occurred)
	require.Empty(t, questionsOf(r))
}

func TestRecordedScenesAskToo(t *testing.T) {
	played := run(t, written(t, strings.Replace(asking, "%s", "Who?\n because So.\n option role A leader : A.\n option otherwise : No.", 1)), Options{})
	s, err := Parse("recorded.scene", []byte(`-- scene --
id recorded
title Recorded
system kudu
kind recorded
-- variants --
default clean linearizable cluster=1 As it was.
-- script --
stop role A follower
  caption  A follows.
  ask      within 8s : Who is paused?
  because  It is {A} or not.
  option   process A paused : A.
  option   process B paused : B.
  option   process C paused : C.
stop process B running within 20s
  caption  B runs.
`))
	require.NoError(t, err)
	r, err := s.Play(played.Trace, "")
	require.NoError(t, err)
	q := r.Stops[0].Question
	require.GreaterOrEqual(t, q.Answer, 0)
	require.Equal(t, "It is A or not.", q.Because)
}
