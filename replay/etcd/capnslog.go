package etcd

import (
	"bytes"

	"tabletop/replay/text"
)

// Capnslog is the dialect of etcd up to 3.4: "2019-01-21 05:04:17.123456 I | raft: …", in a zone that is not given. The
// raft lines of etcd 3.4 come as "raft2020/04/30 17:20:31 INFO: …" in between; their stamps have whole seconds, so that
// they seem to be up to a second early, and equal ones need not be copies: a sink never becomes Exact.
type Capnslog struct{}

// ID returns "etcd-capnslog".
func (Capnslog) ID() string { return "etcd-capnslog" }

// Score returns how many lines of the sample are capnslog's.
func (Capnslog) Score(sample []byte) int {
	n := 0
	for s := text.NewScanner(text.Region{Bytes: sample, Own: len(sample), First: true}); s.Next(); {
		if _, ok := scanCapnslog(s.Line()); ok {
			n++
		}
	}
	return n
}

// Parse states what the region's lines say.
func (Capnslog) Parse(r text.Region, s *text.Sink) {
	c := capnslogParser{*newParser(r, s)}
	for c.next() {
		l, ok := scanCapnslog(c.scanner.Line())
		if !ok {
			continue
		}
		who := uint64(0)
		if l.start > 0 {
			who = writer(c.scanner.Line()[:l.start])
		}
		c.header(l.stamp.at, who, key(l.stamp.at, l.rest), l.start)
		if c.scanner.Cut() {
			continue // nothing says where a message ends but the line's end
		}
		if string(l.part) == "raft" {
			c.raft(l.message)
		} else {
			c.server(l)
		}
	}
}

type capnslogParser struct{ parser }

// capnslogLine is a header with what is needed of it.
type capnslogLine struct {
	start         int // of the stamp in the line
	stamp         stamp
	rest          []byte // behind the stamp
	part, message []byte // of "raft: newRaft …"
}

func scanCapnslog(line []byte) (capnslogLine, bool) {
	head := line[:min(len(line), maxPrefix)]
	for i := 0; i < len(head); {
		n := bytes.Index(head[i:], []byte(" | "))
		if n < 0 {
			break
		}
		i += n
		if l, ok := stampedAt(line, i); ok {
			return l, true
		}
		i += 3
	}
	for i := 0; i < len(head); i++ {
		n := bytes.Index(head[i:], []byte("raft2"))
		if n < 0 {
			break
		}
		i += n
		if l, ok := raftStamped(line, i); ok {
			return l, true
		}
	}
	return capnslogLine{}, false
}

// stampedAt reads 2019-01-21 05:04:17.123456 I in front of the bar at i.
func stampedAt(line []byte, i int) (capnslogLine, bool) {
	const size = len("2019-01-21 05:04:17.123456")
	start := i - size - 2
	if start < 0 || line[i-2] != ' ' || bytes.IndexByte([]byte("CEWNIDT"), line[i-1]) < 0 {
		return capnslogLine{}, false
	}
	s, ok := isoStamp(line[start : start+size])
	if !ok || s.zoned {
		return capnslogLine{}, false
	}
	l := capnslogLine{start: start, stamp: s, rest: line[start+size:]}
	c := cursor{line[i+3:]}
	if l.part, ok = c.until(": "); ok {
		l.message = c.b
	}
	return l, true
}

// raftStamped reads raft2020/04/30 17:20:31 INFO: at i.
func raftStamped(line []byte, i int) (capnslogLine, bool) {
	const size = len("raft2020/04/30 17:20:31")
	b := line[i:]
	if len(b) < size+1 || b[14] != ' ' || b[size] != ' ' {
		return capnslogLine{}, false
	}
	days, ok := date(b[4:], '/')
	if !ok {
		return capnslogLine{}, false
	}
	clock, ok := clockTime(b[15:])
	if !ok {
		return capnslogLine{}, false
	}
	c := cursor{b[size+1:]}
	if level, ok := c.until(": "); !ok || len(level) > len("WARNING") {
		return capnslogLine{}, false
	}
	return capnslogLine{start: i, stamp: stamp{at: days*day + clock}, rest: b[size:], part: b[:4], message: c.b}, true
}

// server states what a line of etcd itself says.
func (p *capnslogParser) server(l capnslogLine) {
	c := cursor{l.message}
	switch string(l.part) {
	case "etcdmain":
		if c.lit("etcd Version: ") {
			p.state(text.Statement{Kind: text.Start, Text: "etcd " + p.keep(c.b)})
		}
	case "pkg/flags":
		p.state(text.Statement{Kind: text.Boot})
	case "etcdserver", "embed":
		p.etcdserver(c)
	case "etcdserver/membership":
		p.membership(c)
	case "rafthttp":
		p.rafthttp(c)
	case "wal":
		if c.lit("sync duration of ") {
			if took, ok := c.until(","); ok {
				p.state(text.Statement{Kind: text.SlowDisk, Length: duration(took)})
			}
		}
	case "osutil", "pkg/osutil":
		if c.lit("received ") {
			if signal, ok := c.until(" signal, shutting down"); ok {
				p.state(text.Statement{Kind: text.Stop, Text: "signal: " + p.keep(signal)})
			}
		}
	}
}

func (p *capnslogParser) etcdserver(c cursor) {
	whole := c.b
	switch {
	case c.lit("name = "):
		p.named(nil, c.b, false)
	case c.lit("initial advertise peer URLs = "):
		for _, url := range bytes.Split(c.b, []byte{','}) {
			p.named(nil, hostPort(url), false)
		}
	case c.lit("published "):
		p.attributes(nil, c.b)
	case c.lit("starting member "), c.lit("restarting member "):
		if id, ok := c.id(); ok {
			p.state(text.Statement{Kind: text.Note, Node: p.keep(id), Text: p.keep(whole)})
		}
	case c.lit("failed to send out heartbeat on time (exceeded the "):
		p.late(c)
	case c.lit("skipped leadership transfer"):
		p.state(text.Statement{Kind: text.Stop, Text: p.keep(whole)})
	case c.lit("timed out waiting for read index response"):
		p.state(text.Statement{Kind: text.Slow, Length: -1, Text: "waiting for ReadIndex response"})
	case c.lit("ignored out-of-date read index response"):
		p.state(text.Statement{Kind: text.Note, Text: "ignored out-of-date read index response"})
	case c.lit("apply entries took too long ["):
		if took, ok := c.until(" "); ok {
			p.state(text.Statement{Kind: text.Slow, Length: duration(took), Text: "apply entries"})
		}
	default:
		p.request(c)
	}
}

// late: …100ms timeout for 1.220602923s, to d35e062b0036cc3a). Before 3.2 the peer is not given.
func (p *capnslogParser) late(c cursor) {
	interval, ok := c.until(" timeout for ")
	if !ok {
		return
	}
	s := text.Statement{Kind: text.Late, Length: -1, Index: 2 * uint64(max(0, duration(interval))), Text: "heartbeat"}
	if took, ok := c.until(", to "); ok {
		peer, _ := c.id()
		s.Length, s.Peer = duration(took), p.keep(peer)
	} else if took, ok := c.until(")"); ok {
		s.Length = duration(took)
	}
	p.state(s)
}

// request: read-only range request "key:…" with result "…" took too long (1.2s) to execute.
func (p *capnslogParser) request(c cursor) {
	if !bytes.HasPrefix(c.b, []byte("read-only ")) && !bytes.HasPrefix(c.b, []byte("request ")) {
		if node, ok := c.id(); ok && (c.lit(" starts leadership transfer from ") || c.lit(" finished leadership transfer from ")) {
			p.state(text.Statement{Kind: text.Note, Node: p.keep(node), Text: "leadership transfer"})
		}
		return
	}
	n := bytes.LastIndex(c.b, []byte(" took too long ("))
	if n < 0 {
		return
	}
	what := c.b[:n]
	if k := bytes.Index(what, []byte(` with result "`)); k >= 0 {
		what = what[:k]
	}
	c.b = c.b[n+len(" took too long ("):]
	if took, ok := c.until(")"); ok {
		p.state(text.Statement{Kind: text.Slow, Length: duration(took), Text: p.keep(what)})
	}
}

// membership: added member <id> [http://a:2380 …] to cluster <id>. It may be the one that writes, which does not show.
func (p *capnslogParser) membership(c cursor) {
	if !c.lit("added member ") {
		return
	}
	id, ok := c.id()
	if !ok || !c.lit(" [") {
		return
	}
	if urls, ok := c.until("]"); ok {
		for _, url := range bytes.Fields(urls) {
			p.named(id, hostPort(url), true)
		}
	}
}

func (p *capnslogParser) rafthttp(c cursor) {
	whole := c.b
	s := text.Statement{Kind: text.Unreachable}
	up := false
	switch {
	case c.lit("peer "), c.lit("lost the TCP streaming connection with peer "), c.lit("health check for peer "),
		c.lit("failed to dial "):
	case c.lit("established a TCP streaming connection with peer "):
		up = true
	case c.lit("the clock difference against peer "):
		s.Kind = text.Note
	default:
		return
	}
	id, ok := c.id()
	if !ok {
		return
	}
	switch {
	case c.lit(" became active"), up:
		s.Kind = text.PeerUp
	case bytes.HasPrefix(whole, []byte("peer ")) && !c.lit(" became inactive"), cancelled(whole):
		return
	}
	s.Peer, s.Text = p.keep(id), p.keep(whole)
	p.state(s)
}
