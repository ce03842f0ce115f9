// Package glogtext writes logs as three Kudu masters do under load, of any size, of which everything is known beforehand:
// who was elected when, and how wrong each master's clock was.
//
// It is for tests and benchmarks. The same Options give the same bytes. The package never reads what it wrote, and what it
// writes is no recording: messages take 80 to 480 µs, no process stops, and every election is won.
//
//	c := glogtext.New(glogtext.Options{Seed: 1, Bytes: 256 << 20, Files: 6})
//	for _, f := range c.Files() {
//		f.WriteTo(w) // f.Name is as glog names it
//	}
//	c.Elections // what replay should find in them
package glogtext

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"
)

// Masters is how many there are.
const Masters = 3

// Options say what is written.
type Options struct {
	Seed uint64
	// Bytes is about how much all files hold together: it is met to some per cent.
	Bytes int64
	// Elections is how many elections there are behind the first one, one every 6.7 s; 96 in a GB and at least 8 if 0.
	Elections int
	// Files is how many files each master's log was rotated into, 1 if 0.
	Files int
	// Clocks are those of the masters.
	Clocks [Masters]Clock
}

// Clock says how wrong a clock is: by an offset at Begin, and by how much more with the time.
type Clock struct {
	OffsetUS int64
	DriftPPM float64
}

// Election is one that was won. At is when its winner began to lead, in microseconds since 1970 by a right clock. The
// winner of the first one leads from Begin on.
type Election struct {
	Term   uint64
	Winner int // of Cluster.IDs
	At     int64
}

// Cluster is the masters, and the truth about them.
type Cluster struct {
	IDs       [Masters]string
	Elections []Election
	// Begin and End bound what is written, in microseconds since 1970 by a right clock.
	Begin, End int64

	options Options
	stories [Masters][]moment
	tablets []tablet
	own     string // the masters' configuration
	// meanUS is the mean time between two lines of a master that are not of an election.
	meanUS int64
}

const (
	// betweenUS is the time between two elections: 96 in the 642 s in which three busy masters write a GB.
	betweenUS = 6_700_000
	// meanLine is what a line that is not of an election takes on average, with the lines behind it, in bytes.
	meanLine = 424
)

// New makes a cluster and its history.
func New(o Options) *Cluster {
	if o.Elections == 0 {
		o.Elections = max(8, int(o.Bytes*96>>30))
	}
	o.Files = max(o.Files, 1)
	c := &Cluster{options: o, Begin: time.Date(2026, 11, 21, 5, 4, 17, 0, time.UTC).UnixMicro()}
	c.End = c.Begin + int64(o.Elections+1)*betweenUS
	c.meanUS = max(1, (c.End-c.Begin)*meanLine*Masters/max(o.Bytes, 1))
	d := dice{o.Seed}
	for i := range c.IDs {
		c.IDs[i] = d.uuid()
	}
	c.own, c.tablets = c.config(), newTablets(&d)
	c.play(&d)
	return c
}

// stamp is a time as a master's clock shows it.
func (c *Cluster) stamp(master int, at int64) int64 {
	k := c.options.Clocks[master]
	return at + k.OffsetUS + int64(k.DriftPPM*float64(at-c.Begin)/1e6)
}

// File is one of a master's log files.
type File struct {
	// Name is the file's, in a folder for each master.
	Name string
	// Master is one of Cluster.IDs.
	Master int

	cluster  *Cluster
	from, to int64
	seed     uint64
}

// Files returns all files, master by master in the order of time.
func (c *Cluster) Files() []File {
	var all []File
	n := int64(c.options.Files)
	for m := range Masters {
		for i := range n {
			f := File{Master: m, cluster: c, from: c.Begin + (c.End-c.Begin)*i/n, to: c.Begin + (c.End-c.Begin)*(i+1)/n}
			begun := time.UnixMicro(c.stamp(m, f.from)).UTC()
			f.Name = fmt.Sprintf("m%d/kudu-master.m%d.kudu.log.INFO.%s.%d", m+1, m+1, begun.Format("20060102-150405"), 15326+m)
			f.seed = c.options.Seed ^ uint64(m*1_000_003+int(i)+1)*0x9e3779b97f4a7c15
			all = append(all, f)
		}
	}
	return all
}

// WriteTo writes the file. It implements io.WriterTo.
func (f File) WriteTo(w io.Writer) (int64, error) {
	const batch = 256 << 10
	p := &pen{cluster: f.cluster, master: f.Master, dice: dice{f.seed}, b: make([]byte, 0, batch+64<<10)}
	p.preamble(f.from)
	story := f.cluster.stories[f.Master]
	first, _ := slices.BinarySearchFunc(story, f.from, func(m moment, at int64) int { return cmp.Compare(m.at, at) })
	for _, m := range story[:first] {
		p.believes(m)
	}
	story = story[first:]
	var written int64
	for at := f.from; ; {
		at += 1 + p.below(2*f.cluster.meanUS)
		for len(story) > 0 && story[0].at <= at && story[0].at < f.to {
			p.tell(story[0])
			story = story[1:]
		}
		if at < f.to {
			p.work(at)
		}
		if at >= f.to || len(p.b) >= batch {
			n, err := w.Write(p.b)
			p.b = p.b[:0]
			if written += int64(n); err != nil || at >= f.to {
				return written, err
			}
		}
	}
}
