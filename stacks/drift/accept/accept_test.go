package accept

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints"
	"github.com/ashlar-dev/ashlar/blueprints/plan"
	"github.com/ashlar-dev/ashlar/stacks/drift"
)

const example = "../../../blueprints/examples/credit"

// cluster is the finding of a changed field of an object of the example in prod.
func cluster(kind, path, found string) drift.Finding {
	concept, name := "endpoint", "scoring"
	if kind == "CronJob" {
		concept, name = "pipeline", "nightly"
	}
	class, why := drift.Classify(kind, path, drift.Changed)
	f := drift.Finding{Object: kind + " n/" + name, Path: path, Change: drift.Changed, Expected: `"was"`, Found: found,
		By: "kubectl-edit", Class: class, Why: why}
	return f.From(kind, map[string]any{"metadata": map[string]any{"labels": map[string]any{
		"app.kubernetes.io/instance": "credit-risk", "app.kubernetes.io/component": concept,
		"app.kubernetes.io/name": name, "ashlar.dev/environment": "prod"}}})
}

// Fields of objects.
const (
	container = "spec.template.spec.containers[name=ashlar].resources."
	jobs      = "spec.jobTemplate.spec.template.spec.containers[name=ashlar].resources."
)

// copied is a copy of the example with parts of its text replaced.
func copied(t *testing.T, replace ...string) string {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile(filepath.Join(example, "credit.cue"))
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.NewReplacer(replace...).Replace(string(text))
	if len(replace) > 0 && changed == string(text) {
		t.Fatalf("%q is not in the example", replace)
	}
	if err := os.WriteFile(filepath.Join(dir, "credit.cue"), []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// merged writes the result into the folder and loads it.
func merged(t *testing.T, r Result) (dev, prod *plan.Plan) {
	t.Helper()
	for _, f := range r.Files {
		if err := os.WriteFile(filepath.Join(f.Dir, f.Name), f.After, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := blueprints.LoadAllDir(r.Files[0].Dir)
	if err != nil {
		t.Fatal(err)
	}
	return all["dev"], all["prod"]
}

func TestTheBlueprintTakesTheValuesOfTheCluster(t *testing.T) {
	dir := copied(t)
	r, err := Write([]string{dir}, []drift.Finding{
		cluster("HorizontalPodAutoscaler", "spec.minReplicas", "5"),
		cluster("HorizontalPodAutoscaler", "spec.maxReplicas", "20"),
		cluster("Deployment", container+"requests.cpu", `"1500m"`),
		cluster("Deployment", container+"requests.memory", `"1Gi"`),
		cluster("Deployment", container+"limits.memory", `"1024Mi"`),
		cluster("CronJob", jobs+"requests.cpu", `"2"`),
		cluster("CronJob", "spec.schedule", `"30 4 * * *"`),
	})
	if err != nil || len(r.Offers) != 6 || len(r.Rest) > 0 || len(r.Notes) > 0 || len(r.Files) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	before, err := blueprints.LoadDir(dir, "dev")
	if err != nil {
		t.Fatal(err)
	}
	dev, prod := merged(t, r)
	e, line := prod.Endpoints["scoring"], prod.Pipelines["nightly"]
	if e.Replicas != (plan.Replicas{Min: 5, Max: 20}) || e.Given() != (plan.Resources{CPU: "1500m", Memory: "1024Mi"}) ||
		line.Largest().CPU != "2" || line.Schedule != "30 4 * * *" {
		t.Errorf("prod has %+v and %+v", e, line)
	}
	want, _ := before.Digest()
	if got, _ := dev.Digest(); got != want {
		t.Error("dev has changed, too")
	}
	// What is there stays as it is: the comment, the other overlays, the base.
	var lines []string
	for _, line := range strings.Split(string(r.Files[0].After), "\n") {
		if !strings.Contains(string(r.Files[0].Before), line) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	const prodLine = `prod: {endpoints: scoring: {replicas: {min: 5, max: 20}, resources: {cpu: "1500m", memory: "1024Mi"}}, ` +
		`pipelines: nightly: {resources: cpu: "2", schedule: "30 4 * * *"}}`
	if len(lines) != 1 || lines[0] != prodLine {
		t.Errorf("changed lines:\n%s", strings.Join(lines, "\n"))
	}
}

func TestWhatCannotBeWrittenStaysAFinding(t *testing.T) {
	for name, c := range map[string]struct {
		replace  []string
		findings []drift.Finding
		note     string
	}{
		"half of a pod's memory": {nil, []drift.Finding{cluster("Deployment", container+"limits.memory", `"1Gi"`)},
			"its request and its limit"},
		"two values of one field": {nil, []drift.Finding{cluster("Deployment", container+"requests.memory", `"1Gi"`),
			cluster("Deployment", container+"limits.memory", `"2Gi"`)}, "has 1Gi and 2Gi"},
		"a value beyond the schema": {nil,
			[]drift.Finding{cluster("HorizontalPodAutoscaler", "spec.maxReplicas", "5000")}, "would not be sound"},
		"a value that an expression gives": {[]string{"replicas: min: 3", "replicas: min: *3 | int"},
			[]drift.Finding{cluster("HorizontalPodAutoscaler", "spec.minReplicas", "4")}, "an expression in credit.cue"},
		"a value that others follow from": {[]string{"replicas: {min: 2, max: 10}", "replicas: min: 2"},
			[]drift.Finding{cluster("HorizontalPodAutoscaler", "spec.minReplicas", "2")},
			"endpoints.scoring.replicas.max would change in prod, too"},
		"a value that is not known": {nil, []drift.Finding{cluster("CronJob", "spec.schedule", `"30 4 * *...`)},
			"not known in full"},
		"a schedule that is none": {nil, []drift.Finding{cluster("CronJob", "spec.schedule", `"at night"`)},
			"would not be sound"},
		"a stage that needs more": {[]string{"pipelines: nightly: {", `pipelines: nightly: {stages: train: resources: cpu: "4"` + "\n\t\t"},
			[]drift.Finding{cluster("CronJob", jobs+"requests.cpu", `"2"`)}, `would be "4" then, not "2"`},
		"an environment that is not declared": {[]string{"\t\tprod: ", "\t\tlive: "},
			[]drift.Finding{cluster("HorizontalPodAutoscaler", "spec.minReplicas", "4")}, "declares no environment prod"},
		"another blueprint": {[]string{`"credit-risk"`, `"other"`},
			[]drift.Finding{cluster("HorizontalPodAutoscaler", "spec.minReplicas", "4")}, "no blueprint credit-risk is in"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Write([]string{copied(t, c.replace...)}, c.findings)
			if err != nil || len(r.Offers) > 0 || len(r.Files) > 0 || len(r.Rest) != len(c.findings) ||
				!strings.Contains(strings.Join(r.Notes, "\n"), c.note) {
				t.Errorf("%+v, %v", r, err)
			}
		})
	}
}

func TestOneValueThatIsRefusedDoesNotHoldUpTheOthers(t *testing.T) {
	r, err := Write([]string{copied(t)}, []drift.Finding{
		cluster("HorizontalPodAutoscaler", "spec.maxReplicas", "5000"),
		cluster("Deployment", container+"requests.cpu", `"1"`),
	})
	if err != nil || len(r.Offers) != 1 || r.Offers[0].Field != "endpoints.scoring.resources.cpu" || len(r.Rest) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestFindingsOfSecurityAreNeverOffered(t *testing.T) {
	for _, path := range []string{"spec.template.spec.containers[name=ashlar].image", "spec.template.spec.serviceAccountName"} {
		if f := cluster("Deployment", path, `"x"`); f.Class != drift.Security || f.Origin != (drift.Origin{}) {
			t.Errorf("%+v", f)
		}
	}
	forged := cluster("HorizontalPodAutoscaler", "spec.maxReplicas", "20")
	forged.Class = drift.Security
	r, err := Write([]string{copied(t)}, []drift.Finding{forged})
	if err != nil || len(r.Offers) > 0 || len(r.Files) > 0 || len(r.Rest) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestABlueprintWithoutEnvironmentsTakesTheValueItself(t *testing.T) {
	dir := copied(t)
	file := filepath.Join(dir, "credit.cue")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	base, _, _ := strings.Cut(string(text), "\tenvironments: {")
	if err := os.WriteFile(file, []byte(base+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := cluster("HorizontalPodAutoscaler", "spec.maxReplicas", "20")
	f.Origin.Environment = blueprints.DefaultEnvironment
	r, err := Write([]string{dir}, []drift.Finding{f})
	if err != nil || len(r.Offers) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	want := strings.Replace(base, "replicas: {min: 2, max: 10}", "replicas: {min: 2, max: 20}", 1) + "}\n"
	if dev, _ := merged(t, r); dev.Endpoints["scoring"].Replicas.Max != 20 || string(r.Files[0].After) != want {
		t.Errorf("%s", r.Files[0].After)
	}
}

func TestTwoFoldersOfOneNameAreNotGuessedAt(t *testing.T) {
	f := cluster("HorizontalPodAutoscaler", "spec.maxReplicas", "20")
	r, err := Write([]string{copied(t), copied(t)}, []drift.Finding{f})
	if err != nil || len(r.Offers) > 0 || !strings.Contains(strings.Join(r.Notes, " "), " and in ") {
		t.Errorf("%+v, %v", r, err)
	}
}
