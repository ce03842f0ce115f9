package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience bounds every wait for the page; a shared machine without a graphics card is slow.
const patience = 15 * time.Second

// findChromium returns the browser, or skips the test unless the environment demands one.
func findChromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if strings.Contains(os.Getenv("TABLETOP_REQUIRE"), "chromium") {
		t.Fatal("TABLETOP_REQUIRE demands chromium, and there is none on PATH")
	}
	t.Skip("no chromium, chromium-browser or google-chrome on PATH")
	return ""
}

// startServe runs `tabletop serve` in this process and returns the URL that it prints.
func startServe(t *testing.T, scenesDir string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- serveUntil(ctx, streams{out: write, err: io.Discard}, serveOptions{host: "127.0.0.1", scenesDir: scenesDir})
		write.Close()
	}()
	line, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		require.NoError(t, <-ended)
	}
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	return strings.TrimSpace(line)
}

// profile returns a directory for a fresh browser profile. The browser's helpers may still write to it for a moment when
// it has ended, which t.TempDir would take for a failure.
func profile(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "tabletop-profile-")
	require.NoError(t, err)
	t.Cleanup(func() {
		require.Eventually(t, func() bool { return os.RemoveAll(dir) == nil }, patience, 20*time.Millisecond)
	})
	return dir
}

// startBrowser starts a browser with a profile of its own.
func startBrowser(t *testing.T, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	options := append([]chromedp.ExecAllocatorOption{
		chromedp.ExecPath(findChromium(t)), chromedp.UserDataDir(profile(t)), chromedp.WindowSize(1280, 720),
		chromedp.Flag("headless", true), chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true), chromedp.Flag("no-first-run", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("enable-unsafe-swiftshader", true),
		chromedp.Flag("hide-scrollbars", true),
	}, more...)
	alloc, cancelAlloc := chromedp.NewExecAllocator(t.Context(), options...)
	ctx, cancel := chromedp.NewContext(alloc)
	require.NoError(t, chromedp.Run(ctx))
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits for the end of the browser, which is killed below if it does not come
		cancel()
		cancelAlloc()
	})
	return ctx
}

// tab is one page under test, with all that it asked for and complained of.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string

	mu       sync.Mutex
	problems []string
	urls     []string
}

func openTab(t *testing.T, browser context.Context, base, hash string, width, height int64) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	p := &tab{t: t, ctx: ctx, base: base}
	chromedp.ListenTarget(ctx, p.listen)
	require.NoError(t, chromedp.Run(ctx)) // the first Run makes the tab, which lives as long as its context
	p.run(network.Enable(), log.Enable(), chromedp.EmulateViewport(width, height))
	if width < 500 {
		p.run(emulation.SetTouchEmulationEnabled(true))
	}
	p.run(chromedp.Navigate(base + hash))
	return p
}

func (p *tab) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
			words := []string{"console:"}
			for _, arg := range e.Args {
				words = append(words, string(arg.Value)+arg.Description)
			}
			p.problems = append(p.problems, strings.Join(words, " "))
		}
	case *runtime.EventExceptionThrown:
		p.problems = append(p.problems, "exception: "+e.ExceptionDetails.Error())
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError {
			p.problems = append(p.problems, "log: "+e.Entry.Text+" "+e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		p.urls = append(p.urls, e.Request.URL)
	}
}

func (p *tab) run(actions ...chromedp.Action) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.t.Fatalf("%v; the page complained of %q and asked for %q", err, p.problems, p.urls)
	}
}

// awaited makes an evaluation wait for a promise.
func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

func (p *tab) ready() {
	p.t.Helper()
	var ok bool
	p.run(chromedp.Evaluate(`tabletop.ready.then(() => true)`, &ok, awaited))
}

// pageState is the part of tabletop.state() that the tests look at.
type pageState struct {
	Source    string            `json:"source"`
	File      string            `json:"file"`
	Trace     bool              `json:"trace"`
	Scene     string            `json:"scene"`
	Variant   string            `json:"variant"`
	Seed      uint64            `json:"seed"`
	Settings  map[string]string `json:"settings"`
	Step      int               `json:"step"`
	Steps     int               `json:"steps"`
	Event     int               `json:"event"`
	Events    int               `json:"events"`
	AtUs      int64             `json:"at_us"`
	Playing   bool              `json:"playing"`
	Moving    bool              `json:"moving"`
	Caption   string            `json:"caption"`
	Branch    string            `json:"branch"`
	TraceHash string            `json:"trace_hash"`
	Error     string            `json:"error"`
	Selected  string            `json:"selected"`
	Branches  []struct {
		ID, Name string
	} `json:"branches"`
	Nodes []struct {
		ID, Kind, Role, Process string
		Term                    *int
		Cells                   []struct{ Shelf, Key, Value string }
	} `json:"nodes"`
	Frame struct {
		P50     float64 `json:"draw_ms_p50"`
		Frames  int     `json:"frames"`
		Backend string  `json:"backend"`
	} `json:"frame"`
}

func (s pageState) process(id string) string {
	for _, n := range s.Nodes {
		if n.ID == id {
			return n.Process
		}
	}
	return "no such node"
}

func (p *tab) state() pageState {
	p.t.Helper()
	var s pageState
	p.run(chromedp.Evaluate(`tabletop.state()`, &s))
	return s
}

// do calls tabletop.do and returns the error's message, if any.
func (p *tab) do(intent string) string {
	p.t.Helper()
	var message string
	p.run(chromedp.Evaluate(`tabletop.do(`+intent+`).then(() => "", (e) => e.message)`, &message, awaited))
	return message
}

// until polls an expression of the page.
func (p *tab) until(expression string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Run(ctx, chromedp.Poll(expression, nil, chromedp.WithPollingInterval(30*time.Millisecond))); err != nil {
		p.t.Fatalf("waiting for %s: %v; the page says %+v", expression, err, p.state())
	}
}

// holds asserts an expression of the page.
func (p *tab) holds(expression string) {
	p.t.Helper()
	var ok bool
	p.run(chromedp.Evaluate(expression, &ok))
	require.True(p.t, ok, "%s at %+v", expression, p.state())
}

func (p *tab) click(selector string) {
	p.t.Helper()
	p.run(chromedp.Click(selector, chromedp.ByQuery, chromedp.NodeVisible))
}

func (p *tab) text(selector string) string {
	p.t.Helper()
	var text string
	p.run(chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).textContent`, selector), &text))
	return text
}

// shot writes a picture when a directory for them is named.
func (p *tab) shot(name string) {
	p.t.Helper()
	dir := os.Getenv("TABLETOP_SHOTS")
	if dir == "" {
		return
	}
	var picture []byte
	p.run(chromedp.Evaluate(`document.fonts.ready.then(() => true)`, nil, awaited), chromedp.CaptureScreenshot(&picture))
	require.NoError(p.t, os.MkdirAll(dir, 0o755))
	require.NoError(p.t, os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644))
}

// quiet fails the test if the page complained or asked for anything that is not its own.
func (p *tab) quiet() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	require.Empty(p.t, p.problems)
	own, err := url.Parse(p.base)
	require.NoError(p.t, err)
	for _, asked := range p.urls {
		u, err := url.Parse(asked)
		require.NoError(p.t, err)
		require.Equal(p.t, own.Host, u.Host, "the page asked for %s", asked)
	}
}

func (p *tab) attribute(selector, name string) string {
	p.t.Helper()
	var value string
	p.run(chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).getAttribute(%q)`, selector, name), &value))
	return value
}

// nodeOnStage returns where a node stands on the page.
func (p *tab) nodeOnStage(id string) (x, y float64) {
	p.t.Helper()
	var at struct{ X, Y float64 }
	p.run(chromedp.Evaluate(fmt.Sprintf(`(() => {
		const n = tabletop.state().nodes.find((n) => n.id === %q), box = document.querySelector("#stage").getBoundingClientRect();
		return {X: box.x + n.x, Y: box.y + n.y};
	})()`, id), &at))
	return at.X, at.Y
}
