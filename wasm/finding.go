package main

import (
	"strings"

	"tabletop/engine/check"
)

// titleOf writes a kind of finding in words.
func titleOf(kind string) string {
	for _, k := range [][2]string{
		{check.NotFoundAfterCreate, "Not found after it was created"},
		{check.StaleRead, "Stale answer"},
		{check.Contradiction, "Answers that cannot both be true"},
		{check.DualLeader, "Two leaders at once"},
		{check.StaleLeader, "Stale leader"},
		{check.BurntTerm, "Term without a leader"},
		{check.DoubleVote, "Two votes in one term"},
		{check.TermRegression, "Term went backwards"},
		{check.ElectionSafety, "Two leaders of one term"},
		{"lost-quorum", "No leader for long"},
		{"election-storm", "Election after election"},
		{"slow-disk", "Slow disk"},
		{"clock-unrepairable", "Clock that nothing explains"},
		{"clock-step", "Clock was set"},
		{"identity-changed", "New identity, same address"},
		{"peer-view", "Nodes saw each other differently"},
		{"join-phase", "Joining"},
		{"electorate-mismatch", "Different views of who votes"},
		{"late-line", "Line written late"},
		{"late-term", "Term learned late"},
		{"late-election", "Election closed late"},
		{"false-pause", "Pause that never was"},
		{"false-restart", "Restart that never was"},
	} {
		if k[0] == kind {
			return k[1]
		}
	}
	words := strings.ReplaceAll(kind, "-", " ")
	return strings.ToUpper(words[:min(1, len(words))]) + words[min(1, len(words)):]
}

// rankOf puts what misled somebody first, and last what only explains a line that seems to say something else.
func rankOf(kind string, alarm bool) int {
	switch {
	case alarm:
		return 0
	case strings.HasPrefix(kind, "false-"), strings.HasPrefix(kind, "late-"):
		return 2
	}
	return 1
}

// foundHere tells the finding of the logs that a step by finding would have led here for, the alarming one first; empty for
// none.
func (s *session) foundHere() string {
	event, at := s.player.Position()
	if s.player.Moving() || event != s.run().Trace.At(at) {
		return ""
	}
	words, rank := "", 3
	for _, f := range s.found {
		if f.AtUs == at && f.Rank < rank {
			words, rank = f.Title+": "+strings.TrimSuffix(f.Text, ".")+".", f.Rank
		}
	}
	return words
}
