package check

import "tabletop/engine/trace"

// Checkable returns how many operations of a trace have a model. Where none has, nothing can be said for or against them.
func Checkable(t *trace.Trace) int {
	n := 0
	for _, o := range trace.Operations(t) {
		if parse(o).family != unchecked {
			n++
		}
	}
	return n
}
