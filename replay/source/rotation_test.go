package source_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabletop/replay/source"
)

func TestSets(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"glog", "m1/k.vm.root.log.INFO.20261121-052804.25646 m1/k.vm.root.log.INFO.20261121-052753.25156 " +
			"m1/k.vm.root.log.WARNING.20261121-052753.25156 m2/k.vm.root.log.INFO.20261121-052753.1",
			"1 0|2|3"},
		{"glog, packed, by process", "k.log.INFO.20261121-052804.99.gz k.log.INFO.20261121-052804.100.gz", "0 1"},
		{"odd glog", "NING..vm.root.log.INFO.20261121-052834.26826 NING..vm.root.log.INFO.20261121-052804.25527", "1 0"},
		{"logback", "system.log system.log.1 system.log.10 system.log.2.gz debug.log debug.log.3.gz", "2 3 1 0|5 4"},
		{"logback by day", "system.log system.log.2024-01-02.0.zip system.log.2024-01-01.1.zip system.log.2024-01-01.0.zip", "3 2 1 0"},
		{"logback, in zips", "n1/system.log n1/system.log.2024-01-02.0.zip/system.log.2024-01-02.0 " +
			"n1/system.log.2024-01-01.0.zip/system.log.2024-01-01.0", "2 1 0"},
		{"kubernetes", "0.log 0.log.20210101-120000.gz 0.log.20210101-110000.gz 1.log", "2 1 0|3"},
		{"logrotate", "x.log x.log.1.gz x.log.2.gz y.log y.log-20240101 y.log-20231231.gz", "2 1 0|5 4 3"},
		{"dashed date", "x.log-2024-01-01 x.log-2023-01-01 x.log", "1 0 2"},
		{"lumberjack", "e.log e-2026-11-21T19-33-34.878.log e-2026-11-21T19-33-32.522.log.gz f f-2026-11-21T19-33-32.522 " +
			"e-2026-11-21T19-63-32.522.log", "2 1 0|4 3|5"},
		{"strangers", "10.0.0.1 10.0.0.2 10.101.35.102.system.log 10.101.35.71.system.log n1 n2 m1.log.json .log.1 1 2024-01-01 2024-01-02",
			"0|1|2|3|4|5|6|7|8|9|10"},
		{"no dates", "x.log.20249999 x.log.1.2.3 x.log.99999999999999999999 x.log.-1", "0|1|2|3"},
		{"none", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var entries []source.Entry
			for _, p := range strings.Fields(c.in) {
				entries = append(entries, source.Entry{Path: p})
			}
			var got []string
			for _, set := range source.Sets(entries) {
				var one []string
				for _, i := range set {
					one = append(one, strconv.Itoa(i))
				}
				got = append(got, strings.Join(one, " "))
			}
			assert.Equal(t, c.want, strings.Join(got, "|"))
		})
	}
}

func TestStamp(t *testing.T) {
	year, at, ok := source.Stamp("m1/kudu-master.vm.root.log.INFO.20261121-050417.15326")
	assert.True(t, ok)
	assert.Equal(t, 2026, year)
	assert.Equal(t, time.Date(2026, 11, 21, 5, 4, 17, 0, time.UTC).UnixMicro(), at)
	for _, name := range []string{
		"", ".", "system.log", "x.20261321-050417.1", "x.20260229-050417.1", "x.20261121-250417.1", "x.20261121_050417.1",
		"20261121-050417/x", "x.00000000-000000.1",
	} {
		_, _, ok := source.Stamp(name)
		assert.False(t, ok, name)
	}
}

func TestProcess(t *testing.T) {
	for name, want := range map[string]int{
		"kudu-master.vm.root.log.INFO.20261121-050551.16730":       16730,
		"m1/kudu-master.vm.root.log.WARNING.20261121-050551.16730": 16730,
		"kudu-master.vm.root.log.INFO.20261121-050551.16730.gz":    16730,
		"a.tgz/kudu-tserver.h.u.log.FATAL.20261121-050551.7":       7,
		"kudu-master.INFO": 0, "debug.log.3": 0, "system.log.2024-01-01.0.zip": 0, "x.log-20240101": 0, "0.log.20210101-000000.gz": 0, "": 0,
	} {
		require.Equal(t, want, source.Process(name), name)
	}
}
