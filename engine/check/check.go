// Package check judges a trace: what its clients were told, who believed to be leader, and whether the nodes' logs and
// state machines agree.
//
// It reads a finished trace and returns findings. It never runs or changes anything, never reads a clock, and gives the
// same answer for the same trace on every machine: its one limit is in steps, not in time.
//
//	report := check.Check(t)
//	for _, f := range report.Findings {
//		fmt.Println(f.Kind, f.Text) // dual-leader A (term 2) and B (term 3) believed …
//	}
//	check.OutcomeOf(t) // anomaly, clean or timeout
package check

import (
	"cmp"
	"slices"

	"tabletop/engine/trace"
)

// The kinds of findings that this package makes. An importer adds its own.
const (
	NotFoundAfterCreate = "not-found-after-create"
	StaleRead           = "stale-read"
	Contradiction       = "contradiction" // a write was acknowledged that another acknowledged answer rules out
	DualLeader          = "dual-leader"
	StaleLeader         = "stale-leader"
	BurntTerm           = "burnt-term"
	DoubleVote          = "double-vote"
	TermRegression      = "term-regression"
	ElectionSafety      = "election-safety"
	LogMatching         = "log-matching"
	LeaderCompleteness  = "leader-completeness"
	StateMachineSafety  = "state-machine-safety"
)

// Finding is one thing worth a look.
type Finding struct {
	Kind    string
	Cluster int
	Group   string
	// From and To bound it in time; To is the end of the trace when it lasts to there.
	From, To trace.Time
	// Exact is false when From and To are those of the neighbours of evidence that has no time.
	Exact bool
	Nodes []trace.NodeID
	Text  string
	// Beside says that a wrong answer was given while two believed themselves leader, by one of them or by nobody knows whom.
	Beside bool
	// Routine says that it is what somebody meant to do, and no accident. This package finds none of these.
	Routine bool
	// Events are the evidence, in the order of the trace.
	Events []trace.EventID
}

// Report is what Check found.
type Report struct {
	Findings []Finding // by From, then by Kind
	// Linearizable is nil when there is nothing to check or the checker gave up.
	Linearizable *bool
}

// Check looks for everything this package knows of in a trace whose times are by one clock.
func Check(t *trace.Trace) Report { return CheckBy(t, oneClock, Shown(t)) }

// Clocks tells how far two events may have been from as long apart as their times say, each by the clock of its node;
// false if nothing binds the two clocks.
type Clocks func(a, b trace.EventID) (off trace.Time, known bool)

func oneClock(trace.EventID, trace.EventID) (off trace.Time, known bool) { return 0, true }

// CheckBy is Check for a trace of several clocks, which may not know of every pause.
func CheckBy(t *trace.Trace, clocks Clocks, atWork AtWork) Report {
	all := histories(t)
	return Report{Findings: findings(t, all, clocks, atWork), Linearizable: Linearizable(all...)}
}

// Findings looks for everything but whether one order explains all answers, which can take long.
func Findings(t *trace.Trace) []Finding { return findings(t, histories(t), oneClock, Shown(t)) }

// histories returns the operations of a trace in groups that share no register: those of different clusters, and those of
// different histories of a cluster.
func histories(t *trace.Trace) (all [][]trace.Operation) {
	type whose struct{ cluster, history int }
	places := map[whose]int{}
	for _, o := range trace.Operations(t) {
		var k whose
		if o.Client != 0 {
			client := t.Node(o.Client)
			k = whose{client.Cluster, client.History}
		}
		at, ok := places[k]
		if !ok {
			at = len(all)
			places[k], all = at, append(all, nil)
		}
		all[at] = append(all[at], o)
	}
	return all
}

func findings(t *trace.Trace, histories [][]trace.Operation, clocks Clocks, atWork AtWork) (findings []Finding) {
	believed := beliefs(t, clocks, atWork)
	for _, h := range histories {
		findings = append(findings, contradictionFindings(t, h, clocks, believed)...)
	}
	findings = append(findings, believed...)
	findings = append(findings, elections(t)...)
	findings = append(findings, logs(t)...)
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Kind, b.Kind))
	})
	return findings
}

// Invariants returns only the findings that no correct implementation of raft can produce: those of the votes, terms,
// elections, logs and state machines.
func Invariants(t *trace.Trace) []Finding {
	all := append(elections(t), logs(t)...)
	all = append(all, beliefs(t, oneClock, throughout)...)
	return slices.DeleteFunc(all, func(f Finding) bool {
		return f.Kind == BurntTerm || f.Kind == DualLeader || f.Kind == StaleLeader
	})
}

// place is where things may be compared: a raft group within a cluster.
type place struct {
	cluster int
	group   trace.GroupID
}

func placeOf(t *trace.Trace, n trace.NodeID, g trace.GroupID) place {
	if n == 0 {
		return place{group: g}
	}
	return place{cluster: t.Node(n).Cluster, group: g}
}

// finding starts a finding of a raft group whose evidence is a few events.
func (p place) finding(t *trace.Trace, kind, text string, events ...trace.EventID) Finding {
	slices.Sort(events)
	f := Finding{Kind: kind, Cluster: p.cluster, Group: t.Group(p.group), Exact: true, Text: text, Events: events}
	for _, e := range events {
		if n := t.Events[e].Node; n != 0 && !slices.Contains(f.Nodes, n) {
			f.Nodes = append(f.Nodes, n)
		}
	}
	f.From, f.To = t.Events[events[0]].At, t.Events[events[len(events)-1]].At
	return f
}
