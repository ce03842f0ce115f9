package replay_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"tabletop/replay"
)

// accidents are the logs of three members of etcd; their README says what befell them.
func accidents(t *testing.T, keep func(name string) bool) (all []captured) {
	return slices.DeleteFunc(capturedBelow(t, filepath.Join("testdata", "etcd-accidents")), func(c captured) bool {
		return strings.HasSuffix(c.name, ".log") && !keep(c.name) || strings.HasSuffix(c.name, ".md") || strings.HasSuffix(c.name, ".ndjson")
	})
}

func each(string) bool { return true }

// What is told of the accidents, with all logs, and with those of some members alone: what then is told of the others is
// what their peers write of them.
func TestAccidents(t *testing.T) {
	datadriven.RunTest(t, "testdata/accidents", func(t *testing.T, d *datadriven.TestData) string {
		of, _ := d.Arg("of")
		r := read(t, accidents(t, func(name string) bool { return slices.Contains(of.Vals, strings.TrimSuffix(name, ".log")) }), options()).Report
		return reigns(r) + told(r)
	})
}

// reigns writes who led and who stood still as goldens have it.
func reigns(r replay.Report) string {
	var b strings.Builder
	or := func(at string, known bool) string {
		return at[11:26] + map[bool]string{false: " or so"}[known]
	}
	for _, l := range r.Leaders {
		to := "the end"
		if l.To != nil {
			to = or(*l.To, l.ToKnown)
		}
		fmt.Fprintf(&b, "%s led term %d from %s to %s\n", named(r, l.Node), l.Term, or(l.From, l.FromKnown), to)
	}
	for _, p := range r.Pauses {
		fmt.Fprintf(&b, "%s paused from %s ± %s to %s\n", named(r, p.Node), p.From[11:26],
			time.Duration(*p.FromBoundUS*1000).Round(time.Millisecond), (*p.To)[11:26])
	}
	for _, s := range r.Restarts {
		fmt.Fprintf(&b, "%s started anew at %s\n", named(r, s.Node), s.At[11:26])
	}
	return b.String()
}

// The pause of the leader is told within its bounds, and no other: an idle follower writes nothing, whether it runs or not,
// and the leader that was cut off ran.
func TestPausesAmongAccidents(t *testing.T) {
	r := read(t, accidents(t, each), options()).Report
	signals := truth(t, filepath.Join("testdata", "etcd-accidents"))
	stopped := stops(signals)
	require.Len(t, stopped, 3)
	require.Len(t, r.Pauses, 1)
	p := r.Pauses[0]
	require.Equal(t, stopped[0][0].node, named(r, p.Node))
	require.LessOrEqual(t, when(t, p.From).Sub(stopped[0][0].at).Abs().Microseconds(), *p.FromBoundUS)
	require.LessOrEqual(t, when(t, *p.To).Sub(stopped[0][1].at).Abs().Microseconds(), *p.ToBoundUS)
	require.LessOrEqual(t, *p.FromBoundUS, int64(200_000), "the last heartbeat before it is known")
}

// A process starts with its first line. What its predecessor was ends with that one's last, which comes before the kill.
func TestRestartsAmongAccidents(t *testing.T) {
	r := read(t, accidents(t, each), options()).Report
	signals := truth(t, filepath.Join("testdata", "etcd-accidents"))
	require.Len(t, r.Restarts, 2)
	for _, s := range r.Restarts {
		i := slices.IndexFunc(signals, func(g signal) bool {
			return g.what == "start" && g.node == named(r, s.Node) && when(t, s.At).Sub(g.at).Abs() < 100*time.Millisecond
		})
		require.GreaterOrEqual(t, i, 0, "%s started at %s", named(r, s.Node), s.At)
	}
	killed := signals[slices.IndexFunc(signals, func(g signal) bool { return g.what == "kill" })]
	i := slices.IndexFunc(r.Leaders, func(l replay.LeaderReport) bool { return l.Term == 4 })
	require.Equal(t, killed.node, named(r, r.Leaders[i].Node))
	require.True(t, when(t, *r.Leaders[i].To).Before(killed.at), "it led until %s and was killed at %s", *r.Leaders[i].To, killed.at)
}

// A log may be rotated between any two lines: also between a count of votes and what came of it, a candidacy and the
// leader whom it names, the first lines of a process and the one that says it starts.
func TestCutAtEveryLine(t *testing.T) {
	all := accidents(t, each)
	want := read(t, all, options())
	for i, c := range all {
		if !isLog(c.name) {
			continue
		}
		for _, at := range headers(c.data)[1:] {
			pieces := slices.Concat(all[:i], []captured{{c.name + ".1", c.data[:at]}, {c.name, c.data[at:]}}, all[i+1:])
			got := read(t, pieces, options())
			require.Equal(t, want.Report.TraceHash, got.Report.TraceHash, "%s cut before %.200s", c.name, c.data[at:])
			require.Equal(t, len(want.Findings), len(got.Findings))
		}
	}
}

// One stream of several logs tells the same, one behind the other whoever wrote a line.
func TestStackedLogs(t *testing.T) {
	all := accidents(t, each)
	want := read(t, all, options()).Report
	var stack captured
	for _, c := range all {
		if isLog(c.name) {
			stack.data = append(stack.data, c.data...)
		}
	}
	stack.name = "all.log"
	names := slices.DeleteFunc(slices.Clone(all), func(c captured) bool { return isLog(c.name) })
	for _, size := range []int{0, 977, 20_000} {
		o := options()
		o.RegionSize = size
		require.Equal(t, want.TraceHash, read(t, append(names, stack), o).Report.TraceHash, "regions of %d bytes", size)
	}
}

// Merged by time, with nothing that tells who wrote a line, it has the same leaders and restarts: lines that name nobody are
// nobody's, but those that give the address of a member.
func TestLogsMergedByTime(t *testing.T) {
	var lines []string
	all := accidents(t, each)
	for _, c := range all {
		if isLog(c.name) {
			lines = append(lines, strings.SplitAfter(strings.TrimSuffix(string(c.data), "\n"), "\n")...)
		}
	}
	stamp := func(line string) string { return line[strings.Index(line, `"ts":"`):][:33] }
	slices.SortStableFunc(lines, func(a, b string) int { return strings.Compare(stamp(a), stamp(b)) })
	for i, l := range lines {
		lines[i] = strings.TrimSuffix(l, "\n") + "\n"
	}
	names := slices.DeleteFunc(slices.Clone(all), func(c captured) bool { return isLog(c.name) })
	want := read(t, all, options()).Report
	got := read(t, append(names, captured{"merged.log", []byte(strings.Join(lines, ""))}), options()).Report
	require.Len(t, got.Nodes, 3)
	require.Len(t, got.Leaders, len(want.Leaders))
	for i, l := range got.Leaders {
		require.Equal(t, want.Leaders[i].Node+want.Leaders[i].From, l.Node+l.From)
	}
	require.Len(t, got.Restarts, len(want.Restarts))
	for i, s := range got.Restarts {
		require.Equal(t, want.Restarts[i].Node, s.Node)
		require.WithinDuration(t, when(t, want.Restarts[i].At), when(t, s.At), 10*time.Millisecond)
	}
}

// What others tell of a member without a log lies within what its own log shows.
func TestReignsOfMissingMembers(t *testing.T) {
	by := func(r replay.Report, member string) (all []replay.LeaderReport) {
		for _, l := range r.Leaders {
			if named(r, l.Node) == member {
				all = append(all, l)
			}
		}
		return all
	}
	whole := read(t, accidents(t, each), options()).Report
	for _, member := range []string{"m1", "m2", "m3"} {
		own := by(whole, member)
		told := by(read(t, accidents(t, func(name string) bool { return name != member+".log" }), options()).Report, member)
		require.Len(t, told, len(own), "without %s", member)
		for _, l := range told {
			if l.Term != 5 { // its followers were stopped when that leader stepped down, and missed it only when they woke
				requireWithin(t, l, own)
			}
		}
	}
}

// A leader that was stopped may find, when it wakes, the calls of the one who took its place before its own timers run: it
// ignores them, and has no late heartbeat to tell of. The lines are those of a recorded one, with shorter names.
func TestLeaderWakesToCallsOfItsSuccessor(t *testing.T) {
	raft := func(second, micros int, message string) string {
		return fmt.Sprintf(`{"level":"info","ts":"2026-11-21T20:42:%02d.%06dZ","logger":"raft","msg":"%s"}`+"\n", second, micros, message)
	}
	const log = " [logterm: 7, index: 20, vote: a1] "
	all := []captured{{"a1.log", []byte(raft(1, 0, "a1 became leader at term 7") +
		raft(7, 601, "a1"+log+"ignored MsgPreVote from b2 [logterm: 7, index: 20] at term 7: lease is not expired (remaining ticks: 4)") +
		raft(7, 641, "a1"+log+"ignored MsgVote from b2 [logterm: 7, index: 20] at term 7: lease is not expired (remaining ticks: 4)") +
		raft(7, 648, "a1 [term: 7] received a MsgHeartbeat message with higher term from b2 [term: 8]") +
		raft(7, 663, "a1 became follower at term 8"))},
		{"b2.log", []byte(raft(1, 500, "raft.node: b2 elected leader a1 at term 7") +
			raft(3, 0, "b2 became pre-candidate at term 7") +
			raft(3, 10, "b2 [logterm: 7, index: 20] sent MsgPreVote request to a1 at term 7") +
			raft(3, 11, "b2 [logterm: 7, index: 20] sent MsgPreVote request to c3 at term 7") +
			raft(3, 20, "raft.node: b2 lost leader a1 at term 7") +
			raft(3, 900, "b2 has received 2 MsgPreVoteResp votes and 0 vote rejections") +
			raft(3, 910, "b2 became candidate at term 8") +
			raft(3, 920, "b2 [logterm: 7, index: 20] sent MsgVote request to a1 at term 8") +
			raft(3, 921, "b2 [logterm: 7, index: 20] sent MsgVote request to c3 at term 8") +
			raft(3, 1900, "b2 has received 2 MsgVoteResp votes and 0 vote rejections") +
			raft(3, 1910, "b2 became leader at term 8"))},
		{"c3.log", []byte(raft(1, 500, "raft.node: c3 elected leader a1 at term 7") +
			raft(3, 500, "c3"+log+"cast MsgPreVote for b2 [logterm: 7, index: 20] at term 7") +
			raft(3, 1400, "c3"+log+"cast MsgVote for b2 [logterm: 7, index: 20] at term 8"))}}
	r := read(t, all, options()).Report
	require.Len(t, r.Pauses, 1)
	require.Equal(t, "a1", r.Pauses[0].Node)
	require.Equal(t, "2026-11-21T20:42:07.000601000Z", *r.Pauses[0].To)
}

// A leader whose disk is slow is silent and late with its heartbeats as well. Where nobody missed it, it is not known to have
// been paused.
func TestLateHeartbeatAloneIsNoPause(t *testing.T) {
	line := func(at, rest string) string {
		return `{"level":"warn","ts":"2026-11-21T20:42:` + at + `Z",` + rest + "}\n"
	}
	leads := line("01.100000", `"logger":"raft","msg":"a1 became leader at term 7"`)
	slow := line("03.300000", `"msg":"slow fdatasync","took":"2.1s","expected-duration":"1s"`)
	late := line("03.300100", `"msg":"leader failed to send out heartbeat on time; took too long, leader is overloaded likely from slow disk",`+
		`"to":"b2","heartbeat-interval":"100ms","expected-duration":"200ms","exceeded-duration":"1.9s"`)
	follows := line("01.200000", `"logger":"raft","msg":"raft.node: b2 elected leader a1 at term 7"`)
	for _, after := range []string{late, slow + late} {
		r := read(t, []captured{{"a1.log", []byte(leads + after)}, {"b2.log", []byte(follows)}}, options()).Report
		require.Empty(t, r.Pauses)
		require.Len(t, texts(r, "slow-disk"), strings.Count(after, "fdatasync"))
	}
}
