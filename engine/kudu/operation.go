package kudu

import (
	"fmt"
	"strconv"

	"tabletop/engine/catalog"
	"tabletop/engine/raftnode"
	"tabletop/engine/trace"
)

// operation is one call of the client's API: one request or several, each with its retries.
type operation struct {
	order
	number   uint64
	session  uint64
	invoke   trace.EventID
	deadline trace.Time
	attempts int          // how often the first request was sent
	leader   trace.NodeID // believed

	// The request under way. What is not for a tablet server is for the leading master.
	step    step
	retries int
	polls   int
	sent    uint64   // its call
	rounds  int      // of finding a leader
	asked   []uint64 // calls of the present round still open
	strange bool     // a master has named others than the client knows
	turn    int      // which master is asked, where they are asked one by one
	waits   waiting

	// What earlier requests have found out.
	parts []part
	count int
}

// order is what a client is told to do.
type order struct {
	text    string
	body    any
	fresh   bool           // by a new client, which must find the leader first
	within  trace.Time     // 0: the client's default
	masters []trace.NodeID // that the client knows of; none: all
	noWait  bool           // the answer to the request is enough: what it began goes on by itself
	timeOut bool           // a time-out is a mere step of the story
	until   trace.Time     // tried again until then; 0 for once
	tries   int
}

// step is one request of an operation.
type step struct {
	name   string
	body   any
	server string // the tablet server it is for
	first  bool
}

// waiting says what an operation's back-off ends in.
type waiting uint8

const (
	waitsForNothing waiting = iota
	waitsToFind
	waitsToSend
)

// part is what an operation on rows has to do with one tablet.
type part struct {
	location catalog.Location
	keys     []int64
}

// useRows is the order of an operation on rows: to write those with the given keys, or to count all.
type useRows struct {
	table string
	keys  []int64
	scan  bool
}

// first returns an operation's first request.
func (o *operation) first() step {
	if rows, ok := o.body.(useRows); ok {
		return step{name: "where is " + rows.table + "?", body: locate{rows.table}, first: true}
	}
	return step{name: o.text, body: o.body, first: true}
}

// next returns what an operation does after an answer: another request, or its result. An application error is final.
func (c *Client) next(o *operation, r reply) (next step, result string) {
	switch body := o.step.body.(type) {
	case createTable:
		if r.status == catalog.AlreadyPresent && o.attempts > 1 && c.compares {
			return step{name: "what is " + body.Name + "?", body: openTable{body.Name}}, ""
		}
		if r.status == catalog.OK && r.table != "" && !o.noWait {
			return step{name: "is " + body.Name + " created?", body: createDone{r.table}}, ""
		}
	case alterTable:
		if r.status == catalog.OK && r.table != "" && !o.noWait {
			return step{name: "is " + body.Table + " altered?", body: alterDone{r.table}}, ""
		}
	case addMaster:
		if r.status == catalog.OK {
			return step{name: "is it a voter?", body: masterStatus(body)}, ""
		}
	case listMasters:
		if r.status == catalog.OK {
			return step{}, r.text
		}
	case masterStatus:
		if r.status == catalog.OK && r.text == raftnode.FailedUnrecoverable.String() {
			return step{}, r.text
		}
		if r.status == catalog.OK && r.pending {
			return o.step, ""
		}
	case openTable:
		if created, ok := o.body.(createTable); ok && r.status == catalog.OK {
			if r.text != created.Schema.String() {
				return step{}, catalog.AlreadyPresent.String()
			}
			return step{name: "is " + created.Name + " created?", body: createDone{r.table}}, ""
		}
	case createDone, alterDone:
		switch {
		case r.status == catalog.OK && r.pending:
			return o.step, ""
		case r.status == catalog.NotFound:
			return step{}, gone
		}
	case locate:
		if rows, ok := o.body.(useRows); ok && r.status == catalog.OK {
			if o.parts = rows.parts(r.locations); !rows.covered(o.parts) {
				return step{}, catalog.NotFound.String() // "No tablet covering the requested range partition"
			}
			return o.part()
		}
	case writeRows, scanRows:
		if r.status == catalog.OK {
			n, _ := strconv.Atoi(r.text) // of a write there is none
			o.count += n
			o.parts = o.parts[1:]
			return o.part()
		}
	}
	return step{}, r.status.String()
}

// gone is the result of a create or an alter that was carried out, and whose table was deleted before its client had seen
// the end of it. Kudu's client says NotFound then, as if there had been no table.
const gone = "Gone"

// parts tells which rows are on which tablet.
func (u useRows) parts(locations []catalog.Location) []part {
	all := make([]part, 0, len(locations))
	for _, l := range locations {
		p := part{location: l}
		for _, k := range u.keys {
			if l.Holds(k) {
				p.keys = append(p.keys, k)
			}
		}
		if u.scan || len(p.keys) > 0 {
			all = append(all, p)
		}
	}
	return all
}

// covered reports whether every row belongs to a tablet.
func (u useRows) covered(parts []part) bool {
	n := 0
	for _, p := range parts {
		n += len(p.keys)
	}
	return n == len(u.keys)
}

// part returns the request for the first tablet left, or the result when there is none.
func (o *operation) part() (step, string) {
	rows := o.body.(useRows)
	switch {
	case len(o.parts) == 0 && rows.scan:
		return step{}, fmt.Sprintf("%d rows", o.count)
	case len(o.parts) == 0:
		return step{}, catalog.OK.String()
	}
	p := o.parts[0]
	if rows.scan {
		return step{name: o.text, body: scanRows{p.location.Tablet}, server: p.location.Leader}, ""
	}
	return step{name: o.text, body: writeRows{p.location.Tablet, p.keys}, server: p.location.Leader}, ""
}
