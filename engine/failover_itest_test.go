package engine

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
)

// master_failover-itest: three masters, three tablet servers, three replicas, a client with 90 s for administration.

func newFailover(t *testing.T, seed uint64, settings ...trace.Setting) itest {
	return newItest(t, seed, Config{Masters: masters(3), Servers: servers(3)}, append(settings, setting("client", "connected"))...)
}

func TestCreateTableSync(t *testing.T) {
	everySeed(t, func(t *testing.T, seed uint64) {
		c := newFailover(t, seed)
		c.do("pause leader")
		require.Contains(t, []string{"OK", "AlreadyPresent"}, c.result("create-table t within=90s"))
		c.ok("open-table t")
		require.Equal(t, "0 rows", c.result("scan t"))
	})
}

// The new leader's background task finishes what the old one began.
func TestPauseAfterCreateTableIssued(t *testing.T) {
	everySeed(t, func(t *testing.T, seed uint64) {
		c := newFailover(t, seed)
		c.ok("create-table t no-wait within=90s")
		old := c.name(leader)
		c.do("pause leader")
		c.ok("wait-created t within=90s", "open-table t")
		require.NotEqual(t, old, c.name(leader))
		require.Equal(t, "0 rows", c.result("scan t"))
	})
}

func TestDeleteTableSync(t *testing.T) {
	everySeed(t, func(t *testing.T, seed uint64) {
		c := newFailover(t, seed)
		c.ok("create-table t within=90s")
		c.do("pause leader")
		require.Contains(t, []string{"OK", "NotFound"}, c.result("delete-table t within=90s"))
		require.Equal(t, "NotFound", c.result("open-table t"))
		c.wait(5_000_000)
		for _, s := range servers(3) {
			require.Empty(t, c.cells(s, trace.Disk, "replica/"), s)
		}
	})
}

func TestRenameTableSync(t *testing.T) {
	everySeed(t, func(t *testing.T, seed uint64) {
		c := newFailover(t, seed)
		c.ok("create-table a within=90s")
		c.do("pause leader")
		require.Contains(t, []string{"OK", "NotFound"}, c.result("alter-table a rename-to b within=90s"))
		c.ok("open-table b")
		require.Equal(t, "NotFound", c.result("open-table a"))
	})
}

// Reports are empty when the leader dies; it has told no tablet server of the alter. Only a full report to the new leader
// reveals that the replicas have the old schema.
func TestKUDU1374(t *testing.T) {
	play := func(t *testing.T, seed uint64, settings ...trace.Setting) (itest, string, int) {
		c := newFailover(t, seed, settings...)
		c.ok("create-table t within=90s")
		c.wait(1_000_000)
		old := c.name(leader)
		from := c.Record().Len()
		c.do("fail-tasks leader")
		c.ok("alter-table t add-column c INT32 no-wait within=90s")
		c.do("crash leader")
		result := c.result("wait-altered t within=90s")
		require.Zero(t, c.sent(old, "alter schema", from))
		return c, result, from
	}
	everySeed(t, func(t *testing.T, seed uint64) {
		c, result, from := play(t, seed)
		require.Equal(t, "OK", result)
		now := c.name(leader)
		require.NotZero(t, c.sent(now, "alter schema", from))
		for _, s := range servers(3) {
			require.NotZero(t, c.sent(s, "full report", from))
			for _, key := range c.cells(s, trace.Disk, "replica/") {
				require.Contains(t, c.cell(s, trace.Disk, key), "v1")
			}
		}
	})
	t.Run("before", func(t *testing.T) {
		_, result, _ := play(t, 1, setting("full-report", "asked"))
		require.Equal(t, "TimedOut", result)
	})
}

// KUDU-526: who the others are is asked at the first start alone.
func TestMasterUUIDResolution(t *testing.T) {
	c := newItest(t, 1, Config{Masters: masters(3)}, setting("masters", "unmet"))
	for _, m := range masters(3) {
		require.GreaterOrEqual(t, c.sent(m, "who are you?", 0), 2, m)
	}
	from := c.Record().Len()
	for _, m := range masters(3) {
		c.do("crash "+m, "restart "+m)
	}
	c.led()
	for _, m := range masters(3) {
		require.Zero(t, c.sent(m, "who are you?", from), m)
	}
	c.ok("create-table t")
}

// Each master in turn is lost for good, and restored by hand under the uuid that it had. The copy is made from the leader;
// from a master that lags behind it would not be safe (KUDU-1556).
func TestMasterPermanentFailure(t *testing.T) {
	c := newFailover(t, 1)
	for i, m := range masters(3) {
		c.do("crash " + m)
		c.led()
		c.wait(1_000_000)
		c.do("restore "+m+" leader", "restart "+m)
		c.wait(5_000_000)
		name := fmt.Sprintf("table-%d", i)
		require.Contains(t, []string{"OK", "AlreadyPresent"}, c.result("create-table "+name))
		c.ok("open-table " + name)
		for j, p := range masters(3) {
			c.do("pause " + p)
			name := fmt.Sprintf("table-%d-%d", i, j)
			require.Contains(t, []string{"OK", "AlreadyPresent"}, c.result("create-table "+name+" within=90s"))
			c.ok("open-table " + name)
			c.do("resume " + p)
		}
	}
	c.wait(5_000_000)
	for _, m := range masters(3) {
		require.Len(t, c.cells(m, trace.Disk, "table/"), 12)
	}
}

// KUDU-1556: raft counts on what the lost disk had acknowledged, and a master that lags behind does not have it.
func TestMasterIsNotRestoredFromALaggingOne(t *testing.T) {
	c := newFailover(t, 1)
	lost := c.follower(masters(3))
	i := slices.IndexFunc(masters(3), func(m string) bool { return m != lost && m != c.name(leader) })
	lags := masters(3)[i]
	c.do("crash " + lags)
	c.ok("create-table t")
	c.do("crash " + lost)
	for _, verb := range []string{"restore", "copy-catalog"} {
		require.ErrorContains(t, c.Do(Command{Verb: verb, Args: []string{lost, lags}}), "lags behind")
	}
	c.do("restart " + lost)
	c.wait(3_000_000)
	require.Contains(t, c.cells(lost, trace.Disk, "table/"), "table/t")
}

func TestClusterIdOnFailover(t *testing.T) {
	c := newFailover(t, 1)
	old, id := c.name(leader), c.cell(leader, trace.Disk, "cluster id")
	require.NotEmpty(t, id)
	c.do("crash leader")
	c.wait(10_000_000)
	require.NotEqual(t, old, c.led())
	require.Equal(t, id, c.cell(leader, trace.Disk, "cluster id"))
}
