package scenes

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/tools/txtar"

	"tabletop/engine"
	"tabletop/engine/check"
	"tabletop/engine/trace"
)

// line is one line of a script: a command, a wait, a mark, an expectation or a stop.
type line struct {
	at       int // line number in the file
	variants []string
	command  *engine.Command
	wait     *wait
	mark     string
	let      *let
	expect   *expect
	stop     *stop
}

func (l line) in(variant string) bool {
	return len(l.variants) == 0 || slices.Contains(l.variants, variant)
}

// conditions returns what the line waits for or judges.
func (l line) conditions() []condition {
	switch {
	case l.expect != nil:
		return l.expect.conditions
	case l.stop != nil:
		return l.stop.conditions
	}
	return nil
}

// wait lets a duration pass, from now or from a mark. The duration may be a setting, "$pause", or lie anywhere between
// two, "500ms to 3s": nobody's hand knows the phase of a heartbeat.
type wait struct{ duration, to, after string }

// let names the node that has a role now, for the rest of the script: roles move on.
type let struct{ name, node string }

type expect struct {
	conditions []condition
	text       string
}

type stop struct {
	at         int // line number in the file
	conditions []condition
	within     trace.Time
	caption    string
	note       []prose
	questions  []*question // one in each variant
}

// prose is a paragraph beside a stop, for some variants or for all.
type prose struct {
	variants []string
	text     string
}

// The limits of a scene file.
const (
	maxFile   = 256 << 10
	maxLines  = 2000
	patience  = 30_000_000 // how long a stop waits when it does not say
	maxWithin = 600_000_000
)

type parser struct {
	file    string
	scene   *Scene
	cluster *engine.Cluster // knows verbs and nodes
	last    *stop           // what caption and note lines belong to
	// The variants of the line being read, and of the last stop, empty for all.
	present, lasts []string
}

// Parse reads a scene file. Errors name the file, the line and what was expected.
func Parse(name string, source []byte) (*Scene, error) {
	if len(source) > maxFile {
		return nil, fmt.Errorf("%s:1: the file has %d bytes: want at most %d", name, len(source), maxFile)
	}
	p := &parser{file: name, scene: &Scene{Kind: "simulation", Seed: 1}}
	sections := map[string]func(int, string) error{"scene": p.header, "cluster": p.nodes, "variants": p.variant,
		"settings": p.setting, "script": p.script, "notes": p.notes}
	archive := txtar.Parse(bytes.TrimPrefix(source, []byte("\ufeff")))
	at := 1 + strings.Count(string(archive.Comment), "\n")
	var seen []string
	for _, f := range archive.Files {
		read, ok := sections[f.Name]
		if !ok {
			return nil, p.errorf(at, "unknown section %q: want scene, cluster, variants, settings, script or notes", f.Name)
		}
		if slices.Contains(seen, f.Name) {
			return nil, p.errorf(at, "section %q stands twice", f.Name)
		}
		if p.recorded() && (f.Name == "cluster" || f.Name == "settings") {
			return nil, p.errorf(at, "a recorded scene has no section %q: its nodes are those of its logs", f.Name)
		}
		if f.Name == "script" && !p.recorded() {
			if err := p.probe(at); err != nil {
				return nil, err
			}
		}
		seen = append(seen, f.Name)
		lines := strings.Split(strings.TrimSuffix(string(f.Data), "\n"), "\n")
		for i, text := range lines {
			trimmed := strings.TrimSpace(text)
			if f.Name != "notes" && (trimmed == "" || strings.HasPrefix(trimmed, "#")) {
				continue
			}
			if err := read(at+1+i, trimmed); err != nil {
				return nil, err
			}
		}
		at += 1 + strings.Count(string(f.Data), "\n")
	}
	for _, want := range []string{"scene", "cluster", "variants", "script"} {
		if !slices.Contains(seen, want) && (want != "cluster" || !p.recorded()) {
			return nil, p.errorf(at, "there is no section %q", "-- "+want+" --")
		}
	}
	return p.scene, p.complete(at)
}

// recorded reports whether the scene is played from logs.
func (p *parser) recorded() bool { return p.scene.Kind == Recorded }

// complete reports what only the whole file shows to be missing.
func (p *parser) complete(at int) error {
	switch {
	case p.scene.ID == "" || p.scene.Title == "":
		return p.errorf(at, "the scene has no id or no title")
	case len(p.scene.Variants) == 0:
		return p.errorf(at, "the scene has no variant")
	case len(p.scene.script) == 0:
		return p.errorf(at, "the script is empty: want a command, a wait, a stop or an expectation")
	}
	return p.captioned()
}

// captioned reports a stop without a caption, or with half a question.
func (p *parser) captioned() error {
	if p.last == nil {
		return nil
	}
	if p.last.caption == "" {
		return p.errorf(p.last.at, "the stop has no caption")
	}
	if err := p.last.asked(); err != nil {
		return p.errorf(p.last.questions[len(p.last.questions)-1].at, "%s", err)
	}
	return nil
}

func (p *parser) errorf(at int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", p.file, at, fmt.Sprintf(format, args...))
}

func (p *parser) header(at int, text string) error {
	key, value, _ := strings.Cut(text, " ")
	value = strings.TrimSpace(value)
	field := map[string]*string{"id": &p.scene.ID, "title": &p.scene.Title, "system": &p.scene.System,
		"source": &p.scene.Source}[key]
	switch {
	case value == "":
		return p.errorf(at, "%q has no value", key)
	case strings.ContainsFunc(value, unicode.IsControl):
		return p.errorf(at, "%q has a control character", key)
	case field != nil:
		*field = value
	case key == "kind" && value == Recorded:
		p.scene.Kind = value
	case key == "kind":
		return p.errorf(at, "kind %q: want %s, or no such line for a simulation", value, Recorded)
	case key == "seed":
		seed, err := strconv.ParseUint(value, 10, 64)
		if err != nil || seed == 0 || seed > MaxSeed {
			return p.errorf(at, "seed %q: want a positive number", value)
		}
		p.scene.Seed = seed
	default:
		return p.errorf(at, "unknown key %q: want id, title, system, source, seed or kind", key)
	}
	return nil
}

// The most nodes that a scene may have of a kind.
const (
	mostMasters = 9
	mostServers = 40
	mostClients = 32
)

func (p *parser) nodes(at int, text string) error {
	words := strings.Fields(text)
	kinds := map[string]struct {
		ids  *[]string
		most int
	}{"masters": {&p.scene.Masters, mostMasters}, "joining": {&p.scene.Joining, mostMasters}, "servers": {&p.scene.Servers, mostServers},
		"clients": {&p.scene.Clients, mostClients}}
	kind, ok := kinds[words[0]]
	switch {
	case !ok:
		return p.errorf(at, "unknown kind of node %q: want masters, joining, servers or clients", words[0])
	case len(*kind.ids) > 0:
		return p.errorf(at, "%s stand twice", words[0])
	case len(words) == 1 || len(words)-1 > kind.most:
		return p.errorf(at, "%s: want 1 to %d nodes", words[0], kind.most)
	}
	*kind.ids = words[1:]
	all := slices.Concat(p.scene.Masters, p.scene.Joining, p.scene.Servers, p.scene.Clients)
	if i := slices.IndexFunc(all, engine.IsRole); i >= 0 {
		return p.errorf(at, "%s is a role and cannot be a node's name", all[i])
	}
	n := len(all)
	slices.Sort(all)
	if len(slices.Compact(all)) != n {
		return p.errorf(at, "%s: a name stands twice", words[0])
	}
	return nil
}

// variant reads "ID OUTCOME linearizable|not-linearizable [KEY=VALUE]… TEXT".
func (p *parser) variant(at int, text string) error {
	words := strings.Fields(text)
	if len(words) < 4 {
		return p.errorf(at, "want ID OUTCOME linearizable|not-linearizable [KEY=VALUE]… TEXT")
	}
	if slices.ContainsFunc(p.scene.Variants, func(v Variant) bool { return v.ID == words[0] }) {
		return p.errorf(at, "variant %q stands twice", words[0])
	}
	v := Variant{ID: words[0], Outcome: check.Outcome(words[1]), Linearizable: words[2] == "linearizable"}
	if !slices.Contains([]check.Outcome{check.Anomaly, check.Clean, check.Timeout}, v.Outcome) {
		return p.errorf(at, "unknown outcome %q: want anomaly, clean or timeout", words[1])
	}
	if words[2] != "linearizable" && words[2] != "not-linearizable" {
		return p.errorf(at, "%q: want linearizable or not-linearizable", words[2])
	}
	words = words[3:]
	if number, ok := strings.CutPrefix(words[0], "cluster="); ok && p.recorded() {
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 {
			return p.errorf(at, "cluster %q: want a number from 0", number)
		}
		v.cluster, words = n, words[1:]
	}
	for ; len(words) > 0 && strings.Contains(words[0], "="); words = words[1:] {
		key, value, _ := strings.Cut(words[0], "=")
		knob, err := knob(key)
		if p.recorded() {
			err = fmt.Errorf("a recorded scene has no settings: want cluster=N or none")
		}
		if err == nil {
			err = knob.Check(value)
		}
		if err != nil {
			return p.errorf(at, "%s", err)
		}
		v.set = append(v.set, trace.Setting{Key: key, Value: value})
	}
	v.Text = strings.Join(words, " ")
	if len(p.scene.Variants) == 0 {
		p.scene.DefaultVariant = v.ID
	}
	p.scene.Variants = append(p.scene.Variants, v)
	return nil
}

func knob(key string) (engine.Setting, error) {
	var keys []string
	for _, k := range engine.Knobs() {
		if k.Key == key {
			return k, nil
		}
		keys = append(keys, k.Key)
	}
	return engine.Setting{}, fmt.Errorf("unknown setting %q: want one of %s", key, strings.Join(keys, ", "))
}

// setting reads "KEY DEFAULT" for one of the engine's, or "KEY = DURATION HELP" for one of the script's own.
func (p *parser) setting(at int, text string) error {
	words := strings.Fields(text)
	var s engine.Setting
	if len(words) > 2 && words[1] == "=" {
		s = engine.Setting{Key: words[0], Type: "duration", Default: words[2], Help: strings.Join(words[3:], " ")}
		if _, err := knob(s.Key); err == nil {
			return p.errorf(at, "setting %s is the engine's: want %s DEFAULT", s.Key, s.Key)
		}
	} else {
		k, err := knob(words[0])
		if err != nil {
			return p.errorf(at, "%s", err)
		}
		s = k
		if len(words) > 1 {
			s.Default = words[1]
		}
	}
	if err := s.Check(s.Default); err != nil {
		return p.errorf(at, "%s", err)
	}
	if slices.ContainsFunc(p.scene.Settings, func(o engine.Setting) bool { return o.Key == s.Key }) {
		return p.errorf(at, "setting %s stands twice", s.Key)
	}
	p.scene.Settings = append(p.scene.Settings, s)
	return nil
}

func (p *parser) notes(_ int, text string) error {
	p.scene.Notes += text + "\n"
	return nil
}

// probe starts the scene's cluster, to know which verbs and nodes there are.
func (p *parser) probe(at int) error {
	switch {
	case p.scene.System == "":
		return p.errorf(at, "the script stands before the scene's system is known: want it in section %q above", "-- scene --")
	case len(p.scene.Masters) == 0:
		return p.errorf(at, "the script stands before any master: want them in section %q above", "-- cluster --")
	}
	c, err := engine.New(p.scene.config(Variant{}, 1, nil))
	if err != nil {
		return p.errorf(at, "%s", err)
	}
	p.cluster = c
	return nil
}

// script reads a line of the script.
func (p *parser) script(at int, text string) error {
	key, rest, _ := strings.Cut(text, " ")
	rest = strings.TrimSpace(rest)
	l := line{at: at}
	if strings.HasPrefix(key, "[") {
		if !strings.HasSuffix(key, "]") {
			return p.errorf(at, "%q: want variants in brackets without spaces, as in [one,two]", key)
		}
		names := strings.Trim(key, "[]")
		for _, name := range strings.Split(names, ",") {
			if _, err := p.scene.Variant(name); err != nil {
				return p.errorf(at, "%s", err)
			}
			l.variants = append(l.variants, name)
		}
		key, rest, _ = strings.Cut(rest, " ")
		rest = strings.TrimSpace(rest)
	}
	p.present = l.variants
	switch key {
	case "caption", "note", "ask", "option", "because":
		if len(l.variants) == 0 {
			p.present = p.lasts
		}
		return p.prose(l, key, rest)
	}
	if err := p.captioned(); err != nil {
		return err
	}
	if len(p.scene.script) >= maxLines {
		return p.errorf(at, "the script has more than %d lines", maxLines)
	}
	if err := p.action(&l, key, strings.TrimSpace(rest)); err != nil {
		return p.errorf(at, "%s", err)
	}
	p.scene.script = append(p.scene.script, l)
	return nil
}

func (p *parser) prose(l line, key, text string) error {
	if err := p.placeholders(text); err != nil {
		return p.errorf(l.at, "%s: %s", key, err)
	}
	if key != "caption" && key != "note" {
		if err := p.asks(l, key, text); err != nil {
			return p.errorf(l.at, "%s", err)
		}
		return nil
	}
	switch {
	case p.last == nil:
		return p.errorf(l.at, "%s: there is no stop above it", key)
	case key == "note":
		p.last.note = append(p.last.note, prose{l.variants, text})
	case p.last.caption != "":
		return p.errorf(l.at, "caption: the stop has one")
	default:
		p.last.caption = text
	}
	return nil
}

func (p *parser) action(l *line, key, rest string) (err error) {
	switch key {
	case "mark", "let", "expect", "stop":
	default:
		if p.recorded() {
			return fmt.Errorf("a recorded scene commands nothing: want stop, mark, let or expect")
		}
	}
	switch key {
	case "wait":
		l.wait, err = p.wait(rest)
	case "mark":
		l.mark = rest
		if len(strings.Fields(rest)) != 1 || p.marked(rest) {
			return fmt.Errorf("mark: want one name that no other mark has")
		}
	case "let":
		l.let, err = p.let(rest)
	case "expect":
		before, text := claim(rest)
		if text == "" {
			return fmt.Errorf("expect: want CONDITION : TEXT")
		}
		l.expect = &expect{text: text}
		l.expect.conditions, err = p.conditions(before)
	case "stop":
		l.stop = &stop{at: l.at, within: patience}
		p.last, p.lasts = l.stop, l.variants
		if before, within, ok := strings.Cut(rest, " within "); ok {
			rest = before
			if l.stop.within, err = duration(within); err != nil {
				return err
			}
		}
		l.stop.conditions, err = p.conditions(rest)
	default:
		var c engine.Command
		if c, err = engine.ParseCommand(strings.TrimSpace(key + " " + rest)); err == nil {
			err = p.cluster.Validate(p.bound(c))
		}
		l.command = &c
	}
	return err
}

// claim cuts "CONDITION : TEXT" at the first colon between spaces, else at the first: a cell's text may have one.
func claim(text string) (condition, words string) {
	condition, words, ok := strings.Cut(text, " : ")
	if !ok {
		condition, words, _ = strings.Cut(text, ":")
	}
	return condition, strings.TrimSpace(words)
}

// let reads "NAME = NODE".
func (p *parser) let(text string) (*let, error) {
	name, node, _ := strings.Cut(text, "=")
	l := &let{strings.TrimSpace(name), strings.TrimSpace(node)}
	if l.name == "" || l.node == "" || len(strings.Fields(l.name)) != 1 || engine.IsRole(l.name) {
		return nil, fmt.Errorf("let: want NAME = NODE, as in: let first = leader")
	}
	if p.recorded() {
		return l, nil
	}
	if _, err := p.cluster.Resolve(l.name); err == nil {
		return nil, fmt.Errorf("let: %s is a node", l.name)
	}
	if p.named(l.name) {
		return nil, fmt.Errorf("let: %s stands twice", l.name)
	}
	return l, p.known(l.node)
}

// bound returns a command with a node in place of each name that a let above has given.
func (p *parser) bound(c engine.Command) engine.Command {
	c.Args = slices.Clone(c.Args)
	for i, a := range c.Args {
		if p.named(a) {
			c.Args[i] = p.scene.Masters[0]
		}
	}
	return c
}

func (p *parser) named(name string) bool {
	return slices.ContainsFunc(p.scene.script, func(l line) bool { return l.let != nil && l.let.name == name && p.sees(l) })
}

func duration(text string) (trace.Time, error) {
	d, err := time.ParseDuration(strings.TrimSpace(text))
	if err != nil || d < 0 || d.Microseconds() > maxWithin {
		return 0, fmt.Errorf("%q is not a duration of at most 10m: want one such as 1.5s", text)
	}
	return trace.Time(d.Microseconds()), nil
}

func (p *parser) wait(text string) (*wait, error) {
	d, after, _ := strings.Cut(text, " after ")
	d, to, _ := strings.Cut(d, " to ")
	w := &wait{duration: strings.TrimSpace(d), to: strings.TrimSpace(to), after: strings.TrimSpace(after)}
	if key, ok := strings.CutPrefix(w.duration, "$"); ok {
		if !slices.ContainsFunc(p.scene.Settings, func(s engine.Setting) bool { return s.Key == key && s.Type == "duration" }) {
			return nil, fmt.Errorf("wait: %q is no setting of the scene", key)
		}
	} else if _, err := duration(w.duration); err != nil {
		return nil, fmt.Errorf("wait: %w", err)
	}
	if w.to != "" {
		least, err := duration(w.duration)
		most, err2 := duration(w.to)
		if err != nil || err2 != nil || most < least {
			return nil, fmt.Errorf("wait: %q: want two durations, the shorter first, as in 500ms to 3s", text)
		}
	}
	if w.after != "" && !p.marked(w.after) {
		return nil, fmt.Errorf("wait: there is no mark %q above", w.after)
	}
	return w, nil
}

// placeholders reports one that could never be filled.
func (p *parser) placeholders(text string) error {
	for {
		_, rest, ok := strings.Cut(text, "{")
		if !ok {
			return nil
		}
		name, after, closed := strings.Cut(rest, "}")
		node, field, dotted := strings.Cut(name, ".")
		mark, since := strings.CutPrefix(name, "since ")
		switch {
		case !closed:
			return fmt.Errorf("%q is not closed", "{"+rest)
		case since && p.marked(mark):
		case since || dotted && field != "term" || node == "paused" || p.known(node) != nil || node == "":
			return fmt.Errorf("unknown placeholder %q: want {NODE}, {NODE.term} or {since MARK}, named above", "{"+name+"}")
		}
		text = after
	}
}

// sees reports whether a line above is part of every variant that the line being read is part of.
func (p *parser) sees(above line) bool {
	if len(above.variants) == 0 {
		return true
	}
	return len(p.present) > 0 && !slices.ContainsFunc(p.present, func(v string) bool { return !above.in(v) })
}

func (p *parser) marked(name string) bool {
	return slices.ContainsFunc(p.scene.script, func(l line) bool { return l.mark == name && p.sees(l) })
}
