package replay

import (
	"math"
	"slices"
	"strings"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/replay/clock"
	"tabletop/replay/text"
)

// doubt is a pair of lines of which the second must have come after the first, and by which the clocks make no sense:
// set aside, or one of a contradiction.
type doubt struct {
	before, after ref
	nodes         [2]int
	raw           [2]int64
	component     int
	contradictory bool
}

// doubts returns the pairs of lines that the estimate of the clocks could not explain.
func (m *importing) doubts(all []edge, messages []clock.Edge) (found []doubt) {
	suspects := map[int]bool{}
	for _, i := range m.fit.Suspects {
		suspects[i] = true
	}
	for i, e := range all {
		l := m.fit.Lines[messages[i].From]
		contradictory := l.Evidence == clock.Contradictory
		if !suspects[i] && !(contradictory && messages[i].Received < messages[i].Sent) {
			continue
		}
		a, b := &m.facts[e.before], &m.facts[e.after]
		found = append(found, doubt{a.ref, b.ref, [2]int{a.node, b.node}, [2]int64{a.raw, b.raw}, l.Component, contradictory})
	}
	return found
}

// clockDoubts finds the groups of nodes whose clocks could not be brought together without setting lines aside, or not
// at all.
func (j *judging) clockDoubts() {
	var components []int
	of := map[int][]doubt{} // by component, those of what was to be taken up
	for _, d := range j.doubtful {
		a, b := j.corrected(d.nodes[0], d.raw[0]), j.corrected(d.nodes[1], d.raw[1])
		if min(a, b) < j.facts[0].at || max(a, b) > j.last {
			continue
		}
		if len(of[d.component]) == 0 {
			components = append(components, d.component)
		}
		of[d.component] = append(of[d.component], d)
	}
	for _, k := range components {
		v := verdict{kind: clockUnrepairable, from: 1<<62 - 1, to: -1 << 62}
		for n, d := range of[k] {
			for i, node := range d.nodes {
				at := j.corrected(node, d.raw[i])
				v.from, v.to = min(v.from, at), max(v.to, at)
				v.nodes = append(v.nodes, node)
			}
			const most = 20 // pairs of lines to show
			if n < most {
				v.refs = append(v.refs, d.before, d.after)
			}
		}
		slices.Sort(v.nodes)
		v.text = j.doubtText(of[k], v.nodes)
		j.add(v)
	}
}

// doubtText says of pairs of lines that the clocks do not explain what is wrong with them, how far, and whose clock it may be.
func (j *judging) doubtText(all []doubt, nodes []int) string {
	worst, far, contradictory := all[0], int64(0), false
	for _, d := range all {
		contradictory = contradictory || d.contradictory
		if by := j.corrected(d.nodes[0], d.raw[0]) - j.corrected(d.nodes[1], d.raw[1]); by > far {
			worst, far = d, by
		}
	}
	asked, answered := j.name(worst.nodes[0]), j.name(worst.nodes[1])
	before := "before"
	if far > 0 {
		before = span(0, far) + " before"
	}
	words := "by its stamp a line of " + answered + " was written " + before + " the line of " + asked + " that it follows from"
	if n := len(all); n > 1 {
		words = utoa(uint64(n)) + " lines were by their stamps written before those that they follow from; at worst one of " + answered + " " +
			before + " one of " + asked
	}
	whose := "the clock of " + asked + " or that of " + answered
	if n, ok := suspect(all); ok {
		whose = "the clock of " + j.name(n) + ", which wrote in each of those pairs,"
	}
	if contradictory {
		return words + ": " + whose + " was wrong in a way that neither an offset nor a drift nor a few steps explain; the times of " +
			j.names(nodes) + " are as they wrote them"
	}
	return words + ", although all their other lines agree: " + whose + " was wrong for that time, or the lines do not belong together; " +
		"they were left out when clocks were compared"
}

// suspect returns the one node that is in all of several pairs of lines.
func suspect(all []doubt) (node int, ok bool) {
	for _, n := range all[0].nodes {
		if !slices.ContainsFunc(all, func(d doubt) bool { return d.nodes[0] != n && d.nodes[1] != n }) {
			if ok {
				return none, false
			}
			node, ok = n, true
		}
	}
	return node, ok
}

// clockSteps tells of clocks that were set while a node ran. No line says so, and all that it wrote afterwards is moved.
func (j *judging) clockSteps() {
	for _, s := range j.fit.Steps {
		if j.trusted[j.fit.Lines[s.Node].Component] {
			continue
		}
		n := j.timing.of[s.Node]
		v := verdict{kind: clockStep, from: j.fit.CorrectAt(s.Node, s.After, s.After), to: j.fit.Correct(s.Node, s.At), nodes: []int{n},
			refs: j.beside(n, s.After, s.At)}
		way := "forward"
		if s.JumpUS < 0 {
			way = "back"
		}
		v.text = "the clock of " + j.name(n) + " was set " + way + " by " + span(0, int64(math.Abs(s.JumpUS)))
		if !math.IsInf(s.BoundUS, 0) {
			v.text += " (± " + span(0, int64(math.Ceil(s.BoundUS))) + ")"
		}
		v.text += " at some time within " + span(v.from, v.to) + "; what it wrote from the end of that time on is corrected by it"
		j.add(v)
	}
}

// setBack tells of the steps back that a file shows by itself. How long its process was silent there messages may tell.
func (j *judging) setBack() {
	for i, l := range j.logs {
		for _, s := range l.setbacks {
			if s.by == 0 || s.again {
				continue
			}
			n := j.cast.index[l.sole]
			at := j.corrected(n, s.at)
			v := verdict{kind: clockStep, from: at, to: at, nodes: []int{n},
				refs: []ref{{int32(i), int32(s.before)}, {int32(i), int32(s.line)}}}
			v.text = "the clock of " + j.name(n) + " was set back by "
			idle, off, known := j.idleAt(n, s.at)
			v.from = min(at, at-idle)
			if v.text += span(0, s.by+idle); known && !s.whole {
				v.text += " (± " + span(0, off) + ")"
			} else if !s.whole {
				v.text += " or more"
			}
			v.text += ": its stamps go back from one line to the next; what it wrote from there on is moved behind what it wrote before"
			j.add(v)
		}
	}
}

// beside returns the last line of a node by which its clock was judged up to a stamp, and the first one from another on.
func (j *judging) beside(n int, after, at int64) (refs []ref) {
	var last, first *fact
	for _, i := range j.byNode[n] {
		f := &j.facts[i]
		if f.judged() <= after && (last == nil || f.judged() >= last.judged()) {
			last = f
		}
		if f.judged() >= at && (first == nil || f.judged() < first.judged()) {
			first = f
		}
	}
	for _, f := range []*fact{last, first} {
		if f != nil {
			refs = append(refs, f.ref)
		}
	}
	return refs
}

// judged returns the stamp of a fact by which its clock was judged.
func (f *fact) judged() int64 {
	if f.what == text.Accepts {
		return f.raw - opens
	}
	return f.raw
}

// disks finds disks that were slow in a process that ran: a write that spans a pause took long for another reason. What
// is slow is what the system itself warns of. Warnings that follow each other within 30 s are one finding.
func (j *judging) disks(n int) {
	const together = 30_000_000
	var run []*fact
	flush := func() {
		if len(run) == 0 {
			return
		}
		v := verdict{kind: slowDisk, from: run[0].at - run[0].st.Length, to: run[len(run)-1].at, nodes: []int{n}}
		worst := run[0]
		for _, f := range run {
			v.refs = append(v.refs, f.ref)
			v.from = min(v.from, f.at-f.st.Length)
			if f.st.Length > worst.st.Length {
				worst = f
			}
		}
		v.from = max(v.from, j.facts[0].at)
		v.text = "the disk of " + j.name(n) + " took " + span(0, worst.st.Length)
		if len(run) > 1 {
			v.text = "the disk of " + j.name(n) + " was slow " + times(len(run)) + " within " + span(v.from, v.to) +
				", and took " + span(0, worst.st.Length) + " at worst"
		}
		if worst.st.Text != "" {
			v.text += " (" + trimmed(worst.st.Text) + ")"
		}
		if j.mute(worst) {
			v.text += "; " + j.name(n) + " wrote nothing else meanwhile, so it may have been paused"
		}
		j.add(v)
		run = nil
	}
	for _, i := range j.byNode[n] {
		f := &j.facts[i]
		if !f.says(text.SlowDisk) || f.st.Length <= 0 || j.paused(n, f.at-f.st.Length, f.at) {
			continue
		}
		if len(run) > 0 && f.at-f.st.Length-run[len(run)-1].at > together {
			flush()
		}
		run = append(run, f)
	}
	flush()
}

// mute reports whether a node was silent for most of the second or more that a line says something took.
func (j *judging) mute(f *fact) bool {
	at := j.corrected(f.node, f.raw)
	return f.st.Length >= shortestPause && j.longest(f.node, at-f.st.Length, at) >= f.st.Length*8/10
}

// rivals names those who led a verdict's cluster at once in its time, if any did.
func (j *judging) rivals(v verdict) string {
	from, to := trace.Time(v.from-j.origin), trace.Time(v.to-j.origin)
	for _, f := range j.judged {
		if f.Kind == check.DualLeader && check.OfGroup(f.Group) == "" && f.Cluster == v.cluster && f.From <= to && from <= f.To {
			var all []int
			for _, n := range f.Nodes {
				all = append(all, int(n)-1)
			}
			return j.names(all)
		}
	}
	return ""
}

// undated finds answers that stand in a log without a time, as a test prints them: that a table does not exist. They came
// between the lines around them. If the log shows that the table was deleted before, the answer was right.
func (j *judging) undated() {
	var a *undating // made for the first of them: few logs have any
	for i, l := range j.logs {
		for k := range l.statements {
			st := &l.statements[k]
			table, ok := strings.CutPrefix(st.Text, "open ")
			if !st.Undated || st.Kind != text.Answered || st.Won || !ok {
				continue
			}
			if a == nil {
				a = j.around()
			}
			before, after := a.beside(i, st.Line)
			if before == nil || j.corrected(before.node, st.At) > j.last {
				continue
			}
			v := verdict{kind: check.NotFoundAfterCreate, from: st.At, to: st.At, inexact: true,
				cluster: j.cast.players[before.node].cluster, refs: []ref{{int32(i), int32(st.Line)}}}
			v.from = max(j.facts[0].at, j.corrected(before.node, st.At))
			v.to = v.from
			if after != nil && after.at > v.from {
				v.to = after.at
			}
			asked, deleted := a.created(i, v.cluster, table, v.to)
			if deleted {
				continue
			}
			v.text = "a client was told that table " + table + " does not exist"
			if asked != nil {
				v.refs = append(v.refs, asked.ref)
				v.text += " although the cluster had been asked to create it"
				if asked.at < v.from {
					v.text += " " + j.later(asked.node, asked.at, before.node, v.from) + " before"
				}
			} else {
				v.text += "; who created it is not in the log"
			}
			v.text += ". The line has no time of its own: those around it tell when"
			if rivals := j.rivals(v); rivals != "" {
				v.beside = true
				v.text += ". In that time " + rivals + " believed themselves leader at once"
			}
			j.add(v)
		}
	}
}
