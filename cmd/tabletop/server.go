package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"time"
)

// contentPolicy lets the page load its own files and run its own wasm, and nothing else: logs cannot leave the machine
// even if a lesson's text tried to make them.
const contentPolicy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; " +
	"font-src 'self'; connect-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'"

// site answers the requests of the page, from the checkout and the build.
type site struct {
	files    map[string]siteFile // by URL path
	build    built
	extra    []byte   // the list of extra scenes
	problems []string // with extra scenes, one line each
}

func newSite(root string, b built, scenesDir string) (*site, error) {
	files, err := siteFiles(root, b)
	if err != nil {
		return nil, err
	}
	own, err := extraScenes(scenesDir)
	if err != nil {
		return nil, err
	}
	extra, err := json.Marshal(own.list)
	if err != nil {
		return nil, err
	}
	s := &site{files: map[string]siteFile{}, build: b, extra: extra, problems: own.problems}
	for _, f := range append(files, own.files...) {
		s.files["/"+f.url] = f
	}
	s.files["/"] = s.files["/index.html"]
	return s, nil
}

// ServeHTTP serves one file; anything else does not exist.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "this site is only read", http.StatusMethodNotAllowed)
		return
	}
	if r.URL.Path == "/"+sceneList {
		h.Set("Content-Type", "application/json")
		s.send(w, r, s.extra)
		return
	}
	f, ok := s.files[r.URL.Path]
	if !ok {
		http.Error(w, "no such file", http.StatusNotFound)
		return
	}
	kind, known := mediaType(f.url)
	if !known {
		kind = "text/plain; charset=utf-8"
	}
	h.Set("Content-Type", kind)
	if path.Ext(f.url) == ".wasm" {
		s.sendWasm(w, r, f.path)
		return
	}
	text, err := os.ReadFile(f.path)
	if err != nil {
		http.Error(w, "the file is gone", http.StatusNotFound)
		return
	}
	s.send(w, r, text)
}

// sendWasm sends the copy that was compressed once, at build time, to whoever takes it.
func (s *site) sendWasm(w http.ResponseWriter, r *http.Request, path string) {
	tag := s.build.hash
	if info, err := os.Stat(path); err == nil {
		w.Header().Set("X-Size", strconv.FormatInt(info.Size(), 10)) // for the progress bar: a packed length tells nothing
	}
	if takesGzip(r) {
		path, tag = path+".gz", tag+"-gz"
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.Header().Set("Vary", "Accept-Encoding")
	w.Header().Set("Etag", `"`+tag+`"`)
	f, err := os.Open(path)
	if err != nil {
		http.Error(w, "the build is gone; start serve again", http.StatusNotFound)
		return
	}
	defer f.Close()
	http.ServeContent(w, r, "", time.Time{}, f)
}

func (s *site) send(w http.ResponseWriter, r *http.Request, body []byte) {
	sum := sha256.Sum256(body)
	tag := hex.EncodeToString(sum[:12])
	if takesGzip(r) && len(body) > 1024 {
		if packed := pack(body); packed != nil {
			body, tag = packed, tag+"-gz"
			w.Header().Set("Content-Encoding", "gzip")
		}
	}
	w.Header().Set("Vary", "Accept-Encoding")
	w.Header().Set("Etag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func pack(body []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(body); err != nil || z.Close() != nil {
		return nil
	}
	return out.Bytes()
}

func takesGzip(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && r.Header.Get("Range") == ""
}
