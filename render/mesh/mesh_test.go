package mesh_test

import (
	"fmt"
	"image"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/assets"
	"tabletop/render/draw"
	"tabletop/render/draw/drawtest"
	"tabletop/render/mesh"
	"tabletop/render/raster"
)

// difference is how far two pictures lie apart.
type difference struct {
	mean      float64 // of the absolute differences of all colour values
	far       float64 // part of the pixels that differ by more than 32 somewhere
	worst     int
	x, y, sum int
}

func (d difference) String() string {
	return fmt.Sprintf("mean %.3f, over 32: %.3f %%, worst %d at (%d, %d)", d.mean, 100*d.far, d.worst, d.x, d.y)
}

// compare returns the difference of two pictures of the same size.
func compare(t *testing.T, a, b *image.RGBA) difference {
	t.Helper()
	require.Equal(t, a.Rect, b.Rect)
	d, far := difference{}, 0
	for i := 0; i < len(a.Pix); i += 4 {
		most := 0
		for k := range 3 {
			off := int(a.Pix[i+k]) - int(b.Pix[i+k])
			off = max(off, -off)
			d.sum += off
			most = max(most, off)
		}
		if most > 32 {
			far++
		}
		if most > d.worst {
			d.worst, d.x, d.y = most, i/4%a.Rect.Dx(), i/4/a.Rect.Dx()
		}
	}
	pixels := float64(len(a.Pix) / 4)
	d.mean, d.far = float64(d.sum)/pixels/3, float64(far)/pixels
	return d
}

// Both backends must show the same picture: the raster backend counts exact coverage, the mesh has fringes.
func TestMeshAgreesWithRaster(t *testing.T) {
	var stage, sheet, crowd draw.List
	drawtest.Stage(&stage)
	drawtest.Sheet(&sheet)
	drawtest.Crowd(&crowd, 300, 0.3)
	for _, c := range []struct {
		name          string
		list          *draw.List
		palette       assets.Palette
		width, height int
		scale         float32
		mean, far     float64
	}{
		{"stage", &stage, assets.Dark(), drawtest.Width, drawtest.Height, 1, 0.1, 0.001},
		{"stage light", &stage, assets.Light(), drawtest.Width, drawtest.Height, 1, 0.1, 0.001},
		{"stage at 2", &stage, assets.Dark(), drawtest.Width, drawtest.Height, 2, 0.1, 0.001},
		{"stage at 1.25", &stage, assets.Dark(), drawtest.Width, drawtest.Height, 1.25, 0.1, 0.001},
		{"crowd", &crowd, assets.Dark(), drawtest.Width, drawtest.Height, 1, 0.4, 0.005},
		{"sheet", &sheet, assets.Dark(), drawtest.SheetWidth, drawtest.SheetHeight, 1, 0.5, 0.005},
		{"sheet at 3", &sheet, assets.Light(), drawtest.SheetWidth, drawtest.SheetHeight, 3, 0.5, 0.005},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := raster.Render(c.list, c.palette, c.width, c.height, c.scale)
			got := render(mesh.New(c.palette), c.list, c.palette, c.width, c.height, c.scale)
			d := compare(t, want, got)
			t.Log(d)
			require.Less(t, d.mean, c.mean, d)
			require.Less(t, d.far, c.far, d)
		})
	}
}

func TestSteadyFramesAllocateNothing(t *testing.T) {
	m := mesh.New(assets.Dark())
	var l draw.List
	frame := 0
	step := func() {
		frame = (frame + 1) % 8
		drawtest.Crowd(&l, 300, float32(frame)/8)
		m.Build(&l, drawtest.Width, drawtest.Height, 1)
	}
	for range 16 {
		step()
	}
	list := testing.AllocsPerRun(16, func() {
		frame = (frame + 1) % 8
		drawtest.Crowd(&l, 300, float32(frame)/8)
	})
	require.InDelta(t, list, testing.AllocsPerRun(16, step), 0.01, "building the mesh must not allocate")
}

func BenchmarkCrowd(b *testing.B) {
	for _, n := range []int{300, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := mesh.New(assets.Dark())
			var l draw.List
			drawtest.Crowd(&l, n, 0.3)
			m.Build(&l, drawtest.Width, drawtest.Height, 1)
			for b.Loop() {
				m.Build(&l, drawtest.Width, drawtest.Height, 1)
			}
			b.ReportMetric(float64(len(m.Vertices)), "vertices")
		})
	}
}

func TestAtlasGrowsAndReportsWhatChanged(t *testing.T) {
	m := mesh.New(assets.Dark())
	width, height := m.Atlas().Size()
	require.Equal(t, image.Rect(0, 0, width, height), m.Atlas().Dirty(), "everything is new")
	m.Atlas().Clean()

	var l draw.List
	word := func(text string, size float32) {
		l.Reset()
		l.Text(draw.Point{X: 10, Y: 100}, text, draw.TextStyle{Size: size, Color: draw.Solid(draw.Text)})
		m.Build(&l, 800, 200, 1)
	}
	word("a", 13)
	m.Atlas().Clean()
	word("a", 13)
	require.True(t, m.Atlas().Dirty().Empty(), "nothing new was drawn")
	word("ab", 13)
	dirty := m.Atlas().Dirty()
	require.False(t, dirty.Empty())
	require.Less(t, dirty.Dx()*dirty.Dy(), 400, "one glyph")
	require.Len(t, m.Atlas().Pixels(dirty), 4*dirty.Dx()*dirty.Dy())
	m.Atlas().Clean()

	word("abcdefghijklmnopqrstuvwxyz", 150)
	_, grown := m.Atlas().Size()
	require.Greater(t, grown, height)
	require.Equal(t, image.Rect(0, 0, width, grown), m.Atlas().Dirty(), "a new size makes everything dirty")
	m.Atlas().Clean()
	m.Build(&l, 800, 200, 2)
	require.False(t, m.Atlas().Dirty().Empty(), "a new scale starts afresh")
}

// When the atlas is full, a frame starts with an empty one; the picture stays right.
func TestFullAtlasStartsAfresh(t *testing.T) {
	m, p := mesh.New(assets.Dark()), assets.Dark()
	var l draw.List
	for size := float32(100); size < 260; size += 8 {
		l.Reset()
		l.Text(draw.Point{X: 10, Y: 190}, "mesh of glyphs",
			draw.TextStyle{Font: draw.SansBold, Size: size, Color: draw.Solid(draw.Text)})
		m.Build(&l, 1000, 300, 1)
	}
	got := render(m, &l, p, 1000, 300, 1)
	require.Less(t, compare(t, raster.Render(&l, p, 1000, 300, 1), got).mean, 0.01)
	_, height := m.Atlas().Size()
	require.LessOrEqual(t, height, 4096)
}

func TestPaletteCanChange(t *testing.T) {
	var l draw.List
	drawtest.Sheet(&l)
	m := mesh.New(assets.Dark())
	m.Build(&l, drawtest.SheetWidth, drawtest.SheetHeight, 1)
	m.SetPalette(assets.Light())
	got := render(m, &l, assets.Light(), drawtest.SheetWidth, drawtest.SheetHeight, 1)
	want := raster.Render(&l, assets.Light(), drawtest.SheetWidth, drawtest.SheetHeight, 1)
	require.Less(t, compare(t, want, got).mean, 0.5)
}

func TestWhatCannotBeSeenIsLeftOut(t *testing.T) {
	var l draw.List
	s := draw.Style{Fill: draw.Solid(draw.Text), Stroke: draw.Solid(draw.Text), Width: 2}
	l.Circle(draw.Point{X: -50, Y: 50}, 40, s)
	l.Polyline(s, draw.Point{X: 200, Y: 0}, draw.Point{X: 200, Y: 100})
	l.Text(draw.Point{X: 500, Y: 50}, "beyond", draw.TextStyle{Size: 13, Color: draw.Solid(draw.Text)})
	l.Clip(draw.Box(0, 0, 10, 10))
	l.Rect(draw.Box(20, 20, 10, 10), 0, s)
	l.Rect(draw.Box(0, 0, 10, 10), 0, draw.Style{Fill: draw.Solid(draw.NodeLine)}) // transparent in the dark
	m := mesh.New(assets.Dark())
	m.Build(&l, 100, 100, 1)
	require.Empty(t, m.Indices)
}

func TestIndicesAreValid(t *testing.T) {
	var l draw.List
	drawtest.Stage(&l)
	m := mesh.New(assets.Dark())
	m.Build(&l, drawtest.Width, drawtest.Height, 1.5)
	width, height := m.Atlas().Size()
	require.Zero(t, len(m.Indices)%3)
	for _, i := range m.Indices {
		require.Less(t, int(i), len(m.Vertices))
	}
	for _, v := range m.Vertices {
		require.True(t, v.SrcX >= 0 && v.SrcX <= float32(width) && v.SrcY >= 0 && v.SrcY <= float32(height), "%+v", v)
		require.True(t, max(v.ColorR, v.ColorG, v.ColorB) <= v.ColorA+1e-5 && v.ColorA <= 1, "not premultiplied: %+v", v)
	}
}

// What a caller may get wrong must not panic, and must not cost memory without limit.
func TestOddShapes(t *testing.T) {
	var l draw.List
	s := draw.Style{Fill: draw.Solid(draw.White), Stroke: draw.Solid(draw.Text), Width: 2,
		Hatch: draw.Solid(draw.Ink), Dots: draw.Solid(draw.Alarm), Dash: draw.Dash{On: 0.001, Off: 0.001}}
	p := draw.Point{X: 5, Y: 5}
	l.Polygon(s)
	l.Polygon(s, p)
	l.Polygon(s, p, p, p)
	l.Polygon(s, p, p.Add(9, 9), p.Add(9, 0), p.Add(0, 9)) // crosses itself
	l.Polyline(s, p, p)
	l.Polyline(s)
	l.Circle(p, 0, s)
	l.Circle(p, -3, s)
	l.Rect(draw.Box(5, 5, -3, -3), -1, s)
	l.Rect(draw.Box(-1e9, 5, 2e9, 1), 0, s)
	l.Arc(p, 4, 0.5, 0.5, s)
	l.Text(p, "龍\x00\n\xff", draw.TextStyle{Size: 12, Color: draw.Solid(draw.Text)})
	l.Text(p, "huge", draw.TextStyle{Size: 5000, Color: draw.Solid(draw.Text)})
	m := mesh.New(assets.Dark())
	require.NotPanics(t, func() { m.Build(&l, 100, 100, 1) })
	require.Less(t, len(m.Vertices), 20_000)
	require.NotPanics(t, func() { m.Build(&l, 0, 0, 1) })
}
