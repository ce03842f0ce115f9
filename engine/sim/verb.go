package sim

import "tabletop/engine/trace"

// Verb is something that can be done to a simulation from outside. Whoever can do it registers it; nobody else knows
// the list.
type Verb struct {
	Name  string
	Usage string // the arguments, as in "NODE"
	Help  string
	Args  [2]int // least and most arguments; a most of -1 is no limit
	Do    func(args []string, cause trace.EventID) error
}

// Resolver finds a node by its id or by its role at that moment ("leader", "old-leader").
type Resolver func(name string) (trace.NodeID, error)
