package engine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
)

// Tablet servers that are paused, killed, started again and replaced, as in the recorded runs and raft_consensus-itest.

// newTablets starts three masters and n tablet servers, with a table of one tablet and some rows.
func newTablets(t *testing.T, seed uint64, n int, settings ...trace.Setting) itest {
	c := newItest(t, seed, Config{Masters: masters(3), Servers: servers(n)}, settings...)
	c.ok("create-table t", "write t 50")
	return c
}

// tablet returns what the leading master has on disk of the only tablet: its state, its members and who leads.
func (c itest) tablet() (text string, members []string, leads string) {
	c.t.Helper()
	keys := c.cells(leader, trace.Disk, "tablet/")
	require.Len(c.t, keys, 1)
	text = c.cell(leader, trace.Disk, keys[0])
	for _, word := range strings.Fields(text)[1:] {
		name, star := strings.CutSuffix(word, "*")
		if star {
			leads = name
		}
		members = append(members, name)
	}
	return text, members, leads
}

// replica returns what a tablet server has on disk of the only tablet.
func (c itest) replica(server string) string {
	keys := c.cells(server, trace.Disk, "replica/")
	if len(keys) == 0 {
		return ""
	}
	return c.cell(server, trace.Disk, keys[0])
}

// No line of any log tells of it either; it does not register again, as its process is the same.
func TestATabletServerPausedFor8Seconds(t *testing.T) {
	everySeed(t, func(t *testing.T, seed uint64) {
		c := newTablets(t, seed, 3)
		_, _, old := c.tablet()
		from := c.Record().Len()
		c.do("pause " + old)
		c.wait(8_000_000)
		_, members, now := c.tablet()
		require.NotEqual(t, old, now)
		require.ElementsMatch(t, servers(3), members, "8 s are no failure")
		require.Equal(t, "50 rows", c.result("scan t"))
		c.ok("write t 70")
		c.do("resume " + old)
		c.wait(5_000_000)
		require.Zero(t, c.sent(old, "register", from))
		require.NotZero(t, c.sent(old, "report ", from), "its new leader, or none, makes the replica dirty")
		require.Equal(t, "v0, 70 rows", c.replica(old))
		require.Equal(t, "70 rows", c.result("scan t"))
	})
}

// After a minute without a heartbeat it is presumed dead, to who places replicas alone.
func TestATabletServerPausedForAMinuteIsPresumedDead(t *testing.T) {
	c := newTablets(t, 1, 3)
	c.do("pause t3")
	c.wait(50_000_000)
	c.ok("create-table early no-wait")
	c.wait(15_000_000)
	require.Equal(t, "REPLICATION_FACTOR_TOO_HIGH", c.result("create-table late"))
	c.do("resume t3")
	c.wait(2_000_000)
	c.ok("create-table late", "wait-created early")
}

func TestATabletServerKilledAndRestarted(t *testing.T) {
	everySeed(t, func(t *testing.T, seed uint64) {
		c := newTablets(t, seed, 3)
		_, _, old := c.tablet()
		from := c.Record().Len()
		c.do("crash " + old)
		c.wait(5_000_000)
		require.Equal(t, "50 rows", c.result("scan t"))
		c.ok("write t 70")
		c.do("restart " + old)
		c.wait(5_000_000)
		require.Equal(t, 3, c.sent(old, "register", from), "it registers with every master")
		require.Equal(t, "v0, 70 rows", c.replica(old))
		text, members, _ := c.tablet()
		require.Contains(t, text, "RUNNING")
		require.ElementsMatch(t, servers(3), members)
	})
}

// 3-4-3 (KUDU-1097): a fourth replica is added without a vote, copied, given a vote, and only then is the silent one evicted.
// Killed or merely paused, what it kept becomes a tombstone; a master may choose it again.
func TestASilentTabletServerIsReplaced(t *testing.T) {
	for _, fault := range [][2]string{{"crash", "restart"}, {"pause", "resume"}} {
		for seed := range uint64(4) {
			c := newTablets(t, seed+1, 4, setting("considered-failed", "20s"))
			_, before, silent := c.tablet()
			c.do(fault[0] + " " + silent)
			c.wait(18_000_000)
			_, members, _ := c.tablet()
			require.ElementsMatch(t, before, members, "not before it is considered failed")
			var sizes []int
			for end := c.Now() + 20_000_000; c.Now() < end && len(sizes) < 3; { // later where a term is burnt: silence counts from the election
				require.True(t, c.Step())
				if _, m, _ := c.tablet(); len(sizes) == 0 || sizes[len(sizes)-1] != len(m) {
					sizes = append(sizes, len(m))
				}
			}
			require.Equal(t, []int{3, 4, 3}, sizes, "%s %s, seed %d", fault[0], silent, seed+1)
			_, members, _ = c.tablet()
			require.NotContains(t, members, silent)
			for _, m := range members {
				require.Equal(t, "v0, 50 rows", c.replica(m))
			}
			c.do(fault[1] + " " + silent)
			c.wait(70_000_000) // the master's task is in its back-off, of a minute at most
			require.Equal(t, "tombstone", c.replica(silent))
			require.Equal(t, "50 rows", c.result("scan t"))
			c.chosenAgain(silent, members)
		}
	}
}

// chosenAgain has another member die: the one with the tombstone is the only one left to take its place.
func (c itest) chosenAgain(tombstone string, members []string) {
	c.t.Helper()
	c.do("crash " + members[0])
	c.wait(35_000_000)
	_, now, _ := c.tablet()
	require.Contains(c.t, now, tombstone)
	require.NotContains(c.t, now, members[0])
	require.Equal(c.t, "v0, 50 rows", c.replica(tombstone))
}

// Without a server to spare nothing is evicted: two of three are enough.
func TestNothingIsEvictedWithoutAServerToSpare(t *testing.T) {
	c := newTablets(t, 1, 3, setting("considered-failed", "4s"))
	_, _, silent := c.tablet()
	c.do("crash " + silent)
	c.wait(30_000_000)
	_, members, _ := c.tablet()
	require.ElementsMatch(t, servers(3), members)
	c.ok("write t 70")
	c.do("restart " + silent)
	c.wait(10_000_000)
	require.Equal(t, "v0, 70 rows", c.replica(silent))
}
