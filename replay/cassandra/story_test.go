package cassandra

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabletop/replay/text"
)

// What the recordings' ground truth knows and the lines must give.

func only(s *text.Sink, kinds ...text.Kind) (all []text.Statement) {
	for _, st := range s.Statements {
		for _, k := range kinds {
			if st.Kind == k {
				all = append(all, st)
			}
		}
	}
	return all
}

func clock(at int64) string { return time.UnixMicro(at).UTC().Format("15:04:05.000") }

// truePause is the rule by which a stated pause can be told from one that was none: in front of the line the node was
// silent for as long as it states, but for one gossip round of a second, by which a true one is overstated.
func truePause(s *text.Sink, st text.Statement) bool {
	const round = 1_100_000
	for _, g := range s.All().Gaps {
		if g.To <= st.At && st.At-g.To < round && g.To-g.From >= st.Length-round {
			return true
		}
	}
	return false
}

func TestStartsAndNames(t *testing.T) {
	logs := recorded(t)
	for name, want := range map[string][2]string{
		"cassandra/run1-lwt/n1/debug.log": {"127.0.0.1", "05:18:30.981"}, "cassandra/run1-lwt/n1/system.log": {"127.0.0.1", "05:18:30.981"},
		"cassandra/run1-lwt/n2/debug.log": {"127.0.0.2", "05:18:36.550 05:19:52.885"},
		"cassandra/run1-lwt/n3/debug.log": {"127.0.0.3", "05:18:43.586"}, "cassandra/run1-lwt/n4/debug.log": {"127.0.0.4", "05:20:18.310"},
		"cassandra/run2-trace/n1/debug.log": {"127.0.0.1", "05:21:24.805"}, "cassandra/run2-trace/n2/debug.log": {"127.0.0.2", "05:21:28.913"},
		"cassandra/run2-trace/n3/debug.log":            {"127.0.0.3", "05:21:35.819"},
		"cassandra-dse-3node/10.101.33.205.system.log": {"10.101.33.205", "15:28:04.584"},
		"cassandra-dse-3node/10.101.35.102.system.log": {"10.101.35.102", "16:23:28.965"},
		"cassandra-dse-3node/10.101.35.71.system.log":  {"10.101.35.71", "16:18:46.187"},
	} {
		s := parse(logs[name])
		var starts []string
		for _, st := range only(s, text.Start) {
			starts = append(starts, clock(st.At))
		}
		assert.Equal(t, want[1], strings.Join(starts, " "), name)
		require.NotEmpty(t, only(s, text.Named), name)
		for _, st := range s.Statements {
			assert.Contains(t, []string{"", want[0]}, st.Node, name)
		}
		assert.Equal(t, []uint64{0}, s.WriterIDs(), name)
	}
}

func TestPausesThatWereNone(t *testing.T) {
	logs := recorded(t)
	got := map[string]bool{}
	for name, b := range logs {
		if strings.HasSuffix(name, "/system.log") || strings.Contains(name, "castest") {
			continue
		}
		s := parse(b)
		for _, st := range only(s, text.Paused) {
			got[name+" "+clock(st.At)+" "+(time.Duration(st.Length)*time.Microsecond).String()] = truePause(s, st)
		}
	}
	assert.Equal(t, map[string]bool{
		"cassandra/run1-lwt/n1/debug.log 05:18:42.542 9.685174s":                  false,
		"cassandra/run1-lwt/n2/debug.log 05:18:44.497 5.873781s":                  false,
		"cassandra/run1-lwt/n3/debug.log 05:19:28.412 12.785586s":                 true,
		"cassandra/run2-trace/n1/debug.log 05:21:35.010 9.490019s":                false,
		"cassandra/run2-trace/n3/debug.log 05:22:08.024 12.267815s":               true,
		"cassandra-dse-3node/10.101.33.205.system.log 16:18:51.390 50m50.601573s": false,
		"cassandra-dse-3node/10.101.35.102.system.log 16:23:35.544 10.664118s":    false,
		"cassandra-dse-3node/10.101.35.71.system.log 16:18:50.446 7.828996s":      false,
	}, got)
}

// A node that says of a peer that it has restarted is right if it saw the peer up before, in the same life.
func TestRestartsThatWereNone(t *testing.T) {
	logs := recorded(t)
	got := map[string]bool{}
	for _, n := range []string{"n1", "n2", "n3", "n4"} {
		seen := map[string]bool{}
		for _, st := range parse(logs["cassandra/run1-lwt/"+n+"/debug.log"]).Statements {
			switch st.Kind {
			case text.Start:
				seen = map[string]bool{}
			case text.PeerUp:
				seen[st.Peer] = true
			case text.PeerRestart:
				got[n+" "+clock(st.At)+" "+st.Peer] = seen[st.Peer]
			}
		}
	}
	assert.Equal(t, map[string]bool{"n1 05:19:59.538 127.0.0.2": true, "n2 05:19:59.551 127.0.0.1": false,
		"n2 05:19:59.605 127.0.0.3": false, "n3 05:19:59.432 127.0.0.2": true}, got)
}

func TestJoin(t *testing.T) {
	var phases []string
	for _, st := range only(parse(recorded(t)["cassandra/run1-lwt/n4/system.log"]), text.Phase) {
		if st.Peer == "" {
			phases = append(phases, clock(st.At)+" "+st.Text)
		}
	}
	assert.Equal(t, []string{
		"05:20:23.553 JOINING: waiting for ring information",
		"05:20:34.558 JOINING: schema complete, ready to bootstrap",
		"05:20:34.558 JOINING: waiting for pending range calculation",
		"05:20:34.558 JOINING: calculation complete, ready to bootstrap",
		"05:20:34.560 JOINING: getting bootstrap token",
		"05:20:34.583 JOINING: sleeping 5000 ms for pending range setup",
		"05:20:39.583 repairing paxos for bootstrap",
		"05:20:39.584 repairing paxos for bootstrap",
		"05:20:42.030 paxos repair for bootstrap complete",
		"05:20:42.030 JOINING: Starting to bootstrap...",
		"05:20:42.590 Bootstrap completed for tokens [4611686018427387901]",
		"05:20:42.611 JOINING: Finish joining ring",
		"05:20:50.910 startup complete",
	}, phases)
}

// mismatches returns the promises that told a coordinator of a node it did not know: the next thing it says of that node
// is that it is new.
func mismatches(s *text.Sink) (all []string) {
	asked := map[string]map[string]bool{} // by ballot
	for i, st := range s.Statements {
		switch st.Kind {
		case text.Ballot:
			if b, ok := strings.CutPrefix(st.Text, "prepare "); ok {
				if asked[b] == nil {
					asked[b] = map[string]bool{}
				}
				asked[b][st.Peer] = true
			}
		case text.Electorate:
			for _, other := range st.Yes {
				if asked[st.Text][other] {
					continue
				}
				for _, next := range s.Statements[i+1:] {
					if next.Node == st.Node && next.Peer == other && next.Kind != text.Electorate {
						if next.Kind == text.Phase && next.Text == "is now part of the cluster" {
							all = append(all, clock(st.At)+" "+st.Node+" of "+other+" from "+st.Peer)
						}
						break
					}
				}
			}
		}
	}
	return all
}

func TestElectorateMismatch(t *testing.T) {
	logs := recorded(t)
	race := parse(logs["cassandra/castest/t2-v2-race.log"])
	assert.Equal(t, []string{"06:03:23.865 127.0.0.1 of 127.0.0.4 from 127.0.0.2"}, mismatches(race))
	for name, b := range logs {
		if strings.Contains(name, "castest") {
			t.Log(name, mismatches(parse(b)))
		} else {
			assert.Empty(t, mismatches(parse(b)), name)
		}
	}
	var late int64
	for _, st := range only(race, text.PeerUp) {
		if st.Node == "127.0.0.1" && st.Peer == "127.0.0.4" && clock(st.At) == "06:03:23.875" {
			late = st.At
		}
	}
	assert.NotZero(t, late, "node 4 is up after the second prepare went out")
}
