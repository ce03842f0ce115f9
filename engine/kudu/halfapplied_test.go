package kudu

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"tabletop/engine/catalog"
	"tabletop/engine/trace"
)

// What Kudu 0.7 leaves half-applied where its leading master crashes or freezes during a change, as a table: it writes a new
// table's tablets and then the table, and a new leader learns no more from tablet servers than they come to tell.
// Consecutive moments with the same end are one row.
func TestWhatOldMastersLeaveBehind(t *testing.T) {
	datadriven.RunTest(t, "testdata/half-applied", func(t *testing.T, d *datadriven.TestData) string {
		i := slices.IndexFunc(changes(), func(c change) bool { return c.name == d.Cmd })
		c := changes()[i]
		var table strings.Builder
		row, first, last, count := "", "", "", 0
		flush := func() {
			if count > 0 {
				fmt.Fprintf(&table, "%s … %s (%d): %s\n", first, last, count, row)
			}
		}
		for _, m := range leading(t, c) {
			s, unsettled := suffer(t, Version07(), c, outage{after: m.after, victim: m.master, crash: !d.HasArg("frozen"), lasts: brief})
			if left := s.left() + unsettled; left != row || count == 0 {
				flush()
				row, first, count = left, m.text, 0
			}
			last = m.text
			count++
		}
		flush()
		return table.String()
	})
}

// moment is a step of the leading master.
type moment struct {
	after, master int
	text          string
}

// leading returns what the leading master does for a change until it answers the client.
func leading(t *testing.T, c change) (all []moment) {
	s := begun(t, Version07(), c)
	leader := s.leader()
	master := slices.Index(s.masters, leader)
	for seen := s.b.Len(); ; {
		s.k.Step()
		for ; seen < s.b.Len(); seen++ {
			e := s.b.Events()[seen]
			if e.Node != leader.id || e.Kind == trace.Arrive {
				continue
			}
			text := e.Kind.String() + " " + s.b.Text(e.Text)
			if e.Text == 0 {
				text += fmt.Sprint(e.Index)
			}
			all = append(all, moment{seen + 1, master, text})
			if e.Kind == trace.Answer && e.Peer == s.clients[0].id && s.b.Text(e.Text) == "not yet" {
				return all
			}
		}
		if !s.last().Open() {
			return all
		}
	}
}

// left tells how a change ended and what it has left behind.
func (s *stress) left() string {
	left := []string{"ends with " + s.last().Result}
	rows := s.leader().rows
	tables := map[string]catalog.TableState{}
	for _, t := range rows.Tables {
		tables[t.ID] = t.State
		if t.State == catalog.TableAltering {
			left = append(left, t.Name+" is ALTERING still")
		}
	}
	homeless, live := 0, map[string]bool{}
	for _, t := range rows.Tablets {
		state, ok := tables[t.Table]
		if !ok {
			homeless++
		}
		live[t.ID] = ok && state != catalog.TableRemoved && !t.State.Gone()
	}
	if homeless > 0 {
		left = append(left, fmt.Sprintf("%d tablets of no table", homeless))
	}
	replicas := 0
	for _, server := range s.servers {
		for _, d := range server.disks {
			if !live[d.tablet] {
				replicas++
			}
		}
	}
	if replicas > 0 {
		left = append(left, fmt.Sprintf("%d replicas of no tablet", replicas))
	}
	return strings.Join(left, ", ")
}
