package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Table is a row of the sys catalog: SysTablesEntryPB.
type Table struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Schema   Schema     `json:"schema"`
	Version  int        `json:"version"`           // 0 when created, +1 with every change of metadata, a rename included
	Applied  Schema     `json:"applied,omitempty"` // the schema that every replica is known to have, while Altering
	Next     int        `json:"next,omitempty"`    // the id of the next column
	Hash     int        `json:"hash,omitempty"`    // buckets of the key's hash; 0 and 1 are one
	Replicas int        `json:"replicas,omitempty"`
	State    TableState `json:"state"`
	By       string     `json:"by,omitempty"` // the operation that created it, where results of operations are kept
}

// TableState is a table's state as it is persisted.
type TableState uint8

// The states of a table. A row of a deleted table stays.
const (
	TableRunning TableState = iota
	TableAltering
	TableRemoved
)

// String returns the state's name.
func (s TableState) String() string { return [...]string{"RUNNING", "ALTERING", "REMOVED"}[s] }

// Tablet is a row of the sys catalog: SysTabletsEntryPB.
type Tablet struct {
	ID        string      `json:"id"`
	Table     string      `json:"table"` // the table's id
	Bucket    int         `json:"bucket,omitempty"`
	Range     Range       `json:"range"`
	State     TabletState `json:"state"`
	Consensus Consensus   `json:"consensus"`
}

// TabletState is a tablet's state as it is persisted.
type TabletState uint8

// The states of a tablet.
const (
	TabletPreparing TabletState = iota // its table's row is written; it has no replicas yet
	TabletCreating                     // replicas are chosen, and the servers are told
	TabletRunning                      // a server has reported it with a leader of its configuration
	TabletReplaced                     // not reported within 30 s; a new tablet has its partition
	TabletDeleted
)

// String returns the state's name.
func (s TabletState) String() string {
	return [...]string{"PREPARING", "CREATING", "RUNNING", "REPLACED", "DELETED"}[s]
}

// Gone reports whether the tablet belongs to its table no more.
func (s TabletState) Gone() bool { return s == TabletReplaced || s == TabletDeleted }

// Consensus is what a tablet's raft group has last been reported to be: ConsensusStatePB. Servers are named by their
// permanent uuids. It is zero until the replicas are chosen.
type Consensus struct {
	Term      uint64   `json:"term,omitempty"`
	Leader    string   `json:"leader,omitempty"`
	Index     uint64   `json:"index,omitempty"` // of the committed configuration in the tablet's log
	Voters    []string `json:"voters,omitempty"`
	NonVoters []string `json:"nonvoters,omitempty"`
}

// Has reports whether a server is a member of the configuration.
func (c Consensus) Has(server string) bool {
	return slices.Contains(c.Voters, server) || slices.Contains(c.NonVoters, server)
}

// Members returns the voters, then the non-voters.
func (c Consensus) Members() []string { return slices.Concat(c.Voters, c.NonVoters) }

// Write is one replicated change of the rows, applied whole or not at all: each row takes the place of the one with its
// id. Request is the number under which the master that proposed it knows whom to answer; together with Master it tells
// writes of equal content apart.
type Write struct {
	Tables  []Table  `json:"tables,omitempty"`
	Tablets []Tablet `json:"tablets,omitempty"`
	Servers []string `json:"servers,omitempty"` // tablet servers by uuid: KUDU-1353's fourth proposal, never shipped
	Cluster string   `json:"cluster,omitempty"` // the cluster's id, written once by its first leader
	Master  string   `json:"master"`
	Request uint64   `json:"request"`
}

// Empty reports whether the write would change nothing: such a one never reaches the log.
func (w Write) Empty() bool {
	return len(w.Tables) == 0 && len(w.Tablets) == 0 && len(w.Servers) == 0 && w.Cluster == ""
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

// Rows are the sys catalog's rows, in the order of their creation: hard state.
type Rows struct {
	Tables  []Table
	Tablets []Tablet
	Servers []string
	Cluster string
}

// Apply applies a committed write.
func (r *Rows) Apply(w Write) {
	for _, t := range w.Tables {
		r.Tables = put(r.Tables, t, func(have Table) bool { return have.ID == t.ID })
	}
	for _, t := range w.Tablets {
		r.Tablets = put(r.Tablets, t, func(have Tablet) bool { return have.ID == t.ID })
	}
	for _, s := range w.Servers {
		r.Servers = put(r.Servers, s, func(have string) bool { return have == s })
	}
	if w.Cluster != "" {
		r.Cluster = w.Cluster
	}
}

// Clone returns a copy that further writes to either do not change.
func (r *Rows) Clone() Rows {
	return Rows{slices.Clone(r.Tables), slices.Clone(r.Tablets), slices.Clone(r.Servers), r.Cluster}
}

// put sets the row that is meant, or adds it.
func put[T any](rows []T, row T, meant func(T) bool) []T {
	if i := slices.IndexFunc(rows, meant); i >= 0 {
		rows[i] = row
		return rows
	}
	return append(rows, row)
}
