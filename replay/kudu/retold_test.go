package kudu_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tabletop/replay/kudu"
	"tabletop/replay/text"
)

// A brief sink keeps the same statements whether its log is read in order, when the parser passes over what was told
// before, or each line alone by a parser that knows nothing.
func TestWhatIsToldAgainIsLeftOutTheSame(t *testing.T) {
	var passed int
	rapid.Check(t, func(t *rapid.T) {
		few := rapid.SliceOfN(rapid.Custom(masterLine), 1, 6).Draw(t, "few")
		lines := rapid.SliceOfN(rapid.SampledFrom(few), 1, 60).Draw(t, "lines")
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(lines)-1), 0, 3).Draw(t, "fatal") {
			lines[i] = append([]byte{'F'}, lines[i][1:]...)
		}
		passed += leftOut(t, lines)
	})
	require.Greater(t, passed, 100)
}

// leftOut compares what is kept both ways and returns how many statements are not.
func leftOut(t require.TestingT, lines [][]byte) int {
	inOrder, joined := text.NewSink(), text.NewSink()
	inOrder.Brief, joined.Brief = true, true
	log := bytes.Join(lines, nil)
	cut := len(bytes.Join(lines[:len(lines)/2], nil)) // the second region begins there
	kudu.Dialect{}.Parse(text.Region{Bytes: log[:cut], Own: cut, First: true}, inOrder)
	inOrder.Begin(int64(cut))
	kudu.Dialect{}.Parse(text.Region{Bytes: log[cut:], Own: len(log) - cut, Last: true}, inOrder)
	at, stated := 0, 0
	for i, line := range lines {
		part := text.NewSink()
		kudu.Dialect{}.Parse(text.Region{Bytes: line, Own: len(line), First: i == 0, Last: true}, part)
		joined.Append(part, int64(at))
		at += len(line)
		stated += len(part.Statements)
	}
	require.Equal(t, joined.Statements, inOrder.Statements)
	require.Equal(t, joined.Cut, inOrder.Cut)
	require.Equal(t, joined.Keys, inOrder.Keys)
	return stated - len(inOrder.Statements)
}

// A report that differs only in whom it names, and a dump without an end, which is counted each time.
func TestWhatIsAlmostToldAgain(t *testing.T) {
	report := func(tablet, server, leader byte) []byte {
		return fmt.Appendf(nil, "I20261121 05:04:17.000001 7 catalog_manager.cc:5331] T %s P %s reported cstate change: term changed "+
			"from 1 to 2. New cstate: current_term: 2 leader_uuid: \"%s\" committed_config { }\n", bytes.Repeat([]byte{tablet}, 32),
			bytes.Repeat([]byte{server}, 32), bytes.Repeat([]byte{leader}, 32))
	}
	a := report('a', 'b', 'c')
	require.Equal(t, 4, leftOut(t, [][]byte{a, a, a, report('a', 'b', 'd'), report('a', 'd', 'c'), report('d', 'b', 'c'), a, a}))
	endless := []byte("I20261121 05:04:17.000001 7 sys_catalog.cc:454] T t P p [sys.catalog]: SysCatalogTable state changed. Reason: x. " +
		"Latest consensus state: current_term: 2 leader_uuid: \"p\" committed_config { peers {\n")
	require.Equal(t, 3, leftOut(t, [][]byte{endless, endless, endless, endless}))
}

// masterLine draws a line of a master's: reports of a few tablets and dumps of its own group, some of them odd.
func masterLine(t *rapid.T) []byte {
	const one, other = "77cdf8ff9ea64dc1b1ef747d764d7080", "8326fd6e78e84f4bb9efad9554a558a6"
	uuid := func(name string) string {
		return rapid.SampledFrom([]string{one, one, one, one, other, other, "short", "77cdf8ff9ea64dc1-1ef747d764d7080"}).Draw(t, name)
	}
	term := rapid.IntRange(1, 2).Draw(t, "term")
	state := fmt.Sprintf(`current_term: %d leader_uuid: "%s" committed_config { opid_index: -1 peers { permanent_uuid: "%s" `+
		`member_type: VOTER last_known_addr { host: "m" port: 1 } } }`, term, uuid("leader"), uuid("peer"))
	var site, message string
	switch rapid.IntRange(0, 6).Draw(t, "kind") {
	case 0, 1, 2:
		site = "catalog_manager.cc:5331"
		message = fmt.Sprintf("T %s P %s reported cstate change: %s. New cstate: %s", uuid("tablet"), uuid("server"),
			rapid.SampledFrom([]string{"term changed from 1 to 2", "term changed from 1 to 2",
				"config changed from index 1 to 2", "now has a pending config",
				"leader changed from <none> to x"}).Draw(t, "diff"), state)
	case 3, 4, 5:
		site = "sys_catalog.cc:454"
		message = fmt.Sprintf("T %s P %s [sys.catalog]: SysCatalogTable state changed. Reason: Peer health change. "+
			"Latest consensus state: %s", uuid("tablet"), uuid("server"), state)
	case 6:
		site = "raft_consensus.cc:3037"
		message = fmt.Sprintf("T %s P %s [term %d FOLLOWER]: Advancing to term %d", uuid("tablet"), uuid("server"), term, term+1)
	}
	if rapid.IntRange(0, 9).Draw(t, "cut") == 0 {
		message = message[:rapid.IntRange(0, len(message)).Draw(t, "at")]
	}
	return fmt.Appendf(nil, "I20261121 05:04:17.000001 7 %s] %s\n", site, message)
}
