package catalog

// What masters and tablet servers tell each other about tablets.

// Report is what a tablet server tells a master with a heartbeat: TabletReportPB. An incremental report lists what has
// changed since the last one that this master acknowledged.
type Report struct {
	Server  string // its permanent uuid
	Full    bool
	Number  uint64 // per master and process of the server, from 0
	Tablets []Replica
	Removed []string // of an incremental report
}

// Replica is one tablet of a report: ReportedTabletPB.
type Replica struct {
	Tablet    string
	State     ReplicaState
	Consensus Consensus // zero until there is a consensus to report
	Pending   bool      // its leader has appended another configuration, which is not committed yet
	Failed    []string  // members that the leader has not heard from for too long; of its leader's report only
	Version   int       // of the schema that the replica has
}

// ReplicaState is what a server makes of a replica.
type ReplicaState uint8

// The states of a replica.
const (
	ReplicaRunning ReplicaState = iota
	ReplicaStarting
	ReplicaFailed
	ReplicaTombstoned
)

// String returns the state's name.
func (s ReplicaState) String() string {
	return [...]string{"RUNNING", "BOOTSTRAPPING", "FAILED", "TOMBSTONED"}[s]
}

// Task is something a master has a tablet server do: an asynchronous RPC with retries.
type Task struct {
	Kind      TaskKind
	Tablet    string
	Server    string    // whom to ask; empty for the tablet's leader, found anew with every try
	Consensus Consensus // CreateReplica: the configuration; AddReplica, EvictReplica: Index must still be the committed one
	Member    string    // AddReplica, EvictReplica: whom; whom to add is chosen when the task is sent
	Table     Table     // CreateReplica, AlterReplica: the table's name, schema and version
	Tombstone bool      // DeleteReplica: keep a tombstone that may vote, if the replica's configuration is not later than Consensus.Index
}

// TaskKind says what a task is for.
type TaskKind uint8

// The kinds of task.
const (
	CreateReplica TaskKind = iota
	DeleteReplica
	AlterReplica
	AddReplica
	EvictReplica
)

// String returns the kind's name.
func (k TaskKind) String() string {
	return [...]string{"create tablet", "delete tablet", "alter schema", "add replica", "evict replica"}[k]
}
