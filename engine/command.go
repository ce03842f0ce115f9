package engine

import (
	"fmt"
	"strings"

	"tabletop/engine/trace"
)

// Command is one thing a scene or a person does to a cluster. Its text prints and parses back: "pause A".
type Command struct {
	Verb       string
	Args       []string
	MayTimeOut bool // written before the verb: that what it begins ends without an answer is a mere step of the story
}

const mayTimeOut = "may-time-out"

// ParseCommand reads a command's text. Whether the verb exists is known by the cluster it is given to.
func ParseCommand(text string) (Command, error) {
	words := strings.Fields(text)
	may := len(words) > 0 && words[0] == mayTimeOut
	if may {
		words = words[1:]
	}
	if len(words) == 0 {
		return Command{}, fmt.Errorf("empty command: want a verb such as %q", "pause A")
	}
	return Command{Verb: words[0], Args: words[1:], MayTimeOut: may}, nil
}

// String returns the command's text.
func (c Command) String() string {
	text := strings.Join(append([]string{c.Verb}, c.Args...), " ")
	if c.MayTimeOut {
		return mayTimeOut + " " + text
	}
	return text
}

// Act is a command given by hand after an event of a run.
type Act struct {
	After   trace.EventID
	Command Command
}
