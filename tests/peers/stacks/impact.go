package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ashlar-dev/ashlar/blueprints/examples"
)

// maxImpact is what `ashlar plan --base` of a hundred changed blueprints may take.
const maxImpact = 5 * time.Second

// impact times `ashlar plan --base` in a repository of a hundred blueprints, of which one
// and then all have changed, with ashlar-stack beside it.
func impact(ctx context.Context, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "ashlar-impact-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	bin, repository := filepath.Join(dir, "bin"), filepath.Join(dir, "repository")
	for _, program := range []string{"ashlar", "ashlar-stack"} {
		if err := call(ctx, ".", "go", "build", "-o", filepath.Join(bin, program), "./cmd/"+program); err != nil {
			return err
		}
	}
	text, err := examples.Files.ReadFile("credit/credit.cue")
	if err != nil {
		return err
	}
	var dirs []string
	for i := range 100 {
		name := fmt.Sprintf("credit-%03d", i)
		dirs = append(dirs, name)
		copied := strings.NewReplacer(`"credit-risk"`, strconv.Quote(name), `host: "`, `host: "`+name+".").Replace(string(text))
		if err := write(repository, name, copied); err != nil {
			return err
		}
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "."},
		{"-c", "user.name=bench", "-c", "user.email=bench@example.com", "commit", "-q", "-m", "Base"}} {
		if err := call(ctx, repository, "git", args...); err != nil {
			return err
		}
	}
	for _, n := range []int{1, 100} {
		for _, name := range dirs[:n] {
			file := filepath.Join(repository, name, "credit.cue")
			was, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			if err := write(repository, name, strings.Replace(string(was), "max: 10", "max: 11", 1)); err != nil {
				return err
			}
		}
		began := time.Now()
		if err := call(ctx, repository, filepath.Join(bin, "ashlar"),
			append([]string{"plan", "--base", "HEAD"}, dirs...)...); err != nil {
			return err
		}
		fmt.Fprintf(out, "plan --base of 100 blueprints, %3d changed %33.2f s   (budget %s)\n", n,
			time.Since(began).Seconds(), maxImpact)
	}
	return nil
}

func write(repository, name, text string) error {
	dir := filepath.Join(repository, name)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "credit.cue"), []byte(text), 0o600)
}

// call runs a program, whose output is the error's where it fails.
func call(ctx context.Context, dir, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(program), err, said)
	}
	return nil
}
