package source

import (
	"path"
	"strings"
	"time"
)

// stampOf returns a stamp's digits up to the second, zeros where it has none; empty if it is no date, with or without a
// time. (time.Parse would add 12 kB to a build.)
func stampOf(s string) string {
	for _, form := range []string{"########-######", "########", "####-##-##", "####-##-##_##", "####-##-##-##"} {
		if digits, ok := digitsOf(s, form); ok {
			digits += "00000000000000"[len(digits):]
			if _, ok := timeOf(digits); ok {
				return digits
			}
		}
	}
	return ""
}

// digitsOf returns the digits where the form has a #; the rest must be equal.
func digitsOf(s, form string) (digits string, ok bool) {
	if len(s) != len(form) {
		return "", false
	}
	for i := range len(s) {
		switch {
		case form[i] == '#' && s[i] >= '0' && s[i] <= '9':
			digits += s[i : i+1]
		case form[i] == '#' || form[i] != s[i]:
			return "", false
		}
	}
	return digits, true
}

// timeOf reads YYYYMMDDhhmmss; a date that does not exist, or no log can be of, is none.
func timeOf(digits string) (time.Time, bool) {
	n := func(from, to int) int {
		v := 0
		for _, c := range digits[from:to] {
			v = v*10 + int(c-'0')
		}
		return v
	}
	year, month, day := n(0, 4), n(4, 6), n(6, 8)
	hour, minute, second := n(8, 10), n(10, 12), n(12, 14)
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	exists := int(t.Month()) == month && t.Day() == day && t.Hour() == hour && minute < 60 && second < 60
	return t, exists && year >= 1990 && year < 2100
}

// Stamp returns when a glog file was created by its name, which has `.20261121-050417.` in it: the year, and the time in
// microseconds since 1970 as if the writer's zone were UTC.
func Stamp(name string) (year int, at int64, ok bool) {
	for part := range strings.SplitSeq(path.Base(name), ".") {
		if digits, ok := digitsOf(part, "########-######"); ok {
			if t, ok := timeOf(digits); ok {
				return t.Year(), t.UnixMicro(), true
			}
		}
	}
	return 0, 0, false
}
