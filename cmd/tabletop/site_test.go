package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabletop/assets"
)

// The page's size, packed as it is sent. The first step is all that is needed to read it: no wasm.
const (
	firstStepBudget = 60_000
	pageBudget      = 4_600_000
	workerBudget    = 2_800_000
)

// testSite returns the real site of this checkout; the first call on a machine compiles it.
func testSite(t *testing.T, scenesDir string) (*site, built) {
	t.Helper()
	b, err := newBuilder(io.Discard)
	require.NoError(t, err)
	done, err := b.build(t.Context())
	require.NoError(t, err)
	s, err := newSite(b.root, done, scenesDir)
	require.NoError(t, err)
	return s, done
}

func get(s http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestSite(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "mine.scene"), []byte("-- scene --\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "secret.key"), []byte("x"), 0o600))
	s, _ := testSite(t, dir)
	for path, kind := range map[string]string{
		"/": "text/html; charset=utf-8", "/main.wasm": "application/wasm", "/wasm_exec.js": "text/javascript; charset=utf-8",
		"/wasm/page/boot.js": "text/javascript; charset=utf-8", "/wasm/page/layout.css": "text/css; charset=utf-8",
		"/assets/fonts/inter-OFL.txt": "text/plain; charset=utf-8",
		"/extra/scenes.json":          "application/json",
		"/extra/mine.scene":           "text/plain; charset=utf-8", "/wasm/page/icon.svg": "image/svg+xml",
	} {
		w := get(s, path)
		assert.Equal(t, http.StatusOK, w.Code, path)
		assert.Equal(t, kind, w.Header().Get("Content-Type"), path)
		assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
		assert.Equal(t, "same-origin", w.Header().Get("Cross-Origin-Opener-Policy"))
		assert.Equal(t, "require-corp", w.Header().Get("Cross-Origin-Embedder-Policy"))
		assert.Contains(t, w.Header().Get("Content-Security-Policy"), "script-src 'self' 'wasm-unsafe-eval';")
		again := get(s, path, "If-None-Match", w.Header().Get("Etag"))
		assert.Equal(t, http.StatusNotModified, again.Code, path)
	}
	for _, path := range []string{"/go.mod", "/../go.mod", "/cmd/tabletop/main.go", "/extra/secret.key", "/assets/assets.go", "/nothing"} {
		assert.Equal(t, http.StatusNotFound, get(s, path).Code, path)
	}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("x"))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	assert.Equal(t, http.StatusMethodNotAllowed, w.Code)
	var list []extraScene
	require.NoError(t, json.Unmarshal(get(s, "/extra/scenes.json").Body.Bytes(), &list))
	assert.Equal(t, []extraScene{{"mine.scene", "extra/mine.scene"}}, list)
}

// TestOwnScenes: what cannot be offered is named, one line each, and takes nobody's place.
func TestOwnScenes(t *testing.T) {
	source, err := os.ReadFile("../../scenes/kudu-3266.scene")
	require.NoError(t, err)
	text := func(id string) []byte { return bytes.Replace(source, []byte("id      kudu-3266\n"), []byte(id), 1) }
	dir := t.TempDir()
	for name, content := range map[string][]byte{"a.scene": text("id mine\n"), "b.scene": text("id mine\n"), "c 1.scene": text("id other\n"),
		"known.scene": source, "nameless.scene": text(""), "broken.scene": []byte("-- scene --\nnonsense here\n"), "notes.md": nil} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	got, err := extraScenes(dir)
	require.NoError(t, err)
	var names []string
	for _, sc := range got.list {
		names = append(names, sc.Name)
	}
	assert.Equal(t, []string{"a.scene", "broken.scene", "c 1.scene", "nameless.scene"}, names)
	assert.Equal(t, "extra/c%201.scene", got.list[2].URL)
	require.Len(t, got.problems, 4)
	for i, want := range []string{"b.scene: left out: a.scene has the id mine already", "broken.scene:2:",
		"known.scene: left out: a scene of Tabletop has the id kudu-3266 already", "nameless.scene:"} {
		assert.Contains(t, got.problems[i], want)
		assert.NotContains(t, got.problems[i], "\n")
	}
}

// TestModulesArePreloaded: a browser finds a module's imports only when it has the module, unless the page names them all.
func TestModulesArePreloaded(t *testing.T) {
	page, err := os.ReadFile("../../index.html")
	require.NoError(t, err)
	files, err := filepath.Glob("../../wasm/page/*.js")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name := "wasm/page/" + filepath.Base(file)
		if strings.Contains(name, "worker") {
			continue // fetched when a log is opened
		}
		assert.True(t, strings.Contains(string(page), `rel="modulepreload" href="`+name+`"`) || name == "wasm/page/boot.js", name)
	}
}

func TestPackedFilesAreTheFiles(t *testing.T) {
	s, _ := testSite(t, "")
	for _, path := range []string{"/", "/main.wasm"} {
		packed := get(s, path, "Accept-Encoding", "gzip")
		assert.Equal(t, "gzip", packed.Header().Get("Content-Encoding"))
		z, err := gzip.NewReader(packed.Body)
		require.NoError(t, err)
		text, err := io.ReadAll(z)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(get(s, path).Body.Bytes(), text), path)
	}
}

// TestBudget keeps the page small enough to be read at once and loaded over a slow line.
func TestBudget(t *testing.T) {
	s, _ := testSite(t, "")
	first, whole, worker := 0, 0, 0
	for path := range s.files {
		if path == "/index.html" || strings.HasSuffix(path, ".txt") {
			continue // the same as /; the licences are not loaded
		}
		n := get(s, path, "Accept-Encoding", "gzip").Body.Len()
		switch {
		case strings.Contains(path, "worker"):
			worker += n
			continue
		case path == "/wasm_exec.js": // it runs the wasm, which comes behind the first step
		case path == "/" || strings.HasSuffix(path, ".js") || strings.HasSuffix(path, ".css"):
			first += n
		}
		whole += n
	}
	t.Logf("first step %d bytes, whole page %d bytes, worker %d bytes, packed", first, whole, worker)
	assert.LessOrEqual(t, worker, workerBudget)
	assert.LessOrEqual(t, first, firstStepBudget)
	assert.LessOrEqual(t, whole, pageBudget)
}

// TestTokens: the page's colours are those that the stage is drawn with.
func TestTokens(t *testing.T) {
	css, err := os.ReadFile("../../wasm/page/tokens.css")
	require.NoError(t, err)
	dark, light, found := strings.Cut(string(css), "[data-theme=light]{")
	require.True(t, found)
	light, _, _ = strings.Cut(light, "}")
	for i, name := range assets.Names() {
		if value := assets.Hex(assets.Dark()[i]); strings.Contains(dark, "--"+name+":") {
			assert.Contains(t, dark, fmt.Sprintf("--%s:%s;", name, value))
		}
		if value := assets.Hex(assets.Light()[i]); strings.Contains(light, "--"+name+":") {
			assert.Contains(t, light, fmt.Sprintf("--%s:%s;", name, value))
		}
	}
}

func TestTakenPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	next, err := listen("127.0.0.1", port)
	require.NoError(t, err)
	defer next.Close()
	assert.Greater(t, next.Addr().(*net.TCPAddr).Port, port)
}

func TestSweepKeepsTheLatestBuilds(t *testing.T) {
	b := &builder{cache: t.TempDir()}
	for i := range 6 {
		dir := filepath.Join(b.cache, fmt.Sprintf("build-%d", i))
		require.NoError(t, os.Mkdir(dir, 0o755))
		used := time.Now().Add(time.Duration(i-10) * time.Hour)
		require.NoError(t, os.Chtimes(dir, used, used))
	}
	b.sweep()
	left, err := os.ReadDir(b.cache)
	require.NoError(t, err)
	require.Len(t, left, keptBuilds)
	assert.Equal(t, "build-5", left[2].Name())
}

func TestBundle(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "site")
	status, stdout, stderr := call("bundle", "--out", dir)
	require.Equal(t, exitOK, status, stderr)
	assert.Empty(t, stdout)
	for _, name := range []string{"index.html", "main.wasm", "worker.wasm", "wasm_exec.js", "wasm/page/boot.js", "wasm/page/tokens.css",
		"assets/fonts/inter-OFL.txt", "extra/scenes.json"} {
		assert.FileExists(t, filepath.Join(dir, filepath.FromSlash(name)))
	}
	assert.NoFileExists(t, filepath.Join(dir, "assets", "assets.go"))
}

// TestServeEnds: the only line on standard output is the URL, and the end is quick.
func TestServeEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- serveUntil(ctx, streams{out: write, err: io.Discard}, serveOptions{host: "127.0.0.1"})
		write.Close()
	}()
	line := make([]byte, 200)
	n, err := read.Read(line)
	require.NoError(t, err)
	assert.Regexp(t, `^http://127\.0\.0\.1:\d+/\n$`, string(line[:n]))
	cancel()
	rest, err := io.ReadAll(read)
	require.NoError(t, err)
	assert.Empty(t, rest)
	require.NoError(t, <-ended)
}
