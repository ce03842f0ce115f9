package raftnode

import (
	"fmt"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"

	"tabletop/engine/trace"
)

// Disk is what a member keeps through a crash: its log, term, vote and commit index, and how far the log is applied.
// It starts with an empty log in term 0, so that the first leader leads term 1.
type Disk struct {
	*raft.MemoryStorage
	voters  []uint64
	applied uint64
}

// NewDisk returns the disk of a new member of a group.
func NewDisk(voters []trace.NodeID) *Disk {
	d := &Disk{MemoryStorage: raft.NewMemoryStorage()}
	for _, v := range voters {
		d.voters = append(d.voters, uint64(v))
	}
	return d
}

// InitialState returns the hard state and the group's configuration, which no snapshot holds here.
func (d *Disk) InitialState() (*pb.HardState, *pb.ConfState, error) {
	hard, _, err := d.MemoryStorage.InitialState()
	return hard, &pb.ConfState{Voters: d.voters}, err
}

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
	if term, err = d.Term(index); err != nil {
		panic("raftnode: memory storage: " + err.Error())
	}
	return index, term
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
