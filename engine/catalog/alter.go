package catalog

import "slices"

// AlterTable is what a client asks to have changed of a table.
type AlterTable struct {
	Table string // its name or id
	Steps []AlterStep
}

// AlterStep is one change.
type AlterStep struct {
	Kind  StepKind
	Name  string // RenameTable: the new name; of columns: which
	To    string // RenameColumn: the new name
	Type  string // AddColumn
	Range Range  // AddRange, DropRange
}

// StepKind says what a step changes.
type StepKind uint8

// The kinds of step.
const (
	RenameTable StepKind = iota
	AddColumn
	DropColumn
	RenameColumn
	AddRange
	DropRange
)

// String returns the kind's name.
func (k StepKind) String() string {
	return [...]string{"rename table", "add column", "drop column", "rename column", "add range", "drop range"}[k]
}

// Alter plans changes of a table, all or none, in one write. A table may be altered while an earlier alter is under way.
// Nothing is planned when nothing changes.
func (i *Image) Alter(a AlterTable, ids func() string) (Write, Status) {
	t, ok := i.byName[a.Table]
	if !ok {
		if t, ok = i.running(a.Table); !ok {
			return Write{}, NotFound
		}
	}
	p := altering{image: i, row: t.Table, tablets: t.tablets, ids: ids}
	p.row.Schema = slices.Clone(t.Schema)
	for _, step := range a.Steps {
		if s := p.step(step); s != OK {
			return Write{}, s
		}
	}
	return p.plan(t.Table), OK
}

// altering is a table on its way to what an alter makes of it.
type altering struct {
	image   *Image
	row     Table
	changed bool      // the schema or the name: existing tablets must be told
	tablets []*tablet // those that stay
	added   []Tablet
	dropped []Tablet
	ids     func() string
}

func (p *altering) step(s AlterStep) Status {
	switch s.Kind {
	case RenameTable:
		return p.rename(s.Name)
	case AddColumn:
		return p.addColumn(s.Name, s.Type)
	case DropColumn:
		return p.dropColumn(s.Name)
	case RenameColumn:
		return p.renameColumn(s.Name, s.To)
	case AddRange:
		return p.addRange(s.Range)
	case DropRange:
		return p.dropRange(s.Range)
	}
	return InvalidArgument
}

func (p *altering) rename(name string) Status {
	_, taken := p.image.byName[name]
	switch {
	case name == p.row.Name:
		return OK
	case name == "":
		return InvalidArgument
	case taken:
		return AlreadyPresent
	case p.image.reserved[name]:
		return ServiceUnavailable // whoever has it may still fail: ask again
	}
	p.row.Name, p.changed = name, true
	return OK
}

func (p *altering) addColumn(name, kind string) Status {
	switch {
	case name == "" || kind == "":
		return InvalidArgument
	case p.row.Schema.find(name) >= 0:
		return AlreadyPresent
	}
	p.row.Schema = append(p.row.Schema, Column{ID: p.row.Next, Name: name, Type: kind})
	p.row.Next++
	p.changed = true
	return OK
}

func (p *altering) dropColumn(name string) Status {
	at := p.row.Schema.find(name)
	switch {
	case at < 0:
		return NotFound
	case p.row.Schema[at].Key:
		return InvalidArgument
	}
	p.row.Schema = slices.Delete(p.row.Schema, at, at+1)
	p.changed = true
	return OK
}

func (p *altering) renameColumn(name, to string) Status {
	at := p.row.Schema.find(name)
	switch {
	case at < 0:
		return NotFound
	case name == to:
		return OK
	case to == "":
		return InvalidArgument
	case p.row.Schema.find(to) >= 0:
		return AlreadyPresent
	}
	p.row.Schema[at].Name = to
	p.changed = true
	return OK
}

func (p *altering) addRange(r Range) Status {
	if !r.All() && r.From >= r.To {
		return InvalidArgument
	}
	for _, t := range p.tablets {
		if s := r.beside(t.Range); s != OK {
			return s
		}
	}
	for _, t := range p.added {
		if s := r.beside(t.Range); s != OK {
			return s
		}
	}
	p.added = append(p.added, p.row.prepare([]Range{r}, p.ids)...)
	return OK
}

// beside tells whether a new range can stand beside one that is there.
func (r Range) beside(other Range) Status {
	switch {
	case r == other:
		return AlreadyPresent
	case r.Overlaps(other):
		return InvalidArgument
	}
	return OK
}

// dropRange drops the tablets of a range. One that the same alter has added comes to nothing.
func (p *altering) dropRange(r Range) Status {
	before := len(p.tablets) + len(p.added)
	p.added = slices.DeleteFunc(p.added, func(t Tablet) bool { return t.Range == r })
	stay := p.tablets[:0:0]
	for _, t := range p.tablets {
		if t.Range == r {
			p.dropped = append(p.dropped, t.deleted())
		} else {
			stay = append(stay, t)
		}
	}
	p.tablets = stay
	if len(p.tablets)+len(p.added) == before {
		return NotFound
	}
	return OK
}

// plan returns the write of all steps. The version grows with the schema and the name, which every replica keeps; a table
// with tablets that must learn of it, or with new ones, is ALTERING until all of them have reported it. Meanwhile clients
// see the schema that all had before the first of a series of alters.
func (p *altering) plan(before Table) Write {
	if !p.changed && len(p.added)+len(p.dropped) == 0 {
		return Write{}
	}
	if p.changed {
		p.row.Version++
	}
	if p.changed && len(p.tablets) > 0 || len(p.added) > 0 {
		if before.State != TableAltering {
			p.row.Applied = before.Schema
		}
		p.row.State = TableAltering
	}
	return Write{Tables: []Table{p.row}, Tablets: slices.Concat(p.dropped, p.added)}
}

// AlterDone reports whether no alter of a table is under way.
func (i *Image) AlterDone(id string) (bool, Status) {
	t, ok := i.running(id)
	if !ok {
		return false, NotFound
	}
	return t.State != TableAltering, OK
}

// Altered plans the end of alters: of the named tables, or of all, those whose every tablet has been reported with the
// table's version. One replica is enough, as an altered schema is an entry of the tablet's log.
func (i *Image) Altered(ids ...string) Write {
	var w Write
	for _, t := range i.tables {
		if t.State != TableAltering || len(ids) > 0 && !slices.Contains(ids, t.ID) || t.behind() {
			continue
		}
		row := t.Table
		row.State, row.Applied = TableRunning, nil
		w.Tables = append(w.Tables, row)
	}
	return w
}

func (t *table) behind() bool {
	return slices.ContainsFunc(t.tablets, func(tablet *tablet) bool { return tablet.reported < t.Version })
}
