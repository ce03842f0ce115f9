package main

import (
	"bytes"
	"fmt"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/replay"
	"tabletop/replay/source"
	"tabletop/scenes"
	"tabletop/scenes/recorded"
)

// playRecorded makes a trace of a recorded scene's logs and plays the scene on it.
func playRecorded(sc *scenes.Scene, variant string) (*scenes.Run, *replay.Import, error) {
	var files []source.File
	for _, f := range recorded.Files(sc.ID) {
		files = append(files, source.File{Name: f.Name, Size: int64(len(f.Bytes)), ReaderAt: bytes.NewReader(f.Bytes)})
	}
	if len(files) == 0 {
		return nil, nil, fmt.Errorf("%s: a recorded scene that has no logs in the program", sc.ID)
	}
	imported, err := replay.Read(files, reading())
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", sc.ID, err)
	}
	run, err := sc.Play(imported.Trace, variant)
	return run, imported, err
}

// recordedReport is what `run --json` prints for a recorded scene: what replay prints, and how the scene was met.
type recordedReport struct {
	Scene        string                  `json:"scene"`
	Variant      string                  `json:"variant"`
	Seed         uint64                  `json:"seed"`
	Settings     map[string]string       `json:"settings"`
	Verdict      string                  `json:"verdict"`
	Outcome      check.Outcome           `json:"outcome"`
	Expectations []scenes.ExpectReport   `json:"expectations"`
	Questions    []scenes.QuestionReport `json:"questions"`
	SimUS        trace.Time              `json:"sim_us"`
	replay.Report
}

func reportRecorded(sc *scenes.Scene, f runFlags, s streams) error {
	o := f.options
	if o.Seed != 0 || len(o.Settings) > 0 {
		return usagef("run: %s is recorded: it has no seed and no settings", sc.ID)
	}
	if _, err := sc.Variant(o.Variant); err != nil {
		return asUsage(err)
	}
	run, imported, err := playRecorded(sc, o.Variant)
	if err != nil {
		return asUsage(err)
	}
	if f.trace != "" {
		if err := writeTrace(f.trace, run.Trace); err != nil {
			return err
		}
	}
	if f.asJSON {
		r := run.Report()
		err = printJSON(s.out, recordedReport{Scene: r.Scene, Variant: r.Variant, Seed: r.Seed, Settings: r.Settings, Verdict: r.Verdict,
			Outcome: r.Outcome, Expectations: r.Expectations, Questions: r.Questions, SimUS: r.SimUS, Report: imported.Report})
	} else {
		summarize(s.out, run)
	}
	if err == nil && !run.AsDocumented {
		return deviation{}
	}
	return err
}
