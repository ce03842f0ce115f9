package engine

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
)

// master_migration-itest (KUDU-1474): one master becomes three, by hand.
func TestEndToEndMigration(t *testing.T) {
	everySeed(t, func(t *testing.T, seed uint64) {
		c := newItest(t, seed, Config{Masters: masters(1), Joining: []string{"M2", "M3"}, Servers: servers(3)})
		c.ok("create-table test")
		c.do("crash M1", "rewrite-config M1 M1 M2 M3", "restart M1")
		c.wait(5_000_000)
		require.Empty(t, c.name(leader), "one of three cannot be elected")
		c.do("crash M1", "copy-catalog M2 M1", "copy-catalog M3 M1")
		c.restart(masters(3))
		for _, s := range servers(3) {
			c.do("crash "+s, "restart "+s)
		}
		c.led()
		c.ok("open-table test", "create-table second_table")
		for i, m := range masters(3) {
			c.do("pause " + m)
			c.ok("open-table-eventually test", fmt.Sprintf("create-table table-%d", i))
			c.do("resume " + m)
		}
		c.wait(5_000_000)
		for _, m := range masters(3) {
			require.Len(t, c.cells(m, trace.Disk, "table/"), 5)
		}
		require.Equal(t, "0 rows", c.result("scan test"))
	})
}
