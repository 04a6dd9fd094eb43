package revision

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-dev/ashlar/policies"
)

// The bounds on what is read of a revision.
const (
	maxFiles   = 20_000
	maxBytes   = 64 << 20
	maxListing = 256 << 20 // of names
)

// Blob is a file of a revision.
type Blob struct{ path, id string }

// CUE lists the CUE files of the blueprints in dirs, those of their policies
// included.
func (r *Revision) CUE(ctx context.Context, dirs []string) ([]Blob, error) {
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
	var out []Blob
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
			return nil, fmt.Errorf("%s at %s is not a regular file; blueprints are read from regular files", name,
				r.name)
		}
		if out = append(out, Blob{name, f[2]}); len(out) > maxFiles {
			return nil, fmt.Errorf("%s: more than %d CUE files", r.name, maxFiles)
		}
	}
	return out, nil
}

// Extract writes the blobs below dir.
func (r *Revision) Extract(ctx context.Context, blobs []Blob, dir string) error {
	var ids strings.Builder
	for _, b := range blobs {
		ids.WriteString(b.id + "\n")
	}
	all, err := r.git(ctx, strings.NewReader(ids.String()), "cat-file", "--batch")
	if err != nil {
		return err
	}
	if len(all) > maxBytes {
		return fmt.Errorf("%s: its CUE files are larger than %d bytes", r.name, maxBytes)
	}
	in := bufio.NewReader(strings.NewReader(all))
	for _, b := range blobs {
		header, err := in.ReadString('\n') // id, type, size
		f := strings.Fields(header)
		if err != nil || len(f) != 3 {
			return fmt.Errorf("%s at %s cannot be read: %s", b.path, r.name, strings.TrimSpace(header))
		}
		size, err := strconv.Atoi(f[2])
		if err != nil || size < 0 || size > maxBytes {
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

// Changed lists the files of the work tree that differ from the revision, new
// ones that git does not ignore included, by their path in the repository.
func (r *Revision) Changed(ctx context.Context) ([]string, error) {
	differ, err := r.git(ctx, nil, "diff", "--name-only", "--no-renames", "--no-ext-diff",
		"--no-textconv", "-z", r.commit, "--")
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

// Before calls visit with the contents of a file at each commit that changed it, the
// newest first, for at most the given number of commits, until visit returns true.
// file is a path in the repository, with slashes. Commits that removed it are left out.
func (r *Revision) Before(ctx context.Context, file string, commits int,
	visit func(commit, text string) (done bool)) error {
	log, err := r.git(ctx, nil, "log", "--format=%H", fmt.Sprintf("--max-count=%d", commits), "--", file)
	if err != nil {
		return err
	}
	for _, commit := range strings.Fields(log) {
		if text, err := r.git(ctx, nil, "show", commit+":"+file); err == nil && visit(commit, text) {
			return nil
		}
	}
	return ctx.Err()
}
