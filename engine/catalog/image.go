package catalog

import (
	"cmp"
	"slices"
)

// Image is what a master knows of the rows in memory: soft state. What it says of tables and tablets follows the rows;
// the versions that replicas have reported, the times at which replicas were ordered and the reserved names are known to
// this leadership alone.
type Image struct {
	tables   []*table          // in the order of creation, removed ones too
	byID     map[string]*table // also those of which only tablets are written: 0.7 writes the table's row last
	byName   map[string]*table // without the removed ones
	tablets  map[string]*tablet
	reserved map[string]bool  // names of creates and renames in progress
	ordered  map[string]int64 // when a tablet's replicas were ordered
}

type table struct {
	Table
	written bool
	tablets []*tablet      // without the gone ones, by range, then bucket
	held    map[string]int // by server: their replicas
	heldOf  map[holding]int
}

// holding is a server and a range of a table.
type holding struct {
	server string
	of     Range
}

// count counts a tablet's replicas in or out.
func (t *table) count(row Tablet, by int) {
	for _, server := range row.Consensus.Members() {
		t.held[server] += by
		t.heldOf[holding{server, row.Range}] += by
	}
}

type tablet struct {
	Tablet
	reported int // highest version of the schema that any replica has reported, or unreported
}

const unreported = -1

// Load makes the image that a new leader serves from.
func Load(r Rows) *Image {
	i := &Image{byID: map[string]*table{}, byName: map[string]*table{}, tablets: map[string]*tablet{},
		reserved: map[string]bool{}, ordered: map[string]int64{}}
	i.Commit(Write{Tables: r.Tables, Tablets: r.Tablets})
	return i
}

// Commit follows a committed write and frees the reservations of the names in it.
func (i *Image) Commit(w Write) {
	for _, t := range w.Tables {
		i.commitTable(t)
	}
	for _, t := range w.Tablets {
		i.commitTablet(t)
	}
}

func (i *Image) commitTable(row Table) {
	delete(i.reserved, row.Name)
	t := i.seat(row.ID)
	if !t.written {
		t.written = true
		i.tables = append(i.tables, t)
	} else if i.byName[t.Name] == t { // renamed or removed
		delete(i.byName, t.Name)
	}
	t.Table = row
	if row.State != TableRemoved {
		i.byName[row.Name] = t
	}
}

func (i *Image) commitTablet(row Tablet) {
	t, known := i.tablets[row.ID]
	if !known {
		t = &tablet{reported: unreported}
		i.tablets[row.ID] = t
	}
	of := i.seat(row.Table)
	listed := known && !t.State.Gone()
	if listed {
		of.count(t.Tablet, -1)
	}
	t.Tablet = row
	switch {
	case row.State.Gone():
		of.tablets = slices.DeleteFunc(of.tablets, func(other *tablet) bool { return other == t })
		return
	case !listed:
		at, _ := slices.BinarySearchFunc(of.tablets, t, byPartition)
		of.tablets = slices.Insert(of.tablets, at, t)
	}
	of.count(row, 1)
}

// seat returns the place of a table's row, which may not be written yet.
func (i *Image) seat(id string) *table {
	t, ok := i.byID[id]
	if !ok {
		t = &table{held: map[string]int{}, heldOf: map[holding]int{}}
		i.byID[id] = t
	}
	return t
}

// byPartition orders tablets by range, then bucket. A tablet and the one that replaces it are told apart by id.
func byPartition(a, b *tablet) int {
	least, _ := a.Range.bounds()
	other, _ := b.Range.bounds()
	return cmp.Or(cmp.Compare(least, other), cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.ID, b.ID))
}

// Find returns a table by its name.
func (i *Image) Find(name string) (Table, bool) {
	if t, ok := i.byName[name]; ok {
		return t.Table, true
	}
	return Table{}, false
}

// Table returns a table that is not removed by its id.
func (i *Image) Table(id string) (Table, bool) {
	if t, ok := i.running(id); ok {
		return t.Table, true
	}
	return Table{}, false
}

// Tablet returns a tablet that is not gone by its id.
func (i *Image) Tablet(id string) (Tablet, bool) {
	if t, ok := i.tablets[id]; ok && !t.State.Gone() {
		return t.Tablet, true
	}
	return Tablet{}, false
}

// Tables returns the tables that are not removed, in the order of creation.
func (i *Image) Tables() []Table {
	var all []Table
	for _, t := range i.tables {
		if t.State != TableRemoved {
			all = append(all, t.Table)
		}
	}
	return all
}

// TabletsOf returns a table's tablets that are not gone, by range, then bucket.
func (i *Image) TabletsOf(id string) []Tablet {
	t, ok := i.byID[id]
	if !ok {
		return nil
	}
	all := make([]Tablet, len(t.tablets))
	for at, tablet := range t.tablets {
		all[at] = tablet.Tablet
	}
	return all
}

// Reserve keeps a name for a create or a rename from its request to its commit. It reports false when another one has it.
func (i *Image) Reserve(name string) bool {
	if i.reserved[name] {
		return false
	}
	i.reserved[name] = true
	return true
}

// Free gives up the reservation of a create or a rename that has failed.
func (i *Image) Free(name string) { delete(i.reserved, name) }

// running returns the table of an id unless it is removed. A row of a removed table stays, so that replicas that turn up
// later are known to be deleted.
func (i *Image) running(id string) (*table, bool) {
	t, ok := i.byID[id]
	return t, ok && t.written && t.State != TableRemoved
}
