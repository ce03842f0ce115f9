package view

import (
	"sort"

	"tabletop/engine/trace"
	"tabletop/render/draw"
)

// HistoryMark is what somebody beside the logs says happened: a signal that was sent to a node, a phase of a test. No node knew
// of it, and nothing is inferred from it.
type HistoryMark struct {
	At    trace.Time
	Node  trace.NodeID // 0 for what concerns no node in particular
	Words string
}

// marks draws the marks in sight: a pointer at the upper edge of the node's row, with words where there is room. What
// concerns no node points from the axis.
func (f *laneFrame) marks() {
	if f.model.lens() {
		return
	}
	all := f.model.Marks
	from := f.axis.Time(float64(f.left) - laneOut)
	last := map[int]float32{} // the place of the pointer before, of each row
	for _, t := range all[sort.Search(len(all), func(i int) bool { return all[i].At >= from }):] {
		x := round(f.x(t.At))
		if x > f.right+laneOut {
			return
		}
		row, top := f.row(t.Node), f.area.Min.Y+laneAxis
		if row >= 0 {
			top = f.top(row)
		}
		if before, ok := last[row]; ok && before == x {
			continue
		}
		last[row] = x
		f.pointer(draw.Point{X: x, Y: round(top)}, t.Words)
	}
}

// pointer draws one mark.
func (f *laneFrame) pointer(at draw.Point, words string) {
	const wide, high = 4, 7
	f.pen.l.Polygon(draw.Style{Fill: draw.Solid(draw.Text), Stroke: draw.Solid(draw.Background), Width: 1},
		draw.Point{X: at.X - wide, Y: at.Y + 1}, draw.Point{X: at.X + wide, Y: at.Y + 1}, draw.Point{X: at.X, Y: at.Y + 1 + high})
	s := laneStyle(draw.Text)
	words = clip(words, 24)
	box := draw.Box(at.X-wide, at.Y, 3*wide+width(s.Font, s.Size, words)+4, 13)
	if !f.roomy() || box.Max.X > f.right || !f.pen.free(box) {
		return
	}
	f.pen.take(box)
	f.pen.l.Rect(draw.Box(at.X+wide+1, at.Y, box.Max.X-at.X-wide, 14), 2, draw.Style{Fill: draw.Fade(draw.Background, 0.8)})
	f.pen.l.Text(draw.Point{X: at.X + wide + 3, Y: at.Y + 11}, words, s)
}
