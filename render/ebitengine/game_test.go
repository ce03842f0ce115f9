package ebitengine

import (
	"testing"
	"time"
	"unsafe"

	"github.com/hajimehoshi/ebiten/v2"
	"github.com/stretchr/testify/require"

	"tabletop/assets"
	"tabletop/render/draw"
	"tabletop/render/draw/drawtest"
	"tabletop/render/mesh"
)

// stage returns a game without a window, and what it was asked for.
func stage(o Options) (*Game, *ebiten.Image) {
	if o.Scale == nil {
		o.Scale = func() float32 { return 2 }
	}
	o.Palette = assets.Dark()
	g := New(o)
	g.LayoutF(2*drawtest.Width, 2*drawtest.Height)
	return g, ebiten.NewImage(2*drawtest.Width, 2*drawtest.Height)
}

func TestUnchangedFramesAreNotDrawn(t *testing.T) {
	calls, changed := 0, true
	var w, h float32
	g, screen := stage(Options{Frame: func(l *draw.List, width, height float32) bool {
		calls++
		w, h = width, height
		if changed {
			l.Reset()
			drawtest.Stage(l)
		}
		return changed
	}})
	g.Draw(screen)
	require.Equal(t, 1, g.Stats().Frames)
	require.EqualValues(t, drawtest.Width, w, "sizes are in CSS pixels")
	require.EqualValues(t, drawtest.Height, h)

	changed = false
	g.Draw(screen)
	require.Equal(t, 2, calls)
	require.Equal(t, 1, g.Stats().Frames, "nothing changed")

	g.LayoutF(1000, 1000)
	g.Draw(screen)
	require.Equal(t, 2, g.Stats().Frames, "a new size needs a new picture")
	g.SetPalette(assets.Light())
	g.Draw(screen)
	require.Equal(t, 3, g.Stats().Frames, "and so does a new palette")
}

func TestPanicIsReportedOnce(t *testing.T) {
	var reports []error
	g, screen := stage(Options{
		Frame:  func(*draw.List, float32, float32) bool { panic("no such node") },
		Failed: func(err error) { reports = append(reports, err) },
	})
	for range 3 {
		require.NotPanics(t, func() { g.Draw(screen) })
		require.NoError(t, g.Update())
	}
	require.Len(t, reports, 1)
	require.ErrorContains(t, reports[0], "no such node")
	require.ErrorContains(t, reports[0], "game_test.go", "it says where")
}

func TestAtlasFollowsItsSize(t *testing.T) {
	size := float32(12)
	g, screen := stage(Options{Frame: func(l *draw.List, _, _ float32) bool {
		l.Reset()
		style := draw.TextStyle{Size: size, Color: draw.Solid(draw.Text)}
		l.Text(draw.Point{X: 10, Y: 300}, "abcdefghijklmnopqrstuvw", style)
		return true
	}})
	g.Draw(screen)
	before := g.atlas.Bounds()
	require.True(t, g.mesh.Atlas().Dirty().Empty(), "all was uploaded")
	size = 200
	g.Draw(screen)
	require.Greater(t, g.atlas.Bounds().Dy(), before.Dy())
	_, height := g.mesh.Atlas().Size()
	require.Equal(t, height, g.atlas.Bounds().Dy())
}

func TestStats(t *testing.T) {
	var c clock
	require.Equal(t, Stats{}, c.stats())
	for i := range 1000 {
		c.add(time.Duration(i) * time.Millisecond)
	}
	got := c.stats()
	require.Equal(t, 1000, got.Frames)
	require.InDelta(t, 1000-128, got.P50, 1, "of the last 256")
	require.InDelta(t, 1000-13, got.P95, 1)
}

// Frames hand their vertices over as they are.
func TestVertexLayout(t *testing.T) {
	require.Equal(t, unsafe.Sizeof(ebiten.Vertex{}), unsafe.Sizeof(mesh.Vertex{}))
	require.Equal(t, unsafe.Offsetof(ebiten.Vertex{}.ColorA), unsafe.Offsetof(mesh.Vertex{}.ColorA))
}
