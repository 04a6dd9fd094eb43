// Package workflows writes the GitHub Actions of a repository that holds a
// blueprint: what a pull request shows, what a merge applies, what looks for
// drift at night, how a model is trained again and how a release is made.
//
// They are generated, so that each repository has the same gates, and checked
// in, so that reviewers see them; `ashlar generate workflows --check` proves
// that nobody edited them. Few actions are used, each pinned by the SHA of a
// commit: what a shell and the tools of GitHub's runners can do needs no code of
// a third party with a token available. Values that come from outside reach the
// shell through the environment alone, never through an expression in a script.
package workflows

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

//go:embed files
var files embed.FS

// Folder is where GitHub looks for workflows, below the repository's root.
const Folder = ".github/workflows"

// FromSource is the Version of Ashlar's own repository, which builds itself.
const FromSource = "source"

// Repository is what the workflows depend on.
type Repository struct {
	Dir     string // of the blueprint, below the repository's root, with slashes; "." is the root
	Plans   map[string]*plan.Plan
	Version string // of Ashlar: a release such as v1.2.0, a commit, or FromSource
	Tests   string // a command that runs the repository's own tests; empty: none
	Pulumi  bool   // there is a Pulumi.yaml: merges deploy, and nights look for drift
	// Policies is the folder, below the root, of the PulumiPolicy.yaml that
	// resources are checked against at preview and up; empty: none.
	Policies string
	// Providers of the environments' stacks by name, as their Pulumi.NAME.yaml
	// says: "kubernetes" for a cluster that is not Ashlar's on AWS; else "aws". That of
	// the overlay of previews says where pull requests are deployed to.
	Providers map[string]string
}

var (
	names    = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_.-]{0,98}[A-Za-z0-9])?$`)
	dirs     = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./-]{0,200}$`)
	versions = regexp.MustCompile(`^(v[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.-]{0,80}|[0-9a-f]{12,40})$`)
	releases = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$`)
	pseudo   = regexp.MustCompile(`[-.][0-9]{14}-[0-9a-f]{12}$`) // a commit, as Go's modules name it
	commands = regexp.MustCompile(`^[A-Za-z0-9_./-]{1,100}( [A-Za-z0-9_./-]{1,100}){0,9}$`)
)

// environment is one that merges deploy to.
type environment struct {
	*view
	Name, Preview, Job, After string
	Provider                  string
}

// Suffix is the name as a part of a job's.
func (e environment) Suffix() string { return strings.TrimPrefix(e.Job, deploys) }

// Tokens reports whether jobs get a token to sign in to AWS with.
func (e environment) Tokens() bool { return !e.Kubernetes() }

// Kubernetes reports whether it is on a cluster that jobs sign in to with a
// kubeconfig.
func (e environment) Kubernetes() bool { return e.Provider == kubernetes }

// view is what the templates see: words that mean the same in YAML, in a shell
// and to GitHub's expressions.
type view struct {
	Repository
	Environments []environment
	First, Last  string // environments
	Image        string // the GitHub environment of the job that pushes the image
	GitLab       bool   // for its pipeline; else for GitHub's workflows
}

// Source reports whether this is Ashlar's own repository.
func (v view) Source() bool { return v.Version == FromSource }

// Released reports whether the version has programs that can be downloaded.
func (v view) Released() bool {
	return releases.MatchString(v.Version) && !pseudo.MatchString(v.Version)
}

// AWS reports whether any environment is on AWS. The image is pushed once for
// all of them, to AWS's registry if there is one.
func (v view) AWS() bool {
	return slices.ContainsFunc(v.Environments, func(e environment) bool { return !e.Kubernetes() })
}

// Kubernetes reports whether any environment is on another cluster.
func (v view) Kubernetes() bool { return slices.ContainsFunc(v.Environments, environment.Kubernetes) }

// Previews reports whether pull requests get a stack of their own: the blueprint has an
// overlay of previews, and Pulumi.preview.yaml is of a cluster that is not on AWS, where
// a stack shares a database and roles with the foundation.
func (v view) Previews() bool {
	_, ok := v.Plans[plan.PreviewOverlay]
	return ok && v.Pulumi && v.Providers[plan.PreviewOverlay] == kubernetes
}

// SignsIn reports whether jobs sign in to AWS by OpenID Connect, and Keys
// whether any gets the keys of an object store.
func (v view) SignsIn() bool { return v.Pulumi && v.AWS() }
func (v view) Keys() bool    { return !v.Pulumi || v.Kubernetes() }

// Tokens reports whether jobs that are of no environment get a token of theirs.
func (v view) Tokens() bool { return v.SignsIn() }

// FirstPreview is the GitHub environment that reads the first environment, and
// Private GitHub's condition of jobs that read it for private data.
func (v view) FirstPreview() string { return Preview.Environment(v.First) }
func (view) Private() string {
	return "vars.ASHLAR_PRIVATE_DATA == 'true' && vars.ASHLAR_AWS_ROLE != ''"
}

// Asked is GitHub's expression of the environment that a training is for.
func (v view) Asked() string {
	return "inputs.environment || github.event.client_payload.environment || '" + v.First + "'"
}

// Programs are those of Ashlar that the jobs run.
func (v view) Programs() []string {
	out := []string{"ashlar", "ashlar-runtime"}
	if v.Pulumi {
		out = append(out, "ashlar-stack", "pulumi-analyzer-policy-cue")
	}
	return out
}

// What the templates say of others.
func (view) Home() string        { return home }
func (view) Signer() string      { return signer }
func (view) Module() string      { return module }
func (view) Go() string          { return goVersion }
func (view) Govulncheck() string { return govulncheckVersion }

// Pulumi's CLI.
func (view) PulumiVersion() string { return pulumiVersion }
func (view) PulumiX64() string     { return pulumiSumX64 }
func (view) PulumiArm64() string   { return pulumiSumArm64 }

// Files returns the workflows by their path below the repository's root. Names
// that could be read as more than a word are errors, all of them together:
// nothing that a blueprint holds can become part of a script.
func (r Repository) Files() (map[string][]byte, error) {
	v, err := r.view()
	if err != nil {
		return nil, err
	}
	entries, err := fs.ReadDir(files, "files")
	if err != nil {
		return nil, err
	}
	out := map[string][]byte{}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".yml.tmpl") {
			continue // steps that several share
		}
		text, err := render(path.Join("files", e.Name()), v)
		if err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(text)) > 0 {
			out[path.Join(Folder, strings.TrimSuffix(e.Name(), ".tmpl"))] = append(bytes.TrimRight(text, "\n"), '\n')
		}
	}
	return out, nil
}

func (r Repository) view() (view, error) {
	var problems []error
	say := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	r.Dir = path.Clean(r.Dir)
	if r.Dir != "." && !local(r.Dir) {
		say("workflows: folder %q: want a path below the repository's root of letters, digits, dots, dashes and underscores", r.Dir)
	}
	if r.Version != FromSource && !versions.MatchString(r.Version) {
		say("workflows: version %q of ashlar: want a release such as v1.2.0 or a commit", r.Version)
	}
	if r.Tests != "" && !commands.MatchString(r.Tests) {
		say("workflows: tests %q: want a plain command, such as make test", r.Tests)
	}
	if r.Policies != "" && !local(r.Policies) {
		say("workflows: policies %q: want a folder below the repository's root of letters, digits, dots, dashes and underscores", r.Policies)
	}
	if len(r.Plans) == 0 {
		say("workflows: the blueprint has no environment")
	}
	v := view{Repository: r, Image: Image.Environment("")}
	for i, name := range inOrder(r.Plans) {
		if !names.MatchString(name) {
			say("workflows: environment %q: want letters, digits, dots, dashes and underscores", name)
		}
		if r.Pulumi && (name == v.Image || strings.HasSuffix(name, previews)) {
			say("workflows: environment %q: jobs that push the image or preview run in GitHub environments of this name, and would be taken for deployments; rename it", name)
		}
		e := environment{view: &v, Name: name, Preview: Preview.Environment(name), Job: deploys +
			strings.ReplaceAll(name, ".", "_"), After: "image", Provider: orAWS(r.Providers[name])}
		if e.Provider != aws && e.Provider != kubernetes {
			say("workflows: provider %q of environment %q: want aws or kubernetes", e.Provider, name)
		}
		if i > 0 {
			e.After = v.Environments[i-1].Job
		}
		v.Environments = append(v.Environments, e)
	}
	if err := errors.Join(problems...); err != nil {
		return v, err
	}
	v.First, v.Last = v.Environments[0].Name, v.Environments[len(v.Environments)-1].Name
	return v, nil
}

// local reports whether the folder is below the root and no more than words.
func local(dir string) bool {
	return dirs.MatchString(dir) && !slices.Contains(strings.Split(dir, "/"), "..")
}

// deploys begins the names of jobs that deploy.
const deploys = "deploy-"

// The providers of a stack.
const (
	aws        = "aws"
	kubernetes = "kubernetes"
)

func orAWS(provider string) string {
	if provider == "" {
		return aws
	}
	return provider
}

// usual is the order in which environments follow each other where they have
// the usual names; others come between them, by name.
var usual = map[string]int{"dev": -2, "development": -2, "test": -1, "staging": 1, "production": 2, "prod": 2}

func inOrder(plans map[string]*plan.Plan) []string {
	var out []string
	for name := range plans {
		if name != plan.PreviewOverlay { // of pull requests; no merge deploys them
			out = append(out, name)
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		if d := usual[a] - usual[b]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return out
}

// render fills in a template. Its own delimiters are [[ ]]: those of Go are
// GitHub's.
func render(name string, v view) ([]byte, error) {
	t, err := template.New(path.Base(name)).Delims("[[", "]]").Option("missingkey=error").
		Funcs(template.FuncMap{"uses": usesAction, "step": githubStep,
			"stepIf": githubStepIf}).ParseFS(files, "files/*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("workflows: %w", err)
	}
	var out bytes.Buffer
	if err := t.ExecuteTemplate(&out, path.Base(name), v); err != nil {
		return nil, fmt.Errorf("workflows: %w", err)
	}
	return out.Bytes(), nil
}
