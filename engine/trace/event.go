// Package trace is the event model that simulations and captured logs share.
//
// A Trace is an immutable list of events plus the changes each of them made to what can be observed of the nodes.
// Everything behind it (player, stage, checks, exports) sees a Trace and not its producer; Provenance says for each
// event whether it was simulated, logged, inferred or repaired.
//
// The package never runs a protocol, never reads a clock and imports nothing but the standard library.
//
//	b := trace.NewBuilder(trace.Header{Producer: "example"})
//	a := b.AddNode(trace.Node{ID: "A", Kind: trace.Master})
//	b.Emit(trace.Event{At: 1500, Kind: trace.Elected, Node: a, Term: 2})
//	b.SetField(a, b.Group(""), trace.FieldRole, uint64(trace.Leader))
//	cursor := b.Trace().Cursor()
//	cursor.Seek(0)
//	cursor.Node(a).Groups[0].Role.Get() // 4, true
package trace

// Time counts microseconds since the start of the trace.
type Time int64

// NodeID numbers the nodes of a trace from 1; 0 stands for no node.
type NodeID uint16

// GroupID numbers the raft groups of a trace from 1; 0 stands for no group.
type GroupID uint16

// StringID names an interned string of a trace; 0 is the empty string.
type StringID uint32

// EventID is an event's place in its trace, counted from 0.
type EventID int32

// NoEvent is the EventID of "none": no cause, no source, or the instant before the first event.
const NoEvent EventID = -1

// Event is one thing that happened at one node. It is 48 bytes, so that a million of them fit in a browser tab.
type Event struct {
	At Time
	// Index is the log index for raft events and the operation number for Invoke and Return.
	Index uint64
	// Digest identifies the content of a log entry, so that log matching and state-machine safety can be judged from
	// the trace alone.
	Digest uint64
	// Cause is the event that made this one happen: the send of an arriving message, the invoke of a return.
	Cause EventID
	// Text names a message ("UpdateConsensus"), a command ("pause A"), an operation ("open table-1") or a result.
	Text StringID
	Term uint32
	Node NodeID
	// Peer is the other node: receiver of a send, sender of an arrival, the voted-for, the server that answered.
	Peer  NodeID
	Group GroupID
	Kind  Kind
	Prov  Provenance
}

// Kind says what happened.
type Kind uint8

// The kinds. Request, Heartbeat, Answer and Refusal put a message on the wire; it then ends in one Arrive and Receive
// (entered the receiver's socket, was read by it) or in one Drop. The log events are those of one node's log: their
// Index, Term and Digest are the entry's.
const (
	Note Kind = iota
	Command
	Start
	Pause
	Resume
	Crash
	Request
	Heartbeat
	Answer
	Refusal
	Arrive       // Cause: the send
	Receive      // Cause: the send
	Drop         // Cause: the send
	Timer        // a timer ran out
	PreCampaign  // Term: the term it would stand for; the node's own stays as it is
	Campaign     // Term: the one it stands for
	Elected      // Term: the one it won
	ElectionLost // Term: the one it stood for
	StepDown
	TermAdvanced
	Vote       // Peer: the candidate
	VoteDenied // Peer: the candidate
	LeaderKnown
	Append   // an entry was written; what stood at its Index and behind it is gone
	Truncate // Index: the first entry that was removed
	Commit   // Index, Term: of the last entry known to be committed
	Apply    // an entry took effect in the state machine
	Load     // began to rebuild what is derived from the log
	Ready    // finished it and serves
	Invoke   // see Operations
	Return   // see Operations
	Wipe     // what the node had on disk is gone, all of it or that of the Group
	kinds    // how many there are
)

func kindNames() []string {
	return []string{"note", "command", "start", "pause", "resume", "crash", "request", "heartbeat", "answer",
		"refusal", "arrive", "receive", "drop", "timer", "pre-campaign", "campaign", "elected", "election-lost",
		"step-down", "term-advanced", "vote", "vote-denied", "leader-known", "append", "truncate", "commit", "apply",
		"load", "ready", "invoke", "return", "wipe"}
}

// String returns the kind's name in the NDJSON form.
func (k Kind) String() string {
	return name(kindNames(), uint64(k))
}

// IsSend reports whether the kind puts a message on the wire.
func (k Kind) IsSend() bool { return k >= Request && k <= Refusal }

// Provenance says how we know of an event. Inferred is never drawn as fact.
type Provenance uint8

// The provenances.
const (
	Simulated Provenance = iota
	Logged
	Inferred
	Repaired
	provenances
)

// String returns the provenance's name in the NDJSON form.
func (p Provenance) String() string { return name(provenanceNames(), uint64(p)) }

func provenanceNames() []string { return []string{"simulated", "logged", "inferred", "repaired"} }

// NodeKind says what a node is.
type NodeKind uint8

// The node kinds. Member is a node of a system without masters, as in etcd or a Cassandra ring.
const (
	Master NodeKind = iota
	TabletServer
	Client
	Member
)

// String returns the kind's name in the NDJSON form.
func (k NodeKind) String() string { return name(nodeKindNames(), uint64(k)) }

func nodeKindNames() []string { return []string{"master", "tserver", "client", "member"} }

// Node is one process of a trace. Nodes of different clusters are never compared.
type Node struct {
	ID      string
	Name    string
	Kind    NodeKind
	Cluster int
	// History tells the clients of one history from those of another of the same cluster, which is no account of the same
	// time: what is told in one is not compared with the other.
	History int
}

// Setting is one key and its value, both as on the command line.
type Setting struct{ Key, Value string }

// Header tells what a trace was made from. Scene, Variant, Settings and Seed are enough to run it again.
type Header struct {
	Producer string
	System   string
	Scene    string
	Variant  string
	Seed     uint64
	Settings []Setting
	Origin   Origin
}

// Origin is when time 0 of a trace of logs was, in microseconds since 1970 UTC; not Known for a simulation. Where no line
// tells the year it lies in the year 0, where none tells the zone UTC is assumed.
type Origin struct {
	Known                bool
	At                   int64
	YearKnown, ZoneKnown bool
}
