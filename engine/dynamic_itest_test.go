package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
)

// dynamic_multi_master-test (KUDU-2181): masters are added, removed and recovered; one tablet server, one replica.

// newDynamic starts n masters and keeps one more apart, with a first table.
func newDynamic(t *testing.T, seed uint64, n int, settings ...trace.Setting) itest {
	c := newItest(t, seed, Config{Masters: masters(n), Joining: masters(4)[n:], Servers: servers(1)}, settings...)
	c.ok("create-table first_table replicas=1")
	return c
}

// added is S2's way: the new master catches up from the log.
func (c itest) added(name string) {
	c.t.Helper()
	c.do("restart " + name)
	c.ok("add-master " + name)
}

// verify is S1, VerifyClusterAfterMasterAddition, the tail of the cases and KUDU-3266's script: the cluster is started anew
// with all its masters, the added one leads, and each is paused in turn. Today's test asks again until the table is there.
func (c itest) verify(all []string, added string) {
	c.t.Helper()
	require.Empty(c.t, c.iterate(all, added, "open-table-eventually"))
}

// iterate returns what could not be opened.
func (c itest) iterate(all []string, added, open string) (failed []string) {
	c.t.Helper()
	c.crash(append([]string{"t1"}, all...))
	c.restart(append([]string{"t1"}, all...))
	c.led()
	listed := c.result("list-masters")
	require.Equal(c.t, len(all), strings.Count(listed, " VOTER"), listed)
	if c.name(leader) != added {
		c.do("transfer-leadership " + added)
		c.wait(3_000_000)
	}
	require.Equal(c.t, added, c.led())
	require.True(c.t, c.agree(all), "ksck")
	require.Equal(c.t, "0 rows", c.result("scan first_table"))
	c.ok("create-table second_table replicas=1")
	require.Equal(c.t, "0 rows", c.result("scan second_table"))
	if len(all) < 3 {
		return nil
	}
	previous := "first_table"
	for i, m := range all {
		c.do("pause " + m)
		if got := c.result(open + " " + previous); got != "OK" {
			failed = append(failed, previous+" "+got)
		}
		previous = fmt.Sprintf("table-%d", i)
		require.Contains(c.t, []string{"OK", "AlreadyPresent"}, c.result("create-table "+previous+" replicas=1"))
		c.do("resume " + m)
	}
	return failed
}

func TestVerifyClusterAfterMasterAddition(t *testing.T) {
	slow := setting("machine", "slow-build")
	t.Run("asks again", func(t *testing.T) {
		everySeed(t, func(t *testing.T, seed uint64) {
			c := newDynamic(t, seed, 2, slow)
			c.added("M3")
			c.verify(masters(3), "M3")
		})
	})
	// KUDU-3266: the first master is the recovered one, so that each that is paused leads. Lost sockets make it likely.
	t.Run("asks once", func(t *testing.T) {
		failed := 0
		for seed := range uint64(6) {
			c := newDynamic(t, seed+1, 3, slow, setting("sockets", "reset"), setting("considered-failed", "4s"))
			c.buried("M1")
			c.added("M1")
			for _, f := range c.iterate(masters(3), "M1", "open-table") {
				require.Contains(t, f, "NotFound")
				failed++
			}
		}
		require.NotZero(t, failed)
	})
}

func TestAddMasterCatchupFromWAL(t *testing.T) {
	for n := 1; n <= 2; n++ {
		everySeed(t, func(t *testing.T, seed uint64) {
			c := newDynamic(t, seed, n)
			name := masters(n + 1)[n]
			c.added(name)
			require.Equal(t, "AlreadyPresent", c.result("add-master "+name))
			require.Equal(t, "AlreadyPresent", c.result("add-master M1"))
			c.verify(masters(n+1), name)
		})
	}
}

func TestAddMasterSysCatalogCopy(t *testing.T) {
	for n := 1; n <= 2; n++ {
		everySeed(t, func(t *testing.T, seed uint64) {
			c := newDynamic(t, seed, n)
			for _, m := range masters(n) {
				c.do("collect-log " + m)
			}
			name := masters(n + 1)[n]
			c.copied(name)
			c.verify(masters(n+1), name)
		})
	}
}

// copied adds a master that cannot be caught up from the log.
func (c itest) copied(name string) {
	c.t.Helper()
	c.do("restart " + name)
	require.Equal(c.t, "FAILED_UNRECOVERABLE", c.result("add-master "+name))
	c.do("crash "+name, "copy-catalog "+name+" leader", "restart "+name)
	c.wait(5_000_000)
	require.NotContains(c.t, c.result("list-masters"), "NON_VOTER")
}

func TestRemoveMaster(t *testing.T) {
	for _, row := range []struct {
		n    int
		dead bool
	}{{2, false}, {3, false}, {2, true}, {3, true}} {
		t.Run(fmt.Sprintf("%d masters, dead %t", row.n, row.dead), func(t *testing.T) {
			c := newDynamic(t, 1, row.n, setting("considered-failed", "4s"))
			victim := masters(row.n)[row.n-1]
			if c.name(leader) == victim {
				c.do("transfer-leadership M1")
				c.wait(2_000_000)
			}
			c.ok("create-table moved replicas=1")
			if row.dead {
				c.do("crash " + victim)
				c.wait(6_000_000)
			}
			if row.n == 2 && row.dead {
				c.stuck(victim)
				return
			}
			c.ok("remove-master " + victim)
			rest := masters(row.n - 1)
			c.wait(1_000_000)
			require.True(t, c.agree(rest), "ksck")
			require.Equal(t, len(rest), strings.Count(c.result("list-masters"), " VOTER"))
			require.Equal(t, "NotFound", c.result("remove-master "+victim))
			require.ErrorContains(t, c.Do(Command{Verb: "transfer-leadership", Args: []string{victim}}), "voter")
			c.crash(rest)
			c.restart(rest)
			c.led()
			c.ok("open-table first_table")
		})
	}
}

func TestRecoverDeadMasterCatchupfromWAL(t *testing.T) {
	everySeed(t, func(t *testing.T, seed uint64) {
		c := newDynamic(t, seed, 3, setting("considered-failed", "4s"))
		dead := c.buried("M1")
		c.added(dead)
		c.verify(masters(3), dead)
	})
}

func TestRecoverDeadMasterSysCatalogCopy(t *testing.T) {
	everySeed(t, func(t *testing.T, seed uint64) {
		c := newDynamic(t, seed, 3, setting("considered-failed", "4s"))
		dead := c.buried("M1")
		for _, m := range masters(3) {
			if m != dead {
				c.do("collect-log " + m)
			}
		}
		c.copied(dead)
		c.verify(masters(3), dead)
	})
}

func TestRecoverDeadMasterOfTwo(t *testing.T) {
	c := newDynamic(t, 1, 2, setting("considered-failed", "4s"))
	dead := c.follower(masters(2))
	c.do("crash "+dead, "wipe "+dead)
	c.wait(6_000_000)
	c.stuck(dead)
}

// stuck is where ours differs from Kudu: the dead one of two masters cannot be removed. Kudu's change is in force when it is
// appended; raft's is when the old configuration has committed it, which needs the dead one.
func (c itest) stuck(dead string) {
	c.t.Helper()
	require.Equal(c.t, "TimedOut", c.result("remove-master "+dead))
	require.Equal(c.t, 2, c.voters())
}

// buried has a master, which leads no more, die with its disk and leave the configuration.
func (c itest) buried(dead string) string {
	c.t.Helper()
	if c.name(leader) == dead {
		c.do("transfer-leadership " + c.follower(masters(3)))
		c.wait(3_000_000)
	}
	c.do("crash "+dead, "wipe "+dead)
	c.wait(6_000_000)
	c.ok("remove-master " + dead)
	require.Equal(c.t, 2, strings.Count(c.result("list-masters"), " VOTER"))
	return dead
}

// S7, the negative cases; those of a request to a master that does not lead are in engine/kudu. Not here, because the engine
// has nothing that they are about: AddMasterWithNoLastKnownAddr (a master is named by its node, which is its address),
// RemoveMasterMismatchHostnameAndUuid (no uuid is given with the node), AddMasterIncorrectKuduBinary (the tool that starts
// a master is a command of its own).

func TestAddMasterFeatureFlagNotSpecified(t *testing.T) {
	c := newDynamic(t, 1, 1, setting("version", "0.10"))
	c.do("restart M2")
	require.Equal(t, "NotSupported", c.result("add-master M2"))
	require.Equal(t, 1, c.voters())
}

func TestRemoveMasterFeatureFlagNotSpecified(t *testing.T) {
	c := newDynamic(t, 1, 2, setting("version", "0.10"))
	for _, m := range masters(2) {
		require.Equal(t, "NotSupported", c.result("remove-master "+m))
	}
	require.Equal(t, 2, c.voters())
}

func TestAddMasterMissingAndIncorrectAddress(t *testing.T) {
	c := newDynamic(t, 1, 1)
	require.ErrorContains(t, c.Do(Command{Verb: "add-master"}), "want add-master NODE")
	require.ErrorContains(t, c.Do(Command{Verb: "add-master", Args: []string{"nowhere"}}), "unknown node")
	require.Equal(t, "NetworkError", c.result("add-master M2"), "it does not run")
	require.Equal(t, 1, c.voters())
}

func TestRemoveMasterMissingAndIncorrectHostname(t *testing.T) {
	c := newDynamic(t, 1, 2)
	require.ErrorContains(t, c.Do(Command{Verb: "remove-master"}), "want remove-master NODE")
	require.ErrorContains(t, c.Do(Command{Verb: "remove-master", Args: []string{"nowhere"}}), "unknown node")
	require.Equal(t, "NotFound", c.result("remove-master M4"))
	require.Equal(t, 2, c.voters())
}

func TestRemoveLeaderMaster(t *testing.T) {
	for n := 1; n <= 3; n++ {
		c := newDynamic(t, 1, n)
		require.Equal(t, "InvalidArgument", c.result("remove-master leader"))
		require.Equal(t, n, c.voters())
	}
}
