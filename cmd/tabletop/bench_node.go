package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// benchNode runs the rows that need neither processes nor files as WebAssembly: this very command, built for js/wasm, in
// node, which has the same engine for it as Chromium. Where it cannot run it says why.
func benchNode(b *bencher) ([]figure, error) {
	skip := func(why string, args ...any) ([]figure, error) {
		return []figure{{Name: "node", Skipped: fmt.Sprintf(why, args...)}}, nil
	}
	node, err := exec.LookPath("node")
	if err != nil {
		return skip("there is no node on PATH")
	}
	build, err := newBuilder(b.err)
	if err != nil {
		return skip("%v", err)
	}
	_, goroot, err := build.toolchain(context.Background())
	if err != nil {
		return skip("%v", err)
	}
	dir, err := os.MkdirTemp("", "tabletop-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	wasm := filepath.Join(dir, "bench.wasm")
	b.say("node: building this command for js/wasm, which takes a minute or two the first time")
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", wasm, "./cmd/tabletop")
	cmd.Dir, cmd.Env = build.root, append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building for js/wasm: %w: %s", err, bytes.TrimSpace(out))
	}
	return b.inNode(node, filepath.Join(goroot, "lib", "wasm", "wasm_exec_node.js"), wasm)
}

func (b *bencher) inNode(node, script, wasm string) ([]figure, error) {
	args := []string{"--stack-size=8192", script, wasm, "bench", "--json", "engine", "catalog", "frame", "seek", "import"}
	if b.tiny {
		args = append(args, "--tiny")
	}
	cmd := exec.Command(node, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir()} // more may not fit beside the arguments
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, b.err
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("running in node: %w", err)
	}
	var figures []figure
	if err := json.Unmarshal(out.Bytes(), &figures); err != nil {
		return nil, fmt.Errorf("node answered what is no list of figures: %w", err)
	}
	for i := range figures {
		figures[i].Name = "node-" + figures[i].Name
	}
	return figures, nil
}
