package main

import (
	"bytes"
	"encoding/json"
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
	require.Equal(t, []string{"cluster 0", "cluster 1"}, []string{s.lesson().Variants[0].ID, s.lesson().Variants[1].ID})
	require.NoError(t, s.perform(intent{Type: "variant", Variant: "cluster 1"}))
	require.Equal(t, 1, s.state().Cluster)
	require.NoError(t, s.perform(intent{Type: "step"}))
	require.NotEmpty(t, s.state().Caption)
	_, err := s.receive(strings.NewReader("{"))
	require.Error(t, err)
	require.ErrorContains(t, s.perform(intent{Type: "open", Logs: &logs{Name: "x", Trace: 99}}), "was not received")
	require.Equal(t, 1, s.state().Cluster, "what was open stays")
}
