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
	p := placing{image: i, now: now, choose: choose, ids: ids}
	defer p.uncount()
	for _, t := range i.tables {
		for _, tablet := range t.tablets {
			if !p.tablet(t, tablet) {
				return Write{}, nil
			}
		}
	}
	for _, row := range p.write.Tablets {
		if row.State == TabletCreating {
			i.ordered[row.ID] = now
		}
	}
	return p.write, p.tasks
}

// placing is a round of placement. What it gives out counts for those that it places next.
type placing struct {
	image  *Image
	now    int64
	choose func(Table, Tablet) ([]string, bool)
	ids    func() string
	write  Write
	tasks  []Task
}

// tablet does what a tablet needs now. It reports false when there are no servers for it.
func (p *placing) tablet(of *table, t *tablet) bool {
	row := t.Tablet
	switch t.State {
	default:
		return true
	case TabletPreparing:
	case TabletCreating:
		since, ok := p.image.ordered[t.ID]
		if !ok {
			since, p.image.ordered[t.ID] = p.now, p.now
		}
		if p.now-since < creationTimeout {
			return true
		}
		old := row
		old.State = TabletReplaced
		p.write.Tablets = append(p.write.Tablets, old)
		p.tasks = append(p.tasks, old.Deletions()...)
		of.count(old, -1)
		row = Tablet{ID: p.ids(), Table: row.Table, Bucket: row.Bucket, Range: row.Range}
	}
	servers, ok := p.choose(of.Table, row)
	if !ok {
		return false
	}
	row.State, row.Consensus = TabletCreating, Consensus{Voters: servers}
	p.write.Tablets = append(p.write.Tablets, row)
	p.tasks = append(p.tasks, row.create(of.Table)...)
	of.count(row, 1)
	return true
}

// uncount takes back what the round has counted: it counts for good when it is committed.
func (p *placing) uncount() {
	for _, row := range p.write.Tablets {
		by := -1
		if row.State == TabletReplaced {
			by = 1
		}
		p.image.byID[row.Table].count(row, by)
	}
}

func (t Tablet) create(of Table) []Task {
	var tasks []Task
	for _, server := range t.Consensus.Voters {
		tasks = append(tasks, Task{Kind: CreateReplica, Tablet: t.ID, Server: server, Consensus: t.Consensus, Table: of})
	}
	return tasks
}

// Deletions returns the tasks that have every member delete its replica of a tablet that is gone.
func (t Tablet) Deletions() []Task {
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
	if of, ok := i.byID[t.ID]; ok {
		c.OfTable, c.OfRange = of.held[server], of.heldOf[holding{server, place.Range}]
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
