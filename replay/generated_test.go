package replay_test

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"tabletop/replay"
	"tabletop/replay/kudu/glogtext"
	"tabletop/replay/source"
)

// generated returns the logs of three masters as files in memory, and the truth about them.
func generated(t testing.TB, o glogtext.Options) (*glogtext.Cluster, []source.File) {
	t.Helper()
	c := glogtext.New(o)
	var all []source.File
	for _, f := range c.Files() {
		var b bytes.Buffer
		_, err := f.WriteTo(&b)
		require.NoError(t, err)
		all = append(all, source.File{Name: f.Name, Size: int64(b.Len()), ReaderAt: bytes.NewReader(b.Bytes())})
	}
	return c, all
}

// wrong are clocks that are as far apart as those of machines without NTP.
func wrong() [glogtext.Masters]glogtext.Clock {
	return [glogtext.Masters]glogtext.Clock{{}, {OffsetUS: 850_100, DriftPPM: 25}, {OffsetUS: -41_000, DriftPPM: -40}}
}

// What was planted in generated logs is found: who was elected when, and by how much the clocks were wrong, with a bound
// that is true. Regions of any size and any number of workers find the same.
func TestPlantedElectionsAndClocksAreFound(t *testing.T) {
	for seed := range uint64(4) {
		o := glogtext.Options{Seed: seed, Bytes: 2 << 20, Elections: 20, Files: 3, Clocks: wrong()}
		c, files := generated(t, o)
		m, err := replay.Read(files, options())
		require.NoError(t, err)
		led := m.Report.Leaders
		require.Len(t, led, len(c.Elections))
		bound := 0.0
		for _, n := range m.Report.Nodes {
			if n.Kind == "master" {
				require.NotNil(t, n.BoundUS)
				bound = max(bound, *n.BoundUS)
			}
		}
		require.Less(t, bound, 1000.0)
		shift := int64(math.MaxInt64) // of the reference, which may be any of the clocks
		for i, e := range c.Elections {
			require.Equal(t, c.IDs[e.Winner], led[i].Node)
			require.Equal(t, e.Term, led[i].Term)
			off := when(t, led[i].From).UnixMicro() - e.At
			if shift == math.MaxInt64 {
				shift = off
			}
			drift := 40 * time.Duration(e.At-c.Begin) / 1e6 // of the reference
			require.InDelta(t, shift, off, 2*bound+float64(drift)+2, "election %d of seed %d", i, seed)
		}
		require.Empty(t, m.Report.Pauses)
		require.Empty(t, m.Report.Restarts)
		requireClocks(t, m.Report, c, o.Clocks)

		small := options()
		small.RegionSize, small.Workers = 100_000, 3
		again, err := replay.Read(files, small)
		require.NoError(t, err)
		require.Equal(t, m.Report, again.Report)
	}
}

// requireClocks compares the differences of clocks with the planted ones: which clock is the reference is a matter of taste.
func requireClocks(t *testing.T, r replay.Report, c *glogtext.Cluster, planted [glogtext.Masters]glogtext.Clock) {
	t.Helper()
	found := map[string]replay.NodeReport{}
	for _, n := range r.Nodes {
		found[n.ID] = n
	}
	a := found[c.IDs[0]]
	for i := 1; i < glogtext.Masters; i++ {
		b := found[c.IDs[i]]
		require.NotNil(t, a.OffsetUS)
		require.NotNil(t, b.OffsetUS)
		bound := *a.BoundUS + *b.BoundUS
		require.InDelta(t, planted[i].OffsetUS-planted[0].OffsetUS, *b.OffsetUS-*a.OffsetUS, bound)
		span := float64(c.End-c.Begin) / 1e6
		require.InDelta(t, planted[i].DriftPPM-planted[0].DriftPPM, *b.DriftPPM-*a.DriftPPM, 2*bound/span)
	}
}
