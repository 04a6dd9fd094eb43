//go:build unix

package command

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/ashlar-dev/ashlar/runtime/confine"
)

// What confinement costs a command: with a policy, without one, and what the
// system takes for the command alone.
func BenchmarkCommand(b *testing.B) {
	dir := b.TempDir()
	for name, p := range map[string]*confine.Policy{"bounded": nil,
		"confined": confine.Base(os.Getenv).For([]string{dir})} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s := spec("true")
				s.Policy, s.Dir = p, dir
				if _, err := Run(context.Background(), s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			if err := exec.Command("sh", "-c", "true").Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
