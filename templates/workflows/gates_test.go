package workflows

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	"go.yaml.in/yaml/v3"
)

// events are what starts a workflow, by name.
func events(t *testing.T, text string) (map[string]*actionlint.WebhookEvent, *actionlint.Workflow) {
	t.Helper()
	w, errs := actionlint.Parse([]byte(text))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	out := map[string]*actionlint.WebhookEvent{}
	for _, on := range w.On {
		if e, ok := on.(*actionlint.WebhookEvent); ok {
			out[e.Hook.Value] = e
		}
	}
	return out, w
}

// TestNoTagStartsAMerge: a push event with branches and no tags is not raised
// by tags, and the first jobs compare the whole reference, since a tag may have
// the branch's name.
func TestNoTagStartsAMerge(t *testing.T) {
	for shape, r := range shapes {
		on, w := events(t, rendered(t, r)[Folder+"/ashlar-merge.yml"])
		push := on["push"]
		if len(on) != 1 || push == nil || push.Branches.IsEmpty() || !push.Tags.IsEmpty() ||
			!push.TagsIgnore.IsEmpty() {
			t.Errorf("%s: a merge starts at %v", shape, on)
		}
		for id, job := range w.Jobs {
			if len(job.Needs) > 0 {
				continue
			}
			if job.If == nil || job.If.Value != "github.ref == format('refs/heads/{0}', github.event.repository.default_branch)" {
				t.Errorf("%s: job %s starts at any reference", shape, id)
			}
		}
	}
}

// TestAMergeQueueIsChecked: the checks that a branch requires run for a merge
// queue too, or it would wait for ever; what writes to a pull request does not.
func TestAMergeQueueIsChecked(t *testing.T) {
	on, w := events(t, rendered(t, shapes["source"])[Folder+"/ashlar-pull-request.yml"])
	if on["merge_group"] == nil || on["pull_request"] == nil {
		t.Fatalf("it starts at %v", on)
	}
	for id, job := range w.Jobs {
		pullOnly := job.If != nil && strings.HasPrefix(job.If.Value, "github.event_name == 'pull_request' &&")
		if required := slices.Contains([]string{"check", "data", "tests"}, id); required && job.If != nil ||
			slices.Contains([]string{"comment", "sarif"}, id) && !pullOnly {
			t.Errorf("job %s runs if %v", id, job.If)
		}
	}
}

func TestAMergeTakesTheRecordOfTheQueueOrElseOfThePullRequest(t *testing.T) {
	script := scriptOf(t, rendered(t, repository())[Folder+"/ashlar-merge.yml"], "reviewed", "Find what was reviewed")
	gh := `case "$1 $2" in
"api repos/acme/shop/commits/HEAD/pulls") echo "$PULL" ;;
"run list") case "$*" in *"--commit HEAD --event merge_group"*) echo "$QUEUE" ;; *"--commit p1 --event pull_request"*) echo 7 ;; esac ;;
"run download") echo "$3" >> "$CALLS" ;;
esac`
	for _, c := range []struct{ pull, queue, want string }{
		{"p1", "", "7"}, {"p1", "9", "9"}, {"", "9", ""}, {"p2", "", ""},
	} {
		calls, said, err := shell(t, script, map[string]string{"gh": gh}, "PULL="+c.pull, "QUEUE="+c.queue)
		if calls != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%+v: took the record of run %q: %v\n%s", c, calls, err, said)
		}
	}
}

func TestCodeScanningThatIsOffIsNoFailure(t *testing.T) {
	script := scriptOf(t, rendered(t, repository())[Folder+"/ashlar-pull-request.yml"], "sarif",
		"Upload to code scanning")
	for _, c := range []struct {
		answer string // of GitHub; empty: it takes the file
		red    bool
		says   string
	}{
		{"", false, ""},
		{"gh: Code Security must be enabled for this repository to use code scanning. (HTTP 403)",
			false, "Code scanning is off"},
		{"gh: Advanced Security must be enabled for this repository to use code scanning. (HTTP 403)", false, "is off"},
		{"gh: Code scanning is not enabled for this repository. (HTTP 403)", false, "is off"},
		{"gh: Resource not accessible by integration (HTTP 403)", true, "not accessible"},
		{"gh: Server Error (HTTP 502)", true, "502"},
	} {
		_, said, err := shell(t, script, map[string]string{"ashlar": "echo '{}'; exit 1",
			"gh": `if [ -n "$ANSWER" ]; then echo "$ANSWER" >&2; exit 1; fi`}, "ANSWER="+c.answer)
		if (err != nil) != c.red || !strings.Contains(said, c.says) {
			t.Errorf("%q: %v, %q", c.answer, err, said)
		}
	}
}

const recorder = `echo "$*" >> "$CALLS"`

// TestDriftIsComparedWithTheImageThatWasDeployed: not with the one that the
// repository names, which no merge changes.
func TestDriftIsComparedWithTheImageThatWasDeployed(t *testing.T) {
	script := scriptOf(t, rendered(t, repository())[Folder+"/ashlar-drift.yml"], "preview", "Compare")
	preview := "preview --stack prod --refresh --json --policy-pack policies"
	for history, set := range map[string]string{
		`[]`: "", `[{"config": {"shop:name": {"value": "x"}}}]`: "", `[{}]`: "",
		`[{"config": {"shop:image": {"value": "hub/run@sha256:1"}}}]`: "config set image hub/run@sha256:1 --stack prod\n",
	} {
		temp := t.TempDir()
		calls, said, err := shell(t, script, map[string]string{"ashlar": recorder, "pulumi": recorder +
			"\ncase \"$*\" in 'stack history'*) echo \"$HISTORY\" ;; esac"}, "HISTORY="+history, "STACK=prod",
			"RUNNER_TEMP="+temp)
		want := "stack history --stack prod --page-size 1 --json\n" + set + preview + "\ndrift --env prod --preview " +
			temp + "/preview.json --issue"
		if err != nil || calls != want {
			t.Errorf("%s: %v\n%s\n%s", history, err, calls, said)
		}
	}
}

// TestANightAsksTheClusterItself: where the job has its kubeconfig, and with the values
// that Pulumi has decrypted, in a file that nobody else reads.
func TestANightAsksTheClusterItself(t *testing.T) {
	script := scriptOf(t, rendered(t, shapes["mixed"])[Folder+"/ashlar-drift.yml"], "preview", "Compare")
	config := `{"shop:databaseUrl": {"value": "postgres://a:b@c/d", "secret": true},
		"shop:cluster": {"value": "{}", "objectValue": {"minNodes": 3}}}`
	for provider, want := range map[string]string{"aws": "--preview TEMP/preview.json",
		"kubernetes": "--config-file TEMP/config.yaml"} {
		temp := t.TempDir()
		calls, said, err := shell(t, script, map[string]string{"ashlar": recorder, "pulumi": "case \"$*\" in\n" +
			"'stack history'*) echo '[]' ;;\n'config --show-secrets'*) echo \"$CONFIG\" ;;\nesac"},
			"CONFIG="+config, "STACK=dev", "PROVIDER="+provider, "RUNNER_TEMP="+temp)
		want = "drift --env dev " + strings.Replace(want, "TEMP", temp, 1) + " --issue"
		if err != nil || calls != want {
			t.Errorf("%s: %v\n%s\n%s", provider, err, calls, said)
		}
		file := filepath.Join(temp, "config.yaml")
		info, err := os.Stat(file)
		if (err == nil) != (provider == "kubernetes") {
			t.Fatalf("%s: %v", provider, err)
		}
		if err != nil {
			continue
		}
		var got struct{ Config map[string]any }
		text, err := os.ReadFile(file)
		if err := errors.Join(err, yaml.Unmarshal(text, &got)); err != nil || info.Mode().Perm() != 0o600 ||
			got.Config["shop:databaseUrl"] != "postgres://a:b@c/d" ||
			fmt.Sprint(got.Config["shop:cluster"]) != "map[minNodes:3]" {
			t.Errorf("%v %v\n%s", err, info.Mode(), text)
		}
	}
}

// TestDriftFailsTheJobWhereNothingWasCompared: an issue tells of findings; the job that
// tells of the rest runs when this one has failed.
func TestDriftFailsTheJobWhereNothingWasCompared(t *testing.T) {
	script := scriptOf(t, rendered(t, repository())[Folder+"/ashlar-drift.yml"], "preview", "Compare")
	for _, c := range []struct {
		pulumi, ashlar string // exit codes
		red            bool
	}{{"0", "0", false}, {"0", "1", false}, {"0", "2", true}, {"0", "3", true},
		{"255", "0", true}, {"255", "2", true}} {
		_, said, err := shell(t, script,
			map[string]string{"ashlar": "exit " + c.ashlar, "pulumi": "[ \"$1\" != preview ] || exit " + c.pulumi},
			"STACK=prod", "RUNNER_TEMP="+t.TempDir())
		if (err != nil) != c.red {
			t.Errorf("pulumi ends with %s and ashlar with %s: %v\n%s", c.pulumi, c.ashlar, err, said)
		}
	}
}

func TestResourcesAreCheckedAgainstThePolicyPack(t *testing.T) {
	for pack, want := range map[string]string{"": "", "shop/policies": " --policy-pack shop/policies"} {
		r := repository()
		r.Policies = pack
		script := scriptOf(t, rendered(t, r)[Folder+"/ashlar-merge.yml"], "deploy-prod", "Apply")
		calls, said, err := shell(t, script, map[string]string{"pulumi": recorder},
			"STACK=prod", "IMAGE=hub/run@sha256:1")
		if err != nil || calls != "config set image hub/run@sha256:1 --stack prod\nup --yes --stack prod"+want {
			t.Errorf("pack %q: %v\n%s\n%s", pack, err, calls, said)
		}
	}
}
