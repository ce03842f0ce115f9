package kudu

import (
	"cmp"
	"fmt"
	"slices"

	"tabletop/engine/catalog"
	"tabletop/engine/netsim"
	"tabletop/engine/trace"
)

// descriptor is what a master knows of a tablet server: TSDescriptor. It is made by a registration, lost in a crash, and
// survives a change of leaders.
type descriptor struct {
	server   string
	instance uint64 // of the server's process
	heard    trace.Time
	replicas int
	recent   int // replicas that were placed there lately, in thousandths; halved every minute
	placed   trace.Time
	reported bool // it has sent a full report: 0.7 never asks for another
}

// A server that was not heard of for a minute is presumed dead (tserver_unresponsive_timeout_ms).
const (
	unresponsive = 60_000_000
	halfLife     = 60_000_000
)

func (m *Master) descriptor(server string) *descriptor {
	for _, d := range m.servers {
		if d.server == server {
			return d
		}
	}
	return nil
}

// alive returns the servers that are not presumed dead, by name.
func (m *Master) alive() []*descriptor {
	var all []*descriptor
	for _, d := range m.servers {
		if d.heard != never && m.Now()-d.heard < unresponsive {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b *descriptor) int { return cmp.Compare(a.server, b.server) })
	return all
}

// never is when a server was heard of that is known from disk alone.
const never = trace.Time(-1)

// remember makes descriptors of the servers on disk: KUDU-1353's fourth proposal.
func (m *Master) remember() {
	for _, server := range m.rows.Servers {
		if m.descriptor(server) == nil {
			m.servers = append(m.servers, &descriptor{server: server, heard: never})
			m.showServer(server, "known from disk")
		}
	}
}

func (m *Master) showServer(server, text string) {
	if !m.record.Outline() {
		m.record.SetCell(m.id, m.group, trace.Memory, "server/"+server, text)
	}
}

// heartbeat is TSHeartbeat.
func (m *Master) heartbeat(in *netsim.Message, h tsHeartbeat, at trace.EventID) {
	leads := m.check() == catalog.OK
	if !leads && !m.options.Behaviour.FollowersAccept {
		m.beat(in, heartbeatAnswer{}, at)
		return
	}
	d := m.descriptor(h.server)
	switch {
	case h.registers:
		if d == nil {
			d = &descriptor{server: h.server}
			m.servers = append(m.servers, d)
		}
		if h.instance < d.instance {
			m.beat(in, heartbeatAnswer{status: catalog.AlreadyPresent, leader: leads}, at)
			return
		}
		d.instance, d.reported = h.instance, false
	case d != nil && d.instance == 0: // known from disk: whichever process says its name
		d.instance = h.instance
	case d == nil || d.instance != h.instance:
		m.beat(in, heartbeatAnswer{leader: leads, reregister: true, full: leads}, at)
		return
	}
	d.heard, d.replicas = m.Now(), h.live
	m.showServer(h.server, replicasText(h.live))
	if !leads || h.report == nil {
		m.beat(in, heartbeatAnswer{leader: leads}, at)
		return
	}
	m.report(in, d, h, at)
}

func replicasText(n int) string {
	if n == 1 {
		return "1 replica"
	}
	return fmt.Sprintf("%d replicas", n)
}

// report has the catalog take in a tablet report. The heartbeat is answered when what it changes is on disk. The event of
// taking it in is the source of the cells that it fills; an empty report fills none.
func (m *Master) report(in *netsim.Message, d *descriptor, h tsHeartbeat, at trace.EventID) {
	if len(h.report.Tablets)+len(h.report.Removed) == 0 && !h.report.Full && !h.registers {
		m.beat(in, heartbeatAnswer{leader: true, full: m.options.Behaviour.StickyReport && !d.reported}, at)
		return
	}
	var tasks []catalog.Task
	m.queue(writing{divides: !m.options.WholeReports, plan: func() catalog.Write {
		m.record.EmitText(trace.Event{At: m.Now(), Kind: trace.Note, Node: m.id, Peer: in.From, Group: m.group, Cause: at},
			reportText(h.report))
		var w catalog.Write
		w, tasks = m.image.Report(*h.report, catalog.Rules{DeleteUnknown: m.options.Behaviour.DeleteUnknown})
		if m.options.Behaviour.PersistServers && h.registers {
			w.Servers = []string{h.server}
		}
		m.learn(h.report)
		return w
	}, done: func(s catalog.Status, _ catalog.Write) {
		if s != catalog.OK {
			m.beat(in, heartbeatAnswer{status: s}, at)
			return
		}
		d.reported = d.reported || h.report.Full
		m.beat(in, heartbeatAnswer{leader: true, full: m.options.Behaviour.StickyReport && !d.reported}, at)
		for _, t := range tasks {
			m.start(t)
		}
		if len(h.report.Tablets) > 0 {
			m.altered()
		}
	}})
}

func reportText(r *catalog.Report) string {
	kind := "incremental"
	if r.Full {
		kind = "full"
	}
	return fmt.Sprintf("%s report %d of %s: %s", kind, r.Number, r.Server, tabletsText(len(r.Tablets)))
}

func tabletsText(n int) string {
	if n == 1 {
		return "1 tablet"
	}
	return fmt.Sprintf("%d tablets", n)
}

// learn takes from a report what is kept in memory alone.
func (m *Master) learn(r *catalog.Report) {
	for _, t := range r.Tablets {
		if _, ok := m.image.Tablet(t.Tablet); !ok {
			continue
		}
		if have := m.replicas[t.Tablet]; t.Consensus.Leader != "" && t.Consensus.Term >= have.Term {
			m.replicas[t.Tablet] = t.Consensus
		}
		m.showReported(t.Tablet)
	}
	if len(r.Tablets) > 0 {
		m.showRebuilt()
	}
}

// altered ends the alters whose every tablet has been reported with the table's version.
func (m *Master) altered() {
	m.write(func() catalog.Write { return m.image.Altered() }, func(catalog.Status, catalog.Write) {})
}

func (m *Master) beat(in *netsim.Message, a heartbeatAnswer, at trace.EventID) {
	name := "not the leader"
	switch {
	case a.status != catalog.OK:
		name = a.status.String()
	case a.reregister:
		name = "register"
	case a.full:
		name = "report all"
	case a.leader:
		name = "ok, leader"
	case m.options.Behaviour.FollowersAccept:
		name = "ok"
	}
	kind := trace.Answer
	if a.status != catalog.OK {
		kind = trace.Refusal
	}
	m.reply(in, kind, name, 0, a, at)
}

// place has the catalog choose servers for a tablet's replicas. It reports false when there are too few.
func (m *Master) place(t catalog.Table, tablet catalog.Tablet) ([]string, bool) {
	return m.choose(t.Replicas, t, tablet)
}

// newcomer has the catalog choose a server for one more replica of a tablet, none when there is none to spare.
func (m *Master) newcomer(id string) string {
	tablet, _ := m.image.Tablet(id)
	t, _ := m.image.Table(tablet.Table)
	chosen, ok := m.choose(1, t, tablet)
	if !ok {
		return ""
	}
	return chosen[0]
}

// choose has the catalog choose some of the live servers that are not members of a tablet yet.
func (m *Master) choose(n int, t catalog.Table, tablet catalog.Tablet) ([]string, bool) {
	var candidates []catalog.Candidate
	for _, d := range m.alive() {
		if !tablet.Consensus.Has(d.server) {
			candidates = append(candidates, m.image.Candidate(d.server, d.replicas, m.recent(d), t, tablet))
		}
	}
	if len(candidates) < n {
		return nil, false
	}
	chosen := catalog.Choose(candidates, n, m.options.Behaviour.RangeAware, m.random.places.Below)
	for _, server := range chosen {
		d := m.descriptor(server)
		d.recent, d.placed = m.recent(d)+1000, m.Now()
	}
	return chosen, true
}

// recent is how many replicas were placed on a server lately: half of them count after a minute.
func (m *Master) recent(d *descriptor) int {
	left, since := d.recent, m.Now()-d.placed
	for ; since >= halfLife && left > 0; since -= halfLife {
		left /= 2
	}
	return left - left*int(since/1000)/int(2*halfLife/1000)
}
