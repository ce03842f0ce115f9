package ebitengine

import (
	"github.com/hajimehoshi/ebiten/v2"
	"github.com/hajimehoshi/ebiten/v2/inpututil"

	"tabletop/render/draw"
)

// IntentKind is the kind of an intent.
type IntentKind uint8

// The kinds of intent.
const (
	Move    IntentKind = iota // At: the pointer or a finger moved
	Press                     // At: the left button or a finger went down
	Release                   // At: it went up
	Wheel                     // At, Turn
	Key                       // Name, Shift; only while the stage has the focus
)

// Intent is one thing the person did. Places are in CSS pixels from the upper left corner of the stage.
type Intent struct {
	Kind  IntentKind
	At    draw.Point
	Turn  draw.Point // by how much the wheel turned, to the right and downwards
	Touch int        // 0 for the mouse, else a number for the finger
	Name  string     // of the key, by its place on a US keyboard: "ArrowLeft", "Space", "V"
	Shift bool
}

// input remembers where the pointer is, and memory.
type input struct {
	pointer draw.Point
	touches []ebiten.TouchID
	keys    []ebiten.Key
}

// poll tells what the person did since the last time.
func (in *input) poll(scale float32, tell func(Intent)) {
	place := func(x, y int) draw.Point { return draw.Point{X: float32(x) / scale, Y: float32(y) / scale} }
	at := place(ebiten.CursorPosition())
	if at != in.pointer {
		in.pointer = at
		tell(Intent{Kind: Move, At: at})
	}
	if inpututil.IsMouseButtonJustPressed(ebiten.MouseButtonLeft) {
		tell(Intent{Kind: Press, At: at})
	}
	if inpututil.IsMouseButtonJustReleased(ebiten.MouseButtonLeft) {
		tell(Intent{Kind: Release, At: at})
	}
	if dx, dy := ebiten.Wheel(); dx != 0 || dy != 0 { // up and left are positive
		tell(Intent{Kind: Wheel, At: at, Turn: draw.Point{X: float32(-dx), Y: float32(-dy)}})
	}
	in.touches = ebiten.AppendTouchIDs(in.touches[:0])
	for _, id := range in.touches {
		now := place(ebiten.TouchPosition(id))
		if inpututil.TouchPressDuration(id) <= 1 {
			tell(Intent{Kind: Press, At: now, Touch: int(id) + 1})
		} else if now != place(inpututil.TouchPositionInPreviousTick(id)) {
			tell(Intent{Kind: Move, At: now, Touch: int(id) + 1})
		}
	}
	in.touches = inpututil.AppendJustReleasedTouchIDs(in.touches[:0])
	for _, id := range in.touches {
		tell(Intent{Kind: Release, At: place(inpututil.TouchPositionInPreviousTick(id)), Touch: int(id) + 1})
	}
	in.keys = inpututil.AppendJustPressedKeys(in.keys[:0])
	for _, key := range in.keys {
		tell(Intent{Kind: Key, At: at, Name: key.String(), Shift: ebiten.IsKeyPressed(ebiten.KeyShift)})
	}
}
