package view

import (
	"strings"

	"tabletop/engine/trace"
)

// Source says in words what a value came from, given the event that set it: "t2's report", "its election".
func Source(t *trace.Trace, id trace.EventID) string {
	if id == trace.NoEvent {
		return ""
	}
	e := &t.Events[id]
	if e.Kind == trace.Note && e.Cause >= 0 && e.Peer != 0 && t.Events[e.Cause].Kind == trace.Receive { // what was made of a message
		e = &t.Events[e.Cause]
	}
	if (e.Kind == trace.Receive || e.Kind == trace.Arrive) && e.Peer != 0 {
		return t.Node(e.Peer).Name + "'s " + message(t, e)
	}
	switch e.Kind {
	case trace.LeaderKnown:
		if e.Peer != 0 {
			return "word of " + t.Node(e.Peer).Name
		}
	case trace.Append, trace.Truncate, trace.Commit, trace.Apply:
		return "its log"
	case trace.Load, trace.Ready:
		return "its disk"
	case trace.Elected, trace.ElectionLost:
		return "its election"
	case trace.PreCampaign, trace.Campaign:
		return "its campaign"
	case trace.Vote, trace.VoteDenied:
		return "its vote"
	case trace.Timer:
		return "its timer"
	case trace.Start, trace.Crash, trace.Resume:
		return "its start"
	}
	return "itself"
}

// message names what a node was sent.
func message(t *trace.Trace, received *trace.Event) string {
	if received.Cause < 0 {
		return "message"
	}
	sent := &t.Events[received.Cause]
	switch word, _, _ := strings.Cut(t.Text(sent.Text), " "); {
	case sent.Kind == trace.Answer || sent.Kind == trace.Refusal:
		return "answer"
	case sent.Kind == trace.Heartbeat:
		return "heartbeat"
	case word == "report":
		return "report"
	case word == "full":
		return "full report"
	case word == "register":
		return "registration"
	case word == "append":
		return "log entry"
	}
	return "request"
}

// Needed returns the keys of the cells without which a master's tasks do not leave it: who leads a tablet was to be told
// by a report, or by the tablet's row.
func Needed(t *trace.Trace, n *trace.NodeState) []string {
	var needed []string
	for i := range n.Cells {
		k, ok := readTask(t.Text(n.Cells[i].Key), t.Text(n.Cells[i].Text))
		if !ok || n.Cells[i].Shelf != trace.Memory || k.why != noLeader {
			continue
		}
		key := "tablet/" + k.tablet()
		for j := range n.Cells {
			if t.Text(n.Cells[j].Key) == "replicas/"+k.tablet() {
				key = "replicas/" + k.tablet()
			}
		}
		needed = append(needed, key)
	}
	return needed
}
