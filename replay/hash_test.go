package replay_test

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"tabletop/engine/trace"
)

// TestHashesOfTheRecordings keeps what the recordings become, event by event: whoever makes the import faster must leave
// it so. -rewrite records a change that is meant.
func TestHashesOfTheRecordings(t *testing.T) {
	datadriven.RunTest(t, "testdata/hashes", func(t *testing.T, d *datadriven.TestData) string {
		m := importAll(t, d.Cmd, nil)
		require.Equal(t, m.Report.TraceHash, trace.Hash(m.Trace))
		return fmt.Sprintf("%s %d events\n", m.Report.TraceHash, m.Report.Events)
	})
}
