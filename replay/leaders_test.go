package replay_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabletop/replay"
)

// slowly is a second reading of the logs, by regular expressions and line by line, that knows nothing of the first.
type slowly struct {
	leaders   []string
	elections []string
}

type slowReign struct {
	group, node string
	term        int
	from        string
}

type slowElection struct {
	group, node string
	term        int
	kind        string
	at, decided string
	won         string
	last        time.Time // of its own first lines
}

func (r slowReign) end(to string, known bool) string {
	return fmt.Sprintf("%s %s term %d from %s to %s %v", r.group, r.node, r.term, r.from, to, known)
}

func (e slowElection) String() string {
	return fmt.Sprintf("%s %s term %d %s at %s decided %s won %s", e.group, e.node, e.term, e.kind, e.at, e.decided, e.won)
}

func spoken(r replay.Report) (s slowly) {
	for _, l := range r.Leaders {
		to := "never"
		if l.To != nil {
			to = *l.To
		}
		s.leaders = append(s.leaders, slowReign{l.Group, l.Node, int(l.Term), l.From}.end(to, l.ToKnown))
		if !l.FromKnown {
			s.leaders[len(s.leaders)-1] += " from unknown"
		}
	}
	for _, e := range r.Elections {
		x := slowElection{group: e.Group, node: e.Node, term: int(e.Term), kind: e.Kind, at: e.At, decided: "never", won: "?"}
		if e.Decided != nil {
			x.decided, x.won = *e.Decided, fmt.Sprint(*e.Won)
		}
		s.elections = append(s.elections, x.String())
	}
	slices.Sort(s.leaders)
	slices.Sort(s.elections)
	return s
}

// same compares sets of lines and shows only where they differ.
func same(t *testing.T, want, got []string) {
	t.Helper()
	missing, extra := []string{}, []string{}
	for _, w := range want {
		if !slices.Contains(got, w) {
			missing = append(missing, w)
		}
	}
	for _, g := range got {
		if !slices.Contains(want, g) {
			extra = append(extra, g)
		}
	}
	require.Empty(t, missing, "in the lines and not in the report; the report has beside them:\n%s", strings.Join(extra, "\n"))
	require.Empty(t, extra, "in the report and not in the lines")
	require.Len(t, got, len(want))
}

func glogTime(line string) (string, time.Time, bool) {
	m := regexp.MustCompile(`^[IWEF](\d{8} \d\d:\d\d:\d\d\.\d{6}) +\d+ \S+:\d+\]`).FindStringSubmatch(line)
	if m == nil {
		return "", time.Time{}, false
	}
	at, err := time.Parse("20060102 15:04:05.000000", m[1])
	return at.Format("2006-01-02T15:04:05.000000000Z"), at, err == nil
}

// slowKudu reads the files of Kudu's servers: each file is a process, a file of the same directory behind it a restart.
func slowKudu(t *testing.T, dir string, latest map[string]string) (s slowly) {
	t.Helper()
	byNode := map[string][]captured{}
	for _, c := range capturedBelow(t, dir) {
		if !strings.Contains(c.name, ".INFO.") || strings.HasPrefix(filepath.Base(c.name), "NING") {
			continue
		}
		byNode[filepath.Dir(c.name)] = append(byNode[filepath.Dir(c.name)], c)
	}
	for _, all := range byNode {
		slices.SortFunc(all, func(a, b captured) int { return cmp.Compare(a.name, b.name) })
		for i, c := range all {
			s.kuduProcess(string(c.data), i == len(all)-1, latest)
		}
	}
	slices.Sort(s.leaders)
	slices.Sort(s.elections)
	return s
}

func (s *slowly) kuduProcess(log string, final bool, latest map[string]string) {
	reigns := map[string]slowReign{}
	elections := map[string]*slowElection{}
	var all []*slowElection
	who := regexp.MustCompile(`\] T ([0-9a-f]{32}) P ([0-9a-f]{32}) `)
	term := regexp.MustCompile(`\[term (\d+) (\w+)\]: (.*)`)
	decided := regexp.MustCompile(`Term (\d+) (pre-)?election: Election decided. Result: candidate (won|lost)`)
	last := ""
	for _, line := range strings.Split(log, "\n") {
		stamp, at, ok := glogTime(line)
		if !ok {
			continue
		}
		last = stamp
		id := who.FindStringSubmatch(line)
		if id == nil {
			continue
		}
		group, node := id[1], cmp.Or(latest[id[2]], id[2])
		if d := decided.FindStringSubmatch(line); d != nil {
			kind := map[string]string{"pre-": "pre", "": "real"}[d[2]]
			if e := elections[group+d[1]+kind]; e != nil && e.decided == "never" {
				e.decided, e.won = stamp, fmt.Sprint(d[3] == "won")
			}
			continue
		}
		m := term.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		n, _ := strconv.Atoi(m[1])
		switch msg := m[3]; {
		case strings.HasPrefix(msg, "Becoming Leader."):
			reigns[group] = slowReign{group, node, n, stamp}
		case strings.HasPrefix(msg, "Stepping down as leader of term"), strings.HasPrefix(msg, "Raft consensus is shut down"):
			if r, ok := reigns[group]; ok {
				s.leaders = append(s.leaders, r.end(stamp, true))
				delete(reigns, group)
			}
		case strings.HasPrefix(msg, "Starting pre-election"), strings.HasPrefix(msg, "Starting leader election"):
			kind := map[bool]string{true: "pre", false: "real"}[strings.HasPrefix(msg, "Starting pre-election")]
			if n++; kind == "real" && strings.Contains(msg, " with config: ") {
				n-- // it has advanced to its term before
			}
			k := group + strconv.Itoa(n) + kind
			if e := elections[k]; e != nil && at.Sub(e.last) < 20*time.Millisecond && e.decided == "never" {
				continue // the second of the two lines
			}
			e := &slowElection{group: group, node: node, term: n, kind: kind, at: stamp, decided: "never", won: "?", last: at}
			elections[k] = e
			all = append(all, e)
		}
	}
	for _, e := range all {
		s.elections = append(s.elections, e.String())
	}
	for _, r := range reigns {
		if final {
			s.leaders = append(s.leaders, r.end("never", false))
		} else {
			s.leaders = append(s.leaders, r.end(last, false))
		}
	}
}

// Who led and who stood for election is in the report as it stands in the lines, to the microsecond.
func TestLeadersOfKuduAreThoseOfTheLines(t *testing.T) {
	for _, path := range []string{"captures/kudu/run1-3266", "captures/kudu/run2-ddl", "captures/kudu/run3-verbose",
		"captures/kudu/run4-migrate"} {
		t.Run(path, func(t *testing.T) {
			r := importAll(t, path, nil).Report
			latest := map[string]string{}
			for _, n := range r.Nodes {
				for _, id := range n.FormerIDs {
					latest[id] = n.ID
				}
			}
			want, got := slowKudu(t, shared(t, path), latest), spoken(r)
			same(t, want.leaders, got.leaders)
			same(t, want.elections, got.elections)
		})
	}
}

// slowEtcd reads the lines of etcd's raft; a "starting etcd" is a process.
func slowEtcd(t *testing.T, dir string) (s slowly) {
	t.Helper()
	became := regexp.MustCompile(`^([0-9a-f]+) became (leader|follower|pre-candidate|candidate) at term (\d+)$`)
	received := regexp.MustCompile(`^([0-9a-f]+) has received (\d+) Msg(Pre)?VoteResp votes and (\d+) vote rejections$`)
	for _, c := range capturedBelow(t, dir) {
		if !strings.HasSuffix(c.name, ".log.json") {
			continue
		}
		var reign *slowReign
		elections := []*slowElection{}
		last, starts := "", 0
		var tally []string
		for _, line := range strings.Split(string(c.data), "\n") {
			var l struct{ Ts, Msg, Logger string }
			if json.Unmarshal([]byte(line), &l) != nil {
				continue
			}
			at, err := time.Parse(time.RFC3339Nano, l.Ts)
			if err != nil {
				continue
			}
			stamp := at.UTC().Format("2006-01-02T15:04:05.000000000Z")
			if l.Msg == "Starting etcd" || strings.HasPrefix(l.Msg, "etcd Version") {
				if starts++; reign != nil {
					s.leaders, reign = append(s.leaders, reign.end(last, false)), nil
				}
			}
			last = stamp
			if m := received.FindStringSubmatch(l.Msg); m != nil {
				tally = append(m, stamp)
				continue
			}
			m := became.FindStringSubmatch(l.Msg)
			if m == nil {
				if l.Logger == "raft" {
					tally = nil // the very next line of raft tells what comes of it, or nothing does
				}
				continue
			}
			term, _ := strconv.Atoi(m[3])
			if tally != nil && len(elections) > 0 {
				e := elections[len(elections)-1]
				pre := tally[3] == "Pre"
				won := pre && m[2] == "candidate" || !pre && m[2] == "leader"
				if e.decided == "never" && (e.kind == "pre") == pre && (won || m[2] == "follower") {
					e.decided, e.won = tally[5], fmt.Sprint(won)
				}
			}
			tally = nil
			switch m[2] {
			case "leader":
				reign = &slowReign{"", m[1], term, stamp}
			case "pre-candidate":
				elections = append(elections, &slowElection{node: m[1], term: term + 1, kind: "pre", at: stamp, decided: "never", won: "?"})
			case "candidate":
				elections = append(elections, &slowElection{node: m[1], term: term, kind: "real", at: stamp, decided: "never", won: "?"})
			}
			if m[2] != "leader" && reign != nil {
				s.leaders, reign = append(s.leaders, reign.end(stamp, true)), nil
			}
		}
		if reign != nil {
			s.leaders = append(s.leaders, reign.end("never", false))
		}
		for _, e := range elections {
			s.elections = append(s.elections, e.String())
		}
	}
	slices.Sort(s.leaders)
	slices.Sort(s.elections)
	return s
}

func TestLeadersOfEtcdAreThoseOfTheLines(t *testing.T) {
	for _, path := range []string{"captures/etcd/run1", "captures/etcd/run3-debug"} {
		t.Run(path, func(t *testing.T) {
			want, got := slowEtcd(t, shared(t, path)), spoken(importAll(t, path, nil).Report)
			same(t, want.leaders, got.leaders)
			same(t, want.elections, got.elections)
		})
	}
}
