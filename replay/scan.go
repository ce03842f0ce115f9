package replay

import (
	"bytes"
	"iter"
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
	repeated   int              // how many of its lines only repeat others
	members    []history.Member // names of nodes, for a file that gives them
	trace      bool             // it is one that was written earlier
	places     []int32          // of a trace: the lines that are not empty
	// year is that of stamps without one, zone how far ahead of UTC stamps without one are.
	year                 int
	zone                 int64
	yearKnown, zoneKnown bool
	// rolls says that stamps without a year run over New Year; begins is the first of them, in year 0.
	rolls  bool
	begins int64
	// sole is the node that alone names itself in it, empty if none does or several do.
	sole string
	// setbacks are where its node's clock was set back, in order; behind is by how much it had been when the log began.
	setbacks []setback
	behind   int64
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

// unknown is the dialect of what cannot be read.
const unknown = "unknown"

// kind is the dialect of a log as reports name it.
func (l *log) kind() string {
	switch {
	case l.dialect != nil:
		return l.dialect.ID()
	case l.history != nil:
		return "history"
	case l.trace:
		return "trace"
	case l.members != nil:
		return "members"
	}
	return unknown
}

// Kind tells by its content what a file is, as reports name it; of an archive what the first of its files is that anything
// is known of.
func Kind(f source.File, o Options) string {
	m := &importing{Options: o}
	m.open([]source.File{f})
	for _, l := range m.logs {
		if k := l.kind(); k != unknown {
			return k
		}
	}
	return unknown
}

// desk is what reading a log takes and leaves for the next one: to have new memory for each costs a tenth of the time.
type desk struct {
	bufs  [][]byte        // one for each worker
	cache any             // of the dialect, for logs that are read in order
	free  chan *text.Sink // as many regions may be parsed side by side and not yet joined
}

func newDesk(o Options) *desk {
	workers := max(1, o.Workers)
	d := &desk{bufs: make([][]byte, workers), free: make(chan *text.Sink, 2*workers)}
	for range cap(d.free) {
		d.free <- text.NewSink()
	}
	return d
}

// buf returns the bytes of a worker, enough for a region of a log.
func (d *desk) buf(worker int, l *log, o Options) []byte {
	if n := l.window(o.RegionSize); len(d.bufs[worker]) < n {
		d.bufs[worker] = make([]byte, n)
	}
	return d.bufs[worker]
}

// scan reads a log with its dialect.
func (l *log) scan(o Options, d *desk, progress func(int64)) {
	l.sink.Brief = true
	if l.entry.Random() && o.Workers > 1 && runtime.GOARCH != "wasm" {
		l.err = l.parallel(o, d, progress)
	} else {
		l.sink.Cache = d.cache
		for p, err := range l.regions(o, d) {
			if err != nil {
				l.err = err
				break
			}
			l.sink.Begin(p.Offset)
			l.dialect.Parse(p.Region, l.sink)
			l.expect(p)
			progress(int64(p.Own))
		}
		d.cache, l.sink.Cache = l.sink.Cache, nil
	}
	l.statements = l.sink.Statements
}

// regions yields the regions of a log in order.
func (l *log) regions(o Options, d *desk) iter.Seq2[source.Piece, error] {
	if !l.entry.Random() {
		return l.entry.Regions(o.RegionSize)
	}
	return func(yield func(source.Piece, error) bool) {
		buf := d.buf(0, l, o)
		for i := range l.entry.NumRegions(o.RegionSize) {
			p, err := l.entry.Region(i, o.RegionSize, buf)
			if p.Own > 0 && !yield(p, nil) || err != nil && !yield(source.Piece{}, err) {
				return
			}
		}
	}
}

// expect makes room for the lines of the whole log when its first region tells how many they are: to make room by and by
// would leave as much garbage again.
func (l *log) expect(p source.Piece) {
	if p.First && p.Own > 0 {
		expected := float64(len(l.sink.Keys)) * max(1, float64(l.entry.Size)/float64(p.Own))
		l.sink.Keys = append(make([]uint64, 0, int(1.05*expected)), l.sink.Keys...)
	}
}

// window returns how many bytes a region takes at most, with the byte before it and those behind it.
func (l *log) window(size int) int {
	if size <= 0 {
		size = source.RegionSize
	}
	return int(min(int64(size)+text.Overhang+1, l.entry.Size))
}

// parallel reads regions side by side and joins what they gave in the order of the file.
func (l *log) parallel(o Options, d *desk, progress func(int64)) error {
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
	next := make(chan task)
	var wait sync.WaitGroup
	for worker := range o.Workers {
		buf := d.buf(worker, l, o)
		wait.Go(func() {
			for t := range next {
				p, err := l.entry.Region(t.region, o.RegionSize, buf)
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
			next <- task{i, <-d.free}
		}
		close(next)
	}()
	var failed error
	for i := range n {
		r := <-results[i]
		if failed == nil {
			l.sink.Append(r.sink, r.Offset)
			l.expect(r.Piece)
			progress(int64(r.Own))
			failed = r.err
		}
		d.free <- r.sink
	}
	wait.Wait()
	return failed
}
