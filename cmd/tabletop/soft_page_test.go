package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// softState looks at a master that was elected and knows almost nothing: the page says what is missing, where the rest is
// from, and what is needed now.
func softState(t *testing.T, browser context.Context, base string) {
	const at = "#scene=kudu-1353&at=16.187s"
	for _, size := range []struct {
		name string
		w, h int64
		dark bool
	}{{"soft-1280", 1280, 720, true}, {"soft-light", 1280, 720, false}, {"soft-1920", 1920, 1080, true}, {"soft-phone", 390, 844, true}} {
		p := openTab(t, browser, base, at, size.w, size.h)
		p.ready()
		require.Empty(t, p.do(`{type: "select", node: "M1"}`))
		if !size.dark {
			p.click("#theme")
			p.until(`document.documentElement.dataset.theme === "light"`)
		}
		p.shot(size.name)
		p.click("#tab-node")
		p.until(`!document.querySelector("#pane-node").hidden`)
		p.holds(`document.querySelector(".memory .cell.needed .name").textContent === "44d2"`)
		p.holds(`document.querySelector(".memory .cell.needed .v").textContent === "–"`)
		p.holds(`document.querySelector(".meter").textContent === "rebuilt 0 of 1"`)
		p.holds(`[...document.querySelectorAll(".memory .cell .from")].some((e) => /^from t2's heartbeat, [0-9.]+ (ms|s) ago$/.test(e.textContent))`)
		p.holds(`document.querySelector('#pane-node tr[data-node="M1"] .view').textContent === "M1* M2 M3"`) // M2 has crashed, and is a voter
		p.holds(`[...document.querySelectorAll("#pane-node *")].every((e) => parseFloat(getComputedStyle(e).fontSize) >= 12)`)
		p.shot(size.name + "-node")
		p.quiet()
	}
	p := openTab(t, browser, base, at, 1280, 720)
	p.ready()
	for _, id := range []string{"t1", "M1"} {
		require.Empty(t, p.do(`{type: "select", node: "`+id+`"}`))
		p.holds(`tabletop.state().nodes.find((n) => n.id === "` + id + `").cells.every((c) => c.source_event >= 0 && c.since_us >= 0 && c.from !== "")`)
	}
	words := p.text("#twin")
	assert.Contains(t, words, "never left it: no leader known")
	assert.Contains(t, words, "t1 runs: leads 1 of 1; nothing new to report.")
	p.quiet()
}
