package catalog

import (
	"cmp"
	"slices"
)

// CreateTable is what a client asks for with a new table.
type CreateTable struct {
	Name     string
	Schema   Schema
	Hash     int     // buckets of the key's hash; 0 and 1 are one
	Ranges   []Range // none: one that holds all
	Replicas int     // of each tablet; 0: three (default_num_replicas)
}

// Limits are what the cluster can bear of a new table.
type Limits struct {
	Alive     int  // tablet servers that are not presumed dead
	PerServer int  // replicas created at once (max_create_tablets_per_ts): 20, since 1.9 60
	Whole     bool // there are tablet servers at all; without them tables have no tablets
}

// A table has three replicas unless something else is asked for, and at most seven (max_num_replicas).
const (
	defaultReplicas = 3
	mostReplicas    = 7
)

// Create plans a table: RUNNING as soon as it is written, with tablets PREPARING, all in one write. Whether the name is
// reserved is for the caller to say, who holds the reservation from the request to the commit.
func (i *Image) Create(c CreateTable, l Limits, ids func() string) (Write, Table, Status) {
	if s := i.refused(c, l); s != OK {
		return Write{}, Table{}, s
	}
	t := Table{ID: ids(), Name: c.Name, Schema: c.Schema}
	w := Write{}
	if l.Whole {
		t.Hash, t.Replicas = c.Hash, c.replicas()
		for _, column := range c.Schema {
			t.Next = max(t.Next, column.ID+1)
		}
		w.Tablets = t.prepare(c.ranges(), ids)
	}
	w.Tables = []Table{t}
	return w, t, OK
}

// refused checks a create in Kudu's order: what was asked for, then whether the servers suffice, then the name.
func (i *Image) refused(c CreateTable, l Limits) Status {
	if c.Name == "" || !c.Schema.sound() || c.Hash < 0 || overlap(c.ranges()) {
		return InvalidArgument
	}
	if l.Whole {
		switch replicas := c.replicas(); {
		case replicas > mostReplicas || replicas < 1:
			return InvalidArgument
		case replicas%2 == 0:
			return EvenReplicationFactor
		case replicas > l.Alive:
			return NotEnoughServers
		case replicas*len(c.ranges())*max(1, c.Hash) > l.PerServer*l.Alive:
			return TooManyTablets
		}
	}
	if _, ok := i.byName[c.Name]; ok {
		return AlreadyPresent
	}
	return OK
}

func (c CreateTable) replicas() int { return cmp.Or(c.Replicas, defaultReplicas) }

// ranges returns the ranges asked for in the order of their values.
func (c CreateTable) ranges() []Range {
	if len(c.Ranges) == 0 {
		return []Range{{}}
	}
	return slices.SortedFunc(slices.Values(c.Ranges), func(a, b Range) int { return cmp.Compare(a.From, b.From) })
}

// overlap reports whether a value lies in two of the ranges, which are in order, or one holds none.
func overlap(ranges []Range) bool {
	for at, r := range ranges {
		if !r.All() && r.From >= r.To || at > 0 && ranges[at-1].Overlaps(r) {
			return true
		}
	}
	return false
}

// prepare returns new tablets for ranges of the table, one per bucket of its hash.
func (t Table) prepare(ranges []Range, ids func() string) []Tablet {
	var all []Tablet
	for _, r := range ranges {
		for bucket := range max(1, t.Hash) {
			all = append(all, Tablet{ID: ids(), Table: t.ID, Bucket: bucket, Range: r})
		}
	}
	return all
}

// Delete plans a table's end: it and its tablets in one write. Its replicas are deleted when that is committed.
func (i *Image) Delete(name string) (Write, Status) {
	t, ok := i.byName[name]
	if !ok {
		return Write{}, NotFound
	}
	row := t.Table
	row.State, row.Applied = TableRemoved, nil
	w := Write{Tables: []Table{row}}
	for _, tablet := range t.tablets {
		w.Tablets = append(w.Tablets, tablet.deleted())
	}
	return w, OK
}

func (t *tablet) deleted() Tablet {
	row := t.Tablet
	row.State = TabletDeleted
	return row
}

// CreateDone reports whether every tablet of a table is running.
func (i *Image) CreateDone(id string) (bool, Status) {
	t, ok := i.running(id)
	if !ok {
		return false, NotFound
	}
	return t.created(), OK
}

func (t *table) created() bool {
	return !slices.ContainsFunc(t.tablets, func(t *tablet) bool { return t.State != TabletRunning })
}

// Location is where a client finds a tablet: the leader as the rows have it, and all members.
type Location struct {
	Tablet  string
	Range   Range
	Bucket  int
	Buckets int // of the range
	Leader  string
	Members []string
}

// Locations returns where a table's tablets are. One that is not running yet fails the whole answer.
func (i *Image) Locations(id string) ([]Location, Status) {
	t, ok := i.running(id)
	switch {
	case !ok:
		return nil, NotFound
	case !t.created():
		return nil, TabletNotRunning
	}
	var all []Location
	for _, tablet := range t.tablets {
		all = append(all, Location{Tablet: tablet.ID, Range: tablet.Range, Bucket: tablet.Bucket, Buckets: t.Hash,
			Leader: tablet.Consensus.Leader, Members: tablet.Consensus.Members()})
	}
	return all, OK
}
