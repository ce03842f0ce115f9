package scenes

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// ScheduleOptions are the knobs of random schedules. The zero value draws what the fields say.
type ScheduleOptions struct {
	Steps   int        // commands and small groups of them, before everything is healed; 0: 60
	Masters int        // 0: three, and five in one schedule of eight
	Clients int        // 0: one or two
	Tables  int        // names that are created and opened; 0: 10
	Faults  int        // faults among a hundred steps, the rest is asked by clients; 0: 60
	Down    int        // processes paused or crashed at a time; 0: a minority of the masters, in one of four all
	Longest trace.Time // longest wait between two steps; 0: 4 s
	Settle  trace.Time // wait behind the healing; 0: 45 s, which outlasts two vote calls of 20 s
	Read    string     // how leaders read; empty: local, read-index or clock-lease
}

// Schedule is a script drawn at random from a seed: causes alone, like any other scene's. Body holds the faults and
// what clients ask meanwhile; Closing heals everything, waits, and opens every table.
type Schedule struct {
	Seed    uint64
	Notes   []string
	Masters []string
	Clients []string
	Setting []trace.Setting
	Body    []string
	Closing []string
}

// drawing is a schedule in the making.
type drawing struct {
	*sim.Stream
	ScheduleOptions
	s       Schedule
	down    []string // the processes paused or crashed, by id or role
	broken  int      // links hurt since the last heal
	created int
}

// NewSchedule draws the schedule of a seed. The same seed and options give the same schedule.
func NewSchedule(seed uint64, o ScheduleOptions) Schedule {
	d := &drawing{Stream: sim.New(seed).Stream("schedule"), ScheduleOptions: o, s: Schedule{Seed: seed}}
	d.defaults()
	for i := range d.Masters {
		d.s.Masters = append(d.s.Masters, string(rune('A'+i)))
	}
	d.s.Clients = []string{"client", "client-2", "client-3", "client-4"}[:d.Clients]
	d.settings()
	d.s.Notes = append(d.s.Notes, fmt.Sprintf("Drawn at random with seed %d: %d steps.", seed, d.Steps))
	d.do("wait " + d.duration(1_000, 3_000_000))
	for range d.Steps {
		d.step()
		d.do("wait " + d.pace())
	}
	d.close()
	return d.s
}

func (d *drawing) defaults() {
	d.Steps = cmp.Or(d.Steps, 60)
	if d.Masters == 0 {
		d.Masters = 3
		if d.Below(8) == 0 {
			d.Masters = 5
		}
	}
	d.Clients = min(4, cmp.Or(d.Clients, 1+int(d.Below(2))))
	d.Masters = min(d.Masters, 5)
	d.Tables = cmp.Or(d.Tables, 10)
	d.Faults = cmp.Or(d.Faults, 60)
	if d.Down == 0 {
		d.Down = (d.Masters - 1) / 2
		if d.Below(4) == 0 {
			d.Down = d.Masters + d.Clients
		}
	}
	d.Longest = cmp.Or(d.Longest, 4_000_000)
	d.Settle = cmp.Or(d.Settle, 45_000_000)
	if d.Read == "" {
		d.Read = d.one("local", "read-index", "read-index", "clock-lease")
	}
}

// settings draws the engine's settings, each at its default more often than not.
func (d *drawing) settings() {
	set := func(key, value string) { d.s.Setting = append(d.s.Setting, trace.Setting{Key: key, Value: value}) }
	set("read", d.Read)
	set("machine", d.one("idle", "loaded", "slow-build"))
	set("client", d.one("fresh", "fresh", "connected"))
	set("sockets", d.one("kept", "kept", "kept", "reset"))
	set("prevote", d.one("true", "true", "true", "false"))
	set("check-quorum", d.one("false", "false", "false", "true"))
}

func (d *drawing) one(of ...string) string { return of[d.Below(int64(len(of)))] }

func (d *drawing) do(lines ...string) { d.s.Body = append(d.s.Body, lines...) }

func (d *drawing) duration(least, most trace.Time) string { return lasting(d.Between(least, most)) }

// lasting writes a duration as scripts do, to a tenth of a millisecond.
func lasting(t trace.Time) string {
	return (time.Duration(t/100*100) * time.Microsecond).String()
}

// pace draws a wait: half of them within the races of a few milliseconds, a few as long as an election.
func (d *drawing) pace() string {
	switch n := d.Below(10); {
	case n < 5:
		return d.duration(0, min(30_000, d.Longest))
	case n < 8:
		return d.duration(0, min(800_000, d.Longest))
	}
	return d.duration(min(1_500_000, d.Longest), d.Longest)
}

// move is one thing a step can be, with its weight among the others.
type move struct {
	weight int
	do     func(*drawing)
}

func (d *drawing) step() {
	if d.Below(100) >= int64(d.Faults) {
		d.pick([]move{{5, (*drawing).create}, {5, (*drawing).open}})
		return
	}
	d.pick([]move{
		{6, (*drawing).pause}, {5, (*drawing).crash}, {3, (*drawing).swap}, {10 * len(d.down), (*drawing).recover},
		{4, (*drawing).partition}, {3, (*drawing).isolate}, {4, (*drawing).drop}, {4, (*drawing).delay},
		{4, (*drawing).duplicate}, {4, (*drawing).clog}, {3 * d.broken, (*drawing).heal},
		{4, (*drawing).campaign}, {4, (*drawing).transfer},
	})
}

func (d *drawing) pick(moves []move) {
	total := 0
	for _, m := range moves {
		total += m.weight
	}
	n := int(d.Below(int64(total)))
	for _, m := range moves {
		if n -= m.weight; n < 0 {
			m.do(d)
			return
		}
	}
}

// victim draws a master, the leader of the moment as often as not, and now and then a client.
func (d *drawing) victim() string {
	switch n := d.Below(10); {
	case n == 0:
		return d.one(d.s.Clients...)
	case n < 5:
		return "leader"
	}
	return d.one(d.s.Masters...)
}

func (d *drawing) stop(verb string) {
	if len(d.down) >= d.Down {
		d.recover()
		return
	}
	v := d.victim()
	d.down = append(d.down, v)
	d.do(verb + " " + v)
}

func (d *drawing) pause() { d.stop("pause") }
func (d *drawing) crash() { d.stop("crash") }

// swap is the loop of the ticket's test: one leader's pause ends as that of the next begins, and somebody reads.
func (d *drawing) swap() {
	d.do("pause leader", "wait "+d.duration(1_500_000, 6_000_000))
	d.create()
	d.do("wait "+d.duration(0, 400_000), "resume old-leader", "pause leader", "wait "+d.duration(0, 20_000))
	d.do("open-table " + d.table(max(0, d.created-1)))
	d.do("wait "+d.pace(), "resume old-leader")
	d.up("leader")
}

// recover brings one process back.
func (d *drawing) recover() {
	if len(d.down) == 0 {
		return
	}
	i := int(d.Below(int64(len(d.down))))
	d.up(d.down[i])
	d.down = slices.Delete(d.down, i, i+1)
}

// up brings a process back, whether it is paused or has crashed; who was stopped as the leader may be any of the
// masters. What is not needed is refused and has no effect.
func (d *drawing) up(name string) {
	if name != "leader" {
		d.do("resume "+name, "restart "+name)
		return
	}
	for _, m := range d.s.Masters {
		d.do("resume "+m, "restart "+m)
	}
}

// pair draws two masters, or a client and a master.
func (d *drawing) pair() string {
	a, b := d.masters()
	if d.Below(4) == 0 {
		a = d.one(d.s.Clients...)
	}
	return a + " " + b
}

func (d *drawing) masters() (string, string) {
	n := int64(len(d.s.Masters))
	a := d.Below(n)
	return d.s.Masters[a], d.s.Masters[(a+1+d.Below(n-1))%n]
}

func (d *drawing) hurt(line string) {
	d.broken++
	d.do(line)
}

func (d *drawing) partition() { d.hurt("partition " + d.pair()) }
func (d *drawing) isolate()   { d.hurt("isolate " + d.victim()) }
func (d *drawing) clog()      { d.hurt("clog " + d.pair()) }
func (d *drawing) drop()      { d.hurt(fmt.Sprintf("drop %s %d%%", d.pair(), 5+d.Below(60))) }
func (d *drawing) delay()     { d.hurt("delay " + d.pair() + " " + d.duration(0, 900_000)) }

// duplicate spares the clients: a request that arrives twice takes effect twice, which no history can tell.
func (d *drawing) duplicate() {
	a, b := d.masters()
	d.hurt(fmt.Sprintf("duplicate %s %s %d%%", a, b, 10+d.Below(90)))
}

func (d *drawing) heal() {
	d.broken = 0
	d.do("heal")
}

func (d *drawing) campaign() { d.do("campaign " + d.one(d.s.Masters...)) }
func (d *drawing) transfer() { d.do("transfer-leadership " + d.one(d.s.Masters...)) }

// create creates the next table, or tries one that may be there.
func (d *drawing) create() {
	if d.created < d.Tables && d.Below(4) > 0 {
		d.created++
		d.do("create-table " + d.table(d.created-1))
		return
	}
	d.do("create-table " + d.table(int(d.Below(int64(d.Tables)))))
}

// open opens one of the tables asked for so far, or the next one.
func (d *drawing) open() {
	d.do("open-table " + d.table(int(d.Below(int64(min(d.created+1, d.Tables))))))
}

func (d *drawing) table(n int) string { return fmt.Sprintf("table-%d", min(n, d.Tables-1)) }

// close heals everything. What is asked then must be answered.
func (d *drawing) close() {
	end := []string{"heal"}
	for _, n := range append(slices.Clone(d.s.Masters), d.s.Clients...) {
		end = append(end, "resume "+n, "restart "+n)
	}
	end = append(end, "wait "+lasting(d.Settle), "expect ready leader: "+settled)
	for i := range d.Tables {
		end = append(end, "open-table "+d.table(i), "wait 100ms")
	}
	d.s.Closing = append(end, "wait 5s")
}

// settled is the claim of a schedule's closing.
const settled = "a master leads and serves once everything is healed"

// Source returns the schedule as a scene file. It claims what holds for every correct run.
func (s Schedule) Source() []byte {
	var b strings.Builder
	title := fmt.Sprintf("Random schedule %d", s.Seed)
	fmt.Fprintf(&b, "-- scene --\nid      schedule-%d\ntitle   %s\nsystem  kudu\nseed    %d\n", s.Seed, title, s.Seed)
	fmt.Fprintf(&b, "\n-- cluster --\nmasters  %s\n", strings.Join(s.Masters, " "))
	fmt.Fprintf(&b, "clients  %s\n\n-- variants --\ndefault  clean  linearizable", strings.Join(s.Clients, " "))
	for _, k := range s.Setting {
		fmt.Fprintf(&b, "  %s=%s", k.Key, k.Value)
	}
	b.WriteString("  Faults at random.\n\n-- script --\n")
	for _, l := range s.lines() {
		b.WriteString(l + "\n")
	}
	fmt.Fprintf(&b, "\n-- notes --\n%s\n", strings.Join(s.Notes, "\n"))
	return []byte(b.String())
}

func (s Schedule) lines() []string { return slices.Concat(s.Body, s.Closing) }

// Scene returns the schedule as the scene that its source is.
func (s Schedule) Scene() (*Scene, error) {
	return Parse(fmt.Sprintf("schedule-%d.scene", s.Seed), s.Source())
}
