package replay_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
	"tabletop/replay"
	"tabletop/replay/text"
)

// believed returns what a node believed of a group behind the first of some events, and the cells of its disk.
func believed(t *testing.T, m *replay.Import, name string, event func(t *trace.Trace, e *trace.Event) bool) (g trace.GroupState, disk map[string]string) {
	t.Helper()
	c := m.Trace.Cursor()
	for i := range m.Trace.Events {
		e := &m.Trace.Events[i]
		if m.Trace.Node(e.Node).Name != name || !event(m.Trace, e) {
			continue
		}
		c.Seek(trace.EventID(i))
		n := c.Node(e.Node)
		disk = map[string]string{}
		for _, cell := range n.Cells {
			if cell.Shelf == trace.Disk && cell.Group == e.Group {
				disk[m.Trace.Text(cell.Key)] = m.Trace.Text(cell.Text)
			}
		}
		return *n.In(e.Group), disk
	}
	require.Fail(t, "no such event")
	return g, nil
}

// Who stands for a term no longer follows the leader of the one before, and one of three that was killed still belongs to
// the configuration: of m2, which leads term 3, both is said in the lines before its disk was lost.
func TestABurntTermHasNoLeader(t *testing.T) {
	m := importAll(t, "captures/kudu/run4-migrate", nil)
	for _, name := range []string{"m1", "m3"} {
		g, disk := believed(t, m, name, func(_ *trace.Trace, e *trace.Event) bool { return e.Kind == trace.Campaign && e.Term == 4 })
		lead, known := g.Leader.Get()
		require.True(t, known)
		require.Zero(t, lead, name)
		require.Equal(t, uint64(4), g.Term.V)
		require.Equal(t, "m1, m2, m3", disk["voters"])
	}
}

// A configuration is told where it differs from the one before: by m1, which led through all of them until its leader was lost.
func TestConfigurationsAreToldOnce(t *testing.T) {
	m := importAll(t, "captures/kudu/run4-migrate", nil)
	var told []string
	for i := range m.Trace.Events {
		e := &m.Trace.Events[i]
		config, ok := strings.CutPrefix(m.Trace.Text(e.Text), "its configuration: ")
		if ok && m.Trace.Node(e.Node).Name == "m1" && m.Trace.Group(e.Group) == text.SysCatalog {
			told = append(told, config)
		}
	}
	require.Equal(t, []string{"m1", "m1, m2", "m1, m2, m3", "m1, m3", "m1, m2, m3"}, told)
}
