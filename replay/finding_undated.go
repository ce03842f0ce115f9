package replay

import (
	"cmp"
	"slices"
	"strings"

	"tabletop/replay/text"
)

// undating finds what stands around lines without a time.
type undating struct {
	byLog  [][]*fact // with a statement, by line
	tables map[table][]request
}

// table is a table as the logs of a cluster name it. A line that does not show whose it is counts in its own log.
type table struct {
	name    string
	cluster int // none if it is not known
	log     int // if the cluster is not known
}

// request is a request to create or to delete a table, with the last ones of those up to it: 1 + their places.
type request struct {
	at   int64
	node int // player, none if the line does not tell
	ref  ref
	made bool
	// creation and deletion lead to the last of either up to this one, 1 + the place.
	creation, deletion int
}

// then orders requests by time, at equal times as they stand in the logs.
func (r *request) then(o *request) int {
	return cmp.Or(cmp.Compare(r.at, o.at), cmp.Compare(r.ref.log, o.ref.log), cmp.Compare(r.ref.line, o.ref.line))
}

func (j *judging) around() *undating {
	a := &undating{byLog: make([][]*fact, len(j.logs)), tables: map[table][]request{}}
	for i := range j.facts {
		if f := &j.facts[i]; f.st != nil && f.ref.log >= 0 {
			a.byLog[f.ref.log] = append(a.byLog[f.ref.log], f)
		}
	}
	for _, facts := range a.byLog {
		slices.SortStableFunc(facts, func(a, b *fact) int { return cmp.Compare(a.ref.line, b.ref.line) })
	}
	for i, l := range j.logs {
		for k := range l.statements {
			j.requested(a, i, &l.statements[k])
		}
	}
	for _, all := range a.tables { // each by itself
		slices.SortStableFunc(all, func(a, b request) int { return a.then(&b) })
		creation, deletion := 0, 0
		for i := range all {
			if all[i].made {
				creation = i + 1
			} else {
				deletion = i + 1
			}
			all[i].creation, all[i].deletion = creation, deletion
		}
	}
	return a
}

// requested takes in a line about a table.
func (j *judging) requested(a *undating, log int, st *text.Statement) {
	if st.Kind != text.Catalog {
		return
	}
	verb, name, ok := strings.Cut(st.Text, " ")
	if !ok || verb != "create" && verb != "delete" && verb != "soft-delete" {
		return
	}
	t, node, at := table{name, none, log}, none, st.At
	if n, ok := j.cast.index[j.owners(log, st)]; ok {
		t.cluster, t.log = j.cast.players[n].cluster, 0
		node, at = n, j.corrected(n, at)
	}
	a.tables[t] = append(a.tables[t], request{at: at, node: node, ref: ref{int32(log), int32(st.Line)}, made: verb == "create"})
}

// beside returns the facts of a log before and behind a line, nil for none.
func (a *undating) beside(log, line int) (before, after *fact) {
	facts := a.byLog[log]
	at := func(line int) int {
		i, _ := slices.BinarySearchFunc(facts, line, func(f *fact, line int) int { return cmp.Compare(int(f.ref.line), line) })
		return i
	}
	if i := at(line); i > 0 {
		before = facts[at(int(facts[i-1].ref.line))] // the first of that line
	}
	if i := at(line + 1); i < len(facts) {
		after = facts[i]
	}
	return before, after
}

// created returns the last request to create a table before a moment, and whether the table was deleted since.
func (a *undating) created(log, cluster int, name string, before int64) (asked *request, deleted bool) {
	var gone *request
	for _, t := range [...]table{{name, cluster, 0}, {name, none, log}} {
		all := a.tables[t]
		n, _ := slices.BinarySearchFunc(all, before+1, func(r request, at int64) int { return cmp.Compare(r.at, at) })
		if n == 0 {
			continue
		}
		if i := all[n-1].creation; i > 0 && (asked == nil || all[i-1].then(asked) > 0) {
			asked = &all[i-1]
		}
		if i := all[n-1].deletion; i > 0 && (gone == nil || all[i-1].then(gone) > 0) {
			gone = &all[i-1]
		}
	}
	return asked, gone != nil && (asked == nil || gone.then(asked) > 0)
}
