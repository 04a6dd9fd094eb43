//go:build integration

// Package engine runs the real Pulumi engine: its CLI and its language host,
// our program, a state in a folder, and a pretended cloud behind provider
// plugins that are this very test binary. What it proves is what a platform
// engineer relies on: a second preview is empty, an edit changes what it must
// and nothing else, data is never deleted, a failure can be recovered from.
package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/tests/engine/cloud"
	"github.com/ashlar-dev/ashlar/tests/stack"
)

// plugin is the prefix of a provider plugin's name.
const plugin = "pulumi-resource-"

// binary is the program, built once; tools holds the CLI and the language
// host. Empty where they are not there.
var binary, tools string

func TestMain(m *testing.M) {
	if pkg, ok := strings.CutPrefix(filepath.Base(os.Args[0]), plugin); ok {
		if err := cloud.Serve(pkg, os.Getenv(cloud.Env), os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(prepared(m))
}

func prepared(m *testing.M) int {
	dir, err := os.MkdirTemp("", "ashlar-engine-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if tools = toolsFolder(); tools != "" {
		if binary, err = stack.Build(context.Background(), filepath.Join("..", ".."), dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

// toolsFolder returns the folder of the CLI and the language host, or "".
func toolsFolder() string {
	dir := os.Getenv("ASHLAR_TEST_TOOLS")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(cache, "ashlar-tools")
	}
	for _, name := range []string{"pulumi", "pulumi-language-go"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return ""
		}
	}
	return dir
}
