package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabletop/scenes"
)

// recordedScenes walks through the scenes that are played from logs, which the worker reads.
func recordedScenes(t *testing.T, browser context.Context, base string) {
	p := openTab(t, browser, base, "#scene=kudu-3266-recorded", 1280, 720)
	p.ready()
	require.Equal(t, "log", p.state().Source)
	for _, sc := range scenes.Catalogue() {
		if sc.Kind != scenes.Recorded {
			continue
		}
		for _, v := range sc.Variants {
			run, _, err := playRecorded(sc, v.ID)
			require.NoError(t, err)
			require.Empty(t, p.do(fmt.Sprintf(`{type: "open", scene: %q, variant: %q}`, sc.ID, v.ID)))
			assert.Equal(t, run.Hash, p.state().TraceHash)
			for i, stop := range run.Stops {
				p.click(`button[aria-label="Step"]`)
				p.until(fmt.Sprintf(`tabletop.state().step === %d && !tabletop.state().moving`, i+1))
				p.until(fmt.Sprintf(`document.querySelector("#caption").textContent.includes(%q)`, stop.Caption))
				p.shot(fmt.Sprintf("%s-%s-%d", sc.ID, v.ID, i+1))
			}
		}
	}
	assert.Contains(t, p.do(`{type: "command", text: "pause m1"}`), "is recorded")
	logPanes(t, p)
	p.quiet()
}

// logPanes looks at what a log adds to the side panel.
func logPanes(t *testing.T, p *tab) {
	p.click("#tab-log")
	p.until(`document.querySelectorAll("#pane-log li").length > 10 && document.querySelector("#pane-log [aria-current]")`)
	p.holds(`document.querySelectorAll("#pane-log li").length <= 200`)
	p.run(chromedp.SendKeys("#pane-log input", "stepping down", chromedp.ByQuery))
	p.until(`[...document.querySelectorAll("#pane-log li")].every((l) => l.textContent.includes("Stepping down")) &&
		document.querySelectorAll("#pane-log li").length > 0`)
	p.shot("desktop-log")
	p.click("#pane-log li button")
	p.until(`tabletop.state().at_us > 0`)
	p.click("#tab-files")
	assert.Contains(t, p.text("#pane-files"), "kudu-glog")
	assert.Contains(t, p.text("#pane-files"), "Clocks")
	assert.Contains(t, p.text("#pane-files"), "reference")
	at := p.state().AtUs
	for _, corrected := range []bool{false, true} { // the logs are read again, and the place stays
		box := `document.querySelector('#pane-files [data-key="Correct the clocks"]')`
		p.run(chromedp.Evaluate(box+`.dataset.old = "yes"`, nil))
		p.click(`#pane-files [data-key="Correct the clocks"]`)
		p.until(fmt.Sprintf(`!%s.dataset.old && %s.checked === %t`, box, box, corrected))
		p.holds(fmt.Sprintf(`document.querySelector("#raw").hidden === %t`, corrected))
		assert.Equal(t, at, p.state().AtUs)
	}
	p.click(`#pane-files [data-key="Show what it says beside operations"]`)
	p.until(`tabletop.state().marked`)
	p.shot("desktop-files")
	p.click("#tab-checks")
	assert.Contains(t, p.text("#pane-checks"), "m1.log:")
	p.shot("desktop-log-checks")
	p.holds(`document.querySelector("#tab-setup").hidden`)
}

// droppedLogs opens log files of one's own. What stands in them is text and nothing else.
func droppedLogs(t *testing.T, browser context.Context, base string) {
	p := openTab(t, browser, base, "#scene=kudu-3266", 1280, 720)
	p.ready()
	p.holds(`performance.getEntriesByType("resource").every((e) => !e.name.includes("worker"))`)
	dir := filepath.Join("..", "..", "scenes", "recorded", "kudu-3266-recorded")
	var files []string
	for _, name := range []string{"m1.log", "m2.log", "m3.log"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		if name == "m2.log" {
			b = append(b, "I20261121 05:05:12.999999 15382 a.cc:1] <img src=x onerror=alert(1)><b>bold</b>\n"...)
		}
		files = append(files, fmt.Sprintf(`{name: %q, bytes: new TextEncoder().encode(%q)}`, name, b))
	}
	require.Empty(t, p.do(`{type: "open", files: [`+strings.Join(files, ",")+`]}`))
	s := p.state()
	require.Equal(t, "log", s.Source)
	require.True(t, s.Trace)
	require.Greater(t, s.Events, 100)
	droppedStage(t, p)
	require.Empty(t, p.do(fmt.Sprintf(`{type: "seek", event: %d}`, s.Events-1)))
	p.click("#tab-log")
	p.until(`document.querySelector("#pane-log").textContent.includes("<img src=x")`)
	p.holds(`!document.querySelector("#pane-log img, #pane-log li b b")`)
	p.shot("desktop-dropped")

	assert.Contains(t, p.do(`{type: "open", files: [{name: "notes.txt", bytes: new TextEncoder().encode("no log at all\n")}]}`), "no file holds a log")
	assert.Equal(t, s.TraceHash, p.state().TraceHash, "what was open stays")
	require.Empty(t, p.do(`{type: "open", scene: "kudu-3266"}`))
	require.Equal(t, "simulation", p.state().Source)
	p.holds(`document.querySelector("#tab-log").hidden && !document.querySelector("#tab-setup").hidden`)
	p.quiet()
}

// droppedStage: logs open at what stands out, their stage never moves under the reader, and no node of them can be commanded.
func droppedStage(t *testing.T, p *tab) {
	p.until(`document.querySelector("#caption").textContent.startsWith("Two leaders at once: ")`)
	assert.Equal(t, "Summary", p.text("#tab-lesson"))
	p.holds(`document.querySelector("#branch").parentElement.hidden`)
	p.holds(`document.querySelector("#variant").selectedOptions[0].textContent === "Kudu: A, B, C, 2026-11-21 05:04"`)
	p.holds(`document.querySelector("#pane-lesson .legend") && !document.querySelector("#unit option[value=stop]")`)
	height := `Math.round(document.querySelector("#stage").getBoundingClientRect().height)`
	p.run(chromedp.Evaluate(`var high = `+height, nil))
	for event := 0; event < p.state().Events; event += 20 {
		require.Empty(t, p.do(fmt.Sprintf(`{type: "seek", event: %d}`, event)))
		p.holds(height + ` === high`)
	}
	x, y := p.nodeOnStage(p.state().Nodes[0].ID)
	p.run(chromedp.MouseClickXY(x, y))
	p.until(`tabletop.state().selected !== ""`)
	p.holds(`document.querySelector("#menu").hidden`)
	p.run(chromedp.KeyEvent("p"))
	p.until(`!document.querySelector("#toast").hidden && document.querySelector("#toast").textContent.includes("no node in them can be paused")`)
	p.run(chromedp.Evaluate(`document.querySelector("#toast").hidden = true`, nil), chromedp.KeyEvent("x"))
	p.holds(`document.querySelector("#toast").hidden && document.querySelector("#alert").hidden`)
	p.run(chromedp.KeyEvent("?"))
	p.until(`document.querySelector("#keys").open`)
	p.holds(`!document.querySelector("#keys").textContent.includes("crash or restart")`)
	p.run(chromedp.KeyEvent(kb.Escape))
	p.click("#open")
	p.click("#opener .head button")
	p.until(`!document.querySelector("#opener").open`)
}

// ownHistory opens what no log of a node stands beside, and the ticket, which holds two clusters, on a phone.
func ownHistory(t *testing.T, browser context.Context, base string) {
	p := openTab(t, browser, base, "#scene=kudu-3266", 390, 844)
	p.ready()
	p.holds(`document.querySelector("#open").offsetParent !== null`)
	name := strings.Repeat("long", 75)
	history := fmt.Sprintf(`{"op":"client","client":"a","what":"write %s 5","begin":"2026-11-21T05:00:00Z","time":"2026-11-21T05:00:01Z","ok":true}`, name)
	require.Empty(t, p.do(fmt.Sprintf(`{type: "open", files: [{name: "h.ndjson", bytes: new TextEncoder().encode(%q)}]}`, history+"\n")))
	require.Empty(t, p.do(`{type: "reset"}`))
	assert.Equal(t, "What clients did; there is no log of a node.", p.text("#caption"))
	p.holds(`document.querySelector("#variant").parentElement.hidden && document.querySelector("#date").textContent === "2026-11-21"`)
	p.click("#tab-checks")
	assert.Contains(t, p.text("#pane-checks"), "Nothing here can be checked")
	p.holds(`!document.querySelector("#pane-checks .chip") && !document.querySelector("#pane-checks").textContent.includes("gave up")`)
	p.holds(`document.querySelector("#pane-checks").scrollWidth <= document.querySelector("#pane-checks").clientWidth`)

	b, err := os.ReadFile(filepath.Join("..", "..", "scenes", "recorded", "kudu-3266-log", "ticket.log"))
	require.NoError(t, err)
	require.Empty(t, p.do(fmt.Sprintf(`{type: "open", files: [{name: "ticket.log", bytes: new TextEncoder().encode(%q)}]}`, b)))
	p.click("#tab-lesson")
	assert.Contains(t, p.text("#pane-lesson"), "2 clusters were opened")
	assert.Contains(t, p.text("#pane-lesson"), "here they are not shown")
	first := p.state().Nodes[0].ID
	p.click(`#pane-lesson [data-key="cluster-cluster 1"]`)
	p.until(fmt.Sprintf(`tabletop.state().cluster === 1 && tabletop.state().nodes[0].id !== %q`, first))
	require.Empty(t, p.do(`{type: "reset"}`))
	p.holds(`/^Logs of \w/.test(document.querySelector("#caption").textContent)`)
	p.shot("phone-clusters")
	p.quiet()
}
