package engine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
)

// master_replication-itest: three masters, three tablet servers.

func newReplication(t *testing.T, settings ...trace.Setting) itest {
	return newItest(t, 1, Config{Masters: masters(3), Servers: servers(3), Joining: []string{"bogus"}}, settings...)
}

func TestSysTablesReplication(t *testing.T) {
	c := newReplication(t)
	c.ok("create-table one", "create-table two")
	c.wait(1_000_000)
	for _, m := range masters(3) {
		require.Len(t, c.cells(m, trace.Disk, "table/"), 2, m)
		if m == c.name(leader) {
			require.Len(t, c.cells(m, trace.Memory, "table/"), 2)
		} else {
			require.Empty(t, c.cells(m, trace.Memory, "table/"), "%s follows", m)
		}
	}
	require.Equal(t, 1, strings.Count(c.result("list-masters"), leaderRole))
}

// How ListMasters names the roles.
const leaderRole = "LEADER VOTER"

func TestTimeoutWhenAllMastersAreDown(t *testing.T) {
	c := newReplication(t)
	c.crash(masters(3))
	require.Equal(t, "TimedOut", c.result("list-tables within=100ms"))
}

func TestCycleThroughAllMasters(t *testing.T) {
	for _, known := range []string{"", " masters=M1,M2,M3,bogus"} {
		c := newReplication(t)
		c.crash(masters(3))
		c.do("list-tables within=90s" + known)
		c.wait(1_000_000)
		require.Empty(t, c.answers()["list"], "it goes on asking")
		c.restart(masters(3))
		c.wait(20_000_000)
		require.Equal(t, "OK", c.answers()["list"], known)
	}
}

// KUDU-1358: followers register tablet servers. Before, the leader alone knew them.
func TestHeartbeatAcceptedByAnyMaster(t *testing.T) {
	for version, followers := range map[string]int{"0.7": 0, "0.10": 3, "1.17": 3} {
		c := newReplication(t, setting("version", version))
		c.do("crash t3")
		c.crash(masters(3))
		c.restart(masters(3))
		c.led()
		c.wait(3_000_000)
		require.Len(t, c.cells(leader, trace.Memory, "server/"), 2, version)
		c.do("restart t3")
		c.wait(3_000_000)
		for _, m := range masters(3) {
			want := followers
			if m == c.name(leader) {
				want = 3
			}
			require.Len(t, c.cells(m, trace.Memory, "server/"), want, "%s in %s", m, version)
		}
	}
}

// The list of masters on a master's disk and the one that it is started with must be the same.
func TestMasterPeerSetsDontMatch(t *testing.T) {
	c := newReplication(t)
	c.do("crash M1", "master-addresses M1 M1 M2 M3 bogus", "restart M1")
	c.wait(100_000)
	require.Equal(t, "crashed", c.process("M1"))
	require.Equal(t, "InvalidArgument: the masters on disk are M1 M2 M3, those to start with M1 M2 M3 bogus", c.note("M1"))
	c.do("master-addresses M1 M1 M2 M3", "restart M1")
	c.wait(100_000)
	require.Equal(t, "running", c.process("M1"))
}

// KUDU-2200: a client that knows one master alone is told so, unless that one leads.
func TestConnectToFollowerMasterOnly(t *testing.T) {
	c := newReplication(t)
	for _, m := range masters(3) {
		want := "ConfigurationError"
		if m == c.name(leader) {
			want = "OK"
		}
		require.Equal(t, want, c.result("list-tables masters="+m), m)
	}
}
