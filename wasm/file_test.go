package main

import (
	"bytes"
	"os"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
	"tabletop/scenes"
)

// bare is a scene without settings and notes.
const bare = `-- scene --
id      bare
title   Two words
system  kudu
source  nowhere

-- cluster --
masters  A B C
clients  client

-- variants --
default  clean  linearizable  As it is.

-- script --
stop ready leader within 10s
  caption  {leader} is elected.
`

// requireLists fails for a nil list anywhere in a value: in JSON it would be null, on which the page cannot iterate.
func requireLists(t *testing.T, v reflect.Value, path string) {
	t.Helper()
	switch v.Kind() {
	case reflect.Slice:
		require.False(t, v.IsNil(), "%s is null", path)
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			requireLists(t, v.Index(i), path+"[]")
		}
	case reflect.Struct:
		for i := range v.NumField() {
			requireLists(t, v.Field(i), path+"."+v.Type().Field(i).Name)
		}
	case reflect.Map:
		require.False(t, v.IsNil(), "%s is null", path)
	}
}

func requireShown(t *testing.T, s *session) {
	t.Helper()
	requireLists(t, reflect.ValueOf(s.lesson()), "lesson")
	requireLists(t, reflect.ValueOf(s.state()), "state")
	requireLists(t, reflect.ValueOf(s.entries()), "entries")
}

func TestListsAreNeverNull(t *testing.T) {
	s := newSession()
	requireLists(t, reflect.ValueOf(s.state()), "state")
	for _, e := range s.catalogue {
		x := intent{Type: "open", Scene: e.ID}
		if e.Kind == scenes.Recorded {
			require.ErrorContains(t, s.perform(x), "not read yet")
			x.Logs = read(t, s, e.ID)
		}
		require.NoError(t, s.perform(x))
		requireShown(t, s)
	}
	require.NoError(t, s.perform(intent{Type: "open", Files: []file{{Name: "bare.scene", Text: bare}}}))
	requireShown(t, s)
	require.NoError(t, s.perform(intent{Type: "step"}))
	assert.Equal(t, 1, s.state().Step)
}

// traceOf returns the file form of the run shown.
func traceOf(t *testing.T, s *session) file {
	t.Helper()
	var text bytes.Buffer
	require.NoError(t, trace.Write(&text, s.run().Trace))
	return file{Name: "mine.ndjson", Text: text.String()}
}

func TestTraceFile(t *testing.T) {
	s := opened(t)
	want, findings := s.state(), len(s.run().Findings)
	f := traceOf(t, s)
	require.NoError(t, s.perform(intent{Type: "open", Files: []file{f}}))
	requireShown(t, s)
	got := s.state()
	assert.Equal(t, "simulation", got.Source)
	assert.Equal(t, want.TraceHash, got.TraceHash)
	assert.Equal(t, got.Events, got.Steps)
	assert.Equal(t, "event", got.Unit)
	assert.True(t, got.Trace)
	assert.Equal(t, want.SeedText, got.SeedText)
	assert.Equal(t, "mine.ndjson", got.File)
	assert.NotEmpty(t, s.lesson().Findings)
	assert.LessOrEqual(t, len(s.run().Findings), findings)
	for n := range got.Events {
		require.NoError(t, s.perform(intent{Type: "step"}))
		require.Equal(t, n+1, s.state().Step)
		require.NotEmpty(t, s.state().Caption)
	}
	require.NoError(t, s.perform(intent{Type: "seek", Step: number(7)}))
	assert.EqualValues(t, 6, s.state().Event)
	for _, x := range []intent{{Type: "command", Text: "pause A"}, {Type: "set", Key: "machine", Value: "idle"},
		{Type: "seed", Seed: "2"}, {Type: "variant", Variant: "default"}, {Type: "undo"},
		{Type: "open", Files: []file{f}, Acts: []actJSON{{After: 1, Text: "pause A"}}}} {
		require.Error(t, s.perform(x), "%+v", x)
	}
	assert.EqualValues(t, 6, s.state().Event)
	require.NoError(t, s.perform(intent{Type: "open", File: "mine.ndjson"}), "it is still there")
	require.NoError(t, s.perform(intent{Type: "open"}))
	assert.Equal(t, want.TraceHash, s.state().TraceHash)
	assert.False(t, s.state().Trace)
}

func TestForeignTrace(t *testing.T) {
	b := trace.NewBuilder(trace.Header{Producer: "test", Seed: 1<<64 - 1})
	a := b.AddNode(trace.Node{ID: "A", Name: "A", Kind: trace.Master})
	b.Emit(trace.Event{Kind: trace.Start, Node: a, Cause: trace.NoEvent, Prov: trace.Logged})
	var text bytes.Buffer
	require.NoError(t, trace.Write(&text, b.Trace()))
	s := newSession()
	require.NoError(t, s.perform(intent{Type: "open", Files: []file{{Name: "empty.ndjson", Text: text.String()}}}))
	requireShown(t, s)
	assert.Equal(t, "18446744073709551615", s.state().SeedText)
	assert.Equal(t, "log", s.state().Source, "its event was logged")
	for _, name := range []string{"step", "back", "play", "stop", "reset"} {
		require.NoError(t, s.perform(intent{Type: name}))
	}
	require.GreaterOrEqual(t, len(s.lesson().Axis), 2, "a scale has two ends")
}

// TestOfferedScenes: what the server was given replaces nothing.
func TestOfferedScenes(t *testing.T) {
	builtIn, err := os.ReadFile("../scenes/kudu-3266.scene")
	require.NoError(t, err)
	s := opened(t)
	known := len(s.catalogue)
	for name, text := range map[string]string{"known id": string(builtIn), "broken": "nonsense",
		"no id": "-- scene --\ntitle x\n" + bare[len("-- scene --\nid      bare\ntitle   Two words\n"):]} {
		require.Error(t, s.perform(intent{Type: "offer", Files: []file{{Name: "a.scene", Text: text}}}), name)
	}
	require.Len(t, s.catalogue, known)
	require.NoError(t, s.perform(intent{Type: "offer", Files: []file{{Name: "a.scene", Text: bare}}}))
	require.Error(t, s.perform(intent{Type: "offer", Files: []file{{Name: "b.scene", Text: bare}}}))
	require.NoError(t, s.perform(intent{Type: "open", Scene: "bare"}))
	assert.Empty(t, s.state().File, "the server has it after a reload, too")
}

// TestReloadLosesFiles: an address can name a file, but not hold it.
func TestReloadLosesFiles(t *testing.T) {
	s := newSession()
	require.NoError(t, s.perform(intent{Type: "open", Files: []file{{Name: "bare.scene", Text: bare}}}))
	require.NoError(t, s.perform(intent{Type: "open", Scene: "bare", File: "bare.scene"}), "in the same visit it is there")
	again := newSession()
	err := again.perform(intent{Type: "open", Scene: "bare", File: "bare.scene"})
	require.EqualError(t, err, "what was opened from bare.scene is not kept when the page is loaded again: open it once more")
}

// TestActsBeforeTheFirstEvent: a command may be given at the very start.
func TestActsBeforeTheFirstEvent(t *testing.T) {
	s := opened(t)
	require.NoError(t, s.perform(intent{Type: "command", Text: "pause C"}))
	acts := s.lesson().Acts
	require.EqualValues(t, -1, acts[0].After)
	again := newSession()
	require.NoError(t, again.perform(intent{Type: "open", Acts: acts}))
	assert.Equal(t, s.state().TraceHash, again.state().TraceHash)
}

func TestTraceWithoutEvents(t *testing.T) {
	b := trace.NewBuilder(trace.Header{Producer: "test"})
	b.AddNode(trace.Node{ID: "A", Name: "A", Kind: trace.Master})
	var text bytes.Buffer
	require.NoError(t, trace.Write(&text, b.Trace()))
	s := newSession()
	require.NoError(t, s.perform(intent{Type: "open", Files: []file{{Name: "empty.ndjson", Text: text.String()}}}))
	requireShown(t, s)
	for _, name := range []string{"step", "back", "play", "stop", "reset"} {
		require.NoError(t, s.perform(intent{Type: name}))
	}
	require.GreaterOrEqual(t, len(s.lesson().Axis), 2, "a scale has two ends")
}
