package proc

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/engine/netsim"
	"tabletop/engine/sim"
	"tabletop/engine/trace"
)

// program notes what it is told.
type program struct {
	p   *Process
	log []string
}

func (g *program) note(format string, args ...any) {
	g.log = append(g.log, fmt.Sprintf("%d ", g.p.Now())+fmt.Sprintf(format, args...))
}
func (g *program) Start(trace.EventID) { g.note("start") }
func (g *program) Crash()              { g.note("crash") }
func (g *program) Fire(t Timer)        { g.note("timer %d", t.Arg) }
func (g *program) Receive(m *netsim.Message, _ trace.EventID) {
	if _, ok := m.Body.(Reset); ok {
		g.note("reset")
		return
	}
	g.note("message %d", m.Call)
}

func machine() Machine {
	return Machine{Threads: 1, Service: sim.Constant(10), Timer: sim.Constant(1), Turn: sim.Constant(0), Wake: sim.Constant(100),
		Wire: sim.Constant(5)}
}

type rig struct {
	k    *sim.Kernel
	b    *trace.Builder
	n    *netsim.Network
	a, z *program
}

func newRig(m Machine, lose bool) rig {
	r := rig{k: sim.New(1), b: trace.NewBuilder(trace.Header{})}
	one, two := r.b.AddNode(trace.Node{ID: "A"}), r.b.AddNode(trace.Node{ID: "Z"})
	r.n = netsim.New(r.k, r.b, netsim.Options{Nodes: 2, Latency: m.Wire})
	r.a = &program{p: New(r.k, r.n, r.b, one, Options{Machine: m, LoseSockets: lose})}
	r.z = &program{p: New(r.k, r.n, r.b, two, Options{Machine: m})}
	r.a.p.Run(r.a)
	r.z.p.Run(r.z)
	return r
}

func (r rig) until(at trace.Time) {
	for {
		next, ok := r.k.Next()
		if !ok || next > at {
			r.k.Advance(at)
			return
		}
		r.k.Step()
	}
}

func (r rig) send(conn netsim.Conn, call uint64) {
	r.z.p.Send(&netsim.Message{To: r.a.p.ID, Conn: conn, Call: call, Kind: trace.Request}, trace.NoEvent)
}

func TestMessagesAndTimersTakeTheirTime(t *testing.T) {
	r := newRig(machine(), false)
	r.a.p.Arm(Timer{Arg: 7}, 40)
	r.send(r.n.Connect(), 1)
	r.until(1000)
	require.Equal(t, []string{"0 start", "15 message 1", "41 timer 7"}, r.a.log)
}

func TestAPauseKeepsMemorySocketsAndTimers(t *testing.T) {
	r := newRig(machine(), false)
	c := r.n.Connect()
	r.a.p.Arm(Timer{Arg: 7}, 40)
	r.until(20)
	require.True(t, r.a.p.Pause(trace.NoEvent))
	require.False(t, r.a.p.Pause(trace.NoEvent), "it is paused already")
	r.send(c, 1)
	r.send(c, 2)
	r.until(500)
	require.Equal(t, []string{"0 start"}, r.a.log, "nothing runs in a paused process")
	require.Len(t, r.b.Trace().Cursor().Flights(), 0)
	cur := r.b.Trace().Cursor()
	cur.Seek(trace.EventID(r.b.Len() - 1))
	require.Len(t, cur.Flights(), 2, "the messages wait in its sockets")
	require.True(t, r.a.p.Resume(trace.NoEvent))
	r.until(1000)
	require.Len(t, r.a.log, 4)
	var woken []string
	for _, l := range r.a.log[1:] {
		at, what, _ := strings.Cut(l, " ")
		require.GreaterOrEqual(t, at, "600", "all of it runs after the wake-up")
		woken = append(woken, what)
	}
	require.ElementsMatch(t, []string{"message 1", "message 2", "timer 7"}, woken)
}

func TestATimerThatIsSnoozedInTheQueueDoesNotFire(t *testing.T) {
	r := newRig(machine(), false)
	r.send(r.n.Connect(), 1) // busy from 5 to 15
	r.a.p.Arm(Timer{Arg: 7}, 10)
	r.until(12)
	r.a.p.Arm(Timer{Arg: 7}, 100)
	r.until(1000)
	require.Equal(t, []string{"0 start", "15 message 1", "101 timer 7"}, r.a.log)
}

func TestAJobIsPutOffByAPause(t *testing.T) {
	r := newRig(machine(), false)
	r.send(r.n.Connect(), 1) // in service from 5 to 15
	r.until(8)
	r.a.p.Pause(trace.NoEvent)
	r.until(500)
	r.a.p.Resume(trace.NoEvent)
	r.until(1000)
	require.Equal(t, []string{"0 start", "607 message 1"}, r.a.log, "7 µs of service were left at the pause")
}

func TestTheBacklogIsReadInAnOrderOfItsOwn(t *testing.T) {
	orders := map[string]bool{}
	for seed := range uint64(20) {
		m := machine()
		m.Wake = sim.Table{10, 1000}
		r := newRig(m, false)
		r.a.p.waking = sim.New(seed).Stream("wake A")
		r.a.p.Pause(trace.NoEvent)
		for i := range 6 {
			r.send(r.n.Connect(), uint64(i))
		}
		r.until(500)
		r.a.p.Resume(trace.NoEvent)
		r.until(5000)
		order := ""
		for _, l := range r.a.log[1:] {
			order += l[len(l)-1:]
		}
		require.Len(t, order, 6)
		orders[order] = true
	}
	require.Greater(t, len(orders), 5, "not the sending order")
}

func TestACrashLosesAllAndRefusesConnections(t *testing.T) {
	r := newRig(machine(), false)
	c := r.n.Connect()
	r.send(c, 1)
	r.until(7) // read, not served
	r.a.p.Arm(Timer{Arg: 7}, 40)
	require.True(t, r.a.p.Crash(trace.NoEvent))
	require.False(t, r.a.p.Crash(trace.NoEvent))
	require.False(t, r.a.p.Resume(trace.NoEvent))
	r.until(100)
	require.Equal(t, []string{"0 start", "7 crash"}, r.a.log)
	require.Equal(t, []string{"0 start", "22 reset"}, r.z.log, "its kernel resets the connection")
	r.send(r.n.Connect(), 2)
	r.until(200)
	require.Len(t, r.z.log, 3, "and refuses new ones")
	require.True(t, r.a.p.Restart(trace.NoEvent))
	r.send(r.n.Connect(), 3)
	r.until(300)
	require.Equal(t, []string{"0 start", "7 crash", "200 start", "215 message 3"}, r.a.log)
}

func TestResetSocketsLoseTheBacklogAtTheResume(t *testing.T) {
	r := newRig(machine(), true)
	r.a.p.Pause(trace.NoEvent)
	r.send(r.n.Connect(), 1)
	r.until(100)
	r.a.p.Resume(trace.NoEvent)
	r.until(1000)
	require.Equal(t, []string{"0 start", "210 reset"}, r.a.log)
	require.Equal(t, []string{"0 start", "115 reset"}, r.z.log)
}

func TestASecondPauseVoidsTheWakeUp(t *testing.T) {
	r := newRig(machine(), false)
	r.a.p.Pause(trace.NoEvent)
	r.send(r.n.Connect(), 1)
	r.until(100)
	r.a.p.Resume(trace.NoEvent)
	r.until(150)
	r.a.p.Pause(trace.NoEvent)
	r.until(400)
	require.Equal(t, []string{"0 start"}, r.a.log)
	r.a.p.Resume(trace.NoEvent)
	r.until(1000)
	require.Equal(t, []string{"0 start", "510 message 1"}, r.a.log)
}
