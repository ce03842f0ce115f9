package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
	"tabletop/replay"
	"tabletop/replay/kudu"
	"tabletop/replay/source"
	"tabletop/scenes/recorded"
)

// read does the worker's part and hands its trace over.
func read(t *testing.T, s *session, scene string) *logs {
	t.Helper()
	var files []source.File
	for _, f := range recorded.Files(scene) {
		files = append(files, source.File{Name: f.Name, Size: int64(len(f.Bytes)), ReaderAt: bytes.NewReader(f.Bytes)})
	}
	m, err := replay.Read(files, replay.Options{Dialects: []replay.Dialect{kudu.Dialect{}}})
	require.NoError(t, err)
	var b strings.Builder
	require.NoError(t, trace.Write(&b, m.Trace))
	l := &logs{Name: "my logs", OriginUs: strconv.FormatInt(m.Origin, 10), YearKnown: m.YearKnown}
	l.Trace, err = s.receive(strings.NewReader(b.String()))
	require.NoError(t, err)
	report, err := json.Marshal(m.Report)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(report, l)) // findings and verdict have the same names in both
	for _, k := range m.Marks() {
		l.Marks = append(l.Marks, historyMark{trace.Time(k.At - m.Origin), k.Node, k.Text})
	}
	return l
}

func TestARecordedSceneIsWalkedAsOthersAre(t *testing.T) {
	s := newSession()
	require.NoError(t, s.perform(intent{Type: "open", Scene: "kudu-3266-recorded", Logs: read(t, s, "kudu-3266-recorded")}))
	st := s.state()
	require.Equal(t, "log", st.Source)
	require.Equal(t, 8, st.Steps)
	for range st.Steps {
		require.NoError(t, s.perform(intent{Type: "step"}))
	}
	require.Contains(t, s.state().Caption, "there it is")
	require.Equal(t, "2026-11-21", s.state().Wall.Date)
	require.Regexp(t, `^05:05:1`, s.state().Wall.Clock)
	require.ErrorContains(t, s.perform(intent{Type: "command", Text: "pause m1"}), "is recorded")
	require.ErrorContains(t, s.perform(intent{Type: "set", Key: "rtt", Value: "1ms"}), "is recorded")
	require.Nil(t, s.count(func() int64 { return 0 }, 1))
	found := 0
	for _, f := range s.lesson().Findings {
		require.NotEmpty(t, f.Refs)
		if f.Alarm {
			found++
		}
	}
	require.Equal(t, 12, found)
}

// What a client history says beside its operations is drawn when the viewer asks for it.
func TestMarksOfAHistoryAreShownOnDemand(t *testing.T) {
	s := newSession()
	require.NoError(t, s.perform(intent{Type: "open", Scene: "kudu-3266-recorded", Logs: read(t, s, "kudu-3266-recorded")}))
	require.Equal(t, 2, s.lesson().HistoryMarks)
	require.Empty(t, s.model.Marks)
	require.NoError(t, s.perform(intent{Type: "marks", On: true}))
	require.True(t, s.state().Marked)
	require.Len(t, s.model.Marks, 2)
	require.Equal(t, "m1", s.run().Trace.Node(s.model.Marks[0].Node).Name)
	require.NoError(t, s.perform(intent{Type: "marks"}))
	require.Empty(t, s.model.Marks)
}

func TestTheTwoClustersOfTheTicket(t *testing.T) {
	s := newSession()
	require.NoError(t, s.perform(intent{Type: "open", Scene: "kudu-3266-log", Logs: read(t, s, "kudu-3266-log")}))
	require.Len(t, s.state().Nodes, 3)
	require.Regexp(t, "year unknown", s.state().Wall.Date)
	first := s.state().Nodes[0].Name
	require.NoError(t, s.perform(intent{Type: "variant", Variant: "second"}))
	require.NotEqual(t, first, s.state().Nodes[0].Name)
	require.Len(t, s.state().Nodes, 3)
}

func TestLogsThatSomebodyDropped(t *testing.T) {
	s := opened(t)
	require.NoError(t, s.perform(intent{Type: "open", Logs: read(t, s, "kudu-3266-log")}))
	st := s.state()
	require.Equal(t, "log", st.Source)
	require.True(t, st.Trace)
	require.Equal(t, []variantJSON{{"cluster 0", "Kudu: cd7, cba, 6fb, 03-17 09:18", ""},
		{"cluster 1", "Kudu: B, A, C, 03-17 17:04", ""}}, s.lesson().Variants)
	require.NoError(t, s.perform(intent{Type: "variant", Variant: "cluster 1"}))
	require.Equal(t, 1, s.state().Cluster)
	require.Contains(t, s.lesson().Date, "year unknown")
	require.NoError(t, s.perform(intent{Type: "reset"}))
	require.Equal(t, "Logs of B, A, C.", s.state().Caption, "the caption names the servers of every cluster")
	require.NoError(t, s.perform(intent{Type: "step"}))
	require.NotEmpty(t, s.state().Caption)
	_, err := s.receive(strings.NewReader("{"))
	require.Error(t, err)
	require.ErrorContains(t, s.perform(intent{Type: "open", Logs: &logs{Name: "x", Trace: 99}}), "was not received")
	require.Equal(t, 1, s.state().Cluster, "what was open stays")
}

// What the page's state, its checks and a step by finding know of logs is what their report says.
func TestFindingsOfLogsAreThoseOfTheReport(t *testing.T) {
	s, l := newSession(), (*logs)(nil)
	l = read(t, s, "kudu-3266-recorded")
	require.NoError(t, s.perform(intent{Type: "open", Logs: l}))
	st, shown := s.state(), s.lesson().Findings
	require.Len(t, st.Findings, len(l.Findings))
	require.Len(t, shown, len(l.Findings))
	var at []trace.Time
	for i, f := range l.Findings {
		require.Equal(t, f.Text, st.Findings[i].Text)
		require.Equal(t, f.Text, shown[i].Text)
		require.Len(t, st.Findings[i].Refs, len(f.Refs))
		require.NotEmpty(t, shown[i].Title)
		at = append(at, shown[i].AtUs)
	}
	slices.Sort(at)
	at = slices.Compact(at)
	require.NoError(t, s.perform(intent{Type: "reset"}))
	for _, want := range at {
		require.NoError(t, s.perform(intent{Type: "step", Unit: "finding"}))
		require.Equal(t, want, s.state().AtUs)
		require.Contains(t, s.state().Caption, ": ", "the caption tells the finding")
	}
	require.NotContains(t, s.lesson().Units, "stop")
	require.ErrorContains(t, s.perform(intent{Type: "step", Unit: "stop"}), "there is no stop here; valid: event")
	require.ErrorContains(t, s.perform(intent{Type: "unit", Unit: "stop"}), "there is no stop here")
}

// Logs open at what stands out first: what misled somebody, and not the late line before it.
func TestLogsOpenWhereSomethingIsToBeSeen(t *testing.T) {
	s := newSession()
	require.NoError(t, s.perform(intent{Type: "open", Logs: read(t, s, "kudu-3266-recorded")}))
	first := slices.IndexFunc(s.found, func(f findingJSON) bool { return f.Alarm })
	require.Positive(t, first)
	require.Equal(t, s.found[first].AtUs, s.state().AtUs)
	require.Equal(t, s.found[first].Title+": "+s.found[first].Text+".", s.state().Caption)
	require.NoError(t, s.perform(intent{Type: "open", Logs: plain(read(t, s, "kudu-3266-recorded"))}))
	require.True(t, slices.ContainsFunc(s.state().Nodes, func(n nodeJSON) bool { return n.Role != "" || n.Process != "unknown" }),
		"without findings at the first sign of a node")
}

// plain is an import in which nothing stands out.
func plain(l *logs) *logs {
	l.Findings = nil
	return l
}

// A node that was selected before is not the one with its number in other logs; in the same logs read again it is.
func TestASelectionEndsWithItsLogs(t *testing.T) {
	s := opened(t)
	require.NoError(t, s.perform(intent{Type: "select", Node: "B"}))
	require.NoError(t, s.perform(intent{Type: "open", Logs: read(t, s, "kudu-3266-recorded")}))
	require.Empty(t, s.state().Selected)
	second := s.state().Nodes[1].ID
	require.NoError(t, s.perform(intent{Type: "select", Node: second}))
	require.NoError(t, s.perform(intent{Type: "open", Logs: read(t, s, "kudu-3266-recorded")}))
	require.Equal(t, second, s.state().Selected)
	require.NoError(t, s.perform(intent{Type: "open", Logs: read(t, s, "kudu-3266-log")}))
	require.Empty(t, s.state().Selected)
	require.NoError(t, s.perform(intent{Type: "open", Scene: "kudu-3266"}))
	require.Empty(t, s.state().Selected)
}

// Where logs of Kudu are opened with others, those show their own groups.
func TestTheMainGroupIsOneOfTheClusterShown(t *testing.T) {
	b := trace.NewBuilder(trace.Header{})
	master := b.AddNode(trace.Node{ID: "m", Kind: trace.Master})
	member := b.AddNode(trace.Node{ID: "e", Kind: trace.Member, Cluster: 1})
	b.Emit(trace.Event{Kind: trace.Elected, Node: master, Group: b.Group("00000000000000000000000000000000"), Term: 1, Cause: trace.NoEvent})
	b.Emit(trace.Event{Kind: trace.Elected, Node: member, Group: b.Group("other"), Term: 1, Cause: trace.NoEvent})
	whole := b.Trace()
	part, _ := whole.OfCluster(1)
	require.Equal(t, "other", part.Group(mainGroup(part)))
	part, _ = whole.OfCluster(0)
	require.Equal(t, "00000000000000000000000000000000", part.Group(mainGroup(part)))
}
