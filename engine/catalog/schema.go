package catalog

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Column is a column of a table. Its id stays when it is renamed and is never given again.
type Column struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
	Key  bool   `json:"key,omitempty"`
}

// Schema lists the columns, key columns first.
type Schema []Column

// ParseSchema reads "key INT32, c STRING". The first column is the key.
func ParseSchema(text string) (Schema, error) {
	var s Schema
	for i, part := range strings.Split(text, ",") {
		words := strings.Fields(part)
		if len(words) != 2 {
			return nil, fmt.Errorf("column %q: want NAME TYPE, such as key INT32", strings.TrimSpace(part))
		}
		if s.find(words[0]) >= 0 {
			return nil, fmt.Errorf("column %s stands twice", words[0])
		}
		s = append(s, Column{ID: i, Name: words[0], Type: words[1], Key: i == 0})
	}
	return s, nil
}

// String prints the schema as ParseSchema reads it.
func (s Schema) String() string {
	parts := make([]string, len(s))
	for i, c := range s {
		parts[i] = c.Name + " " + c.Type
	}
	return strings.Join(parts, ", ")
}

// Equal compares names, types and keys, not ids.
func (s Schema) Equal(other Schema) bool {
	return slices.EqualFunc(s, other, func(a, b Column) bool {
		return a.Name == b.Name && a.Type == b.Type && a.Key == b.Key
	})
}

// sound reports whether a table can have the schema: columns with names of their own, key columns first.
func (s Schema) sound() bool {
	for i, c := range s {
		if c.Name == "" || s.find(c.Name) != i || c.Key && i > 0 && !s[i-1].Key {
			return false
		}
	}
	return len(s) > 0 && s[0].Key
}

func (s Schema) find(name string) int {
	return slices.IndexFunc(s, func(c Column) bool { return c.Name == name })
}

// Range is the part of the key's values that a tablet holds, From included, To not. The zero range holds all.
type Range struct {
	From int64 `json:"from,omitempty"`
	To   int64 `json:"to,omitempty"` // 0 with From 0: no bound
}

// ParseRange reads "0:10".
func ParseRange(text string) (Range, error) {
	from, to, _ := strings.Cut(text, ":")
	lo, err := strconv.ParseInt(from, 10, 64)
	if err == nil {
		var hi int64
		if hi, err = strconv.ParseInt(to, 10, 64); err == nil && lo < hi {
			return Range{lo, hi}, nil
		}
	}
	return Range{}, fmt.Errorf("range %q: want FROM:TO with FROM less than TO, such as 0:10", text)
}

// All reports whether the range holds every value.
func (r Range) All() bool { return r == Range{} }

// Overlaps reports whether a value lies in both ranges.
func (r Range) Overlaps(other Range) bool {
	return r.All() || other.All() || r.From < other.To && other.From < r.To
}

// String returns the range as ParseRange reads it, "" for all.
func (r Range) String() string {
	if r.All() {
		return ""
	}
	return strconv.FormatInt(r.From, 10) + ":" + strconv.FormatInt(r.To, 10)
}

// bounds returns the least value the range holds and the greatest.
func (r Range) bounds() (least, most int64) {
	if r.All() {
		return math.MinInt64, math.MaxInt64
	}
	return r.From, r.To - 1
}
