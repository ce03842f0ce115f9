package cassandra

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"tabletop/replay/text"
)

// The twin reads logs a second time, slowly: with regular expressions, one record after the other. It exists so that a
// line which the fast reader misses does not go unnoticed, and shares no code with it but the final form of a text.

// Bytes are taken for characters, one each, so that expressions see what is no text as well.
func latin(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		s.WriteRune(rune(c))
	}
	return s.String()
}

func unlatin(s string) string {
	var b []byte
	for _, c := range s {
		b = append(b, byte(c))
	}
	return string(b)
}

type twinHeader struct {
	at                           int64
	named, thread, file, message string
	place, level                 string
	cut                          int // where the message begins
}

const twinBlank = `(?: |\x1b\[[0-9;]{0,29}m)`

var (
	twinLine = regexp.MustCompile(`(?s)^(TRACE|DEBUG|INFO|WARN|ERROR)` + twinBlank + `+\[(.{0,255}?)\]` + twinBlank +
		`+(?:(<main>|node[0-9]{1,6}) )?([0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}[,.][0-9]{3})` + twinBlank +
		`+(?:(([^\x00-\x20:]{1,80}):[0-9?]{1,7}) - )?(.*)$`)
	twinBefore   = regexp.MustCompile(`(?s)(?:^|[^0-9A-Za-z]|\x1b\[[0-9;]{0,29}m)$`)
	twinThread   = regexp.MustCompile(`(?s)^(node[0-9]{1,6})_`)
	twinDateless = regexp.MustCompile(`(?s)^(?:TRACE|DEBUG|INFO|WARN|ERROR)` + twinBlank + `*[0-9]{2}:[0-9]{2}:[0-9]{2}.`)
)

func twinParse(line string) (h twinHeader, ok bool) {
	runes := []rune(line)
	for i := 0; i < len(runes) && i <= 128; i++ {
		if i == 1 && runes[0] == '\t' {
			break
		}
		if !strings.ContainsRune("TDIWE", runes[i]) || !twinBefore.MatchString(string(runes[:i])) {
			continue
		}
		m := twinLine.FindStringSubmatch(string(runes[i:]))
		if m == nil {
			continue
		}
		stamp := strings.Replace(strings.Replace(m[4], "T", " ", 1), ".", ",", 1)
		at, err := time.Parse("2006-01-02 15:04:05,000", stamp)
		if err != nil || at.Year() == 0 {
			continue
		}
		h = twinHeader{at: at.UnixMicro(), level: m[1], thread: m[2], named: m[3], place: m[5], file: m[6], message: m[7]}
		if t := twinThread.FindStringSubmatch(h.thread); h.named == "" && t != nil {
			h.named = t[1]
		}
		h.cut = len(runes) - len([]rune(m[7]))
		return h, true
	}
	return h, false
}

var (
	twinEndpoint = `(?:[^ ]*/)?(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*` +
		`(?:%[0-9A-Za-z]*)?\](?::[0-9]{1,5})?|[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%[0-9A-Za-z]*)?)`
	twinWhole   = regexp.MustCompile(`(?s)^` + twinEndpoint + `$`)
	twinAddress = regexp.MustCompile(`^(?:.*/)?(?:([0-9.]+)|\[(.*)\]|([^/\]]*:[^/\]]*:[^/\]]*))(?::([0-9]+))?$`)
)

func twinID(ep string) (id, address string) {
	m := twinAddress.FindStringSubmatch(ep)
	if m == nil {
		return "?" + ep, "?" + ep
	}
	host := m[1] + m[2] + m[3]
	address = host
	if m[4] != "" {
		address = host + ":" + m[4]
		if m[2] != "" {
			address = "[" + host + "]:" + m[4]
		}
	}
	if m[4] == "" || m[4] == "7000" || m[4] == "7001" || m[4] == "7012" {
		return host, address
	}
	return address, address
}

// twinRule is one template: E stands for an endpoint, N for a number, and named groups for what goes where.
type twinRule struct {
	files string // a regular expression
	text  string // with $1 as in Expand; "=" the message itself
	kind  text.Kind
	re    string
	peer  int // the endpoint that is the peer, from 1; 0 for none
	own   int // the endpoint that is the writing node
	unit  int64
}

func (r twinRule) compile() *regexp.Regexp {
	re := strings.ReplaceAll(strings.ReplaceAll(r.re, "<E>", "("+twinEndpoint+")"), "<N>", "([0-9]+)")
	return regexp.MustCompile(`(?s)^(?:` + re + `)$`)
}

// twin reads whole files.
type twin struct {
	rules []twinRule
	res   []*regexp.Regexp
	files []*regexp.Regexp
}

func newTwin() *twin {
	t := &twin{rules: twinRules()}
	for _, r := range t.rules {
		t.res = append(t.res, r.compile())
		t.files = append(t.files, regexp.MustCompile(`^(?:|[?]|(?:NoSpamLogger|`+r.files+`)\.java)$`))
	}
	return t
}

// read returns the statements of a file and the number of its headers.
func (t *twin) read(b []byte) (all []text.Statement, headers int) {
	offset := 0
	for n, line := range bytes.SplitAfter(b, []byte("\n")) {
		raw := bytes.TrimSuffix(line, []byte("\n"))
		if len(raw) < len(line) {
			raw = bytes.TrimSuffix(raw, []byte("\r"))
		}
		if h, ok := twinParse(latin(raw)); ok {
			headers++
			below := func() string { return t.below(b[offset+len(line):]) }
			for _, st := range t.statements(h, below) {
				st.At, st.Line, st.Offset = h.at, n, int64(offset)
				all = append(all, st)
			}
		}
		offset += len(line)
	}
	return all, headers
}

// below returns the lines of a record behind its first.
func (t *twin) below(b []byte) string {
	var body strings.Builder
	b = b[:min(len(b), text.MaxBody)]
	for _, line := range bytes.SplitAfter(b, []byte("\n")) {
		s := latin(bytes.TrimSuffix(line, []byte("\n")))
		if _, ok := twinParse(s); ok || twinDateless.MatchString(s) {
			break
		}
		body.WriteString(latin(line))
	}
	return body.String()
}

func (t *twin) statements(h twinHeader, below func() string) []text.Statement {
	message := string([]rune(h.message)[:min(len([]rune(h.message)), maxMessage)])
	for i, r := range t.rules {
		if !t.files[i].MatchString(h.file) {
			continue
		}
		m := t.res[i].FindStringSubmatch(message)
		if m == nil {
			continue
		}
		st := text.Statement{Kind: r.kind, Node: twinNode(h.named), Length: -1, Text: r.text}
		if r.text == "=" {
			st.Text = "$0"
		}
		for k := len(m) - 1; k >= 0; k-- {
			st.Text = strings.ReplaceAll(st.Text, "$"+strconv.Itoa(k), clip([]byte(unlatin(m[k]))))
		}
		ends := twinEnds(r.re, m)
		if r.peer > 0 {
			st.Peer, st.PeerAddress = twinID(ends[r.peer-1])
		}
		if r.own > 0 {
			id, address := twinID(ends[r.own-1])
			st.Text = address
			if st.Node == "" {
				st.Node = id
			}
			if st.Peer == id {
				st.Peer, st.PeerAddress = "", ""
			}
		}
		return t.special(r, st, m, h, below)
	}
	if regexp.MustCompile(`^(?:|[?]|(?:NoSpamLogger|PaxosPrepare|PaxosPropose|PaxosCommit|PaxosPrepareRefresh)\.java)$`).MatchString(h.file) {
		return twinPaxos(h, below)
	}
	return nil
}

// twinEnds returns what the endpoints among a rule's groups held.
func twinEnds(re string, m []string) (ends []string) {
	group := 0
	for i := 0; i < len(re); i++ {
		if re[i] == '\\' {
			i++
		} else if re[i] == '(' && (i+1 == len(re) || re[i+1] != '?') || strings.HasPrefix(re[i:], "<E>") || strings.HasPrefix(re[i:], "<N>") {
			group++
			if strings.HasPrefix(re[i:], "<E>") {
				ends = append(ends, m[group])
			}
		}
	}
	return ends
}

func twinNode(named string) string {
	if named == "" || named == "<main>" {
		return ""
	}
	number := strings.TrimPrefix(named, "node")
	if n, err := strconv.Atoi(number); err != nil || n < 1 || n > 255 || number[0] == '0' {
		return named
	}
	return "127.0.0." + number
}

// special fills in what a template does not hold.
func (t *twin) special(r twinRule, st text.Statement, m []string, h twinHeader, below func() string) []text.Statement {
	number := func(i int, times, by int64) int64 {
		n, err := strconv.ParseInt(m[i], 10, 64)
		if err != nil || n > math.MaxInt64/times {
			return -1
		}
		return n * times / by
	}
	if r.text == "!local" {
		alias := st
		alias.Kind, alias.Text = text.Alias, ""
		if alias.Peer, alias.PeerAddress = twinID(m[1]); st.Node != alias.Peer {
			return []text.Statement{alias, st}
		}
	}
	if ends := twinEnds(r.re, m); r.kind == text.Named && len(ends) > 2 && st.Peer != "" {
		both := st
		_, from := twinID(ends[1])
		to, _ := twinID(ends[2])
		both.Kind, both.Text = text.Connects, from+"->"+to
		if r.own == 3 {
			both.Kind = text.Accepts
		}
		return []text.Statement{st, both}
	}
	switch st.Text {
	case "!pause":
		st.Text, st.Length = "local pause", number(1, 1, 1000)
	case "!silent":
		st.Text, st.Length = "removed from gossip", number(2, 1000, 1)
	case "!gc":
		st.Text, st.Length = "gc", number(2, 1000, 1)
	case "!disk":
		st.Text = clip([]byte(unlatin(m[0])))
		f, _ := strconv.ParseFloat(m[3], 64)
		st.Length = int64(f*1000 + 1e-6)
	case "!dropped":
		st.Text, st.Length = clip([]byte(unlatin(m[1])))+" messages were dropped", max(number(5, 1000, 1), number(6, 1000, 1))
	case "!told":
		st.Node, _ = twinID(m[2])
		st.Told, st.Text = true, "shutting down"
	case "!slow":
		st.Text = clip([]byte(unlatin(m[0])))
		for _, found := range regexp.MustCompile(`time ([0-9]+) msec`).FindAllStringSubmatch(below(), -1) {
			n, err := strconv.ParseInt(found[1], 10, 64)
			if err == nil && n <= math.MaxInt64/1000 {
				st.Length = max(st.Length, n*1000)
			}
		}
	case "!thrown":
		st.Text = clip([]byte(unlatin(m[0])))
		if what := clip(bytes.TrimSpace([]byte(unlatin(strings.SplitN(below(), "\n", 2)[0])))); what != "" {
			st.Text += ": " + what
		}
	case "!tokens":
		st.Text = "token metadata"
		for _, found := range regexp.MustCompile(`(?m)(/[^ \n]*?):\[`).FindAllStringSubmatch(below(), -1) {
			if twinWhole.MatchString(found[1]) {
				id, _ := twinID(found[1])
				st.Yes = append(st.Yes, id)
			}
		}
		if len(st.Yes) == 0 {
			return nil
		}
	case "!config":
		return twinConfig(st, h)
	}
	return []text.Statement{st}
}

func twinConfig(st text.Statement, h twinHeader) []text.Statement {
	port := regexp.MustCompile(` storage_port=([0-9]{1,5})[;\]]`).FindStringSubmatch(h.message)
	for _, name := range []string{"broadcast_address", "listen_address"} {
		m := regexp.MustCompile(` ` + name + `=(` + twinEndpoint + `)[;\]]`).FindStringSubmatch(h.message)
		if m == nil {
			continue
		}
		ep := m[1]
		if port != nil {
			ep += ":" + port[1]
		}
		id, address := twinID(ep)
		if st.Node == "" {
			st.Node = id
		}
		st.Text = address
		return []text.Statement{st}
	}
	return nil
}

const twinUUID = `[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`

// twinStep is a line about a ballot: its text is made of b, the ballot, and c, the one carried along.
type twinStep struct{ re, text string }

func twinSteps() []twinStep {
	u := `(?P<b>` + twinUUID + `)`
	c := `(?P<c>` + twinUUID + `)`
	return []twinStep{
		{`Prepare\(` + u + `\) to`, "prepare b"},
		{`CommitAndPrepare\(.*?` + c + `.*` + u + `[^)]*\) to`, "prepare b, commit c"},
		{`Refresh .*?` + c + `.*` + u + `.* to`, "confirm b, refresh c"},
		{`(?:Proposal|Accepted)\([0-9]+:` + u + `.* to`, "propose b"},
		{`Promise\(null.*\) for ` + u + ` from`, "promise b"},
		{`Promise\(.*?` + c + `.*\) for ` + u + ` from`, "promise b, accepted c"},
		{`RejectPromise\(supersededBy=` + c + `\) for ` + u + ` from`, "refuse to promise b, superseded by c"},
		{`Accept for .*?` + u + `.* from`, "accept b"},
		{`RejectProposal\(supersededBy=` + c + `\) for .*?` + u + `.* from`, "refuse b, superseded by c"},
		{`Refresh Success from`, "refreshed"},
		{`Refresh SupersededBy\(` + u + `\) from`, "refresh superseded by b"},
		{`Prepare\(` + u + `\) (?P<why>[A-Z_]+) failure from`, "prepare b: why"},
		{`CommitAndPrepare\(.*` + u + `[^)]*\) (?P<why>[A-Z_]+) failure from`, "prepare b: why"},
		{`Proposal\([0-9]+:` + u + `.*\) (?P<why>[A-Z_]+) failure from`, "propose b: why"},
		{`(?:Accepted|Committed)\([0-9]+:` + u + `.*\) Success from`, "committed b"},
		{`(?:Accepted|Committed)\([0-9]+:` + u + `.*\) (?P<why>[A-Z_]+) from`, "commit b: why"},
	}
}

// twinPaxos reads a record of the Paxos coordinator to its last line.
func twinPaxos(h twinHeader, below func() string) []text.Statement {
	whole := h.message
	end := regexp.MustCompile(`(?m)^(?s:(.*?)) (to|from) (` + twinEndpoint + `)\r?$`)
	m := end.FindStringSubmatch(whole)
	if m == nil {
		whole += "\n" + below()
		if m = end.FindStringSubmatch(whole); m == nil {
			return nil
		}
	}
	for _, s := range twinSteps() {
		re := regexp.MustCompile(`(?s)^` + s.re + `$`)
		f := re.FindStringSubmatch(m[1] + " " + m[2])
		if f == nil {
			continue
		}
		group := func(name string) string {
			if i := re.SubexpIndex(name); i >= 0 {
				return f[i]
			}
			return ""
		}
		st := text.Statement{Kind: text.Ballot, Node: twinNode(h.named), Length: -1}
		st.Peer, st.PeerAddress = twinID(m[3])
		b := group("b")
		if b != "" {
			fmt.Sscanf(b[15:18]+b[9:13]+b[:8], "%x", &st.Index)
		}
		st.Text = regexp.MustCompile(`\b(b|c|why)\b`).ReplaceAllStringFunc(s.text, group)
		switch why := group("why"); {
		case why == "TIMEOUT":
			st.Kind = text.AckLate
		case why != "":
			st.Kind = text.Unreachable
		}
		all := []text.Statement{st}
		if !strings.HasPrefix(s.re, "Promise") {
			return all
		}
		st.Kind, st.Text = text.Electorate, b
		for _, found := range regexp.MustCompile(`[ {]([^ {]*)=EndpointState: `).FindAllStringSubmatch(m[1], -1) {
			id, _ := twinID(found[1])
			st.Yes = append(st.Yes, id)
		}
		if len(st.Yes) > 0 {
			all = append(all, st)
		}
		return all
	}
	return nil
}
