package cassandra

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/replay/text"
)

func BenchmarkParse(b *testing.B) {
	for name, log := range recorded(b) {
		switch name {
		case "cassandra/run1-lwt/n1/debug.log", "cassandra/run1-lwt/n2/system.log",
			"cassandra/run2-trace/n1/debug.log":
			b.Run(name, func(b *testing.B) { measure(b, log) })
		}
	}
}

func measure(b *testing.B, log []byte) {
	log = bytes.Repeat(log, 1+8<<20/len(log))
	b.SetBytes(int64(len(log)))
	b.ReportAllocs()
	for b.Loop() {
		parse(log)
	}
}

// BenchmarkNewlines is what finding the ends of the lines alone costs.
func BenchmarkNewlines(b *testing.B) {
	for name, log := range recorded(b) {
		if name != "cassandra/run1-lwt/n1/debug.log" {
			continue
		}
		log = bytes.Repeat(log, 1+8<<20/len(log))
		b.SetBytes(int64(len(log)))
		for b.Loop() {
			for s := text.NewScanner(text.Region{Bytes: log, Own: len(log)}); s.Next(); {
			}
		}
	}
}

// Lines that say nothing cost no memory of their own: what is allocated grows with the sink's keys alone.
func TestSilentLinesAllocateNothing(t *testing.T) {
	line, err := os.ReadFile(filepath.Join("testdata", "logs", "run1-n3-pause.log"))
	require.NoError(t, err)
	line = line[bytes.Index(line, []byte("WARN  [GossipTasks:1]")):]
	silent := []byte("DEBUG [main] 2026-11-21 05:18:33,669 DiskBoundaryManager.java:54 - Refreshing disk boundary cache for x\n")
	for _, log := range [][]byte{bytes.Repeat(silent, 10_000), append(bytes.Repeat(silent, 10_000), line...)} {
		allocs := testing.AllocsPerRun(3, func() { parse(log) })
		require.Less(t, allocs, 500.0)
	}
}
