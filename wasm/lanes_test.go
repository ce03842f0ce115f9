package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabletop/render/draw"
)

// TestLanesFollow: magnified lanes keep the cursor in sight, in whatever way it moves.
func TestLanesFollow(t *testing.T) {
	s := opened(t)
	require.Equal(t, 1.0, s.state().Lanes.Zoom)
	require.Equal(t, s.run().Trace.End(), s.state().Lanes.ToUs)
	require.NoError(t, s.perform(intent{Type: "zoom", Factor: number(20.0)}))
	for n := range s.state().Steps {
		require.NoError(t, s.perform(intent{Type: "seek", Step: number(n)}))
		at := s.state()
		assert.InDelta(t, 20, at.Lanes.Zoom, 1e-9)
		assert.True(t, at.Lanes.FromUs <= at.AtUs && at.AtUs <= at.Lanes.ToUs, "stop %d", n)
	}
	before := s.state().Lanes
	require.NoError(t, s.perform(intent{Type: "zoom", By: number(-0.5)}))
	assert.Less(t, s.state().Lanes.FromUs, before.FromUs)
	require.Error(t, s.perform(intent{Type: "zoom", Factor: number(0.0)}))
	require.NoError(t, s.perform(intent{Type: "zoom"}))
	assert.Equal(t, 1.0, s.state().Lanes.Zoom)
}

// TestLaneUnderPoint: a point in the lanes is an instant, over the names a node.
func TestLaneUnderPoint(t *testing.T) {
	s := opened(t)
	node, at := s.lane(600, 60)
	assert.Empty(t, node)
	assert.Zero(t, at, "a page without room for lanes has none")
	s.area = draw.Box(0, 400, 1280, 172)
	for i, want := range []string{"client", "A", "B", "C"} {
		node, _ := s.lane(40, 400+26+20+35*float32(i))
		assert.Equal(t, want, node)
	}
	_, start := s.lane(96, 450)
	_, beyond := s.lane(1279, 450)
	assert.Zero(t, start)
	assert.Equal(t, s.run().Trace.End(), beyond)
	var l draw.List
	s.draw(&l)
	stage := len(l.Ops)
	s.area = draw.Rect{}
	l.Reset()
	s.draw(&l)
	assert.Less(t, len(l.Ops), stage)
}
