package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"tabletop/replay"
	"tabletop/replay/source"
	"tabletop/scenes"
)

// replayFlags are what a replay can be told.
type replayFlags struct {
	options replay.Options
	asJSON  bool
	trace   string
}

func replayLogs(args []string, s streams) error {
	set := flags("replay")
	var f replayFlags
	f.options = reading()
	f.options.Workers = runtime.NumCPU()
	set.BoolVar(&f.asJSON, "json", false, "print JSON")
	set.StringVar(&f.trace, "trace", "", "file to write the trace to")
	set.Func("year", "year of stamps without one", year(&f.options))
	set.Func("zone", "zone of stamps without one, as +hh:mm", zone(&f.options))
	set.Func("since", "begin at this time", moment(&f.options.Since))
	set.Func("until", "end at this time", moment(&f.options.Until))
	rest, err := parse(set, args)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return usagef("replay: at least one file, folder or pattern is expected, or - for the standard input")
	}
	if o := f.options; o.Since != nil && o.Until != nil && *o.Since > *o.Until {
		return usagef("replay: --since lies behind --until")
	}
	files, unread, err := collect(rest, s.in)
	if err != nil {
		return err
	}
	defer closeAll(files)
	if err := spares(f.trace, files, s.in); err != nil {
		return err
	}
	files, unread = withoutScenes(files, unread)
	progress := newMeter(s.err, f.asJSON)
	f.options.Progress = progress.show
	imported, err := replay.Read(files, f.options)
	progress.done()
	imported.Report.Unread(unread)
	return reportReplay(imported, err, f, s)
}

func reportReplay(imported *replay.Import, failed error, f replayFlags, s streams) error {
	shown := newQuota()
	for _, file := range imported.Report.Files {
		if file.Error == "" {
			continue
		}
		if len(file.Errors) > 1 {
			badLines(s.err, file)
			continue
		}
		why := file.Error
		if !strings.HasPrefix(why, file.Path+":") { // a line is named with its file
			why = file.Path + ": " + why
		}
		if len(imported.Report.Files) == 1 && errors.Is(failed, replay.ErrNothing) {
			failed = errors.New(visible(why))
		} else if shown.allows(file.Error) {
			say(s.err, "tabletop: %s\n", why)
		}
	}
	for why, n := range shown.beyond() {
		say(s.err, "tabletop: and %s more: %s\n", counted(n, "file"), why)
	}
	if f.asJSON {
		for _, limit := range imported.Report.Limits {
			say(s.err, "tabletop: %s\n", limit)
		}
	}
	if f.trace != "" && failed == nil {
		if err := writeTrace(f.trace, imported.Trace); err != nil {
			return err
		}
	}
	var err error
	if f.asJSON {
		err = printJSON(s.out, imported.Report)
	} else if failed == nil {
		summarizeReplay(s.out, imported, f.options)
	}
	return cmp.Or(failed, err)
}

// badLines names the lines of a history that could not be read: an operation may be missing from it.
func badLines(w io.Writer, file replay.FileReport) {
	const most = 20
	for _, line := range file.Errors[:min(len(file.Errors), most)] {
		say(w, "tabletop: %s\n", line)
	}
	if n := len(file.Errors) - most; n > 0 {
		say(w, "tabletop: and %s more of %s; --json has the first thousand\n", counted(n, "line"), file.Path)
	}
}

// year reads --year.
func year(o *replay.Options) func(string) error {
	return func(text string) error {
		y, err := strconv.Atoi(text)
		if err != nil || y < 1970 || y > 9999 {
			return errors.New("a year from 1970 to 9999 is expected")
		}
		o.Year = y
		return nil
	}
}

// zone reads --zone, ±hh:mm.
func zone(o *replay.Options) func(string) error {
	return func(text string) error {
		t, err := time.Parse("-07:00", text)
		if err != nil {
			if text != "Z" && text != "UTC" {
				return errors.New("a zone such as +02:00 is expected")
			}
			t = time.Time{}
		}
		_, offset := t.Zone()
		o.Zone, o.ZoneKnown = int64(offset)*1e6, true
		return nil
	}
}

// moment reads a time, RFC 3339, in UTC if it names no zone.
func moment(us **int64) func(string) error {
	return func(text string) error {
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02"} {
			if t, err := time.Parse(layout, text); err == nil {
				at := t.UnixMicro()
				*us = &at
				return nil
			}
		}
		return errors.New("a time such as 2026-11-21T05:04:17Z is expected")
	}
}

// collect makes sources of paths: files, folders with all that lies in them, patterns, and - for the standard input.
// What cannot be opened, or is not there at all, is returned by name, with the reason.
func collect(paths []string, stdin io.Reader) (files []source.File, unread []source.Skipped, err error) {
	opened := &openFiles{}
	for _, path := range paths {
		if path == "-" {
			f, err := spool(stdin)
			if err != nil {
				closeAll(files)
				return nil, nil, fmt.Errorf("standard input: %w", err)
			}
			files = append(files, f)
			continue
		}
		found := []string{path}
		if _, err := os.Stat(path); err != nil {
			found, _ = filepath.Glob(path)
			if len(found) == 0 {
				unread = append(unread, source.Skipped{Path: filepath.ToSlash(path), Reason: absent(path, err)})
			}
		}
		for _, root := range found {
			more, not := opened.below(root)
			if len(more)+len(not) == 0 {
				not = append(not, source.Skipped{Path: filepath.ToSlash(root), Reason: "holds no file"})
			}
			files, unread = append(files, more...), append(unread, not...)
		}
	}
	return unique(files), unread, nil
}

// below returns a file, or all files of a folder. A folder that is named may be a link; those within it are not followed,
// as they may lead in a circle.
func (o *openFiles) below(root string) (files []source.File, unread []source.Skipped) {
	if info, err := os.Stat(root); err == nil && info.IsDir() && !os.IsPathSeparator(root[len(root)-1]) {
		root += string(filepath.Separator) // else a link is taken for a file
	}
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name := filepath.ToSlash(path)
		switch {
		case err != nil:
			unread = append(unread, source.Skipped{Path: filepath.ToSlash(filepath.Clean(path)), Reason: reason(err)})
		case d.IsDir():
		default:
			f, err := o.file(path)
			if err != nil {
				unread = append(unread, source.Skipped{Path: name, Reason: reason(err)})
				return nil
			}
			files = append(files, f)
		}
		return nil
	})
	return files, unread
}

// withoutScenes sorts out the scenes, which are run and not read.
func withoutScenes(files []source.File, unread []source.Skipped) ([]source.File, []source.Skipped) {
	var logs []source.File
	for _, f := range files {
		if !holdsScene(f) {
			logs = append(logs, f)
			continue
		}
		unread = append(unread, source.Skipped{Path: f.Name, Reason: "is a scene: tabletop run " + f.Name})
		closeAll([]source.File{f})
	}
	return logs, unread
}

// absent says why nothing is read under a name.
func absent(name string, err error) string {
	if sc, _ := scenes.Find(name); sc != nil {
		return "is a scene: tabletop run " + sc.ID
	}
	return reason(err)
}

// reason is an error without the name of the file, which stands before it.
func reason(err error) string {
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}

// file is a file that can be read. One that nobody may read fails at once.
func (o *openFiles) file(path string) (source.File, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return source.File{}, err
	case info.IsDir():
		return source.File{}, errors.New("is a link to a folder: its files are read if it is named")
	case !info.Mode().IsRegular():
		return source.File{}, errors.New("is no regular file: a log is expected, or - for what comes through a pipe")
	}
	h := &heldFile{path: path, info: info, all: o}
	if _, err := h.take(); err != nil {
		return source.File{}, err
	}
	h.leave()
	return source.File{Name: filepath.ToSlash(path), Size: info.Size(), Modified: info.ModTime().UnixMicro(), ReaderAt: h}, nil
}

// unique drops files that were named twice, if under other names.
func unique(files []source.File) []source.File {
	clean := func(f source.File) string { return filepath.Clean(f.Name) }
	slices.SortStableFunc(files, func(a, b source.File) int {
		return cmp.Or(strings.Compare(clean(a), clean(b)), strings.Compare(a.Name, b.Name))
	})
	met := map[int64][]fs.FileInfo{} // by size
	return slices.DeleteFunc(files, func(f source.File) bool {
		held, ok := f.ReaderAt.(*heldFile)
		if !ok {
			return false
		}
		again := slices.ContainsFunc(met[f.Size], func(o fs.FileInfo) bool { return os.SameFile(o, held.info) })
		if met[f.Size] = append(met[f.Size], held.info); again {
			held.Close()
		}
		return again
	})
}

// spoolAbove is how much of the standard input is kept in memory, in bytes; more goes to a file that has no name.
const spoolAbove = 64 << 20

// spool reads a stream to its end, so that it can be read again. One that begins without a line, as /dev/zero does, is
// not read further: it may have no end.
func spool(in io.Reader) (source.File, error) {
	const sample = 1 << 20
	head, err := io.ReadAll(io.LimitReader(in, sample))
	if err != nil {
		return source.File{}, err
	}
	if len(head) < sample || len(bytes.Trim(head, "\x00")) == 0 {
		return source.File{Name: "-", Size: int64(len(head)), ReaderAt: bytes.NewReader(head)}, nil
	}
	rest, err := io.ReadAll(io.LimitReader(in, spoolAbove-sample))
	if err != nil {
		return source.File{}, err
	}
	if head = append(head, rest...); len(head) < spoolAbove {
		return source.File{Name: "-", Size: int64(len(head)), ReaderAt: bytes.NewReader(head)}, nil
	}
	f, err := os.CreateTemp("", "tabletop-*.log")
	if err != nil {
		return source.File{}, err
	}
	_ = os.Remove(f.Name()) // where an open file cannot be removed it stays in the folder for temporary files
	n, err := io.Copy(f, io.MultiReader(bytes.NewReader(head), in))
	if err != nil {
		f.Close()
	}
	return source.File{Name: "-", Size: n, ReaderAt: f}, err
}

// spares refuses to write to a file that is read.
func spares(output string, files []source.File, stdin io.Reader) error {
	at, err := os.Stat(output)
	if err != nil || !at.Mode().IsRegular() {
		return nil
	}
	for _, f := range files {
		info, err := os.Stat(f.Name)
		if in, ok := stdin.(*os.File); ok && f.Name == "-" {
			info, err = in.Stat()
		}
		if err == nil && os.SameFile(at, info) {
			return usagef("--trace %s would be written over %s, which is read: another name is expected", output, f.Name)
		}
	}
	return nil
}

func closeAll(files []source.File) {
	for _, f := range files {
		if c, ok := f.ReaderAt.(io.Closer); ok {
			c.Close()
		}
	}
}
