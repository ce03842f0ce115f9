package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tabletop/engine"
	"tabletop/engine/trace"
	"tabletop/render/player"
	"tabletop/render/view"
	"tabletop/scenes"
)

// intent is what the page asks for. Which fields count depends on Type.
type intent struct {
	Type     string         `json:"type"`
	Scene    string         `json:"scene"`
	Variant  string         `json:"variant"`
	Seed     any            `json:"seed"` // a number, or text from a field or an address
	Settings map[string]any `json:"settings"`
	Acts     []actJSON      `json:"acts"`
	Files    []file         `json:"files"`
	Logs     *logs          `json:"logs"` // made by the worker
	File     string         `json:"file"` // that an address says the scene was opened from
	AtUs     *trace.Time    `json:"at_us"`
	Step     *int           `json:"step"`
	Event    *int64         `json:"event"`
	Key      string         `json:"key"`
	Value    any            `json:"value"`
	Text     string         `json:"text"`
	Node     string         `json:"node"`
	ID       any            `json:"id"`
	Unit     string         `json:"unit"`
	Slider   *float64       `json:"slider"`
	Speed    *float64       `json:"speed"`
	Factor   *float64       `json:"factor"`
	By       *float64       `json:"by"`
	Reduced  bool           `json:"reduced"`
	On       bool           `json:"on"`
	Animate  bool           `json:"animate"` // show the movement instead of completing it
}

type file struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

type actJSON struct {
	After trace.EventID `json:"after"`
	Text  string        `json:"text"`
}

// deeds is the table of intents.
func deeds() map[string]func(*session, intent) error {
	return map[string]func(*session, intent) error{
		"open": (*session).openIntent, "offer": (*session).offer,
		"step": (*session).step, "back": (*session).step,
		"play":   func(s *session, _ intent) error { s.player.Play(); return nil },
		"stop":   func(s *session, _ intent) error { s.player.Stop(); return nil },
		"reset":  (*session).reset,
		"seek":   (*session).seek,
		"zoom":   (*session).magnify,
		"set":    (*session).set,
		"seed":   (*session).seed,
		"select": (*session).choose,
		"variant": func(s *session, x intent) error {
			if s.traced() {
				return s.otherCluster(x.Variant)
			}
			o := s.options
			o.Variant = x.Variant
			return s.rerun(o)
		},
		"command": func(s *session, x intent) error { return s.command(x.Text) },
		"branch":  func(s *session, x intent) error { return s.enter(text(x.ID)) },
		"undo":    func(s *session, _ intent) error { return s.undo() },
		"unit":    (*session).unit,
		"speed":   (*session).speed,
		"faster":  func(s *session, _ intent) error { s.player.Faster(); return nil },
		"slower":  func(s *session, _ intent) error { s.player.Slower(); return nil },
		"motion":  (*session).motion,
		"belief":  (*session).belief,
		"marks":   func(s *session, x intent) error { s.marked = x.On; s.mark(); return nil },
	}
}

// ask does what a text in the form of the page's intents says.
func (s *session) ask(source []byte) error {
	x, err := parseIntent(source)
	if err != nil {
		s.err = err.Error()
		return err
	}
	return s.perform(x)
}

// perform does what the page asks for. An error leaves everything as it was.
func (s *session) perform(x intent) error {
	if err := s.attempt(x); err != nil {
		s.err = err.Error()
		return err
	}
	s.err = ""
	if s.player != nil {
		s.follow()
	}
	return nil
}

func (s *session) attempt(x intent) error {
	deed, ok := deeds()[x.Type]
	if !ok {
		return unknownType(x.Type)
	}
	early := x.Type == "open" || x.Type == "offer" || x.Type == "motion"
	if s.player == nil && !early {
		return fmt.Errorf("%s: no scene is open", x.Type)
	}
	return deed(s, x)
}

func keys[V any](m map[string]V) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// openIntent opens a scene or files. What was open comes back when anything in the intent cannot be done.
func (s *session) openIntent(x intent) (err error) {
	before := *s
	defer func() {
		if err != nil {
			*s = before
		}
	}()
	if len(x.Files) > 0 {
		return s.openFiles(x)
	}
	if x.Logs != nil {
		return s.openLogs(x)
	}
	if s.traced() && x.File == s.file {
		return nil
	}
	sc, err := s.wanted(x)
	if err != nil {
		return err
	}
	o, err := optionsOf(x)
	if err != nil {
		return err
	}
	if err := s.open(sc, o); err != nil {
		return err
	}
	return s.redo(x.Acts)
}

func optionsOf(x intent) (o scenes.Options, err error) {
	o.Variant = x.Variant
	if x.Seed != nil {
		if o.Seed, err = seedOf(x.Seed); err != nil {
			return o, err
		}
	}
	for _, key := range slices.Sorted(keys(x.Settings)) {
		o.Settings = append(o.Settings, trace.Setting{Key: key, Value: text(x.Settings[key])})
	}
	return o, nil
}

// wanted returns the scene to open: by id, the one that is open, or the first. A scene that a person opened from a file
// is gone when the page is loaded again: files are never kept.
func (s *session) wanted(x intent) (*scenes.Scene, error) {
	if x.File != "" {
		for _, e := range s.catalogue {
			if e.ID == x.Scene && e.file == x.File {
				return e.Scene, nil
			}
		}
		return nil, fmt.Errorf("what was opened from %s is not kept when the page is loaded again: open it once more", x.File)
	}
	switch {
	case x.Scene != "":
		return s.find(x.Scene)
	case s.scene != nil && !s.traced():
		return s.scene, nil
	case len(s.catalogue) == 0:
		return nil, fmt.Errorf("there is no scene to open")
	}
	if sc, err := s.find(firstScene); err == nil {
		return sc, nil
	}
	return s.catalogue[0].Scene, nil
}

// mostActs bounds how many runs one address can ask for.
const mostActs = 100

// redo repeats the commands given by hand that a link holds, each in a branch of its own as when they were given.
func (s *session) redo(acts []actJSON) error {
	if len(acts) > mostActs {
		return fmt.Errorf("acts: %d commands: at most %d are expected", len(acts), mostActs)
	}
	if len(acts) > 0 && s.traced() {
		return s.finished()
	}
	var done []engine.Act
	for _, a := range acts {
		events := s.run().Trace.Events
		last := trace.EventID(len(events) - 1)
		if a.After < trace.NoEvent || a.After > last {
			return fmt.Errorf("acts: %d:%s: there is no event %d; valid: -1 (the start) to %d", a.After, a.Text, a.After, last)
		}
		if n := len(done); n > 0 && a.After < done[n-1].After {
			return fmt.Errorf("acts: %d:%s: the commands must be in the order of their events", a.After, a.Text)
		}
		c, err := engine.ParseCommand(a.Text)
		if err != nil {
			return fmt.Errorf("acts: %w", err)
		}
		done = append(done, engine.Act{After: a.After, Command: c})
		at := trace.Time(0)
		if a.After >= 0 {
			at = events[a.After].At
		}
		if err := s.fork(slices.Clone(done), a.After, at); err != nil {
			return fmt.Errorf("acts: %w", err)
		}
	}
	return nil
}

func (s *session) step(x intent) error {
	was := s.player.Unit()
	if x.Unit != "" {
		if err := s.unit(x); err != nil {
			return err
		}
		defer s.player.SetUnit(was)
	}
	if x.Type == "back" {
		s.player.Back()
		return nil
	}
	s.player.Step()
	if !x.Animate {
		s.player.Stop() // completes the movement
	}
	return nil
}

// reset goes back to the start of the original run.
func (s *session) reset(intent) error {
	if s.current != 0 {
		if err := s.enter(s.branches[0].id); err != nil {
			return err
		}
	}
	s.player.Stop()
	s.player.SeekEvent(trace.NoEvent)
	s.zoom = view.Zoom{}
	return nil
}

// seek jumps to a place. Whatever names it, a place outside the run is refused with the range that there is.
func (s *session) seek(x intent) error {
	t := s.run().Trace
	switch last := trace.EventID(len(t.Events) - 1); {
	case x.Step != nil:
		_, steps := s.steps()
		if *x.Step < 0 || *x.Step > steps {
			return fmt.Errorf("seek: there is no stop %d; valid: 0 to %d", *x.Step, steps)
		}
		s.player.Stop()
		if s.traced() {
			s.player.SeekEvent(trace.EventID(*x.Step - 1))
		} else {
			s.player.SeekStop(*x.Step)
		}
	case x.Event != nil:
		if *x.Event < int64(trace.NoEvent) || *x.Event > int64(last) {
			return fmt.Errorf("seek: there is no event %d; valid: -1 (the start) to %d", *x.Event, last)
		}
		s.player.Stop()
		s.player.SeekEvent(trace.EventID(*x.Event))
	case x.AtUs != nil:
		if *x.AtUs < 0 || *x.AtUs > t.End() {
			return fmt.Errorf("seek: there is no instant %d µs; valid: 0 to %d", *x.AtUs, t.End())
		}
		s.player.Stop()
		s.player.SeekTime(*x.AtUs)
	default:
		return fmt.Errorf("seek: at_us, step or event is missing")
	}
	return nil
}

// steps returns how many steps have been reached and how many there are: the stops of a lesson, the events of a trace.
func (s *session) steps() (reached, all int) {
	if s.traced() {
		event, _ := s.player.Position()
		return int(event) + 1, len(s.run().Trace.Events)
	}
	return s.player.StopNumber(), len(s.run().Stops)
}

func (s *session) set(x intent) error {
	o := s.options
	o.Settings = slices.DeleteFunc(slices.Clone(o.Settings), func(have trace.Setting) bool { return have.Key == x.Key })
	o.Settings = append(o.Settings, trace.Setting{Key: x.Key, Value: text(x.Value)})
	return s.rerun(o)
}

func (s *session) seed(x intent) error {
	seed, err := seedOf(x.Seed)
	if err != nil {
		return err
	}
	o := s.options
	o.Seed = seed
	return s.rerun(o)
}

func (s *session) choose(x intent) error {
	if x.Node == "" {
		s.model.Selected = 0
		return nil
	}
	t := s.run().Trace
	n := t.Lookup(x.Node)
	if n == 0 {
		var ids []string
		for _, node := range t.Nodes() {
			ids = append(ids, node.ID)
		}
		return fmt.Errorf("unknown node %q; valid: %s", x.Node, strings.Join(ids, ", "))
	}
	s.model.Selected = n
	return nil
}

func (s *session) unit(x intent) error {
	u, err := unitOf(x.Unit)
	if err != nil {
		return err
	}
	if !slices.Contains(s.units(), x.Unit) {
		return fmt.Errorf("there is no %s here; valid: %s", x.Unit, strings.Join(s.units(), ", "))
	}
	s.player.SetUnit(u)
	return nil
}

func (s *session) speed(x intent) error {
	switch {
	case x.Slider != nil:
		s.player.SetSlider(*x.Slider)
	case x.Speed != nil:
		s.player.SetSpeed(*x.Speed)
	}
	return nil
}

// belief shows the stage as the selected node believes it to be.
func (s *session) belief(x intent) error {
	s.model.Mode = view.Omniscient
	if x.On && s.model.Selected != 0 {
		s.model.Mode = view.Belief
	}
	return nil
}

func (s *session) motion(x intent) error {
	s.reduced = x.Reduced
	s.model.ReducedMotion = x.Reduced
	if s.player != nil {
		s.player.SetReducedMotion(x.Reduced)
	}
	return nil
}

func unitOf(name string) (player.Unit, error) {
	u, ok := player.ParseUnit(name)
	if !ok {
		return 0, fmt.Errorf("unknown step unit %q; valid: %s", name, strings.Join(unitNames(), ", "))
	}
	return u, nil
}

// units are those of which what is shown has one: no logs have stops.
func (s *session) units() []string {
	b, _ := s.player.Branch()
	return slices.DeleteFunc(unitNames(), func(name string) bool {
		return name == player.UnitStop.String() && len(b.Stops) == 0 || name == player.UnitFinding.String() && len(b.Findings) == 0
	})
}

func unitNames() []string {
	var names []string
	for u := player.Unit(0); u.String() != "unknown"; u++ {
		names = append(names, u.String())
	}
	return names
}

// seedOf reads a seed from a number or from text. Scripts hold whole numbers exactly up to maxSafe only, so that a larger
// seed would silently become another one.
func seedOf(v any) (uint64, error) {
	word := text(v)
	seed, err := strconv.ParseUint(word, 10, 64)
	if err != nil || seed < 1 || seed > maxSafe {
		return 0, fmt.Errorf("seed %s: a whole number from 1 to %d is expected", word, uint64(maxSafe))
	}
	return seed, nil
}

// text returns a JSON value as the command line would have it.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	word, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(word)
}
