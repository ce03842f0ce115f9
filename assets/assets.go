// Package assets holds what every picture shares: the subset fonts, the widths of their glyphs and the two palettes.
//
// It never draws and knows no display list; faces and colours are numbered as package draw numbers them, which a test
// of package raster checks.
//
//	x -= assets.Width(int(draw.SansBold), 22, "A") / 2
//	ink := assets.Dark()[draw.Ink]
//	http.Handle("/fonts/", http.StripPrefix("/fonts/", http.FileServerFS(assets.FontFiles())))
package assets

import (
	"embed"
	"io/fs"
)

// The folder of the fonts; fonts/subset.py made them.
//
//go:embed fonts/*.ttf fonts/*.txt
var fonts embed.FS

// Faces is how many faces there are.
const Faces = 7

// firstMono is the first face of JetBrains Mono; the ones before it are Inter.
const firstMono = 4

// weights lists the weight of each face: Inter, then JetBrains Mono.
func weights() [Faces]int { return [Faces]int{400, 500, 600, 700, 500, 600, 700} }

// Family returns the family of a face as style sheets name it.
func Family(face int) string {
	if face < firstMono {
		return "Inter"
	}
	return "JetBrains Mono"
}

// Weight returns the weight of a face, 400 to 700.
func Weight(face int) int { return weights()[face] }

// FontFile returns the name of a face's file in FontFiles, such as "inter-400.ttf".
func FontFile(face int) string {
	names := [Faces]string{
		"inter-400.ttf", "inter-500.ttf", "inter-600.ttf", "inter-700.ttf",
		"jetbrains-mono-500.ttf", "jetbrains-mono-600.ttf", "jetbrains-mono-700.ttf",
	}
	return names[face]
}

// FontFiles returns the folder of the TrueType files and their licences, for a server to serve.
func FontFiles() fs.FS {
	folder, err := fs.Sub(fonts, "fonts")
	if err != nil {
		panic("assets: " + err.Error()) // only an invalid constant path could fail
	}
	return folder
}

// Font returns the TrueType file of a face.
func Font(face int) []byte {
	data, err := fonts.ReadFile("fonts/" + FontFile(face))
	if err != nil {
		panic("assets: " + err.Error()) // the file is embedded
	}
	return data
}
