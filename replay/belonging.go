package replay

import (
	"cmp"
	"maps"
	"path"
	"slices"

	"tabletop/replay/history"
	"tabletop/replay/text"
)

// home is where a history belongs: to a cluster, and of those of its cluster to one of several accounts, numbered from 0.
type home struct{ cluster, history int }

// shelf is where histories lie: of a cluster, with the logs of a folder.
type shelf struct {
	cluster int
	folder  string
}

// settle finds where the histories belong.
func (c *casting) settle() {
	c.homes = make([]home, len(c.logs))
	folders := c.folders()
	shelves := make([]shelf, len(c.logs))
	told := map[shelf]text.Gap{} // of what time the histories on a shelf tell
	for i, l := range c.logs {
		if l.history == nil {
			continue
		}
		from, to, ok := l.history.Span()
		if !ok {
			continue
		}
		folder, clusters := beside(folders, l.path)
		at := shelf{c.closest(from, to, c.calledBy(l.history, clusters)), folder}
		shelves[i] = at
		if g, ok := told[at]; ok {
			from, to = min(from, g.From), max(to, g.To)
		}
		told[at] = text.Gap{From: from, To: to}
	}
	number := accounts(told)
	for i, at := range shelves {
		c.homes[i] = home{at.cluster, number[at]}
	}
}

// accounts numbers what the histories of each cluster tell of. A cluster that was set up anew under the same addresses is
// told from one that ran on by neither its nodes nor its keys. Where the logs lie apart, and the histories do in time, what
// one was told proves nothing of the other.
func accounts(told map[shelf]text.Gap) map[shelf]int {
	all := slices.SortedFunc(maps.Keys(told), func(a, b shelf) int {
		return cmp.Or(cmp.Compare(a.cluster, b.cluster), cmp.Compare(told[a].From, told[b].From), cmp.Compare(a.folder, b.folder))
	})
	number := map[shelf]int{}
	var ended int64 // the last of those of this cluster so far
	for i, at := range all {
		switch {
		case i == 0 || all[i-1].cluster != at.cluster:
			ended = told[at].To
		case told[at].From > ended:
			number[at] = number[all[i-1]] + 1
		default:
			number[at] = number[all[i-1]]
		}
		ended = max(ended, told[at].To)
	}
	return number
}

// folders returns for every folder of whose nodes there are logs in it or below: the clusters.
func (c *casting) folders() map[string][]int {
	all := map[string][]int{}
	for _, l := range c.logs {
		for _, id := range l.ids {
			n, ok := c.index[id]
			for dir := path.Dir(l.path); ok; dir = path.Dir(dir) {
				if cluster := c.players[n].cluster; !slices.Contains(all[dir], cluster) {
					all[dir] = append(all[dir], cluster)
				}
				ok = dir != path.Dir(dir)
			}
		}
	}
	return all
}

// beside returns the nearest folder upward from a file that holds logs, and the clusters that wrote them; where there is
// none, the file's own folder.
func beside(folders map[string][]int, file string) (folder string, clusters []int) {
	for folder = path.Dir(file); len(folders[folder]) == 0; folder = path.Dir(folder) {
		if folder == path.Dir(folder) {
			return path.Dir(file), nil
		}
	}
	return folder, slices.Sorted(slices.Values(folders[folder]))
}

// calledBy returns those of some clusters of which a history names most servers.
func (c *casting) calledBy(h *history.History, clusters []int) []int {
	if len(clusters) < 2 {
		return clusters
	}
	var servers []string
	for i := range h.Operations {
		servers = append(servers, h.Operations[i].Server)
	}
	for i := range h.Marks {
		servers = append(servers, h.Marks[i].Node)
	}
	slices.Sort(servers)
	servers = slices.Compact(servers)
	most := 0
	var best []int
	for _, cluster := range clusters {
		n := 0
		for _, s := range servers {
			if i, ok := c.named(s, cluster); ok {
				n += b2i(c.players[i].cluster == cluster)
			}
		}
		if n > most {
			most, best = n, nil
		}
		if n == most {
			best = append(best, cluster)
		}
	}
	return best
}

// closest returns the one of some clusters whose lines overlap most with a history in time, or are the nearest to it.
func (c *casting) closest(from, to int64, clusters []int) int {
	if len(clusters) == 0 {
		return 0
	}
	ran := map[int]text.Gap{}
	for i := range c.players {
		p := &c.players[i]
		if !p.spoken {
			continue
		}
		s, ok := ran[p.cluster]
		if !ok {
			s = text.Gap{From: p.first, To: p.last}
		}
		ran[p.cluster] = text.Gap{From: min(s.From, p.first), To: max(s.To, p.last)}
	}
	best, most, found := clusters[0], int64(0), false
	for _, cluster := range clusters {
		s, ok := ran[cluster]
		if shared := min(s.To, to) - max(s.From, from); ok && (!found || shared > most) {
			best, most, found = cluster, shared, true
		}
	}
	return best
}

// onceOnly leaves out of histories what stands in another one of the same home, and what stands twice in one if that
// cannot have been two calls: of one client, or at the same microseconds.
func (c *casting) onceOnly() {
	type told struct {
		home
		history.Operation
	}
	type noted struct {
		home
		history.Mark
	}
	operations, marks := map[told]int{}, map[noted]int{} // 1 + the log that has it
	for i, l := range c.logs {
		if l.history == nil {
			continue
		}
		h := *l.history
		h.Operations = slices.DeleteFunc(h.Operations, func(o history.Operation) bool {
			o.Line, o.Offset = 0, 0
			k := told{c.homes[i], o}
			was := operations[k]
			if was == 0 {
				operations[k] = i + 1
			}
			return was > 0 && (was != i+1 || o.Client != "" || o.Exact())
		})
		h.Marks = slices.DeleteFunc(h.Marks, func(k history.Mark) bool {
			k.Line, k.Offset = 0, 0
			n := noted{c.homes[i], k}
			was := marks[n]
			marks[n] = i + 1
			return was > 0 && k.Timed
		})
		l.repeated = len(l.history.Operations) + len(l.history.Marks) - len(h.Operations) - len(h.Marks)
		l.history = &h
	}
}
