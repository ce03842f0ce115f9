package replay

import "slices"

// duplicateLines counts the lines that stand twice: in two files of a node, as those of a WARNING file do, or twice in a
// file whose stamps are fine enough to tell that it is one line.
func duplicateLines(logs []*log, c *cast) (n int) {
	var suspects []*log
	lines := 0
	for _, l := range logs {
		if l.sink == nil || len(l.ids) == 0 {
			continue
		}
		if l.sink.Exact || slices.ContainsFunc(logs, func(o *log) bool { return o != l && l.overlaps(o) }) {
			suspects = append(suspects, l)
			lines += len(l.sink.Keys)
		}
	}
	met := newSieve(lines)
	for _, l := range suspects {
		met.add(l.sink.Keys)
	}
	type line struct {
		key  uint64
		home int
	}
	homes := homes(suspects, c)
	seen := map[line]int{} // 1 + the log that has it
	for i, l := range suspects {
		for _, k := range l.sink.Keys {
			if !met.again(k) {
				continue
			}
			at := line{k, homes[i]}
			if was := seen[at]; was == 0 {
				seen[at] = i + 1
			} else if was != i+1 || l.sink.Exact {
				n++
			}
		}
	}
	return n
}

// homes numbers logs so that those of the same node have the same number: what another node writes is no copy, if it is ever
// so alike.
func homes(logs []*log, c *cast) []int {
	parent := make([]int, len(logs))
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	first := map[int]int{} // by player
	for i, l := range logs {
		parent[i] = i
		for _, id := range l.ids {
			n := c.index[id]
			if o, ok := first[n]; ok {
				parent[root(i)] = root(o)
			} else {
				first[n] = i
			}
		}
	}
	for i := range parent {
		parent[i] = root(i)
	}
	return parent
}

func (l *log) overlaps(o *log) bool {
	return o.sink != nil && len(o.sink.Keys) > 0 &&
		l.sink.All().First <= o.sink.All().Last && o.sink.All().First <= l.sink.All().Last &&
		slices.ContainsFunc(l.ids, func(id string) bool { return slices.Contains(o.ids, id) })
}

// sieve tells the few keys that may come twice from the many that come once, so that only those few need a map. Each key has
// two bits in one of many words, which another has with it by chance only.
type sieve []struct{ once, twice uint64 }

func newSieve(keys int) sieve {
	words := 1
	for words < keys/8 {
		words *= 2
	}
	return make(sieve, words)
}

func (s sieve) add(keys []uint64) {
	for _, k := range keys {
		word, bits := s.place(k)
		if at := &s[word]; at.once&bits == bits {
			at.twice |= bits
		} else {
			at.once |= bits
		}
	}
}

// again reports whether a key, or others with its bits, was added twice.
func (s sieve) again(k uint64) bool {
	word, bits := s.place(k)
	return s[word].twice&bits == bits
}

func (s sieve) place(k uint64) (word, bits uint64) {
	return k >> 12 & uint64(len(s)-1), 1<<(k&63) | 1<<(k>>6&63)
}
