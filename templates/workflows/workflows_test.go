package workflows

import (
	"flag"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func repository() Repository {
	return Repository{Dir: ".", Version: "v1.2.0", Pulumi: true, Policies: "policies",
		Plans: map[string]*plan.Plan{"prod": nil, "dev": nil, "staging.eu": nil}}
}

// shapes are the repositories that workflows are generated for.
var shapes = map[string]Repository{
	"deployed": repository(),
	"source": {Dir: "blueprints/credit", Version: FromSource, Tests: ".ci/run", Pulumi: true,
		Plans: map[string]*plan.Plan{"dev": nil}},
	"kubernetes": {Dir: ".", Version: "v1.2.0", Pulumi: true, Plans: map[string]*plan.Plan{"dev": nil, "prod": nil},
		Providers: map[string]string{"dev": "kubernetes", "prod": "kubernetes"}},
	"previews": {Dir: "models/credit", Version: "v1.2.0", Pulumi: true, Policies: "policies",
		Plans:     map[string]*plan.Plan{"prod": nil, "preview": nil},
		Providers: map[string]string{"prod": "kubernetes", "preview": "kubernetes"}},
	"mixed": {Dir: ".", Version: "v1.2.0", Pulumi: true, Plans: map[string]*plan.Plan{"dev": nil, "prod": nil},
		Providers: map[string]string{"dev": "kubernetes", "prod": "aws"}},
	"local": {Dir: ".", Version: "0123456789ab", Plans: map[string]*plan.Plan{"dev": nil}},
}

func rendered(t *testing.T, r Repository) map[string]string {
	t.Helper()
	got, err := r.Files()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for name, text := range got {
		out[name] = string(text)
	}
	return out
}

func TestWorkflowsAreTheGoldenOnes(t *testing.T) {
	for shape, r := range shapes {
		got := rendered(t, r)
		for name, text := range got {
			golden := filepath.Join("testdata", shape, path.Base(name))
			if *update {
				if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(golden, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if text != string(want) {
				t.Errorf("%s of %s is another than the golden one:\n%s", name, shape, text)
			}
		}
		kept, err := os.ReadDir(filepath.Join("testdata", shape))
		if err != nil || len(kept) != len(got) {
			t.Errorf("%s: %d golden files of %d: %v", shape, len(kept), len(got), err)
		}
	}
}

func TestActionlintPasses(t *testing.T) {
	for shape, r := range shapes {
		for name, text := range rendered(t, r) {
			l, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
			if err != nil {
				t.Fatal(err)
			}
			found, err := l.Lint(name, []byte(text), nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				t.Errorf("%s: %s", shape, f.Error())
			}
		}
	}
}

func TestActionlintBites(t *testing.T) {
	text := rendered(t, repository())[Folder+"/ashlar-merge.yml"]
	for _, broken := range []string{strings.Replace(text, "needs: reviewed", "needs: nobody", 1),
		strings.Replace(text, "id-token: write", "id-token: wright", 1)} {
		l, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if found, err := l.Lint("x.yml", []byte(broken), nil); err != nil || len(found) == 0 {
			t.Errorf("a broken workflow passes: %v", err)
		}
	}
}

var (
	uses       = regexp.MustCompile(`uses: (\S+)(.*)`)
	pinned     = regexp.MustCompile(`^actions/[a-z-]+@[0-9a-f]{40}$`)
	version    = regexp.MustCompile(`^ # v[0-9]+\.[0-9]+\.[0-9]+$`)
	expression = regexp.MustCompile(`\$\{\{[^}]*\}\}`)
)

// everything is every workflow of every shape of repository, by shape and name.
func everything(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for shape, r := range shapes {
		for name, text := range rendered(t, r) {
			out[shape+": "+name] = text
		}
	}
	return out
}

func TestActionsArePinnedAndJobsLeastPrivileged(t *testing.T) {
	for name, text := range everything(t) {
		for _, m := range uses.FindAllStringSubmatch(text, -1) {
			if !pinned.MatchString(m[1]) || !version.MatchString(m[2]) {
				t.Errorf("%s: %s is not pinned by a commit with its version beside it", name, m[0])
			}
		}
		w, errs := actionlint.Parse([]byte(text))
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		if w.Permissions == nil || len(w.Permissions.Scopes) > 0 || w.Permissions.All != nil {
			t.Errorf("%s grants permissions to every job", name)
		}
		if w.Concurrency == nil {
			t.Errorf("%s has no concurrency group", name)
		}
		for id, job := range w.Jobs {
			if job.Permissions == nil || job.TimeoutMinutes == nil {
				t.Errorf("%s: job %s has no permissions or no time-out of its own", name, id)
			}
			if job.Permissions != nil && job.Permissions.Scopes["id-token"] != nil &&
				job.Permissions.Scopes["contents"].Value.Value != "read" {
				t.Errorf("%s: job %s may sign in elsewhere and write the repository", name, id)
			}
			scripts(t, name, job)
		}
	}
}

// scripts finds expressions in scripts, where a value becomes code.
func scripts(t *testing.T, name string, job *actionlint.Job) {
	t.Helper()
	for _, s := range job.Steps {
		if run, ok := s.Exec.(*actionlint.ExecRun); ok && expression.MatchString(run.Run.Value) {
			t.Errorf("%s: a script holds an expression: %s", name, run.Run.Value)
		}
	}
}

var secret = regexp.MustCompile(`secrets\.([A-Z_]+)`)

// opensPreviews are the secrets that open the state of previews and their store.
var opensPreviews = []string{"PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "AWS_ACCESS_KEY_ID",
	"AWS_SECRET_ACCESS_KEY"}

// readers are the steps that may read a secret, with its name.
var readers = map[string][]string{
	"Apply": {"PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"},
	"Compare": {"PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE", "AWS_ACCESS_KEY_ID",
		"AWS_SECRET_ACCESS_KEY"},
	"Validate, train, evaluate and gate": {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"},
	"Run it locally":                     {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"},
	"Train, evaluate and gate":           {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"},
	"Write the kubeconfig":               {"KUBE_CONFIG"},
	"Deploy the preview":                 opensPreviews,
	"Train the candidate":                opensPreviews,
	"Remove the preview, and prove it":   opensPreviews,

	"Remove the previews of closed pull requests": opensPreviews,
	"Sign in to the registry":                     {"REGISTRY_USER", "REGISTRY_PASSWORD"},
}

// TestSecretsReachTheStepsThatNeedThem: no job, and no step of another's code,
// has one in its environment, and on AWS there is no key at all.
func TestSecretsReachTheStepsThatNeedThem(t *testing.T) {
	for shape, r := range shapes {
		for name, text := range rendered(t, r) {
			w, errs := actionlint.Parse([]byte(text))
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			inSteps := 0
			for id, job := range w.Jobs {
				for _, s := range job.Steps {
					if s.Env == nil {
						continue
					}
					for _, v := range s.Env.Vars {
						m := secret.FindStringSubmatch(v.Value.Value)
						if m == nil {
							continue
						}
						inSteps++
						if !slices.Contains(readers[s.Name.Value], m[1]) || job.Environment == nil {
							t.Errorf("%s: %s: job %s, step %s reads %s", shape, name, id, s.Name.Value, m[1])
						}
						if r.Pulumi && len(r.Providers) == 0 && !strings.HasPrefix(m[1], "PULUMI_") {
							t.Errorf("%s: %s reads %s, and is on AWS", shape, name, m[1])
						}
					}
				}
			}
			if all := strings.Count(text, "secrets."); all != inSteps {
				t.Errorf("%s: %s reads %d secrets outside of its steps", shape, name, all-inSteps)
			}
			if strings.Contains(text, "pull_request_target") {
				t.Errorf("%s runs a fork's code with a token that may write", name)
			}
		}
	}
}

func TestEnvironmentsFollowEachOther(t *testing.T) {
	w, errs := actionlint.Parse([]byte(rendered(t, repository())[Folder+"/ashlar-merge.yml"]))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	needs := map[string][]string{}
	for id, job := range w.Jobs {
		for _, n := range job.Needs {
			needs[id] = append(needs[id], n.Value)
		}
	}
	want := map[string][]string{
		"run": {"reviewed"}, "image": {"run"}, "deploy-dev": {"image"},
		"deploy-staging_eu": {"image", "deploy-dev"}, "deploy-prod": {"image", "deploy-staging_eu"},
	}
	if !maps.EqualFunc(needs, want, slices.Equal) {
		t.Errorf("needs %v, want %v", needs, want)
	}
}

func TestHostileNamesAreRefusedTogether(t *testing.T) {
	for _, bad := range []string{`a"b`, "a\nb", "${{ secrets.X }}", "$(id)", "a b", "`id`", "a;b", "",
		"-x", "a'b", "../x", "é"} {
		r := repository()
		r.Dir, r.Version, r.Tests = "x/"+bad+"/../..", bad, bad+";"
		r.Plans = map[string]*plan.Plan{bad: nil}
		if bad == "" {
			r.Dir = ".."
		}
		_, err := r.Files()
		if err == nil {
			t.Errorf("%q was written", bad)
			continue
		}
		for _, what := range []string{"version", "environment"} {
			if !strings.Contains(err.Error(), what) {
				t.Errorf("%q: %v does not name the %s", bad, err, what)
			}
		}
	}
	for _, dir := range []string{"..", "/etc", "a/../../b", "a b", "a\nb", "${{ x }}", "-a"} {
		r := repository()
		r.Dir, r.Policies = dir, dir
		if _, err := r.Files(); err == nil || !strings.Contains(err.Error(), "folder \"") ||
			!strings.Contains(err.Error(), "policies \"") {
			t.Errorf("folder %q: %v", dir, err)
		}
	}
}

func FuzzNothingEntersAScript(f *testing.F) {
	f.Add("dev", "shop", "v1.2.0")
	f.Add("${{ x }}", "a;b", "v1.0.0\n")
	f.Fuzz(func(t *testing.T, env, dir, version string) {
		r := Repository{Dir: dir, Version: version, Pulumi: true, Plans: map[string]*plan.Plan{env: nil}}
		got, err := r.Files()
		if err != nil {
			return
		}
		if _, err := r.GitLab(); err != nil {
			t.Fatalf("GitLab with %q, %q, %q: %v", env, dir, version, err)
		}
		for name, text := range got {
			w, errs := actionlint.Parse(text)
			if len(errs) > 0 {
				t.Fatalf("%s with %q, %q, %q: %v", name, env, dir, version, errs)
			}
			for _, job := range w.Jobs {
				scripts(t, name, job)
			}
		}
	})
}

// refused runs the script of a step in a real shell.
func refused(t *testing.T, script string, env ...string) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-eo", "pipefail", "-c", script)
	cmd.Env = append([]string{"PATH=" + t.TempDir()}, env...)
	return cmd.Run() != nil
}

func TestADispatchedEnvironmentIsAWordAndNoCode(t *testing.T) {
	w, errs := actionlint.Parse([]byte(rendered(t, repository())[Folder+"/ashlar-retrain.yml"]))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var script string
	for _, s := range w.Jobs["train"].Steps {
		if run, ok := s.Exec.(*actionlint.ExecRun); ok && strings.Contains(run.Run.Value, "esac") {
			script, _, _ = strings.Cut(run.Run.Value, "esac")
			script += "esac"
		}
	}
	for _, name := range []string{"dev", "prod", "staging.eu"} {
		if refused(t, script, "ENVIRONMENT="+name) {
			t.Errorf("%s is refused", name)
		}
	}
	for _, name := range []string{"", "*", "de", "dev prod", "stagingxeu", "dev;false", "$(true)", "dev\nprod"} {
		if !refused(t, script, "ENVIRONMENT="+name) {
			t.Errorf("%q passes", name)
		}
	}
}
