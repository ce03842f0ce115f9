package replay

import (
	"slices"
	"strings"

	"tabletop/replay/text"
)

// hearsay gives Kudu's nodes that do not say where they listen the address at which others last called them. It makes
// nobody the same node: a text may hold two clusters on one machine.
func (c *casting) hearsay() {
	if !slices.ContainsFunc(c.players, func(p player) bool { return p.address == "" }) {
		return
	}
	for _, l := range c.logs {
		if l.dialect == nil || l.dialect.ID() != "kudu-glog" {
			continue
		}
		for k := range l.statements {
			st := &l.statements[k]
			c.reached(st.Peer, st.PeerAddress)
			if st.Kind == text.Members || st.Kind == text.AsksVotes {
				for pair := range strings.FieldsSeq(st.Text) {
					id, address, _ := strings.Cut(pair, "=")
					c.reached(id, address)
				}
			}
		}
	}
}

func (c *casting) reached(id, address string) {
	if i, ok := c.index[id]; ok && address != "" && c.home[id] == "" {
		c.players[i].address = address
	}
}
