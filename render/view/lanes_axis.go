package view

import (
	"math"
	"strconv"
	"strings"
	"time"

	"tabletop/engine/trace"
	"tabletop/render/draw"
)

// Zoom is the part of the whole run that the lanes show, in places on the whole scale from 0 to 1. The zero value is
// all of it.
type Zoom struct{ From, To float64 }

// mostZoom keeps a pixel wider than what numbers can tell apart.
const mostZoom = 50_000

// whole reports whether nothing is cut off.
func (z Zoom) whole() bool { return z.To <= z.From || z.From <= 0 && z.To >= 1 }

// Width returns how much of the run is shown.
func (z Zoom) Width() float64 {
	if z.whole() {
		return 1
	}
	return z.To - z.From
}

// place returns a part of the given width as near to a beginning as the run allows.
func place(from, width float64) Zoom {
	width = max(1.0/mostZoom, width)
	if width >= 1 {
		return Zoom{}
	}
	from = max(0, min(from, 1-width))
	return Zoom{from, from + width}
}

// About magnifies by a factor; a place on the whole scale stays where it is.
func (z Zoom) About(at, factor float64) Zoom {
	if z.whole() {
		z = Zoom{0, 1}
	}
	width := max(z.Width()/factor, 1.0/mostZoom)
	return place(at-(at-z.From)*width/z.Width(), width)
}

// Pan moves by a part of what is shown.
func (z Zoom) Pan(by float64) Zoom { return place(z.From+by*z.Width(), z.Width()) }

// Follow moves so far that a place on the whole scale is in sight.
func (z Zoom) Follow(at float64) Zoom {
	const near, far, rest = 0.02, 0.98, 0.3
	if z.whole() || at >= z.From+near*z.Width() && at <= z.From+far*z.Width() {
		return z
	}
	return place(at-rest*z.Width(), z.Width())
}

// Heights and columns of the lanes, from their upper left corner.
const (
	laneNames  = 24
	laneLeft   = 96
	laneAxis   = 26
	laneMost   = 34 // a row is no higher
	laneLeast  = 15 // lower ones have no room for a name
	laneRest   = 3  // below the last row
	nameLeast  = 11 // from a name to the next
	laneClient = 1.2
	laneTicks  = 80 // between two ticks at least
)

// Axis returns the scale of the lanes in an area, where a zoom shows a part of the run. Times out of sight have places
// out of sight.
func (l *Lanes) Axis(area draw.Rect, z Zoom) Axis {
	left, right := float64(area.Min.X+laneLeft), float64(area.Max.X-margin)
	if z.whole() {
		z = Zoom{0, 1}
	}
	a := Axis{times: l.whole.times, x: make([]float64, len(l.whole.x))}
	for i, x := range l.whole.x {
		a.x[i] = left + (x-z.From)/z.Width()*(right-left)
	}
	return a
}

// scale draws the ticks, the borders between the intervals of the scale and the plate of the cursor.
func (f *laneFrame) scale() {
	p, base := f.pen, f.area.Min.Y+17
	muted := draw.TextStyle{Font: draw.MonoMedium, Size: sizeSmall, Color: draw.Solid(draw.Muted)}
	words := "Time"
	if !f.zoom.whole() {
		words = ratio(f.zoom)
	}
	p.l.Rect(draw.Box(f.left, f.area.Min.Y+laneAxis-1, f.right-f.left, 1), 0, draw.Style{Fill: draw.Solid(draw.Rule)})
	f.plate(base)
	if name := draw.Box(f.area.Min.X+laneNames, f.area.Min.Y+4, width(muted.Font, muted.Size, words)+6, 16); p.free(name) {
		p.take(name)
		p.l.Text(draw.Point{X: name.Min.X, Y: base}, words, muted)
	}
	for i := 1; i < len(f.axis.times); i++ {
		f.ticks(f.axis.times[i-1], f.axis.times[i], f.axis.x[i-1], f.axis.x[i], base)
	}
}

// ratio writes a magnification with two digits.
func ratio(z Zoom) string {
	r := 1 / z.Width()
	unit := math.Pow(10, math.Floor(math.Log10(r))-1)
	return "×" + strconv.FormatFloat(math.Round(r/unit)*unit, 'g', -1, 64)
}

// plate writes the time of the cursor on the axis.
func (f *laneFrame) plate(base float32) {
	if f.cursor < f.left-1 || f.cursor > f.right+1 {
		return
	}
	digits := 3
	if f.zoom.Width() < 0.02 {
		digits = 6
	}
	text := f.clock(float64(f.model.At), digits)
	s := draw.TextStyle{Font: draw.MonoSemi, Size: sizeSmall, Align: draw.Center, Color: draw.Solid(draw.Background)}
	span := max(60, ceil(width(s.Font, s.Size, text))+16)
	box := draw.Box(f.pen.within(f.cursor-span/2, span), f.area.Min.Y+3, span, 18)
	f.pen.l.Rect(box, 3, draw.Style{Fill: draw.Solid(draw.Text)})
	f.pen.l.Text(draw.Point{X: (box.Min.X + box.Max.X) / 2, Y: base}, text, s)
	f.pen.take(box)
}

// ticks draws the ticks of one interval, in which time runs evenly.
func (f *laneFrame) ticks(t0, t1, x0, x1 float64, base float32) {
	if x1 < float64(f.left) || x0 > float64(f.right) || x1-x0 < 4 {
		return
	}
	if x0 > float64(f.left) && x0 < float64(f.right) {
		f.pen.l.Rect(draw.Box(round(float32(x0)), f.area.Min.Y+laneAxis, 1, f.bottom-f.area.Min.Y-laneAxis), 0,
			draw.Style{Fill: draw.Fade(draw.Rule, 0.6)})
	}
	for room := float64(laneTicks); room >= laneTicks/8; room /= 2 { // a narrow interval still gets one tick
		if f.steps(t0, t1, x0, x1, room, base) {
			return
		}
	}
}

// steps draws ticks at least so many pixels apart where there is room, and reports whether there was.
func (f *laneFrame) steps(t0, t1, x0, x1, room float64, base float32) (drawn bool) {
	rate := (t1 - t0) / (x1 - x0)
	step, digits := niceStep(rate * room)
	begin := 0.0 // of the day, on a clock
	if f.model.Wall {
		step, digits = clockStep(rate * 1.4 * room) // a time of day is longer than seconds are
		begin = float64(sinceMidnight(f.model.Begins))
	}
	at := math.Ceil((begin + t0 + max(0, float64(f.left)-x0)*rate) / step)
	s := draw.TextStyle{Font: draw.MonoMedium, Size: sizeSmall, Align: draw.Center, Color: draw.Solid(draw.Muted)}
	for ; at*step-begin <= t1; at++ {
		x := float32(x0 + (at*step-begin-t0)/rate)
		if x > f.right {
			break
		}
		text := f.tick(at*step-begin, digits)
		half := width(s.Font, s.Size, text)/2 + 6
		box := draw.Box(x-half, f.area.Min.Y+4, 2*half, 16)
		if box.Max.X > f.area.Max.X || !f.pen.free(box) {
			continue
		}
		drawn = true
		f.pen.take(box)
		f.pen.l.Rect(draw.Box(round(x)-0.5, f.area.Min.Y+laneAxis-5, 1, 4), 0, draw.Style{Fill: draw.Solid(draw.Hair)})
		f.pen.l.Text(draw.Point{X: round(x), Y: base}, text, s)
	}
	return drawn
}

// day is how long one lasts, in microseconds.
const day = 24 * 3600 * 1_000_000

// sinceMidnight returns the time of the day of microseconds since 1970 UTC.
func sinceMidnight(us int64) int64 { return ((us % day) + day) % day }

// tick writes what stands at a tick: at midnight the day that begins.
func (f *laneFrame) tick(at float64, digits int) string {
	if !f.model.Wall {
		return seconds(trace.Time(at), digits) + " s"
	}
	if us := f.model.Begins + int64(math.Round(at)); sinceMidnight(us) == 0 {
		return time.UnixMicro(us).UTC().Format("Jan 2")
	}
	return f.clock(at, digits)
}

// clock writes an instant: the time since the start of a run, or of the day when logs were written.
func (f *laneFrame) clock(at float64, digits int) string {
	if !f.model.Wall {
		return seconds(trace.Time(at), digits)
	}
	text := time.UnixMicro(sinceMidnight(f.model.Begins) + int64(at)).UTC().Format("15:04:05.000000")
	return strings.TrimSuffix(text[:len(text)-6+digits], ".")
}

// clockStep returns the least step that a clock has names for, and is no smaller than a span in microseconds.
func clockStep(least float64) (step float64, digits int) {
	if least <= 1e6 {
		return niceStep(least)
	}
	for _, s := range []float64{2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 3 * 3600, 6 * 3600, 12 * 3600} {
		if s*1e6 >= least {
			return s * 1e6, 0
		}
	}
	return day * math.Ceil(least/day), 0
}

// niceStep returns the least step of 1, 2 or 5 that is no smaller than a span in microseconds, and the decimals of
// seconds that its multiples need.
func niceStep(least float64) (step float64, digits int) {
	step = math.Pow(10, math.Max(0, math.Floor(math.Log10(least))))
	for _, by := range []float64{2, 2.5, 2} {
		if step >= least {
			break
		}
		step *= by
	}
	return step, max(0, 6-int(math.Log10(step)+1e-9))
}

// seconds writes an instant as the page's clock does.
func seconds(at trace.Time, digits int) string {
	if at < 60_000_000 {
		return strconv.FormatFloat(float64(at)/1e6, 'f', digits, 64)
	}
	rest := strconv.FormatFloat(float64(at%60_000_000)/1e6, 'f', digits, 64)
	if len(rest) < 2 || rest[1] == '.' {
		rest = "0" + rest
	}
	return strconv.FormatInt(int64(at/60_000_000), 10) + ":" + rest
}
