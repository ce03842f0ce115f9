package replay

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/replay/clock"
	"tabletop/replay/text"
)

// The kinds of findings that an import makes beside those of package check.
const (
	lostQuorum        = "lost-quorum"
	electionStorm     = "election-storm"
	slowDisk          = "slow-disk"
	clockUnrepairable = "clock-unrepairable"
	clockStep         = "clock-step"
	identityChanged   = "identity-changed"
	peerView          = "peer-view"
	joinPhase         = "join-phase"
	electorate        = "electorate-mismatch"
	lateLine          = "late-line"
	lateTerm          = "late-term"
	lateElection      = "late-election"
	falsePause        = "false-pause"
	doubtfulPause     = "doubtful-pause"
	falseRestart      = "false-restart"
)

// tooLate is how long after its time a line, a term or a decision counts as late, in microseconds. It is the shortest
// election timeout of the systems that are read (etcd's; Kudu's followers wait 1.5 s): who waited longer would have
// stood again. Answers that nothing holds up take milliseconds.
const tooLate = 1_000_000

// lesson returns the scene that teaches what a finding is, empty for none. A wrong answer is that ticket's only beside two
// leaders: one that a follower gave who lags is another failure.
func lesson(f check.Finding) string {
	if f.Kind == check.DualLeader || f.Kind == check.StaleLeader || f.Beside {
		return "kudu-3266"
	}
	return ""
}

const (
	// maxFindings is how many findings of one kind are told, the first ones: more than anybody reads. Logs of a cluster
	// that is ill for days have thousands.
	maxFindings = 10_000
	// maxRefs is how many lines a finding shows, and how many nodes; maxNames how many nodes its text names.
	maxRefs  = 100
	maxNames = 20
)

// finding is a finding with the lines it rests on, of which some made no event.
type finding struct {
	check.Finding
	refs []ref
	cut  bool // it rests on more lines than these
}

// verdict is a finding before it is put into the terms of the trace.
type verdict struct {
	kind, group, text string
	cluster           int
	from, to          int64 // corrected, microseconds since 1970
	inexact           bool
	beside            bool  // a wrong answer while two led
	routine           bool  // somebody meant it to be so
	nodes             []int // players
	refs              []ref
}

// answer is whose answers to whose calls for a vote are looked for.
type answer struct {
	voter, candidate int
	pre              bool
}

// unreached is who could not reach whom, in a term.
type unreached struct {
	node, peer int
	term       uint64
}

// judging is the search for findings in facts that are in their final order.
type judging struct {
	*importing
	events    map[ref]trace.EventID // the first event of a line
	byNode    [][]int               // facts with a statement, by player
	pasts     []past                // by player
	judged    []check.Finding       // what package check finds
	doubted   map[ref]bool          // the lines of importing.doubtful
	answers   map[answer][]int64    // when
	unreached map[unreached][]int   // facts
	last      int64                 // the last moment that the trace tells of
	found     map[string]*drawer
}

// drawer holds the findings of one kind, and counts those for which it has no room.
type drawer struct {
	kept   []finding
	beyond int
}

// tidy sorts the findings and drops those beyond the first ones.
func (d *drawer) tidy() {
	slices.SortStableFunc(d.kept, byTime)
	if n := len(d.kept) - maxFindings; n > 0 {
		d.beyond += n
		clear(d.kept[maxFindings:])
		d.kept = d.kept[:maxFindings]
	}
}

// findings are what an import can tell beside what package check finds in its trace, and that, in the order of time. Refs
// are the lines of the trace's events.
func (m *importing) findings(refs []ref, judged []check.Finding) []finding {
	j := &judging{importing: m, events: map[ref]trace.EventID{}, byNode: make([][]int, len(m.cast.players)),
		judged: judged, doubted: map[ref]bool{}, found: map[string]*drawer{}}
	if len(m.facts) > 0 {
		j.last = m.facts[len(m.facts)-1].at
		for i, r := range refs {
			if _, ok := j.events[r]; !ok && r.log >= 0 {
				j.events[r] = trace.EventID(i)
			}
		}
		j.remember()
		j.judge()
	}
	for _, f := range judged {
		if f.Kind == check.DoubleVote || f.Kind == check.TermRegression {
			continue // see oaths: a trace cannot tell a line that was written late
		}
		cut := len(f.Events) > maxRefs
		f.Events, f.Nodes = f.Events[:min(len(f.Events), maxRefs)], f.Nodes[:min(len(f.Nodes), maxRefs)]
		j.keep(finding{Finding: f, cut: cut})
	}
	return j.sorted()
}

func (j *judging) judge() {
	for _, c := range j.councils() {
		j.storms(c)
		j.quorums(c)
		j.lateDecisions(c)
		j.lateLines(c)
		j.lateTerms(c)
	}
	for n := range j.cast.players {
		j.views(n)
		j.restartsThatWereNone(n)
		j.pausesThatWereNone(n)
		j.joins(n)
		j.electorates(n)
		j.disks(n)
		j.identities(n)
	}
	j.meetings()
	j.oaths()
	j.clockDoubts()
	j.setBack()
	j.clockSteps()
	j.undated()
}

// sorted returns what was found, and has the limits say what was left out.
func (j *judging) sorted() (all []finding) {
	var cut int
	for _, kind := range slices.Sorted(maps.Keys(j.found)) {
		d := j.found[kind]
		d.tidy()
		all = append(all, d.kept...)
		if d.beyond > 0 {
			j.tooMuch = append(j.tooMuch, fmt.Sprintf("more than %d findings of kind %s: %d others are left out", maxFindings, kind, d.beyond))
		}
	}
	for i := range all {
		cut += b2i(all[i].cut)
	}
	if cut > 0 {
		j.tooMuch = append(j.tooMuch, fmt.Sprintf("more than %d lines show each of %d findings: the others are left out", maxRefs, cut))
	}
	slices.SortStableFunc(all, byTime)
	return all
}

// keep takes up a finding. Twice as many as will be told are held, so that each is sorted but a few times.
func (j *judging) keep(f finding) {
	d := j.found[f.Kind]
	if d == nil {
		d = &drawer{}
		j.found[f.Kind] = d
	}
	if d.kept = append(d.kept, f); len(d.kept) >= 2*maxFindings {
		d.tidy()
	}
}

// add takes up a verdict. One that no line shows is none.
func (j *judging) add(v verdict) {
	f := finding{Finding: check.Finding{Kind: v.kind, Cluster: v.cluster, Group: v.group, Exact: !v.inexact,
		Text: v.text, Beside: v.beside, Routine: v.routine, From: trace.Time(v.from - j.origin), To: trace.Time(max(v.from, v.to) - j.origin)}}
	for _, r := range v.refs {
		if r.log < 0 || slices.Contains(f.refs, r) {
			continue
		}
		if f.cut = len(f.refs) == maxRefs; f.cut {
			break
		}
		f.refs = append(f.refs, r)
	}
	if len(f.refs) == 0 {
		return
	}
	if len(v.nodes) > 0 {
		f.Cluster = j.cast.players[v.nodes[0]].cluster
	}
	for _, n := range v.nodes {
		if id := trace.NodeID(n + 1); len(f.Nodes) < maxRefs && !slices.Contains(f.Nodes, id) {
			f.Nodes = append(f.Nodes, id)
		}
	}
	for _, r := range f.refs {
		if e, ok := j.events[r]; ok {
			f.Events = append(f.Events, e)
		}
	}
	slices.Sort(f.Events)
	j.keep(f)
}

func (j *judging) name(player int) string { return j.cast.players[player].name }

// names lists players as people do: "A, B and C".
func (j *judging) names(players []int) string {
	var all []string
	met := map[string]bool{}
	for _, p := range players {
		if name := j.name(p); !met[name] {
			met[name] = true
			all = append(all, name)
		}
	}
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	if n := len(all) - maxNames; n > 1 {
		return strings.Join(all[:maxNames], ", ") + " and " + utoa(uint64(n)) + " others"
	}
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}

// span writes how long something lasted.
func span(from, to int64) string { return check.Duration(trace.Time(max(0, to-from))) }

// times writes how often.
func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return utoa(uint64(n)) + " times"
}

// comparable reports whether what two nodes wrote can be compared in time: messages went between their clocks both ways,
// or the one that seems late had just woken, which says the same. Lines that the clocks could not explain show nothing.
func (j *judging) comparable(late, early *fact) bool {
	if j.doubted[late.ref] || j.doubted[early.ref] {
		return false
	}
	if a, b := j.clock(late.node, late.raw), j.clock(early.node, early.raw); a < len(j.fit.Lines) && b < len(j.fit.Lines) {
		l, e := j.fit.Lines[a], j.fit.Lines[b]
		linked := l.Component >= 0 && l.Component == e.Component
		if late.node == early.node || linked && l.Evidence == clock.TwoSided && e.Evidence == clock.TwoSided {
			return true
		}
		if l.Evidence == clock.Contradictory || e.Evidence == clock.Contradictory {
			return false
		}
	}
	_, ok := j.woke(late.node, late.at)
	return ok
}

// because says why a node is late.
func (j *judging) because(n int, at int64) string {
	if p, ok := j.woke(n, at); ok {
		return ": it had been paused for " + check.Roughly(trace.Time(p.to-p.from), trace.Time(p.fromBound+p.toBound), true)
	}
	return ""
}

// byTime sorts findings as reports have them.
func byTime(a, b finding) int {
	return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Kind, b.Kind))
}

// says reports whether a fact is a node's own statement of a kind.
func (f *fact) says(k text.Kind) bool { return f.st != nil && f.what == k && f.prov != trace.Inferred }

func (j *judging) inferred(i int) bool { return j.facts[i].prov == trace.Inferred }
