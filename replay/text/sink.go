package text

import (
	"maps"
	"slices"
)

// Sink takes what a dialect finds in the regions of a file, one behind the other. Regions that were read side by side are
// taken by sinks of their own and joined in the file's order with Append.
type Sink struct {
	Statements []Statement
	// Lines counts all lines, Headers those that the dialect knows as its own, Cut those that had no end or were too long.
	Lines, Headers, Cut int
	// Yearless says that the stamps lie in the year 0, Zoned that they carry a zone.
	Yearless, Zoned bool
	// Exact says that two lines of one file with equal Key are one line twice: the stamps are fine enough.
	Exact bool
	// Keys holds for each header, in order, what its content and its stamp make.
	Keys []uint64
	// Marks lead from a place in the file to a time, one for every MarkEvery bytes.
	Marks []Mark
	// Brief leaves out statements that only repeat what holds anyway, and those about more nodes and groups than MaxNames,
	// which Crowded tells.
	Brief, Crowded bool
	// Parts are when the file's lines were written, each up to where stamps jump back; Writers the same for each of its
	// writers.
	Parts   []Part
	Writers map[uint64]*Activity
	// Stacked says that the file may hold several logs one behind the other, by a dialect whose lines do not name their
	// writer: each begins where stamps jump back, at the lines of Stacks, and its writers are told apart from the others'.
	Stacked bool
	Stacks  []int

	// Cache is the dialect's own. It stays when the sink is emptied, and makes nothing but a difference in time.
	Cache any

	begins int64 // where the region begins in the file
	before int   // how many lines were before it
	recent [32]writer
	marked int64
	memory *memory // of a brief sink
}

// writer is one of Sink.Writers that wrote lately. Threads have numbers in a row, so that those of a process find places of
// their own.
type writer struct {
	id       uint64
	activity *Activity
}

// Mark is a header's place and stamp.
type Mark struct {
	Offset int64
	Line   int
	At     int64
}

// MarkEvery is the distance of two Marks in bytes, at least.
const MarkEvery = 32 << 10

// Activity is when lines were written: from First to Last, but for the Gaps. Stamps go over them from one line to the next: a
// silence that is longer than MinGap, or back by more than jump.
type Activity struct {
	First, Last int64
	Lines       int
	Gaps        []Gap
	// begin and end are the first and the last stamp in the order of the lines, which may go back in time.
	begin, end int64
}

// Gap lies between two stamps, in microseconds.
type Gap struct{ From, To int64 }

// MinGap is the shortest silence that is kept, in microseconds.
const MinGap = 400_000

// NewSink returns an empty sink.
func NewSink() *Sink { return &Sink{Writers: map[uint64]*Activity{}, marked: -MarkEvery} }

// Reset empties a sink for another region. What was appended to others from it stays there.
func (s *Sink) Reset() {
	clear(s.Writers)
	*s = Sink{Statements: s.Statements[:0], Keys: s.Keys[:0], Marks: s.Marks[:0], Writers: s.Writers, Cache: s.Cache,
		marked: -MarkEvery}
}

// Begin goes on to the region that begins at an offset in the file. What a dialect says from now on is of that one.
func (s *Sink) Begin(offset int64) { s.begins, s.before, s.marked = offset, s.Lines, -MarkEvery }

// Header counts a header line: its stamp, who wrote it, a key of its content, and where it stands in the region.
func (s *Sink) Header(at int64, writer, key uint64, offset int64, line int) {
	s.Headers++
	s.Keys = append(s.Keys, key^uint64(at)*0x9E3779B97F4A7C15)
	back := len(s.Parts) > 0 && at < s.Latest()-jump
	if back && s.Stacked {
		s.Stacks = append(s.Stacks, s.before+line)
	}
	if len(s.Parts) == 0 || back && len(s.Parts) < MaxParts {
		s.Parts = append(s.Parts, Part{From: s.before + line})
	}
	part := &s.Parts[len(s.Parts)-1]
	part.To = s.before + line
	part.Touch(at)
	s.activity(writer + uint64(len(s.Stacks))).Touch(at)
	if offset-s.marked >= MarkEvery {
		s.marked = offset
		s.mark(Mark{s.begins + offset, s.before + line, at})
	}
}

func (s *Sink) mark(m Mark) {
	if n := len(s.Marks); n == 0 || m.Offset-s.Marks[n-1].Offset >= MarkEvery {
		s.Marks = append(s.Marks, m)
	}
}

func (s *Sink) activity(id uint64) *Activity {
	w := &s.recent[id%uint64(len(s.recent))]
	if w.activity == nil || w.id != id {
		a := s.Writers[id]
		if a == nil {
			a = &Activity{}
			s.Writers[id] = a
		}
		*w = writer{id, a}
	}
	return w.activity
}

// jump is how far stamps go back where another log begins, at least. The lines of one process are milliseconds out of order.
const jump = 1_000_000

// Writer returns who wrote a statement's line, as Writers has it.
func (s *Sink) Writer(st *Statement) uint64 {
	n, _ := slices.BinarySearch(s.Stacks, st.Line+1)
	return st.Writer + uint64(n)
}

// Part is a piece of a file behind which stamps jump back.
type Part struct {
	From, To int // the lines of its first and its last header
	Activity
}

// MaxParts is how many parts of a file are kept, so that logs of two clocks that were merged line by line need no more
// memory than others. The last one holds all the rest.
const MaxParts = 64

// Latest is the stamp of the last line so far, 0 if there is none.
func (s *Sink) Latest() int64 {
	if len(s.Parts) == 0 {
		return 0
	}
	return s.Parts[len(s.Parts)-1].end
}

// All is when the file's lines were written.
func (s *Sink) All() (all Activity) {
	for i := range s.Parts {
		all.append(s.Parts[i].Activity)
	}
	return all
}

// Touch takes in the stamp of another line.
func (a *Activity) Touch(at int64) {
	if a.Lines == 0 {
		a.First, a.Last, a.begin = at, at, at
	} else if at-a.end >= MinGap || at < a.end-jump {
		a.Gaps = append(a.Gaps, Gap{a.end, at})
	}
	a.end = at
	a.Lines++
	a.First, a.Last = min(a.First, at), max(a.Last, at)
}

// State adds a statement about the region.
func (s *Sink) State(st Statement) { s.state(&st, s.begins, s.before) }

// state adds a statement whose region begins at an offset and behind some lines.
func (s *Sink) state(st *Statement, offset int64, lines int) {
	if s.Brief {
		if s.memory == nil {
			s.memory = newMemory()
		}
		if !s.memory.admits(st) {
			s.Crowded = true
			return
		}
		if s.memory.repeats(st, s.Statements) {
			return
		}
	}
	s.Statements = append(s.Statements, *st)
	st = &s.Statements[len(s.Statements)-1]
	st.Offset += offset
	st.Line += lines
}

// Append joins what the next region of the same file gave. Offset is where that region begins in the file.
func (s *Sink) Append(next *Sink, offset int64) {
	lines := s.Lines
	back := len(s.Parts) > 0 && len(next.Parts) > 0 && next.Parts[0].begin < s.Latest()-jump
	if s.Stacked = s.Stacked || next.Stacked; s.Stacked && back {
		s.Stacks = append(s.Stacks, lines)
	}
	stack := uint64(len(s.Stacks))
	for _, line := range next.Stacks {
		s.Stacks = append(s.Stacks, lines+line)
	}
	for i := range next.Statements {
		st := &next.Statements[i]
		if st.Undated && st.At == 0 { // the header before it is in another region
			st.At = s.Latest()
		}
		s.state(st, offset, lines)
	}
	for _, m := range next.Marks {
		s.mark(Mark{m.Offset + offset, m.Line + lines, m.At})
	}
	for i, p := range next.Parts {
		p.From, p.To = p.From+lines, p.To+lines
		if n := len(s.Parts); n == 0 || n < MaxParts && (i > 0 || back) {
			s.Parts = append(s.Parts, p)
		} else {
			s.Parts[n-1].append(p.Activity)
			s.Parts[n-1].To = p.To
		}
	}
	s.Lines, s.Headers, s.Cut = s.Lines+next.Lines, s.Headers+next.Headers, s.Cut+next.Cut
	s.Yearless, s.Zoned, s.Exact = s.Yearless || next.Yearless, s.Zoned || next.Zoned, s.Exact || next.Exact
	s.Keys = append(s.Keys, next.Keys...)
	for w, a := range next.Writers {
		w += stack
		if have := s.Writers[w]; have != nil {
			have.append(*a)
		} else {
			own := *a
			s.Writers[w] = &own
		}
	}
}

func (a *Activity) append(b Activity) {
	switch {
	case b.Lines == 0:
		return
	case a.Lines == 0:
		*a = b
		a.Gaps = slices.Clip(b.Gaps)
		return
	}
	if b.begin-a.end >= MinGap || b.begin < a.end-jump {
		a.Gaps = append(a.Gaps, Gap{a.end, b.begin})
	}
	a.end = b.end
	a.Gaps = append(a.Gaps, b.Gaps...)
	a.Lines += b.Lines
	a.First, a.Last = min(a.First, b.First), max(a.Last, b.Last)
}

// WriterIDs returns the writers in the order of their numbers.
func (s *Sink) WriterIDs() []uint64 { return slices.Sorted(maps.Keys(s.Writers)) }
