package etcd_test

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
	"tabletop/replay/etcd"
	"tabletop/replay/text"
)

// The twin reads every line with encoding/json and tries every regular expression on it: slow, and obvious. It must agree
// with Zap on every line of every recorded log.

type twinLine struct {
	json map[string]any
	msg  string
	at   int64
}

func twin(t *testing.T, log []byte) []text.Statement {
	var lines []twinLine
	for _, line := range strings.Split(strings.TrimSuffix(string(log), "\n"), "\n") {
		l := twinLine{json: map[string]any{}}
		require.NoError(t, json.Unmarshal([]byte(line), &l.json), line)
		stamp, err := time.Parse("2006-01-02T15:04:05.000000Z0700", l.json["ts"].(string))
		require.NoError(t, err)
		l.at, l.msg = stamp.UnixMicro(), l.json["msg"].(string)
		lines = append(lines, l)
	}
	var all []text.Statement
	rules := twinRules()
	for i, l := range lines {
		for _, s := range twinStatements(t, rules, l) {
			s.At, s.Line = l.at, i
			all = append(all, s)
		}
	}
	return all
}

const id = `([0-9a-f]{1,16})`

type twinRule struct {
	re *regexp.Regexp
	do func(m []string) []text.Statement
}

func one(s text.Statement) []text.Statement { return []text.Statement{s} }

func number(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

func isPre(s string) uint64 {
	if s == "Pre" {
		return 1
	}
	return 0
}

func twinRules() []twinRule {
	re := func(s string) *regexp.Regexp {
		return regexp.MustCompile("^" + strings.ReplaceAll(s, "<id>", id) + "$")
	}
	note := func(m []string) []text.Statement { return one(text.Statement{Node: m[1], Text: m[2]}) }
	return append(twinElections(re), []twinRule{
		{re(`newRaft <id> \[peers: \[(.*?)\], term: (\d+), .*`), func(m []string) (all []text.Statement) {
			if m[3] != "0" {
				all = one(text.Statement{Kind: text.TermIs, Node: m[1], Term: number(m[3]), Text: "newRaft"})
			}
			if m[2] != "" {
				all = append(all, text.Statement{Kind: text.Members, Node: m[1], Yes: strings.Split(m[2], ",")})
			}
			return all
		}},
		{re(`<id> switched to configuration voters=\((.+)\)`), func(m []string) []text.Statement {
			return one(text.Statement{Kind: text.Members, Node: m[1], Yes: strings.Fields(m[2])})
		}},
		{re(`raft.node: <id> elected leader <id> at term (\d+)`), func(m []string) []text.Statement {
			return one(text.Statement{Kind: text.LeaderIs, Node: m[1], Peer: m[2], Term: number(m[3])})
		}},
		{re(`raft.node: <id> changed leader from <id> to <id> at term (\d+)`), func(m []string) []text.Statement {
			return one(text.Statement{Kind: text.LeaderIs, Node: m[1], No: m[2:3], Peer: m[3], Term: number(m[4])})
		}},
		{re(`raft.node: <id> lost leader <id> at term (\d+)`), func(m []string) []text.Statement {
			return one(text.Statement{Kind: text.LeaderIs, Node: m[1], No: m[2:3], Term: number(m[3])})
		}},
		{re(`<id> \[term: (\d+)\] (received|ignored) a (\w+) message with (?:higher|lower) term from <id> \[term: (\d+)\]`),
			func(m []string) []text.Statement {
				s := text.Statement{Kind: text.HearsTerm, Node: m[1], Index: number(m[2]), Peer: m[5], Term: number(m[6]), Text: m[4]}
				if m[3] == "ignored" {
					s.Kind = text.Note
					switch {
					case strings.HasSuffix(m[4], "Resp"):
						s.Kind = text.AckLate
					case m[4] == "MsgVote":
						s.Kind = text.Votes
					case m[4] == "MsgApp" || m[4] == "MsgHeartbeat" || m[4] == "MsgSnap":
						s.Kind = text.RefusesOld
					}
				}
				return one(s)
			}},
		{re(`(found conflict at index .*)`), func(m []string) []text.Statement { return one(text.Statement{Text: m[1]}) }},
		{re(`<id> failed to send message to <id> because .*`), func(m []string) []text.Statement {
			return one(text.Statement{Kind: text.Unreachable, Node: m[1], Peer: m[2], Text: "raft: message not sent"})
		}},
		{re(`<id> (sends MsgTimeoutNow to <id> .*)`), func(m []string) []text.Statement {
			s := note(m)
			s[0].Peer = m[3]
			return s
		}},
		{re(`<id> \[term (\d+)\] (starts to transfer leadership to <id>)`), func(m []string) []text.Statement {
			return []text.Statement{{Kind: text.RoleIs, Role: trace.Leader, Node: m[1], Term: number(m[2])},
				{Node: m[1], Term: number(m[2]), Text: m[3], Peer: m[4]}}
		}},
		{re(`<id> (no leader at term (\d+); .*)`), func(m []string) []text.Statement {
			s := note(m)
			s[0].Term = number(m[3])
			return s
		}},
	}...)
}

func twinElections(re func(string) *regexp.Regexp) []twinRule {
	roles := map[string]trace.Role{"follower": trace.Follower, "pre-candidate": trace.PreCandidate,
		"candidate": trace.Candidate, "leader": trace.Leader}
	return []twinRule{
		{re(`<id> became (\S+) at term (\d+)`), func(m []string) []text.Statement {
			all := one(text.Statement{Kind: text.RoleIs, Node: m[1], Role: roles[m[2]], Term: number(m[3]), Now: true})
			stands := text.Statement{Kind: text.Stands, Node: m[1], Term: number(m[3])}
			switch m[2] {
			case "pre-candidate":
				stands.Pre = true
				stands.Term++
				return append(all, stands)
			case "candidate":
				return append(all, stands)
			}
			return all
		}},
		{re(`<id> \[logterm: \d+, index: \d+\] sent Msg(Pre)?Vote request to <id> at term (\d+)`),
			func(m []string) []text.Statement {
				return one(text.Statement{Kind: text.AsksVotes, Node: m[1], Pre: m[2] != "", Yes: []string{m[3]},
					Term: number(m[4]) + isPre(m[2])})
			}},
		{re(`<id> \[.*?\] (cast|rejected) Msg(Pre)?Vote (?:for|from) <id> \[.*?\] at term (\d+)`),
			func(m []string) []text.Statement {
				s := text.Statement{Kind: text.Votes, Node: m[1], Won: m[2] == "cast", Pre: m[3] != "", Peer: m[4], Term: number(m[5])}
				if s.Pre {
					s.Index = s.Term
					s.Term++
					if !s.Won {
						s.Term = 0
					}
				}
				return one(s)
			}},
		{re(`<id> \[.*?\] ignored Msg(Pre)?Vote from <id> \[.*?\] at term (\d+): (.*)`),
			func(m []string) []text.Statement {
				return one(text.Statement{Kind: text.Votes, Node: m[1], Pre: m[2] != "", Peer: m[3], Index: number(m[4]), Text: m[5]})
			}},
		{re(`<id> received Msg(Pre)?VoteResp( rejection)? from <id> at term (\d+)`),
			func(m []string) []text.Statement {
				return one(text.Statement{Kind: text.HearsVote, Node: m[1], Pre: m[2] != "", Won: m[3] == "", Peer: m[4],
					Term: number(m[5]) + isPre(m[2])})
			}},
		{re(`<id> (has received \d+ Msg(Pre)?VoteResp votes and \d+ vote rejections)`), func(m []string) []text.Statement {
			return one(text.Statement{Kind: text.Tally, Node: m[1], Pre: m[3] != "", Text: m[2]})
		}},
	}
}

func twinStatements(t *testing.T, rules []twinRule, l twinLine) []text.Statement {
	for _, r := range rules {
		if m := r.re.FindStringSubmatch(l.msg); m != nil {
			return r.do(m)
		}
	}
	return twinServer(t, l)
}

func (l twinLine) str(name string) string { s, _ := l.json[name].(string); return s }

func (l twinLine) length(t *testing.T, name string) int64 {
	d, err := time.ParseDuration(l.str(name))
	require.NoError(t, err)
	return d.Microseconds()
}

func (l twinLine) named(node string, urls string) (all []text.Statement) {
	for _, u := range l.json[urls].([]any) {
		all = append(all, text.Statement{Kind: text.Named, Node: node, Text: strings.TrimPrefix(u.(string), "http://"),
			Told: node != l.str("local-member-id")})
	}
	return all
}

func twinServer(t *testing.T, l twinLine) []text.Statement {
	local, peer := l.str("local-member-id"), l.str("peer-id")+l.str("remote-peer-id")+l.str("remote-member-id")+l.str("to")
	cut := func(s string) string { return s[:min(len(s), 200)] }
	switch l.msg {
	case "Running: ", "Running http and grpc server on single port. This is not recommended for production.",
		"configuring peer listeners":
		return one(text.Statement{Kind: text.Boot})
	case "starting an etcd server":
		return append([]text.Statement{{Kind: text.Start, Text: "etcd " + l.str("etcd-version")},
			{Kind: text.Named, Text: l.str("name")}}, l.named("", "initial-advertise-peer-urls")...)
	case "starting local member", "restarting local member":
		return one(text.Statement{Node: local, Text: l.msg + " of cluster " + l.str("cluster-id")})
	case "published local member to cluster through raft":
		name := regexp.MustCompile(`^{Name:(.*?) ClientURLs:`).FindStringSubmatch(l.str("local-member-attributes"))[1]
		return one(text.Statement{Kind: text.Named, Node: local, Text: name})
	case "now serving peer/client/metrics":
		return l.named(local, "initial-advertise-peer-urls")
	case "added member":
		return l.named(l.str("added-peer-id"), "added-peer-peer-urls")
	case "recovered/added member from store":
		return l.named(l.str("recovered-remote-peer-id"), "recovered-remote-peer-urls")
	case "added remote peer":
		return l.named(l.str("remote-peer-id"), "remote-peer-urls")
	case "received signal; shutting down":
		return one(text.Statement{Kind: text.Stop, Text: "signal: " + l.str("signal")})
	case "closed etcd server":
		return one(text.Statement{Kind: text.Stop, Text: "closed"})
	case "skipped leadership transfer; local server is not leader":
		return one(text.Statement{Kind: text.Stop, Node: local, Text: l.msg})
	case "leadership transfer starting", "leadership transfer finished", "leadership transfer failed":
		return one(text.Statement{Node: local, Peer: l.str("transferee-member-id") + l.str("new-leader-member-id"), Text: l.msg})
	case "slow fdatasync":
		return one(text.Statement{Kind: text.SlowDisk, Length: l.length(t, "took")})
	case "apply request took too long":
		return one(text.Statement{Kind: text.Slow, Length: l.length(t, "took"), Text: cut(l.str("prefix") + l.str("request"))})
	case "waiting for ReadIndex response took too long, retrying":
		return one(text.Statement{Kind: text.Slow, Length: l.length(t, "retry-timeout"), Text: "waiting for ReadIndex response"})
	case "peer became active", "established TCP streaming connection with remote peer":
		up := one(text.Statement{Kind: text.PeerUp, Node: local, Peer: peer, Text: l.msg})
		if s := l.str("stream-reader-type"); s != "" {
			up = append(up, one(text.Statement{Kind: text.Connects, Node: local, Peer: peer, Text: s + " of " + peer + " to " + local})...)
		} else if s := l.str("stream-writer-type"); s != "" {
			up = append(up, one(text.Statement{Kind: text.Accepts, Node: local, Peer: peer, Text: s + " of " + local + " to " + peer})...)
		}
		return up
	case "peer became inactive (message send to peer failed)", "peer deactivated again", "prober detected unhealthy status",
		"lost TCP streaming connection with remote peer", "failed to reach the peer URL":
		why := l.str("error")
		if strings.Contains(why, "context canceled") {
			return nil
		} else if why == "" {
			why = l.msg
		}
		return one(text.Statement{Kind: text.Unreachable, Node: local, Peer: peer, Text: cut(why)})
	}
	if strings.HasPrefix(l.msg, "leader failed to send out heartbeat") {
		return one(text.Statement{Kind: text.Late, Peer: peer, Length: l.length(t, "exceeded-duration"), Index: uint64(l.length(t, "expected-duration")),
			Text: "heartbeat"})
	}
	if strings.HasPrefix(l.msg, "ignored out-of-date read index response") {
		return one(text.Statement{Text: "ignored out-of-date read index response"})
	}
	return nil
}

func TestTwinAgrees(t *testing.T) {
	logs := captures(t)
	kinds := map[text.Kind]int{}
	for _, name := range names(logs) {
		log := logs[name]
		s := parse(etcd.Zap{}, log)
		assert.Equal(t, strings.Count(string(log), "\n"), s.Headers, name)
		assert.Equal(t, s.Lines, s.Headers, name)
		assert.True(t, s.Zoned && s.Exact && !s.Yearless, name)
		want := twin(t, log)
		require.Equal(t, len(want), len(s.Statements), name)
		offsets := lineOffsets(log)
		for i, got := range s.Statements {
			assert.Equal(t, offsets[got.Line], got.Offset, name)
			kinds[got.Kind]++
			got.Offset, got.Key = 0, 0
			require.Equal(t, describe(want[i]), describe(got), name)
			require.Equal(t, want[i], got, name)
		}
	}
	// What the recorded logs hold: a rule that nothing matches is not tested by them.
	for _, k := range []text.Kind{text.Note, text.Start, text.Stop, text.Named, text.Members, text.RoleIs, text.TermIs,
		text.Stands, text.AsksVotes, text.Votes, text.HearsVote, text.Tally, text.LeaderIs, text.HearsTerm, text.AckLate,
		text.Unreachable, text.PeerUp, text.Late, text.SlowDisk, text.Slow, text.Boot} {
		assert.Positive(t, kinds[k], k.String())
	}
}

func lineOffsets(b []byte) []int64 {
	offsets := []int64{0}
	for i, c := range b {
		if c == '\n' {
			offsets = append(offsets, int64(i+1))
		}
	}
	return offsets
}

// TestKeysTellLinesApart: with Exact, a key that two lines share would lose one of them.
func TestKeysTellLinesApart(t *testing.T) {
	logs := captures(t)
	for _, name := range names(logs) {
		seen := map[uint64]string{}
		lines := strings.Split(string(logs[name]), "\n")
		for i, k := range parse(etcd.Zap{}, logs[name]).Keys {
			if was, ok := seen[k]; ok {
				assert.Equal(t, was, lines[i], name)
			}
			seen[k] = lines[i]
		}
	}
}
