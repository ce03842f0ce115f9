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
	ordered  map[string]int64 // when the replicas of a tablet that is being created were ordered
	placing  Write            // what the round of placement under way has planned so far
}

type table struct {
	Table
	written bool
	tablets []*tablet // without the gone ones, by range, then bucket
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
	listed := known && !t.State.Gone()
	t.Tablet = row
	if row.State != TabletCreating {
		delete(i.ordered, row.ID)
	}
	if listed != row.State.Gone() {
		return // it stays listed, or it stays gone
	}
	of := i.seat(row.Table)
	at, _ := slices.BinarySearchFunc(of.tablets, t, byPartition)
	if row.State.Gone() {
		of.tablets = slices.DeleteFunc(of.tablets, func(other *tablet) bool { return other == t })
	} else {
		of.tablets = slices.Insert(of.tablets, at, t)
	}
}

// seat returns the place of a table's row, which may not be written yet.
func (i *Image) seat(id string) *table {
	t, ok := i.byID[id]
	if !ok {
		t = &table{}
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

// Table returns a table by its id, a removed one too.
func (i *Image) Table(id string) (Table, bool) {
	if t, ok := i.byID[id]; ok && t.written {
		return t.Table, true
	}
	return Table{}, false
}

// Tablet returns a tablet by its id, one that is gone too.
func (i *Image) Tablet(id string) (Tablet, bool) {
	if t, ok := i.tablets[id]; ok {
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

// running returns the table of an id that is not removed.
func (i *Image) running(id string) (*table, bool) {
	t, ok := i.byID[id]
	return t, ok && t.written && t.State != TableRemoved
}
