package aws

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/stacks/aws/config"
	"github.com/ashlar-dev/ashlar/templates/workflows"
)

const (
	labHost    = "gitlab.example.com"
	labProject = "acme/risk/ml"
)

// labJob is a job of the generated pipeline that gets a token, for one environment that
// it may be for.
type labJob struct {
	name, audience string
	sources        []string // kinds of pipelines that it is in, as its rules say
	duty           workflows.Duty
	environment    string // of the blueprint
}

// labJobs are the jobs of GitLab's pipeline that may sign in to AWS.
func labJobs(t *testing.T, r workflows.Repository, environments []string) []labJob {
	t.Helper()
	files, err := r.GitLab()
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]yaml.Node
	if err := yaml.Unmarshal(files[workflows.GitLabFile], &all); err != nil {
		t.Fatal(err)
	}
	var out []labJob
	for name, node := range all {
		var job struct {
			Rules []struct {
				If string `yaml:"if"`
			} `yaml:"rules"`
			Script      []string          `yaml:"script"`
			Variables   map[string]string `yaml:"variables"`
			Environment struct {
				Name string `yaml:"name"`
			} `yaml:"environment"`
			IDTokens map[string]struct {
				Aud string `yaml:"aud"`
			} `yaml:"id_tokens"`
		}
		if node.Kind != yaml.MappingNode || node.Decode(&job) != nil || len(job.IDTokens) == 0 {
			continue
		}
		one := labJob{name: name, audience: job.IDTokens["ASHLAR_AWS_TOKEN"].Aud}
		for _, r := range job.Rules {
			_, source, _ := strings.Cut(r.If, `$CI_PIPELINE_SOURCE == "`)
			source, _, _ = strings.Cut(source, `"`)
			one.sources = append(one.sources, source)
		}
		one.duty = labDuty(strings.Join(job.Script, "\n"))
		in := strings.TrimSuffix(job.Environment.Name, "-preview")
		for _, e := range environments { // one that a person chooses may be each
			if in == "$ASHLAR_ENVIRONMENT" || in == e || in == "image" {
				each := one
				each.environment, each.audience = e, strings.ReplaceAll(one.audience, "$ASHLAR_ENVIRONMENT", e)
				out = append(out, each)
			}
		}
	}
	return out
}

// labDuty is what the job is for, as its script shows.
func labDuty(script string) workflows.Duty {
	switch {
	case strings.Contains(script, "pulumi up"):
		return workflows.Deploy
	case strings.Contains(script, "ashlar image push"):
		return workflows.Image
	}
	return workflows.Preview // it compares, or it reads the data
}

// labToken are the claims of a job that AWS compares: GitLab's documentation has the
// subject as project_path:GROUP/PROJECT:ref_type:TYPE:ref:NAME.
type labToken struct{ project, kind, ref, audience string }

func (l labToken) believed(t *testing.T, role pulumitest.Resource, host string) bool {
	t.Helper()
	statements := pulumitest.Statements(t, role.Text("assumeRolePolicy"))
	for i := range statements {
		statements[i].Resource = "*"
	}
	ok, err := pulumitest.Allows(statements, pulumitest.Request{Action: "sts:AssumeRoleWithWebIdentity",
		Resource: "role", Context: map[string]string{
			host + ":sub": "project_path:" + l.project + ":ref_type:" + l.kind + ":ref:" + l.ref, host + ":aud": l.audience,
		}})
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func labRoles(t *testing.T, environment string) map[workflows.Duty]pulumitest.Resource {
	t.Helper()
	c := foundationConfig(environment)
	c.GitLab = &config.GitLabConfig{Host: labHost, GitHubConfig: *c.GitHub}
	c.GitLab.Repository, c.GitHub = labProject, nil
	r := recordFoundation(t, c.Filled())
	provider := r.One(t, "aws:iam/openIdConnectProvider:OpenIdConnectProvider")
	if provider.Text("url") != "https://"+labHost {
		t.Errorf("tokens of %s are believed", provider.Text("url"))
	}
	out := map[workflows.Duty]pulumitest.Resource{}
	for _, d := range workflows.Duties() {
		out[d] = r.Named(t, "aws:iam/role:Role", "ci-"+string(d))
		accepted, _ := provider.At("clientIdLists").([]any)
		if !contains(accepted, d.Audience(environment)) {
			t.Errorf("AWS accepts no token for %s: %v", d.Audience(environment), accepted)
		}
	}
	return out
}

func contains(all []any, one string) bool {
	for _, v := range all {
		if v == one {
			return true
		}
	}
	return false
}

// TestEachJobOfGitLabIsBelievedByTheRoleOfItsDutyAndByNoOther evaluates every trust policy
// against the claims of every job that gets a token.
func TestEachJobOfGitLabIsBelievedByTheRoleOfItsDutyAndByNoOther(t *testing.T) {
	environments := []string{"dev", "staging", "prod"}
	plans := map[string]*plan.Plan{}
	for _, e := range environments {
		plans[e] = nil
	}
	jobs := labJobs(t, workflows.Repository{Dir: ".", Version: "v1.2.0", Pulumi: true, Plans: plans}, environments)
	// The image for each environment's account, a deployment and a comparison each, the
	// run of the first and a training of any.
	if want := 3*len(environments) + 1 + len(environments); len(jobs) != want {
		t.Fatalf("%d jobs sign in, want %d: %+v", len(jobs), want, jobs)
	}
	for _, environment := range environments {
		roles := labRoles(t, environment)
		for _, job := range jobs {
			for _, source := range job.sources {
				if source == "merge_request_event" || source == "" {
					t.Errorf("%s gets a token for what nobody has merged", job.name)
				}
			}
			for duty, role := range roles {
				want := duty == job.duty && (duty == workflows.Image || job.environment == environment)
				merged := labToken{labProject, "branch", "main", job.audience}
				if got := merged.believed(t, role, labHost); got != want {
					t.Errorf("%s for %s (%s) and the %s role of %s: believed %t", job.name, job.environment,
						job.audience, duty, environment, got)
				}
				for _, other := range []labToken{
					{labProject, "branch", "feature", job.audience}, {labProject, "tag", "main", job.audience},
					{labProject, "branch", "main2", job.audience}, {labProject, "branch", "", job.audience},
					{"eve/risk/ml", "branch", "main", job.audience}, {labProject + "2", "branch", "main", job.audience},
					{labProject, "branch", "main", "sts.amazonaws.com"}, {labProject, "branch", "main", ""},
					{labProject + ":ref_type:branch:ref:main", "branch", "x", job.audience},
				} {
					if other.believed(t, role, labHost) {
						t.Errorf("the %s role of %s believes %+v", duty, environment, other)
					}
				}
				if merged.believed(t, role, "gitlab.com") {
					t.Errorf("the %s role believes another GitLab", duty)
				}
			}
		}
	}
}
