package trace

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Begins reports whether a text is the beginning of a trace in the form that Write writes.
func Begins(text []byte) bool {
	line, _, _ := bytes.Cut(bytes.TrimLeft(text, "\ufeff \t\r\n"), []byte("\n"))
	to := json.NewDecoder(bytes.NewReader(line))
	for {
		switch key, err := to.Token(); {
		case err != nil:
			return false
		case key == "format":
			format, err := to.Token()
			return err == nil && format == Format
		case key == json.Delim('{') && to.InputOffset() == 1:
		default:
			if value := (json.RawMessage)(nil); to.Decode(&value) != nil {
				return false
			}
		}
	}
}

// maxHeld bounds how many groups and cells of one node a file may set: every one of them is looked at again whenever
// another is added.
const maxHeld = 1 << 14

// LineError is a line of a file that breaks a rule of the format.
type LineError struct {
	Line int // from 1
	Err  error
}

// Error names the line and what was expected there.
func (e *LineError) Error() string { return fmt.Sprintf("read trace: line %d: %v", e.Line, e.Err) }

// Unwrap returns what is wrong.
func (e *LineError) Unwrap() error { return e.Err }

// In tells the same of a file.
func (e *LineError) In(file string) error { return fmt.Errorf("%s:%d: %w", file, e.Line, e.Err) }

// Read reads a trace from the form that Write writes. A line that breaks a rule is a LineError.
func Read(r io.Reader) (*Trace, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	d := decoder{}
	for number := 1; lines.Scan(); number++ {
		err := error(nil)
		switch {
		case number == 1:
			err = d.header(bytes.TrimPrefix(lines.Bytes(), []byte("\ufeff")))
		case len(lines.Bytes()) > 0:
			err = d.event(lines.Bytes())
		}
		if err != nil {
			return nil, &LineError{number, err}
		}
		d.lines = number
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, &LineError{d.lines + 1, fmt.Errorf("longer than %d bytes", maxLine)}
	} else if err != nil {
		return nil, fmt.Errorf("read trace: after line %d: %w", d.lines, err)
	}
	if d.build == nil {
		return nil, &LineError{1, errors.New("expected a header, found the end of the file")}
	}
	return d.build.Trace(), nil
}

type decoder struct {
	build *Builder
	refs  map[string]NodeID
	lines int
}

func (d *decoder) header(line []byte) error {
	var h headerLine
	if err := json.Unmarshal(line, &h); err != nil {
		return fmt.Errorf("expected the header of a trace: %w", readable(err))
	}
	if h.Format != Format {
		return fmt.Errorf("expected format %q, found %q", Format, h.Format)
	}
	if h.Version != Version {
		return fmt.Errorf("expected version %d, found %d", Version, h.Version)
	}
	if len(h.Nodes) > MaxNodes || len(h.Groups) > MaxGroups {
		return fmt.Errorf("expected at most %d nodes and %d groups, found %d and %d", MaxNodes, MaxGroups,
			len(h.Nodes), len(h.Groups))
	}
	header := Header{Producer: h.Producer, System: h.System, Scene: h.Scene, Variant: h.Variant, Seed: h.Seed}
	for _, s := range h.Settings {
		header.Settings = append(header.Settings, Setting(s))
	}
	if h.Origin != nil {
		header.Origin = Origin{Known: true, At: *h.Origin, YearKnown: h.YearKnown, ZoneKnown: h.ZoneKnown}
	}
	d.build, d.refs = NewBuilder(header), map[string]NodeID{}
	for i, n := range h.Nodes {
		kind, err := named("node kind", nodeKindNames(), n.Kind)
		if err != nil {
			return fmt.Errorf("node %d: %w", i+1, err)
		}
		ref := n.Ref
		if ref == "" {
			ref = n.ID
		}
		if _, taken := d.refs[ref]; taken || ref == "" {
			return fmt.Errorf("node %d: expected an id or a ref that no other node has, found %q", i+1, ref)
		}
		d.refs[ref] = d.build.AddNode(Node{ID: n.ID, Name: n.Name, Kind: NodeKind(kind), Cluster: n.Cluster, History: n.History})
	}
	for i, g := range h.Groups {
		if int(d.build.Group(g)) != i+1 {
			return fmt.Errorf("group %d: expected a name that no other group has, found %q", i+1, g)
		}
	}
	return nil
}

// readable says in our words that a field has the wrong type.
func readable(err error) error {
	if t := (*json.UnmarshalTypeError)(nil); errors.As(err, &t) {
		return fmt.Errorf("%s holds a %s, %s is expected", t.Field, t.Value, form(t.Type.Kind()))
	}
	return err
}

// form says what a field holds in the words of JSON.
func form(k reflect.Kind) string {
	switch k {
	case reflect.Uint32, reflect.Uint64:
		return "a whole number from 0 on"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	}
	return "an object"
}

// named returns the place of a name in a table of names.
func named(what string, names []string, name string) (int, error) {
	if i := slices.Index(names, name); i >= 0 {
		return i, nil
	}
	return 0, fmt.Errorf("expected a %s (%s), found %q", what, strings.Join(names, ", "), name)
}

func (d *decoder) node(ref string) (NodeID, error) {
	n, ok := d.refs[ref]
	if !ok && ref != "" {
		return 0, fmt.Errorf("expected a node of the header, found %q", ref)
	}
	return n, nil
}

func (d *decoder) group(name string) (GroupID, error) {
	g, ok := d.build.groups[name]
	if !ok {
		return 0, fmt.Errorf("expected a group of the header, found %q", name)
	}
	return g, nil
}

func (d *decoder) event(line []byte) error {
	var l eventLine
	if err := json.Unmarshal(line, &l); err != nil {
		return fmt.Errorf("expected an event: %w", readable(err))
	}
	kind, errKind := named("kind", kindNames(), l.Kind)
	prov := 0
	var errProv, errGroup, errDigest error
	if l.Prov != "" {
		prov, errProv = named("provenance", provenanceNames(), l.Prov)
	}
	node, errNode := d.node(l.Node)
	peer, errPeer := d.node(l.Peer)
	e := Event{At: l.At, Kind: Kind(kind), Prov: Provenance(prov), Node: node, Peer: peer, Term: l.Term, Index: l.Index,
		Cause: NoEvent}
	if l.Group != nil {
		e.Group, errGroup = d.group(*l.Group)
	}
	if l.Digest != "" {
		e.Digest, errDigest = strconv.ParseUint(l.Digest, 16, 64)
	}
	if l.Cause != nil {
		e.Cause = *l.Cause
	}
	e.Text = d.build.Intern(l.Text)
	if errDigest != nil {
		errDigest = fmt.Errorf("expected a digest of up to 16 hexadecimal digits, found %q", l.Digest)
	}
	if err := cmp.Or(errKind, errProv, errNode, errPeer, errGroup, errDigest); err != nil {
		return err
	}
	if d.build.Len() == 0 && e.Cause != NoEvent {
		return fmt.Errorf("event 0 has the cause %d, which is not before it", e.Cause)
	}
	if err := d.build.Check(e); err != nil {
		return err
	}
	d.build.Emit(e)
	for i, c := range l.Changes {
		if err := d.change(e, c); err != nil {
			return fmt.Errorf("change %d: %w", i+1, err)
		}
	}
	return nil
}

func (d *decoder) change(e Event, l changeLine) error {
	field, err := named("field", fieldNames(), l.Field)
	if err != nil {
		return err
	}
	c := Change{Node: e.Node, Group: e.Group, Field: Field(field), Forget: l.Forget}
	if l.Node != "" {
		if c.Node, err = d.node(l.Node); err != nil {
			return err
		}
	}
	if c.Node == 0 {
		return errors.New("expected a node, the event has none either")
	}
	if err := d.changeGroup(&c, l); err != nil {
		return err
	}
	if c.Field == FieldCell || c.Field == FieldCellGone {
		err = d.cell(&c, l)
	} else if !c.Forget {
		err = d.value(&c, l.Value)
	}
	if err != nil {
		return err
	}
	n := d.build.Node(c.Node)
	if len(n.Groups) >= maxHeld && n.In(c.Group) == nil || len(n.Cells) >= maxHeld && c.Field == FieldCell {
		return fmt.Errorf("expected at most %d groups and cells of one node", maxHeld)
	}
	d.build.change(c)
	return nil
}

func (d *decoder) changeGroup(c *Change, l changeLine) error {
	switch {
	case c.Field == FieldProcess || string(l.Group) == "null":
		c.Group = 0
	case len(l.Group) > 0:
		var name string
		if err := json.Unmarshal(l.Group, &name); err != nil {
			return fmt.Errorf("expected the name of a group: %w", err)
		}
		g, err := d.group(name)
		c.Group = g
		return err
	}
	return nil
}

func (d *decoder) cell(c *Change, l changeLine) error {
	shelf, err := named("shelf", shelfNames(), l.Shelf)
	if err != nil {
		return err
	}
	if l.Forget {
		return errors.New("expected cell-gone: a cell is removed and not forgotten")
	}
	c.Shelf, c.Key = Shelf(shelf), d.build.Intern(l.Key)
	if c.Field == FieldCellGone {
		return nil
	}
	text, err := word(l.Value)
	c.Value = uint64(d.build.Intern(text))
	return err
}

func (d *decoder) value(c *Change, raw json.RawMessage) error {
	switch c.Field {
	case FieldProcess, FieldRole:
		names := roleNames()
		if c.Field == FieldProcess {
			names = processNames()
		}
		text, err := word(raw)
		if err != nil {
			return err
		}
		i, err := named(c.Field.String(), names, text)
		c.Value = uint64(i)
		return err
	case FieldVote, FieldLeader:
		text, err := word(raw)
		if err != nil {
			return err
		}
		n, err := d.node(text)
		c.Value = uint64(n)
		return err
	}
	v, err := strconv.ParseUint(string(raw), 10, 64)
	if err != nil {
		return fmt.Errorf("expected a number as the value of %s, found %q", c.Field, raw)
	}
	c.Value = v
	return nil
}

func word(raw json.RawMessage) (string, error) {
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", fmt.Errorf("expected a string as the value, found %q", raw)
	}
	return s, nil
}
