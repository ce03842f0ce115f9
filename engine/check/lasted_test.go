package check

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLasted(t *testing.T) {
	for _, c := range []struct {
		lasted
		says string
	}{
		{lasted{by: 2_574_000, known: true}, "for 2.57 s"},
		{lasted{by: 2_574_000, off: 5_000, known: true}, "for 2.57 s"}, // half of the last digit
		{lasted{by: 2_574_000, off: 5_001, known: true}, "for about 2.57 s"},
		{lasted{by: 255, off: 1, known: true}, "for about 255 µs"},
		{lasted{by: 2_576_000, known: true, least: true}, "for at least 2.57 s"},
		{lasted{by: 2_576_000, off: 20_000, known: true, least: true}, "for at least 2.55 s"},
		{lasted{by: 1_960, known: true, least: true}, "for at least 1.9 ms"},
		{lasted{by: 255, known: true, least: true}, "for at least 255 µs"},
		{lasted{by: 68_722, known: true, least: true}, "for at least 68.7 ms"},
		{lasted{by: 68_799, known: true, least: true}, "for at least 68.7 ms"},
		{lasted{by: 33_000, known: true, least: true}, "for at least 33 ms"},
		{lasted{by: 100_900, known: true, least: true}, "for at least 100 ms"},
		{lasted{by: 255, off: 20_000, known: true}, "for 255 µs by clocks that may be off by 20 ms"},
		{lasted{by: 68_000}, "for 68 ms"},
		{lasted{by: 1, known: true, least: true}, "for a moment at least"}, // one line shows it
		{lasted{by: 255, off: 254, known: true, least: true}, "for a moment at least"},
	} {
		require.Equal(t, c.says, c.String())
		require.Equal(t, c.off >= c.by, c.verb("was", "may have been") == "may have been")
		require.Equal(t, !c.known, c.proviso() != "")
	}
}
