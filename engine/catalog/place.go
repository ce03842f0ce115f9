package catalog

import (
	"cmp"
	"slices"
)

// creationTimeout is how long a tablet may be CREATING before another one takes its place, in microseconds
// (tablet_creation_timeout_ms).
const creationTimeout = 30_000_000

// Place plans the next step of every tablet that is not running, as the background task of a leading master does: those
// without replicas get them, and those whose replicas were ordered 30 s ago and have not been reported with a leader are
// replaced by new ones. The 30 s begin anew when a leader has loaded the catalog. A tablet for which choose finds no
// servers ends the round with nothing planned: the next one begins from the start.
func (i *Image) Place(now int64, choose func(Table, Tablet) ([]string, bool), ids func() string) (Write, []Task) {
	var tasks []Task
	for _, t := range i.tables {
		for _, tablet := range t.tablets {
			old, place := i.due(tablet, now, ids)
			if place.ID == "" {
				continue
			}
			servers, ok := choose(t.Table, place)
			if !ok {
				i.placing = Write{}
				return Write{}, nil
			}
			if old != nil {
				i.placing.Tablets = append(i.placing.Tablets, *old)
				tasks = append(tasks, old.delete()...)
			}
			place.State, place.Consensus = TabletCreating, Consensus{Voters: servers}
			i.placing.Tablets = append(i.placing.Tablets, place)
			tasks = append(tasks, place.create(t.Table)...)
		}
	}
	w := i.placing
	i.placing = Write{}
	for _, tablet := range w.Tablets {
		if tablet.State == TabletCreating {
			i.ordered[tablet.ID] = now
		}
	}
	return w, tasks
}

// due returns the tablet that needs replicas now: one that has none, or the one that takes the place of an old one. It
// returns none when there is nothing to do but wait.
func (i *Image) due(t *tablet, now int64, ids func() string) (old *Tablet, place Tablet) {
	switch t.State {
	case TabletPreparing:
		return nil, t.Tablet
	case TabletCreating:
		since, ok := i.ordered[t.ID]
		if !ok {
			since, i.ordered[t.ID] = now, now
		}
		if now-since < creationTimeout {
			return nil, Tablet{}
		}
		row := t.Tablet
		row.State = TabletReplaced
		return &row, Tablet{ID: ids(), Table: row.Table, Bucket: row.Bucket, Range: row.Range}
	}
	return nil, Tablet{}
}

func (t Tablet) create(of Table) []Task {
	var tasks []Task
	for _, server := range t.Consensus.Voters {
		tasks = append(tasks, Task{Kind: CreateReplica, Tablet: t.ID, Server: server, Consensus: t.Consensus, Table: of})
	}
	return tasks
}

func (t Tablet) delete() []Task {
	var tasks []Task
	for _, server := range t.Consensus.Members() {
		tasks = append(tasks, Task{Kind: DeleteReplica, Tablet: t.ID, Server: server, Consensus: t.Consensus})
	}
	return tasks
}

// Candidate is a tablet server that may get a replica of some tablet.
type Candidate struct {
	Server   string
	Replicas int // as it last counted them itself
	Recent   int // in thousandths: those placed there lately, which it may not have counted yet
	OfTable  int // of the tablet's table
	OfRange  int // of the tablet's table and range
}

func (c Candidate) load() int { return 1000*c.Replicas + c.Recent }

// Candidate returns a server as a candidate for a replica of a tablet. What the round of placement under way has given it
// counts like what is written.
func (i *Image) Candidate(server string, replicas, recent int, t Table, place Tablet) Candidate {
	c := Candidate{Server: server, Replicas: replicas, Recent: recent}
	count := func(have Tablet) {
		if have.Table == t.ID && !have.State.Gone() && have.Consensus.Has(server) {
			c.OfTable++
			if have.Range == place.Range {
				c.OfRange++
			}
		}
	}
	if have, ok := i.byID[t.ID]; ok {
		for _, tablet := range have.tablets {
			count(tablet.Tablet)
		}
	}
	for _, tablet := range i.placing.Tablets {
		count(tablet)
	}
	return c
}

// Choose picks servers for n replicas of a tablet, each another one, or none when there are too few. If it is aware of
// placement (1.17) it takes the server with the fewest replicas of the range, then of the table, then in all, and draws
// among equals. Otherwise it draws two and takes the one with the smaller load: the power of two choices.
func Choose(c []Candidate, n int, aware bool, draw func(below int64) int64) []string {
	if len(c) < n {
		return nil
	}
	left := slices.Clone(c)
	pick := two
	if aware {
		pick = fewest
	}
	var chosen []string
	for range n {
		at := pick(left, draw)
		chosen = append(chosen, left[at].Server)
		left = slices.Delete(left, at, at+1)
	}
	return chosen
}

// two draws two candidates and returns the index of the less loaded one, which is drawn too if they are equal.
func two(c []Candidate, draw func(int64) int64) int {
	if len(c) == 1 {
		return 0
	}
	a, b := int(draw(int64(len(c)))), int(draw(int64(len(c)-1)))
	if b >= a {
		b++
	}
	switch order := cmp.Compare(c[a].load(), c[b].load()); {
	case order < 0 || order == 0 && draw(2) == 0:
		return a
	default:
		return b
	}
}

// fewest returns the index of the candidate that has the least of the tablet's range and table.
func fewest(c []Candidate, draw func(int64) int64) int {
	order := func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(a.OfRange, b.OfRange), cmp.Compare(a.OfTable, b.OfTable), cmp.Compare(a.load(), b.load()))
	}
	least := slices.MinFunc(c, order)
	var equal []int
	for at := range c {
		if order(c[at], least) == 0 {
			equal = append(equal, at)
		}
	}
	if len(equal) == 1 {
		return equal[0]
	}
	return equal[draw(int64(len(equal)))]
}
