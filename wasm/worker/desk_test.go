package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
	"tabletop/replay/source"
)

func ask(t *testing.T, d *desk, text string, files []source.File, answer any) {
	t.Helper()
	got, _ := d.answer(text, files, func(int64, int64) {})
	require.NoError(t, json.Unmarshal([]byte(got), answer), got)
}

func TestARecordedSceneAndItsLines(t *testing.T) {
	d := &desk{}
	var a imported
	text, ndjson := d.answer(`{"type":"recorded","scene":"kudu-3266-log"}`, nil, func(int64, int64) {})
	require.NoError(t, json.Unmarshal([]byte(text), &a), text)
	read, err := trace.Read(bytes.NewReader(ndjson))
	require.NoError(t, err)
	require.Equal(t, a.Report.TraceHash, trace.Hash(read))
	require.False(t, a.YearKnown)

	var lines []lineJSON
	ask(t, d, `{"type":"lines","at_us":0,"before":2,"after":3,"cluster":1}`, nil, &lines)
	require.NotEmpty(t, lines)
	require.LessOrEqual(t, len(lines), 5)
	require.Contains(t, lines[len(lines)-1].Text, "00e14f42918b444bb2a05e9b4f2ac855")
}

func TestWhatTheWorkerRefuses(t *testing.T) {
	d := &desk{}
	for text, want := range map[string]string{
		`{"type":"dance"}`: "unknown request", `{`: "unexpected end", `{"type":"recorded","scene":"kudu-1"}`: "no logs of this scene",
		`{"type":"open"}`: "no file holds a log",
	} {
		var a struct{ Error string }
		ask(t, d, text, nil, &a)
		require.Contains(t, a.Error, want)
	}
	file := source.File{Name: "<b>.txt", Size: 5, ReaderAt: strings.NewReader("hello")}
	var a struct{ Error string }
	ask(t, d, `{"type":"open"}`, []source.File{file}, &a)
	require.Contains(t, a.Error, "<b>.txt: no dialect")
}
