package main

import (
	"runtime"
	"strconv"
	"time"

	"tabletop/engine"
	"tabletop/engine/raftnode"
	"tabletop/engine/trace"
)

// benchCatalog measures the simulator with a whole catalog: 3 masters, 20 tablet servers and 200 tablets of three replicas
// each. Nearly all that happens there is heartbeats.
func benchCatalog(b *bencher) ([]figure, error) {
	const budget, memory = 50, 150
	seconds, rounds := b.size(15, 1), b.size(12, 1)
	b.say("catalog: %d simulated seconds of 3 masters, 20 servers and 200 tablets, %d times", seconds, rounds)
	var m catalogCost
	var err error
	alone(func() { m, err = measureCatalog(seconds, rounds) })
	if err != nil {
		return nil, err
	}
	return []figure{
		measured("catalog", 1/m.second.Seconds(), "×", "real time, by processor time: 3 masters, 20 servers and 200 tablets of three replicas, %s "+
			"trace events a second; an event takes %s times what raft alone takes for a message",
			readable(m.events), readable(m.ratio())).least(budget),
		measured("catalog-memory", m.bytes, "B/event", "of heap that the cluster and its trace of %s events hold; 150 MB for a million",
			readable(m.recorded)).most(memory),
	}, nil
}

// catalogCost is what a cluster with a whole catalog takes, beside raft with nothing around it.
type catalogCost struct {
	second, message time.Duration // of a processor: for a simulated second, and for a message of the bare loop
	events          float64       // in a second
	recorded, bytes float64       // events in all, and heap for each
}

// ratio is how many messages of raft alone take as long as an event.
func (m catalogCost) ratio() float64 { return m.second.Seconds() / m.events / m.message.Seconds() }

func measureCatalog(seconds, rounds int) (m catalogCost, err error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c, err := benchCluster()
	if err != nil {
		return m, err
	}
	had, messages := c.Record().Len(), 0
	took := cheapest(rounds, func() { pass(c, seconds) }, func() {
		messages = raftnode.Bare(raftnode.Work{Messages: 5000 * seconds, Elections: 1})
	})
	m.second, m.message = took[0]/time.Duration(seconds), took[1]/time.Duration(messages)
	m.recorded = float64(c.Record().Len())
	m.events = (m.recorded - float64(had)) / float64(seconds*rounds)
	runtime.GC()
	runtime.ReadMemStats(&after)
	m.bytes = float64(int64(after.HeapAlloc)-int64(before.HeapAlloc)) / m.recorded
	runtime.KeepAlive(c)
	return m, nil
}

// benchCluster returns a cluster whose tables have all their tablets, and of which nobody wants anything.
func benchCluster() (*engine.Cluster, error) {
	config := engine.Config{System: "kudu", Masters: []string{"A", "B", "C"}, Clients: []string{"client"},
		Header: trace.Header{Seed: 5}, Settings: engine.Settings{{Key: "machine", Value: "idle"}}}
	for i := range 20 {
		config.Servers = append(config.Servers, "t"+strconv.Itoa(i+1))
	}
	c, err := engine.New(config)
	if err != nil {
		return nil, err
	}
	pass(c, 4)
	for i := range 10 {
		create := engine.Command{Verb: "create-table", Args: []string{"t" + strconv.Itoa(i), "hash=20", "replicas=3"}}
		if err := c.Do(create); err != nil {
			return nil, err
		}
		pass(c, 3)
	}
	return c, nil
}

// pass lets simulated seconds pass.
func pass(c *engine.Cluster, seconds int) {
	for end := c.Now() + trace.Time(seconds)*1_000_000; c.Now() < end && c.Step(); {
		continue
	}
}
