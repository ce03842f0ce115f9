package cassandra

import "tabletop/replay/text"

// messaging reads sockets and connections.
func (r *reader) messaging() bool {
	switch {
	case r.is("Listening on address: (@)*"), r.is("Starting Messaging Service on @ (*"),
		r.is("Starting Messaging Service on @"), r.is("Starting Messaging Service on port %"):
		if r.ends == 0 {
			return false
		}
		return r.named(&r.endpoints[0])
	case r.is("@(@)->@(@)-* successfully connected, *"), r.is("@(@)->@-* successfully connected, *"):
		return r.connected(text.Connects, 0, 2)
	case r.is("@->@-* successfully connected, *"):
		return r.connected(text.Connects, 0, 1)
	case r.is("@(@)->@(@)-* connection established, *"), r.is("@(@)->@-* connection established, *"):
		return r.connected(text.Accepts, 2, 0)
	case r.is("@->@-* connection established, *"):
		return r.connected(text.Accepts, 1, 0)
	case r.is("@(@)->@(@)-* failed to connect*"), r.is("@(@)->@-* failed to connect*"):
		return r.refused(2, "failed to connect")
	case r.is("@->@-* failed to connect*"):
		return r.refused(1, "failed to connect")
	case r.is("@->@-* channel closed by provider"):
		return r.refused(1, "channel closed")
	case r.is("Handshaking version with @"), r.is("Cannot handshake version with @"),
		r.is("Closing outbound connections to @, *"), r.is("Waiting for messaging service to quiesce"):
		return r.note()
	case r.is("* messages were dropped in last % ms: % internal and % cross node. " +
		"Mean internal dropped latency: % ms and Mean cross-node dropped latency: % ms"):
		return r.dropped()
	case r.is("@->@-* overloaded; dropping *"), r.is("@->@-* dropping message of type *"):
		r.endpoints[0] = r.endpoints[1]
		return r.note()
	}
	return false
}

// connected reads a connection's two ends. The own one says who writes. Where the line gives the address and port from
// which it was opened, in parentheses behind the first end, both nodes write the same of it.
func (r *reader) connected(kind text.Kind, own, other int) bool {
	st := r.statement(text.Named)
	if st.Node == "" {
		st.Node = r.endpoints[own].id()
	}
	st.Text = r.endpoints[own].address()
	if peer := &r.endpoints[other]; peer.id() != r.endpoints[own].id() {
		st.Peer, st.PeerAddress = peer.id(), peer.address()
	}
	r.sink.State(st)
	if r.ends > 2 && st.Peer != "" {
		st.Kind, st.Text = kind, r.endpoints[1].address()+"->"+r.endpoints[2].id()
		r.sink.State(st)
	}
	return true
}

func (r *reader) refused(other int, how string) bool {
	r.endpoints[0] = r.endpoints[other]
	return r.peer(text.Unreachable, how)
}

// dropped reads how late messages were when they were thrown away: after a pause, about as late as it was long.
func (r *reader) dropped() bool {
	length := max(duration(r.at[4], 1000), duration(r.at[5], 1000))
	return r.took(text.Slow, length, clip(r.at[0])+" messages were dropped")
}

// load reads what took long.
func (r *reader) load() bool {
	switch {
	case r.is("* GC in %ms. *"):
		return r.took(text.Paused, duration(r.at[1], 1000), "gc")
	case r.is("% operations timed out in the last % msecs*"), r.is("% operations were slow in the last % msecs*"):
		return r.took(text.Slow, r.slowest(), clip(r.msg))
	case r.is("Out of % commit log syncs over the past ~s with average duration of ~ms, *"):
		return r.took(text.SlowDisk, duration(r.at[2], 1000), clip(r.msg))
	case r.is("Some operations timed out, *"), r.is("Some operations were slow, *"),
		r.is("Timed out; received % of % responses*"), r.is("Failed; received % of % responses*"),
		r.is("Replaying *"), r.is("Log replay complete, % replayed mutations*"):
		return r.note()
	}
	return false
}

// slowest reads the list below: "<SELECT …>, total time 612 msec, timeout 500 msec". -1 if it says no time.
func (r *reader) slowest() int64 {
	longest := int64(-1)
	for rest := r.body(); ; {
		i := index(rest, "time ")
		if i < 0 {
			return longest
		}
		rest = rest[i+len("time "):]
		n := 0
		for n < len(rest) && digit(rest[n]) {
			n++
		}
		if n > 0 && len(rest) >= n+5 && string(rest[n:n+5]) == " msec" {
			longest = max(longest, duration(rest[:n], 1000))
		}
	}
}

// transfer reads hints, streams and repairs.
func (r *reader) transfer() bool {
	switch {
	case r.is("Finished hinted handoff of file * to endpoint @: *"), r.is("Transferring all hints to @: *"),
		r.is("Paused hints dispatch"), r.is("Resumed hints dispatch"), r.is("Receiving hint(s) for token(s) *"),
		r.is("Discarding hint for endpoint not part of ring: @"):
		return r.note()
	case r.is("[Stream #*] Session with @ is *"), r.is("[Stream #*] Beginning stream session with @"),
		r.is("[Stream #*] Socket closed before session completion, peer @ is probably down."),
		r.is("[Stream #*] Executing streaming plan for *"), r.is("[Stream #*] All sessions completed"),
		r.is("[Stream #*] Stream failed*"), r.is("[Stream #*] Prepare completed. *"):
		return r.note()
	case r.is("[repair #*] new session: *"), r.is("[repair #*] Session completed successfully"),
		r.is("[repair #*] session completed with the following error"), r.is("* starting paxos repair"),
		r.is("* paxos repair completed"), r.is("* paxos repair failed"):
		return r.note()
	case r.is("@ disagrees (*)"), r.is("Schemas are in agreement."), r.is("Failed paxos prepare locally*"),
		r.is("Failed paxos propose locally*"), r.is("Failed to apply paxos commit locally*"), r.is("\"*\" while executing *"):
		return r.note()
	}
	return false
}
