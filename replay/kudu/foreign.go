package kudu

import "bytes"

// maxPrefix is how far into a line a header is looked for.
const maxPrefix = 96

// foreign finds a header behind something that another program wrote in front of it, as "[ts-2] ", "m-1 | " or "> ". It
// returns where the header may begin, -1 for nowhere.
func foreign(line []byte) int {
	window := line[:min(len(line), maxPrefix+20)]
	for i := 0; i < len(window); i++ {
		n := bytes.IndexByte(window[i:], '.')
		if n < 0 {
			return -1
		}
		if i += n; i > 9 && window[i-3] == ':' && window[i-6] == ':' { // 05:04:17.
			if at := dateBefore(window, i-9); at > 0 && separates(window[:at]) {
				return at
			}
		}
	}
	return -1
}

// dateBefore returns where the severity stands, if a date and its severity end before the space at i.
func dateBefore(b []byte, i int) int {
	if i < 5 || b[i] != ' ' {
		return -1
	}
	n := 0
	for n < 8 && i-1-n >= 0 && b[i-1-n]-'0' <= 9 {
		n++
	}
	if n != 8 {
		n = min(n, 4)
	}
	if at := i - 1 - n; (n == 8 || n == 4) && at >= 0 && isSeverity(b[at]) {
		return at
	}
	return -1
}

// separates reports whether a header may follow the prefix: a word that happens to end in I does not lead to one.
func separates(prefix []byte) bool {
	switch prefix[len(prefix)-1] {
	case ' ', '\t', '|', ']', '>', ':', '"', 0xbf: // 0xbf ends a byte order mark
		return true
	case 'm':
		return bytes.IndexByte(prefix, 0x1b) >= 0
	}
	return false
}

// uncoloured takes the colour codes from the end of a line.
func uncoloured(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == 'm' {
		i := len(b) - 2
		for i >= 0 && (b[i] == ';' || b[i] == '[' || b[i]-'0' <= 9) {
			i--
		}
		if i < 0 || b[i] != 0x1b {
			break
		}
		b = b[:i]
	}
	return b
}

// writerOf tells apart the threads of several processes whose output was joined: the upper half is made of what stands in
// front of the line, the lower half is the thread, so that the threads behind one prefix are known to belong together.
// Colours, quotes and indentation tell nothing, and neither do times.
func writerOf(prefix []byte, tid uint64) uint64 {
	var plain [maxPrefix + 1]byte
	n := 0
	for i := 0; i < len(prefix) && n < len(plain); i++ {
		if prefix[i] == 0x1b { // up to the letter that ends the code
			for i < len(prefix) && prefix[i] != 'm' {
				i++
			}
			continue
		}
		plain[n] = prefix[i]
		n++
	}
	var h uint64
	for rest := plain[:n]; len(rest) > 0; {
		n := 0
		for n < len(rest) && rest[n] > ' ' {
			n++
		}
		if telling(rest[:n]) {
			h = hash(h, rest[:n])
		}
		rest = rest[min(n+1, len(rest)):]
	}
	if h == 0 {
		return tid
	}
	return max(1, h>>32)<<32 | tid&(1<<32-1)
}

// telling reports whether a word has a letter or a digit, and is no time of day.
func telling(word []byte) bool {
	named := false
	for i, c := range word {
		if c == ':' && i > 0 && i+1 < len(word) && word[i-1]-'0' <= 9 && word[i+1]-'0' <= 9 {
			return false
		}
		named = named || c-'0' <= 9 || c|0x20 >= 'a' && c|0x20 <= 'z'
	}
	return named
}
