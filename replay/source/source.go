// Package source turns files as people have them, rotated, compressed and packed, into logs that can be cut into lines:
// it tells by content what a file is, unpacks what can be unpacked, and says which bytes belong to which region.
//
// It never opens a path, never writes, never trusts a name or a size that a file states about itself, and never refuses
// a log for its size alone. What it could not read it says, with the reason.
//
//	entries, skipped := source.Open(files, source.Options{Decoders: source.Decoders{Gzip: unpack.Gzip}, Tar: source.Tar()})
//	for p, err := range entries[0].Regions(0) {
//		dialect.Parse(p.Region, sink) // p.Offset is where p.Bytes begin in the log
//	}
//
// # Memory
//
// A file that is not compressed stays where it is, also as a member of a tar or stored in a zip: it is read in pieces, in
// any order. A compressed log is unpacked into memory up to Limits.KeepEntry and, all together, Limits.Keep; then it is
// as quick to read as a file. What is bigger is a stream: Regions reads it once in order with a buffer of two regions.
// ReadAt goes on where the last read ended if that lies before, else it unpacks from the beginning: a second for each
// GB or so, for one line. Whoever wants many lines of a stream asks for them in the order of their offsets.
//
// # Size of a build
//
// What unpacks is passed in, so that a program without it is smaller. Added to the page's js/wasm (brotli -q 9): regions
// 11 kB, Open 25 kB more, Tar and Zip together 20 kB. Added to a small program (brotli -q 11): archive/tar 34 kB,
// archive/zip 73 kB, which is why both are read here; gzip and deflate of package unpack 43 kB, those of the standard
// library 23 kB, zstd 148 kB, 52 kB of that by the import alone, which is why unpack is a package of its own.
package source

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// File is a log or an archive as it lies somewhere.
type File struct {
	// Name is its path with slashes.
	Name string
	Size int64
	// Modified is in microseconds since 1970 UTC; 0 is unknown.
	Modified int64
	io.ReaderAt
}

// Decoders unpack streams. With a nil one, what needs it is reported as not read. They must not read their input whole,
// and must not allocate what a header claims; package unpack has such ones.
type Decoders struct {
	Gzip, Zstd, Deflate func(packed io.Reader) (io.Reader, error)
}

// Container reads an archive: Tar or Zip. The zero one reads nothing.
type Container struct {
	walk func(*walker, blob, int)
}

// Options are what Open needs to know, and what it can unpack: what is not given is not linked either.
type Options struct {
	Limits   Limits
	Decoders Decoders
	Tar, Zip Container
}

// Limits bound what hostile or huge archives can cost. Fields that are 0 take the value of Defaults. Files that are not
// compressed count for Entries and Depth only.
type Limits struct {
	// Entries is how many files and members of archives are looked at, directories and links too.
	Entries int
	// Depth is how many containers and compressions may lie around a log; a .tar.gz is two.
	Depth int
	// EntryBytes and TotalBytes are how much is unpacked from one stream and from all.
	EntryBytes, TotalBytes int64
	// Ratio is how much bigger all that is unpacked from a file may be than the file, beyond the first FreeBytes.
	Ratio     int
	FreeBytes int64
	// KeepEntry and Keep are how much unpacked text is kept in memory of one entry and of all.
	KeepEntry, Keep int64
}

// Defaults returns the limits of the command line. Gzip reaches a ratio of 1,032 on zeros and 10 to 40 on logs; a log
// that repeats one line without a time reaches some hundred.
func Defaults() Limits {
	return Limits{
		Entries: 10_000, Depth: 6, EntryBytes: 16 << 30, TotalBytes: 64 << 30, Ratio: 250, FreeBytes: 16 << 20,
		KeepEntry: 64 << 20, Keep: 1 << 30,
	}
}

func (l Limits) orDefaults() Limits {
	d := Defaults()
	if l.Entries <= 0 {
		l.Entries = d.Entries
	}
	if l.Depth <= 0 {
		l.Depth = d.Depth
	}
	if l.Ratio <= 0 {
		l.Ratio = d.Ratio
	}
	for _, f := range []struct {
		field *int64
		value int64
	}{
		{&l.EntryBytes, d.EntryBytes}, {&l.TotalBytes, d.TotalBytes}, {&l.FreeBytes, d.FreeBytes},
		{&l.KeepEntry, d.KeepEntry}, {&l.Keep, d.Keep},
	} {
		if *f.field <= 0 {
			*f.field = f.value
		}
	}
	return l
}

// Skipped says what was not read, and why.
type Skipped struct {
	// Path is that of the file, or of the member within it.
	Path string
	// Reason says what was found and what was expected.
	Reason string
	// Needs is the format, "gzip", "zstd", "deflate", "tar" or "zip", when only the options lacked it: a worker or another
	// program can read the file.
	Needs string
	// Read is how many bytes could be read all the same; if it is not 0, they are there under the same path.
	Read int64
}

// Error returns the path and the reason.
func (s Skipped) Error() string {
	if s.Read > 0 {
		return fmt.Sprintf("%s: after %d bytes: %s", s.Path, s.Read, s.Reason)
	}
	return s.Path + ": " + s.Reason
}

// Open looks at what the files are and returns the logs in them in the order of their paths, and what was not read.
// Streams bigger than Limits.KeepEntry are read to their end only by Regions, and cut ones found only then.
func Open(files []File, o Options) ([]Entry, []Skipped) {
	w := &walker{limits: o.Limits.orDefaults(), options: o, names: map[string]int{}, unpacked: map[int]int64{}}
	w.total, w.keep = w.limits.TotalBytes, w.limits.Keep
	for i, f := range files {
		if w.members >= w.limits.Entries {
			w.skip(f.Name, "and %d files behind it: more than %d files and members", len(files)-i-1, w.limits.Entries)
			break
		}
		w.members++
		w.root = w.limits.FreeBytes + saturate(f.Size, int64(w.limits.Ratio))
		tails := len(w.tails)
		w.walk(blob{path: f.Name, modified: f.Modified, at: f.ReaderAt, size: max(f.Size, 0)}, 0)
		for _, t := range w.tails[tails:] {
			w.entries[t].limit = w.root / int64(len(w.tails)-tails)
		}
	}
	for _, t := range w.tails {
		e := &w.entries[t]
		e.limit = min(w.limits.EntryBytes, w.unpacked[t]+min(e.limit, w.total/int64(len(w.tails))))
	}
	slices.SortStableFunc(w.entries, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	slices.SortStableFunc(w.skipped, func(a, b Skipped) int { return strings.Compare(a.Path, b.Path) })
	return w.entries, w.skipped
}

// saturate multiplies two numbers that are not negative.
func saturate(a, b int64) int64 {
	const most = 1 << 60
	if a > most/max(b, 1) {
		return most
	}
	return max(a, 0) * b
}
