package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// row is one row of the import table: a package may import packages of lower layers only, and of third parties those
// named here. Tests may import what they like.
type row struct {
	layer      int
	thirdParty []string
}

// table is the architecture. A new package needs a row.
func table() map[string]row {
	const (
		porcupine = "github.com/anishathalye/porcupine"
		compress  = "github.com/klauspost/compress"
		raft      = "go.etcd.io/raft/v3"
		protobuf  = "google.golang.org/protobuf/proto" // as which raft's log holds changes of the configuration
		image     = "golang.org/x/image"
		freetype  = "github.com/golang/freetype"
		ebiten    = "github.com/hajimehoshi/ebiten/v2"
		txtar     = "golang.org/x/tools/txtar"
	)
	return map[string]row{
		"engine/trace": {0, nil}, "render/draw": {0, nil}, "assets": {0, nil},

		"engine/sim": {1, nil}, "engine/catalog": {1, nil}, "engine/check": {1, []string{porcupine}},
		"replay/text": {1, nil}, "replay/source/unpack": {1, []string{compress}}, "replay/clock": {1, nil},
		"scenes/recorded": {1, nil}, "replay/kudu/glogtext": {0, nil}, "render/player": {1, nil},

		// A source yields the regions of replay/text.
		"engine/netsim": {2, nil}, "replay/source": {2, nil}, "replay/kudu": {2, nil}, "replay/etcd": {2, nil},
		"replay/cassandra": {2, nil}, "replay/history": {2, nil}, "render/view": {2, nil},
		"render/draw/glyph": {2, []string{image, freetype}}, "render/draw/drawtest": {1, nil},

		// A process reads its messages from the network's sockets, so it stands above the network.
		"engine/proc": {3, nil}, "engine/raftnode": {3, []string{raft, protobuf}}, "replay": {3, nil},
		"render/raster": {3, []string{image, freetype}}, "render/mesh": {3, []string{image, freetype}},

		"engine/kudu": {4, nil}, "engine/cassandra": {4, nil}, "render/ebitengine": {4, []string{ebiten}},

		"engine": {5, nil},
		"scenes": {6, []string{txtar}},
		"wasm":   {7, []string{ebiten}}, "wasm/worker": {7, nil}, "cmd/tabletop": {7, nil},
	}
}

const module = "tabletop"

// listed is what go list tells of a package.
type listed struct {
	ImportPath, Dir, Doc string
	Standard             bool
	Module               *struct{ Path string }
	Imports, GoFiles     []string
	Error                *struct{ Err string }
}

// own returns the package's path within the module.
func (p listed) own() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
}

// list returns the module's packages as they are built for a platform. Packages that do not build are listed too.
func list(t *testing.T, env ...string) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-deps", "-json=ImportPath,Dir,Doc,Standard,Module,Imports,GoFiles,Error", "./...")
	cmd.Dir, cmd.Env = root(t), append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "go list: %s", stderr.String())
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else {
			require.NoError(t, err)
		}
		if p.Module != nil && p.Module.Path == module {
			all = append(all, p)
		}
	}
	require.NotEmpty(t, all)
	return all
}

// root is the directory of go.mod.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(dir, "go.mod"))
	return dir
}

// everyPlatform runs a test on the packages as built natively and for the browser, and fails with all that it found.
func everyPlatform(t *testing.T, find func(listed) []string) {
	for name, env := range map[string][]string{"native": nil, "browser": {"GOOS=js", "GOARCH=wasm"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var found []string
			for _, p := range list(t, env...) {
				found = append(found, find(p)...)
			}
			report(t, found)
		})
	}
}

func report(t *testing.T, found []string) {
	t.Helper()
	slices.Sort(found)
	for _, f := range slices.Compact(found) {
		t.Error(f)
	}
}

func TestImportsPointDownwards(t *testing.T) {
	rows := table()
	everyPlatform(t, func(p listed) (found []string) {
		if p.Error != nil {
			found = append(found, fmt.Sprintf("%s does not load: %s", p.ImportPath, p.Error.Err))
		}
		from := p.own()
		r, ok := rows[from]
		if !ok {
			return append(found, fmt.Sprintf("%s is not in the table: give it a row and a layer", p.ImportPath))
		}
		for _, path := range p.Imports {
			to, own := strings.CutPrefix(path, module+"/")
			switch {
			case own && rows[to].layer >= r.layer:
				found = append(found, fmt.Sprintf("%s (layer %d) imports %s (layer %d): imports point downwards only",
					from, r.layer, to, rows[to].layer))
			case own && strangers(from, to):
				found = append(found, fmt.Sprintf("%s imports %s: these two never know of each other", from, to))
			case !own && strings.Contains(strings.Split(path, "/")[0], ".") && !allowed(path, r.thirdParty):
				found = append(found, fmt.Sprintf("%s imports %s: its row allows %q", from, path, r.thirdParty))
			}
		}
		return found
	})
}

// strangers reports whether two packages must not be joined whatever their layers: the engine and what reads logs, the
// engine and what draws, the reading of logs and the drawing of them. All share engine/trace, and engine/check judges.
func strangers(from, to string) bool {
	side := func(p string) string {
		switch top, _, _ := strings.Cut(p, "/"); {
		case p == "engine/trace" || p == "engine/check":
			return ""
		case p == "render/view":
			return "view"
		default:
			return top
		}
	}
	a, b := side(from), side(to)
	pair := func(x, y string) bool { return a == x && b == y || a == y && b == x }
	return pair("engine", "replay") || pair("engine", "render") || pair("engine", "view") || pair("replay", "view")
}

// allowed reports whether an import path is one of, or below one of, those given.
func allowed(p string, by []string) bool {
	return slices.ContainsFunc(by, func(a string) bool { return p == a || strings.HasPrefix(p, a+"/") })
}

// pure reports whether a package must give the same result for the same input on every machine.
func pure(own string) bool {
	switch own {
	case "engine", "replay", "render/draw", "render/view", "render/player":
		return true
	}
	return strings.HasPrefix(own, "engine/") || strings.HasPrefix(own, "replay/")
}

func TestPurePackagesKnowNoMachine(t *testing.T) {
	banned := []string{"os", "net/http", "syscall", "math/rand", "crypto/rand", "github.com/hajimehoshi/ebiten"}
	everyPlatform(t, func(p listed) (found []string) {
		own := p.own()
		if !pure(own) {
			return nil
		}
		for _, i := range p.Imports {
			if i == "crypto/rand" && own == "engine/raftnode" {
				continue // owns the reader that raft draws its election timeouts from
			}
			if i == "net" || allowed(i, banned) {
				found = append(found, fmt.Sprintf("%s imports %s: it must not depend on the machine it runs on", own, i))
			}
		}
		return found
	})
}

func TestClocksAndGoroutines(t *testing.T) {
	goroutines := []string{"replay", "wasm", "wasm/worker", "cmd/tabletop"}
	clocks := []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}
	everyPlatform(t, func(p listed) (found []string) {
		own := p.own()
		say := func(at token.Position, what string) {
			found = append(found, fmt.Sprintf("%s: line %d: %s in %s", path.Join(own, filepath.Base(at.Filename)), at.Line, what, own))
		}
		eachFile(p, &found, func(set *token.FileSet, f *ast.File) {
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.GoStmt:
					if !slices.Contains(goroutines, own) {
						say(set.Position(n.Pos()), "a go statement")
					}
				case *ast.SelectorExpr:
					if x, ok := n.X.(*ast.Ident); ok && pure(own) && x.Name == "time" && slices.Contains(clocks, n.Sel.Name) {
						say(set.Position(n.Pos()), "time."+n.Sel.Name)
					}
				}
				return true
			})
		})
		return found
	})
}

// eachFile parses a package's files, tests excepted.
func eachFile(p listed, found *[]string, look func(*token.FileSet, *ast.File)) {
	for _, name := range p.GoFiles {
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			*found = append(*found, fmt.Sprintf("%s/%s does not parse: %v", p.own(), name, err))
			continue
		}
		look(set, f)
	}
}

func TestPackagesAreExplained(t *testing.T) {
	everyPlatform(t, func(p listed) []string {
		if p.Doc == "" {
			return []string{fmt.Sprintf("%s has no package comment", p.ImportPath)}
		}
		return nil
	})
}

func TestFunctionsAndFilesAreShort(t *testing.T) {
	const mostLines, mostInFunction = 600, 80
	everyPlatform(t, func(p listed) (found []string) {
		eachFile(p, &found, func(set *token.FileSet, f *ast.File) {
			for _, d := range f.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok {
					continue
				}
				from, to := set.Position(fn.Pos()), set.Position(fn.End())
				if n := to.Line - from.Line + 1; n > mostInFunction {
					found = append(found, fmt.Sprintf("%s/%s: line %d: %s has %d lines, at most %d", p.own(),
						filepath.Base(from.Filename), from.Line, fn.Name.Name, n, mostInFunction))
				}
			}
		})
		files, err := filepath.Glob(filepath.Join(p.Dir, "*.go"))
		if err != nil {
			return append(found, err.Error())
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if n := bytes.Count(text, []byte("\n")); err != nil || n > mostLines {
				found = append(found, fmt.Sprintf("%s/%s has %d lines, at most %d", p.own(), filepath.Base(name), n, mostLines))
			}
		}
		return found
	})
}

// TestVersionsArePinned guards two versions that an innocent "go get -u" would change: the newest ebiten that proxies
// call latest is an older one, and the deterministic election timeouts depend on how this raft draws them.
func TestVersionsArePinned(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join(root(t), "go.mod"))
	require.NoError(t, err)
	for _, want := range []string{"github.com/hajimehoshi/ebiten/v2 v2.10.4", "go.etcd.io/raft/v3 v3.7.0"} {
		require.Regexp(t, `(?m)^(require )?\s*`+want+`\s*$`, string(mod))
	}
	require.NotRegexp(t, `(?m)^replace `, string(mod))
}
