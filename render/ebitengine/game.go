// Package ebitengine shows a display list in a window or a canvas: it uploads what changed in the atlas, draws one batch
// of triangles per frame and turns input into intents.
//
// It never decides what is shown and keeps no model; a frame in which nothing changed is not drawn, and while nothing
// plays no frame runs at all.
//
//	game := ebitengine.New(ebitengine.Options{
//		Palette: assets.Dark(),
//		Frame:   func(l *draw.List, w, h float32) bool { return model.Paint(l, w, h) },
//		Input:   model.Handle,
//		Failed:  func(err error) { show(err) },
//	})
//	err := ebitengine.Run(game)
package ebitengine

//lint:file-ignore SA1019 what is named as the successor of FPS modes keeps running 60 empty frames a second

import (
	"fmt"
	"image"
	"runtime/debug"
	"time"
	"unsafe"

	"github.com/hajimehoshi/ebiten/v2"

	"tabletop/assets"
	"tabletop/render/draw"
	"tabletop/render/mesh"
)

// Options says what a game shows and whom it tells. Frame is required; the others may be nil.
type Options struct {
	Palette assets.Palette
	// Frame brings the list up to date for a size in CSS pixels. It reports false, and leaves the list alone, if nothing
	// changed since the last call.
	Frame func(l *draw.List, width, height float32) (changed bool)
	// Input is told what the person did.
	Input func(Intent)
	// Failed is told of a panic, once; afterwards the picture stands still.
	Failed func(error)
	// Scale returns the device pixels per CSS pixel where the page measures sizes and places in device pixels itself.
	// If it is nil the monitor's factor counts, which Ebitengine reads only once.
	Scale func() float32
}

// Game is an ebiten.Game. Its methods belong to the goroutine that runs it or, in a browser, to any callback.
type Game struct {
	options                 Options
	list                    draw.List
	mesh                    *mesh.Mesh
	atlas                   *ebiten.Image
	triangle                ebiten.DrawTrianglesOptions
	input                   input
	clock                   clock
	width, height, scale    float32 // in CSS pixels, and device pixels per CSS pixel
	playing, forced, failed bool
}

// The layouts must be the same, for a frame's vertices are handed over as they are.
var _ = ebiten.Vertex(mesh.Vertex{})

// New returns a game that is idle.
func New(o Options) *Game {
	return &Game{
		options: o, mesh: mesh.New(o.Palette),
		triangle: ebiten.DrawTrianglesOptions{ColorScaleMode: ebiten.ColorScaleModePremultipliedAlpha},
		scale:    1, forced: true,
	}
}

// Run shows a game until its window closes.
func Run(g *Game) error {
	ebiten.SetWindowTitle("Tabletop")
	ebiten.SetScreenClearedEveryFrame(false)
	ebiten.SetTPS(ebiten.SyncWithFPS)
	g.pace()
	options := ebiten.RunGameOptions{InitUnfocused: true, DisableHiDPI: g.options.Scale != nil}
	if err := ebiten.RunGameWithOptions(g, &options); err != nil {
		return fmt.Errorf("run the stage: %w", err)
	}
	return nil
}

// Wake asks for a frame: something may have changed.
func (g *Game) Wake() {
	ebiten.ScheduleFrame()
}

// Playing says whether time runs. While it does not, frames come only after input and Wake.
func (g *Game) Playing(on bool) {
	if g.playing != on {
		g.playing = on
		g.pace()
	}
	g.Wake()
}

// pace sets how frames come.
func (g *Game) pace() {
	mode := ebiten.FPSModeVsyncOn
	if !g.playing {
		mode = ebiten.FPSModeVsyncOffMinimum
	}
	ebiten.SetFPSMode(mode)
}

// SetPalette changes the theme.
func (g *Game) SetPalette(p assets.Palette) {
	g.options.Palette, g.forced = p, true
	g.mesh.SetPalette(p)
	g.Wake()
}

// Stats returns how long the last drawn frames took, in milliseconds of processor time in Draw.
func (g *Game) Stats() Stats { return g.clock.stats() }

// Layout is never called, because LayoutF is there.
func (g *Game) Layout(width, height int) (int, int) { return width, height }

// LayoutF makes one pixel of the picture one pixel of the screen.
func (g *Game) LayoutF(width, height float64) (float64, float64) {
	scale := float32(1)
	if g.options.Scale != nil {
		scale = max(g.options.Scale(), 0.1)
	} else {
		factor := ebiten.Monitor().DeviceScaleFactor()
		scale, width, height = float32(factor), width*factor, height*factor
	}
	w, h := float32(width)/scale, float32(height)/scale
	if w != g.width || h != g.height || scale != g.scale {
		g.width, g.height, g.scale, g.forced = w, h, scale, true
	}
	return width, height
}

// Update hands on what the person did.
func (g *Game) Update() error {
	defer g.rescue()
	if !g.failed && g.options.Input != nil {
		g.input.poll(g.scale, g.options.Input)
	}
	return nil
}

// Draw draws the frame if anything changed.
func (g *Game) Draw(screen *ebiten.Image) {
	defer g.rescue()
	start := time.Now()
	if g.failed {
		return
	}
	if changed := g.options.Frame(&g.list, g.width, g.height); !changed && !g.forced {
		return
	}
	g.forced = false
	g.mesh.Build(&g.list, g.width, g.height, g.scale)
	g.upload()
	screen.Fill(g.options.Palette[draw.Background])
	if v := g.mesh.Vertices; len(v) > 0 {
		vertices := unsafe.Slice((*ebiten.Vertex)(unsafe.Pointer(&v[0])), len(v))
		screen.DrawTriangles32(vertices, g.mesh.Indices, g.atlas, &g.triangle)
	}
	g.clock.add(time.Since(start))
}

// upload brings the atlas on the graphics card up to date.
func (g *Game) upload() {
	atlas := g.mesh.Atlas()
	width, height := atlas.Size()
	if g.atlas == nil || g.atlas.Bounds().Dy() != height {
		if g.atlas != nil {
			g.atlas.Deallocate()
		}
		g.atlas = ebiten.NewImageWithOptions(image.Rect(0, 0, width, height), &ebiten.NewImageOptions{Unmanaged: true})
	}
	dirty := atlas.Dirty()
	if dirty.Empty() {
		return
	}
	part := g.atlas.RecyclableSubImage(dirty)
	part.WritePixels(atlas.Pixels(dirty))
	part.Recycle()
	atlas.Clean()
}

// rescue turns a panic into a report: in a browser it would end the page's program.
func (g *Game) rescue() {
	if r := recover(); r != nil {
		g.failed = true
		if g.options.Failed != nil {
			g.options.Failed(fmt.Errorf("stage: %v\n%s", r, debug.Stack()))
		}
	}
}
