package source_test

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabletop/replay/source"
)

// Whatever is around a log, the same log comes out.
func TestEveryContainer(t *testing.T) {
	body := log(3000)
	one := item{"n1/system.log", body}
	cases := []struct {
		name   string
		packed []byte
		path   string
		random bool // although the limits keep nothing in memory
	}{
		{"plain", body, "x", true},
		{"bom", append([]byte("\xef\xbb\xbf"), body...), "x", true},
		{"gzip", gz(body), "x", false},
		{"two gzips", append(gz(body[:1000]), gz(body[1000:])...), "x", false},
		{"zstd", zst(body), "x", false},
		{"zstd behind a skippable frame", append([]byte("\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"), zst(body)...), "x", false},
		{"gzip in gzip", gz(gz(body)), "x", false},
		{"zip", zipped(8, one), "x/n1/system.log", false},
		{"zip, stored", zipped(0, one), "x/n1/system.log", true},
		{"zip, zstd", zipped(93, one), "x/n1/system.log", false},
		{"zip behind something", append(zipped(0, item{"a", nil})[:31], zipped(0, one)...), "x/n1/system.log", true},
		{"tar", tarred(one), "x/n1/system.log", true},
		{"tar.gz", gz(tarred(one)), "x/n1/system.log", false},
		{"tar.zst", zst(tarred(one)), "x/n1/system.log", false},
		{"tar.gz in a stored zip", zipped(0, item{"a.tgz", gz(tarred(one))}), "x/a.tgz/n1/system.log", false},
		{"zip in tar", tarred(item{"a.zip", zipped(0, one)}), "x/a.zip/n1/system.log", true},
		{"gz in tar", tarred(item{"a.gz", gz(body)}), "x/a.gz", false},
	}
	for _, c := range cases {
		for _, keep := range []int64{0, 1} {
			t.Run(fmt.Sprintf("%s/keep=%d", c.name, keep), func(t *testing.T) {
				entries, skipped := open(source.Limits{Keep: keep}, file("x", c.packed))
				require.Empty(t, skipped)
				require.Len(t, entries, 1)
				e := entries[0]
				assert.Equal(t, c.path, e.Path)
				assert.Equal(t, c.random || keep == 0, e.Random())
				assert.Equal(t, string(body), content(t, e))
				if strings.Contains(c.path, "/n1") {
					assert.Equal(t, day().UnixMicro(), e.Modified)
				}
			})
		}
	}
}

// Containers that are streams themselves are gone through in one pass and read by going back.
func TestStreamsOfContainers(t *testing.T) {
	a, b := log(3000), log(5000)
	l := source.Limits{KeepEntry: 1000}
	entries, skipped := open(l, file("x.tgz", gz(tarred(item{"b", b}, item{"small", []byte("small\n")}, item{"a", a},
		item{"c.gz", gz(b)}, item{"d.tar", tarred(item{"e", a})}))))
	require.Empty(t, skipped)
	want := map[string][]byte{
		"x.tgz/a": a, "x.tgz/b": b, "x.tgz/small": []byte("small\n"), "x.tgz/c.gz": b, "x.tgz/d.tar/e": a,
	}
	require.Len(t, entries, len(want))
	for range 2 {
		for _, e := range entries {
			require.Equal(t, string(want[e.Path]), content(t, e), e.Path)
		}
	}
	_, skipped = open(l, file("x", gz(zipped(8, item{"a", a}, item{"b", b}))))
	require.Equal(t, "x: a zip of more than 1000 bytes in a stream: unpack it first", skipped[0].Error())
}

func TestPlacesInAStream(t *testing.T) {
	body := log(20_000)
	entries, _ := open(source.Limits{KeepEntry: 1000}, file("x", gz(body)))
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		at, n := r.IntN(len(body)), r.IntN(300)
		p := make([]byte, n)
		n, err := entries[0].ReadAt(p, int64(at))
		if n < len(p) {
			require.Equal(t, io.EOF, err)
		}
		require.Equal(t, string(body[at:at+n]), string(p[:n]))
	}
	n, err := entries[0].ReadAt(make([]byte, 10), int64(len(body))+5)
	assert.Zero(t, n)
	assert.Equal(t, io.EOF, err)
	_, err = entries[0].ReadAt(nil, -1)
	assert.ErrorContains(t, err, "offset -1")
}

func TestUTF16(t *testing.T) {
	want := "I0101 ä € 😀 \r\nsecond\n"
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		b := order.AppendUint16(nil, 0xfeff)
		for _, u := range utf16.Encode([]rune(want)) {
			b = order.AppendUint16(b, u)
		}
		for _, packed := range [][]byte{b, gz(b), tarred(item{"x", b})} {
			entries, skipped := open(source.Limits{}, file("x", packed))
			require.Empty(t, skipped)
			assert.Equal(t, want, content(t, entries[0]))
			assert.EqualValues(t, len(want), entries[0].Size)
		}
		_, skipped := open(source.Limits{KeepEntry: 10}, file("x", b))
		assert.Equal(t, "x: UTF-16 text of more than 10 bytes: expected UTF-8, or less of it", skipped[0].Error())
		_, skipped = open(source.Limits{}, file("x", append(b, 7)))
		assert.Contains(t, skipped[0].Error(), "ends in the middle of a character")
	}
}

func TestNotText(t *testing.T) {
	random := make([]byte, 20_000)
	for i, r := 0, rand.New(rand.NewPCG(1, 2)); i < len(random); i++ {
		random[i] = byte(r.Uint32())
	}
	entries, skipped := open(source.Limits{},
		file("bzip2", append([]byte("BZh91AY&SY"), random...)), file("xz", append([]byte("\xfd7zXZ\x00"), random...)),
		file("random", random), file("random.gz", gz(random)), file("zeros.gz", gz(make([]byte, 1<<20))),
		file("empty", nil), file("nul in a line", append(log(100), 0, 0, 1, 2, '\n')), source.File{Name: "nothing", Size: 5},
		file("BZh.log", []byte("BZh is how bzip2 begins\n")), file("latin1", []byte("I0101 gr\xfc\xdfe aus M\xfcnchen\n")),
		file("in.tar", tarred(item{"a.class", random})))
	var got []string
	for _, e := range entries {
		got = append(got, e.Path)
	}
	assert.Equal(t, []string{"BZh.log", "empty", "latin1", "nul in a line"}, got)
	const not = ": not text: its first bytes are neither a log nor an archive that is known here\n"
	assert.Equal(t, "! bzip2: bzip2, which is not read here: unpack it first\n"+
		"! in.tar/a.class"+not+"! nothing: it has no bytes to read\n! random"+not+"! random.gz"+not+
		"! xz: xz, which is not read here: unpack it first\n! zeros.gz"+not, report(t, nil, skipped))
}

func TestWithoutDecoders(t *testing.T) {
	_, skipped := source.Open([]source.File{
		file("a.gz", gz(log(1))), file("b.zst", zst(log(1))), file("c.zip", zipped(8, item{"a", log(1)})),
		file("d.tar", tarred(item{"a", log(1)})),
	}, source.Options{Zip: source.Zip()})
	assert.Equal(t, "! a.gz: gzip, which is not read here: unpack it first\n"+
		"! b.zst: zstd, which is not read here: unpack it first\n"+
		"! c.zip/a: deflate, which is not read here: unpack it first\n"+
		"! d.tar: tar, which is not read here: unpack it first\n", report(t, nil, skipped))
	var needs []string
	for _, s := range skipped {
		needs = append(needs, s.Needs)
	}
	assert.Equal(t, []string{"gzip", "zstd", "deflate", "tar"}, needs)
}

func TestPathsOfMembers(t *testing.T) {
	body := []byte("one\n")
	long := strings.Repeat("d/", 2000) + "x"
	items := []item{
		{"../../etc/passwd", body}, {"/var/log/x", body}, {`..\..\win.log`, body}, {"a", body}, {"a", body}, {"a", body},
		{"a (2)", body}, {"\x1b[31m\n", body}, {"..", body}, {strings.Repeat("e", 150) + "/" + strings.Repeat("f", 90), body},
	}
	for kind, packed := range map[string][]byte{
		"tar": tarred(append(items, item{long, body})...), "zip": zipped(8, append(items, item{long, body})...),
	} {
		t.Run(kind, func(t *testing.T) {
			entries, skipped := open(source.Limits{}, file("p", packed))
			require.Empty(t, skipped)
			var got []string
			for _, e := range entries {
				got = append(got, e.Path)
				assert.Equal(t, "one\n", content(t, e))
			}
			assert.Equal(t, []string{
				"p/a", "p/a (2)", "p/a (2) (2)", "p/a (3)", "p/" + strings.TrimSuffix(strings.Repeat("d/", 512), "/"),
				"p/" + strings.Repeat("e", 150) + "/" + strings.Repeat("f", 90),
				"p/etc/passwd", "p/unnamed", "p/var/log/x", "p/win.log", "p/\uFFFD[31m\uFFFD",
			}, got)
		})
	}
}

func TestNoFiles(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i, kind := range []byte{tar.TypeSymlink, tar.TypeLink, tar.TypeChar, tar.TypeBlock, tar.TypeFifo, tar.TypeDir} {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: fmt.Sprintf("m%d", i), Typeflag: kind, Linkname: "/etc/passwd"}))
	}
	require.NoError(t, w.Close())
	entries, skipped := open(source.Limits{}, file("t", b.Bytes()))
	assert.Empty(t, entries)
	assert.Equal(t, "! t/m0: a symbolic link, not a file\n! t/m1: a hard link, not a file\n! t/m2: a device, not a file\n"+
		"! t/m3: a device, not a file\n! t/m4: a pipe, not a file\n", report(t, nil, skipped))
}

func TestEncryptedZip(t *testing.T) {
	b := zipped(8, item{"secret.log", log(10)}, item{"open.log", []byte("open\n")})
	central := bytes.Index(b, []byte("PK\x01\x02"))
	b[central+8] |= 1
	entries, skipped := open(source.Limits{}, file("z", b))
	assert.Equal(t, "z/open.log: 5 \"open\\n\"\n! z/secret.log: encrypted: unpack it with its password first\n",
		report(t, entries, skipped))
}
