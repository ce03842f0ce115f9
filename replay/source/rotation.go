package source

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Sets groups entries that are, by their names, pieces of one log, oldest first; an entry that is alone is a set of its
// own. Sets come in the order of their first entry. It is a hint: what is in the files decides.
//
// Known are the names of glog (program.host.user.log.LEVEL.20261121-050417.15327), of logback and log4j
// (debug.log.3, system.log.2024-01-01.0.zip), of logrotate (x.log.2.gz, x.log-20240101), of Kubernetes
// (0.log.20210101-000000.gz) and of lumberjack, with which etcd rotates its own (etcd-2026-11-21T19-33-32.522.log.gz).
func Sets(entries []Entry) [][]int {
	pieces := make([]piece, len(entries))
	byName := map[string]int{}
	var sets [][]int
	for i := range entries {
		pieces[i] = pieceOf(entries[i].Path)
		n, ok := byName[pieces[i].log]
		if !ok {
			n = len(sets)
			byName[pieces[i].log] = n
			sets = append(sets, nil)
		}
		sets[n] = append(sets[n], i)
	}
	for _, set := range sets {
		slices.SortStableFunc(set, func(a, b int) int { return pieces[a].compare(pieces[b]) })
	}
	return sets
}

// piece is what a name says: of which log, and which of its pieces.
type piece struct {
	log    string
	stamp  string // digits alone
	number int    // -1: none
}

// Process returns the number of the process that wrote a file, as glog puts it behind the level and the date of a name, 0 if
// the name has none.
func Process(name string) int {
	p := pieceOf(name)
	level := path.Ext(p.log)
	if p.stamp == "" || p.number <= 0 || level != ".INFO" && level != ".WARNING" && level != ".ERROR" && level != ".FATAL" {
		return 0
	}
	return p.number
}

// compare orders the oldest first. Numbers grow with the age, but behind a stamp with time. What has neither is still
// being written.
func (p piece) compare(q piece) int {
	live := func(p piece) int {
		if p.stamp == "" && p.number < 0 {
			return 1
		}
		return 0
	}
	if c := cmp.Compare(live(p), live(q)); c != 0 {
		return c
	}
	if p.stamp == "" && q.stamp == "" {
		return cmp.Compare(q.number, p.number)
	}
	return cmp.Or(strings.Compare(p.stamp, q.stamp), cmp.Compare(p.number, q.number))
}

func pieceOf(p string) piece {
	dir, base := path.Split(p)
	// logback packs each piece into a zip of its own: system.log.1.zip/system.log.1
	if up, ok := strings.CutSuffix(dir, "/"+base+".zip/"); ok {
		dir = up + "/"
	} else if dir == base+".zip/" {
		dir = ""
	}
	for _, suffix := range []string{".gz", ".zst", ".zip"} {
		base = strings.TrimSuffix(base, suffix)
	}
	if log, stamp, ok := lumberjack(base); ok {
		return piece{log: dir + log, stamp: stamp, number: -1}
	}
	found := piece{number: -1}
	if rest, last, ok := cutLast(base, "."); ok && len(last) <= 9 && stampOf(last) == "" {
		if n, err := strconv.Atoi(last); err == nil && n >= 0 && last[0] != '+' {
			base, found.number = rest, n
		}
	}
	for _, separator := range []string{".", "-"} {
		if rest, last, ok := cutLast(base, separator); ok && stampOf(last) != "" {
			base, found.stamp = rest, stampOf(last)
			break
		}
		if n := len(base) - len("2006-01-02"); n > 0 && base[n-1:n] == separator && stampOf(base[n:]) != "" {
			base, found.stamp = base[:n-1], stampOf(base[n:])
			break
		}
	}
	// 10.0.0.1 is no first piece of 10.0.0, and 2024-01-01 none of an empty name.
	if base == "" || found.stamp == "" && base[len(base)-1] >= '0' && base[len(base)-1] <= '9' {
		return piece{log: p, number: -1}
	}
	found.log = dir + base
	return found
}

// lumberjack cuts the stamp out of a name, which stands before the extension.
func lumberjack(base string) (log, stamp string, ok bool) {
	const form = "####-##-##T##-##-##.###"
	for _, ext := range [...]string{path.Ext(base), ""} {
		name := strings.TrimSuffix(base, ext)
		n := len(name) - len(form)
		if n <= 1 || name[n-1] != '-' {
			continue
		}
		if stamp, ok = digitsOf(name[n:], form); ok {
			if _, ok = timeOf(stamp[:len("20060102150405")]); ok {
				return name[:n-1] + ext, stamp, true
			}
		}
	}
	return base, "", false
}

func cutLast(s, separator string) (before, after string, ok bool) {
	n := strings.LastIndex(s, separator)
	if n <= 0 || n == len(s)-1 {
		return s, "", false
	}
	return s[:n], s[n+1:], true
}
