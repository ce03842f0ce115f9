package source_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"tabletop/replay/source"
	"tabletop/replay/text"
)

// line is a line as a scanner sees it.
type line struct {
	at   int64
	text string
	cut  bool
}

// lines returns what scanners see in regions, which must keep what a region promises.
func lines(t require.TestingT, e *source.Entry, pieces []source.Piece) []line {
	var all []line
	for _, p := range pieces {
		require.LessOrEqual(t, p.Own, len(p.Bytes))
		require.Equal(t, p.First, p.Offset == 0 || p.Own == 0 && p.First)
		if !p.Last && p.Own > 0 {
			behind := p.Bytes[p.Own-1:]
			if n := bytes.IndexByte(behind, '\n'); n < 0 || len(behind) < n+1+text.MaxBody {
				require.GreaterOrEqual(t, len(p.Bytes)-p.Own, text.Overhang)
			}
		}
		if p.Last && e.Size >= 0 && p.Own > 0 {
			require.Equal(t, e.Size, p.Offset+int64(len(p.Bytes)))
		}
		for s := text.NewScanner(p.Region); s.Next(); {
			all = append(all, line{p.Offset + int64(s.Offset()), string(s.Line()), s.Cut()})
		}
	}
	return all
}

// inOrder reads the regions one after the other.
func inOrder(t require.TestingT, e *source.Entry, size int) []line {
	var all []line
	for p, err := range e.Regions(size) {
		require.NoError(t, err)
		require.Positive(t, p.Own)
		all = append(all, lines(t, e, []source.Piece{p})...)
	}
	return all
}

// apart reads each region by itself, the last one first.
func apart(t require.TestingT, e *source.Entry, size int) []line {
	var all [][]line
	var buf []byte
	for i := e.NumRegions(size) - 1; i >= 0; i-- {
		p, err := e.Region(i, size, buf)
		require.NoError(t, err)
		all = append(all, lines(t, e, []source.Piece{p}))
	}
	var out []line
	for i := len(all) - 1; i >= 0; i-- {
		out = append(out, all[i]...)
	}
	return out
}

// split is the slow twin: the lines of a text by their definition.
func split(b string) []line {
	var all []line
	for at := 0; at < len(b); {
		one, _, ended := strings.Cut(b[at:], "\n")
		l := line{int64(at), one, !ended}
		at += len(one) + 1
		if len(one) > text.MaxLine {
			l.text, l.cut = one[:text.MaxLine], true
		}
		if !l.cut {
			l.text = strings.TrimSuffix(l.text, "\r")
		}
		all = append(all, l)
	}
	return all
}

// Every line has one owner, whatever the size of the regions and whether the log was packed.
func TestLinesHaveOneOwner(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		for range rapid.IntRange(0, 30).Draw(t, "lines") {
			n := rapid.OneOf(rapid.IntRange(0, 5), rapid.IntRange(0, 300)).Draw(t, "length")
			b.WriteString(strings.Repeat("x", n))
			b.WriteString(rapid.SampledFrom([]string{"\n", "\n", "\r\n", "\n\n"}).Draw(t, "end"))
		}
		b.WriteString(rapid.SampledFrom([]string{"", "rest", "\r"}).Draw(t, "rest"))
		size := rapid.OneOf(rapid.IntRange(1, 20), rapid.IntRange(1, 4000)).Draw(t, "size")
		want := split(b.String())
		for _, packed := range [][]byte{[]byte(b.String()), gz([]byte(b.String())), zst([]byte(b.String()))} {
			for _, keep := range []int64{0, 1} {
				entries, skipped := open(source.Limits{Keep: keep}, file("x", packed))
				require.Empty(t, skipped)
				require.Equal(t, want, inOrder(t, &entries[0], size))
				if entries[0].Random() {
					require.Equal(t, want, apart(t, &entries[0], size))
				}
			}
		}
	})
}

// Lines longer than what is looked at, than an overhang and than a region.
func TestLongLines(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var b bytes.Buffer
	for _, n := range []int{10, text.MaxLine - 1, text.MaxLine, text.MaxLine + 1, 3, text.Overhang, text.Overhang + 7, 0, 3 << 20} {
		b.WriteString(strings.Repeat(string(rune('a'+r.IntN(26))), n))
		b.WriteString("\n")
	}
	b.WriteString("end")
	want := split(b.String())
	for _, packed := range [][]byte{b.Bytes(), gz(b.Bytes())} {
		entries, _ := open(source.Limits{Keep: 1}, file("x", packed))
		for _, size := range []int{100_003, 1 << 20, 0} {
			got := inOrder(t, &entries[0], size)
			require.Len(t, got, len(want))
			for i := range got {
				require.True(t, want[i] == got[i], "size %d: line %d at %d", size, i, want[i].at)
			}
		}
	}
}

// A region within a line owns nothing, and is not given twice what lies behind.
func TestRegionWithinALine(t *testing.T) {
	b := []byte("ab\n" + strings.Repeat("x", 100) + "\ncd\n")
	entries, _ := open(source.Limits{}, file("x", b))
	e := &entries[0]
	require.Equal(t, 11, e.NumRegions(10))
	for i := range 11 {
		p, err := e.Region(i, 10, nil)
		require.NoError(t, err)
		switch i {
		case 0:
			assert.Equal(t, 10, p.Own)
			assert.True(t, p.First)
		case 10:
			assert.Equal(t, "cd\n", string(p.Bytes))
			assert.EqualValues(t, 104, p.Offset)
			assert.True(t, p.Last)
		default:
			assert.Zero(t, p.Own)
			assert.False(t, p.First)
		}
	}
	_, err := e.Region(11, 10, nil)
	assert.EqualError(t, err, "x: region 11 of 11")
}

// Two goroutines may read one entry, also a stream.
func TestReadingAtTheSameTime(t *testing.T) {
	body := log(20_000)
	for name, packed := range map[string][]byte{"plain": body, "gzip": gz(body)} {
		entries, _ := open(source.Limits{Keep: 1}, file(name, packed))
		var wait sync.WaitGroup
		for i := range 4 {
			wait.Go(func() {
				for p, err := range entries[0].Regions(50_000 + i) {
					assert.NoError(t, err)
					assert.Equal(t, body[p.Offset:p.Offset+10], p.Bytes[:10])
					one := make([]byte, 10)
					_, err = entries[0].ReadAt(one, p.Offset)
					assert.NoError(t, err)
					assert.Equal(t, body[p.Offset:p.Offset+10], one)
				}
			})
		}
		wait.Wait()
	}
}

// shrunk is a file that became shorter since its size was asked for.
type shrunk struct{ *bytes.Reader }

func (s shrunk) ReadAt(p []byte, off int64) (int, error) {
	if off >= 200_000 {
		return 0, errors.New("device not ready")
	}
	return s.Reader.ReadAt(p[:min(int64(len(p)), 200_000-off)], off)
}

func TestFileThatCannotBeRead(t *testing.T) {
	body := log(20_000)
	entries, skipped := open(source.Limits{}, source.File{Name: "x", Size: int64(len(body)), ReaderAt: shrunk{bytes.NewReader(body)}})
	require.Empty(t, skipped)
	n := 0
	var last error
	for p, err := range entries[0].Regions(100_000) {
		n += p.Own
		last = err
	}
	assert.ErrorContains(t, last, "x: reading bytes 99999 to ")
	assert.InDelta(t, 200_000, n, 100, "all that could be read")
}

func Example() {
	f := source.File{Name: "n1.log", Size: 8, ReaderAt: strings.NewReader("one\ntwo\n")}
	entries, _ := source.Open([]source.File{f}, source.Options{})
	for p := range entries[0].Regions(0) {
		for s := text.NewScanner(p.Region); s.Next(); {
			fmt.Printf("%d %s\n", p.Offset+int64(s.Offset()), s.Line())
		}
	}
	// Output:
	// 0 one
	// 4 two
}
