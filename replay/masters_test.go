package replay_test

import (
	"bytes"
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/replay"
)

const mastersDir = "testdata/masters"

// kuduNodes are the recorded masters, by the names of their files.
var kuduNodes = []string{"m1", "m2", "m3"}

// kuduLogs returns the logs of some of the recorded masters, and the names of all.
func kuduLogs(t *testing.T, nodes ...string) (all []captured) {
	t.Helper()
	for _, c := range capturedBelow(t, mastersDir) {
		node, _, _ := strings.Cut(strings.TrimSuffix(c.name, ".log"), "-")
		if c.name == "members.json" || slices.Contains(nodes, node) {
			all = append(all, c)
		}
	}
	return all
}

// glogStamp is where a line of glog has its stamp.
var glogStamp = regexp.MustCompile(`^[IWEF](\d{8} \d\d:\d\d:\d\d\.\d{6}) `)

// interleaved is the lines of some logs in the order of time, each behind its node.
func interleaved(logs []captured, prefix string) []captured {
	type line struct{ at, text string }
	var all []line
	var rest []captured
	for _, c := range logs {
		node, _, isLog := strings.Cut(strings.ReplaceAll(c.name, "-again", ""), ".log")
		if !isLog {
			rest = append(rest, c)
			continue
		}
		at := ""
		for l := range strings.Lines(string(c.data)) {
			if m := glogStamp.FindStringSubmatch(l); m != nil {
				at = m[1]
			}
			all = append(all, line{at, fmt.Sprintf(prefix, node) + strings.TrimSuffix(l, "\n") + "\n"})
		}
	}
	slices.SortStableFunc(all, func(a, b line) int { return cmp.Compare(a.at, b.at) })
	var b strings.Builder
	for _, l := range all {
		b.WriteString(l.text)
	}
	return append(rest, captured{"stream.log", []byte(b.String())})
}

// withWarnings adds to each log a file of its warnings and errors, as glog writes them, and returns how many lines that are.
func withWarnings(logs []captured) (all []captured, lines int) {
	for _, c := range logs {
		var w strings.Builder
		for l := range strings.Lines(string(c.data)) {
			if m := glogStamp.FindStringSubmatch(l); m != nil && l[0] != 'I' {
				w.WriteString(l)
				lines++
			}
		}
		if all = append(all, c); w.Len() > 0 {
			all = append(all, captured{strings.Replace(c.name, ".log", ".warnings.log", 1), []byte(w.String())})
		}
	}
	return all, lines
}

// ruled is who led the recorded masters, by the lines in which that begins and ends.
var ruled = []string{
	"m3 term 1 from 20:13:00.823621 to 20:13:14.220997",
	"m1 term 2 from 20:13:08.260336 to 20:13:25.967087",
	"m3 term 3 from 20:13:22.335987 to 20:13:25.968343, its last line",
	"m1 term 4 from 20:13:32.385826 on",
}

func rulers(r replay.Report) (all []string) {
	for _, l := range r.Leaders {
		s := fmt.Sprintf("%s term %d from %s", named(r, l.Node), l.Term, l.From[11:26])
		switch {
		case l.To == nil:
			s += " on"
		case l.ToKnown:
			s += " to " + (*l.To)[11:26]
		default:
			s += " to " + (*l.To)[11:26] + ", its last line"
		}
		all = append(all, s)
	}
	return all
}

// However the logs of all masters are given, everything that was done to them is told, and nothing else: who was cut off
// was awake, and led beside another; who was paused was not.
func TestMasters(t *testing.T) {
	whole := kuduLogs(t, kuduNodes...)
	doubled, copies := withWarnings(whole)
	require.Positive(t, copies)
	for name, logs := range map[string][]captured{"all": whole, "with warnings": doubled, "host": interleaved(whole, "%s: "),
		"compose": interleaved(whole, "master-%s  | ")} {
		t.Run(name, func(t *testing.T) {
			r := read(t, logs, options()).Report
			require.Equal(t, ruled, rulers(r))
			require.Equal(t, copies*b2i(name == "with warnings"), r.Lines.Duplicates)
			requireOnePause(t, r)
			requireOneRestart(t, r)
			require.Equal(t, counts{"late-election": 2, "late-line": 2, "late-term": 2}, counted(r))
			require.Contains(t, texts(r, "stale-leader"), "m3 was awake and believed itself leader of term 1 for about 5.96 s although m1 had become leader of term 2")
		})
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// requireOnePause says that m1 was paused, and nobody else.
func requireOnePause(t *testing.T, r replay.Report) {
	t.Helper()
	want := stops(truth(t, mastersDir))
	require.Len(t, r.Pauses, 1)
	p := r.Pauses[0]
	require.Equal(t, want[0][0].node, named(r, p.Node))
	require.InDelta(t, 0, when(t, p.From).Sub(want[0][0].at).Microseconds(), float64(*p.FromBoundUS))
	require.InDelta(t, 0, when(t, *p.To).Sub(want[0][1].at).Microseconds(), float64(*p.ToBoundUS))
}

// requireOneRestart says that m3 was started again, and nobody else.
func requireOneRestart(t *testing.T, r replay.Report) {
	t.Helper()
	all := truth(t, mastersDir)
	require.Len(t, r.Restarts, 1)
	require.Equal(t, all[len(all)-1].node, named(r, r.Restarts[0].Node))
	require.InDelta(t, 0.5, when(t, r.Restarts[0].At).Sub(all[len(all)-1].at).Seconds(), 0.5)
}

// The reigns of masters without a log are told by the others, within those that their own logs show, with ends that are
// not exact; those of the others are the same as ever.
func TestMastersWithoutALog(t *testing.T) {
	whole := read(t, kuduLogs(t, kuduNodes...), options()).Report
	for _, missing := range [][]string{{"m1"}, {"m2"}, {"m3"}, {"m1", "m2"}, {"m1", "m3"}, {"m2", "m3"}} {
		t.Run(strings.Join(missing, " "), func(t *testing.T) {
			have := slices.DeleteFunc(slices.Clone(kuduNodes), func(n string) bool { return slices.Contains(missing, n) })
			r := read(t, kuduLogs(t, have...), options()).Report
			for _, node := range kuduNodes {
				told, own := reignsOf(r, node), reignsOf(whole, node)
				if slices.Contains(have, node) {
					require.Equal(t, own, told)
					continue
				}
				for _, l := range told {
					requireWithin(t, l, own)
				}
			}
			for i, n := range r.Nodes {
				require.Equal(t, fmt.Sprintf("10.88.19.1%d:7051", i+1), n.Address)
			}
			for _, p := range r.Pauses {
				require.Equal(t, "m1", named(r, p.Node), "who was cut off was not paused")
			}
			require.Len(t, r.Restarts, b2i(slices.Contains(have, "m3")))
		})
	}
	for node, reigns := range map[string]int{"m1": 2, "m2": 0, "m3": 2} {
		have := slices.DeleteFunc(slices.Clone(kuduNodes), func(n string) bool { return n == node })
		require.Len(t, reignsOf(read(t, kuduLogs(t, have...), options()).Report, node), reigns)
	}
}

// Without the logs that show a pause, a leader that is silent may have been paused: it was awake where its own lines say so.
func TestASilenceThatNothingExplainsIsNotAwake(t *testing.T) {
	for have, want := range map[string][]string{
		"m1": nil, "m2": nil,
		"m1 m2": {"m1 was awake and believed itself leader of term 2 for at least 1.5 ms although m3 had become leader of term 3"},
		"m2 m3": {"m3 was awake and believed itself leader of term 1 for at least 225 µs although m1 had become leader of term 2"},
	} {
		done := read(t, kuduLogs(t, strings.Fields(have)...), options())
		require.Equal(t, want, texts(done.Report, check.StaleLeader), "logs of %s", have)
		require.NotEmpty(t, texts(done.Report, check.DualLeader), "their reigns are told all the same")
		var file bytes.Buffer
		require.NoError(t, trace.Write(&file, done.Trace))
		again := read(t, []captured{{"again.trace", file.Bytes()}}, options()).Report
		require.Equal(t, want, texts(again, check.StaleLeader), "the trace of the logs of %s", have)
	}
}

// A line of one node is no copy of another's, if every byte is the same.
func TestLinesOfOthersAreNoCopies(t *testing.T) {
	logs := kuduLogs(t, kuduNodes...)
	const line = "I20261121 20:13:01.000000     1 server_base.cc:888] Not found: could not retrieve instance metadata\n"
	for i := range logs {
		if filepath.Ext(logs[i].name) == ".log" && !strings.Contains(logs[i].name, "again") {
			logs[i].data = append(logs[i].data, "\n"+line...)
		}
	}
	require.Zero(t, read(t, logs, options()).Report.Lines.Duplicates)
	logs = append(logs, captured{"m1.copy", logs[0].data})
	require.Positive(t, read(t, logs, options()).Report.Lines.Duplicates)
}
