package replay

import (
	"bytes"
	"runtime"
	"sync"

	"tabletop/replay/history"
	"tabletop/replay/source"
	"tabletop/replay/text"
)

// log is one file, or one member of an archive, as a dialect has read it.
type log struct {
	path       string
	entry      *source.Entry
	dialect    Dialect // nil for what no dialect knows
	sink       *text.Sink
	statements []text.Statement
	ids        []string // of the nodes whose lines it holds
	err        error
	history    *history.History // of clients, for a file that is one
	members    []history.Member // names of nodes, for a file that gives them
	// year is that of stamps without one, zone how far ahead of UTC stamps without one are.
	year                 int
	zone                 int64
	yearKnown, zoneKnown bool
}

// sampleSize is how much of a file is looked at to tell its dialect.
const sampleSize = 64 << 10

// sample returns the beginning of an entry up to the end of a line.
func sample(e *source.Entry) ([]byte, error) {
	b := make([]byte, sampleSize)
	n, err := e.ReadAt(b, 0)
	b = b[:n]
	if n == sampleSize {
		if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
			b = b[:i+1]
		}
	}
	if n > 0 {
		err = nil
	}
	return b, err
}

// choose returns the dialect that knows most lines of a sample and how many, nil when none knows any.
func choose(dialects []Dialect, sample []byte) (best Dialect, most int) {
	for _, d := range dialects {
		if s := d.Score(sample); s > most {
			best, most = d, s
		}
	}
	return best, most
}

// scan reads a log with its dialect.
func (l *log) scan(o Options, progress func(int64)) {
	l.sink = text.NewSink()
	if l.entry.Random() && o.Workers > 1 && runtime.GOARCH != "wasm" {
		l.err = l.parallel(o, progress)
	} else {
		for p, err := range l.entry.Regions(o.RegionSize) {
			if err != nil {
				l.err = err
				break
			}
			part := text.NewSink()
			l.dialect.Parse(p.Region, part)
			l.sink.Append(part, p.Offset)
			progress(int64(p.Own))
		}
	}
	l.statements = l.sink.Statements
}

// parallel reads regions side by side and joins what they gave in the order of the file.
func (l *log) parallel(o Options, progress func(int64)) error {
	type result struct {
		sink   *text.Sink
		offset int64
		own    int
		err    error
	}
	n := l.entry.NumRegions(o.RegionSize)
	results := make([]chan result, n)
	for i := range results {
		results[i] = make(chan result, 1)
	}
	ahead := make(chan struct{}, 2*o.Workers) // regions that are parsed and not yet joined
	next := make(chan int)
	var wait sync.WaitGroup
	for range o.Workers {
		wait.Go(func() {
			var buf []byte
			for i := range next {
				p, err := l.entry.Region(i, o.RegionSize, buf)
				if cap(p.Bytes) > cap(buf) {
					buf = p.Bytes[:0]
				}
				sink := text.NewSink()
				if p.Own > 0 {
					l.dialect.Parse(p.Region, sink)
				}
				results[i] <- result{sink, p.Offset, p.Own, err}
			}
		})
	}
	go func() {
		for i := range n {
			ahead <- struct{}{}
			next <- i
		}
		close(next)
	}()
	var failed error
	for i := range n {
		r := <-results[i]
		<-ahead
		if failed == nil {
			l.sink.Append(r.sink, r.offset)
			progress(int64(r.own))
			failed = r.err
		}
	}
	wait.Wait()
	return failed
}
