package replay

import (
	"cmp"
	"slices"
	"strings"

	"tabletop/engine/check"
	"tabletop/engine/trace"
	"tabletop/replay/text"
)

// council is a raft group of a cluster: its candidacies and who won.
type council struct {
	cluster  int
	group    string
	contests []*contest        // by their start
	wins     []win             // by time
	terms    map[uint64]bool   // of wins
	heights  peaks             // the same of wins
	real     map[candidacy]int // the last start of each real election, by node and term
	facts    []int             // those with a statement about it
	follows  []int             // those of them in which a node finds a leader
	naming   map[int][]int     // by player: facts with a configuration that names it
	crews    map[int][]int     // by fact: the voters of that configuration, once they have been asked for
	led      []*led            // in the order in which they first led
}

// led is when a node led a group.
type led struct {
	node   int
	reigns []text.Gap
	places []int // of the reigns among those of all
	spans
}

// win is the first that anybody shows of a term's leader.
type win struct {
	term uint64
	node int
	at   int64
	by   ref
}

// councils returns the raft groups that elect, in the order in which they show.
func (j *judging) councils() (all []*council) {
	type place struct {
		cluster int
		group   string
	}
	at := map[place]*council{}
	in := func(node int, group string) *council {
		p := place{j.cast.players[node].cluster, group}
		if at[p] == nil {
			at[p] = &council{cluster: p.cluster, group: p.group, real: map[candidacy]int{}, terms: map[uint64]bool{},
				naming: map[int][]int{}, crews: map[int][]int{}}
			all = append(all, at[p])
		}
		return at[p]
	}
	for i := range j.facts {
		f := &j.facts[i]
		if f.st == nil || !ofRaft(f.what) {
			continue
		}
		c := in(f.node, f.st.Group)
		c.facts = append(c.facts, i)
		if f.what == text.Members {
			j.named(c, i)
		}
		if f.what == text.LeaderIs && f.peer != none && f.peer != f.node {
			c.follows = append(c.follows, i)
		}
		if w, ok := wins(f); ok && !c.terms[w.term] {
			c.terms[w.term] = true
			c.wins = append(c.wins, w)
		}
	}
	for i := range j.contests {
		k := &j.contests[i]
		c := in(k.node, k.group)
		c.contests = append(c.contests, k)
		if !k.pre {
			c.real[candidacy{node: k.node, term: k.term}] = k.start
		}
	}
	for i, r := range reigns(j.facts) {
		if last, ok := j.heard[claim{r.node, r.group, r.term}]; ok {
			r.to = min(r.to, last)
		}
		in(r.node, r.group).reigned(i, r)
	}
	for _, c := range all {
		c.heights = newPeaks(len(c.wins), func(i int) (uint64, int) { return c.wins[i].term, c.wins[i].node })
		for _, l := range c.led {
			l.spans = newSpans(l.reigns)
		}
	}
	return all
}

// named takes in a configuration.
func (j *judging) named(c *council, i int) {
	for _, id := range atMost(j.facts[i].st.Yes) {
		n, ok := j.cast.index[id]
		if all := c.naming[n]; ok && (len(all) == 0 || all[len(all)-1] != i) {
			c.naming[n] = append(all, i)
		}
	}
}

// reigned takes in a reign, those of maxVoters nodes at most.
func (c *council) reigned(place int, r reign) {
	i := slices.IndexFunc(c.led, func(l *led) bool { return l.node == r.node })
	if i < 0 && len(c.led) == maxVoters {
		return
	}
	if i < 0 {
		i = len(c.led)
		c.led = append(c.led, &led{node: r.node})
	}
	l := c.led[i]
	l.reigns, l.places = append(l.reigns, text.Gap{From: r.from, To: r.to}), append(l.places, place)
}

// ofRaft reports whether a statement is about a raft group: only these have one, and etcd's is not named.
func ofRaft(k text.Kind) bool {
	switch k {
	case text.Members, text.RoleIs, text.TermIs, text.Stands, text.AsksVotes, text.WasAsked, text.Votes, text.HearsVote,
		text.Decided, text.LeaderIs, text.StepsDown, text.RefusesOld, text.HearsTerm:
		return true
	}
	return false
}

func wins(f *fact) (win, bool) {
	w := win{term: f.st.Term, node: f.node, at: f.at, by: f.ref}
	switch {
	case w.term == 0:
		return w, false
	case f.what == text.RoleIs:
		return w, f.st.Role == trace.Leader
	case f.what == text.Decided:
		return w, f.st.Won && !f.st.Pre
	case f.what == text.LeaderIs && f.peer != none:
		w.node = f.peer
		return w, true
	}
	return w, false
}

// behind returns the place of the first win behind a moment.
func (c *council) behind(at int64) int {
	i, _ := slices.BinarySearchFunc(c.wins, at+1, func(w win, at int64) int { return cmp.Compare(w.at, at) })
	return i
}

// nextWin returns the first win behind a moment.
func (c *council) nextWin(at int64) (win, bool) {
	i := c.behind(at)
	if i == len(c.wins) {
		return win{}, false
	}
	return c.wins[i], true
}

// attempt reports whether a candidacy is an attempt of its own. A pre-election that was won goes on as an election, and
// both are one attempt.
func (c *council) attempt(k *contest) bool {
	went, ok := c.real[candidacy{node: k.node, term: k.term}]
	return !(k.pre && k.won && ok && went > k.start)
}

const (
	// stormy is how many rounds without a winner are a storm: one may fail because several stood at once, a second one
	// because they did so again; timeouts are drawn at random so that this does not go on.
	stormy = 3
	// stormFor is the time within which they must lie, in microseconds: several times the longest election timeout,
	// Kudu's with its back-off included.
	stormFor = 30_000_000
)

// storm is a run of attempts without a winner between.
type storm struct {
	run    []*contest
	rounds []int64 // the beginnings
	leader int     // who led meanwhile, or none
}

// storms finds times in which nodes stood again and again: at least three rounds, of which each three in a row lie within
// 30 s, and none was won nor did anybody else win or fail between them. It need not mean that nobody led: a replica that
// was removed from its group stands until it learns of that. Who stands within an election timeout of another stands in
// the same round: of five nodes four may do so when they miss the fifth.
func (j *judging) storms(c *council) {
	var s storm
	flush := func() {
		if len(s.rounds) >= stormy {
			j.storm(c, s)
		}
		s = storm{}
	}
	for _, k := range c.contests {
		if !c.attempt(k) {
			continue
		}
		if k.won && !k.pre {
			flush()
			continue
		}
		at := j.facts[k.start].at
		leader, _ := j.leading(c, at, nil)
		if n := len(s.run); n > 0 {
			last := s.run[n-1]
			w, ok := c.nextWin(j.facts[last.start].at)
			if ok && w.at <= at || leader != s.leader || j.follows(c, last, at) {
				flush()
			}
		}
		if n := len(s.rounds); n > 0 && at-s.rounds[n-1] < tooLate {
			s.run = append(s.run, k)
			continue
		}
		if n := len(s.rounds); n+1 >= stormy && at-s.rounds[n+1-stormy] > stormFor {
			last := s.last(j)
			if flush(); n < stormy {
				s = last
			}
		}
		s.run, s.rounds, s.leader = append(s.run, k), append(s.rounds, at), leader
	}
	flush()
}

// follows reports whether one who stood found somebody to follow before a later attempt: a pre-election leaves the leader
// of the term in his place, and he may be heard again.
func (j *judging) follows(c *council, k *contest, before int64) bool {
	for _, i := range j.from(c.follows, j.facts[k.start].at) {
		if f := &j.facts[i]; f.at > before || f.node == k.node {
			return f.at <= before
		}
	}
	return false
}

// last returns the last round.
func (s *storm) last(j *judging) storm {
	n := len(s.rounds) - 1
	i, _ := slices.BinarySearchFunc(s.run, s.rounds[n], func(k *contest, at int64) int { return cmp.Compare(j.facts[k.start].at, at) })
	return storm{run: slices.Clone(s.run[i:]), rounds: []int64{s.rounds[n]}, leader: s.leader}
}

func (j *judging) storm(c *council, s storm) {
	first, last := j.facts[s.run[0].start].at, j.facts[s.run[len(s.run)-1].start].at
	v := verdict{kind: electionStorm, group: c.group, from: first, to: last}
	until := j.last
	if w, ok := c.nextWin(last); ok {
		until = w.at
	}
	low, high := s.run[0].term, s.run[0].term
	for _, k := range s.run {
		v.refs = append(v.refs, j.facts[k.start].ref)
		v.nodes = append(v.nodes, k.node)
		low, high = min(low, k.term), max(high, k.term)
		if k.decided >= 0 && j.facts[k.decided].at <= until {
			v.to = max(v.to, j.facts[k.decided].at)
			v.refs = append(v.refs, j.facts[k.decided].ref)
		}
	}
	terms := "term " + utoa(low)
	if low < high {
		terms = "terms " + utoa(low) + " to " + utoa(high)
	}
	v.text = j.names(v.nodes) + " stood for leader" + check.OfGroup(c.group) + " " + times(len(s.run)) + " within " + span(first, last) +
		" (" + terms + ") and nobody won"
	if s.leader != none && !slices.Contains(v.nodes, s.leader) {
		v.text += "; " + j.name(s.leader) + " believed itself leader all the time"
	}
	j.add(v)
}

// leading returns a node that led and was awake at a moment, among those that a list does not exclude: of several the one
// that began first.
func (j *judging) leading(c *council, at int64, but []int) (int, bool) {
	best, place := none, 0
	for _, l := range c.led {
		i, ok := l.open(at, at)
		if ok && (best == none || l.places[i] < place) && !slices.Contains(but, l.node) && !j.stillAt(l.node, at) && !j.downAt(l.node, at) &&
			(!j.cast.players[l.node].spoken || j.corrected(l.node, j.cast.players[l.node].last) >= at) { // a log that has ended tells of nobody who leads
			best, place = l.node, l.places[i]
		}
	}
	return best, best != none
}

// stretch is a time without a quorum.
type stretch struct {
	from, to int64
	nodes    []int
	stood    int
	voters   []int
	refs     []ref
	mute     []int  // those of them who did not answer and of whom there is no log
	told     string // the leader that stepped down for it
}

// quorums finds times without a quorum: nobody leads who is awake, a candidate gets no answer from a majority of the
// voters, and nobody wins. Or a leader says that it steps down for want of a quorum. They last until somebody wins.
func (j *judging) quorums(c *council) {
	var all []stretch
	join := func(s stretch) {
		if n := len(all); n > 0 && s.from <= all[n-1].to+tooLate { // a leader that wakes and steps down at once did not lead
			o := &all[n-1]
			o.to = max(o.to, s.to)
			o.mute = append(o.mute, s.mute...)
			o.nodes, o.refs, o.stood = append(o.nodes, s.nodes...), append(o.refs, s.refs...), o.stood+s.stood
			if o.told == "" {
				o.told = s.told
			}
			if len(o.voters) == 0 {
				o.voters = s.voters
			}
			return
		}
		all = append(all, s)
	}
	type moment struct {
		at int64
		s  stretch
	}
	var moments []moment
	for _, i := range c.facts {
		f := &j.facts[i]
		if _, ok := j.leading(c, f.at, []int{f.node}); f.resigns() && !ok { // else it is a minority that lost it
			moments = append(moments, moment{f.at, stretch{from: f.at, nodes: []int{f.node}, refs: []ref{f.ref},
				voters: j.voters(c, &contest{node: f.node, start: i, asks: -1}), told: j.name(f.node)}})
		}
	}
	again := map[int]int64{} // by player: when it stood next
	for _, k := range slices.Backward(c.contests) {
		if s, ok := j.unanswered(c, k, again[k.node]); ok {
			moments = append(moments, moment{s.from, s})
		}
		again[k.node] = j.facts[k.start].at
	}
	slices.SortStableFunc(moments, func(a, b moment) int { return int(max(-1, min(1, a.at-b.at))) })
	for _, m := range moments {
		var by ref
		m.s.to, by = j.ledAgain(c, m.s.from)
		m.s.refs = append(m.s.refs, by)
		join(m.s)
	}
	for _, s := range all {
		j.quorum(c, s)
	}
}

// ledAgain returns when somebody led again behind a moment at which nobody did who was awake: he won, or he was the
// leader that had not been reached and wrote his next line. The end of the trace if nobody did.
func (j *judging) ledAgain(c *council, at int64) (int64, ref) {
	until, by := j.last, ref{-1, 0}
	if w, ok := c.nextWin(at); ok {
		until, by = w.at, w.by
	}
	for _, l := range c.led {
		next := j.from(j.stated(l.node), at+1)
		if len(next) == 0 {
			continue
		}
		f := &j.facts[next[0]]
		if _, ok := l.open(at, f.at); ok && f.at <= until {
			until, by = f.at, f.ref
		}
	}
	return until, by
}

func (j *judging) quorum(c *council, s stretch) {
	v := verdict{kind: lostQuorum, group: c.group, from: s.from, to: s.to, nodes: s.nodes, refs: s.refs}
	v.text = j.nobody(s) + " led" + strings.Replace(check.OfGroup(c.group), " of", "", 1) + " for " + span(s.from, s.to)
	if s.told != "" {
		v.text += ": " + s.told + " stepped down because it could not reach a majority"
	}
	if s.stood > 0 {
		who := ": "
		if s.told != "" {
			who = "; "
		}
		var stood []int
		for _, n := range s.nodes {
			if s.told != j.name(n) || len(s.nodes) > 1 {
				stood = append(stood, n)
			}
		}
		v.text += who + j.names(stood) + " stood for leader " + times(s.stood) + " and got no answer from a majority of " +
			j.names(s.voters)
	}
	if len(s.mute) > 0 { // it may be the candidate that was cut off
		slices.Sort(s.mute)
		v.text += "; there is no log of " + j.names(s.mute)
	}
	j.add(v)
}

// nobody says who knew that nobody led. Where there is no log of a majority, those may have had a leader.
func (j *judging) nobody(s stretch) string {
	unheard := 0
	for _, v := range s.voters {
		p := &j.cast.players[v]
		unheard += b2i(!p.spoken || s.from < j.corrected(v, p.first) || s.from > j.corrected(v, p.last))
	}
	if len(s.voters) == 0 || unheard <= len(s.voters)/2 {
		return "nobody"
	}
	return j.names(s.nodes) + " knew of nobody who"
}

// unanswered reports whether a candidacy failed because too few voters answered, while nobody led who was awake. Who
// stands again has given up waiting for answers; again is when, 0 for never.
func (j *judging) unanswered(c *council, k *contest, again int64) (stretch, bool) {
	start := j.facts[k.start].at
	if k.won {
		return stretch{}, false
	}
	end := max(j.last, j.corrected(k.node, j.cast.players[k.node].last))
	if k.decided >= 0 {
		end = j.facts[k.decided].at
	} else if w, ok := c.nextWin(start); ok {
		end = w.at
	}
	gaveUp := k.decided < 0 && again > start && again <= end
	if gaveUp {
		end = again
	}
	voters := j.voters(c, k)
	if len(voters) < 2 {
		return stretch{}, false
	}
	silent := []int{k.node} // and he himself, who does not lead
	s := stretch{from: start, nodes: []int{k.node}, stood: 1, voters: voters, refs: []ref{j.facts[k.start].ref}}
	for _, v := range voters {
		if v == k.node {
			continue
		}
		if r, ok := j.silent(k, v, start, end, gaveUp); ok {
			silent = append(silent, v)
			if !j.cast.players[v].spoken {
				s.mute = append(s.mute, v)
			}
			s.refs = append(s.refs, r)
		}
	}
	if _, ok := j.leading(c, start, []int{k.node}); ok { // it leads on, though this one cannot reach it
		return stretch{}, false
	}
	return s, len(voters)+1-len(silent) < len(voters)/2+1
}

// voters returns who may vote in a candidacy: the group's last configuration before it that names the candidate, or else
// the first one behind it, or else those who were asked. Nobody if the log does not tell.
func (j *judging) voters(c *council, k *contest) (all []int) {
	if named := c.naming[k.node]; len(named) > 0 {
		i, _ := slices.BinarySearch(named, k.start+1)
		return j.crew(c, named[max(0, i-1)])
	}
	if k.asks >= 0 {
		all = append(all, k.node)
		for _, v := range k.voters {
			if !slices.Contains(all, v.to) {
				all = append(all, v.to)
			}
		}
	}
	slices.Sort(all)
	return all
}

// crew returns the voters of a configuration, in order.
func (j *judging) crew(c *council, i int) []int {
	crew, ok := c.crews[i]
	if ok {
		return crew
	}
	for _, id := range atMost(j.facts[i].st.Yes) {
		if n, ok := j.cast.index[id]; ok {
			crew = append(crew, n)
		}
	}
	slices.Sort(crew)
	c.crews[i] = slices.Compact(crew)
	return c.crews[i]
}

// silent reports whether a voter gave a candidate no answer, and the line that shows it: the candidate could not reach
// it, or it is known not to have run. An etcd candidate writes down each answer, so none written is none if it waited for
// an election timeout, or gave up.
func (j *judging) silent(k *contest, voter int, start, end int64, gaveUp bool) (ref, bool) {
	m := k.voter(voter)
	if m != nil {
		heard := m.heard >= 0 && (m.granted || j.facts[m.heard].what == text.HearsVote)
		if heard || m.answered >= 0 && j.facts[m.answered].at <= end || m.received >= 0 && j.facts[m.received].at <= end {
			return ref{}, false
		}
	}
	if some(j.answers[answer{voter, k.node, k.pre}], start-1, end) { // without a term, or none: a lease makes etcd ignore calls
		return ref{}, false
	}
	if f := j.unreachable(k, voter, start, end+wakes); f != nil {
		return f.ref, true
	}
	stand := &j.facts[k.start]
	if j.paused(voter, start, end) || j.downAt(voter, start) && j.downAt(voter, min(end, start+tooLate)) {
		return stand.ref, true
	}
	life, ok := j.lifeAt(k.node, stand.raw)
	return stand.ref, j.etcd(stand.ref) && (gaveUp || ok && life.to > stand.raw+tooLate && end > start+tooLate)
}

// unreachable returns the first line in a time in which a candidate says that it cannot reach a voter.
func (j *judging) unreachable(k *contest, voter int, from, to int64) (first *fact) {
	found := len(j.facts)
	for _, term := range [...]uint64{0, k.term} {
		if all := j.from(j.unreached[unreached{k.node, voter, term}], from); len(all) > 0 && all[0] < found && j.facts[all[0]].at <= to {
			found, first = all[0], &j.facts[all[0]]
		}
	}
	return first
}
