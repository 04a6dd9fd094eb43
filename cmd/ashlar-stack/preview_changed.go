package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/blueprints/source"
	"github.com/ashlar-dev/ashlar/policies"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/stacks/revision"
)

// maxTargeted is the number of changed blueprints above which everything is previewed.
const maxTargeted = 20

// selection is what a preview is of.
type selection struct {
	why     string   // everything is previewed; "": only the following
	names   []string // of blueprints that have changed, sorted
	folders []string // theirs and of those that the targets match too, relative to the project
}

// targets are the flags that name the resources to pulumi. All of a blueprint's resources
// have its name, or begin with it and a hyphen; what binds it to admission policies begins
// with what the stack is called. The policies themselves are other blueprints' too, and
// the engine would delete their bindings with them.
func (s selection) targets(cfg config.Config) []string {
	var out []string
	for _, name := range s.names {
		for _, pattern := range []string{name, name + "-*", cfg.AdmissionOf(name) + "-*"} {
			out = append(out, "--target", "**::"+pattern)
		}
	}
	return out
}

// changed compares the work tree with the revision.
func changed(ctx context.Context, root, blueprints string, at *revision.Revision) (selection, error) {
	dirs, err := chosen(root, blueprints)
	if err != nil {
		return selection{}, inputError{err}
	}
	folders := map[string]string{} // as in the project, by their name in the repository
	for _, dir := range dirs {
		within, err := at.Within(dir)
		if err != nil {
			return selection{}, inputError{err}
		}
		if folders[within], err = filepath.Rel(root, dir); err != nil {
			return selection{}, err
		}
	}
	files, err := at.Changed(ctx)
	if err != nil {
		return selection{}, err
	}
	touched := map[string]bool{}
	for _, file := range files {
		folder := owner(folders, file)
		if folder == "" && !beside(file) {
			return selection{why: file + " has changed, which is in no blueprint's folder"}, nil
		}
		if folder != "" && strings.HasPrefix(strings.TrimPrefix(file, folder+"/"), policies.FolderName+"/") {
			return selection{why: file + " has changed, and other blueprints may be under the rules that were there"}, nil
		}
		if folder != "" {
			touched[folder] = true
		}
	}
	if len(touched) > maxTargeted {
		return selection{why: fmt.Sprintf("%d blueprints have changed", len(touched))}, nil
	}
	if len(touched) == 0 {
		return selection{}, nil
	}
	return named(ctx, at, root, folders, touched)
}

// owner is the innermost of the folders that has the file; "" where none has.
func owner(folders map[string]string, file string) string {
	for dir := path.Dir(file); ; dir = path.Dir(dir) {
		if _, ok := folders[dir]; ok {
			return dir
		}
		if dir == "." || dir == "/" {
			return ""
		}
	}
}

// beside reports whether the file has no effect on a stack, wherever it is.
func beside(file string) bool {
	top, _, _ := strings.Cut(file, "/")
	return path.Ext(file) == ".md" || top == ".github" || top == "docs" || strings.HasPrefix(path.Base(file), ".git")
}

// named says what the touched folders' blueprints are called. A name that another
// blueprint's begins with matches that one's resources too, which are registered then.
func named(ctx context.Context, at *revision.Revision, root string, folders map[string]string,
	touched map[string]bool) (selection, error) {
	var out selection
	var loader blueprints.Loader
	names := map[string]string{} // of the touched, by their name in the repository
	for within := range touched {
		name, err := nameOf(&loader, filepath.Join(root, folders[within]))
		if err != nil {
			return out, inputError{fmt.Errorf("%s: %w", folders[within], err)}
		}
		names[within], out.names = name, append(out.names, name)
		out.folders = append(out.folders, filepath.ToSlash(folders[within]))
	}
	slices.Sort(out.names)
	for within, folder := range folders {
		matched, err := matched(&loader, filepath.Join(root, folder), out.names)
		if err != nil {
			return out, inputError{fmt.Errorf("%s: %w", folder, err)}
		}
		if matched && !touched[within] {
			out.folders = append(out.folders, filepath.ToSlash(folder))
		}
	}
	slices.Sort(out.folders)
	renamed, err := renamed(ctx, at, names)
	if err != nil || renamed == "" {
		return out, err
	}
	return selection{why: renamed}, nil
}

// matched reports whether the name of the folder's blueprint begins with one of the names
// and a hyphen. Only a blueprint whose text may say so is evaluated.
func matched(loader *blueprints.Loader, dir string, names []string) (bool, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.cue"))
	if err != nil {
		return false, err
	}
	may := false
	for _, file := range files {
		text, err := plan.ReadFile(file, source.MaxFileBytes)
		if err != nil {
			return false, err
		}
		may = may || bytes.Contains(text, []byte(`\(`)) || slices.ContainsFunc(names, func(name string) bool {
			return bytes.Contains(text, []byte(name+"-"))
		})
	}
	if !may {
		return false, nil
	}
	name, err := nameOf(loader, dir)
	return slices.ContainsFunc(names, func(of string) bool { return strings.HasPrefix(name, of+"-") }), err
}

// renamed says why the resources of the revision are not known by the names of today; ""
// where they are.
func renamed(ctx context.Context, at *revision.Revision, names map[string]string) (string, error) {
	folders := slices.Sorted(maps.Keys(names))
	blobs, err := at.CUE(ctx, folders)
	if err != nil {
		return "", err
	}
	old, err := os.MkdirTemp("", "ashlar-base-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(old)
	if err := at.Extract(ctx, blobs, old); err != nil {
		return "", err
	}
	var loader blueprints.Loader
	for _, within := range folders {
		dir := filepath.Join(old, filepath.FromSlash(within))
		if found, err := filepath.Glob(filepath.Join(dir, "*.cue")); err != nil || len(found) == 0 {
			continue // it is new
		}
		was, err := nameOf(&loader, dir)
		switch {
		case err != nil:
			return within + " does not load at the revision", nil
		case was != names[within]:
			return fmt.Sprintf("%s was called %s and is now called %s", within, was, names[within]), nil
		}
	}
	return "", nil
}

// nameOf is the name of the blueprint in a folder.
func nameOf(loader *blueprints.Loader, dir string) (string, error) {
	loaded, err := loader.LoadDir(dir, "")
	if err != nil {
		return "", err
	}
	for _, one := range loaded {
		return one.Plan.Name, nil
	}
	return "", fmt.Errorf("it has no environment")
}
