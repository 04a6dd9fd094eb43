package architecture

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// maxRuntime is the size of the stripped runtime in bytes: it is pulled by
// every node that a workload lands on.
const maxRuntime = 45_000_000

func TestTheRuntimeStaysSmall(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "ashlar-runtime")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-tags=grpcnotrace", "-ldflags=-s -w -buildid=",
		"-o", binary, module+"/cmd/ashlar-runtime")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.1f MB", float64(info.Size())/1e6)
	if info.Size() > maxRuntime {
		t.Errorf("the runtime has %d bytes, at most %d", info.Size(), maxRuntime)
	}
}

// TestWhatEachBinaryLinks looks through everything that a command is made of,
// others' packages included.
func TestWhatEachBinaryLinks(t *testing.T) {
	for command, forbidden := range map[string][]string{
		"cmd/ashlar-runtime": {"cuelang.org/go", "github.com/pulumi/", "k8s.io/",
			"github.com/google/go-containerregistry", "testing"},
		"cmd/ashlar": {"github.com/pulumi/", "k8s.io/"},
	} {
		cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", module+"/"+command)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		packages := strings.Fields(string(out))
		if len(packages) < 100 {
			t.Fatalf("%s is made of only %d packages", command, len(packages))
		}
		for _, p := range packages {
			if hasPrefix(forbidden, p) {
				t.Errorf("%s links %s", command, p)
			}
		}
	}
}
