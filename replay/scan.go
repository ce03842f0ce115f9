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
	// rolls says that stamps without a year run over New Year; begins is the first of them, in year 0.
	rolls  bool
	begins int64
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
	l.sink.Brief = true
	if l.entry.Random() && o.Workers > 1 && runtime.GOARCH != "wasm" {
		l.err = l.parallel(o, progress)
	} else {
		part := text.NewSink()
		for p, err := range l.entry.Regions(o.RegionSize) {
			if err != nil {
				l.err = err
				break
			}
			part.Reset()
			l.dialect.Parse(p.Region, part)
			l.join(part, p)
			progress(int64(p.Own))
		}
	}
	l.statements = l.sink.Statements
}

// join takes in what a region gave. The first one tells how many lines to expect: to make room by and by would leave as
// much garbage again.
func (l *log) join(part *text.Sink, p source.Piece) {
	if l.sink.Keys == nil && p.Own > 0 {
		expected := float64(len(part.Keys)) * max(1, float64(l.entry.Size)/float64(p.Own))
		l.sink.Keys = make([]uint64, 0, int(1.05*expected))
	}
	l.sink.Append(part, p.Offset)
}

// parallel reads regions side by side and joins what they gave in the order of the file.
func (l *log) parallel(o Options, progress func(int64)) error {
	type result struct {
		sink *text.Sink
		source.Piece
		err error
	}
	type task struct {
		region int
		sink   *text.Sink
	}
	n := l.entry.NumRegions(o.RegionSize)
	results := make([]chan result, n)
	for i := range results {
		results[i] = make(chan result, 1)
	}
	free := make(chan *text.Sink, 2*o.Workers) // as many regions may be parsed and not yet joined
	for range cap(free) {
		free <- text.NewSink()
	}
	next := make(chan task)
	var wait sync.WaitGroup
	for range o.Workers {
		wait.Go(func() {
			var buf []byte
			for t := range next {
				p, err := l.entry.Region(t.region, o.RegionSize, buf)
				if cap(p.Bytes) > cap(buf) {
					buf = p.Bytes[:0]
				}
				t.sink.Reset()
				if p.Own > 0 {
					l.dialect.Parse(p.Region, t.sink)
				}
				results[t.region] <- result{t.sink, p, err}
			}
		})
	}
	go func() {
		for i := range n {
			next <- task{i, <-free}
		}
		close(next)
	}()
	var failed error
	for i := range n {
		r := <-results[i]
		if failed == nil {
			l.join(r.sink, r.Piece)
			progress(int64(r.Own))
			failed = r.err
		}
		free <- r.sink
	}
	wait.Wait()
	return failed
}
