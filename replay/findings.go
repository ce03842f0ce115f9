package replay

import (
	"cmp"
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
	identityChanged   = "identity-changed"
	peerView          = "peer-view"
	joinPhase         = "join-phase"
	electorate        = "electorate-mismatch"
	lateLine          = "late-line"
	lateTerm          = "late-term"
	lateElection      = "late-election"
	falsePause        = "false-pause"
	falseRestart      = "false-restart"
)

// tooLate is how long after its time a line, a term or a decision counts as late, in microseconds. It is the shortest
// election timeout of the systems that are read (etcd's; Kudu's followers wait 1.5 s): who waited longer would have
// stood again. Answers that nothing holds up take milliseconds.
const tooLate = 1_000_000

// lesson returns the scene that teaches what a finding of a kind is, empty for none.
func lesson(kind string) string {
	switch kind {
	case check.DualLeader, check.StaleLeader, check.NotFoundAfterCreate, check.StaleRead, check.BurntTerm:
		return "kudu-3266"
	}
	return ""
}

// finding is a finding with the lines it rests on, of which some made no event.
type finding struct {
	check.Finding
	refs []ref
}

// verdict is a finding before it is put into the terms of the trace.
type verdict struct {
	kind, group, text string
	cluster           int
	from, to          int64 // corrected, microseconds since 1970
	inexact           bool
	nodes             []int // players
	refs              []ref
}

// judging is the search for findings in facts that are in their final order.
type judging struct {
	*importing
	events map[ref]trace.EventID // the first event of a line
	byNode [][]int               // facts with a statement, by player
	last   int64                 // the last moment that the trace tells of
	found  []finding
}

// findings are what an import can tell beside what package check finds in its trace. Refs are the lines of the trace's
// events.
func (m *importing) findings(refs []ref) []finding {
	if len(m.facts) == 0 {
		return nil
	}
	j := &judging{importing: m, events: map[ref]trace.EventID{}, byNode: make([][]int, len(m.cast.players)),
		last: m.facts[len(m.facts)-1].at}
	for i, r := range refs {
		if _, ok := j.events[r]; !ok && r.log >= 0 {
			j.events[r] = trace.EventID(i)
		}
	}
	for i := range m.facts {
		if m.facts[i].st != nil {
			j.byNode[m.facts[i].node] = append(j.byNode[m.facts[i].node], i)
		}
	}
	for _, c := range j.councils() {
		j.storms(c)
		j.quorums(c)
		j.lateDecisions(c)
		j.lateLines(c)
		j.lateTerms(c)
	}
	for n := range m.cast.players {
		j.views(n)
		j.restartsThatWereNone(n)
		j.pausesThatWereNone(n)
		j.joins(n)
		j.electorates(n)
		j.disks(n)
		j.identities(n)
	}
	j.clockDoubts()
	j.undated()
	return j.found
}

// add takes up a finding. One that no line shows is none.
func (j *judging) add(v verdict) {
	var refs []ref
	for _, r := range v.refs {
		if r.log >= 0 && !slices.Contains(refs, r) {
			refs = append(refs, r)
		}
	}
	if len(refs) == 0 {
		return
	}
	f := finding{refs: refs, Finding: check.Finding{Kind: v.kind, Cluster: v.cluster, Group: v.group, Exact: !v.inexact,
		Text: v.text, From: trace.Time(v.from - j.origin), To: trace.Time(max(v.from, v.to) - j.origin)}}
	if len(v.nodes) > 0 {
		f.Cluster = j.cast.players[v.nodes[0]].cluster
	}
	for _, n := range v.nodes {
		if id := trace.NodeID(n + 1); !slices.Contains(f.Nodes, id) {
			f.Nodes = append(f.Nodes, id)
		}
	}
	for _, r := range refs {
		if e, ok := j.events[r]; ok {
			f.Events = append(f.Events, e)
		}
	}
	slices.Sort(f.Events)
	j.found = append(j.found, f)
}

// between returns the facts of a node from one moment to another, both included.
func (j *judging) between(n int, from, to int64) []int {
	at := func(i int, t int64) int { return cmp.Compare(j.facts[i].at, t) }
	lo, _ := slices.BinarySearchFunc(j.byNode[n], from, at)
	hi, _ := slices.BinarySearchFunc(j.byNode[n], to+1, at)
	return j.byNode[n][lo:max(lo, hi)]
}

func (j *judging) name(player int) string { return j.cast.players[player].name }

// names lists players as people do: "A, B and C".
func (j *judging) names(players []int) string {
	var all []string
	for _, p := range players {
		if name := j.name(p); !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	if len(all) < 2 {
		return strings.Join(all, "")
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

// of names a raft group where there may be several: a Kudu tablet. The sys catalog goes without saying.
func of(group string) string {
	if group == "" || group == sysCatalog {
		return ""
	}
	return " of tablet " + group[:min(len(group), 8)]
}

// paused reports whether a pause of a node covers most of a time.
func (j *judging) paused(n int, from, to int64) bool {
	return slices.ContainsFunc(j.pauses, func(p pause) bool {
		return p.node == n && 2*(min(p.to, to)-max(p.from, from)) > to-from
	})
}

// stillAt reports whether a node was paused at a moment.
func (j *judging) stillAt(n int, at int64) bool {
	return slices.ContainsFunc(j.pauses, func(p pause) bool { return p.node == n && p.from <= at && at < p.to })
}

// comparable reports whether what two nodes wrote can be compared in time: messages went between their clocks both ways,
// or the one that seems late had just woken, which says the same. Lines that the clocks could not explain show nothing.
func (j *judging) comparable(late, early *fact) bool {
	if slices.ContainsFunc(j.doubtful, func(d doubt) bool {
		return d.before == late.ref || d.after == late.ref || d.before == early.ref || d.after == early.ref
	}) {
		return false
	}
	if a, b := j.rank(late.node), j.rank(early.node); a < len(j.fit.Lines) && b < len(j.fit.Lines) {
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

// woke returns the pause of a node that had just ended at a moment, if one had: what comes then has waited for it.
func (j *judging) woke(n int, at int64) (pause, bool) {
	i := slices.IndexFunc(j.pauses, func(p pause) bool { return p.node == n && p.from < at && at <= p.to+tooLate })
	if i < 0 {
		return pause{}, false
	}
	return j.pauses[i], true
}

// because says why a node is late.
func (j *judging) because(n int, at int64) string {
	if p, ok := j.woke(n, at); ok {
		return ": it had been paused for " + span(p.from, p.to)
	}
	return ""
}

// lifeAt returns the process of a node that wrote at a moment by its own clock.
func (p *player) lifeAt(raw int64) (life, bool) {
	for i := len(p.lives) - 1; i >= 0; i-- {
		if p.lives[i].from <= raw {
			return p.lives[i], true
		}
	}
	return life{}, false
}

// byTime sorts findings as reports have them.
func byTime(a, b finding) int {
	return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Kind, b.Kind))
}

// says reports whether a fact is a node's own statement of a kind.
func (f *fact) says(k text.Kind) bool { return f.st != nil && f.what == k && f.prov != trace.Inferred }
