// Command hello is about the smallest program with modules in it that an image
// can be made of.
package main

import (
	"github.com/agnivade/levenshtein"
	"golang.org/x/sync/errgroup"
)

func main() {
	var g errgroup.Group
	g.Go(func() error { println("hello", levenshtein.ComputeDistance("hello", "hollow")); return nil })
	_ = g.Wait()
}
