package etcd

import (
	"bytes"
	"math"
	"strconv"

	"tabletop/engine/trace"
)

// cursor reads a message from left to right. Every method moves on only if it finds what it looks for.
type cursor struct{ b []byte }

// lit reads a literal.
func (c *cursor) lit(s string) bool {
	if len(c.b) < len(s) || string(c.b[:len(s)]) != s {
		return false
	}
	c.b = c.b[len(s):]
	return true
}

// id reads a member's id: one to sixteen hexadecimal digits, without leading zeros as etcd prints it.
func (c *cursor) id() ([]byte, bool) {
	n := 0
	for n < len(c.b) && n <= 16 && hexDigit(c.b[n]) >= 0 {
		n++
	}
	if n == 0 || n > 16 {
		return nil, false
	}
	id := c.b[:n]
	c.b = c.b[n:]
	return id, true
}

// number reads digits that fit into 64 bits.
func (c *cursor) number() (uint64, bool) {
	n, v := 0, uint64(0)
	for n < len(c.b) && c.b[n] >= '0' && c.b[n] <= '9' {
		d := uint64(c.b[n] - '0')
		if v > (math.MaxUint64-d)/10 {
			return 0, false
		}
		v = v*10 + d
		n++
	}
	c.b = c.b[n:]
	return v, n > 0
}

// word reads up to the next space.
func (c *cursor) word() []byte {
	n := bytes.IndexByte(c.b, ' ')
	if n < 0 {
		n = len(c.b)
	}
	w := c.b[:n]
	c.b = c.b[n:]
	return w
}

// plainString reads a string without escapes, of which the opening quote was read, and its closing quote.
func (c *cursor) plainString() ([]byte, bool) {
	n := bytes.IndexByte(c.b, '"')
	if n <= 0 || c.b[n-1] == '\\' {
		return nil, false
	}
	s := c.b[:n]
	c.b = c.b[n+1:]
	return s, true
}

// until reads up to a separator and behind it.
func (c *cursor) until(separator string) ([]byte, bool) {
	n := bytes.Index(c.b, []byte(separator))
	if n < 0 {
		return nil, false
	}
	w := c.b[:n]
	c.b = c.b[n+len(separator):]
	return w, true
}

func (c *cursor) end() bool { return len(c.b) == 0 }

// lastTerm reads " at term 7" at the end of a message. What goes on behind the number may be a line that was cut short
// with another one written behind it.
func (c *cursor) lastTerm() (uint64, bool) {
	if !c.lit(" at term ") {
		return 0, false
	}
	term, ok := c.number()
	return term, ok && c.end()
}

// vote reads MsgVote or MsgPreVote, with a suffix such as "Resp".
func (c *cursor) vote(suffix string) (pre, ok bool) {
	old := c.b
	if !c.lit("Msg") {
		return false, false
	}
	pre = c.lit("Pre")
	if c.lit("Vote") && c.lit(suffix) && (c.end() || c.b[0] == ' ') {
		return pre, true
	}
	c.b = old
	return false, false
}

// role reads what becomes of a node.
func (c *cursor) role() (trace.Role, bool) {
	switch string(c.word()) {
	case "follower":
		return trace.Follower, true
	case "learner":
		return trace.Learner, true
	case "pre-candidate":
		return trace.PreCandidate, true
	case "candidate":
		return trace.Candidate, true
	case "leader":
		return trace.Leader, true
	}
	return 0, false
}

// configuration reads raft's "voters=(1 2)&&(1 3) learners=(4) learners_next=(5) autoleave". In a joint configuration the
// voters of both halves count.
func (c *cursor) configuration() (voters, others [][]byte) {
	if !c.lit("voters=") {
		return nil, nil
	}
	voters = c.set(nil)
	for c.lit("&&") {
		voters = c.set(voters)
	}
	if c.lit(" learners=") {
		others = c.set(others)
	}
	if c.lit(" learners_next=") {
		others = c.set(others)
	}
	return voters, others
}

// set reads "(1 2)" and adds what is new.
func (c *cursor) set(have [][]byte) [][]byte {
	if !c.lit("(") {
		return have
	}
	in, ok := c.until(")")
	if !ok {
		return have
	}
	for _, id := range bytes.Fields(in) {
		if len(have) < maxMembers && !contains(have, id) {
			have = append(have, id)
		}
	}
	return have
}

func contains(have [][]byte, id []byte) bool {
	for _, h := range have {
		if bytes.Equal(h, id) {
			return true
		}
	}
	return false
}

// maxMembers is how many members of a group are kept. etcd itself advises against more than seven.
const maxMembers = 100

// hexadecimal rewrites ids in base 16. raft prints a configuration's ids in base 10 up to v3.6 and in base 16 from v3.7
// on, and everything else in base 16. Which one it is shows in a letter, in more digits than 16 bytes have, or in own,
// the id of the node that writes. Where nothing shows, small numbers are the same in both.
func hexadecimal(own []byte, sets ...[][]byte) {
	base10 := false
	self, err := strconv.ParseUint(string(own), 16, 64)
	for _, set := range sets {
		for _, id := range set {
			if bytes.Equal(id, own) || digits(id) < 0 && len(id) <= 16 {
				return
			}
			n, bad := strconv.ParseUint(string(id), 10, 64)
			base10 = base10 || bad == nil && (len(id) > 16 || err == nil && n == self)
		}
	}
	if !base10 {
		return
	}
	for _, set := range sets {
		for i, id := range set {
			if n, err := strconv.ParseUint(string(id), 10, 64); err == nil {
				set[i] = strconv.AppendUint(nil, n, 16)
			}
		}
	}
}
