package scenes

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine"
	"tabletop/engine/check"
	"tabletop/engine/trace"
)

const preamble = `-- scene --
id written
title Written for a test
system kudu
-- cluster --
masters A B C
clients client
-- variants --
default clean linearizable As it is.
-- settings --
clients 1
-- script --
`

// written parses a scene whose script is given, of three masters and a client.
func written(t testing.TB, script string) *Scene {
	s, err := Parse("written.scene", []byte(preamble+script))
	require.NoError(t, err)
	return s
}

const conditionsScript = `stop not ready leader within 0s
  caption  Nobody leads yet.
stop ready leader
  caption  {leader} leads.
let first = leader
mark begun
expect cell first ready t1 : yes
expect cell first memory ready t1 : yes
expect cell first disk ready t1 : no
expect cell first ready t2 : no
expect cell first table/table-1 absent : yes
expect cell first ready absent : no
expect not cell first table/table-1 * : yes
expect sent client create since begun : no
create-table table-1
stop cell first table/table-1 key* and answered create table-1 OK
  caption  {first} has table-1.
expect cell first table/* *INT32* : yes
expect cell first disk table/table-1 key* : yes
expect sent client create table-1 since begun : yes
expect sent client create table-1 to first since begun : yes
expect sent first create table-1 since begun : no
expect received first create table-1 from client since begun : yes
expect received client OK from first since begun : yes
expect not received client OK since begun : no
expect not sent client open since begun : yes
mark created
expect sent client create since created : no
open-table table-2
stop answered open table-2 NotFound by first
  caption  table-2 does not exist.
expect not answered open table-2 : no
expect not answered open table-2 OK : yes
expect not role first leader : no
list-tables
stop answered list OK by leader
  caption  The client lists the tables.
pause first
stop not process first running within 1s
  caption  {first} is paused.
`

// What each line of the script claims is the word behind its colon.
func TestEveryConditionIsJudgedByTheRun(t *testing.T) {
	script := conditionsScript
	s := written(t, script)
	require.True(t, s.traced("default"))
	r := run(t, s, Options{})
	var at int
	for _, e := range r.Expectations {
		if e.stop >= 0 {
			require.True(t, e.OK, e.Text)
			continue
		}
		require.Equalf(t, e.Text == "yes", e.OK, "expectation %d of the script", at)
		at++
	}
	require.Equal(t, strings.Count(script, "expect "), at)
	for _, stop := range r.Stops {
		require.True(t, stop.Occurred, stop.Instead)
	}
	hunted, err := s.Measure(Options{})
	require.NoError(t, err)
	require.Equal(t, r.Outcome, hunted.Outcome)
	require.Equal(t, strings.Count(script, ": no"), hunted.Failed, "a hunt judges cells and messages too")
}

// A stop stands at the event that met it, also where that is a cell or a message.
func TestAStopStandsAtTheEventThatMetIt(t *testing.T) {
	r := run(t, written(t, `stop ready leader
  caption  {leader} leads.
let first = leader
mark begun
create-table table-1
stop cell first table/table-1 *
  caption  {first} has applied it.
stop received client OK from first since begun
  caption  The client is told.
stop not answered open table-1
  caption  Nobody has asked.
wait 1s
`), Options{})
	kinds := []trace.Kind{}
	for _, stop := range r.Stops[1:3] {
		kinds = append(kinds, r.Trace.Events[stop.Event].Kind)
	}
	require.Equal(t, []trace.Kind{trace.Apply, trace.Receive}, kinds)
}

func TestAStopThatIsNotMetSaysWhatThereIs(t *testing.T) {
	r := run(t, written(t, `stop ready leader
  caption  {leader} leads.
mark begun
stop cell leader ready t9 within 1s
  caption  Nine terms.
stop cell leader rebuilt * within 1s
  caption  It is rebuilt.
stop sent leader report since begun within 1s
  caption  It reports.
stop not ready leader within 1s
  caption  Nobody leads.
create-table table-1
stop answered create table-1 OK
  caption  There it is.
stop not sent client create since begun within 1s
  caption  Nobody asked.
`), Options{})
	var instead []string
	for _, stop := range r.Stops {
		if !stop.Occurred {
			instead = append(instead, strings.ReplaceAll(stop.Instead, r.Stops[0].Caption[:1]+" ", "L "))
		}
	}
	require.Equal(t, []string{"L has ready: t1", "L has no rebuilt", "L has not sent report",
		"L is running, leader in term 1", "client sent create"}, instead)
}

func TestACommandThatMayTimeOut(t *testing.T) {
	script := `stop ready leader
  caption  {leader} leads.
pause A
pause B
pause C
%screate-table table-1
stop answered create table-1 TimedOut within 40s
  caption  It is never answered.
`
	outcome := func(prefix string, settings ...string) check.Outcome {
		return run(t, written(t, strings.Replace(script, "%s", prefix, 1)), Options{Settings: set(settings...)}).Outcome
	}
	require.Equal(t, check.Timeout, outcome(""))
	require.Equal(t, check.Clean, outcome("may-time-out "))
	script = strings.ReplaceAll(script, "create", "open")
	require.Equal(t, check.Timeout, outcome("", "clients", "3"))
	require.Equal(t, check.Clean, outcome("may-time-out ", "clients", "3"))
}

func TestOnlyTheMarkedLineMayTimeOut(t *testing.T) {
	s := written(t, "stop ready leader\n  caption {leader} leads.\nmay-time-out create-table table-1\nopen-table table-2\nwait 1s\n")
	by := engine.Act{After: 400, Command: engine.Command{Verb: "open-table", Args: []string{"table-3"}, MayTimeOut: true}}
	ops := trace.Operations(run(t, s, Options{Acts: []engine.Act{by}}).Trace)
	marked := map[string]bool{}
	for _, o := range ops {
		marked[o.Op] = o.MayTimeOut
	}
	require.Equal(t, map[string]bool{"create table-1": true, "open table-2": false, "open table-3": true}, marked)
	again, err := engine.ParseCommand(by.Command.String())
	require.NoError(t, err)
	require.Equal(t, by.Command, again)
}

func TestTabletServersAreNodesOfTheirOwn(t *testing.T) {
	source := strings.Replace(preamble, "clients client", "servers t1 t2\nclients client", 1) + "wait 1s\n"
	s, err := Parse("x.scene", []byte(source))
	require.NoError(t, err)
	require.Equal(t, []string{"t1", "t2"}, s.Servers)
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"v1", "v1", true}, {"v1", "v12", false}, {"v1*", "v12", true}, {"*", "", true}, {"", "", true}, {"", "x", false},
		{"task/*", "table/x", false}, {"*try*no leader", "alter ab12, try 6: no leader", true}, {"a*a", "a", false},
		{"a*b*c", "abbc", true}, {"a*b*c", "acb", false}, {"**", "x", true}, {"*of 7*", "3 of 7 tablets", true},
	} {
		require.Equalf(t, c.want, matches(c.pattern, c.text), "%q %q", c.pattern, c.text)
	}
}
