//go:build js && wasm

package main

import (
	"syscall/js"

	"tabletop/assets"
	"tabletop/render/draw"
	"tabletop/render/ebitengine"
)

// screen paints the stage with the graphics card.
type screen struct {
	page   *page
	game   *ebitengine.Game
	dirty  bool
	moving bool
}

func newScreen(p *page) *screen {
	s := &screen{page: p, dirty: true}
	s.game = ebitengine.New(ebitengine.Options{
		Palette: assets.Dark(),
		Frame:   s.frame,
		Failed:  func(err error) { p.host.Call("fail", err.Error()) },
		Scale:   func() float32 { return float32(js.Global().Get("devicePixelRatio").Float()) },
	})
	return s
}

func (s *screen) run() error { return ebitengine.Run(s.game) }

// frame writes the stage into the list when time or the person changed it.
func (s *screen) frame(l *draw.List, _, _ float32) bool {
	changed := s.page.tick() || s.dirty
	s.dirty = false
	s.pace()
	if !changed {
		return false
	}
	l.Reset()
	s.page.session.draw(l)
	return true
}

// pace lets frames come by themselves only while something moves.
func (s *screen) pace() {
	player := s.page.session.player
	moving := player != nil && player.Moving()
	if moving != s.moving {
		s.moving = moving
		s.game.Playing(moving)
	}
}

func (s *screen) wake() {
	s.dirty = true
	s.pace()
	s.game.Wake()
}

// resize is left to Ebitengine, which watches the size itself.
func (s *screen) resize(float64, float64, float64) {}

func (s *screen) theme(name string) {
	palette := assets.Dark()
	if name == "light" {
		palette = assets.Light()
	}
	s.game.SetPalette(palette)
}

func (s *screen) stats() frameJSON {
	stats := s.game.Stats()
	return frameJSON{DrawP50: stats.P50, DrawP95: stats.P95, Frames: stats.Frames, Backend: "ebitengine"}
}
