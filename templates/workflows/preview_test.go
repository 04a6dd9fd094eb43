package workflows

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-dev/ashlar/blueprints/plan"
)

const previewFile = Folder + "/ashlar-preview.yml"

// stackDouble is a Pulumi whose stacks are files in $STACKS, and whose config is the same
// for all.
const stackDouble = `echo "pulumi $*" >> "$CALLS"
case "$1 $2" in
  "stack select") [ -f "$STACKS/$3" ] ;;
  "stack init") touch "$STACKS/$3" ;;
  "stack rm") rm "$STACKS/$5" ;;
  "stack ls") for s in "$STACKS"/*; do echo "{\"name\": \"organization/shop/${s##*/}\"}"; done | jq -s . ;;
  "stack export") cp "$STACKS/../export.json" "$6" ;;
  "config get") case "$3" in name) echo shop ;; storeUrl) echo s3://b ;; databaseUrl) echo postgres://db ;; esac ;;
esac`

// previewed runs a step of the workflow of previews.
func previewed(t *testing.T, job, step string, stacks []string, doubles map[string]string,
	env ...string) (calls, said string, left []string, err error) {
	t.Helper()
	script := scriptOf(t, rendered(t, shapes["previews"])[previewFile], job, step)
	dir := filepath.Join(t.TempDir(), "stacks")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, s := range stacks {
		if err := os.WriteFile(filepath.Join(dir, s), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	export := `{"deployment": {"resources": [{"type": "kubernetes:batch/v1:CronJob", "outputs": {"metadata": {
		"name": "nightly", "namespace": "shop-pr-12", "labels": {"app.kubernetes.io/component": "pipeline"}}}},
		{"type": "kubernetes:batch/v1:CronJob", "outputs": {"metadata": {"name": "retention", "namespace": "shop-pr-12",
		"labels": {"app.kubernetes.io/component": "retention"}}}}]}}`
	if err := os.WriteFile(filepath.Join(dir, "..", "export.json"), []byte(export), 0o600); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"pulumi": stackDouble, "kubectl": `echo "kubectl $*" >> "$CALLS"; echo Complete`,
		"ashlar": `echo "ashlar $* of $ASHLAR_DATABASE" >> "$CALLS"`}
	for name, text := range doubles {
		all[name] = text
	}
	calls, said, err = shell(t, "echo config > Pulumi.preview.yaml\n"+script, all,
		append(env, "STACKS="+dir, "NUMBER=12", "GITHUB_RUN_ID=7", "GITHUB_RUN_ATTEMPT=2", "POLL=0")...)
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		left = append(left, e.Name())
	}
	return calls, said, left, err
}

func TestAPullRequestGetsAStackOfItsOwn(t *testing.T) {
	calls, said, left, err := previewed(t, "up", "Deploy the preview", nil, nil)
	if err != nil || strings.Join(left, " ") != "pr-12" ||
		!strings.Contains(calls, "pulumi up --yes --stack pr-12 --policy-pack policies") {
		t.Errorf("%v, %v, %s\n%s", err, left, calls, said)
	}
	calls, _, _, err = previewed(t, "up", "Deploy the preview", []string{"pr-12"}, nil)
	if err != nil || strings.Contains(calls, "init") {
		t.Errorf("the second push makes the stack again: %v\n%s", err, calls)
	}
}

func TestThePipelinesOfAPreviewTrainOnce(t *testing.T) {
	calls, said, _, err := previewed(t, "up", "Train the candidate", []string{"pr-12"}, nil)
	if err != nil || !strings.Contains(calls, "create job nightly-7-2 --namespace shop-pr-12 --from cronjob/nightly") ||
		strings.Contains(calls, "retention") {
		t.Errorf("%v\n%s\n%s", err, calls, said)
	}
	_, said, _, err = previewed(t, "up", "Train the candidate", []string{"pr-12"},
		map[string]string{"kubectl": `echo Failed`})
	if err == nil || !strings.Contains(said, "pipeline nightly of pr-12 has not trained the candidate") {
		t.Errorf("a job that fails: %v\n%s", err, said)
	}
}

func TestAClosedPullRequestIsGoneOrTheJobFails(t *testing.T) {
	calls, said, left, err := previewed(t, "down", "Remove the preview, and prove it", []string{"pr-12", "prod"}, nil)
	want := "ashlar preview remove 12 --name shop --store s3://b --context Complete of postgres://db"
	if err != nil || strings.Join(left, " ") != "prod" || !strings.Contains(calls, want) ||
		strings.Index(calls, "pulumi destroy --yes --stack pr-12") > strings.Index(calls, want) {
		t.Errorf("%v, %v\n%s\n%s", err, left, calls, said)
	}
	_, _, left, err = previewed(t, "down", "Remove the preview, and prove it", []string{"pr-12"},
		map[string]string{"ashlar": "exit 1"})
	if err == nil || strings.Join(left, " ") != "pr-12" {
		t.Errorf("what is left is forgotten: %v, %v", err, left)
	}
	_, said, _, err = previewed(t, "down", "Remove the preview, and prove it", []string{"pr-12"},
		map[string]string{"pulumi": "[ \"$2 $3\" != 'get name' ]"})
	if err == nil || !strings.Contains(said, "config name is not set") {
		t.Errorf("without a name: %v\n%s", err, said)
	}
}

func TestTheSweepRemovesWhatIsClosed(t *testing.T) {
	const job, step = "sweep", "Remove the previews of closed pull requests"
	stacks := []string{"pr-3", "pr-4", "pr-5", "prod", "pr-x"}
	gh := `case "$3" in 4) echo OPEN ;; *) echo CLOSED ;; esac`
	calls, said, left, err := previewed(t, job, step, stacks, map[string]string{"gh": gh})
	if err != nil || strings.Join(left, " ") != "pr-4 pr-x prod" {
		t.Errorf("%v, %v\n%s\n%s", err, left, calls, said)
	}
	_, _, left, err = previewed(t, job, step, stacks, map[string]string{"gh": gh, "ashlar": `[ "$3" != 3 ]`})
	if err == nil || strings.Join(left, " ") != "pr-3 pr-4 pr-x prod" {
		t.Errorf("one that fails stops the others, or is forgotten: %v, %v", err, left)
	}
}

func TestForksAndOtherProvidersHaveNoPreviews(t *testing.T) {
	text := rendered(t, shapes["previews"])[previewFile]
	if n := strings.Count(text, "github.event.pull_request.head.repo.full_name == github.repository"); n != 2 {
		t.Errorf("%d jobs of pull requests refuse forks, want 2", n)
	}
	if strings.Contains(text, "pull_request_target") || strings.Contains(text, "id-token") {
		t.Error("the code of a pull request gets the rights of the repository")
	}
	for _, r := range []Repository{
		{Dir: ".", Version: "v1.2.0", Pulumi: true, Plans: map[string]*plan.Plan{"dev": nil, "preview": nil},
			Providers: map[string]string{"preview": "aws"}},
		{Dir: ".", Version: "v1.2.0", Pulumi: true, Plans: map[string]*plan.Plan{"dev": nil},
			Providers: map[string]string{"dev": "kubernetes"}},
		{Dir: ".", Version: "v1.2.0", Plans: map[string]*plan.Plan{"dev": nil, "preview": nil}},
	} {
		if _, ok := rendered(t, r)[previewFile]; ok {
			t.Errorf("%+v has previews", r)
		}
	}
}
