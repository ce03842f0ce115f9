package etcd

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// fields walks through the members of a JSON object without decoding them: most lines are of no interest behind their
// message. What is no JSON ends the walk.
type fields struct {
	b  []byte
	at int
	// key is without its quotes, value as it stands in the line.
	key, value []byte
}

// newFields returns a walk through the object that begins at the first byte of b.
func newFields(b []byte) fields { return fields{b: b, at: 1} }

func (f *fields) next() bool {
	b, i := f.b, f.at
	if i < len(b) && b[i] == ',' {
		i++
	}
	for i < len(b) && b[i] == ' ' {
		i++
	}
	if i >= len(b) || b[i] != '"' {
		return false
	}
	end := stringEnd(b, i+1)
	if end < 0 {
		return false
	}
	f.key = b[i+1 : end]
	i = end + 1
	for i < len(b) && b[i] == ' ' {
		i++
	}
	if i >= len(b) || b[i] != ':' {
		return false
	}
	i++
	for i < len(b) && b[i] == ' ' {
		i++
	}
	end = valueEnd(b, i)
	if end < 0 {
		return false
	}
	f.value, f.at = b[i:end], end
	return true
}

// stringEnd returns where the closing quote of a string is whose first byte is at i, or -1.
func stringEnd(b []byte, i int) int {
	from := i
	for i <= len(b) {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return -1
		}
		end := i + n
		k := end
		for k > from && b[k-1] == '\\' {
			k--
		}
		if (end-k)%2 == 0 {
			return end
		}
		i, from = end+1, end+1
	}
	return -1
}

// valueEnd returns where the value ends that begins at i, or -1 if it does not end in b.
func valueEnd(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"':
		end := stringEnd(b, i+1)
		if end < 0 {
			return -1
		}
		return end + 1
	case '{', '[':
		return nestedEnd(b, i)
	}
	for k := i; k < len(b); k++ {
		if b[k] == ',' || b[k] == '}' || b[k] == ']' || b[k] == ' ' {
			if k == i {
				return -1
			}
			return k
		}
	}
	return -1
}

func nestedEnd(b []byte, i int) int {
	depth := 0
	for ; i < len(b); i++ {
		switch b[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case '"':
			end := stringEnd(b, i+1)
			if end < 0 {
				return -1
			}
			i = end
		}
	}
	return -1
}

// field returns the value of a member of the object, decoded if it is a string; nil if there is none.
func field(object []byte, name string) []byte { return decoded(rawField(object, name)) }

// rawField returns the value of a member of the object as it stands; nil if there is none.
func rawField(object []byte, name string) []byte {
	for f := newFields(object); f.next(); {
		if string(f.key) == name {
			return f.value
		}
	}
	return nil
}

// each calls do with the elements of an array of strings.
func each(array []byte, do func([]byte)) {
	if len(array) == 0 || array[0] != '[' {
		return
	}
	for i := 1; i < len(array); {
		if array[i] != '"' {
			i++
			continue
		}
		end := stringEnd(array, i+1)
		if end < 0 {
			return
		}
		do(decoded(array[i : end+1]))
		i = end + 1
	}
}

// inner returns what stands between the quotes of a string value, nil for other values.
func inner(value []byte) []byte {
	if len(value) < 2 || value[0] != '"' {
		return nil
	}
	return value[1 : len(value)-1]
}

// decoded returns the content of a string value, and other values as they stand. It copies only what has escapes.
func decoded(value []byte) []byte {
	in := inner(value)
	if in == nil {
		return value
	}
	return unescaped(in)
}

func unescaped(in []byte) []byte {
	slash := bytes.IndexByte(in, '\\')
	if slash < 0 {
		return in
	}
	out := append(make([]byte, 0, len(in)), in[:slash]...)
	for i := slash; i < len(in); {
		if in[i] != '\\' || i+1 == len(in) {
			out = append(out, in[i])
			i++
			continue
		}
		switch c := in[i+1]; c {
		case 'n':
			out = append(out, '\n')
		case 't':
			out = append(out, '\t')
		case 'r':
			out = append(out, '\r')
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'u':
			r, n := escapedRune(in[i:])
			out = utf8.AppendRune(out, r)
			i += n
			continue
		default: // a quote, a slash of either kind; what JSON does not know stays as it is
			out = append(out, c)
		}
		i += 2
	}
	return out
}

// escapedRune reads \u00e4, or two of them that make one rune, and returns how many bytes it took.
func escapedRune(b []byte) (rune, int) {
	first, ok := hex4(b)
	if !ok {
		return utf8.RuneError, 2
	}
	if !utf16.IsSurrogate(first) {
		return first, 6
	}
	if second, ok := hex4(b[6:]); ok {
		if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
			return r, 12
		}
	}
	return utf8.RuneError, 6
}

// hex4 reads the number of an escape that begins at b.
func hex4(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		d := hexDigit(c | 0x20)
		if d < 0 {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}

// hexDigit returns the value of a lower-case digit, or -1.
func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
