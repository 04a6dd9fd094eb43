package script

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// exits makes a command that runs ashlar with its arguments and wants one of
// the exit codes, nothing of a panic, and a message.
func exits(codes ...int) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		err := ts.Exec("ashlar", args...)
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("ashlar %s ended with %v, want an exit code of %v", strings.Join(args, " "), err, codes)
		}
		if !slices.Contains(codes, exit.ExitCode()) {
			ts.Fatalf("ashlar %s ended with %d, want %v", strings.Join(args, " "), exit.ExitCode(), codes)
		}
		message := ts.ReadFile("stderr")
		if strings.TrimSpace(message) == "" || strings.Contains(message, "goroutine ") {
			ts.Fatalf("ashlar %s says nothing that a newcomer could act on:\n%s", strings.Join(args, " "), message)
		}
	}
}

// damage DIR model: flips one byte in the middle of the stored model file, the
// only object that begins with the format's magic.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 || args[1] != "model" {
		ts.Fatalf("usage: damage DIR model")
	}
	hit := 0
	err := filepath.WalkDir(ts.MkAbs(filepath.Join(args[0], ".ashlar", "store")),
		func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(p)
			if err != nil || !bytes.HasPrefix(b, []byte("ASHLAR")) {
				return err
			}
			hit++
			b[len(b)/2] ^= 0x10
			return os.WriteFile(p, b, 0o600)
		})
	ts.Check(err)
	if hit == 0 {
		ts.Fatalf("no model file in the store of %s", args[0])
	}
}
