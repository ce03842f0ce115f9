package raftnode

import (
	"fmt"
	"slices"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	"tabletop/engine/trace"
)

// Disk is what a member keeps through a crash: its log, term, vote and commit index, how far the log is applied, and the
// configuration that made. It starts with an empty log in term 0, so that the first leader leads term 1.
type Disk struct {
	*raft.MemoryStorage
	members   Membership
	applied   uint64
	collected uint64 // the last entry that the log has lost to Collect
	copied    bool   // and not started on yet
	replaced  bool   // the copy took the place of another log
}

// NewDisk returns the disk of a new member of a group that the given voters founded. So does a member that joins later
// begin, and gets the log from its first entry on: no entry tells of the founders, where each of Kudu's that changes the
// configuration holds it whole.
func NewDisk[M trace.NodeID | Member](founders []M) *Disk {
	d := &Disk{MemoryStorage: raft.NewMemoryStorage()}
	for _, m := range founders {
		d.members.Voters = append(d.members.Voters, Member(m))
	}
	return d
}

// Copy returns the disk as another member gets it that copies it, whose state machine must be copied with it. The copy
// takes the place of what that member had, nil for nothing. Votes are not copied: it keeps its own, and with it its term
// when that is not lower, for it is the same member still, as where a tombstone is replaced in Kudu.
func (d *Disk) Copy(over *Disk) *Disk {
	c := &Disk{MemoryStorage: raft.NewMemoryStorage(), members: d.members, applied: d.applied, collected: d.collected,
		copied: true, replaced: over != nil}
	last, _ := d.lastEntry()
	term, _, commit := d.hard()
	var vote uint64
	if over != nil {
		if theirs, voted, _ := over.hard(); theirs >= term {
			term, vote = theirs, voted
		}
	}
	err := c.ApplySnapshot(&pb.Snapshot{Metadata: &pb.SnapshotMetadata{Index: new(d.collected),
		Term: new(d.termAt(d.collected)), ConfState: d.members.state()}})
	if err == nil && last > d.collected {
		var entries []*pb.Entry
		if entries, err = d.Entries(d.collected+1, last+1, noLimit); err == nil {
			err = c.Append(entries)
		}
	}
	if err == nil {
		err = c.SetHardState(&pb.HardState{Term: new(term), Vote: new(vote), Commit: new(commit)})
	}
	if err != nil {
		panic("raftnode: memory storage: " + err.Error())
	}
	return c
}

// Members returns the committed configuration. It must not be changed.
func (d *Disk) Members() Membership { return d.members }

// Covers reports whether all that another disk of the group holds is committed on this one: a copy then has everything
// that the other's member may have acknowledged.
func (d *Disk) Covers(other *Disk) bool {
	last, _ := other.lastEntry()
	_, _, commit := d.hard()
	return last <= commit
}

// Rewrite replaces the configuration by hand, on the disk of a member that does not run.
func (d *Disk) Rewrite(voters []Member) {
	d.members = Membership{Index: d.members.Index, Voters: slices.Clone(voters)}
}

// noLimit is for reading entries of any size.
const noLimit = 1 << 40

// Collect drops the applied entries below an index, as the garbage collection of a flushed WAL does. A peer that needs
// one of them cannot be caught up from this log any more.
func (d *Disk) Collect(below uint64) {
	if last := min(below, d.applied+1); last > d.collected+1 {
		d.collected = last - 1
		if err := d.Compact(d.collected); err != nil {
			panic("raftnode: memory storage: " + err.Error())
		}
	}
}

// InitialState returns the hard state and the configuration, which no snapshot holds here.
func (d *Disk) InitialState() (*pb.HardState, *pb.ConfState, error) {
	hard, _, err := d.MemoryStorage.InitialState()
	return hard, d.members.state(), err
}

// Snapshot has none: a disk is copied from outside or not at all.
func (d *Disk) Snapshot() (*pb.Snapshot, error) { return nil, raft.ErrSnapshotTemporarilyUnavailable }

func (d *Disk) hard() (term, vote, commit uint64) {
	hard, _, err := d.MemoryStorage.InitialState()
	if err != nil {
		panic("raftnode: memory storage: " + err.Error())
	}
	return hard.GetTerm(), hard.GetVote(), hard.GetCommit()
}

func (d *Disk) lastEntry() (index, term uint64) {
	index, err := d.LastIndex()
	if err != nil {
		panic("raftnode: memory storage: " + err.Error())
	}
	return index, d.termAt(index)
}

func (d *Disk) termAt(index uint64) uint64 {
	term, err := d.Term(index)
	if err != nil {
		panic("raftnode: memory storage: " + err.Error())
	}
	return term
}

// silent is raft's log: what it says is recorded as events. Its panics are ours.
type silent struct{}

func (silent) Debug(...any)            {}
func (silent) Debugf(string, ...any)   {}
func (silent) Error(...any)            {}
func (silent) Errorf(string, ...any)   {}
func (silent) Info(...any)             {}
func (silent) Infof(string, ...any)    {}
func (silent) Warning(...any)          {}
func (silent) Warningf(string, ...any) {}
func (silent) Fatal(v ...any)          { panic("raft: " + fmt.Sprint(v...)) }
func (silent) Fatalf(f string, v ...any) {
	panic("raft: " + fmt.Sprintf(f, v...))
}
func (silent) Panic(v ...any) { panic("raft: " + fmt.Sprint(v...)) }
func (silent) Panicf(f string, v ...any) {
	panic("raft: " + fmt.Sprintf(f, v...))
}
