//go:build js && wasm

package main

import (
	"fmt"
	"io"
	"runtime/debug"
	"syscall/js"

	"tabletop/replay/source"
)

func main() {
	d := &desk{}
	answer := js.FuncOf(func(_ js.Value, args []js.Value) any {
		text, ndjson := d.guarded(args[0].String(), blobs(args[1]), func(done, all int64) { args[2].Invoke(float64(done), float64(all)) })
		trace := js.Global().Get("Uint8Array").New(len(ndjson))
		js.CopyBytesToJS(trace, ndjson)
		return map[string]any{"text": text, "trace": trace}
	})
	js.Global().Call("attachDesk", answer)
	select {}
}

// guarded answers, and turns a panic into words.
func (d *desk) guarded(text string, files []source.File, progress func(done, all int64)) (answer string, ndjson []byte) {
	defer func() {
		if r := recover(); r != nil {
			answer, ndjson = failed(fmt.Errorf("the import failed: %v", r)), nil
			js.Global().Get("console").Call("error", string(debug.Stack()))
		}
	}()
	return d.answer(text, files, progress)
}

// blobs makes sources of the page's files.
func blobs(list js.Value) (files []source.File) {
	for i := range list.Length() {
		f := list.Index(i)
		b := blob{f.Get("blob"), js.Global().Get("FileReaderSync").New()}
		files = append(files, source.File{Name: f.Get("name").String(), Size: int64(b.data.Get("size").Float()), ReaderAt: b})
	}
	return files
}

// blob reads a file of the browser. Workers may do so synchronously.
type blob struct{ data, reader js.Value }

// ReadAt implements io.ReaderAt.
func (b blob) ReadAt(p []byte, offset int64) (n int, err error) {
	defer func() {
		if r := recover(); r != nil { // a file that is gone
			n, err = 0, fmt.Errorf("the file cannot be read: %v", r)
		}
	}()
	size := int64(b.data.Get("size").Float())
	if offset >= size {
		return 0, io.EOF
	}
	end := min(size, offset+int64(len(p)))
	buffer := b.reader.Call("readAsArrayBuffer", b.data.Call("slice", float64(offset), float64(end)))
	n = js.CopyBytesToGo(p, js.Global().Get("Uint8Array").New(buffer))
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
