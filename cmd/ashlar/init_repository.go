package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/stacks/draft"
	"github.com/ashlar-dev/ashlar/stacks/github"
	"github.com/ashlar-dev/ashlar/stacks/local"
	"github.com/ashlar-dev/ashlar/templates/starter"
	"github.com/ashlar-dev/ashlar/templates/workflows"
)

// repositoryFiles adds what belongs to a repository's root: the workflows and
// the code owners, and Pulumi.yaml, whose project is named after the owner and the
// repository. What is left out, and how to get it, is a line for people.
func (a *app) repositoryFiles(dir, project, version string, files map[string][]byte) (left string, err error) {
	tree := fstest.MapFS{}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: text}
	}
	plans, err := blueprints.LoadAll(tree, ".")
	if err != nil {
		// no problem of a blueprint that the user could open: it is not there
		return "", fmt.Errorf("nothing was written, for the blueprint that init made does not load, which is an internal error: %s", err.Error())
	}
	if inRepository(dir) {
		return fmt.Sprintf("it lies in a repository: `%s` writes what belongs to the root\n",
			local.Command("", "", "generate", "workflows", dir, "--root", "ROOT")), nil
	}
	for _, name := range slices.Sorted(maps.Keys(plans)) {
		owner, repository, _ := strings.Cut(a.getenv("GITHUB_REPOSITORY"), "/")
		if repository == "" {
			owner, _ = draft.Name(strings.ReplaceAll(plans[name].Owner.Team, "/", "-"))
			repository = project
		}
		files[github.CodeOwnersPath] = []byte(codeOwners(a.getenv("GITHUB_REPOSITORY"), plans[name].Owner))
		if files[starter.PulumiFile], err = starter.Pulumi(owner, repository); err != nil {
			return "", err
		}
	}
	if version == "" {
		version = ownVersion()
	}
	if version == "" {
		return fmt.Sprintf("it has no workflows, since this build of ashlar is not a release that they could install: `%s` writes them\n", local.Command("", "", "generate", "workflows", dir, "--ashlar", "v1.2.0")), nil
	}
	written, err := workflows.Repository{Dir: ".", Plans: plans, Version: version, Pulumi: true,
		Policies: "policies"}.Files()
	if err != nil {
		return "", usageError(err.Error())
	}
	maps.Copy(files, written)
	return "", nil
}

// inRepository reports whether the folder is, or will be, inside a work tree of
// git whose root is another.
func inRepository(dir string) bool {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	for at := filepath.Dir(abs); ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, ".git")); err == nil {
			return true
		}
		if at == filepath.Dir(at) {
			return false
		}
	}
}
