// Package catalog is the catalog of tables as a pure state machine: the rows that a sys catalog keeps on disk, and the
// image of them that a leading master serves from memory.
//
// It knows no master, message or clock. Rows change only by applied writes, in the order of the log, on every replica
// alike; an Image is made of Rows when a master becomes leader and follows the writes it commits from then on. That the
// two can differ is what KUDU-3266 is about.
//
//	rows := catalog.Rows{}
//	rows.Apply(catalog.Write{Kind: catalog.Create, Table: catalog.Table{ID: "7d1c", Name: "table-1", Schema: "key INT32"}})
//	image := catalog.Load(rows)
//	_, ok := image.Find("table-1")
package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Table is a row of the sys catalog. Schema lists the columns, key columns first: "key INT32".
type Table struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Schema  string `json:"schema"`
	Version int    `json:"version"` // 0 when created, +1 with every change of metadata
}

// Kind says what a write does.
type Kind string

// The kinds of write.
const Create Kind = "create"

// Write is one replicated change of the rows. Request is the number under which the master that proposed it knows whom
// to answer; together with Master it tells writes of equal content apart.
type Write struct {
	Kind    Kind   `json:"kind"`
	Table   Table  `json:"table"`
	Master  string `json:"master"`
	Request uint64 `json:"request"`
}

// Encode returns the write as the data of a log entry.
func (w Write) Encode() []byte {
	data, err := json.Marshal(w)
	if err != nil {
		panic("catalog: " + err.Error()) // a struct of strings and numbers
	}
	return data
}

// Decode returns the write that a log entry holds.
func Decode(data []byte) (Write, error) {
	var w Write
	if err := json.Unmarshal(data, &w); err != nil {
		return Write{}, fmt.Errorf("catalog: log entry is not a write: %w", err)
	}
	return w, nil
}

// Decoder decodes what a group's log holds, each entry once: all replicas apply the same bytes.
type Decoder map[string]Write

// Decode returns the write that a log entry holds.
func (d Decoder) Decode(data []byte) (Write, error) {
	if w, ok := d[string(data)]; ok {
		return w, nil
	}
	w, err := Decode(data)
	if err == nil {
		d[string(data)] = w
	}
	return w, err
}

// Rows are the sys catalog's rows, in the order of creation: hard state.
type Rows struct{ Tables []Table }

// Apply applies a committed write. It reports whether the rows changed: of two creates of one name, which only a
// failover between them can commit, the first holds.
func (r *Rows) Apply(w Write) bool {
	if w.Kind != Create || slices.ContainsFunc(r.Tables, func(t Table) bool { return t.Name == w.Table.Name }) {
		return false
	}
	r.Tables = append(r.Tables, w.Table)
	return true
}

// Image is what a master knows of the rows in memory: soft state.
type Image struct {
	tables   []Table
	byName   map[string]int
	reserved map[string]bool // names of creates in progress
}

// Load makes the image that a new leader serves from.
func Load(r Rows) *Image {
	i := &Image{byName: map[string]int{}, reserved: map[string]bool{}}
	for _, t := range r.Tables {
		i.Add(t)
	}
	return i
}

// Add adds a created table and frees its name's reservation.
func (i *Image) Add(t Table) {
	delete(i.reserved, t.Name)
	if _, ok := i.byName[t.Name]; ok {
		return
	}
	i.byName[t.Name] = len(i.tables)
	i.tables = append(i.tables, t)
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
