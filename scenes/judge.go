package scenes

import (
	"fmt"
	"slices"
	"strings"

	"tabletop/engine"
	"tabletop/engine/trace"
)

// verdict says whether a condition holds, cannot hold any more, or may yet hold.
type verdict uint8

const (
	pending verdict = iota
	met
	failed
)

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
	if c.not {
		return r.judgeNot(c)
	}
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
	case "steps-down", "sent", "received":
		ok = r.saw(c) != trace.NoEvent
	case "ready":
		ok = r.role(id) == "leader" && r.serves(id) == r.term(id) &&
			(c.mark == "" || r.electedAt(id) >= r.marks[c.mark])
	case "role":
		ok = r.role(id) == c.want
	case "process":
		ok = trace.Process(n.Process.V).String() == c.want
	case "cell":
		_, ok = c.reads(n, r.cluster.Record().Text)
	}
	if ok {
		return met
	}
	return pending
}

func (r *runner) events() []trace.Event { return r.cluster.Record().Events() }

// holds reports whether a condition is met by what was answered since an event, and by how things stand now.
func (r *runner) holds(c condition, since trace.EventID) bool {
	if c.kind != "answered" {
		return r.judge(c) == met
	}
	r.scan()
	ok := slices.ContainsFunc(r.ops, func(op operation) bool {
		return begins(op.text, c.op) && op.end > since && r.answers(&op, c)
	})
	return ok != c.not
}

// judgeNot turns a verdict round. What has once happened stays so; a state may yet pass.
func (r *runner) judgeNot(c condition) verdict {
	c.not = false
	switch {
	case r.judge(c) != met:
		return met
	case c.kind == "answered" || c.kind == "sent" || c.kind == "received" || c.kind == "steps-down":
		return failed
	}
	return pending
}

// saw returns the first event since the condition's mark that it asks for, NoEvent if there is none yet or nobody has
// the role it names.
func (r *runner) saw(c condition) trace.EventID {
	id, err := r.resolve(c.node)
	if err != nil {
		return trace.NoEvent
	}
	s := sought{condition: c, node: id, group: r.cluster.Group()}
	if c.peer != "" {
		if s.peer, err = r.resolve(c.peer); err != nil {
			return trace.NoEvent
		}
	}
	b := r.cluster.Record()
	return r.lookout.first(s, b.Events(), b.Text, r.marks[c.mark])
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
	now := trace.EventID(b.Len() - 1)
	if c.kind == "answered" {
		for op := range r.operations(c) {
			if !c.not && r.answers(op, c) {
				return r.answeredBy(op)
			}
		}
	}
	id, err := r.resolve(c.node)
	if err != nil {
		return now
	}
	switch c.kind {
	case "steps-down", "sent", "received":
		if at := r.saw(c); at != trace.NoEvent {
			return r.belief(at)
		}
		return r.reached // it is a not
	case "cell":
		if at, ok := c.reads(b.Node(id), b.Text); ok && at != trace.NoEvent {
			return at
		}
		return now // a cell that is gone, or reads otherwise, tells of no event
	case "ready":
		if !c.not {
			return r.readyAt[id]
		}
		fallthrough
	case "role":
		if g := b.Node(id).In(r.cluster.Group()); g != nil {
			return g.Role.Source
		}
		return now
	}
	return b.Node(id).Process.Source
}

// answers reports whether an operation ended as a condition says.
func (r *runner) answers(op *operation, c condition) bool {
	return op.end != trace.NoEvent && (c.want == "" || op.result == c.want) && r.isNode(op.server, c.node)
}

// answeredBy returns the event in which a client was told, or that in which the server answered if the server has
// changed its mind in between: a caption speaks of what it believed when it answered.
func (r *runner) answeredBy(op *operation) trace.EventID {
	b := r.cluster.Record()
	if op.server == 0 || b.Outline() {
		return op.end
	}
	if g := b.Node(op.server).In(r.cluster.Group()); g != nil && g.Role.Source >= r.sentBy(op) { // a tablet server is in none
		return r.sentBy(op)
	}
	return op.end
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
	for op := range r.operations(c) {
		began++
		there = there || op.result == "OK"
		switch {
		case op.end == trace.NoEvent:
			open++
		case r.answers(op, c):
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
		ops := slices.Collect(r.operations(c))
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
	switch c.kind {
	case "cell":
		return c.insteadOfCell(r.name(id), n, r.cluster.Record().Text)
	case "sent", "received":
		if c.not {
			return fmt.Sprintf("%s %s %s", r.name(id), c.kind, c.op)
		}
		return fmt.Sprintf("%s has not %s %s", r.name(id), c.kind, c.op)
	}
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
