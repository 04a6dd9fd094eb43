package workflows

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
)

func TestAClusterWithoutAWSNeedsNothingOfAWS(t *testing.T) {
	for name, text := range rendered(t, shapes["kubernetes"]) {
		for _, word := range []string{"id-token", "aws ecr", "ASHLAR_AWS_ROLE", "sts.amazonaws.com"} {
			if strings.Contains(text, word) {
				t.Errorf("%s holds %s", name, word)
			}
		}
	}
	// With an environment on AWS the image is in AWS's registry, and each job
	// signs in where its own environment is.
	merge := rendered(t, shapes["mixed"])[Folder+"/ashlar-merge.yml"]
	for _, c := range []struct {
		job, step string
		want      bool
	}{
		{"image", "Sign in to AWS by OpenID Connect", true}, {"deploy-dev", "Sign in to AWS by OpenID Connect", false},
		{"deploy-dev", "Write the kubeconfig", true}, {"deploy-prod", "Sign in to AWS by OpenID Connect", true},
		{"deploy-prod", "Write the kubeconfig", false},
	} {
		if got := slices.Contains(titles(t, merge, c.job), c.step); got != c.want {
			t.Errorf("job %s has step %q: %t", c.job, c.step, got)
		}
	}
}

// titles are the names of a job's steps.
func titles(t *testing.T, text, job string) []string {
	t.Helper()
	w, errs := actionlint.Parse([]byte(text))
	if len(errs) > 0 || w.Jobs[job] == nil {
		t.Fatalf("job %s: %v", job, errs)
	}
	var out []string
	for _, s := range w.Jobs[job].Steps {
		if s.Name != nil {
			out = append(out, s.Name.Value)
		}
	}
	return out
}

func TestTheKubeconfigIsForNobodyElse(t *testing.T) {
	script := scriptOf(t, rendered(t, shapes["kubernetes"])[Folder+"/ashlar-merge.yml"], "deploy-dev",
		"Write the kubeconfig")
	temp := t.TempDir()
	file := filepath.Join(temp, "kubeconfig")
	if err := os.WriteFile(file, []byte("older"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, said, err := shell(t, script, nil, "KUBE_CONFIG=apiVersion: v1", "RUNNER_TEMP="+temp,
		"GITHUB_ENV="+filepath.Join(temp, "env"))
	if err != nil {
		t.Fatal(err, said)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	text, _ := os.ReadFile(file)
	env, _ := os.ReadFile(filepath.Join(temp, "env"))
	if string(text) != "apiVersion: v1\n" || string(env) != "KUBECONFIG="+file+"\n" {
		t.Errorf("%q, %q", text, env)
	}
	if _, said, err := shell(t, script, nil, "KUBE_CONFIG="); err == nil ||
		!strings.Contains(said, "secret KUBE_CONFIG") {
		t.Errorf("without the secret: %v, %q", err, said)
	}
}

func TestRegistriesAreSignedInToByAFileForNobodyElse(t *testing.T) {
	const ecr = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
	for _, c := range []struct{ shape, repository, user, password, want string }{
		{"deployed", ecr + "/ashlar/runtime", "", "", `{"auths":{"` + ecr +
			`":{"auth":"QVdTOmVjciBnZXQtbG9naW4tcGFzc3dvcmQ="}}}`},
		{"kubernetes", "registry.example.com:5000/a/b", "ada", "p:w",
			`{"auths":{"registry.example.com:5000":{"auth":"YWRhOnA6dw=="}}}`},
		{"kubernetes", "docker.io/acme/b", "ada", "p:w",
			`{"auths":{"https://index.docker.io/v1/":{"auth":"YWRhOnA6dw=="}}}`},
		{"kubernetes", "acme/b", "ada", "p:w", ""},
		{"kubernetes", "registry.example.com/b", "ada", "", ""},
		{"kubernetes", "", "ada", "p:w", ""},
	} {
		script := scriptOf(t, rendered(t, shapes[c.shape])[Folder+"/ashlar-merge.yml"], "image",
			"Sign in to the registry")
		temp := t.TempDir()
		_, said, err := shell(t, script, map[string]string{"aws": `printf '%s' "$*"`},
			"ASHLAR_IMAGE_REPOSITORY="+c.repository,
			"REGISTRY_USER="+c.user, "REGISTRY_PASSWORD="+c.password, "RUNNER_TEMP="+temp)
		got, _ := os.ReadFile(filepath.Join(temp, "docker", "config.json"))
		if text := regexp.MustCompile(`\s`).ReplaceAllString(string(got), ""); text != c.want ||
			(err == nil) != (c.want != "") {
			t.Errorf("%s: %q: %v, %s", c.repository, text, err, said)
		}
		if info, serr := os.Stat(filepath.Join(temp, "docker")); err == nil &&
			(serr != nil || info.Mode().Perm() != 0o700) {
			t.Errorf("%v, %v", info, serr)
		}
	}
}

// TestJobsThatReachTheClusterRunWhereItIsReached: on the runner that the
// repository names; the others need nothing but GitHub's.
func TestJobsThatReachTheClusterRunWhereItIsReached(t *testing.T) {
	reach := 0
	for name, text := range everything(t) {
		w, errs := actionlint.Parse([]byte(text))
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		for id, job := range w.Jobs {
			cluster := slices.ContainsFunc(titles(t, text, id),
				func(s string) bool { return s == "Apply" || s == "Compare" || strings.Contains(s, "preview") })
			want := "ubuntu-24.04"
			if cluster {
				reach++
				want = "${{ vars.ASHLAR_RUNNER || 'ubuntu-24.04' }}"
			}
			var got string
			if e := job.RunsOn.LabelsExpr; e != nil {
				got = e.Value
			} else if len(job.RunsOn.Labels) == 1 {
				got = job.RunsOn.Labels[0].Value
			}
			if got != want {
				t.Errorf("%s: job %s runs on %q", name, id, got)
			}
		}
	}
	if reach < 10 {
		t.Errorf("%d jobs reach a cluster", reach)
	}
}

func TestProvidersAreKnown(t *testing.T) {
	r := repository()
	r.Providers = map[string]string{"dev": "azure"}
	if _, err := r.Files(); err == nil || !strings.Contains(err.Error(), `provider "azure" of environment "dev"`) {
		t.Error(err)
	}
}

// TestPrivateDataIsReadByReviewedCode: a pull request's code runs in no
// environment of a deployment or a preview; the merge's and the training's do
// where the repository says that the data is private.
func TestPrivateDataIsReadByReviewedCode(t *testing.T) {
	for name, text := range rendered(t, repository()) {
		w, errs := actionlint.Parse([]byte(text))
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		for id, job := range w.Jobs {
			if !strings.HasSuffix(name, "pull-request.yml") || job.Environment == nil {
				continue
			}
			if id != "data" || job.Environment.Name.Value != "${{ vars.ASHLAR_DATA_ENVIRONMENT }}" {
				t.Errorf("job %s of a pull request is in %s", id, job.Environment.Name.Value)
			}
		}
	}
	for file, job := range map[string]string{"ashlar-merge.yml": "run", "ashlar-retrain.yml": "train"} {
		text := rendered(t, repository())[Folder+"/"+file]
		if !slices.Contains(titles(t, text, job), "Sign in to AWS by OpenID Connect") ||
			!strings.Contains(text, "vars.ASHLAR_PRIVATE_DATA == 'true' && ") {
			t.Errorf("job %s of %s cannot read the data", job, file)
		}
	}
	for _, shape := range []string{"kubernetes", "local"} {
		text := rendered(t, shapes[shape])[Folder+"/ashlar-merge.yml"]
		if !strings.Contains(text, "AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET_ACCESS_KEY }}") {
			t.Errorf("%s: the merge has no key of the object store", shape)
		}
	}
}

func TestJobsSignInToAWSWithATokenThatNobodySees(t *testing.T) {
	script := scriptOf(t, rendered(t, repository())[Folder+"/ashlar-merge.yml"], "deploy-prod",
		"Sign in to AWS by OpenID Connect")
	curl := `[ "$*" = "-sSf -H Authorization: bearer request https://hub/token?x=1&audience=sts.amazonaws.com" ] && echo '{"value": "jwt"}'`
	temp := t.TempDir()
	good := map[string]string{"ASHLAR_AWS_ROLE": "arn:role", "AWS_REGION": "eu-west-1", "GITHUB_RUN_ID": "7",
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request", "ACTIONS_ID_TOKEN_REQUEST_URL": "https://hub/token?x=1",
		"RUNNER_TEMP": temp, "GITHUB_ENV": filepath.Join(temp, "env")}
	sign := func(without string) (string, error) {
		var env []string
		for name, value := range good {
			if name == without {
				value = ""
			}
			env = append(env, name+"="+value)
		}
		_, said, err := shell(t, script, map[string]string{"curl": curl}, env...)
		return said, err
	}
	if said, err := sign(""); err != nil || said != "::add-mask::jwt\n" {
		t.Fatalf("%v, %q", err, said)
	}
	file := filepath.Join(temp, "aws-token")
	info, err := os.Stat(file)
	token, _ := os.ReadFile(file)
	env, _ := os.ReadFile(filepath.Join(temp, "env"))
	want := "AWS_WEB_IDENTITY_TOKEN_FILE=" + file + "\nAWS_ROLE_ARN=arn:role\nAWS_ROLE_SESSION_NAME=ashlar-7\n" +
		"AWS_REGION=eu-west-1\n"
	if err != nil || info.Mode().Perm() != 0o600 || string(token) != "jwt" || string(env) != want {
		t.Errorf("%v, %v, %q, %q", err, info, token, env)
	}
	for without, says := range map[string]string{"ASHLAR_AWS_ROLE": "set the variables",
		"AWS_REGION":                   "set the variables",
		"ACTIONS_ID_TOKEN_REQUEST_URL": "from forks", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": ""} {
		if said, err := sign(without); err == nil || !strings.Contains(said, says) {
			t.Errorf("without %s: %v, %q", without, err, said)
		}
	}
}
