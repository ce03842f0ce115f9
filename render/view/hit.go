package view

import (
	"tabletop/engine/trace"
	"tabletop/render/draw"
)

// Target is what lies under a point: a node, a message, or nothing.
type Target struct {
	Node    trace.NodeID  // 0 for none
	Message trace.EventID // its send event, NoEvent for none
}

// Hit returns what lies under a point. Targets are at least 44 px wide; of two, the nearer counts.
func (m *Model) Hit(layout Layout, at draw.Point) Target {
	hit := Target{Message: trace.NoEvent}
	nearest := float32(1e9)
	for _, p := range layout.Places {
		d := distance(p.At, at)
		if p.Radius == 0 {
			area := layout.area(p)
			more := max(0, hitRadius-(area.Max.Y-area.Min.Y)/2)
			area.Min.Y, area.Max.Y = area.Min.Y-more, area.Max.Y+more
			if !area.Contains(at) {
				continue
			}
		} else if d > max(p.Radius+plateOutset, hitRadius) {
			continue
		}
		if d < nearest {
			hit.Node, nearest = p.Node, d
		}
	}
	for _, v := range m.scene(layout).moving {
		if d := distance(v.at, at); d <= hitRadius && d < nearest {
			hit, nearest = Target{Message: v.send}, d
		}
	}
	return hit
}
