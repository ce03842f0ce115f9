package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Engine and import are bit-for-bit reproducible: their recorded hashes are those of a 32-bit build and of wasm under node too.
func TestTheEngineIsTheSameOnOtherMachines(t *testing.T) {
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	wasm := filepath.Join(strings.TrimSpace(string(goroot)), "lib", "wasm", "go_js_wasm_exec")
	for name, c := range map[string]struct {
		env  []string
		args []string
		can  func() bool
	}{
		"386": {[]string{"GOARCH=386"}, nil, func() bool { return runtime.GOOS == "linux" && runtime.GOARCH == "amd64" }},
		"node": {[]string{"GOOS=js", "GOARCH=wasm"}, []string{"-exec=" + wasm}, func() bool {
			_, err := exec.LookPath("node")
			return err == nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if !c.can() {
				if strings.Contains(os.Getenv("TABLETOP_REQUIRE"), name) {
					t.Fatalf("%s is required here and cannot run", name)
				}
				t.Skipf("this machine cannot run %s", name)
			}
			cmd := exec.Command("go", append([]string{"test", "-run", "Hashes", "../../scenes", "../../engine/kudu", "../../replay"}, c.args...)...)
			cmd.Env = append(os.Environ(), c.env...)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, string(out))
		})
	}
}
