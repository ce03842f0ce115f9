package cassandra

import "tabletop/replay/text"

// twinRules are the templates again, as regular expressions. Their order matters as little as that of the fast reader:
// no message fits two of one file.
func twinRules() []twinRule {
	const gossiper = "Gossiper|EchoVerbHandler|GossipDigestSynVerbHandler"
	const detector = "FailureDetector"
	const ring = "StorageService|TokenMetadata"
	const process = "CassandraDaemon|Config|DseConfig|BootStrapper|Instance|AbstractCluster|JVMStabilityInspector|" +
		"StartupClusterConnectivityChecker|Server|PipelineConfigurator|YamlConfigurationLoader"
	const messaging = "InboundConnectionInitiator|OutboundConnections?|OutboundTcpConnection|MessagingService|MessagingMetrics"
	const paxos = "Paxos|PaxosRepair|PaxosCleanupLocalCoordinator|PaxosBallotTracker|ContentionStrategy|PrepareCallback|" +
		"ProposeCallback|AbstractPaxosCallback|AbstractPaxosVerbHandler|PaxosRequestCallback|CASTestBase"
	const load = "GCInspector|MonitoringTask|ReadCallback|AbstractCommitLogService|CommitLog"
	const transfer = "HintsDispatchExecutor|HintsService|HintVerbHandler|StreamResultFuture|StreamCoordinator|StreamSession|" +
		"RepairSession|RepairJob|StorageProxy"
	note := func(files, re string, peer int) twinRule {
		return twinRule{files: files, re: re, kind: text.Note, text: "=", peer: peer}
	}
	link := func(re string, kind text.Kind, own, peer int) twinRule {
		return twinRule{files: messaging, re: re, kind: kind, own: own, peer: peer, text: "failed to connect"}
	}
	return []twinRule{
		{gossiper, "is now UP", text.PeerUp, `(?:InetAddress|Node) <E> is now UP`, 1, 0, 0},
		{gossiper, "is now DOWN", text.PeerDown, `(?:InetAddress|Node) <E> is now DOWN`, 1, 0, 0},
		{gossiper, "marking as alive", text.PeerUp, `marking as alive <E>`, 1, 0, 0},
		{gossiper, "marking as down", text.PeerDown, `marking as down <E>|marking <E> as DOWN.*`, 1, 0, 0},
		{gossiper, "convicting", text.PeerDown, `Convicting <E> with status .*`, 1, 0, 0},
		{gossiper, "shutdown", text.PeerDown, `Marked <E> as shutdown`, 1, 0, 0},
		{gossiper, "has restarted", text.PeerRestart, `Node <E> has restarted, now UP`, 1, 0, 0},
		{gossiper, "is now part of the cluster", text.Phase, `Node <E> is now part of the cluster`, 1, 0, 0},
		{gossiper, "announces shutdown", text.Stop, `Announcing shutdown`, 0, 0, 0},
		{gossiper, "!silent", text.PeerSilent, `FatClient <E> has been silent for <N>ms, removing from gossip`, 1, 0, 0},
		note(gossiper, `(?:Not )?[sS]ending ECHO_(?:REQ|RSP) to <E>(?: - .*)?`, 1),
		{gossiper, "removed from gossip", text.Phase, `removing endpoint <E>`, 1, 0, 0}, note(gossiper, `evicting <E> from gossip`, 1),
		note(gossiper, `Not marking <E> alive due to dead state.*`, 1),
		note(gossiper, `<N> elapsed, <E> gossip quarantine over`, 1),
		note(gossiper, `time is expiring for endpoint : <E> \(.*\)`, 1),
		note(gossiper, `Clearing interval times for <E> due to generation change`, 1),
		note(gossiper, `received an invalid gossip generation for peer <E>; .*`, 1),
		note(gossiper, `Assassinating <E> via gossip`, 1), note(gossiper, `Advertising removal for <E>`, 1),
		note(gossiper, `Completing removal of <E>`, 1), note(gossiper, `ClusterName mismatch from <E> .*`, 1),
		note(gossiper, `Ignoring gossip for <E> because it is quarantined`, 1),
		note(gossiper, `Gossip stage has <N> pending tasks; .*|Removing host: .*|Waiting for gossip to settle.*`, 0),
		note(gossiper, `No gossip backlog; proceeding.*|Gossip settled.*`, 0),
		{detector, "!pause", text.Paused, `Not marking nodes down due to local pause of <N>(?:ns)? > .*`, 0, 0, 0},
		note(detector, `Unknown endpoint: <E>`, 1), note(detector, `Node <E> phi .*`, 1),
		note(detector, `Forcing conviction of <E>`, 1),
		{ring, "=", text.Phase, `(?:JOINING|LEAVING|MOVING|DRAINING|STARTING|NORMAL|DECOMMISSIONED|DRAINED)(?:: .*)?`, 0, 0, 0},
		{ring, "=", text.Phase, `Bootstrap completed(?: for tokens |! ).*|Announcing that I have left the ring for [0-9]+ms`, 0, 0, 0},
		{ring, "=", text.Phase, `Detected previous bootstrap failure; .*|repairing paxos for .*|paxos repair for .* complete`, 0, 0, 0},
		{ring, "=", text.Phase, `Retrying paxos repair for .*|skipping paxos repair for .*`, 0, 0, 0},
		{ring, "=", text.Phase, `This node will not auto bootstrap .*`, 0, 0, 0},
		{ring, "state jump to $2", text.Phase, `Node <E> state jump to (.*)`, 1, 0, 0},
		{ring, "state $2", text.Phase, `Node <E> state (bootstrapping|moving|left), .*`, 1, 0, 0},
		{ring, "state $2", text.Phase, `Node <E> state (.*?), tokens? .*`, 1, 0, 0},
		{ring, "!tokens", text.Note, `Token metadata: Normal Tokens:.*`, 0, 0, 0},
		note(ring, `New node <E> at token .*`, 1), note(ring, `Nodes <E> and <E> have the same token .*`, 1),
		note(ring, `Node <E> is in state normal but .*`, 1),
		note(ring, `Ignoring state change for dead or unknown endpoint: <E>`, 1),
		note(ring, `Token .* changing ownership from <E> to <E>`, 1),
		{ring, "removing tokens", text.Phase, `Removing tokens .* for <E>`, 1, 0, 0},
		note(ring, `Host ID collision for .*|(?:Cassandra|DSE) version: .*|Cassandra shutdown complete`, 0),
		{process, "=", text.Start, `JVM vendor/version: .*`, 0, 0, 0},
		{process, "configuration location", text.Boot, `Configuration location: .*`, 0, 0, 0},
		{process, "!config", text.Named, `Node configuration:\[.*`, 0, 0, 0},
		{process, "startup complete", text.Phase, `Startup complete`, 0, 0, 0},
		{process, "shutting down", text.Stop, `Cassandra shutting down.*`, 0, 0, 0},
		{process, "!told", text.Stop, `Shutting down instance <N> / <E>`, 0, 0, 0},
		{process, "!thrown", text.Note, `Exception in thread .*`, 0, 0, 0},
		note(process, `JVM state determined to be unstable.*|Exception encountered during startup.*`, 0),
		note(process, `uncaught exception in thread .*|Generated random tokens\. .*|tokens manually specified as .*`, 0),
		note(process, `Ensured sufficient healthy connections with .*|Blocking coordination until .*`, 0),
		note(process, `Timed out after [0-9]+ milliseconds, was waiting for .*|Stop listening for CQL clients`, 0),
		note(process, `Starting listening for CQL clients on .*`, 0),
		link(`Listening on address: \(<E>\).*`, text.Named, 1, 0),
		link(`Starting Messaging Service on <E>(?: \(.*)?`, text.Named, 1, 0),
		link(`<E>\(<E>\)->(?:<E>\(<E>\))-.* successfully connected, .*`, text.Named, 1, 3),
		link(`<E>\(<E>\)->(?:<E>)-.* successfully connected, .*`, text.Named, 1, 3),
		link(`<E>->(?:<E>)-.* successfully connected, .*`, text.Named, 1, 2),
		link(`<E>\(<E>\)->(?:<E>\(<E>\))-.* connection established, .*`, text.Named, 3, 1),
		link(`<E>\(<E>\)->(?:<E>)-.* connection established, .*`, text.Named, 3, 1),
		link(`<E>->(?:<E>)-.* connection established, .*`, text.Named, 2, 1),
		link(`<E>\(<E>\)->(?:<E>\(<E>\))-.* failed to connect.*`, text.Unreachable, 0, 3),
		link(`<E>\(<E>\)->(?:<E>)-.* failed to connect.*`, text.Unreachable, 0, 3),
		link(`<E>->(?:<E>)-.* failed to connect.*`, text.Unreachable, 0, 2),
		{messaging, "channel closed", text.Unreachable, `<E>->(?:<E>)-.* channel closed by provider`, 2, 0, 0},
		note(messaging, `Handshaking version with <E>`, 1), note(messaging, `Cannot handshake version with <E>`, 1),
		note(messaging, `Closing outbound connections to <E>, .*`, 1),
		note(messaging, `Waiting for messaging service to quiesce`, 0),
		note(messaging, `<E>->(?:<E>)-.* (?:overloaded; dropping|dropping message of type) .*`, 2),
		{messaging, "!dropped", text.Slow, `(.*?) messages were dropped in last <N> ms: <N> internal and <N> cross node\. ` +
			`Mean internal dropped latency: <N> ms and Mean cross-node dropped latency: <N> ms`, 0, 0, 0},
		{"DiskBoundaryManager", "!local", text.Named, `Got local ranges \[Full\(<E>,\(.*`, 0, 1, 0},
		note("PaxosPrepare|PaxosPropose|PaxosCommit|PaxosPrepareRefresh", `Linearizability violation.*`, 0),
		{paxos, "=", text.Electorate, `(?:Remote|Local) electorate <E> could not be found in Gossip`, 1, 0, 0},
		{paxos, "v1 promise", text.Ballot, `Prepare response PrepareResponse\(true, .*\) from <E>`, 1, 0, 0},
		{paxos, "v1 refuse to promise", text.Ballot, `Prepare response PrepareResponse\(false, .*\) from <E>`, 1, 0, 0},
		{paxos, "v1 accept", text.Ballot, `Propose response true from <E>`, 1, 0, 0},
		{paxos, "v1 refuse", text.Ballot, `Propose response false from <E>`, 1, 0, 0},
		{paxos, "v1: TIMEOUT", text.AckLate,
			`Received paxos propose/prepare failure response from <E> reason TIMEOUT`, 1, 0, 0},
		{paxos, "v1: $2", text.Unreachable,
			`Received paxos propose/prepare failure response from <E> reason (.*)`, 1, 0, 0},
		note(paxos, `Dropping .* from [0-9]+ to [0-9]+|Updating lower bound from .* to .*|Failed to apply .* locally.*`, 0),
		note(paxos, `Receiving Paxos operation\(s\) for token\(s\) neither owned nor pending\. Example: from <E> for .*`, 1),
		note(paxos, `Completing uncommitted paxos instances for .*|Completed [0-9]+ uncommitted paxos instances.*`, 0),
		note(paxos, `Failing paxos cleanup session .*|Tracing contended paxos .*`, 0),
		note(paxos, `PaxosRepair of .* (?:completing .*|submitting empty proposal|found incomplete promise or proposal; .*)`, 0),
		{load, "!gc", text.Paused, `(.*?) GC in <N>ms\. .*`, 0, 0, 0},
		{load, "!slow", text.Slow, `[0-9]+ operations (?:timed out|were slow) in the last [0-9]+ msecs.*`, 0, 0, 0},
		{load, "!disk", text.SlowDisk,
			`Out of <N> commit log syncs over the past ([0-9.]+)s with average duration of ([0-9.]+)ms, .*`, 0, 0, 0},
		note(load, `Some operations (?:timed out|were slow), .*|(?:Timed out|Failed); received [0-9]+ of [0-9]+ responses.*`, 0),
		note(load, `Replaying .*|Log replay complete, [0-9]+ replayed mutations.*`, 0),
		note(transfer, `Finished hinted handoff of file .*? to endpoint <E>: .*`, 1),
		note(transfer, `Transferring all hints to <E>: .*`, 1),
		note(transfer, `Paused hints dispatch|Resumed hints dispatch|Receiving hint\(s\) for token\(s\) .*`, 0),
		note(transfer, `Discarding hint for endpoint not part of ring: <E>`, 1),
		note(transfer, `\[Stream #.*?\] Session with <E> is .*`, 1),
		note(transfer, `\[Stream #.*?\] Beginning stream session with <E>`, 1),
		note(transfer, `\[Stream #.*?\] Socket closed before session completion, peer <E> is probably down\.`, 1),
		note(transfer, `\[Stream #.*\] (?:Executing streaming plan for .*|All sessions completed|Stream failed.*)`, 0),
		note(transfer, `\[Stream #.*\] Prepare completed\. .*`, 0),
		note(transfer, `\[repair #.*\] (?:new session: .*|[sS]ession completed (?:successfully|with the following error))`, 0),
		note(transfer, `.* (?:starting paxos repair|paxos repair (?:completed|failed))|Schemas are in agreement\.`, 0),
		note(transfer, `<E> disagrees \(.*\)`, 1),
		note(transfer, `Failed paxos (?:prepare|propose) locally.*|Failed to apply paxos commit locally.*`, 0),
		note(transfer, `".*" while executing .*`, 0),
	}
}
