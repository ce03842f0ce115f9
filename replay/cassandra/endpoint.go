package cassandra

import "bytes"

// endpoint is an address as Cassandra prints it: "/127.0.0.1:7000", "localhost/127.0.0.1:7000", "/10.0.0.1" before 4.0,
// "/[::1]:7000".
type endpoint struct {
	host []byte // without brackets
	port []byte // empty if none is given
	six  bool   // an IPv6 address
}

// parse cuts an endpoint and reports whether it is one. A name that was not resolved is none.
func (e *endpoint) parse(b []byte) bool {
	b = b[bytes.LastIndexByte(b, '/')+1:]
	e.port = nil
	if e.six = len(b) > 0 && b[0] == '['; e.six {
		n := bytes.IndexByte(b, ']')
		if n < 0 {
			return false
		}
		e.host, b = b[1:n], b[n+1:]
		return ipv6(e.host) && e.after(b)
	}
	if e.six = ipv6(b); e.six {
		e.host = b
		return true
	}
	n := bytes.IndexByte(b, ':')
	if n < 0 {
		n = len(b)
	}
	e.host = b[:n]
	return ipv4(e.host) && e.after(b[n:])
}

// after reads the port behind a host.
func (e *endpoint) after(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	if b[0] != ':' || len(b) < 2 || len(b) > 6 {
		return false
	}
	for _, c := range b[1:] {
		if !digit(c) {
			return false
		}
	}
	e.port = b[1:]
	return true
}

// id returns the node's identity. The ports that go without saying are left out: 7000 and 7001 of a server, 7012 of a
// node among others in one JVM. So the same node has the same identity in the lines of every release.
func (e *endpoint) id() string {
	switch string(e.port) {
	case "", "7000", "7001", "7012":
		return string(e.host)
	}
	return e.address()
}

// address returns host and port, or the host alone if there is no port.
func (e *endpoint) address() string {
	switch {
	case len(e.port) == 0:
		return string(e.host)
	case e.six:
		return "[" + string(e.host) + "]:" + string(e.port)
	}
	return string(e.host) + ":" + string(e.port)
}

func ipv4(b []byte) bool {
	dots, run := 0, 0
	for _, c := range b {
		switch {
		case c == '.' && run > 0:
			dots++
			run = 0
		case digit(c) && run < 3:
			run++
		default:
			return false
		}
	}
	return dots == 3 && run > 0
}

// ipv6 reports whether bytes have the shape of an IPv6 address, a zone as in fe80::1%eth0 included.
func ipv6(b []byte) bool {
	if n := bytes.IndexByte(b, '%'); n >= 0 {
		for _, c := range b[n+1:] {
			if !word(c) {
				return false
			}
		}
		b = b[:n]
	}
	colons := 0
	for _, c := range b {
		if c == ':' {
			colons++
		} else if c != '.' && !digit(c) && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return colons >= 2 && len(b) <= 45
}

// nodeID returns the identity of a node of a test in one JVM, empty for "<main>", the test itself. The n-th node has
// the address 127.0.0.n, which is how its peers name it.
func nodeID(name []byte) string {
	if numbered(name) != len(name) || len(name) == 0 {
		return ""
	}
	number := name[len("node"):]
	if n, _ := digits(number); n < 1 || n > 255 || number[0] == '0' {
		return string(name)
	}
	return "127.0.0." + string(number)
}
