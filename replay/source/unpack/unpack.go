// Package unpack has the decoders that replay/source is given: gzip, deflate and zstd.
//
// It stands apart because importing it makes a program bigger; a page that lets the browser unpack does without. It
// knows nothing of files or archives, starts no goroutine, and allocates no more than MaxWindow for what a header claims.
//
//	source.Open(files, source.Options{Decoders: source.Decoders{Gzip: unpack.Gzip, Deflate: unpack.Deflate, Zstd: unpack.Zstd}})
package unpack

import (
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// MaxWindow is how far back a zstd stream may refer, in bytes. zstd without --long or --ultra needs 8 MiB.
const MaxWindow = 32 << 20

// Gzip unpacks gzip, also several streams behind each other, as logrotate and pigz write them.
func Gzip(packed io.Reader) (io.Reader, error) { return gzip.NewReader(packed) }

// Deflate unpacks what zips hold.
func Deflate(packed io.Reader) (io.Reader, error) { return flate.NewReader(packed), nil }

// Zstd unpacks zstd, also several frames behind each other.
func Zstd(packed io.Reader) (io.Reader, error) {
	return zstd.NewReader(packed, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(MaxWindow), zstd.WithDecoderMaxMemory(1<<62))
}
