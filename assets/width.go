package assets

// Width returns how wide a line of text is, in the unit of size. There is no kerning, so widths add up.
func Width(face int, size float32, s string) float32 {
	sum := 0
	for _, r := range s {
		sum += units(face, r)
	}
	return float32(sum) * size / unit
}

// Advance returns how far a rune moves the pen, in ems.
func Advance(face int, r rune) float32 { return float32(units(face, r)) / unit }

// FaceFor returns the face that has a glyph for r: the given one, or Inter in the same weight where JetBrains Mono
// lacks the rune. It reports false if neither has it.
func FaceFor(face int, r rune) (int, bool) {
	if own(face, r) != 0 {
		return face, true
	}
	if spare := sparing(face); own(spare, r) != 0 {
		return spare, true
	}
	return face, false
}

// sparing returns the face that stands in for a missing glyph.
func sparing(face int) int {
	if face < firstMono {
		return face
	}
	return face - firstMono + 1
}

// units returns the advance of a rune in 1/unit em. A monospaced face keeps its pitch whoever draws the glyph.
func units(face int, r rune) int {
	if n := own(face, r); n != 0 {
		return n
	}
	if face >= firstMono {
		return own(face, '0')
	}
	return missing
}

// missing is the advance of the box that stands for a rune no face has.
const missing = unit * 5 / 8

// own returns the advance of a face's own glyph, or 0.
func own(face int, r rune) int {
	switch {
	case r < 0x20:
		return 0
	case r < 0x100:
		return int(latin[face][r-0x20])
	}
	low, high := 0, len(beyond)
	for low < high {
		middle := (low + high) / 2
		if beyond[middle] < r {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low < len(beyond) && beyond[low] == r {
		return int(others[face][low])
	}
	return 0
}
