package scenes

import (
	"slices"

	"tabletop/engine/check"
	"tabletop/engine/trace"
)

// Tally is what a hunt has found so far. Its parts can be made apart and merged; the result does not depend on how.
type Tally struct {
	Runs, Anomalies, Timeouts, Clean int
	NotLinearizable                  int
	AsDocumented, Deviates           int
	ExpectationsFailed               int
	AnomalySeeds                     []uint64
	Disagreements                    int      // runs in which the outcome and the checker say different things
	Violations                       []string // invariants broken, with their seeds
	Measures                         Measures
}

// Add counts a run.
func (t *Tally) Add(s Sample) {
	t.Runs++
	switch s.Outcome {
	case check.Anomaly:
		t.Anomalies++
		t.AnomalySeeds = append(t.AnomalySeeds, s.Seed)
	case check.Timeout:
		t.Timeouts++
	default:
		t.Clean++
	}
	if s.Linearizable != nil && !*s.Linearizable {
		t.NotLinearizable++
	}
	if s.Linearizable == nil || *s.Linearizable == (s.Outcome == check.Anomaly) {
		t.Disagreements++
	}
	if s.AsDocumented {
		t.AsDocumented++
	} else {
		t.Deviates++
	}
	t.ExpectationsFailed += s.Failed
	t.Measures.Add(s.Measures)
}

// Merge adds another part of the same hunt.
func (t *Tally) Merge(o Tally) {
	t.Runs += o.Runs
	t.Anomalies += o.Anomalies
	t.Timeouts += o.Timeouts
	t.Clean += o.Clean
	t.NotLinearizable += o.NotLinearizable
	t.AsDocumented += o.AsDocumented
	t.Deviates += o.Deviates
	t.ExpectationsFailed += o.ExpectationsFailed
	t.Disagreements += o.Disagreements
	t.AnomalySeeds = append(t.AnomalySeeds, o.AnomalySeeds...)
	t.Violations = append(t.Violations, o.Violations...)
	t.Measures.Add(o.Measures)
}

// HuntReport is a hunt as `tabletop hunt --json` prints it.
type HuntReport struct {
	Scene              string            `json:"scene"`
	Variant            string            `json:"variant"`
	Settings           map[string]string `json:"settings"`
	Runs               int               `json:"runs"`
	Anomalies          int               `json:"anomalies"`
	Timeouts           int               `json:"timeouts"`
	Clean              int               `json:"clean"`
	NotLinearizable    int               `json:"not_linearizable"`
	AsDocumented       int               `json:"as_documented"`
	Deviates           int               `json:"deviates"`
	ExpectationsFailed int               `json:"expectations_failed"`
	AnomalySeeds       []uint64          `json:"anomaly_seeds"`
	Disagreements      int               `json:"disagreements"` // of outcome and linearizable
	Violations         []string          `json:"violations,omitempty"`
	WallUS             int64             `json:"wall_us"`
	Measures           MeasuresReport    `json:"measures"`
}

// MeasuresReport are the measures of a hunt.
type MeasuresReport struct {
	Failovers       int           `json:"failovers"`
	FailoverUS      *Distribution `json:"failover_us,omitempty"`
	BurntFailovers  int           `json:"burnt_failovers"`
	BurntFailoverUS *Distribution `json:"burnt_failover_us,omitempty"`
	BurntTerms      int           `json:"burnt_terms"`
	StepDownUS      *Distribution `json:"step_down_us,omitempty"`
	Reads           int           `json:"reads"`
	StaleReads      int           `json:"stale_reads"`
	StaleWindowUS   *Distribution `json:"stale_window_us,omitempty"`
	TwoDetected     int           `json:"two_detected"`
	LastToNoticeWon int           `json:"last_to_notice_won"`
}

// Distribution is a set of durations in microseconds.
type Distribution struct {
	N   int        `json:"n"`
	Min trace.Time `json:"min"`
	P50 trace.Time `json:"p50"`
	P90 trace.Time `json:"p90"`
	Max trace.Time `json:"max"`
}

// Distribute returns the distribution of durations, nil for none.
func Distribute(all []trace.Time) *Distribution {
	if len(all) == 0 {
		return nil
	}
	s := slices.Sorted(slices.Values(all))
	at := func(percent int) trace.Time { return s[(len(s)-1)*percent/100] }
	return &Distribution{N: len(s), Min: s[0], P50: at(50), P90: at(90), Max: s[len(s)-1]}
}

// Report returns the tally of a hunt for printing.
func (t *Tally) Report(s *Scene, o Options) (HuntReport, error) {
	variant, err := s.Variant(o.Variant)
	if err != nil {
		return HuntReport{}, err
	}
	settings, err := s.settings(o.Settings)
	if err != nil {
		return HuntReport{}, err
	}
	const most = 100
	m := &t.Measures
	seeds := slices.Sorted(slices.Values(t.AnomalySeeds))
	r := HuntReport{Scene: s.ID, Variant: variant.ID, Settings: map[string]string{}, Runs: t.Runs, Anomalies: t.Anomalies,
		Timeouts: t.Timeouts, Clean: t.Clean, NotLinearizable: t.NotLinearizable, AsDocumented: t.AsDocumented,
		Deviates: t.Deviates, Disagreements: t.Disagreements, ExpectationsFailed: t.ExpectationsFailed,
		AnomalySeeds: append([]uint64{}, seeds[:min(most, len(seeds))]...), Violations: t.Violations,
		Measures: MeasuresReport{Failovers: len(m.Failovers), FailoverUS: Distribute(m.Failovers),
			BurntFailovers: len(m.BurntFailovers), BurntFailoverUS: Distribute(m.BurntFailovers), BurntTerms: m.BurntTerms,
			StepDownUS: Distribute(m.StepDowns), Reads: m.Reads, StaleReads: m.StaleReads,
			StaleWindowUS: Distribute(m.StaleWindows), TwoDetected: m.Detected, LastToNoticeWon: m.LastWon}}
	for _, k := range settings {
		r.Settings[k.Key] = k.Value
	}
	return r, nil
}
