package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
)

// AutoAddMasterTest of dynamic_multi_master-test: a master that is started with the list of all masters joins by itself.

// newAutoJoin starts n masters and keeps others apart, with a first table.
func newAutoJoin(t *testing.T, seed uint64, n, all int) itest {
	c := newItest(t, seed, Config{Masters: masters(n), Joining: masters(all)[n:], Servers: servers(3)})
	c.ok("create-table first")
	return c
}

// start starts a master with the list of all.
func (c itest) start(name string, all []string) {
	c.t.Helper()
	c.do("master-addresses "+name+" "+strings.Join(all, " "), "restart "+name)
}

// voters counts the masters that vote, 0 when nobody can be asked.
func (c itest) voters() int {
	text := c.result("list-masters within=5s")
	return strings.Count(text, " VOTER")
}

func TestBasicAddition(t *testing.T) {
	everySeed(t, func(t *testing.T, seed uint64) {
		c := newAutoJoin(t, seed, 2, 5)
		for n := 3; n <= 5; n++ {
			c.start(masters(n)[n-1], masters(n))
			for i := range 4 {
				c.ok(fmt.Sprintf("write first %d", 10*n+i))
				c.wait(1_000_000)
			}
			require.Equal(t, n, c.voters())
		}
		c.crash(masters(5))
		for _, m := range masters(5) {
			c.start(m, masters(5))
		}
		c.led()
		c.ok("open-table first")
		require.Equal(t, "53 rows", c.result("scan first"))
		for _, m := range masters(5) {
			require.Contains(t, c.cells(m, trace.Disk, "table/"), "table/first", m)
		}
	})
}

func TestRestartMastersWhileSomeDown(t *testing.T) {
	c := newAutoJoin(t, 1, 2, 3)
	c.start("M3", masters(3))
	c.wait(5_000_000)
	require.Equal(t, 3, c.voters())
	c.crash(servers(3))
	c.restart(servers(3)) // they read the new list of masters
	c.crash(masters(3))
	for _, m := range []string{"M2", "M3"} {
		c.start(m, masters(3))
	}
	c.led()
	c.ok("create-table second")
	c.start("M1", masters(3))
	c.wait(5_000_000)
	require.Contains(t, c.cells("M1", trace.Disk, "table/"), "table/second")
}

// A master that does not reach all others ends, and leaves a disk that nothing can start on.
func TestSomeMastersUnreachable(t *testing.T) {
	c := newAutoJoin(t, 1, 2, 3)
	c.do("pause M1")
	c.start("M3", masters(3))
	c.wait(32_000_000)
	require.Equal(t, "crashed", c.process("M3"), "it cannot learn who M1 is")
	c.do("resume M1")
	c.wait(5_000_000)
	c.do("restart M3")
	c.wait(100_000)
	require.Equal(t, "crashed", c.process("M3"))
	require.Contains(t, c.note("M3"), "no consensus metadata")
	c.do("wipe M3", "restart M3")
	c.wait(10_000_000)
	require.Equal(t, 3, c.voters())
}

// The leader cannot commit the addition. The new master lives on and is no member, until the others hear each other again.
func TestFailWithoutReplicatingAddMaster(t *testing.T) {
	c := newAutoJoin(t, 1, 2, 3)
	c.do("partition M1 M2")
	c.start("M3", masters(3))
	c.wait(20_000_000)
	require.Equal(t, "running", c.process("M3"))
	require.Empty(t, c.cells("M3", trace.Disk, "table/"))
	require.Equal(t, 2, c.voters())
	c.do("heal")
	c.wait(30_000_000)
	require.Equal(t, 3, c.voters())
	require.Contains(t, c.cells("M3", trace.Disk, "table/"), "table/first")
}

// The new master ends between its addition and the copy: it is a member without a catalog, and has no vote. Removed and
// started again, it joins.
func TestFailTabletCopy(t *testing.T) {
	c := newAutoJoin(t, 1, 2, 3)
	from := c.Record().Len()
	c.start("M3", masters(3))
	for c.sent("M3", "copy the sys catalog", from) == 0 {
		require.True(t, c.Step())
	}
	c.do("crash M3")
	c.wait(1_000_000)
	require.Contains(t, c.result("list-masters"), "M3 unknown NON_VOTER")
	require.Empty(t, c.cells("M3", trace.Disk, "table/"))
	c.ok("remove-master M3")
	c.do("restart M3")
	c.wait(10_000_000)
	require.Equal(t, 3, c.voters())
}

func TestAddWithOnGoingDdl(t *testing.T) {
	everySeed(t, func(t *testing.T, seed uint64) {
		c := newAutoJoin(t, seed, 2, 3)
		c.start("M3", masters(3))
		for i := range 20 {
			c.do(fmt.Sprintf("create-table a-%d within=20s", i), fmt.Sprintf("create-table b-%d within=20s", i))
			c.wait(1_000_000)
		}
		c.wait(20_000_000)
		require.Equal(t, 3, c.voters())
		for op, result := range c.answers() {
			if name, creates := strings.CutPrefix(op, "create "); creates {
				require.Contains(t, []string{"OK", "TimedOut", "AlreadyPresent", "ConfigurationError", "REPLICATION_FACTOR_TOO_HIGH"},
					result, op)
				if result == "OK" {
					require.Contains(t, c.cells("M3", trace.Disk, "table/"), "table/"+name)
				}
			}
		}
	})
}
