package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/scenes"
)

// runFlags are what a run can be told.
type runFlags struct {
	options scenes.Options
	asJSON  bool
	trace   string
}

func runScene(args []string, s streams) error {
	set := flags("run")
	var f runFlags
	set.StringVar(&f.options.Variant, "variant", "", "variant of the scene")
	seed := set.String("seed", "", "seed, a whole number")
	set.Func("set", "KEY=VALUE", setting(&f.options))
	set.BoolVar(&f.asJSON, "json", false, "print JSON")
	set.StringVar(&f.trace, "trace", "", "file to write the trace to")
	rest, err := parse(set, args)
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return usagef("run: one scene or file is expected, not %d; valid scenes: %s", len(rest), sceneIDs())
	}
	if *seed != "" {
		f.options.Seed, err = strconv.ParseUint(*seed, 10, 64)
		if err != nil || f.options.Seed == 0 || f.options.Seed > scenes.MaxSeed {
			return usagef("run: invalid value %q for --seed: a whole number from 1 to %d is expected", *seed, scenes.MaxSeed)
		}
	}
	return runTarget(rest[0], f, s)
}

// setting returns what reads a KEY=VALUE flag.
func setting(o *scenes.Options) func(pair string) error {
	return func(pair string) error {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return errors.New("KEY=VALUE is expected")
		}
		o.Settings = append(o.Settings, trace.Setting{Key: key, Value: value})
		return nil
	}
}

// runTarget tells scenes from files: an id wins, then whatever lies on the disk, told apart by its content.
func runTarget(target string, f runFlags, s streams) error {
	sc, text, err := sceneOf(target)
	switch {
	case err != nil:
		return err
	case sc == nil:
		return reportTrace(target, text, f, s)
	}
	return runAndReport(sc, f, s)
}

// sceneOf returns the scene of an id or a file, or the text of a trace.
func sceneOf(target string) (*scenes.Scene, []byte, error) {
	sc, err := scenes.Find(target)
	if err == nil {
		return sc, nil, nil
	}
	if info, err := os.Stat(target); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		return nil, nil, fmt.Errorf("%s: is a device: a scene or a trace is expected", target) // some have no end
	}
	text, readErr := os.ReadFile(target)
	switch {
	case readErr == nil && looksLikeTrace(text):
		return nil, text, nil
	case readErr == nil:
		sc, err := scenes.Parse(filepath.ToSlash(target), text)
		return sc, nil, err
	case !errors.Is(readErr, fs.ErrNotExist), looksLikePath(target):
		return nil, nil, readErr
	}
	return nil, nil, asUsage(err)
}

func looksLikePath(target string) bool {
	return strings.ContainsAny(target, `/\`) || filepath.Ext(target) != ""
}

// looksLikeTrace reports whether a file is the NDJSON form of a trace: a JSON object comes first.
func looksLikeTrace(text []byte) bool {
	return strings.HasPrefix(strings.TrimLeft(string(text[:min(len(text), 256)]), "\ufeff \t\r\n"), "{")
}

func runAndReport(sc *scenes.Scene, f runFlags, s streams) error {
	if sc.Kind == scenes.Recorded {
		return reportRecorded(sc, f, s)
	}
	run, err := sc.Run(f.options)
	if err != nil {
		return asUsage(err)
	}
	if f.trace != "" {
		if err := writeTrace(f.trace, run.Trace); err != nil {
			return err
		}
	}
	if f.asJSON {
		err = printJSON(s.out, run.Report())
	} else {
		summarize(s.out, run)
	}
	if err == nil && !run.AsDocumented {
		return deviation{}
	}
	return err
}

// asUsage gives a scene's complaint about its arguments the exit status of wrong usage.
func asUsage(err error) error {
	var wrong *scenes.UsageError
	if errors.As(err, &wrong) {
		return &usageError{err.Error()}
	}
	return err
}

func sceneIDs() string {
	var ids []string
	for _, sc := range scenes.Catalogue() {
		ids = append(ids, sc.ID)
	}
	return strings.Join(ids, ", ")
}

func writeTrace(path string, t *trace.Trace) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := trace.Write(file, t); err != nil {
		file.Close()
		return fmt.Errorf("write %s: %w", path, err)
	}
	return file.Close()
}

// reportTrace judges a trace that was written earlier, by this command or another producer.
func reportTrace(path string, text []byte, f runFlags, s streams) error {
	o := f.options
	if o.Variant != "" || o.Seed != 0 || len(o.Settings) > 0 {
		return usagef("run: %s is a trace: it has its variant, seed and settings already", path)
	}
	t, err := trace.Read(strings.NewReader(string(text)))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if f.trace != "" {
		if err := writeTrace(f.trace, t); err != nil {
			return err
		}
	}
	report := check.Check(t)
	if f.asJSON {
		return printJSON(s.out, traceReport(t, report))
	}
	summarizeTrace(s.out, t, report)
	return nil
}
