// Command site writes the pages below docs/ as HTML, so that they can be read and
// published without GitHub: `make site`.
//
// It is small on purpose: one Markdown library, one template, one stylesheet, no
// scripts and nothing from other hosts. The same Markdown stays readable on GitHub,
// so links are rewritten here and not in the pages.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run writes the site and returns the exit code: 2 for wrong flags, 1 for a page that
// cannot be written or a link that leads nowhere.
func run(args []string, out, errw io.Writer) int {
	flags := flag.NewFlagSet("site", flag.ContinueOnError)
	flags.SetOutput(errw)
	root := flags.String("root", ".", "the repository's root")
	to := flags.String("out", filepath.Join("dist", "site"), "the folder to write")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	s, err := load(os.DirFS(*root))
	if err == nil {
		err = s.write(*to)
	}
	if err != nil {
		fmt.Fprintln(errw, "site:", err)
		return 1
	}
	fmt.Fprintf(out, "%d pages in %s\n", len(s.pages), *to)
	return 0
}
