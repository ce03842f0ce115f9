package assets

import (
	"fmt"
	"image/color"
	"strings"
)

// Colors is how many colours a palette has.
const Colors = 25

// Palette gives every colour token its value; it is indexed by draw.Token. The first one is transparent.
type Palette [Colors]color.RGBA

// Dark returns the palette of the dark theme.
func Dark() Palette {
	return palette("----", "10151F", "182030", "202A3D", "2B364A", "6B7890", "F2F5F9", "A9B4C4", "10151F", "D55E00", "F27C3C",
		"----", "FFFFFF",
		"56B4E9", "E69F00", "009E73", "CC79A7", "F0E442", "0072B2",
		"305D7A", "705311", "095345", "65425C", "75722F", "093F61")
}

// Light returns the palette of the light theme, made for projectors.
func Light() Palette {
	return palette("----", "FFFFFF", "F3F5F8", "E6EAF0", "D3D9E2", "4A5568", "10151F", "4A5568", "10151F", "B34700", "B34700",
		"10151F", "FFFFFF",
		"56B4E9", "E69F00", "009E73", "CC79A7", "F0E442", "0072B2",
		"B3DDF5", "F4D48C", "8CD3C0", "E8C3D7", "F8F3AA", "8CC0DC")
}

// Names returns the names of the colours as CSS custom properties without the dashes, in the order of a palette.
func Names() [Colors]string {
	return [Colors]string{"", "bg", "panel", "raise", "rule", "hair", "text", "muted", "ink", "alarm", "alarmtext",
		"nodeline", "white",
		"k0", "k1", "k2", "k3", "k4", "k5",
		"p0", "p1", "p2", "p3", "p4", "p5"}
}

// PaletteCSS returns both palettes as CSS custom properties: dark by default, light under data-theme="light".
//
//	:root{--bg:#10151F;--panel:#182030;…}
//	[data-theme=light]{--bg:#FFFFFF;…}
func PaletteCSS() string {
	return ":root{" + properties(Dark()) + "}\n[data-theme=light]{" + properties(Light()) + "}\n"
}

// FontCSS returns the @font-face rules for the files of FontFiles served under a folder such as "assets/fonts/".
func FontCSS(folder string) string {
	var b strings.Builder
	for face := range Faces {
		fmt.Fprintf(&b, "@font-face{font-family:%q;font-weight:%d;font-display:swap;src:url(%q) format(\"truetype\")}\n",
			Family(face), Weight(face), folder+FontFile(face))
	}
	return b.String()
}

// Hex returns a colour as style sheets write it.
func Hex(c color.RGBA) string {
	if c.A == 0 {
		return "transparent"
	}
	return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B)
}

// properties returns the custom properties of one palette.
func properties(p Palette) string {
	var b strings.Builder
	for i, name := range Names() {
		if name != "" {
			fmt.Fprintf(&b, "--%s:%s;", name, Hex(p[i]))
		}
	}
	return b.String()
}

// palette reads the colours of a palette; dashes mean transparent.
func palette(values ...string) Palette {
	var p Palette
	if len(values) != Colors {
		panic(fmt.Sprintf("assets: a palette of %d colours instead of %d", len(values), Colors))
	}
	for i, value := range values {
		if value != "----" {
			p[i].A = 255
			if _, err := fmt.Sscanf(value, "%02X%02X%02X", &p[i].R, &p[i].G, &p[i].B); err != nil {
				panic("assets: color " + value + ": " + err.Error())
			}
		}
	}
	return p
}
