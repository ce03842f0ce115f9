package history

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

type place struct {
	line   int
	offset int64
}

// reading is one line while it is read. It ends as an operation, a mark or an error; an empty line is none of them.
type reading struct {
	place
	last      int64 // the time of the line before, then of this one
	fields    map[string]json.RawMessage
	operation *Operation
	mark      *Mark
	wrong     *LineError
}

func (l *reading) fail(what, want string) {
	if l.wrong == nil {
		l.wrong = &LineError{Line: l.line, What: what, Want: want}
	}
}

func (l *reading) decode(line []byte) bool {
	return json.Unmarshal(line, &l.fields) == nil && l.fields != nil
}

// has reports whether a field is there and not null.
func (l *reading) has(name string) bool {
	raw, ok := l.fields[name]
	return ok && string(raw) != "null"
}

// text returns a field that must be a string where it is there.
func (l *reading) text(name string) (s string) {
	if l.has(name) && json.Unmarshal(l.fields[name], &s) != nil {
		l.fail(name+" "+sample(l.fields[name]), "a string")
	}
	return s
}

// flag returns a field that must be true or false where it is there.
func (l *reading) flag(name string) (yes, there bool) {
	if !l.has(name) {
		return false, false
	}
	if json.Unmarshal(l.fields[name], &yes) != nil {
		l.fail(name+" "+sample(l.fields[name]), "true or false")
	}
	return yes, true
}

// stamp returns a field that must be a time, in µs since 1970 UTC.
func (l *reading) stamp(name string) int64 {
	s := l.text(name)
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		l.fail(name+" "+sample([]byte(strconv.Quote(s))), "a time as in 2026-11-21T05:04:17.879670Z")
		return 0
	}
	return t.UnixMicro()
}

// span returns a field that must be a number of milliseconds, in µs.
func (l *reading) span(name string) int64 {
	const longest = 1e15 // beyond it fractions of a microsecond are lost, and any clock
	var ms float64
	if json.Unmarshal(l.fields[name], &ms) != nil || math.Abs(ms) > longest {
		l.fail(name+" "+sample(l.fields[name]), "a number of milliseconds")
		return 0
	}
	return int64(math.Round(ms * 1000))
}

// sample is the beginning of a value, for a message of one line.
func sample(raw []byte) string {
	const most = 40
	if len(raw) == 0 {
		return "missing"
	}
	s := strings.ToValidUTF8(string(raw[:min(len(raw), most)]), "\uFFFD")
	if len(raw) > most {
		s += "…"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s)
}

// read takes a line apart.
func (l *reading) read(line []byte) {
	if line = trim(line); len(line) == 0 {
		return
	}
	if !l.decode(line) {
		l.fail(sample(line), "a JSON object")
		return
	}
	kind := ""
	switch {
	case l.has("kind"):
		kind = l.text("kind")
	case l.has("op"):
		if l.text("op") == "client" && l.has("what") && l.has("begin") {
			l.ours()
			return
		}
	}
	if kind == "op" && l.has("op") && l.has("key") {
		l.etcd()
		return
	}
	l.marked()
}

// marked keeps a line for the viewer: its kind and the first of its fields that says more.
func (l *reading) marked() {
	m := Mark{At: l.last, Node: l.loose("node"), Line: l.line, Offset: l.offset}
	for _, name := range []string{"time", "ts"} {
		if l.has(name) {
			m.At, m.Timed = l.stamp(name), true
			break
		}
	}
	for _, name := range []string{"kind", "op"} {
		if m.Text = l.loose(name); m.Text != "" {
			break
		}
	}
	for _, name := range []string{"text", "what", "args", "name", "label", "load", "run", "msg"} {
		if s := l.loose(name); s != "" {
			m.Text = strings.TrimSpace(m.Text + " " + s)
			break
		}
	}
	l.mark, l.last = &m, m.At
}

// loose returns a field if it is a string, and empty otherwise.
func (l *reading) loose(name string) (s string) {
	if json.Unmarshal(l.fields[name], &s) != nil {
		return ""
	}
	return s
}

func (l *reading) keep(o Operation) {
	o.Line, o.Offset = l.line, l.offset
	if o.Until >= 0 && o.Until < o.Call {
		l.fail(fmt.Sprintf("an operation that returns %v before it is called", time.Duration(o.Call-o.Until)*time.Microsecond), "begin before time")
	}
	if o.Return >= 0 {
		o.Return = o.Until
	}
	l.operation, l.last = &o, max(o.Call, o.Until)
}

// ours reads {"op":"client","client","node","what","begin","time","ok","error","result"}.
func (l *reading) ours() {
	o := Operation{Client: l.text("client"), Server: l.text("node"), Call: l.stamp("begin"), Until: -1, Return: -1}
	if l.has("time") {
		o.Until = l.stamp("time")
	}
	words := strings.Fields(l.text("what"))
	if len(words) == 0 {
		l.fail("what is empty", "an operation as in open table-1")
		return
	}
	o.Text = strings.Join(words, " ")
	verb := words[0]
	switch {
	case verb == "put":
		if o.Text = l.put(words); o.Text == "" {
			return
		}
	default:
		o.Text = strings.ReplaceAll(o.Text, " = ", "=") // which would begin a value
	}
	result, told := l.text("result"), l.text("error")
	ok, there := l.flag("ok")
	switch {
	case there && !ok:
		if told == "" {
			told = result
		}
		result = definite(told)
	case there:
		if result == "" && verb != "get" {
			result = "OK"
		}
	case told != "":
		result = definite(told)
	case !recognized(verb, result):
		told, result = result, definite(result)
	}
	if o.Error = told; result != "" && o.Until >= 0 {
		o.Result, o.Return = result, 0
	}
	l.keep(o)
}

// put returns the text of a put, whose value may stand in a field of its own.
func (l *reading) put(words []string) string {
	text := strings.Join(words, " ")
	if len(words) > 1 && !strings.Contains(text, " = ") {
		for _, name := range []string{"val", "value"} {
			if l.has(name) {
				return text + " = " + l.text(name)
			}
		}
	}
	if !strings.Contains(text, " = ") {
		l.fail(sample([]byte(strconv.Quote(text))), "the value that is put, as in put k = v")
		return ""
	}
	return text
}

// definite turns what a client was told into an answer, if it is one.
func definite(told string) string {
	switch {
	case strings.Contains(told, "does not exist"):
		return "NotFound"
	case strings.Contains(told, "already exists"):
		return "AlreadyPresent"
	}
	return ""
}

// recognized reports whether a result without ok is an answer.
func recognized(verb, result string) bool {
	switch verb {
	case "create", "open", "rename", "delete":
		return result == "OK" || result == "NotFound" || result == "AlreadyPresent"
	case "key":
		words := strings.Fields(result)
		if len(words) < 2 {
			return false
		}
		_, err := strconv.ParseUint(words[1], 10, 63)
		rest := strings.Join(words[2:], " ")
		return err == nil && (words[0] == "read" && rest == "" ||
			words[0] == "cas" && (rest == "applied" || rest == "not applied"))
	}
	return false
}

// absent is what a get answers for a key that is not there.
const absent = "<not found>"

// etcd reads {"kind":"op","op","key","val","start_ms","t_ms","ts","result","err","serializable"}.
func (l *reading) etcd() {
	o := Operation{Client: l.text("client"), Server: l.text("node"), Until: l.stamp("ts"), Return: -1, Error: l.text("err")}
	took := l.span("t_ms") - l.span("start_ms")
	o.Call = o.Until - took
	verb, key, result := l.text("op"), escape(l.text("key")), l.text("result")
	serializable, _ := l.flag("serializable")
	switch o.Text = verb + " " + key; verb {
	case "put":
		o.Text += " = " + l.text("val")
		result = "OK"
	case "get":
		if serializable {
			o.Text += " serializable"
		}
	case "create":
		value := l.text("val")
		if value == "" {
			value = `""` // a create without a value is one of a table
		}
		o.Text += " = " + value
		if result = map[string]string{"succeeded=true": "OK", "succeeded=false": "AlreadyPresent"}[result]; result == "" {
			o.Error = "an answer that says neither that it succeeded nor that it did not"
		}
	case "delete":
		o.Text += " = " + absent
		result = "OK"
	}
	if o.Error == "" {
		o.Result, o.Return = result, 0
	}
	l.keep(o)
}
