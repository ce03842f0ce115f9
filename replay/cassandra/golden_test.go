package cassandra

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"
)

// The files in testdata/logs are cuts of logs that were recorded for this project.
func TestGolden(t *testing.T) {
	datadriven.Walk(t, filepath.Join("testdata", "golden"), func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			input := []byte(d.Input + "\n")
			switch d.Cmd {
			case "parse":
			case "escaped": // one Go string a line
				var b strings.Builder
				for _, line := range strings.Split(d.Input, "\n") {
					s, err := strconv.Unquote(`"` + line + `"`)
					require.NoError(t, err, line)
					b.WriteString(s + "\n")
				}
				input = []byte(b.String())
			case "file":
				var name string
				d.ScanArgs(t, "name", &name)
				b, err := os.ReadFile(filepath.Join("testdata", "logs", name))
				require.NoError(t, err)
				input = b
			default:
				d.Fatalf(t, "unknown command %s", d.Cmd)
			}
			s := parse(input)
			return fmt.Sprintf("%d lines, %d headers, %d cut, %d writers\n%s", s.Lines, s.Headers, s.Cut, len(s.Writers),
				shown(s.Statements))
		})
	})
}
