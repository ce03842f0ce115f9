package glyph_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/assets"
	"tabletop/render/draw"
	"tabletop/render/draw/glyph"
)

func TestLinesAreAligned(t *testing.T) {
	const text = "term 4"
	style := draw.TextStyle{Font: draw.MonoSemi, Size: 13}
	width := assets.Width(int(style.Font), 13, text)
	for align, want := range map[draw.Align]float32{draw.Left: 100, draw.Center: 100 - width/2, draw.Right: 100 - width} {
		style.Align = align
		line := glyph.Start(draw.Point{X: 100, Y: 20.4}, style, text, 1)
		key, x, y := line.Next('t')
		require.InDelta(t, want, float32(x)+float32(key.Sub)/4, 0.126)
		require.Equal(t, 20, y, "the baseline is on a whole pixel")
	}
}

func TestPenMovesByAdvances(t *testing.T) {
	line := glyph.Start(draw.Point{X: -3.3, Y: 0}, draw.TextStyle{Font: draw.Sans, Size: 14}, "", 2)
	at := float32(-6.6)
	for _, r := range "Tabletop — “t4”" {
		key, x, _ := line.Next(r)
		require.InDelta(t, at, float32(x)+float32(key.Sub)/4, 0.126)
		require.EqualValues(t, 28*64, key.Size)
		at += assets.Advance(int(draw.Sans), r) * 28
	}
}

func TestBitmaps(t *testing.T) {
	set := glyph.NewSet()
	key := glyph.Key{Rune: 'A', Size: 22 * 64, Face: uint8(draw.SansBold)}
	bitmap := set.Bitmap(key)
	require.NotNil(t, bitmap)
	require.InDelta(t, -16, bitmap.Rect.Min.Y, 1, "a capital stands on the baseline")
	require.Zero(t, bitmap.Rect.Max.Y)
	require.Nil(t, set.Bitmap(glyph.Key{Rune: ' ', Size: 22 * 64}), "a blank has none")

	sum := func(k glyph.Key) (sum int) {
		bitmap := set.Bitmap(k)
		for y := range bitmap.Rect.Dy() {
			for _, v := range bitmap.Pix[y*bitmap.Stride:][:bitmap.Rect.Dx()] {
				sum += int(v)
			}
		}
		return sum
	}
	moved := key
	moved.Sub = 2
	require.InEpsilon(t, sum(key), sum(moved), 0.02, "as much ink half a pixel further")
}

// JetBrains Mono has no double bar; Inter stands in, within the pitch.
func TestMissingGlyphsComeFromInter(t *testing.T) {
	face, ok := assets.FaceFor(int(draw.MonoMedium), '‖')
	require.True(t, ok)
	require.Equal(t, int(draw.SansMedium), face)
	set := glyph.NewSet()
	require.NotNil(t, set.Bitmap(glyph.Key{Rune: '‖', Size: 13 * 64, Face: uint8(draw.MonoMedium)}))
	require.NotNil(t, set.Bitmap(glyph.Key{Rune: '龍', Size: 13 * 64}), "what no face has is a box")
}
