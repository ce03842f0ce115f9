package main

import (
	"errors"
	"fmt"
	"io/fs"
	neturl "net/url"
	"os"
	"path"
	"path/filepath"
	"slices"

	"tabletop/scenes"
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
		{"worker.wasm", filepath.Join(b.dir, "worker.wasm")},
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

// offered are the scene files of a directory, and what is wrong with some of them, one line each. A broken file stays in
// the list, so that the page names it too, each time it is loaded.
type offered struct {
	files    []siteFile
	list     []extraScene
	problems []string
}

func extraScenes(dir string) (offered, error) {
	all := offered{list: []extraScene{}}
	if dir == "" {
		return all, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return all, err
	}
	taken := map[string]string{}
	for _, sc := range scenes.Catalogue() {
		taken[sc.ID] = "a scene of Tabletop"
	}
	for _, e := range entries {
		if !slices.Contains([]string{".txtar", ".scene", ".txt"}, filepath.Ext(e.Name())) || e.IsDir() {
			continue
		}
		file := filepath.Join(dir, e.Name())
		id, err := sceneID(e.Name(), file)
		if err != nil {
			all.problems = append(all.problems, err.Error())
		} else if other, known := taken[id]; known {
			all.problems = append(all.problems, fmt.Sprintf("%s: left out: %s has the id %s already", e.Name(), other, id))
			continue
		}
		if err == nil {
			taken[id] = e.Name()
		}
		url := "extra/" + e.Name()
		all.files = append(all.files, siteFile{url, file})
		all.list = append(all.list, extraScene{e.Name(), (&neturl.URL{Path: url}).String()})
	}
	return all, nil
}

func sceneID(name, file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	sc, err := scenes.Parse(name, text)
	if err != nil {
		return "", err
	}
	if sc.ID == "" {
		return "", fmt.Errorf("%s: the scene has no id: a line such as \"id my-scene\" is expected in its section scene", name)
	}
	return sc.ID, nil
}
