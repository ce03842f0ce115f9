package scenes

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"tabletop/engine/trace"
)

// question is asked at a stop; the run decides which of its options is right.
type question struct {
	at       int // line number in the file
	variants []string
	within   trace.Time // how long the run has to decide, 0: until the next stop
	text     string
	because  []prose
	options  []option
}

type option struct {
	conditions []condition // none: when no other option holds
	text       string
	because    []prose
}

// The number of options that a question may have.
const (
	fewestOptions = 2
	mostOptions   = 4
)

// asks reads the lines of a question: ask [within DURATION :] TEXT, option CONDITION [and CONDITION]… : TEXT, option
// otherwise : TEXT, and because TEXT below the one or the other.
func (p *parser) asks(l line, key, rest string) error {
	if p.last == nil {
		return fmt.Errorf("%s: there is no stop above it", key)
	}
	if key == "ask" {
		return p.ask(l, rest)
	}
	if len(p.last.questions) == 0 {
		return fmt.Errorf("%s: there is no question above it, below the same stop", key)
	}
	q := p.last.questions[len(p.last.questions)-1]
	if key == "because" {
		return q.explain(l.variants, rest)
	}
	if len(l.variants) > 0 {
		return fmt.Errorf("option: the variants are those of its question: want no brackets")
	}
	return p.option(q, rest)
}

func (p *parser) ask(l line, text string) error {
	if err := p.last.asked(); err != nil {
		return err
	}
	q := &question{at: l.at, variants: l.variants, text: text}
	if rest, ok := strings.CutPrefix(text, "within "); ok {
		within, words := claim(rest)
		var err error
		if q.within, err = duration(within); err != nil {
			return fmt.Errorf("ask: %w", err)
		}
		q.text = words
	}
	if q.text == "" {
		return fmt.Errorf("ask: want [within DURATION :] TEXT")
	}
	for _, other := range p.last.questions {
		if len(q.variants) == 0 || len(other.variants) == 0 ||
			slices.ContainsFunc(q.variants, func(v string) bool { return slices.Contains(other.variants, v) }) {
			return fmt.Errorf("ask: the stop has a question, in line %d: want one in each variant", other.at)
		}
	}
	p.last.questions = append(p.last.questions, q)
	return nil
}

func (p *parser) option(q *question, rest string) error {
	before, text := claim(rest)
	if text == "" {
		return fmt.Errorf("option: want CONDITION : TEXT or otherwise : TEXT")
	}
	o := option{text: text}
	if strings.TrimSpace(before) != "otherwise" {
		var err error
		if o.conditions, err = p.conditions(before); err != nil {
			return err
		}
	} else if q.otherwise() >= 0 {
		return fmt.Errorf("option: otherwise stands twice")
	}
	if len(q.options) == mostOptions {
		return fmt.Errorf("option: the question has %d already: want at most as many", mostOptions)
	}
	q.options = append(q.options, o)
	return nil
}

// explain keeps what is told when the answer is known, for the option above or, above them all, for any.
func (q *question) explain(variants []string, text string) error {
	if text == "" {
		return fmt.Errorf("because: want TEXT")
	}
	at := &q.because
	if n := len(q.options); n > 0 {
		at = &q.options[n-1].because
	}
	*at = append(*at, prose{variants, text})
	return nil
}

// asked reports what the last question below a stop lacks.
func (s *stop) asked() error {
	if len(s.questions) == 0 {
		return nil
	}
	q := s.questions[len(s.questions)-1]
	if len(q.options) < fewestOptions {
		return fmt.Errorf("ask: the question in line %d has too few options: want %d to %d", q.at, fewestOptions, mostOptions)
	}
	for _, o := range q.options {
		if len(q.because)+len(o.because) == 0 {
			return fmt.Errorf("ask: the option %q has no because: want one below it, or one for all below the question", o.text)
		}
	}
	return nil
}

func (q *question) otherwise() int {
	return slices.IndexFunc(q.options, func(o option) bool { return len(o.conditions) == 0 })
}

// Question is asked at a stop and decided by the run.
type Question struct {
	Text    string
	Options []string
	Answer  int // which option is right, -1 when this run decides nothing
	Because string
	Decided trace.EventID
	asked   trace.EventID
}

// Asks reports whether a question waits for its answer behind an event.
func (r *Run) Asks(at trace.EventID) bool {
	return slices.ContainsFunc(r.Stops, func(s Stop) bool {
		return s.Question != nil && s.Event <= at && at < s.Question.Decided
	})
}

// quiz holds the questions that a run has not decided yet.
type quiz struct{ open []*asked }

// asked is a question that waits for its answer.
type asked struct {
	*Question
	of      *question
	variant string
	limit   trace.Time // 0: the next stop decides
}

// witness tells what a run has done so far.
type witness interface {
	events() []trace.Event
	holds(c condition, since trace.EventID) bool // operations count when they were answered since then
	metByAll([]condition) trace.EventID
}

// ask opens the question that a stop has in a variant and returns it, nil if there is none.
func (z *quiz) ask(s *stop, variant string, at trace.EventID, now trace.Time) *Question {
	for _, q := range s.questions {
		if len(q.variants) > 0 && !slices.Contains(q.variants, variant) {
			continue
		}
		a := &asked{Question: &Question{Text: q.text, Answer: -1, Decided: trace.NoEvent, asked: at}, of: q, variant: variant}
		if q.within > 0 {
			a.limit = now + q.within
		}
		for _, o := range q.options {
			a.Options = append(a.Options, o.text)
		}
		z.open = append(z.open, a)
		return a.Question
	}
	return nil
}

// watch decides the questions that have a time of their own, behind each event.
func (z *quiz) watch(w witness) {
	z.open = slices.DeleteFunc(z.open, func(a *asked) bool {
		events := w.events()
		if a.limit == 0 || len(events) == 0 {
			return false
		}
		if late := sort.Search(len(events), func(i int) bool { return events[i].At > a.limit }); late < len(events) {
			a.decide(nil, trace.EventID(late-1))
			return true
		}
		holding := a.holding(w)
		if len(holding) > 0 {
			a.decide(holding, w.metByAll(a.of.options[holding[0]].conditions))
		}
		return len(holding) > 0
	})
}

// close decides the questions that wait for this stop, or at the end of the run for nothing any more.
func (z *quiz) close(w witness, at trace.EventID, end bool) {
	z.open = slices.DeleteFunc(z.open, func(a *asked) bool {
		if a.limit > 0 && !end {
			return false
		}
		a.decide(a.holding(w), at)
		return true
	})
}

// holding returns which of the options hold now.
func (a *asked) holding(w witness) (all []int) {
	for i, o := range a.of.options {
		if len(o.conditions) > 0 &&
			!slices.ContainsFunc(o.conditions, func(c condition) bool { return !w.holds(c, a.asked) }) {
			all = append(all, i)
		}
	}
	return all
}

// decide takes the one option that holds for the answer. Where none does it is the one for that, and where several do
// the run decides nothing.
func (a *asked) decide(holding []int, at trace.EventID) {
	a.Decided = max(at, a.asked)
	switch len(holding) {
	case 0:
		a.Answer = a.of.otherwise()
	case 1:
		a.Answer = holding[0]
	}
	because := a.of.because
	if a.Answer >= 0 {
		because = slices.Concat(because, a.of.options[a.Answer].because)
		a.Because = told(because, a.variant)
	}
}

// told joins the paragraphs that are meant for a variant.
func told(all []prose, variant string) string {
	var paragraphs []string
	for _, p := range all {
		if len(p.variants) == 0 || slices.Contains(p.variants, variant) {
			paragraphs = append(paragraphs, p.text)
		}
	}
	return strings.Join(paragraphs, "\n\n")
}
