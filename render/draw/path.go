package draw

import "math"

// The measures of the marks, in CSS pixels.
const (
	HatchPitch = 7    // between the middles of two lines, across them
	HatchWidth = 2    // of a line
	DotPitch   = 5    // between the middles of two dots
	DotRadius  = 1.25 // of a dot
)

// maxPieces limits the dashes of one stroke; a stroke with more of them is drawn solid.
const maxPieces = 4096

// sagitta is how far, in device pixels, a chord may lie from the arc it stands for.
const sagitta = 0.07

// quarter is how many chords stand for a quarter of a circle.
func quarter(radius float32) int {
	if radius <= sagitta {
		return 1
	}
	step := 2 * math.Acos(1-sagitta/float64(radius))
	return min(max(int(math.Ceil(math.Pi/2/step)), 2), 64)
}

// Corner returns how many points AppendRound should give a corner of that radius; the radius is in device pixels.
func Corner(radius float32) int {
	if radius <= 0 {
		return 1
	}
	return quarter(radius) + 1
}

// AppendRound appends the outline of a rectangle with rounded corners, clockwise, with so many points for each corner.
// The number does not depend on the radius, so that outlines at several distances can be tied together.
func AppendRound(points []Point, r Rect, radius float32, corner int) []Point {
	radius = max(0, min(radius, (r.Max.X-r.Min.X)/2, (r.Max.Y-r.Min.Y)/2))
	centers := [4]Point{
		{r.Max.X - radius, r.Min.Y + radius}, {r.Max.X - radius, r.Max.Y - radius},
		{r.Min.X + radius, r.Max.Y - radius}, {r.Min.X + radius, r.Min.Y + radius},
	}
	// One quarter is computed and turned for the others.
	sin, cos := math.Sincos(math.Pi / 2 / float64(max(corner-1, 1)))
	x, y := 0.0, -float64(radius) // the top, before the first corner
	first := len(points)
	for range corner {
		points = append(points, centers[0].Add(float32(x), float32(y)))
		x, y = x*cos-y*sin, x*sin+y*cos
	}
	if corner == 1 {
		points[first] = centers[0].Add(radius, -radius)
	}
	for side := 1; side < 4; side++ {
		for i := range corner {
			p := points[first+i]
			dx, dy := p.X-centers[0].X, p.Y-centers[0].Y
			for range side {
				dx, dy = -dy, dx
			}
			points = append(points, centers[side].Add(dx, dy))
		}
	}
	return points
}

// Ring returns the rectangle around a circle; with the circle's radius it is the circle itself.
func Ring(at Point, radius float32) Rect { return Box(at.X-radius, at.Y-radius, 2*radius, 2*radius) }

// AppendArc appends points along a circle, clockwise; from and to are turns counted from the top.
func AppendArc(points []Point, at Point, radius, from, to float32) []Point {
	if to < from {
		from, to = to, from
	}
	to = min(to, from+1)
	n := max(int(math.Ceil(float64(4*(to-from))*float64(quarter(radius)))), 1)
	for i := range n + 1 {
		turn := float64(from) + float64(to-from)*float64(i)/float64(n)
		sin, cos := math.Sincos(turn * 2 * math.Pi)
		points = append(points, at.Add(radius*float32(sin), -radius*float32(cos)))
	}
	return points
}

// AppendOutline appends the outline of a shape in device pixels and reports whether it is closed. Points that repeat
// the one before them are left out.
func (l *List) AppendOutline(points []Point, op *Op, scale float32) ([]Point, bool) {
	switch op.Kind {
	case RectOp, CircleOp:
		r, radius := op.Frame(scale)
		return AppendRound(points, r, radius, Corner(radius)), true
	case ArcOp:
		at := Point{op.At.X * scale, op.At.Y * scale}
		return AppendArc(points, at, op.Radius*scale, op.From, op.To), false
	}
	first := len(points)
	for _, p := range l.Points[op.First : op.First+op.Count] {
		p = Point{p.X * scale, p.Y * scale}
		if len(points) == first || distance(points[len(points)-1], p) > 1e-3 {
			points = append(points, p)
		}
	}
	closed := op.Kind == PolygonOp
	if closed && len(points)-first > 1 && distance(points[first], points[len(points)-1]) <= 1e-3 {
		points = points[:len(points)-1]
	}
	return points, closed
}

// Frame returns the rectangle and corner radius of a RectOp or CircleOp in device pixels.
func (op *Op) Frame(scale float32) (Rect, float32) {
	if op.Kind == CircleOp {
		return Ring(Point{op.At.X * scale, op.At.Y * scale}, op.Radius*scale), op.Radius * scale
	}
	r := op.Rect.Scale(scale)
	if r.Min.X > r.Max.X {
		r.Min.X, r.Max.X = r.Max.X, r.Min.X
	}
	if r.Min.Y > r.Max.Y {
		r.Min.Y, r.Max.Y = r.Max.Y, r.Min.Y
	}
	if op.Radius <= 0 {
		return r, 0
	}
	return r, min(op.Radius*scale, (r.Max.X-r.Min.X)/2, (r.Max.Y-r.Min.Y)/2)
}

// Bounds returns the smallest rectangle around points.
func Bounds(points []Point) Rect {
	if len(points) == 0 {
		return Rect{}
	}
	r := Rect{points[0], points[0]}
	for _, p := range points[1:] {
		// Not min and max: WebAssembly has them as calls.
		if p.X < r.Min.X {
			r.Min.X = p.X
		} else if p.X > r.Max.X {
			r.Max.X = p.X
		}
		if p.Y < r.Min.Y {
			r.Min.Y = p.Y
		} else if p.Y > r.Max.Y {
			r.Max.Y = p.Y
		}
	}
	return r
}

// Intersect returns what two rectangles share; it is empty, with Max at Min, if they share nothing.
func (r Rect) Intersect(o Rect) Rect {
	r.Min.X, r.Max.X = max(r.Min.X, o.Min.X), min(r.Max.X, o.Max.X)
	r.Min.Y, r.Max.Y = max(r.Min.Y, o.Min.Y), min(r.Max.Y, o.Max.Y)
	if r.Empty() {
		r.Max = r.Min
	}
	return r
}

// Empty reports whether a rectangle holds no point.
func (r Rect) Empty() bool { return !(r.Min.X < r.Max.X && r.Min.Y < r.Max.Y) }

// Grow returns a rectangle whose edges all lie by d further out.
func (r Rect) Grow(d float32) Rect { return Rect{r.Min.Add(-d, -d), r.Max.Add(d, d)} }

// Scale returns a rectangle in device pixels.
func (r Rect) Scale(scale float32) Rect {
	return Rect{Point{r.Min.X * scale, r.Min.Y * scale}, Point{r.Max.X * scale, r.Max.Y * scale}}
}

// AppendDashes cuts a path into dashes: it appends their points, and to ends where each dash ends among them. The rhythm
// is in the unit of the path. It reports false, and appends nothing, if the stroke is to be solid. A dash that would
// reach around a corner by a hundredth of a pixel ends, or begins, at the corner.
func AppendDashes(points []Point, ends []int, path []Point, closed bool, d Dash) ([]Point, []int, bool) {
	const tiny = 0.01
	n := len(path) - 1
	if closed {
		n++
	}
	length := float32(0)
	for i := range n {
		length += distance(path[i], path[(i+1)%len(path)])
	}
	if n < 1 || d.On <= 0 || d.Off <= 0 || !(length <= maxPieces*(d.On+d.Off)) {
		return points, ends, false
	}
	first, known := len(points), len(ends)
	left, on := d.On, true
	points = append(points, path[0])
	for i := range n {
		a, b := path[i], path[(i+1)%len(path)]
		whole, done := distance(a, b), float32(0)
		for whole-done > left-tiny {
			done += left
			points = append(points, Point{a.X + (b.X-a.X)*done/whole, a.Y + (b.Y-a.Y)*done/whole})
			if on {
				ends, left = append(ends, len(points)), d.Off
			} else {
				left = d.On
			}
			on = !on
		}
		left -= whole - done
		if !on {
			continue
		}
		if last := len(points) - 1; distance(points[last], b) <= tiny {
			points[last] = b
		} else {
			points = append(points, b)
		}
	}
	begun := first
	if len(ends) > known {
		begun = ends[len(ends)-1]
	}
	if !on || len(points)-begun < 2 { // an end that has just begun is none
		return points[:begun], ends, true
	}
	return points, append(ends, len(points)), true
}

// AppendDots appends the middles of the dots that fit whole into a closed outline: columns stand on one grid for the
// whole picture, so that an outline that grows uncovers them, rows are centred in the outline. Only dots in area count.
func AppendDots(dots []Point, outline []Point, area Rect, scale float32) []Point {
	const slack = 1e-3
	box := Bounds(outline)
	pitch, radius := DotPitch*scale, DotRadius*scale
	rows := max(int((box.Max.Y-box.Min.Y)/pitch), 1)
	seen := box.Intersect(area)
	if seen.Empty() {
		return dots
	}
	top := (box.Min.Y + box.Max.Y - float32(rows-1)*pitch) / 2
	firstRow := max(int((seen.Min.Y-top)/pitch)-1, 0)
	for row := firstRow; row < rows && top+float32(row)*pitch <= seen.Max.Y; row++ {
		y := top + float32(row)*pitch
		for column := int(seen.Min.X/pitch) - 1; (float32(column)+0.5)*pitch <= seen.Max.X; column++ {
			p := Point{(float32(column) + 0.5) * pitch, y}
			if inside(outline, p) && clearance(outline, p) >= radius-slack {
				dots = append(dots, p)
			}
		}
	}
	return dots
}

// inside reports whether p lies in a closed outline, by the even-odd rule.
func inside(outline []Point, p Point) bool {
	in := false
	a := outline[len(outline)-1]
	for _, b := range outline {
		if (a.Y > p.Y) != (b.Y > p.Y) && p.X < a.X+(b.X-a.X)*(p.Y-a.Y)/(b.Y-a.Y) {
			in = !in
		}
		a = b
	}
	return in
}

// clearance returns the distance from p to the nearest edge of a closed outline.
func clearance(outline []Point, p Point) float32 {
	nearest := float32(math.MaxFloat32)
	a := outline[len(outline)-1]
	for _, b := range outline {
		dx, dy := b.X-a.X, b.Y-a.Y
		t := float32(0)
		if square := dx*dx + dy*dy; square > 0 {
			t = min(max(((p.X-a.X)*dx+(p.Y-a.Y)*dy)/square, 0), 1)
		}
		nearest = min(nearest, distance(p, Point{a.X + t*dx, a.Y + t*dy}))
		a = b
	}
	return nearest
}

// distance returns how far two points lie apart.
func distance(a, b Point) float32 {
	dx, dy := b.X-a.X, b.Y-a.Y
	return float32(math.Sqrt(float64(dx*dx + dy*dy)))
}
