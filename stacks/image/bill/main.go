// Command bill writes the bill of materials of programs that Go built, each beside
// its program as NAME.cdx.json. `.ci/release` runs it: a release's bills are made of
// the released bytes themselves, so they cannot name another version of a module.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/image"
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

// run returns 2 without a program, and 1 for one that has no bill.
func run(programs []string, errw io.Writer) int {
	if len(programs) == 0 {
		fmt.Fprintln(errw, "bill: name the programs, such as: bill dist/release/ashlar_v0.1.0_linux_amd64")
		return 2
	}
	for _, program := range programs {
		if err := write(program); err != nil {
			fmt.Fprintln(errw, "bill:", err)
			return 1
		}
	}
	return 0
}

// write writes the bill of one program. The program's name is that of its file up to
// the first underscore, behind which releases have the version and the platform.
func write(file string) error {
	binary, err := plan.ReadFile(file, image.MaxBinary)
	if err != nil {
		return err
	}
	name, _, _ := strings.Cut(filepath.Base(file), "_")
	bill, err := image.Bill(name, binary)
	if err != nil {
		return err
	}
	return renameio.WriteFile(file+".cdx.json", bill, 0o644)
}
