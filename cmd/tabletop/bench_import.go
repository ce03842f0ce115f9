package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"tabletop/replay"
	"tabletop/replay/kudu/glogtext"
	"tabletop/replay/source"
)

// benchImport measures the whole way from log files to a trace and its report: logs of three Kudu masters under load with
// clocks that are wrong, generated. In the browser the files are in memory, elsewhere in a folder.
func benchImport(b *bencher) ([]figure, error) {
	logs, err := newBenchLogs(b)
	if err != nil {
		return nil, err
	}
	defer logs.close()
	rounds := b.size(6, 1)
	b.say("import: %d MB of logs on one core and on all, %d times each", logs.size>>20, rounds)
	var took []time.Duration
	alone(func() { took = fastest(rounds, func() { logs.read(1, nil) }, logs.lineEnds) })
	one, peak := took[0], logs.peak()
	rate := func(took time.Duration) float64 { return float64(logs.size) / took.Seconds() / 1e9 }
	figures := []figure{
		measured("import", rate(one), "GB/s", "%d MB and %s lines of three masters' logs to a trace with repaired clocks, on one core",
			logs.size>>20, readable(float64(logs.lines))).against(rate(took[1]), "finding line ends").least(importBudget()),
		measured("import-memory", peak/1e6/(float64(logs.size)/1e9), "MB/GB", "of heap at most during that").most(300),
	}
	all := one
	if workers := runtime.NumCPU(); runtime.GOOS != "js" && workers > 1 {
		all = fastest(rounds, func() { logs.read(workers, nil) })[0]
		figures = append(figures, measured("import-cores", rate(all), "GB/s", "the same on %d cores", workers).
			against(rate(one), "one core"))
	}
	const wanted, within = 10e6, 3
	figures = append(figures, measured("import-lines", all.Seconds()*wanted/float64(logs.lines), "s",
		"what ten million lines take at that speed").most(within))
	if runtime.GOOS != "js" {
		figures = append(figures, logs.lnav(rounds, all))
	}
	return figures, logs.failed
}

// importBudget is what an import should reach here on one core, in GB/s.
func importBudget() float64 {
	if runtime.GOOS == "js" {
		return 1
	}
	return 2.5
}

// benchLogs is a set of logs, and what should be found in it.
type benchLogs struct {
	cluster *glogtext.Cluster
	files   []source.File
	folder  string // empty when the files are in memory
	size    int64
	lines   int
	failed  error
}

func newBenchLogs(b *bencher) (*benchLogs, error) {
	size := b.size(256<<20, 1<<20)
	if runtime.GOOS == "js" {
		size = b.size(160<<20, 1<<20)
	}
	l := &benchLogs{cluster: glogtext.New(glogtext.Options{Seed: 7, Bytes: int64(size),
		Clocks: [glogtext.Masters]glogtext.Clock{{}, {OffsetUS: 850_100, DriftPPM: 25}, {OffsetUS: -41_000, DriftPPM: -40}}})}
	var err error
	if runtime.GOOS == "js" {
		err = l.keep()
	} else {
		err = l.write()
	}
	if err != nil {
		l.close()
		return nil, err
	}
	for _, f := range l.files {
		l.size += f.Size
	}
	l.lines = l.read(1, nil).Report.Lines.Total
	return l, l.failed
}

// keep generates the files in memory.
func (l *benchLogs) keep() error {
	for _, f := range l.cluster.Files() {
		var text bytes.Buffer
		if _, err := f.WriteTo(&text); err != nil {
			return err
		}
		l.files = append(l.files, source.File{Name: f.Name, Size: int64(text.Len()), ReaderAt: bytes.NewReader(text.Bytes())})
	}
	return nil
}

// write generates the files in a folder and opens them as `tabletop replay` does.
func (l *benchLogs) write() error {
	var err error
	if l.folder, err = os.MkdirTemp("", "tabletop-bench-"); err != nil {
		return err
	}
	for _, f := range l.cluster.Files() {
		path := filepath.Join(l.folder, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		w, err := os.Create(path)
		if err != nil {
			return err
		}
		_, err = f.WriteTo(w)
		if err = cmp.Or(err, w.Close()); err != nil {
			return err
		}
	}
	l.files, _, err = collect([]string{l.folder}, nil)
	return err
}

func (l *benchLogs) close() {
	closeAll(l.files)
	if l.folder != "" {
		os.RemoveAll(l.folder)
	}
}

// read imports the logs. What it finds must be what was planted: a fast import that misses elections is no import.
func (l *benchLogs) read(workers int, progress func(done, all int64)) *replay.Import {
	imported, err := replay.Read(l.files, replay.Options{Dialects: dialects(), Workers: workers, Progress: progress})
	if found, planted := len(imported.Report.Leaders), len(l.cluster.Elections); err == nil && found != planted {
		err = fmt.Errorf("%d of %d elections were found", found, planted)
	}
	l.failed = cmp.Or(l.failed, err)
	return imported
}

// lineEnds reads the logs and finds the ends of their lines, the least that can be done with them.
func (l *benchLogs) lineEnds() {
	buf := make([]byte, 1<<20)
	for _, f := range l.files {
		for at := int64(0); at < f.Size; {
			n, err := f.ReaderAt.ReadAt(buf, at)
			for rest := buf[:n]; ; {
				end := bytes.IndexByte(rest, '\n')
				if end < 0 {
					break
				}
				rest = rest[end+1:]
			}
			if at += int64(n); n == 0 {
				l.failed = cmp.Or(l.failed, err)
				break
			}
		}
	}
}

// peak returns how much heap an import takes at most, in bytes.
func (l *benchLogs) peak() float64 {
	var most uint64
	var stats runtime.MemStats
	measure := func(int64, int64) {
		runtime.ReadMemStats(&stats)
		most = max(most, stats.HeapInuse)
	}
	alone(func() {
		measure(0, 0)
		before := most
		imported := l.read(1, measure)
		measure(0, 0)
		most -= before
		runtime.KeepAlive(imported)
	})
	return float64(most)
}

// lnav has the log viewer find when a master's role changed, in the order of time: the least of what an import finds.
func (l *benchLogs) lnav(rounds int, ours time.Duration) figure {
	const name, least = "import-lnav", 10
	lnav, err := exec.LookPath("lnav")
	if err != nil {
		return figure{Name: name, Skipped: "there is no lnav on PATH"}
	}
	version, err := exec.Command(lnav, "-V").Output()
	if err != nil {
		return figure{Name: name, Skipped: fmt.Sprintf("lnav does not tell its version: %v", err)}
	}
	const query = ";SELECT log_time, substr(log_body, instr(log_body, 'Becoming '), 15) FROM glog_log " + // it prints no whole bodies
		"WHERE log_body LIKE '%: Becoming %' ORDER BY log_time"
	args := []string{"-n", "-c", query}
	for _, f := range l.cluster.Files() {
		args = append(args, filepath.Join(l.folder, filepath.FromSlash(f.Name)))
	}
	var answer []byte
	took := fastest(min(rounds, 3), func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		answer, err = exec.CommandContext(ctx, lnav, args...).Output()
	})[0]
	if planted := len(l.cluster.Elections); err == nil && bytes.Count(answer, []byte("Becoming Leader")) != planted {
		err = fmt.Errorf("it found %d of %d elections", bytes.Count(answer, []byte("Becoming Leader")), planted)
	}
	if err != nil {
		return figure{Name: name, Skipped: fmt.Sprintf("%s: %v", strings.TrimSpace(string(version)), err)}
	}
	return measured(name, took.Seconds()/ours.Seconds(), "×", "as long as the import does %s take to list the role changes in order",
		strings.TrimSpace(string(version))).least(least)
}
