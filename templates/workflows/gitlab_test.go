package workflows

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// pipeline is GitLab's with every keyword that it may have: decoding is strict,
// so that another keyword, or one in the wrong place, fails.
type pipeline struct {
	Workflow struct {
		Rules []rule `yaml:"rules"`
	} `yaml:"workflow"`
	Variables map[string]any       `yaml:"variables"`
	Stages    []string             `yaml:"stages"`
	Default   gitlabJob            `yaml:"default"`
	Jobs      map[string]gitlabJob `yaml:",inline"`
}

type rule struct {
	If           string `yaml:"if"`
	When         string `yaml:"when"`
	AllowFailure bool   `yaml:"allow_failure"`
}

type gitlabJob struct {
	Image struct {
		Name       string   `yaml:"name"`
		Entrypoint []string `yaml:"entrypoint"`
	} `yaml:"image"`
	Stage, Timeout string
	Rules          []rule
	Needs          []string
	Variables      map[string]string
	BeforeScript   []string `yaml:"before_script"`
	Script         []string
	ResourceGroup  string `yaml:"resource_group"`
	IDTokens       map[string]struct {
		Aud string `yaml:"aud"`
	} `yaml:"id_tokens"`
	Interruptible *bool
	Environment   struct {
		Name, Action string
		OnStop       string `yaml:"on_stop"`
	}
	Cache struct {
		Key, Policy string
		Paths       []string
	}
	Artifacts struct {
		When     string
		Paths    []string
		ExposeAs string            `yaml:"expose_as"`
		ExpireIn string            `yaml:"expire_in"`
		Reports  map[string]string `yaml:"reports"`
	}
}

func gitlab(t *testing.T, shape string) (pipeline, string) {
	t.Helper()
	files, err := shapes[shape].GitLab()
	if err != nil {
		t.Fatal(err)
	}
	var out pipeline
	d := yaml.NewDecoder(bytes.NewReader(files[GitLabFile]))
	d.KnownFields(true)
	if err := d.Decode(&out); err != nil {
		t.Fatalf("%s: %v", shape, err)
	}
	return out, string(files[GitLabFile])
}

func TestTheGitLabPipelineIsTheGoldenOne(t *testing.T) {
	for shape := range shapes {
		_, text := gitlab(t, shape)
		golden := filepath.Join("testdata", "gitlab", shape+".yml")
		if *update {
			if err := os.WriteFile(golden, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(golden); err != nil || text != string(want) {
			t.Errorf("%s is another than the golden one: %v", shape, err)
		}
	}
}

func TestGitLabsJobsFitTogetherAndTheirScriptsParse(t *testing.T) {
	for shape := range shapes {
		p, _ := gitlab(t, shape)
		for name, job := range p.Jobs {
			if job.Stage == "" || !slices.Contains(p.Stages, job.Stage) || job.Timeout == "" || len(job.Script) == 0 {
				t.Errorf("%s: job %s: stage %q, timeout %q, %d scripts", shape, name, job.Stage,
					job.Timeout, len(job.Script))
			}
			if (len(job.Rules) == 0) != (name == "programs") {
				t.Errorf("%s: job %s runs in every pipeline", shape, name)
			}
			for _, need := range job.Needs {
				other, ok := p.Jobs[need]
				if !ok || slices.Index(p.Stages, other.Stage) > slices.Index(p.Stages, job.Stage) {
					t.Errorf("%s: job %s needs %s, which is not before it", shape, name, need)
				}
				if need != "programs" && !slices.Equal(other.Rules, job.Rules) && name != "image" {
					t.Errorf("%s: job %s needs %s, which runs at other times", shape, name, need)
				}
			}
			cmd := exec.CommandContext(t.Context(), "bash", "-n")
			cmd.Stdin = strings.NewReader(strings.Join(append(job.BeforeScript, job.Script...), "\n"))
			if said, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: job %s: %v: %s", shape, name, err, said)
			}
		}
		if p.Default.Image.Name != "pulumi/pulumi:"+pulumiVersion || len(p.Workflow.Rules) != 2 {
			t.Errorf("%s: %+v, %+v", shape, p.Default.Image, p.Workflow)
		}
	}
}

// command is a call of ours or of Pulumi at the beginning of a line.
var command = regexp.MustCompile(`(?m)^ *((?:ashlar|pulumi|go install) .*|.*\$\(ashlar .*)$`)

// onGitHubOnly are commands that write to GitHub.
var onGitHubOnly = regexp.MustCompile(`^ashlar (github|check .* --output sarif)|"\$RUNNER_TEMP/plan\.md"`)

// TestBothSystemsRunTheSameCommands: what a pull request, a merge, a night and a
// training run on GitHub they run on GitLab, and so for previews.
func TestBothSystemsRunTheSameCommands(t *testing.T) {
	for shape, r := range shapes {
		_, there := gitlab(t, shape)
		compared := 0
		for name, text := range rendered(t, r) {
			if slices.Contains([]string{"ashlar-release.yml", "ashlar-vulnerabilities.yml",
				"release.yml"}, filepath.Base(name)) {
				continue
			}
			for _, m := range command.FindAllStringSubmatch(text, -1) {
				one := strings.TrimSpace(m[1])
				if onGitHubOnly.MatchString(one) {
					continue
				}
				one = strings.TrimSuffix(one, " --output github")
				one = strings.TrimSuffix(one, " --issue || [ $? = 1 ]")
				one = strings.Replace(one, " --root . --check", " --root . --for gitlab --check", 1)
				compared++
				if !strings.Contains(there, one) {
					t.Errorf("%s: GitLab does not run %q of %s", shape, one, name)
				}
			}
		}
		if compared < 8 {
			t.Errorf("%s: %d commands", shape, compared)
		}
	}
}

func TestGitLabSignsInWhereAnEnvironmentIsOnAWS(t *testing.T) {
	p, _ := gitlab(t, "mixed")
	for job, want := range map[string]bool{"deploy-dev": false, "drift-dev": false,
		"deploy-prod": true, "drift-prod": true,
		"image": true, "run": true, "check": false, "data": false, "reviewed": false} {
		if got := p.Jobs[job].IDTokens["ASHLAR_AWS_TOKEN"].Aud != ""; got != want {
			t.Errorf("job %s has a token for AWS: %t", job, got)
		}
	}
	deployed, _ := gitlab(t, "deployed")
	if got := deployed.Jobs["deploy-prod"].Needs; !slices.Equal(got,
		[]string{"programs", "image", "deploy-staging_eu"}) {
		t.Errorf("production needs %v", got)
	}
	if got := deployed.Jobs["deploy-staging_eu"].Environment.Name; got != "staging.eu" {
		t.Errorf("staging is %q", got)
	}
}

// TestAStepOfGitLabLeavesNoMoreThanItShould: all entries share a shell, which an
// exit of one step would end, and a failure must.
func TestAStepOfGitLabLeavesNoMoreThanItShould(t *testing.T) {
	p, _ := gitlab(t, "deployed")
	for lost, red := range map[string]bool{"0": false, "1": true} {
		script := strings.Join(append(slices.Clone(p.Jobs["check"].BeforeScript), p.Jobs["check"].Script...), "\n")
		script = "mkdir .ashlar-programs && cp \"$(command -v ashlar)\" .ashlar-programs/\n" +
			script + "\necho the end\n"
		_, said, err := shell(t, strings.ReplaceAll(script, "/tmp/ashlar-", "$PWD/temp-"), map[string]string{
			"ashlar": `case "$*" in *markdown*) echo "the plan"; exit "$LOST" ;; esac`}, "LOST="+
			lost, "CI_JOB_ID=1", "BASE=b")
		if (err != nil) != red || strings.Contains(said, "the end") == red || !strings.Contains(said, "the plan") {
			t.Errorf("exit %s: %v\n%s", lost, err, said)
		}
	}
}

func TestGitLabAppliesWhatWasReviewed(t *testing.T) {
	script, err := steps[slices.IndexFunc(steps,
		func(s step) bool { return s.name == "gitlab-reviewed" })].script(view{})
	if err != nil {
		t.Fatal(err)
	}
	curl := `for at in "$@"; do :; done
case "$at" in
https://git/api/projects/5/repository/commits/HEAD/merge_requests) echo "$REQUESTS" ;;
https://git/api/projects/5/merge_requests/3/pipelines) echo "$PIPELINES" ;;
"https://git/api/projects/5/pipelines/8/jobs?per_page=100") echo '[{"id": 1, "name": "data"}, {"id": 2, "name": "check"}]' ;;
https://git/api/projects/5/jobs/2/artifacts/ashlar-reviewed.json) echo "the record" | tee -a "$CALLS" ;;
*) exit 22 ;;
esac`
	merged, good := `[{"iid": 1, "state": "opened"}, {"iid": 3, "state": "merged"}]`,
		`[{"id": 9, "source": "merge_request_event", "status": "failed"},
		{"id": 7, "source": "push", "status": "success"},
		{"id": 8, "source": "merge_request_event", "status": "success"}]`
	for _, c := range []struct{ token, requests, pipelines, says string }{
		{"t", merged, good, ""}, {"", merged, good, "read_api"}, {"t", `[]`, good, "came by no merge request"},
		{"t", merged, `[{"id": 8, "source": "push", "status": "success"}]`, "no record"},
		{"t", "", good, "came by no merge request"},
	} {
		calls, said, err := shell(t, script, map[string]string{"curl": curl}, "ASHLAR_API_TOKEN="+c.token,
			"REQUESTS="+c.requests, "PIPELINES="+c.pipelines, "CI_API_V4_URL=https://git/api",
			"CI_PROJECT_ID=5", "CI_COMMIT_SHA=HEAD")
		if (err == nil) != (c.says == "") || !strings.Contains(said, c.says) ||
			(calls == "the record") != (err == nil) {
			t.Errorf("%+v: %v, %q, %q", c, err, calls, said)
		}
	}
}
