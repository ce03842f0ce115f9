package source_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"tabletop/replay/source"
)

// small limits keep the fuzzers quick.
func small(keep int64) source.Limits {
	return source.Limits{Entries: 50, EntryBytes: 1 << 20, TotalBytes: 1 << 22, Ratio: 20, FreeBytes: 1 << 18, KeepEntry: keep}
}

// check opens something and reads all that is in it, as memory and as streams.
func check(t *testing.T, b []byte) {
	for _, keep := range []int64{1 << 20, 1} {
		entries, skipped := open(small(keep), file("x", b))
		if len(b) > 0 {
			require.NotZero(t, len(entries)+len(skipped)+1)
		}
		require.LessOrEqual(t, len(entries), 50)
		seen := map[string]bool{}
		for i := range entries {
			e := &entries[i]
			require.False(t, seen[e.Path], e.Path)
			seen[e.Path] = true
			n := int64(0)
			for p, err := range e.Regions(1 << 16) {
				if err != nil {
					break
				}
				require.Positive(t, p.Own)
				require.GreaterOrEqual(t, p.Offset, n)
				n = p.Offset + int64(p.Own)
			}
			if e.Size >= 0 {
				require.LessOrEqual(t, n, e.Size)
			}
			_, _ = e.ReadAt(make([]byte, 10), 3)
		}
		for _, s := range skipped {
			require.NotEmpty(t, s.Reason)
		}
		source.Sets(entries)
	}
}

func items() []item {
	return []item{{"a.log", log(20)}, {"b/c.log", []byte("one\ntwo")}, {"d.gz", gz(log(3))}}
}

func FuzzTar(f *testing.F) {
	f.Add(tarred(items()...))
	f.Add(tarred(item{string(make([]byte, 300)), nil}, item{"é/" + string(log(3)), log(3)}))
	f.Fuzz(func(t *testing.T, b []byte) {
		check(t, b)
		if len(b) < 1<<16 {
			check(t, gz(b))
		}
	})
}

func FuzzZip(f *testing.F) {
	for _, method := range []uint16{0, 8, 93} {
		b := zipped(method, items()...)
		f.Add(b)
		f.Add(b[:len(b)-100])
	}
	f.Add(sized(log(10)))
	f.Add(overlapping(3))
	f.Fuzz(check)
}

func FuzzGzip(f *testing.F) {
	f.Add(gz(log(20)))
	f.Add(append(gz(log(20)), gz(tarred(items()...))...))
	f.Fuzz(check)
}

func FuzzZstd(f *testing.F) {
	f.Add(zst(log(20)))
	f.Add(append(zst(log(20)), zst(tarred(items()...))...))
	f.Fuzz(check)
}

func FuzzText(f *testing.F) {
	f.Add("\xff\xfea\x00\n\x00\x3d\xd8", 3)
	f.Add("\xef\xbb\xbfa\r\nb", 1)
	f.Add("one\n\ntwo\nthree", 5)
	f.Fuzz(func(t *testing.T, s string, size int) {
		entries, _ := open(source.Limits{}, file("x", []byte(s)))
		packed, _ := open(source.Limits{KeepEntry: 1}, file("x", gz([]byte(s))))
		if len(entries) == 0 || len(packed) == 0 || size < 1 || len(s)/size > 1000 || size > 1<<20 {
			return
		}
		want := split(content(t, entries[0]))
		require.Equal(t, want, inOrder(t, &entries[0], size))
		require.Equal(t, want, apart(t, &entries[0], size))
		require.Equal(t, want, inOrder(t, &packed[0], size))
	})
}

func FuzzNames(f *testing.F) {
	f.Add("system.log.2024-01-01.0.zip/system.log.2024-01-01.0")
	f.Add("k.vm.root.log.INFO.20261121-052804.25646")
	f.Fuzz(func(t *testing.T, name string) {
		source.Stamp(name)
		require.Len(t, source.Sets([]source.Entry{{Path: name}, {Path: name}}), 1)
	})
}
