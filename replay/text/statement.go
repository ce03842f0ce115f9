// Package text is what the log dialects share: regions of files cut into lines, and the statements that lines make.
//
// A Statement says what one line says of one node, in the words of the protocol, with the node's own clock and the line
// it came from. The package never judges whether a line is true, never joins lines of different files and never reads a
// file itself.
//
//	sink := text.NewSink()
//	dialect.Parse(text.Region{Bytes: b, Own: len(b), First: true}, sink)
//	sink.Statements[0].Kind // text.Role: this node believes to be leader of Term
package text

import "tabletop/engine/trace"

// Statement is what one line says. Fields that the line does not give are zero.
type Statement struct {
	// At is the line's stamp in microseconds since 1970 UTC by the node's own clock, as if its zone were UTC unless the
	// line gives one. Without a year it lies in the year 0.
	At   int64
	Kind Kind
	// Offset and Line are where the line begins: bytes and lines from the start of its region, both from 0.
	Offset int64
	Line   int
	// Writer tells the threads or prefixes of one file apart, for lines that do not name their node; 0 is the file's.
	Writer uint64
	// Key identifies the line's content among lines of equal time, to know a copy.
	Key uint64

	Node string // the node that states it, by its identity; empty when the line does not say
	Peer string // the other node: asked, voted for, believed to lead, out of reach
	// PeerAddress is the peer's host and port where the line gives it.
	PeerAddress string
	Group       string // the raft group; a Kudu tablet id
	Term        uint64
	Index       uint64
	// Length is the duration that the line states, in microseconds; -1 when it states none.
	Length int64
	Role   trace.Role
	Pre    bool // of a pre-election
	// Told says that the line is another node's, about Node: as a Kudu master's line about a tablet that Node reported.
	Told bool
	// Undated says that the line has no stamp of its own: At is that of the header before it, which may be another node's.
	Undated bool
	// Now says that the role begins with this line; without it RoleIs tells only what the role is.
	Now bool
	Won bool // the election was won, the vote was granted
	Yes []string
	No  []string // voters; for Members the nodes' identities stand in Yes
	// Text is what is worth showing: an address for Named, a reason, an operation, a phase.
	Text string
}

// SysCatalog is the raft group of Kudu's masters.
const SysCatalog = "00000000000000000000000000000000"

// Kind says what is stated.
type Kind uint8

// The kinds of statements.
const (
	Note        Kind = iota // worth showing as it stands
	Start                   // the node's process starts
	Stop                    // it ends in an orderly way
	Named                   // Node is known under the address Text as well
	Members                 // the group consists of Yes (voters) and No (others)
	RoleIs                  // believes to have Role in Term
	TermIs                  // its term is now Term
	Stands                  // starts an election for Term; Peer: the leader it thinks failed
	AsksVotes               // asked Yes for their votes for Term
	WasAsked                // was asked by Peer for its vote for Term
	Votes                   // answered Peer: Won says whether it granted its vote for Term; Text: the reason
	HearsVote               // Peer's answer arrived: Won says whether it granted its vote for Term
	Decided                 // the election for Term was decided: Won, Yes, No
	LeaderIs                // believes that Peer leads Term; an empty Peer: nobody; No: whom it believed to lead before
	StepsDown               // stops being leader of Term
	RefusesOld              // refuses a call of Peer, who believes in an earlier Term; Index: its own term
	HearsTerm               // heard of the higher Term from Peer
	Unreachable             // a call to Peer failed; Text: why
	PeerSilent              // Peer has not been heard for Length
	Late                    // what was due Length before happened at At; Index: it is done once in so many microseconds
	Paused                  // states that it was paused itself for Length until At
	SlowDisk                // the disk took Length
	Catalog                 // serves a change of the catalog: Text "create table-1"
	PeerUp                  // marks Peer as up; Text: why
	PeerDown                // marks Peer as down
	PeerRestart             // says that Peer has restarted
	Phase                   // the node enters a phase of joining or leaving: Text
	Electorate              // was told by Peer, with its promise of the Paxos ballot Text, of the nodes Yes
	Ballot                  // a step of Paxos with Peer: Text; Index orders ballots
	AckLate                 // an answer from Peer came too late to count: Text
	Slow                    // a request was slow: Length, Text
	FileDate                // the file's preamble: it was created at At, a full date by the node's clock
	Stuck                   // something took Length that takes no time in a process that runs; it ended at At
	Answered                // a client was answered: Text "open table-1", Won says whether it succeeded
	Connects                // has opened a connection to Peer; Text is the same for both of its ends
	Accepts                 // has accepted a connection of Peer; Text is the same for both of its ends
	Boot                    // the node's process has begun and is on its way to Start; some write it again later
	Alias                   // Node is but a name within this log: all others call it Peer
	Tally                   // counted votes; whether that decides the election, the node's next line of raft tells
	Urged                   // was told by Peer, who leads Term, to stand at once
	Kinds                   // how many there are
)

// String returns the kind's name in goldens and messages.
func (k Kind) String() string {
	names := [...]string{"note", "start", "stop", "named", "members", "role", "term", "stands", "asks-votes", "was-asked",
		"votes", "hears-vote", "decided", "leader", "steps-down", "refuses-old", "hears-term", "unreachable", "peer-silent",
		"late", "paused", "slow-disk", "catalog", "peer-up", "peer-down", "peer-restart", "phase", "electorate", "ballot",
		"ack-late", "slow", "file-date", "stuck", "answered", "connects", "accepts", "boot", "alias", "tally", "urged"}
	if int(k) >= len(names) {
		return "unknown"
	}
	return names[k]
}
