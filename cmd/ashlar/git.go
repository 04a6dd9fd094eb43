package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/policies"
)

// The bounds on what is read of a revision.
const (
	maxRevisionFiles = 20_000
	maxRevisionBytes = 64 << 20
	maxListing       = 256 << 20 // of names
)

// revision is a commit of the repository around the work tree. It is read with
// git itself, which knows what of a repository is packed, shallow or borrowed;
// nothing is checked out.
type revision struct {
	root   string // of the work tree
	name   string // as it was asked for
	commit string
}

// openRevision finds the repository around dir and the commit that ref names.
func openRevision(ctx context.Context, dir, ref string) (*revision, error) {
	r := &revision{root: nearest(dir), name: ref}
	root, err := r.git(ctx, nil, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, fmt.Errorf("--base: %s is in no git repository: %w", dir, err)
	}
	r.root = strings.TrimSuffix(root, "\n")
	commit, err := r.git(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if err != nil {
		return nil, fmt.Errorf("--base %s: no such revision here; fetch it first (in a workflow: check out with fetch-depth: 0)", strconv.Quote(ref))
	}
	r.commit = strings.TrimSpace(commit)
	return r, nil
}

// git runs git in the work tree and returns what it says, bounded. Settings
// that would run other programs on what is compared are off.
func (r *revision) git(ctx context.Context, in io.Reader, args ...string) (string, error) {
	var out, errs bytes.Buffer
	args = append([]string{"-C", r.root, "-c", "core.fsmonitor=false", "-c", "core.quotePath=false"}, args...)
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0", "LC_ALL=C")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, &bounded{to: &out, left: maxListing}, &bounded{to: &errs, left: 4096}
	if err := cmd.Run(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return "", fmt.Errorf("git is not on PATH: --base reads revisions with it")
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

// within is dir's path in the repository, with slashes; "." is the root.
func (r *revision) within(dir string) (string, error) {
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
		return "", fmt.Errorf("--base: %s is outside the repository %s", dir, r.root)
	}
	return filepath.ToSlash(rel), nil
}

// commitOf is the commit that the folder's repository is at, or "".
func commitOf(ctx context.Context, dir string) string {
	r, err := openRevision(ctx, dir, "HEAD")
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

// blob is a file of a revision.
type blob struct{ path, id string }

// cue lists the CUE files of the blueprints in dirs, those of their policies
// included.
func (r *revision) cue(ctx context.Context, dirs []string) ([]blob, error) {
	args := []string{"ls-tree", "-r", "-z", "--full-tree", r.commit}
	if !slices.Contains(dirs, ".") {
		args = append(append(args, "--"), dirs...)
	}
	listing, err := r.git(ctx, nil, args...)
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, d := range dirs {
		wanted[d], wanted[path.Join(d, policies.FolderName)] = true, true
	}
	var out []blob
	for entry := range strings.SplitSeq(listing, "\x00") {
		info, name, ok := strings.Cut(entry, "\t")
		f := strings.Fields(info) // mode, type, id
		if !ok || len(f) != 3 || path.Ext(name) != ".cue" {
			continue
		}
		folder := path.Dir(name)
		pack := path.Base(path.Dir(folder)) == policies.FolderName && wanted[path.Dir(folder)]
		if !wanted[folder] && !pack {
			continue
		}
		if f[0] != "100644" && f[0] != "100755" || !filepath.IsLocal(filepath.FromSlash(name)) {
			return nil, fmt.Errorf("%s at %s is no plain file; blueprints are read from plain files", name, r.name)
		}
		if out = append(out, blob{name, f[2]}); len(out) > maxRevisionFiles {
			return nil, fmt.Errorf("%s: more than %d CUE files", r.name, maxRevisionFiles)
		}
	}
	return out, nil
}

// extract writes the blobs below dir.
func (r *revision) extract(ctx context.Context, blobs []blob, dir string) error {
	var ids strings.Builder
	for _, b := range blobs {
		ids.WriteString(b.id + "\n")
	}
	all, err := r.git(ctx, strings.NewReader(ids.String()), "cat-file", "--batch")
	if err != nil {
		return err
	}
	if len(all) > maxRevisionBytes {
		return fmt.Errorf("%s: its CUE files are larger than %d bytes", r.name, maxRevisionBytes)
	}
	in := bufio.NewReader(strings.NewReader(all))
	for _, b := range blobs {
		header, err := in.ReadString('\n') // id, type, size
		f := strings.Fields(header)
		if err != nil || len(f) != 3 {
			return fmt.Errorf("%s at %s cannot be read: %s", b.path, r.name, strings.TrimSpace(header))
		}
		size, err := strconv.Atoi(f[2])
		if err != nil || size < 0 || size > maxRevisionBytes {
			return fmt.Errorf("%s at %s: size %s", b.path, r.name, f[2])
		}
		text := make([]byte, size+1) // and a newline
		if _, err := io.ReadFull(in, text); err != nil {
			return fmt.Errorf("%s at %s: %w", b.path, r.name, err)
		}
		file := filepath.Join(dir, filepath.FromSlash(b.path))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, text[:size], 0o644); err != nil {
			return err
		}
	}
	return nil
}

// changed lists the files of the work tree that differ from the revision, new
// ones that git does not ignore included, by their path in the repository.
func (r *revision) changed(ctx context.Context) ([]string, error) {
	differ, err := r.git(ctx, nil, "diff", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv", "-z", r.commit, "--")
	if err != nil {
		return nil, err
	}
	fresh, err := r.git(ctx, nil, "ls-files", "--others", "--exclude-standard", "-z", "--full-name")
	if err != nil {
		return nil, err
	}
	var out []string
	for name := range strings.SplitSeq(differ+fresh, "\x00") {
		if name != "" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
