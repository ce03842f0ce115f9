package kudu_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabletop/replay/text"
)

// The twin reads logs with regular expressions, slowly and in another way: header by header, each message with the lines
// behind it. Both must say the same of every line.

// message is a header with its text and what follows it.
type message struct {
	at   int64
	tid  uint64
	file string
	text string
	line int
}

var headerOf = regexp.MustCompile(`^([IWEF])(\d{4})?(\d{2})(\d{2}) (\d{2}):(\d{2}):(\d{2})\.(\d{6}) +(\d+) ([^\x00- :\]]+):(\d+)\](?: (.*))?$`)

func messages(log string) (all []message) {
	lines := strings.Split(strings.TrimSuffix(log, "\n"), "\n")
	for n, line := range lines {
		m := headerOf.FindStringSubmatch(line)
		if m == nil {
			if len(all) > 0 {
				all[len(all)-1].text += "\n" + line
			}
			continue
		}
		num := func(i int) int { v, _ := strconv.Atoi(m[i]); return v }
		at := time.Date(num(2), time.Month(num(3)), num(4), num(5), num(6), num(7), num(8)*1000, time.UTC)
		tid, _ := strconv.ParseUint(m[9], 10, 64)
		all = append(all, message{at.UnixMicro(), tid, m[10], m[12], n})
	}
	return all
}

// rule turns a message into what it states: words in which $1 and so on stand for what was found.
type rule struct {
	file string
	re   *regexp.Regexp
	says []string
}

const (
	tp    = `^T (?P<group>\w+) P (?P<node>\w+)`
	raft  = tp + ` \[term (?P<term>\d+) (?P<role>\w+)\]: `
	kind  = `(?P<pre>pre-)?`
	peers = `(?P<config>opid_index: .*)`
)

func r(file, re string, says ...string) rule {
	return rule{file, regexp.MustCompile(`(?s)` + re), says}
}

func rules() []rule { return slices.Concat(raftRules(), otherRules()) }

func raftRules() []rule {
	const role = "role ${role} term=${term}"
	return []rule{
		r("raft_consensus.cc", raft+`Becoming Leader\. `, "role LEADER now term=${term}"),
		r("raft_consensus.cc", raft+`Becoming Follower/Learner\. `, "role ${follows} now term=${term}"),
		r("raft_consensus.cc", raft+`Starting `+kind+`(?:leader )?(?:election )?\(detected failure of leader (?P<peer>\w{32})\)?$`,
			role, "stands term=${next} peer=${peer} ${pre}"),
		r("raft_consensus.cc", raft+`Starting `+kind+`(?:leader )?election \((?:no|initial|received)`, role, "stands term=${next} ${pre}"),
		r("raft_consensus.cc", raft+`Starting .*? with config: `+peers, role, "members ${members}"),
		r("raft_consensus.cc", raft+`Replica starting\. .*Active config: `+peers, role, "members ${members}"),
		r("raft_consensus.cc", raft+`Committing config change .*New config: { `+peers, role, "members ${members}"),
		r("raft_consensus.cc", raft+`Stepping down as leader of term (?P<new>\d+)`, role, "steps-down term=${new}"),
		r("raft_consensus.cc", raft+`Advancing to term (?P<new>\d+)`, role, "term term=${new}"),
		r("raft_consensus.cc", raft+`Leader `+kind+`election won for term (?P<new>\d+)`, role, "decided term=${new} won ${pre}"),
		r("raft_consensus.cc", raft+`Leader `+kind+`election lost for term (?P<new>\d+)`, role, "decided term=${new} ${pre}"),
		r("raft_consensus.cc", raft+`Leader `+kind+`election decision vote started in defunct term (?P<new>\d+): won`, role,
			"decided term=${new} won ${pre}"),
		r("raft_consensus.cc", raft+`Leader pre-election vote request: Granting yes vote for candidate (?P<peer>\w+) in term (?P<new>\d+)\.`,
			role, "votes peer=${peer} index=${new} won pre"),
		r("raft_consensus.cc", raft+`Leader election vote request: Granting yes vote for candidate (?P<peer>\w+) in term (?P<new>\d+)\.`,
			role, "votes term=${new} peer=${peer} won"),
		r("raft_consensus.cc", raft+`Leader `+kind+`election vote request: Already granted yes vote for candidate (?P<peer>\w+) in term (?P<new>\d+)\.`,
			role, "votes term=${new} peer=${peer} won ${pre}"),
		r("raft_consensus.cc", raft+`Leader `+kind+`election vote request: Denying vote to candidate (?P<peer>\w+) (?:in current|for) term (?P<new>\d+)`,
			role, "votes term=${new} peer=${peer} ${pre}"),
		r("raft_consensus.cc", raft+`Leader `+kind+`election vote request: Denying vote to candidate (?P<peer>\w+) for earlier term (?P<new>\d+)\. Current term is (?P<mine>\d+)`,
			role, "votes term=${new} peer=${peer} index=${mine} ${pre}"),
		r("raft_consensus.cc", raft+`Rejecting Update request from peer (?P<peer>\w+) for earlier term (?P<new>\d+)\. Current term is (?P<mine>\d+)`,
			role, "refuses-old term=${new} peer=${peer} index=${mine}"),
		r("raft_consensus.cc", raft+`Raft consensus is shut down!`, role, "stop"),
		r("raft_consensus.cc", raft, role),
	}
}

func otherRules() []rule {
	const c = tp + ` \[CANDIDATE\]: Term (?P<term>\d+) (?P<pre>pre-)?election: `
	return []rule{
		r("leader_election.cc", c+`Requested (?:pre-)?vote from peers (?P<asked>.*)`, "asks-votes term=${term} yes=${asked} ${pre}"),
		r("leader_election.cc", c+`Election decided\. Result: candidate (?P<won>won|lost)\..* yes voters: (?P<yes>[^;]*); no voters: (?P<no>.*)`,
			"decided term=${term} yes=${yes} no=${no} ${won} ${pre}"),
		r("leader_election.cc", c+`RPC error from VoteRequest\(\) call to peer (?P<peer>\w+) \(`, "unreachable term=${term} peer=${peer} ${pre}"),
		r("leader_election.cc", c+`(?:Tablet error from VoteRequest\(\) call to|Vote denied by) peer (?P<peer>\w+) `, "hears-vote term=${term} peer=${peer} ${pre}"),
		r("consensus_queue.cc", tp+` \[\w+\]: Queue going to NON_LEADER mode.*active raft config: `+peers, "members ${members}"),
		r("consensus_queue.cc", tp+` \[\w+\]: Queue going to LEADER mode.*Current term: (?P<term>\d+),.*active raft config: `+peers,
			"role LEADER term=${term}", "members ${members}"),
		r("consensus_queue.cc", tp+` \[LEADER\]: Leader has been unable .* with peer (?P<peer>\w+) .*\((?P<sec>[\d.]+)s\)`,
			"peer-silent peer=${peer} length=${sec}"),
		r("consensus_queue.cc", tp+` \[LEADER\]: Peer responded invalid term: Peer: permanent_uuid: "(?P<peer>\w+)"`, "hears-term peer=${peer}"),
		r("consensus_peers.cc", tp+` -> Peer (?P<peer>\w+) .*: Couldn't send request`, "unreachable peer=${peer}"),
		r("consensus_peers.cc", `^Error getting permanent uuid from config peer`, "unreachable"),
		r("sys_catalog.cc", tp+` \[sys.catalog\]: SysCatalogTable state changed\..*state: current_term: (?P<term>\d+)(?: leader_uuid: "(?P<peer>\w*)")? committed_config { [^$]*?(?:pending_config { )?`+peers,
			"leader term=${term} peer=${peer}", "members ${members}"),
		r("sys_catalog.cc", tp+` \[sys.catalog\]: This master's current role is: (?P<role>LEADER|FOLLOWER|LEARNER)`, "role ${role}"),
		r("catalog_manager.cc", `^T (?P<group>\w+) P (?P<node>\w+) reported cstate change: (?:config changed|[^.]*<none>|.*pending config).*New cstate: current_term: (?P<term>\d+)(?: leader_uuid: "(?P<peer>\w*)")? committed_config { [^$]*?(?:pending_config { )?`+peers,
			"leader told term=${term} peer=${peer}", "members told ${members}"),
		r("catalog_manager.cc", `^T (?P<group>\w+) P (?P<node>\w+) reported cstate change: .*New cstate: current_term: (?P<term>\d+)(?: leader_uuid: "(?P<peer>\w*)")?`,
			"leader told term=${term} peer=${peer}"),
		r("catalog_manager.cc", `^Servicing CreateTable .*\nname: "([^"]*)"`, `catalog "create $1"`),
		r("catalog_manager.cc", `^Servicing AlterTable .*\ntable { table_name: "([^"]*)" } new_table_name: "([^"]*)"`, `catalog "rename $1 $2"`),
		r("catalog_manager.cc", `^Servicing AlterTable .*\ntable { table_name: "([^"]*)" }`, `catalog "alter $1"`),
		r("catalog_manager.cc", `^Servicing SoftDeleteTable .*\ntable { table_name: "([^"]*)" }`, `catalog "soft-delete $1"`),
		r("catalog_manager.cc", `^Servicing DeleteTable .*\ntable { table_name: "([^"]*)" }`, `catalog "delete $1"`),
		r("catalog_manager.cc", tp+`: (?P<name>\S+) \[id=\w+\] alter complete \(version (?P<new>\d+)\)`, `catalog index=${new} "altered ${name}"`),
		r("tablet_service.cc", `^Received RequestConsensusVote\(\) RPC: tablet_id: "(?P<group>\w+)" candidate_uuid: "(?P<peer>\w+)" candidate_term: (?P<term>\d+) .*last_received { term: \d+ index: (?P<index>\d+) }.*dest_uuid: "(?P<node>\w+)"(?: is_pre_election: true(?P<pre>))?`,
			"was-asked term=${term} peer=${peer} index=${index} ${pre}"),
		r("heartbeater.cc", `^Failed to heartbeat to `, "unreachable"),
		r("proxy.cc", `^Call had error, refreshing address`, "unreachable"),
		r("connection.cc", `^RPC call timeout handler was delayed by (?P<sec>[\d.]+)s!`, "late length=${sec}"),
		r("fs_manager.cc", `^(?:Opened local filesystem|Generated new instance metadata).*\nuuid: "(?P<node>\w+)"`, "named"),
		r("rpc_server.cc", `Bound to: (\S+)`, `named "$1"`),
		r("flags.cc", `^Enabled (?:unsafe|experimental) flag: `, "boot"),
		r("master_runner.cc", `^Master server non-default flags:.*\nkudu ([^\n]*)`, `start "master, Kudu $1"`),
		r("tablet_server_runner.cc", `^Tablet server non-default flags:.*\nkudu ([^\n]*)`, `start "tablet server, Kudu $1"`),
	}
}

var (
	peerOf  = regexp.MustCompile(`permanent_uuid: "(\w+)" member_type: (VOTER|NON_VOTER) last_known_addr { host: "([^"]*)" port: (\d+) }`)
	idOf    = regexp.MustCompile(`[0-9a-f]{32}`)
	spaces  = regexp.MustCompile(`  +`)
	emptyOf = regexp.MustCompile(` \w+=( |$)`)
)

// states returns what the twin takes a message to say.
func (r rule) states(m message) []string {
	found := r.re.FindStringSubmatchIndex(m.text)
	if found == nil {
		return nil
	}
	get := func(name string) string {
		if i := r.re.SubexpIndex(name); i >= 0 && found[2*i] >= 0 {
			return m.text[found[2*i]:found[2*i+1]]
		}
		return ""
	}
	has := func(name string) bool { i := r.re.SubexpIndex(name); return i >= 0 && found[2*i] >= 0 }
	term, _ := strconv.Atoi(get("term"))
	follows := "FOLLOWER"
	if get("role") == "LEARNER" {
		follows = "LEARNER"
	}
	values := strings.NewReplacer("${next}", strconv.Itoa(term+1), "${follows}", follows, "${members}", membersOf(get("config")),
		"${asked}", strings.Join(idOf.FindAllString(get("asked"), -1), ","), "${yes}", strings.ReplaceAll(get("yes"), ", ", ","),
		"${no}", strings.ReplaceAll(strings.TrimSpace(get("no")), ", ", ","), "${pre}", map[bool]string{true: "pre"}[has("pre")],
		"${won}", map[bool]string{true: "won"}[get("won") == "won"])
	var all []string
	for _, says := range r.says {
		if strings.HasPrefix(says, "role ${role}") && !slices.Contains([]string{"LEADER", "FOLLOWER", "LEARNER"}, get("role")) {
			continue
		}
		out := string(r.re.ExpandString(nil, values.Replace(says), m.text, found))
		for _, name := range []string{"group", "node"} {
			if v := get(name); v != "" {
				out += " " + name + "=" + v
			}
		}
		out = strings.ReplaceAll(out, "=0 ", "= ")
		for emptyOf.MatchString(out) {
			out = emptyOf.ReplaceAllString(out, " ")
		}
		all = append(all, strings.TrimSpace(spaces.ReplaceAllString(out, " ")))
	}
	return all
}

// membersOf reads the last configuration of a text.
func membersOf(config string) string {
	if i := strings.LastIndex(config, "pending_config { "); i >= 0 {
		config = config[i:]
	}
	var yes, no, addresses []string
	for _, m := range peerOf.FindAllStringSubmatch(config, -1) {
		if m[2] == "VOTER" {
			yes = append(yes, m[1])
		} else {
			no = append(no, m[1])
		}
		addresses = append(addresses, m[1]+"="+m[3]+":"+m[4])
	}
	index := ""
	if m := regexp.MustCompile(`opid_index: (\d+)`).FindStringSubmatch(config); m != nil {
		index = m[1]
	}
	return fmt.Sprintf("index=%s yes=%s no=%s %q", index, strings.Join(yes, ","), strings.Join(no, ","), strings.Join(addresses, " "))
}

// shown returns a statement in the twin's words: role LEADER now term=3 group=0 node=… .
func shown(st text.Statement) string {
	var b strings.Builder
	b.WriteString(st.Kind.String())
	add := func(ok bool, format string, args ...any) {
		if ok {
			fmt.Fprintf(&b, " "+format, args...)
		}
	}
	add(st.Kind == text.RoleIs, "%s", strings.ToUpper(st.Role.String()))
	add(st.Now, "now")
	add(st.Told, "told")
	add(st.Term != 0, "term=%d", st.Term)
	add(st.Peer != "", "peer=%s", st.Peer)
	add(st.Index != 0, "index=%d", st.Index)
	add(len(st.Yes) > 0, "yes=%s", strings.Join(st.Yes, ","))
	add(len(st.No) > 0, "no=%s", strings.Join(st.No, ","))
	timed := st.Kind == text.Late || st.Kind == text.PeerSilent
	add(timed, "length=%s", strconv.FormatFloat(float64(st.Length)/1e6, 'f', -1, 64))
	add(st.Won, "won")
	add(st.Pre, "pre")
	add(st.Text != "" && slices.Contains([]text.Kind{text.Catalog, text.Named, text.Start, text.Members}, st.Kind), "%q", st.Text)
	add(st.Group != "", "group=%s", st.Group)
	add(st.Node != "", "node=%s", st.Node)
	return b.String()
}

// agree compares the two on one log, and returns how many statements they agree on.
func agree(t *testing.T, name string, log []byte) int {
	all := rules()
	s := parse(log)
	byLine := map[int][]string{}
	for _, st := range s.Statements {
		if st.Kind != text.Note && st.Kind != text.FileDate {
			byLine[st.Line] = append(byLine[st.Line], shown(st))
		}
	}
	n := 0
	own := messages(string(log))
	require.Equal(t, len(own), s.Headers, name)
	writers := map[uint64]int{}
	for _, m := range own {
		writers[m.tid]++
		var want []string
		for _, r := range all {
			if r.file == m.file {
				if want = r.states(m); want != nil {
					break
				}
			}
		}
		require.Equal(t, want, byLine[m.line], "%s:%d: %s", name, m.line+1, m.text)
		n += len(want)
	}
	for tid, lines := range writers {
		require.NotNil(t, s.Writers[tid], "%s: thread %d", name, tid)
		require.Equal(t, lines, s.Writers[tid].Lines, "%s: thread %d", name, tid)
	}
	at := map[int]int64{}
	for _, m := range own {
		at[m.line] = m.at
	}
	for _, st := range s.Statements {
		if st.Kind != text.FileDate {
			require.Equal(t, at[st.Line], st.At, "%s:%d", name, st.Line+1)
		}
	}
	require.Equal(t, strings.Count(string(log), "\n"), s.Lines, name)
	return n
}

func TestTwinAgreesOnTestdata(t *testing.T) {
	for _, name := range []string{"kudu-3266.log", "run1-table-3-m1.log", "run1-table-3-m2.log", "run1-table-3-m3.log"} {
		b, err := os.ReadFile("testdata/" + name)
		require.NoError(t, err)
		require.Positive(t, agree(t, name, b))
	}
}

func TestTwinAgreesOnCaptures(t *testing.T) {
	n := 0
	for name, log := range captures(t) {
		n += agree(t, name, log)
	}
	require.Greater(t, n, 3000)
	t.Logf("%d statements", n)
}
