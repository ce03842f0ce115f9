package main

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

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

func decoders() source.Decoders {
	return source.Decoders{Gzip: unpack.Gzip, Zstd: unpack.Zstd, Deflate: unpack.Deflate}
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
func summarizeReplay(w io.Writer, m *replay.Import) {
	r := m.Report
	fmt.Fprintf(w, "%d files, %d lines, of which %d are log lines; %d written twice, %d cut short\n", len(r.Files),
		r.Lines.Total, r.Lines.Matched, r.Lines.Duplicates, r.Lines.Truncated)
	for _, limit := range r.Limits {
		fmt.Fprintln(w, limit)
	}
	if !m.YearKnown {
		fmt.Fprintln(w, "year unknown: the lines have none; --year gives it")
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nNodes\n  cluster\tname\tid\taddress\tclock")
	for _, n := range r.Nodes {
		fmt.Fprintf(table, "  %d\t%s\t%s\t%s\t%s\n", n.Cluster, n.Name, n.ID, dash(n.Address), clockWords(n))
	}
	if len(r.Leaders) > 0 {
		fmt.Fprintln(table, "\nLeaders\n  group\tnode\tterm\tfrom\tto")
		for _, l := range r.Leaders {
			fmt.Fprintf(table, "  %s\t%s\t%d\t%s\t%s\n", shortGroup(l.Group), nameOf(r, l.Node), l.Term, known(&l.From, l.FromKnown),
				known(l.To, l.ToKnown))
		}
	}
	_ = table.Flush()
	if len(r.Pauses)+len(r.Restarts) > 0 {
		fmt.Fprintln(w, "\nPauses and restarts")
	}
	for _, p := range r.Pauses {
		fmt.Fprintf(w, "  %s  %s paused until %s (± %s, ± %s), inferred: %s, %d witnesses\n", clockTime(p.From), nameOf(r, p.Node),
			clockTime(p.To), micros(p.FromBoundUS), micros(p.ToBoundUS), p.Evidence, p.Witnesses)
	}
	for _, p := range r.Restarts {
		fmt.Fprintf(w, "  %s  %s started anew\n", clockTime(p.At), nameOf(r, p.Node))
	}
	if len(r.Findings) > 0 {
		fmt.Fprintln(w, "\nFindings")
	}
	for _, f := range r.Findings {
		fmt.Fprintf(w, "  %s  %s: %s%s\n", clockTime(f.From), f.Kind, f.Text, firstRef(f))
	}
	if r.Operations != nil {
		fmt.Fprintf(w, "\n%d operations of clients, linearizable %s\n", len(r.Operations), verdictWord(r.Linearizable))
	}
	fmt.Fprintf(w, "\n%d events, trace %s\n", r.Events, r.TraceHash)
}

func firstRef(f replay.FindingReport) string {
	if len(f.Refs) == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s:%d)", f.Refs[0].File, f.Refs[0].Line)
}

func clockWords(n replay.NodeReport) string {
	switch {
	case n.OffsetUS == nil:
		return "no evidence"
	case n.BoundUS == nil:
		return fmt.Sprintf("%+.3f ms", *n.OffsetUS/1000)
	}
	return fmt.Sprintf("%+.3f ms ± %.3f, %+.1f ppm, %d pairs", *n.OffsetUS/1000, *n.BoundUS/1000, *n.DriftPPM, n.Pairs)
}

func nameOf(r replay.Report, id string) string {
	for _, n := range r.Nodes {
		if n.ID == id {
			return n.Name
		}
	}
	return id
}

// known writes an end of an interval; one that no line states is marked.
func known(at *string, known bool) string {
	switch {
	case at == nil:
		return "still leads"
	case !known:
		return clockTime(*at) + " or so"
	}
	return clockTime(*at)
}

// clockTime shortens a time to its date and microseconds.
func clockTime(text string) string {
	if len(text) < 26 {
		return text
	}
	return text[:10] + " " + text[11:26]
}

func micros(us int64) string { return (time.Duration(us) * time.Microsecond).String() }

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
