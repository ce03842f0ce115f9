package main

import (
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"
)

// say prints for people, as fmt.Fprintf does, with the arguments made visible: names of files and nodes, messages and what
// clients were told are others' texts, and what a terminal would act on, or would break a table, is among them.
func say(w io.Writer, format string, args ...any) {
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = visible(text)
		}
	}
	_, _ = fmt.Fprintf(w, format, args...) // Main tells of a standard output that is full
}

// visible writes what is not printed, control characters, bytes that are no UTF-8 and marks that turn the direction of
// writing, as Go quotes it.
func visible(text string) string {
	var out strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if part := text[:size]; strconv.IsPrint(r) && (r != utf8.RuneError || size > 1) {
			out.WriteString(part)
		} else {
			quoted := strconv.Quote(part)
			out.WriteString(quoted[1 : len(quoted)-1])
		}
		text = text[size:]
	}
	return out.String()
}

// quota lets the first of each kind through and counts the rest.
type quota struct {
	most  int
	kinds []string // in the order in which they came
	count map[string]int
}

// mostAlike is how many lines of one kind are printed: more say no more, and hide the others.
const mostAlike = 20

func newQuota() *quota { return &quota{most: mostAlike, count: map[string]int{}} }

func (q *quota) allows(kind string) bool {
	if q.count[kind]++; q.count[kind] == 1 {
		q.kinds = append(q.kinds, kind)
	}
	return q.count[kind] <= q.most
}

// beyond yields the kinds that were held back, and how many of each.
func (q *quota) beyond() iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		for _, kind := range q.kinds {
			if n := q.count[kind] - q.most; n > 0 && !yield(kind, n) {
				return
			}
		}
	}
}
