package cassandra

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabletop/replay/text"
)

// bare drops what the twin does not compute.
func bare(all []text.Statement) []text.Statement {
	var out []text.Statement
	for _, st := range all {
		st.Key, st.Writer = 0, 0
		out = append(out, st)
	}
	return out
}

func TestTwinAgreesOnEveryCapture(t *testing.T) {
	slow := newTwin()
	for name, b := range recorded(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fast := parse(b)
			want, headers := slow.read(b)
			assert.Equal(t, headers, fast.Headers)
			require.Equal(t, shown(want), shown(fast.Statements))
			require.Equal(t, want, bare(fast.Statements))
		})
	}
}
