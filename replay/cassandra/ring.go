package cassandra

import (
	"bytes"

	"tabletop/replay/text"
)

// phases reads how a node joins or leaves, the writing one or another.
func (r *reader) phases() bool {
	switch {
	case r.is("JOINING: *"), r.is("LEAVING: *"), r.is("MOVING: *"), r.is("DRAINING: *"), r.is("STARTING: *"),
		r.is("NORMAL: *"), r.is("DECOMMISSIONED: *"), r.is("DRAINED: *"),
		r.is("NORMAL"), r.is("JOINING"), r.is("LEAVING"), r.is("STARTING"), r.is("DECOMMISSIONED"), r.is("MOVING"),
		r.is("DRAINING"), r.is("DRAINED"),
		r.is("Bootstrap completed for tokens *"), r.is("Bootstrap completed! *"),
		r.is("Announcing that I have left the ring for %ms"),
		r.is("Detected previous bootstrap failure; *"), r.is("repairing paxos for *"),
		r.is("paxos repair for * complete"), r.is("Retrying paxos repair for *"), r.is("skipping paxos repair for *"),
		r.is("This node will not auto bootstrap *"):
		return r.own(text.Phase, clip(r.msg))
	case r.is("Node @ state jump to *"):
		return r.peer(text.Phase, "state jump to "+clip(r.at[1]))
	case r.is("Node @ state bootstrapping, *"):
		return r.peer(text.Phase, "state bootstrapping")
	case r.is("Node @ state moving, *"):
		return r.peer(text.Phase, "state moving")
	case r.is("Node @ state left, *"):
		return r.peer(text.Phase, "state left")
	case r.is("Node @ state *, token *"), r.is("Node @ state *, tokens *"):
		return r.peer(text.Phase, "state "+clip(r.at[1]))
	}
	return false
}

// ring reads who owns which part of the ring.
func (r *reader) ring() bool {
	switch {
	case r.is("Token metadata: Normal Tokens:*"):
		return r.tokens()
	case r.is("New node @ at token *"), r.is("Nodes @ and @ have the same token *"),
		r.is("Node @ is in state normal but *"), r.is("Ignoring state change for dead or unknown endpoint: @"),
		r.is("Token * changing ownership from @ to @"):
		return r.note()
	case r.is("Removing tokens * for @"):
		return r.peer(text.Phase, "removing tokens")
	case r.is("Host ID collision for *"), r.is("Cassandra version: *"), r.is("DSE version: *"),
		r.is("Cassandra shutdown complete"):
		return r.note()
	}
	return false
}

// tokens reads the ring as a node remembers it when it starts, one line for each owner: "/127.0.0.1:7000:[-1]".
func (r *reader) tokens() bool {
	const most = 1000 // owners
	st := r.statement(text.Note)
	st.Text = "token metadata"
	for rest := r.body(); len(rest) > 0 && len(st.Yes) < most; {
		line := rest
		if n := bytes.IndexByte(rest, '\n'); n >= 0 {
			line, rest = rest[:n], rest[n+1:]
		} else {
			rest = nil
		}
		var h holes
		if slash := bytes.IndexByte(line, '/'); slash >= 0 && h.match("@:[*", line[slash:]) {
			st.Yes = append(st.Yes, h.endpoints[0].id())
		}
	}
	if len(st.Yes) > 0 {
		r.sink.State(st)
	}
	return true
}

// process reads a process's start, configuration and end. The line with the JVM's version is the one that every release
// writes exactly once.
func (r *reader) process() bool {
	switch {
	case r.is("JVM vendor/version: *"):
		return r.own(text.Start, clip(r.msg))
	case r.is("Configuration location: *"):
		return r.own(text.Boot, "configuration location")
	case r.is("Node configuration:[*"):
		return r.configuration()
	case r.is("Startup complete"):
		return r.own(text.Phase, "startup complete")
	case r.is("Cassandra shutting down*"):
		return r.own(text.Stop, "shutting down")
	case r.is("Shutting down instance % / @"):
		st := r.statement(text.Stop) // the test tells it of its node
		st.Node, st.Told, st.Text = r.endpoints[0].id(), true, "shutting down"
		r.sink.State(st)
		return true
	case r.is("Exception in thread *"):
		return r.exception()
	case r.is("JVM state determined to be unstable*"), r.is("Exception encountered during startup*"),
		r.is("uncaught exception in thread *"), r.is("Generated random tokens. *"), r.is("tokens manually specified as *"),
		r.is("Ensured sufficient healthy connections with *"), r.is("Timed out after % milliseconds, was waiting for *"),
		r.is("Blocking coordination until *"), r.is("Starting listening for CQL clients on *"),
		r.is("Stop listening for CQL clients"):
		return r.note()
	}
	return false
}

// configuration reads the node's own address from the long line that lists all settings.
func (r *reader) configuration() bool {
	all := r.head.message
	var e endpoint
	port := setting(all, " storage_port=")
	for _, name := range [...]string{" broadcast_address=", " listen_address="} {
		if host := setting(all, name); e.parse(host) && len(e.port) == 0 {
			_ = e.after(append([]byte(":"), port...))
			return r.named(&e)
		}
	}
	return false
}

// setting returns a value of "[allocate_tokens=null; listen_address=127.0.0.1; …]".
func setting(all []byte, name string) []byte {
	i := index(all, name)
	if i < 0 {
		return nil
	}
	v := all[i+len(name):]
	if n := bytes.IndexAny(v, ";]"); n >= 0 {
		return v[:n]
	}
	return nil
}

// exception adds to an exception's head what was thrown: the line below it.
func (r *reader) exception() bool {
	thrown := r.body()
	if n := bytes.IndexByte(thrown, '\n'); n >= 0 {
		thrown = thrown[:n]
	}
	txt := clip(r.msg)
	if what := clip(bytes.TrimSpace(thrown)); what != "" {
		txt += ": " + what
	}
	return r.own(text.Note, txt)
}

// localRanges reads the ranges that a node owns. They are the only lines in which it gives its own address when the log
// was cut to a test. A node of a test in one JVM that listens elsewhere than its number says is called by that number here.
func (r *reader) localRanges() bool {
	if !r.is("Got local ranges [Full(@,(*") {
		return false
	}
	own := &r.endpoints[0]
	if st := r.statement(text.Alias); st.Node != "" && st.Node != own.id() {
		st.Peer, st.PeerAddress = own.id(), own.address()
		r.sink.State(st)
	}
	return r.named(own)
}
