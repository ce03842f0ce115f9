package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tabletop/engine/trace"
)

// contradictionFindings tells the contradictions of a history in words. An answer that only contradicts one found wrong
// before is the truth again, and no finding.
func contradictionFindings(t *trace.Trace, history []trace.Operation, clocks Clocks, believed []Finding) []Finding {
	var out []Finding
	wrong := map[int]bool{}
	for _, c := range contradictions(history) {
		if wrong[c.other] {
			continue
		}
		wrong[c.operation] = true
		x, y := history[c.operation], history[c.other]
		f := Finding{
			Kind: contradictionKind(x, y, c), Cluster: t.Node(x.Client).Cluster, Exact: true, From: x.Call, To: x.Return,
			Text: contradictionText(t, x, y, c, clocks), Events: []trace.EventID{y.Invoke, y.End, x.Invoke, x.End},
		}
		for _, n := range []trace.NodeID{y.Server, x.Server} {
			if n != 0 && !slices.Contains(f.Nodes, n) {
				f.Nodes = append(f.Nodes, n)
			}
		}
		if i := slices.IndexFunc(believed, func(d Finding) bool { return d.explains(f, x) }); i >= 0 {
			f.Beside = true
			f.blame(t, x, believed[i], clocks)
		}
		slices.Sort(f.Events)
		out = append(out, f)
	}
	return out
}

// explains reports whether two led at once when a wrong answer was asked for or given: names are asked of the group that
// leads the cluster. That one of the two gave it is known where the answer has a server.
func (f Finding) explains(wrong Finding, o trace.Operation) bool {
	return f.Kind == DualLeader && OfGroup(f.Group) == "" && f.Cluster == wrong.Cluster && f.From <= o.Return && o.Call <= f.To &&
		(o.Server == 0 || slices.Contains(f.Nodes, o.Server))
}

// blame says who led when an answer was wrong of which a log does not tell who gave it. A simulated run shows that beside it.
func (f *Finding) blame(t *trace.Trace, o trace.Operation, dual Finding, clocks Clocks) {
	if o.Server != 0 || !o.Logged {
		return
	}
	f.Text += ": in that time " + namesOf(t, dual.Nodes) + " believed themselves leader at once"
	if _, known := clocks(dual.Events[len(dual.Events)-1], o.Invoke); !known {
		f.Text += ", if their clocks agree with the clients'"
	}
	for _, n := range dual.Nodes {
		if !slices.Contains(f.Nodes, n) {
			f.Nodes = append(f.Nodes, n)
		}
	}
	f.Events = append(f.Events, dual.Events...)
}

func contradictionKind(x, y trace.Operation, c contradiction) string {
	a, b := parse(x), parse(y)
	switch {
	case c.before && x.Verb == "open" && a.answer == absent && y.Verb == "create" && b.answer == done:
		return NotFoundAfterCreate
	case !mayWrite(a), a.answer == absent, a.answer == present, a.family == counters && a.answer == done:
		return StaleRead
	}
	return Contradiction
}

func contradictionText(t *trace.Trace, x, y trace.Operation, c contradiction, clocks Clocks) string {
	if !c.before {
		return fmt.Sprintf("%s and %s overlapped, and what they were told cannot both be true: %s, and %s",
			x.Op, y.Op, told(y), told(x))
	}
	off, known := clocks(y.End, x.Invoke)
	return fmt.Sprintf("%s began %s after %s %s, and %s%s answered %s",
		x.Op, Roughly(x.Call-y.Return, off, known), y.Op, ended(y), nodeName(t, x.Server), believedBy(t, x), said(x))
}

// believedBy says what the log of the server of a wrong answer has it believe while it was asked: a leader that has been
// deposed errs for another reason than a follower that lags. A history and the log are by different clocks, so that of a
// follower it says for how long. A simulated run shows all that beside the answer.
func believedBy(t *trace.Trace, o trace.Operation) string {
	if o.Server == 0 || !o.Logged {
		return ""
	}
	c := t.Cursor()
	c.Seek(o.Invoke)
	before, ok := onlyRole(c.Node(o.Server))
	c.Seek(o.End)
	after, still := onlyRole(c.Node(o.Server))
	if !ok || !still {
		return ""
	}
	switch was, is := trace.Role(before.V), trace.Role(after.V); {
	case was == trace.Leader && is == trace.Leader:
		return ", by its log a leader still,"
	case was == trace.Leader && is == trace.Follower:
		return ", by its log a leader that gave up in that time,"
	case was == trace.Follower && is == trace.Follower:
		return ", by its log a follower for " + Duration(o.Call-t.Events[before.Source].At) + " by then,"
	}
	return ""
}

// onlyRole returns the role of a node that has one in one raft group only: which of several a client asked is not known.
func onlyRole(n *trace.NodeState) (role trace.Value, ok bool) {
	for i := range n.Groups {
		if r := n.Groups[i].Role; r.Known() {
			if ok {
				return trace.Value{}, false
			}
			role, ok = r, true
		}
	}
	return role, ok
}

// ended says how an operation ended for the one who called it.
func ended(o trace.Operation) string {
	if a := parse(o); a.answer == done && mayWrite(a) && a.family != counters || a.verb == "put" {
		return "was acknowledged"
	}
	return "was told " + said(o)
}

func told(o trace.Operation) string { return o.Op + " was told " + said(o) }

// said repeats an answer in plain English.
func said(o trace.Operation) string {
	a := parse(o)
	if a.family != names {
		return strconv.Quote(o.Result)
	}
	switch {
	case a.answer == absent:
		return "that it does not exist"
	case a.answer == present:
		return "that it already exists"
	case a.verb == "open":
		return "that it exists"
	}
	return "that it is done"
}

func nodeName(t *trace.Trace, n trace.NodeID) string {
	if n == 0 {
		return "the cluster"
	}
	return t.Node(n).Name
}

// OfGroup names a raft group where there may be several: a Kudu tablet. The only one, and that of Kudu's masters, goes
// without saying.
func OfGroup(group string) string {
	if strings.Trim(group, "0") == "" {
		return ""
	}
	return " of tablet " + group[:min(len(group), 8)]
}

// namesOf lists nodes as people do: "A, B and C".
func namesOf(t *trace.Trace, nodes []trace.NodeID) string {
	var names []string
	for _, n := range nodes {
		names = append(names, nodeName(t, n))
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// Duration writes a span of time as findings do: "640 µs", "41 ms", "1.35 s".
func Duration(d trace.Time) string {
	switch {
	case d < 0:
		return "-" + Duration(-d)
	case d < 1_000:
		return fmt.Sprintf("%d µs", d)
	case d < 10_000:
		return trimmed(float64(d)/1_000, 1) + " ms"
	case d < 999_500:
		return fmt.Sprintf("%d ms", (d+500)/1_000)
	}
	return trimmed(float64(d)/1_000_000, 2) + " s"
}

func trimmed(v float64, digits int) string {
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(v, 'f', digits, 64), "0"), ".")
}
