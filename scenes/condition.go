package scenes

import (
	"fmt"
	"slices"
	"strings"

	"tabletop/engine"
	"tabletop/engine/trace"
)

// condition is something that a run meets or does not, read off the engine's state alone.
type condition struct {
	kind string // ready, role, process or answered
	node string // an id or a role
	want string // the role, the process state or the result
	op   string // the operation's text
	mark string // ready: elected since then
}

// verdict says whether a condition holds, cannot hold any more, or may yet hold.
type verdict uint8

const (
	pending verdict = iota
	met
	failed
)

// conditions reads conditions joined by "and".
func (p *parser) conditions(text string) (all []condition, err error) {
	for part := range strings.SplitSeq(text, " and ") {
		c, err := p.condition(part)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func (p *parser) condition(text string) (condition, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return condition{}, fmt.Errorf("want a condition: ready NODE [since MARK], role NODE ROLE, steps-down NODE since MARK, process NODE STATE or answered OPERATION")
	}
	c := condition{kind: words[0]}
	words = words[1:]
	switch {
	case c.kind == "ready" && len(words) == 1:
		c.node = words[0]
	case c.kind == "ready" && len(words) == 3 && words[1] == "since":
		c.node, c.mark = words[0], words[2]
		if !p.marked(c.mark) {
			return c, fmt.Errorf("ready: there is no mark %q above", c.mark)
		}
	case c.kind == "steps-down" && len(words) == 3 && words[1] == "since":
		c.node, c.mark = words[0], words[2]
		if !p.marked(c.mark) {
			return c, fmt.Errorf("steps-down: there is no mark %q above", c.mark)
		}
	case c.kind == "role" && len(words) == 2:
		c.node, c.want = words[0], words[1]
		if !slices.Contains([]string{"leader", "candidate", "pre-candidate", "follower"}, c.want) {
			return c, fmt.Errorf("unknown role %q: want leader, candidate, pre-candidate or follower", c.want)
		}
	case c.kind == "process" && len(words) == 2:
		c.node, c.want = words[0], words[1]
		if !slices.Contains([]string{"running", "paused", "crashed"}, c.want) {
			return c, fmt.Errorf("unknown process state %q: want running, paused or crashed", c.want)
		}
	case c.kind == "answered" && len(words) >= 2 && words[0] != "create" && words[0] != "open":
		return c, fmt.Errorf("answered: unknown operation %q: want create or open", words[0])
	case c.kind == "answered" && len(words) >= 2:
		c.op = words[0] + " " + words[1]
		words = words[2:]
		if len(words) > 0 {
			c.want = words[0]
			words = words[1:]
		}
		if len(words) == 2 && words[0] == "by" {
			c.node = words[1]
		} else if len(words) > 0 {
			return c, fmt.Errorf("answered: want OPERATION TARGET [RESULT [by NODE]]")
		}
	default:
		return c, fmt.Errorf("condition %q: want ready NODE [since MARK], role NODE ROLE, steps-down NODE since MARK, process NODE STATE or answered OPERATION", text)
	}
	if slices.Contains([]string{"ready", "role", "steps-down"}, c.kind) && slices.Contains(p.scene.Clients, c.node) {
		return c, fmt.Errorf("%s: %s is a client and has no role: want a master", c.kind, c.node)
	}
	return c, p.known(c.node)
}

func (p *parser) known(node string) error {
	if node == "" || engine.IsRole(node) || p.named(node) || p.recorded() { // only the logs tell who there is
		return nil
	}
	_, err := p.cluster.Resolve(node)
	return err
}

// resolve finds a node by a name that a let has given, else as the cluster does.
func (r *runner) resolve(name string) (trace.NodeID, error) {
	if id, ok := r.names[name]; ok {
		if id == 0 {
			return 0, fmt.Errorf("nobody was %s", name)
		}
		return id, nil
	}
	return r.cluster.Resolve(name)
}

// judgeAll judges conditions now: all must be met, and one that cannot be met any more decides.
func (r *runner) judgeAll(all []condition) verdict {
	v := met
	for _, c := range all {
		switch r.judge(c) {
		case failed:
			return failed
		case pending:
			v = pending
		}
	}
	return v
}

// metByAll returns the event that met the last of the conditions.
func (r *runner) metByAll(all []condition) trace.EventID {
	last := trace.NoEvent
	for _, c := range all {
		last = max(last, r.metBy(c))
	}
	return last
}

// insteadOf says what a run did where one of the conditions was not met.
func (r *runner) insteadOf(all []condition) string {
	for _, c := range all {
		if r.judge(c) != met {
			return r.instead(c)
		}
	}
	return ""
}

// judge judges a condition now.
func (r *runner) judge(c condition) verdict {
	if c.kind == "answered" {
		return r.judgeAnswer(c)
	}
	id, err := r.resolve(c.node)
	if err != nil {
		return pending
	}
	n := r.cluster.Record().Node(id)
	ok := false
	switch c.kind {
	case "steps-down":
		ok = r.steppedDown(id, r.marks[c.mark]) != trace.NoEvent
	case "ready":
		ok = r.role(id) == "leader" && r.serves(id) == r.term(id) &&
			(c.mark == "" || r.electedAt(id) >= r.marks[c.mark])
	case "role":
		ok = r.role(id) == c.want
	case "process":
		ok = trace.Process(n.Process.V).String() == c.want
	}
	if ok {
		return met
	}
	return pending
}

// steppedDown returns the event in which a node first stepped down since a time, NoEvent if it did not.
func (r *runner) steppedDown(id trace.NodeID, since trace.Time) trace.EventID {
	for i, e := range r.cluster.Record().Events() {
		if e.Kind == trace.StepDown && e.Node == id && e.At >= since {
			return trace.EventID(i)
		}
	}
	return trace.NoEvent
}

// belief returns the last of the events in which a node changes its mind at one go: it steps down, advances its term,
// votes, knows a leader. A caption speaks of the whole.
func (r *runner) belief(e trace.EventID) trace.EventID {
	events := r.cluster.Record().Events()
	first := events[e]
	for next := e + 1; int(next) < len(events); next++ {
		n := events[next]
		if n.Node != first.Node || n.At != first.At ||
			n.Kind != trace.TermAdvanced && n.Kind != trace.Vote && n.Kind != trace.LeaderKnown {
			break
		}
		e = next
	}
	return e
}

// metBy returns the event that met a condition, but none before the stop's line was reached, unless the condition names
// a mark to count from.
func (r *runner) metBy(c condition) trace.EventID {
	if c.mark != "" {
		return r.madeBy(c)
	}
	return max(r.reached, r.madeBy(c))
}

func (r *runner) madeBy(c condition) trace.EventID {
	b := r.cluster.Record()
	if c.kind == "answered" {
		for op := range r.operations(c.op) {
			if op.end != trace.NoEvent && (c.want == "" || op.result == c.want && r.isNode(op.server, c.node)) {
				return r.answeredBy(op)
			}
		}
	}
	id, err := r.resolve(c.node)
	if err != nil {
		return trace.EventID(b.Len() - 1)
	}
	switch c.kind {
	case "ready":
		return r.readyAt[id]
	case "steps-down":
		return r.belief(r.steppedDown(id, r.marks[c.mark]))
	case "role":
		return b.Node(id).In(r.cluster.Group()).Role.Source
	}
	return b.Node(id).Process.Source
}

// answeredBy returns the event in which a client was told, or that in which the server answered if the server has
// changed its mind in between: a caption speaks of what it believed when it answered.
func (r *runner) answeredBy(op *operation) trace.EventID {
	b := r.cluster.Record()
	if op.server == 0 || b.Outline() {
		return op.end
	}
	if b.Node(op.server).In(r.cluster.Group()).Role.Source < r.sentBy(op) {
		return op.end
	}
	return r.sentBy(op)
}

// sentBy returns the server's last message to the client before the client was told.
func (r *runner) sentBy(op *operation) trace.EventID {
	events := r.cluster.Record().Events()
	for i := op.end - 1; i > op.invoke; i-- {
		if e := events[i]; e.Kind.IsSend() && e.Node == op.server && e.Peer == events[op.end].Node {
			return i
		}
	}
	return op.end
}

// judgeAnswer holds when one of the operations was answered as wanted, and fails when all were answered otherwise.
func (r *runner) judgeAnswer(c condition) verdict {
	began, open, there := 0, 0, false
	for op := range r.operations(c.op) {
		began++
		there = there || op.result == "OK"
		switch {
		case op.end == trace.NoEvent:
			open++
		case c.want == "" || op.result == c.want && r.isNode(op.server, c.node):
			return met
		}
	}
	if open > 0 || r.eventually && !there || began < r.expected(c.op) {
		return pending
	}
	return failed
}

// expected is how many operations a command begins: with several clients they begin one after the other.
func (r *runner) expected(op string) int {
	if strings.HasPrefix(op, "open ") {
		return max(1, engine.Settings(r.settings).Int("clients"))
	}
	return 1
}

func (r *runner) isNode(id trace.NodeID, name string) bool {
	if name == "" {
		return true
	}
	want, err := r.resolve(name)
	return err == nil && want == id
}

// instead says in plain words what a run did where a condition was not met.
func (r *runner) instead(c condition) string {
	if c.kind == "answered" {
		ops := slices.Collect(r.operations(c.op))
		if len(ops) == 0 {
			return c.op + " was not asked"
		}
		op := ops[0]
		switch {
		case op.end == trace.NoEvent:
			return c.op + " has had no answer yet"
		case op.server == 0:
			return c.op + " ended without an answer: " + op.result
		}
		return r.name(op.server) + " answered " + c.op + ": " + op.result
	}
	id, err := r.resolve(c.node)
	if err != nil {
		return err.Error()
	}
	n := r.cluster.Record().Node(id)
	state := trace.Process(n.Process.V).String()
	if role := r.role(id); role != "" {
		return fmt.Sprintf("%s is %s, %s in term %d", r.name(id), state, role, r.term(id))
	}
	return fmt.Sprintf("%s is %s", r.name(id), state)
}

func (r *runner) name(id trace.NodeID) string { return r.cluster.Record().Info(id).Name }

func (r *runner) role(id trace.NodeID) string {
	if g := r.cluster.Record().Node(id).In(r.cluster.Group()); g != nil && g.Role.Known() {
		return trace.Role(g.Role.V).String()
	}
	return ""
}

func (r *runner) term(id trace.NodeID) uint64 {
	if g := r.cluster.Record().Node(id).In(r.cluster.Group()); g != nil {
		return g.Term.V
	}
	return 0
}

// electedAt returns when a leader was elected: since then its role is what it is.
func (r *runner) electedAt(id trace.NodeID) trace.Time {
	b := r.cluster.Record()
	return b.Events()[b.Node(id).In(r.cluster.Group()).Role.Source].At
}

// serves returns the term for which a leader has last loaded the catalog.
func (r *runner) serves(id trace.NodeID) uint64 {
	r.scan()
	return r.ready[id]
}

// config returns the engine's configuration for a run.
func (s *Scene) config(v Variant, seed uint64, settings []trace.Setting) engine.Config {
	return engine.Config{System: s.System, Masters: s.Masters, Clients: s.Clients,
		Settings: append(engine.Settings(settings), v.set...),
		Header: trace.Header{Producer: "tabletop", System: s.System, Scene: s.ID, Variant: v.ID, Seed: seed,
			Settings: settings}}
}
