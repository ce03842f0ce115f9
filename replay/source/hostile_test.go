package source_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabletop/replay/source"
	"tabletop/replay/source/unpack"
)

// bomb unpacks to n times 16 MiB of lines and is a thousandth of it.
func bomb(n int) []byte {
	return bytes.Repeat(gz(bytes.Repeat([]byte("aaaaaaa\n"), 2<<20)), n)
}

// allocated returns how many bytes a function allocates in all.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A gigabyte in a megabyte is cut where the ratio says, and costs no more memory than is kept.
func TestBomb(t *testing.T) {
	b := bomb(64)
	var entries []source.Entry
	var skipped []source.Skipped
	n := allocated(func() { entries, skipped = open(source.Limits{Ratio: 10, FreeBytes: 1 << 20}, file("b.gz", b)) })
	require.Len(t, entries, 1)
	want := 10*int64(len(b)) + 1<<20
	assert.Equal(t, want, entries[0].Size)
	assert.Equal(t, fmt.Sprintf("b.gz: after %d bytes: its file unpacks to more than 10 times its size, the limit", want),
		skipped[0].Error())
	assert.Less(t, n, uint64(5*want))

	n = allocated(func() { entries, skipped = open(source.Limits{Ratio: 100, KeepEntry: 1 << 20}, file("b.gz", b)) })
	assert.Empty(t, skipped)
	assert.Less(t, n, uint64(8<<20))
	read, last := int64(0), error(nil)
	n = allocated(func() {
		for p, err := range entries[0].Regions(1 << 20) {
			read, last = read+int64(p.Own), err
		}
	})
	want = 100*int64(len(b)) + 16<<20
	assert.Equal(t, want, read)
	assert.EqualError(t, last, fmt.Sprintf("b.gz: after %d bytes: it unpacks to more than %d bytes, the limit for it", want, want))
	assert.Less(t, n, uint64(8<<20))
}

// A bomb in a bomb, and one whose members are the same bytes, are measured by the file that they lie in.
func TestBombsInside(t *testing.T) {
	inner := bomb(4)
	l := source.Limits{Ratio: 20, FreeBytes: 1 << 20}
	for name, b := range map[string][]byte{
		"gz in gz": gz(inner), "tar.gz": gz(tarred(item{"a", inner}, item{"b", inner})), "overlapping": overlapping(200),
	} {
		t.Run(name, func(t *testing.T) {
			entries, skipped := open(l, file("x", b))
			total := int64(0)
			for _, e := range entries {
				require.GreaterOrEqual(t, e.Size, int64(0))
				total += e.Size
			}
			assert.LessOrEqual(t, total, 20*int64(len(b))+1<<20)
			assert.NotEmpty(t, skipped)
			assert.Contains(t, skipped[len(skipped)-1].Error(), "its file unpacks to more than 20 times its size, the limit")
		})
	}
	entries, skipped := open(source.Limits{TotalBytes: 20 << 20}, file("a", bomb(1)), file("b", bomb(1)))
	assert.EqualValues(t, 20<<20, entries[0].Size+entries[1].Size)
	assert.Contains(t, skipped[0].Error(), "all files unpack to more than 20971520 bytes, the limit")
	entries, skipped = open(source.Limits{EntryBytes: 16 << 20}, file("at", bomb(1)), file("over", bomb(2)))
	assert.EqualValues(t, 16<<20, entries[1].Size)
	assert.Equal(t, "over: after 16777216 bytes: it unpacks to more than 16777216 bytes, the limit for one entry",
		skipped[0].Error())
	assert.Len(t, skipped, 1)
}

// overlapping is a zip whose members are all the same bytes.
func overlapping(n int) []byte {
	b := zipped(8, item{"a", bytes.Repeat([]byte("aaaaaaa\n"), 1<<17)})
	start := bytes.Index(b, []byte("PK\x01\x02"))
	end := bytes.Index(b, []byte("PK\x05\x06"))
	out := append([]byte(nil), b[:start]...)
	out = append(out, bytes.Repeat(b[start:end], n)...)
	last := append([]byte(nil), b[end:]...)
	binary.LittleEndian.PutUint16(last[8:], uint16(n))
	binary.LittleEndian.PutUint16(last[10:], uint16(n))
	binary.LittleEndian.PutUint32(last[12:], uint32(n*(end-start)))
	return append(out, last...)
}

func TestTooMany(t *testing.T) {
	items := make([]item, 3000)
	for i := range items {
		items[i] = item{fmt.Sprintf("d%04d/", i), nil}
		if i%2 == 0 {
			items[i] = item{fmt.Sprintf("f%04d", i), []byte("x\n")}
		}
	}
	for kind, b := range map[string][]byte{"tar": tarred(items...), "zip": zipped(0, items...), "tgz": gz(tarred(items...))} {
		entries, skipped := open(source.Limits{Entries: 1000}, file("a", b), file("b", log(1)), file("c", log(1)))
		assert.Len(t, entries, 500, kind)
		assert.Equal(t, "! a: the rest of it: more than 1000 files and members\n"+
			"! b: and 1 files behind it: more than 1000 files and members\n", report(t, nil, skipped), kind)
	}
}

func TestTooDeep(t *testing.T) {
	b := log(10)
	for range 7 {
		b = gz(b)
	}
	entries, skipped := open(source.Limits{}, file("x", b))
	assert.Empty(t, entries)
	assert.Equal(t, "! x: a gzip in 6 others, which is the limit\n", report(t, nil, skipped))
	entries, _ = open(source.Limits{Depth: 7}, file("x", b))
	assert.Equal(t, string(log(10)), content(t, entries[0]))
}

// Whatever of an archive is there is read, and what is missing is said.
func TestCutAnywhere(t *testing.T) {
	body := log(300)
	items := []item{{"a", body}, {"b", body[:5000]}}
	for name, b := range map[string][]byte{
		"gzip": gz(body), "zstd": zst(body), "tar": tarred(items...), "tar.gz": gz(tarred(items...)),
		"zip": zipped(8, items...), "zip stored": zipped(0, items...), "zip with sizes": sized(body),
	} {
		t.Run(name, func(t *testing.T) {
			for _, keep := range []int64{0, 1} {
				end := len(b)
				if name == "tar" {
					end -= 512 // one of the two blocks at the end is enough
				}
				for n := 40; n < end; n += 1 + len(b)/40 {
					entries, skipped := open(source.Limits{KeepEntry: keep}, file("x", b[:n:n]))
					for _, e := range entries {
						c := strings.TrimRight(content(t, e), "PK\a") // a mark that was cut
						// The first letters of a tar look like text.
						require.True(t, strings.HasPrefix(string(body), c) || len(c) < 10, "%d of %d: %.100q", n, len(b), c)
						if last := e.Regions(0); e.Size < 0 {
							for _, err := range last {
								if err != nil {
									skipped = append(skipped, source.Skipped{Reason: err.Error()})
								}
							}
						}
					}
					require.NotEmpty(t, skipped, "%d of %d", n, len(b))
					if n > len(b)/2 && name != "zstd" {
						require.NotEmpty(t, entries, "%d of %d", n, len(b))
					}
				}
			}
		})
	}
}

// sized is a zip whose members' own headers have their sizes, as most programs write them.
func sized(body []byte) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, name := range []string{"a", "b"} {
		m, _ := w.CreateRaw(&zip.FileHeader{
			Name: name, Method: 0, CRC32: crc32.ChecksumIEEE(body), CompressedSize64: uint64(len(body)),
			UncompressedSize64: uint64(len(body)),
		})
		_, _ = m.Write(body)
	}
	_ = w.Close()
	return out.Bytes()
}

func TestZipWithoutDirectory(t *testing.T) {
	body := log(300)
	for _, b := range [][]byte{zipped(8, item{"a", body}, item{"b", body}), zipped(0, item{"a", body}, item{"b", body}), sized(body)} {
		entries, skipped := open(source.Limits{}, file("z", b[:bytes.Index(b, []byte("PK\x01\x02"))]))
		require.Len(t, entries, 2)
		assert.Len(t, skipped, 1)
		assert.Contains(t, skipped[0].Error(), "the zip was cut: expected a directory at its end")
		for _, e := range entries {
			assert.Equal(t, string(body), content(t, e))
		}
	}
}

func TestDamaged(t *testing.T) {
	body := log(300)
	flip := func(b []byte, at int) []byte {
		b = append([]byte(nil), b...)
		b[at] ^= 0x40
		return b
	}
	z, g := zipped(8, item{"a", body}), gz(body)
	tarBytes := tarred(item{"a", body}, item{"b", body})
	second := 512 + (len(body)+511)/512*512
	for _, c := range []struct {
		name, want string
		b          []byte
	}{
		{"checksum", "invalid checksum", flip(g, len(g)-6)},
		{"zip checksum", "x/a: after 2", flip(z, bytes.Index(z, []byte("PK\x01\x02"))+17)},
		{"zip header", "expected the header of a zip's member, not", flip(z, 1)[0:]},
		{"tar header", fmt.Sprintf("byte %d: expected a tar header, its checksum is wrong", second), flip(tarBytes, second+5)},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := c.b
			if c.name == "zip header" {
				b = append([]byte("PK\x05\x06"), b...)
			}
			_, skipped := open(source.Limits{}, file("x", b))
			require.NotEmpty(t, skipped)
			assert.Contains(t, report(t, nil, skipped), c.want)
		})
	}
}

// A header may claim what it likes: what is not there is not allocated.
func TestClaims(t *testing.T) {
	huge := tarred(item{"a", []byte("one\n")})
	copy(huge[124:136], "77777777777\x00")
	sum := 0
	copy(huge[148:156], "        ")
	for _, c := range huge[:512] {
		sum += int(c)
	}
	copy(huge[148:156], fmt.Sprintf("%06o\x00 ", sum))
	z := zipped(8, item{"a", []byte("one\n")})
	central := bytes.Index(z, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(z[central+20:], 0xfffffff0)
	binary.LittleEndian.PutUint32(z[central+24:], 0xfffffff0)
	window := []byte("\x28\xb5\x2f\xfd\x00\xf8\x01\x00\x00") // a zstd frame with a window of 2^41 bytes
	for name, b := range map[string][]byte{"tar": huge, "tar.gz": gz(huge), "zip": z, "zstd": window} {
		var skipped []source.Skipped
		n := allocated(func() { _, skipped = open(source.Limits{}, file(name, b)) })
		assert.Less(t, n, uint64(2<<20), name)
		assert.Equal(t, name != "zip", len(skipped) > 0, name)
	}
}

// Members of a stream that are read in the order in which they lie are unpacked once, not once for each.
func TestManyMembersOfAStream(t *testing.T) {
	items := make([]item, 400)
	for i := range items {
		items[i] = item{fmt.Sprintf("%04d", i), log(200)}
	}
	opened := 0
	d := decoders()
	d.Gzip = func(r io.Reader) (io.Reader, error) {
		opened++
		return unpack.Gzip(r)
	}
	entries, _ := source.Open([]source.File{file("x", gz(tarred(items...)))},
		source.Options{Limits: source.Limits{KeepEntry: 1}, Decoders: d, Tar: source.Tar()})
	require.Len(t, entries, 400)
	for _, e := range entries {
		for p, err := range e.Regions(0) {
			require.NoError(t, err)
			require.Equal(t, string(items[0].body), string(p.Bytes))
		}
	}
	assert.Equal(t, 3, opened, "to look what it is, to go through it, to read it")
}
