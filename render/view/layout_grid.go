package view

import "tabletop/render/draw"

// ringMost is how many members stand on a ring with words beside them.
const ringMost = 8

// Measures of a grid of members without words.
const (
	gridPitch = 2*radiusMany + 24
	gridTop   = 112 // clear of the title
	gridLeft  = 220 // clear of the clients
)

// grid places many members in rows and returns those that it has room for; the others have their lanes.
func (l *Layout) grid(members []Place) []Place {
	left, top, right, bottom := float32(gridLeft), float32(gridTop), l.Size.X-margin-radiusMany, l.Size.Y-margin-radiusMany
	if l.Phone {
		left, top, right = edge+radiusMany, edge+radiusMany, l.Size.X-edge-radiusMany
		bottom -= pillHeightPhone
	}
	columns := 1 + max(0, int((right-left)/gridPitch))
	lines := 1 + max(0, int((bottom-top)/gridPitch))
	n := min(len(members), columns*lines)
	l.more += len(members) - n
	lines = (n + columns - 1) / columns
	columns = (n + lines - 1) / lines
	down := (top + bottom - float32(lines-1)*gridPitch) / 2
	for i := range members[:n] {
		row, column := i/columns, i%columns
		inRow := min(columns, n-row*columns)
		members[i].At = draw.Point{X: round((left+right)/2 + (float32(column)-float32(inRow-1)/2)*gridPitch),
			Y: round(down + float32(row)*gridPitch)}
		members[i].Radius, members[i].Words = radiusMany, Silent
	}
	return members[:n]
}
