package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
	"tabletop/scenes"
)

func TestACommandAtTheStartIsSeenAtOnce(t *testing.T) {
	for _, at := range []trace.EventID{-1, 0, 1, 2, 3} {
		s := newSession()
		sc, err := s.find("kudu-3266")
		require.NoError(t, err)
		require.NoError(t, s.open(sc, scenes.Options{}))
		if at >= 0 {
			s.player.SeekEvent(at)
		}
		require.NoError(t, s.command("crash A"))
		require.Equal(t, "crashed", s.state().Nodes[0].Process, "after event %d", at)
	}
}
