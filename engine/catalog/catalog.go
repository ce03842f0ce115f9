// Package catalog is the catalog of tables as a pure state machine: the rows that a sys catalog keeps on disk, and the
// image of them that a leading master serves from memory, with what only reports have told it.
//
// It knows no master, message or clock. Rows change only by applied writes, in the order of the log, on every replica
// alike; an Image is made of Rows when a master becomes leader and follows the writes it commits from then on. That the
// two can differ is what KUDU-3266 is about, and that reports fill the image anew is what KUDU-1353 is about.
//
//	rows := catalog.Rows{}
//	rows.Apply(catalog.Write{Tables: []catalog.Table{{ID: "7d1c", Name: "table-1"}}})
//	image := catalog.Load(rows)
//	_, ok := image.Find("table-1")
package catalog

// Image is what a master knows of the rows in memory: soft state.
type Image struct {
	tables   []Table
	byName   map[string]int
	reserved map[string]bool // names of creates in progress
}

// Load makes the image that a new leader serves from.
func Load(r Rows) *Image {
	i := &Image{byName: map[string]int{}, reserved: map[string]bool{}}
	i.Commit(Write{Tables: r.Tables, Tablets: r.Tablets})
	return i
}

// Commit follows a committed write and frees the reservations of the names in it.
func (i *Image) Commit(w Write) {
	for _, t := range w.Tables {
		delete(i.reserved, t.Name)
		if _, ok := i.byName[t.Name]; ok {
			continue
		}
		i.byName[t.Name] = len(i.tables)
		i.tables = append(i.tables, t)
	}
}

// Find returns a table by its name.
func (i *Image) Find(name string) (Table, bool) {
	at, ok := i.byName[name]
	if !ok {
		return Table{}, false
	}
	return i.tables[at], true
}

// Tables returns the tables in the order of creation.
func (i *Image) Tables() []Table { return i.tables }

// Reserve keeps a name for a create in progress. It reports false when another one has it.
func (i *Image) Reserve(name string) bool {
	if i.reserved[name] {
		return false
	}
	i.reserved[name] = true
	return true
}

// Free gives up the reservation of a create that has failed.
func (i *Image) Free(name string) { delete(i.reserved, name) }
