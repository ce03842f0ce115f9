package scenes

import (
	"fmt"
	"slices"

	"tabletop/engine/check"
	"tabletop/engine/trace"
)

// Recorded is the kind of a scene that is played from logs: its script commands nothing and only stops.
const Recorded = "recorded"

// reel goes through the trace of a recorded scene from stop to stop.
type reel struct {
	scene   *Scene
	trace   *trace.Trace
	cursor  *trace.Cursor
	group   trace.GroupID
	ops     []trace.Operation
	marks   map[string]trace.Time
	names   map[string]trace.NodeID
	reached trace.EventID // where the last line was done
	stops   []Stop
	expects []Expectation
	broken  int
	lookout lookout
	quiz    quiz
	variant string
}

// Play plays a recorded scene on the trace that its logs were made into, or on that of one cluster in them, as the variant
// chooses.
func (s *Scene) Play(t *trace.Trace, variantID string) (*Run, error) {
	if s.Kind != Recorded {
		return nil, usage("%s is a simulation: it is run, not played", s.ID)
	}
	variant, err := s.Variant(variantID)
	if err != nil {
		return nil, err
	}
	if t.Clusters() > 1 || variant.cluster > 0 {
		t, _ = t.OfCluster(variant.cluster)
	}
	r := &reel{scene: s, trace: t, cursor: t.Cursor(), ops: trace.Operations(t), marks: map[string]trace.Time{},
		names: map[string]trace.NodeID{}, reached: trace.NoEvent, lookout: lookout{}, variant: variant.ID}
	r.group = mainGroup(t)
	for _, l := range s.script {
		if !l.in(variant.ID) {
			continue
		}
		if err := r.line(l); err != nil {
			return nil, err
		}
	}
	r.rest()
	filler{names: r.names, marks: r.marks, group: r.group}.fill(t, r.stops, r.expects)
	slices.SortStableFunc(r.stops, func(a, b Stop) int { return int(a.Event - b.Event) })
	report := check.Check(t)
	run := &Run{Scene: s, Variant: variant, Settings: []trace.Setting{}, Trace: t, Stops: r.stops, Expectations: r.expects,
		Findings: report.Findings, Outcome: check.OutcomeOf(t), Linearizable: report.Linearizable, Hash: trace.Hash(t)}
	if len(r.ops) == 0 {
		run.Linearizable = new(true) // nobody was told anything
	}
	run.AsDocumented = r.broken == 0 && run.Outcome == variant.Outcome && run.Linearizable != nil &&
		*run.Linearizable == variant.Linearizable
	return run, nil
}

// mainGroup returns the raft group that a lesson speaks of: that of Kudu's masters, else the first.
func mainGroup(t *trace.Trace) trace.GroupID {
	const sysCatalog = "00000000000000000000000000000000"
	return trace.GroupID(1 + max(0, slices.Index(t.Groups(), sysCatalog)))
}

// rest goes on behind the last stop as far as questions wait for an answer.
func (r *reel) rest() {
	for last := trace.EventID(len(r.trace.Events) - 1); len(r.quiz.open) > 0 && r.cursor.Event() < last; {
		r.cursor.Seek(r.cursor.Event() + 1)
		r.quiz.watch(r)
	}
	r.quiz.close(r, r.cursor.Event(), true)
}

func (r *reel) line(l line) error {
	switch {
	case l.mark != "":
		r.marks[l.mark] = r.now()
	case l.let != nil:
		id, err := r.resolve(l.let.node)
		if err != nil {
			return fmt.Errorf("line %d: %w", l.at, err)
		}
		r.names[l.let.name] = id
	case l.expect != nil:
		ok, err := r.all(l.expect.conditions)
		if err != nil {
			return fmt.Errorf("line %d: %w", l.at, err)
		}
		r.expects = append(r.expects, Expectation{l.expect.text, ok, r.now(), -1})
		if !ok {
			r.broken++
		}
	case l.stop != nil:
		return r.stop(l.stop)
	}
	return nil
}

func (r *reel) now() trace.Time {
	if r.cursor.Event() == trace.NoEvent {
		return 0
	}
	return r.trace.Events[r.cursor.Event()].At
}

// stop goes on to the first event behind which all conditions hold.
func (r *reel) stop(s *stop) error {
	limit, last := r.now()+s.within, trace.EventID(len(r.trace.Events)-1)
	ok := false
	for {
		var err error
		r.quiz.watch(r)
		if ok, err = r.all(s.conditions); err != nil {
			return fmt.Errorf("line %d: %w", s.at, err)
		}
		next := r.cursor.Event() + 1
		if ok || next > last || r.trace.Events[next].At > limit {
			break
		}
		r.cursor.Seek(next)
	}
	r.reached = r.cursor.Event()
	stop := Stop{Event: r.cursor.Event(), Caption: s.caption, Note: told(s.note, r.variant), Occurred: ok}
	r.quiz.close(r, stop.Event, false)
	if ok {
		stop.Question = r.quiz.ask(s, r.variant, stop.Event, r.now())
	} else {
		stop.Instead = "the logs do not show it"
	}
	r.expects = append(r.expects, Expectation{OK: ok, stop: len(r.stops)})
	r.stops = append(r.stops, stop)
	return nil
}

func (r *reel) all(conditions []condition) (bool, error) {
	for _, c := range conditions {
		if ok, err := r.judge(c, r.reached); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// resolve finds a node by a name that a let has given, its own name or its id.
func (r *reel) resolve(name string) (trace.NodeID, error) {
	if id, ok := r.names[name]; ok {
		return id, nil
	}
	for i, n := range r.trace.Nodes() {
		if n.Name == name || n.ID == name {
			return trace.NodeID(i + 1), nil
		}
	}
	return 0, fmt.Errorf("%s: the logs tell of no such node", name)
}

func (r *reel) events() []trace.Event { return r.trace.Events[:r.cursor.Event()+1] }

func (r *reel) metByAll([]condition) trace.EventID { return r.cursor.Event() }

// holds reports whether a condition of a question is met at the cursor; nodes that the logs do not tell of meet none.
func (r *reel) holds(c condition, since trace.EventID) bool {
	ok, err := r.judge(c, since)
	return ok && err == nil
}

// judge judges a condition at the cursor, an operation by its answers since an event.
func (r *reel) judge(c condition, since trace.EventID) (bool, error) {
	if c.not {
		c.not = false
		ok, err := r.judge(c, since)
		return !ok, err
	}
	if c.kind == "answered" {
		return r.answered(c, since)
	}
	what := sought{condition: c}
	var err error
	if what.node, err = r.resolve(c.node); err != nil {
		return false, err
	}
	if c.peer != "" {
		if what.peer, err = r.resolve(c.peer); err != nil {
			return false, err
		}
	}
	n := r.cursor.Node(what.node)
	switch c.kind {
	case "steps-down", "sent", "received":
		return r.saw(what), nil
	case "ready":
		what.kind = "elected" // logs tell of no loaded catalog
		return r.saw(what), nil
	case "process":
		return n.Process.Known() && trace.Process(n.Process.V).String() == c.want, nil
	case "cell":
		_, ok := c.reads(n, r.trace.Text)
		return ok, nil
	}
	g := n.In(r.group)
	return g != nil && g.Role.Known() && trace.Role(g.Role.V).String() == c.want, nil
}

// saw reports whether what is sought has happened since its mark.
func (r *reel) saw(what sought) bool {
	what.group = r.group
	return r.lookout.first(what, r.events(), r.trace.Text, r.marks[what.mark]) != trace.NoEvent
}

// answered reports whether an operation was answered since an event.
func (r *reel) answered(c condition, since trace.EventID) (bool, error) {
	var by trace.NodeID
	if c.node != "" {
		var err error
		if by, err = r.resolve(c.node); err != nil {
			return false, err
		}
	}
	for _, o := range r.ops {
		if begins(o.Op, c.op) && !o.Open() && o.End > since && o.End <= r.cursor.Event() &&
			(c.want == "" || o.Result == c.want) && (by == 0 || o.Server == by) {
			return true, nil
		}
	}
	return false, nil
}
