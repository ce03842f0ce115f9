package replay

import (
	"cmp"
	"slices"
)

// reading is a call for a vote as it was read: what lies between sent and read, either its way took or its reader slept.
type reading struct {
	sent, read int64
	since      int64 // when its sender stood for that term first: what it read may be that call
	heard      bool  // others got the same call at once: its sender was not cut off
}

// late is how long a call lay before it was read.
func (r reading) late() int64 { return r.read - r.sent }

// atOnce is within which time a call is read by a node that is awake, on a machine that is busy.
const atOnce = 250_000

// never is when a call was read of which no line says that it was.
const never int64 = 1 << 62

// readings returns for each node the calls for its vote, in the order in which it read them. Facts are in the order
// of time.
func readings(facts []fact, contests []contest, c *cast) [][]reading {
	all := make([][]reading, len(c.players))
	since := map[candidacy]int64{}
	for _, k := range contests {
		sent, name := facts[k.start].at, candidacy{k.node, k.group, k.term, k.pre}
		if at, ok := since[name]; !ok || sent-at > stormFor {
			since[name] = sent
		}
		prompt := 0
		for i := range k.voters {
			prompt += b2i(k.voters[i].reached(facts, sent+atOnce))
		}
		for i := range k.voters {
			v := &k.voters[i]
			others := prompt - b2i(v.reached(facts, sent+atOnce))
			r := reading{sent: sent, read: never, since: since[name], heard: others > 0}
			if v.received >= 0 {
				r.read = facts[v.received].at
			}
			all[v.to] = append(all[v.to], r)
		}
	}
	for n := range all {
		slices.SortStableFunc(all[n], func(a, b reading) int { return cmp.Compare(a.read, b.read) })
	}
	return all
}

// reached reports whether a call is known to have been read before a moment.
func (v *message) reached(facts []fact, before int64) bool {
	for _, i := range [...]int{v.received, v.answered} {
		if i >= 0 && facts[i].at < before {
			return true
		}
	}
	return v.heard >= 0 && v.granted && facts[v.heard].at < before
}

// readFrom returns the readings of a list, by the time of reading, from one moment to another.
func readFrom(all []reading, from, to int64) []reading {
	lo, _ := slices.BinarySearchFunc(all, from, func(r reading, at int64) int { return cmp.Compare(r.read, at) })
	hi, _ := slices.BinarySearchFunc(all, to+1, func(r reading, at int64) int { return cmp.Compare(r.read, at) })
	return all[lo:max(lo, hi)]
}
