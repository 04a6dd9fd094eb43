//go:build integration

// Package killed sends SIGKILL to a run at many moments and starts it again:
// nothing may be lost, nothing corrupt.
package killed

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/ashlar-dev/ashlar/tests/ashlar"
)

// command runs the CLI and returns what it printed.
func command(t *testing.T, binary string, args ...string) string {
	t.Helper()
	out, err := exec.Command(binary, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("ashlar %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func TestARunKilledAtAnyMomentGoesOn(t *testing.T) {
	binary := ashlar.Build(t)
	root := t.TempDir()
	whole, broken := filepath.Join(root, "whole"), filepath.Join(root, "broken")
	for _, dir := range []string{whole, broken} {
		command(t, binary, "init", dir, "--example", "credit")
	}
	began := time.Now()
	command(t, binary, "up", whole, "--build")
	took := time.Since(began)

	kills := 0
	const moments = 40
	for i := range moments {
		after := time.Duration(i+1) * took / moments
		// Each moment is met from the state that the last one left, and every
		// eighth from nothing, so that early stages are interrupted too.
		if i%8 == 0 {
			if err := os.RemoveAll(filepath.Join(broken, ".ashlar")); err != nil {
				t.Fatal(err)
			}
		}
		killed, err := ashlar.Start(binary, broken, "--once").KillAfter(after)
		if err != nil {
			t.Fatalf("started again after %d kills, it failed: %v", kills, err)
		}
		if killed {
			kills++
		}
	}
	if kills < moments/4 {
		t.Fatalf("only %d of %d runs were killed; the test proves little", kills, moments)
	}
	command(t, binary, "up", broken, "--once", "--listen", "127.0.0.1:0")
	command(t, binary, "model", "audit", "--verify", "--dir", broken)
	if a, b := served(t, binary, whole), served(t, binary, broken); a != b {
		t.Errorf("after the kills another model came out:\n%s\n%s", a, b)
	}
	t.Logf("%d kills within %v", kills, took)
}

// served is the digest of the only version.
func served(t *testing.T, binary, dir string) string {
	t.Helper()
	out := command(t, binary, "model", "show", "default-risk", "1", "--dir", dir, "--output", "json")
	return field(t, out, "model_digest")
}
