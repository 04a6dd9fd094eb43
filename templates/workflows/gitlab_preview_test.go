package workflows

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestAMergeRequestGetsAReviewApp: the job that stops it is the one that GitLab is told
// of, for the same merge requests and the same environment, and needs nothing that may be
// gone by then.
func TestAMergeRequestGetsAReviewApp(t *testing.T) {
	p, _ := gitlab(t, "previews")
	up, down, sweep := p.Jobs["preview"], p.Jobs["preview-stop"], p.Jobs["preview-sweep"]
	if up.Environment.OnStop != "preview-stop" || up.Environment.Name != down.Environment.Name ||
		down.Environment.Action != "stop" || up.Rules[0].If != down.Rules[0].If ||
		up.ResourceGroup != down.ResourceGroup {
		t.Errorf("up %+v %+v, down %+v %+v", up.Environment, up.Rules, down.Environment, down.Rules)
	}
	if down.Rules[0].When != "manual" || !down.Rules[0].AllowFailure {
		t.Errorf("it stops by itself, or the pipeline waits for it: %+v", down.Rules)
	}
	if len(down.Needs) != 0 || down.Variables["GIT_STRATEGY"] != "none" ||
		down.Cache.Key != p.Jobs["programs"].Cache.Key {
		t.Errorf("it needs %v, %v, %+v", down.Needs, down.Variables, down.Cache)
	}
	if !strings.Contains(up.Rules[0].If, "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID") {
		t.Errorf("forks have previews: %s", up.Rules[0].If)
	}
	if up.Artifacts.ExposeAs == "" || !slices.Contains(up.Artifacts.Paths, "ashlar-preview.md") ||
		!strings.Contains(sweep.Rules[0].If, `$ASHLAR_SCHEDULE == "previews"`) {
		t.Errorf("artifacts %+v, sweep %+v", up.Artifacts, sweep.Rules)
	}
	for _, shape := range []string{"deployed", "kubernetes", "local"} {
		if p, _ := gitlab(t, shape); p.Jobs["preview"].Stage != "" {
			t.Errorf("%s has previews", shape)
		}
	}
}

// reviewed runs the script of a job of previews; merge requests of the numbers that
// contain a 4 are open.
func reviewed(t *testing.T, job string, stacks []string, env ...string) (calls, said string, left []string, err error) {
	t.Helper()
	p, _ := gitlab(t, "previews")
	var script []string
	for _, entry := range append(slices.Clone(p.Jobs[job].BeforeScript), p.Jobs[job].Script...) {
		if !strings.Contains(entry, "get.pulumi.com") { // a download; the double is on PATH
			script = append(script, entry)
		}
	}
	dir := filepath.Join(t.TempDir(), "stacks")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	export := `{"deployment": {"resources": [{"type": "kubernetes:batch/v1:CronJob", "outputs": {"metadata": {
		"name": "nightly", "namespace": "shop-pr-12", "labels": {"app.kubernetes.io/component": "pipeline"}}}}]}}`
	for name, text := range map[string]string{filepath.Join("..", "export.json"): export} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range stacks {
		if err := os.WriteFile(filepath.Join(dir, s), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	doubles := map[string]string{"pulumi": stackDouble, "kubectl": `echo "kubectl $*" >> "$CALLS"; echo Complete`,
		"ashlar": `echo "ashlar $* of $ASHLAR_DATABASE" >> "$CALLS"; [ "$2" != show ] || echo "the preview"`,
		"curl": `case "${*: -1}" in */projects/5/merge_requests/*4*) echo '{"state": "opened"}' ;;
*/projects/5/merge_requests/*) echo '{"state": "merged"}' ;; *) exit 22 ;; esac`,
		"git": `echo "git $*" >> "$CALLS"`, "go": "exit 1"}
	text := "mkdir .ashlar-programs; cp \"$(command -v ashlar)\" .ashlar-programs/; " +
		"touch .ashlar-programs/ashlar-stack; echo config > Pulumi.preview.yaml\n" + strings.Join(script, "\n") +
		"\n[ ! -f ashlar-preview.md ] || cat ashlar-preview.md\n"
	calls, said, err = shell(t, strings.ReplaceAll(text, "/tmp/ashlar-", "$PWD/temp-"), doubles, append([]string{
		"STACKS=" + dir, "NUMBER=12", "CI_JOB_ID=81", "POLL=0", "KUBE_CONFIG=c", "RUN=https://git/jobs/81",
		"CI_API_V4_URL=https://git/api", "CI_PROJECT_ID=5", "ASHLAR_PREVIEW_URL=", "CI_REPOSITORY_URL=https://git/shop",
		"CI_DEFAULT_BRANCH=main"}, env...)...)
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		left = append(left, e.Name())
	}
	return calls, said, left, err
}

func TestAReviewAppComesAndGoes(t *testing.T) {
	calls, said, left, err := reviewed(t, "preview", nil)
	if err != nil || strings.Join(left, " ") != "pr-12" ||
		!strings.Contains(calls, "pulumi up --yes --stack pr-12 --policy-pack policies") ||
		!strings.Contains(calls, "create job nightly-81 --namespace shop-pr-12 --from cronjob/nightly") ||
		!strings.Contains(said, "the preview\n\n[The run that made it](https://git/jobs/81)") {
		t.Errorf("%v, %v\n%s\n%s", err, left, calls, said)
	}
	calls, said, left, err = reviewed(t, "preview-stop", []string{"pr-12", "prod"})
	if err != nil || strings.Join(left, " ") != "prod" ||
		!strings.Contains(calls, "git fetch -q --depth 1 https://git/shop main") || !strings.Contains(calls,
		"ashlar preview remove 12 --name shop --store s3://b --context Complete of postgres://db") {
		t.Errorf("%v, %v\n%s\n%s", err, left, calls, said)
	}
	all := []string{"pr-3", "pr-4", "prod"}
	if _, said, left, err = reviewed(t, "preview-sweep", all, "ASHLAR_API_TOKEN=t"); err != nil ||
		strings.Join(left, " ") != "pr-4 prod" {
		t.Errorf("%v, %v\n%s", err, left, said)
	}
	for env, want := range map[string]string{"ASHLAR_API_TOKEN=": "read_api", "CI_PROJECT_ID=6": ""} {
		_, said, left, err = reviewed(t, "preview-sweep", all, append([]string{"ASHLAR_API_TOKEN=t"}, env)...)
		if err == nil || len(left) != len(all) || !strings.Contains(said, want) {
			t.Errorf("%s: what cannot be asked for is removed: %v, %v\n%s", env, err, left, said)
		}
	}
}
