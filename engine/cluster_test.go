package engine

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tabletop/engine/trace"
)

func newCluster(t require.TestingT, seed uint64, settings ...trace.Setting) *Cluster {
	c, err := New(Config{System: "kudu", Masters: []string{"A", "B", "C"}, Clients: []string{"client"},
		Header: trace.Header{Seed: seed}, Settings: settings})
	require.NoError(t, err)
	return c
}

func (c *Cluster) until(at trace.Time) {
	for {
		next, ok := c.Next()
		if !ok || next > at {
			c.Advance(at)
			return
		}
		c.Step()
	}
}

func (c *Cluster) do(t require.TestingT, text string) {
	cmd, err := ParseCommand(text)
	require.NoError(t, err)
	require.NoError(t, c.Do(cmd), text)
}

// answers returns the results of the client's operations, by their text, "" for an open one.
func (c *Cluster) answers() map[string]string {
	all := map[string]string{}
	for _, o := range trace.Operations(c.Record().Trace()) {
		all[o.Op] = o.Result
	}
	return all
}

func TestTwoEnginesTakeTurnsWithoutTouchingEachOther(t *testing.T) {
	solo := func(seed uint64) string {
		c := newCluster(t, seed)
		for c.Now() < 5_000_000 {
			c.Step()
		}
		return trace.Hash(c.Record().Trace())
	}
	a, b := newCluster(t, 1), newCluster(t, 2)
	for a.Now() < 5_000_000 || b.Now() < 5_000_000 {
		if a.Now() < 5_000_000 {
			a.Step()
		}
		if b.Now() < 5_000_000 {
			b.Step()
		}
	}
	require.Equal(t, solo(1), trace.Hash(a.Record().Trace()))
	require.Equal(t, solo(2), trace.Hash(b.Record().Trace()))
	require.NotEqual(t, solo(1), solo(2))
}

func TestCommandsPrintAndParseBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[!-~]{1,8}`)
		c := Command{Verb: word.Draw(t, "verb"), Args: rapid.SliceOfN(word, 0, 4).Draw(t, "args")}
		back, err := ParseCommand(c.String())
		require.NoError(t, err)
		require.Equal(t, c.String(), back.String())
		require.Len(t, back.Args, len(c.Args))
	})
	_, err := ParseCommand("  ")
	require.ErrorContains(t, err, "empty command")
}

func TestRefusedCommandsSayWhy(t *testing.T) {
	c := newCluster(t, 1)
	for text, want := range map[string]string{
		"explode A":            `unknown command "explode": want one of pause, resume,`,
		"pause":                "pause: want pause NODE",
		"pause A B":            "want pause NODE",
		"pause X":              `unknown node "X": want one of A, B, C, client, leader, old-leader, paused`,
		"pause leader":         "nobody leads now",
		"resume A":             "A is not paused",
		"restart A":            "A has not crashed",
		"delay A B soon":       `"soon" is not a duration`,
		"drop A B 120%":        `"120%" is not a share`,
		"campaign client":      "client is not a master",
		"transfer-leadership":  "want transfer-leadership NODE",
		"crash old-leader":     "no leader has been followed by another yet",
		"create-table":         "want create-table NAME [SCHEMA]",
		"open-table one two":   "want open-table NAME",
		"partition A A":        "A has no link to itself",
		"partition A":          "want partition NODE NODE",
		"duplicate A B lots":   `"lots" is not a share`,
		"isolate nobody-knows": "unknown node",
	} {
		cmd, err := ParseCommand(text)
		require.NoError(t, err)
		before := c.Record().Len()
		require.ErrorContains(t, c.Do(cmd), want, text)
		require.Equal(t, before, c.Record().Len(), "%s leaves no trace", text)
	}
}

func TestSettingsOutOfRangeAreRefused(t *testing.T) {
	for key, value := range map[string]string{"machine": "fast", "rtt": "-1s", "heartbeat-interval": "1ms", "sockets": "",
		"service-time": "2h"} {
		_, err := New(Config{System: "kudu", Masters: []string{"A"}, Settings: Settings{{Key: key, Value: value}}})
		require.ErrorContains(t, err, key)
	}
	_, err := New(Config{System: "other"})
	require.ErrorContains(t, err, "unknown system")
}

func TestACrashKeepsTheDiskAndLosesTheImage(t *testing.T) {
	c := newCluster(t, 3)
	c.until(3_000_000)
	c.do(t, "create-table orders key INT32")
	c.until(4_000_000)
	leader, err := c.Resolve("leader")
	require.NoError(t, err)
	cells := func(s trace.Shelf) (keys []string) {
		for _, cell := range c.Record().Node(leader).Cells {
			if cell.Shelf == s {
				keys = append(keys, c.Record().Text(cell.Key))
			}
		}
		return keys
	}
	require.Contains(t, cells(trace.Disk), "table/orders")
	require.Contains(t, cells(trace.Memory), "table/orders")
	c.do(t, "crash leader")
	require.Contains(t, cells(trace.Disk), "table/orders")
	require.Empty(t, cells(trace.Memory))
	id := c.Record().Info(leader).ID
	c.until(8_000_000)
	c.do(t, "restart "+id)
	c.until(9_000_000)
	require.NotContains(t, cells(trace.Memory), "table/orders", "a follower keeps no image")
	next, err := c.Resolve("leader")
	require.NoError(t, err)
	require.NotEqual(t, leader, next)
	c.do(t, "crash leader")
	c.until(15_000_000)
	c.do(t, "open-table orders")
	c.until(20_000_000)
	require.Equal(t, "OK", c.answers()["open orders"], "the catalog was rebuilt from disk")
}

// A follower has the create on disk when its leader dies: the next leader commits it, and the client, who was never
// told, meets its own table when it tries again.
func TestARetriedCreateMeetsAlreadyPresent(t *testing.T) {
	c := newCluster(t, 1)
	c.until(3_000_000)
	leader, err := c.Resolve("leader")
	require.NoError(t, err)
	c.do(t, "create-table orders")
	seen := c.Record().Len()
	for onDisk := false; !onDisk; {
		require.True(t, c.Step())
		for ; seen < c.Record().Len(); seen++ {
			e := c.Record().Events()[seen]
			onDisk = onDisk || e.Kind == trace.Append && e.Index == 2 && e.Node != leader
		}
	}
	c.do(t, "crash leader")
	c.until(30_000_000)
	o := trace.Operations(c.Record().Trace())[0]
	require.Equal(t, "AlreadyPresent", o.Result)
	require.Greater(t, o.Attempts, 1)
}

func TestACreateOfAnExistingTableAndAnOpenOfAMissingOneAreFinal(t *testing.T) {
	c := newCluster(t, 1)
	c.until(3_000_000)
	c.do(t, "create-table orders")
	c.do(t, "open-table nothing")
	c.until(4_000_000)
	c.do(t, "create-table orders other STRING")
	c.do(t, "list-tables")
	c.until(5_000_000)
	var results []string
	for _, o := range trace.Operations(c.Record().Trace()) {
		results = append(results, o.Result)
	}
	require.Equal(t, []string{"OK", "NotFound", "AlreadyPresent", "OK"}, results)
}

func TestWithoutAMajorityAClientRunsIntoItsDeadline(t *testing.T) {
	c := newCluster(t, 1)
	c.until(3_000_000)
	c.do(t, "pause leader")
	c.until(3_100_000)
	c.do(t, "isolate A")
	c.do(t, "isolate B")
	c.do(t, "open-table orders")
	c.until(40_000_000)
	require.Equal(t, "TimedOut", c.answers()["open orders"])
	c.do(t, "heal")
	c.until(50_000_000)
	_, err := c.Resolve("leader")
	require.NoError(t, err, "a majority is awake and connected again")
}

func TestAPausedClientMissesNothing(t *testing.T) {
	c := newCluster(t, 1)
	c.until(3_000_000)
	c.do(t, "create-table orders")
	c.do(t, "pause client")
	c.until(6_000_000)
	require.Empty(t, c.answers()["create orders"])
	c.do(t, "resume client")
	c.until(12_000_000)
	require.Contains(t, []string{"OK", "AlreadyPresent"}, c.answers()["create orders"])
}

func TestAClogDelaysAnAnswerThatACutWouldLose(t *testing.T) {
	c := newCluster(t, 1)
	c.until(3_000_000)
	for _, master := range []string{"A", "B", "C"} {
		c.do(t, "clog client "+master)
	}
	c.do(t, "create-table orders")
	c.until(4_000_000)
	require.Empty(t, c.answers()["create orders"])
	c.do(t, "unclog client A")
	c.do(t, "heal")
	c.until(5_000_000)
	require.Equal(t, "OK", c.answers()["create orders"])
	var done []string
	for _, e := range c.Record().Events() {
		if e.Kind == trace.Command {
			done = append(done, c.Record().Text(e.Text))
		}
	}
	require.Equal(t, []string{"clog client A", "clog client B", "clog client C", "unclog client A", "heal"}, done)
}

// A candidate of an older term may learn that it won when a later leader is there already.
func TestALateElectionOfAnOldTermSucceedsNobody(t *testing.T) {
	c := newCluster(t, 1)
	c.until(3_000_000)
	elect := func(id string, term uint32) {
		n := c.Record().Trace().Lookup(id)
		c.Record().Emit(trace.Event{At: c.Now(), Kind: trace.Elected, Node: n, Group: c.Group(), Term: term,
			Cause: trace.NoEvent})
		c.Record().SetField(n, c.Group(), trace.FieldRole, uint64(trace.Leader))
	}
	elect("A", 7)
	elect("B", 6)
	got, err := c.Resolve("leader")
	require.NoError(t, err)
	require.Equal(t, "A", c.Record().Info(got).ID)
}
