package scenes

import (
	"fmt"
	"slices"
	"strings"

	"tabletop/engine"
)

// condition is something that a run meets or does not, read off the trace and the nodes' state alone.
type condition struct {
	kind  string // one of those in forms
	not   bool
	node  string // an id or a role
	peer  string // sent, received: the other node
	want  string // the role, the process state, the result or the cell's text
	op    string // answered: how the operation's text begins; sent, received: how the message's name does
	mark  string // since then
	shelf string // cell: disk or memory, empty for both
	key   string // cell
}

// form is a kind of condition and how it is written.
type form struct {
	kind, usage string
	read        func(*parser, *condition, []string) error
}

func forms() []form {
	return []form{
		{"ready", "NODE [since MARK]", (*parser).ready},
		{"role", "NODE ROLE", (*parser).role},
		{"steps-down", "NODE since MARK", (*parser).stepsDown},
		{"process", "NODE STATE", (*parser).process},
		{"cell", "NODE [disk|memory] KEY TEXT", (*parser).cell},
		{"answered", "OPERATION [RESULT [by NODE]] [to CLIENT]", (*parser).answered},
		{"sent", "NODE MESSAGE [to NODE] since MARK", (*parser).sent},
		{"received", "NODE MESSAGE [from NODE] since MARK", (*parser).received},
	}
}

// conditions reads conditions joined by "and".
func (p *parser) conditions(text string) (all []condition, err error) {
	for part := range strings.SplitSeq(text, " and ") {
		c, err := p.condition(part)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func (p *parser) condition(text string) (condition, error) {
	words := strings.Fields(text)
	var c condition
	if len(words) > 1 && words[0] == "not" {
		c.not, words = true, words[1:]
	}
	var usages []string
	for _, f := range forms() {
		if len(words) > 0 && f.kind == words[0] {
			c.kind = f.kind
			if err := f.read(p, &c, words[1:]); err != nil {
				return c, err
			}
			return c, p.known(c.node)
		}
		usages = append(usages, f.kind+" "+f.usage)
	}
	return c, fmt.Errorf("condition %q: want %s, or not and one of these", strings.TrimSpace(text), strings.Join(usages, ", "))
}

// malformed reports a condition whose words do not fit its form.
func (c *condition) malformed() error {
	all := forms()
	f := all[slices.IndexFunc(all, func(f form) bool { return f.kind == c.kind })]
	return fmt.Errorf("%s: want %s %s", c.kind, c.kind, f.usage)
}

func (p *parser) ready(c *condition, words []string) error {
	words, err := p.since(c, words)
	if err == nil && len(words) != 1 {
		err = c.malformed()
	}
	if err != nil {
		return err
	}
	c.node = words[0]
	return p.member(c)
}

func (p *parser) stepsDown(c *condition, words []string) error {
	if err := p.ready(c, words); err != nil {
		return err
	}
	if c.mark == "" {
		return c.malformed()
	}
	return nil
}

func (p *parser) role(c *condition, words []string) error {
	if len(words) != 2 {
		return c.malformed()
	}
	c.node, c.want = words[0], words[1]
	if !slices.Contains([]string{"leader", "candidate", "pre-candidate", "follower"}, c.want) {
		return fmt.Errorf("unknown role %q: want leader, candidate, pre-candidate or follower", c.want)
	}
	return p.member(c)
}

func (p *parser) process(c *condition, words []string) error {
	if len(words) != 2 {
		return c.malformed()
	}
	c.node, c.want = words[0], words[1]
	if !slices.Contains([]string{"running", "paused", "crashed"}, c.want) {
		return fmt.Errorf("unknown process state %q: want running, paused or crashed", c.want)
	}
	return nil
}

// absent is the text of a cell that is not there.
const absent = "absent"

func (p *parser) cell(c *condition, words []string) error {
	if len(words) > 1 && (words[1] == "disk" || words[1] == "memory") {
		c.shelf = words[1]
		words = slices.Delete(words, 1, 2)
	}
	if len(words) < 3 {
		return c.malformed()
	}
	c.node, c.key, c.want = words[0], words[1], strings.Join(words[2:], " ")
	return nil
}

// targets says how many words of an operation's text follow its verb in a condition.
func targets(verb string) (int, bool) {
	switch verb {
	case "list":
		return 0, true
	case "create", "open", "alter", "delete", "write", "scan", "locate", "add-master", "remove-master":
		return 1, true
	case "rename":
		return 2, true
	}
	return 0, false
}

func (p *parser) answered(c *condition, words []string) error {
	if len(words) == 0 {
		return c.malformed()
	}
	verb := words[0]
	n, ok := targets(verb)
	if !ok {
		return fmt.Errorf("answered: unknown operation %q: want create, open, alter, rename, delete, list, write, scan, locate, add-master or remove-master", verb)
	}
	if len(words) <= n {
		return fmt.Errorf("answered: %s: want its %s", verb, []string{"", "target", "name and its new name"}[n])
	}
	c.op, words = strings.Join(words[:n+1], " "), words[n+1:]
	if i := slices.Index(words, "to"); i >= 0 {
		if i != len(words)-2 {
			return c.malformed()
		}
		c.peer, words = words[i+1], words[:i]
		if err := p.known(c.peer); err != nil {
			return err
		}
	}
	if i := slices.Index(words, "by"); i >= 0 {
		if i == 0 || len(words) != i+2 {
			return c.malformed()
		}
		c.node, words = words[i+1], words[:i]
	}
	if len(words) > 1 && verb != "scan" { // which is answered with the number of rows
		return c.malformed()
	}
	c.want = strings.Join(words, " ")
	return nil
}

func (p *parser) sent(c *condition, words []string) error { return p.message(c, words, "to") }

func (p *parser) received(c *condition, words []string) error { return p.message(c, words, "from") }

// message reads NODE MESSAGE [to|from NODE] since MARK. A message's name may have several words.
func (p *parser) message(c *condition, words []string, way string) error {
	words, err := p.since(c, words)
	if err != nil {
		return err
	}
	if n := len(words); n > 3 && words[n-2] == way {
		if err := p.known(words[n-1]); err != nil {
			return err
		}
		c.peer, words = words[n-1], words[:n-2]
	}
	if len(words) < 2 || c.mark == "" {
		return c.malformed()
	}
	c.node, c.op = words[0], strings.Join(words[1:], " ")
	return nil
}

// since takes "since MARK" off the end of a condition.
func (p *parser) since(c *condition, words []string) ([]string, error) {
	n := len(words)
	if n < 2 || words[n-2] != "since" {
		return words, nil
	}
	c.mark = words[n-1]
	if !p.marked(c.mark) {
		return nil, fmt.Errorf("%s: there is no mark %q above", c.kind, c.mark)
	}
	return words[:n-2], nil
}

// member reports a node that is not in the masters' raft group.
func (p *parser) member(c *condition) error {
	switch {
	case slices.Contains(p.scene.Clients, c.node):
		return fmt.Errorf("%s: %s is a client and has no role: want a master", c.kind, c.node)
	case slices.Contains(p.scene.Servers, c.node):
		return fmt.Errorf("%s: %s is a tablet server and has no role among the masters: want a master", c.kind, c.node)
	}
	return nil
}

func (p *parser) known(node string) error {
	if node == "" || engine.IsRole(node) || p.named(node) || p.recorded() { // only the logs tell who there is
		return nil
	}
	_, err := p.cluster.Resolve(node)
	return err
}

// traced reports whether the condition is read off what an outline of a run leaves out.
func (c condition) traced() bool { return c.kind == "cell" || c.kind == "sent" || c.kind == "received" }
