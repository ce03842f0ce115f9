package replay_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestHashesOfTheRecordedScenes keeps what the logs in the program become. The same holds on other machines: cmd/tabletop
// runs this test as a 32-bit build and under node, too.
func TestHashesOfTheRecordedScenes(t *testing.T) {
	datadriven.RunTest(t, "testdata/recorded", func(t *testing.T, d *datadriven.TestData) string {
		m := read(t, capturedBelow(t, filepath.Join("..", "scenes", "recorded", d.Cmd)), options())
		return fmt.Sprintf("%s %d events\n", m.Report.TraceHash, m.Report.Events)
	})
}
