//go:build js && wasm

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime/debug"
	"syscall/js"
	"time"

	"tabletop/assets"
	"tabletop/render/draw"
)

// picture is what paints the stage: the graphics card, or the processor where there is none.
type picture interface {
	// run paints until the page is left.
	run() error
	// wake says that the stage must be painted again.
	wake()
	// resize gives the size in CSS pixels and how many device pixels are in one of them.
	resize(width, height, ratio float64)
	// theme chooses the palette: "dark" or "light".
	theme(name string)
	stats() frameJSON
}

// page is the boundary to the browser: one object each way.
type page struct {
	session *session
	host    js.Value
	picture picture
}

func main() {
	p := &page{session: newSession(), host: js.Global().Get("tabletopHost")}
	defer p.recover()
	if p.host.Get("webgl").Bool() {
		p.picture = newScreen(p)
	} else {
		p.picture = newCanvas(p)
	}
	p.host.Call("attach", p.object())
	if err := p.picture.run(); err != nil {
		p.host.Call("fail", err.Error())
	}
}

// object is what the page calls. Its functions live as long as the page.
func (p *page) object() js.Value {
	object := js.Global().Get("Object").New()
	object.Set("call", js.FuncOf(func(_ js.Value, args []js.Value) any { return p.call(args[0].String()) }))
	object.Set("state", js.FuncOf(func(js.Value, []js.Value) any { return encode(p.state()) }))
	object.Set("place", js.FuncOf(func(js.Value, []js.Value) any {
		state := p.state()
		state.Operations, state.Findings = nil, nil // the lesson has them, and here they would be written for every frame
		return encode(state)
	}))
	object.Set("receive", js.FuncOf(func(_ js.Value, args []js.Value) any {
		go p.receive(args[0], args[1])
		return nil
	}))
	object.Set("lesson", js.FuncOf(func(js.Value, []js.Value) any { return encode(p.session.lesson()) }))
	object.Set("catalogue", js.FuncOf(func(js.Value, []js.Value) any { return encode(p.session.entries()) }))
	object.Set("count", js.FuncOf(func(js.Value, []js.Value) any { return encode(p.session.count(now, censusSlice)) }))
	object.Set("hit", js.FuncOf(func(_ js.Value, args []js.Value) any {
		return p.session.hit(float32(args[0].Float()), float32(args[1].Float()))
	}))
	object.Set("lane", js.FuncOf(func(_ js.Value, args []js.Value) any {
		node, at := p.session.lane(float32(args[0].Float()), float32(args[1].Float()))
		if node != "" {
			return node
		}
		return float64(at)
	}))
	object.Set("faces", js.FuncOf(func(js.Value, []js.Value) any { return encode(faces()) }))
	object.Set("font", js.FuncOf(func(_ js.Value, args []js.Value) any {
		font := assets.Font(args[0].Int())
		bytes := js.Global().Get("Uint8Array").New(len(font))
		js.CopyBytesToJS(bytes, font)
		return bytes
	}))
	return object
}

// censusSlice is how long the page may be busy counting at a time, in microseconds.
const censusSlice = 12_000

// faceJSON names a font as style sheets do.
type faceJSON struct {
	Family string `json:"family"`
	Weight int    `json:"weight"`
}

func faces() []faceJSON {
	list := make([]faceJSON, assets.Faces)
	for i := range list {
		list[i] = faceJSON{assets.Family(i), assets.Weight(i)}
	}
	return list
}

func (p *page) state() stateJSON {
	state := p.session.state()
	state.Frame = p.picture.stats()
	return state
}

// receive reads the bytes of a trace and calls back with its number or an error.
func (p *page) receive(bytes, answered js.Value) {
	text := make([]byte, bytes.Length())
	js.CopyBytesToGo(text, bytes)
	n, err := p.session.receive(&unhurried{text})
	if err != nil {
		answered.Invoke(0, err.Error())
		return
	}
	answered.Invoke(n)
}

// unhurried hands out bytes in pieces with a pause before each, in which the page does what waits: reading takes some
// ten milliseconds for a piece.
type unhurried struct{ rest []byte }

func (u *unhurried) Read(b []byte) (int, error) {
	const piece = 64 << 10
	if len(u.rest) == 0 {
		return 0, io.EOF
	}
	time.Sleep(time.Millisecond)
	n := copy(b[:min(len(b), piece)], u.rest)
	u.rest = u.rest[n:]
	return n, nil
}

// call performs one intent. The answer is an object, with the field error when it could not be done.
func (p *page) call(text string) (answer string) {
	defer func() {
		if r := recover(); r != nil {
			answer = encode(map[string]string{"error": fmt.Sprintf("the simulator failed: %v", r)})
			js.Global().Get("console").Call("error", string(debug.Stack()))
		}
	}()
	if p.arrange(text) {
		return "{}"
	}
	err := p.session.ask([]byte(text))
	p.picture.wake()
	if err != nil {
		return encode(map[string]string{"error": err.Error()})
	}
	return "{}"
}

// place is a part of the canvas in CSS pixels.
type place struct{ X, Y, W, H float32 }

// arrange does what concerns the picture alone, and reports whether that was asked for.
func (p *page) arrange(text string) bool {
	var x struct {
		Type   string  `json:"type"`
		Width  float64 `json:"width"`
		Height float64 `json:"height"`
		Ratio  float64 `json:"ratio"`
		Theme  string  `json:"theme"`
		Stage  place   `json:"stage"`
		Lanes  place   `json:"lanes"`
	}
	if json.Unmarshal([]byte(text), &x) != nil {
		return false
	}
	switch {
	case x.Type == "size" && x.Width > 0 && x.Height > 0 && x.Ratio > 0:
		p.session.resize(x.Stage.W, x.Stage.H)
		p.session.area = draw.Box(x.Lanes.X, x.Lanes.Y, x.Lanes.W, x.Lanes.H)
		p.picture.resize(x.Width, x.Height, x.Ratio)
	case x.Type == "theme":
		p.picture.theme(x.Theme)
	default:
		return false
	}
	p.picture.wake()
	return true
}

// tick lets time pass, tells the page when the picture changed, and reports that.
func (p *page) tick() bool {
	if !p.session.tick(now()) {
		return false
	}
	p.host.Call("onChange")
	return true
}

// recover turns the end of the program into words on the page, which keeps its first step readable.
func (p *page) recover() {
	if r := recover(); r != nil {
		js.Global().Get("console").Call("error", string(debug.Stack()))
		p.host.Call("fail", fmt.Sprint(r))
	}
}

// now is the wall clock in microseconds.
func now() int64 { return time.Now().UnixMicro() }

func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic("wasm: " + err.Error())
	}
	return string(text)
}
