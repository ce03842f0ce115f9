package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPage walks through the first lesson as a person would: with the mouse, the keyboard and the address bar.
func TestPage(t *testing.T) {
	browser := startBrowser(t)
	base := startServe(t, "")
	t.Run("load", func(t *testing.T) { loading(t, browser, base) })
	t.Run("walk", func(t *testing.T) { walk(t, browser, base) })
	t.Run("faults", func(t *testing.T) { faultsByHand(t, browser, base) })
	t.Run("setup", func(t *testing.T) { setup(t, browser, base) })
	t.Run("link", func(t *testing.T) { links(t, browser, base) })
	t.Run("files", func(t *testing.T) { ownFiles(t, browser, base) })
	t.Run("recorded", func(t *testing.T) { recordedScenes(t, browser, base) })
	t.Run("logs", func(t *testing.T) { droppedLogs(t, browser, base) })
	t.Run("history and clusters", func(t *testing.T) { ownHistory(t, browser, base) })
	t.Run("script", func(t *testing.T) { malformed(t, browser, base) })
	t.Run("bad links", func(t *testing.T) { badLinks(t, browser, base) })
	t.Run("narrow", func(t *testing.T) { narrow(t, browser, base) })
	t.Run("lanes", func(t *testing.T) { lanes(t, browser, base) })
	t.Run("keyboard", func(t *testing.T) { keyboard(t, browser, base) })
	t.Run("phone", func(t *testing.T) { phone(t, browser, base) })
	t.Run("quiz", func(t *testing.T) { quiz(t, browser, base) })
	t.Run("quiz shapes", func(t *testing.T) { quizShapes(t, browser, base) })
	t.Run("soft state", func(t *testing.T) { softState(t, browser, base) })
	t.Run("every variant", func(t *testing.T) { everyVariant(t, browser, base) })
	t.Run("same engine", func(t *testing.T) { sameEngine(t, browser, base) })
	t.Run("idle", func(t *testing.T) { idle(t, browser, base) })
	t.Run("context loss", func(t *testing.T) { contextLoss(t, browser, base) })
	t.Run("broken", func(t *testing.T) { brokenWasm(t, browser) })
}

// loading tells how long the page takes, the first time and again, and that nothing is asked for twice.
func loading(t *testing.T, browser context.Context, base string) {
	for _, time := range []string{"first", "second", "third"} {
		p := openTab(t, browser, base, "#scene=kudu-3266", 1280, 720)
		p.ready()
		var took map[string]float64
		p.run(chromedp.Evaluate(`({interactive: performance.getEntriesByName("interactive")[0].startTime,
			first: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
			last: Math.max(...performance.getEntriesByType("resource").map((e) => e.responseEnd)),
			wasm: performance.getEntriesByName(new URL("main.wasm", location).href)[0].responseEnd})`, &took))
		t.Logf("the %s time: first paint after %.0f ms, wasm %.0f ms, last file %.0f ms, interactive after %.0f ms", time, took["first"],
			took["wasm"], took["last"], took["interactive"])
		p.quiet()
		asked := map[string]int{}
		for _, u := range p.urls {
			asked[u]++
		}
		for u, n := range asked {
			assert.True(t, n == 1 || strings.HasSuffix(u, ".svg"), "%s is asked for %d times", u, n) // the icon is the browser's own affair
		}
	}
}

func walk(t *testing.T, browser context.Context, base string) {
	p := openTab(t, browser, base, "#scene=kudu-3266", 1280, 720)
	p.ready()
	p.shot("desktop-0")
	start := p.state()
	require.Equal(t, "kudu-3266", start.Scene)
	require.Zero(t, start.Step)
	require.Greater(t, start.Steps, 3)
	require.Equal(t, "ebitengine", start.Frame.Backend)
	var events []int
	for n := 1; n <= start.Steps; n++ {
		p.click(`button[aria-label="Step"]`)
		p.until(fmt.Sprintf(`tabletop.state().step === %d && !tabletop.state().moving`, n))
		s := p.state()
		p.until(fmt.Sprintf(`document.querySelector("#caption").textContent.includes(%q)`, s.Caption))
		assert.NotEmpty(t, s.Caption)
		events = append(events, s.Event)
		p.shot(fmt.Sprintf("desktop-%d", n))
	}
	for n := start.Steps - 1; n >= 0; n-- {
		p.click(`button[aria-label="Back"]`)
		p.until(fmt.Sprintf(`tabletop.state().step === %d`, n))
		if n > 0 {
			assert.Equal(t, events[n-1], p.state().Event, "back at stop %d", n)
		}
	}
	scrub(t, p)
	p.click(`button[aria-label="Reset"]`)
	p.until(`tabletop.state().step === 0 && tabletop.state().event === -1`)
	p.click(`button[aria-label="Play"]`)
	p.until(`tabletop.state().step === 1 && !tabletop.state().playing`)
	p.click(`button[aria-label="Play"]`)
	p.until(`tabletop.state().playing`)
	p.click(`button[aria-label="Stop"]`)
	p.until(`!tabletop.state().playing`)
	p.quiet()
}

// scrub drags along the tape with the mouse.
func scrub(t *testing.T, p *tab) {
	var box struct{ X, Y, W, H float64 }
	p.run(chromedp.Evaluate(`(({x, y, width, height}) => ({X: x, Y: y, W: width, H: height}))(document.querySelector("#tape").getBoundingClientRect())`, &box))
	y := box.Y + 28
	p.run(chromedp.MouseEvent("mousePressed", box.X+box.W*0.3, y, chromedp.Button("left"), chromedp.ClickCount(1)))
	p.until(`tabletop.state().at_us > 0`)
	early := p.state().AtUs
	p.run(chromedp.MouseEvent("mouseMoved", box.X+box.W*0.8, y, chromedp.Button("left")),
		chromedp.MouseEvent("mouseReleased", box.X+box.W*0.8, y, chromedp.Button("left"), chromedp.ClickCount(1)))
	p.until(fmt.Sprintf(`tabletop.state().at_us > %d`, early))
	p.shot("desktop-scrubbed")
	assert.Equal(t, "slider", p.attribute("#tape", "role"))
}

func faultsByHand(t *testing.T, browser context.Context, base string) {
	p := openTab(t, browser, base, "#scene=kudu-3266&at=1", 1280, 720)
	p.ready()
	original := p.state()
	x, y := p.nodeOnStage("C")
	p.run(chromedp.MouseClickXY(x, y))
	p.until(`!document.querySelector("#menu").hidden`)
	p.shot("desktop-menu")
	p.holds(`document.querySelector("#menu").getBoundingClientRect().bottom <= document.querySelector("#caption").getBoundingClientRect().top`)
	p.click(`#menu [data-verb="pause"]`)
	p.until(`tabletop.state().branches.length === 2`)
	paused := p.state()
	assert.Equal(t, "paused", paused.process("C"))
	assert.NotEqual(t, original.TraceHash, paused.TraceHash)
	assert.NotEqual(t, "main", paused.Branch)
	p.click("#tab-node")
	p.shot("desktop-branch")
	p.click(`[data-key="crash-C"]`)
	p.until(`tabletop.state().nodes.find((n) => n.id === "C").process === "crashed"`)
	p.shot("desktop-crashed")
	p.click(`[data-key="restart-C"]`)
	p.until(`tabletop.state().nodes.find((n) => n.id === "C").process === "running"`)
	p.run(chromedp.KeyEvent("u"))
	p.until(`tabletop.state().nodes.find((n) => n.id === "C").process === "crashed"`)
	require.Empty(t, p.do(`{type: "branch", id: "main"}`))
	assert.Equal(t, original.TraceHash, p.state().TraceHash)
	assert.Contains(t, p.do(`{type: "command", text: "pause Z"}`), "Z")
	assert.NotEmpty(t, p.state().Error)
	require.Empty(t, p.do(`{type: "reset"}`))
	assert.Zero(t, p.state().Step)
	p.quiet()
}

func setup(t *testing.T, browser context.Context, base string) {
	p := openTab(t, browser, base, "", 1280, 720)
	p.ready()
	first := p.state()
	require.Equal(t, "kudu-3266", first.Scene, "what a page without an address shows")
	p.click("#tab-setup")
	p.shot("desktop-setup")
	var others []string
	p.run(chromedp.Evaluate(`[...document.querySelectorAll("#variant option")].map((o) => o.value)`, &others))
	require.Greater(t, len(others), 1)
	for _, id := range others {
		p.run(chromedp.SetValue("#variant", id, chromedp.ByQuery),
			chromedp.Evaluate(`document.querySelector("#variant").dispatchEvent(new Event("change"))`, nil))
		p.until(fmt.Sprintf(`tabletop.state().variant === %q`, id))
	}
	require.Empty(t, p.do(`{type: "seek", step: 5}`))
	p.click("#tab-lesson")
	p.shot("desktop-variant")
	p.click("#tab-checks")
	p.shot("desktop-checks")
	require.Empty(t, p.do(`{type: "open", scene: "kudu-3266", seed: 7}`))
	assert.EqualValues(t, 7, p.state().Seed)
	assert.Contains(t, p.do(`{type: "open", scene: "no-such-scene"}`), "kudu-3266")
	assert.Contains(t, p.do(`{type: "set", key: "no-such-key", value: "1"}`), "no-such-key")
	assert.Contains(t, p.do(`{type: "open", files: [{name: "mine.scene", bytes: new TextEncoder().encode("nonsense")}]}`), "mine.scene:")
	require.Empty(t, p.do(`{type: "open", scene: "kudu-3266"}`))
	assert.Equal(t, first.TraceHash, p.state().TraceHash)
	require.Empty(t, p.do(`{type: "set", key: "machine", value: "idle"}`))
	assert.Equal(t, "idle", p.state().Settings["machine"])
	p.click("#theme")
	p.until(`document.documentElement.dataset.theme === "light"`)
	p.click("#tab-lesson")
	p.shot("desktop-light")
	p.quiet()
}

func links(t *testing.T, browser context.Context, base string) {
	p := openTab(t, browser, base, "#scene=kudu-3266&seed=3&at=2", 1280, 720)
	p.ready()
	require.Equal(t, 2, p.state().Step)
	require.EqualValues(t, 3, p.state().Seed)
	require.Empty(t, p.do(`{type: "command", text: "pause C"}`))
	require.Empty(t, p.do(`{type: "step"}`))
	want := p.state()
	var hash string
	p.run(chromedp.Evaluate(`location.hash`, &hash))
	again := openTab(t, browser, base, hash, 1280, 720)
	again.ready()
	got := again.state()
	assert.Equal(t, want.TraceHash, got.TraceHash)
	assert.Equal(t, want.Event, got.Event)
	assert.Equal(t, want.AtUs, got.AtUs)
	again.run(chromedp.Evaluate(`location.hash = "#scene=kudu-3266&at=e10"`, nil))
	again.until(`tabletop.state().event === 10`)
	again.quiet()
	p.quiet()
}

// bareScene has none of the sections that a scene can do without.
const bareScene = `-- scene --
id      bare
title   Two words
system  kudu
source  nowhere

-- cluster --
masters  A B C
clients  client

-- variants --
default  clean  linearizable  As it is.

-- script --
stop ready leader within 10s
  caption  {leader} is elected.
`

// give opens a file by script, as if it had been dropped.
func (p *tab) give(name, text string) string {
	p.t.Helper()
	return p.do(fmt.Sprintf(`{type: "open", files: [{name: %q, bytes: new TextEncoder().encode(%q)}]}`, name, text))
}

func ownFiles(t *testing.T, browser context.Context, base string) {
	path := filepath.Join(t.TempDir(), "run.ndjson")
	status, _, stderr := call("run", "kudu-3266", "--trace", path)
	require.Equal(t, exitOK, status, stderr)
	written, err := os.ReadFile(path)
	require.NoError(t, err)
	p := openTab(t, browser, base, "#scene=kudu-3266", 1280, 720)
	p.ready()
	want := p.state()
	require.Empty(t, p.give("bare.scene", bareScene))
	require.Equal(t, "bare", p.state().Scene)
	for _, pane := range []string{"setup", "checks", "node", "lesson"} {
		p.click("#tab-" + pane)
	}
	require.Empty(t, p.do(`{type: "step"}`))
	var address string
	p.run(chromedp.Evaluate(`location.hash`, &address))
	require.Empty(t, p.give("run.ndjson", string(written)))
	got := p.state()
	assert.True(t, got.Trace)
	assert.Equal(t, "simulation", got.Source)
	assert.Equal(t, want.TraceHash, got.TraceHash)
	assert.Equal(t, got.Events, got.Steps)
	p.click(`button[aria-label="Step"]`)
	p.until(`tabletop.state().event === 0`)
	require.Empty(t, p.do(fmt.Sprintf(`{type: "seek", event: %d}`, got.Events/2)))
	for _, pane := range []string{"setup", "node", "lesson", "checks"} {
		p.click("#tab-" + pane)
		p.shot("desktop-trace-" + pane)
	}
	assert.Contains(t, p.text("#pane-checks"), "Findings")
	assert.Contains(t, p.do(`{type: "command", text: "pause A"}`), "run.ndjson is a trace")
	require.Empty(t, p.do(`{type: "open", scene: "kudu-3266"}`))
	assert.False(t, p.state().Trace)
	p.quiet()
	lost := openTab(t, browser, base, address, 1280, 720)
	lost.ready()
	assert.Equal(t, "kudu-3266", lost.state().Scene)
	assert.Contains(t, lost.text("#alert"), "what was opened from bare.scene is not kept")
	lost.quiet()
}

// malformed: whatever a script passes, it gets one plain sentence, and the page stays as it was.
func malformed(t *testing.T, browser context.Context, base string) {
	p := openTab(t, browser, base, "#scene=kudu-3266&at=2", 1280, 720)
	p.ready()
	want := p.state()
	for _, x := range []string{`null`, `undefined`, `"step"`, `[]`, `5`, `{}`, `{type: null}`, `{type: "size"}`, `{type: "seek", at_us: 1e300}`,
		`{type: "seek", at_us: NaN}`, `{type: "seek", step: "2"}`, `{type: "open", settings: 7}`, `{type: "open", files: {}}`,
		`{type: "open", files: [null]}`, `{type: "open", files: [{name: "x.scene"}]}`, `{type: "open", files: [{bytes: new Uint8Array(2)}]}`,
		`{type: "open", seed: 2 ** 53}`, `{type: "open", seed: 0}`, `{type: "open", seed: 5n}`, `{type: "seek", at_us: -1}`,
		`(() => { const x = {type: "step"}; x.x = x; return x; })()`} {
		message := p.do(x)
		assert.NotEmpty(t, message, x)
		for _, inner := range []string{"json", "struct", "undefined", "TypeError", "JSON", "circular", "BigInt", "\n"} {
			assert.NotContains(t, message, inner, x)
		}
		got := p.state()
		assert.Equal(t, want.TraceHash, got.TraceHash, x)
		assert.Equal(t, want.Event, got.Event, x)
	}
	assert.Contains(t, p.do(`null`), "do: a type is expected: one of step, back,")
	require.Empty(t, p.do(`{type: "open", scene: "kudu-3266", seed: "5"}`))
	assert.EqualValues(t, 5, p.state().Seed)
	p.quiet()
}

// badLinks: what an address asks for and cannot be had is told and dropped.
func badLinks(t *testing.T, browser context.Context, base string) {
	for hash, want := range map[string]string{
		"#scene=kudu-3266&acts=-7:pause A":                   "there is no event -7",
		"#scene=kudu-3266&acts=99999999:pause A":             "there is no event 99999999",
		"#scene=kudu-3266&acts=x":                            "a number, a colon and a command",
		"#scene=kudu-3266&seed=9007199254740993":             "seed 9007199254740993: a whole number",
		"#scene=kudu-3266&at=e99999999":                      "there is no event 99999999",
		"#scene=kudu-3266&at=soon":                           "at=soon",
		"#scene=no-such-scene&at=99999s":                     "no-such-scene",
		"#scene=kudu-3266&acts=5:pause%20A;3:pause%20B&at=1": "in the order of their events",
	} {
		p := openTab(t, browser, base, hash, 1280, 720)
		p.ready()
		assert.Contains(t, p.text("#alert"), want)
		assert.Equal(t, "kudu-3266", p.state().Scene)
		assert.Len(t, p.state().Branches, 1)
		var address string
		p.run(chromedp.Evaluate(`location.hash`, &address))
		assert.NotContains(t, address, "acts=")
		assert.NotContains(t, address, "99999")
		p.quiet()
	}
}

// narrow takes pictures of what is crowded.
func narrow(t *testing.T, browser context.Context, base string) {
	p := openTab(t, browser, base, "#scene=kudu-3266", 1024, 700)
	p.ready()
	steps := p.state().Steps
	for n := 1; n <= steps; n++ {
		require.Empty(t, p.do(fmt.Sprintf(`{type: "seek", step: %d}`, n)))
		p.shot(fmt.Sprintf("narrow-%d", n))
		p.holds(`(() => { // the list begins with a whole stop and shows the current one, where no question has taken its place
			if (document.querySelector(".quiz").firstChild) return document.querySelector(".quiz .lead").offsetParent !== null;
			const told = document.querySelector(".told").getBoundingClientRect();
			const tops = [...document.querySelectorAll(".stops li")].map((e) => Math.abs(e.getBoundingClientRect().top - told.top));
			return Math.min(...tops) <= 1.5 && document.querySelector(".stops [aria-current]").getBoundingClientRect().top >= told.top - 1.5;
		})()`)
		p.holds(`[...document.querySelectorAll("#caption .name")].every((e) => e.getClientRects().length === 1)`)
	}
	require.Empty(t, p.do(`{type: "set", key: "clients", value: "8"}`))
	require.Empty(t, p.do(fmt.Sprintf(`{type: "seek", step: %d}`, steps-1)))
	p.shot("narrow-clients")
	p.quiet()
}

// lanes magnifies, moves and seeks in the space-time lanes.
func lanes(t *testing.T, browser context.Context, base string) {
	p := openTab(t, browser, base, "#scene=kudu-3266&at=8", 1280, 720)
	p.ready()
	var box struct{ X, Y, W, H float64 }
	p.run(chromedp.Evaluate(`(({x, y, width, height}) => ({X: x, Y: y, W: width, H: height}))(document.querySelector("#lanes").getBoundingClientRect())`, &box))
	require.Greater(t, box.H, 150.0)
	require.InDelta(t, 1280, box.W, 1)
	assert.Contains(t, p.text("#lanes-twin"), "paused, leader of term 1")
	whole := p.attribute("#lanes", "aria-label")
	p.run(chromedp.KeyEvent("z"), chromedp.KeyEvent("z"))
	p.until(`tabletop.state().lanes.zoom === 4`)
	assert.NotEqual(t, whole, p.attribute("#lanes", "aria-label"))
	p.shot("desktop-lanes")
	x, y := box.X+box.W*0.4, box.Y+box.H*0.6
	p.run(chromedp.MouseClickXY(x, y))
	p.until(`tabletop.state().step < 8`)
	at := p.state().AtUs
	p.run(chromedp.MouseEvent("mouseWheel", x, y, func(e *input.DispatchMouseEventParams) *input.DispatchMouseEventParams {
		return e.WithDeltaY(-500)
	}))
	p.until(`tabletop.state().lanes.zoom > 5`)
	p.holds(fmt.Sprintf(`tabletop.state().lanes.from_us < %d && tabletop.state().lanes.to_us > %d`, at, at))
	p.run(chromedp.Evaluate(`window.from = tabletop.state().lanes.from_us`, nil),
		chromedp.MouseEvent("mousePressed", x, y, chromedp.Button("left"), chromedp.ClickCount(1)),
		chromedp.MouseEvent("mouseMoved", x+90, y, chromedp.Button("left")),
		chromedp.MouseEvent("mouseReleased", x+90, y, chromedp.Button("left"), chromedp.ClickCount(1)))
	p.until(`tabletop.state().lanes.from_us < window.from`)
	assert.Equal(t, at, p.state().AtUs, "a drag moves the lanes and not the cursor")
	p.run(chromedp.MouseClickXY(box.X+30, box.Y+box.H*0.9))
	p.until(`tabletop.state().selected === "C"`)
	p.run(chromedp.KeyEvent(kb.Home))
	p.until(`tabletop.state().lanes.zoom === 1 && tabletop.state().event === -1`)
	assert.Equal(t, whole, p.attribute("#lanes", "aria-label"))
	p.quiet()
}

func keyboard(t *testing.T, browser context.Context, base string) {
	p := openTab(t, browser, base, "#scene=kudu-3266", 1280, 720)
	p.ready()
	p.run(chromedp.KeyEvent(kb.ArrowRight))
	p.until(`tabletop.state().step === 1`)
	p.run(chromedp.KeyEvent(kb.End))
	p.until(`tabletop.state().event === tabletop.state().events - 1`)
	p.run(chromedp.KeyEvent(kb.Home))
	p.until(`tabletop.state().event === -1`)
	p.run(chromedp.KeyEvent(kb.PageDown))
	p.until(`tabletop.state().step === 1 && !tabletop.state().moving`)
	p.run(chromedp.KeyEvent("2"))
	p.until(`tabletop.state().selected !== ""`)
	p.run(chromedp.KeyEvent("p"))
	p.until(`tabletop.state().nodes.some((n) => n.process === "paused")`)
	p.run(chromedp.Focus("#stage", chromedp.ByQuery), chromedp.KeyEvent(kb.Enter))
	p.until(`!document.querySelector("#menu").hidden`)
	p.run(chromedp.KeyEvent(kb.Escape))
	p.until(`document.querySelector("#menu").hidden`)
	p.run(chromedp.KeyEvent("?"))
	p.until(`document.querySelector("#keys").open`)
	p.shot("desktop-keys")
	p.run(chromedp.KeyEvent(kb.Escape))
	p.until(`!document.querySelector("#keys").open`)
	p.run(chromedp.Focus("#stage", chromedp.ByQuery))
	for range 4 { // the stage is no trap for the focus
		p.run(chromedp.KeyEvent(kb.Tab))
	}
	p.until(`document.activeElement !== document.querySelector("#stage") && document.activeElement !== document.body`)
	p.quiet()
}

func phone(t *testing.T, browser context.Context, base string) {
	p := openTab(t, browser, base, "#scene=kudu-3266", 390, 844)
	p.ready()
	p.shot("phone-0")
	steps := p.state().Steps
	p.click(`button[aria-label="Step"]`)
	p.until(`tabletop.state().step === 1 && !tabletop.state().moving`)
	for n := 2; n <= steps; n++ {
		require.Empty(t, p.do(`{type: "step"}`))
		require.Equal(t, n, p.state().Step)
		p.shot(fmt.Sprintf("phone-%d", n))
		p.holds(`(({top, bottom}) => top > 0 && bottom <= innerHeight)(document.querySelector(".quiz .lead, .stops [aria-current]").getBoundingClientRect())`)
	}
	p.click("#tab-node")
	p.shot("phone-node")
	var small []string
	p.run(chromedp.Evaluate(`[...document.querySelectorAll("button, [role=tab], input, select")].filter((e) => e.offsetParent && e.getBoundingClientRect().height < 44).map((e) => e.id || e.textContent)`, &small))
	assert.Empty(t, small, "targets lower than 44 px")
	var wide float64
	p.run(chromedp.Evaluate(`document.documentElement.scrollWidth`, &wide))
	assert.LessOrEqual(t, wide, 390.0, "nothing scrolls sideways")
	p.quiet()
}

// idle: a page on which nothing moves draws no frame.
func idle(t *testing.T, browser context.Context, base string) {
	p := openTab(t, browser, base, "#scene=kudu-3266&at=2", 1280, 720)
	p.ready()
	p.until(`(() => { const n = tabletop.state().frame.frames; const was = window.seen; window.seen = n; window.same = n === was ? (window.same ?? 0) + 1 : 0; return window.same > 20; })()`)
	var drawn int
	p.run(chromedp.Evaluate(`new Promise((done) => { const from = tabletop.state().frame.frames; let left = 30; const next = () => left-- ? requestAnimationFrame(next) : done(tabletop.state().frame.frames - from); next(); })`, &drawn, awaited))
	assert.Zero(t, drawn)
	p.quiet()
}

// contextLoss: the browser may take the graphics away; the page must not reload itself, and its state must stay.
func contextLoss(t *testing.T, browser context.Context, base string) {
	p := openTab(t, browser, base, "#scene=kudu-3266&at=4", 1280, 720)
	p.ready()
	p.run(chromedp.Evaluate(`window.kept = true;
		document.querySelector("#picture canvas").getContext("webgl2").getExtension("WEBGL_lose_context").loseContext()`, nil))
	p.until(`document.querySelector("#stage .notice")?.textContent.includes("graphics")`)
	require.Empty(t, p.do(`{type: "seek", step: 5}`))
	var kept bool
	p.run(chromedp.Evaluate(`window.kept === true`, &kept))
	assert.True(t, kept, "the page has reloaded itself")
	assert.Equal(t, 5, p.state().Step)
}

// brokenWasm: when the simulator cannot be loaded, the first step stays readable and the page says why.
func brokenWasm(t *testing.T, browser context.Context) {
	b, err := newBuilder(io.Discard)
	require.NoError(t, err)
	whole, err := newSite(b.root, built{dir: t.TempDir()}, "")
	require.NoError(t, err)
	server := httptest.NewServer(whole)
	defer server.Close()
	p := openTab(t, browser, server.URL+"/", "", 1280, 720)
	p.until(`document.querySelector("#loading").textContent.includes("did not start")`)
	assert.Contains(t, p.text("#first"), "Three Kudu masters")
	assert.NotEmpty(t, p.text("#caption"))
	var rejected string
	p.run(chromedp.Evaluate(`tabletop.ready.then(() => "", (e) => e.message)`, &rejected, awaited))
	assert.NotEmpty(t, rejected)
	p.shot("desktop-broken")
}

// TestPageWithoutWebGL: without the graphics card the processor draws the stage. The server offers two scene files, one of
// them broken.
func TestPageWithoutWebGL(t *testing.T) {
	dir := t.TempDir()
	source, err := os.ReadFile("../../scenes/kudu-3266.scene")
	require.NoError(t, err)
	mine := bytes.Replace(source, []byte("kudu-3266"), []byte("my-own"), 1)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "mine.scene"), mine, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "broken.scene"), []byte("-- scene --\nnonsense here\n"), 0o600))
	browser := startBrowser(t, chromedp.Flag("disable-3d-apis", true))
	p := openTab(t, browser, startServe(t, dir), "#scene=my-own&at=4", 1280, 720)
	p.ready()
	assert.Equal(t, "my-own", p.state().Scene)
	assert.Contains(t, p.text("#alert"), "broken.scene:")
	p.until(`tabletop.state().frame.frames > 0`)
	assert.Equal(t, "raster", p.state().Frame.Backend)
	assert.Contains(t, p.text("#stage .notice"), "WebGL")
	require.Empty(t, p.do(`{type: "step"}`))
	assert.Equal(t, 5, p.state().Step)
	p.shot("desktop-raster")
	p.quiet()
}
