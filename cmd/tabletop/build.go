package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// keptBuilds is how many builds stay in the cache: the current one and those of the branches just left.
const keptBuilds = 3

// buildFlags make the wasm small. Inlining is off in packages that are linked because others mention them, or that the page
// calls now and then and not in every frame, and in those of the engine and the view that lose a tenth of their speed by it and
// no more: it makes the packed file 12 % smaller.
func buildFlags() []string {
	flags := []string{"-ldflags=-s -w", "-trimpath"}
	for _, pattern := range []string{"google.golang.org/protobuf/...", "golang.org/x/tools/...", "golang.org/x/image/...",
		"golang.org/x/sync/...", "github.com/hajimehoshi/ebiten/v2/...", "github.com/golang/freetype/...",
		"github.com/anishathalye/...", "go.etcd.io/raft/v3/...",
		"archive/zip", "bufio", "bytes", "compress/...", "context", "crypto/...", "embed", "encoding/...", "errors", "fmt", "go/...",
		"hash/...", "html", "image/...", "io/...", "iter", "log/...", "math/big", "math/rand/...", "net", "net/netip", "net/url",
		"os/...", "path/...", "reflect", "regexp/...", "sort", "strconv", "strings", "sync", "syscall", "syscall/js", "text/...",
		"time", "unicode/...", "unique", "weak", "internal/bisect", "internal/byteorder", "internal/fmtsort", "internal/godebug",
		"internal/itoa", "internal/oserror", "internal/poll", "internal/reflectlite", "internal/saferio", "internal/strconv",
		"internal/sync", "internal/syscall/...",
		"tabletop/assets", "tabletop/engine", "tabletop/engine/catalog", "tabletop/engine/check", "tabletop/engine/kudu",
		"tabletop/engine/raftnode", "tabletop/render/draw/glyph", "tabletop/render/ebitengine", "tabletop/render/player",
		"tabletop/render/raster", "tabletop/render/view", "tabletop/scenes", "tabletop/wasm"} {
		flags = append(flags, "-gcflags="+pattern+"=-l")
	}
	return flags
}

// builder makes the wasm of a checkout, or finds it already made.
type builder struct {
	root     string    // the checkout
	cache    string    // directory of all builds
	progress io.Writer // one line a second while something takes time
}

// built is a directory with the two programs, packed copies of them and wasm_exec.js that belong together.
type built struct {
	dir  string
	hash string
}

func newBuilder(progress io.Writer) (*builder, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	root, err := findCheckout(dir)
	if err != nil {
		return nil, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir() // no home directory: the build is still reused until the next boot
	}
	return &builder{root: root, cache: filepath.Join(cache, "tabletop"), progress: progress}, nil
}

// build returns the wasm of the current sources.
func (b *builder) build(ctx context.Context) (built, error) {
	version, goroot, err := b.toolchain(ctx)
	if err != nil {
		return built{}, err
	}
	hash, err := sourceHash(b.root, version+" "+strings.Join(buildFlags(), " "))
	if err != nil {
		return built{}, err
	}
	done := built{dir: filepath.Join(b.cache, hash), hash: hash}
	if _, err := os.Stat(filepath.Join(done.dir, "worker.wasm.gz")); err == nil {
		now := time.Now()
		_ = os.Chtimes(done.dir, now, now) // marks it as used; if that fails it is only rebuilt sooner
		b.sweep()
		return done, nil
	}
	if err := os.MkdirAll(b.cache, 0o755); err != nil {
		return built{}, fmt.Errorf("make the build cache: %w", err)
	}
	tmp, err := os.MkdirTemp(b.cache, "building-")
	if err != nil {
		return built{}, fmt.Errorf("make the build cache: %w", err)
	}
	defer os.RemoveAll(tmp)
	if err := b.fill(ctx, tmp, goroot); err != nil {
		return built{}, err
	}
	if err := os.Rename(tmp, done.dir); err != nil && !isDir(done.dir) { // another start may have been faster
		return built{}, fmt.Errorf("keep the build: %w", err)
	}
	b.sweep()
	return done, nil
}

func (b *builder) toolchain(ctx context.Context) (version, goroot string, err error) {
	cmd := exec.CommandContext(ctx, "go", "env", "-json", "GOVERSION", "GOROOT")
	cmd.Dir = b.root
	out, err := cmd.Output()
	if err != nil {
		return "", "", fmt.Errorf("ask the Go installation for its version: %w", err)
	}
	var env struct{ GOVERSION, GOROOT string }
	if err := json.Unmarshal(out, &env); err != nil {
		return "", "", fmt.Errorf("ask the Go installation for its version: %w", err)
	}
	return env.GOVERSION, env.GOROOT, nil
}

func (b *builder) fill(ctx context.Context, dir, goroot string) error {
	script, err := os.ReadFile(filepath.Join(goroot, "lib", "wasm", "wasm_exec.js"))
	if err != nil {
		return fmt.Errorf("take wasm_exec.js from the Go installation: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "wasm_exec.js"), script, 0o644); err != nil {
		return err
	}
	for _, p := range programs() {
		wasm := filepath.Join(dir, p.file)
		if err := b.compile(ctx, wasm, p.path); err != nil {
			return err
		}
		if err := b.compress(wasm); err != nil {
			return err
		}
	}
	return nil
}

// program is one of the two that run in the browser.
type program struct{ file, path string }

// programs are the page's own, and the worker that reads logs, which a page fetches when it needs it.
func programs() []program {
	return []program{{"main.wasm", "./wasm"}, {"worker.wasm", "./wasm/worker"}}
}

func (b *builder) compile(ctx context.Context, out, path string) error {
	args := append([]string{"build", "-v"}, buildFlags()...)
	cmd := exec.CommandContext(ctx, "go", append(args, "-o", out, path)...)
	cmd.Dir = b.root
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	pipe, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	var at atomic.Value
	at.Store("finding what is to be compiled")
	stop := b.report(&at)
	defer stop()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("build the wasm: %w", err)
	}
	complaint := watchBuild(pipe, &at)
	if err := cmd.Wait(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if complaint != "" {
			return fmt.Errorf("build the wasm: %s", complaint)
		}
		return fmt.Errorf("build the wasm: %w", err)
	}
	return nil
}

// watchBuild follows `go build -v`: it prints the packages it compiles, and what it complains of below a # line.
func watchBuild(r io.Reader, at *atomic.Value) (complaint string) {
	lines := bufio.NewScanner(r)
	packages := 0
	for lines.Scan() {
		line := lines.Text()
		switch {
		case complaint != "", line == "", strings.HasPrefix(line, "#"), strings.HasPrefix(line, "go: downloading"):
		case strings.ContainsAny(line, ": "):
			complaint = line
		default:
			packages++
			at.Store(fmt.Sprintf("compiling, %d packages so far, now %s", packages, line))
		}
	}
	return complaint
}

// report prints one line a second that says how long the build has run and what it is doing, until stopped.
func (b *builder) report(at *atomic.Value) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	began := time.Now()
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				fmt.Fprintf(b.progress, "building the page (1 to 3 minutes the first time): %d s, %s\n",
					int(time.Since(began).Seconds()), at.Load())
			}
		}
	}()
	return func() { close(done); <-ended }
}

func (b *builder) compress(path string) error {
	var at atomic.Value
	at.Store("compressing the wasm")
	defer b.report(&at)()
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(data); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(path+".gz", packed.Bytes(), 0o644)
}

// sweep removes all but the builds used last, and what broken-off builds left behind.
func (b *builder) sweep() {
	entries, err := os.ReadDir(b.cache)
	if err != nil {
		return
	}
	type entry struct {
		path string
		used time.Time
	}
	var builds []entry
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !e.IsDir() {
			continue
		}
		path := filepath.Join(b.cache, e.Name())
		if strings.HasPrefix(e.Name(), "building-") {
			if time.Since(info.ModTime()) > time.Hour {
				_ = os.RemoveAll(path)
			}
			continue
		}
		builds = append(builds, entry{path, info.ModTime()})
	}
	slices.SortFunc(builds, func(x, y entry) int { return y.used.Compare(x.used) })
	for i := keptBuilds; i < len(builds); i++ {
		_ = os.RemoveAll(builds[i].path)
	}
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// cancelled reports whether an error is only the user's Ctrl-C.
func cancelled(err error) bool { return errors.Is(err, context.Canceled) }
