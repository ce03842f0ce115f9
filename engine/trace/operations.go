package trace

import "strings"

// MayTimeOut is the Digest of an Invoke whose time-out is a mere step of the story.
const MayTimeOut = 1

// Operation is what one client asked for and what it was told, as an observer of the client sees it.
type Operation struct {
	Client NodeID
	// Op is the operation as written, "create table-1" or "put k"; Verb and Target are its first word and the rest.
	Op, Verb, Target string
	// Value is what a put writes. It is told apart from the target by " = " in the Invoke's text: "put k = v".
	Value string
	// Server is the node that answered, 0 when none did.
	Server NodeID
	// Call and Return are when the operation was invoked and answered. Return means nothing while End is NoEvent.
	Call, Return Time
	// Invoke and End are the two events; End is NoEvent for an operation that is open at the end of the trace. Who
	// records operations without a trace numbers calls and returns here in the order in which they happened.
	Invoke, End EventID
	// Result is the answer as the client reported it: "OK", "NotFound", "TimedOut", "read 7".
	Result string
	// Attempts counts how often the client sent its request, 0 when the producer does not know.
	Attempts int
	// MayTimeOut says that running into the deadline is no failure of this operation.
	MayTimeOut bool
	// Logged says that Call and Return are stamps from a history and not the order of a simulation.
	Logged bool
}

// Open reports whether the operation was never answered.
func (o Operation) Open() bool { return o.End == NoEvent }

// ParseOperation returns an open operation from the text of its Invoke.
func ParseOperation(text string) Operation {
	op, value, _ := strings.Cut(text, " = ")
	verb, target, _ := strings.Cut(op, " ")
	return Operation{Op: op, Verb: verb, Target: target, Value: value, Return: -1, Invoke: NoEvent, End: NoEvent}
}

// Operations returns the operations of a trace in the order of their calls.
//
// An operation is an Invoke (Node: the client; Text: what; Index: the client's number for it; Digest: MayTimeOut or 0)
// and the Return that has it as its Cause, or that has its Node and Index (Peer: the server that answered; Text: the
// result; Digest: how many attempts it took).
func Operations(t *Trace) []Operation {
	type number struct {
		client NodeID
		index  uint64
	}
	var all []Operation
	byEvent, byNumber := map[EventID]int{}, map[number]int{}
	for i := range t.Events {
		e := &t.Events[i]
		switch e.Kind {
		case Invoke:
			o := ParseOperation(t.Text(e.Text))
			o.Client, o.Call, o.Invoke = e.Node, e.At, EventID(i)
			o.MayTimeOut, o.Logged = e.Digest == MayTimeOut, e.Prov != Simulated
			byEvent[o.Invoke], byNumber[number{e.Node, e.Index}] = len(all), len(all)
			all = append(all, o)
		case Return:
			at, ok := byEvent[e.Cause]
			if !ok {
				at, ok = byNumber[number{e.Node, e.Index}]
			}
			if !ok || !all[at].Open() {
				continue
			}
			o := &all[at]
			o.Server, o.Return, o.End = e.Peer, e.At, EventID(i)
			o.Result, o.Attempts = t.Text(e.Text), int(min(e.Digest, 1<<30))
		}
	}
	return all
}
