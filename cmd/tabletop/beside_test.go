package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabletop/engine"
	"tabletop/engine/kudu"
	"tabletop/engine/trace"
	"tabletop/replay"
)

// Recorded clusters beside ours: the causes of a recording, given at the same intervals, must end in the same states in
// the same order. What is compared of the recording is what its replay tells. docs/calibration.md says where times differ.

// captured returns the directory of a recording, which lies beside the checkout.
func captured(t *testing.T, name string) string {
	dir, err := os.Getwd()
	require.NoError(t, err)
	for range 8 {
		if found := filepath.Join(dir, "shared", "captures", name); isFolder(found) {
			return found
		}
		dir = filepath.Dir(dir)
	}
	t.Skip("the recorded logs are not there: no shared/captures beside the checkout")
	return ""
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// cause is one thing that the driver of a recording did: a command to the cluster, and for a call what comes of it.
type cause struct {
	at, end trace.Time // end is 0 for what is over at once
	command string
	after   string // command when it has ended
}

// groundLine is a line of a recording's ground truth.
type groundLine struct {
	Time, Begin          time.Time
	Op, Node, What, Args string
	Client, Text         string
}

func groundTruth(t *testing.T, dir string) (lines []groundLine) {
	f, err := os.Open(filepath.Join(dir, "groundtruth.ndjson"))
	require.NoError(t, err)
	defer f.Close()
	for scan := bufio.NewScanner(f); scan.Scan(); {
		var l groundLine
		require.NoError(t, json.Unmarshal(scan.Bytes(), &l))
		lines = append(lines, l)
	}
	return lines
}

// causesOf reads what the driver did, from its first call on: by then all servers are up.
func causesOf(t *testing.T, dir string) []cause {
	var all []cause
	up, lost := map[string]bool{}, false
	called := false
	for _, l := range groundTruth(t, dir) {
		at := trace.Time(l.Time.UnixMicro())
		switch l.Op {
		case "client":
			called = true
			all = append(all, cause{trace.Time(l.Begin.UnixMicro()), at, clientCommand(t, l), ""})
		case "cli":
			all = append(all, administration(l, trace.Time(l.Begin.UnixMicro()), at)...)
		case "start":
			if called {
				all = append(all, cause{at: at, command: "restart " + l.Node})
			}
			up[l.Node] = true
		case "kill":
			all = append(all, cause{at: at, command: "crash " + l.Node})
			if lost {
				all = append(all, cause{at: at, command: "wipe " + l.Node})
			}
			lost = false
		case "pause", "resume":
			all = append(all, cause{at: at, command: l.Op + " " + l.Node})
		case "note":
			lost = strings.Contains(l.Text, "its disks lost")
		}
	}
	slices.SortStableFunc(all, func(a, b cause) int { return int(a.at - b.at) })
	return all
}

// clientCommand is a call of the Java client, which waits 20 s in all.
func clientCommand(t *testing.T, l groundLine) string {
	words := strings.Fields(l.What)
	form, ok := map[string]string{"create": "create-table %s hash=2 within=20s", "write": "write %s %s within=20s",
		"open": "open-table %s", "rename": "alter-table %s rename-to %s within=20s", "delete": "delete-table %s within=20s",
		"addcol": "alter-table %s add-column %s INT32 within=20s", "list": "list-tables within=20s"}[words[0]]
	require.True(t, ok, l.What)
	args := make([]any, 0, 2)
	for _, w := range words[1:] {
		args = append(args, w)
	}
	return fmt.Sprintf(form, args...)
}

// administration is a call of the kudu tool. To add a master it starts it, and stops it when that votes.
func administration(l groundLine, at, end trace.Time) []cause {
	words := strings.Fields(l.Args)
	node := func(address string) string {
		return "m" + strings.TrimSuffix(strings.TrimPrefix(address, "127.0.0.1"), ":7051")
	}
	switch strings.Join(words[:2], " ") {
	case "master set_flag":
		return []cause{{at: at, command: "fail-tasks " + node(words[2])}}
	case "master add":
		return []cause{{at: at, command: "restart " + node(words[3])}, {at, end, "add-master " + node(words[3]), "crash " + node(words[3])}}
	case "master remove":
		return []cause{{at, end, "remove-master " + node(words[3]), ""}}
	}
	return nil // ksck
}

// play gives a cluster the causes at the recorded intervals: each counts from the last beginning or end before it, so that
// what waited for a call waits for ours.
func play(t *testing.T, c *engine.Cluster, causes []cause) (given []trace.Time) {
	type moment struct{ recorded, ours trace.Time }
	type call struct {
		cause
		number uint64
	}
	last, open := moment{causes[0].at, c.Now()}, []call(nil)
	settle := func(until trace.Time) {
		for len(open) > 0 && open[0].end <= until {
			at := returned(t, c, open[0].number)
			last = moment{open[0].end, max(last.ours, at)}
			if open[0].after != "" {
				give(t, c, open[0].after)
			}
			open = open[1:]
		}
	}
	for _, cause := range causes {
		settle(cause.at)
		to := last.ours + cause.at - last.recorded
		for next, ok := c.Next(); ok && next <= to; next, ok = c.Next() {
			c.Step()
		}
		c.Advance(max(to, c.Now()))
		last = moment{cause.at, c.Now()}
		given = append(given, c.Now())
		if number := give(t, c, cause.command); cause.end > 0 {
			open = append(open, call{cause, number})
			slices.SortFunc(open, func(a, b call) int { return int(a.end - b.end) })
		}
	}
	settle(causes[len(causes)-1].end + 1)
	for end := c.Now() + 20_000_000; c.Now() < end; {
		c.Step()
	}
	return given
}

// give carries a command out and returns the number of the call that it begins.
func give(t *testing.T, c *engine.Cluster, text string) (number uint64) {
	command, err := engine.ParseCommand(text)
	require.NoError(t, err)
	from := c.Record().Len()
	require.NoError(t, c.Do(command), text)
	for _, e := range c.Record().Events()[from:] {
		if e.Kind == trace.Invoke {
			return e.Index
		}
	}
	return 0
}

// returned lets a call end and returns when it did.
func returned(t *testing.T, c *engine.Cluster, number uint64) trace.Time {
	for at := 0; ; at++ {
		for at == c.Record().Len() {
			require.True(t, c.Step())
		}
		if e := c.Record().Events()[at]; e.Kind == trace.Return && e.Index == number {
			return e.At
		}
	}
}

// story is what a trace tells, in the words that logs and simulations share.
type story struct {
	*trace.Trace
	results []string // of the calls, in their order
	leaders []string // of the sys catalog, in the order of their terms
	elected []trace.Time
	configs map[string][]config // of each group, in the order in which they were in force; a simulation leaves out the founders'
	reached map[member]int      // which of them each member has come to
	leading map[string]trace.NodeID
}

// member is a node in a group.
type member struct {
	group string
	node  trace.NodeID
}

// config is a configuration of a group and when a member first had it.
type config struct {
	at     trace.Time
	voters []string
	others []string // without a vote
}

func (c config) String() string {
	text := strings.Join(c.voters, " ")
	if len(c.others) > 0 {
		text += " + " + strings.Join(c.others, " ")
	}
	return text
}

// shape tells how many voters and others there are.
func (c config) shape() string { return fmt.Sprintf("%d+%d", len(c.voters), len(c.others)) }

func told(tr *trace.Trace) story {
	s := story{Trace: tr, configs: map[string][]config{}, reached: map[member]int{},
		leading: map[string]trace.NodeID{}}
	for _, o := range trace.Operations(tr) {
		if !strings.HasSuffix(o.Verb, "-master") {
			s.results = append(s.results, known(o))
		}
	}
	for i, e := range tr.Events {
		group := tr.Group(e.Group)
		if e.Kind == trace.Elected {
			s.leading[group] = e.Node
			if group == kudu.SysCatalog {
				s.leaders, s.elected = append(s.leaders, s.name(e.Node)), append(s.elected, e.At)
			}
		}
		if text, ok := strings.CutPrefix(tr.Text(e.Text), "its configuration: "); ok && e.Kind == trace.Note && e.Group != 0 {
			voters, others, _ := strings.Cut(text, "; without a vote ")
			s.configured(member{group, e.Node}, config{e.At, strings.Split(voters, ", "), strings.FieldsFunc(others, comma)})
		}
		for _, change := range tr.Changes(trace.EventID(i)) {
			if change.Field == trace.FieldCell && tr.Text(change.Key) == "config" && !change.Forget {
				s.configured(member{tr.Group(change.Group), e.Node}, ofCell(e.At, tr.Text(trace.StringID(change.Value))))
			}
		}
	}
	return s
}

func comma(r rune) bool { return r == ',' || r == ' ' }

// ofCell reads a configuration as a simulation shows it: "7: t1 t2 (t3)".
func ofCell(at trace.Time, text string) config {
	c := config{at: at}
	for _, word := range strings.Fields(text)[1:] {
		word, _, _ = strings.Cut(word, "#") // which disk of the node
		if name, ok := strings.CutPrefix(word, "("); ok {
			c.others = append(c.others, strings.TrimSuffix(name, ")"))
		} else {
			c.voters = append(c.voters, word)
		}
	}
	return c
}

// configured notes a configuration that a member has. All go through them in the same order; who starts again or joins
// tells of the old ones in its log once more, a leader never does.
func (s *story) configured(of member, c config) {
	slices.Sort(c.voters)
	slices.Sort(c.others)
	all, from := s.configs[of.group], s.reached[of]
	same := func(h config) bool { return h.String() == c.String() }
	if i := slices.IndexFunc(all[from:], same); i >= 0 {
		s.reached[of] = from + i
		return
	}
	if i := slices.IndexFunc(all, same); i >= 0 && s.leading[of.group] != of.node {
		s.reached[of] = i
		return
	}
	s.configs[of.group], s.reached[of] = append(all, c), len(all)
}

func (s *story) name(n trace.NodeID) string {
	if node := s.Node(n); node.Name != "" {
		return node.Name
	}
	return s.Node(n).ID
}

// known is what a client knows of a call: a time-out tells it nothing.
func known(o trace.Operation) string {
	if o.End == trace.NoEvent || o.Result == "TimedOut" {
		return "unknown"
	}
	return o.Result
}

// first returns when the first event from a moment on is of a kind, 0 if none is.
func (s *story) first(from trace.Time, is func(i trace.EventID, e trace.Event) bool) trace.Time {
	for i, e := range s.Events {
		if e.At >= from && e.Node != 0 && is(trace.EventID(i), e) {
			return e.At
		}
	}
	return 0
}

// says returns an event with a text, or one that makes a cell say so: how logs and how simulations tell of the same.
func (s *story) says(logged, key, text string) func(trace.EventID, trace.Event) bool {
	return func(i trace.EventID, e trace.Event) bool {
		if logged != "" && strings.HasPrefix(s.Text(e.Text), logged) {
			return true
		}
		return key != "" && slices.ContainsFunc(s.Changes(i), func(c trace.Change) bool {
			return c.Field == trace.FieldCell && strings.HasPrefix(s.Text(c.Key), key) && strings.HasSuffix(s.Text(trace.StringID(c.Value)), text)
		})
	}
}

// elects returns an election in a tablet's group.
func (s *story) elects(_ trace.EventID, e trace.Event) bool {
	return e.Kind == trace.Elected && s.Group(e.Group) != kudu.SysCatalog
}

// changes lists the shapes that the groups of tablets went through whose members changed.
func (s *story) changes() (all []string) {
	for group, configs := range s.configs {
		text := ""
		for _, c := range configs {
			text += " " + c.shape()
		}
		if text = strings.TrimPrefix(text, " 3+0 3+1"); group != kudu.SysCatalog && text != "" && text != " 3+0" {
			all = append(all, strings.TrimPrefix(text, " 3+1"))
		}
	}
	slices.Sort(all)
	return all
}

// masters lists the configurations of the sys catalog after that of its founders.
func (s *story) masters(founders string) (all []string) {
	for i, c := range s.configs[kudu.SysCatalog] {
		if i > 0 || c.String() != founders {
			all = append(all, c.String())
		}
	}
	return all
}

// beside are a recording and a run of ours with the same leaders.
type beside struct {
	recorded, ours story
	causes         []cause
	origin         trace.Time   // of the recording's trace
	given          []trace.Time // when the causes were given to ours
	seed           uint64
}

// alike plays a recording's causes with the seeds from a first one on, until the same masters lead in the same order.
func alike(t *testing.T, name string, first uint64, config engine.Config, settings ...trace.Setting) beside {
	dir := captured(t, name)
	b := beside{causes: causesOf(t, dir), seed: first}
	b.recorded, b.origin = replayedCapture(t, dir)
	config.System, config.Clients = "kudu", []string{"main"}
	config.Settings = append(engine.Settings{{Key: "machine", Value: "idle"}, {Key: "client", Value: "connected"},
		{Key: "rpc-timeout", Value: "20s"}}, settings...)
	for ; b.seed < first+2000; b.seed++ {
		config.Header = trace.Header{Seed: b.seed}
		c, err := engine.New(config)
		require.NoError(t, err)
		for c.Now() < 10_000_000 {
			c.Step()
		}
		b.given = play(t, c, b.causes)
		b.ours = told(c.Record().Trace())
		if slices.Equal(b.recorded.leaders, b.ours.leaders) {
			return b
		}
	}
	require.Fail(t, "no seed has the recorded leaders")
	return b
}

// times returns when a cause was given, in the recording's trace and in ours.
func (b *beside) times(command string) (recorded, ours trace.Time) {
	for i, c := range b.causes {
		if strings.HasPrefix(c.command, command) {
			return c.at - b.origin, b.given[i]
		}
	}
	return 0, 0
}

// took returns how long a call took, in milliseconds, in the recording and in ours.
func (b *beside) took(n int) (recorded, ours float64) {
	of := func(s story) float64 {
		var all []trace.Operation
		for _, o := range trace.Operations(s.Trace) {
			if !strings.HasSuffix(o.Verb, "-master") {
				all = append(all, o)
			}
		}
		return milliseconds(all[n].Return - all[n].Call)
	}
	return of(b.recorded), of(b.ours)
}

func milliseconds(d trace.Time) float64 { return float64(d) / 1000 }

// replayedCapture reads a recording.
func replayedCapture(t *testing.T, dir string) (story, trace.Time) {
	files, _, err := collect([]string{dir}, nil)
	require.NoError(t, err)
	defer closeAll(files)
	imported, err := replay.Read(files, reading())
	require.NoError(t, err)
	return told(imported.Trace), trace.Time(imported.Trace.Header.Origin.At)
}
