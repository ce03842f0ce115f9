package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	guesses = `document.querySelectorAll(".quiz input").length`
	verdict = `document.querySelector(".quiz .lead")?.lastChild.textContent`
)

// quiz answers the questions of the first lesson with the mouse and the keyboard, and goes on without an answer.
func quiz(t *testing.T, browser context.Context, base string) {
	p := openTab(t, browser, base, "#scene=kudu-3266&at=7", 1280, 720)
	p.ready()
	p.until(guesses + ` === 3`)
	p.holds(`document.querySelector(".quiz").getAttribute("aria-live") === "polite" && tabletop.state().questions[1].answer === 0`)
	p.shot("quiz-asked")
	p.holds(`tabletop.state().asked && document.querySelector(".tape .cover").getBoundingClientRect().width > 100`)
	p.click(`.quiz label:nth-of-type(2)`)
	p.holds(`document.querySelector(".quiz input:checked").value === "1"`)
	p.shot("quiz-guessed")
	p.run(chromedp.KeyEvent(kb.Enter))
	p.until(`tabletop.state().step === 8 && ` + verdict + ` === "Not what you expected."`)
	assert.Contains(t, p.text(".quiz"), "A answered from its own memory")
	p.until(`!tabletop.state().moving`)
	p.shot("quiz-wrong")
	p.holds(`!tabletop.state().asked && document.querySelector(".tape .cover").getBoundingClientRect().width === 0`)

	p.run(chromedp.KeyEvent(kb.PageUp))
	p.until(guesses + ` === 3 && document.querySelector(".quiz input:checked").value === "1"`)
	p.run(chromedp.Focus(`.quiz input:checked`, chromedp.ByQuery), chromedp.KeyEvent(kb.ArrowUp))
	p.until(`document.querySelector(".quiz input:checked").value === "0"`)
	p.holds(`tabletop.state().step === 7`)
	p.run(chromedp.KeyEvent(kb.Enter))
	p.until(verdict + ` === "As you expected."`)
	p.until(`!tabletop.state().moving`)
	p.shot("quiz-right")
	p.click(`button[aria-label="Step"]`)
	p.until(`tabletop.state().step === 9 && !document.querySelector(".quiz").firstChild`)

	p.run(chromedp.Navigate("about:blank"), chromedp.Navigate(base+"#scene=kudu-3266&at=8"))
	p.ready()
	p.until(verdict + ` === "Here is the answer."`)
	p.shot("quiz-unanswered")

	// Where the answer comes two stops later, the question waits for it.
	require.Empty(t, p.do(`{type: "open", scene: "kudu-3266", variant: "read-index"}`))
	require.Empty(t, p.do(`{type: "seek", step: 8}`))
	p.until(guesses + ` === 3`)
	p.shot("quiz-waits")
	require.Empty(t, p.do(`{type: "step"}`))
	p.until(verdict + ` === "Here is the answer."`)
	p.holds(`tabletop.state().questions[1].answer === 1`)
	p.quiet()
}

// quizShapes looks at the questions on a phone and in the light theme.
func quizShapes(t *testing.T, browser context.Context, base string) {
	for _, size := range [][2]int64{{1280, 720}, {390, 844}} {
		for _, theme := range []string{"dark", "light"} {
			p := openTab(t, browser, base, "#scene=kudu-3266&at=7", size[0], size[1])
			p.ready()
			if theme == "light" {
				p.run(chromedp.Evaluate(`document.querySelector("#theme").click()`, nil))
			}
			for _, at := range []int{4, 5, 7, 8} {
				require.Empty(t, p.do(fmt.Sprintf(`{type: "seek", step: %d}`, at)))
				if at == 7 {
					p.click(`.quiz label:nth-of-type(2)`)
				}
				p.shot(fmt.Sprintf("quiz-%d-%s-%d", size[0], theme, at))
				p.holds(`(({top, bottom}) => top > 0 && top < innerHeight)(document.querySelector(".quiz .lead").getBoundingClientRect())`)
			}
			p.quiet()
		}
	}
}
