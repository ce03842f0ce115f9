package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Times before 1970 bound what is shown like any others: the lines of the ticket have no year and stand as 0000.
func TestAPartOfYearZero(t *testing.T) {
	ticket := "../../scenes/recorded/kudu-3266-log/ticket.log"
	for _, c := range []struct{ flags, says string }{
		{"--until 0000-03-17T12:00:00Z", "shown is what lies before 0000-03-17 12:00:00"},
		{"--since 0000-03-17T12:00:00Z", "shown is what lies behind 0000-03-17 12:00:00"},
		{"--until 1970-01-01", "shown is what lies before 1970-01-01 00:00:00"},
		{"--since 1970-01-01", "nothing lies behind --since: what was read goes from 0000-"},
		{"--until 0000-01-01", "nothing lies before --until: what was read goes from 0000-"},
		{"--since 1970-01-01 --until 1970-01-01", "nothing lies between --since and --until: what was read goes from 0000-"},
	} {
		status, stdout, stderr := call(append([]string{"replay", ticket}, strings.Fields(c.flags)...)...)
		require.Equal(t, exitOK, status, stderr)
		require.Contains(t, stdout, c.says, c.flags)
	}
	status, _, stderr := call("replay", ticket, "--since", "0000-03-18", "--until", "0000-03-17")
	require.Equal(t, exitUsage, status)
	require.Contains(t, stderr, "--since lies behind --until")
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

// Output that is lost is no success.
func TestOutputThatCannotBeWritten(t *testing.T) {
	ticket := "../../scenes/recorded/kudu-3266-log/ticket.log"
	for _, args := range []string{"replay " + ticket, "replay --json " + ticket, "run kudu-3266", "scenes", "help"} {
		var stderr bytes.Buffer
		require.Equal(t, exitFail, Main(strings.Fields(args), strings.NewReader(""), full{}, &stderr), args)
		require.Equal(t, "tabletop: standard output: no space left on device\n", stderr.String(), args)
	}
}
