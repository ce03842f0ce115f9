package raftnode

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
)

// TestMembership runs testdata/membership. A member is named by its node, with #2 for the second disk's.
//
//	found (A,B,C)              starts a group; its members elect a leader
//	join D [copy=A]            starts a node on an empty disk, or on a copy of another's
//	add|promote|remove D [of=] has the leader propose a change, if entry "of" made the committed configuration
//	propose x, run 2s, freeze|thaw|crash|restart|wipe C, collect A below=3, transfer C
//	status, health             prints what the leader makes of its peers silent for 4 s
func TestMembership(t *testing.T) {
	datadriven.Walk(t, "testdata/membership", func(t *testing.T, path string) {
		s := &script{}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "found" {
				var names []string
				d.ScanArgs(t, "nodes", &names)
				s.group = foundGroup(t, Options{PreVote: true}, names...)
				s.run(3_000_000)
				return s.status()
			}
			s.t = t
			out := s.do(t, d)
			require.Empty(t, s.violations())
			return out
		})
	})
}

type script struct{ *group }

func (s *script) do(t *testing.T, d *datadriven.TestData) string {
	switch d.Cmd {
	case "run":
		after, err := time.ParseDuration(d.CmdArgs[0].Key)
		require.NoError(t, err)
		s.run(s.now + trace.Time(after.Microseconds()))
		return ""
	case "status":
		return s.status()
	case "health":
		return s.health()
	case "propose":
		require.True(t, proposed(s.leader().node, d.CmdArgs[0].Key))
		return ""
	case "add", "promote", "remove":
		return s.change(t, d)
	case "join":
		return s.join(t, d)
	}
	m := s.named(d.CmdArgs[0].Key)
	switch d.Cmd {
	case "freeze", "thaw":
		m.frozen = d.Cmd == "freeze"
	case "crash":
		m.crash()
	case "wipe":
		m.wipe()
	case "restart":
		m.start()
	case "collect":
		var below uint64
		d.ScanArgs(t, "below", &below)
		m.disk.Collect(below)
	case "transfer":
		if err := s.leader().node.Transfer(m.id); err != nil {
			return err.Error() + "\n"
		}
	default:
		t.Fatalf("unknown command %s", d.Cmd)
	}
	return ""
}

// identity returns the member that D or D#2 names, and the node D, which is added to the trace when it is new.
func (s *script) identity(name string) Member {
	node, number, _ := strings.Cut(name, "#")
	generation := uint16(0)
	if number != "" {
		generation = uint16(number[0] - '1')
	}
	return NewMember(s.node(node), generation)
}

func (g *group) node(name string) trace.NodeID {
	i := slices.IndexFunc(g.record.Nodes(), func(n trace.Node) bool { return n.ID == name })
	if i < 0 {
		return g.record.AddNode(trace.Node{ID: name})
	}
	return trace.NodeID(i + 1)
}

func (g *group) named(name string) *member { return g.nodes[g.node(name)] }

func (s *script) change(t *testing.T, d *datadriven.TestData) string {
	c := Change{Kind: AddNonVoter, Member: s.identity(d.CmdArgs[0].Key), Promote: d.HasArg("promoted")}
	switch d.Cmd {
	case "promote":
		c.Kind = Promote
	case "remove":
		c.Kind = Remove
	}
	of := AnyConfig
	d.MaybeScanArgs(t, "of", &of)
	l := s.leader()
	if d.HasArg("by") {
		var by string
		d.ScanArgs(t, "by", &by)
		l = s.named(by)
	}
	index, err := l.node.ProposeChange(c, of)
	if err != nil {
		return err.Error() + "\n"
	}
	return fmt.Sprintf("entry %d\n", index)
}

func (s *script) join(t *testing.T, d *datadriven.TestData) string {
	id := s.node(d.CmdArgs[0].Key)
	m := s.nodes[id]
	if m == nil {
		m = s.add(id)
	}
	if d.HasArg("copy") {
		var of string
		d.ScanArgs(t, "copy", &of)
		m.copy(s.named(of))
	}
	m.start()
	return ""
}

func (m *member) crash() {
	m.g.record.Emit(trace.Event{At: m.g.now, Kind: trace.Crash, Node: m.id, Cause: trace.NoEvent})
	m.g.record.LoseMemory(m.id)
	m.node, m.timers = nil, nil
}

// wipe crashes the member and gives it an empty disk, which makes it another one.
func (m *member) wipe() {
	if m.node != nil {
		m.crash()
	}
	m.g.record.Emit(trace.Event{At: m.g.now, Kind: trace.Wipe, Node: m.id, Cause: trace.NoEvent})
	m.g.record.LoseDisk(m.id)
	m.disk, m.applied = NewDisk(m.g.founders), nil
	m.options.Generation++
	m.disks++
}

func (m *member) copy(of *member) {
	m.disk, m.applied = of.disk.Copy(m.disk), slices.Clone(of.applied)
	m.disks++
}

// status tells of each node what it believes, with what it has applied, and its cells of the configuration.
func (g *group) status() string {
	var out strings.Builder
	for _, m := range g.members() {
		fmt.Fprintf(&out, "%s: ", g.record.Info(m.id).ID)
		if m.node == nil {
			out.WriteString("down")
		} else {
			leader := "nobody"
			if l := m.node.Leader(); l != 0 {
				leader = g.record.Info(l).ID
			}
			c := m.node.Config()
			fmt.Fprintf(&out, "%s t%d, follows %s, applied %d, config %d: %s", m.node.Role(), c.Term, leader, m.disk.applied, c.Index,
				g.names(c.Voters))
			if len(c.NonVoters) > 0 {
				fmt.Fprintf(&out, ", non-voters %s", g.names(c.NonVoters))
			}
			if _, ok := m.timers[Timer{Kind: ElectionTimer}]; ok {
				out.WriteString(", detects failures")
			}
		}
		for _, c := range g.record.Node(m.id).Cells {
			if key := g.record.Text(c.Key); key == "config" || key == "pending config" {
				fmt.Fprintf(&out, " [%s %s]", key, g.record.Text(c.Text))
			}
		}
		out.WriteString("\n")
	}
	return out.String()
}

func (g *group) names(ids []trace.NodeID) string {
	var names []string
	for _, id := range ids {
		names = append(names, g.record.Info(id).ID)
	}
	return strings.Join(names, " ")
}

func (g *group) health() string {
	var out strings.Builder
	l := g.leader().node
	for _, m := range l.Members().members() {
		fmt.Fprintf(&out, "%s %s\n", l.name(m), l.HealthOf(m, 4_000_000))
	}
	for _, m := range l.FailedPeers(4_000_000) {
		fmt.Fprintf(&out, "failed: %s\n", l.name(m))
	}
	return out.String()
}
