package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"
)

// maxOpen is how many of the files that are read are open at a time: a shell on macOS allows 256.
const maxOpen = 100

// openFiles are files of which any number can be read, though few are open.
type openFiles struct {
	mu   sync.Mutex
	open []*heldFile // the one that was opened first comes first
}

// heldFile is a file that is opened when it is read, and may be closed in between.
type heldFile struct {
	path    string
	info    fs.FileInfo
	all     *openFiles
	handle  *os.File // nil: closed
	readers int
}

// ReadAt implements io.ReaderAt.
func (h *heldFile) ReadAt(p []byte, offset int64) (int, error) {
	f, err := h.take()
	if err != nil {
		return 0, err
	}
	defer h.leave()
	return f.ReadAt(p, offset)
}

// take returns the open file, which stays open until it is left.
func (h *heldFile) take() (io.ReaderAt, error) {
	h.all.mu.Lock()
	defer h.all.mu.Unlock()
	if h.handle == nil {
		h.all.makeRoom()
		f, err := os.Open(h.path)
		if err != nil {
			return nil, err
		}
		if info, err := f.Stat(); err != nil || !os.SameFile(info, h.info) { // logs are rotated
			f.Close()
			return nil, errors.New("another file has taken its name since")
		}
		h.handle, h.all.open = f, append(h.all.open, h)
	}
	h.readers++
	return h.handle, nil
}

func (h *heldFile) leave() {
	h.all.mu.Lock()
	defer h.all.mu.Unlock()
	h.readers--
}

// makeRoom closes the file that was opened first of those that nobody reads, if many are open.
func (o *openFiles) makeRoom() {
	if len(o.open) < maxOpen {
		return
	}
	if i := slices.IndexFunc(o.open, func(h *heldFile) bool { return h.readers == 0 }); i >= 0 {
		o.open[i].handle.Close()
		o.open[i].handle = nil
		o.open = slices.Delete(o.open, i, i+1)
	}
}

// Close implements io.Closer. Nobody reads the file any more.
func (h *heldFile) Close() error {
	h.all.mu.Lock()
	defer h.all.mu.Unlock()
	if h.handle == nil {
		return nil
	}
	h.all.open = slices.DeleteFunc(h.all.open, func(other *heldFile) bool { return other == h })
	err := h.handle.Close()
	h.handle = nil
	return err
}
