package replay

import (
	"strings"

	"tabletop/replay/text"
)

// spot is a line of a log.
type spot struct{ log, line int }

// places finds out whose lines are in logs in which several nodes write without a prefix, as when they are merged by time:
// a line that does not name its node may give the address by which others know it, as the one that says that etcd starts.
func (c *casting) places() {
	at := map[string]string{}
	for _, l := range c.logs {
		for k := range l.statements {
			st := &l.statements[k]
			if st.Kind != text.Named || st.Node == "" || !strings.Contains(st.Text, ":") {
				continue
			}
			if id, ok := at[st.Text]; ok && id != st.Node {
				at[st.Text] = "" // another one took its place
			} else {
				at[st.Text] = st.Node
			}
		}
	}
	for i, l := range c.logs {
		for k := range l.statements {
			st := &l.statements[k]
			if st.Kind == text.Named && c.mixed(i, st) && at[st.Text] != "" {
				c.placed[spot{i, st.Line}] = at[st.Text]
			}
		}
	}
}

// mixed reports whether several nodes write as the one that wrote a statement's line.
func (c *casting) mixed(log int, st *text.Statement) bool {
	id, ok := c.writers[log][c.logs[log].sink.Writer(st)]
	return ok && id == "" && c.single[log] == ""
}

// scattered gives the nodes of a log the times of those of their lines that name them, where others write between them.
func (c *casting) scattered(log int) {
	l := c.logs[log]
	when := map[string]*text.Activity{}
	for k := range l.statements {
		st := &l.statements[k]
		id := c.owner(log, st)
		if id == "" || !c.mixed(log, st) {
			continue
		}
		if when[id] == nil {
			when[id] = &text.Activity{}
		}
		when[id].Touch(st.At)
	}
	for _, id := range l.ids {
		if a := when[id]; a != nil {
			c.lines(id, log, *a)
		}
	}
}
