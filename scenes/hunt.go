package scenes

import (
	"slices"

	"tabletop/engine"
	"tabletop/engine/check"
	"tabletop/engine/trace"
)

// Sample is what one run of a hunt is worth: how it ended, and the durations that are compared with real clusters.
type Sample struct {
	Seed         uint64
	Outcome      check.Outcome
	Linearizable *bool
	AsDocumented bool
	Failed       int // expectations that did not hold
	Measures
}

// Measures are the durations and counts of one or many runs, in microseconds.
type Measures struct {
	Failovers      []trace.Time // first pause or crash of a leader to the election of the next, no term burnt
	BurntFailovers []trace.Time // the same, with burnt terms
	BurntTerms     int
	StepDowns      []trace.Time // the first resume of a leader to its step-down
	StaleWindows   []trace.Time // resume to the last stale answer, over runs that had one
	Reads          int          // opens begun after the resume and before the next one
	StaleReads     int
	LastWon        int // failovers won by the follower whose detector fired last, of
	Detected       int // those in which two detectors fired
}

// Measure runs the scene once and keeps an outline only.
func (s *Scene) Measure(o Options) (Sample, error) {
	r, seed, err := s.runner(o, true)
	if err != nil {
		return Sample{}, err
	}
	if err := r.play(); err != nil {
		return Sample{}, err
	}
	return r.sample(r.cluster.Record().Trace(), seed), nil
}

func (r *runner) sample(t *trace.Trace, seed uint64) Sample {
	ops := trace.Operations(t)
	s := Sample{Seed: seed, Failed: r.broken, Outcome: check.OutcomeOfOperations(ops), Linearizable: check.Linearizable(ops)}
	if len(ops) == 0 {
		s.Linearizable = new(true)
	}
	s.AsDocumented = r.documented(s.Outcome, s.Linearizable)
	s.measure(t, ops)
	return s
}

// Judge runs the scene once with its whole trace and judges raft's invariants too. It returns what was violated.
func (s *Scene) Judge(o Options) (Sample, []check.Finding, error) {
	r, seed, err := s.runner(o, false)
	if err != nil {
		return Sample{}, nil, err
	}
	if err := r.play(); err != nil {
		return Sample{}, nil, err
	}
	t := r.cluster.Record().Trace()
	return r.sample(t, seed), check.Invariants(t), nil
}

// runner returns the runner of a run that has not begun.
func (s *Scene) runner(o Options, outline bool) (*runner, uint64, error) {
	variant, err := s.Variant(o.Variant)
	if err != nil {
		return nil, 0, err
	}
	settings, err := s.settings(o.Settings)
	if err != nil {
		return nil, 0, err
	}
	seed := o.Seed
	if seed == 0 {
		seed = s.Seed
	}
	config := s.config(variant, seed, settings)
	config.Outline = outline && !s.traced(variant.ID)
	cluster, err := engine.New(config)
	if err != nil {
		return nil, 0, &UsageError{err.Error()}
	}
	return &runner{scene: s, variant: variant, settings: settings, cluster: cluster, acts: o.Acts,
		marks: map[string]trace.Time{}, names: map[string]trace.NodeID{}, lookout: lookout{}, hunted: outline,
		ready: map[trace.NodeID]uint64{}, readyAt: map[trace.NodeID]trace.EventID{}}, seed, nil
}

// config returns the engine's configuration for a run.
func (s *Scene) config(v Variant, seed uint64, settings []trace.Setting) engine.Config {
	return engine.Config{System: s.System, Masters: s.Masters, Joining: s.Joining, Servers: s.Servers, Clients: s.Clients,
		Settings: append(engine.Settings(settings), v.set...),
		Header: trace.Header{Producer: "tabletop", System: s.System, Scene: s.ID, Variant: v.ID, Seed: seed,
			Settings: settings}}
}

// failover is a leader's first silence and what followed.
type failover struct {
	from     trace.Time
	leader   trace.NodeID
	burnt    int
	fired    []trace.NodeID // followers whose detector fired, in order
	campaign trace.EventID
}

func (m *Measures) measure(t *trace.Trace, ops []trace.Operation) {
	var leader trace.NodeID
	var open *failover
	silenced := false // only a run's first failover is measured: the next begin while a leader is absent
	resumed := map[trace.NodeID]trace.Time{}
	var resumes []trace.Time
	for i, e := range t.Events {
		switch e.Kind {
		case trace.Pause, trace.Crash:
			delete(resumed, e.Node)
			if e.Node == leader && open == nil && !silenced {
				silenced = true
				open = &failover{from: e.At, leader: leader, campaign: trace.NoEvent}
			}
		case trace.Resume:
			resumed[e.Node] = e.At
			resumes = append(resumes, e.At)
		case trace.Timer:
			if open != nil && !slices.Contains(open.fired, e.Node) {
				open.fired = append(open.fired, e.Node)
			}
		case trace.ElectionLost:
			// A pre-election burns no term: only a lost candidate of a real one does.
			if open != nil && open.campaign != trace.NoEvent && t.Events[open.campaign].Term == e.Term {
				open.burnt++
				open.campaign = trace.NoEvent
			}
		case trace.Campaign:
			if open != nil {
				open.campaign = trace.EventID(i)
			}
		case trace.Elected:
			if open != nil && e.Node != open.leader {
				m.failedOver(open, e)
				open = nil
			}
			leader = e.Node
		case trace.StepDown:
			if at, ok := resumed[e.Node]; ok && len(m.StepDowns) == 0 {
				m.StepDowns = append(m.StepDowns, e.At-at)
				delete(resumed, e.Node)
			}
		}
	}
	m.read(ops, resumes)
}

func (m *Measures) failedOver(f *failover, e trace.Event) {
	took := e.At - f.from
	if f.burnt > 0 {
		m.BurntFailovers = append(m.BurntFailovers, took)
		m.BurntTerms += f.burnt
		return
	}
	m.Failovers = append(m.Failovers, took)
	if len(f.fired) >= 2 {
		m.Detected++
		if f.fired[len(f.fired)-1] == e.Node {
			m.LastWon++
		}
	}
}

// read counts the opens begun between the first resume and the next, and those of them that denied an acknowledged
// table.
func (m *Measures) read(ops []trace.Operation, resumes []trace.Time) {
	if len(resumes) == 0 {
		return
	}
	window := trace.Time(-1)
	for _, o := range ops {
		if o.Verb != "open" || o.Call < resumes[0] || len(resumes) > 1 && o.Call >= resumes[1] {
			continue
		}
		m.Reads++
		acknowledged := slices.ContainsFunc(ops, func(c trace.Operation) bool {
			return c.Verb == "create" && c.Target == o.Target && c.Result == "OK" && c.End < o.Invoke
		})
		if acknowledged && o.Result == "NotFound" {
			m.StaleReads++
			window = max(window, o.Return-resumes[0])
		}
	}
	if window >= 0 {
		m.StaleWindows = append(m.StaleWindows, window)
	}
}

// Add adds the measures of another run.
func (m *Measures) Add(o Measures) {
	m.Failovers = append(m.Failovers, o.Failovers...)
	m.BurntFailovers = append(m.BurntFailovers, o.BurntFailovers...)
	m.StepDowns = append(m.StepDowns, o.StepDowns...)
	m.StaleWindows = append(m.StaleWindows, o.StaleWindows...)
	m.BurntTerms += o.BurntTerms
	m.Reads += o.Reads
	m.StaleReads += o.StaleReads
	m.LastWon += o.LastWon
	m.Detected += o.Detected
}
