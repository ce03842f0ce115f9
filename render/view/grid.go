package view

import "tabletop/render/draw"

// The cells of a grid. It is a torus: what lies 2048 px further right or 1024 px further down shares a cell, which costs
// a comparison and is never wrong; so a grid needs no size, and its zero value is empty.
const (
	cellWidth, cellHeight = 64, 32
	gridColumns, gridRows = 32, 32 // powers of two
)

// grid finds out whether a rectangle lies on others without looking at all of them.
type grid struct {
	newest [gridRows][gridColumns]int32 // of each cell: a place in boxes, counted from 1
	boxes  []boxed
}

// boxed is a rectangle in one of the cells that it touches.
type boxed struct {
	draw.Rect
	before int32 // the one before it in its cell
}

// reset empties the grid and keeps its memory.
func (g *grid) reset() { g.newest, g.boxes = [gridRows][gridColumns]int32{}, g.boxes[:0] }

// reach is a range of cells, the last ones included, that goes around the torus at most once.
type reach struct{ left, top, right, bottom int }

func reachOf(r draw.Rect) reach {
	c := reach{left: int(r.Min.X) / cellWidth, top: int(r.Min.Y) / cellHeight,
		right: int(r.Max.X) / cellWidth, bottom: int(r.Max.Y) / cellHeight}
	c.right, c.bottom = min(c.right, c.left+gridColumns-1), min(c.bottom, c.top+gridRows-1)
	return c
}

// at returns the newest box of a cell.
func (g *grid) at(x, y int) *int32 { return &g.newest[y&(gridRows-1)][x&(gridColumns-1)] }

func (g *grid) add(r draw.Rect) {
	c := reachOf(r)
	for y := c.top; y <= c.bottom; y++ {
		for x := c.left; x <= c.right; x++ {
			cell := g.at(x, y)
			g.boxes = append(g.boxes, boxed{Rect: r, before: *cell})
			*cell = int32(len(g.boxes))
		}
	}
}

// covers reports whether any box lies on a part of a rectangle.
func (g *grid) covers(r draw.Rect) bool {
	c := reachOf(r)
	for y := c.top; y <= c.bottom; y++ {
		for x := c.left; x <= c.right; x++ {
			for i := *g.at(x, y); i != 0; i = g.boxes[i-1].before {
				if overlap(r, g.boxes[i-1].Rect) {
					return true
				}
			}
		}
	}
	return false
}

func overlap(a, b draw.Rect) bool {
	return a.Min.X < b.Max.X && b.Min.X < a.Max.X && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y
}
