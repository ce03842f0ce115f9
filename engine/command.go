package engine

import (
	"fmt"
	"strings"

	"tabletop/engine/trace"
)

// Command is one thing a scene or a person does to a cluster. Its text prints and parses back: "pause A".
type Command struct {
	Verb string
	Args []string
}

// ParseCommand reads a command's text. Whether the verb exists is known by the cluster it is given to.
func ParseCommand(text string) (Command, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return Command{}, fmt.Errorf("empty command: want a verb such as %q", "pause A")
	}
	return Command{Verb: words[0], Args: words[1:]}, nil
}

// String returns the command's text.
func (c Command) String() string { return strings.Join(append([]string{c.Verb}, c.Args...), " ") }

// Act is a command given by hand after an event of a run.
type Act struct {
	After   trace.EventID
	Command Command
}
