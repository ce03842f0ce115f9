package main

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
)

const pageDir = "wasm/page"

// siteFile is one file of the site: where the page asks for it and where it lies.
type siteFile struct {
	url  string // relative to index.html, with slashes
	path string
}

// siteFiles lists the site. The fonts are in the wasm; their licences lie beside it.
//
// The page's own files keep the paths they have in the checkout, so that index.html refers to
// them the same way everywhere; what was built stands beside index.html.
func siteFiles(root string, b built) ([]siteFile, error) {
	files := []siteFile{
		{"index.html", filepath.Join(root, "index.html")},
		{"main.wasm", filepath.Join(b.dir, "main.wasm")},
		{"wasm_exec.js", filepath.Join(b.dir, "wasm_exec.js")},
	}
	for _, dir := range []string{pageDir, "assets"} {
		found, err := webFiles(root, dir)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	return files, nil
}

func webFiles(root, dir string) ([]siteFile, error) {
	var files []siteFile
	err := filepath.WalkDir(filepath.Join(root, dir), func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		if d.Type().IsRegular() && servable(d.Name()) {
			files = append(files, siteFile{filepath.ToSlash(name), file})
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return files, err
}

func servable(name string) bool {
	_, ok := mediaType(name)
	return ok
}

// mediaType returns the type a file is served with. The table is our own: what the operating system believes of .js and
// .wasm varies.
func mediaType(name string) (string, bool) {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8", true
	case ".js":
		return "text/javascript; charset=utf-8", true
	case ".css":
		return "text/css; charset=utf-8", true
	case ".json":
		return "application/json", true
	case ".wasm":
		return "application/wasm", true
	case ".txt":
		return "text/plain; charset=utf-8", true
	case ".svg":
		return "image/svg+xml", true
	}
	return "", false
}

// extraScene is a scene file of the user's that the page offers beside its own.
type extraScene struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// sceneList is the page's list of extra scenes.
const sceneList = "extra/scenes.json"

func extraScenes(dir string) ([]siteFile, []extraScene, error) {
	if dir == "" {
		return nil, []extraScene{}, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	files, list := []siteFile{}, []extraScene{}
	for _, e := range entries {
		if !slices.Contains([]string{".txtar", ".scene", ".txt"}, filepath.Ext(e.Name())) || e.IsDir() {
			continue
		}
		url := "extra/" + e.Name()
		files = append(files, siteFile{url, filepath.Join(dir, e.Name())})
		list = append(list, extraScene{e.Name(), url})
	}
	return files, list, nil
}
