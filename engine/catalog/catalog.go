// Package catalog is the catalog of tables as a pure state machine: the rows that a sys catalog keeps on disk, and the
// image of them that a leading master serves from memory, with what only reports have told it.
//
// It knows no master, message or clock. Rows change only by applied writes, in the order of the log, on every replica
// alike; an Image is made of Rows when a master becomes leader and follows the writes it commits from then on. That the
// two can differ is what KUDU-3266 is about, and that reports fill the image anew is what KUDU-1353 is about.
//
// What is asked of a catalog is planned against the image as a Write, and as tasks for tablet servers, which are due when
// the write is committed. A plan changes nothing that is hard, so that one whose write is lost leaves no trace.
//
//	rows := catalog.Rows{}
//	image := catalog.Load(rows)
//	w, table, status := image.Create(catalog.CreateTable{Name: "table-1", Schema: schema}, limits, ids)
//	rows.Apply(w)
//	image.Commit(w)
//	_, ok := image.Find("table-1")
package catalog
