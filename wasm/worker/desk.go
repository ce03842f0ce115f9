// Command worker reads captured logs for the page, in a thread of its own so that the page never waits.
//
// It is fetched when a recorded scene or a log is opened first. It knows nothing of the screen: it is asked with one JSON
// object and answers with one; the bytes of logs stay in the worker, which hands out lines when they are looked at.
//
//	{"type":"recorded","scene":"kudu-3266-log"}            → the report on a scene's logs, and their trace
//	{"type":"open","raw_clocks":true}                      → the same of files that were given, no stamp corrected
//	{"type":"lines","at_us":1200,"before":60,"after":60}   → lines about a moment
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"tabletop/engine/trace"
	"tabletop/replay"
	"tabletop/replay/cassandra"
	"tabletop/replay/etcd"
	"tabletop/replay/kudu"
	"tabletop/replay/source"
	"tabletop/replay/source/unpack"
	"tabletop/scenes/recorded"
)

// request is what the page asks for.
type request struct {
	Type    string `json:"type"`
	Scene   string `json:"scene"`
	Year    int    `json:"year"`
	Raw     bool   `json:"raw_clocks"`
	AtUS    int64  `json:"at_us"` // since the origin of the trace shown
	Before  int    `json:"before"`
	After   int    `json:"after"`
	Match   string `json:"match"`
	Node    string `json:"node"`
	Cluster int    `json:"cluster"`
}

// imported is the answer to an open, beside the trace: what the import reports.
type imported struct {
	Report    replay.Report `json:"report"`
	Marks     []markJSON    `json:"marks"`
	OriginUS  int64         `json:"origin_us"` // of the trace, since 1970; far below 0 when the year is not known
	YearKnown bool          `json:"year_known"`
}

// markJSON is a line of a client history that is no operation.
type markJSON struct {
	AtUS int64  `json:"at_us"` // since the origin of the trace
	Node string `json:"node"`
	Text string `json:"text"`
}

// lineJSON is a log line.
type lineJSON struct {
	File string `json:"file"`
	Line int    `json:"line"`
	AtUS int64  `json:"at_us"` // since the origin asked for
	Node string `json:"node"`
	Text string `json:"text"`
}

// desk answers the page.
type desk struct {
	made *replay.Import
}

func (d *desk) options(x request, progress func(done, all int64)) replay.Options {
	return replay.Options{
		Year:       x.Year,
		RawClocks:  x.Raw,
		RegionSize: 8 << 20, // each is a call of the browser, which takes longer than the smaller ones of a file would spare
		Dialects:   []replay.Dialect{kudu.Dialect{}, etcd.Zap{}, etcd.Capnslog{}, cassandra.Dialect{}},
		Source: source.Options{Tar: source.Tar(), Zip: source.Zip(),
			Decoders: source.Decoders{Gzip: unpack.Gzip, Zstd: unpack.Zstd, Deflate: unpack.Deflate}},
		Progress: progress,
	}
}

// answer does what is asked and returns it as JSON, and the NDJSON form of the trace where one was made; what cannot be
// done is an object with the field error.
func (d *desk) answer(text string, files []source.File, progress func(done, all int64)) (answer string, ndjson []byte) {
	var x request
	if err := json.Unmarshal([]byte(text), &x); err != nil {
		return failed(err), nil
	}
	switch x.Type {
	case "recorded":
		for _, f := range recorded.Files(x.Scene) {
			files = append(files, source.File{Name: f.Name, Size: int64(len(f.Bytes)), ReaderAt: bytes.NewReader(f.Bytes)})
		}
		if len(files) == 0 {
			return failed(fmt.Errorf("%s: no logs of this scene are here", x.Scene)), nil
		}
		return d.open(x, files, progress)
	case "open":
		return d.open(x, files, progress)
	case "lines":
		return d.lines(x), nil
	}
	return failed(fmt.Errorf("worker: unknown request %q: recorded, open or lines is expected", x.Type)), nil
}

func (d *desk) open(x request, files []source.File, progress func(done, all int64)) (answer string, ndjson []byte) {
	made, err := replay.Read(files, d.options(x, progress))
	if err != nil {
		var why []string
		for _, f := range made.Report.Files {
			if f.Error != "" {
				why = append(why, f.Path+": "+f.Error)
			}
		}
		return failed(fmt.Errorf("%w. %s", err, strings.Join(why, " · "))), nil
	}
	d.made = made
	var b bytes.Buffer
	if err := trace.Write(&b, made.Trace); err != nil {
		return failed(err), nil
	}
	marks := []markJSON{}
	for _, k := range made.Marks() {
		marks = append(marks, markJSON{k.At - made.Origin, k.Node, k.Text})
	}
	return encode(imported{made.Report, marks, made.Origin, made.YearKnown}), b.Bytes()
}

func (d *desk) lines(x request) string {
	lines := []lineJSON{}
	if d.made == nil {
		return encode(lines)
	}
	origin := d.made.ClusterOrigin(x.Cluster)
	for _, l := range d.made.Lines(replay.Around{At: origin + x.AtUS, Before: min(x.Before, 200), After: min(x.After, 200),
		Match: x.Match, Node: x.Node, Cluster: x.Cluster}) {
		lines = append(lines, lineJSON{l.File, l.Number, l.At - origin, l.Node, l.Text})
	}
	return encode(lines)
}

func failed(err error) string { return encode(map[string]string{"error": err.Error()}) }

func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic("worker: " + err.Error())
	}
	return string(text)
}
