package replay

import (
	"slices"
	"strings"

	"tabletop/engine/trace"
	"tabletop/replay/text"
)

// view is a time in which one node held another to be down.
type view struct {
	observed int
	from     int64
	refs     []ref
	orderly  bool // the other one had said that it stops
	life     int64
}

// views finds the times in which a node held others to be down: from the line that says so to the one that says that the
// other is up again. Repetitions are one: after a pause, Cassandra may print `is now UP` twenty times within 20 ms.
func (j *judging) views(n int) {
	var open []view
	for _, i := range j.byNode[n] {
		f := &j.facts[i]
		l, _ := j.cast.players[n].lifeAt(f.raw)
		open = slices.DeleteFunc(open, func(v view) bool {
			if v.life != l.from { // another process, which remembers nothing
				j.viewed(n, v, max(v.from, min(f.at, j.lifeEnd(n, v.life))), " until its own process ended")
			}
			return v.life != l.from
		})
		if f.peer == none || f.peer == n {
			continue
		}
		at := slices.IndexFunc(open, func(v view) bool { return v.observed == f.peer })
		down, up := marks(f)
		switch {
		case down && at < 0:
			open = append(open, view{observed: f.peer, from: f.at, refs: []ref{f.ref}, life: l.from,
				orderly: f.st.Text == "shutdown"})
		case down:
			open[at].orderly = open[at].orderly || f.st.Text == "shutdown"
		case up && at >= 0:
			v := open[at]
			v.refs = append(v.refs, f.ref)
			open = slices.Delete(open, at, at+1)
			if f.at-v.from >= tooLate || f.st.Text != etcdActive {
				j.viewed(n, v, f.at, "")
			}
		}
	}
	for _, v := range open {
		if end := j.corrected(n, j.cast.players[n].last); len(v.refs) > 0 && (!j.etcd(v.refs[0]) || end-v.from >= tooLate) {
			j.viewed(n, v, j.last, " to the end of the log")
		}
	}
}

// etcdActive is what an etcd member writes of a peer that it reaches again.
const etcdActive = "peer became active"

// marks reports whether a statement says that a peer is down or up. Cassandra's gossip says both; that it convicts a
// peer says nothing, for it convicts one that is down as well. An etcd member that loses its last stream to a peer states
// the stream's failure.
func marks(f *fact) (down, up bool) {
	switch f.what {
	case text.PeerDown:
		return f.st.Text != "convicting", false
	case text.PeerUp:
		return false, true
	case text.Unreachable:
		return strings.HasPrefix(f.st.Text, "failed to ") && strings.Contains(f.st.Text, " on stream "), false
	}
	return false, false
}

func (j *judging) etcd(r ref) bool {
	d := j.logs[r.log].dialect
	return d != nil && strings.HasPrefix(d.ID(), "etcd")
}

func (j *judging) lifeEnd(n int, from int64) int64 {
	for _, l := range j.cast.players[n].lives {
		if l.from == from {
			return j.corrected(n, l.to)
		}
	}
	return j.last
}

func (j *judging) viewed(n int, v view, to int64, until string) {
	words := j.name(n) + " held " + j.name(v.observed) + " to be down"
	if until == "" {
		until = " for " + span(v.from, to)
	}
	words += until
	if v.orderly {
		words += ", which had announced that it stops"
	}
	j.add(verdict{kind: peerView, from: v.from, to: to, nodes: []int{n, v.observed}, refs: v.refs, text: words})
}

// restartsThatWereNone finds "Node X has restarted" printed by a node that had not heard of X in its own life: Cassandra
// compares with what it has on its disk, so a node that restarted itself says so of all its peers. It is true all the same
// where X's own log shows that it started since.
func (j *judging) restartsThatWereNone(n int) {
	p := &j.cast.players[n]
	for k, i := range j.byNode[n] {
		f := &j.facts[i]
		if !f.says(text.PeerRestart) || f.peer == none {
			continue
		}
		at := slices.IndexFunc(p.lives, func(l life) bool { return l.from <= f.raw && f.raw <= l.to })
		if at < 0 || !p.lives[at].started {
			continue // the beginning of its life is not in the log
		}
		heard := slices.ContainsFunc(j.byNode[n][:k], func(e int) bool {
			o := &j.facts[e]
			return o.peer == f.peer && o.raw >= p.lives[at].from && o.raw < f.raw &&
				(o.what == text.PeerUp || o.what == text.PeerDown || o.what == text.Phase)
		})
		since := j.facts[0].at
		if at > 0 {
			since = j.corrected(n, p.lives[at-1].to)
		}
		if heard || j.startedSince(f.peer, since, f.at) {
			continue
		}
		j.add(verdict{kind: falseRestart, from: f.at, to: f.at, nodes: []int{n, f.peer}, refs: []ref{f.ref},
			text: j.name(n) + " says that " + j.name(f.peer) + " has restarted, but it was " + j.name(n) +
				" that had started " + span(j.corrected(n, p.lives[at].from), f.at) + " before, and this is the first that it heard of " +
				j.name(f.peer)})
	}
}

// startedSince reports whether a node's own log shows that it came back in a time.
func (j *judging) startedSince(n int, from, to int64) bool {
	for i, l := range j.cast.players[n].lives {
		if at := j.corrected(n, l.from); i > 0 && l.started && at > from && at <= to {
			return true
		}
	}
	return false
}

// pausesThatWereNone finds stated pauses without the silence that a pause is: Cassandra's failure detector counts from
// the start of its process, and takes the time until it is first asked for a pause. It overstates a true one by up to a
// round of gossip. Where the log does not reach back far enough, nothing can be said.
func (j *judging) pausesThatWereNone(n int) {
	p := &j.cast.players[n]
	for _, i := range j.byNode[n] {
		f := &j.facts[i]
		if !f.says(text.Paused) || f.st.Text != "local pause" || f.st.Length < gossips {
			continue
		}
		began := f.raw - f.st.Length
		l, ok := p.lifeAt(f.raw)
		if !ok || !l.started && l.from > began {
			continue
		}
		longest := int64(0)
		for _, g := range p.silences {
			longest = max(longest, min(g.To, f.raw)-max(g.From, began, l.from))
		}
		if longest >= f.st.Length-gossips {
			continue
		}
		why := "its log is never silent for longer than " + span(0, longest) + " in that time"
		if l.from > began {
			why = "it counts from the start of its process, which wrote its first line " + span(l.from, f.raw) + " before"
		} else if l.started && l.from > began-2*f.st.Length {
			why += "; it counts from its start, " + span(l.from, f.raw) + " before"
		}
		j.add(verdict{kind: falsePause, from: max(j.facts[0].at, j.corrected(n, began)), to: f.at, nodes: []int{n},
			refs: []ref{f.ref}, text: j.name(n) + " says that it was paused for " + span(0, f.st.Length) +
				", which never was: " + why})
	}
}

// joining is a node on its way into the ring, out of it or to another place in it.
type joining struct {
	what   string
	phases []string
	at     []int64
	refs   []ref
	life   int64
}

// joins finds how nodes join, leave and move: one finding each, with the phases and how long each took. A node that only
// takes up its old place when it starts does not join.
func (j *judging) joins(n int) {
	var open *joining
	finish := func(at int64, whole bool) {
		if o := open; o != nil && (len(o.phases) > 1 || o.what != "join" || o.phases[0] != takesPlace) {
			j.joined(n, o, at, whole)
		}
		open = nil
	}
	for _, i := range j.byNode[n] {
		f := &j.facts[i]
		l, _ := j.cast.players[n].lifeAt(f.raw)
		if open != nil && open.life != l.from {
			finish(j.lifeEnd(n, open.life), false)
		}
		if f.what != text.Phase || f.st.Peer != "" {
			continue
		}
		verb, phase, _ := strings.Cut(f.st.Text, ": ")
		what := ""
		switch verb {
		case "JOINING":
			what = "join"
		case "LEAVING":
			what = "leave"
		case "MOVING":
			what = "move"
		}
		switch {
		case what != "" && open == nil:
			open = &joining{what: what, life: l.from}
		case open == nil:
			continue
		case verb == "NORMAL" || verb == "DECOMMISSIONED" || verb == "DRAINING":
			open.refs = append(open.refs, f.ref)
			finish(f.at, verb != "DRAINING")
			continue
		case what == "":
			phase = f.st.Text
		}
		if phase = trimmed(phase); !slices.Contains(open.phases, phase) {
			open.phases, open.at, open.refs = append(open.phases, phase), append(open.at, f.at), append(open.refs, f.ref)
		}
	}
	finish(j.last, false)
}

// takesPlace is the phase that every start of a node in Cassandra has.
const takesPlace = "Finish joining ring"

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
		sep := "; "
		if i == 0 {
			sep = ": "
		}
		words += sep + strings.TrimRight(phase, ".")
		if end-o.at[i] >= 1000 { // the unit of the stamps
			words += " (" + span(o.at[i], end) + ")"
		}
	}
	j.add(verdict{kind: joinPhase, from: o.at[0], to: to, nodes: []int{n}, refs: o.refs, text: j.name(n) + words})
}

// electorates finds coordinators that learn from a promise that the electorate has changed. Cassandra 4.1 to 5.0 attach
// the gossip of the electorate to nearly every promise, so that alone means nothing. It does if one of these nodes was not
// asked to prepare that ballot, and the coordinator's next word about it is that it is now part of the cluster: it then
// prepares again, with a new ballot and without waiting.
func (j *judging) electorates(n int) {
	asked := map[string][]string{} // by ballot: who was asked to prepare it
	known := []string{}
	fresh := map[string]bool{} // who ever became part of the cluster in its eyes
	for _, i := range j.byNode[n] {
		if f := &j.facts[i]; becomesPart(f) {
			fresh[f.st.Peer] = true
		}
	}
	for k, i := range j.byNode[n] {
		f := &j.facts[i]
		if b, ok := strings.CutPrefix(f.st.Text, "prepare "); ok && f.what == text.Ballot {
			b, _, _ = strings.Cut(b, ",")
			asked[b] = append(asked[b], f.st.Peer)
		}
		if f.what != text.Electorate || len(asked[f.st.Text]) == 0 {
			continue
		}
		for _, id := range f.st.Yes {
			if !fresh[id] || slices.Contains(asked[f.st.Text], id) || slices.Contains(known, id) {
				continue
			}
			if learnt, ok := j.joinsTheCluster(n, k, id); ok {
				known = append(known, id)
				j.mismatch(n, f, id, learnt)
			}
		}
	}
}

// joinsTheCluster returns the next line of a node about a peer if that is that it is now part of the cluster.
func (j *judging) joinsTheCluster(n, after int, id string) (*fact, bool) {
	for _, i := range j.byNode[n][after+1:] {
		if f := &j.facts[i]; f.st.Peer == id {
			return f, becomesPart(f)
		}
	}
	return nil, false
}

func becomesPart(f *fact) bool {
	return f.what == text.Phase && f.st.Text == "is now part of the cluster"
}

func (j *judging) mismatch(n int, f *fact, id string, learnt *fact) {
	v := verdict{kind: electorate, from: f.at, to: learnt.at, nodes: []int{n}, refs: []ref{f.ref, learnt.ref}}
	for _, i := range j.byNode[n] { // the other promises of that ballot
		if o := &j.facts[i]; o.what == text.Electorate && o.st.Text == f.st.Text && o.at <= learnt.at {
			v.refs = append(v.refs, o.ref)
		}
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
	if again := j.preparesAgain(n, f); again != nil {
		v.refs = append(v.refs, again.ref)
		v.text += " and asked again with a new ballot"
	}
	j.add(v)
}

// preparesAgain returns the line with which a coordinator asks for promises of another ballot than that of a promise.
func (j *judging) preparesAgain(n int, promise *fact) *fact {
	for _, i := range j.byNode[n] {
		f := &j.facts[i]
		b, ok := strings.CutPrefix(f.st.Text, "prepare ")
		if ok && f.what == text.Ballot && f.at >= promise.at && !strings.HasPrefix(b, promise.st.Text) {
			return f
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
	last, seen := (*fact)(nil), []string{}
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
		if was != "" && id != was && !slices.Contains(seen, id) {
			j.add(verdict{kind: identityChanged, from: last.at, to: f.at, nodes: []int{n}, refs: []ref{last.ref, f.ref},
				text: j.name(n) + " at " + p.address + " came back as another node after " + span(last.at, f.at) +
					": it was " + was + " and is " + id + " now"})
		}
		if !slices.Contains(seen, id) {
			seen = append(seen, id)
		}
		last, was = f, id
	}
}
