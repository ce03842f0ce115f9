package assets_test

import (
	"bytes"
	"image/color"
	"io/fs"
	"math"
	"strings"
	"testing"

	"github.com/golang/freetype/truetype"
	"github.com/stretchr/testify/require"

	"tabletop/assets"
)

const (
	background = 1 + iota
	panel
	raise
	rule
	hair
	text
	muted
	ink
	alarm
	alarmGlyph
	nodeLine
	white
	term0
	paused0 = term0 + 6
)

// luminance returns the relative luminance of WCAG 2.
func luminance(c color.RGBA) float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.03928 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

// contrast returns the contrast ratio of WCAG 2.
func contrast(a, b color.RGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// The ratios that the visual reference states.
func TestContrastOfTheDarkPalette(t *testing.T) {
	p := assets.Dark()
	for _, c := range []struct {
		name  string
		on, c int
		want  float64
	}{
		{"text", background, text, 16.7},
		{"muted", background, muted, 8.7},
		{"muted on raise", raise, muted, 6.9},
		{"alarm glyph", background, alarmGlyph, 6.7},
		{"alarm", background, alarm, 4.7},
		{"hair", background, hair, 4.1},
		{"white on k5", term0 + 5, white, 5.2},
		{"rule", background, rule, 1.5},
	} {
		require.InDelta(t, c.want, contrast(p[c.c], p[c.on]), 0.06, c.name)
	}
}

func TestWordsAreReadableInBothPalettes(t *testing.T) {
	for name, p := range map[string]assets.Palette{"dark": assets.Dark(), "light": assets.Light()} {
		for _, on := range []int{background, panel, raise} {
			require.GreaterOrEqual(t, contrast(p[text], p[on]), 4.5, name)
			require.GreaterOrEqual(t, contrast(p[muted], p[on]), 4.5, name)
			require.GreaterOrEqual(t, contrast(p[alarmGlyph], p[on]), 4.5, name)
		}
		for k := range 5 {
			require.GreaterOrEqual(t, contrast(p[ink], p[term0+k]), 4.5, "%s: ink on k%d", name, k)
		}
		require.GreaterOrEqual(t, contrast(p[hair], p[background]), 3.0, name)
	}
	require.Equal(t, color.RGBA{}, assets.Dark()[nodeLine])
	require.Equal(t, assets.Light()[ink], assets.Light()[nodeLine])
}

func TestPausedFillsAreMixedFromTermAndBackground(t *testing.T) {
	for name, p := range map[string]assets.Palette{"dark": assets.Dark(), "light": assets.Light()} {
		for k := range 6 {
			got, term, ground := p[paused0+k], p[term0+k], p[background]
			mix := func(a, b uint8) float64 { return 0.45*float64(a) + 0.55*float64(b) }
			require.InDelta(t, mix(term.R, ground.R), float64(got.R), 1, "%s p%d", name, k)
			require.InDelta(t, mix(term.G, ground.G), float64(got.G), 1, "%s p%d", name, k)
			require.InDelta(t, mix(term.B, ground.B), float64(got.B), 1, "%s p%d", name, k)
		}
	}
}

func TestCSS(t *testing.T) {
	css := assets.PaletteCSS()
	require.True(t, strings.HasPrefix(css, ":root{--bg:#10151F;--panel:#182030;--raise:#202A3D;"), css)
	require.Contains(t, css, "[data-theme=light]{--bg:#FFFFFF;")
	require.Contains(t, css, "--nodeline:transparent;")
	fonts := assets.FontCSS("assets/fonts/")
	require.Contains(t, fonts, `font-family:"JetBrains Mono";font-weight:600;`)
	require.Equal(t, assets.Faces, strings.Count(fonts, "@font-face"))
}

// The widths come from a generated table; the fonts themselves are the judge.
func TestWidthsAgreeWithTheFonts(t *testing.T) {
	for face := range assets.Faces {
		font, err := truetype.Parse(assets.Font(face))
		require.NoError(t, err)
		em := font.FUnitsPerEm()
		for r := rune(0x20); r < 0x2800; r++ {
			index := font.Index(r)
			if index == 0 {
				continue
			}
			own, ok := assets.FaceFor(face, r)
			require.True(t, ok && own == face, "%U in face %d", r, face)
			want := float64(font.HMetric(64*64, index).AdvanceWidth) / (64 * 64)
			require.InDelta(t, want, assets.Advance(face, r), 0.0005, "%U in face %d (em %d)", r, face, em)
		}
	}
	require.InDelta(t, 3*600.0/1000*12, assets.Width(4, 12, "a1‖"), 0.001)
	require.Zero(t, assets.Width(0, 12, ""))
}

func TestDigitsAreTabular(t *testing.T) {
	for face := range assets.Faces {
		for digit := '1'; digit <= '9'; digit++ {
			require.Equal(t, assets.Advance(face, '0'), assets.Advance(face, digit), "%c in face %d", digit, face)
		}
	}
}

func TestEveryFaceHasTheRunesOfTheInterface(t *testing.T) {
	for _, r := range "AZaz09 “”‘’…–—‖×·→←↑↓⇒✓✗●○◆■▲▶◀≤≥≠≈αβΔ∅äß−‘’" {
		for face := range assets.Faces {
			_, ok := assets.FaceFor(face, r)
			require.True(t, ok, "%c (%U) in face %d", r, r, face)
		}
	}
	_, ok := assets.FaceFor(0, '龍')
	require.False(t, ok)
}

func TestFontFiles(t *testing.T) {
	total := 0
	for face := range assets.Faces {
		data, err := fs.ReadFile(assets.FontFiles(), assets.FontFile(face))
		require.NoError(t, err)
		require.True(t, bytes.Equal(data, assets.Font(face)))
		total += len(data)
	}
	require.Less(t, total, 200_000, "the fonts are part of what a visitor loads")
	for _, licence := range []string{"inter-OFL.txt", "jetbrains-mono-OFL.txt"} {
		data, err := fs.ReadFile(assets.FontFiles(), licence)
		require.NoError(t, err)
		require.Contains(t, string(data), "SIL Open Font License, Version 1.1")
	}
}
