package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/replay"
	"tabletop/replay/source"
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
			return usagef("run: invalid value %q for --seed: a whole number from 1 to %d is expected", *seed, uint64(scenes.MaxSeed))
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
	if err := spares(f.trace, []source.File{{Name: target}}, s.in); err != nil {
		return err
	}
	sc, t, err := sceneOf(target)
	switch {
	case err != nil:
		return err
	case sc == nil:
		return reportTrace(target, t, f, s)
	}
	return runAndReport(sc, f, s)
}

// sceneOf returns the scene of an id or a file, or the trace that a file holds.
func sceneOf(target string) (*scenes.Scene, *trace.Trace, error) {
	sc, unknown := scenes.Find(target)
	if unknown == nil {
		return sc, nil, nil
	}
	info, err := os.Stat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !looksLikePath(target):
		return nil, nil, asUsage(unknown)
	case err != nil:
		return nil, nil, err
	case info.IsDir():
		return nil, nil, fmt.Errorf("%s: is a directory: a scene or a trace is expected; tabletop replay reads directories of logs", target)
	case !info.Mode().IsRegular(): // some have no end
		return nil, nil, fmt.Errorf("%s: is no regular file: a scene or a trace is expected", target)
	}
	f, err := (&openFiles{}).file(target)
	if err != nil {
		return nil, nil, err
	}
	defer closeAll([]source.File{f})
	text := io.NewSectionReader(f, 0, f.Size)
	const most = 64 << 20 // far more than a scene may have, which says so itself
	switch kind := replay.Kind(f, reading()); {
	case kind == "unknown" && f.Size > most:
		return nil, nil, fmt.Errorf("%s: has %d bytes and is no trace: a scene or a trace is expected", f.Name, f.Size)
	case kind == "trace" && trace.Begins(head(f)):
		t, err := readTrace(f.Name, text)
		return nil, t, err
	case kind == "unknown", holdsScene(f):
		source, err := io.ReadAll(text)
		if err != nil {
			return nil, nil, err
		}
		sc, err := scenes.Parse(f.Name, source)
		return sc, nil, err
	default:
		return nil, nil, fmt.Errorf("%s: is no scene but %s: tabletop replay %s", f.Name, kindWords(kind), f.Name)
	}
}

// kindWords says what a file is that can be read but not run.
func kindWords(kind string) string {
	switch kind {
	case "trace":
		return "a packed trace"
	case "history":
		return "a client history"
	case "members":
		return "a list of nodes"
	}
	return "a log (" + kind + ")"
}

// head returns the beginning of a file.
func head(f source.File) []byte {
	b := make([]byte, min(f.Size, 64<<10))
	n, _ := f.ReadAt(b, 0)
	return b[:n]
}

// holdsScene reports whether a file has the section of a scene that every one has; in its notes it may quote a log.
func holdsScene(f source.File) bool {
	text := head(f)
	return bytes.HasPrefix(text, []byte("-- scene --")) || bytes.Contains(text, []byte("\n-- scene --"))
}

// readTrace reads a trace of a file.
func readTrace(path string, r io.Reader) (*trace.Trace, error) {
	t, err := trace.Read(r)
	var line *trace.LineError
	if errors.As(err, &line) {
		return nil, line.In(path)
	}
	return t, err
}

func looksLikePath(target string) bool {
	return strings.ContainsAny(target, `/\`) || filepath.Ext(target) != ""
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
func reportTrace(path string, t *trace.Trace, f runFlags, s streams) error {
	o := f.options
	if o.Variant != "" || o.Seed != 0 || len(o.Settings) > 0 {
		return usagef("run: %s is a trace: it has its variant, seed and settings already", path)
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
