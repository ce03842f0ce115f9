package trace

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// Format and Version stand in the first line of the NDJSON form of a trace, which docs/trace-format.md describes. A
// version is raised when an older reader would misunderstand a newer file; fields may be added without.
const (
	Format  = "tabletop-trace"
	Version = 1
)

// maxLine bounds a line of the NDJSON form, and with it what a hostile file can make the reader allocate at once.
const maxLine = 16 << 20

type headerLine struct {
	Format    string     `json:"format"`
	Version   int        `json:"version"`
	Producer  string     `json:"producer,omitempty"`
	System    string     `json:"system,omitempty"`
	Scene     string     `json:"scene,omitempty"`
	Variant   string     `json:"variant,omitempty"`
	Seed      uint64     `json:"seed,omitempty"`
	Settings  []keyValue `json:"settings,omitempty"`
	Origin    *int64     `json:"origin,omitempty"` // no text: the year may lie before the year 0
	YearKnown bool       `json:"year_known,omitempty"`
	ZoneKnown bool       `json:"zone_known,omitempty"`
	Nodes     []nodeLine `json:"nodes"`
	Groups    []string   `json:"groups,omitempty"`
}

type keyValue struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

type nodeLine struct {
	ID      string `json:"id"`
	Ref     string `json:"ref,omitempty"` // what the events call it, when that is not its id
	Name    string `json:"name,omitempty"`
	Kind    string `json:"kind"`
	Cluster int    `json:"cluster,omitempty"`
	History int    `json:"history,omitempty"`
}

type eventLine struct {
	At      Time         `json:"at"`
	Kind    string       `json:"kind"`
	Node    string       `json:"node,omitempty"`
	Peer    string       `json:"peer,omitempty"`
	Group   *string      `json:"group,omitempty"` // etcd's only group has the empty name
	Term    uint32       `json:"term,omitempty"`
	Index   uint64       `json:"index,omitempty"`
	Digest  string       `json:"digest,omitempty"`
	Text    string       `json:"text,omitempty"`
	Cause   *EventID     `json:"cause,omitempty"`
	Prov    string       `json:"prov,omitempty"`
	Changes []changeLine `json:"changes,omitempty"`
}

type changeLine struct {
	Node   string          `json:"node,omitempty"`  // when it is not the event's
	Group  json.RawMessage `json:"group,omitempty"` // the same; null for none
	Field  string          `json:"field"`
	Value  json.RawMessage `json:"value,omitempty"`
	Shelf  string          `json:"shelf,omitempty"`
	Key    string          `json:"key,omitempty"`
	Forget bool            `json:"forget,omitempty"`
}

// Write writes a trace as NDJSON: a header line, then one line for each event.
func Write(w io.Writer, t *Trace) error {
	out := bufio.NewWriter(w)
	e := encoder{trace: t, refs: refsOf(t.nodes), to: json.NewEncoder(&limited{w: out})}
	e.to.SetEscapeHTML(false)
	if err := e.to.Encode(e.header()); err != nil {
		return fmt.Errorf("write trace: header: %w", err)
	}
	for i := range t.Events {
		if err := e.to.Encode(e.event(EventID(i))); err != nil {
			return fmt.Errorf("write trace: event %d: %w", i, err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write trace: %w", err)
	}
	return nil
}

// limited refuses lines that Read would refuse.
type limited struct{ w io.Writer }

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > maxLine {
		return 0, fmt.Errorf("the line has %d bytes, the limit is %d", len(p), maxLine)
	}
	return l.w.Write(p)
}

// refsOf returns what the event lines call each node: its id, made unique where clusters share one.
func refsOf(nodes []Node) []string {
	refs, taken := make([]string, len(nodes)), map[string]bool{"": true}
	for i, n := range nodes {
		ref := n.ID
		for taken[ref] {
			ref += "#" + strconv.Itoa(i+1)
		}
		refs[i], taken[ref] = ref, true
	}
	return refs
}

type encoder struct {
	trace *Trace
	refs  []string
	to    *json.Encoder
	next  int // first change behind the events written
}

func (e *encoder) header() headerLine {
	h := e.trace.Header
	line := headerLine{
		Format: Format, Version: Version, Producer: h.Producer, System: h.System, Scene: h.Scene, Variant: h.Variant,
		Seed: h.Seed, Nodes: make([]nodeLine, 0, len(e.refs)), Groups: e.trace.groups,
	}
	if o := h.Origin; o.Known {
		line.Origin, line.YearKnown, line.ZoneKnown = &o.At, o.YearKnown, o.ZoneKnown
	}
	for _, s := range h.Settings {
		line.Settings = append(line.Settings, keyValue(s))
	}
	for i, n := range e.trace.nodes {
		l := nodeLine{ID: n.ID, Kind: n.Kind.String(), Cluster: n.Cluster, History: n.History}
		if n.Name != n.ID {
			l.Name = n.Name
		}
		if e.refs[i] != n.ID {
			l.Ref = e.refs[i]
		}
		line.Nodes = append(line.Nodes, l)
	}
	return line
}

func (e *encoder) node(n NodeID) string {
	if n == 0 {
		return ""
	}
	return e.refs[n-1]
}

func (e *encoder) group(g GroupID) *string {
	if g == 0 {
		return nil
	}
	return &e.trace.groups[g-1]
}

func (e *encoder) event(id EventID) eventLine {
	ev := e.trace.Events[id]
	line := eventLine{
		At: ev.At, Kind: ev.Kind.String(), Node: e.node(ev.Node), Peer: e.node(ev.Peer), Group: e.group(ev.Group),
		Term: ev.Term, Index: ev.Index, Text: e.trace.Text(ev.Text),
	}
	if ev.Digest != 0 {
		line.Digest = strconv.FormatUint(ev.Digest, 16)
	}
	if ev.Cause != NoEvent {
		line.Cause = &ev.Cause
	}
	if ev.Prov != Simulated {
		line.Prov = ev.Prov.String()
	}
	for ; e.next < len(e.trace.changes) && e.trace.changes[e.next].Event == id; e.next++ {
		line.Changes = append(line.Changes, e.change(ev, e.trace.changes[e.next]))
	}
	return line
}

func (e *encoder) change(ev Event, c Change) changeLine {
	line := changeLine{Field: c.Field.String(), Forget: c.Forget}
	if c.Node != ev.Node {
		line.Node = e.node(c.Node)
	}
	if c.Group != ev.Group && c.Field != FieldProcess {
		line.Group = json.RawMessage("null")
		if c.Group != 0 {
			line.Group = quote(e.trace.Group(c.Group))
		}
	}
	switch {
	case c.Field == FieldCell || c.Field == FieldCellGone:
		line.Shelf, line.Key = c.Shelf.String(), e.trace.Text(c.Key)
		if c.Field == FieldCell {
			line.Value = quote(e.trace.Text(StringID(c.Value)))
		}
	case c.Forget:
	case c.Field == FieldProcess:
		line.Value = quote(Process(c.Value).String())
	case c.Field == FieldRole:
		line.Value = quote(Role(c.Value).String())
	case c.Field == FieldVote || c.Field == FieldLeader:
		line.Value = quote(e.node(NodeID(c.Value)))
	default:
		line.Value = strconv.AppendUint(nil, c.Value, 10)
	}
	return line
}

// quote writes a JSON string as the encoder of the whole line does: with < and > as they are.
func quote(s string) json.RawMessage {
	var b bytes.Buffer
	to := json.NewEncoder(&b)
	to.SetEscapeHTML(false)
	if err := to.Encode(s); err != nil {
		panic("trace: a string that JSON cannot hold: " + strconv.Quote(s))
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
