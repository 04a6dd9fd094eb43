// Package revision reads commits of the git repository around a folder: the
// blueprints of a revision, the files that differ from it, and how a file was
// before. It runs git itself, which knows what of a repository is packed, shallow
// or borrowed. Nothing is checked out.
package revision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Revision is a commit of a repository with a work tree.
type Revision struct {
	root   string // of the work tree
	name   string // as the caller wrote it
	commit string
}

// Open returns the commit that ref names in the repository around dir.
func Open(ctx context.Context, dir, ref string) (*Revision, error) {
	r := &Revision{root: nearest(dir), name: ref}
	root, err := r.git(ctx, nil, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, fmt.Errorf("%s is not in a git repository: %w", dir, err)
	}
	r.root = strings.TrimSuffix(root, "\n")
	commit, err := r.git(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if err != nil {
		return nil, fmt.Errorf("git has no revision %s here; fetch it first (in a workflow: check out with fetch-depth: 0)", strconv.Quote(ref))
	}
	r.commit = strings.TrimSpace(commit)
	return r, nil
}

// git runs git in the work tree and returns what it says, bounded. Settings
// that would run other programs on what is compared are off.
func (r *Revision) git(ctx context.Context, in io.Reader, args ...string) (string, error) {
	var out, errs bytes.Buffer
	args = append([]string{"-C", r.root, "-c", "core.fsmonitor=false", "-c", "core.quotePath=false"}, args...)
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, &bounded{to: &out, left: maxListing}, &bounded{to: &errs, left: 4096}
	if err := cmd.Run(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return "", errors.New("git is not on PATH; install it: revisions are read with it")
		}
		return "", errors.Join(ctx.Err(), fmt.Errorf("git: %w: %s", err, strings.TrimSpace(errs.String())))
	}
	return out.String(), nil
}

// bounded fails once more is written than it has room for.
type bounded struct {
	to   io.Writer
	left int
}

// Write passes p on.
func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errors.New("git says more than is read")
	}
	return b.to.Write(p)
}

// Within returns the path of dir in the repository, with slashes; "." is the root.
func (r *Revision) Within(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err == nil {
		abs, err = resolved(abs)
	}
	if err != nil {
		return "", fmt.Errorf("blueprint: %w", err)
	}
	root, err := filepath.EvalSymlinks(r.root)
	if err != nil {
		return "", err
	}
	rel, err := filepath.Rel(root, abs)
	if err != nil || !filepath.IsLocal(rel) {
		return "", fmt.Errorf("%s is outside the repository %s", dir, r.root)
	}
	return filepath.ToSlash(rel), nil
}

// Commit returns the commit that is checked out around dir, or "" where dir is not
// in a repository.
func Commit(ctx context.Context, dir string) string {
	r, err := Open(ctx, dir, "HEAD")
	if err != nil {
		return ""
	}
	return r.commit
}

// nearest is the folder, or the nearest above it that is there.
func nearest(dir string) string {
	for filepath.Dir(dir) != dir {
		if _, err := os.Stat(dir); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	return dir
}

// resolved follows symbolic links as far as the path is there: a folder that a
// change removed is where it was.
func resolved(abs string) (string, error) {
	real, err := filepath.EvalSymlinks(abs)
	if !errors.Is(err, fs.ErrNotExist) || filepath.Dir(abs) == abs {
		return real, err
	}
	parent, err := resolved(filepath.Dir(abs))
	return filepath.Join(parent, filepath.Base(abs)), err
}
