package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/replay"
	"tabletop/replay/cassandra"
	"tabletop/replay/etcd"
	"tabletop/replay/kudu"
	"tabletop/replay/source"
	"tabletop/replay/source/unpack"
)

// dialects are the logs that can be read.
func dialects() []replay.Dialect {
	return []replay.Dialect{kudu.Dialect{}, etcd.Zap{}, etcd.Capnslog{}, cassandra.Dialect{}}
}

// reading is how files are read: all dialects, all packings.
func reading() replay.Options {
	packed := source.Decoders{Gzip: unpack.Gzip, Zstd: unpack.Zstd, Deflate: unpack.Deflate}
	return replay.Options{Dialects: dialects(), Source: source.Options{Tar: source.Tar(), Zip: source.Zip(), Decoders: packed}}
}

// meter shows how far a long import is, once a second.
type meter struct {
	w       io.Writer
	last    time.Time
	started time.Time
	shown   bool
}

// newMeter shows it on a terminal only, where it can be taken back.
func newMeter(w io.Writer, quiet bool) *meter {
	if quiet || !isTerminal(w) {
		w = io.Discard
	}
	return &meter{w: w, started: time.Now(), last: time.Now()}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (m *meter) show(done, all int64) {
	if time.Since(m.last) < time.Second {
		return
	}
	m.last, m.shown = time.Now(), true
	fmt.Fprintf(m.w, "\r%3d %% of %.1f MB, %.0f MB/s ", 100*done/max(all, 1), float64(all)/1e6,
		float64(done)/1e6/time.Since(m.started).Seconds())
}

func (m *meter) done() {
	if m.shown {
		fmt.Fprint(m.w, "\r\x1b[K")
	}
}

// summarizeReplay prints what an import found, for people.
func summarizeReplay(w io.Writer, m *replay.Import, o replay.Options) {
	r := m.Report
	retold := slices.ContainsFunc(r.Files, func(f replay.FileReport) bool { return f.Dialect == "trace" && f.Error == "" })
	say(w, "%s\n", readWords(r))
	for _, limit := range r.Limits {
		say(w, "%s\n", limit)
	}
	switch {
	case m.YearKnown:
	case retold:
		say(w, "the trace has no year: it stands as 0000\n")
	default:
		say(w, "the lines have no year: it stands as 0000; --year gives it\n")
	}
	if slices.ContainsFunc(r.Files, func(f replay.FileReport) bool { return f.First != nil && f.Dialect != "trace" && !f.ZoneKnown }) {
		say(w, "some lines have no zone: UTC is assumed; --zone gives it\n")
	}
	if o.Since != nil || o.Until != nil {
		say(w, "shown is what lies %s, with its own beginnings and ends; all that was read was judged\n", extentWords(o))
	}
	nodesAndLeaders(w, r)
	stillAndAnew(w, r)
	if retold {
		say(w, "\na trace has no log lines: what only they show, such as late-line, peer-view or false-pause, is not told\n")
	}
	writeFindings(w, r)
	if len(r.Operations) > 0 {
		say(w, "\n%s of clients, linearizable: %s%s\n", counted(len(r.Operations), "operation"), verdictWord(r.Linearizable), missingWords(r))
	}
	say(w, "\n%s, trace %s\n", counted(r.Events, "event"), r.TraceHash)
}

// missingWords says that a verdict on a history lacks the lines of it that could not be read.
func missingWords(r replay.Report) string {
	n := 0
	for _, f := range r.Files {
		n += len(f.Errors)
	}
	if n == 0 {
		return ""
	}
	return ", without " + counted(n, "line") + " that could not be read"
}

// stillAndAnew lists pauses and restarts by time.
func stillAndAnew(w io.Writer, r replay.Report) {
	type told struct{ at, kind, words string }
	var all []told
	for _, p := range r.Pauses {
		all = append(all, told{p.From, "pauses", pauseWords(r, p)})
	}
	for _, p := range r.Restarts {
		all = append(all, told{p.At, "restarts", nameOf(r, p.Node) + " started anew" + abruptWords(p)})
	}
	if len(all) == 0 {
		return
	}
	slices.SortStableFunc(all, func(a, b told) int { return strings.Compare(a.at, b.at) })
	say(w, "\nPauses and restarts\n")
	shown := newQuota()
	for _, t := range all {
		if shown.allows(t.kind) {
			say(w, "  %s  %s\n", clockTime(t.at), t.words)
		}
	}
	held(w, shown)
}

// abruptWords says that a process had been killed, or had crashed, when the next one started.
func abruptWords(p replay.RestartReport) string {
	if p.Abrupt {
		return ": the process before had not said that it stops"
	}
	return ""
}

// held says what a quota held back.
func held(w io.Writer, q *quota) {
	for kind, n := range q.beyond() {
		say(w, "  and %d more %s; --json has all\n", n, kind)
	}
}

// writeFindings lists what stands out, each with the lines that it rests on.
func writeFindings(w io.Writer, r replay.Report) {
	if len(r.Findings) == 0 {
		return
	}
	folder := commonFolder(r.Files)
	heading := "Findings"
	if folder != "" {
		heading += ", with lines of files below " + folder
	}
	say(w, "\n%s\n", heading)
	shown := newQuota()
	for _, f := range r.Findings {
		if !shown.allows(f.Kind) {
			continue
		}
		say(w, "  %s  %s%s: %s\n", clockTime(f.From), f.Kind, whereWords(r, f), f.Text)
		if lines := refWords(f.Refs, folder); lines != "" {
			say(w, "      %s\n", lines)
		}
	}
	held(w, shown)
}

// commonFolder returns the folder in which all files lie, with a slash behind it, empty if they have none in common.
func commonFolder(files []replay.FileReport) string {
	common := ""
	for i, f := range files {
		if i == 0 {
			common = f.Path
		}
		n := 0
		for n < min(len(common), len(f.Path)) && common[n] == f.Path[n] {
			n++
		}
		common = common[:n]
	}
	return common[:strings.LastIndexByte(common, '/')+1]
}

// extentWords says what part of all is shown.
func extentWords(o replay.Options) string {
	at := func(us int64) string { return time.UnixMicro(us).UTC().Format("2006-01-02 15:04:05.999999") }
	switch {
	case o.Until == nil:
		return "behind " + at(*o.Since)
	case o.Since == nil:
		return "before " + at(*o.Until)
	}
	return "between " + at(*o.Since) + " and " + at(*o.Until)
}

// whereWords says which cluster and which tablet a finding is about where there are several.
func whereWords(r replay.Report, f replay.FindingReport) string {
	var where []string
	if r.Clusters > 1 {
		where = append(where, fmt.Sprintf("cluster %d", f.Cluster))
	}
	if tablet := shortGroup(f.Group); f.Group != "" && tablet != "masters" && !strings.Contains(f.Text, tablet) {
		where = append(where, "tablet "+tablet)
	}
	if len(where) == 0 {
		return ""
	}
	return " (" + strings.Join(where, ", ") + ")"
}

// readWords says what was read.
func readWords(r replay.Report) string {
	unread := 0
	for _, f := range r.Files {
		if f.Dialect == "unknown" {
			unread++
		}
	}
	text := counted(len(r.Files)-unread, "file") + ", " + counted(r.Lines.Total, "line")
	if n := r.Lines.Skipped; n > 0 {
		text += fmt.Sprintf(", %d of which begin an entry", r.Lines.Matched)
	}
	if n := r.Lines.Duplicates; n > 0 {
		text += fmt.Sprintf("; %d written twice", n)
	}
	if n := r.Lines.Truncated; n > 0 {
		text += fmt.Sprintf("; %d cut short", n)
	}
	if unread > 0 {
		text += fmt.Sprintf("; %d more could not be read", unread)
	}
	return text
}

func nodesAndLeaders(w io.Writer, r replay.Report) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(r.Nodes) > 0 {
		say(table, "\nNodes\n  cluster\tname\tid\taddress\tclock ahead by, at first\n")
	}
	for _, n := range r.Nodes {
		say(table, "  %d\t%s\t%s\t%s\t%s\n", n.Cluster, n.Name, n.ID, dash(n.Address), clockWords(n))
	}
	if len(r.Leaders) > 0 {
		say(table, "\nLeaders\n  group\tnode\tterm\tfrom\tto\n")
	}
	shown := newQuota()
	for _, l := range r.Leaders {
		if !shown.allows(reignsOf(r, l)) {
			continue
		}
		from, to := clockTime(l.From), "the end"
		if !l.FromKnown {
			from += " or earlier"
		}
		if l.To != nil {
			to = clockTime(*l.To)
		}
		if l.To != nil && !l.ToKnown {
			to += " or so"
		}
		say(table, "  %s\t%s\t%d\t%s\t%s\n", shortGroup(l.Group), nameOf(r, l.Node), l.Term, from, to)
	}
	held(table, shown)
	_ = table.Flush() // like every print here: a closed pipe ends the program anyway
}

// reignsOf names the reigns of a group.
func reignsOf(r replay.Report, l replay.LeaderReport) string {
	text := "leaders"
	if l.Group != "" {
		text += " of " + shortGroup(l.Group)
	}
	if r.Clusters > 1 {
		text += fmt.Sprintf(" in cluster %d", l.Cluster)
	}
	return text
}

// counted writes a number with what it counts.
func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// pauseWords says until when a node stood still, and how that is known.
func pauseWords(r replay.Report, p replay.PauseReport) string {
	text := nameOf(r, p.Node) + " was paused "
	if p.Doubtful {
		text = nameOf(r, p.Node) + " may have been paused "
	}
	if !p.FromKnown {
		text += "already, "
	}
	text += "until "
	if p.To == nil {
		return text + "the end"
	}
	text += clockTime(*p.To)
	if p.FromBoundUS != nil && p.ToBoundUS != nil {
		if *p.FromBoundUS+*p.ToBoundUS == 0 {
			return text
		}
		text += fmt.Sprintf(" (it began ± %s, ended ± %s)", check.Duration(trace.Time(*p.FromBoundUS)), check.Duration(trace.Time(*p.ToBoundUS)))
	}
	text += ", inferred: "
	switch p.Evidence {
	case "stated":
		text += "it says so itself"
	case "late-duration":
		text += "it was silent and then says that something was late"
	default:
		text += "it was silent"
	}
	if p.Witnesses > 0 {
		text += ", " + counted(p.Witnesses, "other") + " missed it"
	}
	return text
}

// refWords names the first lines that a finding rests on.
func refWords(refs []replay.Ref, folder string) string {
	const most = 3
	text := ""
	for i, ref := range refs[:min(len(refs), most)] {
		switch {
		case i > 0 && ref.File == refs[i-1].File:
			text += fmt.Sprintf(",%d", ref.Line)
		case i > 0:
			text += ", "
			fallthrough
		default:
			text += fmt.Sprintf("%s:%d", strings.TrimPrefix(ref.File, folder), ref.Line)
		}
	}
	if n := len(refs) - most; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}

func clockWords(n replay.NodeReport) string {
	switch {
	case n.OffsetUS == nil:
		return "no evidence"
	case n.BoundUS != nil && *n.OffsetUS == 0 && *n.BoundUS == 0:
		return "the reference"
	case n.BoundUS == nil:
		return ahead(*n.OffsetUS) + " or so: messages went one way only"
	}
	text := ahead(*n.OffsetUS) + " ± " + check.Duration(trace.Time(*n.BoundUS))
	if *n.DriftPPM != 0 {
		text += fmt.Sprintf(", gains %+.1f µs a second", *n.DriftPPM)
	}
	return text + ", " + counted(n.Pairs, "message")
}

// ahead writes by how much a clock is ahead.
func ahead(us float64) string {
	if us == 0 {
		return "0"
	}
	return check.Duration(trace.Time(us))
}

func nameOf(r replay.Report, id string) string {
	for _, n := range r.Nodes {
		if n.ID == id {
			if r.Clusters > 1 {
				return fmt.Sprintf("%s (cluster %d)", n.Name, n.Cluster)
			}
			return n.Name
		}
	}
	return id
}

// clockTime shortens a time to its date and microseconds.
func clockTime(text string) string {
	if len(text) < 26 {
		return text
	}
	return text[:10] + " " + text[11:26]
}

func shortGroup(g string) string {
	switch {
	case g == "":
		return "–"
	case len(g) == 32 && g == "00000000000000000000000000000000":
		return "masters"
	case len(g) > 8:
		return g[:8]
	}
	return g
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
