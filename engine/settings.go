package engine

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"tabletop/engine/kudu"
	"tabletop/engine/proc"
	"tabletop/engine/raftnode"
	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// Setting is a knob: its type, the values it takes and what it does, in words for the page.
type Setting struct {
	Key     string   `json:"-"`
	Type    string   `json:"type"` // duration, int, enum or bool
	Default string   `json:"default"`
	Values  []string `json:"values,omitempty"`
	Help    string   `json:"help"`
}

// Knobs returns every setting the engine itself understands. A scene offers those it names; variants may set any.
func Knobs() []Setting {
	return []Setting{
		{"machine", "enum", "slow-build", []string{"slow-build", "idle", "loaded"},
			"how fast processes are: a sanitizer build under test, a release build on a quiet machine, or the same with busy neighbours"},
		{"client", "enum", "fresh", []string{"fresh", "connected"},
			"fresh: every check makes a new client, which must find the leader first; connected: it keeps its leader from before the pause"},
		{"clients", "int", "1", nil,
			"how many clients open the table; with more than one, each asks 1 to 2 ms after the one before, the first after the resume"},
		{"rtt", "duration", "", nil, "round trip between two processes, instead of the machine's"},
		{"service-time", "duration", "", nil, "time a process takes for one message, instead of the machine's"},
		{"sockets", "enum", "kept", []string{"kept", "reset"},
			"what a resumed process finds in its sockets: all that arrived meanwhile, or broken connections"},
		{"masters", "enum", "", []string{"", "new", "restarted", "unmet"},
			"new: started for the first time, they have asked each other who they are, and all their connections are open; restarted: only a leader's are; unmet: started for the first time, they must learn first who the others are; empty: as where the machine was measured"},
		{"heartbeat-interval", "duration", "500ms", nil, "Kudu's raft_heartbeat_interval_ms; a failure is detected after three"},
		{"read", "enum", "local", []string{"local", "read-index", "clock-lease"},
			"how a leader reads: from its memory, after a quorum has confirmed that it leads, or while its clock says that one did so lately"},
		{"profile", "enum", "kudu", []string{"kudu", "etcd"},
			"whose elections: Kudu's, or etcd's own timers with a tick of one heartbeat-interval"},
		{"prevote", "bool", "true", []string{"true", "false"}, "ask for votes before raising the term"},
		{"check-quorum", "bool", "false", []string{"true", "false"}, "a leader that hears from no majority steps down"},
		{"version", "enum", "1.17", []string{"0.7", "0.10", "1.17"},
			"whose catalog: Kudu 0.7, which the tickets were found in, 0.10, which they were fixed in, or 1.17"},
		{"tserver-heartbeats", "enum", "", []string{"", "all", "leader"},
			"whom a tablet server reports to: every master, or the leader alone; empty: as the version does"},
		{"full-report", "enum", "", []string{"", "new-leader", "asked"},
			"when a tablet server reports all its tablets: to a new leader unasked, or only when it is asked to; empty: as the version does"},
		{"tablet-leader", "enum", "", []string{"", "rows", "reports"},
			"where a master looks for a tablet's leader: in the rows on its disk, or in what reports have told it; empty: as the version does"},
		{"tserver-list", "enum", "memory", []string{"memory", "disk"}, "where masters keep which tablet servers there are"},
		{"write-failure", "enum", "", []string{"", "refuse", "crash"},
			"a write of a master that leads no more is refused, or ends the process; empty: as the version does"},
		{"discovery", "enum", "parallel", []string{"parallel", "serial"}, "a client asks all masters at once who leads, or one by one"},
		{"result-cache", "bool", "false", []string{"true", "false"}, "a master that is asked again for a create that it has carried out says so"},
		{"rpc-timeout", "duration", "10s", nil,
			"how long a client waits for one answer before it looks for the leader again; the Java client waits as long as its operation may take"},
		{"considered-failed", "duration", "5m", nil,
			"Kudu's follower_unavailable_considered_failed_sec: how long a tablet's leader waits for a silent replica before it has it replaced"},
	}
}

// Check reports why a value does not fit the setting, in one line that lists what does.
func (s Setting) Check(value string) error {
	switch s.Type {
	case "duration":
		if value == "" && s.Default == "" {
			return nil
		}
		d, err := time.ParseDuration(value)
		if err != nil || d < 0 || d > 10*time.Minute || d%time.Microsecond != 0 {
			return fmt.Errorf("setting %s: %q is not a duration of at most 10m: want one such as 20ms or 1.5s", s.Key, value)
		}
	case "int":
		if n, err := strconv.Atoi(value); err != nil || n < 1 || n > 64 {
			return fmt.Errorf("setting %s: %q is not a number from 1 to 64", s.Key, value)
		}
	default:
		for _, v := range s.Values {
			if v == value {
				return nil
			}
		}
		return fmt.Errorf("setting %s: unknown value %q: want one of %s", s.Key, value,
			strings.TrimPrefix(strings.Join(s.Values, ", "), ", "))
	}
	return nil
}

// Settings are the values of a run, by key. A missing one has its default.
type Settings []trace.Setting

// Get returns a value, the default if the settings do not name it.
func (s Settings) Get(key string) string {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i].Key == key {
			return s[i].Value
		}
	}
	for _, k := range Knobs() {
		if k.Key == key {
			return k.Default
		}
	}
	return ""
}

// complete returns the settings behind the defaults of all, or the error of the first that does not fit.
func (s Settings) complete() (Settings, error) {
	knobs := Knobs()
	all := make(Settings, 0, len(knobs)+len(s))
	for _, k := range knobs {
		all = append(all, trace.Setting{Key: k.Key, Value: k.Default})
	}
	all = append(all, s...)
	for _, k := range knobs {
		if err := k.Check(all.Get(k.Key)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Duration returns a value as a duration, 0 when it is empty or none.
func (s Settings) Duration(key string) trace.Time {
	d, _ := time.ParseDuration(s.Get(key))
	return trace.Time(d.Microseconds())
}

// Int returns a value as a number, 0 when it is none.
func (s Settings) Int(key string) int {
	n, _ := strconv.Atoi(s.Get(key))
	return n
}

// kudu returns the options of a Kudu cluster. The ticket's tests set consensus_rpc_timeout_ms to 2 s.
func (s Settings) kudu() (kudu.Options, error) {
	s, err := s.complete()
	if err != nil {
		return kudu.Options{}, err
	}
	machine := map[string]func() proc.Machine{"slow-build": proc.SlowBuild, "idle": proc.Idle,
		"loaded": proc.Loaded}[s.Get("machine")]()
	if s.Get("rtt") != "" {
		machine.Wire = sim.Constant(s.Duration("rtt") / 2)
	}
	if s.Get("service-time") != "" {
		machine.Service = sim.Constant(s.Duration("service-time"))
		machine.Handshake = machine.Service
	}
	h := s.Duration("heartbeat-interval")
	if h < 10_000 {
		return kudu.Options{}, fmt.Errorf("setting heartbeat-interval: %s is too short: want at least 10ms",
			s.Get("heartbeat-interval"))
	}
	reads := map[string]raftnode.ReadMode{"local": raftnode.ReadLocal, "read-index": raftnode.ReadIndex,
		"clock-lease": raftnode.ReadClockLease}
	masters := s.Get("masters")
	return kudu.Options{Machine: machine, Heartbeat: h, UpdateTimeout: 2_000_000, PreVote: s.Get("prevote") == "true",
		CheckQuorum: s.Get("check-quorum") == "true", Etcd: s.Get("profile") == "etcd", Reads: reads[s.Get("read")],
		Discover: masters == "unmet", Acquainted: masters == "new" || masters == "" && machine.FirstStart,
		Readers: s.Int("clients"), Connected: s.Get("client") == "connected",
		LoseSockets: s.Get("sockets") == "reset", Behaviour: s.behaviour(), SerialDiscovery: s.Get("discovery") == "serial",
		ResultCache: s.Get("result-cache") == "true", ConsideredFailed: s.Duration("considered-failed"),
		RPCTimeout: s.Duration("rpc-timeout")}, nil
}

// behaviour returns what the version does, changed by what is set by itself.
func (s Settings) behaviour() kudu.Behaviour {
	b := map[string]func() kudu.Behaviour{"0.7": kudu.Version07, "0.10": kudu.Version010, "1.17": kudu.Version117}[s.Get("version")]()
	change := func(key, on string, what ...*bool) {
		if v := s.Get(key); v != "" {
			for _, w := range what {
				*w = v == on
			}
		}
	}
	change("tserver-heartbeats", "all", &b.HeartbeatAll, &b.FollowersAccept)
	change("full-report", "new-leader", &b.FullOnNewLeader)
	change("tablet-leader", "rows", &b.LeaderFromRows)
	change("tserver-list", "disk", &b.PersistServers)
	change("write-failure", "crash", &b.CrashOnFailedWrite)
	return b
}
