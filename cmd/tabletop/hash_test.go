package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"tabletop/scenes"
)

// simulations are the scenes that run; the recorded ones are played.
func simulations() []*scenes.Scene {
	return slices.DeleteFunc(scenes.Catalogue(), func(sc *scenes.Scene) bool { return sc.Kind == scenes.Recorded })
}

// sameEngine compares runs in the browser with those of this process, bit for bit.
func sameEngine(t *testing.T, browser context.Context, base string) {
	p := openTab(t, browser, base, "", 1280, 720)
	p.ready()
	for _, sc := range simulations() {
		for _, v := range sc.Variants {
			for _, seed := range []uint64{1, 17, sc.Seed} {
				run, err := sc.Run(scenes.Options{Variant: v.ID, Seed: seed})
				require.NoError(t, err)
				require.Empty(t, p.do(fmt.Sprintf(`{type: "open", scene: %q, variant: %q, seed: %d}`, sc.ID, v.ID, seed)))
				assert.Equal(t, run.Hash, p.state().TraceHash, "%s %s seed %d", sc.ID, v.ID, seed)
			}
		}
	}
	p.quiet()
}

// everyVariant walks through each variant of each scene with real clicks: every caption is the one this process fills,
// and none is struck through.
func everyVariant(t *testing.T, browser context.Context, base string) {
	p := openTab(t, browser, base, "", 1280, 720)
	p.ready()
	for _, sc := range simulations() {
		variants := sc.Variants
		if os.Getenv("TABLETOP_LONG") == "" {
			variants = variants[min(1, len(variants)-1):][:1]
		}
		for _, v := range variants {
			run, err := sc.Run(scenes.Options{Variant: v.ID})
			require.NoError(t, err)
			require.Empty(t, p.do(fmt.Sprintf(`{type: "open", scene: %q, variant: %q, settings: {}}`, sc.ID, v.ID)))
			p.until(fmt.Sprintf(`tabletop.state().variant === %q && tabletop.state().step === 0`, v.ID))
			for i, stop := range run.Stops {
				p.click(`button[aria-label="Step"]`)
				p.until(fmt.Sprintf(`tabletop.state().step === %d`, i+1))
				p.until(fmt.Sprintf(`document.querySelector("#caption").textContent.includes(%q)`, stop.Caption))
				p.holds(`!document.querySelector("#caption").classList.contains("missed")`)
			}
		}
	}
	p.quiet()
}

func TestHunt(t *testing.T) {
	status, stdout, stderr := call("hunt", "kudu-3266", "--seeds", "60", "--from", "4300", "--json")
	require.Equal(t, exitOK, status, stderr)
	var r scenes.HuntReport
	require.NoError(t, json.Unmarshal([]byte(stdout), &r))
	assert.Equal(t, 60, r.Runs)
	assert.Equal(t, r.Runs, r.Anomalies+r.Timeouts+r.Clean)
	assert.Contains(t, r.AnomalySeeds, uint64(4334), "the scene's own seed lies in the range")
	assert.Equal(t, r.Anomalies, r.NotLinearizable)
	assert.Zero(t, r.Disagreements)
	assert.Equal(t, r.Measures.StaleReads, r.Anomalies)

	_, whole, _ := call("hunt", "kudu-3266", "--seeds", "60", "--from", "4300", "--json", "--check")
	var checked scenes.HuntReport
	require.NoError(t, json.Unmarshal([]byte(whole), &checked))
	r.WallUS, checked.WallUS = 0, 0
	assert.Equal(t, r, checked, "a whole trace and an outline of it are worth the same, and no invariant is broken")

	status, stdout, _ = call("hunt", "kudu-3266", "--seeds", "20", "--set", "client-delay=1s")
	assert.Equal(t, exitOK, status, "a hunt that finds nothing is no failure")
	assert.Contains(t, stdout, "anomalies 0 (0.0 %)")
	for _, args := range [][]string{{"hunt"}, {"hunt", "none"}, {"hunt", "kudu-3266", "--seeds", "0"},
		{"hunt", "kudu-3266", "--set", "machine=fast"}, {"hunt", "kudu-3266", "--variant", "none"}} {
		status, _, stderr := call(args...)
		assert.Equal(t, exitUsage, status, args)
		assert.NotEmpty(t, stderr)
	}
}
