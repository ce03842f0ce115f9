package etcd

import (
	"bytes"

	"tabletop/replay/text"
)

// server states what a line of etcd itself says, of which zap gives the message and its fields apart.
func (z *zapParser) server(l *zapLine) {
	switch string(l.message) {
	case "starting an etcd server", "starting local member", "restarting local member", "received signal; shutting down",
		"closed etcd server":
		z.life(l)
	case "Running: ", "Running http and grpc server on single port. This is not recommended for production.",
		"recognized and used environment variable", "configuring socket options", "configuring peer listeners",
		"loaded server configuration, other configuration command line flags and environment variables will be ignored if provided":
		z.state(text.Statement{Kind: text.Boot})
	case "published local member to cluster through raft", "now serving peer/client/metrics", "added member",
		"recovered/added member from store", "added remote peer", "removed member":
		z.member(l)
	case "slow fdatasync":
		z.state(text.Statement{Kind: text.SlowDisk, Length: z.length(l, "took")})
	case "apply request took too long":
		what := append([]byte(nil), field(l.object, "prefix")...)
		z.state(text.Statement{Kind: text.Slow, Length: z.length(l, "took"),
			Text: z.keep(append(what, field(l.object, "request")...))})
	case "waiting for ReadIndex response took too long, retrying":
		z.state(text.Statement{Kind: text.Slow, Length: z.length(l, "retry-timeout"), Text: "waiting for ReadIndex response"})
	case "timed out waiting for read index response (local node might have slow network)":
		z.state(text.Statement{Kind: text.Slow, Length: z.length(l, "timeout"), Text: "waiting for ReadIndex response"})
	case "peer became active", "established TCP streaming connection with remote peer":
		z.state(text.Statement{Kind: text.PeerUp, Node: z.local(l), Peer: z.peer(l), Text: z.keep(l.message)})
		z.stream(l)
	case "peer became inactive (message send to peer failed)", "peer deactivated again",
		"lost TCP streaming connection with remote peer", "prober detected unhealthy status", "failed to reach the peer URL":
		z.unreachable(l)
	case "prober found high clock drift":
		z.state(text.Statement{Kind: text.Note, Peer: z.peer(l),
			Text: "clock drift of the peer: " + z.keep(field(l.object, "clock-drift"))})
	case "leadership transfer starting", "leadership transfer finished", "leadership transfer failed":
		z.transfer(l)
	default:
		z.byPrefix(l)
	}
}

func (z *zapParser) byPrefix(l *zapLine) {
	switch m := l.message; {
	case bytes.HasPrefix(m, []byte("leader failed to send out heartbeat on time")):
		z.state(text.Statement{Kind: text.Late, Peer: z.peer(l), Length: z.length(l, "exceeded-duration"),
			Index: uint64(max(0, z.length(l, "expected-duration"))), Text: "heartbeat"})
	case bytes.HasPrefix(m, []byte("ignored out-of-date read index response")):
		z.state(text.Statement{Kind: text.Note, Text: "ignored out-of-date read index response"})
	case bytes.HasPrefix(m, []byte("skipped leadership transfer")):
		z.state(text.Statement{Kind: text.Stop, Node: z.local(l), Text: z.keep(m)})
	case string(l.level) == "fatal", string(l.level) == "panic":
		z.state(text.Statement{Kind: text.Note, Node: z.local(l), Text: z.keep(l.level) + ": " + z.keep(unescaped(m))})
	}
}

// life reads the lines that begin and end a process. "starting an etcd server" is the only one that every version since
// 3.4 prints once, also when etcd is embedded; those of its flags and listeners come a few lines earlier.
func (z *zapParser) life(l *zapLine) {
	switch string(l.message) {
	case "starting an etcd server":
		z.state(text.Statement{Kind: text.Start, Text: "etcd " + z.keep(field(l.object, "etcd-version"))})
		z.named(nil, field(l.object, "name"), false)
		z.addresses(l, nil, "initial-advertise-peer-urls")
	case "received signal; shutting down":
		z.state(text.Statement{Kind: text.Stop, Text: "signal: " + z.keep(field(l.object, "signal"))})
	case "closed etcd server":
		z.state(text.Statement{Kind: text.Stop, Text: "closed"})
	default:
		z.state(text.Statement{Kind: text.Note, Node: z.local(l),
			Text: z.keep(l.message) + " of cluster " + z.keep(field(l.object, "cluster-id"))})
	}
}

// member reads the lines that say under which names and addresses a member is known. etcdctl's "snapshot restore" writes
// "added member" too, of a cluster that does not run, with a local member 0.
func (z *zapParser) member(l *zapLine) {
	local := field(l.object, "local-member-id")
	if len(local) == 0 || string(local) == "0" {
		return
	}
	switch string(l.message) {
	case "published local member to cluster through raft":
		z.attributes(local, field(l.object, "local-member-attributes"))
	case "now serving peer/client/metrics":
		z.addresses(l, local, "initial-advertise-peer-urls")
	case "added member":
		z.peerAddresses(l, local, "added-peer-id", "added-peer-peer-urls")
	case "recovered/added member from store":
		z.peerAddresses(l, local, "recovered-remote-peer-id", "recovered-remote-peer-urls")
	case "added remote peer":
		z.peerAddresses(l, local, "remote-peer-id", "remote-peer-urls")
	case "removed member":
		z.state(text.Statement{Kind: text.Note, Node: z.keep(local), Peer: z.keep(field(l.object, "removed-remote-peer-id")),
			Text: "removed member"})
	}
}

// attributes reads {Name:m1 ClientURLs:[http://127.0.0.1:12179 …]}. The URLs for clients are left alone: on many machines
// they are "localhost:2379", which tells no member from another.
func (p *parser) attributes(node, b []byte) {
	c := cursor{b}
	if !c.lit("{Name:") {
		return
	}
	if name, ok := c.until(" ClientURLs:["); ok {
		p.named(node, name, false)
	}
}

// addresses names the local node after the URLs in a field.
func (z *zapParser) addresses(l *zapLine, local []byte, name string) {
	each(rawField(l.object, name), func(url []byte) { z.named(local, hostPort(url), false) })
}

// peerAddresses names the node in one field after the URLs in another.
func (z *zapParser) peerAddresses(l *zapLine, local []byte, id, name string) {
	node := field(l.object, id)
	if len(node) == 0 {
		return
	}
	told := !bytes.Equal(node, local)
	each(rawField(l.object, name), func(url []byte) { z.named(node, hostPort(url), told) })
}

// hostPort cuts the scheme and the path off a URL.
func hostPort(url []byte) []byte {
	if n := bytes.Index(url, []byte("://")); n >= 0 {
		url = url[n+3:]
	}
	if n := bytes.IndexByte(url, '/'); n > 0 {
		url = url[:n]
	}
	return url
}

// unreachable reads the lines of failed calls. One that this process cancelled itself, when it closes, says nothing of the
// peer.
func (z *zapParser) unreachable(l *zapLine) {
	why := field(l.object, "error")
	if cancelled(why) {
		return
	}
	if len(why) == 0 {
		why = l.message
	}
	z.state(text.Statement{Kind: text.Unreachable, Node: z.local(l), Peer: z.peer(l), Text: z.keep(why)})
}

// stream states which end of a stream a node is. One that reads dials, and the other accepts it.
func (z *zapParser) stream(l *zapLine) {
	local, peer := z.local(l), z.peer(l)
	if reads := field(l.object, "stream-reader-type"); len(reads) > 0 {
		z.state(text.Statement{Kind: text.Connects, Node: local, Peer: peer, Text: z.keep(reads) + " of " + peer + " to " + local})
	} else if writes := field(l.object, "stream-writer-type"); len(writes) > 0 {
		z.state(text.Statement{Kind: text.Accepts, Node: local, Peer: peer, Text: z.keep(writes) + " of " + local + " to " + peer})
	}
}

func cancelled(why []byte) bool { return bytes.Contains(why, []byte("context canceled")) }

func (z *zapParser) transfer(l *zapLine) {
	var peer []byte
	for _, name := range [...]string{"transferee-member-id", "new-leader-member-id"} {
		if len(peer) == 0 {
			peer = field(l.object, name)
		}
	}
	z.state(text.Statement{Kind: text.Note, Node: z.local(l), Peer: z.keep(peer), Text: z.keep(l.message)})
}

// local returns the line's own identity, if it has one.
func (z *zapParser) local(l *zapLine) string {
	id := field(l.object, "local-member-id")
	if string(id) == "0" {
		return ""
	}
	return z.keep(id)
}

// peer returns the other node. The names of the field differ by the part of etcd that writes.
func (z *zapParser) peer(l *zapLine) string {
	for f := newFields(l.object); f.next(); {
		switch string(f.key) {
		case "peer-id", "remote-peer-id", "remote-member-id", "to":
			return z.keep(decoded(f.value))
		}
	}
	return ""
}

// length returns the duration in a field in microseconds, or -1.
func (z *zapParser) length(l *zapLine, name string) int64 { return duration(field(l.object, name)) }
