package replay

import (
	"math"
	"slices"

	"tabletop/engine/trace"
	"tabletop/replay/text"
)

const (
	// bannerAfter is how long a process may write before the line that says it starts: a few warnings about its flags.
	bannerAfter = 5_000_000
	// bootsFor is the same for a process that says that it boots: Cassandra reads its configuration first, up to 2.1 s
	// before its banner on two busy cores.
	bootsFor = 30_000_000
)

// living is the search for processes.
type living struct {
	*cast
	begun    map[place]bool // a start was seen in the log
	runs     []run          // by player
	numbers  []int          // of the processes that wrote the logs, 0 where their names do not tell
	known    map[process]bool
	inferred []fact
}

// process is one of a node's, by the number that its files bear in their names.
type process struct{ node, number int }

type place struct{ node, log int }

// run is what was seen of a node's process so far.
type run struct {
	seen, stopped bool
	number        int   // of the process
	last          int64 // its last line
	// boots is the line that may be the first one of the next process, behind the longest silence, and before the last one
	// ahead of it.
	boots, silence, before int64
	thread                 uint64 // that wrote it
}

// lives finds each node's processes, and the ends that no line tells of: a killed process writes nothing. It returns
// what is inferred, and gives the players their lives. Facts are in the order of time. Numbers are those of the processes
// that wrote the logs.
func lives(facts []fact, c *cast, numbers []int) (inferred []fact) {
	l := &living{cast: c, begun: map[place]bool{}, runs: make([]run, len(c.players)), numbers: numbers, known: map[process]bool{}}
	for i := range facts {
		if f := &facts[i]; f.says(text.Start) {
			l.known[process{f.node, numbers[f.ref.log]}] = true
		}
	}
	for i := range facts {
		f := &facts[i]
		if f.st == nil {
			continue
		}
		p, r := &c.players[f.node], &l.runs[f.node]
		if !r.seen && f.what != text.Start {
			p.lives = append(p.lives, life{from: p.first, to: p.last})
		}
		l.follow(f)
		switch {
		case f.what == text.Start:
			l.starts(f)
		case f.what == text.Boot:
			if s := p.silenceUntil(f.raw); s > r.silence || r.boots < f.raw-bootsFor || r.thread != f.st.Writer {
				r.boots, r.silence, r.before, r.thread = f.raw, s, r.last, f.st.Writer
			}
		case f.what == text.Stop && f.st.Group == "": // with a group only that replica ends
			r.stopped = true
		}
		r.seen, r.last = true, f.raw
	}
	return l.inferred
}

// follow notices a file of another process, of which no line says that it starts: its head is missing.
func (l *living) follow(f *fact) {
	r, number := &l.runs[f.node], l.numbers[f.ref.log]
	if number == 0 || number == r.number {
		return
	}
	other := r.number != 0
	r.number = number
	if is := (process{f.node, number}); !l.known[is] {
		l.known[is] = true
		if first := l.opened(is); other && first > r.last {
			l.restarts(f.node, first, r.last)
			l.inferred = append(l.inferred, fact{at: first, raw: first, node: f.node, peer: none, infer: trace.Start, first: true,
				ref: ref{-1, 0}, prov: trace.Inferred})
			r.stopped, r.boots, r.silence = false, 0, 0
		}
	}
}

// opened returns the first stamp in the files of a process.
func (l *living) opened(is process) int64 {
	first := int64(math.MaxInt64)
	for log, number := range l.numbers {
		if at, ok := l.players[is.node].opens[log]; ok && number == is.number {
			first = min(first, at)
		}
	}
	return first
}

// restarts ends a node's process and begins its next one.
func (l *living) restarts(node int, at, last int64) {
	p := &l.players[node]
	last = max(p.lastLineBefore(at), last)
	if n := len(p.lives); n > 0 {
		p.lives[n-1].to, p.lives[n-1].stopped = last, l.runs[node].stopped
	}
	l.inferred = append(l.inferred, fact{at: min(last+1, at), raw: last, node: node, peer: none, infer: trace.Crash,
		ref: ref{-1, 0}, prov: trace.Inferred})
	p.lives = append(p.lives, life{from: at, to: p.last, started: true})
}

// starts takes in the line that says that a process starts, and puts it where the process began to write.
func (l *living) starts(f *fact) {
	p, r, at := &l.players[f.node], &l.runs[f.node], place{f.node, int(f.ref.log)}
	last := r.last
	if f.raw-r.boots < bootsFor && r.thread == f.st.Writer {
		f.at, f.raw, last = f.at-(f.raw-r.boots), r.boots, r.before
	} else if first, ok := p.opens[at.log]; ok && !l.begun[at] && f.raw-first < bannerAfter {
		f.at, f.raw = f.at-(f.raw-first), first
	}
	l.begun[at] = true
	if banner := len(p.lives) == 1 && !p.lives[0].started && f.raw-p.first < bannerAfter; r.seen && banner {
		p.lives = append(p.lives[:0], life{from: f.raw, to: p.last, started: true})
	} else if r.seen {
		l.restarts(f.node, f.raw, last)
	} else {
		p.lives = append(p.lives, life{from: f.raw, to: p.last, started: true})
	}
	r.stopped, r.boots, r.silence = false, 0, 0
}

// inferred tells what no line states.
func (n *narrator) inferred(f *fact) {
	node := n.ids[f.node]
	switch f.infer {
	case trace.Crash:
		n.emit(f, trace.Event{Kind: trace.Crash, Cause: trace.NoEvent}, "")
		n.b.SetProcess(node, trace.Crashed)
		n.b.LoseMemory(node)
	case trace.Start:
		n.emit(f, trace.Event{Kind: trace.Start, Cause: trace.NoEvent}, "")
		n.b.SetProcess(node, trace.Running)
	case trace.Pause:
		n.emit(f, trace.Event{Kind: trace.Pause, Cause: trace.NoEvent}, f.words)
		n.b.SetProcess(node, trace.Paused)
	case trace.Resume:
		n.emit(f, trace.Event{Kind: trace.Resume, Cause: trace.NoEvent}, f.words)
		n.b.SetProcess(node, trace.Running)
	case trace.Invoke, trace.Return:
		n.operation(f)
	case trace.Note:
		if f.group != "" && !n.leads(node, f.group) {
			return // its own lines have said so before
		}
		n.emit(f, trace.Event{Kind: trace.Note, Cause: trace.NoEvent}, f.words)
		if f.ends {
			n.forget(node, f.group)
		}
	}
}

// leads reports whether a node believes to lead a group.
func (n *narrator) leads(node trace.NodeID, group string) bool {
	s := n.b.Node(node).In(n.b.Group(group))
	if s == nil {
		return false
	}
	is, ok := role(*s)
	return ok && is == trace.Leader
}

// forget takes back the roles of a node of which nothing more is known, in one group or, if none is named, in all.
func (n *narrator) forget(node trace.NodeID, group string) {
	for _, g := range slices.Clone(n.b.Node(node).Groups) {
		if group != "" && g.Group != n.b.Group(group) {
			continue
		}
		for _, f := range []trace.Field{trace.FieldRole, trace.FieldLeader} {
			n.b.ForgetField(node, g.Group, f)
		}
	}
}

// endings finds leaders whose log ends while they lead, and whose place another took later: killed, cut off or collected
// too early. Their belief is told as far as their lines go. Facts are in the order of time.
func (m *importing) endings() (inferred []fact) {
	all := reigns(m.facts)
	heirs := map[throne][]int{} // the reigns of a group, in the order in which they began
	for i, r := range all {
		t := throne{m.cast.players[r.node].cluster, r.group}
		heirs[t] = append(heirs[t], i)
	}
	told := map[int]bool{}
	for _, r := range all {
		p := &m.cast.players[r.node]
		if r.ended || told[r.node] {
			continue
		}
		last := r.from
		if p.spoken {
			last = max(last, m.corrected(r.node, p.last))
		}
		list := heirs[throne{p.cluster, r.group}]
		for k := len(list) - 1; k >= 0 && all[list[k]].from > last; k-- {
			if all[list[k]].node != r.node {
				told[r.node] = true
				inferred = append(inferred, fact{at: last + 1, raw: last + 1, node: r.node, peer: none, infer: trace.Note, ends: true,
					words: "its log ends here", prov: trace.Inferred, ref: ref{-1, 0}})
				break
			}
		}
	}
	return inferred
}
