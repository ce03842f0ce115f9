package main

import (
	"fmt"

	"tabletop/engine/trace"
	"tabletop/render/draw"
)

// lanesJSON is what the page tells of the lanes' scale.
type lanesJSON struct {
	Zoom   float64    `json:"zoom"`
	FromUs trace.Time `json:"from_us"`
	ToUs   trace.Time `json:"to_us"`
}

// magnify changes what part of the run the lanes show: by a factor about a place or the cursor, by a part of their width,
// or, with neither, back to the whole.
func (s *session) magnify(x intent) error {
	whole := s.lanes.Whole()
	switch {
	case x.Factor != nil && *x.Factor <= 0:
		return fmt.Errorf("zoom: factor: a number above 0 is expected")
	case x.Factor != nil:
		at := s.player.At()
		if x.AtUs != nil {
			at = *x.AtUs
		}
		s.zoom = s.zoom.About(whole.X(at), *x.Factor)
	case x.By != nil:
		s.zoom = s.zoom.Pan(*x.By)
	default:
		s.zoom.From, s.zoom.To = 0, 0
	}
	return nil
}

// scale tells what part of the run the lanes show.
func (s *session) scale() lanesJSON {
	whole := s.lanes.Whole()
	from, width := s.zoom.From, s.zoom.Width()
	return lanesJSON{1 / width, whole.Time(from), whole.Time(from + width)}
}

// lane returns what lies under a point of the lanes: a node's id over its name, else an instant.
func (s *session) lane(x, y float32) (node string, at trace.Time) {
	if s.player == nil || s.area.Empty() {
		return "", 0
	}
	if n := s.lanes.Name(s.area, draw.Point{X: x, Y: y}); n != 0 {
		return s.run().Trace.Node(n).ID, 0
	}
	at = s.lanes.Axis(s.area, s.zoom).Time(float64(x))
	return "", max(0, min(at, s.run().Trace.End()))
}
