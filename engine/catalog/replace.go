package catalog

import "slices"

// replace decides what a tablet's configuration lacks or has too much of, with health as its leader sees it: the 3-4-3
// scheme, which adds a replica as non-voter, waits until the leader has promoted it, and only then evicts the failed one
// (ShouldEvictReplica and ShouldAddReplica in quorum_util). Each change needs a majority of the voters that can commit it.
// The member to add is for the master to choose when it sends the task.
func replace(c Consensus, failed []string, factor int) (Task, bool) {
	out := func(server string) bool { return slices.Contains(failed, server) }
	voters, viable := len(c.Voters), 0
	for _, v := range c.Voters {
		if !out(v) {
			viable++
		}
	}
	joining := 0
	for _, n := range c.NonVoters {
		if !out(n) {
			joining++
		}
	}
	// Excess non-voters go first: they may still be copying data. Failed ones go at once, as they take up a place.
	excess := len(c.NonVoters) > 0 && viable >= factor || joining < len(c.NonVoters)
	if excess && viable >= majority(voters) {
		return Task{Kind: EvictReplica, Consensus: c, Member: candidate(c.NonVoters, c.Leader, out)}, true
	}
	tooMany := viable > factor || viable < voters
	if tooMany && voters > factor && viable >= majority(voters-1) {
		return Task{Kind: EvictReplica, Consensus: c, Member: candidate(c.Voters, c.Leader, out)}, true
	}
	if viable+joining < factor && viable >= majority(voters) {
		return Task{Kind: AddReplica, Consensus: c}, true
	}
	return Task{}, false
}

// candidate returns whom to evict: a failed member, else the one that came last. A leader cannot be evicted.
func candidate(members []string, leader string, out func(string) bool) string {
	if at := slices.IndexFunc(members, out); at >= 0 {
		return members[at]
	}
	last := members[len(members)-1]
	if last == leader {
		last = members[len(members)-2]
	}
	return last
}

func majority(voters int) int { return voters/2 + 1 }
