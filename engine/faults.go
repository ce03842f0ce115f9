package engine

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tabletop/engine/netsim"
	"tabletop/engine/proc"
	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// faults returns the verbs that any cluster knows: what happens to processes and to the network between them.
func (c *Cluster) faults() []sim.Verb {
	node := [2]int{1, 1}
	return []sim.Verb{
		{Name: "pause", Usage: "NODE", Help: "stop the process where it stands (SIGSTOP)", Args: node,
			Do: c.process("is not running", (*proc.Process).Pause)},
		{Name: "resume", Usage: "NODE", Help: "let a paused process go on (SIGCONT)", Args: node,
			Do: c.process("is not paused", (*proc.Process).Resume)},
		{Name: "crash", Usage: "NODE", Help: "end the process; its disk stays (SIGKILL)", Args: node,
			Do: c.process("has crashed already", (*proc.Process).Crash)},
		{Name: "restart", Usage: "NODE", Help: "start a crashed process on its disk", Args: node,
			Do: c.process("has not crashed", (*proc.Process).Restart)},
		{Name: "isolate", Usage: "NODE", Help: "cut a node off from all others", Args: node, Do: c.isolate},
		{Name: "partition", Usage: "NODE NODE", Help: "cut the link between two nodes", Args: [2]int{2, 2},
			Do: c.links("partition", 2, func(l *netsim.Link, _ string) error { l.Cut = true; return nil })},
		{Name: "heal", Help: "make every link healthy again", Do: c.heal},
		{Name: "delay", Usage: "NODE NODE DURATION", Help: "add to the latency between two nodes", Args: [2]int{3, 3},
			Do: c.links("delay", 3, setDelay)},
		{Name: "drop", Usage: "NODE NODE PERCENT", Help: "lose messages between two nodes", Args: [2]int{3, 3},
			Do: c.links("drop", 3, func(l *netsim.Link, p string) error { return setShare(&l.Lose, p) })},
		{Name: "duplicate", Usage: "NODE NODE PERCENT", Help: "send messages between two nodes twice", Args: [2]int{3, 3},
			Do: c.links("duplicate", 3, func(l *netsim.Link, p string) error { return setShare(&l.Duplicate, p) })},
		{Name: "clog", Usage: "NODE NODE", Help: "keep messages between two nodes waiting; none is lost", Args: [2]int{2, 2},
			Do: c.links("clog", 2, func(l *netsim.Link, _ string) error { l.Clogged = true; return nil })},
		{Name: "unclog", Usage: "NODE NODE", Help: "deliver what a clogged link has kept, in order", Args: [2]int{2, 2},
			Do: c.links("unclog", 2, func(l *netsim.Link, _ string) error { l.Clogged = false; return nil })},
	}
}

func (c *Cluster) process(otherwise string, do func(*proc.Process, trace.EventID) bool) func([]string, trace.EventID) error {
	return func(args []string, cause trace.EventID) error {
		id, err := c.Resolve(args[0])
		if err != nil {
			return err
		}
		if !do(c.system.Process(id), cause) {
			return fmt.Errorf("%s %s", c.record.Info(id).Name, otherwise)
		}
		return nil
	}
}

// Note records something that happened to no process: a fault of the network, a command that was refused.
func (c *Cluster) Note(kind trace.Kind, text string) {
	c.record.EmitText(trace.Event{At: c.Now(), Kind: kind, Cause: trace.NoEvent}, text)
}

func (c *Cluster) isolate(args []string, _ trace.EventID) error {
	id, err := c.Resolve(args[0])
	if err != nil {
		return err
	}
	c.Note(trace.Command, "isolate "+c.record.Info(id).ID)
	for i := range c.record.Nodes() {
		if other := trace.NodeID(i + 1); other != id {
			c.system.Network().Link(id, other).Cut = true
			c.system.Network().Link(other, id).Cut = true
		}
	}
	return nil
}

func (c *Cluster) heal(_ []string, _ trace.EventID) error {
	c.Note(trace.Command, "heal")
	c.system.Network().Heal()
	return nil
}

// links returns a verb on both directions between two nodes, with the last of its n arguments as its value if there are
// three.
func (c *Cluster) links(verb string, n int, set func(*netsim.Link, string) error) func([]string, trace.EventID) error {
	return func(args []string, _ trace.EventID) error {
		a, err := c.Resolve(args[0])
		if err != nil {
			return err
		}
		b, err := c.Resolve(args[1])
		if err != nil {
			return err
		}
		if a == b {
			return fmt.Errorf("%s has no link to itself: want two nodes", args[0])
		}
		value := args[n-1]
		trial := *c.system.Network().Link(a, b)
		if err := set(&trial, value); err != nil {
			return err
		}
		done := Command{Verb: verb, Args: append([]string{c.record.Info(a).ID, c.record.Info(b).ID}, args[2:]...)}
		c.Note(trace.Command, done.String())
		for _, l := range []*netsim.Link{c.system.Network().Link(a, b), c.system.Network().Link(b, a)} {
			if err := set(l, value); err != nil {
				return err
			}
		}
		c.system.Network().Release()
		return nil
	}
}

func setDelay(l *netsim.Link, value string) error {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		return fmt.Errorf("%q is not a duration: want one such as 20ms", value)
	}
	l.Delay = trace.Time(d.Microseconds())
	return nil
}

func setShare(ppm *int, value string) error {
	digits, ok := strings.CutSuffix(value, "%")
	percent, err := strconv.Atoi(digits)
	if !ok || err != nil || percent < 0 || percent > 100 {
		return fmt.Errorf("%q is not a share: want one such as 20%%", value)
	}
	*ppm = percent * 10_000
	return nil
}
