package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/templates/workflows"
)

// workflowsFlags are the flags of `ashlar generate workflows`.
type workflowsFlags struct {
	root, version, system string
	check                 bool
}

func generateWorkflowsVerb(a *app) *cobra.Command {
	var f workflowsFlags
	c := &cobra.Command{
		Use:   "workflows [DIR]",
		Short: "Write the CI of the blueprint's repository, for GitHub or GitLab",
		Long: `Workflows writes .github/workflows below the repository's root: checks and the plan
comment on pull requests, the deployment of reviewed plans on merge, nightly scans for
infrastructure drift and known vulnerabilities, retraining, and releases. The workflows
pin the version of ashlar that existing ones name, or else this version. If there is a
Pulumi.yaml, a merge deploys only when the variable ASHLAR_DEPLOY is true. If policies/
has a PulumiPolicy.yaml, deployments and the drift scan check the resources against it.
Jobs of an environment sign in to AWS, or with a kubeconfig where the file
Pulumi.ENVIRONMENT.yaml sets provider to kubernetes.

--for gitlab writes .gitlab-ci.yml, which runs the same commands for merge requests,
merges, scheduled drift scans and retraining. A file that ashlar did not write is not
overwritten.

With --check nothing is written, and exit code 1 means that the files are out of date.`,
		Example: `  ashlar generate workflows
  ashlar generate workflows models/credit --root .
  ashlar generate workflows --for gitlab
  ashlar generate workflows --check`,
		Args: atMostDir,
		RunE: func(_ *cobra.Command, args []string) error {
			return a.generateWorkflows(dirArg(args), f)
		},
	}
	c.Flags().StringVar(&f.root, "root", "", "the repository's root (default: DIR)")
	c.Flags().StringVar(&f.version, "ashlar", "",
		"the version of ashlar to pin: a release, a commit, or source in Ashlar's own repository")
	c.Flags().StringVar(&f.system, "for", "github", "the CI system: github or gitlab")
	c.Flags().BoolVar(&f.check, "check", false, "only check that the files are up to date")
	return c
}

func (a *app) generateWorkflows(dir string, f workflowsFlags) error {
	if f.root == "" {
		f.root = dir
	}
	within, err := filepath.Rel(f.root, dir)
	if err != nil || !filepath.IsLocal(within) {
		return usageError(fmt.Sprintf("--root %s: %s is not below it", f.root, dir))
	}
	plans, err := blueprints.LoadAllDir(dir)
	if err != nil {
		return err
	}
	r := workflows.Repository{Dir: filepath.ToSlash(within), Plans: plans, Version: f.version,
		Pulumi: isFile(filepath.Join(f.root, "Pulumi.yaml")), Policies: policyPack(f.root, within)}
	if r.Pulumi {
		if r.Providers, err = stackProviders(f.root, plans); err != nil {
			return err
		}
	}
	if executable(filepath.Join(f.root, ".ci", "run")) {
		r.Tests = ".ci/run"
	}
	files, err := f.files(r)
	if err != nil {
		return err
	}
	if f.check {
		return a.checkFresh(f.root, files)
	}
	if err := foreign(filepath.Join(f.root, workflows.GitLabFile)); f.system == gitlab && err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := filepath.Join(f.root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, files[name], 0o644); err != nil {
			return err
		}
	}
	if a.json() {
		return a.writeJSON(map[string]any{"root": f.root, "files": slices.Sorted(maps.Keys(files))})
	}
	within = workflows.Folder
	if f.system == gitlab {
		within = workflows.GitLabFile
	}
	fmt.Fprintf(a.out, "%s in %s\n", counted(len(files), "workflow"), filepath.Join(f.root, within))
	return nil
}

const gitlab = "gitlab"

// files are those of the CI system, of the version of ashlar that the flag names
// or the files that are there.
func (f workflowsFlags) files(r workflows.Repository) (_ map[string][]byte, err error) {
	first := filepath.Join(workflows.Folder, "ashlar-pull-request.yml")
	switch f.system {
	case "github":
	case gitlab:
		first = workflows.GitLabFile
	default:
		return nil, usageError(fmt.Sprintf("--for %s: there are github and gitlab", f.system))
	}
	if r.Version == "" {
		if r.Version, err = pinnedVersion(filepath.Join(f.root, first)); err != nil {
			return nil, err
		}
	}
	if f.system == gitlab {
		return r.GitLab()
	}
	return r.Files()
}

// foreign refuses to overwrite a file that people wrote.
func foreign(file string) error {
	text, err := plan.ReadFile(file, maxWorkflow)
	if errors.Is(err, fs.ErrNotExist) || err == nil && bytes.HasPrefix(text, []byte(workflows.Generated)) {
		return nil
	}
	if err != nil {
		return err
	}
	return usageError(fmt.Sprintf("%s is there and was not written by ashlar: move its jobs to a file of a child pipeline, and delete it", file))
}

// policyPack is the folder below the root whose packs Pulumi checks resources
// against: that of the repository, or else the blueprint's; "" where neither
// has a PulumiPolicy.yaml.
func policyPack(root, within string) string {
	for _, dir := range []string{"policies", filepath.Join(within, "policies")} {
		if isFile(filepath.Join(root, dir, "PulumiPolicy.yaml")) {
			return filepath.ToSlash(dir)
		}
	}
	return ""
}

// maxWorkflow bounds a workflow that is compared with what it should be.
const maxWorkflow = 4 << 20

// checkFresh names every file that is not what would be written.
func (a *app) checkFresh(root string, files map[string][]byte) error {
	stale := 0
	for _, name := range slices.Sorted(maps.Keys(files)) {
		got, err := plan.ReadFile(filepath.Join(root, filepath.FromSlash(name)), maxWorkflow)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			fmt.Fprintf(a.err, "%s is missing\n", name)
		case err != nil:
			return err
		case bytes.Equal(got, files[name]):
			continue
		default:
			fmt.Fprintf(a.err, "%s is not what the blueprint gives\n", name)
		}
		stale++
	}
	if stale > 0 {
		fmt.Fprintln(a.err, "ashlar: run `ashlar generate workflows` and commit what it writes")
		return silent{errFindings}
	}
	return nil
}

// pins are how workflows name the version of ashlar: those of today, and those
// that older versions wrote.
var pins = regexp.MustCompile(`(?m)^  ASHLAR_VERSION: "([^"\s]+)"$|cmd/ashlar@(\S+)|go build -o "\$RUNNER_TEMP/bin/ashlar"`)

// pinnedVersion is the version that the file of the CI system names already, or
// else that of this binary.
func pinnedVersion(file string) (string, error) {
	text, err := plan.ReadFile(file, maxWorkflow)
	if m := pins.FindSubmatch(text); err == nil && m != nil {
		if version := string(m[1]) + string(m[2]); version != "" {
			return version, nil
		}
		return workflows.FromSource, nil
	}
	if v := ownVersion(); v != "" {
		return v, nil
	}
	return "", usageError("this ashlar was built from a work tree and has no version that a workflow could install: name one with --ashlar, such as --ashlar v1.2.0")
}

// ownVersion is the release that this binary is, or "".
func ownVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok && released.MatchString(info.Main.Version) {
		return info.Main.Version
	}
	return ""
}

var released = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+$`)

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
