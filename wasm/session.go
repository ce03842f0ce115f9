package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tabletop/engine"
	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/render/draw"
	"tabletop/render/player"
	"tabletop/render/view"
	"tabletop/scenes"
)

// branch is one run: the original, or a re-execution with commands given by hand.
type branch struct {
	id     string
	name   string
	parent int // the branch it left
	from   trace.EventID
	at     trace.Time // where it left its parent
	acts   []engine.Act
	run    *scenes.Run
}

// session is what a page holds: a scene, its branches and a place in one of them.
type session struct {
	catalogue []entry
	scene     *scenes.Scene
	origin
	captures map[string]*capture // the last import, by its scene or, for files, by nothing
	received map[int]*trace.Trace
	traces   int            // how many were received
	options  scenes.Options // of the original: variant, seed and the settings that were changed
	branches []branch
	current  int
	player   *player.Player
	model    view.Model
	layout   view.Layout
	size     draw.Point // of the stage, CSS pixels
	lanes    *view.Lanes
	zoom     view.Zoom
	area     draw.Rect     // of the lanes on the canvas that they share with the stage; empty where they have no room
	report   scenes.Report // of the run shown, as `run --json` prints it
	found    []findingJSON // of logs
	version  int           // counts whatever makes the lesson on the page out of date
	censuses map[string]*census
	err      string
	reduced  bool
	marked   bool // the marks of the client history are shown
}

// firstScene is what a page without an address shows; its first step stands in index.html.
const firstScene = "kudu-3266"

func newSession() *session {
	s := &session{size: draw.Point{X: 860, Y: 568}}
	for _, sc := range scenes.Catalogue() {
		s.catalogue = append(s.catalogue, entry{Scene: sc})
	}
	return s
}

// find returns a scene of the catalogue or one that the page was given.
func (s *session) find(id string) (*scenes.Scene, error) {
	for _, e := range s.catalogue {
		if e.ID == id {
			return e.Scene, nil
		}
	}
	var ids []string
	for _, e := range s.catalogue {
		ids = append(ids, e.ID)
	}
	return nil, fmt.Errorf("unknown scene %q: want one of %s", id, strings.Join(ids, ", "))
}

// open runs a scene and stands at its start. What was open stays when it cannot.
func (s *session) open(sc *scenes.Scene, o scenes.Options) error {
	if sc.Kind == scenes.Recorded {
		run, err := s.play(sc, o)
		if err == nil {
			s.show(sc, o, run, origin{captured: true})
		}
		return err
	}
	run, err := sc.Run(o)
	if err != nil {
		return err
	}
	s.show(sc, o, run, origin{})
	return nil
}

// origin says where what is shown is from. The zero value is a run of a scene.
type origin struct {
	file     string // name of the trace that is shown, empty when a run of a scene is
	captured bool   // the trace was made from logs
}

// show makes a run the original one and stands at its start.
func (s *session) show(sc *scenes.Scene, o scenes.Options, run *scenes.Run, from origin) {
	main := branch{id: "main", name: "main", parent: -1, from: trace.NoEvent, run: run}
	before, selected := s.player, ""
	if s.scene != nil && s.scene.ID == sc.ID && s.file == from.file {
		selected = s.selectedID()
	}
	s.scene, s.origin, s.options, s.branches, s.current = sc, from, o, []branch{main}, 0
	s.model.Selected = run.Trace.Lookup(selected)
	s.player = player.New(s.playable(main))
	s.zoom = view.Zoom{}
	s.player.SetReducedMotion(s.reduced)
	if before != nil {
		s.player.SetSpeed(before.Speed())
	}
	s.shown()
}

// rerun runs the open scene with other options and stays at the same stop.
func (s *session) rerun(o scenes.Options) error {
	if s.traced() {
		return s.finished()
	}
	stop, unit := s.player.StopNumber(), s.player.Unit()
	if err := s.open(s.scene, o); err != nil {
		return err
	}
	s.player.SetUnit(unit)
	s.player.SeekStop(stop)
	return nil
}

// command re-executes the run with one more command at the current place, as a branch named by it.
func (s *session) command(text string) error {
	if err := s.finished(); err != nil {
		return err
	}
	c, err := engine.ParseCommand(text)
	if err != nil {
		return err
	}
	s.player.Stop()
	from := &s.branches[s.current]
	event, at := s.player.Position()
	kept := slices.Clone(from.acts)
	kept = slices.DeleteFunc(kept, func(a engine.Act) bool { return a.After > event })
	return s.fork(append(kept, engine.Act{After: event, Command: c}), event, at)
}

// fork adds a branch with the given acts and goes to where the last of them took effect.
func (s *session) fork(acts []engine.Act, event trace.EventID, at trace.Time) error {
	o := s.options
	o.Acts = acts
	run, err := s.scene.Run(o)
	if err != nil {
		return err
	}
	b := branch{id: strconv.Itoa(len(s.branches)), name: actName(acts[len(acts)-1], at), parent: s.current,
		from: event, at: at, acts: acts, run: run}
	s.branches = append(s.branches, b)
	n := s.player.AddBranch(s.playable(b))
	s.player.EnterBranch(n)
	s.current = n
	if next := differs(s.branches[b.parent].run.Trace, run.Trace, event+1); int(next) < len(run.Trace.Events) {
		s.player.SeekTime(max(at, run.Trace.Events[next].At))
	}
	s.shown()
	return nil
}

// differs returns the first event from a place on in which two runs are not the same. A command given in the middle of
// an instant takes effect at its end.
func differs(a, b *trace.Trace, from trace.EventID) trace.EventID {
	i := from
	for int(i) < min(len(a.Events), len(b.Events)) && a.Events[i] == b.Events[i] {
		i++
	}
	if int(i) == len(b.Events) {
		return from
	}
	return i
}

func actName(a engine.Act, at trace.Time) string {
	return fmt.Sprintf("%s, %.3f s", a.Command, float64(at)/1e6)
}

// enter goes on in another branch at the same instant.
func (s *session) enter(id string) error {
	n := slices.IndexFunc(s.branches, func(b branch) bool { return b.id == id })
	if n < 0 {
		var ids []string
		for _, b := range s.branches {
			ids = append(ids, b.id)
		}
		return fmt.Errorf("unknown branch %q; valid: %v", id, ids)
	}
	s.player.EnterBranch(n)
	s.current = n
	s.shown()
	return nil
}

// undo returns to the branch point in the branch that was left; the branch is kept.
func (s *session) undo() error {
	b := s.branches[s.current]
	if b.parent < 0 {
		return fmt.Errorf("nothing to undo: this is the original run")
	}
	if err := s.enter(s.branches[b.parent].id); err != nil {
		return err
	}
	s.player.SeekTime(b.at)
	if event, _ := s.player.Position(); event != b.from {
		s.player.SeekEvent(b.from)
	}
	return nil
}

// shown makes the model that of the current branch.
func (s *session) shown() {
	s.version++
	run := s.run()
	selected := s.model.Selected
	if s.selectedID() == "" {
		selected = 0
	}
	s.model = view.Model{Group: mainGroup(run.Trace), Selected: selected, Illegal: s.illegal(),
		ReducedMotion: s.reduced}
	s.report, s.found = run.Report(), nil
	if c := s.capture(); c != nil {
		s.found = s.logFindings(c)
		s.model.Wall, s.model.Begins = true, c.begins(s.cluster())
		s.report.Findings = c.reported(s.cluster())
	}
	s.mark()
	s.layout = view.NewLayout(s.size, run.Trace, 0)
	s.lanes = view.NewLanes(run.Trace, s.model.Group, s.stopTimes())
	s.follow()
}

// stopTimes returns what gives the scale of tape and lanes its intervals.
func (s *session) stopTimes() []trace.Time {
	var times []trace.Time
	for _, e := range stopEvents(s.run()) {
		times = append(times, timeOf(s.run().Trace, e))
	}
	return times
}

// resize gives the stage another size.
func (s *session) resize(width, height float32) {
	s.size = draw.Point{X: width, Y: height}
	if s.player != nil {
		s.layout = view.NewLayout(s.size, s.run().Trace, 0)
	}
}

// draw writes stage and lanes into a list.
func (s *session) draw(l *draw.List) {
	if s.player == nil {
		return
	}
	s.model.Stage(l, s.layout)
	if !s.area.Empty() {
		s.model.Lanes(l, s.lanes, s.area, s.zoom)
	}
}

// hit returns the id of the node under a point, empty for none.
func (s *session) hit(x, y float32) string {
	if s.player == nil {
		return ""
	}
	at := s.model.Hit(s.layout, draw.Point{X: x, Y: y})
	if at.Node == 0 {
		return ""
	}
	return s.run().Trace.Node(at.Node).ID
}

// follow brings the model to where the player is.
func (s *session) follow() {
	if at := s.player.At(); at != s.model.At {
		s.zoom = s.zoom.Follow(s.lanes.Whole().X(at))
	}
	s.model.Cursor, s.model.At, s.model.Flights = s.player.Cursor(), s.player.At(), s.player.Flights()
	s.model.Asked = s.run().Asks(s.player.Cursor().Event())
	s.model.Hint = ""
	if id := s.selectedID(); id != "" && s.model.Mode == view.Omniscient {
		s.model.Hint = "hold V to see what " + s.run().Trace.Node(s.model.Selected).Name + " believes"
	}
}

// tick lets time pass and reports whether the picture changed; now is the wall clock in microseconds.
func (s *session) tick(now int64) bool {
	if s.player == nil || !s.player.Tick(now) {
		return false
	}
	s.follow()
	return true
}

func (s *session) run() *scenes.Run { return s.branches[s.current].run }

func (s *session) selectedID() string {
	n := int(s.model.Selected)
	if len(s.branches) == 0 || n == 0 || n > len(s.run().Trace.Nodes()) {
		return ""
	}
	return s.run().Trace.Node(s.model.Selected).ID
}

// playable is a branch as the player has it. A step by finding goes to where a run has shown it, and to where the report
// on logs says that it began.
func (s *session) playable(b branch) player.Branch {
	p := player.Branch{Name: b.name, Trace: b.run.Trace, Stops: stopEvents(b.run)}
	if c := s.capture(); c != nil {
		for _, f := range c.about(s.cluster()) {
			p.Findings = append(p.Findings, firstFrom(b.run.Trace, f.from))
		}
	} else {
		for _, f := range b.run.Findings {
			if len(f.Events) > 0 {
				p.Findings = append(p.Findings, f.Events[len(f.Events)-1])
			}
		}
	}
	slices.Sort(p.Findings)
	p.Findings = slices.Compact(p.Findings)
	return p
}

// firstFrom returns the first event that is not before an instant, of several at one moment the last; of a trace that ends
// before, its end.
func firstFrom(t *trace.Trace, from trace.Time) trace.EventID {
	next := min(t.At(from-1)+1, trace.EventID(len(t.Events)-1))
	return t.At(timeOf(t, next))
}

// stopEvents returns where the stops of a run are shown. One instant can meet the conditions of several; each still is a
// step of its own, so that the later ones move to the events behind it.
func stopEvents(run *scenes.Run) []trace.EventID {
	events := make([]trace.EventID, len(run.Stops))
	for i, stop := range run.Stops {
		events[i] = stop.Event
		if i > 0 {
			events[i] = max(events[i], events[i-1]+1)
		}
	}
	last := trace.EventID(len(run.Trace.Events) - 1)
	for i := len(events) - 1; i >= 0 && events[i] > last; i-- {
		events[i] = last
		last--
	}
	return events
}

// mainGroup returns the group whose roles are shown: Kudu's sys catalog, else the first. The trace of one cluster of several
// names the groups of all: those of which it has no event are not its own.
func mainGroup(t *trace.Trace) trace.GroupID {
	const sysCatalog = "00000000000000000000000000000000"
	own := make([]bool, len(t.Groups())+1)
	for i := range t.Events {
		own[t.Events[i].Group] = true
	}
	if i := slices.Index(t.Groups(), sysCatalog) + 1; i > 0 && own[i] {
		return trace.GroupID(i)
	}
	first := slices.Index(own[1:], true) + 1
	return trace.GroupID(max(first, min(1, len(t.Groups()))))
}

// contradictions are the kinds of findings in which a client was told two things that cannot both be true.
func contradictions() []string {
	return []string{check.NotFoundAfterCreate, check.StaleRead, check.Contradiction}
}

// illegal returns the answers that contradict an acknowledged operation: the last Return among the evidence. Of logs, whose
// clocks may leave room for doubt, these are the answers that the report names.
func (s *session) illegal() map[trace.EventID]bool {
	run, c := s.run(), s.capture()
	type told struct {
		kind     string
		from, to trace.Time
	}
	reported := map[told]bool{}
	if c != nil {
		for _, f := range c.about(s.cluster()) {
			reported[told{f.Kind, f.from, f.to}] = true
		}
	}
	found := map[trace.EventID]bool{}
	for _, f := range run.Findings {
		if !slices.Contains(contradictions(), f.Kind) || c != nil && !reported[told{f.Kind, f.From, f.To}] {
			continue
		}
		for _, e := range slices.Backward(f.Events) {
			if run.Trace.Events[e].Kind == trace.Return {
				found[e] = true
				break
			}
		}
	}
	return found
}
