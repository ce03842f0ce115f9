package catalog

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestATableFromCreateToDelete follows a table through the life of facts that every other test takes a step of.
func TestATableFromCreateToDelete(t *testing.T) {
	d := newDesk(t)
	table := d.create(CreateTable{Name: "t", Schema: schema(t, "key INT32, c STRING"), Replicas: 3})
	require.Equal(t, TableRunning, table.State, "a table runs as soon as it is written")
	done, s := d.image.CreateDone(table.ID)
	require.Equal(t, OK, s)
	require.False(t, done)
	_, s = d.image.Locations(table.ID)
	require.Equal(t, TabletNotRunning, s)

	tasks := d.place("t1", "t2", "t3")
	require.Len(t, tasks, 3)
	tablet := d.tablets("t")[0]
	require.Equal(t, TabletCreating, tablet.State)
	require.Empty(t, d.report("t2", led(tablet.ID, "t2", 1, 0, "t1", "t2", "t3")))
	done, _ = d.image.CreateDone(table.ID)
	require.True(t, done)
	where, s := d.image.Locations(table.ID)
	require.Equal(t, OK, s)
	require.Equal(t, []Location{{Tablet: tablet.ID, Leader: "t2", Members: []string{"t1", "t2", "t3"}}}, where)

	d.alter("t", AlterStep{Kind: RenameTable, Name: "u"})
	require.Equal(t, []string{"u"}, names(d.image.Tables()))
	done, _ = d.image.AlterDone(table.ID)
	require.False(t, done)
	require.True(t, d.image.Altered().Empty(), "no tablet has reported the new version")
	d.report("t2", versioned(led(tablet.ID, "t2", 1, 0, "t1", "t2", "t3"), 1))
	d.commit(d.image.Altered())
	done, _ = d.image.AlterDone(table.ID)
	require.True(t, done)

	w, s := d.image.Delete("u")
	require.Equal(t, OK, s)
	d.commit(w)
	require.Empty(t, d.image.Tables())
	tasks = d.report("t1", led(tablet.ID, "t2", 1, 0, "t1", "t2", "t3"))
	require.Equal(t, []string{"delete tablet t1"}, orders(tasks))
	_, s = d.image.Delete("u")
	require.Equal(t, NotFound, s, "a delete that is tried again finds nothing")
}
