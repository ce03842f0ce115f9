package view_test

import (
	"flag"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/assets"
	"tabletop/engine/trace"
	"tabletop/render/draw"
	"tabletop/render/raster"
	"tabletop/render/view"
)

// TestPictures compares the stage with pictures that were looked at; -rewrite stores new ones.
func TestPictures(t *testing.T) {
	for _, p := range []struct {
		name, fixture string
		at            trace.Time
		w, h          int
		palette       assets.Palette
	}{
		{"stale-leader-dark", "stale-leader", 7_500_000, 860, 396, assets.Dark()},
		{"stale-leader-light", "stale-leader", 7_500_000, 860, 396, assets.Light()},
		{"stale-leader-phone", "stale-leader", 7_500_000, 390, 330, assets.Dark()},
		{"election-dark", "election", 2_000_700, 860, 396, assets.Dark()},
		{"five-light", "five", 2_000_700, 860, 396, assets.Light()},
		{"servers-dark", "servers", 1_000_000, 860, 396, assets.Dark()},
		{"many-servers-light", "many-servers", 1_000_000, 860, 396, assets.Light()},
		{"soft-dark", "soft", 3_000_000, 860, 396, assets.Dark()},
		{"soft-few-light", "soft-few", 3_000_000, 860, 396, assets.Light()},
		{"soft-phone", "soft", 3_000_000, 390, 330, assets.Dark()},
		{"servers-alone-dark", "servers-alone", 1_000_000, 860, 396, assets.Dark()},
	} {
		t.Run(p.name, func(t *testing.T) {
			tr, illegal := fixtures(p.fixture)
			m := view.Model{Cursor: tr.Cursor(), At: p.at, Illegal: illegal}
			m.Cursor.SeekTime(m.At)
			var l draw.List
			m.Stage(&l, view.NewLayout(draw.Point{X: float32(p.w), Y: float32(p.h)}, tr, 0))
			requirePicture(t, filepath.Join("testdata", p.name+".png"), raster.Render(&l, p.palette, p.w, p.h, 1))
		})
	}
}

// TestLanePictures does the same for the lanes.
func TestLanePictures(t *testing.T) {
	for _, p := range []struct {
		name, fixture string
		at            trace.Time
		zoom          float64
		palette       assets.Palette
	}{
		{"lanes-stale-dark", "stale-leader", 7_499_980, 1, assets.Dark()},
		{"lanes-pieced-dark", "pieced", 2_960_000, 1, assets.Dark()},
		{"lanes-pieced-light", "pieced", 2_960_000, 4, assets.Light()},
		{"lanes-soft-dark", "soft", 3_000_000, 1, assets.Dark()},
		{"lanes-election-light", "election", 2_000_700, 1, assets.Light()},
	} {
		t.Run(p.name, func(t *testing.T) {
			tr, illegal := fixtures(p.fixture)
			m := view.Model{Cursor: tr.Cursor(), At: p.at, Illegal: illegal, Selected: 1}
			m.Cursor.SeekTime(m.At)
			lanes := view.NewLanes(tr, 1, laneStops(p.fixture))
			var l draw.List
			m.Lanes(&l, lanes, draw.Box(0, 0, 1280, 172), view.Zoom{}.About(lanes.Whole().X(m.At), p.zoom))
			requirePicture(t, filepath.Join("testdata", p.name+".png"), raster.Render(&l, p.palette, 1280, 172, 1))
		})
	}
}

// requirePicture allows one pixel in 200 to differ visibly: rounding differs between processors.
func requirePicture(t *testing.T, path string, got *image.RGBA) {
	if f := flag.Lookup("rewrite"); f != nil && f.Value.String() == "true" {
		out, err := os.Create(path)
		require.NoError(t, err)
		require.NoError(t, png.Encode(out, got))
		require.NoError(t, out.Close())
		return
	}
	in, err := os.Open(path)
	require.NoError(t, err)
	defer in.Close()
	want, err := png.Decode(in)
	require.NoError(t, err)
	require.Equal(t, want.Bounds(), got.Bounds())
	differ := 0
	for y := range got.Bounds().Dy() {
		for x := range got.Bounds().Dx() {
			if far(want.At(x, y).RGBA())(got.At(x, y).RGBA()) {
				differ++
			}
		}
	}
	require.LessOrEqual(t, differ, got.Bounds().Dx()*got.Bounds().Dy()/200, "pixels differ")
}

func far(r, g, b, _ uint32) func(r, g, b, a uint32) bool {
	const visible = 24 << 8
	apart := func(a, b uint32) bool { return max(a, b)-min(a, b) > visible }
	return func(r2, g2, b2, _ uint32) bool { return apart(r, r2) || apart(g, g2) || apart(b, b2) }
}
