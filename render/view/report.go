package view

import (
	"strconv"
	"strings"

	"tabletop/engine/trace"
	"tabletop/render/draw"
)

// Measures of a tablet server's report.
const reportWidth, reportHeight, reportSlant = 34, 18, 7

// reported reports whether a message tells a master of a server's tablets: every heartbeat carries a report, an empty one
// most of the time.
func reported(kind trace.Kind, text string, from, to trace.NodeKind) bool {
	if from != trace.TabletServer || to != trace.Master {
		return false
	}
	return kind == trace.Heartbeat || kind == trace.Request &&
		(text == "full report" || text == "register" || strings.HasPrefix(text, "report "))
}

// carried returns how many tablets a report tells of, -1 where the trace does not say. A full report tells of all that the
// server has.
func (s *scene) carried(e trace.Event, text string) int {
	switch list, ok := strings.CutPrefix(text, "report "); {
	case e.Kind == trace.Heartbeat:
		return 0
	case ok:
		return tabletsIn(list)
	case text == "full report":
		if n := s.member(e.Node); n != nil {
			return len(n.replicas())
		}
	}
	return -1
}

// report draws a report: a parallelogram, hollow when it is empty.
func (v *moving) report(p *pen) {
	fill := draw.Solid(draw.Text)
	if v.count == 0 {
		fill = draw.Solid(draw.Background)
	}
	w, h := float32(reportWidth)/2, float32(reportHeight)/2
	p.l.Polygon(draw.Style{Fill: fill, Stroke: draw.Solid(draw.Text), Width: strokeChip}, v.at.Add(-w+reportSlant, -h), v.at.Add(w, -h),
		v.at.Add(w-reportSlant, h), v.at.Add(-w, h))
}

// number writes into a report how many tablets it tells of, unless other words stand there.
func (v *moving) number(p *pen) {
	if v.count < 0 || !p.free(draw.Box(v.at.X-reportWidth/2+2, v.at.Y-reportHeight/2, reportWidth-4, reportHeight)) {
		return
	}
	ink := draw.Background
	if v.count == 0 {
		ink = draw.Text
	}
	p.l.Text(v.at.Add(0, 4), strconv.Itoa(v.count), draw.TextStyle{Font: draw.MonoSemi, Size: sizeSmall, Align: draw.Center,
		Color: draw.Solid(ink)})
}
