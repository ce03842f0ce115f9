package cassandra

import "tabletop/replay/text"

// gossip reads what a node learns of its peers.
func (r *reader) gossip() bool {
	switch {
	case r.is("InetAddress @ is now UP"), r.is("Node @ is now UP"):
		return r.peer(text.PeerUp, "is now UP")
	case r.is("InetAddress @ is now DOWN"), r.is("Node @ is now DOWN"):
		return r.peer(text.PeerDown, "is now DOWN")
	case r.is("marking as alive @"):
		return r.peer(text.PeerUp, "marking as alive")
	case r.is("marking as down @"), r.is("marking @ as DOWN*"):
		return r.peer(text.PeerDown, "marking as down")
	case r.is("Convicting @ with status *"):
		return r.peer(text.PeerDown, "convicting")
	case r.is("Marked @ as shutdown"):
		return r.peer(text.PeerDown, "shutdown")
	case r.is("Node @ has restarted, now UP"):
		return r.peer(text.PeerRestart, "has restarted")
	case r.is("Node @ is now part of the cluster"):
		return r.peer(text.Phase, "is now part of the cluster")
	case r.is("removing endpoint @"):
		return r.peer(text.Phase, "removed from gossip")
	case r.is("Announcing shutdown"):
		return r.own(text.Stop, "announces shutdown")
	case r.is("FatClient @ has been silent for %ms, removing from gossip"):
		st := r.statement(text.PeerSilent)
		st.Peer, st.PeerAddress = r.endpoints[0].id(), r.endpoints[0].address()
		st.Length, st.Text = duration(r.at[1], 1000), "removed from gossip"
		r.sink.State(st)
		return true
	}
	return r.gossipNote()
}

// gossipNote keeps the rest of what is worth showing.
func (r *reader) gossipNote() bool {
	switch {
	case r.is("Sending ECHO_REQ to @"), r.is("Sending ECHO_RSP to @"), r.is("Not sending ECHO_RSP to @ - *"),
		r.is("evicting @ from gossip"), r.is("Not marking @ alive due to dead state*"),
		r.is("% elapsed, @ gossip quarantine over"), r.is("time is expiring for endpoint : @ (*)"),
		r.is("Clearing interval times for @ due to generation change"),
		r.is("received an invalid gossip generation for peer @; *"), r.is("Assassinating @ via gossip"),
		r.is("Advertising removal for @"), r.is("Completing removal of @"), r.is("ClusterName mismatch from @ *"),
		r.is("Ignoring gossip for @ because it is quarantined"):
		return r.note()
	case r.is("Gossip stage has % pending tasks; *"), r.is("Removing host: *"), r.is("Waiting for gossip to settle*"),
		r.is("No gossip backlog; proceeding*"), r.is("Gossip settled*"):
		return r.note()
	}
	return false
}

// detector reads what the failure detector says. A start is followed by a pause that was none: the detector counts from
// the start of the process. What it says of a true one is up to one gossip round, a second, too long.
func (r *reader) detector() bool {
	switch {
	case r.is("Not marking nodes down due to local pause of %ns > *"),
		r.is("Not marking nodes down due to local pause of % > *"):
		return r.took(text.Paused, duration(r.at[0], 0), "local pause")
	case r.is("Unknown endpoint: @"), r.is("Node @ phi *"), r.is("Forcing conviction of @"):
		return r.note()
	}
	return false
}
