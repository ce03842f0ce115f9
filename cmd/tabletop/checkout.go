package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const module = "tabletop"

// findCheckout returns the nearest directory, from dir upwards, that holds this module's go.mod.
func findCheckout(dir string) (string, error) {
	for at := dir; ; at = filepath.Dir(at) {
		text, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil && moduleName(text) == module {
			return at, nil
		}
		if filepath.Dir(at) == at {
			return "", errors.New("not in a checkout of Tabletop: no parent directory holds its go.mod; " +
				"run this inside the source tree")
		}
	}
}

func moduleName(gomod []byte) string {
	for line := range strings.Lines(string(gomod)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "module "); ok {
			return strings.Trim(strings.TrimSpace(name), `"`)
		}
	}
	return ""
}

// sourceRoots are what the page's wasm is made of, by the layout of the module.
func sourceRoots() []string {
	return []string{"engine", "scenes", "render", "replay", "wasm", "assets"}
}

// sourceHash names the build of these sources by a toolchain with its flags.
func sourceHash(root, toolchain string) (string, error) {
	var files []string
	for _, dir := range sourceRoots() {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "testdata" || path == filepath.Join(root, pageDir)):
				return fs.SkipDir
			case d.Type().IsRegular() && !strings.HasSuffix(d.Name(), "_test.go"):
				files = append(files, path)
			}
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("hash the sources: %w", err)
		}
	}
	slices.Sort(files)
	files = append(files, filepath.Join(root, "go.mod"), filepath.Join(root, "go.sum"))
	sum := sha256.New()
	fmt.Fprintln(sum, toolchain)
	for _, path := range files {
		if err := hashFile(sum, root, path); err != nil {
			return "", fmt.Errorf("hash the sources: %w", err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:12]), nil
}

func hashFile(sum io.Writer, root, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	name, err := filepath.Rel(root, path)
	if err != nil {
		return err
	}
	fmt.Fprintf(sum, "%s %d\n", filepath.ToSlash(name), info.Size())
	_, err = io.Copy(sum, f)
	return err
}
