package catalog

import "slices"

// Rules are what masters of different versions make of a report.
type Rules struct {
	DeleteUnknown bool // 0.7 orders a tablet that it does not know deleted; later ones ignore it
}

// Report plans what a leading master makes of a tablet report: rows for what is new in it, in one write, and tasks for
// replicas that are not as they should be. The versions in it are remembered at once, as they are never written. What a
// server lists as removed is its own affair: the rows name a replica until its leader's configuration does not.
func (i *Image) Report(r Report, rules Rules) (Write, []Task) {
	p := reporting{image: i, server: r.Server}
	for _, replica := range r.Tablets {
		t, known := i.tablets[replica.Tablet]
		switch {
		case known:
			p.replica(t, replica)
		case rules.DeleteUnknown:
			p.order(Task{Kind: DeleteReplica, Tablet: replica.Tablet, Server: r.Server})
		}
	}
	return p.write, p.tasks
}

// reporting is the plan that one report gives rise to.
type reporting struct {
	image  *Image
	server string
	write  Write
	tasks  []Task
}

// order adds a task unless the same one is there already.
func (p *reporting) order(t Task) {
	if !slices.ContainsFunc(p.tasks, func(have Task) bool {
		return have.Kind == t.Kind && have.Tablet == t.Tablet && have.Server == t.Server && have.Member == t.Member
	}) {
		p.tasks = append(p.tasks, t)
	}
}

// replica takes in one replica, in the order of CatalogManager::ProcessTabletReport.
func (p *reporting) replica(t *tablet, r Replica) {
	// 1. What is deleted is deleted on the server too. A tablet whose table was never written is nobody's: 0.7 wrote it first.
	of, ok := p.image.running(t.Table)
	switch {
	case t.State.Gone():
		p.order(Task{Kind: DeleteReplica, Tablet: t.ID, Server: p.server, Consensus: t.Consensus})
		return
	case !ok:
		return
	}
	// 2. A replica that was evicted keeps a tombstone, which may vote. One with a newer configuration than the master's may
	// be a member of it by now; one with the same has been told that it is none.
	if !t.Consensus.Has(p.server) && r.State != ReplicaTombstoned && r.Consensus.Index <= t.Consensus.Index {
		p.order(tombstone(t.ID, p.server, t.Consensus))
		return
	}
	// 3. A failed replica, and one without a committed configuration, says nothing of the tablet.
	if r.State == ReplicaFailed || len(r.Consensus.Voters) == 0 {
		return
	}
	// 4. Leader, term and configuration, and with a leader the tablet runs.
	if !r.Consensus.Has(r.Consensus.Leader) {
		r.Consensus.Leader = "" // not a member of the committed configuration
	}
	if !p.consensus(t, r) {
		return
	}
	// 5. Members that are missing or too many, as the leader knows them.
	if r.Consensus.Leader == p.server && !r.Pending {
		if task, ok := replace(r.Consensus, r.Failed, of.Replicas); ok {
			task.Tablet = t.ID
			p.order(task)
		}
	}
	// 6. Any replica with another version than the table's has the leader asked to alter the schema, though the leader may
	// have done so long ago: it ignores what it knows.
	if r.Version != of.Version {
		p.order(Task{Kind: AlterReplica, Tablet: t.ID, Table: of.Table})
	}
	t.reported = max(t.reported, r.Version)
}

// consensus plans the tablet's row if the replica tells something new. It reports false when the report contradicts what
// is known, so that nothing else is taken from it either.
func (p *reporting) consensus(t *tablet, r Replica) bool {
	row, now := t.Tablet, r.Consensus
	if now.Term == row.Consensus.Term && now.Leader != "" && row.Consensus.Leader != "" && now.Leader != row.Consensus.Leader {
		return false
	}
	// A minority of replicas has no leader: their tablet may never come to be.
	if t.State != TabletRunning && r.State == ReplicaRunning && now.Leader != "" {
		row.State = TabletRunning
	}
	news := newer(now, row.Consensus)
	if news {
		if now.Term == row.Consensus.Term && now.Leader == "" {
			now.Leader = row.Consensus.Leader // a follower that has not heard of it yet
		}
		for _, member := range row.Consensus.Members() {
			if !now.Has(member) {
				p.order(tombstone(t.ID, member, now))
			}
		}
		row.Consensus = now
	}
	if news || row.State != t.State {
		p.write.Tablets = append(p.write.Tablets, row)
	}
	return true
}

// newer reports whether a reported consensus state tells more than the recorded one: a later configuration, or a leader
// where none was known or of a later term.
func newer(now, before Consensus) bool {
	return now.Index > before.Index || now.Leader != "" && (before.Leader == "" || now.Term > before.Term)
}

func tombstone(tablet, server string, current Consensus) Task {
	return Task{Kind: DeleteReplica, Tablet: tablet, Server: server, Consensus: current, Tombstone: true}
}

// Reported returns the highest version of the schema that a replica of a tablet has reported since the catalog was
// loaded.
func (i *Image) Reported(tablet string) (version int, known bool) {
	if t, ok := i.tablets[tablet]; ok && t.reported != unreported {
		return t.reported, true
	}
	return 0, false
}

// Rebuilt returns of how many running tablets a version has been reported since the catalog was loaded: how far a new
// leader's soft state has come.
func (i *Image) Rebuilt() (known, of int) {
	for _, t := range i.tables {
		for _, tablet := range t.tablets {
			if tablet.State == TabletRunning {
				of++
				if tablet.reported != unreported {
					known++
				}
			}
		}
	}
	return known, of
}
