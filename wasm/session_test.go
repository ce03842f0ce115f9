package main

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
	"tabletop/scenes"
)

// opened returns a session with the first scene open.
func opened(t *testing.T) *session {
	t.Helper()
	s := newSession()
	require.NoError(t, s.perform(intent{Type: "open"}))
	return s
}

func number[T any](v T) *T { return &v }

func TestWalkThereAndBack(t *testing.T) {
	s := opened(t)
	at := s.state()
	require.Zero(t, at.Step)
	var events []int
	for n := 1; n <= at.Steps; n++ {
		require.NoError(t, s.perform(intent{Type: "step"}))
		at = s.state()
		require.Equal(t, n, at.Step)
		assert.False(t, at.Moving, "without animate a step is complete at once")
		assert.NotEmpty(t, at.Caption)
		assert.NotEmpty(t, at.Twin)
		events = append(events, int(at.Event))
	}
	for n := at.Steps - 1; n > 0; n-- {
		require.NoError(t, s.perform(intent{Type: "back"}))
		assert.Equal(t, events[n-1], int(s.state().Event))
	}
	require.NoError(t, s.perform(intent{Type: "reset"}))
	assert.EqualValues(t, -1, s.state().Event)
}

func TestAnimatedStepTakesTime(t *testing.T) {
	s := opened(t)
	require.NoError(t, s.perform(intent{Type: "step", Animate: true}))
	assert.True(t, s.tick(1_000_000))
	assert.Zero(t, s.state().Step)
	for now := int(1_100_000); s.player.Moving(); now += 100_000 {
		s.tick(int64(now))
	}
	assert.Equal(t, 1, s.state().Step)
	assert.False(t, s.tick(9_000_000), "nothing moves, so no frame is drawn")
}

// TestBranch: a command by hand changes what follows and nothing before; the original is kept.
func TestBranch(t *testing.T) {
	s := opened(t)
	require.NoError(t, s.perform(intent{Type: "seek", Step: number(1)}))
	before := s.state()
	require.NoError(t, s.perform(intent{Type: "command", Text: "pause C"}))
	after := s.state()
	assert.Len(t, after.Branches, 2)
	assert.NotEqual(t, before.TraceHash, after.TraceHash)
	original, branch := s.branches[0].run.Trace, s.branches[1].run.Trace
	assert.Equal(t, original.PrefixHash(before.Event), branch.PrefixHash(before.Event))
	require.NoError(t, s.perform(intent{Type: "undo"}))
	undone := s.state()
	assert.Equal(t, before.TraceHash, undone.TraceHash)
	assert.Equal(t, before.Event, undone.Event)
	assert.Equal(t, before.AtUs, undone.AtUs)
	require.Error(t, s.perform(intent{Type: "undo"}))
	require.NoError(t, s.perform(intent{Type: "branch", ID: "1"}))
	assert.Equal(t, after.TraceHash, s.state().TraceHash)
}

// TestErrorsChangeNothing: what cannot be done leaves the page where it was and says why.
func TestErrorsChangeNothing(t *testing.T) {
	s := opened(t)
	require.NoError(t, s.perform(intent{Type: "seek", Step: number(2)}))
	before := s.state()
	for _, x := range []intent{
		{Type: "nonsense"}, {Type: ""},
		{Type: "open", Scene: "no-such-scene"},
		{Type: "open", Variant: "none"},
		{Type: "open", Seed: "many"},
		{Type: "open", Files: []file{{Name: "mine.scene", Text: "nonsense"}}},
		{Type: "variant", Variant: "none"},
		{Type: "set", Key: "none", Value: "1"},
		{Type: "set", Key: "machine", Value: "none"},
		{Type: "seek"},
		{Type: "seek", Step: number(99)},
		{Type: "seek", Step: number(-1)},
		{Type: "seek", Event: number(int64(-2))},
		{Type: "seek", Event: number(int64(1 << 40))},
		{Type: "seek", AtUs: number(trace.Time(-1))},
		{Type: "seek", AtUs: number(s.run().Trace.End() + 1)},
		{Type: "seed", Seed: ""},
		{Type: "seed", Seed: "0"},
		{Type: "seed", Seed: "9007199254740993"},
		{Type: "open", Seed: json.Number("9007199254740992")},
		{Type: "open", Seed: json.Number("-1")},
		{Type: "open", Seed: json.Number("1.5")},
		{Type: "open", Acts: []actJSON{{After: -2, Text: "pause A"}}},
		{Type: "open", Acts: []actJSON{{After: 1 << 30, Text: "pause A"}}},
		{Type: "open", Acts: []actJSON{{After: 9, Text: "pause A"}, {After: 8, Text: "pause B"}}},
		{Type: "open", Acts: []actJSON{{After: 9, Text: "pause Z"}}},
		{Type: "open", Acts: make([]actJSON, mostActs+1)},
		{Type: "open", Scene: "mine", File: "mine.scene"},
		{Type: "open", Files: []file{{Name: "mine.ndjson", Text: "{}"}}},
		{Type: "select", Node: "Z"},
		{Type: "branch", ID: "7"},
		{Type: "unit", Unit: "none"},
		{Type: "command", Text: "pause Z"},
		{Type: "command", Text: "nonsense A"},
		{Type: "command", Text: ""},
	} {
		err := s.perform(x)
		require.Error(t, err, "%+v", x)
		after := s.state()
		assert.Equal(t, err.Error(), after.Error)
		after.Error = ""
		assert.Equal(t, before, after, "%+v", x)
	}
	require.NoError(t, s.perform(intent{Type: "step"}))
	assert.Empty(t, s.state().Error)
}

// TestLinkRestoresBranches: what an address holds leads to the very same state.
func TestLinkRestoresBranches(t *testing.T) {
	s := opened(t)
	require.NoError(t, s.perform(intent{Type: "seek", Step: number(1)}))
	require.NoError(t, s.perform(intent{Type: "command", Text: "pause C"}))
	require.NoError(t, s.perform(intent{Type: "step"}))
	require.NoError(t, s.perform(intent{Type: "command", Text: "crash B"}))
	want := s.state()
	again := newSession()
	require.NoError(t, again.perform(intent{Type: "open", Scene: want.Scene, Acts: s.lesson().Acts}))
	require.NoError(t, again.perform(intent{Type: "seek", AtUs: &want.AtUs}))
	assert.Equal(t, want.TraceHash, again.state().TraceHash)
	assert.Equal(t, want.Event, again.state().Event)
}

// TestStateHasTheContractsFields guards the names that scripts rely on.
func TestStateHasTheContractsFields(t *testing.T) {
	s := opened(t)
	text, err := json.Marshal(s.state())
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(text, &fields))
	for _, name := range []string{"source", "scene", "variant", "seed", "settings", "unit", "step", "steps", "event",
		"events", "at_us", "playing", "caption", "branch", "branches", "trace_hash", "error", "cluster", "nodes",
		"operations", "findings", "frame"} {
		assert.Contains(t, fields, name)
	}
	node, ok := fields["nodes"].([]any)[0].(map[string]any)
	require.True(t, ok)
	for _, name := range []string{"id", "name", "kind", "role", "term", "process", "cells"} {
		assert.Contains(t, node, name)
	}
}

func TestOwnSceneFile(t *testing.T) {
	source, err := os.ReadFile("../scenes/kudu-3266.scene")
	require.NoError(t, err)
	s := opened(t)
	want := s.state().TraceHash
	known := len(s.catalogue)
	require.NoError(t, s.perform(intent{Type: "open", Files: []file{{Name: "mine.scene", Text: string(source)}}}))
	assert.Equal(t, want, s.state().TraceHash)
	assert.Len(t, s.catalogue, known, "a scene with a known id takes its place")
	assert.Equal(t, "mine.scene", s.state().File)
	assert.Contains(t, s.entries()[known-1].Heading, "mine.scene", "and the list says so")
}

// TestStopsOfOneInstant: several stops may be met by one event; each is a step of its own.
func TestStopsOfOneInstant(t *testing.T) {
	s := opened(t)
	run := *s.run()
	last := trace.EventID(len(run.Trace.Events) - 1)
	run.Stops = []scenes.Stop{{Event: 5}, {Event: 5}, {Event: 6}, {Event: last}, {Event: last}}
	assert.Equal(t, []trace.EventID{5, 6, 7, last - 1, last}, stopEvents(&run))
}
