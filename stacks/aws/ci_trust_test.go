package aws

import (
	"slices"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/components/pulumitest"
	"github.com/ashlar-dev/ashlar/templates/workflows"
)

const (
	hubIssuer = "token.actions.githubusercontent.com"
	hubRepo   = "acme/ml"
)

// signIn is a job of a generated workflow that may sign in to AWS, for one
// element of its matrix.
type signIn struct {
	job, subject string
	duty         workflows.Duty
	environment  string // of the blueprint
}

// signIns are the jobs of the repository's workflows that may ask GitHub for a
// token, with the subjects that GitHub documents: a job that names an
// environment has repo:OWNER/NAME:environment:NAME, another the reference that
// it runs for.
func signIns(t *testing.T, r workflows.Repository) []signIn {
	t.Helper()
	files, err := r.Files()
	if err != nil {
		t.Fatal(err)
	}
	var out []signIn
	for name, text := range files {
		w, errs := actionlint.Parse(text)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		for id, job := range w.Jobs {
			if job.Permissions == nil || job.Permissions.Scopes["id-token"] == nil {
				continue
			}
			for _, values := range combinations(job) {
				for _, in := range environmentsOf(job, values) {
					s := signIn{job: name + " " + id, subject: "repo:" + hubRepo + ":ref:refs/heads/main"}
					if strings.HasSuffix(name, "pull-request.yml") {
						s.subject = "repo:" + hubRepo + ":pull_request"
					}
					if in != "" {
						s.subject = "repo:" + hubRepo + ":environment:" + in
						s.duty, s.environment = dutyOf(job, values, in)
					}
					out = append(out, s)
				}
			}
		}
	}
	return out
}

// dutyOf is what the job is for in a GitHub environment, and the environment of
// the blueprint, as its steps show.
func dutyOf(job *actionlint.Job, values map[string]string, in string) (workflows.Duty, string) {
	for _, step := range job.Steps {
		run, ok := step.Exec.(*actionlint.ExecRun)
		if !ok {
			continue
		}
		switch script := run.Run.Value; {
		case strings.Contains(script, "pulumi up"), strings.Contains(script, "pulumi preview"):
			duty := workflows.Preview
			if strings.Contains(script, "pulumi up") {
				duty = workflows.Deploy
			}
			return duty, filled(step.Env.Vars["stack"].Value.Value, values)
		case strings.Contains(script, "ashlar image push"):
			return workflows.Image, ""
		case strings.Contains(script, "ashlar up"): // it reads the data
			return workflows.Preview, strings.TrimSuffix(in, "-preview")
		}
	}
	return "", ""
}

// environmentsOf are the GitHub environments that the job may be in; "" is none.
// A job that reads data is in one if a variable says so, and that of a pull
// request in one of the repository's own, which Ashlar's roles do not know.
func environmentsOf(job *actionlint.Job, values map[string]string) []string {
	if job.Environment == nil {
		return []string{""}
	}
	name := filled(job.Environment.Name.Value, values)
	switch {
	case name == "${{ vars.ASHLAR_DATA_ENVIRONMENT }}":
		return []string{""}
	case strings.Contains(name, "ASHLAR_PRIVATE_DATA"):
		out := []string{""}
		if _, list, ok := strings.Cut(name, "fromJSON('["); ok {
			list, _, _ = strings.Cut(list, "]")
			for _, one := range strings.Split(list, ", ") {
				out = append(out, strings.Trim(one, `"`)+"-preview")
			}
			return out
		}
		_, after, _ := strings.Cut(name, "&& '")
		one, _, _ := strings.Cut(after, "'")
		return append(out, one)
	}
	return []string{name}
}

// combinations are the values of a job's matrix.
func combinations(job *actionlint.Job) []map[string]string {
	if job.Strategy == nil || job.Strategy.Matrix == nil {
		return []map[string]string{nil}
	}
	var out []map[string]string
	for _, one := range job.Strategy.Matrix.Include.Combinations {
		values := map[string]string{}
		for key, v := range one.Assigns {
			values["${{ matrix."+key+" }}"] = strings.Trim(v.Value.String(), `"`)
		}
		out = append(out, values)
	}
	return out
}

func filled(text string, values map[string]string) string {
	if v, ok := values[text]; ok {
		return v
	}
	return text
}

// believes reports whether the role trusts a token of the subject.
func believes(t *testing.T, role pulumitest.Resource, subject, audience string) bool {
	t.Helper()
	statements := pulumitest.Statements(t, role.Text("assumeRolePolicy"))
	for i := range statements {
		statements[i].Resource = "*" // a trust policy is about its role
	}
	ok, err := pulumitest.Allows(statements,
		pulumitest.Request{Action: "sts:AssumeRoleWithWebIdentity", Resource: "role", Context: map[string]string{
			hubIssuer + ":sub": subject, hubIssuer + ":aud": audience,
		}})
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// ciRoles are the roles that GitHub's provider may be the principal of.
func ciRoles(t *testing.T, environment string) map[workflows.Duty]pulumitest.Resource {
	t.Helper()
	r := recordFoundation(t, foundationConfig(environment))
	out := map[workflows.Duty]pulumitest.Resource{}
	for _, d := range workflows.Duties() {
		out[d] = r.Named(t, "aws:iam/role:Role", "ci-"+string(d))
	}
	for _, role := range r.All("aws:iam/role:Role") {
		if strings.Contains(role.Text("assumeRolePolicy"), "Federated") && !strings.HasPrefix(role.Name, "ci-") {
			t.Errorf("%s believes GitHub, and no duty is its", role.Name)
		}
	}
	return out
}

func TestEachJobIsBelievedByTheRoleOfItsDutyAndByNoOther(t *testing.T) {
	environments := []string{"dev", "staging", "prod"}
	plans := map[string]*plan.Plan{}
	for _, e := range environments {
		plans[e] = nil
	}
	jobs := signIns(t, workflows.Repository{Dir: ".", Version: "v1.2.0", Pulumi: true, Plans: plans})
	// The image; a preview and a deployment each; a run and a training with and
	// without private data, the latter of any environment; a pull request's data.
	if len(jobs) != 1+2*len(environments)+2+(1+len(environments))+1 {
		t.Fatalf("%d jobs sign in: %+v", len(jobs), jobs)
	}
	for _, environment := range environments {
		roles := ciRoles(t, environment)
		for _, job := range jobs {
			if job.duty == "" && strings.Contains(job.subject, ":environment:") {
				t.Errorf("%s signs in for no duty", job.job)
			}
			for duty, role := range roles {
				want := duty == job.duty && (duty == workflows.Image || job.environment == environment)
				if got := believes(t, role, job.subject, "sts.amazonaws.com"); got != want {
					t.Errorf("%s (%s) and the %s role of %s: believed %t", job.job, job.subject, duty, environment, got)
				}
			}
			if got, want := strings.TrimPrefix(job.subject, "repo:"+hubRepo+":environment:"),
				workflows.Environments(environments); job.duty != "" && !slices.Contains(want, got) {
				t.Errorf("%s runs in %s, which bootstrap does not protect", job.job, got)
			}
		}
	}
}

func TestNobodyElseIsBelieved(t *testing.T) {
	for duty, role := range ciRoles(t, "prod") {
		own := duty.Environment("prod")
		if !believes(t, role, "repo:"+hubRepo+":environment:"+own, "sts.amazonaws.com") ||
			believes(t, role, "repo:"+hubRepo+":environment:"+own, "https://github.com/acme") {
			t.Fatalf("%s: its own environment, and another audience", duty)
		}
		for _, subject := range []string{
			"repo:acme/ml:pull_request", "repo:acme/ml:ref:refs/heads/main", "repo:acme/ml:ref:refs/pull/1/merge",
			"repo:acme/ml:ref:refs/tags/v1",
			"repo:eve/ml:environment:" + own, "repo:acme/ml2:environment:" + own, "repo:acme/ML:environment:" + own,
			"repo:acme/ml:environment:" + own + "x",
			"repo:acme/ml:environment:", "repo:acme/ml:environment:*", "repo:acme/ml:environment:staging",
			"repo:acme/ml:environment:dev-preview", "",
			"repo:acme/ml:environment:" + own + ":ref:refs/heads/x", "repo:acme/*:environment:" + own,
		} {
			if believes(t, role, subject, "sts.amazonaws.com") {
				t.Errorf("the %s role believes %q", duty, subject)
			}
		}
	}
}
