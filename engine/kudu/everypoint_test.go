package kudu

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabletop/engine/check"
	"tabletop/engine/trace"
)

// One create, one alter and one delete, each with a master or a tablet server that crashes or freezes at every moment from
// the invocation until all is done. Each run is the same up to that moment.

// change is one operation on a cluster in which the table t exists.
type change struct{ name, verb string }

func changes() []change {
	return []change{{"create", "create-table u key INT32 hash=2"}, {"alter", "alter-table t rename-to u"}, {"delete", "delete-table t"}}
}

// outage is what happens to which process, masters first, and after how many events.
type outage struct {
	after  int
	victim int
	crash  bool
	lasts  trace.Time
}

// The outages: long enough for another leader, and longer than any deadline.
const (
	brief = 8_000_000
	long  = 45_000_000
)

func (o outage) String() string {
	verb := "frozen"
	if o.crash {
		verb = "crashed"
	}
	return fmt.Sprintf("%s %s after %d events for %d s", []string{"A", "B", "C", "t1", "t2", "t3", "t4"}[o.victim], verb, o.after,
		o.lasts/1_000_000)
}

// begun returns a cluster at the moment in which a client has asked for a change.
func begun(t *testing.T, b Behaviour, c change) *stress {
	s := &stress{seed: 5, rig: newRig(t, servers(4, b))}
	s.Stream = s.k.Stream("stress")
	s.until(3_000_000)
	s.ask("create-table t key INT32")
	s.until(7_000_000)
	require.Equal(t, "OK", s.last().Result)
	s.ask(c.verb)
	return s
}

// moments returns, in events, each moment of a change that nothing disturbs, until the cluster is at rest again.
func moments(t *testing.T, b Behaviour, c change) (all []int) {
	s := begun(t, b, c)
	for s.unsettled() != "" {
		if all = append(all, s.b.Len()); !s.k.Step() {
			break
		}
	}
	require.Equal(t, "OK", s.last().Result)
	return all
}

// suffer runs a change with an outage, and waits until the cluster is at rest.
func suffer(t *testing.T, b Behaviour, c change, o outage) (s *stress, unsettled string) {
	s = begun(t, b, c)
	for s.b.Len() < o.after {
		s.k.Step()
	}
	p := s.processes()[o.victim]
	if o.crash {
		p.Crash(trace.NoEvent)
	} else {
		p.Pause(trace.NoEvent)
	}
	s.until(s.k.Now() + o.lasts)
	s.heal()
	return s, s.wait()
}

// lasting judges what has come of a change: it is there, if that was acknowledged, or not there, or either. The cluster is
// at rest, so that nothing is there by half.
func (s *stress) lasting(c change) string {
	var have []string
	for _, t := range s.leader().image.Tables() {
		have = append(have, t.Name)
	}
	without := map[string]string{"create": "t", "alter": "t", "delete": "t"}[c.name]
	with := map[string]string{"create": "t u", "alter": "u", "delete": ""}[c.name]
	switch got, result := strings.Join(have, " "), s.last().Result; {
	case got != with && got != without, result == "OK" && got != with, result != "OK" && result != "TimedOut" && s.last().Attempts == 1:
		return fmt.Sprintf("%s ended with %s, and there is %q", c.name, result, got)
	}
	for _, f := range check.Invariants(s.b.Trace()) {
		return f.Kind + ": " + f.Text
	}
	return ""
}

// of returns how many of its kind there are for each that is tried.
func (o outage) of(masters, others int) int {
	if o.victim < 3 && o.lasts == brief {
		return masters
	}
	return others
}

func outages(moments []int) (all []outage) {
	for _, after := range moments {
		for victim := range 7 {
			all = append(all, outage{after, victim, true, brief}, outage{after, victim, false, brief}, outage{after, victim, false, long})
		}
	}
	return all
}

func TestAnyProcessMayFailAtEveryMomentOfAChange(t *testing.T) {
	masters, others := 311, 997 // one of so many
	if os.Getenv("TABLETOP_LONG") != "" {
		masters, others = 1, 11
	}
	for name, b := range map[string]Behaviour{"0.10": Version010(), "1.17": Version117()} {
		for _, c := range changes() {
			t.Run(name+" "+c.name, func(t *testing.T) {
				tried := 0
				for i, o := range outages(moments(t, b, c)) {
					if one := o.of(masters, others); i%one != 0 {
						continue
					}
					tried++
					s, unsettled := suffer(t, b, c, o)
					assert.Empty(t, cmp.Or(unsettled, s.lasting(c)), o)
				}
				t.Log(tried, "outages")
			})
		}
	}
}
