package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
)

const (
	module  = "github.com/ashlar-dev/ashlar"
	command = module + "/cmd/ashlar-runtime"
)

// Compile builds the runtime for the platform with the machine's Go and returns
// the binary: from the Ashlar source tree around dir where there is one, else
// from the module's version that this program itself was built from. The same
// source and the same Go give the same bytes.
func Compile(ctx context.Context, dir string, p Platform) (binary []byte, err error) {
	tool, err := exec.LookPath("go")
	if err != nil {
		return nil, errors.New("no Go to build the runtime with: install Go, or give a Linux binary with --binary")
	}
	temp, err := os.MkdirTemp("", "ashlar-image-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	b := &builder{tool: tool, temp: temp, platform: p}
	if tree := sourceTree(dir); tree != "" {
		return b.fromTree(ctx, tree)
	}
	info, _ := debug.ReadBuildInfo()
	if info == nil || info.Main.Path != module || !released(info.Main.Version) {
		return nil, fmt.Errorf("nothing to build the runtime from: run this in the Ashlar source tree, use a released `ashlar`, or give a Linux binary with --binary (CGO_ENABLED=0 GOOS=%s GOARCH=%s go build %s)", p.OS, p.Arch, command)
	}
	return b.fromModule(ctx, info.Main.Version)
}

// released reports whether the module proxy can have the version.
// A version with "+" was built from a working tree.
func released(version string) bool {
	return strings.HasPrefix(version, "v") && !strings.Contains(version, "+")
}

// sourceTree is the root of the Ashlar source tree around the folder, or "".
// It is found by its go.mod, looking upwards.
func sourceTree(dir string) string {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	for d := abs; ; d = filepath.Dir(d) {
		text, err := os.ReadFile(filepath.Join(d, "go.mod"))
		if err == nil && bytes.Contains(text, []byte("module "+module+"\n")) {
			return d
		}
		if d == filepath.Dir(d) {
			return ""
		}
	}
}

type builder struct {
	tool, temp string
	platform   Platform
}

// Flags that leave out where the build happened. Symbols are left out too: the
// runtime's own logs say where an error came from.
//
// grpcnotrace leaves out gRPC's page of traces, whose templates call methods by
// name, so that the linker would have to keep every method of everything.
var buildFlags = []string{"-trimpath", "-tags=grpcnotrace", "-ldflags=-s -w -buildid="}

// fromTree builds the command of the source tree, uncommitted changes included.
func (b *builder) fromTree(ctx context.Context, tree string) ([]byte, error) {
	out := filepath.Join(b.temp, "ashlar-runtime")
	args := append([]string{"build", "-o", out}, buildFlags...)
	if err := b.run(ctx, tree, append(args, "./cmd/ashlar-runtime")); err != nil {
		return nil, err
	}
	return os.ReadFile(out)
}

// fromModule builds a released version from the module proxy, verified by Go's
// checksum database.
func (b *builder) fromModule(ctx context.Context, version string) ([]byte, error) {
	args := append([]string{"install"}, buildFlags...)
	if err := b.run(ctx, b.temp, append(args, command+"@"+version)); err != nil {
		return nil, err
	}
	// Go puts what it builds for another platform into a folder of its name.
	var found string
	err := filepath.WalkDir(filepath.Join(b.temp, "path", "bin"), func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() == "ashlar-runtime" {
			found = p
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("build the runtime: %w", err)
	}
	return os.ReadFile(found)
}

// run runs Go with an environment in which the result depends on source and toolchain
// alone: no cgo, the least of the architecture's levels, no workspace. The machine's
// module cache is used, while binaries go to a GOPATH of this build.
func (b *builder) run(ctx context.Context, dir string, args []string) error {
	cache, err := exec.CommandContext(ctx, b.tool, "env", "GOMODCACHE").Output()
	if err != nil {
		return fmt.Errorf("go env: %w", err)
	}
	cmd := exec.CommandContext(ctx, b.tool, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+b.platform.OS, "GOARCH="+b.platform.Arch,
		"GOAMD64=v1", "GOARM64=v8.0",
		"GOBIN=", "GOPATH="+filepath.Join(b.temp, "path"), "GOMODCACHE="+strings.TrimSpace(string(cache)), "GOWORK=off")
	said, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("build the runtime with `go %s`: %w\n%s", strings.Join(args, " "), err, bytes.TrimSpace(said))
	}
	return nil
}
