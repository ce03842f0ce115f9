//go:build js && wasm

package main

import (
	"slices"
	"syscall/js"
	"time"

	"tabletop/assets"
	"tabletop/render/draw"
	"tabletop/render/raster"
)

// statFrames is over how many pictures the figures go.
const statFrames = 64

// canvasPause is the least time between two pictures painted by the processor.
const canvasPause = 100 * time.Millisecond

// canvas paints the stage with the processor, into a two-dimensional canvas of the page.
type canvas struct {
	page          *page
	painter       *raster.Painter
	list          draw.List
	width, height float64
	ratio         float64
	dirty         bool
	pixels        js.Value
	took          []float64 // milliseconds of the last pictures
	frames        int
}

func newCanvas(p *page) *canvas {
	return &canvas{page: p, painter: raster.New(assets.Dark()), ratio: 1}
}

func (c *canvas) wake() { c.dirty = true }

func (c *canvas) resize(width, height, ratio float64) {
	c.width, c.height, c.ratio = width, height, ratio
	c.pixels = js.Value{}
}

func (c *canvas) theme(name string) {
	palette := assets.Dark()
	if name == "light" {
		palette = assets.Light()
	}
	c.painter = raster.New(palette)
}

func (c *canvas) run() error {
	for range time.Tick(canvasPause) {
		if (c.page.tick() || c.dirty) && c.width > 0 {
			c.dirty = false
			c.paint()
		}
	}
	return nil
}

func (c *canvas) paint() {
	began := time.Now()
	c.list.Reset()
	c.page.session.draw(&c.list)
	picture := c.painter.Render(&c.list, int(c.width), int(c.height), float32(c.ratio))
	if c.pixels.IsUndefined() || c.pixels.Get("length").Int() != len(picture.Pix) {
		c.pixels = js.Global().Get("Uint8ClampedArray").New(len(picture.Pix))
	}
	js.CopyBytesToJS(c.pixels, picture.Pix)
	c.page.host.Call("paint", c.pixels, picture.Rect.Dx(), picture.Rect.Dy())
	c.frames++
	c.took = append(c.took, float64(time.Since(began).Microseconds())/1000)
	if len(c.took) > statFrames {
		c.took = c.took[1:]
	}
}

func (c *canvas) stats() frameJSON {
	out := frameJSON{Frames: c.frames, Backend: "raster"}
	if n := len(c.took); n > 0 {
		sorted := slices.Sorted(slices.Values(c.took))
		out.DrawP50, out.DrawP95 = sorted[n/2], sorted[n*95/100]
	}
	return out
}
