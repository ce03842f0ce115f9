package raster_test

import (
	"bytes"
	"encoding/xml"
	"flag"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/assets"
	"tabletop/render/draw"
	"tabletop/render/draw/drawtest"
	"tabletop/render/raster"
)

var rewrite = flag.Bool("rewrite", false, "store what is painted as the new golden pictures")

// list returns a list filled by package drawtest.
func list(fill func(*draw.List)) *draw.List {
	var l draw.List
	fill(&l)
	return &l
}

// The numbers of colours and faces are agreed between draw and assets, which do not know each other.
func TestPaletteAndFacesFollowTheTokens(t *testing.T) {
	require.EqualValues(t, draw.Tokens, assets.Colors)
	require.EqualValues(t, draw.Fonts, assets.Faces)
	names := map[draw.Token]string{
		draw.None: "", draw.Background: "bg", draw.Panel: "panel", draw.Raise: "raise", draw.Rule: "rule",
		draw.Hair: "hair", draw.Text: "text", draw.Muted: "muted", draw.Ink: "ink", draw.Alarm: "alarm",
		draw.AlarmGlyph: "alarmtext", draw.NodeLine: "nodeline", draw.White: "white",
	}
	for k := range uint32(6) {
		names[draw.Term(k)] = "k" + string(rune('0'+k))
		names[draw.PausedTerm(k)] = "p" + string(rune('0'+k))
	}
	require.Len(t, names, int(draw.Tokens))
	for token, name := range names {
		require.Equal(t, name, assets.Names()[token])
	}
	for font, want := range map[draw.Font]string{
		draw.Sans: "inter-400.ttf", draw.SansMedium: "inter-500.ttf", draw.SansSemi: "inter-600.ttf",
		draw.SansBold: "inter-700.ttf", draw.MonoMedium: "jetbrains-mono-500.ttf",
		draw.MonoSemi: "jetbrains-mono-600.ttf", draw.MonoBold: "jetbrains-mono-700.ttf",
	} {
		require.Equal(t, want, assets.FontFile(int(font)))
	}
}

func TestGoldenPictures(t *testing.T) {
	for _, c := range []struct {
		name          string
		list          *draw.List
		palette       assets.Palette
		width, height int
		scale         float32
	}{
		{"sheet", list(drawtest.Sheet), assets.Dark(), drawtest.SheetWidth, drawtest.SheetHeight, 1},
		{"sheet-light-2x", list(drawtest.Sheet), assets.Light(), drawtest.SheetWidth, drawtest.SheetHeight, 2},
		{"stage", list(drawtest.Stage), assets.Dark(), drawtest.Width, drawtest.Height, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := raster.Render(c.list, c.palette, c.width, c.height, c.scale)
			file := filepath.Join("testdata", c.name+".png")
			if *rewrite {
				var out bytes.Buffer
				require.NoError(t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, got))
				require.NoError(t, os.WriteFile(file, out.Bytes(), 0o644))
			}
			requireSame(t, file, got)
		})
	}
}

// requireSame compares a picture with a stored one: exactly on amd64; other processors may fuse a multiplication with an
// addition, and round one step further.
func requireSame(t *testing.T, file string, got *image.RGBA) {
	t.Helper()
	in, err := os.Open(file)
	require.NoError(t, err)
	defer in.Close()
	want, err := png.Decode(in)
	require.NoError(t, err)
	require.Equal(t, want.Bounds(), got.Bounds())
	slack := 1
	if runtime.GOARCH == "amd64" {
		slack = 0
	}
	for y := range got.Rect.Dy() {
		for x := range got.Rect.Dx() {
			r, g, b, _ := want.At(x, y).RGBA()
			pixel := got.RGBAAt(x, y)
			for i, off := range [3]int{int(r>>8) - int(pixel.R), int(g>>8) - int(pixel.G), int(b>>8) - int(pixel.B)} {
				if off < -slack || off > slack {
					require.Failf(t, "not the stored picture", "channel %d of (%d, %d) is off by %d", i, x, y, off)
				}
			}
		}
	}
}

func TestRectanglesCoverExactly(t *testing.T) {
	var l draw.List
	l.Rect(draw.Box(2, 2, 3.5, 2), 0, draw.Style{Fill: draw.Solid(draw.White)})
	l.Rect(draw.Box(10, 2, 4, 4), 0, draw.Style{Stroke: draw.Solid(draw.White), Width: 2})
	picture := raster.Render(&l, assets.Dark(), 20, 10, 1)
	ground := assets.Dark()[draw.Background].R
	for _, c := range []struct {
		x, y int
		want float64
	}{
		{1, 2, 0}, {2, 2, 1}, {4, 3, 1}, {5, 2, 0.5}, {6, 2, 0}, {2, 4, 0}, // the fill
		{9, 1, 1}, {14, 6, 1}, {8, 1, 0}, {11, 3, 0}, {12, 4, 0}, {15, 6, 0}, // the frame, its corners square
	} {
		want := float64(ground) + c.want*(255-float64(ground))
		require.InDelta(t, want, float64(picture.RGBAAt(c.x, c.y).R), 1, "(%d, %d)", c.x, c.y)
	}
}

func TestClipEndsAtWholePixels(t *testing.T) {
	var l draw.List
	white := draw.Style{Fill: draw.Solid(draw.White)}
	l.Clip(draw.Box(2.4, 2.6, 3, 3))
	l.Rect(draw.Box(-100, -100, 1000, 1000), 0, white)
	l.Clip(draw.Box(50, 50, 3, 3)) // beyond the picture
	l.Circle(draw.Point{X: 5, Y: 5}, 5, white)
	l.Unclip()
	l.Rect(draw.Box(9, 9, 1, 1), 0, white)
	picture := raster.Render(&l, assets.Dark(), 10, 10, 1)
	for y := range 10 {
		for x := range 10 {
			inside := (x >= 2 && x < 5 && y >= 3 && y < 6) || (x == 9 && y == 9)
			require.Equal(t, inside, picture.RGBAAt(x, y).R == 255, "(%d, %d)", x, y)
		}
	}
}

// What a caller may get wrong paints little or nothing, and never panics.
func TestOddShapes(t *testing.T) {
	var l draw.List
	s := draw.Style{Fill: draw.Solid(draw.White), Stroke: draw.Solid(draw.Text), Width: 2,
		Hatch: draw.Solid(draw.Ink), Dots: draw.Solid(draw.Alarm), Dash: draw.Dash{On: 0.001, Off: 0.001}}
	p := draw.Point{X: 5, Y: 5}
	l.Polygon(s)
	l.Polygon(s, p)
	l.Polygon(s, p, p, p)
	l.Polyline(s, p, p)
	l.Polyline(s)
	l.Circle(p, 0, s)
	l.Circle(p, -3, s)
	l.Rect(draw.Box(5, 5, -3, -3), -1, s)
	l.Rect(draw.Box(-1e9, 5, 2e9, 1), 0, s)
	l.Arc(p, 4, 0.5, 0.5, s)
	l.Arc(p, 4, 3, -3, s)
	l.Text(p, "龍\x00\n\xff", draw.TextStyle{Size: 12, Color: draw.Solid(draw.Text)})
	l.Text(p, "huge", draw.TextStyle{Size: 5000, Color: draw.Solid(draw.Text)})
	l.Unclip()
	require.NotPanics(t, func() { raster.Render(&l, assets.Dark(), 10, 10, 1) })
	require.NotPanics(t, func() { raster.Render(&l, assets.Dark(), 0, 0, 1) })
}

func TestPainterCanBeUsedAgain(t *testing.T) {
	painter := raster.New(assets.Dark())
	first := painter.Render(list(drawtest.Sheet), drawtest.SheetWidth, drawtest.SheetHeight, 1)
	painter.Render(list(drawtest.Stage), drawtest.Width, drawtest.Height, 2)
	again := painter.Render(list(drawtest.Sheet), drawtest.SheetWidth, drawtest.SheetHeight, 1)
	require.True(t, bytes.Equal(first.Pix, again.Pix))
}

func TestSVG(t *testing.T) {
	l := list(drawtest.Sheet)
	l.Clip(draw.Box(0, 0, 5, 5)) // left open
	l.Text(draw.Point{X: 1, Y: 4}, `<a & "b">`,
		draw.TextStyle{Font: draw.MonoBold, Size: 12, Color: draw.Fade(draw.Text, 0.5)})
	var out bytes.Buffer
	require.NoError(t, raster.SVG(&out, l, assets.Dark(), drawtest.SheetWidth, drawtest.SheetHeight))
	file := filepath.Join("testdata", "sheet.svg")
	if *rewrite {
		require.NoError(t, os.WriteFile(file, out.Bytes(), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), out.String())

	decoder := xml.NewDecoder(&out)
	for {
		if _, err := decoder.Token(); err == io.EOF {
			break
		} else {
			require.NoError(t, err, "not well-formed")
		}
	}
}

func BenchmarkStage(b *testing.B) {
	l, painter := list(drawtest.Stage), raster.New(assets.Dark())
	for b.Loop() {
		painter.Render(l, drawtest.Width, drawtest.Height, 1)
	}
}
