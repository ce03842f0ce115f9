package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/check"
	"tabletop/engine/trace"
)

// The cases of Kudu's own integration tests, each a script of the same causes with the outcome that Kudu documents. The
// file of a case and its name are Kudu's. Those that Kudu repeats with Kerberos or with a Hive metastore are here once: the
// engine has neither.

// itest is a cluster in the hands of such a test.
type itest struct {
	*Cluster
	t *testing.T
}

// masters and servers name some nodes, from 1 on.
func masters(n int) []string { return numbered("M", n) }
func servers(n int) []string { return numbered("t", n) }

func numbered(prefix string, n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("%s%d", prefix, i+1))
	}
	return all
}

// newItest starts a cluster on a quiet machine and lets its tablet servers register. What its trace breaks of raft's
// promises fails the test.
func newItest(t *testing.T, seed uint64, c Config, settings ...trace.Setting) itest {
	c.System, c.Clients, c.Header = "kudu", []string{"client"}, trace.Header{Seed: seed}
	c.Settings = append(Settings{{Key: "machine", Value: "idle"}}, settings...)
	cluster, err := New(c)
	require.NoError(t, err)
	t.Cleanup(func() { require.Empty(t, check.Invariants(cluster.Record().Trace())) })
	cluster.until(6_000_000)
	return itest{cluster, t}
}

// everySeed runs a case with several seeds.
func everySeed(t *testing.T, run func(t *testing.T, seed uint64)) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprintf("seed %d", seed+1), func(t *testing.T) { run(t, seed+1) })
	}
}

func (c itest) wait(d trace.Time) { c.until(c.Now() + d) }

// do carries out commands.
func (c itest) do(commands ...string) {
	c.t.Helper()
	for _, text := range commands {
		c.Cluster.do(c.t, text)
	}
}

func (c itest) crash(nodes []string) {
	for _, n := range nodes {
		c.do("crash " + n)
	}
}

func (c itest) restart(nodes []string) {
	for _, n := range nodes {
		c.do("restart " + n)
	}
}

// result has the client do something and returns what came of it. What is to succeed eventually is tried for 30 s.
func (c itest) result(command string) string {
	c.t.Helper()
	at, number := c.Record().Len(), uint64(0)
	again := c.Now()
	if strings.Contains(command, "-eventually ") {
		again += 30_000_000
	}
	c.do(command)
	for ; ; at++ {
		for at == c.Record().Len() {
			require.True(c.t, c.Step())
		}
		e := c.Record().Events()[at]
		switch {
		case e.Kind == trace.Invoke && number == 0:
			number = e.Index
		case e.Kind == trace.Return && e.Index == number:
			if result := c.Record().Text(e.Text); result == "OK" || e.At >= again {
				return result
			}
			number = 0 // the next try has one of its own
		}
	}
}

// ok has the client do things that must succeed.
func (c itest) ok(commands ...string) {
	c.t.Helper()
	for _, text := range commands {
		require.Equal(c.t, "OK", c.result(text), text)
	}
}

// name returns the node that a role or a name stands for, "" when there is none now.
func (c itest) name(role string) string {
	id, err := c.Resolve(role)
	if err != nil {
		return ""
	}
	return c.Record().Info(id).ID
}

// follower returns a master that does not lead, of those given.
func (c itest) follower(of []string) string {
	c.t.Helper()
	for _, m := range of {
		if m != c.name(leader) {
			return m
		}
	}
	require.Fail(c.t, "all lead")
	return ""
}

// led waits until a master leads.
func (c itest) led() string {
	c.t.Helper()
	for end := c.Now() + 30_000_000; c.name(leader) == "" && c.Now() < end; {
		require.True(c.t, c.Step())
	}
	c.wait(100_000) // it loads the catalog
	require.NotEmpty(c.t, c.name(leader))
	return c.name(leader)
}

// process returns what has become of a node's process.
func (c itest) process(node string) string {
	id, err := c.Resolve(node)
	require.NoError(c.t, err)
	return trace.Process(c.Record().Node(id).Process.V).String()
}

// note returns the last note of a node.
func (c itest) note(node string) (text string) {
	id, err := c.Resolve(node)
	require.NoError(c.t, err)
	for _, e := range c.Record().Events() {
		if e.Kind == trace.Note && e.Node == id {
			text = c.Record().Text(e.Text)
		}
	}
	return text
}

// cell returns the text of a node's cell, "" when there is none.
func (c itest) cell(node string, s trace.Shelf, key string) string {
	id, err := c.Resolve(node)
	require.NoError(c.t, err)
	for _, cell := range c.Record().Node(id).Cells {
		if cell.Shelf == s && c.Record().Text(cell.Key) == key {
			return c.Record().Text(cell.Text)
		}
	}
	return ""
}

// cells returns the keys of a node's cells that begin so.
func (c itest) cells(node string, s trace.Shelf, prefix string) (keys []string) {
	id, err := c.Resolve(node)
	require.NoError(c.t, err)
	for _, cell := range c.Record().Node(id).Cells {
		if key := c.Record().Text(cell.Key); cell.Shelf == s && strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	return keys
}

// sent counts a node's messages whose names begin so, from an event on.
func (c itest) sent(node, name string, from int) (n int) {
	id, err := c.Resolve(node)
	require.NoError(c.t, err)
	for _, e := range c.Record().Events()[from:] {
		if e.Kind.IsSend() && e.Node == id && strings.HasPrefix(c.Record().Text(e.Text), name) {
			n++
		}
	}
	return n
}

// agree reports whether all masters that run believe in the same leader and term, as ksck demands.
func (c itest) agree(of []string) bool {
	var first *trace.GroupState
	for _, m := range of {
		id, err := c.Resolve(m)
		require.NoError(c.t, err)
		g := c.Record().Node(id).In(c.Group())
		if g == nil {
			return false
		}
		if first == nil {
			first = g
		}
		if g.Leader.V != first.Leader.V || g.Term.V != first.Term.V {
			return false
		}
	}
	return true
}

// setting makes one of a key and its value.
func setting(key, value string) trace.Setting { return trace.Setting{Key: key, Value: value} }
