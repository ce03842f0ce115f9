package scenes

import (
	"iter"
	"slices"
	"strings"

	"tabletop/engine"
	"tabletop/engine/check"
	"tabletop/engine/trace"
)

// MaxSeed is the largest seed: the largest whole number that a browser's numbers hold exactly.
const MaxSeed = 1<<53 - 1

// Options choose one run of a scene.
type Options struct {
	Variant  string // empty: the scene's default
	Seed     uint64 // 0: the scene's own
	Settings []trace.Setting
	Acts     []engine.Act // commands given by hand, by ascending After: the run is executed anew with each at its place
}

// Run is one finished run of a scene.
type Run struct {
	Scene        *Scene
	Variant      Variant
	Seed         uint64
	Settings     []trace.Setting // all of the scene's, defaults included, in its order
	Trace        *trace.Trace
	Stops        []Stop
	Expectations []Expectation
	Findings     []check.Finding
	Outcome      check.Outcome
	Linearizable *bool // nil: the checker gave up
	AsDocumented bool
	Hash         string
}

// Stop is a place at which the lesson holds, with its caption.
type Stop struct {
	Event   trace.EventID // that met the condition, or the last one before the run gave up waiting
	Caption string        // one sentence, its names and numbers filled in from this run
	Note    string        // the lesson's text beside the stage; paragraphs are separated by empty lines
	// Occurred is false when this run did not do what the caption says; Instead then tells what it did.
	Occurred bool
	Instead  string
	Question *Question // nil: nothing is asked
}

// Expectation is something the scene claims, judged in this run.
type Expectation struct {
	Text string
	OK   bool
	At   trace.Time // of the stop, or when it was judged
	stop int        // whose caption it is, -1 for none
}

// Run runs the scene to its end.
func (s *Scene) Run(o Options) (*Run, error) {
	if s.Kind == Recorded {
		return nil, usage("%s is recorded: it is played from its logs", s.ID)
	}
	r, seed, err := s.runner(o, false)
	if err != nil {
		return nil, err
	}
	if err := r.play(); err != nil {
		return nil, err
	}
	return r.finish(seed), nil
}

// settings returns all settings of the scene with the given values in place of defaults.
func (s *Scene) settings(given []trace.Setting) ([]trace.Setting, error) {
	keys := make([]string, 0, len(s.Settings))
	all := make([]trace.Setting, 0, len(s.Settings))
	for _, k := range s.Settings {
		keys = append(keys, k.Key)
		all = append(all, trace.Setting{Key: k.Key, Value: k.Default})
	}
	for _, g := range given {
		i := slices.Index(keys, g.Key)
		if i < 0 {
			return nil, usage("unknown setting %q of %s: want one of %s", g.Key, s.ID, strings.Join(keys, ", "))
		}
		if err := s.Settings[i].Check(g.Value); err != nil {
			return nil, &UsageError{err.Error()}
		}
		all[i].Value = g.Value
	}
	return all, nil
}

// runner executes a script on a cluster.
type runner struct {
	scene        *Scene
	variant      Variant
	settings     []trace.Setting
	cluster      *engine.Cluster
	acts         []engine.Act
	acted        trace.Time // when the last act was carried out
	marks        map[string]trace.Time
	names        map[string]trace.NodeID // given by let
	stops        []Stop
	expectations []Expectation
	broken       int // expectations, stops apart, that did not hold
	ops          []operation
	reached      trace.EventID           // the last event when the line above the present stops was done
	eventually   bool                    // the last command asks again by itself
	asked        int                     // events before the last command
	ready        map[trace.NodeID]uint64 // the term a node has last loaded the catalog for
	readyAt      map[trace.NodeID]trace.EventID
	scanned      int
	lookout      lookout
	quiz         quiz
	hunted       bool // nobody is there to be asked
}

// operation is what the runner knows of a client's operation.
type operation struct {
	text   string
	client trace.NodeID
	invoke trace.EventID
	end    trace.EventID
	result string
	server trace.NodeID
}

// aftermath is how long a run goes on behind the last command given by hand.
const aftermath = 5_000_000

// longest bounds a run in simulated time: a second of it costs a millisecond, and a scene is read by people.
const longest = 7_200_000_000

func (r *runner) play() error {
	for _, l := range r.scene.script {
		if !l.in(r.variant.ID) {
			continue
		}
		if err := r.line(l); err != nil {
			return err
		}
	}
	if err := r.afterwards(); err != nil {
		return err
	}
	r.quiz.close(r, trace.EventID(r.cluster.Record().Len()-1), true)
	return nil
}

// afterwards lets the run go on behind the hand's last command.
func (r *runner) afterwards() error {
	// What is left of the hand's commands lies at or behind the end of the script.
	for len(r.acts) > 0 {
		before := r.cluster.Now()
		if err := r.until(before+aftermath, func() bool { return false }); err != nil {
			return err
		}
	}
	if r.acted > 0 {
		return r.until(r.acted+aftermath, func() bool { return false })
	}
	return nil
}

func (r *runner) line(l line) error {
	if l.stop == nil {
		defer func() { r.reached = trace.EventID(r.cluster.Record().Len() - 1) }()
	}
	switch {
	case l.command != nil:
		r.asked, r.eventually = r.cluster.Record().Len(), l.command.Verb == "open-table-eventually"
		if err := r.cluster.Do(r.bound(*l.command)); err != nil {
			r.cluster.Note(trace.Note, l.command.String()+": "+err.Error()) // as when a hand has crashed the node before
		}
		return r.act()
	case l.wait != nil:
		from := r.cluster.Now()
		if at, ok := r.marks[l.wait.after]; ok {
			from = at
		}
		d := r.duration(l.wait.duration)
		if l.wait.to != "" {
			d = r.cluster.Between(d, r.duration(l.wait.to))
		}
		return r.until(from+d, func() bool { return false })
	case l.let != nil:
		r.names[l.let.name], _ = r.resolve(l.let.node) // 0 if nobody has the role now
	case l.mark != "":
		r.marks[l.mark] = r.cluster.Now()
	case l.expect != nil:
		ok := r.judgeAll(l.expect.conditions) == met
		if !ok {
			r.broken++
		}
		r.expectations = append(r.expectations, Expectation{l.expect.text, ok, r.cluster.Now(), -1})
	case l.stop != nil:
		return r.stop(l.stop)
	}
	return nil
}

func (r *runner) stop(s *stop) error {
	v := r.judgeAll(s.conditions)
	err := r.until(r.cluster.Now()+s.within, func() bool {
		v = r.judgeAll(s.conditions)
		return v != pending
	})
	if err != nil {
		return err
	}
	at := trace.EventID(r.cluster.Record().Len() - 1)
	if v == met {
		at = min(at, r.metByAll(s.conditions))
	}
	r.expectations = append(r.expectations, Expectation{OK: v == met, stop: len(r.stops)})
	stop := Stop{Event: at, Caption: s.caption, Note: told(s.note, r.variant.ID), Occurred: v == met}
	if !stop.Occurred {
		stop.Instead = r.insteadOf(s.conditions)
	}
	r.quiz.close(r, at, false)
	if stop.Occurred && !r.hunted {
		stop.Question = r.quiz.ask(s, r.variant.ID, at, r.cluster.Now())
	}
	r.stops = append(r.stops, stop)
	return nil
}

// bound returns a command with the ids of the nodes that a let has named.
func (r *runner) bound(c engine.Command) engine.Command {
	c.Args = slices.Clone(c.Args)
	for i, a := range c.Args {
		if id := r.names[a]; id != 0 {
			c.Args[i] = r.cluster.Record().Info(id).ID
		}
	}
	return c
}

func (r *runner) duration(text string) trace.Time {
	if key, ok := strings.CutPrefix(text, "$"); ok {
		for _, s := range r.settings {
			if s.Key == key {
				text = s.Value
			}
		}
	}
	d, err := duration(text)
	if err != nil {
		panic("scenes: " + err.Error()) // the parser and the settings have checked it
	}
	return d
}

// until runs the cluster to a time, or until done reports true. Nothing that a condition is read off changes without an
// event, so that done is asked only behind one.
func (r *runner) until(limit trace.Time, done func() bool) error {
	b := r.cluster.Record()
	for asked := -1; ; {
		if n := b.Len(); n > asked {
			r.quiz.watch(r)
			if done() {
				return nil
			}
			asked = n
		}
		if r.cluster.Now() > longest {
			return usage("the run takes more than %s of simulated time", span(longest))
		}
		next, ok := r.cluster.Next()
		if !ok || next > limit {
			if limit > r.cluster.Now() {
				r.cluster.Advance(limit)
			}
			return nil
		}
		r.cluster.Step()
		if err := r.act(); err != nil {
			return err
		}
	}
}

// act carries out the hand's commands whose event has happened.
func (r *runner) act() error {
	for len(r.acts) > 0 && trace.EventID(r.cluster.Record().Len()) > r.acts[0].After {
		a := r.acts[0]
		r.acts = r.acts[1:]
		r.acted = max(r.cluster.Now(), 1)
		if err := r.cluster.Do(a.Command); err != nil {
			return &UsageError{err.Error()}
		}
	}
	return nil
}

// begins reports whether an operation's text begins with the words of a condition.
func begins(text, words string) bool {
	return text == words || strings.HasPrefix(text, words) && text[len(words)] == ' '
}

// operations goes through the operations that a condition speaks of and the last command began, or the last one before it
// if it began none, from the last to the first.
func (r *runner) operations(c condition) iter.Seq[*operation] {
	r.scan()
	return func(yield func(*operation) bool) {
		first := true
		for i := len(r.ops) - 1; i >= 0; i-- {
			o := &r.ops[i]
			if !begins(o.text, c.op) || c.peer != "" && !r.isNode(o.client, c.peer) || !first && int(o.invoke) < r.asked {
				continue
			}
			if first = false; !yield(o) {
				return
			}
		}
	}
}

// scan takes note of the operations and of who is ready to serve, as far as the run has come.
func (r *runner) scan() {
	b := r.cluster.Record()
	for events := b.Events(); r.scanned < len(events); r.scanned++ {
		e := events[r.scanned]
		switch e.Kind {
		case trace.Ready:
			r.ready[e.Node], r.readyAt[e.Node] = uint64(e.Term), trace.EventID(r.scanned)
		case trace.Invoke:
			r.ops = append(r.ops, operation{text: b.Text(e.Text), client: e.Node, invoke: trace.EventID(r.scanned), end: trace.NoEvent})
		case trace.Return:
			for i := range r.ops {
				if r.ops[i].invoke == e.Cause {
					r.ops[i].end, r.ops[i].result, r.ops[i].server = trace.EventID(r.scanned), b.Text(e.Text), e.Peer
				}
			}
		}
	}
}

func (r *runner) finish(seed uint64) *Run {
	t := r.cluster.Record().Trace()
	filler{r.names, r.marks, r.cluster.Group()}.fill(t, r.stops, r.expectations)
	// Where a run deviates, a later stop's event may come before an earlier one's.
	slices.SortStableFunc(r.stops, func(a, b Stop) int { return int(a.Event - b.Event) })
	report := check.Check(t)
	if len(r.ops) == 0 {
		report.Linearizable = new(true) // nobody was told anything
	}
	run := &Run{Scene: r.scene, Variant: r.variant, Seed: seed, Settings: r.settings, Trace: t, Stops: r.stops,
		Expectations: r.expectations, Findings: report.Findings, Outcome: check.OutcomeOf(t),
		Linearizable: report.Linearizable, Hash: trace.Hash(t)}
	run.AsDocumented = r.documented(run.Outcome, run.Linearizable)
	return run
}

// documented reports whether a run ended as its variant declares.
func (r *runner) documented(o check.Outcome, linearizable *bool) bool {
	return r.broken == 0 && o == r.variant.Outcome && linearizable != nil && *linearizable == r.variant.Linearizable
}
