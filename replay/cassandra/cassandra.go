// Package cassandra reads the logs of Apache Cassandra and of DataStax Enterprise: logback's lines as production writes
// them, and those of tests that run several nodes in one JVM.
//
// A node's identity is its address as its peers print it, without slash and host name: 127.0.0.1. The port is left
// out where it goes without saying: 7000, 7001, and 7012 of a node in a shared JVM; elsewhere it belongs to the
// identity. A production log does not say in each line whose it is; some lines do, and state Named with the node's own
// address: the configuration, the listening socket, the connections. A line of a test in one JVM names its node by
// number, node3, which is 127.0.0.3 unless its lines of local ranges state an Alias. Writer tells such nodes apart, and what
// another program put in front of the lines ("cassandra-1  | ", "[n1] "); it is 0 elsewhere, for threads are of one node.
//
// Peer is who a line is about. A Phase without Peer is the writing node's own; one with Peer is what it sees of another,
// or of itself: a node's gossip speaks of itself as of others.
//
// The package reports what lines say and never judges it: a node that has just started states a pause that was none,
// and that its peers have restarted. It never looks at more than one record at a time, and it does not know the time
// zone: stamps carry none.
//
//	sink := text.NewSink()
//	cassandra.Dialect{}.Parse(text.Region{Bytes: b, Own: len(b), First: true, Last: true}, sink)
//	sink.Statements[0] // INFO ... Gossiper.java:1468 - InetAddress /127.0.0.2:7000 is now DOWN: PeerDown, 127.0.0.2
package cassandra

import (
	"math"
	"strings"
	"unicode/utf8"

	"tabletop/replay/text"
)

// Dialect reads Cassandra's logs.
type Dialect struct{}

// ID names the dialect in reports.
func (Dialect) ID() string { return "cassandra-logback" }

// Score counts the headers in a sample.
func (Dialect) Score(sample []byte) int {
	n := 0
	var h header
	for s := text.NewScanner(text.Region{Bytes: sample, Own: len(sample)}); s.Next(); {
		if h.parse(s.Line()) {
			n++
		}
	}
	return n
}

// Parse finds what the lines say that begin in a region.
func (Dialect) Parse(r text.Region, s *text.Sink) {
	s.Stacked = true
	rd := reader{region: r, scan: text.NewScanner(r), sink: s}
	for rd.scan.Next() {
		s.Lines++
		if rd.scan.Cut() {
			s.Cut++
		}
		if !rd.head.parse(rd.scan.Line()) {
			continue
		}
		rd.key = rd.head.key()
		s.Header(rd.head.at, rd.head.writer, rd.key, int64(rd.scan.Offset()), rd.scan.Number())
		rd.record()
	}
}

// reader reads one record after the other.
type reader struct {
	region text.Region
	scan   *text.Scanner
	sink   *text.Sink
	head   header
	key    uint64
	msg    []byte // the first maxMessage bytes of the message
	holes
}

const (
	// maxMessage is how much of a message is compared with patterns. What follows in longer ones is lists.
	maxMessage = 2 << 10
	// maxText is how long a statement's text may be.
	maxText = 200
)

// record finds what a record says. Most lines end here, by the file that wrote them.
func (r *reader) record() {
	r.msg = r.head.message[:min(len(r.head.message), maxMessage)]
	switch string(r.head.file) {
	case "", "?", "NoSpamLogger.java":
		r.anyFile()
	case "Gossiper.java", "EchoVerbHandler.java", "GossipDigestSynVerbHandler.java":
		r.gossip()
	case "FailureDetector.java":
		r.detector()
	case "StorageService.java", "TokenMetadata.java":
		_ = r.phases() || r.ring()
	case "CassandraDaemon.java", "Config.java", "DseConfig.java", "BootStrapper.java", "Instance.java",
		"AbstractCluster.java", "JVMStabilityInspector.java", "StartupClusterConnectivityChecker.java",
		"Server.java", "PipelineConfigurator.java", "YamlConfigurationLoader.java":
		r.process()
	case "InboundConnectionInitiator.java", "OutboundConnection.java", "OutboundConnections.java",
		"OutboundTcpConnection.java", "MessagingService.java", "MessagingMetrics.java":
		r.messaging()
	case "DiskBoundaryManager.java":
		r.localRanges()
	case "PaxosPrepare.java", "PaxosPropose.java", "PaxosCommit.java", "PaxosPrepareRefresh.java":
		r.paxos()
	case "Paxos.java", "PaxosRepair.java", "PaxosCleanupLocalCoordinator.java", "PaxosBallotTracker.java",
		"ContentionStrategy.java", "PrepareCallback.java", "ProposeCallback.java", "AbstractPaxosCallback.java",
		"AbstractPaxosVerbHandler.java", "PaxosRequestCallback.java", "CASTestBase.java":
		r.paxosOther()
	case "GCInspector.java", "MonitoringTask.java", "ReadCallback.java", "AbstractCommitLogService.java",
		"CommitLog.java":
		r.load()
	case "HintsDispatchExecutor.java", "HintsService.java", "HintVerbHandler.java", "StreamResultFuture.java",
		"StreamCoordinator.java", "StreamSession.java", "RepairSession.java", "RepairJob.java", "StorageProxy.java":
		r.transfer()
	}
}

// anyFile tries all patterns: the files that a test in one JVM writes for each node do not name the source, and what would
// otherwise be written too often comes from one file, as since 4.0 that a connection failed.
func (r *reader) anyFile() {
	_ = r.gossip() || r.detector() || r.phases() || r.ring() || r.process() || r.messaging() || r.localRanges() ||
		r.paxos() || r.paxosOther() || r.load() || r.transfer()
}

// is reports whether the message fits a pattern. Most do not, by their first byte.
func (r *reader) is(pattern string) bool {
	return len(r.msg) > 0 && (pattern[0] == r.msg[0] || hole(pattern[0])) && r.match(pattern, r.msg)
}

// statement returns a new statement of this line.
func (r *reader) statement(kind text.Kind) text.Statement {
	return text.Statement{At: r.head.at, Kind: kind, Offset: int64(r.scan.Offset()), Line: r.scan.Number(),
		Writer: r.head.writer, Key: r.key, Node: nodeID(r.head.node), Length: -1}
}

// own says something of the writing node.
func (r *reader) own(kind text.Kind, txt string) bool {
	st := r.statement(kind)
	st.Text = txt
	r.sink.State(st)
	return true
}

// took says something of the writing node that lasted, in microseconds.
func (r *reader) took(kind text.Kind, length int64, txt string) bool {
	st := r.statement(kind)
	st.Length, st.Text = length, txt
	r.sink.State(st)
	return true
}

// peer says something of the pattern's first endpoint.
func (r *reader) peer(kind text.Kind, txt string) bool {
	st := r.statement(kind)
	st.Peer, st.PeerAddress, st.Text = r.endpoints[0].id(), r.endpoints[0].address(), txt
	r.sink.State(st)
	return true
}

// note keeps the message as it stands, with its first endpoint if the pattern had one.
func (r *reader) note() bool {
	if r.ends > 0 {
		return r.peer(text.Note, clip(r.msg))
	}
	return r.own(text.Note, clip(r.msg))
}

// named says under which address the writing node is known.
func (r *reader) named(e *endpoint) bool {
	st := r.statement(text.Named)
	if st.Node == "" {
		st.Node = e.id()
	}
	st.Text = e.address()
	r.sink.State(st)
	return true
}

// body returns the lines of the record behind its first.
func (r *reader) body() []byte {
	return r.scan.Body(func(line []byte) bool {
		var h header
		return h.parse(line) || dateless(line)
	})
}

// duration reads an unsigned number, with decimals or without, as microseconds; unit is how many microseconds one of
// it is, or 0 for nanoseconds. What is out of range is -1, not stated.
func duration(b []byte, unit int64) int64 {
	const most = math.MaxInt64 / 10
	var n, scale int64 = 0, 1
	point := false
	for _, c := range b {
		switch {
		case c == '.' && !point:
			point = true
		case !digit(c) || n > most-9 || unit > 0 && n > most/unit:
			return -1
		case point && scale >= 1000:
		default:
			n = n*10 + int64(c-'0')
			if point {
				scale *= 10
			}
		}
	}
	if unit == 0 {
		return n / scale / 1000
	}
	if n > math.MaxInt64/unit {
		return -1
	}
	return n * unit / scale
}

// clip makes a text that can be shown of bytes that may be anything.
func clip(b []byte) string {
	b = b[:min(len(b), maxText)]
	for i := len(b) - 1; i >= 0 && i >= len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				b = b[:i]
			}
			break
		}
	}
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, strings.ToValidUTF8(string(b), "\uFFFD"))
}
