package player

import (
	"fmt"
	"math"
	"slices"

	"tabletop/engine/trace"
)

// Unit is what one step moves by.
type Unit uint8

// The units. A message step ends where a message is read or lost, so that its whole flight is seen.
const (
	UnitStop Unit = iota
	UnitEvent
	UnitMessage
	UnitRole
	UnitFinding
	units
)

func unitNames() []string { return []string{"stop", "event", "message", "role change", "finding"} }

// String returns the unit's name in the page.
func (u Unit) String() string {
	if u >= units {
		return "unknown"
	}
	return unitNames()[u]
}

// ParseUnit returns the unit with the given name.
func ParseUnit(name string) (Unit, bool) {
	i := slices.Index(unitNames(), name)
	return Unit(max(i, 0)), i >= 0
}

// holds reports whether an event of the kind ends a step of the unit.
func (u Unit) holds(k trace.Kind) bool {
	switch u {
	case UnitMessage:
		return k == trace.Receive || k == trace.Drop
	case UnitRole:
		return k == trace.PreCampaign || k == trace.Campaign || k == trace.Elected || k == trace.ElectionLost ||
			k == trace.StepDown || k == trace.Pause || k == trace.Resume || k == trace.Crash || k == trace.Start
	}
	return true
}

// Unit returns what one step moves by.
func (p *Player) Unit() Unit { return p.unit }

// SetUnit says what one step moves by.
func (p *Player) SetUnit(u Unit) { p.unit = u }

// The slowest and the fastest speed, in seconds of trace time per second of wall time.
const (
	MinSpeed = 0.001
	MaxSpeed = 1000
)

// Speed returns the seconds of trace time per second of wall time.
func (p *Player) Speed() float64 { return p.speed }

// SetSpeed sets the seconds of trace time per second of wall time, kept between MinSpeed and MaxSpeed.
func (p *Player) SetSpeed(s float64) {
	if math.IsNaN(s) {
		return
	}
	p.speed = max(MinSpeed, min(s, MaxSpeed))
}

// Slider returns the speed as the place of a slider from 0 (slowest) to 1 (fastest); its scale is logarithmic.
func (p *Player) Slider() float64 {
	return math.Log10(p.speed/MinSpeed) / math.Log10(MaxSpeed/MinSpeed)
}

// SetSlider sets the speed from the place of a slider, rounded to two digits.
func (p *Player) SetSlider(place float64) {
	if math.IsNaN(place) {
		return
	}
	place = max(0, min(place, 1))
	speed := MinSpeed * math.Pow(MaxSpeed/MinSpeed, place)
	digit := math.Pow(10, math.Floor(math.Log10(speed))-1)
	p.SetSpeed(math.Round(speed/digit) * digit)
}

// Faster goes up one notch of 1, 2, 5, 10 and so on; Slower goes down one.
func (p *Player) Faster() { p.SetSpeed(notch(p.speed, 1)) }

// Slower goes down one notch.
func (p *Player) Slower() { p.SetSpeed(notch(p.speed, -1)) }

func notch(speed float64, by int) float64 {
	const notches = 18 // from 0.001 to 1000, three per decade
	value := func(i int) float64 {
		return [...]float64{1, 2, 5}[i%3] * math.Pow(10, float64(i/3-3))
	}
	const near = 1.001 // 0.3 and its neighbours in binary are the same notch
	if by > 0 {
		for i := range notches + 1 {
			if value(i) > speed*near {
				return value(i)
			}
		}
		return MaxSpeed
	}
	for i := notches; i >= 0; i-- {
		if value(i)*near < speed {
			return value(i)
		}
	}
	return MinSpeed
}

// SpeedWords says how long a second of the model takes: "1 s = 20 s" at a speed of 0.05.
func (p *Player) SpeedWords() string {
	seconds := 1 / p.speed
	switch {
	case seconds >= 120:
		return fmt.Sprintf("1 s = %s min", short(seconds/60))
	case seconds >= 1:
		return fmt.Sprintf("1 s = %s s", short(seconds))
	case seconds >= 0.1:
		return fmt.Sprintf("1 s = %s s", short(seconds))
	}
	return fmt.Sprintf("1 s = %s ms", short(seconds*1000))
}

// short prints two significant digits.
func short(x float64) string {
	if x >= 10 {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.2g", x)
}
