package replay

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"tabletop/engine/trace"
	"tabletop/replay/text"
)

// restartsThatWereNone finds "Node X has restarted" printed by a node that had not heard of X in its own life: Cassandra
// compares with what it has on its disk, so a node that restarted itself says so of all its peers. It is true all the same
// where X's own log shows that it started since.
func (j *judging) restartsThatWereNone(n int) {
	lives := j.cast.players[n].lives
	heard := map[int][]int64{} // by peer: when it was heard of, by the node's own clock, in order
	var ran []text.Gap
	for _, l := range lives {
		ran = append(ran, text.Gap{From: l.from, To: l.to})
	}
	processes := newSpans(ran)
	for _, i := range j.byNode[n] {
		f := &j.facts[i]
		if f.peer == none {
			continue
		}
		if f.what == text.PeerUp || f.what == text.PeerDown || f.what == text.Phase {
			all := heard[f.peer]
			at, _ := slices.BinarySearch(all, f.raw+1)
			heard[f.peer] = slices.Insert(all, at, f.raw)
		}
		if !f.says(text.PeerRestart) {
			continue
		}
		at, ok := processes.open(f.raw, f.raw-1)
		if !ok || !lives[at].started {
			continue // the beginning of its life is not in the log
		}
		since := j.facts[0].at
		if at > 0 {
			since = j.corrected(n, lives[at-1].to)
		}
		if some(heard[f.peer], lives[at].from-1, f.raw-1) || j.startedSince(f.peer, since, f.at) {
			continue
		}
		j.add(verdict{kind: falseRestart, from: f.at, to: f.at, nodes: []int{n, f.peer}, refs: []ref{f.ref},
			text: j.name(n) + " says that " + j.name(f.peer) + " has restarted, but it was " + j.name(n) +
				" that had started " + span(j.corrected(n, lives[at].from), f.at) + " before, and this is the first that it heard of " +
				j.name(f.peer)})
	}
}

// pausesThatWereNone finds stated pauses without the silence that a pause is: Cassandra's failure detector counts from
// the start of its process, and takes the time until it is first asked for a pause. It overstates a true one by up to a
// round of gossip. Where the log does not reach back far enough, nothing can be said.
func (j *judging) pausesThatWereNone(n int) {
	for _, i := range j.byNode[n] {
		f := &j.facts[i]
		if !f.says(text.Paused) || f.st.Text != localPause || f.st.Length < gossips {
			continue
		}
		told := j.corrected(n, f.raw)
		began := told - f.st.Length
		l, ok := j.lifeAt(n, f.raw)
		start := j.corrected(n, l.from)
		if !ok || !l.started && start > began || j.hushed(n, began, told) {
			continue
		}
		longest := j.longest(n, max(began, start), told)
		if longest >= f.st.Length-gossips {
			continue
		}
		if p, ok := j.pausedBy(n, f.ref); ok {
			j.add(verdict{kind: doubtfulPause, from: p.from, to: f.at, nodes: []int{n}, refs: []ref{f.ref},
				text: j.name(n) + " says that it was paused for " + span(0, f.st.Length) + ". It wrote in that time, so it counts from before, but then its log is silent for " +
					span(0, longest) + ": either it stood still, or it was alone and had nothing to write and nobody to watch"})
			continue
		}
		why := "its log is never silent for longer than " + span(0, longest) + " in that time"
		if start > began {
			why = "it counts from the start of its process, which wrote its first line " + span(start, told) + " before"
		} else if l.started && start > began-2*f.st.Length {
			why += "; it counts from its start, " + span(start, told) + " before"
		}
		j.add(verdict{kind: falsePause, from: max(j.facts[0].at, began), to: f.at, nodes: []int{n},
			refs: []ref{f.ref}, text: j.name(n) + " says that it was paused for " + span(0, f.st.Length) +
				", which never was: " + why})
	}
}

// pausedBy returns the pause of a node that a line is evidence for.
func (j *judging) pausedBy(n int, line ref) (pause, bool) {
	all := j.pasts[n].pauses
	i := slices.IndexFunc(all, func(p pause) bool { return slices.Contains(p.refs, line) })
	if i < 0 {
		return pause{}, false
	}
	return all[i], true
}

// joining is a node on its way into the ring, out of it or to another place in it.
type joining struct {
	what   string
	phases []string // maxPhases at most
	shown  map[string]bool
	at     []int64 // when each began, and the first one that there was no room for
	refs   []ref
	life   int64
}

// maxPhases is how many phases are told: a node that joins has a dozen.
const maxPhases = 40

// joins finds how nodes join, leave and move: one finding each, with the phases and how long each took. A node that only
// takes up its old place when it starts does not join.
func (j *judging) joins(n int) {
	var open *joining
	finish := func(at int64, whole bool) {
		if o := open; o != nil && (o.what != "join" || slices.ContainsFunc(o.phases, joins)) {
			j.joined(n, o, at, whole)
		}
		open = nil
	}
	for _, i := range j.byNode[n] {
		f := &j.facts[i]
		l, _ := j.lifeAt(n, f.raw)
		if open != nil && open.life != l.from {
			finish(j.lifeEnd(n, open.life), false)
		}
		if f.what != text.Phase || f.st.Peer != "" && f.peer != n {
			continue
		}
		what, phase, ends := stage(f)
		if open != nil && what != "" && what != open.what {
			finish(f.at, false)
		}
		switch {
		case open == nil && what != "":
			open = &joining{what: what, life: l.from, shown: map[string]bool{}}
		case open == nil || f.st.Peer != "" && !ends:
			continue
		case ends:
			open.refs = append(open.refs, f.ref)
			finish(f.at, phase != "DRAINING")
			continue
		}
		open.enters(trimmed(phase), f)
	}
	finish(j.last, false)
}

// stage returns which way a node is by a phase, what it does there, and whether that is the end of the way. That a node is
// NORMAL again stands in its debug.log alone; its system.log has what its gossip says of itself, and that it is complete.
func stage(f *fact) (what, phase string, ends bool) {
	verb, rest, _ := strings.Cut(f.st.Text, ": ")
	switch verb {
	case "JOINING":
		return "join", rest, false
	case "LEAVING":
		return "leave", rest, false
	case "MOVING":
		return "move", rest, false
	case "NORMAL", "DECOMMISSIONED", "DRAINING", "state jump to NORMAL", "startup complete":
		return "", verb, true
	}
	return "", f.st.Text, false
}

func (o *joining) enters(phase string, f *fact) {
	if o.shown[phase] || len(o.at) > maxPhases {
		return
	}
	o.shown[phase] = true
	if o.at = append(o.at, f.at); len(o.phases) < maxPhases {
		o.phases, o.refs = append(o.phases, phase), append(o.refs, f.ref)
	}
}

// joins reports whether a phase is one that only a node has that joins: every start finishes joining.
func joins(phase string) bool { return !strings.HasPrefix(phase, "Finish joining ring") }

func (j *judging) joined(n int, o *joining, to int64, whole bool) {
	was, began := " joined the ring", " began to join the ring"
	switch o.what {
	case "leave":
		was, began = " left the ring", " began to leave the ring"
	case "move":
		was, began = " moved in the ring", " began to move in the ring"
	}
	words := was + " in " + span(o.at[0], to)
	if !whole {
		words = began + " and had not done so " + span(o.at[0], to) + " later"
	}
	for i, phase := range o.phases {
		end := to
		if i+1 < len(o.at) {
			end = o.at[i+1]
		}
		words += ". " + capital(strings.TrimRight(phase, "."))
		if end-o.at[i] >= 1000 { // the unit of the stamps
			words += ": " + span(o.at[i], end)
		}
	}
	if len(o.at) > maxPhases {
		words += ". And so on"
	}
	if o.what == "join" {
		words += j.seenUp(n, o, to)
	}
	j.add(verdict{kind: joinPhase, from: o.at[0], to: to, nodes: []int{n}, refs: o.refs, text: j.name(n) + words, routine: whole})
}

// capital begins a sentence.
func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// seenUp says who saw a node come up that joins, and how late.
func (j *judging) seenUp(n int, o *joining, to int64) string {
	var who []int
	var first, last int64
	met := map[int]bool{}
	for _, i := range j.from(j.pasts[n].ups, o.at[0]) {
		f := &j.facts[i]
		if f.at > to {
			break
		}
		if met[f.node] {
			continue
		}
		met[f.node] = true
		if last = f.at; len(who) == 0 {
			first = f.at
		}
		who, o.refs = append(who, f.node), append(o.refs, f.ref)
	}
	if len(who) == 0 {
		return ""
	}
	words := ". " + j.names(who) + " saw it up " + span(o.at[0], first)
	if last > first {
		words += " to " + span(o.at[0], last)
	}
	return words + " after it began"
}

// electorates finds coordinators that learn from a promise that the electorate has changed. Cassandra 4.1 to 5.0 attach
// the gossip of the electorate to nearly every promise, so that alone means nothing. It does if one of these nodes was not
// asked to prepare that ballot, and the coordinator's next word about it is that it is now part of the cluster: it then
// prepares again, with a new ballot and without waiting.
func (j *judging) electorates(n int) {
	l := j.learn(n)
	if len(l.fresh) == 0 || len(l.promises) == 0 {
		return
	}
	type asking struct{ ballot, peer string }
	asked := map[asking]bool{} // who was asked to prepare which ballot
	any := map[string]bool{}   // ballots that somebody was asked to prepare
	told := map[*fact]bool{}   // it is by when it takes a node into its ring that what made it do so is one mismatch
	for k, i := range j.byNode[n] {
		f := &j.facts[i]
		if b, ok := prepared(f); ok {
			asked[asking{b, f.st.Peer}], any[b] = true, true
		}
		if f.what != text.Electorate || !any[f.st.Text] {
			continue
		}
		for _, id := range f.st.Yes {
			if !l.fresh[id] || asked[asking{f.st.Text, id}] {
				continue
			}
			if learnt, ok := j.joinsTheCluster(n, l.of[id], k); ok && !told[learnt] {
				told[learnt] = true
				j.mismatch(n, f, id, learnt, l)
			}
		}
	}
}

// learning is what a coordinator writes of its peers and its ballots: places among its facts, in order.
type learning struct {
	fresh    map[string]bool  // who ever became part of the cluster in its eyes
	of       map[string][]int // the lines about each of those
	promises map[string][]int // by ballot: those that told of an electorate
	prepares []int            // the first of each run of the same ballot
}

func (j *judging) learn(n int) *learning {
	l := &learning{fresh: map[string]bool{}, of: map[string][]int{}, promises: map[string][]int{}}
	for _, i := range j.byNode[n] {
		if f := &j.facts[i]; becomesPart(f) {
			l.fresh[f.st.Peer] = true
		}
	}
	last, ran := "", false
	for k, i := range j.byNode[n] {
		f := &j.facts[i]
		if l.fresh[f.st.Peer] {
			l.of[f.st.Peer] = append(l.of[f.st.Peer], k)
		}
		if f.what == text.Electorate {
			l.promises[f.st.Text] = append(l.promises[f.st.Text], i)
		}
		if b, ok := prepared(f); ok && (!ran || b != last) {
			l.prepares, last, ran = append(l.prepares, i), b, true
		}
	}
	return l
}

// prepared returns the ballot that somebody is asked to prepare.
func prepared(f *fact) (ballot string, ok bool) {
	b, ok := strings.CutPrefix(f.st.Text, "prepare ")
	b, _, _ = strings.Cut(b, ",")
	return b, ok && f.what == text.Ballot
}

// joinsTheCluster returns the next of a node's lines about a peer if that is that it is now part of the cluster.
func (j *judging) joinsTheCluster(n int, about []int, after int) (*fact, bool) {
	i, _ := slices.BinarySearch(about, after+1)
	if i == len(about) {
		return nil, false
	}
	f := &j.facts[j.byNode[n][about[i]]]
	return f, becomesPart(f)
}

func becomesPart(f *fact) bool {
	return f.what == text.Phase && f.st.Text == "is now part of the cluster"
}

func (j *judging) mismatch(n int, f *fact, id string, learnt *fact, l *learning) {
	v := verdict{kind: electorate, from: f.at, to: learnt.at, nodes: []int{n}, refs: []ref{f.ref, learnt.ref}}
	for _, i := range l.promises[f.st.Text] { // the others of that ballot
		if o := &j.facts[i]; o.at > learnt.at || len(v.refs) > 2*maxRefs {
			break
		}
		v.refs = append(v.refs, j.facts[i].ref)
	}
	teller := "another node"
	if f.peer != none {
		teller = j.name(f.peer)
		v.nodes = append(v.nodes, f.peer)
	}
	who := id
	if p, ok := j.cast.index[id]; ok {
		who = j.name(p)
		v.nodes = append(v.nodes, p)
	}
	v.text = j.name(n) + " asked for promises without " + who + ", and " + teller + "'s promise told it that " + who +
		" has a vote too; it took " + who + " into its ring"
	if again := j.preparesAgain(l, f); again != nil {
		v.refs = append(v.refs, again.ref)
		v.text += " and asked again with a new ballot"
	}
	j.add(v)
}

// preparesAgain returns the line with which a coordinator asks for promises of another ballot than that of a promise.
func (j *judging) preparesAgain(l *learning, promise *fact) *fact {
	for _, i := range j.from(l.prepares, promise.at) {
		if b, _ := prepared(&j.facts[i]); !strings.HasPrefix(b, promise.st.Text) {
			return &j.facts[i]
		}
	}
	return nil
}

// identities finds nodes that came back at the same address with another identity: they lost their disks.
func (j *judging) identities(n int) {
	p := &j.cast.players[n]
	if len(p.former) == 0 {
		return
	}
	last, seen := (*fact)(nil), map[string]bool{}
	was := ""
	for _, i := range j.byNode[n] {
		f := &j.facts[i]
		if f.prov == trace.Inferred {
			continue
		}
		id := j.owners(int(f.ref.log), f.st)
		if id == "" {
			continue
		}
		if was != "" && id != was && !seen[id] {
			j.add(verdict{kind: identityChanged, from: last.at, to: f.at, nodes: []int{n}, refs: []ref{last.ref, f.ref},
				text: j.name(n) + " at " + p.address + " came back as another node after " + span(last.at, f.at) +
					": it was " + was + " and is " + id + " now"})
		}
		seen[id] = true
		last, was = f, id
	}
}
